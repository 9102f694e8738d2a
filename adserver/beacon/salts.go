package beacon

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Salts gives each visitor a number that means nothing the day after: a hash with a salt that is made at random each UTC day and thrown away
// at its end. With it the readers of a day can be told apart without a cookie, and nobody can work out from the log, not even with the whole
// configuration, who they were or whether they came back.
type Salts struct {
	path    string // "": the salt is in memory alone
	log     *slog.Logger
	share   func(day int64, own [32]byte) ([32]byte, error)
	current atomic.Pointer[salt]
	mu      sync.Mutex // taken once a day
}

type salt struct {
	day int64 // Unix days
	key [32]byte
}

// SaltOptions configures [OpenSalts].
type SaltOptions struct {
	// Path is a file that keeps the day's salt over a restart. It holds one day's alone. "": a restart begins with another salt.
	Path string
	// Share, if set, makes instances use one salt: it is given this instance's and returns the one of all. It is called in the background at
	// the day's beginning; until it has answered, the own salt is used.
	Share func(day int64, own [32]byte) ([32]byte, error)
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
}

// OpenSalts reads the salt of the day, if the file has it.
func OpenSalts(o SaltOptions) *Salts {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Salts{path: o.Path, log: o.Log, share: o.Share}
	if b, err := os.ReadFile(o.Path); err == nil {
		day, key, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
		n, err1 := strconv.ParseInt(day, 10, 64)
		raw, err2 := hex.DecodeString(key)
		if err1 == nil && err2 == nil && len(raw) == 32 {
			s.current.Store(&salt{n, [32]byte(raw)})
		}
	}
	return s
}

func (s *Salts) at(now time.Time) *salt {
	day := now.Unix() / 86400
	if c := s.current.Load(); c != nil && c.day == day {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.current.Load(); c != nil && c.day == day {
		return c
	}
	c := &salt{day: day}
	rand.Read(c.key[:]) // never fails
	s.current.Store(c)
	if s.path != "" || s.share != nil {
		go s.keep(*c) // no request waits for it
	}
	return c
}

// keep agrees on the day's salt with the other instances, and writes it over the one of the day before.
func (s *Salts) keep(c salt) {
	if s.share != nil {
		key, err := s.share(c.day, c.key)
		if err != nil {
			s.log.Error("the day's visitor salt could not be shared; reach counts some visitors once for each instance today", "error", err)
		} else {
			c.key = key
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.current.Load(); now.day != c.day {
		return // the day is over
	}
	s.current.Store(&c)
	if s.path == "" {
		return
	}
	if err := writeFile(s.path, fmt.Sprintf("%d %x\n", c.day, c.key)); err != nil {
		s.log.Error("the day's visitor salt could not be written; a restart today begins with another", "error", err)
	}
}

// Visitor returns the number of whoever has the id or, without an id, comes from the address with the browser. It is 0 if nothing is known.
func (s *Salts) Visitor(now time.Time, id string, address [16]byte, browser []byte) uint64 {
	var buf [512]byte
	key := s.at(now).key
	b := append(buf[:0], key[:]...)
	switch {
	case id != "":
		b = append(b, 'i')
		b = append(b, id...)
	case address != [16]byte{}:
		b = append(b, 'a')
		b = append(b, address[:]...)
		b = append(b, browser[:min(len(browser), 384)]...)
	default:
		return 0
	}
	return fold(b)
}

// Address returns a number for a network address alone, 0 for none.
func (s *Salts) Address(now time.Time, address [16]byte) uint64 {
	if address == [16]byte{} {
		return 0
	}
	var buf [64]byte
	key := s.at(now).key
	b := append(buf[:0], key[:]...)
	b = append(b, 'n')
	return fold(append(b, address[:]...))
}

// fold is the first 8 bytes of SHA-256, never 0.
func fold(b []byte) uint64 {
	sum := sha256.Sum256(b)
	return max(binary.LittleEndian.Uint64(sum[:]), 1)
}
