//go:build cgo

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// Append adds a batch in one transaction with the journal's new position.
func (s *Store) Append(ctx context.Context, b store.Batch) error {
	if b.To-b.From != uint64(len(b.Events)) {
		return fmt.Errorf("append batch %d-%d to duckdb: it has %d events", b.From, b.To, len(b.Events))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(ctx, b); err != nil {
		return fmt.Errorf("append batch %d-%d to duckdb: %w", b.From, b.To, err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, b store.Batch) (err error) {
	next, known, err := s.position(ctx, b.Journal)
	if err != nil {
		return err
	}
	if b.To <= next {
		return nil // it is there
	}
	events, from := b.Events, b.From
	if from < next {
		events, from = events[next-from:], next // its first part is there
	}
	if err := s.writer.exec("BEGIN TRANSACTION"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.writer.exec("ROLLBACK"))
		}
	}()
	if err := s.writer.add(b.Journal, from, events); err != nil {
		return err
	}
	touched, through := hoursOf(events)
	changes := s.hourChanges(touched)
	journal := literal(b.Journal)
	if known {
		changes = append(changes, fmt.Sprintf("UPDATE positions SET next = %d, through = greatest(through, %d) WHERE journal = %s", b.To, through, journal))
	} else {
		changes = append(changes, fmt.Sprintf("INSERT INTO positions VALUES (%s, %d, %d)", journal, b.To, through))
	}
	for _, stmt := range changes {
		if err := s.writer.exec(stmt); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.writer.exec("COMMIT"); err != nil {
		return err
	}
	now := s.opts.Now()
	for h := range touched {
		st := s.hours[h]
		if st == nil {
			st = &hourState{}
			s.hours[h] = st
		}
		st.changes++
		st.touched = now
		st.rolled = st.rolled && h < s.rawFrom
	}
	return nil
}

// hoursOf returns the hours of events, and the instant of the latest.
func hoursOf(events []event.Event) (map[int64]bool, int64) {
	touched := map[int64]bool{}
	through, last := int64(0), int64(-1)
	for i := range events {
		t := events[i].Time
		through = max(through, t)
		if h := t / store.HourMicros; h != last {
			touched[h], last = true, h
		}
	}
	return touched, through
}

// hourChanges are the statements that keep the table hours right: what is touched is not rolled up any more. The events of an
// hour whose others have been deleted are added to its sums and deleted like them.
func (s *Store) hourChanges(touched map[int64]bool) []string {
	var out, added, opened, late []string
	for h := range touched {
		st := s.hours[h]
		switch {
		case h < s.rawFrom:
			late = append(late, fmt.Sprint(h))
			if st == nil {
				added = append(added, fmt.Sprintf("(%d, true)", h))
			}
		case st == nil:
			added = append(added, fmt.Sprintf("(%d, false)", h))
		case st.rolled:
			opened = append(opened, fmt.Sprint(h))
		}
	}
	if len(added) > 0 {
		out = append(out, "INSERT INTO hours VALUES "+strings.Join(added, ", "))
	}
	if len(opened) > 0 {
		out = append(out, "UPDATE hours SET rolled = false WHERE hour IN ("+strings.Join(opened, ", ")+")")
	}
	if len(late) > 0 {
		where := fmt.Sprintf("time // %d IN (%s)", store.HourMicros, strings.Join(late, ", "))
		out = append(out, rollupInserts(where)...)
		out = append(out, "DELETE FROM events WHERE "+where)
	}
	return out
}

// position returns the journal's position and whether the table has it.
func (s *Store) position(ctx context.Context, journal string) (next uint64, known bool, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT next FROM positions WHERE journal = ?", journal)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		known = true
		if err := rows.Scan(&next); err != nil {
			return 0, false, err
		}
	}
	return next, known, rows.Err()
}

// Position returns one past the last record of the journal that is in the store.
func (s *Store) Position(ctx context.Context, journal string) (uint64, error) {
	next, _, err := s.position(ctx, journal)
	if err != nil {
		return 0, fmt.Errorf("read position from duckdb: %w", err)
	}
	return next, nil
}

// literal writes a text as SQL does.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
