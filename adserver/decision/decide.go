package decision

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// MaxSlots is how many slots one page may ask for.
const MaxSlots = 16

// Slot is one opportunity.
type Slot struct {
	Placement int32 // ordinal in the catalog
	Sizes     []catalog.Size
}

// Input is everything a decision reads.
type Input struct {
	Catalog   *catalog.Catalog
	PageTerms []targeting.Term     // of Page, for Catalog.Index
	Page      *pagecontext.Context // nil: nothing is known of the page
	Visitor   *visitor.Visitor
	KV        []targeting.KV
	Delivery  *delivery.Table
	Pauses    *Pauses // nil: the newsroom paused nothing
	Tally     *Tally  // nil: reasons are not counted by line item
	Now       time.Time
	Seed      uint64
	Slots     []Slot          // at most MaxSlots
	Shown     []catalog.Shown // on this page already
	Session   []catalog.Shown // on earlier pages of the visit
}

// Outcome is what one slot shows.
type Outcome struct {
	Filled   bool
	LineItem targeting.Ordinal
	Creative int32
	Reason   Reason // why it is empty
}

// Skips counts what became of the line items of a page.
type Skips struct {
	// Reasons counts, by first failing reason, the line items that targeted a slot of the page and did not serve in it.
	Reasons [NumReasons]uint32
	Nodes   uint32 // steps of the search
	Bounded uint32 // 1: the search reached its bound of work, and the best page found until then stands
}

// Decide appends one outcome for each slot to dst, and adds to skips, if it is not nil, why candidates were passed over. Filled line items
// are taken from Input.Delivery.
func Decide(dst []Outcome, in *Input, skips *Skips) []Outcome {
	w := pool.Get().(*work)
	defer w.release()
	w.begin(in)
	n := min(len(in.Slots), MaxSlots)
	for i := range n {
		w.candidates(i)
	}
	w.line()
	w.solve()
	from := len(dst)
	dst = w.commit(dst)
	for range in.Slots[n:] {
		dst = append(dst, Outcome{Reason: NoCandidate})
	}
	w.explain(dst[from:])
	if skips != nil {
		for i, n := range w.skips {
			skips.Reasons[i] += n
		}
		skips.Nodes += uint32(w.search.nodes)
		if w.search.hit {
			skips.Bounded++
		}
	}
	return dst
}

var pool = sync.Pool{New: func() any { return new(work) }}

// release drops what would keep a catalog or a page alive.
func (w *work) release() {
	w.in = nil
	pool.Put(w)
}

// maxCandidates is how many of a slot's best are looked at together.
const maxCandidates = 24

// lineItem is what the page has found out of one line item: its gates are asked once, however many slots it could have.
type lineItem struct {
	li    *catalog.LineItem
	ord   targeting.Ordinal
	why   Reason // None: it may serve
	tier  uint8
	score float64
	yield float64 // it leaves a slot to a price above this
	ecpm  float64 // micros for 1,000 impressions
	// wants and could are the slots it targets, and those where it is a candidate.
	wants, could uint16
	masters      uint16 // the slots where its master fits
	onPage       int32  // how often the page shows it already
	master       bool   // the page shows its master
	blocked      bool   // the search may not use it one slot at a time
	used         bool   // the search's branch shows it
}

// candidate is a line item that may serve in a slot.
type candidate struct {
	item     int32 // in work.items
	creative int32 // -1: chosen when the slot is committed
	tier     uint8
	score    float64
}

type slotWork struct {
	place   *catalog.Placement
	mask    uint64      // of its sizes
	cands   []candidate // best first
	more    int         // candidates beyond them
	reach   Reason      // how far the line items that did not make it got
	lost    bool        // what was chosen for it could not be taken
	guarded []targeting.Ordinal
	price   int64 // the best bid that competes
	passed  int   // candidates in all
	yields  bool  // one of them leaves the slot to a higher price
}

// work is the scratch memory of one decision.
type work struct {
	in       *Input
	catalog  *catalog.Catalog
	now      int64
	query    targeting.Query
	mark     int
	eligible []targeting.Ordinal
	profiles []bool // by suitability profile: allowed on this page
	paused   paused
	items    []lineItem
	keys     []uint64 // of items, sorted; see line
	chosen   []chosen
	stamp    []uint64 // by ordinal: epoch<<32 | index in items
	epoch    uint64
	slots    [MaxSlots]slotWork
	n        int // slots of this page
	shown    []shown
	house    int32 // house ads that the page shows already
	maxHouse int32
	skips    [NumReasons]uint32
	sampled  bool
	rng      uint64
	search   search
}

// shown is a filled slot of the page that was decided earlier.
type shown struct {
	li    *catalog.LineItem
	place int32 // -1: unknown
}

func (w *work) begin(in *Input) {
	c := in.Catalog
	w.in, w.catalog, w.now, w.n = in, c, in.Now.Unix(), min(len(in.Slots), MaxSlots)
	w.rng = in.Seed
	w.sampled = in.Seed%delivery.SampleEvery == 0
	w.skips = [NumReasons]uint32{}
	for i := range w.n {
		s := &w.slots[i]
		s.cands, s.more, s.reach, s.price, s.lost, s.passed, s.yields = s.cands[:0], 0, NoCandidate, 0, false, 0, false
		s.guarded = s.guarded[:0]
		w.search.pick[i] = none
		s.place = &c.Placements[in.Slots[i].Placement]
		s.mask = c.SizesMask(in.Slots[i].Sizes)
	}
	if len(w.stamp) < len(c.LineItems) {
		w.stamp = make([]uint64, len(c.LineItems))
	}
	if w.epoch++; w.epoch == 1<<32 {
		clear(w.stamp)
		w.epoch = 1
	}
	w.items, w.chosen = w.items[:0], w.chosen[:0]
	w.profiles = w.profiles[:0]
	for i := range c.Profiles {
		w.profiles = append(w.profiles, c.Profiles[i].Allows(in.Page))
	}
	w.maxHouse = math.MaxInt32
	if w.n > 0 {
		if m := c.Sites[w.slots[0].place.Site].MaxHouse; m > 0 {
			w.maxHouse = m
		}
	}
	w.recall()
	w.paused.begin(in)
	q := &w.query
	q.Reset(c.Index)
	q.AddTerms(in.PageTerms)
	q.SetNow(in.Now)
	if in.Page != nil && !in.Page.Published.IsZero() {
		q.SetAge(in.Now.Sub(in.Page.Published))
	}
	for i := range in.KV {
		q.AddKV(in.KV[i].Key, in.KV[i].Value)
	}
	if v := in.Visitor; v != nil {
		q.Add(targeting.Country, v.Country)
		q.Add(targeting.Region, v.Region)
		q.Add(targeting.City, v.City)
		q.Add(targeting.Device, v.Device.String())
		q.Add(targeting.OS, v.OS)
		q.Add(targeting.Browser, v.Browser)
		q.Add(targeting.Theme, v.Theme)
		q.Add(targeting.BotClass, v.Bot)
		for _, s := range v.Segments {
			q.Add(targeting.Segment, s)
		}
	}
	w.mark = q.Mark()
}

// recall finds what the page shows already. What left the configuration since has only its hashes, which are compared where
// they are needed.
func (w *work) recall() {
	w.shown, w.house = w.shown[:0], 0
	for i := range w.in.Shown {
		s := shown{place: -1}
		if o, ok := w.catalog.LineItemByHash(w.in.Shown[i].LineItem); ok {
			s.li = &w.catalog.LineItems[o]
			if s.li.Type == catalog.House {
				w.house++
			}
		}
		if p, ok := w.catalog.PlacementByHash(w.in.Shown[i].Placement); ok {
			s.place = p
		}
		w.shown = append(w.shown, s)
	}
}

// mix is the finaliser of SplitMix64 (Steele et al., 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// random is the decision's only source of chance.
func (w *work) random() uint64 {
	w.rng += 0x9e3779b97f4a7c15
	return mix(w.rng)
}

func toUnit(z uint64) float64 { return float64(z>>11) / (1 << 53) }

// unit returns a number in [0, 1).
func (w *work) unit() float64 { return toUnit(w.random()) }

// candidates finds what may serve in a slot.
func (w *work) candidates(slot int) {
	c, s := w.catalog, &w.slots[slot]
	w.query.Rewind(w.mark)
	w.query.Add(targeting.Placement, s.place.ID)
	w.query.Add(targeting.Site, c.Sites[s.place.Site].ID)
	w.eligible = c.Index.AppendEligible(w.eligible[:0], &w.query)
	draw := toUnit(mix(w.in.Seed ^ uint64(slot+1)*0x9e3779b97f4a7c15))
	taken := 0.0 // of the draw, by sponsorships in percent
	for _, ord := range w.eligible {
		n := w.item(ord)
		it := &w.items[n]
		it.wants |= 1 << slot
		why := it.why
		if why == None {
			why = w.slotGate(slot, it)
		}
		if w.sampled && it.li.Type <= catalog.Standard && it.li.Goal.Total > 0 && (why == None || why >= Goal || why == FlightNotStarted) {
			s.guarded = append(s.guarded, ord)
		}
		if p := it.li.Goal.Percent; p > 0 && why == None {
			// The sponsorships of a slot share the draw between them.
			at := draw - taken
			if at < 0 {
				at++
			}
			if at >= p/100 {
				why = Share
			}
			taken = math.Mod(taken+p/100, 1)
		}
		creative := int32(-1)
		if why == None && it.li.Roadblock == catalog.Companions && w.masterFor(slot, it) >= 0 {
			it.masters |= 1 << slot
		}
		if why == None && it.several() {
			if creative, why = w.creative(slot, it); why != None && it.masters>>slot&1 != 0 {
				continue // its master has room: the search knows of it
			}
		}
		if why != None {
			w.miss(s, it, why)
			continue
		}
		it.could |= 1 << slot
		s.passed++
		if creative >= 0 {
			w.chosen = append(w.chosen, chosen{slot: int32(slot), item: n, creative: creative})
		}
		s.yields = s.yields || it.yield < math.MaxFloat64
		if it.li.Type == catalog.PricePriority {
			s.price = max(s.price, int64(it.score*1e6))
		}
	}
	if w.sampled && w.in.Delivery != nil && len(s.guarded) > 0 {
		w.in.Delivery.Sample(s.guarded, s.price, w.in.Now)
	}
}

// several reports whether the line item may stand in more than one slot of a page.
func (it *lineItem) several() bool {
	return it.li.Roadblock != catalog.OneSlot || it.li.NoRepeat < catalog.RepeatNoLineItem
}

// miss notes why a line item does not serve in a slot.
func (w *work) miss(s *slotWork, it *lineItem, why Reason) {
	w.skips[why]++
	s.reach = max(s.reach, why)
	if w.sampled && w.in.Tally != nil {
		w.in.Tally.add(it.ord, why)
	}
}

// yield moves guaranteed line items that can spare the slot behind a price above theirs: there they compete by the price that the
// slot is worth to them.
func (w *work) yield(s *slotWork) {
	best := uint8(0)
	for i := range s.cands {
		if it := &w.items[s.cands[i].item]; it.li.Type == catalog.PricePriority && (best == 0 || s.cands[i].tier < best) {
			best = s.cands[i].tier
		}
	}
	if best == 0 {
		return
	}
	moved := false
	for i := range s.cands {
		c := &s.cands[i]
		if it := &w.items[c.item]; it.yield < float64(s.price) && c.tier < best {
			c.tier, c.score, moved = best, float64(float32(it.yield/1e6)), true
		}
	}
	if !moved {
		return
	}
	for i := 1; i < len(s.cands); i++ {
		c := s.cands[i]
		j := i
		for ; j > 0 && c.before(&s.cands[j-1]); j-- {
			s.cands[j] = s.cands[j-1]
		}
		s.cands[j] = c
	}
}

// line puts the candidates of all slots in order, best first. Line items are sorted once for the page, by a key in which a
// smaller number is better: tier, then score, then the order in which they came.
func (w *work) line() {
	w.keys = w.keys[:0]
	for i := range w.items {
		if it := &w.items[i]; it.could != 0 {
			w.keys = append(w.keys, uint64(it.tier)<<56|uint64(^math.Float32bits(float32(it.score)))<<24|uint64(i))
		}
	}
	slices.Sort(w.keys)
	for slot := range w.n {
		s := &w.slots[slot]
		most := maxCandidates
		yields := s.yields && s.price > 0
		if yields {
			most = len(w.keys)
		}
		for _, k := range w.keys {
			n := int32(k & (1<<24 - 1))
			it := &w.items[n]
			if it.could>>slot&1 == 0 {
				continue
			}
			if len(s.cands) == most {
				break
			}
			c := candidate{item: n, creative: -1, tier: it.tier, score: it.score}
			if it.several() {
				c.creative = w.chosenFor(slot, n)
			}
			s.cands = append(s.cands, c)
		}
		if yields {
			w.yield(s)
			s.cands = s.cands[:min(len(s.cands), maxCandidates)]
		}
		s.more = s.passed - len(s.cands)
	}
}

// chosen is the creative of a line item that may take several slots: these are chosen before the search, which keeps them apart.
type chosen struct{ slot, item, creative int32 }

func (w *work) chosenFor(slot int, item int32) int32 {
	for i := range w.chosen {
		if c := &w.chosen[i]; c.slot == int32(slot) && c.item == item {
			return c.creative
		}
	}
	return -1
}

// item returns the index of a line item's page-wide part, asking its gates if it is new.
func (w *work) item(ord targeting.Ordinal) int32 {
	if st := w.stamp[ord]; st>>32 == w.epoch {
		return int32(uint32(st))
	}
	n := len(w.items)
	w.items = append(w.items, lineItem{li: &w.catalog.LineItems[ord], ord: ord, yield: math.MaxFloat64})
	it := &w.items[n]
	if it.why = w.pageGate(it); it.why == None {
		w.rank(it)
	}
	w.stamp[ord] = w.epoch<<32 | uint64(n)
	return int32(n)
}

// rank gives a line item its place: its tier, and its score within it.
func (w *work) rank(it *lineItem) {
	li, d := it.li, w.in.Delivery
	it.tier = li.Priority
	switch li.Type {
	case catalog.Sponsorship, catalog.Standard:
		// Those behind come first: the further, the likelier. Those behind alike take turns.
		late := float64(d.Urgency(it.ord)) / 1e6
		it.score = max(late, 1e-3) * (0.75 + 0.5*w.unit())
		if y := d.Yield(it.ord); y < math.MaxInt64 {
			it.yield = float64(y)
		}
	case catalog.PricePriority:
		it.ecpm = float64(d.ECPM(it.ord))
		it.score = float64(d.Bid(it.ord)) / 1e6 * (1 + 1e-6*w.unit()) // equal prices take turns
	default:
		it.score = w.unit()
	}
	it.score = float64(float32(it.score)) // as line sorts it
}

func (c *candidate) before(o *candidate) bool {
	if c.tier != o.tier {
		return c.tier < o.tier
	}
	if c.score != o.score {
		return c.score > o.score
	}
	return c.item < o.item
}
