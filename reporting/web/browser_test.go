//go:build browser && cgo

package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/web/webtest"
)

// npm finds the directory that holds playwright-core and axe-core.
func npm(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		m := filepath.Join(dir, ".cache", "npm", "node_modules")
		if _, err := os.Stat(filepath.Join(m, "axe-core", "axe.min.js")); err == nil {
			return m
		}
	}
	t.Fatal("playwright-core and axe-core are not installed: run make deps")
	return ""
}

// TestInTheBrowser runs testdata/browser.mjs. With PLACARD_SHOTS=dir every look is kept there as a picture.
func TestInTheBrowser(t *testing.T) {
	f := newSite(t, nil)
	zone, err := time.LoadLocation("Asia/Karachi")
	if err != nil {
		t.Fatal(err)
	}
	yesterday := map[string]int64{}
	for _, e := range webtest.Events() {
		if e.Advertiser != "northwind" || time.UnixMicro(e.Time).In(zone).Format(time.DateOnly) != "2026-11-23" || !e.Valid() {
			continue
		}
		switch e.Kind {
		case event.Click:
			yesterday[e.Creative]++
		case event.Impression:
			yesterday[e.Creative] += 0
		}
	}
	settings, err := json.Marshal(map[string]any{"base": f.url, "modules": npm(t), "password": webtest.Password, "yesterday": yesterday, "out": os.Getenv("PLACARD_SHOTS")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/browser.mjs")
	cmd.Env = append(os.Environ(), "SETTINGS="+string(settings))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v; make deps installs what the browser tests need", err)
	}
	n := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var r struct{ Name, Error string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Log(lines.Text())
			continue
		}
		n++
		t.Run(r.Name, func(t *testing.T) {
			if r.Error != "" {
				t.Error(r.Error)
			}
		})
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	if n < 28 {
		t.Errorf("only %d scenarios ran", n)
	}
}
