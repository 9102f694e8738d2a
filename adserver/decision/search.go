package decision

// search is branch and bound over the slots of a page.
type search struct {
	pick, best [MaxSlots]int
	value      value
	bestValue  value
	nodes      int
	slots      int
	hit        bool // the bound of work was reached
}

// maxNodes bounds the work of one page: the greedy page is found first and stands if the bound is hit. A page of
// four slots with two dozen candidates each takes a few dozen.
const maxNodes = 2000

// value is what a page is worth: how many slots show each priority, and the sum of scores. Priorities are counted in five bits
// each, 1 to 8 in hi and 9 to 16 in lo, so that two values compare as numbers.
type value struct {
	hi, lo uint64
	score  float64
}

func (v value) plus(c *candidate, repeats bool) value {
	p := uint(c.priority)
	switch {
	case p <= 8:
		v.hi += 1 << ((8 - p) * 5)
	default:
		v.lo += 1 << ((16 - p) * 5)
	}
	v.score += c.score
	if repeats {
		// An advertiser that stands on the page already is worth less than any other of the same priority.
		v.score -= repeatPenalty
	}
	return v
}

// repeatPenalty is above every score: eCPMs are below a million of the currency.
const repeatPenalty = 1e7

func (v value) less(o value) bool {
	if v.hi != o.hi {
		return v.hi < o.hi
	}
	if v.lo != o.lo {
		return v.lo < o.lo
	}
	return v.score < o.score
}

// solve picks for all slots together. The first leaf of the search is the greedy page: each slot's best that is still allowed.
func (w *work) solve(in *Input) {
	s := &w.search
	*s = search{slots: min(len(in.Slots), MaxSlots), bestValue: value{score: -1e300}}
	w.descend(in, 0, value{})
	for i := range s.slots {
		w.slots[i].pick = s.best[i]
	}
}

func (w *work) descend(in *Input, slot int, v value) {
	s := &w.search
	if slot == s.slots {
		if s.bestValue.less(v) {
			s.bestValue = v
			s.best = s.pick
		}
		return
	}
	s.nodes++
	if s.nodes > maxNodes && s.bestValue.score > -1e300 {
		s.hit = true
		return
	}
	// What the rest could be worth at most: each slot's best, as if nothing stood in its way.
	bound := v
	for i := slot; i < s.slots; i++ {
		if len(w.slots[i].cands) > 0 {
			bound = bound.plus(&w.slots[i].cands[0], false)
		}
	}
	if !s.bestValue.less(bound) {
		return
	}
	cands := w.slots[slot].cands
	for n := range cands {
		c := &cands[n]
		w.slots[slot].pick = -1
		if w.allowed(in, slot, c, false) != None {
			continue
		}
		repeats := w.advertiserOnPage(in, slot, c)
		w.slots[slot].pick, s.pick[slot] = n, n
		w.descend(in, slot+1, v.plus(c, repeats))
		if s.hit {
			break
		}
	}
	w.slots[slot].pick, s.pick[slot] = -1, -1
	if !s.hit || s.bestValue.score == -1e300 {
		w.descend(in, slot+1, v)
	}
}

// allowed looks at what the other slots of the page show: those before, or all but this one.
func (w *work) allowed(in *Input, slot int, c *candidate, all bool) Reason {
	n := slot
	if all {
		n = len(in.Slots)
	}
	for i := range min(n, MaxSlots) {
		if i == slot || w.slots[i].pick < 0 {
			continue
		}
		o := &w.slots[i].cands[w.slots[i].pick]
		switch {
		case o.ord == c.ord:
			return Repeat
		case o.advertiser != c.advertiser && share(o.labels, c.labels):
			return Exclusion
		}
	}
	return None
}

func (w *work) advertiserOnPage(in *Input, slot int, c *candidate) bool {
	for i := range slot {
		if w.slots[i].pick >= 0 && w.slots[i].cands[w.slots[i].pick].advertiser == c.advertiser {
			return true
		}
	}
	hash := in.Catalog.Advertisers[c.advertiser].Hash
	for i := range in.Shown {
		if in.Shown[i].Advertiser == hash {
			return true
		}
	}
	return false
}

// share reports whether two sorted lists have an entry in common.
func share(a, b []string) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}
