//go:build engine

package main

import (
	"os"
	"path/filepath"

	"github.com/placard/placard/reporting/store/clickhouse/chdbtest"
)

func becomeEngine() { chdbtest.Main() }

func startEngine(dir string) (addr string, pid int, stop func(), err error) {
	db := filepath.Join(dir, "clickhouse")
	if err := os.MkdirAll(db, 0o700); err != nil {
		return "", 0, nil, err
	}
	s, err := chdbtest.Start(db)
	if err != nil {
		return "", 0, nil, err
	}
	return s.Addr, s.Pid(), s.Stop, nil
}
