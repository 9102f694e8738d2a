package editorial

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/placard/placard/adserver/decision"
)

// Options configures a [Switch].
type Options struct {
	// Path is the switch's file. It need not exist. Required.
	Path string
	// Record is the file that every change is written to, one JSON object a line. Required.
	Record string
	// Apply puts pauses in force. It is called with each change. Required.
	Apply func(*decision.Pauses)
	// Every is how often the file is looked at. 0 means 500 ms: an edit is in force well within two seconds.
	Every time.Duration
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Log receives what is wrong with the file. nil: slog.Default().
	Log *slog.Logger
}

// Switch is the newsroom's.
type Switch struct {
	opts Options

	mu     sync.Mutex
	pauses []Pause // in force, or to come; guarded by mu
	stamp  string  // of the file as it was last read or written; guarded by mu
	wrong  error   // what is wrong with the file, nil if nothing; guarded by mu
}

// Entry is a line of the record.
type Entry struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"` // paused, lifted or ended
	By     string    `json:"by"`
	Pause  Pause     `json:"pause"`
}

// Open reads the switch's file and puts it in force. A file with mistakes is an error: starting without a pause that
// somebody set would be worse than not starting.
func Open(o Options) (*Switch, error) {
	if o.Every == 0 {
		o.Every = 500 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Switch{opts: o}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.read(); err != nil {
		return nil, err
	}
	return s, nil
}

type file struct {
	Pauses []Pause `yaml:"pauses"`
}

func stamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}

// read takes the file's pauses. On an error those before stay in force.
func (s *Switch) read() error {
	now := s.opts.Now()
	at := stamp(s.opts.Path)
	b, err := os.ReadFile(s.opts.Path)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("read pauses: %w", err)
	}
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read pauses: %s: %w", s.opts.Path, err)
	}
	if len(f.Pauses) > maxPauses {
		return fmt.Errorf("read pauses: %s: more than %d pauses", s.opts.Path, maxPauses)
	}
	ids := map[string]bool{}
	for i := range f.Pauses {
		p := &f.Pauses[i]
		if p.By == "" {
			p.By = "file"
		}
		if err := p.check(now); err != nil {
			return fmt.Errorf("read pauses: %s: pause %d: %w", s.opts.Path, i+1, err)
		}
		if p.ID == "" {
			p.ID = fmt.Sprintf("file-%d", i+1)
		}
		if ids[p.ID] {
			return fmt.Errorf("read pauses: %s: pause %d: the id %q is used twice", s.opts.Path, i+1, p.ID)
		}
		ids[p.ID] = true
	}
	f.Pauses = slices.DeleteFunc(f.Pauses, func(p Pause) bool { return p.over(now) })
	before := s.pauses
	for _, p := range f.Pauses {
		if i := slices.IndexFunc(before, func(b Pause) bool { return b.ID == p.ID }); i < 0 || !same(before[i], p) {
			s.record(Entry{At: now, Action: "paused", By: p.By, Pause: p})
		}
	}
	for _, p := range before {
		if !p.over(now) && !slices.ContainsFunc(f.Pauses, func(b Pause) bool { return b.ID == p.ID }) {
			s.record(Entry{At: now, Action: "lifted", By: "file", Pause: p})
		}
	}
	s.stamp = at
	s.set(f.Pauses)
	return nil
}

// same reports whether two pauses keep the same ads off the same pages.
func same(a, b Pause) bool {
	a.By, b.By, a.Reason, b.Reason = "", "", "", ""
	a.From, b.From = time.Time{}, time.Time{} // one without a beginning begins whenever it is read
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func (s *Switch) set(list []Pause) {
	s.pauses = list
	s.opts.Apply(decided(list))
}

// record appends to the record. A record that cannot be written is loud, and does not keep a pause from holding.
func (s *Switch) record(e Entry) {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	b, err := json.Marshal(e)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(s.opts.Record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640); err == nil {
			_, err = f.Write(append(b, '\n'))
			err = errors.Join(err, f.Sync(), f.Close())
		}
	}
	if err != nil {
		s.opts.Log.Error("a use of the editorial switch could not be put on the record", "action", e.Action, "pause", e.Pause.ID, "error", err)
	}
}

// Run looks at the file and ends pauses until ctx ends.
func (s *Switch) Run(ctx context.Context) {
	tick := time.NewTicker(s.opts.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.look()
		}
	}
}

func (s *Switch) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := stamp(s.opts.Path); at != s.stamp {
		err := s.read()
		if err != nil && (s.wrong == nil || s.wrong.Error() != err.Error()) {
			s.opts.Log.Error("the editorial switch's file has a mistake; the pauses before it stay in force", "error", err)
		}
		s.wrong = err
	}
	now := s.opts.Now()
	if !slices.ContainsFunc(s.pauses, func(p Pause) bool { return p.over(now) }) {
		return
	}
	var kept []Pause
	for _, p := range s.pauses {
		if p.over(now) {
			s.record(Entry{At: now, Action: "ended", By: "time", Pause: p})
		} else {
			kept = append(kept, p)
		}
	}
	s.set(kept)
	if err := s.write(); err != nil {
		s.opts.Log.Warn("tidy the editorial switch's file", "error", err) // what is over there is over here too
	}
}

// edited takes an edit of the file that was not looked at yet, so that a call does not write over it.
func (s *Switch) edited() error {
	if stamp(s.opts.Path) == s.stamp {
		return nil
	}
	s.wrong = s.read()
	return s.wrong
}

// write makes the file say what is in force, whole or not at all.
func (s *Switch) write() error {
	if s.wrong != nil {
		return fmt.Errorf("write pauses: %s has a mistake that must be mended first: %w", s.opts.Path, s.wrong)
	}
	b, err := yaml.Marshal(file{s.pauses})
	if err != nil {
		return fmt.Errorf("write pauses: %w", err)
	}
	tmp := s.opts.Path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("write pauses: %w", err)
	}
	_, err = f.Write(append([]byte("# The editorial switch: what stands here keeps ads off pages until it ends. Edits are taken within a second.\n"), b...))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, s.opts.Path)
	}
	if err != nil {
		return fmt.Errorf("write pauses: %w", err)
	}
	s.stamp = stamp(s.opts.Path)
	d, err := os.Open(filepath.Dir(s.opts.Path))
	if err != nil {
		return fmt.Errorf("write pauses: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("write pauses: %w", err)
	}
	return nil
}

// Pause puts p in force, from the next request on, and returns it completed. It is on disk when Pause returns, so that a restart keeps
// it. A mistake is an [Error].
func (s *Switch) Pause(p Pause, by string) (Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	p.By = by
	if err := p.check(now); err != nil {
		return p, err
	}
	if p.over(now) {
		return p, &Error{"until", "is in the past"}
	}
	if p.ID == "" {
		b := make([]byte, 4)
		rand.Read(b) // never fails
		p.ID = now.UTC().Format("20060102-1504-") + hex.EncodeToString(b)
	}
	if slices.ContainsFunc(s.pauses, func(q Pause) bool { return q.ID == p.ID }) {
		return p, &Error{"id", "there is a pause of this id; lift it first"}
	}
	if len(s.pauses) >= maxPauses {
		return p, &Error{"id", fmt.Sprintf("there are %d pauses already; lift some first", maxPauses)}
	}
	if err := s.edited(); err != nil {
		return p, err
	}
	before := s.pauses
	s.set(append(slices.Clone(before), p)) // first of all it holds
	if err := s.write(); err != nil {
		s.set(before)
		return p, err
	}
	s.record(Entry{At: now, Action: "paused", By: by, Pause: p})
	return p, nil
}

// ErrUnknown is returned for a pause that is not in force.
var ErrUnknown = errors.New("there is no such pause")

// Lift ends a pause early.
func (s *Switch) Lift(id, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.edited(); err != nil {
		return err
	}
	i := slices.IndexFunc(s.pauses, func(p Pause) bool { return p.ID == id })
	if i < 0 {
		return ErrUnknown
	}
	before, p := s.pauses, s.pauses[i]
	s.pauses = slices.Delete(slices.Clone(before), i, i+1)
	if err := s.write(); err != nil {
		s.pauses = before
		return err
	}
	s.set(s.pauses)
	s.record(Entry{At: s.opts.Now(), Action: "lifted", By: by, Pause: p})
	return nil
}

// Pauses returns what is in force or to come, and what is wrong with the file, nil if nothing.
func (s *Switch) Pauses() ([]Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pauses), s.wrong
}

// maxRecordRead bounds how much of the record Recent reads.
const maxRecordRead = 1 << 20

// Recent returns the last n lines of the record, newest first.
func (s *Switch) Recent(n int) ([]Entry, error) {
	f, err := os.Open(s.opts.Record)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the switch's record: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the switch's record: %w", err)
	}
	b := make([]byte, min(info.Size(), maxRecordRead))
	if _, err := f.ReadAt(b, info.Size()-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the switch's record: %w", err)
	}
	var out []Entry
	lines := bytes.Split(b, []byte{'\n'})
	for i := len(lines) - 1; i >= 0 && len(out) < n; i-- {
		var e Entry
		if json.Unmarshal(lines[i], &e) == nil { // a line cut by a crash is no entry
			out = append(out, e)
		}
	}
	return out, nil
}
