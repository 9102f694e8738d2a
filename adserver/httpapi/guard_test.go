package httpapi_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/adserver/httpapi"
)

// raw sends bytes as they are and returns the statuses of all answers until the server closes the connection or says nothing
// for a while.
func raw(t *testing.T, addr, request string) (statuses []int, closed bool) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	for {
		// Only the end of the answers is found by waiting: nothing is asserted on how long they take.
		_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			var ne net.Error
			return statuses, !errors.As(err, &ne) || !ne.Timeout()
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		statuses = append(statuses, res.StatusCode)
	}
}

// Requests whose meaning two parsers could disagree on are refused, and the connection goes with them: whatever was
// smuggled behind is never answered.
func TestAmbiguousRequestsAreRefused(t *testing.T) {
	s := start(t, httpapi.Options{})
	smuggled := "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	body := ask(`[{"id":"s1","placement":"top"}]`)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	for _, c := range []struct{ name, request string }{
		{"Content-Length and Transfer-Encoding", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + smuggled},
		{"Transfer-Encoding and Content-Length", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\ncontent-length: 4\r\n\r\n" + chunked + smuggled},
		{"two Content-Lengths", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n{}  " + smuggled},
		{"Content-Length with a sign", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\n{}  " + smuggled},
		{"Content-Length list", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\n{}  " + smuggled},
		{"unknown coding", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n" + chunked + smuggled},
		{"coding list", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + chunked + smuggled},
		{"coding twice", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + smuggled},
		{"identity coding", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 4\r\n\r\n{}  " + smuggled},
		{"folded field", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n" + smuggled},
		{"folded with a tab", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\tX-B: 2\r\n\r\n" + smuggled},
		{"first field folded", "GET /healthz HTTP/1.1\r\n X-A: 1\r\nHost: x\r\n\r\n" + smuggled},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + smuggled},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n" + smuggled},
		{"host with a path", "GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n" + smuggled},
		{"absolute target", "GET http://evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled},
		{"target with two slashes", "GET //evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled},
		{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled},
		{"authority", "CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled},
		{"HTTP/9.9", "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n" + smuggled},
		{"HTTP/2.0", "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n" + smuggled},
		{"HTTP/0.9", "GET /healthz\r\n\r\n" + smuggled},
		{"space before the colon", "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n" + smuggled},
		{"null in a field", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n" + smuggled},
		{"bare CR in a field", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: a\rTransfer-Encoding: chunked\r\n\r\n" + smuggled},
		{"control character in the target", "GET /heal\x01thz HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled},
		{"chunk size with a sign", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n" + smuggled},
		{"chunk size out of range", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff2\r\n{}\r\n0\r\n\r\n" + smuggled},
		{"Transfer-Encoding in HTTP/1.0", "POST /v1/ads HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + smuggled},
	} {
		t.Run(c.name, func(t *testing.T) {
			statuses, closed := raw(t, s.Addr, c.request)
			if len(statuses) != 1 || statuses[0] < 400 || statuses[0] > 499 || !closed {
				t.Errorf("answered %v, connection closed: %v", statuses, closed)
			}
		})
	}
	if statuses, _ := raw(t, s.Addr, smuggled+smuggled); len(statuses) != 2 || statuses[0] != 200 || statuses[1] != 200 {
		t.Errorf("two honest requests in a row: %v", statuses)
	}
}

// An escaped path is not another spelling of a path that exists.
func TestEscapedPathsReachNothing(t *testing.T) {
	seen := make(chan string, 8)
	pages := map[string]http.Handler{"/reports/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen <- r.RequestURI })}
	s := start(t, httpapi.Options{Pages: pages})
	for _, target := range []string{
		"/reports/..%2fmetrics", "/x/..%2f..%2fmetrics", "/x/%2e%2e/metrics", "/x/../metrics", "/./metrics", "/%6detrics", "/metrics%00", "/metrics/", "/v1/ads%2f", "/v1//ads",
		"/a/..%2f..%2fetc%2fpasswd", "/reports/../metrics", "/reports/%2e%2e/metrics", "/reports/./x", `/reports\..\metrics`,
	} {
		statuses, _ := raw(t, s.Addr, "GET "+target+" HTTP/1.1\r\nHost: x\r\n\r\n")
		if len(statuses) != 1 || statuses[0] != 404 && statuses[0] != 400 {
			t.Errorf("%s: %v", target, statuses)
		}
	}
	select {
	case uri := <-seen:
		t.Errorf("a page saw %s", uri)
	default:
	}
}

func TestLimitsOfOneRequest(t *testing.T) {
	s := start(t, httpapi.Options{ReadTimeout: 200 * time.Millisecond})
	for _, c := range []struct {
		name, request string
		want          int
	}{
		{"large header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", 431},
		{"long target", "GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		{"large body", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat(" ", 300000), 413},
		{"large chunked body", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("8000\r\n"+strings.Repeat(" ", 0x8000)+"\r\n", 9) + "0\r\n\r\n", 413},
		{"body that never comes", "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", 408},
		{"header that never ends", "GET /healthz HTTP/1.1\r\nHost: x\r\n", 408},
	} {
		t.Run(c.name, func(t *testing.T) {
			statuses, closed := raw(t, s.Addr, c.request)
			if len(statuses) != 1 || statuses[0] != c.want || !closed {
				t.Errorf("answered %v, want %d; connection closed: %v", statuses, c.want, closed)
			}
		})
	}
	// The largest body that is allowed is read and judged by what it says.
	big := `{"site":"daily","slots":[{"id":"a","placement":"top"}],"page":{"url":"http://127.0.0.1/","text":"` + strings.Repeat("word ", 50_000) + `"}}`
	if res := do(t, "POST", s.URL+"/v1/ads", big); res.StatusCode != 200 {
		t.Errorf("a body of %d bytes: %d %s", len(big), res.StatusCode, read(t, res))
	}
}

// One slow client after another does not keep the rest waiting.
func TestSlowClientsHoldNobodyUp(t *testing.T) {
	s := start(t, httpapi.Options{})
	for range 200 {
		c, err := net.Dial("tcp", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, "POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if res := do(t, "POST", s.URL+"/v1/ads", ask(`[{"id":"s1","placement":"top"}]`)); res.StatusCode != 200 {
			t.Fatalf("status %d", res.StatusCode)
		}
	}
}

func TestConnectionsOfOnePeerAreBounded(t *testing.T) {
	s := start(t, httpapi.Options{MaxConnsPerIP: 3})
	var open []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != 200 {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 429 {
		t.Errorf("the fourth connection: %v %v", res, err)
	}
	_ = open
}
