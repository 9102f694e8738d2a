package decision

import (
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
)

// commit takes what was chosen from delivery and appends the outcomes. What must stand together is taken first, all of it or none. If another
// request has just taken what was left of a line item, the next best that may stand beside the others has the slot.
func (w *work) commit(dst []Outcome) []Outcome {
	from := len(dst)
	for range w.n {
		dst = append(dst, Outcome{})
	}
	out := dst[from:]
	var c candidate
	for i := range w.n {
		if out[i].Filled || !w.picked(i, &c) {
			continue
		}
		if it := &w.items[c.item]; it.li.Roadblock == catalog.AllSlots && it.together() {
			w.takeAll(out, c.item)
		} else if w.search.pick[i] == master && !w.take(out, i, &c) {
			w.drop(c.item, true)
		}
	}
	for i := range w.n {
		if out[i].Filled {
			continue
		}
		if w.picked(i, &c) {
			if w.take(out, i, &c) {
				continue
			}
			w.search.pick[i] = none
			w.next(out, i)
		} else if w.slots[i].lost {
			w.next(out, i)
		}
		if !out[i].Filled && w.slots[i].more > 0 {
			w.rescan(out, i)
		}
	}
	return dst
}

// take reserves one serve for a slot.
func (w *work) take(out []Outcome, slot int, c *candidate) bool {
	it := &w.items[c.item]
	cr := c.creative
	if cr < 0 {
		cr, _ = w.creative(slot, it)
	}
	v := w.in.Delivery.Take(it.ord, visitorHash(w.in), w.in.Now)
	if v != delivery.OK {
		it.why = verdicts[v]
		w.slots[slot].reach = max(w.slots[slot].reach, it.why)
		return false
	}
	out[slot] = Outcome{Filled: true, LineItem: it.ord, Creative: cr}
	return true
}

// takeAll reserves all slots of a roadblock, or none.
func (w *work) takeAll(out []Outcome, item int32) {
	var c candidate
	for i := range w.n {
		if !w.picked(i, &c) || c.item != item {
			continue
		}
		if w.take(out, i, &c) {
			continue
		}
		for j := range i {
			if w.picked(j, &c) && c.item == item {
				w.in.Delivery.Untake(w.items[item].ord, visitorHash(w.in))
				out[j] = Outcome{}
			}
		}
		w.drop(item, false)
		return
	}
}

// drop takes a line item out of the page: its slots go to the next best.
func (w *work) drop(item int32, companions bool) {
	w.items[item].blocked = true
	var c candidate
	for i := range w.n {
		if w.picked(i, &c) && c.item == item {
			w.search.pick[i] = none
			w.slots[i].lost = true
			if companions {
				w.slots[i].reach = max(w.slots[i].reach, Roadblocked)
			}
		}
	}
}

// next fills a slot with the best candidate that may still stand there.
func (w *work) next(out []Outcome, slot int) {
	s := &w.slots[slot]
	for n := range s.cands {
		c := &s.cands[n]
		if w.against(slot, c) != None {
			continue
		}
		if w.take(out, slot, c) {
			w.search.pick[slot] = int8(n)
			return
		}
	}
}

// against is why a candidate cannot have a slot beside what the page shows now.
func (w *work) against(slot int, c *candidate) Reason {
	it := &w.items[c.item]
	if it.why != None {
		return it.why
	}
	if it.blocked {
		return Roadblocked
	}
	if it.li.Type == catalog.House {
		houses := w.house
		var o candidate
		for i := range w.n {
			if i != slot && w.picked(i, &o) && w.items[o.item].li.Type == catalog.House {
				houses++
			}
		}
		if houses >= w.maxHouse {
			return HouseLimit
		}
	}
	return w.clash(slot, c)
}

// rescan looks beyond a slot's best when none of them may stand on the page.
func (w *work) rescan(out []Outcome, slot int) {
	s := &w.slots[slot]
	var best candidate
	found := false
	for i := range w.items {
		it := &w.items[i]
		if it.wants>>slot&1 == 0 || it.why != None || it.could>>slot&1 == 0 || it.several() {
			continue
		}
		c := candidate{item: int32(i), creative: -1, tier: it.tier, score: it.score}
		if (!found || c.before(&best)) && w.against(slot, &c) == None {
			best, found = c, true
		}
	}
	if found && w.take(out, slot, &best) {
		s.cands[len(s.cands)-1] = best
		w.search.pick[slot] = int8(len(s.cands) - 1)
	}
}

// explain counts what became of the candidates, and says why slots are empty.
func (w *work) explain(out []Outcome) {
	for i := range w.n {
		s := &w.slots[i]
		passed := len(s.cands) + s.more
		if out[i].Filled && !w.sampled {
			w.skips[Outranked] += uint32(max(0, passed-1))
			continue
		}
		reason := s.reach
		for n := range w.items {
			it := &w.items[n]
			if it.could>>i&1 == 0 || out[i].Filled && it.ord == out[i].LineItem {
				continue
			}
			c := candidate{item: int32(n), creative: -1}
			if at := w.find(i, int32(n)); at >= 0 {
				c = s.cands[at]
			}
			why := w.against(i, &c)
			switch {
			case why == None && out[i].Filled:
				why = Outranked
			case why == None:
				why = Roadblocked // it could not be had alone
			}
			reason = max(reason, why)
			w.miss(s, it, why)
		}
		if !out[i].Filled {
			out[i].Reason = reason
		} else if w.sampled && w.in.Tally != nil {
			w.in.Tally.add(out[i].LineItem, None)
		}
	}
}
