// Package storetest holds what every store must do, as tests that run against any of them: answers are compared with an
// oracle that adds up the same events in Go.
package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/report"
	"github.com/placard/placard/reporting/store"
)

// begin is a Sunday, two days before New York's clocks go back in 2026.
var begin = time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC)

// RandomEvents makes n events over five days around a clock change.
func RandomEvents(r *rand.Rand, n int) []event.Event {
	out := make([]event.Event, n)
	pick := func(vs ...string) string { return vs[r.IntN(len(vs))] }
	for i := range out {
		e := &out[i]
		for j := range e.Request {
			e.Request[j] = byte(r.Uint32())
		}
		e.Slot = uint8(r.IntN(4))
		e.Kind = event.Kind(1 + r.IntN(4))
		e.Time = begin.Add(time.Duration(r.Int64N(int64(5 * 24 * time.Hour)))).UnixMicro()
		e.Site, e.Placement, e.Section = pick("daily", "weekly"), pick("masthead", "story-end-1", "below-comments"), pick("world", "sport", "اردو")
		e.Page = "https://news.example/" + pick("a", "b", "c'); DROP TABLE events; --")
		if e.Kind != event.Request || r.IntN(3) > 0 {
			e.Advertiser, e.Campaign, e.LineItem = pick("north", "bank"), pick("c1", "c2"), pick("l1", "l2", "l3")
			e.Creative, e.Type, e.Width, e.Height, e.Price = pick("k1", "k2"), pick("standard", "house"), 970, 250, 3_200_000
		} else {
			e.NoFill = pick("no_candidate", "suitability")
		}
		e.Country, e.Device = pick("PK", "GB", ""), pick("phone", "desktop")
		e.OS, e.Browser, e.Theme = pick("android", "ios"), pick("chrome", "safari"), pick("light", "dark", "")
		switch {
		case r.IntN(6) == 0:
			e.Invalid = pick("bot", "replayed")
		case e.Kind == event.Impression:
			e.Charge = 3200
		case e.Kind == event.Click:
			e.Charge = 150_001
		}
		e.Visitor = r.Uint64N(40) // 0: none
		e.Synthetic = r.IntN(9) == 0
		e.Revision = "abc"
	}
	return out
}

func key(e *event.Event, d report.Dimension, zone *time.Location) string {
	t := time.UnixMicro(e.Time).In(zone)
	switch d {
	case report.Day:
		return t.Format("2006-01-02")
	case report.Week:
		return t.AddDate(0, 0, -(int(t.Weekday()+6) % 7)).Format("2006-01-02")
	case report.Month:
		return t.Format("2006-01")
	case report.WeekHour:
		return fmt.Sprintf("%d %02d", int(t.Weekday()+6)%7+1, t.Hour())
	case report.Kind:
		return e.Kind.String()
	case report.Hour:
		return t.Format("2006-01-02 15:00")
	case report.Site:
		return e.Site
	case report.Placement:
		return e.Placement
	case report.Section:
		return e.Section
	case report.Page:
		return e.Page
	case report.Advertiser:
		return e.Advertiser
	case report.Campaign:
		return e.Campaign
	case report.LineItem:
		return e.LineItem
	case report.Creative:
		return e.Creative
	case report.Type:
		return e.Type
	case report.Country:
		return e.Country
	case report.Device:
		return e.Device
	case report.OS:
		return e.OS
	case report.Browser:
		return e.Browser
	case report.Theme:
		return e.Theme
	case report.NoFill:
		return e.NoFill
	case report.Invalid:
		return e.Invalid
	}
	panic("no such dimension: " + d)
}

func add(s *report.Sums, e *event.Event) {
	switch {
	case e.Kind == event.Request:
		s.Requests++
		if e.LineItem != "" {
			s.Fills++
		}
	case !e.Valid():
		s.Invalid++
	case e.Kind == event.Impression:
		s.Impressions++
	case e.Kind == event.Viewable:
		s.Viewable++
	case e.Kind == event.Click:
		s.Clicks++
	}
	if e.Valid() {
		s.Spend += e.Charge
	}
	if e.Synthetic {
		s.Synthetic++
	}
}

// oracle answers a query by adding up.
func oracle(events []event.Event, q *report.Query) (rows []report.Row, totals report.Sums) {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	asked := slices.Contains(q.Metrics, report.Reach)
	met := map[string]map[uint64]bool{} // visitors by row
	by := map[string]*report.Row{}
	for i := range events {
		e := &events[i]
		t := time.UnixMicro(e.Time)
		tenant, all := q.Scope.Tenant()
		keep := !t.Before(q.From) && t.Before(q.To) && (all || e.Advertiser == tenant && tenant != "" || q.Scope.Site() != "" && e.Site == q.Scope.Site())
		for _, f := range q.Filters {
			in := false
			for _, v := range f.Values {
				in = in || key(e, f.Dimension, zone) == v
			}
			keep = keep && in != f.Not
		}
		if !keep {
			continue
		}
		keys := make([]string, 0, len(q.By))
		for _, d := range q.By {
			keys = append(keys, key(e, d, zone))
		}
		id := strings.Join(keys, "\x00")
		if by[id] == nil {
			by[id] = &report.Row{Keys: keys}
		}
		add(&by[id].Sums, e)
		add(&totals, e)
		if asked && e.Kind == event.Impression && e.Valid() && e.Visitor != 0 {
			for row, sums := range map[string]*report.Sums{"row " + id: &by[id].Sums, "totals": &totals} {
				sums.Known++
				if met[row] == nil {
					met[row] = map[uint64]bool{}
				}
				if !met[row][e.Visitor] {
					met[row][e.Visitor] = true
					sums.Reach++
				}
			}
		}
	}
	for _, r := range by {
		rows = append(rows, *r)
	}
	sort.Slice(rows, func(i, j int) bool {
		for k := range rows[i].Keys {
			if rows[i].Keys[k] != rows[j].Keys[k] {
				return rows[i].Keys[k] < rows[j].Keys[k]
			}
		}
		return false
	})
	return rows, totals
}

// Run checks a store. open returns an empty one each time it is called.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Run("batches count once", func(t *testing.T) { once(t, open(t)) })
	t.Run("reports are what the events add up to", func(t *testing.T) { reports(t, open(t)) })
	t.Run("scopes and nonsense", func(t *testing.T) { scopes(t, open(t)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func once(t *testing.T, s store.Store) {
	ctx := context.Background()
	events := RandomEvents(rand.New(rand.NewPCG(1, 1)), 300)
	if p, err := s.Position(ctx, "j"); err != nil || p != 0 {
		t.Fatalf("position of an unknown journal: %d, %v", p, err)
	}
	a := store.Batch{Journal: "j", From: 10, To: 110, Events: events[:100]}
	must(t, s.Append(ctx, a))
	must(t, s.Append(ctx, a)) // the reply was lost
	must(t, s.Append(ctx, store.Batch{Journal: "j", From: 110, To: 210, Events: events[100:200]}))
	must(t, s.Append(ctx, a))                                                                      // late
	must(t, s.Append(ctx, store.Batch{Journal: "j", From: 110, To: 310, Events: events[100:300]})) // read again after a restart, longer now
	must(t, s.Append(ctx, store.Batch{Journal: "other", From: 10, To: 110, Events: events[:100]}))
	if p, err := s.Position(ctx, "j"); err != nil || p != 310 {
		t.Fatalf("position %d, %v; want 310", p, err)
	}
	q := report.Query{From: begin, To: begin.AddDate(0, 0, 6), Scope: report.AllTenants()}
	_, want := oracle(append(append([]event.Event(nil), events...), events[:100]...), &q)
	res, err := s.Query(ctx, q)
	must(t, err)
	if res.Totals != want {
		t.Errorf("totals %+v\nwant   %+v", res.Totals, want)
	}
	got, err := s.Delivered(ctx, begin, begin.AddDate(0, 0, 6))
	must(t, err)
	var sum store.Totals
	for _, v := range got {
		sum.Impressions += v.Impressions
		sum.Viewable += v.Viewable
		sum.Clicks += v.Clicks
		sum.Spend += v.Spend
	}
	if sum.Impressions != want.Impressions || sum.Viewable != want.Viewable || sum.Clicks != want.Clicks || sum.Spend != want.Spend {
		t.Errorf("delivered %+v, want %+v", sum, want)
	}
	must(t, s.Ping(ctx))
}

// reports asks random questions while the store's hours are raw, rolled up, rolled up and then changed by late events, and rolled up
// again.
func reports(t *testing.T, s store.Store) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(2, 2))
	events := RandomEvents(r, 4000)
	have := 0
	add := func(n int) {
		must(t, s.Append(ctx, store.Batch{Journal: "j", From: uint64(1 + have), To: uint64(1 + have + n), Events: events[have : have+n]}))
		have += n
	}
	add(3900)
	Check(t, s, r, events[:have], "raw", 40)
	if roller, ok := s.(store.Roller); ok {
		must(t, roller.Roll(ctx))
		Check(t, s, r, events[:have], "rolled up", 40)
		// Few enough that most hours stay as they are.
		add(40)
		Check(t, s, r, events[:have], "changed", 40)
		must(t, roller.Roll(ctx))
		add(60)
		must(t, roller.Roll(ctx))
		Check(t, s, r, events[:have], "rolled up again", 20)
	}
	q := report.Query{From: begin, To: begin.AddDate(0, 0, 6), By: []report.Dimension{report.Hour}, Limit: 7, Offset: 2, Scope: report.AllTenants(),
		Sort: []report.Order{{Key: "ctr", Desc: true}, {Key: "spend"}}}
	res, err := s.Query(ctx, q)
	must(t, err)
	if len(res.Rows) != 7 || !res.MoreRows {
		t.Errorf("limit 7: %d rows, more %v", len(res.Rows), res.MoreRows)
	}
	for i := 1; i < len(res.Rows); i++ {
		if res.Rows[i].Value(report.CTR) > res.Rows[i-1].Value(report.CTR) {
			t.Error("not sorted by CTR, highest first")
		}
	}
}

// Check puts n random questions and compares the answers with the oracle's.
func Check(t *testing.T, s store.Store, r *rand.Rand, events []event.Event, phase string, n int) {
	t.Helper()
	ctx := context.Background()
	first, last := events[0].Time, events[0].Time
	for i := range events {
		first, last = min(first, events[i].Time), max(last, events[i].Time)
	}
	begin := time.UnixMicro(first).UTC()
	span := time.UnixMicro(last).Sub(begin)
	zones := []string{"UTC", "Asia/Karachi", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"}
	for n := range n {
		zone, err := time.LoadLocation(zones[r.IntN(len(zones))])
		must(t, err)
		q := report.Query{
			From: begin.Add(time.Duration(r.Int64N(int64(span)*2/5 + 1))), To: begin.Add(span*2/5 + time.Microsecond + time.Duration(r.Int64N(int64(span)))),
			Zone: zone, Limit: report.MaxLimit, Scope: report.AllTenants(),
		}
		if r.IntN(2) == 0 {
			q.Scope = []report.Scope{report.OnlyTenant("north"), report.OnlyTenant("bank"), report.OnlyTenant("nobody"), report.OnlySite("daily"), report.OnlySite("weekly")}[r.IntN(5)]
		}
		if r.IntN(3) == 0 {
			q.Metrics = []report.Metric{report.Impressions, report.Reach}
		}
		dims := report.Dimensions()
		r.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
		q.By = dims[:r.IntN(4)]
		if n < len(dims) {
			q.By = []report.Dimension{report.Dimensions()[n]}
		}
		for range r.IntN(3) {
			d := []report.Dimension{report.Country, report.LineItem, report.Page, report.Invalid, report.NoFill}[r.IntN(5)]
			q.Filters = append(q.Filters, report.Filter{
				Dimension: d, Not: r.IntN(2) == 0,
				Values: []string{[]string{"PK", "", "l1"}[r.IntN(3)], []string{"l2", "https://news.example/c'); DROP TABLE events; --", "bot"}[r.IntN(3)]},
			})
		}
		want, totals := oracle(events, &q)
		res, err := s.Query(ctx, q)
		if err != nil {
			t.Fatalf("%s: query %d %+v: %v", phase, n, q, err)
		}
		if res.Totals != totals {
			t.Fatalf("%s: query %d %+v:\ntotals %+v\nwant   %+v", phase, n, q, res.Totals, totals)
		}
		if len(q.By) == 0 {
			continue
		}
		if len(res.Rows) != len(want) || len(want) > 0 && !reflect.DeepEqual(res.Rows, want) {
			t.Fatalf("%s: query %d %+v: %d rows, want %d\n%s", phase, n, q, len(res.Rows), len(want), firstDifference(res.Rows, want))
		}
	}
}

func firstDifference(got, want []report.Row) string {
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Sprintf("row %d: %+v\nwant   %+v", i, got[i], want[i])
		}
	}
	return "one is longer"
}

func scopes(t *testing.T, s store.Store) {
	ctx := context.Background()
	q := report.Query{From: begin, To: begin.AddDate(0, 0, 1)}
	if _, err := s.Query(ctx, q); err == nil {
		t.Error("a query without a scope was answered")
	}
	q.Scope = report.OnlyTenant("x' OR '1'='1")
	q.By = []report.Dimension{"time; DROP TABLE events"}
	if _, err := s.Query(ctx, q); err == nil {
		t.Error("a dimension that does not exist was taken")
	}
	q.By = nil
	res, err := s.Query(ctx, q)
	must(t, err)
	if res.Totals != (report.Sums{}) {
		t.Errorf("an empty store says %+v", res.Totals)
	}
}
