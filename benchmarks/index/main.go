package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/placard/placard/targeting"
)

func main() { os.Exit(run()) }

// run returns the code to exit with.
func run() int {
	sizes := flag.String("sizes", "1000,10000,100000", "numbers of line items, with commas between")
	seed := flag.Uint64("seed", 1, "of the workload")
	requests := flag.Int("requests", 512, "different requests")
	rounds := flag.Int("rounds", 7, "rounds of timing; the median counts")
	profile := flag.String("profile", "", "write a CPU profile of the matches to this file")
	oracle := flag.Bool("oracle", true, "compare every answer with targeting.Match")
	flag.Parse()
	runtime.LockOSThread()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "index:", err)
			return 1
		}
		defer f.Close()
		profileTo = f
	}
	fmt.Printf("# targeting index: seed %d, %d requests, %d rounds, CPU time of one thread, %s\n", *seed, *requests, *rounds, runtime.Version())
	fmt.Printf("%9s %8s %8s %7s | %10s %19s %10s | %10s %7s | %8s %7s %9s %9s\n", "items", "columns", "facts/rq", "match %", "match us", "spread", "request us", "scan us", "ratio", "bytes/li", "allocs", "build ms", "oracle")
	for _, s := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "index: -sizes holds whole numbers, not %q\n", s)
			return 2
		}
		if err := measure(*seed, n, *requests, *rounds, *oracle); err != nil {
			fmt.Fprintln(os.Stderr, "index:", err)
			return 1
		}
	}
	return 0
}

var profileTo *os.File // nil without -profile

// cpu is the time this thread has run.
func cpu() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err) // the clock is part of Linux
	}
	return time.Duration(ts.Nano())
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// build makes the index and measures the time, after what was thrown away before is collected.
func build(exprs []targeting.Expr) (*targeting.Index, time.Duration, error) {
	runtime.GC()
	start := cpu()
	x, err := targeting.Build(exprs)
	return x, cpu() - start, err
}

func measure(seed uint64, lineItems, requests, rounds int, oracle bool) error {
	w := newWorkload(seed, lineItems, requests)
	before := heap()
	var builds [3]time.Duration
	var err error
	for i := range builds[1:] {
		if _, builds[i+1], err = build(w.exprs); err != nil {
			return err
		}
	}
	var x *targeting.Index
	if x, builds[0], err = build(w.exprs); err != nil {
		return err
	}
	bytes := float64(heap()-before) / float64(lineItems)
	slices.Sort(builds[:])

	s := newScan(w)
	pages := make([][]targeting.Term, requests) // what the ad server keeps with a page
	all := make([][]targeting.Term, requests)   // everything but the hours
	facts := make([][]fact, requests)
	for i := range w.inputs {
		f := &w.inputs[i]
		pages[i] = x.AppendPageTerms(nil, &f.Page)
		whole := f.Page
		whole.Attrs = slices.Concat(f.Page.Attrs, f.Attrs)
		all[i] = x.AppendPageTerms(nil, &whole)
		for _, kv := range f.KV {
			all[i] = x.AppendKVTerms(all[i], kv.Key, kv.Value)
		}
		facts[i] = w.facts(&w.requests[i])
	}
	var q targeting.Query
	var dst []targeting.Ordinal
	match := func(i int) {
		q.Reset(x)
		q.AddTerms(all[i])
		q.SetNow(w.inputs[i].Now)
		dst = x.AppendEligible(dst[:0], &q)
	}
	request := func(i int) {
		f := &w.inputs[i]
		q.Reset(x)
		q.AddTerms(pages[i])
		q.SetNow(f.Now)
		for _, kv := range f.KV {
			q.AddKV(kv.Key, kv.Value)
		}
		for _, a := range f.Attrs {
			q.Add(a.Attr, a.Value)
		}
		dst = x.AppendEligible(dst[:0], &q)
	}
	var found []uint32
	scanOne := func(i int) { found = s.appendMatching(found[:0], facts[i]) }

	// Every answer, against the scan and the oracle.
	matched := 0
	answers := make([][]targeting.Ordinal, requests)
	for i := range requests {
		match(i)
		answers[i] = slices.Clone(dst)
		slices.Sort(answers[i])
		matched += len(dst)
		request(i)
		slices.Sort(dst)
		if !slices.Equal(answers[i], dst) {
			return fmt.Errorf("request %d: %d line items with resolved terms, %d without", i, len(answers[i]), len(dst))
		}
		scanOne(i)
		if !slices.EqualFunc(answers[i], found, func(o targeting.Ordinal, f uint32) bool { return uint32(o) == f }) {
			return fmt.Errorf("request %d: the index finds %d line items, the scan %d", i, len(answers[i]), len(found))
		}
	}
	checked := 0
	if oracle {
		var err error
		if checked, err = askOracle(w, answers); err != nil {
			return err
		}
	}
	allocs := allocations(match, requests)

	// Few enough requests a round that a round takes a tenth of a second, all of them at least once.
	timeOf := func(f func(int), per time.Duration) time.Duration {
		n := max(int(100*time.Millisecond/per), requests)
		start := cpu()
		for i := range n {
			f(i % requests)
		}
		return (cpu() - start) / time.Duration(n)
	}
	guess := time.Duration(lineItems) * time.Nanosecond / 10
	var ms, rs, ss []time.Duration
	if profileTo != nil {
		if err := pprof.StartCPUProfile(profileTo); err != nil {
			return err
		}
		for range 20 {
			timeOf(match, guess+time.Microsecond)
		}
		pprof.StopCPUProfile()
	}
	for range rounds {
		ms = append(ms, timeOf(match, max(guess, time.Microsecond)))
		rs = append(rs, timeOf(request, max(guess, time.Microsecond)))
		ss = append(ss, timeOf(scanOne, guess*100))
	}
	slices.Sort(ms)
	slices.Sort(rs)
	slices.Sort(ss)
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	perRequest := 0
	for _, f := range facts {
		perRequest += len(f)
	}
	m := ms[rounds/2]
	fmt.Printf("%9d %8d %8.1f %7.2f | %10.2f %19s %10.2f | %10.1f %7.1f | %8.0f %7.1f %9.0f %9s\n",
		lineItems, x.Columns(), float64(perRequest)/float64(requests), 100*float64(matched)/float64(requests)/float64(lineItems),
		us(m), fmt.Sprintf("%.2f..%.2f", us(ms[0]), us(ms[rounds-1])), us(rs[rounds/2]), us(ss[rounds/2]), float64(ss[rounds/2])/float64(m),
		bytes, allocs, float64(builds[1].Microseconds())/1000, verdict(checked, requests))
	runtime.KeepAlive(w)
	return nil
}

func verdict(checked, requests int) string {
	if checked == requests {
		return "agrees"
	}
	return "not asked"
}

// allocations counts how often f allocates, once it is warm.
func allocations(f func(int), n int) float64 {
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	for i := range n {
		f(i)
	}
	runtime.ReadMemStats(&b)
	return float64(b.Mallocs-a.Mallocs) / float64(n)
}

// askOracle compares all answers with the plain evaluation of the rules, on all cores.
func askOracle(w *workload, answers [][]targeting.Ordinal) (int, error) {
	var next, checked atomic.Int64
	errs := make(chan error, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(answers) {
					return
				}
				at := 0
				for o, e := range w.exprs {
					ok := at < len(answers[i]) && answers[i][at] == targeting.Ordinal(o)
					if targeting.Match(e, &w.inputs[i]) != ok {
						errs <- fmt.Errorf("request %d, rule %d: the index says %v, the oracle not: %s", i, o, ok, targeting.Text(e))
						return
					}
					if ok {
						at++
					}
				}
				checked.Add(1)
			}
		})
	}
	group.Wait()
	select {
	case err := <-errs:
		return 0, err
	default:
		return int(checked.Load()), nil
	}
}

// holds tells whether a request falls in the hours, by the oracle.
func holds(w *workload, i int, q *request) bool {
	return targeting.Match(w.hours[i], &targeting.Facts{Now: q.now})
}
