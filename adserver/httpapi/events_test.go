package httpapi_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/adserver/servertest"
	"github.com/placard/placard/reporting/event"
)

// count returns how many events of a kind are on disk, by why they do not count; "" are those that do.
func count(s *servertest.Server, k event.Kind) map[string]int {
	out := map[string]int{}
	for _, e := range s.Events() {
		if e.Kind == k {
			out[e.Invalid]++
		}
	}
	return out
}

func TestEventsCountOnce(t *testing.T) {
	s := start(t, httpapi.Options{})
	slot := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0]
	for _, c := range []struct {
		kind event.Kind
		path string
		want int
	}{{event.Impression, slot.Impression, 204}, {event.Viewable, slot.Viewable, 204}, {event.Click, slot.Click, 302}} {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				method := "GET"
				if i%2 == 1 {
					method = "POST"
				}
				res := do(t, method, s.URL+c.path, "")
				if res.StatusCode != c.want || res.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s %s: %d %v", method, c.kind, res.StatusCode, res.Header)
				}
				if got := res.Header.Get("Location"); c.want == 302 && got != "https://northwind.example/boats?from=daily" {
					t.Errorf("the click leads to %q", got)
				}
			})
		}
		wg.Wait()
		if got := count(s, c.kind); got[""] != 1 || got["replayed"] != 19 {
			t.Errorf("%s: %v", c.kind, got)
		}
	}
	e := s.Events()[1]
	if e.Kind != event.Impression || e.Charge != 3200 || e.Price != 3_200_000 || e.Placement != "top" || e.Section != "world" || e.Country != "PK" || e.Browser != "chrome" {
		t.Errorf("%+v", e)
	}
}

func TestEventsThatDoNotCount(t *testing.T) {
	var now struct {
		sync.Mutex
		t time.Time
	}
	now.t = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { now.Lock(); defer now.Unlock(); return now.t }
	s := servertest.Start(t, servertest.Options{Config: site, Now: clock, TokenTTL: time.Hour})
	slot := func() string {
		return decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0].Impression
	}
	for i, header := range [][]string{
		{"Sec-Purpose", "prefetch"}, {"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"},
		{"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
	} {
		path := slot()
		if res := do(t, "POST", s.URL+path, "", header...); res.StatusCode != 204 {
			t.Errorf("%v: %d", header, res.StatusCode)
		}
		want := "prefetch"
		if i == 3 {
			want = "bot"
		}
		got := count(s, event.Impression)
		if got[want] == 0 || got[""] != 0 {
			t.Errorf("%v: %v", header, got)
		}
		// A prefetched page that is opened after all counts then.
	}
	late := slot()
	now.Lock()
	now.t = now.t.Add(time.Hour)
	now.Unlock()
	if res := do(t, "GET", s.URL+late, ""); res.StatusCode != 204 {
		t.Errorf("an expired impression: %d", res.StatusCode)
	}
	if got := count(s, event.Impression); got["expired"] != 1 || got[""] != 0 {
		t.Errorf("%v", got)
	}
	// The reader of a page that lay open goes on all the same.
	click := strings.Replace(late, "/i/", "/c/", 1)
	if res := do(t, "GET", s.URL+click, ""); res.StatusCode != 302 {
		t.Errorf("an expired click: %d", res.StatusCode)
	}
}

func TestMadeUpEventsAreRefused(t *testing.T) {
	s := start(t, httpapi.Options{})
	slot := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0]
	token := strings.TrimPrefix(slot.Impression, "/v1/i/")
	flipped := "A" + token[1:len(token)-1] + "B"
	for _, tok := range []string{"", "x", "%2e%2e%41", flipped, token + "A", token[:40], strings.Repeat("A", 9000), url.QueryEscape(token + "=")} {
		for _, k := range []string{"i", "v", "c"} {
			res := do(t, "GET", s.URL+"/v1/"+k+"/"+tok, "")
			want := 400
			if k == "c" {
				want = 404
			}
			if res.StatusCode != want || res.Header.Get("Location") != "" {
				t.Errorf("/v1/%s/%.20s: %d, Location %q", k, tok, res.StatusCode, res.Header.Get("Location"))
			}
		}
	}
	if got := count(s, event.Impression); len(got) != 0 {
		t.Errorf("%v", got)
	}
	// Nothing in the request chooses where a click leads.
	res := do(t, "GET", s.URL+slot.Click+"?url=https://evil.example&click=https://evil.example", "", "X-Forwarded-Host", "evil.example", "Referer", "https://evil.example/")
	if got := res.Header.Get("Location"); got != "https://northwind.example/boats?from=daily" {
		t.Errorf("the click leads to %q", got)
	}
}

// What cannot be made durable is not acknowledged; the reader's click goes through, and does not count, as its impression did not.
func TestNothingIsAcknowledgedThatIsNotOnDisk(t *testing.T) {
	s := start(t, httpapi.Options{})
	slot := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0]
	if err := s.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		res := do(t, "POST", s.URL+slot.Impression, "")
		if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			t.Errorf("status %d %v", res.StatusCode, res.Header)
		}
	}
	if res := do(t, "GET", s.URL+slot.Click, ""); res.StatusCode != 302 {
		t.Errorf("click: status %d", res.StatusCode)
	}
	if a := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))); !a.Slots[0].Filled {
		t.Errorf("serving stopped with the journal: %+v", a)
	}
	if body := read(t, do(t, "GET", s.URL+"/metrics", "")); !strings.Contains(body, "placard_events_refused_total 2\n") {
		t.Errorf("metrics: %s", body)
	}
}

// The click id goes with the reader, and comes back as a pixel or from the advertiser's server.
func TestConversionRoute(t *testing.T) {
	s := start(t, httpapi.Options{})
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/v1/conversion", "", 400, "missing_field"},
		{"GET", "/v1/conversion?click_id=" + strings.Repeat("A", 5000), "", 400, "invalid_field"},
		{"POST", "/v1/conversion", "click", 400, "invalid_json"},
		{"POST", "/v1/conversion", `{"click_id":7}`, 400, "missing_field"},
		{"GET", "/v1/conversion?click_id=AAAA", "", 400, "invalid_click_id"},
		{"POST", "/v1/conversion", `{"click_id":"AAAA"}`, 400, "invalid_click_id"},
		{"PUT", "/v1/conversion", "", 405, "method_not_allowed"},
	} {
		res := do(t, c.method, s.URL+c.path, c.body)
		if body := read(t, res); res.StatusCode != c.status || !strings.Contains(body, `"`+c.code+`"`) {
			t.Errorf("%s %.40s %s: %d %s", c.method, c.path, c.body, res.StatusCode, body)
		}
	}
	var p beacon.Payload
	slot := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0]
	if err := s.Signer.Verify([]byte(strings.TrimPrefix(slot.Impression, "/v1/i/")), time.Now(), &p); err != nil {
		t.Fatal(err)
	}
	id := func() string {
		p.Request[15]++
		return string(s.Signer.AppendClickID(nil, &p, time.Now(), time.Hour, true))
	}
	for range 3 {
		pixel, call := id(), id()
		for range 2 {
			if res := do(t, "GET", s.URL+"/v1/conversion?click_id="+pixel, ""); res.StatusCode != 204 {
				t.Errorf("pixel: %d", res.StatusCode)
			}
			if res := do(t, "POST", s.URL+"/v1/conversion", `{"click_id":"`+call+`"}`, "User-Agent", "curl/8.5"); res.StatusCode != 204 {
				t.Errorf("call: %d", res.StatusCode)
			}
		}
	}
	if got := count(s, event.Conversion); got[""] != 6 || got["replayed"] != 6 {
		t.Errorf("%v", got)
	}
}
