package delivery

import (
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// Curve is the share of a goal that should be delivered when the share x of its time has passed.
func Curve(p catalog.Pacing, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	switch p {
	case catalog.Even:
		return min(1, 1.05*x)
	case catalog.Frontloaded:
		return min(1, x*(1.4-0.3*x))
	}
	return 1
}

// Tick works out the quotas until the next tick, a second later. Call it once a second, and after Bind.
func (t *Tracker) Tick(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	newSecond := now.Sub(t.lastTick) >= time.Second || now.Before(t.lastTick)
	if newSecond {
		t.lastTick = now
	}
	turned := map[*item]bool{}
	for n := len(t.tables) - 1; n >= 0; n-- {
		tab := t.tables[n]
		days := map[*time.Location]int64{}
		campaigns := map[*campaign]bool{}
		for i := range tab.items {
			it, li := tab.items[i], &tab.catalog.LineItems[i]
			if turned[it] {
				continue // the newer catalog's word counts
			}
			turned[it] = true
			today, ok := days[li.Zone]
			if !ok {
				today = Midnight(now, li.Zone).Unix()
				days[li.Zone] = today
			}
			if cp := tab.campaigns[i]; !campaigns[cp] {
				campaigns[cp] = true
				if cp.day.Swap(today) != today {
					cp.daySpend.Store(0)
				}
				cp.tick(&tab.catalog.Campaigns[li.Campaign])
			}
			if it.day.Swap(today) != today {
				it.dayImpressions.Store(0)
				it.daySpend.Store(0)
			}
			if newSecond {
				it.at = (it.at + 1) % windowSeconds
			}
			it.tick(li, now, newSecond)
		}
	}
	if newSecond && now.Unix()%30 == 0 {
		t.caps.expire(now)
	}
}

// onItsWay estimates what was served within the window and has not been rendered.
func (it *item) onItsWay(served, rendered int64, newSecond bool) int64 {
	oldest := it.window[it.at] // a window ago
	if newSecond {
		it.window[it.at].served, it.window[it.at].rendered = served, rendered
	}
	return max(0, (served-oldest.served)-(rendered-oldest.rendered))
}

func (it *item) tick(li *catalog.LineItem, now time.Time, newSecond bool) {
	served, done := it.served.Load(), it.impressions.Load()
	way := it.onItsWay(served, done, newSecond)
	quota, why := int64(unlimited), OK
	limit := func(n int64, v Verdict) {
		if n < quota {
			quota, why = n, v
		}
	}
	urgency := int64(-1)
	if g := li.Goal.Impressions; g > 0 {
		limit(g-done-way, GoalReached)
		x := float64(now.Unix()+1-li.Start) / float64(li.End-li.Start)
		want := Curve(li.Pacing, x) * float64(g)
		limit(int64(want)-done-way, Paced)
		if want > 0 {
			urgency = int64((want - float64(done+way)) / want * 1e6)
		}
	}
	if g := li.Goal.Daily; g > 0 {
		today := it.dayImpressions.Load()
		limit(g-today-way, GoalReached)
		begin := Midnight(now, li.Zone)
		x := float64(now.Unix()+1-begin.Unix()) / begin.AddDate(0, 0, 1).Sub(begin).Seconds()
		want := Curve(li.Pacing, x) * float64(g)
		limit(int64(want)-today-way, Paced)
		if want > 0 {
			urgency = max(urgency, int64((want-float64(today+way))/want*1e6))
		}
	}
	// A budget holds so many impressions; clicks come when they come: there it is spent or not.
	charge := li.CPM / 1000
	budget := func(total, spent int64) {
		switch left := total - spent; {
		case total == 0:
		case charge > 0:
			limit(left/charge-way, OutOfBudget)
		case left < max(li.CPC, 1):
			limit(0, OutOfBudget)
		}
	}
	budget(li.BudgetTotal, it.spend.Load())
	budget(li.BudgetDaily, it.daySpend.Load())
	it.urgency.Store(urgency)
	it.why.Store(uint32(why))
	it.quota.Store(quota)
}

func (c *campaign) tick(cfg *catalog.Campaign) {
	quota := int64(unlimited)
	if cfg.BudgetTotal > 0 {
		quota = min(quota, cfg.BudgetTotal-c.spend.Load())
	}
	if cfg.BudgetDaily > 0 {
		quota = min(quota, cfg.BudgetDaily-c.daySpend.Load())
	}
	c.quota.Store(quota)
}
