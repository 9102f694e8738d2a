package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	killSeed  = flag.Uint64("kill.seed", 0, "seed of TestKill; 0: a new one")
	killTimes = flag.Int("kill.times", 0, "how often TestKill kills; 0: 10, and 1,000 with the tag soak")
)

// childEnv makes the test binary be the program, so that a test has a process of its own to kill.
const childEnv = "PLACARD_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

var killConfig = map[string]string{
	"server.yaml": "server: {listen: \"127.0.0.1:0\", trusted_proxies: [127.0.0.0/8]}\n",
	"news.yaml":   "site: news\ndomains: [news.example]\nplacements:\n  - {id: top, sizes: [300x250]}\n  - {id: end, sizes: [300x250]}\n",
	"a.yaml": `advertiser: northwind
suitability: open
campaigns:
  - id: winter
    flight: {start: 2020-01-01, end: 2120-01-01}
    line_items:
      - {id: skies, type: price_priority, price: {cpm: 3}, target: {placement: top}, creatives: [{id: blue, type: native, headline: Blue, sponsor: N, click: "https://northwind.example/"}]}
      - {id: seas, type: price_priority, price: {cpc: 0.5}, target: {placement: end}, creatives: [{id: deep, type: native, headline: Deep, sponsor: N, click: "https://northwind.example/"}]}
`,
}

// victim is a running server that will be killed.
type victim struct {
	cmd  *exec.Cmd
	base string
}

func startVictim(t *testing.T, config, data string) *victim {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{cmd: exec.Command(exe, "serve", "--config", config, "--data", data)}
	v.cmd.Env = append(os.Environ(), childEnv+"=1")
	var errs bytes.Buffer
	v.cmd.Stderr = &errs
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = v.cmd.Wait() // its own words say why
		t.Fatalf("the server did not start: %v\n%s", err, errs.String())
	}
	go io.Copy(io.Discard, out)
	v.base = "http://" + strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return v
}

func (v *victim) end(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := v.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Wait(); err != nil && sig != syscall.SIGKILL {
		t.Fatalf("the server did not end well: %v", err)
	}
}

// ad is a filled slot, and what of it was acknowledged: impression, viewable, click.
type ad struct {
	item  string
	urls  [3]string
	ip    string
	acked int // of urls, in order
}

// client reports events as browsers do, and remembers what was acknowledged and what is still to be.
type client struct {
	http *http.Client
	rng  *rand.Rand
	ads  []*ad
}

const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"

func (c *client) send(method, url, body, ip string) (*http.Response, []byte, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", browser)
	req.Header.Set("X-Forwarded-For", ip)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, b, err
}

// page asks for a page's ad, each time for another reader: one who clicked twice in a minute would not count.
func (c *client) page(base string) error {
	ip := fmt.Sprintf("10.%d.%d.%d", c.rng.IntN(256), c.rng.IntN(256), c.rng.IntN(256))
	body := fmt.Sprintf(`{"site":"news","page":{"url":"https://news.example/"},"slots":[{"id":"1","placement":%q}]}`, []string{"top", "end"}[c.rng.IntN(2)])
	res, b, err := c.send("POST", base+"/v1/ads", body, ip)
	if err != nil {
		return err
	}
	var a struct {
		Slots []struct {
			LineItem   string `json:"line_item"`
			Impression string `json:"impression_url"`
			Viewable   string `json:"viewable_url"`
			Click      string `json:"click_url"`
		}
	}
	if err := json.Unmarshal(b, &a); err != nil || res.StatusCode != 200 || len(a.Slots) != 1 || a.Slots[0].LineItem == "" {
		return fmt.Errorf("status %d: %s", res.StatusCode, b)
	}
	s := a.Slots[0]
	c.ads = append(c.ads, &ad{item: s.LineItem, urls: [3]string{s.Impression, s.Viewable, s.Click}, ip: ip})
	return nil
}

// report sends an ad's next event. An error that is not the network's fails the test.
func (c *client) report(t *testing.T, base string, a *ad) error {
	res, b, err := c.send("GET", base+a.urls[a.acked], "", a.ip)
	if err != nil {
		return err // it may be on disk or not: it is sent again
	}
	want := 204
	if a.acked == 2 {
		want = 302
	}
	if res.StatusCode != want {
		t.Errorf("%s: status %d: %s", a.urls[a.acked][:6], res.StatusCode, b)
		return io.ErrUnexpectedEOF
	}
	a.acked++
	if c.rng.IntN(10) == 0 { // a replay changes nothing
		_, _, _ = c.send("GET", base+a.urls[a.acked-1], "", a.ip)
	}
	return nil
}

// TestKill fires beacons at a server, kills it at random instants, starts it again on the same data, and reports what was cut off again: in the
// end the report must hold each event exactly once.
func TestKill(t *testing.T) {
	kills := 10
	if soakKills {
		kills = 1000
	}
	if *killTimes > 0 {
		kills = *killTimes
	}
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	defer func() {
		if t.Failed() {
			t.Logf("again with: go test ./cmd/placard/ -run '^TestKill$' -kill.seed=%d", seed)
		}
	}()
	rng := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	config, data := filepath.Join(dir, "config"), filepath.Join(dir, "data")
	if err := os.Mkdir(config, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range killConfig {
		if err := os.WriteFile(filepath.Join(config, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	clients := make([]*client, 8)
	for i := range clients {
		clients[i] = &client{rng: rand.New(rand.NewPCG(seed, uint64(i+2))), http: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 4},
			Timeout:       20 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
	}
	for range kills {
		v := startVictim(t, config, data)
		var wg sync.WaitGroup
		for _, c := range clients {
			wg.Go(func() { c.untilKilled(t, v.base) })
		}
		time.Sleep(time.Duration(rng.IntN(int(400 * time.Millisecond)))) // the instant of the kill is what is tested
		v.end(t, syscall.SIGKILL)
		wg.Wait()
		if t.Failed() {
			return
		}
	}
	// Everything that was cut off is reported again.
	v := startVictim(t, config, data)
	want := map[string][3]int{}
	for _, c := range clients {
		for _, a := range c.ads {
			for a.acked < 3 {
				if err := c.report(t, v.base, a); err != nil {
					t.Fatal(err)
				}
			}
			n := want[a.item]
			n[0]++
			n[1]++
			n[2]++
			want[a.item] = n
		}
	}
	v.end(t, syscall.SIGTERM)
	code, out, errs := command(t, "report", "--data", data, "--by", "line_item", "--metrics", "impressions,viewable,clicks", "--format", "json",
		"--from", time.Now().Add(-24*time.Hour).UTC().Format(time.DateOnly), "--to", time.Now().Add(48*time.Hour).UTC().Format(time.DateOnly))
	if code != 0 {
		t.Fatalf("report: %d %s", code, errs)
	}
	var r struct{ Rows []map[string]any }
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(r.Rows) != len(want) || len(want) != 2 {
		t.Fatalf("rows of %d line items: %s", len(want), out)
	}
	total := 0
	for _, row := range r.Rows {
		got := [3]int{int(row["impressions"].(float64)), int(row["viewable"].(float64)), int(row["clicks"].(float64))}
		item := fmt.Sprint(row["line_item"])
		if got != want[item] {
			t.Errorf("%s: the report has %v; acknowledged, each once: %v", item, got, want[item])
		}
		total += got[0] + got[1] + got[2]
	}
	if t.Failed() {
		return
	}
	t.Logf("seed %d: %d kills, %d acknowledged events, all in the report once", seed, kills, total)
}

// untilKilled reads pages and reports their events until the server is gone. First comes what was cut off before.
func (c *client) untilKilled(t *testing.T, base string) {
	for _, a := range c.ads {
		for a.acked < 3 {
			if c.report(t, base, a) != nil {
				return
			}
		}
	}
	for !t.Failed() {
		if c.page(base) != nil {
			return
		}
		for a := c.ads[len(c.ads)-1]; a.acked < 3; {
			if c.report(t, base, a) != nil {
				return
			}
		}
	}
}
