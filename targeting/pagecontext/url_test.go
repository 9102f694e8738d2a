package pagecontext

import (
	"net/url"
	"strings"
	"testing"
)

func TestCanonicalURL(t *testing.T) {
	for _, k := range []struct{ in, want string }{
		{"https://Paper.Example/World/Story", "https://paper.example/World/Story"},
		{"https://paper.example", "https://paper.example/"},
		{"https://paper.example:443/a/", "https://paper.example/a"},
		{"http://paper.example:8080/a", "http://paper.example:8080/a"},
		{"https://user:secret@paper.example/a#top", "https://paper.example/a"},
		{"https://paper.example/a/./b/../c//d", "https://paper.example/a/c/d"},
		{"https://paper.example/a?utm_source=x&id=7&gclid=1&fbclid=2", "https://paper.example/a?id=7"},
		{"https://paper.example/a?b=2&a=1", "https://paper.example/a?a=1&b=2"},
		{"https://paper.example/a?UTM_Campaign=x", "https://paper.example/a"},
		{"https://paper.example/a?%75tm_source=x", "https://paper.example/a"},
		{"https://paper.example/%7Euser/%e2%82%ac", "https://paper.example/~user/%E2%82%AC"},
		{"https://paper.example/استنبول", "https://paper.example/%D8%A7%D8%B3%D8%AA%D9%86%D8%A8%D9%88%D9%84"},
		{"https://BÜCHER.example./a", "https://xn--bcher-kva.example/a"},
		{" https://paper.example/a ", "https://paper.example/a"},
	} {
		got, err := CanonicalURL(k.in)
		if err != nil || got != k.want {
			t.Errorf("%s: %s, %v; want %s", k.in, got, err, k.want)
		}
	}
	for _, bad := range []string{"", "/story", "paper.example/a", "javascript:alert(1)", "ftp://paper.example/a", "https://", "https://pa per.example/", "https://paper.example/" + strings.Repeat("a", maxURL)} {
		if got, err := CanonicalURL(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

// A canonical URL is its own, is on the same host, and holds no tracking.
func FuzzCanonicalURL(f *testing.F) {
	for _, s := range []string{"https://paper.example/a?utm_source=x&b=1#c", "http://[::1]:80/%2e%2e/a", "https://Bücher.example/ß?q=%zz", "https://a.example/;p?;&&=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := CanonicalURL(s)
		if err != nil {
			return
		}
		again, err := CanonicalURL(c)
		if err != nil || again != c {
			t.Fatalf("%q → %q → %q, %v", s, c, again, err)
		}
		u, err := url.Parse(c)
		if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q → %q: %v", s, c, err)
		}
		for i := range len(c) {
			if c[i] <= ' ' || c[i] >= 0x7F {
				t.Fatalf("%q → %q holds %q", s, c, c[i])
			}
		}
	})
}
