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
	Reason   Reason
	Detail   string // the numbers or words behind the reason
	Score    float64
}

// Trace explains a slot: for every line item of the catalog whether it serves there, or the first thing that
// keeps it from serving. page is what the index's facts of the page were made from. It takes nothing from delivery, and it is
// slow: for people.
func Trace(in *Input, slot int, page targeting.Page) []Line {
	w := new(work)
	w.begin(in)
	for i := range in.Slots[:min(len(in.Slots), MaxSlots)] {
		w.candidates(in, i)
	}
	w.solve(in)
	facts := Facts(in, slot, page)
	c := in.Catalog
	lines := make([]Line, 0, len(c.LineItems))
	s := &w.slots[slot]
	for i := range c.LineItems {
		li := &c.LineItems[i]
		l := Line{LineItem: targeting.Ordinal(i)}
		if failing, failed := targeting.FirstFailing(li.Targeting, facts); failed {
			l.Reason, l.Detail = Targeting, targeting.Text(failing)
			lines = append(lines, l)
			continue
		}
		_, why := w.gate(in, slot, l.LineItem)
		l.Reason = why
		switch why {
		case None:
			l.Reason, l.Detail = Outranked, "another line item is worth more to the page"
			for n := range s.cands {
				if s.cands[n].ord != l.LineItem {
					continue
				}
				l.Score = s.cands[n].score
				if n == s.pick {
					l.Served, l.Reason, l.Detail = true, None, ""
				} else if r := w.allowed(in, slot, &s.cands[n], true); r != None {
					l.Reason, l.Detail = r, "what other slots of the page show"
				}
			}
		case Suitability:
			l.Detail = suitabilityDetail(&c.Profiles[li.Profile], in.Page)
		case FlightNotStarted:
			l.Detail = "starts " + time.Unix(li.Start, 0).In(li.Zone).Format(time.RFC3339)
		case FlightEnded:
			l.Detail = "ended " + time.Unix(li.End, 0).In(li.Zone).Format(time.RFC3339)
		case Goal, Budget, Pacing:
			p := in.Delivery.Progress(l.LineItem)
			l.Detail = fmt.Sprintf("%d impressions delivered, %d today, goal %d", p.Impressions, p.Today, li.Goal.Impressions)
		case Floor:
			l.Detail = fmt.Sprintf("CPM %.3f", float64(li.CPM)/1e6)
		}
		lines = append(lines, l)
	}
	return lines
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
