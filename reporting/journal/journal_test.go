package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/reporting/journal/vfs"
)

func open(t testing.TB, fs vfs.FS, more ...func(*Options)) (*Journal, *Recovery) {
	t.Helper()
	o := Options{FS: fs, Interval: time.Millisecond}
	for _, m := range more {
		m(&o)
	}
	j, rec, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return j, rec
}

// all returns every durable record by its text, and how often it is there.
func all(t testing.TB, j *Journal) map[string]int {
	t.Helper()
	out := map[string]int{}
	last := uint64(0)
	err := j.Reader(0).Read(func(seq uint64, p []byte) error {
		if seq <= last {
			t.Fatalf("number %d after %d", seq, last)
		}
		last = seq
		out[string(p)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func text(i int) []byte { return fmt.Appendf(nil, "event-%d", i) }

// TestPowerCut cuts the power at each operation of a run in turn: what was acknowledged must be there afterwards, once,
// and a second run must go on.
func TestPowerCut(t *testing.T) {
	const events = 120
	run := func(fs *vfs.Crash) (acked map[string]bool) {
		acked = map[string]bool{}
		j, _, err := Open(Options{FS: fs, SegmentBytes: 600, Interval: time.Millisecond, Retain: time.Hour})
		if err != nil {
			return acked // the power went before there was a journal
		}
		defer j.Close()
		for i := range events {
			if err := j.AppendSync(text(i)); err != nil {
				return acked
			}
			acked[string(text(i))] = true
		}
		return acked
	}
	whole := vfs.NewCrash()
	if n := len(run(whole)); n != events {
		t.Fatalf("only %d of %d events were acknowledged with the power on", n, events)
	}
	total := whole.Ops()
	if total < events {
		t.Fatalf("%d operations for %d events: where are the fsyncs?", total, events)
	}
	for cut := 1; cut <= total+1; cut++ {
		for _, torn := range []int{0, 7, 1 << 20} {
			fs := vfs.NewCrash()
			fs.CutAt(cut)
			acked := run(fs)
			j, rec := open(t, fs.AfterCut(vfs.Torn(torn)))
			if len(rec.Lost) > 0 {
				t.Fatalf("cut at operation %d, torn %d: a power cut counts as damage: %v", cut, torn, rec.Lost)
			}
			got := all(t, j)
			for e := range acked {
				if got[e] != 1 {
					t.Fatalf("cut at operation %d, torn %d: acknowledged %s is there %d times", cut, torn, e, got[e])
				}
			}
			if err := j.AppendSync([]byte("after")); err != nil {
				t.Fatalf("cut at operation %d: the journal does not go on: %v", cut, err)
			}
			if all(t, j)["after"] != 1 {
				t.Fatalf("cut at operation %d: the next event is lost", cut)
			}
			j.Close()
		}
	}
}

// segmentOf returns the bytes of a segment with n records.
func segmentOf(t *testing.T, n int) (string, []byte) {
	t.Helper()
	fs := vfs.NewCrash()
	j, _ := open(t, fs)
	for i := range n {
		if err := j.AppendSync(text(i)); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	names, err := fs.List()
	if err != nil || len(names) != 1 {
		t.Fatalf("segments %v, %v", names, err)
	}
	return names[0], fs.Bytes(names[0])
}

func fsWith(name string, b []byte) *vfs.Crash {
	fs := vfs.NewCrash()
	fs.Put(name, b)
	return fs
}

func TestEveryCutKeepsWhatIsWhole(t *testing.T) {
	name, b := segmentOf(t, 20)
	size := (len(b) - segmentHeader) / 20
	for n := range b {
		j, rec := open(t, fsWith(name, append([]byte(nil), b[:n]...)))
		got := len(all(t, j))
		j.Close()
		// Records are of equal size but for the digits of their numbers: at least what fits must be there.
		if want := max(0, n-segmentHeader) / (size + 1); got < want {
			t.Fatalf("cut at %d: %d records, at least %d are whole", n, got, want)
		}
		if len(rec.Lost) > 0 && n >= segmentHeader {
			t.Fatalf("cut at %d: a torn tail counts as damage: %v", n, rec.Lost)
		}
	}
}

func TestEveryFlippedBitCostsOneRecord(t *testing.T) {
	name, b := segmentOf(t, 20)
	for i := range b {
		for bit := range 8 {
			bad := append([]byte(nil), b...)
			bad[i] ^= 1 << bit
			fs := fsWith(name, bad)
			j, rec, err := Open(Options{FS: fs, Interval: time.Millisecond})
			if err != nil {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
			got := all(t, j)
			j.Close()
			switch {
			case i < segmentHeader && len(got) != 20:
				t.Fatalf("bit %d of byte %d: a damaged header cost %d records", bit, i, 20-len(got))
			case i >= segmentHeader && len(got) != 19:
				t.Fatalf("bit %d of byte %d: %d records are left of 20", bit, i, len(got))
			}
			for e, n := range got {
				if n != 1 {
					t.Fatalf("bit %d of byte %d: %s is there %d times", bit, i, e, n)
				}
			}
			// The last record cannot be told from a torn tail.
			if last := len(b) - 40; i < last && len(rec.Lost) == 0 {
				t.Fatalf("bit %d of byte %d: damage was not named", bit, i)
			}
		}
	}
}

func TestDiskThatFailsIsNamedAndComesBack(t *testing.T) {
	for _, op := range []vfs.Op{vfs.Write, vfs.Sync, vfs.Create} {
		t.Run(string(op), func(t *testing.T) {
			fs := vfs.NewCrash()
			now := atomic.Int64{}
			now.Store(1e18)
			j, _ := open(t, fs, func(o *Options) {
				o.Now = func() time.Time { return time.Unix(0, now.Load()) }
				o.SegmentBytes = 1
			})
			defer j.Close()
			if err := j.AppendSync([]byte("before")); err != nil {
				t.Fatal(err)
			}
			var broken atomic.Bool
			broken.Store(true)
			fs.Fail(func(o vfs.Op) error {
				if broken.Load() && o == op {
					return errors.New("no space left on device")
				}
				return nil
			})
			failed := false
			for i := range 3 {
				if err := j.AppendSync(fmt.Appendf(nil, "refused-%d", i)); errors.Is(err, ErrUnavailable) {
					failed = true
				} else if err != nil {
					t.Fatalf("failed otherwise: %v", err)
				}
			}
			if !failed {
				t.Fatal("the disk failed and nobody was told")
			}
			broken.Store(false)
			// The next try is a second later by the injected clock; the committer looks every millisecond.
			deadline := time.Now().Add(5 * time.Second)
			for j.AppendSync([]byte("well again")) != nil {
				now.Add(int64(100 * time.Millisecond))
				if time.Now().After(deadline) {
					t.Fatal("the disk is well and the journal is not")
				}
			}
			for _, k := range []string{"before", "well again"} {
				if all(t, j)[k] != 1 {
					t.Errorf("%q is there %d times", k, all(t, j)[k])
				}
			}
			j.Close()
			// What was refused must not come back with the next start.
			j2, _ := open(t, fs)
			defer j2.Close()
			got := all(t, j2)
			if op == vfs.Sync && got["refused-0"] != 0 {
				t.Error("a refused event counts after a restart")
			}
			if got["before"] != 1 || got["well again"] != 1 {
				t.Errorf("after a restart: %v", got)
			}
		})
	}
}

func TestConcurrentAppendsShareFsyncs(t *testing.T) {
	dir := t.TempDir()
	j, _, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second journal on the same directory: %v", err)
	}
	var wg sync.WaitGroup
	const writers, each = 64, 50
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				rec := binary.LittleEndian.AppendUint32(nil, uint32(w*each+i))
				if err := j.AppendSync(rec); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := len(all(t, j)); n != writers*each {
		t.Errorf("%d records of %d", n, writers*each)
	}
	if f := j.Stats().Fsyncs; f > writers*each/4 {
		t.Errorf("%d fsyncs for %d records: commits are not shared", f, writers*each)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.AppendSync([]byte("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
}

func TestSizeBoundRefusesAndReleaseFrees(t *testing.T) {
	fs := vfs.NewCrash()
	j, _ := open(t, fs, func(o *Options) { o.SegmentBytes, o.MaxBytes, o.Retain = 200, 1000, time.Nanosecond })
	defer j.Close()
	var err error
	for i := 0; i < 200 && err == nil; i++ {
		err = j.AppendSync(text(i))
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("beyond the bound: %v", err)
	}
	j.Release(j.Stats().Next)
	deadline := time.Now().Add(5 * time.Second)
	for j.AppendSync([]byte("again")) != nil {
		if time.Now().After(deadline) {
			t.Fatalf("released and still full: %+v", j.Stats())
		}
		_ = j.Append([]byte("x")) // lets the committer look
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, segmentName(1)), []byte("garbage that is no segment at all, but long enough for a header"), 0o600); err != nil {
		t.Fatal(err)
	}
	j, rec, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if len(rec.Unknown) != 1 || len(rec.Lost) == 0 {
		t.Errorf("recovery says %+v", rec)
	}
	if err := j.AppendSync([]byte("goes on")); err != nil {
		t.Fatal(err)
	}
}

func FuzzScan(f *testing.F) {
	b := reserve(nil, []byte("abc"))
	frame(b, 1)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var s scanner
		next, end, err := s.scan(bytes.NewReader(b), 0, 1, noLimit, nil)
		if end > int64(len(b)) || next < 1 || err != nil {
			t.Fatalf("next %d, end %d of %d", next, end, len(b))
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	j, _, err := Open(Options{Dir: b.TempDir(), MaxBytes: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	rec := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		for j.Append(rec) != nil {
			if err := j.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkAppendSync1024(b *testing.B) {
	j, _, err := Open(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	rec := make([]byte, 200)
	b.SetParallelism(512)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := j.AppendSync(rec); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
