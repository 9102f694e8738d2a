package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/placard/placard/adserver/httpapi"
)

// The debug overlay may ask the API from the pages of the configured sites, with a token; nobody else's page reads the answer.
func TestExplainAcrossOrigins(t *testing.T) {
	asked := 0
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Vary", "Cookie")
		if r.Header.Get("Authorization") != "Bearer good" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	s := start(t, httpapi.Options{Pages: map[string]http.Handler{"/api/v1/": api}})
	const known, foreign = "http://127.0.0.1:8443", "https://evil.example"
	for _, c := range []struct {
		method, path, origin, token string
		status                      int
		allowed, methods, headers   string
		asked                       int
	}{
		{"OPTIONS", "/api/v1/explain", known, "", 204, known, "GET", "Authorization", 0},
		{"OPTIONS", "/api/v1/explain?site=daily", known, "", 204, known, "GET", "Authorization", 0},
		{"OPTIONS", "/api/v1/explain", foreign, "", 204, "", "", "", 0},
		{"GET", "/api/v1/explain?site=daily", known, "Bearer good", 200, known, "", "", 1},
		{"GET", "/api/v1/explain", known, "Bearer bad", 401, known, "", "", 1}, // so that the overlay can say why
		{"GET", "/api/v1/explain", foreign, "Bearer good", 200, "", "", "", 1},
		{"GET", "/api/v1/reports", known, "Bearer good", 200, "", "", "", 1},
		{"OPTIONS", "/api/v1/reports", known, "Bearer good", 200, "", "", "", 1},
	} {
		asked = 0
		res := do(t, c.method, s.URL+c.path, "", "Origin", c.origin, "Authorization", c.token, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization")
		h := res.Header
		if res.StatusCode != c.status || h.Get("Access-Control-Allow-Origin") != c.allowed || h.Get("Access-Control-Allow-Methods") != c.methods ||
			h.Get("Access-Control-Allow-Headers") != c.headers || h.Get("Access-Control-Allow-Credentials") != "" || asked != c.asked {
			t.Errorf("%s %s from %s with %q: %d %v, the API was asked %d times", c.method, c.path, c.origin, c.token, res.StatusCode, h, asked)
		}
		if c.path == "/api/v1/explain" && c.method == "GET" {
			if v := h.Values("Vary"); len(v) != 2 || v[0] != "Cookie" || v[1] != "Origin" {
				t.Errorf("Vary: %q", v)
			}
		}
	}
}
