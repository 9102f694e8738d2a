// Command store measures the two stores: how fast the journal is shipped into them, what an event costs on disk, and how
// long reports take.
//
//	go run ./benchmarks/store --store duckdb --events 50000000
//	go run -tags engine ./benchmarks/store --store clickhouse --events 50000000
//
// ClickHouse is the engine of chdbtest behind HTTP on the loopback (the same machine does the client's work and the server's), or a real
// server with --address.
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// subject is a store under measurement.
type subject struct {
	store.Store
	// pid is the process whose processor time counts beside this one's, 0 for none.
	pid int
	// compact brings the data into their final form.
	compact func() error
	// bytes is what they take on disk: all, and the single events alone if the store can tell.
	bytes func() (all, events int64, err error)
	stop  func()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "store:", err)
		os.Exit(1)
	}
}

func run() error {
	becomeEngine()
	which := flag.String("store", "duckdb", "duckdb or clickhouse")
	address := flag.String("address", "", "host:port of a ClickHouse server's native port; empty: the engine of chdbtest")
	total := flag.Int("events", 5_000_000, "how many events")
	days := flag.Int("days", 14, "how many days they are spread over")
	batch := flag.Int("batch", 0, "events per batch, 0 for the shipper's own choice")
	keep := flag.String("dir", "", "directory to work in; empty: a temporary one")
	flag.Parse()
	dir := *keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "placard-store"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	var s *subject
	var err error
	switch *which {
	case "duckdb":
		s, err = openDuckDB(filepath.Join(dir, "events.duckdb"))
	case "clickhouse":
		s, err = openClickHouse(dir, *address)
	default:
		err = fmt.Errorf("there is no store %q", *which)
	}
	if err != nil {
		return err
	}
	defer s.stop()
	begin := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -*days)
	if err := ship(s, dir, *total, *batch, begin, *days); err != nil {
		return err
	}
	at := time.Now()
	if err := s.Store.(store.Roller).Roll(context.Background()); err != nil {
		return err
	}
	fmt.Printf("rolled up in %.1f s\n", time.Since(at).Seconds())
	before, _, err := s.bytes()
	if err != nil {
		return err
	}
	if err := s.compact(); err != nil {
		return err
	}
	all, events, err := s.bytes()
	if err != nil {
		return err
	}
	fmt.Printf("disk: %.1f bytes an event before, %.1f after compaction (events alone %.1f)\n", float64(before)/float64(*total), float64(all)/float64(*total), float64(events)/float64(*total))
	return ask(s, begin, *days)
}

// ship writes events to a journal, a million at a time, and measures how fast the shipper takes them to the store.
func ship(s *subject, dir string, total, batch int, begin time.Time, days int) error {
	g := newGenerator(1, begin, float64(total)/float64(days*86400))
	j, _, err := journal.Open(journal.Options{Dir: filepath.Join(dir, "journal"), Retain: time.Nanosecond, SegmentBytes: 64 << 20})
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }()
	sh := journal.NewShipper(journal.ShipperOptions{Journal: j, Sink: s, MaxBatch: batch, Log: slog.Default()})
	var took time.Duration
	var cpu, serverCPU time.Duration
	var slowest float64
	var buf []event.Event
	var rec []byte
	size := int64(0)
	for done := 0; done < total; {
		buf = g.next(buf[:0], min(1_000_000, total-done))
		buf = buf[:min(len(buf), total-done)]
		for i := range buf {
			rec = event.AppendBinary(rec[:0], &buf[i])
			size += int64(len(rec))
			if err := j.Append(rec); err != nil {
				return err
			}
			if i%50_000 == 0 {
				if err := j.Sync(); err != nil {
					return err
				}
			}
		}
		if err := j.Sync(); err != nil {
			return err
		}
		cpuAt, serverAt, at := processorTime(0), processorTime(s.pid), time.Now()
		if err := sh.Flush(context.Background()); err != nil {
			return err
		}
		d := time.Since(at)
		took += d
		cpu += processorTime(0) - cpuAt
		if s.pid != 0 {
			serverCPU += processorTime(s.pid) - serverAt
		}
		rate := float64(len(buf)) / d.Seconds()
		if slowest == 0 || rate < slowest {
			slowest = rate
		}
		done += len(buf)
	}
	fmt.Printf("journal: %.0f bytes an event\n", float64(size)/float64(total))
	fmt.Printf("shipped %d events in %.1f s: %.0f events/s (slowest million %.0f), processor time %.2f µs an event here, %.2f µs in the server\n",
		total, took.Seconds(), float64(total)/took.Seconds(), slowest, cpu.Seconds()*1e6/float64(total), serverCPU.Seconds()*1e6/float64(total))
	return nil
}

// view is a report as the pages ask for it.
type view struct {
	name string
	q    report.Query
}

func views(begin time.Time, days int) []view {
	karachi, err := time.LoadLocation("Asia/Karachi")
	if err != nil {
		panic(err) // the binary's own zones lack it
	}
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		panic(err) // likewise
	}
	at := func(scope report.Scope, zone *time.Location, by ...report.Dimension) report.Query {
		return report.Query{From: begin.In(zone), To: begin.AddDate(0, 0, days+1), Zone: zone, By: by, Scope: scope, Limit: report.MaxLimit}
	}
	one, all := report.OnlyTenant("advertiser-03"), report.AllTenants()
	out := []view{
		{"one advertiser by day and line item", at(one, karachi, report.Day, report.LineItem)},
		{"the same, days of Kathmandu", at(one, kathmandu, report.Day, report.LineItem)},
		{"one advertiser, totals", at(one, karachi)},
		{"one advertiser by hour", at(one, karachi, report.Hour)},
		{"all by day", at(all, karachi, report.Day)},
		{"all by advertiser, campaign, line item", at(all, karachi, report.Advertiser, report.Campaign, report.LineItem)},
		{"all by placement and section", at(all, karachi, report.Placement, report.Section)},
		{"all by why nothing was filled", at(all, karachi, report.NoFill)},
		{"one advertiser by page", at(one, karachi, report.Page)},
		{"all by page", at(all, karachi, report.Page)},
		{"all by country and device", at(all, karachi, report.Country, report.Device)},
	}
	for _, d := range []report.Dimension{report.Creative, report.Country, report.Device, report.OS, report.Browser, report.Theme} {
		out = append(out, view{"one advertiser by " + string(d), at(one, karachi, d)})
	}
	reach := at(one, karachi, report.Day)
	reach.Metrics = []report.Metric{report.Impressions, report.Reach}
	return append(out, view{"one advertiser, reach by day", reach})
}

// ask measures reports.
func ask(s *subject, begin time.Time, days int) error {
	fmt.Printf("%-42s %8s %8s %8s\n", "report", "rows", "p50 ms", "p95 ms")
	for _, v := range views(begin, days) {
		const runs = 21
		var took []time.Duration
		rows := 0
		for range runs {
			at := time.Now()
			res, err := s.Query(context.Background(), v.q)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			took = append(took, time.Since(at))
			rows = len(res.Rows)
		}
		slices.Sort(took)
		fmt.Printf("%-42s %8d %8.1f %8.1f\n", v.name, rows, took[runs/2].Seconds()*1e3, took[runs*95/100].Seconds()*1e3)
	}
	return nil
}

// processorTime is what a process has used, 0 meaning this one.
func processorTime(pid int) time.Duration {
	if pid == 0 {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			return 0
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return childTime(pid)
}

// childTime reads a process's time from /proc; its unit is 10 ms.
func childTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	at := slices.Index(b, ')')
	var skip string
	var user, system int64
	if at < 0 {
		return 0
	}
	if _, err := fmt.Sscan(string(b[at+1:]), &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &user, &system); err != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// diskBytes adds up the files below a directory, or one file.
func diskBytes(path string) (int64, error) {
	var n int64
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n, err
}
