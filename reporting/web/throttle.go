package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// throttle slows down guessing of passwords. Failures in a row cost a pause: five of one name from one address, twenty of one
// address, a hundred of one name. The last is high, so that nobody can keep another from signing in cheaply.
type throttle struct {
	now func() time.Time

	mu       sync.Mutex
	failures map[throttleKey]failure // guarded by mu
}

type throttleKey struct{ name, from string }

type failure struct {
	count int
	until time.Time
}

const (
	failurePause  = time.Minute
	maxThrottled  = 20_000 // keys remembered
	failureMemory = 15 * time.Minute
)

// limit is how many failures in a row a key has free.
func (k throttleKey) limit() int {
	switch {
	case k.name == "":
		return 20
	case k.from == "":
		return 100
	}
	return 5
}

func throttleKeys(name, from string) [3]throttleKey {
	if len(name) > 64 {
		name = name[:64]
	}
	return [3]throttleKey{{"=" + name, from}, {"", from}, {"=" + name, ""}}
}

// allowed reports whether the name may be tried from the address now.
func (t *throttle) allowed(name, from string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range throttleKeys(name, from) {
		if f, ok := t.failures[k]; ok && f.count >= k.limit() && t.now().Before(f.until) {
			return false
		}
	}
	return true
}

func (t *throttle) failed(name, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.failures == nil {
		t.failures = map[throttleKey]failure{}
	}
	if len(t.failures) > maxThrottled {
		t.forget(now)
	}
	for _, k := range throttleKeys(name, from) {
		f := t.failures[k]
		if now.After(f.until.Add(failureMemory)) {
			f.count = 0
		}
		f.count++
		f.until = now.Add(failurePause)
		t.failures[k] = f
	}
}

// forget makes room: first what is over, then what has not reached its limit.
func (t *throttle) forget(now time.Time) {
	for k, f := range t.failures {
		if now.After(f.until.Add(failureMemory)) {
			delete(t.failures, k)
		}
	}
	for k, f := range t.failures {
		if len(t.failures) <= maxThrottled*9/10 {
			return
		}
		if f.count < k.limit() {
			delete(t.failures, k)
		}
	}
}

func (t *throttle) succeeded(name, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := throttleKeys(name, from)
	delete(t.failures, keys[0])
	delete(t.failures, keys[2])
}

// clientIP is who asks, for throttling: the last address of X-Forwarded-For that no trusted proxy wrote of itself. IPv6
// clients own a /64 at least, and count as that.
func (s *Site) clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		p, err := addr.Prefix(64)
		if err == nil {
			return p.String()
		}
	}
	return addr.String()
}

func (s *Site) trusted(a netip.Addr) bool {
	for _, p := range s.opts.TrustedProxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}
