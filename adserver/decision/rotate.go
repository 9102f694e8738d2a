package decision

import (
	"math"

	"github.com/placard/placard/adserver/catalog"
)

// creative picks one of the line item's creatives that fit the slot, or says why there is none. Of several sizes, those that the slot names
// first are preferred: a page puts the size it likes best in front. Creatives that the page shows already come after those it does not; where the
// line item must not repeat a creative, they do not come at all. Masters are the search's.
func (w *work) creative(slot int, it *lineItem) (int32, Reason) {
	c, sizes, li := w.catalog, w.in.Slots[slot].Sizes, it.li
	var fitting [maxRotation]int32
	n, best, why := 0, len(sizes)+1, Size
	for pass := range 2 {
		for _, ci := range li.Creatives {
			cr := &c.Creatives[ci]
			if li.Roadblock == catalog.Companions && cr.Master {
				continue
			}
			r := fit(cr, sizes)
			if r > len(sizes) || r > best {
				continue
			}
			if w.creativeOnPage(slot, it, ci) && (pass == 0 || li.NoRepeat == catalog.RepeatNoCreative) {
				why = Repeat
				continue
			}
			if r < best {
				best, n = r, 0
			}
			if n < maxRotation {
				fitting[n] = ci
				n++
			}
		}
		if n > 0 {
			break
		}
	}
	switch n {
	case 0:
		return -1, why
	case 1:
		return fitting[0], None
	}
	return w.rotate(it, fitting[:n]), None
}

// maxRotation is how many creatives of one line item take turns in one slot.
const maxRotation = 64

// creativeOnPage reports whether an earlier slot, or one picked before this one, shows the creative.
func (w *work) creativeOnPage(slot int, it *lineItem, ci int32) bool {
	if it.onPage > 0 {
		h := w.catalog.Creatives[ci].Hash
		for i := range w.in.Shown {
			if w.in.Shown[i].Creative == h {
				return true
			}
		}
	}
	if !it.several() {
		return false
	}
	// Candidates of a line item that may take several slots have their creatives from the first slot on.
	for i := range w.chosen {
		if c := &w.chosen[i]; c.creative == ci && int(c.slot) < slot {
			return true
		}
	}
	return false
}

// rotate lets creatives that fit take turns.
func (w *work) rotate(it *lineItem, list []int32) int32 {
	c := w.catalog
	switch it.li.Rotation {
	case catalog.Uniform:
		return list[w.random()%uint64(len(list))]
	case catalog.Sequential:
		at := w.in.Delivery.Sequence(it.ord, visitorHash(w.in))
		if visitorHash(w.in) == 0 {
			at = int(w.count(w.in.Session, it.li, catalog.OfLineItem) + it.onPage)
		}
		return list[at%len(list)]
	case catalog.Optimised:
		if w.unit() < it.li.Explore {
			return list[w.random()%uint64(len(list))]
		}
		best, most := list[0], -1.0
		for _, ci := range list {
			if p := w.thompson(ci, it.li.ForViews); p > most {
				best, most = ci, p
			}
		}
		return best
	}
	total := uint64(0)
	for _, ci := range list {
		total += uint64(max(c.Creatives[ci].Weight, 1))
	}
	at := w.random() % total
	for _, ci := range list {
		n := uint64(max(c.Creatives[ci].Weight, 1))
		if at < n {
			return ci
		}
		at -= n
	}
	return list[len(list)-1]
}

// thompson draws from what is believed of a creative's rate: Beta(1 + successes, k + failures), after Thompson (1933). k keeps a
// creative without any impressions from looking certain.
func (w *work) thompson(ci int32, views bool) float64 {
	n := w.in.Delivery.CreativeCounts(ci)
	good, k := n[catalog.Clicks], 100.0
	if views {
		good, k = n[catalog.Viewable], 1
	}
	a := w.gamma(1 + float64(good))
	b := w.gamma(k + float64(max(0, n[catalog.Impressions]-good)))
	return a / (a + b)
}

// gamma draws from Gamma(shape, 1) with shape of 1 or more (Marsaglia and Tsang, 2000).
func (w *work) gamma(shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for range 64 { // one round in twenty fails
		x := w.normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-w.unit()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
	return shape
}

// normal draws from N(0, 1) (Box and Muller, 1958).
func (w *work) normal() float64 {
	return math.Sqrt(-2*math.Log(1-w.unit())) * math.Cos(2*math.Pi*w.unit())
}
