package decision_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// fullPage is a page of four slots for which each of n line items of four advertisers is eligible in each slot: half
// guaranteed, half competing by price.
func fullPage(tb testing.TB, n int) (*decision.Input, *delivery.Tracker) {
	tb.Helper()
	fsys := fstest.MapFS{
		"ad.html": {Data: []byte("<p>ad")},
		"site.yaml": {Data: []byte("site: daily\ndomains: [daily.example]\nplacements:\n" +
			"  - {id: p0, sizes: [300x250]}\n  - {id: p1, sizes: [300x250]}\n  - {id: p2, sizes: [300x250]}\n  - {id: p3, sizes: [300x250]}\n")},
	}
	for a := range 4 {
		text := fmt.Sprintf("advertiser: a%d\nsuitability: open\nlabels: [l%d]\ncampaigns:\n  - id: c\n    flight: {start: 2026-11-01, end: 2027-11-01}\n    line_items:\n", a, a)
		for i := a; i < n; i += 4 {
			text += fmt.Sprintf("      - {id: i%d, ", i)
			if i%8 < 4 {
				text += "goal: {impressions: 100000000}, "
			} else {
				text += fmt.Sprintf("type: price_priority, price: {cpm: %d.5}, ", 1+i%9)
			}
			text += "creatives: [{id: k, type: html, size: 300x250, src: ad.html, click: \"https://a.example/\"}]}\n"
		}
		fsys[fmt.Sprintf("a%d.yaml", a)] = &fstest.MapFile{Data: []byte(text)}
	}
	c, _, problems := catalog.LoadFS(fsys, "")
	if c == nil {
		tb.Fatal(problems)
	}
	tr := delivery.New()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	in := &decision.Input{
		Catalog: c, Page: &pagecontext.Context{Known: true}, Visitor: &visitor.Visitor{Country: "PK", Device: visitor.Phone, Hash: 7}, Delivery: tr.Bind(c),
		Tally: decision.NewTally(c, nil), Now: now, Seed: 1,
	}
	tr.Tick(now)
	for _, id := range []string{"p0", "p1", "p2", "p3"} {
		p, _ := c.Placement("daily", id)
		in.Slots = append(in.Slots, decision.Slot{Placement: p, Sizes: c.Placements[p].Sizes})
	}
	return in, tr
}

// TestReasonsAreCounted compares the counts of many pages with what they must add up to.
func TestReasonsAreCounted(t *testing.T) {
	in, _ := fullPage(t, 50)
	in.Tally = decision.NewTally(in.Catalog, nil)
	const pages = 160
	served := map[int]uint64{}
	var skips decision.Skips
	for i := range pages {
		in.Seed = uint64(i)
		for _, o := range decision.Decide(nil, in, &skips) {
			if i%delivery.SampleEvery == 0 {
				served[int(o.LineItem)]++
			}
		}
	}
	total := uint32(0)
	for _, n := range skips.Reasons {
		total += n
	}
	if want := uint32(pages * 4 * 49); total != want {
		t.Errorf("%d line items were passed over in %d pages, want %d", total, pages, want)
	}
	for i := range in.Catalog.LineItems {
		f := in.Tally.Fate(targeting.Ordinal(i))
		if f.Slots != pages*4 || f.Served != served[i]*delivery.SampleEvery {
			t.Errorf("line item %d: %d slots, %d served; want %d and %d", i, f.Slots, f.Served, pages*4, served[i]*delivery.SampleEvery)
		}
		lost := uint64(0)
		for _, n := range f.Lost {
			lost += n
		}
		if lost+f.Served != f.Slots {
			t.Errorf("line item %d: %d lost and %d served of %d", i, lost, f.Served, f.Slots)
		}
	}
	// A new catalog takes the counts over.
	again := decision.NewTally(in.Catalog, in.Tally)
	if again.Fate(3) != in.Tally.Fate(3) {
		t.Error("a reload forgets what was counted")
	}
}

// threadCPU is what this thread has used: wall time on a shared machine says little.
func threadCPU(b *testing.B) int64 {
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if err := syscall.Getrusage(thread, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkDecide4x50 is a page of four slots with fifty candidates each, from the facts of the request to what is taken from delivery.
func BenchmarkDecide4x50(b *testing.B) {
	in, tr := fullPage(b, 50)
	var out []decision.Outcome
	b.ReportAllocs()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadCPU(b)
	defer func() { b.ReportMetric(float64(threadCPU(b)-before)/float64(b.N), "cpu-ns/op") }()
	for i := range b.N {
		if i%10_000 == 0 {
			in.Now = in.Now.Add(time.Second)
			tr.Tick(in.Now)
		}
		in.Seed = uint64(i)
		out = decision.Decide(out[:0], in, nil)
	}
}
