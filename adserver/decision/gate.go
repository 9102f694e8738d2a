package decision

import (
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
)

// pageGate looks at what is the same in every slot of the page, the cheapest questions first, and returns the first reason against
// the line item.
func (w *work) pageGate(it *lineItem) Reason {
	in, li := w.in, it.li
	switch {
	case w.now < li.Start:
		return FlightNotStarted
	case w.now >= li.End:
		return FlightEnded
	case in.Page != nil && in.Page.NoAds:
		return Editorial
	case w.paused.any && w.paused.holds(li):
		return Paused
	case in.Visitor != nil && in.Visitor.Bot != "" && li.Type != catalog.House:
		return Bot
	case !w.profiles[li.Profile]:
		return Suitability
	}
	if v := in.Delivery.Gate(it.ord); v != delivery.OK {
		return verdicts[v]
	}
	if li.VisitorCaps {
		if v := in.Delivery.CapGate(it.ord, visitorHash(in), in.Now); v != delivery.OK {
			return verdicts[v]
		}
	}
	if len(in.Shown) > 0 {
		if why := w.shownGate(it); why != None {
			return why
		}
	}
	if li.PageCaps && (len(in.Shown) > 0 || len(in.Session) > 0) && !w.pageCapRoom(li, 0) {
		return Cap
	}
	if li.Type == catalog.House && w.house >= w.maxHouse {
		return HouseLimit
	}
	return None
}

func visitorHash(in *Input) uint64 {
	if in.Visitor == nil {
		return 0
	}
	return in.Visitor.Hash
}

// shownGate keeps the promises to what the page shows already.
func (w *work) shownGate(it *lineItem) Reason {
	li := it.li
	advertiser := w.catalog.Advertisers[li.Advertiser].Hash
	for i := range w.in.Shown {
		sh, s := &w.in.Shown[i], &w.shown[i]
		if sh.LineItem == li.Hash {
			it.onPage++
			if cr, ok := w.catalog.CreativeByHash(sh.Creative); ok && w.catalog.Creatives[cr].Master {
				it.master = true
			}
			// More of a roadblock may come; of anything else only if it may repeat.
			if li.Roadblock == catalog.OneSlot && li.NoRepeat >= catalog.RepeatNoLineItem {
				return Repeat
			}
			continue
		}
		if s.li == nil {
			if sh.Advertiser == advertiser && li.NoRepeat == catalog.RepeatNoAdvertiser {
				return Repeat
			}
			continue
		}
		if why := apart(li, s.li); why != None {
			return why
		}
	}
	return None
}

// apart is why two different line items must not stand on one page.
func apart(a, b *catalog.LineItem) Reason {
	if a.Advertiser == b.Advertiser {
		strict := max(a.NoRepeat, b.NoRepeat)
		if strict == catalog.RepeatNoAdvertiser || strict == catalog.RepeatNoCampaign && a.Campaign == b.Campaign {
			return Repeat
		}
		return None // an advertiser does not compete with itself
	}
	if a.LabelMask&b.LabelMask != 0 && share(a.Labels, b.Labels) {
		return Exclusion
	}
	return None
}

// share reports whether two sorted lists have an entry in common.
func share(a, b []int32) bool {
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

// pageCapRoom reports whether caps per page and session leave room for one more beside what was shown, and planned more of the
// same scope.
func (w *work) pageCapRoom(li *catalog.LineItem, also int) bool {
	for i := range li.CapScopes {
		sc := &li.CapScopes[i]
		for j := range sc.Caps {
			k := &sc.Caps[j]
			if !k.OfPages() {
				continue
			}
			n := w.count(w.in.Shown, li, sc.Level)
			if k.Per == catalog.PerSession {
				n += w.count(w.in.Session, li, sc.Level)
			}
			n += w.planned(li, sc.Level, also)
			if n >= k.Limit {
				return false
			}
		}
	}
	return true
}

func (w *work) count(list []catalog.Shown, li *catalog.LineItem, level catalog.CapLevel) (n int32) {
	advertiser := w.catalog.Advertisers[li.Advertiser].Hash
	for i := range list {
		switch level {
		case catalog.OfLineItem:
			if list[i].LineItem == li.Hash {
				n++
			}
		case catalog.OfAdvertiser:
			if list[i].Advertiser == advertiser {
				n++
			}
		case catalog.OfCampaign:
			if o, ok := w.catalog.LineItemByHash(list[i].LineItem); ok && w.catalog.LineItems[o].Campaign == li.Campaign {
				n++
			}
		}
	}
	return n
}

// slotGate looks at what differs between slots.
func (w *work) slotGate(slot int, it *lineItem) Reason {
	s, li := &w.slots[slot], it.li
	if m := li.SizeMask & s.mask; m == 0 || m == catalog.OtherSizes && !w.fits(slot, li) {
		return Size
	}
	if s.place.Floor > 0 && li.Type == catalog.PricePriority && it.ecpm < float64(s.place.Floor) {
		return Floor
	}
	if li.Category != 0 && len(s.place.Adjacent) > 0 {
		for i := range w.shown {
			o := &w.shown[i]
			if o.li != nil && o.li.Category == li.Category && adjacent(s.place, o.place) {
				return Adjacent
			}
		}
	}
	return None
}

func adjacent(p *catalog.Placement, other int32) bool {
	for _, a := range p.Adjacent {
		if a == other {
			return true
		}
	}
	return false
}

// fits reports whether one of the line item's creatives has room in the slot.
func (w *work) fits(slot int, li *catalog.LineItem) bool {
	sizes := w.in.Slots[slot].Sizes
	for _, ci := range li.Creatives {
		if fit(&w.catalog.Creatives[ci], sizes) <= len(sizes) {
			return true
		}
	}
	return false
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
