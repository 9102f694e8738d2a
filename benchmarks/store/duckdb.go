package main

import (
	"os"
	"time"

	"github.com/placard/placard/reporting/store/duckdb"
)

func openDuckDB(path string) (*subject, error) {
	opts := duckdb.Options{Path: path, RollAfter: time.Nanosecond, RollEvery: -1}
	st, _, err := duckdb.Open(opts)
	if err != nil {
		return nil, err
	}
	s := &subject{Store: st}
	s.compact = func() error {
		// Closing merges the write-ahead log.
		if err := s.Close(); err != nil {
			return err
		}
		s.Store, _, err = duckdb.Open(opts)
		return err
	}
	s.bytes = func() (int64, int64, error) {
		n, err := diskBytes(path)
		if info, walErr := os.Stat(path + ".wal"); walErr == nil {
			n += info.Size()
		}
		return n, 0, err
	}
	s.stop = func() { s.Close() }
	return s, nil
}
