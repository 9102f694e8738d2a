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
	caps   *caps
	supply *supply

	mu        sync.Mutex
	items     map[catalog.LineItemKey]*item             // guarded by mu; items themselves are atomic
	campaigns map[campaignKey]*campaign                 // guarded by mu
	creatives map[catalog.CreativeKey]*creativeCounters // guarded by mu
	tables    []*Table                                  // the last two; guarded by mu
	lastTick  time.Time                                 // guarded by mu
	ticks     int                                       // guarded by mu
	capped    map[*campaign]bool                        // of one tick; guarded by mu
}

type campaignKey struct{ advertiser, campaign string }

// item is one line item's delivery. What every request reads and writes stands first.
type item struct {
	served  atomic.Int64
	ceiling atomic.Int64 // served may rise to this until the next tick
	why     atomic.Uint32
	ecpm    atomic.Int64 // micros for 1,000 impressions that one more serve is worth
	bid     atomic.Int64 // what of it counts in competition: less while the budget is ahead of its time
	// urgency is by how many hours of its plan a guaranteed line item is behind, in millionths; negative when ahead or without a goal.
	urgency atomic.Int64
	// yield is the price, in micros for 1,000 impressions, above which a guaranteed line item leaves a slot to others.
	yield atomic.Int64

	id    uint64 // of its key
	count [catalog.NumMeasures]atomic.Int64
	spend atomic.Int64 // micros

	day      atomic.Int64 // local midnight that "today" began at, Unix seconds
	dayCount [catalog.NumMeasures]atomic.Int64
	daySpend atomic.Int64

	prices [priceBuckets]atomic.Uint32 // sampled: the best price in slots it could have had

	// The ticker's own: serves and impressions of the last minute, to see what is on its way.
	window  [windowSeconds]minute
	at      int
	profile *Profile
	plan    *itemPlan
	hourly  float64 // share of the flight's traffic that comes in an hour now
}

// windowSeconds is how long a served creative may take to render before it is given up.
const windowSeconds = 60

// campaign is one campaign's spending.
type campaign struct {
	spend     atomic.Int64 // micros billed
	day       atomic.Int64
	daySpend  atomic.Int64
	committed atomic.Int64 // micros that all serves so far could cost
	ceiling   atomic.Int64 // committed may rise to this until the next tick
	inFlight  int64        // the ticker's own: micros on their way
}

// creativeCounters is one creative's delivery, for optimised rotation.
type creativeCounters struct {
	count [catalog.NumMeasures]atomic.Int64
}

// unlimited is the ceiling of what has no bound.
const unlimited = math.MaxInt64 / 4

// New returns a tracker without counts.
func New() *Tracker {
	return &Tracker{
		caps: newCaps(), supply: newSupply(), items: map[catalog.LineItemKey]*item{}, campaigns: map[campaignKey]*campaign{},
		creatives: map[catalog.CreativeKey]*creativeCounters{}, capped: map[*campaign]bool{},
	}
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
	creatives []*creativeCounters
	zones     []zoneDay // the ticker's own
	zoneOf    []int32   // by ordinal
	orders    []order   // its campaigns, each once
}

// zoneDay is the local day that the tick falls in.
type zoneDay struct {
	zone       *time.Location
	start, end int64 // Unix seconds
}

// order is one campaign of a table.
type order struct {
	campaign *campaign
	config   *catalog.Campaign
	zone     int32
}

// Bind returns the counters of a catalog's line items. Call Tick before serving with it.
func (t *Tracker) Bind(c *catalog.Catalog) *Table {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := &Table{
		tracker: t, catalog: c, items: make([]*item, len(c.LineItems)), campaigns: make([]*campaign, len(c.LineItems)),
		creatives: make([]*creativeCounters, len(c.Creatives)),
	}
	b.zoneOf = make([]int32, len(c.LineItems))
	zones, known := map[string]int32{}, map[*campaign]bool{}
	for i := range c.LineItems {
		li := &c.LineItems[i]
		k := li.Key
		b.items[i] = t.item(k)
		b.campaigns[i] = t.campaign(campaignKey{k.Advertiser, k.Campaign})
		z, ok := zones[li.Zone.String()]
		if !ok {
			z = int32(len(b.zones))
			zones[li.Zone.String()] = z
			b.zones = append(b.zones, zoneDay{zone: li.Zone})
		}
		b.zoneOf[i] = z
		if cp := b.campaigns[i]; !known[cp] {
			known[cp] = true
			b.orders = append(b.orders, order{cp, &c.Campaigns[li.Campaign], z})
		}
	}
	for i := range c.Creatives {
		k := c.Creatives[i].Key
		if t.creatives[k] == nil {
			t.creatives[k] = &creativeCounters{}
		}
		b.creatives[i] = t.creatives[k]
	}
	t.tables = append(t.tables[max(0, len(t.tables)-1):], b)
	t.supply.bind(c)
	return b
}

// Observation is one valid event.
type Observation struct {
	LineItem targeting.Ordinal
	Creative int32 // -1: it left the configuration
	Of       catalog.Measure
	Visitor  uint64 // hash of the visitor's id; 0 without one
	At       time.Time
}

// Observe counts one valid event. What it costs is Bill's.
func (t *Table) Observe(o Observation) {
	it := t.items[o.LineItem]
	it.count[o.Of].Add(1)
	it.dayCount[o.Of].Add(1)
	if o.Creative >= 0 {
		t.creatives[o.Creative].count[o.Of].Add(1)
	}
	li := &t.catalog.LineItems[o.LineItem]
	if o.Visitor != 0 && o.Of != catalog.Impressions && li.VisitorCaps {
		t.tracker.caps.observe(o.Visitor, li.CapScopes, o.Of, o.At)
	}
}

// Bill returns what an event may cost: the charge it was sold at, or nothing when a budget does not hold the whole of it any more. Budgets of
// line item and campaign, total and daily, are never exceeded, whatever is in flight. If the event cannot be recorded after all, give
// the charge back with Refund.
func (t *Table) Bill(ord targeting.Ordinal, charge int64) int64 {
	if charge == 0 {
		return 0
	}
	li := &t.catalog.LineItems[ord]
	it, cp, cc := t.items[ord], t.campaigns[ord], &t.catalog.Campaigns[li.Campaign]
	accounts := [4]struct {
		spent *atomic.Int64
		limit int64
	}{{&it.spend, li.BudgetTotal}, {&it.daySpend, li.BudgetDaily}, {&cp.spend, cc.BudgetTotal}, {&cp.daySpend, cc.BudgetDaily}}
	for i := range accounts {
		a := &accounts[i]
		if !reserve(a.spent, charge, a.limit) {
			for j := range i {
				accounts[j].spent.Add(-charge)
			}
			return 0
		}
	}
	return charge
}

// reserve adds to what is spent unless that would pass the limit; 0 is no limit.
func reserve(spent *atomic.Int64, charge, limit int64) bool {
	if limit == 0 {
		spent.Add(charge)
		return true
	}
	for {
		now := spent.Load()
		if now+charge > limit {
			return false
		}
		if spent.CompareAndSwap(now, now+charge) {
			return true
		}
	}
}

// BillRemoved is Bill for an event of a line item that left the configuration: its campaign's budgets hold as long as the campaign is
// there. paid is what to give to RefundRemoved.
func (t *Table) BillRemoved(k catalog.LineItemKey, charge int64) int64 {
	o := t.order(k)
	if o == nil || charge == 0 {
		return charge
	}
	if !reserve(&o.campaign.spend, charge, o.config.BudgetTotal) {
		return 0
	}
	if !reserve(&o.campaign.daySpend, charge, o.config.BudgetDaily) {
		o.campaign.spend.Add(-charge)
		return 0
	}
	return charge
}

// RefundRemoved is Refund for what BillRemoved charged.
func (t *Table) RefundRemoved(k catalog.LineItemKey, charge int64) {
	if o := t.order(k); o != nil {
		o.campaign.spend.Add(-charge)
		o.campaign.daySpend.Add(-charge)
	}
}

// order finds a campaign by name. It looks at all of them: line items are seldom removed.
func (t *Table) order(k catalog.LineItemKey) *order {
	for i := range t.orders {
		c := t.orders[i].config
		if c.ID == k.Campaign && t.catalog.Advertisers[c.Advertiser].ID == k.Advertiser {
			return &t.orders[i]
		}
	}
	return nil
}

// Refund takes back a charge of an event that was not recorded.
func (t *Table) Refund(ord targeting.Ordinal, charge int64) {
	it, cp := t.items[ord], t.campaigns[ord]
	for _, a := range []*atomic.Int64{&it.spend, &it.daySpend, &cp.spend, &cp.daySpend} {
		a.Add(-charge)
	}
}

// Gate tells whether a line item could serve now: nothing is taken.
func (t *Table) Gate(ord targeting.Ordinal) Verdict {
	it := t.items[ord]
	if it.served.Load() >= it.ceiling.Load() {
		return Verdict(it.why.Load())
	}
	if cp := t.campaigns[ord]; cp.committed.Load() >= cp.ceiling.Load() {
		return OutOfBudget
	}
	return OK
}

// CapGate tells whether the visitor's caps leave room: nothing is taken. Caps per page and session are the page token's.
func (t *Table) CapGate(ord targeting.Ordinal, visitor uint64, now time.Time) Verdict {
	li := &t.catalog.LineItems[ord]
	switch {
	case !li.VisitorCaps:
		return OK
	case visitor == 0 && li.WithoutID == catalog.Serve:
		return OK
	case visitor == 0:
		return NoVisitorID
	case t.tracker.caps.room(visitor, li.CapScopes, now):
		return OK
	}
	return Capped
}

// remembers reports whether serves of the line item are noted for the visitor.
func remembers(li *catalog.LineItem, visitor uint64) bool {
	return visitor != 0 && (li.VisitorCaps || li.Rotation == catalog.Sequential)
}

// exposure is what one serve may cost: what is held back for it until it rendered or was given up.
func exposure(li *catalog.LineItem) int64 { return max(li.CPM, li.VCPM) / 1000 }

// Take reserves one serve: from the ceiling, and from the visitor's caps. However many requests ask at once, no more are let
// through than there is room for.
func (t *Table) Take(ord targeting.Ordinal, visitor uint64, now time.Time) Verdict {
	it, li := t.items[ord], &t.catalog.LineItems[ord]
	if it.served.Add(1) > it.ceiling.Load() {
		it.served.Add(-1)
		return Verdict(it.why.Load())
	}
	cp, cost := t.campaigns[ord], exposure(li)
	if cost > 0 && cp.committed.Add(cost) > cp.ceiling.Load() {
		cp.committed.Add(-cost)
		it.served.Add(-1)
		return OutOfBudget
	}
	if !remembers(li, visitor) {
		if v := t.CapGate(ord, visitor, now); v != OK {
			t.untake(it, cp, cost)
			return v
		}
		return OK
	}
	if !t.tracker.caps.take(visitor, t.scopes(ord), now) {
		t.untake(it, cp, cost)
		return Capped
	}
	return OK
}

func (t *Table) untake(it *item, cp *campaign, cost int64) {
	if cost > 0 {
		cp.committed.Add(-cost)
	}
	it.served.Add(-1)
}

// Untake gives back a serve that was not made after all.
func (t *Table) Untake(ord targeting.Ordinal, visitor uint64) {
	li := &t.catalog.LineItems[ord]
	t.untake(t.items[ord], t.campaigns[ord], exposure(li))
	if remembers(li, visitor) {
		t.tracker.caps.untake(visitor, t.scopes(ord))
	}
}

// sequenceCap keeps a visitor's place in a sequence for a month; it never fills.
var sequenceCap = []catalog.Cap{{Limit: math.MaxInt32, Per: 30 * 24 * time.Hour}}

// scopes are the line item's, with one for its sequence.
func (t *Table) scopes(ord targeting.Ordinal) []catalog.CapScope {
	li := &t.catalog.LineItems[ord]
	if li.Rotation != catalog.Sequential {
		return li.CapScopes
	}
	out := make([]catalog.CapScope, 0, len(li.CapScopes)+1)
	return append(append(out, li.CapScopes...), catalog.CapScope{ID: t.items[ord].id, Caps: sequenceCap})
}

// Sequence is how often the visitor was served the line item, for creatives in sequence; 0 without an id.
func (t *Table) Sequence(ord targeting.Ordinal, visitor uint64) int {
	if visitor == 0 {
		return 0
	}
	return int(t.tracker.caps.served(visitor, t.items[ord].id))
}

// Urgency is by how many hours of its plan a guaranteed line item is behind, in millionths; negative when it is ahead or has no goal.
func (t *Table) Urgency(ord targeting.Ordinal) int64 { return t.items[ord].urgency.Load() }

// ECPM is what 1,000 impressions of a line item are worth, in micros: its CPM, or its vCPM and CPC by the rates it has had so far.
func (t *Table) ECPM(ord targeting.Ordinal) int64 { return t.items[ord].ecpm.Load() }

// Bid is what of the ECPM counts when prices compete. A line item whose budget is ahead of its time bids lower: it still has every slot that
// nobody else wants, and leaves those that others would pay nearly as much for. So a budget lasts, and goes where it is
// needed most (pacing by multiplicative bids; Balseiro and Gur, 2019).
func (t *Table) Bid(ord targeting.Ordinal) int64 { return t.items[ord].bid.Load() }

// Yield is the price, in micros for 1,000 impressions, above which a guaranteed line item leaves a slot to one that pays more: early
// in its flight it can take cheaper slots instead. [math.MaxInt64] when it cannot spare any.
func (t *Table) Yield(ord targeting.Ordinal) int64 { return t.items[ord].yield.Load() }

// CreativeCounts returns what a creative delivered: impressions, viewable impressions, clicks.
func (t *Table) CreativeCounts(cr int32) (out [catalog.NumMeasures]int64) {
	for i := range out {
		out[i] = t.creatives[cr].count[i].Load()
	}
	return out
}

// Progress is one line item's delivery now.
type Progress struct {
	Impressions, Viewable, Clicks, Served, Spend int64
	Done, DoneToday                              int64   // in what its goal counts
	Today                                        int64   // impressions
	Expected                                     float64 // share of the goal that should be delivered by the last tick; 0 without a goal
	Quota                                        int64   // serves until the next tick
	Unlimited                                    bool
	Verdict                                      Verdict
	BehindHours                                  float64 // negative: ahead, or no goal
}

// Progress returns a line item's delivery.
func (t *Table) Progress(ord targeting.Ordinal) Progress {
	it, li := t.items[ord], &t.catalog.LineItems[ord]
	ceiling := it.ceiling.Load()
	p := Progress{
		Impressions: it.count[catalog.Impressions].Load(), Viewable: it.count[catalog.Viewable].Load(), Clicks: it.count[catalog.Clicks].Load(),
		Served: it.served.Load(), Spend: it.spend.Load(), Today: it.dayCount[catalog.Impressions].Load(),
		Done: it.count[li.Goal.Of].Load(), DoneToday: it.dayCount[li.Goal.Of].Load(),
		Unlimited: ceiling >= unlimited, Verdict: t.Gate(ord), BehindHours: float64(it.urgency.Load()) / 1e6,
	}
	p.Quota = max(0, ceiling-p.Served)
	t.tracker.mu.Lock()
	defer t.tracker.mu.Unlock()
	if now := t.tracker.lastTick; !now.IsZero() {
		switch {
		case li.Goal.Total > 0:
			p.Expected = wanted(li, it.profile, li.Start, li.End, now.Unix())
		case li.Goal.Daily > 0:
			p.Expected = Curve(li.Pacing, it.profile.share(Midnight(now, li.Zone).Unix(), nextMidnight(now, li.Zone).Unix(), now.Unix()))
		}
	}
	return p
}
