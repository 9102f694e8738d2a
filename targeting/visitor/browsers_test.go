package visitor

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

// TestCurrentBrowsers holds testdata/browsers.txt, a hundred agents as readers send them, against what each is: a line has the
// device, the operating system, the browser and the agent, with tabs between. None is a program.
func TestCurrentBrowsers(t *testing.T) {
	b, err := os.ReadFile("testdata/browsers.txt")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewResolver(Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || seen[f[3]] {
			t.Fatalf("bad or repeated line %q", line)
		}
		seen[f[3]] = true
		n++
		var v Visitor
		r.Resolve(&v, &Input{UserAgent: []byte(f[3])})
		if v.Bot != "" {
			t.Errorf("%s is taken for a program: %s", f[3], v.Bot)
		}
		if got := []string{v.Device.String(), v.OS, v.Browser}; got[0] != f[0] || got[1] != f[1] || got[2] != f[2] {
			t.Errorf("%v, want %v: %s", got, f[:3], f[3])
		}
	}
	if n < 100 {
		t.Errorf("%d agents, want 100 or more", n)
	}
}

// TestHintsArePreferred: what Sec-CH-UA says wins over the user agent, which browsers have frozen.
func TestHintsArePreferred(t *testing.T) {
	r, err := NewResolver(Options{})
	if err != nil {
		t.Fatal(err)
	}
	const frozen = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	const mobile = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
	const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
	for _, c := range []struct {
		name, ua, brands, mobile, platform string
		device, os, browser, bot           string
	}{
		{"Edge hides", windows, `"Microsoft Edge";v="131", "Chromium";v="131", "Not_A Brand";v="24"`, "?0", `"Windows"`, "desktop", "windows", "edge", ""},
		{"Samsung tablet", frozen, `"Samsung Internet";v="27.0", "Chromium";v="125", "Not.A/Brand";v="24"`, "?0", `"Android"`, "tablet", "android", "samsung", ""},
		{"phone in desktop mode", frozen, `"Google Chrome";v="131", "Chromium";v="131"`, "?1", `"Android"`, "phone", "android", "chrome", ""},
		{"tablet that says Mobile", mobile, `"Google Chrome";v="131", "Chromium";v="131"`, "?0", `"Android"`, "tablet", "android", "chrome", ""},
		{"Chrome OS", windows, `"Google Chrome";v="131"`, "?0", `"Chrome OS"`, "desktop", "chromeos", "chrome", ""},
		{"no screen", windows, `"HeadlessChrome";v="131", "Chromium";v="131"`, "?0", `"Linux"`, "desktop", "linux", "chrome", "tool"},
		{"no hints", mobile, "", "", "", "phone", "android", "chrome", ""},
		{"nonsense", mobile, `"`, "maybe", `Plan 9`, "tablet", "android", "chrome", ""},
	} {
		var v Visitor
		r.Resolve(&v, &Input{UserAgent: []byte(c.ua), CHUA: []byte(c.brands), CHUAMobile: []byte(c.mobile), CHUAPlatform: []byte(c.platform)})
		if v.Device.String() != c.device || v.OS != c.os || v.Browser != c.browser || v.Bot != c.bot {
			t.Errorf("%s: %s %s %s %q, want %s %s %s %q", c.name, v.Device, v.OS, v.Browser, v.Bot, c.device, c.os, c.browser, c.bot)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile", `"Chromium";v="131"`, "?1", `"Android"`, "id")
	f.Add("", "", "", "", "")
	f.Add("bot", `"`, "?", `"`, "\xff")
	f.Add("Mozilla/5.0 (SMART-TV; \x00", `"HeadlessChrome"`, "?0", "Windows", strings.Repeat("x", 65))
	r, err := NewResolver(Options{Agents: 16})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, ua, brands, mobile, platform, id string) {
		in := Input{UserAgent: []byte(ua), CHUA: []byte(brands), CHUAMobile: []byte(mobile), CHUAPlatform: []byte(platform), ID: id}
		var first, again Visitor
		r.Resolve(&first, &in)
		r.Resolve(&again, &in) // from the cache
		if first.Device != again.Device || first.OS != again.OS || first.Browser != again.Browser || first.Bot != again.Bot || first.Hash != again.Hash {
			t.Errorf("%+v, then %+v", first, again)
		}
		if first.Device >= NumDevices || first.OS == "" && ua != "" || (first.Hash == 0) != (id == "") {
			t.Errorf("%+v", first)
		}
	})
}

func FuzzClientIP(f *testing.F) {
	f.Add("10.0.0.1", "203.0.113.7, 10.0.0.2")
	f.Add("::1", "[2001:db8::1]:443,,unknown")
	f.Add("", "%, [::1%eth0]")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	f.Fuzz(func(t *testing.T, remote, xff string) {
		peer, _ := netip.ParseAddr(remote)
		got := ClientIP(peer, []byte(xff), trusted)
		if !isTrusted(plain(peer), trusted) && got != plain(peer) {
			t.Errorf("a peer that is not trusted set the address to %s", got)
		}
		if got.IsValid() && (got.Zone() != "" || got.Is4In6()) {
			t.Errorf("%s is not plain", got)
		}
	})
}

func TestResolveAllocatesNothingWhenCached(t *testing.T) {
	r, err := NewResolver(Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{
		UserAgent: []byte("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"),
		RemoteIP:  netip.MustParseAddr("203.99.63.5"), ID: "reader",
	}
	var v Visitor
	r.Resolve(&v, &in)
	if n := testing.AllocsPerRun(100, func() { r.Resolve(&v, &in) }); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
	if v.Country == "" {
		t.Error("the address has no country")
	}
}
