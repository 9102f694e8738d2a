package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"syscall"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/targeting"
)

// policy decides pages and is told what rendered.
type policy interface {
	second(unix int64)
	// page fills one line item, or -1, for each slot.
	page(n uint64, cb *combo, unix int64, out *[4]int64)
	rendered(o targeting.Ordinal)
}

// result is what one policy made of a trace.
type result struct {
	Policy       string
	Pages, Slots int
	Delivered    []int64 // by ordinal, rendered
	Spend        []int64 // micros, by price, by ordinal
	Goals        int64   // rendered towards goals, no line item counted beyond its goal
	Over         int64   // beyond goals
	Revenue      int64   // micros, by price
	Bound        int64   // see supplyOf.most
	BestRevenue  int64   // of what the guaranteed ones left; see supplyOf.dearest
	OverBudget   int64   // micros
	Deviation    []float64
	Hourly       [][]float64 // of the line items that are plotted: expected and delivered shares
	CPU          time.Duration
	Bounded      int
}

// deviation returns the q-quantile of how far line items were off their curve, over line items and hours.
func (r *result) deviation(q float64) float64 {
	if len(r.Deviation) == 0 {
		return math.NaN()
	}
	d := slices.Clone(r.Deviation)
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

// cpu is what this process has used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// render is a slot on its way to the reader.
type render struct{ ord targeting.Ordinal }

// warmUp is how long deviations are not looked at after a flight began: a day, as the first hours of a curve are small numbers.
const warmUp = 24 * 3600

// run lets a policy decide the whole trace.
func (w *world) run(name string, p policy, progress io.Writer) *result {
	c := w.catalog
	r := &result{Policy: name, Delivered: make([]int64, len(c.LineItems)), Spend: make([]int64, len(c.LineItems))}
	var way [8][]render // by second modulo 8
	all, left := newSupply(), newPages()
	type cellKey struct{ combo, place int }
	opened, unsold := map[cellKey]int64{}, map[cellKey]int64{} // the place of unsold is a mask of slots
	day := int64(-1)
	flights := func(items []targeting.Ordinal, unix int64) []targeting.Ordinal {
		var out []targeting.Ordinal
		for _, o := range items {
			if li := &c.LineItems[o]; li.Start <= unix && unix < li.End {
				out = append(out, o)
			}
		}
		return out
	}
	close := func(unix int64) { // what a day brought: flights change at midnight alone
		for k, n := range opened {
			all.add(flights(w.combos[k.combo].slots[k.place].guaranteed, unix), n)
		}
		for k, n := range unsold {
			var slots [][]targeting.Ordinal
			for i := range places {
				if k.place>>i&1 == 0 {
					continue
				}
				if list := flights(w.combos[k.combo].slots[i].priced, unix); len(list) > 0 {
					slots = append(slots, list)
				}
			}
			left.add(slots, n)
		}
		clear(opened)
		clear(unsold)
	}
	profiles := w.curves()
	begin := cpu()
	began := time.Now()
	w.trace(func(unix int64) {
		for _, x := range way[unix%8] {
			li := &c.LineItems[x.ord]
			if w.goals[x.ord] > 0 {
				if r.Delivered[x.ord]++; r.Delivered[x.ord] > w.goals[x.ord] {
					r.Over++
				} else {
					r.Goals++
				}
			} else {
				r.Delivered[x.ord]++
				if cost := li.Charge(catalog.Impressions); li.BudgetTotal == 0 || r.Spend[x.ord]+cost <= li.BudgetTotal {
					r.Spend[x.ord] += cost
					r.Revenue += cost
				}
			}
			p.rendered(x.ord)
		}
		way[unix%8] = way[unix%8][:0]
		p.second(unix)
		if d := (unix - w.start.Unix()) / 86400; d != day {
			if day >= 0 {
				close(unix - 1)
				if progress != nil {
					fmt.Fprintf(progress, "  %-8s day %d of %d: %d pages, %.1f s of CPU, %.0f s passed\n", name, day+1, w.s.Days, r.Pages, (cpu() - begin).Seconds(), time.Since(began).Seconds())
				}
			}
			day = d
		}
		if unix%3600 == 0 {
			w.look(r, profiles, unix)
		}
	}, func(n uint64, cb *combo, unix int64) {
		var out [4]int64
		p.page(n, cb, unix, &out)
		r.Pages++
		mask := 0
		for i, o := range out {
			r.Slots++
			ok, after := w.renders(n, i)
			if !ok {
				continue
			}
			opened[cellKey{cb.at, i}]++
			if o < 0 || w.goals[o] == 0 {
				mask |= 1 << i
			}
			if o >= 0 {
				way[(unix+after)%8] = append(way[(unix+after)%8], render{targeting.Ordinal(o)})
			}
		}
		if mask != 0 {
			unsold[cellKey{cb.at, mask}]++
		}
	})
	r.CPU = cpu() - begin
	close(w.start.Unix() + int64(w.s.Days)*86400 - 1)
	r.Bound = all.most(w.goals)
	price, limit := make([]int64, len(c.LineItems)), make([]int64, len(c.LineItems))
	for i := range c.LineItems {
		li := &c.LineItems[i]
		if w.goals[i] > 0 {
			continue
		}
		price[i], limit[i] = li.Charge(catalog.Impressions), math.MaxInt32
		if li.BudgetTotal > 0 {
			limit[i] = li.BudgetTotal / price[i]
			r.OverBudget += max(0, r.Spend[i]-li.BudgetTotal)
		}
	}
	r.BestRevenue = left.dearest(price, limit)
	return r
}

// curves are the true ones: what share of each line item's expected supply has come by each hour, 5 % ahead as even pacing promises.
func (w *world) curves() [][]float64 {
	hours := w.s.Days * 24
	first := w.start.Unix() / 3600
	cum := make([][]float64, len(w.catalog.LineItems))
	for o := range cum {
		cum[o] = make([]float64, hours+1)
	}
	for i := range w.combos {
		cb := &w.combos[i]
		for h := range hours {
			n := w.perHour(cb, first+int64(h))
			for p := range cb.slots {
				for _, o := range cb.slots[p].guaranteed {
					li := &w.catalog.LineItems[o]
					if u := (first + int64(h)) * 3600; u >= li.Start && u < li.End {
						cum[o][h+1] += n
					}
				}
			}
		}
	}
	for o := range cum {
		for h := range hours {
			cum[o][h+1] += cum[o][h]
		}
		if total := cum[o][hours]; total > 0 {
			for h := range cum[o] {
				cum[o][h] = min(1, 1.05*cum[o][h]/total)
			}
		}
	}
	return cum
}

// look notes how far line items are off their curves.
func (w *world) look(r *result, curves [][]float64, unix int64) {
	h := int(unix-w.start.Unix()) / 3600
	for o := range w.goals {
		li := &w.catalog.LineItems[o]
		if w.goals[o] < 2000 || unix < li.Start+warmUp || unix > li.End {
			continue // a few hundred impressions are off by a percent with each one
		}
		want := curves[o][h] * float64(w.goals[o])
		r.Deviation = append(r.Deviation, math.Abs(float64(r.Delivered[o])-want)/want)
	}
	if len(r.Hourly) == 0 {
		r.Hourly = make([][]float64, 3)
	}
	for i, o := range w.plotted() {
		r.Hourly[i] = append(r.Hourly[i], curves[o][h], float64(r.Delivered[o])/float64(w.goals[o]))
	}
}

// plotted are three line items to draw: those with the largest goals of different flights.
func (w *world) plotted() []int {
	var out []int
	for len(out) < 3 {
		best := -1
		for o := range w.goals {
			li := &w.catalog.LineItems[o]
			ok := w.goals[o] > 0
			for _, x := range out {
				ok = ok && w.catalog.LineItems[x].Start != li.Start
			}
			if ok && (best < 0 || w.goals[o] > w.goals[best]) {
				best = o
			}
		}
		if best < 0 {
			break
		}
		out = append(out, best)
	}
	return out
}

// placard is the real thing: decision.Decide on a delivery.Tracker with a virtual clock.
type placard struct {
	w      *world
	track  *delivery.Tracker
	table  *delivery.Table
	plan   *delivery.Forecast // nil: no plan, only feedback
	in     decision.Input
	out    []decision.Outcome
	skips  decision.Skips
	replan int64
}

// replanEvery is how often the plan is made anew, in virtual seconds.
const replanEvery = 1800

func newPlacard(w *world, f *delivery.Forecast) *placard {
	p := &placard{w: w, track: delivery.New(), plan: f}
	p.table = p.track.Bind(w.catalog)
	p.in = decision.Input{Catalog: w.catalog, Delivery: p.table, Slots: w.slots}
	return p
}

func (p *placard) second(unix int64) {
	p.in.Now = time.Unix(unix, 0).UTC()
	if unix >= p.replan {
		p.track.Replan(p.plan, p.in.Now)
		p.replan = unix + replanEvery
	}
	p.track.Tick(p.in.Now)
}

func (p *placard) page(n uint64, cb *combo, _ int64, out *[4]int64) {
	p.in.PageTerms, p.in.Page, p.in.Visitor = cb.terms, cb.page, cb.visitor
	p.in.Seed = (n + 1) * 0x9e3779b97f4a7c15 >> 7
	p.out = decision.Decide(p.out[:0], &p.in, &p.skips)
	for i, o := range p.out {
		out[i] = -1
		if o.Filled {
			out[i] = int64(o.LineItem)
		}
	}
}

func (p *placard) rendered(o targeting.Ordinal) {
	p.table.Bill(o, p.w.catalog.LineItems[o].Charge(catalog.Impressions))
	p.table.Observe(delivery.Observation{LineItem: o, Creative: -1, At: p.in.Now})
}

// slotBySlot is what the baselines have in common: slots are filled one after the other with line items that the page does not show yet.
type slotBySlot struct {
	w      *world
	served []int64
	done   []int64
	spent  []int64
	better func(a, b targeting.Ordinal, unix int64) bool
	may    func(o targeting.Ordinal, unix int64) bool
}

func (p *slotBySlot) second(int64) {}

func (p *slotBySlot) rendered(o targeting.Ordinal) {
	p.done[o]++
	p.spent[o] += p.w.catalog.LineItems[o].Charge(catalog.Impressions)
}

func (p *slotBySlot) page(_ uint64, cb *combo, unix int64, out *[4]int64) {
	c := p.w.catalog
	for i := range out {
		out[i] = -1
		pick := func(list []targeting.Ordinal, ok func(o targeting.Ordinal) bool, better func(a, b targeting.Ordinal) bool) {
			for _, o := range list {
				li := &c.LineItems[o]
				if unix < li.Start || unix >= li.End || slices.Contains(out[:i], int64(o)) || !ok(o) {
					continue
				}
				if out[i] < 0 || better(o, targeting.Ordinal(out[i])) {
					out[i] = int64(o)
				}
			}
		}
		pick(cb.slots[i].guaranteed, func(o targeting.Ordinal) bool { return p.done[o] < p.w.goals[o] && p.may(o, unix) },
			func(a, b targeting.Ordinal) bool { return p.better(a, b, unix) })
		if out[i] < 0 {
			pick(cb.slots[i].priced, func(o targeting.Ordinal) bool {
				b := c.LineItems[o].BudgetTotal
				return b == 0 || p.spent[o]+c.LineItems[o].Charge(catalog.Impressions) <= b
			}, func(a, b targeting.Ordinal) bool { return c.LineItems[a].CPM > c.LineItems[b].CPM })
		}
	}
}

func newBaseline(w *world) *slotBySlot {
	n := len(w.catalog.LineItems)
	return &slotBySlot{w: w, served: make([]int64, n), done: make([]int64, n), spent: make([]int64, n)}
}

// newGreedy gives each slot to the first line item, by priority and then in the order of booking, that has not reached its goal.
func newGreedy(w *world) policy {
	p := newBaseline(w)
	p.may = func(targeting.Ordinal, int64) bool { return true }
	p.better = func(targeting.Ordinal, targeting.Ordinal, int64) bool { return false }
	return p
}

// newBehind gives each slot to the line item that is furthest behind: share of goal delivered over share of time passed, 5 % ahead of time
// at most, as ad servers do that go by a satisfaction index.
func newBehind(w *world) policy {
	p := newBaseline(w)
	index := func(o targeting.Ordinal, unix int64) float64 {
		li := &w.catalog.LineItems[o]
		return float64(p.done[o]) / float64(w.goals[o]) / (float64(unix+1-li.Start) / float64(li.End-li.Start))
	}
	p.may = func(o targeting.Ordinal, unix int64) bool { return index(o, unix) < 1.05 }
	p.better = func(a, b targeting.Ordinal, unix int64) bool { return index(a, unix) < index(b, unix) }
	return p
}
