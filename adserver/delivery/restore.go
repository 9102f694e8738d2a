package delivery

import (
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// Total is what was delivered before this process, for Restore.
type Total struct {
	Impressions, Viewable, Clicks, Served, Spend int64
}

func (v *Total) counts() [catalog.NumMeasures]int64 {
	return [catalog.NumMeasures]int64{catalog.Impressions: v.Impressions, catalog.Viewable: v.Viewable, catalog.Clicks: v.Clicks}
}

// Restore sets the counters to what the store holds: over all time, and since each line item's local midnight.
func (t *Tracker) Restore(c *catalog.Catalog, all map[catalog.LineItemKey]Total, today func(zone *time.Location) map[catalog.LineItemKey]Total, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	spent := map[campaignKey][2]int64{}
	byZone := map[string]map[catalog.LineItemKey]Total{}
	for k, v := range all {
		it := t.item(k)
		for m, n := range v.counts() {
			it.count[m].Store(n)
		}
		it.spend.Store(v.Spend)
		it.served.Store(v.Served)
		ck := campaignKey{k.Advertiser, k.Campaign}
		s := spent[ck]
		s[0] += v.Spend
		spent[ck] = s
	}
	inZone := func(z *time.Location) map[catalog.LineItemKey]Total {
		if byZone[z.String()] == nil {
			byZone[z.String()] = today(z)
		}
		return byZone[z.String()]
	}
	for i := range c.LineItems {
		li := &c.LineItems[i]
		v := inZone(li.Zone)[li.Key]
		it := t.item(li.Key)
		at := minute{served: it.served.Load(), rendered: it.count[catalog.Impressions].Load(), done: it.count[li.Goal.Of].Load()}
		for w := range it.window {
			it.window[w] = at
		}
		it.day.Store(Midnight(now, li.Zone).Unix())
		for m, n := range v.counts() {
			it.dayCount[m].Store(n)
		}
		it.daySpend.Store(v.Spend)
	}
	// A campaign's day holds what line items spent that are no longer there.
	summed := map[campaignKey]bool{}
	for i := range c.LineItems {
		li := &c.LineItems[i]
		ck := campaignKey{li.Key.Advertiser, li.Key.Campaign}
		if summed[ck] {
			continue
		}
		summed[ck] = true
		s := spent[ck]
		for k, v := range inZone(li.Zone) {
			if k.Advertiser == ck.advertiser && k.Campaign == ck.campaign {
				s[1] += v.Spend
			}
		}
		spent[ck] = s
	}
	for ck, s := range spent {
		cp := t.campaign(ck)
		cp.spend.Store(s[0])
		cp.daySpend.Store(s[1])
		cp.day.Store(0)
	}
	for i := range c.LineItems {
		k := c.LineItems[i].Key
		t.campaign(campaignKey{k.Advertiser, k.Campaign}).day.Store(Midnight(now, c.LineItems[i].Zone).Unix())
	}
}

// RestoreVisitor notes what a visitor met before this process began: a serve (as an impression), a viewable impression or a click, oldest
// first. Without a visitor, or of a line item that is not capped, it is nothing.
func (t *Table) RestoreVisitor(o Observation) {
	if li := &t.catalog.LineItems[o.LineItem]; remembers(li, o.Visitor) {
		t.tracker.caps.observe(o.Visitor, t.scopes(o.LineItem), o.Of, o.At)
	}
}

// RestoreCreative adds to what a creative delivered before this process.
func (t *Table) RestoreCreative(k catalog.CreativeKey, v Total) {
	if ci, ok := t.catalog.Creative(k); ok {
		for m, n := range v.counts() {
			t.creatives[ci].count[m].Add(n)
		}
	}
}
