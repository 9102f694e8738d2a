package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
)

// Reader reads durable records in order, and goes on where it was when there are more. It belongs to one
// goroutine and may run while the journal is written.
type Reader struct {
	j       *Journal
	next    uint64 // the first record not yet read
	segment string // being read
	offset  int64  // in it, of the first byte not yet read
}

// Reader returns a reader of the records with a number of at least from.
func (j *Journal) Reader(from uint64) *Reader { return &Reader{j: j, next: from} }

// Read calls fn for each durable record since the last call, until fn fails. A record that fn failed on comes again. The
// payload is only valid within the call.
func (r *Reader) Read(fn func(seq uint64, payload []byte) error) error {
	j := r.j
	j.mu.Lock()
	segments := append([]segment(nil), j.segments...)
	j.mu.Unlock()
	synced := j.synced.Load()
	for _, s := range segments {
		limit := s.next
		if limit == 0 {
			limit = synced // what is written but not synced may still be given up
		}
		if limit <= r.next {
			continue
		}
		if s.name != r.segment {
			r.segment, r.offset = s.name, segmentHeader
		}
		b, err := j.readFrom(s.name, r.offset)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted since: the store has it
		}
		if err != nil {
			return fmt.Errorf("read journal: segment %s: %w", s.name, err)
		}
		next, end, _, err := scan(b, max(r.next, s.first), limit, fn)
		r.next, r.offset = next, r.offset+int64(end)
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) readFrom(name string, offset int64) ([]byte, error) {
	f, err := j.fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// noLimit reads to the end.
const noLimit = math.MaxUint64
