package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// result is what one round of load saw.
type result struct {
	requests, bytes int64
	elapsed         time.Duration
	latencies       []time.Duration // of one in 8 requests
	filled          int64           // slots, in the same ones
}

// round is a measured result.
type round struct {
	result
	cpu      float64 // µs of the server's CPU time a request
	allocs   float64 // heap allocations a request, -1 unknown
	p50, p99 float64 // µs
}

func (r round) rate() float64 { return float64(r.requests) / r.elapsed.Seconds() }

func measure(p *process, reqs [][]byte, conns int, length time.Duration) (round, error) {
	m0 := p.mallocs()
	c0, err := p.cpu()
	if err != nil {
		return round{}, err
	}
	res, err := load(p.addr, reqs, conns, length)
	if err != nil {
		return round{}, err
	}
	c1, err := p.cpu()
	if err != nil {
		return round{}, err
	}
	r := round{result: res, cpu: float64((c1 - c0).Nanoseconds()) / 1e3 / float64(res.requests), allocs: -1}
	if m1 := p.mallocs(); m0 >= 0 && m1 >= 0 {
		r.allocs = (m1 - m0) / float64(res.requests)
	}
	sort.Slice(res.latencies, func(i, j int) bool { return res.latencies[i] < res.latencies[j] })
	if n := len(res.latencies); n > 0 {
		r.p50 = float64(res.latencies[n/2].Nanoseconds()) / 1e3
		r.p99 = float64(res.latencies[n*99/100].Nanoseconds()) / 1e3
	}
	return r, nil
}

// load sends requests over keep-alive connections, each waiting for its answer, for the given time.
func load(addr string, reqs [][]byte, conns int, length time.Duration) (result, error) {
	var (
		mu    sync.Mutex
		total result
		first error
		wg    sync.WaitGroup
	)
	deadline := time.Now().Add(length)
	begin := time.Now()
	for i := range conns {
		wg.Go(func() {
			r, err := one(addr, reqs, i*len(reqs)/conns, deadline)
			mu.Lock()
			defer mu.Unlock()
			total.requests += r.requests
			total.bytes += r.bytes
			total.filled += r.filled
			total.latencies = append(total.latencies, r.latencies...)
			if first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	total.elapsed = time.Since(begin)
	return total, first
}

var filledMark = []byte(`"filled":true`)

func one(addr string, reqs [][]byte, at int, deadline time.Time) (result, error) {
	var r result
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return r, err
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 64<<10)
	body := make([]byte, 0, 64<<10)
	for n := 0; ; n++ {
		now := time.Now()
		if now.After(deadline) {
			return r, nil
		}
		if _, err := c.Write(reqs[(at+n)%len(reqs)]); err != nil {
			return r, fmt.Errorf("send request: %w", err)
		}
		if body, err = answer(in, body); err != nil {
			return r, err
		}
		r.requests++
		r.bytes += int64(len(body))
		if n&7 == 0 {
			r.latencies = append(r.latencies, time.Since(now))
			r.filled += int64(bytes.Count(body, filledMark))
		}
	}
}

// answer reads one response with a Content-Length and returns its body.
func answer(in *bufio.Reader, body []byte) ([]byte, error) {
	length, status := -1, ""
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return body, fmt.Errorf("read answer: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if status == "" {
			status = string(line)
		} else if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return body, fmt.Errorf("read answer: %w", err)
			}
		}
	}
	if length < 0 || len(status) < 12 {
		return body, fmt.Errorf("read answer: %q without a length", status)
	}
	if cap(body) < length {
		body = make([]byte, length)
	}
	body = body[:length]
	if _, err := io.ReadFull(in, body); err != nil {
		return body, fmt.Errorf("read answer: %w", err)
	}
	if status[9] != '2' {
		return body, fmt.Errorf("answered %q: %s", status, body)
	}
	return body, nil
}

// pinSelf keeps the load on one core.
func pinSelf(core int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return pin(unix.Getpid(), core)
}
