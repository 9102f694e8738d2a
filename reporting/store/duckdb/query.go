//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// Query answers a report.
func (s *Store) Query(ctx context.Context, q report.Query) (*report.Result, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	var res *report.Result
	err := s.read(ctx, func(tx *sql.Tx, hours report.Hours) (err error) {
		res, err = store.Answer(q, hours, dialect, func(text string, args []any) (store.Rows, error) { return ask(ctx, tx, text, args...) })
		if err != nil {
			return err
		}
		var through sql.NullInt64
		if err := tx.QueryRowContext(ctx, "SELECT max(through) FROM positions").Scan(&through); err != nil {
			return err
		}
		if through.Int64 != 0 {
			res.Through = time.UnixMicro(through.Int64).UTC()
		}
		return nil
	})
	if err != nil {
		return nil, store.QueryError("duckdb", err)
	}
	return res, nil
}

// ask runs one statement of package store on the database or a transaction. The scanners there look at Err and close.
func ask(ctx context.Context, on interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}, text string, args ...any) (store.Rows, error) {
	rows, err := on.QueryContext(ctx, text, args...) //nolint:rowserrcheck // store's scanners look at Err, through the interface
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// read runs fn on one state of the database, of which hours tells what it has.
func (s *Store) read(ctx context.Context, fn func(tx *sql.Tx, hours report.Hours) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	var hours report.Hours
	if err := tx.QueryRowContext(ctx, "SELECT max(raw_from) FROM retained").Scan(&hours.RawFrom); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, "SELECT hour, rolled FROM hours ORDER BY hour")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var h report.KnownHour
		if err := rows.Scan(&h.Hour, &h.Rolled); err != nil {
			return err
		}
		hours.Known = append(hours.Known, h)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return fn(tx, hours)
}

// Delivered returns the valid totals per line item of events in [from, to).
func (s *Store) Delivered(ctx context.Context, from, to time.Time) (map[store.LineItemKey]store.Totals, error) {
	var out map[store.LineItemKey]store.Totals
	err := s.read(ctx, func(tx *sql.Tx, hours report.Hours) (err error) {
		out, err = store.Deliveries(from, to, hours, dialect, func(text string, args []any) (store.Rows, error) { return ask(ctx, tx, text, args...) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read delivery from duckdb: %w", err)
	}
	return out, nil
}
