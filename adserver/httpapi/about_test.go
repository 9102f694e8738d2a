package httpapi_test

import (
	"strings"
	"testing"

	"github.com/placard/placard/adserver/httpapi"
)

func TestReadersMayAskAndComplain(t *testing.T) {
	s := start(t, httpapi.Options{})
	slot := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`))).Slots[0]
	about := s.URL + strings.Replace(slot.Impression, "/i/", "/about/", 1)
	res := do(t, "GET", about, "")
	body := read(t, res)
	if res.StatusCode != 200 || !strings.Contains(body, "Northwind Travel") || !strings.Contains(body, "The Daily Test") || strings.Contains(body, "3.2") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "script-src") {
		t.Errorf("policy %q", csp)
	}
	for _, reason := range []string{"offensive", "<script>alert(1)</script>"} {
		res := do(t, "POST", about, "reason="+reason, "Content-Type", "application/x-www-form-urlencoded")
		if body := read(t, res); res.StatusCode != 200 || !strings.Contains(body, "Thank you") || strings.Contains(body, "alert") {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	}
	metrics := read(t, do(t, "GET", s.URL+"/metrics", ""))
	for _, want := range []string{`placard_ad_complaints_total{reason="offensive"} 1`, `placard_ad_complaints_total{reason="other"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
	if res := do(t, "GET", about+"x", ""); res.StatusCode != 404 {
		t.Errorf("a made-up ad: %d", res.StatusCode)
	}
}
