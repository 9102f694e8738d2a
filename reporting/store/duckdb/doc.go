// Package duckdb is the embedded store: one file, one process.
//
// Events are rows of one table; DuckDB keeps columns and compresses their few distinct values. The transaction that adds a
// batch also moves the journal's position, so a batch is there once or not at all, whatever happens in between. A file that does
// not open is set aside, never deleted, and a new one begun.
//
// One goroutine appends at a time; queries run beside it, each on what was committed when it began. Without cgo the
// package builds and [Open] says that DuckDB is not in this binary.
package duckdb
