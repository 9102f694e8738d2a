package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// Sink takes batches. Stores implement it.
type Sink interface {
	Append(ctx context.Context, b store.Batch) error
	Position(ctx context.Context, journal string) (uint64, error)
}

// ShipperOptions configures a [Shipper].
type ShipperOptions struct {
	Journal *Journal
	Sink    Sink
	// MaxBatch is how many events a batch holds at most. 0 means 50,000: far below the block size of ClickHouse, and some
	// 20 MB of memory.
	MaxBatch int
	// Interval is how often the journal is looked at. 0 means 500 ms: reports show events within seconds.
	Interval time.Duration
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
}

// Shipper takes the journal's records to the store, in order. A batch that was sent stays as it is until the store has
// acknowledged it: whatever happens on the way, the same records are sent again under the same numbers.
type Shipper struct {
	opts    ShipperOptions
	reader  *Reader
	pending *store.Batch // read but not yet acknowledged
	intern  event.Interner

	mu sync.Mutex // one step at a time: Run and Flush

	shipped   atomic.Uint64 // number after the last record in the store
	events    atomic.Uint64
	damaged   atomic.Uint64
	lost      atomic.Uint64
	failing   atomic.Bool
	lastError atomic.Pointer[string]
	lastSent  atomic.Int64 // unix micros of the last success
}

// NewShipper returns a shipper that has not begun.
func NewShipper(opts ShipperOptions) *Shipper {
	if opts.MaxBatch == 0 {
		opts.MaxBatch = 50_000
	}
	if opts.Interval == 0 {
		opts.Interval = 500 * time.Millisecond
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Shipper{opts: opts}
}

// Run ships until ctx ends. A store that fails is tried again, after pauses that double up to 30 seconds.
func (s *Shipper) Run(ctx context.Context) {
	pause := s.opts.Interval
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			if s.failing.CompareAndSwap(false, true) {
				s.opts.Log.Error("ship journal to store; it is tried again", "error", err)
			}
			pause = min(pause*2, 30*time.Second)
			continue
		}
		if s.failing.CompareAndSwap(true, false) {
			s.opts.Log.Info("the store takes events again")
		}
		pause = s.opts.Interval
	}
}

var errBatchFull = errors.New("batch is full")

// Flush ships everything that is durable now.
func (s *Shipper) Flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.flush(ctx)
	if err != nil {
		text := err.Error()
		s.lastError.Store(&text)
		return err
	}
	s.lastError.Store(nil)
	s.lastSent.Store(time.Now().UnixMicro())
	return nil
}

func (s *Shipper) flush(ctx context.Context) error {
	if s.reader == nil {
		from, err := s.opts.Sink.Position(ctx, s.opts.Journal.ID())
		if err != nil {
			return err
		}
		if from > s.opts.Journal.Stats().Next {
			s.opts.Log.Error("the store has events that the journal does not know: its last segments are lost; what the store has is kept", "store_has", from, "journal_ends", s.opts.Journal.Stats().Next)
			s.opts.Journal.SkipTo(from)
		}
		s.reader = s.opts.Journal.Reader(from)
		s.shipped.Store(from)
	}
	for {
		if s.pending == nil {
			b, err := s.fill()
			if err != nil {
				return err
			}
			if b == nil {
				return nil
			}
			s.pending = b
		}
		if len(s.pending.Events) > 0 {
			if err := s.opts.Sink.Append(ctx, *s.pending); err != nil {
				return err
			}
		}
		s.events.Add(uint64(len(s.pending.Events)))
		s.shipped.Store(s.pending.To)
		s.opts.Journal.Release(s.pending.To)
		s.pending = nil
	}
}

// fill reads the next batch, nil if there is nothing. Its records have consecutive numbers.
func (s *Shipper) fill() (*store.Batch, error) {
	b := &store.Batch{Journal: s.opts.Journal.ID()}
	err := s.reader.Read(func(seq uint64, payload []byte) error {
		if b.To == 0 {
			b.From, b.To = seq, seq
		}
		if seq != b.To || len(b.Events) == s.opts.MaxBatch {
			return errBatchFull
		}
		var e event.Event
		if err := event.Decode(payload, &e, &s.intern); err != nil {
			// Its sum was right, so it was written like this: a record of a later version. It is counted and left.
			if s.damaged.Add(1) == 1 {
				s.opts.Log.Error("a journal record is not an event of this version", "seq", seq, "error", err)
			}
			if len(b.Events) > 0 {
				return errBatchFull
			}
			b.From, b.To = seq+1, seq+1
			return nil
		}
		b.Events = append(b.Events, e)
		b.To = seq + 1
		return nil
	})
	if err != nil && !errors.Is(err, errBatchFull) {
		return nil, err
	}
	if n := s.reader.Lost(); n > s.lost.Load() {
		s.opts.Log.Error("the journal is damaged; what is intact is shipped", "records_lost", n-s.lost.Load())
		s.lost.Store(n)
	}
	if b.To == 0 {
		return nil, nil
	}
	return b, nil
}

// ShipperStats is the state of a shipper.
type ShipperStats struct {
	Lag     int64  // durable records that are not in the store
	Events  uint64 // shipped since the start
	Damaged uint64 // records that were no events
	Lost    uint64 // records that were damaged on disk
	Error   string // of the last try, "" if it went well
}

// Stats returns the state now.
func (s *Shipper) Stats() ShipperStats {
	st := ShipperStats{Events: s.events.Load(), Damaged: s.damaged.Load(), Lost: s.lost.Load()}
	if e := s.lastError.Load(); e != nil {
		st.Error = *e
	}
	st.Lag = s.opts.Journal.lag(s.shipped.Load())
	return st
}

// lag counts the records from a number on. Numbers jump where a segment was given up or a process ended.
func (j *Journal) lag(from uint64) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	var n int64
	for _, s := range j.segments {
		end := s.next
		if end == 0 {
			end = j.synced.Load()
		}
		if first := max(s.first, from); end > first {
			n += int64(end - first)
		}
	}
	return n
}

// WriteMetrics prints the shipper's state in the Prometheus text format.
func (s *Shipper) WriteMetrics(w io.Writer) {
	st := s.Stats()
	failing := 0
	if st.Error != "" {
		failing = 1
	}
	fmt.Fprintf(w, "placard_store_lag_records %d\n", st.Lag)
	fmt.Fprintf(w, "placard_store_failing %d\n", failing)
	fmt.Fprintf(w, "placard_store_events_shipped_total %d\n", st.Events)
	fmt.Fprintf(w, "placard_store_records_unreadable_total %d\n", st.Damaged+st.Lost)
}
