// Package store is where reports are read from: one small interface, and an implementation for DuckDB (embedded) and
// one for ClickHouse in the folders below.
//
// A store takes immutable batches of events, each exactly once, and answers report queries. The journal keeps what the
// store does not have yet: a store may be away, and may be lost and filled again from what the journal retains.
package store
