package journal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/placard/placard/reporting/journal/vfs"
)

// Options configures a [Journal].
type Options struct {
	// Dir is the directory; it is made if missing. Required unless FS is set.
	Dir string
	// SegmentBytes is where a segment ends. 0 means 64 MiB: a few minutes of a large site, so that shipped disk space
	// comes back soon.
	SegmentBytes int64
	// MaxBytes bounds the disk the journal uses; beyond it AppendSync fails with ErrFull, and Append from 15/16 of it. 0 means
	// 20 GiB: a day of a large newspaper at 400 bytes an event, so that a store may be down for a day.
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

const (
	// sequenceJump is how far numbers jump at a start: more records than a segment of 64 MiB can hold.
	sequenceJump = 1 << 22
	// wakeBytes is when a shard's records are written although nobody waits and Interval has not passed: small enough to stay in
	// the processor's cache, large enough that a write is worth its system call.
	wakeBytes = 512 << 10
	// maxStaged bounds the memory of records that wait while the disk is slow, per shard and way of appending.
	maxStaged = 8 << 20
	// maxCarried bounds the memory of records that nobody waits for and that a failed commit left.
	maxCarried = 64 << 20
	// retryEvery is how often a disk that failed is tried.
	retryEvery = time.Second
)

// Journal is an open journal.
type Journal struct {
	opts Options
	fs   vfs.FS
	lock *os.File
	id   [16]byte

	shards []shard // a power of two
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	mu       sync.Mutex
	segments []segment // ascending; the last is being written. Guarded by mu, as are released and syncers.
	released uint64
	syncers  []*commit

	committer committer // belongs to the committing goroutine

	synced      atomic.Uint64 // number after the last record on disk
	bytes       atomic.Int64
	dropped     atomic.Uint64
	refused     atomic.Uint64
	fsyncs      atomic.Uint64
	failures    atomic.Uint64
	lostRecords atomic.Uint64
	lastFsync   atomic.Int64 // ns
	lastError   atomic.Pointer[string]
	well        atomic.Bool
	nearlyFull  atomic.Bool
	full        atomic.Bool
}

type segment struct {
	name         string
	first, next  uint64 // next is 0 while the segment is being written
	bytes        int64
	begun, ended time.Time
}

// shard is one of several staging places: requests on different processors seldom meet.
type shard struct {
	mu          sync.Mutex
	ride, bill  staged // those nobody waits for, and those somebody does
	closed      bool
	woke        bool // the committer knows that ride is long
	_           [40]byte
	rideRecords int // in ride
}

// staged is records whose numbers and sums are not set yet.
type staged struct {
	buf  []byte
	wait *commit // nil: nobody
}

// commit is what waiters of one buffer wait for.
type commit struct {
	done chan struct{}
	err  error
}

func newCommit() *commit { return &commit{done: make(chan struct{})} }

func (c *commit) finish(err error) {
	if c != nil {
		c.err = err
		close(c.done)
	}
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
	n := 2
	for n < 2*runtime.GOMAXPROCS(0) && n < 32 {
		n *= 2
	}
	j.shards = make([]shard, n)
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
	j.clean()
	go j.run()
	return j, rec, nil
}

// ID returns the journal's id in hex.
func (j *Journal) ID() string { return hex.EncodeToString(j.id[:]) }

// Append stages a record for the next commit and does not wait for it. It fails when the disk has been refusing writes for so
// long that memory would run out, when the journal is nearly full, or rec is too long. It does not keep rec.
func (j *Journal) Append(rec []byte) error {
	if len(rec) > MaxRecord {
		return ErrTooLong
	}
	if j.nearlyFull.Load() {
		j.dropped.Add(1)
		return ErrFull
	}
	s := j.shard()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	if len(s.ride.buf)+recordHeader+len(rec) > maxStaged {
		s.mu.Unlock()
		j.dropped.Add(1)
		return ErrUnavailable
	}
	s.ride.buf = reserve(s.ride.buf, rec)
	s.rideRecords++
	wake := len(s.ride.buf) >= wakeBytes && !s.woke
	s.woke = s.woke || wake
	s.mu.Unlock()
	if wake {
		j.poke()
	}
	return nil
}

// AppendSync stages a record and returns once it is on disk. It does not keep rec.
func (j *Journal) AppendSync(rec []byte) error {
	if len(rec) > MaxRecord {
		return ErrTooLong
	}
	if !j.well.Load() {
		j.refused.Add(1)
		return ErrUnavailable
	}
	if j.full.Load() {
		j.refused.Add(1)
		return ErrFull
	}
	s := j.shard()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	if len(s.bill.buf)+recordHeader+len(rec) > maxStaged {
		s.mu.Unlock()
		j.refused.Add(1)
		return ErrUnavailable
	}
	s.bill.buf = reserve(s.bill.buf, rec)
	c := s.bill.wait
	first := c == nil
	if first {
		c = newCommit()
		s.bill.wait = c
	}
	s.mu.Unlock()
	if first {
		j.poke() // whoever comes after is taken along
	}
	<-c.done
	if c.err != nil {
		j.refused.Add(1)
	}
	return c.err
}

func (j *Journal) shard() *shard { return &j.shards[rand.Uint32()&uint32(len(j.shards)-1)] }

// poke wakes the committer.
func (j *Journal) poke() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Sync waits until all that was appended before is on disk.
func (j *Journal) Sync() error {
	c := newCommit()
	j.mu.Lock()
	select {
	case <-j.stop:
		j.mu.Unlock()
		return ErrClosed
	default:
	}
	j.syncers = append(j.syncers, c)
	j.mu.Unlock()
	j.poke()
	<-c.done
	return c.err
}

// Close commits what is staged and closes the journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	select {
	case <-j.stop:
		j.mu.Unlock()
		return ErrClosed
	default:
	}
	close(j.stop)
	j.mu.Unlock()
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
