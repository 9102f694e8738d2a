package journal

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/placard/placard/reporting/journal/vfs"
)

var seed = flag.Uint64("journal.seed", 0, "seed of the random fault tests; 0: a new one")

// newRand returns a source whose seed is printed when the test fails.
func newRand(t *testing.T) *rand.Rand {
	t.Helper()
	n := *seed
	if n == 0 {
		n = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again with: go test ./reporting/journal/ -run '^%s$' -journal.seed=%d", t.Name(), n)
		}
	})
	return rand.New(rand.NewPCG(n, 1))
}

// stride is how many steps apart the cases are that a fault test tries: all of them, but under the race detector, where it tries others each
// time. The tag soak tries all there too.
func stride(t *testing.T) (n, first int) {
	if raced && !soak {
		return 37, newRand(t).IntN(37)
	}
	return 1, 0
}

// recovered reads a disk as a start does, without writing to it.
func recovered(t *testing.T, fs vfs.FS) (*Journal, *Recovery) {
	t.Helper()
	j := &Journal{opts: Options{Now: time.Now}, fs: fs}
	rec, err := j.recover()
	if err != nil {
		t.Fatal(err)
	}
	return j, rec
}

// TestPowerCutAtEveryOperation lets 10,000 events be written by several senders and shipped to a store, with segments that end and are
// deleted, and cuts the power after each write, fsync, create, remove and directory fsync there was: what was acknowledged
// must be in the journal or the store, and nothing twice.
func TestPowerCutAtEveryOperation(t *testing.T) {
	const events, senders = 10_000, 4
	disk := vfs.NewCrash()
	disk.Record()
	j, _, err := Open(Options{FS: disk, SegmentBytes: 32 << 10, Interval: time.Millisecond, Retain: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	var acked, shipped [events]int // after how many operations
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := s; i < events; i += senders {
				if err := j.AppendSync(text(i)); err != nil {
					t.Error(err)
					return
				}
				acked[i] = disk.Ops()
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	store := j.Reader(0)
	for done := false; !done; {
		select {
		case <-written:
			done = true
		default:
		}
		err := store.Read(func(seq uint64, p []byte) error {
			var i int
			if _, err := fmt.Sscanf(string(p), "event-%d", &i); err != nil {
				return err
			}
			shipped[i] = disk.Ops()
			j.Release(seq + 1)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Microsecond) // the store is not that fast: segments pile up
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	stride, first := stride(t)
	cuts := 0
	disk.Replay(func(ops int, disk *vfs.Crash) bool {
		cuts++
		if ops%stride != first {
			return true
		}
		survive := []vfs.Survive{vfs.Lose, vfs.Torn(ops % 301), vfs.Torn(1 << 30), vfs.Holes}[ops%4]
		after := disk.AfterCut(survive)
		j, rec := recovered(t, after)
		if len(rec.Lost) > 0 && ops%4 != 3 {
			t.Errorf("cut after operation %d: a power cut passes for damage: %v", ops, rec.Lost)
		}
		var there [events]uint8
		last := uint64(0)
		err := j.Reader(0).Read(func(seq uint64, p []byte) error {
			if seq <= last {
				t.Errorf("cut after operation %d: number %d after %d", ops, seq, last)
			}
			last = seq
			var i int
			for _, c := range p[len("event-"):] {
				i = 10*i + int(c-'0')
			}
			there[i]++
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		for i := range events {
			if there[i] > 1 {
				t.Errorf("cut after operation %d: event %d is there %d times", ops, i, there[i])
			}
			if acked[i] <= ops && there[i] == 0 && shipped[i] > ops {
				t.Errorf("cut after operation %d: acknowledged event %d is lost", ops, i)
			}
		}
		if ops%500 == 0 {
			g, _ := open(t, after)
			if err := g.AppendSync([]byte("event-after")); err != nil || all(t, g)["event-after"] != 1 {
				t.Errorf("cut after operation %d: the journal does not go on: %v", ops, err)
			}
			g.Close()
		}
		return !t.Failed()
	})
	if cuts < 2*events/senders {
		t.Fatalf("only %d cuts for %d events: where are the fsyncs?", cuts, events)
	}
	t.Logf("%d cuts", cuts)
}

// segment64K returns a segment of 64 KiB, where each record begins in it, and the segment's name.
func segment64K(t *testing.T) (name string, b []byte, starts []int) {
	t.Helper()
	r := rand.New(rand.NewPCG(64, 64))
	fs := vfs.NewCrash()
	j, _ := open(t, fs)
	size := segmentHeader
	for {
		p := make([]byte, 100+r.IntN(200))
		for i := range p {
			p[i] = byte(r.Uint32() >> (r.Uint32() & 24)) // many small numbers, which look like lengths
		}
		if size+recordHeader+len(p) > 64<<10 {
			break
		}
		if err := j.Append(p); err != nil {
			t.Fatal(err)
		}
		starts = append(starts, size)
		size += recordHeader + len(p)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	names, _ := fs.List()
	b = fs.Bytes(names[0])
	// The order of staging is not that of appending: find the records as they stand.
	starts = starts[:0]
	for at := segmentHeader; at < len(b); {
		_, n, ok := record(b[at:], 0)
		if !ok {
			t.Fatalf("no record at %d", at)
		}
		starts = append(starts, at)
		at += n
	}
	return names[0], b, starts
}

// only is a file system of one file.
type only struct {
	vfs.FS
	name string
	b    []byte
}

func (o only) List() ([]string, error) { return []string{o.name}, nil }
func (o only) Open(string) (io.ReadSeekCloser, error) {
	return struct {
		io.ReadSeeker
		io.Closer
	}{bytes.NewReader(o.b), io.NopCloser(nil)}, nil
}

// TestEveryBitOf64K flips bits of a segment: all of headers, and of each byte of payload one (all eight with the tag soak). One
// record is lost, and named; the others are kept.
func TestEveryBitOf64K(t *testing.T) {
	name, b, starts := segment64K(t)
	r := newRand(t)
	stride, first := stride(t)
	firstSeq := uint64(1)
	rec := -1 // the record that holds byte i
	for i := range b {
		if rec+1 < len(starts) && i == starts[rec+1] {
			rec++
		}
		if i%stride != first {
			continue
		}
		bits := []int{r.IntN(8)}
		if soak || i < segmentHeader || i < starts[rec]+recordHeader {
			bits = []int{0, 1, 2, 3, 4, 5, 6, 7}
		}
		for _, bit := range bits {
			b[i] ^= 1 << bit
			_, found := recovered(t, only{name: name, b: b})
			b[i] ^= 1 << bit
			want, lost := uint64(len(starts)-1), uint64(1)
			if rec < 0 {
				want, lost = uint64(len(starts)), 0
			}
			if found.Records != want {
				t.Fatalf("bit %d of byte %d: %d records are left of %d", bit, i, found.Records, len(starts))
			}
			if rec == len(starts)-1 {
				continue // cannot be told from a torn tail
			}
			if len(found.Lost) != 1 || found.LostRecords() != lost {
				t.Fatalf("bit %d of byte %d: losses %v", bit, i, found.Lost)
			}
			if l := found.Lost[0]; rec >= 0 && (l.From != firstSeq+uint64(rec) || l.To != l.From+1 || l.Offset != int64(starts[rec]) || l.Segment != name) {
				t.Fatalf("bit %d of byte %d: the loss is misnamed: %+v", bit, i, l)
			}
		}
	}
}

// TestEveryCutOf64K cuts a segment at each of its bytes: what is whole is kept, and a torn tail is no damage.
func TestEveryCutOf64K(t *testing.T) {
	name, b, starts := segment64K(t)
	stride, first := stride(t)
	for n := first; n < len(b); n += stride {
		_, found := recovered(t, only{name: name, b: b[:n]})
		whole := uint64(0)
		for whole+1 < uint64(len(starts)) && starts[whole+1] <= n {
			whole++
		}
		if found.Records != whole || len(found.Lost) > 0 {
			t.Fatalf("cut at byte %d: %d records of %d, losses %v", n, found.Records, whole, found.Lost)
		}
	}
}

// TestMissingSegments removes segments, and cuts those that are not the last: the losses add up to what is gone.
func TestMissingSegments(t *testing.T) {
	fs := vfs.NewCrash()
	for range 3 { // numbers jump at each start
		j, _ := open(t, fs, func(o *Options) { o.SegmentBytes = 400 })
		for i := range 60 {
			if err := j.AppendSync(text(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	names, err := fs.List()
	if err != nil || len(names) < 15 {
		t.Fatalf("%d segments, %v", len(names), err)
	}
	count := func(names ...string) (n uint64) {
		only := vfs.NewCrash()
		for _, name := range names {
			only.Put(name, fs.Bytes(name))
		}
		_, rec := recovered(t, only)
		return rec.Records
	}
	total := count(names...)
	if total != 180 {
		t.Fatalf("%d records", total)
	}
	r := newRand(t)
	for range 200 {
		disk := vfs.NewCrash()
		gone := uint64(0)
		last := 0
		for i, n := range names {
			if fs.Bytes(n) != nil && len(fs.Bytes(n)) > segmentHeader {
				last = i
			}
		}
		kept := false
		var what []string
		for i, n := range names {
			b := fs.Bytes(n)
			switch k := r.IntN(8); {
			case k == 0 && i != last && kept:
				gone += count(n)
				what = append(what, "without "+n)
				continue
			case k == 1 && i != last && len(b) > segmentHeader:
				before := count(n)
				b = b[:segmentHeader+r.IntN(len(b)-segmentHeader)]
				cut := vfs.NewCrash()
				cut.Put(n, b)
				_, rec := recovered(t, cut)
				gone += before - rec.Records
				what = append(what, fmt.Sprintf("%s cut to %d", n, len(b)))
			}
			kept = true
			disk.Put(n, b)
		}
		// What is gone before the first that is kept was released; here there is always one.
		_, rec := recovered(t, disk)
		if rec.Records != total-gone || rec.LostRecords() != gone {
			t.Fatalf("%v: %d records and %d lost, of %d and %d gone\n%v", what, rec.Records, rec.LostRecords(), total, gone, rec.Lost)
		}
		for _, l := range rec.Lost {
			if l.Segment == "" || l.From >= l.To || l.String() == "" {
				t.Errorf("a loss without a name: %+v", l)
			}
		}
	}
}

// TestWhatRidesAlongOutlivesAFailure: records that nobody waits for are written once the disk is well, and those that were refused are not.
func TestWhatRidesAlongOutlivesAFailure(t *testing.T) {
	for _, op := range []vfs.Op{vfs.Write, vfs.Sync} {
		for _, errno := range []error{syscall.ENOSPC, syscall.EIO} {
			fs := vfs.NewCrash()
			var now atomic.Int64
			now.Store(1e18)
			j, _ := open(t, fs, func(o *Options) { o.Now = func() time.Time { return time.Unix(0, now.Load()) } })
			fs.Fail(func(o vfs.Op) error {
				if o == op {
					return errno
				}
				return nil
			})
			for i := range 5 {
				if err := j.Append(fmt.Appendf(nil, "ride-%d", i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := j.AppendSync([]byte("refused")); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errno) {
				t.Fatalf("%s: %v", op, err)
			}
			if err := j.Append([]byte("ride-5")); err != nil {
				t.Fatal(err)
			}
			if a := j.Stats().Alarm(); !a.Critical || a.Text == "" {
				t.Errorf("no alarm: %+v", a)
			}
			if err := j.AppendSync([]byte("refused")); !errors.Is(err, ErrUnavailable) {
				t.Fatalf("while the disk rests: %v", err)
			}
			if err := j.Sync(); !errors.Is(err, ErrUnavailable) {
				t.Errorf("sync while the disk rests: %v", err)
			}
			fs.Fail(nil)
			now.Add(int64(1100 * time.Millisecond))
			if err := j.Sync(); err != nil {
				t.Fatalf("%s: a second after the disk is well: %v", op, err)
			}
			if s := j.Stats(); !s.Well || s.Alarm().Text != "" || s.Dropped != 0 || s.Refused != 2 {
				t.Errorf("stats %+v", s)
			}
			j.Close()
			for _, from := range []vfs.FS{fs, fs.AfterCut(vfs.Lose), fs.AfterCut(vfs.Torn(1 << 20))} {
				g, rec := open(t, from)
				got := all(t, g)
				for i := range 6 {
					if k := fmt.Sprintf("ride-%d", i); got[k] != 1 {
						t.Errorf("%s %v: %s is there %d times", op, errno, k, got[k])
					}
				}
				if got["refused"] != 0 || len(rec.Lost) != 0 {
					t.Errorf("%s %v: refused is there %d times, losses %v", op, errno, got["refused"], rec.Lost)
				}
				g.Close()
			}
		}
	}
}

// TestDiskThatStaysFullDoesNotFill: each try leaves nothing behind.
func TestDiskThatStaysFullDoesNotFill(t *testing.T) {
	fs := vfs.NewCrash()
	var now atomic.Int64
	now.Store(1e18)
	j, _ := open(t, fs, func(o *Options) { o.Now = func() time.Time { return time.Unix(0, now.Load()) } })
	defer j.Close()
	if err := j.AppendSync([]byte("before")); err != nil {
		t.Fatal(err)
	}
	var syncs atomic.Int32
	fs.Fail(func(o vfs.Op) error {
		// A header still fits; a record does not.
		if o == vfs.Sync && syncs.Add(1)%2 == 0 {
			return syscall.ENOSPC
		}
		return nil
	})
	for range 50 {
		_ = j.AppendSync([]byte("more")) // may be refused at once
		now.Add(int64(1100 * time.Millisecond))
		_ = j.Sync()
	}
	names, err := fs.List()
	if err != nil || len(names) > 4+25 {
		t.Errorf("%d segments after 50 tries, %v", len(names), err)
	}
	empty := 0
	for _, n := range names {
		if len(fs.Bytes(n)) <= segmentHeader {
			empty++
		}
	}
	if empty > 1 {
		t.Errorf("%d segments hold nothing", empty)
	}
}

// TestNearTheBoundBillableGoesFirst: what nobody waits for leaves the last sixteenth to billable records.
func TestNearTheBoundBillableGoesFirst(t *testing.T) {
	fs := vfs.NewCrash()
	j, _ := open(t, fs, func(o *Options) { o.SegmentBytes, o.MaxBytes = 4000, 160_000 })
	defer j.Close()
	rec := make([]byte, 200)
	for j.Append(rec) == nil {
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Append(rec); !errors.Is(err, ErrFull) {
		t.Fatalf("near the bound: %v", err)
	}
	if a := j.Stats().Alarm(); a.Text == "" || a.Critical {
		t.Errorf("near the bound: alarm %+v", a)
	}
	n := 0
	for ; j.AppendSync(rec) == nil; n++ {
		if n > 1000 {
			t.Fatal("the bound is none")
		}
	}
	if n < 160_000/16/216-20 {
		t.Errorf("only %d billable records found room", n)
	}
	s := j.Stats()
	if a := s.Alarm(); !a.Critical || !s.Full || s.Bytes > s.MaxBytes+8000 || s.Refused == 0 || s.Dropped == 0 {
		t.Errorf("at the bound: alarm %+v, stats %+v", a, s)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	j, _, err := Open(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	rec := make([]byte, 200)
	turn := func() {
		for range 1000 {
			if err := j.Append(rec); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		turn() // buffers reach their size
	}
	if n := testing.AllocsPerRun(50, turn); n > 50 {
		t.Errorf("1,000 appends allocate %.0f times", n)
	}
}
