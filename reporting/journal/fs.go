package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// FS is the part of a file system that a journal uses. The zero value of Options uses the real one.
type FS interface {
	// Create makes a new file for writing; it fails if there is one.
	Create(name string) (File, error)
	Open(name string) (io.ReadSeekCloser, error)
	Remove(name string) error
	// List returns the names of the files, sorted.
	List() ([]string, error)
	// SyncDir makes created and removed names durable.
	SyncDir() error
}

// File is a file being written.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// dirFS is a directory of the operating system.
type dirFS string

func (d dirFS) Create(name string) (File, error) {
	return os.OpenFile(filepath.Join(string(d), name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
}

func (d dirFS) Open(name string) (io.ReadSeekCloser, error) {
	return os.Open(filepath.Join(string(d), name))
}

func (d dirFS) Remove(name string) error { return os.Remove(filepath.Join(string(d), name)) }

func (d dirFS) List() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (d dirFS) SyncDir() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// ErrLocked is returned when another process has the directory open.
var ErrLocked = errors.New("the data directory is in use")

// lock takes the directory for this process. The lock goes with the process, however it ends.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock journal: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		b, _ := io.ReadAll(io.LimitReader(f, 32))
		if pid := strings.TrimSpace(string(b)); pid != "" {
			return nil, fmt.Errorf("%w by process %s", ErrLocked, pid)
		}
		return nil, ErrLocked
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(fmt.Sprintln(os.Getpid())), 0)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock journal: %w", err)
		}
	}
	return f, nil
}
