package decision

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// puzzle is a page with candidates but without the machinery around it: what solve works on.
func puzzle(rng *rand.Rand, slots, lineItems, perSlot int, plain bool) *work {
	c := &catalog.Catalog{Sites: []catalog.Site{{}}, Advertisers: make([]catalog.Advertiser, 4)}
	if rng.IntN(3) == 0 && !plain {
		c.Sites[0].MaxHouse = int32(1 + rng.IntN(2))
	}
	for i := range slots {
		p := catalog.Placement{Hash: uint32(i)}
		for _, o := range []int{i - 1, i + 1} {
			if o >= 0 && o < slots && !plain {
				p.Adjacent = append(p.Adjacent, int32(o))
			}
		}
		c.Placements = append(c.Placements, p)
	}
	for i := range lineItems {
		li := catalog.LineItem{
			Priority: uint8(1 + rng.IntN(3)), Advertiser: int32(rng.IntN(len(c.Advertisers))), Type: catalog.PricePriority, Hash: uint32(i), NoRepeat: catalog.RepeatNoLineItem,
		}
		li.Campaign = li.Advertiser*2 + int32(rng.IntN(2))
		if !plain {
			li.NoRepeat = catalog.NoRepeat(rng.IntN(5))
			li.Category = int32(rng.IntN(3))
			switch rng.IntN(6) {
			case 0:
				li.Roadblock = catalog.AsMany
			case 1:
				li.Roadblock = catalog.AllSlots
			case 2:
				li.Roadblock = catalog.Companions
			case 3:
				li.Type = catalog.House
			}
			if l := int32(rng.IntN(4)); l > 0 {
				li.Labels, li.LabelMask = []int32{l}, 1<<l
			}
			if rng.IntN(4) == 0 {
				li.CapScopes = []catalog.CapScope{{Caps: []catalog.Cap{{Limit: int32(1 + rng.IntN(2)), Per: catalog.PerPage}}}}
				li.PageCaps = true
			}
		}
		for range 2 {
			n := int32(len(c.Creatives))
			li.Creatives = append(li.Creatives, n)
			c.Creatives = append(c.Creatives, catalog.Creative{Hash: uint32(n), Type: catalog.Native, Master: li.Roadblock == catalog.Companions && len(li.Creatives) == 1})
		}
		c.LineItems = append(c.LineItems, li)
	}
	in := &Input{Catalog: c}
	for i := range slots {
		in.Slots = append(in.Slots, Slot{Placement: int32(i)})
	}
	w := &work{in: in, catalog: c, n: slots, maxHouse: 1 << 30}
	if m := c.Sites[0].MaxHouse; m > 0 {
		w.maxHouse = m
	}
	for i := range c.LineItems {
		li := &c.LineItems[i]
		w.items = append(w.items, lineItem{li: li, ord: targeting.Ordinal(i), tier: li.Priority, score: float64(1 + rng.IntN(50))})
	}
	for s := range slots {
		sl := &w.slots[s]
		sl.place = &c.Placements[s]
		w.search.pick[s] = none
		for _, i := range rng.Perm(lineItems)[:min(perSlot, lineItems)] {
			it := &w.items[i]
			it.wants |= 1 << s
			if it.li.Roadblock == catalog.Companions {
				it.masters |= 1 << s
			}
			if it.li.Roadblock == catalog.AllSlots && rng.IntN(6) == 0 {
				continue // one of its slots has no room
			}
			it.could |= 1 << s
			cand := candidate{item: int32(i), creative: it.li.Creatives[1], tier: it.tier, score: it.score}
			if rng.IntN(4) == 0 { // slots may differ in what they are worth
				cand.score = float64(1 + rng.IntN(50))
			}
			sl.insert(cand)
		}
	}
	return w
}

// insert keeps the best maxCandidates in order.
func (s *slotWork) insert(c candidate) {
	s.cands = append(s.cands, c)
	for n := len(s.cands) - 1; n > 0 && c.before(&s.cands[n-1]); n-- {
		s.cands[n], s.cands[n-1] = s.cands[n-1], c
	}
	s.cands = s.cands[:min(len(s.cands), maxCandidates)]
}

// choice is what one slot of an exhaustive page shows.
type choice struct {
	c      candidate
	filled bool
	master bool
}

// exhaust tries every page and returns the best value, by rules written down a second time, without the search's short cuts.
func exhaust(w *work) value {
	best := value{}
	page := make([]choice, w.n)
	var try func(slot int)
	try = func(slot int) {
		if slot == w.n {
			if v, ok := judge(w, page); ok && best.less(v) {
				best = v
			}
			return
		}
		page[slot] = choice{}
		try(slot + 1)
		for i := range w.slots[slot].cands {
			page[slot] = choice{c: w.slots[slot].cands[i], filled: true}
			try(slot + 1)
		}
		for i := range w.items {
			if it := &w.items[i]; it.masters>>slot&1 != 0 {
				page[slot] = choice{c: candidate{item: int32(i), creative: it.li.Creatives[0], tier: it.tier, score: it.score}, filled: true, master: true}
				try(slot + 1)
			}
		}
		page[slot] = choice{}
	}
	try(0)
	return best
}

func judge(w *work, page []choice) (v value, ok bool) {
	houses, count, masters := int32(0), map[int32]uint16{}, map[int32]int{}
	for i := range page {
		if !page[i].filled {
			continue
		}
		a := page[i]
		li := w.items[a.c.item].li
		v = v.plus(&a.c)
		count[a.c.item] |= 1 << i
		if a.master {
			masters[a.c.item]++
		}
		if li.Type == catalog.House {
			houses++
		}
		for j := range i {
			b := page[j]
			if !b.filled {
				continue
			}
			lb := w.items[b.c.item].li
			if i-j == 1 && li.Category != 0 && li.Category == lb.Category && len(w.slots[i].place.Adjacent) > 0 {
				return v, false
			}
			switch {
			case a.c.item == b.c.item:
				if li.Roadblock == catalog.OneSlot && li.NoRepeat >= catalog.RepeatNoLineItem {
					return v, false
				}
				if li.NoRepeat == catalog.RepeatNoCreative && a.c.creative == b.c.creative {
					return v, false
				}
			case li.Advertiser != lb.Advertiser:
				if len(li.Labels) > 0 && len(lb.Labels) > 0 && li.Labels[0] == lb.Labels[0] {
					return v, false
				}
			default:
				if n := max(li.NoRepeat, lb.NoRepeat); n == catalog.RepeatNoAdvertiser || n == catalog.RepeatNoCampaign && li.Campaign == lb.Campaign {
					return v, false
				}
			}
		}
	}
	if houses > w.maxHouse {
		return v, false
	}
	for item, slots := range count {
		it := &w.items[item]
		n := int32(0)
		for s := slots; s != 0; s &= s - 1 {
			n++
		}
		if it.li.PageCaps && n > it.li.CapScopes[0].Caps[0].Limit {
			return v, false
		}
		switch it.li.Roadblock {
		case catalog.AllSlots:
			if slots != it.wants || it.could != it.wants {
				return v, false
			}
		case catalog.Companions:
			if masters[item] != 1 {
				return v, false
			}
		}
	}
	return v, true
}

// TestSearchIsExact compares the search with trying every page.
func TestSearchIsExact(t *testing.T) {
	const pages = 2000
	steps, most, bounded := 0, 0, 0
	for seed := range uint64(pages) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := puzzle(rng, 1+rng.IntN(4), 2+rng.IntN(7), 1+rng.IntN(6), seed%4 == 0)
		together := 0
		for i := range w.items {
			if w.items[i].together() {
				together++
			}
		}
		if together > maxTogether {
			continue // stated: further ones are out
		}
		want := exhaust(w)
		w.solve()
		page := make([]choice, w.n)
		for i := range w.n {
			page[i].filled = w.picked(i, &page[i].c)
			page[i].master = w.search.pick[i] == master
		}
		got, ok := judge(w, page)
		if !ok {
			t.Fatalf("seed %d: the page breaks a promise: %s", seed, describe(page))
		}
		if got.less(want) {
			t.Fatalf("seed %d: %+v found, %+v is possible: %s", seed, got, want, describe(page))
		}
		if w.search.hit {
			bounded++
		}
		steps += w.search.nodes
		most = max(most, w.search.nodes)
	}
	if bounded > 0 {
		t.Errorf("%d small pages reached the bound of work", bounded)
	}
	t.Logf("%d pages, %.1f steps on average, %d at most", pages, float64(steps)/pages, most)
}

func describe(page []choice) string {
	s := ""
	for i := range page {
		if page[i].filled {
			s += fmt.Sprintf(" %d:%d/%d", i, page[i].c.item, page[i].c.creative)
		}
	}
	return s
}

// TestWorkIsBounded measures how much the search does on pages of up to sixteen slots, and that what stands at the bound is never worse
// than choosing slot by slot.
func TestWorkIsBounded(t *testing.T) {
	for _, slots := range []int{4, 8, 16} {
		for _, plain := range []bool{true, false} {
			bounded, steps := 0, 0
			const pages = 40
			for seed := range uint64(pages) {
				w := puzzle(rand.New(rand.NewPCG(seed, uint64(slots))), slots, 50, 40, plain)
				w.gather()
				w.search.houses = w.house
				w.greedy()
				greedy := w.search.bestValue
				for i := range w.items {
					w.items[i].blocked = false
				}
				w.solve()
				if !w.search.found { // greedy was the best there is
					continue
				}
				if w.search.bestValue.less(greedy) {
					t.Fatalf("seed %d: the page found is worse than the greedy one", seed)
				}
				if w.search.nodes > maxNodes+MaxSlots*2 {
					t.Fatalf("seed %d: %d steps", seed, w.search.nodes)
				}
				steps += w.search.nodes
				if w.search.hit {
					bounded++
				}
			}
			t.Logf("%2d slots, 50 line items, with promises %-5v: %.0f steps on average, bound reached on %d of %d", slots, !plain, float64(steps)/pages, bounded, pages)
			if slots == 4 && bounded > 0 && plain {
				t.Errorf("%d pages of four slots reached the bound", bounded)
			}
		}
	}
}
