package journal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"sort"
	"sync"
)

// memFS is a file system that loses what was not synced. It fails on demand.
type memFS struct {
	mu      sync.Mutex
	files   map[string]*memData
	durable map[string]bool // names that survive a power cut
	ops     int             // writes, syncs, creates, removes and directory syncs so far
	cutAt   int             // from this operation on, everything fails: the power is off. 0: never
	failing func(op string) error
}

type memData struct{ data, synced []byte }

var errPower = errors.New("power is off")

func newMemFS() *memFS { return &memFS{files: map[string]*memData{}, durable: map[string]bool{}} }

func (m *memFS) step(op string) error {
	m.ops++
	if m.cutAt > 0 && m.ops >= m.cutAt {
		return errPower
	}
	if m.failing != nil {
		return m.failing(op)
	}
	return nil
}

// afterPowerCut returns what a new start finds: of each file's unsynced end, the first torn bytes.
func (m *memFS) afterPowerCut(torn int) *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := newMemFS()
	for name, d := range m.files {
		if !m.durable[name] {
			continue
		}
		b := append([]byte(nil), d.synced...)
		if rest := d.data[min(len(d.synced), len(d.data)):]; len(rest) > 0 {
			b = append(b, rest[:min(torn, len(rest))]...)
		}
		out.files[name] = &memData{data: b, synced: append([]byte(nil), b...)}
		out.durable[name] = true
	}
	return out
}

func (m *memFS) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.step("create"); err != nil {
		return nil, err
	}
	if m.files[name] != nil {
		return nil, fs.ErrExist
	}
	m.files[name] = &memData{}
	return &memFile{m, name}, nil
}

func (m *memFS) Open(name string) (io.ReadSeekCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.files[name]
	if d == nil {
		return nil, fs.ErrNotExist
	}
	return readCloser{bytes.NewReader(append([]byte(nil), d.data...))}, nil
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.step("remove"); err != nil {
		return err
	}
	delete(m.files, name)
	delete(m.durable, name)
	return nil
}

func (m *memFS) List() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for n := range m.files {
		names = append(names, n)
	}
	sort.Strings(names)
	return names, nil
}

func (m *memFS) SyncDir() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.step("syncdir"); err != nil {
		return err
	}
	for n := range m.files {
		m.durable[n] = true
	}
	return nil
}

type memFile struct {
	m    *memFS
	name string
}

func (f *memFile) Write(b []byte) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	d := f.m.files[f.name]
	if d == nil {
		return 0, fs.ErrNotExist
	}
	if err := f.m.step("write"); err != nil {
		// A short write: some of it is in the cache.
		n := len(b) / 2
		d.data = append(d.data, b[:n]...)
		return n, err
	}
	d.data = append(d.data, b...)
	return len(b), nil
}

func (f *memFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.m.step("sync"); err != nil {
		return err
	}
	if d := f.m.files[f.name]; d != nil {
		d.synced = append(d.synced[:0], d.data...)
	}
	return nil
}

func (f *memFile) Close() error { return nil }
