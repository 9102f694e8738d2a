//go:build !cgo

package duckdb

import (
	"context"
	"errors"

	"github.com/placard/placard/reporting/store"
)

// ErrNoCgo is returned by Open in binaries built with CGO_ENABLED=0.
var ErrNoCgo = errors.New("this binary was built without cgo and has no DuckDB: set store: {clickhouse: …} in server.yaml, or build with CGO_ENABLED=1")

// Open fails: DuckDB needs cgo.
func Open(Options) (store.Store, *Opened, error) { return nil, nil, ErrNoCgo }

// Export fails: DuckDB writes the files.
func Export(context.Context, store.History, string, func(done, total int64)) ([]store.JournalSum, error) {
	return nil, ErrNoCgo
}

// Import fails: DuckDB reads the files.
func Import(context.Context, string, store.Store, func(done, total int64)) ([]store.JournalSum, error) {
	return nil, ErrNoCgo
}
