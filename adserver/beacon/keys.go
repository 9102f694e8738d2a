package beacon

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Key is one signing key: 16 bytes for encryption, 32 for the MAC.
type Key struct {
	ID byte
	// From is when the key begins to sign, Unix seconds. Before, it only verifies: so that instances that have not yet read it do not
	// refuse the tokens of those that have.
	From   int64
	Secret [48]byte
}

// NewKey returns a random key.
func NewKey(id byte) Key {
	k := Key{ID: id}
	rand.Read(k.Secret[:]) // never fails
	return k
}

// LoadOrCreateKeys reads the key ring of a file, newest first, and makes one with a new key if there is none. Each line is
// an id, 96 hex digits and, where it matters, the Unix seconds from which the key signs. Instances that share readers share the file.
func LoadOrCreateKeys(path string) ([]Key, error) {
	ring, err := LoadKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		ring = []Key{NewKey(1)}
		return ring, SaveKeys(path, ring)
	}
	return ring, err
}

// LoadKeys reads the key ring of a file. Without a file the error is [fs.ErrNotExist].
func LoadKeys(path string) ([]Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	var ring []Key
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := append(strings.Fields(line), "0")
		i, err1 := strconv.ParseUint(f[0], 10, 8)
		raw, err2 := hex.DecodeString(f[1])
		from, err3 := strconv.ParseInt(f[min(2, len(f)-1)], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil || len(raw) != 48 || len(f) > 4 {
			return nil, fmt.Errorf("read signing keys: %s:%d: a line is an id from 0 to 255, 96 hex digits, and the Unix seconds from which it signs", path, n+1)
		}
		k := Key{ID: byte(i), From: from}
		copy(k.Secret[:], raw)
		ring = append(ring, k)
	}
	if len(ring) == 0 {
		return nil, fmt.Errorf("read signing keys: %s holds no key; remove it to have one made", path)
	}
	return ring, nil
}

// Rotate returns the ring with a new key in front that signs from an instant on, and the two newest of the old ones: tokens signed by them
// stay valid until they expire.
func Rotate(ring []Key, from time.Time) []Key {
	id := byte(1)
	if len(ring) > 0 {
		id = ring[0].ID + 1
	}
	first := NewKey(id)
	first.From = from.Unix()
	next := []Key{first}
	for _, k := range ring[:min(len(ring), 2)] {
		if k.ID != id {
			next = append(next, k)
		}
	}
	return next
}

// SaveKeys writes a ring so that a crash leaves the old file or the new one. Only the owner may read it.
func SaveKeys(path string, ring []Key) error {
	var b strings.Builder
	b.WriteString("# Placard's signing keys, newest first. Keep them secret: who has them can make up events.\n")
	for _, k := range ring {
		fmt.Fprintf(&b, "%d %x %d\n", k.ID, k.Secret, k.From)
	}
	if err := writeFile(path, b.String()); err != nil {
		return fmt.Errorf("write signing keys: %w", err)
	}
	return nil
}

// writeFile writes a file that only the owner may read, so that a crash leaves the old one or the new one.
func writeFile(path, text string) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
