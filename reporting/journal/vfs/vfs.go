package vfs

import (
	"io"
	"os"
	"path/filepath"
)

// FS is the part of a file system that a journal uses. Names have no directories.
type FS interface {
	// Create makes a new file for writing; it fails with [fs.ErrExist] if there is one.
	Create(name string) (File, error)
	// Open opens a file for reading; without one the error is [fs.ErrNotExist].
	Open(name string) (io.ReadSeekCloser, error)
	Remove(name string) error
	// List returns the names of the files, sorted.
	List() ([]string, error)
	// SyncDir makes created and removed names durable.
	SyncDir() error
}

// File is a file being written, at its end.
type File interface {
	io.Writer
	// Sync returns once what was written is durable. After an error nothing is known of what was not synced before.
	Sync() error
	Close() error
}

// Dir is a directory of the operating system. It must exist.
type Dir string

// Create implements [FS]. Only the owner may write, the group may read.
func (d Dir) Create(name string) (File, error) {
	return os.OpenFile(filepath.Join(string(d), name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
}

// Open implements [FS].
func (d Dir) Open(name string) (io.ReadSeekCloser, error) {
	return os.Open(filepath.Join(string(d), name))
}

// Remove implements [FS].
func (d Dir) Remove(name string) error { return os.Remove(filepath.Join(string(d), name)) }

// List implements [FS]. Directories are left out.
func (d Dir) List() ([]string, error) {
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

// SyncDir implements [FS].
func (d Dir) SyncDir() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
