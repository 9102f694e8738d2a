package delivery

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// Verdict is whether a line item may serve, or what keeps it from serving.
type Verdict uint8

// The verdicts.
const (
	OK Verdict = iota
	GoalReached
	OutOfBudget
	Paced
	Capped
	NoVisitorID
)

// Tracker counts delivery.
type Tracker struct {
	caps *caps

	mu        sync.Mutex
	items     map[catalog.LineItemKey]*item // guarded by mu; items themselves are atomic
	campaigns map[campaignKey]*campaign     // guarded by mu
	tables    []*Table                      // the last two; guarded by mu
	lastTick  time.Time                     // guarded by mu
}

type campaignKey struct{ advertiser, campaign string }

// item is one line item's delivery.
type item struct {
	id          uint64 // of its key, for caps
	impressions atomic.Int64
	viewable    atomic.Int64
	clicks      atomic.Int64
	spend       atomic.Int64 // micros
	served      atomic.Int64

	day            atomic.Int64 // local midnight that "today" began at, Unix seconds
	dayImpressions atomic.Int64
	daySpend       atomic.Int64

	quota atomic.Int64 // serves until the next tick
	why   atomic.Uint32
	// urgency is the share of what should be delivered by now that is missing, in millionths; negative when ahead.
	urgency atomic.Int64

	// The ticker's own: serves and impressions of the last minute, to see what is on its way.
	window [windowSeconds]struct{ served, rendered int64 }
	at     int
}

// windowSeconds is how long a served creative may take to render before it is given up.
const windowSeconds = 60

// campaign is one campaign's spending.
type campaign struct {
	spend    atomic.Int64
	day      atomic.Int64
	daySpend atomic.Int64
	quota    atomic.Int64 // micros until the next tick
}

// unlimited is the quota of what has no bound.
const unlimited = math.MaxInt64 / 4

// New returns a tracker without counts.
func New() *Tracker {
	return &Tracker{caps: newCaps(), items: map[catalog.LineItemKey]*item{}, campaigns: map[campaignKey]*campaign{}}
}

func (t *Tracker) item(k catalog.LineItemKey) *item {
	it := t.items[k]
	if it == nil {
		it = &item{id: xxhash.Sum64String(k.Advertiser + "\x00" + k.Campaign + "\x00" + k.LineItem)}
		t.items[k] = it
	}
	return it
}

func (t *Tracker) campaign(k campaignKey) *campaign {
	c := t.campaigns[k]
	if c == nil {
		c = &campaign{}
		t.campaigns[k] = c
	}
	return c
}

// Table is the tracker's counters by the ordinals of one catalog.
type Table struct {
	tracker   *Tracker
	catalog   *catalog.Catalog
	items     []*item
	campaigns []*campaign // by ordinal of the line item
}

// Bind returns the counters of a catalog's line items. Call Tick before serving with it.
func (t *Tracker) Bind(c *catalog.Catalog) *Table {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := &Table{tracker: t, catalog: c, items: make([]*item, len(c.LineItems)), campaigns: make([]*campaign, len(c.LineItems))}
	for i := range c.LineItems {
		k := c.LineItems[i].Key
		b.items[i] = t.item(k)
		b.campaigns[i] = t.campaign(campaignKey{k.Advertiser, k.Campaign})
	}
	t.tables = append(t.tables[max(0, len(t.tables)-1):], b)
	return b
}

// Total is what was delivered before this process, for Restore.
type Total struct {
	Impressions, Viewable, Clicks, Served, Spend int64
}

// Restore sets the counters to what the store holds: over all time, and since each line item's local midnight.
func (t *Tracker) Restore(c *catalog.Catalog, all map[catalog.LineItemKey]Total, today func(zone *time.Location) map[catalog.LineItemKey]Total, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	spent := map[campaignKey][2]int64{}
	byZone := map[string]map[catalog.LineItemKey]Total{}
	for k, v := range all {
		it := t.item(k)
		it.impressions.Store(v.Impressions)
		it.viewable.Store(v.Viewable)
		it.clicks.Store(v.Clicks)
		it.spend.Store(v.Spend)
		it.served.Store(v.Served)
		for i := range it.window {
			it.window[i].served, it.window[i].rendered = v.Served, v.Impressions
		}
		ck := campaignKey{k.Advertiser, k.Campaign}
		s := spent[ck]
		s[0] += v.Spend
		spent[ck] = s
	}
	for i := range c.LineItems {
		li := &c.LineItems[i]
		zone := li.Zone.String()
		if byZone[zone] == nil {
			byZone[zone] = today(li.Zone)
		}
		v := byZone[zone][li.Key]
		it := t.item(li.Key)
		it.day.Store(Midnight(now, li.Zone).Unix())
		it.dayImpressions.Store(v.Impressions)
		it.daySpend.Store(v.Spend)
		ck := campaignKey{li.Key.Advertiser, li.Key.Campaign}
		s := spent[ck]
		s[1] += v.Spend
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

// Midnight returns the beginning of the local day that holds the instant. Where clocks are changed at midnight, the day begins at its
// first instant.
func Midnight(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// Kind is what Observe counts.
type Kind uint8

// The kinds of events that delivery counts.
const (
	Impression Kind = iota
	Viewable
	Click
)

// Observe counts one valid event.
func (t *Table) Observe(ord targeting.Ordinal, k Kind, charge int64) {
	it := t.items[ord]
	switch k {
	case Impression:
		it.impressions.Add(1)
		it.dayImpressions.Add(1)
	case Viewable:
		it.viewable.Add(1)
	case Click:
		it.clicks.Add(1)
	}
	if charge != 0 {
		it.spend.Add(charge)
		it.daySpend.Add(charge)
		c := t.campaigns[ord]
		c.spend.Add(charge)
		c.daySpend.Add(charge)
	}
}

// Gate tells whether a line item could serve now: nothing is taken.
func (t *Table) Gate(ord targeting.Ordinal) Verdict {
	it := t.items[ord]
	if it.quota.Load() <= 0 {
		return Verdict(it.why.Load())
	}
	if t.campaigns[ord].quota.Load() <= 0 {
		return OutOfBudget
	}
	return OK
}

// CapGate tells whether the visitor's caps leave room: nothing is taken.
func (t *Table) CapGate(ord targeting.Ordinal, visitor uint64, now time.Time) Verdict {
	li := &t.catalog.LineItems[ord]
	if len(li.Caps) == 0 {
		return OK
	}
	if visitor == 0 {
		if li.WithoutID == catalog.Serve || onlyPerPage(li.Caps) {
			return OK
		}
		return NoVisitorID
	}
	if t.tracker.caps.room(visitor, t.items[ord].id, li.Caps, now) {
		return OK
	}
	return Capped
}

func onlyPerPage(cs []catalog.Cap) bool {
	for i := range cs {
		if cs[i].Per != 0 {
			return false
		}
	}
	return true
}

// Take reserves one serve: from the quota, and from the visitor's caps. However many requests ask at once, no more are let
// through than there is room for.
func (t *Table) Take(ord targeting.Ordinal, visitor uint64, now time.Time) Verdict {
	it, li := t.items[ord], &t.catalog.LineItems[ord]
	if it.quota.Add(-1) < 0 {
		it.quota.Add(1)
		return Verdict(it.why.Load())
	}
	charge := li.CPM / 1000
	cp := t.campaigns[ord]
	if charge > 0 && cp.quota.Add(-charge) < 0 {
		cp.quota.Add(charge)
		it.quota.Add(1)
		return OutOfBudget
	}
	if v := t.takeCap(ord, visitor, now); v != OK {
		if charge > 0 {
			cp.quota.Add(charge)
		}
		it.quota.Add(1)
		return v
	}
	it.served.Add(1)
	return OK
}

func (t *Table) takeCap(ord targeting.Ordinal, visitor uint64, now time.Time) Verdict {
	li := &t.catalog.LineItems[ord]
	if len(li.Caps) == 0 {
		return OK
	}
	if visitor == 0 {
		return t.CapGate(ord, 0, now)
	}
	if t.tracker.caps.take(visitor, t.items[ord].id, li.Caps, now) {
		return OK
	}
	return Capped
}

// Urgency is how far a guaranteed line item is behind its curve, in millionths of what should be delivered by now; negative when it
// is ahead or has no goal.
func (t *Table) Urgency(ord targeting.Ordinal) int64 { return t.items[ord].urgency.Load() }

// Progress is one line item's delivery now.
type Progress struct {
	Impressions, Viewable, Clicks, Served, Spend int64
	Today                                        int64
	Quota                                        int64
	Unlimited                                    bool
	Verdict                                      Verdict
}

// Progress returns a line item's delivery.
func (t *Table) Progress(ord targeting.Ordinal) Progress {
	it := t.items[ord]
	q := it.quota.Load()
	return Progress{
		Impressions: it.impressions.Load(), Viewable: it.viewable.Load(), Clicks: it.clicks.Load(), Served: it.served.Load(), Spend: it.spend.Load(),
		Today: it.dayImpressions.Load(), Quota: q, Unlimited: q > unlimited/2, Verdict: t.Gate(ord),
	}
}
