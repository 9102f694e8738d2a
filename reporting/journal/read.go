package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Reader reads durable records in order, and goes on where it was when there are more. It belongs to one
// goroutine and may run while the journal is written.
type Reader struct {
	j       *Journal
	next    uint64 // the first record not yet read
	segment string // being read
	offset  int64  // in it, of the first byte not yet read
	scan    scanner
	lost    uint64
}

// Reader returns a reader of the records with a number of at least from.
func (j *Journal) Reader(from uint64) *Reader { return &Reader{j: j, next: from} }

// ReaderSince returns a reader that begins with the first segment that may hold records written at t or later.
func (j *Journal) ReaderSince(t time.Time) *Reader {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segments {
		if s.next == 0 || !s.ended.Before(t) {
			return j.Reader(s.first)
		}
	}
	return j.Reader(j.synced.Load())
}

// Lost returns how many records the reader passed over because they were damaged.
func (r *Reader) Lost() uint64 { return r.lost }

// Read calls fn for each durable record since the last call, until fn fails. A record that fn failed on comes again. The
// payload is only valid within the call.
func (r *Reader) Read(fn func(seq uint64, payload []byte) error) error {
	j := r.j
	synced := j.synced.Load()
	j.mu.Lock()
	segments := append([]segment(nil), j.segments...)
	j.mu.Unlock()
	for _, s := range segments {
		limit := s.next
		if limit == 0 {
			limit = synced // what is written but not synced may still be given up
		}
		if limit <= r.next || limit <= s.first {
			continue
		}
		if s.name != r.segment {
			r.segment, r.offset = s.name, segmentHeader
		}
		if err := r.read(s, limit, fn); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) read(s segment, limit uint64, fn func(seq uint64, payload []byte) error) error {
	f, err := r.j.fs.Open(s.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted since: the store has it
	}
	if err == nil {
		defer f.Close()
		_, err = f.Seek(r.offset, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read journal: segment %s: %w", s.name, err)
	}
	// Records below r.next are whole, and not asked for: damage is judged from the segment's beginning, or from where the reader was.
	low := r.next
	if r.offset == segmentHeader {
		low = s.first
	}
	failed := error(nil)
	next, end, err := r.scan.scan(f, r.offset, low, limit, func(seq uint64, payload []byte) error {
		if seq < r.next {
			return nil
		}
		failed = fn(seq, payload)
		return failed
	})
	for _, l := range r.scan.lost {
		r.lost += l.Records
	}
	r.next, r.offset = max(r.next, next), end
	if err != nil && failed == nil {
		return fmt.Errorf("read journal: segment %s: %w", s.name, err)
	}
	return failed
}
