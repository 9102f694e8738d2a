package decision

import (
	"math/bits"

	"github.com/placard/placard/adserver/catalog"
)

// search is branch and bound over the slots of a page. Line items that must have several slots together (roadblocks, masters) are
// decided first, in or out; then slots are filled one by one, the best candidate first, and a branch is left when
// even the best that its open slots could show would not beat the best page found.
type search struct {
	pick, best   [MaxSlots]int8 // index in the slot's candidates; none or master
	masters      [MaxSlots]int32
	bestMasters  [MaxSlots]int32
	fixed        uint16 // slots that roadblocks took
	nodes        int
	bestValue    value
	found, hit   bool
	together     [maxTogether]int32 // items that must have slots together
	nTogether    int
	houses       int32
	distinct     bool // no candidate may stand in two slots: the tighter bound holds
	order        [MaxSlots][MaxSlots]ranked
	orderLen     [MaxSlots]int8
	orderIsFresh bool
}

type ranked struct {
	item int32
	cand candidate
}

// What a pick is when it is no index.
const (
	none   = -1
	master = -2 // the creative in search.masters
)

// maxNodes bounds the work of one page. When it is reached the best page found so far stands, which is never worse than the
// greedy one, as that is found first; placard_decisions_bounded_total counts it. TestWorkIsBounded measures how often: pages of four slots
// take a few dozen steps.
const maxNodes = 4000

// maxTogether is how many line items that must have slots together are looked at, the best first; further ones are out.
const maxTogether = 4

// solve picks for all slots together.
func (w *work) solve() {
	s := &w.search
	s.nodes, s.hit, s.found, s.fixed, s.houses, s.nTogether = 0, false, false, 0, w.house, 0
	s.bestValue = value{}
	if w.greedyIsBest() {
		return
	}
	w.gather()
	w.greedy()
	w.descendTogether(0, value{})
	s.pick, s.masters = s.best, s.bestMasters
}

// greedy fills slot by slot with the best that is still allowed: what stands if the search is cut short.
func (w *work) greedy() {
	s := &w.search
	for i := range w.n {
		s.pick[i] = none
	}
	v := value{}
	for i := range w.n {
		for n := range w.slots[i].cands {
			c := &w.slots[i].cands[n]
			if it := &w.items[c.item]; it.blocked || w.clash(i, c) != None || it.li.Type == catalog.House && s.houses >= w.maxHouse {
				continue
			} else if it.li.Type == catalog.House {
				s.houses++
			}
			v = v.plus(c)
			s.pick[i] = int8(n)
			break
		}
	}
	s.found, s.bestValue, s.best, s.houses = true, v, s.pick, w.house
	for i := range w.n {
		s.pick[i] = none
	}
}

// greedyIsBest tries each slot's best: if nothing stands between them, no page is worth more.
func (w *work) greedyIsBest() bool {
	s := &w.search
	for i := range w.n {
		s.pick[i] = none
	}
	houses := w.house
	for i := range w.n {
		sl := &w.slots[i]
		if len(sl.cands) == 0 {
			if w.mastersIn(i) {
				return false
			}
			continue
		}
		c := &sl.cands[0]
		it := &w.items[c.item]
		if it.li.Roadblock == catalog.AllSlots || it.li.Roadblock == catalog.Companions || w.mastersIn(i) {
			return false
		}
		if it.li.Type == catalog.House {
			if houses++; houses > w.maxHouse {
				return false
			}
		}
		if w.clash(i, c) != None {
			return false
		}
		s.pick[i] = 0
	}
	return true
}

// mastersIn reports whether a master could stand in the slot.
func (w *work) mastersIn(slot int) bool {
	for i := range w.items {
		if w.items[i].masters>>slot&1 != 0 {
			return true
		}
	}
	return false
}

// gather finds the line items that must have slots together, best first.
func (w *work) gather() {
	s := &w.search
	s.distinct = true
	for i := range w.items {
		it := &w.items[i]
		if it.could == 0 && it.masters == 0 {
			continue
		}
		if it.li.Roadblock != catalog.OneSlot || it.li.NoRepeat < catalog.RepeatNoLineItem {
			s.distinct = false
		}
		if !it.together() {
			continue
		}
		it.blocked = true
		at := min(s.nTogether, maxTogether)
		for at > 0 && w.better(it, &w.items[s.together[at-1]]) {
			if at < maxTogether {
				s.together[at] = s.together[at-1]
			}
			at--
		}
		if at < maxTogether {
			s.together[at] = int32(i)
			s.nTogether = min(s.nTogether+1, maxTogether)
		}
	}
}

// together reports whether the line item needs several slots at once, or its master's, before it may show anything.
func (it *lineItem) together() bool {
	switch it.li.Roadblock {
	case catalog.AllSlots:
		return it.onPage == 0
	case catalog.Companions:
		return !it.master
	}
	return false
}

func (w *work) better(a, b *lineItem) bool {
	if a.tier != b.tier {
		return a.tier < b.tier
	}
	return a.score > b.score
}

func (w *work) descendTogether(k int, v value) {
	s := &w.search
	if k == s.nTogether {
		s.orderIsFresh = false
		w.descend(0, v)
		return
	}
	it := &w.items[s.together[k]]
	if it.li.Roadblock == catalog.AllSlots {
		w.tryAll(k, it, v)
	} else {
		for m := it.masters; m != 0 && !s.hit; m &= m - 1 {
			w.tryMaster(k, it, bits.TrailingZeros16(m), v)
		}
	}
	if !s.hit {
		w.descendTogether(k+1, v) // without it
	}
}

// tryAll gives the line item all of its slots, if it can have them.
func (w *work) tryAll(k int, it *lineItem, v value) {
	s := &w.search
	if it.could != it.wants || s.fixed&it.wants != 0 || it.could == 0 {
		return
	}
	done := uint16(0)
	ok := true
	houses := s.houses
	for m := it.wants; m != 0 && ok; m &= m - 1 {
		slot := bits.TrailingZeros16(m)
		n := w.find(slot, s.together[k])
		if ok = n >= 0 && w.clash(slot, &w.slots[slot].cands[n]) == None; !ok {
			break
		}
		if it.li.Type == catalog.House {
			if s.houses++; s.houses > w.maxHouse {
				ok = false
			}
		}
		c := &w.slots[slot].cands[n]
		v = v.plus(c)
		s.pick[slot] = int8(n)
		done |= 1 << slot
	}
	if ok {
		s.fixed |= done
		w.descendTogether(k+1, v)
		s.fixed &^= done
	}
	s.houses = houses
	for m := done; m != 0; m &= m - 1 {
		s.pick[bits.TrailingZeros16(m)] = none
	}
}

// tryMaster gives the slot to the line item's master; its companions may have others.
func (w *work) tryMaster(k int, it *lineItem, slot int, v value) {
	s := &w.search
	if s.fixed>>slot&1 != 0 {
		return
	}
	cr := w.masterFor(slot, it)
	c := candidate{item: s.together[k], creative: cr, tier: it.tier, score: it.score}
	if w.clash(slot, &c) != None {
		return
	}
	houses := s.houses
	if it.li.Type == catalog.House {
		if s.houses++; s.houses > w.maxHouse {
			s.houses = houses
			return
		}
	}
	v = v.plus(&c)
	s.pick[slot], s.masters[slot] = master, s.together[k]
	s.fixed |= 1 << slot
	it.blocked = false
	w.descendTogether(k+1, v)
	it.blocked = true
	s.fixed &^= 1 << slot
	s.pick[slot], s.houses = none, houses
}

// find returns the index of a line item among a slot's candidates, -1 if it is not there.
func (w *work) find(slot int, item int32) int {
	for i := range w.slots[slot].cands {
		if w.slots[slot].cands[i].item == item {
			return i
		}
	}
	return none
}

// masterFor returns the master creative that fits the slot.
func (w *work) masterFor(slot int, it *lineItem) int32 {
	for _, ci := range it.li.Creatives {
		if w.catalog.Creatives[ci].Master && fit(&w.catalog.Creatives[ci], w.in.Slots[slot].Sizes) <= len(w.in.Slots[slot].Sizes) {
			return ci
		}
	}
	return -1
}

// picked returns what a slot shows in this branch, and whether it shows anything.
func (w *work) picked(slot int, c *candidate) bool {
	s := &w.search
	switch n := s.pick[slot]; {
	case n >= 0:
		*c = w.slots[slot].cands[n]
		return true
	case n == master:
		item := s.masters[slot]
		it := &w.items[item]
		*c = candidate{item: item, creative: w.masterFor(slot, it), tier: it.tier, score: it.score}
		return true
	}
	return false
}

func (w *work) descend(slot int, v value) {
	s := &w.search
	for slot < w.n && s.fixed>>slot&1 != 0 {
		slot++
	}
	if slot == w.n {
		if !s.found || s.bestValue.less(v) {
			s.found, s.bestValue, s.best, s.bestMasters = true, v, s.pick, s.masters
		}
		return
	}
	if s.nodes++; s.nodes > maxNodes && s.found {
		s.hit = true
		return
	}
	if s.found && !w.mayBeat(slot, v) {
		return
	}
	cands := w.slots[slot].cands
	for n := range cands {
		c := &cands[n]
		it := &w.items[c.item]
		if it.blocked || w.clash(slot, c) != None {
			continue
		}
		house := it.li.Type == catalog.House
		if house && s.houses >= w.maxHouse {
			continue
		}
		if house {
			s.houses++
		}
		next := v.plus(c)
		s.pick[slot], it.used = int8(n), true
		w.descend(slot+1, next)
		s.pick[slot], it.used = none, false
		if house {
			s.houses--
		}
		if s.hit {
			return
		}
	}
	w.descend(slot+1, v) // leave it empty
}

// mayBeat reports whether filling the slots from the given one on could make the page worth more than the best one found.
func (w *work) mayBeat(slot int, v value) bool {
	s := &w.search
	// Each slot's best, as if nothing stood in its way.
	bound := v
	for i := slot; i < w.n; i++ {
		if s.fixed>>i&1 != 0 {
			continue
		}
		for n := range w.slots[i].cands {
			if c := &w.slots[i].cands[n]; !w.items[c.item].blocked {
				bound = bound.plus(c)
				break
			}
		}
	}
	if !s.bestValue.less(bound) {
		return false
	}
	if !s.distinct {
		return true
	}
	// The best of different line items, as if each could stand in any of the slots.
	if !s.orderIsFresh {
		w.rankSuffixes()
	}
	bound = v
	open := 0
	for i := slot; i < w.n; i++ {
		if s.fixed>>i&1 == 0 {
			open++
		}
	}
	list := s.order[slot][:s.orderLen[slot]]
	for i := 0; i < len(list) && open > 0; i++ {
		if w.items[list[i].item].used {
			continue
		}
		bound = bound.plus(&list[i].cand)
		open--
	}
	return s.bestValue.less(bound)
}

// rankSuffixes lists, for each slot, the best of different line items in it and those after it: as many as the page has slots, which is
// as many as can stand in the open ones and those that stand elsewhere already. None of them can be below that place in its own slot.
func (w *work) rankSuffixes() {
	s := &w.search
	s.orderIsFresh = true
	for slot := w.n - 1; slot >= 0; slot-- {
		n := int8(0)
		if slot+1 < w.n {
			n = s.orderLen[slot+1]
			s.order[slot] = s.order[slot+1]
		}
		if s.fixed>>slot&1 == 0 {
			left := w.n
			for i := 0; i < len(w.slots[slot].cands) && left > 0; i++ {
				if c := &w.slots[slot].cands[i]; !w.items[c.item].blocked {
					n = insertRanked(s.order[slot][:w.n], n, c)
					left--
				}
			}
		}
		s.orderLen[slot] = n
	}
}

func insertRanked(list []ranked, n int8, c *candidate) int8 {
	for i := range list[:n] {
		if list[i].item == c.item {
			if !c.before(&list[i].cand) {
				return n
			}
			list[i].cand = *c
			for ; i > 0 && list[i].cand.before(&list[i-1].cand); i-- {
				list[i], list[i-1] = list[i-1], list[i]
			}
			return n
		}
	}
	at := int(n)
	for at > 0 && c.before(&list[at-1].cand) {
		at--
	}
	if at == len(list) {
		return n
	}
	n = min(n+1, int8(len(list)))
	copy(list[at+1:n], list[at:n-1])
	list[at] = ranked{item: c.item, cand: *c}
	return n
}

// clash is why a candidate must not stand in the slot beside what other slots show in this branch.
func (w *work) clash(slot int, c *candidate) Reason {
	it := &w.items[c.item]
	li := it.li
	var o candidate
	same := false
	for i := range w.n {
		if i == slot || !w.picked(i, &o) {
			continue
		}
		other := w.items[o.item].li
		if o.item == c.item {
			if li.Roadblock == catalog.OneSlot && li.NoRepeat >= catalog.RepeatNoLineItem {
				return Repeat
			}
			if li.NoRepeat == catalog.RepeatNoCreative && o.creative == c.creative {
				return Repeat
			}
			same = true
		} else if why := apart(li, other); why != None {
			return why
		}
		if li.Category != 0 && li.Category == other.Category && adjacent(w.slots[slot].place, w.in.Slots[i].Placement) {
			return Adjacent
		}
	}
	if li.PageCaps && (same || len(li.CapScopes) > 0) && !w.pageCapRoom(li, slot) {
		return Cap
	}
	return None
}

// planned counts the slots but one that show something under the same cap.
func (w *work) planned(li *catalog.LineItem, level catalog.CapLevel, but int) (n int32) {
	var o candidate
	for i := range w.n {
		if i == but || !w.picked(i, &o) {
			continue
		}
		other := w.items[o.item].li
		switch level {
		case catalog.OfLineItem:
			if other == li {
				n++
			}
		case catalog.OfCampaign:
			if other.Campaign == li.Campaign {
				n++
			}
		case catalog.OfAdvertiser:
			if other.Advertiser == li.Advertiser {
				n++
			}
		}
	}
	return n
}
