package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/placard/placard/reporting/event"
)

// JournalSum is what a store has of one journal.
type JournalSum struct {
	Journal     string
	First, Last uint64 // numbers of the first and the last record
	Events      int64
	Charge      int64 // micros
	Times       int64 // sum of the seconds of all events, which a lost or doubled event changes
}

// History is a store that hands out what it has, event by event.
type History interface {
	// Journals returns what there is, by journal.
	Journals(ctx context.Context) ([]JournalSum, error)
	// Events calls fn for the events from..to of a journal, in order. Records with consecutive numbers come together; fn must not keep
	// them.
	Events(ctx context.Context, journal string, from, to uint64, fn func(first uint64, events []event.Event) error) error
}

// JournalsSQL is the statement behind History.Journals, for either store's table and cast to a whole number.
func JournalsSQL(table, whole string) string {
	sum := func(expr string) string { return fmt.Sprintf(whole, expr) }
	return "SELECT journal, min(seq), max(seq), " + sum("count(*)") + ", " + sum("sum(charge)") + ", " + sum("sum(time % 1000000007)") + " FROM " + table + " GROUP BY journal ORDER BY journal"
}

// ScanJournals reads its rows.
func ScanJournals(rows Rows) ([]JournalSum, error) {
	defer rows.Close()
	var out []JournalSum
	for rows.Next() {
		var j JournalSum
		if err := rows.Scan(&j.Journal, &j.First, &j.Last, &j.Events, &j.Charge, &j.Times); err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, rows.Err()
}

// EventsSQL is the statement behind History.Events. high and low are the halves of the request's id as whole numbers. Its
// placeholders are the journal, from and to.
func EventsSQL(table, high, low string) string {
	names := make([]string, 0, 20)
	for _, c := range TextColumns() {
		names = append(names, c.Name)
	}
	return "SELECT seq, time, kind, " + high + ", " + low + ", slot, width, height, price, charge, visitor, synthetic, " + strings.Join(names, ", ") +
		" FROM " + table + " WHERE journal = ? AND seq >= ? AND seq < ? ORDER BY seq"
}

// maxRun is how many events ScanEvents hands out at once.
const maxRun = 100_000

// ScanEvents reads its rows.
func ScanEvents(rows Rows, fn func(first uint64, events []event.Event) error) error {
	defer rows.Close()
	var run []event.Event
	var first, seq, high, low uint64
	var kind uint8
	var e event.Event
	texts := TextColumns()
	dst := make([]any, 0, 12+len(texts))
	dst = append(dst, &seq, &e.Time, &kind, &high, &low, &e.Slot, &e.Width, &e.Height, &e.Price, &e.Charge, &e.Visitor, &e.Synthetic)
	for _, c := range texts {
		dst = append(dst, c.Field(&e))
	}
	for rows.Next() {
		if err := rows.Scan(dst...); err != nil {
			return err
		}
		if len(run) > 0 && (seq != first+uint64(len(run)) || len(run) == maxRun) {
			if err := fn(first, run); err != nil {
				return err
			}
			run = run[:0]
		}
		if len(run) == 0 {
			first = seq
		}
		e.Kind = event.Kind(kind)
		binary.BigEndian.PutUint64(e.Request[:8], high)
		binary.BigEndian.PutUint64(e.Request[8:], low)
		run = append(run, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(run) == 0 {
		return nil
	}
	return fn(first, run)
}
