package vfs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// Op is an operation that changes a disk.
type Op string

// The operations.
const (
	Create  Op = "create"
	Write   Op = "write"
	Sync    Op = "sync"
	Remove  Op = "remove"
	SyncDir Op = "syncdir"
)

// ErrPower is what every operation fails with once the power is off.
var ErrPower = errors.New("power is off")

// sector is what a disk writes as a whole, bytes.
const sector = 512

// Crash is a file system in memory that loses what was not synced. Create it with [NewCrash].
type Crash struct {
	mu      sync.Mutex
	files   map[string]*data
	durable map[string]*data // names that survive a power cut, and the files behind them
	ops     int
	cutAt   int
	failing func(Op) error
	record  bool
	history []step
}

// data is a file. Files only grow, so that a length says what is durable.
type data struct {
	bytes  []byte
	synced int
}

// step is one operation that went well, to be done again by At.
type step struct {
	op    Op
	name  string
	bytes []byte
}

// NewCrash returns an empty file system with the power on.
func NewCrash() *Crash { return &Crash{files: map[string]*data{}, durable: map[string]*data{}} }

// Put makes a file durable as it is.
func (c *Crash) Put(name string, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := &data{bytes: slices.Clone(b), synced: len(b)}
	c.files[name], c.durable[name] = d, d
}

// Bytes returns a copy of a file's bytes, nil without such a file.
func (c *Crash) Bytes(name string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.files[name]; d != nil {
		return slices.Clone(d.bytes)
	}
	return nil
}

// CutAt turns the power off before the nth operation from the beginning; 0 leaves it on.
func (c *Crash) CutAt(n int) {
	c.mu.Lock()
	c.cutAt = n
	c.mu.Unlock()
}

// Fail makes operations fail with what fn returns for them, nil where they go well. A write that fails is short: half of it happens.
// A nil fn heals the disk.
func (c *Crash) Fail(fn func(Op) error) {
	c.mu.Lock()
	c.failing = fn
	c.mu.Unlock()
}

// Ops returns how many operations there were, failed ones included.
func (c *Crash) Ops() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ops
}

// Record keeps every operation from now on, for [Crash.Replay]. It is for file systems on which nothing fails.
func (c *Crash) Record() {
	c.mu.Lock()
	c.record = true
	c.mu.Unlock()
}

// Survive says what a power cut leaves of what was written to a file and not synced.
type Survive func(unsynced []byte) []byte

// Lose loses all of it.
func Lose([]byte) []byte { return nil }

// Torn keeps the first n bytes.
func Torn(n int) Survive {
	return func(b []byte) []byte { return b[:min(n, len(b))] }
}

// Holes keeps every other sector: disks write in the order they like. What is between reads as zeros.
func Holes(b []byte) []byte {
	out := make([]byte, len(b))
	for at := sector; at < len(b); at += 2 * sector {
		copy(out[at:], b[at:min(at+sector, len(b))])
	}
	return out
}

// AfterCut returns the disk that the next start finds if the power goes now.
func (c *Crash) AfterCut(s Survive) *Crash {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := NewCrash()
	for name, d := range c.durable {
		b := slices.Clone(d.bytes[:d.synced])
		b = append(b, s(d.bytes[d.synced:])...)
		n := &data{bytes: b, synced: len(b)}
		out.files[name], out.durable[name] = n, n
	}
	return out
}

// Replay does the recorded operations again, one after the other, and calls fn after each with how many there were and the disk
// as it is then. It stops when fn returns false.
func (c *Crash) Replay(fn func(ops int, disk *Crash) bool) {
	c.mu.Lock()
	history := c.history
	c.mu.Unlock()
	disk := NewCrash()
	for n, s := range history {
		disk.mu.Lock()
		disk.apply(s)
		disk.mu.Unlock()
		if !fn(n+1, disk) {
			return
		}
	}
}

// begin counts an operation and says whether it may happen. The caller holds mu.
func (c *Crash) begin(op Op) error {
	c.ops++
	if c.cutAt > 0 && c.ops >= c.cutAt {
		return ErrPower
	}
	if c.failing != nil {
		return c.failing(op)
	}
	return nil
}

// apply does an operation. The caller holds mu.
func (c *Crash) apply(s step) {
	if c.record {
		s.bytes = slices.Clone(s.bytes)
		c.history = append(c.history, s)
	}
	switch s.op {
	case Create:
		c.files[s.name] = &data{}
	case Write:
		if d := c.files[s.name]; d != nil {
			d.bytes = append(d.bytes, s.bytes...)
		}
	case Sync:
		if d := c.files[s.name]; d != nil {
			d.synced = len(d.bytes)
		}
	case Remove:
		delete(c.files, s.name)
	case SyncDir:
		c.durable = maps.Clone(c.files)
	}
}

// Create implements [FS].
func (c *Crash) Create(name string) (File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.begin(Create); err != nil {
		return nil, err
	}
	if c.files[name] != nil {
		return nil, fs.ErrExist
	}
	c.apply(step{op: Create, name: name})
	return &crashFile{c, name}, nil
}

// Open implements [FS].
func (c *Crash) Open(name string) (io.ReadSeekCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.files[name]
	if d == nil {
		return nil, fs.ErrNotExist
	}
	// Files only grow: the bytes up to here stay as they are.
	return reader{bytes.NewReader(d.bytes[:len(d.bytes):len(d.bytes)])}, nil
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

// Remove implements [FS].
func (c *Crash) Remove(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.begin(Remove); err != nil {
		return err
	}
	if c.files[name] == nil {
		return fs.ErrNotExist
	}
	c.apply(step{op: Remove, name: name})
	return nil
}

// List implements [FS].
func (c *Crash) List() ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.files)), nil
}

// SyncDir implements [FS].
func (c *Crash) SyncDir() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.begin(SyncDir); err != nil {
		return err
	}
	c.apply(step{op: SyncDir})
	return nil
}

type crashFile struct {
	c    *Crash
	name string
}

func (f *crashFile) Write(b []byte) (int, error) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.c.begin(Write); err != nil {
		half := b[:len(b)/2]
		f.c.apply(step{op: Write, name: f.name, bytes: half})
		return len(half), err
	}
	f.c.apply(step{op: Write, name: f.name, bytes: b})
	return len(b), nil
}

func (f *crashFile) Sync() error {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.c.begin(Sync); err != nil {
		return err
	}
	f.c.apply(step{op: Sync, name: f.name})
	return nil
}

func (f *crashFile) Close() error { return nil }
