package decision

import (
	"fmt"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

// Line is what became of one line item in one slot.
type Line struct {
	LineItem targeting.Ordinal
	Served   bool
	Creative int32 // when it is served
	Reason   Reason
	Detail   string // the numbers or words behind the reason
	Tier     uint8  // where it competed
	Score    float64
}

// Trace explains a slot: for every line item of the catalog whether it serves there, or the first thing that
// keeps it from serving. page is what the index's facts of the page were made from. It takes nothing from delivery, and it is
// slow: for people.
func Trace(in *Input, slot int, page targeting.Page) []Line {
	quiet := *in
	quiet.Tally = nil
	w := new(work)
	w.begin(&quiet)
	w.sampled = false
	for i := range w.n {
		w.candidates(i)
	}
	w.line()
	w.solve()
	facts := Facts(in, slot, page)
	c := in.Catalog
	lines := make([]Line, 0, len(c.LineItems))
	for i := range c.LineItems {
		li := &c.LineItems[i]
		l := Line{LineItem: targeting.Ordinal(i), Creative: -1}
		if why := targeting.Explain(li.Targeting, facts); why != "" {
			l.Reason, l.Detail = Targeting, why
		} else {
			w.trace(slot, &l)
		}
		lines = append(lines, l)
	}
	return lines
}

// trace fills a line of a line item that targets the slot.
func (w *work) trace(slot int, l *Line) {
	n := w.item(l.LineItem)
	it := &w.items[n]
	l.Tier, l.Score, l.Reason = it.tier, it.score, it.why
	if l.Reason == None {
		l.Reason = w.slotGate(slot, it)
	}
	if l.Reason != None {
		l.Detail = w.detail(slot, it, l.Reason)
		return
	}
	var c candidate
	if w.picked(slot, &c) && c.item == n {
		l.Served, l.Tier, l.Score = true, c.tier, c.score
		if l.Creative = c.creative; l.Creative < 0 {
			l.Creative, _ = w.creative(slot, it)
		}
		return
	}
	at := w.find(slot, n)
	if at < 0 {
		switch {
		case it.could>>slot&1 != 0:
			l.Reason = Outranked
		case it.li.Goal.Percent > 0:
			l.Reason = Share
		case it.li.Roadblock == catalog.Companions:
			l.Reason = Roadblocked
		default:
			_, l.Reason = w.creative(slot, it)
		}
	} else {
		cd := &w.slots[slot].cands[at]
		l.Tier, l.Score = cd.tier, cd.score
		if l.Reason = w.against(slot, cd); l.Reason == None {
			l.Reason = Outranked
		}
	}
	l.Detail = w.detail(slot, it, l.Reason)
}

// detail is the numbers behind a reason.
func (w *work) detail(slot int, it *lineItem, why Reason) string {
	li, in := it.li, w.in
	switch why {
	case FlightNotStarted:
		return "starts " + time.Unix(li.Start, 0).In(li.Zone).Format(time.RFC3339)
	case FlightEnded:
		return "ended " + time.Unix(li.End, 0).In(li.Zone).Format(time.RFC3339)
	case Suitability:
		return suitabilityDetail(&w.catalog.Profiles[li.Profile], in.Page)
	case Floor:
		return fmt.Sprintf("eCPM %.3f, the placement's floor is %.3f", it.ecpm/1e6, float64(w.slots[slot].place.Floor)/1e6)
	case Goal, Pacing:
		p := in.Delivery.Progress(it.ord)
		switch g := &li.Goal; {
		case g.Total > 0:
			return fmt.Sprintf("%d %s of %d delivered, %.0f expected by now", p.Done, g.Of, g.Total, p.Expected*float64(g.Total))
		default:
			return fmt.Sprintf("%d %s of %d delivered today, %.0f expected by now", p.DoneToday, g.Of, g.Daily, p.Expected*float64(g.Daily))
		}
	case Budget:
		p := in.Delivery.Progress(it.ord)
		k := &w.catalog.Campaigns[li.Campaign]
		return fmt.Sprintf("%.2f spent; line item's budget %s, campaign's %s", float64(p.Spend)/1e6, budgets(li.BudgetTotal, li.BudgetDaily), budgets(k.BudgetTotal, k.BudgetDaily))
	case VisitorID, Cap:
		return "capped: " + capsText(li)
	case Share:
		return fmt.Sprintf("takes %g %% of its slots", li.Goal.Percent)
	case Repeat, Exclusion, Adjacent:
		return "beside what the page shows"
	case HouseLimit:
		return fmt.Sprintf("%d house ads are the most for a page", w.maxHouse)
	case Roadblocked:
		if li.Roadblock == catalog.Companions {
			return "its master is not on the page"
		}
		return "needs all of its slots on the page"
	case Outranked:
		var c candidate
		if w.picked(slot, &c) {
			other := &w.items[c.item]
			return fmt.Sprintf("%s/%s has tier %d, score %.4f", other.li.Key.Advertiser, other.li.ID, c.tier, c.score)
		}
	}
	return ""
}

func budgets(total, daily int64) string {
	switch {
	case total > 0 && daily > 0:
		return fmt.Sprintf("%.2f, %.2f a day", float64(total)/1e6, float64(daily)/1e6)
	case total > 0:
		return fmt.Sprintf("%.2f", float64(total)/1e6)
	case daily > 0:
		return fmt.Sprintf("%.2f a day", float64(daily)/1e6)
	}
	return "none"
}

func capsText(li *catalog.LineItem) string {
	text := ""
	for i := range li.CapScopes {
		for j := range li.CapScopes[i].Caps {
			k := &li.CapScopes[i].Caps[j]
			per := "page"
			switch {
			case k.Per == catalog.PerSession:
				per = "session"
			case k.Per == catalog.Lifetime:
				per = "lifetime"
			case k.Per > 0:
				per = k.Per.String()
			}
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%d %s per %s", k.Limit, k.Of, per)
			if s := li.CapScopes[i].Level; s != catalog.OfLineItem {
				text += map[catalog.CapLevel]string{catalog.OfCampaign: " of the campaign", catalog.OfAdvertiser: " of the advertiser"}[s]
			}
		}
	}
	return text
}

// Facts returns the request as rules see it, for the oracle.
func Facts(in *Input, slot int, page targeting.Page) *targeting.Facts {
	f := &targeting.Facts{Page: page, KV: in.KV, Now: in.Now}
	add := func(a targeting.Attribute, v string) {
		if v != "" {
			f.Attrs = append(f.Attrs, targeting.AttrValue{Attr: a, Value: v})
		}
	}
	place := &in.Catalog.Placements[in.Slots[slot].Placement]
	add(targeting.Placement, place.ID)
	add(targeting.Site, in.Catalog.Sites[place.Site].ID)
	if v := in.Visitor; v != nil {
		add(targeting.Country, v.Country)
		add(targeting.Region, v.Region)
		add(targeting.City, v.City)
		add(targeting.Device, v.Device.String())
		add(targeting.OS, v.OS)
		add(targeting.Browser, v.Browser)
		add(targeting.Theme, v.Theme)
		add(targeting.BotClass, v.Bot)
		for _, s := range v.Segments {
			add(targeting.Segment, s)
		}
	}
	return f
}

func suitabilityDetail(p *catalog.Suitability, page *pagecontext.Context) string {
	if page == nil || !page.Known {
		return p.Name + " does not serve on a page that is not understood"
	}
	if page.Sensitive && !p.Flagged {
		return p.Name + " does not serve on a page the newsroom marked sensitive"
	}
	for i, r := range page.Risks {
		if r > p.Tolerated[i] {
			return fmt.Sprintf("%s tolerates %s of %s, the page has %s", p.Name, p.Tolerated[i], pagecontext.SensitiveTopic(i), r)
		}
	}
	return p.Name
}
