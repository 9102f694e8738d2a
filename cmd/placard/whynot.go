package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/reporting/web"
	"github.com/placard/placard/targeting/pagecontext"
)

// everydayBrowser is the user agent of somebody with such a device: without one the visitor would count as a program.
func everydayBrowser(device string) []byte {
	for i := range agents {
		if agents[i].device == device {
			return []byte(agents[i].ua)
		}
	}
	return []byte(agents[0].ua)
}

// webExplain answers the ops room's "Why not?".
func (s *server) webExplain(_ context.Context, q web.ExplainQuery) (*web.Explanation, error) {
	c := s.engine.Snapshot().Catalog
	r := &adserver.Request{Site: q.Site, Theme: q.Theme, As: adserver.As{Country: q.Country, Device: q.Device, At: q.At}}
	if r.Site == "" {
		u, err := url.Parse(q.URL)
		if err != nil {
			return nil, &web.ExplainError{Field: "url", Message: "is no address"}
		}
		site, ok := c.SiteByDomain(u.Hostname())
		if !ok {
			return nil, &web.ExplainError{Field: "url", Message: "the page is on no site of the configuration"}
		}
		r.Site = c.Sites[site].ID
	}
	for i := range c.Placements {
		p := &c.Placements[i]
		if c.Sites[p.Site].ID == r.Site && (q.Placement == "" || q.Placement == p.ID) && len(r.Slots) < adserver.MaxSlots {
			slot := r.AddSlot()
			slot.ID, slot.Placement = p.ID, p.ID
		}
	}
	if len(r.Slots) == 0 {
		return nil, &web.ExplainError{Field: "placement", Message: "the site has no such placement"}
	}
	r.Client.UserAgent = []byte(q.UserAgent)
	if q.UserAgent == "" {
		r.Client.UserAgent = everydayBrowser(q.Device)
	}
	r.Page.URL, r.Page.Title, r.Page.Section = []byte(q.URL), []byte(q.Title), []byte(q.Section)
	r.Page.Text, r.Page.Language = []byte(q.Text), []byte(q.Language)
	got, err := s.engine.Explain(r)
	var wrong *adserver.RequestError
	if errors.As(err, &wrong) {
		return nil, &web.ExplainError{Field: wrong.Field, Message: wrong.Message}
	}
	if err != nil {
		return nil, err
	}
	x := &web.Explanation{Revision: got.Catalog.Revision, Page: pageFacts(got), Visitor: visitorFacts(got)}
	for i, lines := range got.Slots {
		x.Slots = append(x.Slots, webSlot(got.Catalog, r.Slots[i].Placement, lines))
	}
	return x, nil
}

func pageFacts(got *adserver.Explanation) []web.Fact {
	if got.Page == nil {
		return nil
	}
	ctx := got.Page.Context
	var facts []web.Fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, web.Fact{Name: name, Value: value})
		}
	}
	add("URL", ctx.URL)
	add("Language", ctx.Language)
	add("Section", ctx.Section)
	add("Keywords", strings.Join(ctx.Keywords, ", "))
	if !ctx.Known {
		add("Understood", "no: too little text came with it, or its language has no rules")
	}
	topics := make([]string, len(ctx.Topics))
	for i, t := range ctx.Topics {
		topics[i] = fmt.Sprintf("%s %.2f", t.Name, t.Confidence)
	}
	add("Topics", strings.Join(topics, ", "))
	risks := make([]string, 0, len(ctx.Risks))
	for topic, risk := range ctx.Risks {
		if risk != pagecontext.RiskNone {
			risks = append(risks, pagecontext.SensitiveTopic(topic).String()+" "+risk.String())
		}
	}
	add("Sensitive", strings.Join(risks, ", "))
	if ctx.Sensitive {
		add("Newsroom", "marked sensitive")
	}
	if ctx.NoAds {
		add("Newsroom", "marked no ads")
	}
	for _, e := range ctx.Evidence {
		add("Evidence", fmt.Sprintf("%s: %q in %s", e.Topic, e.Words, e.Where))
	}
	return facts
}

func visitorFacts(got *adserver.Explanation) []web.Fact {
	v := &got.Visitor
	var facts []web.Fact
	for _, f := range []web.Fact{
		{Name: "Country", Value: v.Country}, {Name: "Region", Value: v.Region}, {Name: "City", Value: v.City}, {Name: "Device", Value: v.Device.String()},
		{Name: "OS", Value: v.OS}, {Name: "Browser", Value: v.Browser}, {Name: "Theme", Value: v.Theme}, {Name: "Crawler", Value: v.Bot},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// webSlot is a slot's trace for the ops room: what serves first, then what came nearest.
func webSlot(c *catalog.Catalog, placement string, lines []decision.Line) web.ExplainSlot {
	slot := web.ExplainSlot{Placement: placement}
	reach := decision.NoCandidate
	for _, l := range lines {
		k := c.LineItems[l.LineItem].Key
		if l.Served {
			slot.Served = k.Advertiser + "/" + k.Campaign + "/" + k.LineItem
			slot.Creative = c.Creatives[l.Creative].ID
		} else if l.Reason != decision.Outranked {
			reach = max(reach, l.Reason)
		}
		w := web.ExplainLine{Advertiser: k.Advertiser, Campaign: k.Campaign, LineItem: k.LineItem, Served: l.Served, Detail: l.Detail, Score: l.Score}
		if l.Reason != decision.None {
			w.Reason = l.Reason.String()
		}
		slot.Lines = append(slot.Lines, w)
	}
	if slot.Served == "" {
		slot.NoFill = reach.String()
	}
	slices.SortStableFunc(slot.Lines, func(a, b web.ExplainLine) int {
		if a.Served != b.Served {
			if a.Served {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Score, a.Score)
	})
	return slot
}
