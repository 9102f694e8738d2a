//go:build cgo

package duckdb

import (
	"context"
	"fmt"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// Journals returns what there is, by journal.
func (s *Store) Journals(ctx context.Context) ([]store.JournalSum, error) {
	rows, err := ask(ctx, s.db, store.JournalsSQL("events", "coalesce(%s, 0)::BIGINT"))
	if err != nil {
		return nil, fmt.Errorf("read journals from duckdb: %w", err)
	}
	return store.ScanJournals(rows)
}

// Events calls fn for the events from..to of a journal, in order.
func (s *Store) Events(ctx context.Context, journal string, from, to uint64, fn func(uint64, []event.Event) error) error {
	rows, err := ask(ctx, s.db, store.EventsSQL("events", "request_high", "request_low"), journal, from, to)
	if err != nil {
		return fmt.Errorf("read events from duckdb: %w", err)
	}
	return store.ScanEvents(rows, fn)
}
