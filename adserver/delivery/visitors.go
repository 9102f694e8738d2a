package delivery

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// The file of visitors is what caps remember, so that a restart breaks none:
//
//	magic "PLCDVIS1" | time i64, Unix seconds | entries … | 0 u64, 0 u64 | CRC-32C u32 of all before
//
// An entry is visitor u64, scope u64, forgets i64, and then, as uvarints, three totals, three lists and the pending list, each
// list with its length before it. Fixed numbers are little-endian. Visitors are keyed hashes: without the key the file names nobody.

var visitorsMagic = [8]byte{'P', 'L', 'C', 'D', 'V', 'I', 'S', '1'}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrVisitors is returned for a file of visitors that is damaged or cut short.
var ErrVisitors = errors.New("the file of visitors is damaged")

// SaveVisitors writes what caps remember as of now. Serving goes on meanwhile: what it adds may be in the file or not.
func (t *Tracker) SaveVisitors(out io.Writer, now time.Time) error {
	sum := crc32.New(castagnoli)
	w := bufio.NewWriterSize(io.MultiWriter(out, sum), 1<<16)
	b := binary.LittleEndian.AppendUint64(append([]byte(nil), visitorsMagic[:]...), uint64(now.Unix()))
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write visitors: %w", err)
	}
	for i := range t.caps.shards {
		b = t.caps.shards[i].append(b[:0], now.Unix())
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("write visitors: %w", err)
		}
	}
	if _, err := w.Write(make([]byte, 16)); err != nil {
		return fmt.Errorf("write visitors: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write visitors: %w", err)
	}
	if _, err := out.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32())); err != nil {
		return fmt.Errorf("write visitors: %w", err)
	}
	return nil
}

func (s *capShard) append(b []byte, now int64) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, e := range s.seen {
		if e.forgets < now || k.visitor == 0 {
			continue
		}
		b = binary.LittleEndian.AppendUint64(b, k.visitor)
		b = binary.LittleEndian.AppendUint64(b, k.scope)
		b = binary.LittleEndian.AppendUint64(b, uint64(e.forgets))
		for _, n := range e.total {
			b = binary.AppendUvarint(b, uint64(n))
		}
		for _, list := range [...][]uint32{e.at[0], e.at[1], e.at[2], e.pending} {
			b = binary.AppendUvarint(b, uint64(len(list)))
			for _, at := range list {
				b = binary.AppendUvarint(b, uint64(at))
			}
		}
	}
	return b
}

// maxEvents bounds one list of a file: the largest cap.
const maxEvents = 10_000

// LoadVisitors reads what SaveVisitors wrote into a tracker that has no visitors yet, and returns the instant it was written. A file with a
// fault changes nothing.
func (t *Tracker) LoadVisitors(in io.Reader) (time.Time, error) {
	sum := crc32.New(castagnoli)
	src := bufio.NewReaderSize(in, 1<<16)
	r := &summed{src: src, sum: sum}
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || [8]byte(head[:8]) != visitorsMagic {
		return time.Time{}, ErrVisitors
	}
	loaded := newCaps()
	for {
		var fixed [16]byte
		if _, err := io.ReadFull(r, fixed[:]); err != nil {
			return time.Time{}, ErrVisitors
		}
		k := capKey{binary.LittleEndian.Uint64(fixed[:8]), binary.LittleEndian.Uint64(fixed[8:])}
		if k == (capKey{}) {
			break
		}
		e, err := r.entry()
		if err != nil {
			return time.Time{}, ErrVisitors
		}
		loaded.shard(k.visitor).seen[k] = e
	}
	want := sum.Sum32()
	var tail [4]byte
	if _, err := io.ReadFull(src, tail[:]); err != nil || binary.LittleEndian.Uint32(tail[:]) != want {
		return time.Time{}, ErrVisitors
	}
	for i := range t.caps.shards {
		s := &t.caps.shards[i]
		s.mu.Lock()
		s.seen = loaded.shards[i].seen
		s.mu.Unlock()
	}
	return time.Unix(int64(binary.LittleEndian.Uint64(head[8:])), 0), nil
}

// summed keeps a running sum of what is read.
type summed struct {
	src *bufio.Reader
	sum interface{ Write([]byte) (int, error) }
}

func (r *summed) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	_, _ = r.sum.Write(p[:n]) // never fails
	return n, err
}

func (r *summed) ReadByte() (byte, error) {
	c, err := r.src.ReadByte()
	if err == nil {
		_, _ = r.sum.Write([]byte{c})
	}
	return c, err
}

func (r *summed) entry() (*capEntry, error) {
	var fixed [8]byte
	if _, err := io.ReadFull(r, fixed[:]); err != nil {
		return nil, err
	}
	e := &capEntry{forgets: int64(binary.LittleEndian.Uint64(fixed[:]))}
	number := func(most uint64) (uint64, error) {
		n, err := binary.ReadUvarint(r)
		if err == nil && n > most {
			err = ErrVisitors
		}
		return n, err
	}
	for i := range e.total {
		n, err := number(math.MaxInt32)
		if err != nil {
			return nil, err
		}
		e.total[i] = int32(n)
	}
	for _, list := range [...]*[]uint32{&e.at[0], &e.at[1], &e.at[2], &e.pending} {
		n, err := number(maxEvents)
		if err != nil {
			return nil, err
		}
		for range n {
			at, err := number(math.MaxUint32)
			if err != nil {
				return nil, err
			}
			*list = append(*list, uint32(at))
		}
	}
	return e, nil
}
