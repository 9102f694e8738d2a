//go:build browser

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/placard/placard/adserver/browsertest"
	"github.com/placard/placard/reporting/web"
)

// The tag's debug overlay on a page of another origin than the ad server's, with and without a token that may ask.
func TestOverlayInTheBrowser(t *testing.T) {
	dir := t.TempDir()
	ops, opsHash := web.NewToken()
	site, siteHash := web.NewToken()
	for name, text := range map[string]string{
		"site.yaml": strings.Replace(switchedSite, "s.example", "localhost", 1) + "  - {id: end, sizes: [728x90]}\n",
		"a.yaml": switchedAdvertiser + `      - id: abroad
        type: standard
        goal: {impressions: 1000}
        target: {country: [PK]}
        creatives:
          - {id: m, type: native, headline: M, sponsor: A, click: "https://example.com/"}
`,
		"tokens.yaml": fmt.Sprintf("tokens:\n  - {id: desk, role: ops, hash: %s}\n  - {id: s-bi, site: s, hash: %s}\n", opsHash, siteHash),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := serving(t, "serve", "--config", dir, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Story</title><meta name="viewport" content="width=device-width,initial-scale=1">
<script async src="%s/tag.js" data-placard-site="s"></script></head><body><main><h1>Story</h1><p>Boats left.</p>
<div data-placard-slot="top" data-placard-sizes="300x250"></div><div data-placard-slot="end" data-placard-sizes="728x90" style="margin-top:250px"></div></main></body></html>`, b.base)
	}))
	defer page.Close()
	browsertest.Run(t, "testdata/overlay.mjs", map[string]any{
		"page": strings.Replace(page.URL, "127.0.0.1", "localhost", 1), "ops": ops, "site": site, "shots": os.Getenv("PLACARD_SHOTS"),
	})
}
