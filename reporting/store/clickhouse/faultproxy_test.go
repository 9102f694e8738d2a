//go:build engine

package clickhouse_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// faultProxy stands between a store and the engine, and does to inserts what networks do. What happens follows from the
// seed.
type faultProxy struct {
	Addr   string
	target atomic.Pointer[string]
	calm   atomic.Bool // no faults
	counts map[string]int

	mu     sync.Mutex
	r      *rand.Rand
	outage int      // requests that are still refused
	held   []func() // inserts whose client gave up, still on their way
}

// deliver lets what is on its way arrive.
func (p *faultProxy) deliver() {
	p.mu.Lock()
	held := p.held
	p.held = nil
	p.mu.Unlock()
	for _, f := range held {
		f()
	}
}

func newFaultProxy(t *testing.T, seed uint64, target string) *faultProxy {
	p := &faultProxy{r: rand.New(rand.NewPCG(seed, 77)), counts: map[string]int{}}
	p.target.Store(&target)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.Addr = srv.Listener.Addr().String()
	return p
}

// fault chooses what becomes of a request.
func (p *faultProxy) fault(insert bool) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := "none"
	switch {
	case p.calm.Load():
	case p.outage > 0:
		p.outage--
		f = "outage"
	case insert && p.r.IntN(2) == 0:
		f = []string{"reply lost", "reset in body", "503 before", "503 after", "late"}[p.r.IntN(5)]
	case p.r.IntN(40) == 0:
		p.outage = 1 + p.r.IntN(4)
		f = "outage"
	case p.r.IntN(20) == 0:
		f = "reply lost"
	}
	p.counts[f]++
	return f
}

func (p *faultProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client gave up
	}
	insert := strings.Contains(r.URL.Query().Get("query"), "INSERT INTO")
	switch p.fault(insert) {
	case "outage":
		hangUp(w)
	case "503 before":
		http.Error(w, "no upstream", http.StatusServiceUnavailable)
	case "503 after":
		_, _ = p.forward(r, body)
		http.Error(w, "bad gateway", http.StatusServiceUnavailable)
	case "reply lost":
		_, _ = p.forward(r, body)
		hangUp(w)
	case "late":
		// The client is told nothing and tries again; this one arrives when another has.
		p.mu.Lock()
		p.held = append(p.held, func() { _, _ = p.forward(r, body) })
		p.mu.Unlock()
		hangUp(w)
	case "reset in body":
		p.forwardHalf(r, body)
		hangUp(w)
	default:
		resp, err := p.forward(r, body)
		if err != nil {
			hangUp(w)
			return
		}
		if insert {
			p.deliver()
		}
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(resp.body)
	}
}

type reply struct {
	*http.Response
	body []byte
}

func (p *faultProxy) forward(r *http.Request, body []byte) (*reply, error) {
	u := *r.URL
	u.Scheme, u.Host = "http", *p.target.Load()
	req, err := http.NewRequest(r.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return &reply{resp, b}, err
}

// forwardHalf sends a request that promises its whole body and breaks off in the middle of it.
func (p *faultProxy) forwardHalf(r *http.Request, body []byte) {
	c, err := net.Dial("tcp", *p.target.Load())
	if err != nil {
		return
	}
	defer c.Close()
	var b bytes.Buffer
	req, err := http.NewRequest(r.Method, "http://"+*p.target.Load()+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return
	}
	_ = req.Write(&b) // into memory
	_, _ = c.Write(b.Bytes()[:b.Len()-len(body)/2-1])
	_ = c.(*net.TCPConn).SetLinger(0)
}

func hangUp(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		c.Close()
	}
}
