//go:build browser

package tag_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/placard/placard/adserver/browsertest"
	"github.com/placard/placard/adserver/servertest"
	"github.com/placard/placard/reporting/event"
)

//go:embed testdata/pages.txt
var pagesText string

// pages serves the news site of the tests. It is another origin than the ad server, as in life.
func pages(t *testing.T, s *servertest.Server) http.Handler {
	t.Helper()
	bodies, attrs := map[string]string{}, map[string]string{}
	for _, part := range strings.Split(pagesText, "\n== ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		path, attr, _ := strings.Cut(head, " ")
		bodies[path], attrs[path] = body, attr
	}
	const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>%s</title><link rel="canonical" href="http://%s%s">` +
		`<meta name="viewport" content="width=device-width,initial-scale=1"><style>body{margin:0}[data-placard-slot]{min-height:274px}[data-placard-slot=top]{min-height:124px}[data-placard-state=empty]{visibility:hidden}iframe{border:0}</style>`
	mux := http.NewServeMux()
	var mu sync.Mutex
	gate := make(chan bool)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, head, r.URL.Path, r.Host, r.URL.Path)
		fmt.Fprintf(w, `<script async src="%s/tag.js" data-placard-site="daily" %s></script></head><body>%s</body></html>`, s.URL, attrs[r.URL.Path], body)
	})
	// A page under a strict policy: scripts with a nonce only, no inline style, trusted types.
	mux.HandleFunc("/strict", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-abc123' 'strict-dynamic'; style-src 'self'; img-src "+s.URL+"; connect-src "+s.URL+"; frame-src "+s.URL+
			"; require-trusted-types-for 'script'; trusted-types placard; base-uri 'none'")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Strict</title><link rel="canonical" href="http://%s/strict"><script nonce="abc123" async src="%s/tag.js" data-placard-site="daily"></script></head><body>%s</body></html>`, r.Host, s.URL, bodies["/all"])
	})
	mux.HandleFunc("/module", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, head, "Module", r.Host, "/module")
		fmt.Fprintf(w, `<script type="module">import placard from "%s/tag.mjs"; placard.start({site: "daily", kv: {edition: "pk"}});</script></head><body>%s</body></html>`, s.URL, bodies["/all"])
	})
	// A page whose end does not come until /release is asked for.
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, head, "Slow", r.Host, "/slow")
		fmt.Fprintf(w, `<script async src="%s/tag.js" data-placard-site="daily"></script></head><body><article><p>A whole story.</p></article><div data-placard-slot="mid" data-placard-sizes="300x250"></div><p>%s</p>`, s.URL, strings.Repeat("x ", 2000))
		w.(http.Flusher).Flush()
		select {
		case <-gate:
		case <-r.Context().Done():
		}
		fmt.Fprint(w, `<div data-placard-slot="top" data-placard-sizes="728x90"></div></body></html>`)
	})
	mux.HandleFunc("/release", func(http.ResponseWriter, *http.Request) { gate <- true })
	// What the journal holds of a page's events, by kind and reason why they do not count.
	mux.HandleFunc("/counted", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		out := map[string]int{}
		for _, e := range s.Events() {
			if e.Kind != event.Request && strings.HasSuffix(e.Page, r.URL.Query().Get("page")) {
				key := e.Kind.String()
				if e.Invalid != "" {
					key += " " + e.Invalid
				}
				out[key]++
			}
		}
		_ = json.NewEncoder(w).Encode(out)
	})
	return mux
}

func TestInTheBrowser(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Config: os.DirFS("testdata/site")})
	site := httptest.NewServer(pages(t, s))
	defer site.Close()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(site.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	volt, err := os.ReadFile("../../configs/demo/assets/volt-sale/300x250.html")
	if err != nil {
		t.Fatal(err)
	}
	data := browsertest.Run(t, "testdata/scenarios.mjs", map[string]any{"site": "http://localhost:" + port, "ads": s.URL, "volt": string(volt)})
	for name, v := range data {
		if string(v) != "null" {
			t.Logf("%s: %s", name, v)
		}
	}
}
