package pages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/placard/placard/targeting/pagecontext"
)

// FetchOptions says how pages are fetched. Only pages on the site's own domains are, over HTTP or HTTPS, where robots.txt
// does not forbid it.
type FetchOptions struct {
	// Workers is how many pages are fetched at once. 0: 2, which is polite to a newspaper's own servers. -1: nothing is fetched.
	Workers int
	// Timeout is for one page, redirects and robots.txt included. 0: 10 seconds.
	Timeout time.Duration
	// AllowPrivate lets pages be fetched from loopback and private networks and on any port: for a site inside a network, and tests.
	// Without it addresses are checked at the moment of dialling, so that no name can lead inside.
	AllowPrivate bool
	// Agent is the User-Agent. "": PlacardBot/1.0.
	Agent string
}

const (
	defaultAgent = "PlacardBot/1.0 (ad placement; fetches a page once to understand it)"
	// maxWaiting bounds the pages that wait to be fetched. A page that finds no room is asked for again by a later miss.
	maxWaiting   = 1024
	maxRedirects = 5
	maxFetch     = 2 << 20 // bytes of a page
	// retryAfter is how long a page that could not be fetched, or was, is left alone; robots.txt as long.
	retryAfter    = 10 * time.Minute
	robotsFor     = time.Hour
	maxRemembered = 100_000 // pages and hosts
)

type fetchJob struct {
	url, host, site string
	domains         []string
}

// fetcher fetches pages in the background, each once in a while.
type fetcher struct {
	opts   FetchOptions
	now    func() time.Time
	took   func(site string, in *pagecontext.Input)
	client *http.Client
	jobs   chan fetchJob
	stop   context.CancelFunc
	ctx    context.Context
	wg     sync.WaitGroup

	mu     sync.Mutex
	asked  map[string]time.Time // by URL: when it may be asked for again
	robots map[string]robotsOf  // by scheme and host

	fetched, failed, dropped atomic.Uint64
	settled                  func() // called after each job, if set: tests wait for it
}

type robotsOf struct {
	robots robots
	until  time.Time
}

func newFetcher(o FetchOptions, now func() time.Time, took func(string, *pagecontext.Input)) *fetcher {
	if o.Workers == 0 {
		o.Workers = 2
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Agent == "" {
		o.Agent = defaultAgent
	}
	f := &fetcher{opts: o, now: now, took: took, jobs: make(chan fetchJob, maxWaiting), asked: map[string]time.Time{}, robots: map[string]robotsOf{}}
	f.ctx, f.stop = context.WithCancel(context.Background())
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return checkAddress(address, o.AllowPrivate)
	}}
	f.client = &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: o.Timeout,
			MaxIdleConnsPerHost: max(o.Workers, 1), IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			// No Proxy: a proxy would dial for us, and past the check.
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // see get
	}
	for range max(o.Workers, 0) {
		f.wg.Go(f.work)
	}
	return f
}

func (f *fetcher) close() {
	f.stop()
	f.wg.Wait()
	f.client.CloseIdleConnections()
}

// checkAddress refuses addresses that are not on the public internet. address is host:port as resolved.
func checkAddress(address string, allowPrivate bool) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	if allowPrivate {
		return nil
	}
	ip := ap.Addr().Unmap()
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return fmt.Errorf("dial %s: not an address of the public internet", ip)
	}
	if p := ap.Port(); p != 80 && p != 443 {
		return fmt.Errorf("dial %s: only the ports 80 and 443 are fetched from", address)
	}
	return nil
}

// notPublic are the networks of the IANA special-purpose registries that netip's own questions do not cover.
var notPublic = func() []netip.Prefix {
	out := make([]netip.Prefix, 0, 18)
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// checkURL refuses what is not a page of one of the domains.
func (f *fetcher) checkURL(u *url.URL, domains []string) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is neither http nor https", u.Scheme)
	}
	if u.User != nil {
		return errors.New("the address has a user in it")
	}
	if !slices.Contains(domains, strings.ToLower(u.Hostname())) {
		return fmt.Errorf("%q is none of the site's domains", u.Hostname())
	}
	return nil
}

// ask puts a page on the list unless it was asked for lately. It never waits.
func (f *fetcher) ask(address, host, site string, domains []string) {
	if f.opts.Workers < 0 || !slices.Contains(domains, host) {
		return
	}
	now := f.now()
	f.mu.Lock()
	if now.Before(f.asked[address]) {
		f.mu.Unlock()
		return
	}
	if len(f.asked) >= maxRemembered {
		for a, t := range f.asked {
			if !now.Before(t) {
				delete(f.asked, a)
			}
		}
		if len(f.asked) >= maxRemembered {
			f.mu.Unlock()
			f.dropped.Add(1)
			return
		}
	}
	f.asked[address] = now.Add(retryAfter)
	f.mu.Unlock()
	select {
	case f.jobs <- fetchJob{address, host, site, domains}:
	default:
		f.dropped.Add(1)
		f.mu.Lock()
		delete(f.asked, address)
		f.mu.Unlock()
	}
}

func (f *fetcher) work() {
	for {
		select {
		case <-f.ctx.Done():
			return
		case j := <-f.jobs:
			if in, err := f.fetch(j); err != nil {
				f.failed.Add(1)
			} else {
				f.took(j.site, in)
				f.fetched.Add(1)
			}
			if f.settled != nil {
				f.settled()
			}
		}
	}
}

// fetch gets one page and reads it.
func (f *fetcher) fetch(j fetchJob) (*pagecontext.Input, error) {
	ctx, cancel := context.WithTimeout(f.ctx, f.opts.Timeout)
	defer cancel()
	u, err := url.Parse(j.url)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", j.url, err)
	}
	page, err := f.get(ctx, u, maxFetch, func(u *url.URL) error {
		if err := f.checkURL(u, j.domains); err != nil {
			return err
		}
		return f.allowed(ctx, u, j.domains)
	})
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", j.url, err)
	}
	if page.code != http.StatusOK {
		return nil, fmt.Errorf("fetch %s: the server answers %d", j.url, page.code)
	}
	if kind, _, _ := mime.ParseMediaType(page.header.Get("Content-Type")); kind != "text/html" && kind != "application/xhtml+xml" {
		return nil, fmt.Errorf("fetch %s: %q is not HTML", j.url, kind)
	}
	in, err := pagecontext.FromHTML(page.body, j.url)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", j.url, err)
	}
	// The page is known by the address it was asked for at, whatever it calls itself.
	in.URL = j.url
	return &in, nil
}

// answer is what a server said.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

// get gets what is at u or where it redirects to; check is asked before each step.
func (f *fetcher) get(ctx context.Context, u *url.URL, limit int, check func(*url.URL) error) (answer, error) {
	for range maxRedirects + 1 {
		if err := check(u); err != nil {
			return answer{}, err
		}
		a, err := f.step(ctx, u, limit)
		if err != nil {
			return answer{}, err
		}
		switch a.code {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			if u, err = u.Parse(a.header.Get("Location")); err != nil {
				return answer{}, err
			}
		default:
			return a, nil
		}
	}
	return answer{}, fmt.Errorf("more than %d redirects", maxRedirects)
}

func (f *fetcher) step(ctx context.Context, u *url.URL, limit int) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", f.opts.Agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml,text/plain;q=0.5")
	res, err := f.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	if err != nil {
		return answer{}, err
	}
	if len(b) > limit {
		return answer{}, fmt.Errorf("more than %d bytes", limit)
	}
	return answer{code: res.StatusCode, header: res.Header, body: b}, nil
}

var errRobots = errors.New("robots.txt forbids it")

// allowed asks the host's robots.txt. RFC 9309: one that is not there allows everything, one that cannot be had forbids everything.
func (f *fetcher) allowed(ctx context.Context, u *url.URL, domains []string) error {
	origin := u.Scheme + "://" + u.Host
	f.mu.Lock()
	known, ok := f.robots[origin]
	f.mu.Unlock()
	if now := f.now(); !ok || !now.Before(known.until) {
		at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
		got, err := f.get(ctx, at, maxRobots, func(u *url.URL) error { return f.checkURL(u, domains) })
		switch {
		case err != nil:
			return fmt.Errorf("robots.txt: %w", err)
		case got.code == http.StatusOK:
			known.robots = parseRobots(string(got.body))
		case got.code >= 400 && got.code < 500:
			known.robots = robots{}
		default:
			return fmt.Errorf("robots.txt: the server answers %d", got.code)
		}
		known.until = now.Add(robotsFor)
		f.mu.Lock()
		if len(f.robots) >= maxRemembered {
			clear(f.robots)
		}
		f.robots[origin] = known
		f.mu.Unlock()
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	if !known.robots.allows(path) {
		return errRobots
	}
	return nil
}
