package delivery

import (
	"math"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// Tick works out the ceilings until the next tick, a second later. Call it once a second, and after Bind.
func (t *Tracker) Tick(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	newSecond := now.Sub(t.lastTick) >= time.Second || now.Before(t.lastTick)
	if newSecond {
		t.lastTick = now
		t.ticks++
		t.caps.expire(now, t.ticks)
	}
	// Of what two catalogs share, the newer one's word counts: items and campaigns have their turn once.
	var turned *turns
	if len(t.tables) > 1 {
		turned = &turns{make(map[*item]bool, len(t.items)), make(map[*campaign]bool, len(t.campaigns))}
	}
	for n := len(t.tables) - 1; n >= 0; n-- {
		t.tables[n].tick(now, newSecond, turned)
	}
	// What is in flight is known of a campaign when all of its line items had their turn, also those that were removed.
	clear(t.capped)
	for n := len(t.tables) - 1; n >= 0; n-- {
		for _, o := range t.tables[n].orders {
			if !t.capped[o.campaign] {
				t.capped[o.campaign] = true
				o.campaign.tick(o.config)
			}
		}
	}
}

// turns is what had its turn in one tick.
type turns struct {
	items     map[*item]bool
	campaigns map[*campaign]bool
}

// tick works out the ceilings of one table, but for what a newer table had its turn with already.
func (tab *Table) tick(now time.Time, newSecond bool, turned *turns) {
	for i := range tab.zones {
		if z := &tab.zones[i]; now.Unix() < z.start || now.Unix() >= z.end {
			z.start, z.end = Midnight(now, z.zone).Unix(), nextMidnight(now, z.zone).Unix()
		}
	}
	for _, o := range tab.orders {
		if turned != nil {
			if turned.campaigns[o.campaign] {
				continue
			}
			turned.campaigns[o.campaign] = true
		}
		if cp := o.campaign; cp.day.Swap(tab.zones[o.zone].start) != tab.zones[o.zone].start {
			cp.daySpend.Store(0)
		}
		o.campaign.inFlight = 0
	}
	for i, it := range tab.items {
		if turned != nil {
			if turned.items[it] {
				continue
			}
			turned.items[it] = true
		}
		today := &tab.zones[tab.zoneOf[i]]
		if it.day.Load() != today.start {
			it.day.Store(today.start)
			for m := range it.dayCount {
				it.dayCount[m].Store(0)
			}
			it.daySpend.Store(0)
		}
		if newSecond {
			it.at = (it.at + 1) % windowSeconds
		}
		li := &tab.catalog.LineItems[i]
		way := it.tick(li, now.Unix(), today, newSecond)
		tab.campaigns[i].inFlight += way * exposure(li)
	}
}

// minute is where a line item stood at one second of the last minute.
type minute struct{ served, rendered, done int64 }

// onItsWay estimates how much of what was served within the window will still render, and still count towards the goal.
func (it *item) onItsWay(now minute, rate float64, newSecond bool) (way, towardsGoal int64) {
	oldest := it.window[it.at] // a window ago
	if newSecond {
		it.window[it.at] = now
	}
	way = max(0, (now.served-oldest.served)-(now.rendered-oldest.rendered))
	if rate >= 1 {
		return way, way
	}
	return way, max(0, int64(math.Ceil(float64(now.served-oldest.served)*rate))-(now.done-oldest.done))
}

// The rates that a line item is taken to have until it has some of its own, as so many events of experience: display advertising's order
// of magnitude.
const (
	priorCTR         = 0.001
	priorViewability = 0.6
	priorImpressions = 1000
)

// rate is how many of the measure come of one impression.
func (it *item) rate(of catalog.Measure) float64 {
	n := float64(it.count[catalog.Impressions].Load())
	switch of {
	case catalog.Viewable:
		return min(1, (float64(it.count[of].Load())+priorViewability*priorImpressions)/(n+priorImpressions))
	case catalog.Clicks:
		return min(1, (float64(it.count[of].Load())+priorCTR*priorImpressions)/(n+priorImpressions))
	}
	return 1
}

// tick sets the item's ceiling, and returns how many serves are on their way.
func (it *item) tick(li *catalog.LineItem, now int64, today *zoneDay, newSecond bool) int64 {
	g := &li.Goal
	served, rate := it.served.Load(), it.rate(g.Of)
	way, coming := it.onItsWay(minute{served, it.count[catalog.Impressions].Load(), it.count[g.Of].Load()}, rate, newSecond)
	room, why := int64(unlimited), OK
	limit := func(n int64, v Verdict) {
		if n < room {
			room, why = n, v
		}
	}
	urgency := math.Inf(-1)
	towards := func(goal, done int64, want, hourly float64) {
		limit(serves(float64(goal-done-coming), rate), GoalReached)
		behind := want - float64(done+coming)
		limit(serves(behind, rate), Paced)
		urgency = max(urgency, behind/hourly)
	}
	if g.Total > 0 {
		const ahead = 1 // the second that the ceiling is for
		want := wanted(li, it.profile, li.Start, li.End, now+ahead) * float64(g.Total)
		if it.plan != nil {
			want = max(want, it.plan.wanted(it.profile, now+ahead))
		}
		if it.at%slowEvery == 0 || it.hourly == 0 {
			it.hourly = it.profile.share(li.Start, li.End, now+3600) - it.profile.share(li.Start, li.End, now)
		}
		towards(g.Total, it.count[g.Of].Load(), want, max(it.hourly*float64(g.Total), 1))
	}
	if g.Daily > 0 {
		x := it.profile.share(today.start, today.end, now+1)
		hourly := float64(g.Daily) / 24
		towards(g.Daily, it.dayCount[g.Of].Load(), Curve(li.Pacing, x)*float64(g.Daily), max(hourly, 1))
	}
	cost := exposure(li)
	budget := func(total, spent int64) {
		switch left := total - spent; {
		case total == 0:
		case cost > 0:
			limit(left/cost-way, OutOfBudget)
		case left < max(li.CPC, 1):
			limit(0, OutOfBudget)
		}
	}
	budget(li.BudgetTotal, it.spend.Load())
	budget(li.BudgetDaily, it.daySpend.Load())
	if math.IsInf(urgency, -1) {
		it.urgency.Store(-1)
	} else {
		it.urgency.Store(int64(max(-1e9, min(urgency, 1e9)) * 1e6))
	}
	ecpm := li.CPM + int64(float64(li.VCPM)*it.rate(catalog.Viewable)) + int64(float64(li.CPC)*1000*it.rate(catalog.Clicks))
	it.ecpm.Store(ecpm)
	if it.at%slowEvery == 0 || it.bid.Load() == 0 {
		it.bid.Store(int64(float64(ecpm) * it.shade(li, now, today)))
	}
	switch {
	case it.plan == nil || urgency > maxYieldBehind:
		it.yield.Store(math.MaxInt64)
	case it.at%slowEvery == 0 || it.yield.Load() == math.MaxInt64:
		it.yield.Store(it.yieldPrice(urgency))
	}
	it.why.Store(uint32(why))
	if room >= unlimited {
		it.ceiling.Store(unlimited)
	} else {
		it.ceiling.Store(served + max(room, 0))
	}
	return way
}

// slowEvery is how many seconds those numbers stand that change slowly.
const slowEvery = 15

// shade is the part of its price that a line item with a budget bids: less the further its spending is ahead of the traffic.
func (it *item) shade(li *catalog.LineItem, now int64, today *zoneDay) float64 {
	if li.Type != catalog.PricePriority || li.Pacing == catalog.ASAP {
		return 1
	}
	ahead := 0.0
	spread := func(budget, spent, start, end int64) {
		if budget == 0 {
			return
		}
		want := it.profile.share(start, end, now) * float64(budget)
		hourly := (it.profile.share(start, end, now+1800) - it.profile.share(start, end, now-1800)) * float64(budget)
		ahead = max(ahead, (float64(spent)-want)/max(hourly, 1)/min(shadeHours, float64(end-start)/3600/4))
	}
	spread(li.BudgetTotal, it.spend.Load(), li.Start, li.End)
	spread(li.BudgetDaily, it.daySpend.Load(), today.start, today.end)
	return max(0.02, min(1, 1-ahead))
}

// shadeHours is how many hours' spending ahead of its time brings a bid down to next to nothing.
const shadeHours = 12

// serves is how many impressions it takes for so much of a measure.
func serves(n, rate float64) int64 {
	if n <= 0 {
		return int64(max(n, -unlimited/2))
	}
	if rate >= 1 {
		return int64(n)
	}
	return int64(min(math.Ceil(n/rate), unlimited/2))
}

func (c *campaign) tick(cfg *catalog.Campaign) {
	room := int64(unlimited)
	if cfg.BudgetTotal > 0 {
		room = min(room, cfg.BudgetTotal-c.spend.Load()-c.inFlight)
	}
	if cfg.BudgetDaily > 0 {
		room = min(room, cfg.BudgetDaily-c.daySpend.Load()-c.inFlight)
	}
	if room >= unlimited {
		c.ceiling.Store(unlimited)
		return
	}
	c.ceiling.Store(c.committed.Load() + max(room, 0))
}
