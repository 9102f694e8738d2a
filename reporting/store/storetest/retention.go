package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// Later is a clock for stores under [Retention]: weeks after the events, and a millisecond later with each look.
func Later() func() time.Time {
	var looks atomic.Int64
	return func() time.Time {
		return begin.AddDate(0, 0, 40).Add(time.Duration(looks.Add(1)) * time.Millisecond)
	}
}

// Retention checks a store that keeps events for a week: what is older is deleted, the sums stay, and a question that needs the
// deleted events is refused in words. count returns how many single events are left.
func Retention(t *testing.T, s store.Store, count func() int64) {
	ctx := context.Background()
	events := RandomEvents(rand.New(rand.NewPCG(4, 4)), 400)
	must(t, s.Append(ctx, store.Batch{Journal: "j", From: 1, To: 401, Events: events}))
	if n := count(); n != 400 {
		t.Fatalf("%d events of 400", n)
	}
	must(t, s.(store.Roller).Roll(ctx))
	must(t, s.(store.Roller).Roll(ctx))
	if n := count(); n != 0 {
		t.Errorf("%d events are kept beyond their time", n)
	}
	q := report.Query{From: begin, To: begin.AddDate(0, 0, 6), By: []report.Dimension{report.Day, report.LineItem}, Scope: report.AllTenants()}
	must(t, q.Validate())
	want, totals := oracle(events, &q)
	res, err := s.Query(ctx, q)
	must(t, err)
	if res.Totals != totals || len(res.Rows) != len(want) {
		t.Errorf("%d rows, totals %+v\nwant %d rows, %+v", len(res.Rows), res.Totals, len(want), totals)
	}
	q.By = []report.Dimension{report.Page}
	var bad *report.Error
	if _, err := s.Query(ctx, q); !errors.As(err, &bad) || bad.Field != "from" {
		t.Errorf("a report by page of deleted events: %v", err)
	}
	got, err := s.Delivered(ctx, time.Unix(0, 0), begin.AddDate(1, 0, 0))
	must(t, err)
	var spend int64
	for _, v := range got {
		spend += v.Spend
	}
	if spend != totals.Spend {
		t.Errorf("delivered %d micros, want %d", spend, totals.Spend)
	}
}
