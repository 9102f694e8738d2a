package httpapi_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/adserver/servertest"
)

func TestHealthAndReadiness(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Config: site, NotReady: true})
	if res := do(t, "GET", s.URL+"/healthz", ""); res.StatusCode != 200 {
		t.Errorf("healthz: %d", res.StatusCode)
	}
	if res := do(t, "GET", s.URL+"/readyz", ""); res.StatusCode != 503 || !strings.Contains(read(t, res), "not_ready") {
		t.Errorf("readyz before the counters are there: %d", res.StatusCode)
	}
	if res := do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`)); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("ads before the counters are there: %d", res.StatusCode)
	}
	s.Engine.SetReady()
	if res := do(t, "GET", s.URL+"/readyz", ""); res.StatusCode != 200 || !strings.Contains(read(t, res), s.Catalog.Revision) {
		t.Errorf("readyz: %d", res.StatusCode)
	}
}

func TestMetricsAreForTheConfiguredPeers(t *testing.T) {
	s := start(t, httpapi.Options{})
	do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"},{"id":"s2","placement":"nothing"}]`))
	do(t, "POST", s.URL+"/v1/ads", `{`)
	body := read(t, do(t, "GET", s.URL+"/metrics", ""))
	for _, want := range []string{
		"placard_page_requests_total 1\n", "placard_slot_requests_total 2\n", "placard_slots_filled_total 1\n", `placard_http_errors_total{kind="invalid"} 1`,
		"placard_ads_request_duration_seconds_count 1\n", "placard_catalog_line_items 5\n", "process_resident_memory_bytes",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	closed := start(t, httpapi.Options{MetricsFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if res := do(t, "GET", closed.URL+"/metrics", "", "X-Forwarded-For", "10.1.1.1"); res.StatusCode != 403 {
		t.Errorf("anybody reads the metrics: %d", res.StatusCode)
	}
	proxied := start(t, httpapi.Options{MetricsFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, TrustedProxies: servertest.Loopback()})
	if res := do(t, "GET", proxied.URL+"/metrics", "", "X-Forwarded-For", "10.1.1.1"); res.StatusCode != 200 {
		t.Errorf("through the trusted proxy: %d", res.StatusCode)
	}
	if res := do(t, "GET", proxied.URL+"/metrics", "", "X-Forwarded-For", "10.1.1.1, 8.8.8.8"); res.StatusCode != 403 {
		t.Errorf("a forged entry is believed: %d", res.StatusCode)
	}
}

func TestPanicsAreAnsweredAndCounted(t *testing.T) {
	pages := map[string]http.Handler{"/": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("on purpose")
		}
	})}
	var log strings.Builder
	s := servertest.Start(t, servertest.Options{Config: site, HTTP: httpapi.Options{Pages: pages}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if res := do(t, "GET", s.URL+"/panic", ""); res.StatusCode != 500 || strings.Contains(read(t, res), "on purpose") {
		t.Errorf("status %d", res.StatusCode)
	}
	if res := do(t, "GET", s.URL+"/fine", ""); res.StatusCode != 200 {
		t.Errorf("the server is gone: %d", res.StatusCode)
	}
	if body := read(t, do(t, "GET", s.URL+"/metrics", "")); !strings.Contains(body, `placard_http_errors_total{kind="panic"} 1`) {
		t.Error("the panic was not counted")
	}
	if l := log.String(); !strings.Contains(l, "on purpose") || !strings.Contains(l, "server_test.go") {
		t.Errorf("logged: %s", l)
	}
}

func TestLongestPrefixWins(t *testing.T) {
	name := func(s string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) })
	}
	s := start(t, httpapi.Options{Pages: map[string]http.Handler{"/": name("paper"), "/reports/": name("reports"), "/reports/ops/": name("ops")}})
	for path, want := range map[string]string{"/": "paper", "/x": "paper", "/reports": "reports", "/reports/a": "reports", "/reports/ops/x": "ops", "/reportsx": "paper", "/tag.js": ""} {
		body := read(t, do(t, "GET", s.URL+path, ""))
		if want != "" && body != want {
			t.Errorf("%s is answered by %q", path, body)
		}
	}
}

// Shutdown answers what is under way and takes nothing new.
func TestDrain(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	pages := map[string]http.Handler{"/slow": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		entered <- true
		<-leave
		_, _ = io.WriteString(w, "done")
	})}
	s := start(t, httpapi.Options{Pages: pages})
	answered := make(chan string, 1)
	go func() { answered <- read(t, do(t, "GET", s.URL+"/slow", "")) }()
	<-entered
	closed := make(chan error, 1)
	go func() { closed <- s.HTTP.Shutdown(context.Background()) }()
	for {
		// Until the listener is closed; then nobody is let in any more.
		res, err := http.Get(s.URL + "/healthz")
		if err != nil {
			break
		}
		res.Body.Close()
	}
	select {
	case <-closed:
		t.Fatal("shut down with a request under way")
	default:
	}
	leave <- true
	if got := <-answered; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// TestShutdownBeforeServe is a process told to end while it starts: the listener must not be served for ever.
func TestShutdownBeforeServe(t *testing.T) {
	s, err := httpapi.New(httpapi.Options{Engine: adserver.New(adserver.Options{}), Tag: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(ln); err != nil {
		t.Errorf("Serve after Shutdown: %v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}
