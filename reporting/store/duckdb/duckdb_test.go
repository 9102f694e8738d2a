//go:build cgo

package duckdb_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/store/duckdb"
	"github.com/placard/placard/reporting/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s, _, err := duckdb.Open(duckdb.Options{Path: filepath.Join(t.TempDir(), "events.duckdb"), RollAfter: time.Nanosecond, RollEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func TestEventsSurviveRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.duckdb")
	ctx := context.Background()
	events := storetest.RandomEvents(rand.New(rand.NewPCG(9, 9)), 100)
	for turn := range 3 {
		s, o, err := duckdb.Open(duckdb.Options{Path: path})
		if err != nil || o.SetAside != "" {
			t.Fatalf("turn %d: %v, set aside %q", turn, err, o.SetAside)
		}
		if err := s.Append(ctx, store.Batch{Journal: "j", From: 1, To: 101, Events: events}); err != nil {
			t.Fatal(err)
		}
		q := report.Query{From: time.Unix(0, 0).AddDate(55, 0, 0), To: time.Unix(0, 0).AddDate(57, 6, 0), Scope: report.AllTenants()}
		res, err := s.Query(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		n := res.Totals.Requests + res.Totals.Impressions + res.Totals.Viewable + res.Totals.Clicks + res.Totals.Invalid
		if n != 100 {
			t.Fatalf("turn %d: %d events of 100", turn, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBrokenFileIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.duckdb")
	if err := os.WriteFile(path, []byte("this is not a database, but nobody may delete it"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, o, err := duckdb.Open(duckdb.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := os.ReadFile(o.SetAside)
	if err != nil || string(b[:7]) != "this is" || o.Why == nil {
		t.Errorf("set aside at %q (%v): %v %q", o.SetAside, o.Why, err, b)
	}
	if err := s.Ping(context.Background()); err != nil {
		t.Error(err)
	}
}
