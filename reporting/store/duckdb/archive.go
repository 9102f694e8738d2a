//go:build cgo

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
)

// An archive is a directory of Parquet files, each with up to a million events in the columns of the table events. Any tool reads
// it. DuckDB writes and reads the files, whichever store the events come from or go to.

// archiveFile is how many events stand in one file.
const archiveFile = 1_000_000

// archiveStep is how many records are asked of a store at once.
const archiveStep = 200_000

// Export writes all events of a store to a new or empty directory, reads the files again, and compares counts and sums. progress
// is told how many events are done; nil tells nobody.
func Export(ctx context.Context, src store.History, dir string, progress func(done, total int64)) ([]store.JournalSum, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
		return nil, errors.Join(err, fmt.Errorf("export: %s is not empty; name a new directory", dir))
	}
	want, err := src.Journals(ctx)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var total, done int64
	for _, j := range want {
		total += j.Events
	}
	scratch, err := openScratch()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer func() { _ = scratch.Close() }() // what is in it is thrown away
	files, inFile := 0, 0
	flush := func() error {
		if inFile == 0 {
			return nil
		}
		files++
		path := filepath.Join(dir, fmt.Sprintf("events-%06d.parquet", files))
		_, err := scratch.db.ExecContext(ctx, "COPY (SELECT * FROM events ORDER BY journal, seq) TO "+literal(path)+" (FORMAT parquet, COMPRESSION zstd); DELETE FROM events")
		inFile = 0
		return err
	}
	for _, j := range want {
		for from := j.First; from <= j.Last; from += archiveStep {
			err := src.Events(ctx, j.Journal, from, min(from+archiveStep, j.Last+1), func(first uint64, events []event.Event) error {
				if err := scratch.writer.add(j.Journal, first, events); err != nil {
					return err
				}
				inFile += len(events)
				done += int64(len(events))
				if progress != nil {
					progress(done, total)
				}
				if inFile >= archiveFile {
					return flush()
				}
				return nil
			})
			if err != nil {
				return nil, fmt.Errorf("export: %w", err)
			}
		}
	}
	if err := flush(); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	got, err := archived(ctx, scratch, dir)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if !slices.Equal(got, want) {
		return nil, fmt.Errorf("export: the files are not what the store has: %s", difference(got, want))
	}
	return got, nil
}

// Import adds the events of an archive to a store and compares counts and sums. What the store has already, from an import that was
// cut off, is not added again.
func Import(ctx context.Context, dir string, dst store.Store, progress func(done, total int64)) ([]store.JournalSum, error) {
	scratch, err := openScratch()
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	defer func() { _ = scratch.Close() }() // what is in it is thrown away
	want, err := archived(ctx, scratch, dir)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	var total, done int64
	for _, j := range want {
		total += j.Events
	}
	src := "read_parquet(" + literal(filepath.Join(dir, "events-*.parquet")) + ")"
	for _, j := range want {
		for from := j.First; from <= j.Last; from += archiveStep {
			rows, err := ask(ctx, scratch.db, store.EventsSQL(src, "request_high", "request_low"), j.Journal, from, min(from+archiveStep, j.Last+1))
			if err != nil {
				return nil, fmt.Errorf("import: %w", err)
			}
			err = store.ScanEvents(rows, func(first uint64, events []event.Event) error {
				if err := dst.Append(ctx, store.Batch{Journal: j.Journal, From: first, To: first + uint64(len(events)), Events: events}); err != nil {
					return err
				}
				done += int64(len(events))
				if progress != nil {
					progress(done, total)
				}
				return nil
			})
			if err != nil {
				return nil, fmt.Errorf("import: %w", err)
			}
		}
	}
	have, err := dst.(store.History).Journals(ctx)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	// The store may have other journals beside these.
	have = slices.DeleteFunc(have, func(h store.JournalSum) bool {
		return !slices.ContainsFunc(want, func(w store.JournalSum) bool { return w.Journal == h.Journal })
	})
	if !slices.Equal(have, want) {
		return nil, fmt.Errorf("import: the store is not what the archive has: %s; import into a database that no server has written to yet", difference(have, want))
	}
	return want, nil
}

// openScratch opens a temporary database that may read and write files.
func openScratch() (*Store, error) {
	s, _, err := Open(Options{RollEvery: -1, files: true})
	if err != nil {
		return nil, err
	}
	return s.(*Store), nil
}

func archived(ctx context.Context, scratch *Store, dir string) ([]store.JournalSum, error) {
	pattern := filepath.Join(dir, "events-*.parquet")
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return nil, errors.Join(err, fmt.Errorf("there is no events-*.parquet in %s", dir))
	}
	rows, err := ask(ctx, scratch.db, store.JournalsSQL("read_parquet("+literal(pattern)+")", "coalesce(%s, 0)::BIGINT"))
	if err != nil {
		return nil, err
	}
	return store.ScanJournals(rows)
}

// difference names the first journal that differs.
func difference(got, want []store.JournalSum) string {
	var b strings.Builder
	for _, w := range want {
		i := slices.IndexFunc(got, func(g store.JournalSum) bool { return g.Journal == w.Journal })
		switch {
		case i < 0:
			fmt.Fprintf(&b, "journal %q is missing", w.Journal)
		case got[i] != w:
			fmt.Fprintf(&b, "journal %q has %d events and charges of %d, not %d and %d", w.Journal, got[i].Events, got[i].Charge, w.Events, w.Charge)
		default:
			continue
		}
		return b.String()
	}
	return fmt.Sprintf("there are %d journals, not %d", len(got), len(want))
}
