//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// Options configures a store.
type Options struct {
	// Path is the database's file; "" keeps everything in memory, for tests.
	Path string
	// MemoryLimit bounds DuckDB's memory, in its notation. "" means 1GB, so that reports cannot starve serving.
	MemoryLimit string
	// Threads bounds the processors a query uses. 0 means 2.
	Threads int
	// Now is the clock. nil means time.Now.
	Now func() time.Time
}

// Opened tells how opening went.
type Opened struct {
	// SetAside is where a file that would not open was moved, "" if all was well.
	SetAside string
	// Why is what was wrong with it.
	Why error
}

// Store is an open database.
type Store struct {
	db  *sql.DB
	now func() time.Time

	mu sync.Mutex // one writer
}

// version is the schema's. A migration takes a database from each earlier one to the next.
const version = 1

const schema = `
CREATE TABLE IF NOT EXISTS placard_schema (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS positions (journal VARCHAR PRIMARY KEY, next UBIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  time BIGINT NOT NULL, kind UTINYINT NOT NULL, request BLOB NOT NULL, slot UTINYINT NOT NULL,
  site VARCHAR NOT NULL, placement VARCHAR NOT NULL, section VARCHAR NOT NULL, page VARCHAR NOT NULL, page_key UBIGINT NOT NULL,
  advertiser VARCHAR NOT NULL, campaign VARCHAR NOT NULL, line_item VARCHAR NOT NULL, creative VARCHAR NOT NULL, type VARCHAR NOT NULL,
  width USMALLINT NOT NULL, height USMALLINT NOT NULL, price BIGINT NOT NULL, charge BIGINT NOT NULL,
  country VARCHAR NOT NULL, region VARCHAR NOT NULL, device VARCHAR NOT NULL, os VARCHAR NOT NULL, browser VARCHAR NOT NULL, theme VARCHAR NOT NULL,
  topics VARCHAR NOT NULL, sensitivity VARCHAR NOT NULL, no_fill VARCHAR NOT NULL, invalid VARCHAR NOT NULL, revision VARCHAR NOT NULL,
  visitor UBIGINT NOT NULL, synthetic BOOLEAN NOT NULL
);`

var dialect = report.Dialect{
	Table:      "events",
	Hour:       "strftime(timezone(?, make_timestamptz(time)), '%Y-%m-%d %H:00')",
	Day:        "strftime(timezone(?, make_timestamptz(time)), '%Y-%m-%d')",
	Week:       "strftime(date_trunc('week', timezone(?, make_timestamptz(time))), '%Y-%m-%d')",
	Month:      "strftime(timezone(?, make_timestamptz(time)), '%Y-%m')",
	WeekHour:   "strftime(timezone(?, make_timestamptz(time)), '%u %H')",
	CountIf:    "count(*) FILTER (WHERE %s)",
	SumIf:      "coalesce(sum(%s) FILTER (WHERE %s), 0)::BIGINT",
	DistinctIf: "count(DISTINCT %s) FILTER (WHERE %s)",
}

// Open opens or creates the database.
func Open(opts Options) (store.Store, *Opened, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	o := &Opened{}
	s, err := open(opts)
	if err == nil || opts.Path == "" {
		return s, o, err
	}
	var newer *newerError
	if errors.As(err, &newer) {
		return nil, nil, err // the file is fine, this binary is old
	}
	if _, statErr := os.Stat(opts.Path); statErr != nil {
		return nil, nil, err // not the file's fault
	}
	aside := opts.Path + ".broken-" + opts.Now().UTC().Format("20060102T150405")
	if renameErr := os.Rename(opts.Path, aside); renameErr != nil {
		return nil, nil, errors.Join(err, renameErr)
	}
	// What DuckDB had not yet merged belongs to the file.
	_ = os.Rename(opts.Path+".wal", aside+".wal")
	o.SetAside, o.Why = aside, err
	s, err = open(opts)
	return s, o, err
}

type newerError struct{ found int }

func (e *newerError) Error() string {
	return fmt.Sprintf("the database has schema version %d and this binary knows %d: use the newer binary", e.found, version)
}

func open(opts Options) (store.Store, error) {
	if opts.MemoryLimit == "" {
		opts.MemoryLimit = "1GB"
	}
	if opts.Threads == 0 {
		opts.Threads = 2
	}
	c, err := duck.NewConnector(opts.Path, func(ex driver.ExecerContext) error {
		for _, stmt := range []string{
			"SET TimeZone = 'UTC'", fmt.Sprintf("SET memory_limit = '%s'", opts.MemoryLimit), fmt.Sprintf("SET threads = %d", opts.Threads),
			"SET enable_external_access = false",
		} {
			if _, err := ex.ExecContext(context.Background(), stmt, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	db := sql.OpenDB(c)
	s := &Store{db: db, now: opts.Now}
	if err := s.migrate(); err != nil {
		db.Close()
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	return s, nil
}

func (s *Store) migrate() error {
	ctx := context.Background()
	if _, err := s.db.ExecContext(ctx, schema); err != nil {
		return err
	}
	var found int
	err := s.db.QueryRowContext(ctx, "SELECT version FROM placard_schema").Scan(&found)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = s.db.ExecContext(ctx, "INSERT INTO placard_schema VALUES (?)", version)
		return err
	case err != nil:
		return err
	case found > version:
		return &newerError{found}
	}
	return nil
}

// Append adds a batch in one transaction with the journal's new position.
func (s *Store) Append(ctx context.Context, b store.Batch) error {
	if err := s.append(ctx, b); err != nil {
		return fmt.Errorf("append batch %d-%d to duckdb: %w", b.From, b.To, err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, b store.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	next, err := position(ctx, conn, b.Journal)
	if err != nil {
		return err
	}
	if b.To <= next {
		return nil // it is there
	}
	events := b.Events
	if b.From < next {
		events = events[next-b.From:] // its first part is there
	}
	err = conn.Raw(func(dc any) error {
		a, err := duck.NewAppenderFromConn(dc.(driver.Conn), "", "events")
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			if err := a.AppendRow(e.Time, uint8(e.Kind), e.Request[:], e.Slot, e.Site, e.Placement, e.Section, e.Page, e.PageKey,
				e.Advertiser, e.Campaign, e.LineItem, e.Creative, e.Type, e.Width, e.Height, e.Price, e.Charge,
				e.Country, e.Region, e.Device, e.OS, e.Browser, e.Theme, e.Topics, e.Sensitivity, e.NoFill, e.Invalid, e.Revision,
				e.Visitor, e.Synthetic); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "INSERT INTO positions VALUES (?, ?) ON CONFLICT (journal) DO UPDATE SET next = excluded.next", b.Journal, b.To); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	done = true
	return nil
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func position(ctx context.Context, q queryer, journal string) (uint64, error) {
	var next uint64
	err := q.QueryRowContext(ctx, "SELECT next FROM positions WHERE journal = ?", journal).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return next, err
}

// Position returns one past the last record of the journal that is in the store.
func (s *Store) Position(ctx context.Context, journal string) (uint64, error) {
	next, err := position(ctx, s.db, journal)
	if err != nil {
		return 0, fmt.Errorf("read position from duckdb: %w", err)
	}
	return next, nil
}

// Query answers a report.
func (s *Store) Query(ctx context.Context, q report.Query) (*report.Result, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	res := &report.Result{Query: q}
	text, args := report.SQL(&q, dialect, true)
	rows, err := s.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("query duckdb: %w", err)
	}
	totals, _, err := store.ScanRows(rows, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("query duckdb: %w", err)
	}
	if len(totals) == 1 {
		res.Totals = totals[0].Sums
	}
	if len(q.By) == 0 {
		res.Rows = totals
	} else {
		text, args = report.SQL(&q, dialect, false)
		if rows, err = s.db.QueryContext(ctx, text, args...); err != nil {
			return nil, fmt.Errorf("query duckdb: %w", err)
		}
		if res.Rows, res.MoreRows, err = store.ScanRows(rows, len(q.By), q.Limit); err != nil {
			return nil, fmt.Errorf("query duckdb: %w", err)
		}
	}
	var through sql.NullInt64
	if err := s.db.QueryRowContext(ctx, "SELECT max(time) FROM events").Scan(&through); err != nil {
		return nil, fmt.Errorf("query duckdb: %w", err)
	}
	if through.Valid {
		res.Through = time.UnixMicro(through.Int64).UTC()
	}
	return res, nil
}

// Delivered returns the valid totals per line item of events in [from, to).
func (s *Store) Delivered(ctx context.Context, from, to time.Time) (map[store.LineItemKey]store.Totals, error) {
	rows, err := s.db.QueryContext(ctx, store.DeliveredSQL(dialect), from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("read delivery from duckdb: %w", err)
	}
	out, err := store.ScanDelivered(rows)
	if err != nil {
		return nil, fmt.Errorf("read delivery from duckdb: %w", err)
	}
	return out, nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("ping duckdb: %w", err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close duckdb: %w", err)
	}
	return nil
}
