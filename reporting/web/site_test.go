//go:build cgo

package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/duckdb"
	"github.com/placard/placard/reporting/web"
	"github.com/placard/placard/reporting/web/webtest"
)

// dir holds the stores of all tests.
var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "placard-web"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func openStore(name string) store.Store {
	s, _, err := duckdb.Open(duckdb.Options{Path: filepath.Join(dir, name)})
	if err != nil {
		panic(err)
	}
	return s
}

// shared is one store with the fixture's events; nobody writes to it.
var shared = sync.OnceValue(func() store.Store {
	s := openStore("events")
	if err := webtest.Fill(context.Background(), s); err != nil {
		panic(err)
	}
	return s
})

// empty is a store without events, for what is not about figures.
var empty = sync.OnceValue(func() store.Store { return openStore("empty") })

func withoutFigures(o *web.Options) { o.Source = empty() }

// clock is the site's.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type fixture struct {
	t     *testing.T
	url   string
	site  *web.Site
	clock *clock
	log   *bytes.Buffer
}

// newSite serves the fixture's site on a real port.
func newSite(t *testing.T, change func(*web.Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: &clock{t: webtest.Now}, log: new(bytes.Buffer)}
	opts := webtest.Options(shared())
	opts.Now = f.clock.now
	opts.Log = slog.New(slog.NewTextHandler(f.log, nil))
	opts.Tokens = func() []web.Token {
		return []web.Token{
			{ID: "north", Advertiser: "northwind", Hash: web.HashToken("north-secret")}, {ID: "ops", Ops: true, Hash: web.HashToken("ops-secret")},
			{ID: "daily", Site: "daily", Hash: web.HashToken("daily-secret")}, {ID: "weekly", Site: "weekly", Hash: web.HashToken("weekly-secret")},
			{ID: "old", Ops: true, Hash: web.HashToken("old-secret"), Expires: webtest.Now.Add(-time.Second)}, {ID: "nothing", Hash: web.HashToken("nothing-secret")},
		}
	}
	if change != nil {
		change(&opts)
	}
	var err error
	if f.site, err = web.New(opts); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(webtest.Handler(f.site))
	t.Cleanup(srv.Close)
	f.url = srv.URL
	return f
}

// browser keeps cookies and does not follow redirects.
func (f *fixture) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (f *fixture) signIn(name string) *http.Client {
	f.t.Helper()
	c := f.browser()
	if name == "" {
		return c
	}
	res, _ := f.post(c, "/login", url.Values{"name": {name}, "password": {webtest.Password}})
	if res.StatusCode != http.StatusSeeOther {
		f.t.Fatalf("sign in as %s: %s", name, res.Status)
	}
	return c
}

func (f *fixture) do(c *http.Client, req *http.Request) (*http.Response, string) {
	f.t.Helper()
	res, err := c.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res, string(b)
}

func (f *fixture) get(c *http.Client, path string, headers ...string) (*http.Response, string) {
	f.t.Helper()
	req, err := http.NewRequest(http.MethodGet, f.url+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return f.do(c, req)
}

func (f *fixture) post(c *http.Client, path string, form url.Values, headers ...string) (*http.Response, string) {
	f.t.Helper()
	req, err := http.NewRequest(http.MethodPost, f.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return f.do(c, req)
}

// oracle adds up the fixture's events.
func oracle(keep func(*event.Event) bool) (s report.Sums) {
	for _, e := range webtest.Events() {
		if !keep(&e) {
			continue
		}
		switch {
		case e.Kind == event.Request:
			s.Requests++
		case !e.Valid():
			s.Invalid++
		case e.Kind == event.Impression:
			s.Impressions++
			s.Spend += e.Charge
		case e.Kind == event.Viewable:
			s.Viewable++
		case e.Kind == event.Click:
			s.Clicks++
		}
	}
	return s
}

// TestReportShowsWhatTheEventsAddUpTo: headline figures, tables and export of one filtered view.
func TestReportShowsWhatTheEventsAddUpTo(t *testing.T) {
	f := newSite(t, nil)
	c := f.signIn("nadia")
	zone, _ := time.LoadLocation("Asia/Karachi")
	from, to := time.Date(2026, 11, 17, 0, 0, 0, 0, zone).UnixMicro(), time.Date(2026, 11, 24, 0, 0, 0, 0, zone).UnixMicro()
	in := func(e *event.Event) bool {
		return e.Advertiser == "northwind" && e.Time >= from && e.Time < to && e.Country == "PK" && e.Device != "tablet"
	}
	want := oracle(in)
	_, body := f.get(c, "/reports/northwind?from=2026-11-17&through=2026-11-23&filter=country:PK&filter=!device:tablet")
	heads := regexp.MustCompile(`<span class="value">([^<]*)</span>`).FindAllStringSubmatch(body, -1)
	if len(heads) != 6 {
		t.Fatalf("%d headline figures: %v", len(heads), heads)
	}
	comma := func(n int64) string {
		s := fmt.Sprint(n)
		if len(s) > 3 {
			s = s[:len(s)-3] + "," + s[len(s)-3:]
		}
		return s
	}
	for i, w := range []string{
		comma(want.Impressions), fmt.Sprintf("%.1f", 100*float64(want.Viewable)/float64(want.Impressions)), comma(want.Clicks),
		fmt.Sprintf("%.2f", 100*float64(want.Clicks)/float64(want.Impressions)), fmt.Sprintf("%.2f", float64(want.Spend)/1e6), "3.20",
	} {
		if heads[i][1] != w {
			t.Errorf("headline %d: %s, want %s", i, heads[i][1], w)
		}
	}
	for _, placement := range []string{"masthead", "below-comments"} {
		s := oracle(func(e *event.Event) bool { return in(e) && e.Placement == placement })
		row := regexp.MustCompile(`<bdi>` + placement + `</bdi></a></th><td class="n">([^<]*)</td><td class="n">([^<]*)</td><td class="n">([^<]*)</td>`).FindStringSubmatch(body)
		if row == nil || row[1] != comma(s.Impressions) || row[3] != comma(s.Clicks) {
			t.Errorf("%s: row %q, want %d impressions and %d clicks", placement, row, s.Impressions, s.Clicks)
		}
	}
	link := regexp.MustCompile(`href="(/api/v1/reports\?[^"]*format=csv[^"]*)"`).FindStringSubmatch(body)
	if link == nil {
		t.Fatal("no export")
	}
	res, export := f.get(c, strings.ReplaceAll(link[1], "&amp;", "&"))
	rows, err := csv.NewReader(strings.NewReader(export)).ReadAll()
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("export: %s %v", res.Status, err)
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[name] = i
	}
	var sum int64
	for _, row := range rows[1:] {
		var n int64
		fmt.Sscan(row[col["impressions"]], &n)
		sum += n
	}
	if sum != want.Impressions {
		t.Errorf("the export has %d impressions, want %d", sum, want.Impressions)
	}
}

// secrets are words that are another tenant's alone.
var secrets = []string{"indus-bank", "Indus", "nine-percent", "savings", "vault-300"}

// TestNobodySeesAnothersFigures probes every route for each role and tenant. What is another's is answered byte for byte like what
// does not exist, and never with a word or a figure of it.
func TestNobodySeesAnothersFigures(t *testing.T) {
	f := newSite(t, nil)
	nadia, quiet := f.signIn("nadia"), f.signIn("quiet")
	masked := regexp.MustCompile(`name="csrf" value="[0-9a-f]+"`)
	routes := []string{
		"/reports/%s", "/reports/%s?range=30d", "/reports/%s/cut", "/reports/%s/cut?by=creative&metrics=reach", "/reports/%s/line-items/savings/nine-percent",
		"/reports/%s/line-items/savings/none", "/reports/%s?filter=line_item:nine-percent", "/reports/%s?tz=nowhere", "/reports/%s/",
	}
	for _, c := range []*http.Client{nadia, quiet} {
		for _, route := range routes {
			theirs, a := f.get(c, fmt.Sprintf(route, "indus-bank"))
			nobody, b := f.get(c, fmt.Sprintf(route, "indus-bonk"))
			a, b = masked.ReplaceAllString(a, ""), masked.ReplaceAllString(strings.ReplaceAll(b, "indus-bonk", "indus-bank"), "")
			if theirs.StatusCode != nobody.StatusCode || theirs.StatusCode < 400 {
				t.Errorf("%s: %s for another's, %s for nobody's", route, theirs.Status, nobody.Status)
			}
			// The languages' links repeat the address that was asked for, nothing else may.
			if a != b {
				t.Errorf("%s: another's and nobody's differ:\n%s\n----\n%s", route, a, b)
			}
		}
	}
	// Filters cannot reach beyond the tenant.
	for _, path := range []string{
		"/reports/northwind?range=30d&filter=line_item:nine-percent", "/reports/northwind?range=30d&filter=campaign:savings&filter=creative:vault-300",
		"/reports/northwind/cut?range=30d&by=line_item,campaign&filter=!line_item:istanbul-city-breaks", "/reports/northwind?range=30d&filter=!line_item:himalaya-treks",
	} {
		_, body := f.get(nadia, path)
		body = regexp.MustCompile(`(?s)<ul class="chips".*?</ul>|href="[^"]*"|value="[^"]*"`).ReplaceAllString(body, "") // what the reader wrote
		for _, word := range secrets {
			if strings.Contains(body, word) {
				t.Errorf("%s shows %q", path, word)
			}
		}
	}
	all := f.signIn("olga")
	total := totals(t, f, all, "/api/v1/reports?from=-30d&to=now", "")
	own := totals(t, f, nadia, "/api/v1/reports?from=-30d&to=now", "")
	if want := oracle(func(e *event.Event) bool {
		return e.Advertiser == "northwind" && e.Time >= time.Date(2026, 10, 24, 19, 0, 0, 0, time.UTC).UnixMicro()
	}); own != want.Impressions || total <= own {
		t.Errorf("northwind has %d impressions of %d, want %d", own, total, want.Impressions)
	}
	for _, q := range []string{
		"&advertiser=indus-bank", "&advertiser=no-such", "&filter=advertiser:indus-bank", "&filter=advertiser:no-such", "&filter=line_item:nine-percent", "&advertiser=%00",
	} {
		for _, by := range []string{"", "&by=advertiser", "&by=campaign,line_item,creative", "&metrics=reach"} {
			res, body := f.get(nadia, "/api/v1/reports?from=-30d&to=now"+q+by)
			var got struct {
				Rows   []map[string]any
				Totals map[string]any
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != 200 || by != "" && by != "&metrics=reach" && len(got.Rows) > 0 {
				t.Errorf("%s%s: %s %s", q, by, res.Status, body)
			}
			for name, v := range got.Totals {
				if n, ok := v.(float64); ok && n != 0 {
					t.Errorf("%s%s: %s is %v", q, by, name, n)
				}
			}
			for _, word := range secrets {
				if strings.Contains(body, word) {
					t.Errorf("%s%s shows %q", q, by, word)
				}
			}
		}
	}
	// Every advertiser of a cut of everything is the reader's own.
	_, body := f.get(nadia, "/api/v1/reports?from=-30d&by=advertiser,campaign,line_item,creative&format=csv")
	for _, word := range secrets {
		if strings.Contains(body, word) {
			t.Errorf("the export shows %q", word)
		}
	}
	// Delivery and traces are limited likewise.
	for _, path := range []string{"/api/v1/delivery", "/api/v1/delivery?advertiser=indus-bank", "/api/v1/explain?url=https://daily.example/x", "/api/v1/explain?url=https://daily.example/x&advertiser=indus-bank"} {
		res, body := f.get(nadia, path)
		if res.StatusCode != 200 {
			t.Errorf("%s: %s", path, res.Status)
		}
		for _, word := range secrets {
			if strings.Contains(body, word) {
				t.Errorf("%s shows %q: %s", path, word, body)
			}
		}
	}
	// The ops room is not there for others.
	for _, path := range []string{"/ops", "/ops/live", "/ops/why", "/ops/why?url=https://daily.example/x"} {
		theirs, a := f.get(nadia, path)
		none, b := f.get(nadia, "/nowhere")
		strip := regexp.MustCompile(`name="csrf" value="[0-9a-f]+"|href="[^"]*lang=[^"]*"`)
		if theirs.StatusCode != 404 || none.StatusCode != 404 || strip.ReplaceAllString(a, "") != strip.ReplaceAllString(b, "") {
			t.Errorf("%s: %s, and a path that does not exist %s", path, theirs.Status, none.Status)
		}
		if res, _ := f.get(all, path); res.StatusCode != 200 {
			t.Errorf("%s for ops: %s", path, res.Status)
		}
	}
}

func totals(t *testing.T, f *fixture, c *http.Client, path, token string) int64 {
	t.Helper()
	var headers []string
	if token != "" {
		headers = []string{"Authorization", "Bearer " + token}
	}
	res, body := f.get(c, path, headers...)
	var got struct{ Totals struct{ Impressions int64 } }
	if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %s %v %s", path, res.Status, err, body)
	}
	return got.Totals.Impressions
}

func TestSignedOutSeeNothing(t *testing.T) {
	f := newSite(t, nil)
	c := f.browser()
	for _, path := range []string{"/reports/", "/reports/northwind", "/reports/no-such", "/reports/northwind/cut", "/reports/northwind/line-items/winter-escapes/istanbul-city-breaks", "/ops", "/ops/live", "/ops/why"} {
		res, _ := f.get(c, path)
		if res.StatusCode != 303 || res.Header.Get("Location") != "/login?next="+url.QueryEscape(path) {
			t.Errorf("%s: %s to %s", path, res.Status, res.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/api/v1/reports", "/api/v1/delivery", "/api/v1/explain?url=https://x.example/"} {
		if res, body := f.get(c, path); res.StatusCode != 401 || !strings.Contains(body, `"code":"signed_out"`) {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
	if res, _ := f.get(c, "/ops/live", "HX-Request", "true"); res.Header.Get("HX-Redirect") == "" {
		t.Error("a live part of a page whose session ended does not lead to the sign-in")
	}
}

func TestTokens(t *testing.T) {
	f := newSite(t, nil)
	c := f.browser()
	path := "/api/v1/reports?from=-30d"
	north, ops, daily := totals(t, f, c, path, "north-secret"), totals(t, f, c, path, "ops-secret"), totals(t, f, c, path, "daily-secret")
	if north == 0 || north >= ops || daily != ops || totals(t, f, c, path, "weekly-secret") != 0 {
		t.Errorf("northwind %d, ops %d, site daily %d", north, ops, daily)
	}
	for token, want := range map[string]int{"old-secret": 401, "wrong": 401, "": 401, "nothing-secret": 400} {
		if res, body := f.get(c, path, "Authorization", "Bearer "+token); res.StatusCode != want {
			t.Errorf("token %q: %s %s", token, res.Status, body)
		}
	}
	if res, _ := f.get(f.signIn("olga"), path, "Authorization", "Bearer wrong"); res.StatusCode != 401 {
		t.Error("a wrong token was forgiven because of a session")
	}
	for _, p := range []string{"/api/v1/delivery", "/api/v1/explain?url=https://daily.example/x"} {
		if res, _ := f.get(c, p, "Authorization", "Bearer daily-secret"); res.StatusCode != 403 {
			t.Errorf("a site's token reads %s: %s", p, res.Status)
		}
	}
	if res, _ := f.get(c, "/reports/northwind", "Authorization", "Bearer north-secret"); res.StatusCode != 303 {
		t.Error("a token opened a page")
	}
}

// TestHostileParameters: no 5xx, no database text, no unescaped echo, whatever stands in a parameter.
func TestHostileParameters(t *testing.T) {
	f := newSite(t, nil)
	c, ops := f.signIn("nadia"), f.signIn("olga")
	values := []string{
		"'; DROP TABLE events; --", `" onmouseover="alert(1)`, "<script>alert(1)</script>", "{{.}}", "../../etc/passwd", "\x00", "\xff\xfe", strings.Repeat("x", 5000), "-1", "99999999999999999999",
		"0", "1e9", "NaN", "9999-12-31", "0000-00-00", "-9999d", "country:PK,", ":", "!:", "country:", "day:2026-11-01", "page:" + strings.Repeat("a,", 400), "Mars/Olympus", "posixrules", "localtime",
		"%s%n", "line_item:'||(SELECT 1)||'", "impressions desc", "sum(charge)", "=1+1", "🦆", "ur", "\r\nSet-Cookie: x=1",
	}
	// Each page with the parameters that it reads, and one in how many of their pairs with a value it meets: the API all.
	pages := []struct {
		path, params string
		every        int
	}{
		{"/api/v1/reports", "from to tz filter by metrics sort limit offset format advertiser compare", 1},
		{"/api/v1/delivery", "advertiser campaign state limit offset", 2},
		{"/reports/northwind/cut", "range from through tz filter by metrics sort offset", 3},
		{"/reports/northwind", "range from through tz filter metric grain compare lang", 5},
		{"/reports/northwind/line-items/winter-escapes/istanbul-city-breaks", "tz filter lang", 5},
		{"/ops/why", "url at country device line_item placement site text", 2},
		{"/login", "next lang", 1}, {"/login/link", "t to", 1},
	}
	databaseText := regexp.MustCompile(`(?i)duckdb|binder error|conversion error|parser error|catalog error|syntax error|goroutine|runtime error|sql:`)
	n := 0
	for _, page := range pages {
		for _, p := range strings.Fields(page.params) {
			for _, v := range values {
				if n++; n%page.every != 0 {
					continue
				}
				who := c
				if page.path == "/ops/why" {
					who = ops
				}
				res, body := f.get(who, page.path+"?"+url.Values{p: {v}}.Encode())
				if res.StatusCode >= 500 {
					t.Errorf("%s %s=%.60q: %s\n%s", page.path, p, v, res.Status, f.log)
				}
				if m := databaseText.FindString(body); m != "" {
					t.Errorf("%s %s=%.60q: the answer says %q", page.path, p, v, m)
				}
				if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && (strings.Contains(body, "<script>alert") || strings.Contains(body, `" onmouseover="alert`)) {
					t.Errorf("%s %s=%.60q comes back unescaped", page.path, p, v)
				}
				if res.Header.Get("Set-Cookie") == "x=1" || strings.Contains(res.Header.Get("Location"), "://") {
					t.Errorf("%s %s=%.60q: headers %v", page.path, p, v, res.Header)
				}
			}
		}
	}
	if strings.Contains(f.log.String(), "level=ERROR") {
		t.Errorf("the log has errors:\n%.2000s", f.log)
	}
}

func TestErrorsOfTheAPIArePrecise(t *testing.T) {
	f := newSite(t, nil)
	c := f.signIn("olga")
	for path, want := range map[string]string{
		"/api/v1/reports?from=gestern":                             `{"error":{"code":"invalid_field","message":"\"gestern\" is no instant; write 2026-11-01, 2026-11-01T08:00:00Z, -7d, today or now","field":"from"}}`,
		"/api/v1/reports?by=contry":                                `{"error":{"code":"invalid_field","message":"there is no \"contry\"; did you mean country?","field":"by"}}`,
		"/api/v1/reports?fliter=country:PK":                        `{"error":{"code":"invalid_field","message":"there is no such parameter; valid are from, to, by, metrics, filter, sort, limit, offset, tz, format, advertiser, compare","field":"fliter"}}`,
		"/api/v1/reports?format=pdf":                               `{"error":{"code":"invalid_field","message":"there is no such format; valid are json, csv, ndjson, table and xlsx","field":"format"}}`,
		"/api/v1/reports?from=-9999d":                              `{"error":{"code":"invalid_field","message":"the range is longer than three years","field":"from"}}`,
		"/api/v1/explain?url=x":                                    `{"error":{"code":"invalid_field","message":"must be a page's address, such as https://news.example/world/story","field":"url"}}`,
		"/api/v1/explain?url=https://x.example/&placement=nowhere": `{"error":{"code":"invalid_field","message":"there is no placement \"nowhere\"; did you mean masthead?","field":"placement"}}`,
		"/api/v1/delivery?limit=0":                                 `{"error":{"code":"invalid_field","message":"must be a whole number from 0, and a limit from 1 to 10000","field":"limit"}}`,
		"/api/v1/nothing":                                          `{"error":{"code":"not_found","message":"there is nothing at this path; /api/v1/openapi.json tells what there is"}}`,
	} {
		res, body := f.get(c, path)
		if strings.TrimSpace(body) != want || res.StatusCode < 400 || res.StatusCode > 404 {
			t.Errorf("%s: %s\n got %s\nwant %s", path, res.Status, body, want)
		}
	}
	res, _ := f.post(c, "/api/v1/reports", url.Values{})
	if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s, allow %q", res.Status, res.Header.Get("Allow"))
	}
}

func TestPagesOfRowsAreTheWhole(t *testing.T) {
	f := newSite(t, nil)
	c := f.signIn("nadia")
	seen, offset := map[string]bool{}, 0
	for range 100 {
		_, body := f.get(c, fmt.Sprintf("/api/v1/reports?from=-30d&by=day,creative,placement&limit=37&offset=%d", offset))
		var got struct {
			Rows       []map[string]any
			MoreRows   bool `json:"more_rows"`
			NextOffset int  `json:"next_offset"`
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Rows {
			k := fmt.Sprint(r["day"], r["creative"], r["placement"])
			if seen[k] {
				t.Fatalf("%s comes twice", k)
			}
			seen[k] = true
		}
		if !got.MoreRows {
			break
		}
		offset = got.NextOffset
	}
	want := map[string]bool{}
	zone, _ := time.LoadLocation("Asia/Karachi")
	from := time.Date(2026, 10, 25, 0, 0, 0, 0, zone).UnixMicro()
	for _, e := range webtest.Events() {
		if e.Advertiser == "northwind" && e.Time >= from {
			want[time.UnixMicro(e.Time).In(zone).Format(time.DateOnly)+e.Creative+e.Placement] = true
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d rows over all pages, want %d", len(seen), len(want))
	}
}

func TestOpenAPIDescribesWhatIsThere(t *testing.T) {
	f := newSite(t, nil)
	res, body := f.get(f.browser(), "/api/v1/openapi.json")
	var doc struct {
		OpenAPI string
		Paths   map[string]struct {
			Get struct{ Parameters []struct{ Name string } }
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || res.StatusCode != 200 || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%s %v", res.Status, err)
	}
	c := f.signIn("olga")
	for path, p := range doc.Paths {
		if len(p.Get.Parameters) == 0 {
			t.Errorf("%s has no parameters", path)
		}
		for _, param := range p.Get.Parameters {
			// A parameter that the API does not know says so.
			_, body := f.get(c, path+"?"+url.Values{param.Name: {"x"}, "url": {"https://x.example/"}}.Encode())
			if path != "/api/v1/explain" && strings.Contains(body, `"field":"`+param.Name+`"`) && strings.Contains(body, "no such parameter") {
				t.Errorf("%s describes %s, and does not take it", path, param.Name)
			}
		}
	}
}

// TestWhatComesOverTheWire: headers of every kind of answer, and the weight of a whole page.
func TestWhatComesOverTheWire(t *testing.T) {
	f := newSite(t, nil)
	c := f.signIn("nadia")
	for _, lang := range []string{"en", "ur"} {
		res, _ := f.get(c, "/reports/northwind?lang="+lang, "Accept-Encoding", "gzip")
		csp := res.Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("policy: %s", csp)
		}
		req, _ := http.NewRequest(http.MethodGet, f.url+"/reports/northwind?lang="+lang, nil)
		req.Header.Set("Accept-Encoding", "gzip")
		res, packed := f.do(&http.Client{Jar: c.Jar, Transport: &http.Transport{DisableCompression: true}}, req)
		if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", res.Header)
		}
		z, err := gzip.NewReader(strings.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		page := string(b)
		if m := regexp.MustCompile(`\sstyle="|\son[a-z]+="|<style|<script>`).FindString(page); m != "" {
			t.Errorf("the page has %q inline", m)
		}
		weight := len(packed)
		parts := regexp.MustCompile(`(?:href|src)="(/reports/static/[^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(parts) < 6 {
			t.Fatalf("%d static files", len(parts))
		}
		urls := map[string]bool{}
		for _, p := range parts {
			urls[p[1]] = true
		}
		if lang == "ur" {
			for u := range urls {
				if strings.HasSuffix(u, "libre-franklin.woff2") {
					urls[strings.Replace(u, "libre-franklin", "noto-naskh-arabic", 1)] = true
				}
			}
		}
		for u := range urls {
			req, _ := http.NewRequest(http.MethodGet, f.url+u, nil)
			req.Header.Set("Accept-Encoding", "gzip")
			res, body := f.do(&http.Client{Transport: &http.Transport{DisableCompression: true}}, req)
			if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %s %v", u, res.Status, res.Header)
			}
			weight += len(body)
		}
		t.Logf("a report in %s weighs %d bytes, its %d files included", lang, weight, len(urls))
		if weight > 150<<10 {
			t.Errorf("a report in %s weighs %d bytes, more than 150 KiB", lang, weight)
		}
	}
	if res, _ := f.get(c, "/reports/static/old/app.css"); res.StatusCode != 404 {
		t.Errorf("a static file of another version: %s", res.Status)
	}
	for _, path := range []string{"/reports/static/%2e%2e/web.go", "/reports/static/x/..%2f..%2fweb.go"} {
		if res, body := f.get(c, path); res.StatusCode == 200 || strings.Contains(body, "package web") {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestStoreAwayIsSaid(t *testing.T) {
	f := newSite(t, func(o *web.Options) { o.Source = away{} })
	c := f.signIn("nadia")
	for path, want := range map[string]string{"/reports/northwind": "Nothing is lost", "/reports/northwind/cut": "Nothing is lost", "/api/v1/reports": `"code":"store_unavailable"`} {
		res, body := f.get(c, path)
		if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, want) || strings.Contains(body, "connection refused") {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
	if !strings.Contains(f.log.String(), "connection refused") {
		t.Error("the log does not say why")
	}
}

type away struct{}

func (away) Query(context.Context, report.Query) (*report.Result, error) {
	return nil, fmt.Errorf("dial 10.0.0.7:9000: connection refused")
}

func TestStaleAndEmpty(t *testing.T) {
	f := newSite(t, func(o *web.Options) { o.Waiting = func() int64 { return 1234 } })
	if _, body := f.get(f.signIn("nadia"), "/reports/northwind"); !strings.Contains(body, "Not up to date.") || !strings.Contains(body, "1,234") {
		t.Error("a view that is behind does not say so")
	}
	f = newSite(t, nil)
	_, body := f.get(f.signIn("quiet"), "/reports/quiet")
	if !strings.Contains(body, "Nothing has been served yet") || strings.Contains(body, "Not up to date.") {
		t.Error("an advertiser without events is not told what will appear")
	}
	if _, body := f.get(f.signIn("nadia"), "/reports/northwind?filter=country:NO"); !strings.Contains(body, "No impressions in this range") {
		t.Error("an empty range is not said to be empty")
	}
}
