package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPreview previews an advertiser with pictures and documents: every file that the page names is there, and clicks lead to the
// destination itself.
func TestPreview(t *testing.T) {
	out := filepath.Join(t.TempDir(), "preview")
	for range 2 { // a second preview takes the place of the first
		code, stdout, stderr := command(t, "preview", "../../configs/demo", "volt-house", "--out", out, "--browser", "none")
		if code != 0 || !strings.HasPrefix(stdout, "8 creatives of 2 line items: ") {
			t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
		}
	}
	b, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	files := regexp.MustCompile(`\./(?:a|html)/[0-9a-f]+\.[a-z]+`).FindAllString(page, -1)
	if len(files) < 24 {
		t.Errorf("the page names %d files", len(files))
	}
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(out, f)); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"/v1/", "preview&amp;cb", "northwind"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
	for text, times := range map[string]int{
		`href="https://example.com/volt/radio"`:                               8,
		"#theme=dark&amp;click=https%3A%2F%2Fexample.com%2Fvolt%2Fsale":       4,
		"#theme=light&amp;click=https%3A%2F%2Fexample.com%2Fvolt%2Fsale":      4,
		`sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox"`: 8,
	} {
		if n := strings.Count(page, text); n != times {
			t.Errorf("%s stands on the page %d times, want %d", text, n, times)
		}
	}
}

func TestPreviewRefuses(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := command(t, "preview", "../../configs/demo", "nobody", "--out", filepath.Join(dir, "x")); code != 1 || !strings.Contains(stderr, `there is no campaign "nobody"`) {
		t.Errorf("an unknown campaign: exit %d, %q", code, stderr)
	}
	precious := filepath.Join(dir, "index.html")
	if err := os.WriteFile(precious, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "preview", "../../configs/demo", "neel", "--out", dir); code != 1 || !strings.Contains(stderr, "holds something that is no preview") {
		t.Errorf("a directory of something else: exit %d, %q", code, stderr)
	}
	if b, err := os.ReadFile(precious); err != nil || string(b) != "mine" {
		t.Errorf("it wrote over a file: %q, %v", b, err)
	}
}
