package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Recovery is what Open found.
type Recovery struct {
	Segments int
	Records  uint64
	Bytes    int64
	Lost     []Loss // damage, by place
	Unknown  []string
}

// LostRecords is how many records were lost in all.
func (r *Recovery) LostRecords() uint64 {
	n := uint64(0)
	for _, l := range r.Lost {
		n += l.Records
	}
	return n
}

// noLimit reads to the end.
const noLimit = math.MaxUint64

// found is a segment as recovery sees it before it reads the records.
type found struct {
	name   string
	header header
	intact bool // the header
	bytes  int64
	limit  uint64 // where the segment behind it says that this one ends
}

// recover reads the segments that are there, one at a time.
func (j *Journal) recover() (*Recovery, error) {
	rec := &Recovery{}
	all, err := j.headers(rec)
	if err != nil {
		return nil, err
	}
	c := &j.committer
	var scan scanner
	var end, highest, records uint64 // records is how many there were so far, if counting
	counting := false
	for n, f := range all {
		if f.intact {
			if counting && f.header.records > records {
				rec.Lost = append(rec.Lost, Loss{Segment: f.name, From: end, To: max(f.header.previous, end+1), Records: f.header.records - records, Missing: true})
			}
			records, counting = f.header.records, true
		}
		next, err := j.recoverSegment(&scan, f, rec, &records)
		if err != nil {
			return nil, fmt.Errorf("read segment %s: %w", f.name, err)
		}
		if next > f.header.first {
			end = next
		}
		highest = max(highest, next, f.header.first)
		s := segment{name: f.name, first: f.header.first, next: next, bytes: f.bytes, begun: time.UnixMicro(f.header.begun), ended: j.opts.Now()}
		if n+1 < len(all) && all[n+1].intact {
			s.ended = time.UnixMicro(all[n+1].header.begun)
		}
		j.segments = append(j.segments, s)
		j.bytes.Add(f.bytes)
	}
	if j.id == ([16]byte{}) {
		rand.Read(j.id[:]) // never fails
	}
	j.lostRecords.Store(rec.LostRecords())
	c.previous, c.records, c.next = end, records, 1
	if highest > 0 {
		c.next = highest + sequenceJump
	}
	j.synced.Store(c.next)
	return rec, nil
}

// headers lists the segments, and what the header of each says of the one before.
func (j *Journal) headers(rec *Recovery) ([]found, error) {
	names, err := j.fs.List()
	if err != nil {
		return nil, err
	}
	var all []found
	for _, name := range names {
		first, ok := parseSegmentName(name)
		if !ok {
			if name != "lock" {
				rec.Unknown = append(rec.Unknown, name)
			}
			continue
		}
		f := found{name: name, header: header{first: first}, limit: noLimit}
		b, size, err := j.readHead(name)
		if err != nil {
			return nil, fmt.Errorf("read segment %s: %w", name, err)
		}
		f.bytes = size
		rec.Segments++
		rec.Bytes += size
		// A damaged header costs nothing: the name says where the segment begins, and records carry their own numbers and sums.
		if h, err := readHeader(b); err == nil && h.first == first {
			if j.id == ([16]byte{}) {
				j.id = h.id
			}
			if h.id != j.id {
				return nil, fmt.Errorf("segment %s belongs to another journal (%s); move it away", name, hex.EncodeToString(h.id[:]))
			}
			f.header, f.intact = h, true
			// Records that were refused may stand at the end of the segment before; this one's header says which are good.
			if n := len(all); n > 0 && h.previous > 0 {
				all[n-1].limit = h.previous
			}
		} else if size > segmentHeader {
			rec.Lost = append(rec.Lost, Loss{Segment: name, Bytes: segmentHeader, From: first, To: first})
		}
		all = append(all, f)
	}
	return all, nil
}

// readHead returns the beginning of a segment and its size.
func (j *Journal) readHead(name string) ([]byte, int64, error) {
	f, err := j.fs.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	b := make([]byte, segmentHeader)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	return b[:n], size, err
}

// recoverSegment reads a segment's records, adds them to the count, and returns the number after the last.
func (j *Journal) recoverSegment(s *scanner, f found, rec *Recovery, records *uint64) (uint64, error) {
	if f.bytes <= segmentHeader {
		return f.header.first, nil
	}
	r, err := j.fs.Open(f.name)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if _, err := r.Seek(segmentHeader, io.SeekStart); err != nil {
		return 0, err
	}
	n := uint64(0)
	next, _, err := s.scan(r, segmentHeader, f.header.first, f.limit, func(uint64, []byte) error { n++; return nil })
	if err != nil {
		return 0, err
	}
	rec.Records += n
	for _, l := range s.lost {
		l.Segment = f.name
		rec.Lost = append(rec.Lost, l)
		n += l.Records
	}
	*records += n
	return next, nil
}
