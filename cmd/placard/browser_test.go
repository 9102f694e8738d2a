//go:build browser

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/placard/placard/adserver/browsertest"
	"github.com/placard/placard/cmd/placard/paper"
)

// The demo newspaper in a real browser, from the command that serves it to the report that tells what was seen.
func TestDemoInTheBrowser(t *testing.T) {
	data := t.TempDir()
	demo := serving(t, "demo", "--listen", "127.0.0.1:0", "--data", data, "--history", "0", "--config", "../../configs/demo")
	// What `placard report` says while the server runs, for the scenarios to compare with what they saw.
	report := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var out, errs output
		code := run(&env{ctx: context.Background(), stdin: strings.NewReader(""), stdout: &out, stderr: &errs},
			[]string{"report", "--data", data, "--format", "json", "--by", r.URL.Query().Get("by"), "--from", "-1d"})
		if code != 0 {
			http.Error(w, errs.String(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, out.String())
	}))
	defer report.Close()
	var stories []string
	for _, s := range paper.Stories() {
		stories = append(stories, s.Path)
	}
	results := browsertest.Run(t, "testdata/demo.mjs", map[string]any{
		"base": demo.base, "report": report.URL, "stories": stories, "shots": os.Getenv("PLACARD_SHOTS"), "visits": demoVisits,
	})
	for name, v := range results {
		if string(v) != "null" && len(v) > 0 {
			t.Logf("%s: %s", name, v)
		}
	}
}
