package decision

import (
	"sync/atomic"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/targeting"
)

// Tally counts, by line item, what became of it in the slots it targeted: served, or the first reason against it. It is told
// of one page in delivery.SampleEvery, so that it costs nothing to speak of, and answers in numbers of slots.
type Tally struct {
	catalog *catalog.Catalog
	counts  [][NumReasons]atomic.Uint32
}

// NewTally returns an empty tally of a catalog's line items. What an earlier tally counted of line items that are
// still there is taken over; earlier may be nil.
func NewTally(c *catalog.Catalog, earlier *Tally) *Tally {
	t := &Tally{catalog: c, counts: make([][NumReasons]atomic.Uint32, len(c.LineItems))}
	if earlier == nil {
		return t
	}
	for i := range c.LineItems {
		if o, ok := earlier.catalog.LineItem(c.LineItems[i].Key); ok {
			for r := range t.counts[i] {
				t.counts[i][r].Store(earlier.counts[o][r].Load())
			}
		}
	}
	return t
}

func (t *Tally) add(ord targeting.Ordinal, why Reason) {
	if int(ord) < len(t.counts) {
		t.counts[ord][why].Add(1)
	}
}

// Fate is what became of a line item in the slots it targeted, as estimated from the sampled pages.
type Fate struct {
	Slots  uint64             // that it targeted
	Served uint64             // that it was given
	Lost   [NumReasons]uint64 // by the first reason against it
}

// Fate returns what became of a line item since the process began.
func (t *Tally) Fate(ord targeting.Ordinal) (f Fate) {
	for r := range t.counts[ord] {
		n := uint64(t.counts[ord][r].Load()) * delivery.SampleEvery
		f.Slots += n
		if Reason(r) == None {
			f.Served = n
		} else {
			f.Lost[r] = n
		}
	}
	return f
}
