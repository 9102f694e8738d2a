package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/placard/placard/reporting/report"
)

var (
	karachi = must(time.LoadLocation("Asia/Karachi"))
	now     = time.Date(2026, 11, 24, 20, 30, 0, 0, time.UTC) // the 25th in Karachi
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "2026-11-18T00:00:00+05:00 2026-11-25T01:30:00+05:00 Asia/Karachi",
		"from=today&to=tomorrow":            "2026-11-25T00:00:00+05:00 2026-11-26T00:00:00+05:00 Asia/Karachi",
		"from=yesterday&to=today&tz=UTC":    "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z UTC",
		"from=-30d&to=2026-11-24T08:00:00Z": "2026-10-26T00:00:00+05:00 2026-11-24T13:00:00+05:00 Asia/Karachi",
		"from=2026-11-01&by=day,line_item&metrics=clicks&sort=-clicks&limit=5&offset=10": "2026-11-01T00:00:00+05:00 2026-11-25T01:30:00+05:00 Asia/Karachi by=[day line_item] metrics=[clicks] sort=[{clicks true}] 5+10",
		`filter=country:PK,AE&filter=!page:https://x/a\,b`:                               `2026-11-18T00:00:00+05:00 2026-11-25T01:30:00+05:00 Asia/Karachi [country:PK,AE !page:https://x/a\,b]`,
	} {
		q, err := report.Parse(must(url.ParseQuery(in)), karachi, now)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		got := fmt.Sprint(q.From.In(q.Zone).Format(time.RFC3339), " ", q.To.In(q.Zone).Format(time.RFC3339), " ", q.Zone)
		if len(q.By) > 0 {
			got += fmt.Sprint(" by=", q.By, " metrics=", q.Metrics, " sort=", q.Sort, fmt.Sprintf(" %d+%d", q.Limit, q.Offset))
		}
		if len(q.Filters) > 0 {
			got += fmt.Sprint(" ", q.Filters)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestErrorsNameFieldAndRemedy(t *testing.T) {
	for in, want := range map[string]string{
		"tz=Mars/Olympus":                     `tz: there is no time zone "Mars/Olympus"; write one like Asia/Karachi`,
		"tz=posixrules":                       `tz: there is no time zone "posixrules"; write one like Asia/Karachi`,
		"tz=../../etc/passwd":                 `tz: there is no time zone "../../etc/passwd"; write one like Asia/Karachi`,
		"from=gestern":                        `from: "gestern" is no instant; write 2026-11-01, 2026-11-01T08:00:00Z, -7d, today or now`,
		"from=-9999d":                         "from: the range is longer than three years",
		"from=today&to=yesterday":             "from: must be before to",
		"by=dya":                              `by: there is no "dya"; did you mean day?`,
		"by=day,day":                          "by: day stands there twice",
		"by=hour,day,week,month,site,page,os": "by: at most 6 dimensions",
		"metrics=clickz":                      `metrics: there is no "clickz"; did you mean clicks?`,
		"sort=-country":                       `sort: there is no "country"; valid are requests, fills, fill_rate, impressions, viewable, viewability, clicks, ctr, spend, ecpm, invalid_events, reach, frequency`,
		"filter=country":                      "filter: write it as country:PK,AE or !device:phone",
		"filter=day:2026-11-01":               "filter: times are chosen with from and to",
		"filter=page:%FF%FE":                  "filter: a value of page is not text",
		"filter=page:a%00b":                   "filter: a value of page is not text",
		"limit=0":                             "limit: must be 1 to 100000",
		"limit=-5":                            "limit: must be 1 to 100000",
		"limit=9223372036854775808":           "limit: must be a whole number",
		"offset=-1":                           "offset: must be 0 to 10,000,000",
		"filter=page:" + strings.Repeat("x", 513): "filter: a value of page is longer than 512 bytes",
		"by='; DROP TABLE events; --":             `by: there is no "'; DROP TABLE events; --"; valid are hour,`,
	} {
		v, _ := url.ParseQuery(in) // what it cannot read it leaves out; a semicolon is such a thing
		if strings.Contains(in, ";") {
			v = url.Values{"by": {in[3:]}}
		}
		q, err := report.Parse(v, karachi, now)
		if err == nil {
			q.Scope = report.AllTenants()
			err = q.Validate()
		}
		var e *report.Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", in, err, want)
		}
	}
}

// FuzzParse: whatever stands in an URL gives a query or an error that names its field, and a query survives being written and read.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "from=-7d&to=now&by=day", `filter=!page:a\,b\\,c&sort=-ctr`, "tz=Asia/Kathmandu&from=0001-01-01", "from=2026-11-01T00:00:00.5Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := url.ParseQuery(s)
		q, err := report.Parse(v, karachi, now)
		if err == nil {
			q.Scope = report.AllTenants()
			err = q.Validate()
		}
		if err != nil {
			var e *report.Error
			if !errors.As(err, &e) || e.Field == "" || e.Message == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := report.Parse(q.Params(), time.UTC, now)
		if err != nil {
			t.Fatalf("%q as %v: %v", s, q.Params(), err)
		}
		again.Scope = q.Scope
		if err := again.Validate(); err != nil {
			t.Fatal(err)
		}
		if !again.From.Equal(q.From) || !again.To.Equal(q.To) {
			t.Fatalf("%q: %v to %v became %v to %v", s, q.From, q.To, again.From, again.To)
		}
		again.From, again.To, again.Zone = q.From, q.To, q.Zone
		if !reflect.DeepEqual(again, q) {
			t.Fatalf("%q:\n     %+v\nbecame %+v", s, q, again)
		}
	})
}

func sample() *report.Result {
	q := report.Query{From: now.Add(-time.Hour), To: now, By: []report.Dimension{report.Page}, Metrics: []report.Metric{report.Impressions, report.Clicks, report.CTR, report.Spend, report.ECPM}, Scope: report.AllTenants()}
	if err := q.Validate(); err != nil {
		panic(err)
	}
	return &report.Result{Query: q, Rows: []report.Row{
		{Keys: []string{"=cmd|' /C calc'!A0"}, Sums: report.Sums{Impressions: 3, Clicks: 1, Spend: 9_600}},
		{Keys: []string{"اردو, \"quoted\""}, Sums: report.Sums{Impressions: 1_234_567, Clicks: 3, Spend: 3_950_614_400}},
	}, Totals: report.Sums{Impressions: 1_234_570, Clicks: 4, Spend: 3_950_624_000}, Through: now}
}

func TestFormulasAreTexts(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "|x", "%0A"} {
		r := sample()
		r.Rows[0].Keys[0] = s
		var b bytes.Buffer
		if err := r.Write(&b, "csv"); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := rows[1][0]; !strings.HasPrefix(got, "'") {
			t.Errorf("%q is written as %q", s, got)
		}
	}
}

func TestJSON(t *testing.T) {
	r := sample()
	var b, lines bytes.Buffer
	if err := errors.Join(r.Write(&b, "json"), r.Write(&lines, "ndjson")); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Rows   []map[string]any
		Totals map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"impressions": 1234570.0, "clicks": 4.0, "ctr": 0.000003, "spend": "3950.624000", "spend_micros": 3950624000.0, "ecpm": "3.2000"}
	if !reflect.DeepEqual(got.Totals, want) {
		t.Errorf("totals %v\nwant   %v", got.Totals, want)
	}
	dec := json.NewDecoder(&lines)
	for i := range got.Rows {
		var row map[string]any
		if err := dec.Decode(&row); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(row, got.Rows[i]) {
			t.Errorf("line %d: %v\nwant %v", i, row, got.Rows[i])
		}
	}
	if dec.More() {
		t.Error("there are more lines than rows")
	}
}

func TestSpreadsheet(t *testing.T) {
	r := sample()
	var b bytes.Buffer
	if err := r.Write(&b, "xlsx"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := must(f.GetRows("Report", excelize.Options{RawCellValue: true}))
	want := [][]string{
		{"page", "impressions", "clicks", "ctr", "spend", "ecpm"},
		{"=cmd|' /C calc'!A0", "3", "1", "0.3333333333333333", "0.0096", "3.2"},
		{"اردو, \"quoted\"", "1234567", "3", "0.0000024300017739401751", "3950.6144", "3.2"},
		{"total", "1234570", "4", "0.0000032399944920093635", "3950.624", "3.2"},
	}
	for i := range want {
		for j := range want[i] {
			if j >= 3 && i > 0 {
				var x, y float64
				fmt.Sscan(rows[i][j], &x)
				fmt.Sscan(want[i][j], &y)
				if d := x - y; d < -1e-9 || d > 1e-9 {
					t.Errorf("row %d column %d: %s, want %s", i, j, rows[i][j], want[i][j])
				}
			} else if rows[i][j] != want[i][j] {
				t.Errorf("row %d column %d: %q, want %q", i, j, rows[i][j], want[i][j])
			}
		}
	}
	if kind := must(f.GetCellType("Report", "A2")); kind == excelize.CellTypeFormula {
		t.Error("a page's name became a formula")
	}
	if formula := must(f.GetCellFormula("Report", "A2")); formula != "" {
		t.Errorf("a page's name became the formula %q", formula)
	}
	about := must(f.GetRows("About"))
	if len(about) < 3 || about[0][0] != "From" {
		t.Errorf("about: %v", about)
	}
}
