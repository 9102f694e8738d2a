package delivery

import (
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// The plan is SHALE's (Bharadwaj et al., 2012): of all ways to meet the goals that are left with the supply that is forecast, the one in which
// each line item's share of each slot it could have is nearest to its even share θ. It has a closed form in one number per line item, α, how
// scarce its supply is, and one per cell and day, β, how contested that is:
//
//	x = min(1, max(0, θ (1 + α − β)))
//
// α and β are found in turns, each by a few steps of Newton's method on a function that is linear in pieces. What serving needs of it is
// how much should be delivered by the end of each day: a line item whose supply will be short delivers ahead of its curve
// while there is plenty.

// planDays is how far a plan looks.
const planDays = 35

// planRounds of finding α and β: the objective of random instances changes by less than a thousandth after it.
const planRounds = 12

// maxAlpha bounds how much more than its even share a scarce line item takes.
const maxAlpha = 50

// itemPlan is what a plan says of one line item.
type itemPlan struct {
	from  int64                 // Unix seconds
	ahead bool                  // it must run ahead of its curve
	cum   [planDays + 1]float64 // what should be delivered, in the goal's measure, by so many days after from
	load  float64               // share of its supply that it needs
	alpha float64
}

// wanted is what should be delivered by the instant.
func (p *itemPlan) wanted(prof *Profile, now int64) float64 {
	if !p.ahead {
		return 0
	}
	d := (now - p.from) / 86400
	if d >= planDays {
		return p.cum[planDays]
	}
	if d < 0 {
		return p.cum[0]
	}
	a := p.from + d*86400
	return p.cum[d] + (p.cum[d+1]-p.cum[d])*prof.share(a, a+86400, now)
}

// Replan makes a new plan from the forecast, or, if that is nil, from what requests have taught so far. It takes some
// tenths of a second for thousands of line items; serving goes on meanwhile. Call it every few minutes.
func (t *Tracker) Replan(f *Forecast, now time.Time) {
	if f == nil {
		f = t.supply.forecast(now)
	}
	t.mu.Lock()
	if len(t.tables) == 0 {
		t.mu.Unlock()
		return
	}
	tab := t.tables[len(t.tables)-1]
	t.mu.Unlock()
	if f == nil {
		return
	}
	p := newPlanner(tab, f, now.Unix())
	p.solve()
	profiles := p.profiles()
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, it := range tab.items {
		if profiles[i] != nil {
			it.profile = profiles[i]
		}
		it.plan = p.itemPlan(i)
	}
}

type planner struct {
	tab    *Table
	f      *Forecast
	now    int64
	days   int
	need   []float64 // by ordinal: slots still needed; 0: not planned
	theta  []float64
	alpha  []float64
	nodes  []supplyNode
	edges  []planEdge // of nodes, in order
	byItem [][]int32  // edges by ordinal
	whole  *Profile
}

// supplyNode is one cell on one day.
type supplyNode struct {
	slots    float64
	beta     float64
	from, to int32 // edges
	day      int32
}

type planEdge struct {
	item targeting.Ordinal
	node int32
	open float64 // share of the day within the flight
}

func newPlanner(tab *Table, f *Forecast, now int64) *planner {
	n := len(tab.items)
	p := &planner{tab: tab, f: f, now: now, need: make([]float64, n), theta: make([]float64, n), alpha: make([]float64, n), byItem: make([][]int32, n)}
	for i, it := range tab.items {
		li := &tab.catalog.LineItems[i]
		if li.Type > catalog.Standard || li.End <= now || li.Goal.Total == 0 {
			continue
		}
		left := float64(li.Goal.Total - it.count[li.Goal.Of].Load())
		if left <= 0 {
			continue
		}
		p.need[i] = left / (it.rate(li.Goal.Of) * it.renderRate())
		p.days = max(p.days, min(planDays, int((li.End-now+86399)/86400)))
		if it.plan != nil {
			p.alpha[i] = it.plan.alpha
		}
	}
	p.whole = f.Profile()
	supply := make([]float64, n)
	for c := range f.Cells {
		cell := &f.Cells[c]
		for d := range p.days {
			start := now + int64(d)*86400
			slots := 0.0
			for h := range int64(24) {
				slots += cell.Hours[HourOfWeek(start+h*3600)]
			}
			if slots == 0 {
				continue
			}
			node := supplyNode{slots: slots, from: int32(len(p.edges)), day: int32(d)}
			for _, o := range cell.Items {
				li := &tab.catalog.LineItems[o]
				if p.need[o] == 0 {
					continue
				}
				open := float64(min(li.End, start+86400)-max(li.Start, start)) / 86400
				if open <= 0 {
					continue
				}
				p.byItem[o] = append(p.byItem[o], int32(len(p.edges)))
				p.edges = append(p.edges, planEdge{item: o, node: int32(len(p.nodes)), open: open})
				supply[o] += slots * open
			}
			if node.to = int32(len(p.edges)); node.to > node.from {
				p.nodes = append(p.nodes, node)
			}
		}
	}
	for i, s := range supply {
		if s > 0 {
			p.theta[i] = p.need[i] / s
		}
	}
	return p
}

// renderRate is how many of the serves render, from experience.
func (it *item) renderRate() float64 {
	const prior, served = 0.92, 1000
	n := float64(it.served.Load())
	return min(1, (float64(it.count[catalog.Impressions].Load())+prior*served)/(n+served))
}

// x is the share of a node's slots that an edge's item takes.
func (p *planner) x(e *planEdge) float64 {
	return min(e.open, max(0, p.theta[e.item]*e.open*(1+p.alpha[e.item]-p.nodes[e.node].beta)))
}

func (p *planner) solve() {
	for range planRounds {
		p.contest()
		for i := range p.alpha {
			if p.theta[i] > 0 {
				p.scarce(i)
			}
		}
	}
	p.contest()
}

// contest finds each node's β: what is asked of it beyond all of it is taken back from all alike.
func (p *planner) contest() {
	for n := range p.nodes {
		node := &p.nodes[n]
		node.beta = 0
		for range 20 {
			sum, slope := 0.0, 0.0
			for i := node.from; i < node.to; i++ {
				e := &p.edges[i]
				if x := p.x(e); x > 0 {
					sum += x
					if x < e.open {
						slope += p.theta[e.item] * e.open
					}
				}
			}
			if sum <= 1+1e-6 {
				break
			}
			if slope == 0 {
				// All that ask have more than enough: step to where the first begins to yield.
				lift := 0.0
				for i := node.from; i < node.to; i++ {
					e := &p.edges[i]
					if p.x(e) > 0 {
						if l := 1 + p.alpha[e.item] - node.beta - 1/p.theta[e.item]; lift == 0 || l < lift {
							lift = l
						}
					}
				}
				node.beta += max(lift, 1e-9) + 1e-9
				continue
			}
			node.beta += (sum - 1) / slope
		}
	}
}

// scarce finds a line item's α: what is missing is asked for where there still is some.
func (p *planner) scarce(i int) {
	for range 6 {
		got, slope := 0.0, 0.0
		for _, ei := range p.byItem[i] {
			e := &p.edges[ei]
			x := p.x(e)
			got += p.nodes[e.node].slots * x
			if x < e.open {
				slope += p.nodes[e.node].slots * p.theta[i] * e.open
			}
		}
		miss := p.need[i] - got
		if slope == 0 || miss > -1e-6*p.need[i] && miss < 1e-6*p.need[i] {
			return
		}
		p.alpha[i] = max(0, min(maxAlpha, p.alpha[i]+miss/slope))
		if p.alpha[i] == 0 || p.alpha[i] == maxAlpha {
			return
		}
	}
}

// profiles returns the traffic of each planned line item's own supply.
func (p *planner) profiles() []*Profile {
	out := make([]*Profile, len(p.need))
	sums := make([]*[hoursPerWeek]float64, len(p.need))
	for c := range p.f.Cells {
		cell := &p.f.Cells[c]
		for _, o := range cell.Items {
			if sums[o] == nil {
				sums[o] = new([hoursPerWeek]float64)
			}
			for h, n := range cell.Hours {
				sums[o][h] += n
			}
		}
	}
	for i := range out {
		out[i] = p.whole
		if sums[i] != nil {
			if own := NewProfile(sums[i]); own != nil {
				out[i] = own
			}
		}
	}
	return out
}

// itemPlan puts what was found into the terms of serving; nil if the line item is not planned.
func (p *planner) itemPlan(i int) *itemPlan {
	if p.theta[i] == 0 {
		return nil
	}
	it, li := p.tab.items[i], &p.tab.catalog.LineItems[i]
	out := &itemPlan{from: p.now, load: min(1, p.theta[i]*(1+p.alpha[i])), alpha: p.alpha[i]}
	var day [planDays]float64
	for _, ei := range p.byItem[i] {
		e := &p.edges[ei]
		node := &p.nodes[e.node]
		x := p.x(e)
		day[node.day] += node.slots * x
		if x < p.theta[i]*e.open*(1-1e-3) {
			out.ahead = true // it yields somewhere: it must take more elsewhere
		}
	}
	units := it.rate(li.Goal.Of) * it.renderRate()
	out.cum[0] = float64(it.count[li.Goal.Of].Load())
	for d := range planDays {
		out.cum[d+1] = min(out.cum[d]+day[d]*units, float64(li.Goal.Total))
	}
	return out
}
