//go:build engine && cgo

package clickhouse_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/duckdb"
	"github.com/placard/placard/reporting/store/storetest"
)

// TestHistoryMovesBetweenTheStores goes from DuckDB to ClickHouse and back.
func TestHistoryMovesBetweenTheStores(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(8, 8))
	events := storetest.RandomEvents(r, 800)
	embedded := func() store.Store {
		s, _, err := duckdb.Open(duckdb.Options{RollEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	first, middle, last := embedded(), open(t), embedded()
	if err := first.Append(ctx, store.Batch{Journal: "j", From: 3, To: 803, Events: events}); err != nil {
		t.Fatal(err)
	}
	var sums [][]store.JournalSum
	for _, step := range [][2]store.Store{{first, middle}, {middle, last}} {
		dir := filepath.Join(t.TempDir(), "archive")
		if _, err := duckdb.Export(ctx, step[0].(store.History), dir, nil); err != nil {
			t.Fatal(err)
		}
		got, err := duckdb.Import(ctx, dir, step[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, got)
	}
	if !slices.Equal(sums[0], sums[1]) || sums[0][0].Events != 800 {
		t.Errorf("%+v, then %+v", sums[0], sums[1])
	}
	storetest.Check(t, middle, r, events, "in clickhouse", 6)
	storetest.Check(t, last, r, events, "back in duckdb", 6)
}
