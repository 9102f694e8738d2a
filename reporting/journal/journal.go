package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/placard/placard/reporting/journal/vfs"
)

// Options configures a [Journal].
type Options struct {
	// Dir is the directory; it is made if missing. Required.
	Dir string
	// SegmentBytes is where a segment ends. 0 means 64 MiB: a few minutes of a large site, so that shipped disk space
	// comes back soon.
	SegmentBytes int64
	// MaxBytes bounds the disk the journal uses; beyond it AppendSync fails with ErrFull. 0 means 20 GiB: a day of a large
	// newspaper at 400 bytes an event, so that a store may be down for a day.
	MaxBytes int64
	// Retain is how long segments stay after the store has them: what the memory of counted tokens is rebuilt from. 0 means
	// 5 hours, longer than tokens live by default.
	Retain time.Duration
	// Interval is how often records that nobody waits for are written. 0 means 100 ms.
	Interval time.Duration
	// FS replaces the file system in tests. nil: the real one, locked for this process.
	FS vfs.FS
	// Now is the clock. nil means time.Now.
	Now func() time.Time
}

// What AppendSync and Append fail with.
var (
	ErrUnavailable = errors.New("the journal's disk does not take writes")
	ErrFull        = errors.New("the journal has reached its size bound")
	ErrClosed      = errors.New("the journal is closed")
	ErrTooLong     = fmt.Errorf("the record is longer than %d bytes", MaxRecord)
)

// sequenceJump is how far numbers jump at a start: more records than a segment of 64 MiB can hold.
const sequenceJump = 1 << 22

// maxStaged bounds the memory of records that wait while the disk is slow, per shard.
const maxStaged = 8 << 20

// Journal is an open journal.
type Journal struct {
	opts Options
	fs   vfs.FS
	lock *os.File
	id   [16]byte

	shards  []shard
	current atomic.Pointer[commit] // the last commit that began, of all shards
	wake    chan struct{}
	stop    chan struct{}
	done    chan struct{}

	mu       sync.Mutex
	segments []segment // ascending; the last is being written. Guarded by mu, as is released.
	released uint64

	// The committer's own.
	file     vfs.File
	size     int64
	next     uint64
	previous uint64
	retryAt  time.Time

	synced    atomic.Uint64 // number after the last record on disk
	bytes     atomic.Int64
	dropped   atomic.Uint64
	refused   atomic.Uint64
	fsyncs    atomic.Uint64
	failures  atomic.Uint64
	lastFsync atomic.Int64 // ns
	well      atomic.Bool
	full      atomic.Bool
}

type segment struct {
	name        string
	first, next uint64 // next is 0 while the segment is being written
	bytes       int64
	ended       time.Time
}

// shard is one of several staging buffers: requests on different processors seldom meet.
type shard struct {
	mu   sync.Mutex
	buf  []byte // framed records whose sequence number and sum are not yet set
	wait *commit
	_    [64]byte
}

// commit is what waiters of one buffer wait for.
type commit struct {
	done chan struct{}
	err  error
}

// Recovery is what Open found.
type Recovery struct {
	Segments int
	Records  uint64
	Bytes    int64
	Lost     []Loss // damage that took records
	Unknown  []string
}

// Open opens or creates the journal of a directory, and reads all of it once.
func Open(opts Options) (*Journal, *Recovery, error) {
	if opts.SegmentBytes == 0 {
		opts.SegmentBytes = 64 << 20
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 20 << 30
	}
	if opts.Retain == 0 {
		opts.Retain = 5 * time.Hour
	}
	if opts.Interval == 0 {
		opts.Interval = 100 * time.Millisecond
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	j := &Journal{opts: opts, fs: opts.FS, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	j.shards = make([]shard, 16)
	for i := range j.shards {
		j.shards[i].wait = &commit{done: make(chan struct{})}
	}
	if j.fs == nil {
		if err := os.MkdirAll(opts.Dir, 0o750); err != nil {
			return nil, nil, fmt.Errorf("open journal: %w", err)
		}
		var err error
		if j.lock, err = lock(opts.Dir); err != nil {
			return nil, nil, err
		}
		j.fs = vfs.Dir(opts.Dir)
	}
	rec, err := j.recover()
	if err == nil {
		err = j.begin()
	}
	if err != nil {
		if j.lock != nil {
			j.lock.Close()
		}
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	j.well.Store(true)
	go j.run()
	return j, rec, nil
}

// found is a segment as recovery sees it.
type found struct {
	name   string
	body   []byte
	header header
	intact bool   // its header
	limit  uint64 // where the segment behind it says that this one ends
}

// recover reads the segments that are there.
func (j *Journal) recover() (*Recovery, error) {
	names, err := j.fs.List()
	if err != nil {
		return nil, err
	}
	rec := &Recovery{}
	var all []found
	known := false
	for _, name := range names {
		first, ok := parseSegmentName(name)
		if !ok {
			if name != "lock" {
				rec.Unknown = append(rec.Unknown, name)
			}
			continue
		}
		b, err := readAll(j.fs, name)
		if err != nil {
			return nil, fmt.Errorf("read segment %s: %w", name, err)
		}
		rec.Segments++
		rec.Bytes += int64(len(b))
		// A damaged header costs nothing: the name says where the segment begins, and records carry their own numbers and sums.
		f := found{name: name, header: header{first: first}, limit: noLimit}
		if h, err := readHeader(b); err == nil {
			if known && h.id != j.id {
				return nil, fmt.Errorf("segment %s belongs to another journal (%s); move it away", name, hex.EncodeToString(h.id[:]))
			}
			j.id, known = h.id, true
			f.header, f.intact = h, true
			// Records that were refused may stand at the end of the segment before; this one's header says which are good.
			if n := len(all); n > 0 && h.previous != 0 {
				all[n-1].limit = h.previous
			}
		} else if len(b) > segmentHeader {
			rec.Lost = append(rec.Lost, Loss{Segment: name, Offset: -segmentHeader, Bytes: segmentHeader, From: first, To: first})
		}
		if len(b) > segmentHeader {
			f.body = b[segmentHeader:]
		}
		all = append(all, f)
	}
	var end, highest uint64
	for _, f := range all {
		if f.intact && end != 0 && f.header.previous > end {
			rec.Lost = append(rec.Lost, Loss{Segment: "before " + f.name, Offset: -segmentHeader, From: end, To: f.header.previous})
		}
		next, _, lost, _ := scan(f.body, f.header.first, f.limit, func(uint64, []byte) error { rec.Records++; return nil })
		for _, l := range lost {
			l.Segment = f.name
			rec.Lost = append(rec.Lost, l)
		}
		end = max(end, next)
		highest = max(highest, next, f.header.first)
		size := int64(len(f.body) + segmentHeader)
		j.segments = append(j.segments, segment{name: f.name, first: f.header.first, next: next, bytes: size, ended: j.opts.Now()})
		j.bytes.Add(size)
	}
	if !known {
		rand.Read(j.id[:]) // never fails
	}
	j.previous = end
	j.next = 1
	if highest > 0 {
		j.next = highest + sequenceJump
	}
	j.synced.Store(j.next)
	return rec, nil
}

// begin starts a new segment.
func (j *Journal) begin() error {
	name := segmentName(j.next)
	f, err := j.fs.Create(name)
	if err != nil {
		return err
	}
	h := header{id: j.id, first: j.next, previous: j.previous}.append(nil)
	if _, err = f.Write(h); err == nil {
		if err = f.Sync(); err == nil {
			err = j.fs.SyncDir()
		}
	}
	if err != nil {
		f.Close()
		_ = j.fs.Remove(name) // the next try takes the same name
		return err
	}
	j.file, j.size = f, int64(len(h))
	j.bytes.Add(j.size)
	j.mu.Lock()
	j.segments = append(j.segments, segment{name: name, first: j.next, bytes: j.size})
	j.mu.Unlock()
	return nil
}

// end closes the segment being written.
func (j *Journal) end() {
	if j.file == nil {
		return
	}
	j.file.Close()
	j.file = nil
	j.previous = j.next
	j.mu.Lock()
	s := &j.segments[len(j.segments)-1]
	s.next, s.bytes, s.ended = j.next, j.size, j.opts.Now()
	j.mu.Unlock()
}

// ID returns the journal's id in hex.
func (j *Journal) ID() string { return hex.EncodeToString(j.id[:]) }

// Append stages a record for the next commit and does not wait for it. It fails when the disk has been refusing writes for so
// long that memory would run out, or rec is too long. It does not keep rec.
func (j *Journal) Append(rec []byte) error {
	if j.full.Load() {
		j.dropped.Add(1)
		return ErrFull
	}
	_, err := j.stage(rec)
	return err
}

// AppendSync stages a record and returns once it is on disk. It does not keep rec.
func (j *Journal) AppendSync(rec []byte) error {
	if !j.well.Load() {
		j.refused.Add(1)
		return ErrUnavailable
	}
	if j.full.Load() {
		j.refused.Add(1)
		return ErrFull
	}
	c, err := j.stage(rec)
	if err != nil {
		return err
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
	<-c.done
	if c.err != nil {
		j.refused.Add(1)
	}
	return c.err
}

func (j *Journal) stage(rec []byte) (*commit, error) {
	if len(rec) > MaxRecord {
		return nil, ErrTooLong
	}
	s := &j.shards[mrand.Uint32()&uint32(len(j.shards)-1)]
	s.mu.Lock()
	if s.wait == nil {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	if len(s.buf)+recordHeader+len(rec) > maxStaged {
		s.mu.Unlock()
		j.dropped.Add(1)
		return nil, ErrUnavailable
	}
	var h [recordHeader]byte
	h[0], h[1], h[2], h[3] = byte(len(rec)), byte(len(rec)>>8), byte(len(rec)>>16), byte(len(rec)>>24)
	s.buf = append(s.buf, h[:]...)
	s.buf = append(s.buf, rec...)
	c := s.wait
	s.mu.Unlock()
	return c, nil
}

// run is the committer: the only goroutine that writes.
func (j *Journal) run() {
	defer close(j.done)
	tick := time.NewTicker(j.opts.Interval)
	defer tick.Stop()
	var spare [][]byte // buffers to swap in
	for {
		stopping := false
		select {
		case <-j.wake:
		case <-tick.C:
		case <-j.stop:
			stopping = true
		}
		spare = j.commit(spare, stopping)
		if stopping {
			j.end()
			return
		}
		j.clean()
	}
}

// commit writes all that is staged, fsyncs it, and lets the waiters go.
func (j *Journal) commit(spare [][]byte, last bool) [][]byte {
	var bufs [][]byte
	var waits []*commit
	all := &commit{done: make(chan struct{})}
	j.current.Store(all)
	defer close(all.done)
	for i := range j.shards {
		s := &j.shards[i]
		s.mu.Lock()
		if len(s.buf) > 0 || last {
			bufs, waits = append(bufs, s.buf), append(waits, s.wait)
			s.buf = nil
			if n := len(spare); n > 0 {
				s.buf, spare = spare[n-1][:0], spare[:n-1]
			}
			s.wait = &commit{done: make(chan struct{})}
			if last {
				s.wait = nil
			}
		}
		s.mu.Unlock()
	}
	if len(bufs) > 0 || !j.well.Load() {
		err := j.write(bufs)
		all.err = err
		for _, w := range waits {
			w.err = err
			close(w.done)
		}
	}
	for _, b := range bufs {
		if cap(b) <= 1<<20 {
			spare = append(spare, b)
		}
	}
	return spare
}

func (j *Journal) write(bufs [][]byte) error {
	now := j.opts.Now()
	if j.file == nil {
		if now.Before(j.retryAt) {
			return ErrUnavailable
		}
		if err := j.begin(); err != nil {
			return j.fail(err)
		}
	}
	next := j.next
	wrote := int64(0)
	for _, b := range bufs {
		for at := 0; at < len(b); {
			n := recordHeader + int(uint32(b[at])|uint32(b[at+1])<<8|uint32(b[at+2])<<16|uint32(b[at+3])<<24)
			frame(b[at:at+n], next)
			next++
			at += n
		}
		n, err := j.file.Write(b)
		wrote += int64(n)
		if err != nil {
			j.bytes.Add(wrote)
			return j.fail(err)
		}
	}
	begin := time.Now()
	if wrote > 0 {
		err := j.file.Sync()
		j.lastFsync.Store(int64(time.Since(begin)))
		j.fsyncs.Add(1)
		if err != nil {
			j.bytes.Add(wrote)
			return j.fail(err)
		}
	}
	j.next = next
	j.size += wrote
	j.bytes.Add(wrote)
	j.synced.Store(next)
	j.well.Store(true)
	if wrote > 0 && j.size >= j.opts.SegmentBytes {
		j.end()
		if err := j.begin(); err != nil {
			_ = j.fail(err) // what was written is on disk; the next commit tries again
		}
	}
	return nil
}

// fail gives the segment up. Records that were staged for it may be on disk all the same: their numbers are not used again.
func (j *Journal) fail(err error) error {
	j.failures.Add(1)
	j.well.Store(false)
	j.retryAt = j.opts.Now().Add(time.Second)
	if j.file != nil {
		good := j.next
		j.end()
		j.previous = good
		j.next = good + sequenceJump
		j.synced.Store(j.next)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Sync waits until all that was appended before is on disk.
func (j *Journal) Sync() error {
	waits := make([]*commit, 0, len(j.shards))
	for i := range j.shards {
		s := &j.shards[i]
		s.mu.Lock()
		if s.wait == nil {
			s.mu.Unlock()
			return ErrClosed
		}
		if len(s.buf) > 0 {
			waits = append(waits, s.wait)
		}
		s.mu.Unlock()
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
	// A commit under way has taken its records out of the shards already.
	if all := j.current.Load(); all != nil {
		waits = append(waits, all)
	}
	for _, w := range waits {
		<-w.done
		if w.err != nil {
			return w.err
		}
	}
	return nil
}

// Close commits what is staged and closes the journal.
func (j *Journal) Close() error {
	select {
	case <-j.stop:
		return ErrClosed
	default:
	}
	close(j.stop)
	<-j.done
	if j.lock != nil {
		j.lock.Close()
	}
	return nil
}

// Release says that the store has every record below seq. Segments that hold nothing else are deleted once they are
// older than Options.Retain.
func (j *Journal) Release(seq uint64) {
	j.mu.Lock()
	j.released = max(j.released, seq)
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
	for _, s := range gone {
		if err := j.fs.Remove(s.name); err == nil {
			j.bytes.Add(-s.bytes)
		}
	}
	j.full.Store(j.bytes.Load() > j.opts.MaxBytes)
	if len(gone) > 0 {
		_ = j.fs.SyncDir() // a name that comes back after a crash is released again
	}
}

// Stats is the state of a journal.
type Stats struct {
	Bytes     int64
	Segments  int
	Next      uint64 // number after the last durable record
	Well      bool   // takes billable records
	Full      bool
	Dropped   uint64 // records that nobody waited for and that could not be kept
	Refused   uint64 // AppendSync calls that failed
	Fsyncs    uint64
	Failures  uint64 // of the disk
	LastFsync time.Duration
	Released  uint64
}

// Stats returns the state now.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	n, rel := len(j.segments), j.released
	j.mu.Unlock()
	return Stats{
		Bytes: j.bytes.Load(), Segments: n, Next: j.synced.Load(), Well: j.well.Load(), Full: j.full.Load(), Dropped: j.dropped.Load(), Refused: j.refused.Load(),
		Fsyncs: j.fsyncs.Load(), Failures: j.failures.Load(), LastFsync: time.Duration(j.lastFsync.Load()), Released: rel,
	}
}
