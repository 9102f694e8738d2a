package duckdb

import (
	"log/slog"
	"time"
)

// Options configures a store.
type Options struct {
	// Path is the database's file; "" makes one that goes when the store is closed.
	Path string
	// MemoryLimit bounds DuckDB's memory, in its notation. "" means 1GB, so that reports cannot starve serving.
	MemoryLimit string
	// Threads bounds the processors a query uses. 0 means 2.
	Threads int
	// RollAfter is how long after its end, and after the last event that came for it, an hour is rolled up. 0 means 2 minutes.
	RollAfter time.Duration
	// RollEvery is how often the store looks for hours to roll up. 0 means 30 s; below 0, never by itself.
	RollEvery time.Duration
	// KeepEvents is how long single events are kept after they happened, KeepRollups how long their sums are. 0 means for ever.
	KeepEvents, KeepRollups time.Duration
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Log receives what the upkeep could not do. nil means slog.Default().
	Log *slog.Logger

	files     bool   // statements may read and write files
	temporary string // a directory to remove when the store is closed
}

// Opened tells how opening went.
type Opened struct {
	// SetAside is where a file that would not open was moved, "" if all was well.
	SetAside string
	// Why is what was wrong with it.
	Why error
}
