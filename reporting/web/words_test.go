package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/report"
)

// TestUrduIsWhole: whatever an advertiser can see in English is there in Urdu.
func TestUrduIsWhole(t *testing.T) {
	missing := func(where, text string) {
		if _, ok := urdu[text]; !ok {
			t.Errorf("%s: %q has no Urdu", where, text)
		}
	}
	inTemplate := regexp.MustCompile(`\bt "([^"]+)"`)
	err := fs.WalkDir(files, "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "/ops.html") || strings.HasSuffix(name, "/why.html") { // ops read English
			return err
		}
		b, err := files.ReadFile(name)
		for _, m := range inTemplate.FindAllStringSubmatch(string(b), -1) {
			missing(name, m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	inCode := []*regexp.Regexp{
		regexp.MustCompile(`\bsp\.t\("([^"]+)"\)`), regexp.MustCompile(`(?:Heading|Text|Error): "([^"]+)"`), regexp.MustCompile(`p\.Error = "([^"]+)"`),
		regexp.MustCompile(`return (?:v, )?"([A-Z][^"]+)", `),
	}
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) < 10 {
		t.Fatal(sources, err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || name == "ops.go" || name == "explain.go" || name == "bar.go" || name == "openapi.go" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range inCode {
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				if m[1] != "English" && m[1] != "اردو" {
					missing(name, m[1])
				}
			}
		}
	}
	for word, name := range names {
		missing("name of "+word, name)
	}
	for _, d := range report.Dimensions() {
		if names[string(d)] == "" {
			t.Errorf("%s has no name", d)
		}
	}
	for _, m := range report.Metrics() {
		if names[string(m)] == "" {
			t.Errorf("%s has no name", m)
		}
	}
	for _, p := range presets {
		missing("range", p.label)
	}
	for _, s := range tableSpecs {
		missing("table", s.title)
	}
	for _, w := range invalidWords {
		missing("invalid", w)
	}
	for _, w := range causeWords {
		missing("cause", w[0])
		missing("cause", w[1])
	}
	for english, text := range urdu {
		if strings.TrimSpace(text) == "" {
			t.Errorf("%q is empty in Urdu", english)
		}
	}
}

func TestNumbersAndDates(t *testing.T) {
	sp := newSpeakers()
	en, ur := sp["en"], sp["ur"]
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	for got, want := range map[string]string{
		en.count(1234567):                   "1,234,567",
		en.count(-1234):                     "-1,234",
		en.money(3_205_000):                 "3.21",
		en.money(-5_000):                    "-0.01",
		en.money(1_234_567_894_999):         "1,234,567.89",
		en.percent(0.00456, 2):              "0.46",
		en.date(day):                        "3\u00a0Nov\u00a02026",
		ur.date(day):                        "3\u00a0نومبر\u00a02026",
		ur.count(1234567):                   "1,234,567",
		en.dates(day, day.AddDate(0, 0, 7)): "3\u00a0Nov – 9\u00a0Nov\u00a02026",
		en.dates(day, day.AddDate(0, 0, 1)): "Tue 3\u00a0Nov\u00a02026",
		en.key(report.Country, "PK"):        "Pakistan",
		ur.key(report.Country, "PK"):        "پاکستان",
		en.key(report.Country, "<b>"):       "<b>",
		en.key(report.WeekHour, "7 09"):     "Sun 09:00",
		en.key(report.Placement, ""):        "unknown",
		en.figure(report.Sums{Impressions: 3, Clicks: 1}, report.CTR): "33.33",
		en.figure(report.Sums{}, report.CTR):                          "0.00",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestBuckets: the steps of a chart cover the range once, also where clocks change.
func TestBuckets(t *testing.T) {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, ny) }
	for _, c := range []struct {
		from, to    time.Time
		step        report.Dimension
		n           int
		first, last string
	}{
		{at(3, 8), at(3, 9), report.Hour, 23, "2026-03-08 00:00", "2026-03-08 23:00"},
		{at(11, 1), at(11, 2), report.Hour, 24, "2026-11-01 00:00", "2026-11-01 23:00"}, // one of its 25 hours is named twice
		{at(10, 30), at(11, 3), report.Day, 4, "2026-10-30", "2026-11-02"},
		{at(10, 30), at(11, 3), report.Week, 2, "2026-10-26", "2026-11-02"},
		{at(1, 31), at(3, 1), report.Month, 2, "2026-01", "2026-02"},
	} {
		keys, begins := buckets(c.from, c.to, c.step)
		if len(keys) != c.n || keys[0] != c.first || keys[len(keys)-1] != c.last || len(begins) != len(keys) {
			t.Errorf("%v by %s: %v", c.from, c.step, keys)
		}
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k] {
				t.Errorf("%v by %s: %s comes twice", c.from, c.step, k)
			}
			seen[k] = true
		}
	}
}

// TestBurn: delivery against plan, and where it leads.
func TestBurn(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	li := LineItem{Start: start, End: start.AddDate(0, 0, 30), Goal: 30_000}
	days := map[string]int64{}
	for i := range 12 {
		days[start.AddDate(0, 0, i).Format(time.DateOnly)] = 1000
	}
	// Noon of the eleventh day: half of its thousand is what the map should hold.
	days["2026-11-11"] = 500
	now := start.AddDate(0, 0, 10).Add(12 * time.Hour)
	b := newBurn(li, days, time.UTC, now)
	if b.total != 10_500 {
		t.Errorf("delivered %d", b.total)
	}
	if p, ok := b.projected(); !ok || p != 30_000 {
		t.Errorf("projected %d, want 30000", p)
	}
	if s, behind := b.state(); s != "on plan" || behind {
		t.Errorf("state %s", s)
	}
	for change, want := range map[string]struct {
		total int64
		goal  int64
		now   time.Time
	}{
		"behind plan":   {9_000, 30_000, now},
		"ahead of plan": {14_000, 30_000, now},
		"goal reached":  {30_000, 30_000, now},
		"ended short":   {29_999, 30_000, li.End},
		"not started":   {0, 30_000, start.Add(-time.Second)},
		"running":       {5, 0, now},
		"ended":         {5, 0, li.End},
	} {
		b := &burn{li: LineItem{Start: start, End: li.End, Goal: want.goal}, zone: time.UTC, now: want.now, total: want.total}
		if got, _ := b.state(); got != change {
			t.Errorf("%d of %d at %v: %s, want %s", want.total, want.goal, want.now, got, change)
		}
	}
	// A flight without an end in sight is shown by its last two weeks, with the goal for them.
	long := LineItem{Start: start.AddDate(-1, 0, 0), End: start.AddDate(9, 0, 0), Goal: 3652 * 1000}
	part, whole := long.window(time.UTC, now)
	if whole || part.Goal != 14_000 || !part.Start.Equal(midnight(now).AddDate(0, 0, -13)) || !part.End.Equal(midnight(now).AddDate(0, 0, 1)) {
		t.Errorf("window %+v, whole %v", part, whole)
	}
	if part, whole := li.window(time.UTC, now); !whole || part.Goal != li.Goal {
		t.Errorf("window of a month: %+v, whole %v", part, whole)
	}
	// A flight without end, and one that never began, are drawn too.
	for _, li := range []LineItem{{Start: start, End: start.AddDate(900, 0, 0), Goal: 1}, {Start: now.AddDate(1, 0, 0), End: now.AddDate(2, 0, 0)}, {Start: start, End: start}} {
		svg := string(newBurn(li, days, time.UTC, now).svg(newSpeakers()["en"], 960, 300, false))
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%v: %s", li, svg)
		}
	}
}
