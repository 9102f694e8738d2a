package decision

import (
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
	Now       time.Time
	Seed      uint64
	Slots     []Slot // at most MaxSlots
	Shown     []catalog.Shown
}

// Outcome is what one slot shows.
type Outcome struct {
	Filled   bool
	LineItem targeting.Ordinal
	Creative int32
	Reason   Reason // why it is empty
}

// Skips counts, by reason, the line items that targeted a slot of the page and did not serve in it.
type Skips [NumReasons]uint32

// Decide appends one outcome for each slot to dst, and adds to skips, if it is not nil, why candidates were passed over. Filled line items
// are taken from Input.Delivery.
func Decide(dst []Outcome, in *Input, skips *Skips) []Outcome {
	w := pool.Get().(*work)
	defer pool.Put(w)
	w.begin(in)
	from := len(dst)
	for i := range in.Slots[:min(len(in.Slots), MaxSlots)] {
		w.candidates(in, i)
	}
	w.solve(in)
	for i := range in.Slots {
		o := Outcome{Reason: NoCandidate}
		if i < MaxSlots {
			o = w.commit(in, i)
		}
		dst = append(dst, o)
	}
	if skips != nil {
		for i := range w.skips {
			skips[i] += w.skips[i]
		}
		for i := range dst[from:] {
			if n := len(w.slots[min(i, MaxSlots-1)].cands); n > 0 && dst[from+i].Filled {
				skips[Outranked] += uint32(n - 1)
			}
		}
	}
	w.catalog = nil
	return dst
}

var pool = sync.Pool{New: func() any { return new(work) }}

// maxCandidates is how many of a slot's best are looked at together. With sixteen slots a page of no-repeat needs
// as many; the tail below them is reached through other tiers' candidates.
const maxCandidates = 24

// candidate is a line item that may serve in a slot.
type candidate struct {
	ord        targeting.Ordinal
	creative   int32
	advertiser int32
	priority   uint8
	score      float64
	labels     []string
}

type slotWork struct {
	cands []candidate // best first
	reach Reason      // how far the line items that did not make it got
	pick  int         // index in cands; -1: none
}

// work is the scratch memory of one decision.
type work struct {
	catalog  *catalog.Catalog
	query    targeting.Query
	mark     int
	eligible []targeting.Ordinal
	profiles []bool // by suitability profile: allowed on this page
	slots    [MaxSlots]slotWork
	skips    Skips
	rng      uint64
	search   search
}

func (w *work) begin(in *Input) {
	c := in.Catalog
	w.catalog = c
	w.rng = in.Seed
	w.skips = Skips{}
	for i := range w.slots {
		s := &w.slots[i]
		s.cands, s.reach, s.pick = s.cands[:0], NoCandidate, -1
	}
	w.profiles = w.profiles[:0]
	for i := range c.Profiles {
		w.profiles = append(w.profiles, c.Profiles[i].Allows(in.Page))
	}
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
	}
	w.mark = q.Mark()
}

// random is SplitMix64 (Steele et al., 2014): the decision's only source of chance.
func (w *work) random() uint64 {
	w.rng += 0x9e3779b97f4a7c15
	z := w.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit returns a number in [0, 1).
func (w *work) unit() float64 { return float64(w.random()>>11) / (1 << 53) }

// candidates finds what may serve in a slot.
func (w *work) candidates(in *Input, slot int) {
	c := in.Catalog
	s := &w.slots[slot]
	place := &c.Placements[in.Slots[slot].Placement]
	w.query.Rewind(w.mark)
	w.query.Add(targeting.Placement, place.ID)
	w.query.Add(targeting.Site, c.Sites[place.Site].ID)
	w.eligible = c.Index.AppendEligible(w.eligible[:0], &w.query)
	for _, ord := range w.eligible {
		cr, why := w.gate(in, slot, ord)
		if why != None {
			w.skips[why]++
			s.reach = max(s.reach, why)
			continue
		}
		s.insert(w.rank(in, ord, cr))
	}
}

// gate looks at one eligible line item, the cheapest questions first. It returns the creative to show, or the first
// reason against it.
func (w *work) gate(in *Input, slot int, ord targeting.Ordinal) (int32, Reason) {
	c := in.Catalog
	li := &c.LineItems[ord]
	now := in.Now.Unix()
	switch {
	case now < li.Start:
		return 0, FlightNotStarted
	case now >= li.End:
		return 0, FlightEnded
	case in.Page != nil && in.Page.NoAds:
		return 0, Editorial
	case in.Visitor != nil && in.Visitor.Bot != "" && li.Type != catalog.House:
		return 0, Bot
	case !w.profiles[li.Profile]:
		return 0, Suitability
	}
	cr := w.creative(in, slot, li)
	if cr < 0 {
		return 0, Size
	}
	if floor := c.Placements[in.Slots[slot].Placement].Floor; floor > 0 && li.Type == catalog.PricePriority && li.CPC == 0 && li.CPM < floor {
		return 0, Floor
	}
	if v := in.Delivery.Gate(ord); v != delivery.OK {
		return 0, verdicts[v]
	}
	if len(li.Caps) > 0 {
		if v := in.Delivery.CapGate(ord, visitorHash(in), in.Now); v != delivery.OK {
			return 0, verdicts[v]
		}
	}
	for i := range in.Shown {
		if in.Shown[i].LineItem == li.Hash {
			return 0, Repeat
		}
	}
	return cr, None
}

func visitorHash(in *Input) uint64 {
	if in.Visitor == nil {
		return 0
	}
	return in.Visitor.Hash
}

// creative picks one of the line item's creatives that fit the slot, by weight; -1 if none does. Of several sizes, those that
// the slot names first are preferred: a page puts the size it likes best in front.
func (w *work) creative(in *Input, slot int, li *catalog.LineItem) int32 {
	c := in.Catalog
	sizes := in.Slots[slot].Sizes
	best := len(sizes) + 1
	total := int32(0)
	for _, ci := range li.Creatives {
		if r := fit(&c.Creatives[ci], sizes); r < best {
			best, total = r, c.Creatives[ci].Weight
		} else if r == best {
			total += c.Creatives[ci].Weight
		}
	}
	if best > len(sizes) {
		return -1
	}
	if total <= 0 {
		total = 1
	}
	at := int32(w.random() % uint64(total))
	last := int32(-1)
	for _, ci := range li.Creatives {
		if fit(&c.Creatives[ci], sizes) != best {
			continue
		}
		last = ci
		if at -= c.Creatives[ci].Weight; at < 0 {
			break
		}
	}
	return last
}

// fit is the position of the creative's size among the slot's, or beyond them all if it has no room. Native creatives have
// no size: they take what width there is.
func fit(cr *catalog.Creative, sizes []catalog.Size) int {
	if cr.Type == catalog.Native {
		return 0
	}
	for i := range sizes {
		if sizes[i] == cr.Size {
			return i
		}
	}
	return len(sizes) + 1
}

// predictedCTR is what a click is worth until there are counts: the order of magnitude of display advertising.
const predictedCTR = 0.001

// rank gives a candidate its place within its priority.
func (w *work) rank(in *Input, ord targeting.Ordinal, cr int32) candidate {
	li := &in.Catalog.LineItems[ord]
	score := 0.0
	switch li.Type {
	case catalog.Sponsorship, catalog.Standard:
		// Those behind come first, in steps of a tenth of what they should have: within a step they take turns. Those that keep
		// to their curve are all alike.
		u := in.Delivery.Urgency(ord)
		score = float64(max(0, min(u, 1_000_000))/100_000) + w.unit()*0.99
	case catalog.PricePriority:
		ecpm := float64(li.CPM)
		if li.CPC > 0 {
			ecpm = float64(li.CPC) * predictedCTR * 1000
		}
		score = ecpm/1e6 + w.unit()*1e-7
	default:
		score = w.unit()
	}
	return candidate{ord: ord, creative: cr, advertiser: li.Advertiser, priority: li.Priority, score: score, labels: li.Labels}
}

func (c *candidate) before(o *candidate) bool {
	if c.priority != o.priority {
		return c.priority < o.priority
	}
	if c.score != o.score {
		return c.score > o.score
	}
	return c.ord < o.ord
}

// insert keeps the best maxCandidates in order.
func (s *slotWork) insert(c candidate) {
	n := len(s.cands)
	if n == maxCandidates {
		if !c.before(&s.cands[n-1]) {
			return
		}
		n--
		s.cands = s.cands[:n]
	}
	s.cands = append(s.cands, c)
	for n > 0 && c.before(&s.cands[n-1]) {
		s.cands[n] = s.cands[n-1]
		n--
	}
	s.cands[n] = c
}

// commit takes the chosen line item of a slot; if another request has just taken what was left, the next best that may stand beside
// the others.
func (w *work) commit(in *Input, slot int) Outcome {
	s := &w.slots[slot]
	tried := s.pick
	for s.pick >= 0 {
		c := &s.cands[s.pick]
		v := in.Delivery.Take(c.ord, visitorHash(in), in.Now)
		if v == delivery.OK {
			return Outcome{Filled: true, LineItem: c.ord, Creative: c.creative}
		}
		s.reach = max(s.reach, verdicts[v])
		s.pick = -1
		for n := tried + 1; n < len(s.cands); n++ {
			tried = n
			if w.allowed(in, slot, &s.cands[n], true) == None {
				s.pick = n
				break
			}
		}
	}
	reason := s.reach
	if len(s.cands) > 0 {
		for i := range s.cands {
			if r := w.allowed(in, slot, &s.cands[i], true); r != None {
				reason = max(reason, r)
			}
		}
	}
	return Outcome{Reason: reason}
}
