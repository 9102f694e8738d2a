package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/adserver/servertest"
	"github.com/placard/placard/reporting/event"
)

var site = os.DirFS("testdata/site")

func start(t testing.TB, h httpapi.Options) *servertest.Server {
	t.Helper()
	return servertest.Start(t, servertest.Options{Config: site, HTTP: h})
}

// answer is the v1 contract as a caller reads it.
type answer struct {
	RequestID string `json:"request_id"`
	Config    string `json:"config"`
	PageToken string `json:"page_token"`
	Slots     []struct {
		ID                                   string `json:"id"`
		Filled                               bool   `json:"filled"`
		Reason                               string `json:"reason"`
		Advertiser, Campaign, Creative, Type string
		LineItem                             string `json:"line_item"`
		Width, Height                        int
		Label, HTML                          string
		Impression                           string `json:"impression_url"`
		Viewable                             string `json:"viewable_url"`
		Click                                string `json:"click_url"`
	} `json:"slots"`
}

type failure struct {
	Error struct{ Code, Message, Field string } `json:"error"`
}

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

func do(t testing.TB, method, url, body string, header ...string) *http.Response {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", chrome)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close(); client.CloseIdleConnections() })
	return res
}

func read(t testing.TB, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func decode(t testing.TB, res *http.Response) answer {
	t.Helper()
	body := read(t, res)
	if res.StatusCode != 200 {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	var a answer
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

const fullPage = `"page":{"url":"http://127.0.0.1/world/boats?utm_source=x#top","title":"Boats","section":"world","keywords":["boats","sea"],
 "text":"Boats left the harbour.","language":"en","published":"2026-11-20T08:00:00Z","kind":"article","description":"On boats"}`

func ask(slots string, more ...string) string {
	return `{"site":"daily",` + strings.Join(append([]string{fullPage, `"slots":` + slots}, more...), ",") + `}`
}

var ulid = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`)

func TestAdsAnswersTheContract(t *testing.T) {
	s := start(t, httpapi.Options{})
	body := ask(`[{"id":"s1","placement":"top","sizes":[[970,250],[728,90]]},{"id":"s2","placement":"html"},{"id":"s3","placement":"words","sizes":[[728,90]]},{"id":"s4","placement":"nothing"},{"id":"s5","placement":"network"}]`,
		`"visitor":{"id":"v-1","consent":"","gpp":""},"theme":"dark","viewport":[1280,800],"kv":{"edition":["pk"],"n":3}`)
	res := do(t, "POST", s.URL+"/v1/ads", body)
	if got := res.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("cache control %q", got)
	}
	a := decode(t, res)
	if !ulid.MatchString(a.RequestID) || a.Config != s.Catalog.Revision || a.PageToken == "" || len(a.Slots) != 5 {
		t.Fatalf("%+v", a)
	}
	one := a.Slots[0]
	if !one.Filled || one.Advertiser != "northwind" || one.Campaign != "winter" || one.LineItem != "banner" || one.Creative != "boats" || one.Type != "image" ||
		one.Width != 728 || one.Height != 90 || one.Label != "Advertisement" || one.ID != "s1" {
		t.Errorf("slot 1: %+v", one)
	}
	for _, u := range []string{one.Impression, one.Viewable, one.Click} {
		if !regexp.MustCompile(`^/v1/[ivc]/[\w-]+$`).MatchString(u) {
			t.Errorf("event URL %q", u)
		}
	}
	if !strings.Contains(one.HTML, `alt="Boats &amp; &lt;harbours&gt;"`) || !strings.Contains(one.HTML, one.Click) {
		t.Errorf("html %s", one.HTML)
	}
	for i, want := range []string{"image", "html", "house", "", "adsense"} {
		if a.Slots[i].Type != want {
			t.Errorf("slot %d is of type %q, want %q", i+1, a.Slots[i].Type, want)
		}
	}
	if four := a.Slots[3]; four.Filled || four.Reason == "" {
		t.Errorf("slot 4: %+v", four)
	}
	// What was decided is in the journal, one event a slot.
	events := s.Events()
	if len(events) != 5 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Kind != event.Request || e.Site != "daily" || e.Placement != "top" || e.Section != "world" || e.Page != "http://127.0.0.1/world/boats" || e.LineItem != "banner" ||
		e.Country != "PK" || e.Device != "desktop" || e.Theme != "dark" || events[3].NoFill == "" {
		t.Errorf("event %+v", e)
	}
}

func TestGetFormAsksTheSame(t *testing.T) {
	s := start(t, httpapi.Options{})
	q := url.Values{
		"site": {"daily"}, "page.url": {"http://127.0.0.1/world/boats"}, "page.title": {"بندرگاہ سے کشتیاں آج صبح روانہ ہوئیں"}, "page.section": {"world"}, "page.keywords": {"boats", "sea"},
		"page.language": {"ur"}, "page.text": {"ملاح کہتے ہیں کہ سمندر پرسکون ہے اور کشتیاں شام تک واپس آ جائیں گی"}, "page.kind": {"article"}, "page.published": {"2026-11-20T08:00:00Z"}, "slots": {"s1:top:970x250,728x90", "s2:words"},
		"visitor.id": {"v1"}, "theme": {"dark"}, "kv.edition": {"pk", "ae"},
	}
	a := decode(t, do(t, "GET", s.URL+"/v1/ads?"+q.Encode(), ""))
	if len(a.Slots) != 2 || a.Slots[0].Creative != "boats" || a.Slots[1].Creative != "read" || a.Slots[0].Label != "اشتہار" {
		t.Errorf("%+v", a)
	}
}

func TestAdsErrorsNameTheField(t *testing.T) {
	s := start(t, httpapi.Options{})
	long := strings.Repeat("x", 3000)
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	slot := `[{"id":"s1","placement":"top"}]`
	for _, c := range []struct{ name, body, code, field string }{
		{"empty body", ``, "invalid_json", ""},
		{"not JSON", `{`, "invalid_json", ""},
		{"a list", `[]`, "invalid_json", ""},
		{"no site", `{"slots":` + slot + `}`, "missing_field", "site"},
		{"site is a number", `{"site":1,"slots":` + slot + `}`, "invalid_field", "site"},
		{"no such site", `{"site":"x","slots":` + slot + `}`, "unknown_site", "site"},
		{"no slots", `{"site":"daily"}`, "invalid_field", "slots"},
		{"slots are empty", `{"site":"daily","slots":[]}`, "missing_field", "slots"},
		{"a slot is a word", `{"site":"daily","slots":["s1"]}`, "invalid_field", "slots[0]"},
		{"too many slots", `{"site":"daily","slots":[` + many(17, `{"id":"a","placement":"top"}`) + `]}`, "invalid_field", "slots"},
		{"twice the same id", `{"site":"daily","slots":[` + many(2, `{"id":"a","placement":"top"}`) + `]}`, "duplicate_slot", "slots[1].id"},
		{"id without letters", `{"site":"daily","slots":[{"id":"<b>","placement":"top"}]}`, "invalid_field", "slots[0].id"},
		{"no id", `{"site":"daily","slots":[{"placement":"top"}]}`, "invalid_field", "slots[0].id"},
		{"long id", `{"site":"daily","slots":[{"id":"` + long + `","placement":"top"}]}`, "invalid_field", "slots[0].id"},
		{"no such placement", `{"site":"daily","slots":[{"id":"s1","placement":"nowhere"}]}`, "unknown_placement", "slots[0].placement"},
		{"placement is a list", `{"site":"daily","slots":[{"id":"s1","placement":[]}]}`, "invalid_field", "slots[0].placement"},
		{"size of one", `{"site":"daily","slots":[{"id":"s1","placement":"top","sizes":[[300]]}]}`, "invalid_field", "slots[0].sizes"},
		{"size is negative", `{"site":"daily","slots":[{"id":"s1","placement":"top","sizes":[[300,-1]]}]}`, "invalid_field", "slots[0].sizes"},
		{"size is huge", `{"site":"daily","slots":[{"id":"s1","placement":"top","sizes":[[300,99999]]}]}`, "invalid_field", "slots[0].sizes"},
		{"too many sizes", `{"site":"daily","slots":[{"id":"s1","placement":"top","sizes":[` + many(17, `[1,1]`) + `]}]}`, "invalid_field", "slots[0].sizes"},
		{"page is a word", `{"site":"daily","page":"x","slots":` + slot + `}`, "invalid_field", "page"},
		{"page of somebody else", `{"site":"daily","page":{"url":"https://evil.example/"},"slots":` + slot + `}`, "foreign_page", "page.url"},
		{"page is a script", `{"site":"daily","page":{"url":"javascript:alert(1)"},"slots":` + slot + `}`, "invalid_field", "page.url"},
		{"long URL", `{"site":"daily","page":{"url":"http://127.0.0.1/` + long + `"},"slots":` + slot + `}`, "invalid_field", "page.url"},
		{"long title", `{"site":"daily","page":{"url":"http://127.0.0.1/","title":"` + long + `"},"slots":` + slot + `}`, "invalid_field", "page.title"},
		{"title is a number", `{"site":"daily","page":{"url":"http://127.0.0.1/","title":7},"slots":` + slot + `}`, "invalid_field", "page.title"},
		{"keywords are a word", `{"site":"daily","page":{"keywords":"x"},"slots":` + slot + `}`, "invalid_field", "page.keywords"},
		{"keywords are numbers", `{"site":"daily","page":{"keywords":[1]},"slots":` + slot + `}`, "invalid_field", "page.keywords"},
		{"too many keywords", `{"site":"daily","page":{"keywords":[` + many(65, `"k"`) + `]},"slots":` + slot + `}`, "invalid_field", "page.keywords"},
		{"sensitive is a word", `{"site":"daily","page":{"sensitive":"yes"},"slots":` + slot + `}`, "invalid_field", "page.sensitive"},
		{"theme is pink", `{"site":"daily","theme":"pink","slots":` + slot + `}`, "invalid_field", "theme"},
		{"visitor is a word", `{"site":"daily","visitor":"x","slots":` + slot + `}`, "invalid_field", "visitor"},
		{"long visitor", `{"site":"daily","visitor":{"id":"` + long + `"},"slots":` + slot + `}`, "invalid_field", "visitor.id"},
		{"kv is a list", `{"site":"daily","kv":[],"slots":` + slot + `}`, "invalid_field", "kv"},
		{"kv holds an object", `{"site":"daily","kv":{"a":{}},"slots":` + slot + `}`, "invalid_field", "kv"},
		{"too many kv", `{"site":"daily","kv":{"a":[` + many(65, `"k"`) + `]},"slots":` + slot + `}`, "invalid_field", "kv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := do(t, "POST", s.URL+"/v1/ads", c.body)
			var f failure
			body := read(t, res)
			if err := json.Unmarshal([]byte(body), &f); err != nil || res.StatusCode != 400 {
				t.Fatalf("status %d, %v: %s", res.StatusCode, err, body)
			}
			if f.Error.Code != c.code || f.Error.Field != c.field || f.Error.Message == "" {
				t.Errorf("got %+v, want %s at %q", f.Error, c.code, c.field)
			}
		})
	}
	for _, q := range []string{"", "site=daily", "site=daily&slots=s1", "site=daily&slots=s1:top:9x", "site=daily&slots=s1:top:0x9", "site=daily&slots=s1:top&theme=x"} {
		if res := do(t, "GET", s.URL+"/v1/ads?"+q, ""); res.StatusCode != 400 {
			t.Errorf("GET ?%s: status %d: %s", q, res.StatusCode, read(t, res))
		}
	}
	if n := len(s.Events()); n != 0 {
		t.Errorf("%d events of requests that were refused", n)
	}
}

func TestPageTokenKeepsThePage(t *testing.T) {
	s := start(t, httpapi.Options{})
	a := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`)))
	again := ask(`[{"id":"s2","placement":"top"}]`, `"page_token":"`+a.PageToken+`"`)
	if b := decode(t, do(t, "POST", s.URL+"/v1/ads", again)); b.Slots[0].Filled {
		t.Errorf("the same creative twice on a page: %+v", b.Slots[0])
	}
	if b := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s2","placement":"top"}]`, `"page_token":"AAAA"`))); !b.Slots[0].Filled {
		t.Errorf("a made-up token cost the reader the ad: %+v", b.Slots[0])
	}
}

func TestCORSIsForTheSitesOwnPages(t *testing.T) {
	s := start(t, httpapi.Options{})
	for origin, allowed := range map[string]bool{
		"https://daily.example": true, "http://localhost:3000": true, "https://DAILY.example": true,
		"https://evil.example": false, "https://daily.example.evil.example": false, "null": false, "https://daily.example@evil.example": false, "daily.example": false,
	} {
		for _, method := range []string{"POST", "OPTIONS"} {
			body := ""
			if method == "POST" {
				body = ask(`[{"id":"s1","placement":"top"}]`)
			}
			res := do(t, method, s.URL+"/v1/ads", body, "Origin", origin)
			got := res.Header.Get("Access-Control-Allow-Origin")
			if allowed && got != origin || !allowed && got != "" {
				t.Errorf("%s from %s: allowed for %q", method, origin, got)
			}
			if res.Header.Get("Access-Control-Allow-Credentials") != "" || res.Header.Get("Vary") != "Origin" {
				t.Errorf("%s from %s: %v", method, origin, res.Header)
			}
			if method == "OPTIONS" && (res.StatusCode != 204 || allowed && res.Header.Get("Access-Control-Allow-Headers") != "Content-Type") {
				t.Errorf("preflight from %s: %d %v", origin, res.StatusCode, res.Header)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	s := start(t, httpapi.Options{})
	for path, methods := range map[string]string{"/v1/ads": "POST, GET", "/tag.js": "GET, HEAD", "/healthz": "GET, HEAD", "/readyz": "GET, HEAD", "/metrics": "GET", "/v1/frame": "GET", "/a/x.png": "GET, HEAD"} {
		for _, m := range []string{"DELETE", "PUT", "TRACE"} {
			res := do(t, m, s.URL+path, "")
			if res.StatusCode != 405 || res.Header.Get("Allow") != methods {
				t.Errorf("%s %s: %d, Allow %q", m, path, res.StatusCode, res.Header.Get("Allow"))
			}
		}
	}
	for _, path := range []string{"/", "/v1", "/v1/", "/v1/ads/", "/v1/x/abc", "/a/", "/tag.js/", "/v1/html/", "/reports/"} {
		if res := do(t, "GET", s.URL+path, ""); res.StatusCode != 404 {
			t.Errorf("GET %s: status %d", path, res.StatusCode)
		}
	}
}

// The handler of a page request allocates a bounded, small number of times, whatever the page sends.
func TestAdsAllocatesLittle(t *testing.T) {
	s := start(t, httpapi.Options{})
	body := []byte(ask(`[{"id":"s1","placement":"top"},{"id":"s2","placement":"html"},{"id":"s3","placement":"words"},{"id":"s4","placement":"nothing"}]`))
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, nil, nil)
	run := func() {
		ctx.Request.Reset()
		ctx.Response.Reset()
		h := &ctx.Request.Header
		h.SetMethod("POST")
		h.SetRequestURI("/v1/ads")
		h.SetUserAgent(chrome)
		ctx.Request.SetBodyRaw(body)
		s.HTTP.Handle(&ctx)
		if ctx.Response.StatusCode() != 200 || !bytes.Contains(ctx.Response.Body(), []byte(`"creative":"boats"`)) {
			t.Fatalf("%d %s", ctx.Response.StatusCode(), ctx.Response.Body())
		}
	}
	run()
	// The best of several: a garbage collection in between empties the pools.
	best := testing.AllocsPerRun(1000, run)
	for i := 0; i < 5 && best > maxAllocs; i++ {
		best = min(best, testing.AllocsPerRun(1000, run))
	}
	if best > maxAllocs {
		t.Errorf("a page request allocates %.1f times, more than %d", best, maxAllocs)
	}
}

func BenchmarkAds(b *testing.B) {
	s := start(b, httpapi.Options{})
	body := []byte(ask(`[{"id":"s1","placement":"top"},{"id":"s2","placement":"html"},{"id":"s3","placement":"words"},{"id":"s4","placement":"nothing"}]`))
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		ctx.Request.Reset()
		ctx.Response.Reset()
		h := &ctx.Request.Header
		h.SetMethod("POST")
		h.SetRequestURI("/v1/ads")
		h.SetUserAgent(chrome)
		ctx.Request.SetBodyRaw(body)
		s.HTTP.Handle(&ctx)
		if ctx.Response.StatusCode() != 200 {
			b.Fatal(ctx.Response.StatusCode())
		}
	}
}
