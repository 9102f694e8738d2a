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

func TestRetention(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.duckdb")
	s, _, err := duckdb.Open(duckdb.Options{Path: path, RollAfter: time.Nanosecond, RollEvery: -1, KeepEvents: 7 * 24 * time.Hour, Now: storetest.Later()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	storetest.Retention(t, s, func() int64 {
		sums, err := s.(store.History).Journals(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(sums) == 0 {
			return 0
		}
		return sums[0].Events
	})
	// An event that comes for an hour whose others are deleted is in the sums all the same.
	q := report.Query{From: time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 6, 0, 0, 0, 0, time.UTC), Scope: report.AllTenants()}
	before, err := s.Query(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	late := storetest.RandomEvents(rand.New(rand.NewPCG(4, 5)), 50)
	if err := s.Append(ctx, store.Batch{Journal: "j", From: 401, To: 451, Events: late}); err != nil {
		t.Fatal(err)
	}
	after, err := s.Query(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	events := func(s report.Sums) int64 { return s.Requests + s.Impressions + s.Viewable + s.Clicks + s.Invalid }
	// Requests that are invalid count as requests.
	if n := events(after.Totals) - events(before.Totals); n != 50 {
		t.Errorf("%d of 50 late events are in the report", n)
	}
}
