//go:build cgo

package duckdb_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/duckdb"
	"github.com/placard/placard/reporting/store/storetest"
)

func open(t *testing.T, path string) store.Store {
	t.Helper()
	s, _, err := duckdb.Open(duckdb.Options{Path: path, RollAfter: time.Nanosecond, RollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// filled has two journals, one of them with a gap, and texts that files get wrong.
func filled(t *testing.T) (store.Store, []event.Event) {
	s, ctx := open(t, ""), context.Background()
	events := storetest.RandomEvents(rand.New(rand.NewPCG(5, 5)), 900)
	events[7].Page = "https://news.example/\"quoted\",\n\t\\N 'story'"
	for _, b := range []store.Batch{
		{Journal: "a", From: 5, To: 305, Events: events[:300]}, {Journal: "a", From: 2000, To: 2300, Events: events[300:600]}, {Journal: "b'", From: 1, To: 301, Events: events[600:]},
	} {
		if err := s.Append(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	return s, events
}

func TestArchiveRoundTrip(t *testing.T) {
	ctx := context.Background()
	src, events := filled(t)
	dir := filepath.Join(t.TempDir(), "archive")
	var last int64
	sums, err := duckdb.Export(ctx, src.(store.History), dir, func(done, total int64) {
		if last = done; total != 900 {
			t.Errorf("of %d", total)
		}
	})
	if err != nil || last != 900 {
		t.Fatalf("%d exported: %v", last, err)
	}
	if _, err := duckdb.Export(ctx, src.(store.History), dir, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a second export into the same directory: %v", err)
	}
	dst := open(t, "")
	for range 2 { // the second finds everything there
		got, err := duckdb.Import(ctx, dir, dst, nil)
		if err != nil || !slices.Equal(got, sums) {
			t.Fatalf("imported %+v (%v), want %+v", got, err, sums)
		}
	}
	storetest.Check(t, dst, rand.New(rand.NewPCG(6, 6)), events, "imported", 10)
	if p, err := dst.Position(ctx, "a"); p != 2300 || err != nil {
		t.Errorf("position %d, %v", p, err)
	}
	var page string
	err = dst.(store.History).Events(ctx, "a", 12, 13, func(_ uint64, e []event.Event) error { page = e[0].Page; return nil })
	if err != nil || page != events[7].Page {
		t.Errorf("page %q, %v", page, err)
	}
}

func TestImportSaysWhatIsMissing(t *testing.T) {
	ctx := context.Background()
	src, events := filled(t)
	dir := filepath.Join(t.TempDir(), "archive")
	if _, err := duckdb.Export(ctx, src.(store.History), dir, nil); err != nil {
		t.Fatal(err)
	}
	// A server has written later records of the same journal: the earlier ones are behind its position.
	dst := open(t, "")
	if err := dst.Append(ctx, store.Batch{Journal: "a", From: 9000, To: 9001, Events: events[:1]}); err != nil {
		t.Fatal(err)
	}
	if _, err := duckdb.Import(ctx, dir, dst, nil); err == nil || !strings.Contains(err.Error(), `journal "a" has 1 events`) {
		t.Errorf("import behind a position: %v", err)
	}
	if _, err := duckdb.Import(ctx, t.TempDir(), dst, nil); err == nil {
		t.Error("an empty directory was imported")
	}
	// A file that was cut off must not pass for a whole one.
	path := filepath.Join(dir, "events-000001.parquet")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := duckdb.Import(ctx, dir, open(t, ""), nil); err == nil {
		t.Error("half a file was imported")
	}
}
