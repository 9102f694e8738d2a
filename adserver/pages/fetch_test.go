package pages

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/targeting/pagecontext"
)

const storyPage = `<!doctype html><html lang="en"><head><title>Late winner</title>
<meta property="og:type" content="article"><meta property="og:title" content="Late header sends City into cup final">
<meta name="description" content="The striker scored in the last minute of the semi-final.">
<meta name="placard:sensitive" content="true"></head><body><article><p>The striker scored with a header in the last minute.</p></article></body></html>`

// paper is a site on a port of this machine.
type paper struct {
	*httptest.Server
	host   string
	pages  atomic.Int64 // requests that were not for robots.txt
	robots string       // "": there is none
	page   http.HandlerFunc
}

func newPaper(t *testing.T) *paper {
	t.Helper()
	p := &paper{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			if p.robots == "" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, p.robots)
			return
		}
		p.pages.Add(1)
		if p.page != nil {
			p.page(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, storyPage)
	}))
	t.Cleanup(p.Close)
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	p.host = u.Hostname()
	return p
}

// watch returns a function that waits until a page was fetched or given up. It must be called before any is asked for.
func watch(t *testing.T, c *Cache) (settled func() Stats) {
	t.Helper()
	done := make(chan struct{}, maxWaiting)
	c.fetcher.settled = func() { done <- struct{}{} }
	return func() Stats {
		t.Helper()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("the fetch does not end")
		}
		return c.Stats()
	}
}

func TestFetchedPageIsKnownBetter(t *testing.T) {
	p := newPaper(t)
	c := newCache(t, Options{Fetch: FetchOptions{AllowPrivate: true}})
	settled := watch(t, c)
	r := &Request{Site: "daily", URL: []byte(p.URL + "/story?utm_source=x"), Fetch: []string{p.host}}
	if e := get(t, c, r); e.Context.Known {
		t.Error("the page is known before it was fetched")
	}
	if s := settled(); s.Fetched != 1 {
		t.Fatalf("not fetched: %+v", s)
	}
	e := get(t, c, r)
	if !e.Context.Known || e.Context.Title != "Late header sends City into cup final" || pagecontext.BroadSection(e.Context) != "sport" || !e.Context.Sensitive {
		t.Errorf("known %v, title %q, section %s, sensitive %v", e.Context.Known, e.Context.Title, pagecontext.BroadSection(e.Context), e.Context.Sensitive)
	}
	// Once is enough, whatever other requests say of the page.
	for i := range 20 {
		r.Title = fmt.Appendf(nil, "Title %d", i)
		get(t, c, r)
	}
	if n := p.pages.Load(); n != 1 {
		t.Errorf("the page was fetched %d times", n)
	}
}

func TestFetchIsRefused(t *testing.T) {
	for _, k := range []struct {
		name    string
		robots  string
		page    http.HandlerFunc
		options FetchOptions
		asked   int64 // requests for pages that the site may see
	}{
		{name: "loopback", options: FetchOptions{}},
		{name: "robots", robots: "User-agent: *\nDisallow: /", options: FetchOptions{AllowPrivate: true}},
		{name: "redirect to another host", options: FetchOptions{AllowPrivate: true}, asked: 1, page: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://metadata.example/latest", http.StatusFound)
		}},
		{name: "redirect to another scheme", options: FetchOptions{AllowPrivate: true}, asked: 1, page: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}},
		{name: "redirect without end", options: FetchOptions{AllowPrivate: true}, asked: maxRedirects + 1, page: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}},
		{name: "redirect past robots", robots: "User-agent: placardbot\nDisallow: /private", options: FetchOptions{AllowPrivate: true}, asked: 1, page: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/private/story", http.StatusFound)
		}},
		{name: "too large", options: FetchOptions{AllowPrivate: true}, asked: 1, page: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, strings.Repeat("<p>news</p>", maxFetch/8))
		}},
		{name: "too slow", options: FetchOptions{AllowPrivate: true, Timeout: 50 * time.Millisecond}, asked: 1, page: func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}},
		{name: "not HTML", options: FetchOptions{AllowPrivate: true}, asked: 1, page: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			fmt.Fprint(w, "%PDF")
		}},
		{name: "not there", options: FetchOptions{AllowPrivate: true}, asked: 1, page: http.NotFound},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := newPaper(t)
			p.robots, p.page = k.robots, k.page
			c := newCache(t, Options{Fetch: k.options})
			settled := watch(t, c)
			r := &Request{Site: "daily", URL: []byte(p.URL + "/story"), Fetch: []string{p.host}}
			get(t, c, r)
			if s := settled(); s.Unfetched != 1 {
				t.Errorf("fetched: %+v", s)
			}
			if e := get(t, c, r); e.Context.Known {
				t.Error("the page is known")
			}
			if n := p.pages.Load(); n != k.asked {
				t.Errorf("the site saw %d requests for pages, want %d", n, k.asked)
			}
		})
	}
}

func TestForeignPagesAreNotFetched(t *testing.T) {
	p := newPaper(t)
	c := newCache(t, Options{Fetch: FetchOptions{AllowPrivate: true}})
	get(t, c, &Request{Site: "daily", URL: []byte(p.URL + "/story"), Fetch: []string{"paper.example"}})
	get(t, c, &Request{Site: "daily", URL: []byte(p.URL + "/story")}) // a site that does not allow it
	if n := len(c.fetcher.asked); n != 0 {
		t.Errorf("%d pages were asked for", n)
	}
}

func TestCheckAddress(t *testing.T) {
	for address, public := range map[string]bool{
		"93.184.215.14:443": true, "93.184.215.14:80": true, "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443": true,
		"93.184.215.14:22": false, "127.0.0.1:80": false, "10.1.2.3:80": false, "172.16.0.1:443": false, "192.168.1.1:443": false, "169.254.169.254:80": false,
		"100.64.0.1:80": false, "0.0.0.0:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "198.18.0.1:80": false, "240.0.0.1:80": false,
		"[::1]:80": false, "[::]:80": false, "[fe80::1]:80": false, "[fe80::1%eth0]:80": false, "[fc00::1]:443": false, "[fd12::1]:443": false, "[ff02::1]:80": false,
		"[::ffff:127.0.0.1]:80": false, "[::ffff:10.0.0.1]:80": false, "[64:ff9b::a00:1]:80": false, "[2002:7f00:1::]:80": false, "[2001:db8::1]:80": false,
	} {
		if err := checkAddress(address, false); (err == nil) != public {
			t.Errorf("%s: %v, want public %v", address, err, public)
		}
		if err := checkAddress(address, true); err != nil {
			t.Errorf("%s: %v though private networks are allowed", address, err)
		}
	}
}

func TestRobots(t *testing.T) {
	const text = "# comment\nUser-agent: otherbot\nDisallow: /\n\nUser-agent: *\nDisallow: /private\nAllow: /private/open$\nDisallow: /*.pdf$\nDisallow: /search?\nSitemap: https://paper.example/map.xml\n"
	all := parseRobots(text)
	for path, want := range map[string]bool{
		"/": true, "/story": true, "/private": false, "/private/x": false, "/private/open": true, "/private/opened": false,
		"/a/b.pdf": false, "/a/b.pdfx": true, "/search?q=1": false, "/search": true,
	} {
		if got := all.allows(path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	ours := parseRobots("User-agent: a\nUser-agent: PlacardBot\nDisallow: /x\n\nUser-agent: *\nDisallow: /")
	if ours.allows("/x") || !ours.allows("/y") {
		t.Error("the group for our agent does not decide")
	}
	if !parseRobots("User-agent: *\nDisallow:").allows("/x") {
		t.Error("an empty Disallow forbids")
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$\nAllow: /", "/a/b")
	f.Add("Disallow", "")
	f.Fuzz(func(t *testing.T, text, path string) {
		r := parseRobots(text)
		if len(r.rules) == 0 && !r.allows(path) {
			t.Error("nothing is forbidden, and the path is not allowed")
		}
		if (robotsMatch("*", path)) != true {
			t.Error("* does not match")
		}
	})
}
