package visitor

import (
	"net/netip"
	"testing"
)

// TestLoopbackHeadless holds that headless browsers count as people only where that was asked for, and only from this machine.
func TestLoopbackHeadless(t *testing.T) {
	headless := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36"
	person := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	hint := `"HeadlessChrome";v="142", "Not_A Brand";v="99"`
	for _, x := range []struct {
		option       bool
		from, ua, ch string
		bot          bool
	}{
		{true, "127.0.0.1", headless, "", false},
		{true, "::1", headless, hint, false},
		{true, "::ffff:127.0.0.1", person, hint, false},
		{true, "203.0.113.9", headless, "", true},
		{true, "192.168.1.4", headless, "", true},
		{true, "127.0.0.1", "curl/8.5.0", "", true},
		{true, "127.0.0.1", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", true},
		{false, "127.0.0.1", headless, "", true},
		{false, "127.0.0.1", person, hint, true},
		{false, "127.0.0.1", person, "", false},
	} {
		r, err := NewResolver(Options{LoopbackHeadless: x.option})
		if err != nil {
			t.Fatal(err)
		}
		var v Visitor
		r.Resolve(&v, &Input{UserAgent: []byte(x.ua), CHUA: []byte(x.ch), RemoteIP: netip.MustParseAddr(x.from)})
		if (v.Bot != "") != x.bot {
			t.Errorf("with the option %v, %q with hint %q from %s is bot %q", x.option, x.ua, x.ch, x.from, v.Bot)
		}
	}
}
