package journal

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/placard/placard/reporting/journal/vfs"
)

// committer is the state of the only goroutine that writes.
type committer struct {
	file     vfs.File // nil: the next commit begins a segment
	size     int64    // of file
	next     uint64
	previous uint64 // number after the last record, for the next header
	records  uint64 // in the journal, deleted ones included
	retryAt  time.Time
	skipTo   atomic.Uint64 // set by SkipTo

	rides, bills [][]byte // of this commit
	rideCounts   []int
	carried      [][]byte // rides of commits that failed
	carriedBytes int
	carriedCount int
	waits        []*commit
	spare        [][]byte // buffers to swap in
	out          []byte   // small buffers are put together here
}

// begin starts a new segment.
func (j *Journal) begin() error {
	c := &j.committer
	name := segmentName(c.next)
	f, err := j.fs.Create(name)
	if err != nil {
		return err
	}
	now := j.opts.Now()
	h := header{id: j.id, first: c.next, previous: c.previous, records: c.records, begun: now.UnixMicro()}.append(nil)
	if _, err = f.Write(h); err == nil {
		if err = f.Sync(); err == nil {
			err = j.fs.SyncDir()
		}
	}
	if err != nil {
		_ = f.Close() // it holds no record
		if j.fs.Remove(name) != nil {
			c.next++ // what may still be there holds no record; the next try takes another name
		}
		return err
	}
	c.file, c.size = f, int64(len(h))
	j.bytes.Add(c.size)
	j.mu.Lock()
	j.segments = append(j.segments, segment{name: name, first: c.next, bytes: c.size, begun: now})
	j.mu.Unlock()
	return nil
}

// end closes the segment being written.
func (j *Journal) end() {
	c := &j.committer
	if c.file == nil {
		return
	}
	_ = c.file.Close() // every commit was synced
	c.file = nil
	j.mu.Lock()
	s := &j.segments[len(j.segments)-1]
	s.next, s.bytes, s.ended = c.next, c.size, j.opts.Now()
	j.mu.Unlock()
}

// run commits whenever somebody waits, much is staged, or Interval has passed.
func (j *Journal) run() {
	defer close(j.done)
	tick := time.NewTicker(j.opts.Interval)
	defer tick.Stop()
	for {
		stopping := false
		select {
		case <-j.wake:
		case <-tick.C:
		case <-j.stop:
			stopping = true
		}
		j.commit(stopping)
		if stopping {
			j.end()
			return
		}
		j.clean()
	}
}

// commit writes all that is staged, fsyncs it, and lets the waiters go.
func (j *Journal) commit(last bool) {
	c := &j.committer
	// Those who wait for what was staged before them are taken first.
	j.mu.Lock()
	c.waits = append(c.waits[:0], j.syncers...)
	clear(j.syncers)
	j.syncers = j.syncers[:0]
	j.mu.Unlock()
	// A disk that has just failed gets a moment. Nobody waits that long; what nobody waits for stays where it is.
	resting := !j.well.Load() && !last && j.opts.Now().Before(c.retryAt)
	j.collect(resting, last)
	var err error
	switch {
	case resting:
		err = ErrUnavailable
	case len(c.rides)+len(c.bills)+len(c.carried) > 0 || !j.well.Load():
		if err = j.write(); err != nil {
			j.carry()
		} else {
			c.recycle(c.carried)
			c.carried, c.carriedBytes, c.carriedCount = c.carried[:0], 0, 0
		}
	}
	for _, w := range c.waits {
		w.finish(err)
	}
	clear(c.waits)
	if err == nil {
		c.recycle(c.rides)
	}
	c.recycle(c.bills)
	clear(c.rides)
	clear(c.bills)
	if last {
		j.dropped.Add(uint64(c.carriedCount))
	}
}

// collect takes what is staged; of a resting disk only what somebody waits for.
func (j *Journal) collect(resting, last bool) {
	c := &j.committer
	c.rides, c.bills, c.rideCounts = c.rides[:0], c.bills[:0], c.rideCounts[:0]
	for i := range j.shards {
		s := &j.shards[i]
		s.mu.Lock()
		if !resting && len(s.ride.buf) > 0 {
			c.rides, c.rideCounts = append(c.rides, s.ride.buf), append(c.rideCounts, s.rideRecords)
			s.ride.buf, s.rideRecords, s.woke = c.take(), 0, false
		}
		if s.bill.wait != nil {
			c.bills, c.waits = append(c.bills, s.bill.buf), append(c.waits, s.bill.wait)
			s.bill = staged{buf: c.take()}
		}
		s.closed = s.closed || last
		s.mu.Unlock()
	}
}

// take returns an empty buffer, nil if there is none.
func (c *committer) take() []byte {
	n := len(c.spare)
	if n == 0 {
		return nil
	}
	b := c.spare[n-1]
	c.spare = c.spare[:n-1]
	return b[:0]
}

// maxSpare is how much memory the committer keeps for buffers to come.
const maxSpare = 64

// recycle keeps buffers for another turn. Those that a stalled disk let grow are let go.
func (c *committer) recycle(bufs [][]byte) {
	for _, b := range bufs {
		if cap(b) <= 4*wakeBytes && len(c.spare) < maxSpare {
			c.spare = append(c.spare, b)
		}
	}
}

// carry keeps the records that nobody waits for until the disk is well. Those that somebody waited for are not
// written any more: their senders were told.
func (j *Journal) carry() {
	c := &j.committer
	for i, b := range c.rides {
		if c.carriedBytes+len(b) > maxCarried {
			j.dropped.Add(uint64(c.rideCounts[i]))
			continue
		}
		c.carried = append(c.carried, b)
		c.carriedBytes += len(b)
		c.carriedCount += c.rideCounts[i]
	}
}

// write puts everything of this commit on disk: what rides along first, so that a request comes before its impression.
func (j *Journal) write() error {
	c := &j.committer
	if to := c.skipTo.Swap(0); to > c.next {
		j.end()
		c.next = to
		j.synced.Store(to)
	}
	if c.file == nil {
		if err := j.begin(); err != nil {
			return j.fail(err)
		}
	}
	next := c.next
	wrote := int64(0)
	put := func(b []byte) error {
		n, err := c.file.Write(b)
		wrote += int64(n)
		return err
	}
	err := error(nil)
	c.out = c.out[:0]
	for _, list := range [...][][]byte{c.carried, c.rides, c.bills} {
		for _, b := range list {
			next = frame(b, next)
			small := len(b) < wakeBytes/8
			if small {
				c.out = append(c.out, b...)
			}
			if err == nil && len(c.out) > 0 && (!small || len(c.out) >= wakeBytes) {
				err = put(c.out)
				c.out = c.out[:0]
			}
			if err == nil && !small {
				err = put(b)
			}
		}
	}
	if err == nil && len(c.out) > 0 {
		err = put(c.out)
	}
	if err == nil && wrote > 0 {
		begin := time.Now()
		err = c.file.Sync()
		j.lastFsync.Store(int64(time.Since(begin)))
		j.fsyncs.Add(1)
	}
	c.size += wrote
	j.bytes.Add(wrote)
	if err != nil {
		return j.fail(err)
	}
	if next > c.next {
		c.records += next - c.next
		c.next, c.previous = next, next
	}
	j.synced.Store(next)
	if !j.well.Swap(true) {
		j.lastError.Store(nil)
	}
	if wrote > 0 && c.size >= j.opts.SegmentBytes {
		j.end()
		if err := j.begin(); err != nil {
			_ = j.fail(err) // what was written is on disk; the next commit tries again
		}
	}
	return nil
}

// fail gives the segment up. Records that were staged for it may be on disk all the same: their numbers are not used again, and the
// next header says that they do not count.
func (j *Journal) fail(err error) error {
	c := &j.committer
	j.failures.Add(1)
	text := err.Error()
	j.lastError.Store(&text)
	j.well.Store(false)
	c.retryAt = j.opts.Now().Add(retryEvery)
	if c.file != nil {
		j.end()
		j.forgetEmpty()
		c.next += sequenceJump
		j.synced.Store(c.next)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// forgetEmpty deletes the segment that has just ended if it holds no record that counts: a disk that stays full must not fill with them.
func (j *Journal) forgetEmpty() {
	j.mu.Lock()
	s := j.segments[len(j.segments)-1]
	j.mu.Unlock()
	if s.next > s.first || j.fs.Remove(s.name) != nil {
		return
	}
	j.bytes.Add(-s.bytes)
	j.mu.Lock()
	j.segments = j.segments[:len(j.segments)-1]
	j.mu.Unlock()
}

// clean deletes what was released and is old.
func (j *Journal) clean() {
	now := j.opts.Now()
	j.mu.Lock()
	var gone []segment
	j.segments = slices.DeleteFunc(j.segments, func(s segment) bool {
		if s.next == 0 || s.next > j.released || now.Sub(s.ended) < j.opts.Retain {
			return false
		}
		gone = append(gone, s)
		return true
	})
	j.mu.Unlock()
	for n, s := range gone {
		if err := j.fs.Remove(s.name); err != nil {
			// It is tried again: what is on disk is counted.
			j.mu.Lock()
			j.segments = append(slices.Clone(gone[n:]), j.segments...)
			j.mu.Unlock()
			gone = gone[:n]
			break
		}
		j.bytes.Add(-s.bytes)
	}
	used := j.bytes.Load()
	j.full.Store(used > j.opts.MaxBytes)
	j.nearlyFull.Store(used > j.opts.MaxBytes-j.opts.MaxBytes/16)
	if len(gone) > 0 {
		_ = j.fs.SyncDir() // a name that comes back after a crash is released again
	}
}

// SkipTo makes numbers go on from seq if they are below it. The shipper calls it when the store has records that the journal does not
// know: its last segments were lost, and without a jump new events would pass for old ones.
func (j *Journal) SkipTo(seq uint64) { j.committer.skipTo.Store(seq) }
