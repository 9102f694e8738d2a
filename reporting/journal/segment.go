package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"sync"
)

const (
	magic         = "PLCJRNL1"
	segmentHeader = 60
	recordHeader  = 16
	// MaxRecord bounds a payload, in bytes: a length beyond it is damage, not data.
	MaxRecord = 64 << 10
	extension = ".seg"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, extension) }

func parseSegmentName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, extension)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

type header struct {
	id              [16]byte
	first, previous uint64
	records         uint64 // in all segments before
	begun           int64  // microseconds
}

func (h header) append(dst []byte) []byte {
	dst = append(dst, magic...)
	dst = append(dst, h.id[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, h.first)
	dst = binary.LittleEndian.AppendUint64(dst, h.previous)
	dst = binary.LittleEndian.AppendUint64(dst, h.records)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.begun))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[len(dst)-56:], castagnoli))
}

var errDamaged = errors.New("damaged")

func readHeader(b []byte) (h header, err error) {
	if len(b) < segmentHeader || string(b[:8]) != magic || crc32.Checksum(b[:56], castagnoli) != binary.LittleEndian.Uint32(b[56:]) {
		return h, errDamaged
	}
	copy(h.id[:], b[8:])
	h.first = binary.LittleEndian.Uint64(b[24:])
	h.previous = binary.LittleEndian.Uint64(b[32:])
	h.records = binary.LittleEndian.Uint64(b[40:])
	h.begun = int64(binary.LittleEndian.Uint64(b[48:]))
	return h, nil
}

// reserve appends room for a record's header, with its length in it, and the payload.
func reserve(dst, payload []byte) []byte {
	var h [recordHeader]byte
	binary.LittleEndian.PutUint32(h[4:], uint32(len(payload)))
	dst = append(dst, h[:]...)
	return append(dst, payload...)
}

// frame gives every record of a staged buffer its number and sum. It returns the number after the last.
func frame(b []byte, seq uint64) uint64 {
	for len(b) > 0 {
		n := recordHeader + int(binary.LittleEndian.Uint32(b[4:]))
		binary.LittleEndian.PutUint64(b[8:], seq)
		binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:n], castagnoli))
		b, seq = b[n:], seq+1
	}
	return seq
}

// record returns the size of the intact record at the beginning of b, and its number. Only numbers from low on are believed: that
// is cheaper to see than a sum.
func record(b []byte, low uint64) (seq uint64, size int, ok bool) {
	if len(b) < recordHeader {
		return 0, 0, false
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if seq = binary.LittleEndian.Uint64(b[8:]); n > MaxRecord || seq < low || len(b) < recordHeader+int(n) {
		return 0, 0, false
	}
	size = recordHeader + int(n)
	return seq, size, crc32.Checksum(b[4:size], castagnoli) == binary.LittleEndian.Uint32(b)
}

// chunk is how much of a segment is read at once, bytes.
const chunk = 256 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// scanner walks the records of a segment.
type scanner struct {
	lost []Loss // damage of the last scan; a torn tail is none
}

// scan calls fn for each intact record of r with a number from low up to limit (exclusive), in order; base is where r begins in the segment. It
// returns the number after the last of them, and where it ends. When fn fails, its record is not counted among them.
func (s *scanner) scan(r io.Reader, base int64, low, limit uint64, fn func(seq uint64, payload []byte) error) (next uint64, end int64, err error) {
	s.lost = s.lost[:0]
	next, end = low, base
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	b := buf[:0]
	at, bad := 0, int64(-1) // bad is where damage began
	for eof := false; ; {
		if !eof && len(b)-at < recordHeader+MaxRecord {
			n := copy(buf[:], b[at:])
			base += int64(at)
			at = 0
			m, err := io.ReadFull(r, buf[n:])
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					return next, end, err
				}
				eof = true
			}
			b = buf[:n+m]
		}
		if at >= len(b) {
			return next, end, nil
		}
		seq, size, ok := record(b[at:], next)
		if !ok {
			if bad < 0 {
				bad = base + int64(at)
			}
			at++
			continue
		}
		if seq >= limit {
			return next, end, nil
		}
		here := base + int64(at)
		if bad >= 0 {
			s.lost = append(s.lost, Loss{Offset: bad, Bytes: here - bad, From: next, To: seq, Records: seq - next})
			bad = -1
		} else if seq != next {
			s.lost = append(s.lost, Loss{Offset: here, From: next, To: seq, Records: seq - next})
		}
		if fn != nil {
			if err := fn(seq, b[at+recordHeader:at+size]); err != nil {
				return next, here, err
			}
		}
		next, at = seq+1, at+size
		end = base + int64(at)
	}
}

// Loss is a run of bytes or records that could not be read.
type Loss struct {
	Segment  string
	Offset   int64  // in the segment, bytes
	Bytes    int64  // 0: records are missing where there is no damage
	From, To uint64 // sequence numbers, half-open
	Records  uint64 // how many records were lost
	Missing  bool   // what is lost stood before the segment: other segments, or the end of the one before
}

// String names the place.
func (l Loss) String() string {
	switch {
	case l.Missing:
		return fmt.Sprintf("before %s: %d records are missing, with numbers from %d to %d", l.Segment, l.Records, l.From, l.To-1)
	case l.Records == 0:
		return fmt.Sprintf("%s: %d bytes at offset %d are damaged; no record was in them", l.Segment, l.Bytes, l.Offset)
	}
	return fmt.Sprintf("%s: %d records are lost, numbers %d to %d (%d bytes at offset %d)", l.Segment, l.Records, l.From, l.To-1, l.Bytes, l.Offset)
}
