package journal

import (
	"fmt"
	"io"
	"time"
)

// Stats is the state of a journal.
type Stats struct {
	Bytes     int64
	MaxBytes  int64
	Segments  int
	Next      uint64 // number after the last durable record
	Well      bool   // takes billable records
	Full      bool   // has reached its bound: billable records are refused
	Dropped   uint64 // records that nobody waited for and that could not be kept
	Refused   uint64 // AppendSync calls that failed
	Lost      uint64 // records that were damaged on disk
	Fsyncs    uint64
	Failures  uint64 // of the disk
	LastFsync time.Duration
	LastError string // of the disk, "" when it is well
	Released  uint64
}

// Stats returns the state now.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	n, rel := len(j.segments), j.released
	j.mu.Unlock()
	s := Stats{
		Bytes: j.bytes.Load(), MaxBytes: j.opts.MaxBytes, Segments: n, Next: j.synced.Load(), Well: j.well.Load(), Full: j.full.Load(),
		Dropped: j.dropped.Load(), Refused: j.refused.Load(), Lost: j.lostRecords.Load(), Fsyncs: j.fsyncs.Load(), Failures: j.failures.Load(),
		LastFsync: time.Duration(j.lastFsync.Load()), Released: rel,
	}
	if e := j.lastError.Load(); e != nil && !s.Well {
		s.LastError = *e
	}
	return s
}

// Alarm is what an operator should be told of a journal.
type Alarm struct {
	Critical bool   // billable events are being refused
	Text     string // what is wrong and what to do; "" when all is well
}

// alarmShare is how full a journal is, in percent, when it is worth a look: with the defaults there are some hours left.
const alarmShare = 70

// Alarm returns what needs a person.
func (s Stats) Alarm() Alarm {
	gib := func(n int64) float64 { return float64(n) / (1 << 30) }
	switch {
	case !s.Well:
		return Alarm{true, "the journal's disk does not take writes, and billable events are refused: " + s.LastError}
	case s.Full:
		return Alarm{true, fmt.Sprintf("the journal has reached its bound of %.1f GiB, and billable events are refused: see why the store does not take events", gib(s.MaxBytes))}
	case s.Bytes*100 >= s.MaxBytes*alarmShare:
		return Alarm{false, fmt.Sprintf("the journal holds %.1f of at most %.1f GiB: see why the store does not take events", gib(s.Bytes), gib(s.MaxBytes))}
	}
	return Alarm{}
}

// WriteMetrics prints the journal's state in the Prometheus text format.
func (j *Journal) WriteMetrics(w io.Writer) {
	s := j.Stats()
	alarm, critical := 0, 0
	if a := s.Alarm(); a.Text != "" {
		alarm = 1
		if a.Critical {
			critical = 1
		}
	}
	well := 0
	if s.Well {
		well = 1
	}
	fmt.Fprintf(w, "placard_journal_bytes %d\n", s.Bytes)
	fmt.Fprintf(w, "placard_journal_max_bytes %d\n", s.MaxBytes)
	fmt.Fprintf(w, "placard_journal_segments %d\n", s.Segments)
	fmt.Fprintf(w, "placard_journal_well %d\n", well)
	fmt.Fprintf(w, "placard_journal_alarm{level=\"warning\"} %d\n", alarm)
	fmt.Fprintf(w, "placard_journal_alarm{level=\"critical\"} %d\n", critical)
	fmt.Fprintf(w, "placard_journal_records_refused_total %d\n", s.Refused)
	fmt.Fprintf(w, "placard_journal_records_dropped_total %d\n", s.Dropped)
	fmt.Fprintf(w, "placard_journal_records_lost_total %d\n", s.Lost)
	fmt.Fprintf(w, "placard_journal_fsyncs_total %d\n", s.Fsyncs)
	fmt.Fprintf(w, "placard_journal_disk_failures_total %d\n", s.Failures)
	fmt.Fprintf(w, "placard_journal_fsync_seconds %g\n", s.LastFsync.Seconds())
}
