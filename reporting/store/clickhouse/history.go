package clickhouse

import (
	"context"
	"fmt"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// Journals returns what there is, by journal.
func (s *Store) Journals(ctx context.Context) ([]store.JournalSum, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, store.JournalsSQL(s.table("events"), "toInt64(%s)"), nil)
	if err != nil {
		return nil, fmt.Errorf("read journals from clickhouse: %w", err)
	}
	return store.ScanJournals(rows)
}

// Events calls fn for the events from..to of a journal, in order.
func (s *Store) Events(ctx context.Context, journal string, from, to uint64, fn func(uint64, []event.Event) error) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	half := func(at int) string { return fmt.Sprintf("reinterpretAsUInt64(reverse(substring(request, %d, 8)))", at) }
	rows, err := s.query(ctx, store.EventsSQL(s.table("events"), half(1), half(9)), []any{journal, from, to})
	if err != nil {
		return fmt.Errorf("read events from clickhouse: %w", err)
	}
	return store.ScanEvents(rows, fn)
}
