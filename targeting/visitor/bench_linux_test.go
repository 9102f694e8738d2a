package visitor

import (
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// cpuTime reports the CPU time of the thread until the returned function runs: on a busy machine the wall clock tells nothing.
func cpuTime(b *testing.B) func() {
	b.ReportAllocs()
	runtime.LockOSThread()
	now := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
			b.Fatal(err)
		}
		return ts.Nano()
	}
	start := now()
	return func() {
		b.ReportMetric(float64(now()-start)/float64(b.N), "cpu-ns/op")
		runtime.UnlockOSThread()
	}
}

func BenchmarkResolve(b *testing.B) {
	list, err := os.ReadFile("testdata/browsers.txt")
	if err != nil {
		b.Fatal(err)
	}
	var agents [][]byte
	for line := range strings.Lines(string(list)) {
		if i := strings.LastIndexByte(line, '\t'); i > 0 {
			agents = append(agents, []byte(strings.TrimSpace(line[i+1:])))
		}
	}
	ip := netip.MustParseAddr("203.99.63.5")
	r, err := NewResolver(Options{})
	if err != nil {
		b.Fatal(err)
	}
	var v Visitor
	b.Run("cached", func(b *testing.B) {
		defer cpuTime(b)()
		for i := range b.N {
			r.Resolve(&v, &Input{UserAgent: agents[i%len(agents)], RemoteIP: ip, ID: "0123456789abcdef", Theme: "dark"})
		}
	})
	b.Run("cold", func(b *testing.B) {
		defer cpuTime(b)()
		for i := range b.N {
			a := readAgent(agents[i%len(agents)], nil, nil, nil, r.crawlers, r.tokens)
			v.Device = a.device
		}
	})
}
