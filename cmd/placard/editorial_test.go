package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/web"
)

const switchedSite = `site: s
name: S
domains: [s.example]
sections: [world, sport]
placements:
  - {id: top, sizes: [300x250]}
`

const switchedAdvertiser = `advertiser: a
name: A
suitability: open
campaigns:
  - id: c
    flight: {start: 2020-01-01, end: 2090-01-01}
    line_items:
      - id: l
        type: house
        creatives:
          - {id: k, type: native, headline: H, sponsor: A, click: "https://example.com/"}
`

// TestEditorialSwitch throws the switch by its API, with and without the right to.
func TestEditorialSwitch(t *testing.T) {
	dir := t.TempDir()
	ops, opsHash := web.NewToken()
	other, otherHash := web.NewToken()
	for name, text := range map[string]string{
		"site.yaml": switchedSite, "a.yaml": switchedAdvertiser,
		"tokens.yaml": fmt.Sprintf("tokens:\n  - {id: desk, role: ops, hash: %s}\n  - {id: a-bi, advertiser: a, hash: %s}\n", opsHash, otherHash),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := serving(t, "serve", "--config", dir, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	slot := func(section string) string {
		t.Helper()
		body := fmt.Sprintf(`{"site":"s","page":{"url":"https://s.example/%s/x","title":"A page","section":%q},"slots":[{"id":"1","placement":"top"}]}`, section, section)
		req, err := http.NewRequest(http.MethodPost, b.base+"/v1/ads", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", browserUA)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out struct{ Slots []adSlot }
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || len(out.Slots) != 1 {
			t.Fatalf("%v %+v", err, out)
		}
		if out.Slots[0].Filled {
			return "filled"
		}
		return out.Slots[0].Reason
	}
	call := func(method, path, token, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, b.base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	if got := slot("world"); got != "filled" {
		t.Fatalf("before the pause: %s", got)
	}
	pause := fmt.Sprintf(`{"id":"quake","until":%q,"reason":"earthquake","sections":["world"]}`, time.Now().Add(time.Hour).Format(time.RFC3339))
	for token, want := range map[string]int{"": 401, "plc_wrong": 401, other: 403} {
		if code, body := call("POST", "/api/v1/pauses", token, pause); code != want {
			t.Errorf("pausing with token %.8q: %d %s, want %d", token, code, body, want)
		}
		if code, _ := call("GET", "/api/v1/pauses", token, ""); code != want {
			t.Errorf("reading pauses with token %.8q: %d, want %d", token, code, want)
		}
	}
	if got := slot("world"); got != "filled" {
		t.Fatalf("after refused calls: %s", got)
	}
	if code, body := call("POST", "/api/v1/pauses", ops, `{"until":"2000-01-01T00:00:00Z","reason":"x"}`); code != 400 || !strings.Contains(body, `"field":"until"`) {
		t.Errorf("a pause in the past: %d %s", code, body)
	}
	if code, body := call("POST", "/api/v1/pauses", ops, pause); code != 201 {
		t.Fatalf("pausing: %d %s", code, body)
	}
	if got := slot("world"); got != "paused" {
		t.Errorf("paused: %s", got)
	}
	if got := slot("sport"); got != "filled" {
		t.Errorf("another section: %s", got)
	}
	if code, body := call("DELETE", "/api/v1/pauses/quake", ops, ""); code != 204 {
		t.Errorf("lifting: %d %s", code, body)
	}
	if code, _ := call("DELETE", "/api/v1/pauses/quake", ops, ""); code != 404 {
		t.Errorf("lifting what is not there: %d", code)
	}
	if got := slot("world"); got != "filled" {
		t.Errorf("lifted: %s", got)
	}
	if code, body := call("GET", "/api/v1/pauses", ops, ""); code != 200 || strings.Count(body, `"action"`) != 2 || !strings.Contains(body, "token desk") {
		t.Errorf("the record: %d %s", code, body)
	}
}
