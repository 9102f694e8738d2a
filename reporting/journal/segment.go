package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/placard/placard/reporting/journal/vfs"
)

const (
	magic         = "PLCJRNL1"
	segmentHeader = 44
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
}

func (h header) append(dst []byte) []byte {
	dst = append(dst, magic...)
	dst = append(dst, h.id[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, h.first)
	dst = binary.LittleEndian.AppendUint64(dst, h.previous)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[len(dst)-40:], castagnoli))
}

var errDamaged = errors.New("damaged")

func readHeader(b []byte) (h header, err error) {
	if len(b) < segmentHeader || string(b[:8]) != magic || crc32.Checksum(b[:40], castagnoli) != binary.LittleEndian.Uint32(b[40:]) {
		return h, errDamaged
	}
	copy(h.id[:], b[8:])
	h.first = binary.LittleEndian.Uint64(b[24:])
	h.previous = binary.LittleEndian.Uint64(b[32:])
	return h, nil
}

// frame writes the header of a record over b[:recordHeader]; the payload stands behind it.
func frame(b []byte, seq uint64) {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-recordHeader))
	binary.LittleEndian.PutUint64(b[8:], seq)
	binary.LittleEndian.PutUint32(b[4:], recordSum(b))
}

func recordSum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:4], castagnoli), castagnoli, b[8:])
}

// record returns the intact record at the beginning of b, if there is one.
func record(b []byte) (seq uint64, payload []byte, size int, ok bool) {
	if len(b) < recordHeader {
		return 0, nil, 0, false
	}
	n := binary.LittleEndian.Uint32(b)
	if n > MaxRecord || len(b) < recordHeader+int(n) {
		return 0, nil, 0, false
	}
	size = recordHeader + int(n)
	if recordSum(b[:size]) != binary.LittleEndian.Uint32(b[4:]) {
		return 0, nil, 0, false
	}
	return binary.LittleEndian.Uint64(b[8:]), b[recordHeader:size], size, true
}

// scan calls fn for each intact record with a number from low up to limit (exclusive), in order. It returns the number
// after the last of them and where it ends, and the damage between records: a torn tail is none.
func scan(b []byte, low, limit uint64, fn func(seq uint64, payload []byte) error) (next uint64, end int, lost []Loss, err error) {
	next = low
	bad := -1 // where damage began
	for at := 0; at < len(b); {
		seq, payload, size, ok := record(b[at:])
		if !ok || seq < next {
			if bad < 0 {
				bad = at
			}
			at++
			continue
		}
		if seq >= limit {
			break
		}
		if bad >= 0 {
			lost = append(lost, Loss{Offset: int64(bad), Bytes: int64(at - bad), From: next, To: seq})
			bad = -1
		} else if seq != next {
			lost = append(lost, Loss{Offset: int64(at), From: next, To: seq})
		}
		if fn != nil {
			if err := fn(seq, payload); err != nil {
				return next, end, lost, err
			}
		}
		next, at = seq+1, at+size
		end = at
	}
	return next, end, lost, nil
}

// Loss is a run of bytes or records that could not be read.
type Loss struct {
	Segment  string
	Offset   int64 // behind the segment's header, bytes
	Bytes    int64
	From, To uint64 // sequence numbers, half-open
}

// String names the place.
func (l Loss) String() string {
	return fmt.Sprintf("%s: records %d to %d (%d bytes at offset %d)", l.Segment, l.From, l.To-1, l.Bytes, l.Offset+segmentHeader)
}

func readAll(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	_, err = io.Copy(&b, f)
	return b.Bytes(), err
}
