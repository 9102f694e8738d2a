//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/placard/placard/reporting/store"
)

// Store is an open database.
type Store struct {
	db   *sql.DB
	opts Options

	mu      sync.Mutex // one writer; guards what follows
	writer  *writer
	hours   map[int64]*hourState
	rawFrom int64 // events of earlier hours are deleted

	rolling sync.Mutex // one Roll at a time
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// hourState is what the writer knows of an hour.
type hourState struct {
	rolled  bool
	changes uint64    // appends that touched it since the start
	touched time.Time // the last of them
}

// Open opens or creates the database.
func Open(opts Options) (store.Store, *Opened, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.MemoryLimit == "" {
		opts.MemoryLimit = "1GB"
	}
	if opts.Threads == 0 {
		opts.Threads = 2
	}
	if opts.RollAfter == 0 {
		opts.RollAfter = 2 * time.Minute
	}
	if opts.RollEvery == 0 {
		opts.RollEvery = 30 * time.Second
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	o := &Opened{}
	if opts.Path == "" {
		dir, err := os.MkdirTemp("", "placard-duckdb")
		if err != nil {
			return nil, nil, fmt.Errorf("open duckdb: %w", err)
		}
		opts.Path, opts.temporary = filepath.Join(dir, "events.duckdb"), dir
		s, err := open(opts)
		return s, o, err
	}
	s, err := open(opts)
	if err == nil {
		return s, o, nil
	}
	if !damaged(opts.Path, err) {
		return nil, nil, err
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

// damaged reports whether it is the file's fault that it does not open: then it is set aside. It is not if somebody else
// uses it, the disk is full, it may not be read, or this binary is too old for it.
func damaged(path string, err error) bool {
	var newer *newerError
	if errors.As(err, &newer) {
		return false
	}
	for _, reason := range []string{"Could not set lock", "Conflicting lock", "No space left", "Permission denied", "Out of Memory", "newer version of DuckDB"} {
		if strings.Contains(err.Error(), reason) {
			return false
		}
	}
	f, openErr := os.OpenFile(path, os.O_RDWR, 0)
	if openErr != nil {
		return false
	}
	f.Close()
	return true
}

type newerError struct{ found int }

func (e *newerError) Error() string {
	return fmt.Sprintf("the database has schema version %d and this binary knows %d: use the newer binary", e.found, version)
}

func open(opts Options) (store.Store, error) {
	c, err := duck.NewConnector(opts.Path, func(ex driver.ExecerContext) error {
		stmts := []string{
			"SET TimeZone = 'UTC'", fmt.Sprintf("SET memory_limit = '%s'", opts.MemoryLimit), fmt.Sprintf("SET threads = %d", opts.Threads),
			"SET checkpoint_threshold = '256MB'",
		}
		if !opts.files {
			stmts = append(stmts, "SET enable_external_access = false")
		}
		for _, stmt := range stmts {
			if _, err := ex.ExecContext(context.Background(), stmt, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	s := &Store{db: sql.OpenDB(c), opts: opts, hours: map[int64]*hourState{}}
	if err := s.begin(); err != nil {
		_ = s.db.Close()
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.maintain(ctx) })
	return s, nil
}

// begin migrates the schema and reads what the writer must know.
func (s *Store) begin() error {
	ctx := context.Background()
	if err := migrate(ctx, s.db); err != nil {
		return err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT hour, rolled FROM hours")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var h int64
		st := &hourState{}
		if err := rows.Scan(&h, &st.rolled); err != nil {
			return err
		}
		s.hours[h] = st
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := s.db.QueryRowContext(ctx, "SELECT max(raw_from) FROM retained").Scan(&s.rawFrom); err != nil {
		return err
	}
	s.writer, err = newWriter(s.opts.Path)
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("ping duckdb: %w", err)
	}
	return nil
}

// Close waits for what is under way and closes the database.
func (s *Store) Close() error {
	s.stop()
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer.close()
	err := s.db.Close()
	if s.opts.temporary != "" {
		err = errors.Join(err, os.RemoveAll(s.opts.temporary))
	}
	if err != nil {
		return fmt.Errorf("close duckdb: %w", err)
	}
	return nil
}
