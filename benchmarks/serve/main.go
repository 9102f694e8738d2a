// Command serve measures a page request for four slots against the cost of HTTP itself.
//
//	go run ./benchmarks/serve            # the demo catalog and 10,000 generated line items
//	go run ./benchmarks/serve -rounds 5 -seconds 5
//
// The server runs on one core and the load on another. The floor is a fasthttp server that reads the same
// requests and answers with the same number of bytes; floor and Placard take turns within one run, so that a noisy
// machine disturbs both. It prints requests a second, CPU time a request as the kernel accounts it to the server's
// process, latencies seen by the load, allocations a request, and the ratios to the floor.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

func main() {
	role := flag.String("role", "", "internal: floor")
	bytesOut := flag.Int("bytes", 0, "internal: size of the floor's answers")
	rounds := flag.Int("rounds", 3, "rounds of each contestant")
	seconds := flag.Float64("seconds", 4, "length of a round")
	conns := flag.Int("connections", 32, "keep-alive connections of the load")
	items := flag.Int("line-items", 10000, "size of the generated catalog")
	seed := flag.Uint64("seed", 1, "seed of the generated catalog and of the requests")
	config := flag.String("config", "configs/demo", "the demo catalog")
	profile := flag.String("profile", "", "write a CPU profile of the server with generated line items to this file")
	flag.Parse()
	if *role == "floor" {
		if err := floor(*bytesOut); err != nil {
			fatal(err)
		}
		return
	}
	if err := pinSelf(1); err != nil {
		fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := bench{
		rounds: *rounds, length: time.Duration(*seconds * float64(time.Second)), conns: *conns,
		items: *items, seed: *seed, demo: *config, profile: *profile,
	}
	if err := b.run(ctx); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "serve benchmark:", err)
	os.Exit(1)
}

type bench struct {
	rounds  int
	length  time.Duration
	conns   int
	items   int
	seed    uint64
	demo    string
	profile string

	dir    string // scratch, removed at the end
	binary string
}

func (b *bench) run(ctx context.Context) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "placard-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.binary = filepath.Join(b.dir, "placard")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.binary, "./cmd/placard")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the server: %w", err)
	}
	generated := filepath.Join(b.dir, "generated")
	if err := generate(generated, b.items, b.seed); err != nil {
		return fmt.Errorf("generate %d line items: %w", b.items, err)
	}
	fmt.Printf("Page requests for 4 slots; server on CPU 0, load on CPU 1, %d connections, %d rounds of %s each, seed %d\n\n",
		b.conns, b.rounds, b.length, b.seed)
	if err := b.compare(ctx, "demo catalog", b.demo, "daily", demoSlots, false); err != nil {
		return err
	}
	return b.compare(ctx, fmt.Sprintf("%d line items", b.items), generated, "bench", generatedSlots, true)
}

// compare measures the floor and Placard with one configuration in turns.
func (b *bench) compare(ctx context.Context, title, config, site string, slots []string, filled bool) error {
	data := filepath.Join(b.dir, "data-"+filepath.Base(config))
	reqs := requests(site, slots, b.seed)
	args := []string{"serve", "--config", config, "--data", data, "--listen", "127.0.0.1:0", "--public-url="}
	if b.profile != "" && filled {
		args = append(args, "--cpu-profile", b.profile)
	}
	ads, err := start(ctx, 0, b.binary, args...)
	if err != nil {
		return err
	}
	defer ads.stop()
	if err := ads.waitReady(ctx); err != nil {
		return err
	}
	// Warm: page contexts are understood once, connections are opened, pools are filled.
	warm, err := load(ads.addr, reqs, b.conns, time.Second)
	if err != nil {
		return err
	}
	size := int(warm.bytes / max(warm.requests, 1))
	fl, err := start(ctx, 0, os.Args[0], "-role", "floor", "-bytes", fmt.Sprint(size))
	if err != nil {
		return err
	}
	defer fl.stop()
	if _, err := load(fl.addr, reqs, b.conns, time.Second/2); err != nil {
		return err
	}
	var floors, placards []round
	for range b.rounds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f, err := measure(fl, reqs, b.conns, b.length)
		if err != nil {
			return err
		}
		p, err := measure(ads, reqs, b.conns, b.length)
		if err != nil {
			return err
		}
		floors, placards = append(floors, f), append(placards, p)
	}
	printTable(os.Stdout, title, size, warm, floors, placards)
	return nil
}

func printTable(w io.Writer, title string, size int, warm result, floors, placards []round) {
	fmt.Fprintf(w, "%s — answers of %d bytes, %.1f of 4 slots filled\n", title, size, float64(warm.filled)/float64(max(len(warm.latencies), 1)))
	fmt.Fprintf(w, "  %-10s %12s %14s %10s %10s %12s\n", "", "requests/s", "CPU µs/request", "p50 µs", "p99 µs", "allocs/req")
	row := func(name string, rs []round) {
		allocs := "-"
		if rs[0].allocs >= 0 {
			allocs = fmt.Sprintf("%.1f", median(rs, func(r round) float64 { return r.allocs }))
		}
		fmt.Fprintf(w, "  %-10s %12.0f %14.2f %10.0f %10.0f %12s   (requests/s %s)\n", name,
			median(rs, round.rate), median(rs, func(r round) float64 { return r.cpu }),
			median(rs, func(r round) float64 { return r.p50 }), median(rs, func(r round) float64 { return r.p99 }), allocs, spread(rs))
	}
	row("floor", floors)
	row("placard", placards)
	fmt.Fprintf(w, "  ratio of requests/s %.2f, of CPU %.2f\n\n",
		median(placards, round.rate)/median(floors, round.rate),
		median(floors, func(r round) float64 { return r.cpu })/median(placards, func(r round) float64 { return r.cpu }))
}

func median(rs []round, f func(round) float64) float64 {
	vs := make([]float64, len(rs))
	for i, r := range rs {
		vs[i] = f(r)
	}
	sort.Float64s(vs)
	return vs[len(vs)/2]
}

func spread(rs []round) string {
	parts := make([]string, 0, len(rs))
	for _, r := range rs {
		parts = append(parts, fmt.Sprintf("%.0f", r.rate()))
	}
	return strings.Join(parts, ", ")
}
