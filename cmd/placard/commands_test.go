package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/placard/placard/cmd/placard/paper"
)

// output is what a command prints, readable while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// command runs a command to its end.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errs output
	code = run(&env{ctx: ctx, stdin: strings.NewReader(""), stdout: &out, stderr: &errs}, args)
	return code, out.String(), errs.String()
}

// background is a command that serves until it is interrupted.
type background struct {
	t         *testing.T
	out, errs output
	interrupt context.CancelFunc
	done      chan int
	base      string
}

var addressPattern = regexp.MustCompile(`(?:localhost|127\.0\.0\.1):\d+`)

// serving starts a command and returns when it has printed its address.
func serving(t *testing.T, args ...string) *background {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b := &background{t: t, interrupt: cancel, done: make(chan int, 1)}
	go func() {
		b.done <- run(&env{ctx: ctx, stdin: strings.NewReader(""), stdout: &b.out, stderr: &b.errs}, args)
	}()
	t.Cleanup(func() { b.stop() })
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case code := <-b.done:
			b.done <- code
			t.Fatalf("placard %v ended with %d before it served:\n%s%s", args, code, b.out.String(), b.errs.String())
		case <-deadline.C:
			t.Fatalf("placard %v did not serve in time:\n%s%s", args, b.out.String(), b.errs.String())
		case <-poll.C:
			if a := addressPattern.FindString(b.out.String()); a != "" && strings.Contains(b.out.String(), "\n") {
				b.base = "http://" + a
				return b
			}
		}
	}
}

// stop interrupts the command as Ctrl-C does and returns its exit code.
func (b *background) stop() int {
	b.interrupt()
	select {
	case code := <-b.done:
		b.done <- code
		return code
	case <-time.After(time.Minute):
		b.t.Errorf("did not end within a minute of being interrupted")
		return -1
	}
}

func (b *background) get(path string) (int, string) {
	b.t.Helper()
	resp, err := http.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

const browserUA = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

type adSlot struct {
	ID, Advertiser, Reason string
	Filled                 bool
	ImpressionURL          string `json:"impression_url"`
	ViewableURL            string `json:"viewable_url"`
	ClickURL               string `json:"click_url"`
	Item                   string `json:"line_item"`
}

// ads asks for a story's slots as its page would.
func (b *background) ads(story *paper.Story) []adSlot {
	b.t.Helper()
	q := map[string]any{
		"site": "daily",
		"page": map[string]any{
			"url": "http://localhost" + story.Path, "title": story.Title, "section": story.Section, "keywords": story.Keywords, "text": story.Text, "language": story.Language,
		},
		"visitor": map[string]any{"id": "tester"},
	}
	var slots []map[string]any
	for _, s := range paper.ArticleSlots() {
		slots = append(slots, map[string]any{"id": s.Placement, "placement": s.Placement})
	}
	q["slots"] = slots
	body, err := json.Marshal(q)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, b.base+"/v1/ads", bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("User-Agent", browserUA)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("POST /v1/ads: %d %s %v", resp.StatusCode, text, err)
	}
	var out struct{ Slots []adSlot }
	if err := json.Unmarshal(text, &out); err != nil {
		b.t.Fatal(err)
	}
	return out.Slots
}

// beacon fetches an event URL as a browser does, without following where it leads.
func (b *background) beacon(path string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("User-Agent", browserUA)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}

func story(t *testing.T, slug string) *paper.Story {
	t.Helper()
	for _, s := range paper.Stories() {
		if s.Slug == slug {
			return &s
		}
	}
	t.Fatalf("the paper has no story %q", slug)
	return nil
}

// figures are the answer of `placard report --format json`.
type figures struct {
	Rows   []map[string]any
	Totals map[string]any
}

func reportOf(t *testing.T, args ...string) figures {
	t.Helper()
	code, out, errs := command(t, append([]string{"report", "--format", "json"}, args...)...)
	if code != 0 {
		t.Fatalf("placard report %v: exit %d: %s", args, code, errs)
	}
	var f figures
	if err := json.Unmarshal([]byte(out), &f); err != nil {
		t.Fatalf("placard report %v: %v\n%s", args, err, out)
	}
	return f
}

// await asks until the report shows the number: events are in reports within seconds, not at once.
func await(t *testing.T, want float64, metric string, args ...string) figures {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		f := reportOf(t, args...)
		if got, _ := f.Totals[metric].(float64); got == want {
			return f
		} else if time.Now().After(deadline) {
			t.Fatalf("the report's %s: got %v, want %v", metric, got, want)
		}
		time.Sleep(50 * time.Millisecond) // the store is filled in the background
	}
}

// TestDemoEndToEnd is the main job: a page asks, the ad's events count once, the report shows them, and a restart changes nothing.
func TestDemoEndToEnd(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	demo := serving(t, "demo", "--listen", "127.0.0.1:0", "--data", data, "--history", "1d")
	if code, body := demo.get("/"); code != 200 || !strings.Contains(body, "The Daily Placard") {
		t.Fatalf("the paper's front page: %d", code)
	}
	for _, path := range []string{"/readyz", "/healthz", "/metrics", "/tag.js", "/world/istanbul-peace-talks-collapse", "/login"} {
		if code, _ := demo.get(path); code != 200 {
			t.Errorf("GET %s: %d", path, code)
		}
	}
	past := reportOf(t, "--data", data, "--from", "-3d")
	if n, _ := past.Totals["impressions"].(float64); n < 100 {
		t.Fatalf("the synthetic past has %v impressions", n)
	}
	seen := map[string]int{}
	war, breakfast := story(t, "istanbul-peace-talks-collapse"), story(t, "istanbul-breakfast-and-ferries")
	for range 40 {
		for _, s := range demo.ads(war) {
			if s.Item == "istanbul-city-breaks" {
				t.Fatal("the Istanbul holiday ad is on the page of the peace talks")
			}
		}
		for _, s := range demo.ads(breakfast) {
			seen[s.Item]++
		}
	}
	if seen["istanbul-city-breaks"] == 0 {
		t.Errorf("the Istanbul holiday ad is never on the story about its breakfast: %v", seen)
	}
	today := []string{"--data", data, "--from", demoStart(t, data), "--to", "tomorrow"}
	var n int
	for _, s := range demo.ads(breakfast) {
		if !s.Filled {
			continue
		}
		n++
		for range 3 { // replays count once
			if code, _ := demo.beacon(s.ImpressionURL); code != 204 {
				t.Fatalf("impression: %d", code)
			}
			if code, _ := demo.beacon(s.ViewableURL); code != 204 {
				t.Fatalf("viewable: %d", code)
			}
		}
	}
	if n < 3 {
		t.Fatalf("only %d slots are filled", n)
	}
	await(t, float64(n), "impressions", today...)
	f := await(t, float64(n), "viewable", today...)
	if code := demo.stop(); code != 0 {
		t.Errorf("interrupted: exit %d, want 0: %s", code, demo.errs.String())
	}
	// Without a server the store itself is read.
	if g := reportOf(t, today...); fmt.Sprint(g.Totals) != fmt.Sprint(f.Totals) {
		t.Errorf("after the stop the report says\n%v, before\n%v", g.Totals, f.Totals)
	}
	again := serving(t, "demo", "--listen", "127.0.0.1:0", "--data", data, "--history", "1d")
	if g := reportOf(t, "--data", data, "--from", "-3d", "--to", demoStart(t, data)); fmt.Sprint(g.Totals) != fmt.Sprint(past.Totals) {
		t.Errorf("a second start changed the past:\n%v, before\n%v", g.Totals, past.Totals)
	}
	if code, out, errs := command(t, "explain", "--data", data, "--site", "daily", "--placement", "masthead", "--url", "http://localhost"+war.Path,
		"--title", war.Title, "--section", war.Section, "--line-item", "northwind/winter-escapes/istanbul-city-breaks"); code != 0 || !strings.Contains(out, "suitability") {
		t.Errorf("explain does not name suitability: exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := command(t, "demo", "--listen", "127.0.0.1:0", "--data", data); code != 1 || !strings.Contains(errs, "in use by process") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a second instance on the same data: exit %d, %q", code, errs)
	}
	if code := again.stop(); code != 0 {
		t.Errorf("interrupted: exit %d, want 0", code)
	}
}

// demoStart is the end of the demo's past: what comes later are real events.
func demoStart(t *testing.T, data string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, "demo-history"))
	if err != nil {
		t.Fatal(err)
	}
	begin, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return begin.Add(24*time.Hour + 2*time.Minute).Format(time.RFC3339)
}

func TestOneClearLineForWhatCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"taken port":      {[]string{"demo", "--listen", taken.Addr().String(), "--data", t.TempDir()}, "already in use; choose another with --listen"},
		"no directory":    {[]string{"demo", "--listen", "127.0.0.1:0", "--data", filepath.Join(file, "data")}, "choose another with --data"},
		"bad address":     {[]string{"demo", "--listen", "nowhere", "--data", t.TempDir()}, "choose another with --listen"},
		"bad history":     {[]string{"demo", "--history", "two weeks"}, "write days like 14d"},
		"bad rate":        {[]string{"demo", "--traffic", "NaN/s"}, "write a rate like 20/s"},
		"report, no data": {[]string{"report", "--data", filepath.Join(file, "none")}, "name another with --data"},
		"report, bad day": {[]string{"report", "--data", t.TempDir(), "--from", "yesterdayish"}, "from: "},
		"explain, none":   {[]string{"explain", "--site", "daily", "--placement", "masthead"}, "--config PATH, or --data DIR"},
		"no command":      {[]string{"sevre"}, "placard --help"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := command(t, c.args...)
			if code == 0 || !strings.Contains(errs, c.want) || strings.Count(strings.TrimSpace(errs), "\n") != 0 {
				t.Errorf("exit %d, %q; want one line with %q", code, errs, c.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	if code, out, errs := command(t, "check", "../../configs/demo"); code != 0 || !strings.HasPrefix(out, "ok: ") {
		t.Errorf("check configs/demo: exit %d\n%s%s", code, out, errs)
	}
	dir := t.TempDir()
	bad := "advertiser: x\nname: X\nline_itms: []\ncampaigns:\n  - id: c\n    flight: {start: 2026-02-01, end: 2026-01-01}\n"
	if err := os.WriteFile(filepath.Join(dir, "x.yaml"), []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := command(t, "check", dir)
	if code != 1 || !strings.Contains(out, "x.yaml:3:1: ") || !strings.Contains(out, "line_itms") || !strings.Contains(out, "x.yaml:6:") {
		t.Errorf("check of two mistakes: exit %d\n%s", code, out)
	}
}

// TestReloadKeepsTheOldConfiguration edits files under a running server.
func TestReloadKeepsTheOldConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		tmp := filepath.Join(dir, ".site.new")
		if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, "site.yaml")); err != nil { // as editors save
			t.Fatal(err)
		}
	}
	const site = "site: s\nname: S\ndomains: [s.example]\nplacements:\n  - {id: top, sizes: [300x250]}\n"
	write(site)
	b := serving(t, "serve", "--config", dir, "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	revision := func() string { _, body := b.get("/readyz"); return body }
	first := revision()
	write(strings.Replace(site, "placements", "placemnts", 1))
	waitFor(t, "the mistake to be told", func() bool { return strings.Contains(b.errs.String(), "the old one stays in force") })
	if revision() != first {
		t.Error("a configuration with errors came into force")
	}
	write(strings.Replace(site, "300x250", "728x90", 1))
	waitFor(t, "the new configuration", func() bool { return revision() != first })
	if code := b.stop(); code != 0 {
		t.Errorf("interrupted: exit %d", code)
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond) // the watcher works in the background
	}
}
