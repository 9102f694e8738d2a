//go:build engine

package clickhouse_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/clickhouse"
	"github.com/placard/placard/reporting/store/clickhouse/chdbtest"
	"github.com/placard/placard/reporting/store/storetest"
)

// faultSeed is the run's seed: PLACARD_SEED says it again.
func faultSeed(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("PLACARD_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	return seed
}

// TestFaults ships batches through a network that loses replies, breaks connections in the middle of a body, answers 503 before
// or after the insert was done, delivers inserts after they were given up, and is away for a while. The shipper's process ends
// and comes back, reading other batches than before; the engine is killed and comes back; hours are rolled up while events for
// them still arrive. In the end every event is there once, in the events as in the rollups.
func TestFaults(t *testing.T) {
	seed := faultSeed(t)
	defer func() {
		if t.Failed() {
			t.Logf("again: PLACARD_SEED=%d go test -tags engine -run TestFaults ./reporting/store/clickhouse", seed)
		}
	}()
	r := rand.New(rand.NewPCG(seed, 3))
	ctx := context.Background()
	dir := t.TempDir()
	engine, err := chdbtest.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { engine.Stop() }()
	p := newFaultProxy(t, seed, engine.Addr)
	connect := func() store.Store {
		s, err := clickhouse.Open(clickhouse.Options{
			Addresses: []string{p.Addr}, HTTP: true, Database: "faults", RollAfter: time.Nanosecond, RollEvery: -1, InsertTimeout: 20 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	events := storetest.RandomEvents(r, faultEvents)
	// Ten hours around the end of a week, which is where batches are cut in two.
	for i := range events {
		events[i].Time = time.Date(2026, 10, 28, 19, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(10 * time.Hour)))).UnixMicro()
	}
	s := connect()
	defer func() { s.Close() }()
	kill := r.IntN(len(events)/2) + len(events)/4
	failures, furthest, killed := 0, 0, false
	// A store that was away for this long would be a defect of the test.
	for deadline := time.Now().Add(faultTime); ; {
		if time.Now().After(deadline) {
			t.Fatalf("not done after %v: %v", faultTime, p.counts)
		}
		pos, err := s.Position(ctx, "j")
		if err != nil {
			failures++
			continue
		}
		at := max(int(pos), 1) - 1
		if at >= len(events) {
			break
		}
		if !killed && at > kill {
			killed = true
			engine.Kill()
			if engine, err = chdbtest.Start(dir); err != nil {
				t.Fatal(err)
			}
			p.target.Store(&engine.Addr)
		}
		// A process that begins anew finds at least what the one before had read.
		n := min(max(1+r.IntN(faultBatch), furthest-at), len(events)-at)
		furthest = max(furthest, at+n)
		b := store.Batch{Journal: "j", From: uint64(1 + at), To: uint64(1 + at + n), Events: events[at : at+n]}
		for tries := r.IntN(4); ; tries-- {
			if err := s.Append(ctx, b); err == nil {
				break
			}
			failures++
			if tries <= 0 {
				// The process ends here. The next one knows nothing, and may read another batch.
				s.Close()
				s = connect()
				break
			}
		}
		if r.IntN(8) == 0 {
			_ = s.(store.Roller).Roll(ctx) // may fail like everything else here
		}
	}
	p.deliver()
	p.calm.Store(true)
	t.Logf("seed %d: %d errors, %v", seed, failures, p.counts)
	if failures == 0 || p.counts["late"] == 0 {
		t.Error("the network did nothing wrong: the test shows nothing")
	}
	storetest.Check(t, s, r, events, "as it is", 8)
	if err := s.(store.Roller).Roll(ctx); err != nil {
		t.Fatal(err)
	}
	storetest.Check(t, s, r, events, "rolled up", 8)
}
