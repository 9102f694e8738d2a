package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/adserver/servertest"
	"github.com/placard/placard/adserver/tag"
	"github.com/placard/placard/reporting/event"
)

func TestAssetsMayBeKeptForEver(t *testing.T) {
	s := start(t, httpapi.Options{})
	want, err := os.ReadFile("testdata/site/assets/boats-2x.png")
	if err != nil {
		t.Fatal(err)
	}
	path := s.Catalog.Assets["assets/boats-2x.png"].URL
	res := do(t, "GET", s.URL+path, "")
	if res.StatusCode != 200 || read(t, res) != string(want) || res.Header.Get("Content-Type") != "image/png" || res.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if cc := res.Header.Get("Cache-Control"); !strings.Contains(cc, "immutable") || !strings.Contains(cc, "max-age=31536000") {
		t.Errorf("cache control %q", cc)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("an SVG opened on its own could run: %q", csp)
	}
	if again := do(t, "GET", s.URL+path, "", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("if-none-match: %d", again.StatusCode)
	}
	if head := do(t, "HEAD", s.URL+path, ""); head.StatusCode != 200 || head.ContentLength != int64(len(want)) {
		t.Errorf("HEAD: %d, %d bytes", head.StatusCode, head.ContentLength)
	}
	for _, c := range []struct {
		asked, contentRange, body string
		status                    int
	}{
		{"bytes=0-9", "bytes 0-9/259", string(want[:10]), 206},
		{"bytes=250-", "bytes 250-258/259", string(want[250:]), 206},
		{"bytes=-5", "bytes 254-258/259", string(want[254:]), 206},
		{"bytes=10-100000", "bytes 10-258/259", string(want[10:]), 206},
		{"bytes=259-", "bytes */259", "", 416},
		{"bytes=9-1", "", string(want), 200},
		{"lines=1-2", "", string(want), 200},
		{"bytes=0-1,4-5", "", string(want), 200},
	} {
		res := do(t, "GET", s.URL+path, "", "Range", c.asked)
		body := read(t, res)
		if res.StatusCode != c.status || res.Header.Get("Content-Range") != c.contentRange || c.status != 416 && body != c.body {
			t.Errorf("%s: %d, Content-Range %q, %d bytes", c.asked, res.StatusCode, res.Header.Get("Content-Range"), len(body))
		}
	}
	if res := do(t, "GET", s.URL+path, "", "Range", "bytes=0-9", "If-Range", `"other"`); res.StatusCode != 200 {
		t.Errorf("a range of another version: %d", res.StatusCode)
	}
}

// A document runs only under its own policy, never as an asset.
func TestDocumentsAreSandboxed(t *testing.T) {
	s := start(t, httpapi.Options{})
	slot := decode(t, do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"html"}]`))).Slots[0]
	src := regexp.MustCompile(`src="([^"#]+)`).FindStringSubmatch(slot.HTML)
	if src == nil {
		t.Fatalf("no frame in %s", slot.HTML)
	}
	res := do(t, "GET", s.URL+src[1], "")
	body := read(t, res)
	csp := res.Header.Get("Content-Security-Policy")
	if res.StatusCode != 200 || !strings.Contains(body, "Clouds over the bay") || !strings.Contains(csp, "sandbox allow-scripts") || strings.Contains(csp, "allow-same-origin") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("%d %q %s", res.StatusCode, csp, body)
	}
	if strings.Contains(slot.HTML, "allow-same-origin") || !strings.Contains(slot.HTML, ` sandbox="`) || !strings.Contains(slot.HTML, ` title="Clouds"`) {
		t.Errorf("frame %s", slot.HTML)
	}
	if res := do(t, "GET", s.URL+s.Catalog.Assets["assets/clouds.html"].URL, ""); res.StatusCode != 404 {
		t.Errorf("the document is served as an asset: %d", res.StatusCode)
	}
}

func TestTagIsServed(t *testing.T) {
	s := start(t, httpapi.Options{})
	res := do(t, "GET", s.URL+"/tag.js", "")
	if body := read(t, res); body != string(tag.JS()) || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", res.Header)
	}
	if res := do(t, "GET", s.URL+"/tag.js", "", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != 304 {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestFrameIsWholeWithoutScripts(t *testing.T) {
	s := start(t, httpapi.Options{})
	res := do(t, "GET", s.URL+"/v1/frame?site=daily&placement=top&size=728x90", "", "Referer", "http://127.0.0.1/world/boats")
	body := read(t, res)
	csp := res.Header.Get("Content-Security-Policy")
	if res.StatusCode != 200 || strings.Contains(body, "<script") || !strings.Contains(body, "Advertisement") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("%d %q %s", res.StatusCode, csp, body)
	}
	pixel := regexp.MustCompile(`/v1/i/[\w-]+`).FindString(body)
	if res := do(t, "GET", s.URL+pixel, ""); res.StatusCode != 204 || s.Count(event.Impression) != 1 {
		t.Errorf("the picture that counts: %d", res.StatusCode)
	}
	if e := s.Events()[0]; e.Page != "http://127.0.0.1/world/boats" {
		t.Errorf("page %q", e.Page)
	}
	for _, q := range []string{"", "site=daily", "site=daily&placement=x", "site=daily&placement=top&size=9"} {
		if res := do(t, "GET", s.URL+"/v1/frame?"+q, ""); res.StatusCode != 400 {
			t.Errorf("?%s: %d", q, res.StatusCode)
		}
	}
	if res := do(t, "GET", s.URL+"/v1/frame?site=daily&placement=nothing", ""); res.StatusCode != 200 || strings.Contains(read(t, res), "<a") {
		t.Errorf("an empty frame: %d", res.StatusCode)
	}
}

func TestTagIsServedCompressed(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Config: site})
	req, err := http.NewRequest(http.MethodGet, s.URL+"/tag.js", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	packed, err := io.ReadAll(res.Body)
	if err != nil || res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" || len(packed) > 6<<10 {
		t.Fatalf("%v: %d bytes, %v", err, len(packed), res.Header)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(plain, tag.JS()) {
		t.Errorf("%v: what comes out is not the tag", err)
	}
}
