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
)

// Key is one signing key: 16 bytes for encryption, 32 for the MAC.
type Key struct {
	ID     byte
	Secret [48]byte
}

// NewKey returns a random key.
func NewKey(id byte) Key {
	k := Key{ID: id}
	rand.Read(k.Secret[:]) // never fails
	return k
}

// LoadOrCreateKeys reads the key ring of a file, newest first, and makes one with a new key if there is none. Each line is
// an id and 96 hex digits. Instances that share readers share the file.
func LoadOrCreateKeys(path string) ([]Key, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		ring := []Key{NewKey(1)}
		return ring, SaveKeys(path, ring)
	}
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	var ring []Key
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, secret, _ := strings.Cut(line, " ")
		i, err1 := strconv.ParseUint(id, 10, 8)
		raw, err2 := hex.DecodeString(strings.TrimSpace(secret))
		if err1 != nil || err2 != nil || len(raw) != 48 {
			return nil, fmt.Errorf("read signing keys: %s:%d: a line is an id from 0 to 255 and 96 hex digits", path, n+1)
		}
		k := Key{ID: byte(i)}
		copy(k.Secret[:], raw)
		ring = append(ring, k)
	}
	if len(ring) == 0 {
		return nil, fmt.Errorf("read signing keys: %s holds no key; remove it to have one made", path)
	}
	return ring, nil
}

// Rotate returns the ring with a new key in front, and the two newest of the old ones: tokens signed by them stay
// valid until they expire.
func Rotate(ring []Key) []Key {
	id := byte(1)
	if len(ring) > 0 {
		id = ring[0].ID + 1
	}
	next := []Key{NewKey(id)}
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
		fmt.Fprintf(&b, "%d %x\n", k.ID, k.Secret)
	}
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write signing keys: %w", err)
	}
	_, err = f.WriteString(b.String())
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
		return fmt.Errorf("write signing keys: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write signing keys: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("write signing keys: %w", err)
	}
	return nil
}
