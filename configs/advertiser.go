package configs

import (
	"slices"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

func (l *loader) advertiser(d document) {
	r := d.r
	m := r.mapping(d.node, "an advertiser")
	a := Advertiser{Pos: r.pos(d.node), ID: m.id("advertiser")}
	a.Name = m.str("name", a.ID)
	a.Labels = r.strs(m.get("labels"), "labels")
	category := m.str("category", "")
	inherited := promises{category: category, noRepeat: m.oneOf("no_repeat", noRepeats, defaultNoRepeat)}
	a.Caps = r.caps(m.get("caps"))
	suit := l.suitability(r, m.get("suitability"), profile(defaultSuitability))
	a.target = m.get("target")
	list := r.items(m.get("campaigns"), "campaigns")
	if len(list) == 0 {
		r.warnf(d.node, "the advertiser %q has no campaigns", a.ID)
	}
	for _, n := range list {
		if c, ok := l.campaign(r, n, &a, suit, inherited); ok {
			a.Campaigns = append(a.Campaigns, c)
		}
	}
	m.done()
	if l.unique(r, d.node, "advertiser", a.ID, "") {
		l.cfg.Advertisers = append(l.cfg.Advertisers, a)
	}
}

func (l *loader) campaign(r *reader, n *yaml.Node, a *Advertiser, suit Suitability, inherited promises) (Campaign, bool) {
	m := r.mapping(n, "a campaign")
	if m.broken {
		return Campaign{}, false
	}
	c := Campaign{Pos: r.pos(n), ID: m.id("id")}
	c.Name = m.str("name", c.ID)
	c.Labels = append(slices.Clone(a.Labels), r.strs(m.get("labels"), "labels")...)
	suit = l.suitability(r, m.get("suitability"), suit)
	inherited.category = m.str("category", inherited.category)
	inherited.noRepeat = m.oneOf("no_repeat", noRepeats, inherited.noRepeat)
	c.Caps = r.caps(m.get("caps"))
	c.Zone = time.UTC
	if f := m.get("flight"); f != nil {
		c.Start, c.End, c.Zone = l.flight(r, f, "UTC")
	} else {
		r.errorf(n, "the campaign %q needs a flight, such as {start: 2026-11-01, end: 2027-02-01, timezone: Asia/Karachi}", c.ID)
	}
	c.BudgetTotal, c.BudgetDaily = l.budget(r, m.get("budget"))
	c.target = l.inherit(r, m.get("target"), c.Zone, l.inherit(r, a.target, c.Zone, nil))
	list := r.items(m.get("line_items"), "line_items")
	if len(list) == 0 {
		r.warnf(n, "the campaign %q has no line items", c.ID)
	}
	for _, ln := range list {
		if li, ok := l.lineItem(r, ln, a, &c, suit, inherited); ok {
			c.LineItems = append(c.LineItems, li)
		}
	}
	m.done()
	return c, l.unique(r, n, "campaign", c.ID, a.ID)
}

func (l *loader) flight(r *reader, n *yaml.Node, zone string) (start, end time.Time, z *time.Location) {
	m := r.mapping(n, "flight")
	z = m.zone("timezone", zone)
	if m.broken {
		return start, end, z
	}
	if s := m.get("start"); s != nil {
		start = r.instant(s, "start", z)
	} else {
		m.missing("start")
	}
	if e := m.get("end"); e != nil {
		end = r.instant(e, "end", z)
		if !end.IsZero() && !start.IsZero() && !start.Before(end) {
			r.errorf(e, "the flight ends (%s) before it starts (%s); end is the first instant that does not belong to it", end.Format(time.DateTime), start.Format(time.DateTime))
		}
	} else {
		m.missing("end")
	}
	m.done()
	return start, end, z
}

func (l *loader) budget(r *reader, n *yaml.Node) (total, daily int64) {
	if n == nil {
		return 0, 0
	}
	m := r.mapping(n, "budget")
	total, daily = m.money("total", 6), m.money("daily", 6)
	if total > 0 && daily > total {
		r.warnf(n, "the daily budget is larger than the total")
	}
	m.done()
	return total, daily
}

func (l *loader) lineItem(r *reader, n *yaml.Node, a *Advertiser, c *Campaign, suit Suitability, inherited promises) (LineItem, bool) {
	m := r.mapping(n, "a line item")
	if m.broken {
		return LineItem{}, false
	}
	li := LineItem{Pos: r.pos(n), ID: m.id("id"), Type: m.oneOf("type", types, "standard"), Start: c.Start, End: c.End}
	li.Priority = int(m.whole("priority", 16, int64(defaultPriority[li.Type])))
	li.Labels = append(slices.Clone(c.Labels), r.strs(m.get("labels"), "labels")...)
	slices.Sort(li.Labels)
	li.Labels = slices.Compact(li.Labels)
	if f := m.get("flight"); f != nil {
		li.Start, li.End, _ = l.flight(r, f, c.Zone.String())
		if li.Start.Before(c.Start) || li.End.After(c.End) {
			r.errorf(f, "the flight of %q reaches outside its campaign's", li.ID)
		}
	}
	l.goal(r, m.get("goal"), &li, n)
	l.price(r, m.get("price"), &li, n)
	li.BudgetTotal, li.BudgetDaily = l.budget(r, m.get("budget"))
	l.pacing(r, m.get("pacing"), &li)
	li.Caps = r.caps(m.get("caps"))
	li.Category = m.str("category", inherited.category)
	li.NoRepeat = m.oneOf("no_repeat", noRepeats, inherited.noRepeat)
	li.Roadblock = m.oneOf("roadblock", roadblocks, defaultRoadblock)
	l.rotation(r, m.get("rotation"), &li)
	li.ServeWithoutID = m.oneOf("without_id", []string{"withhold", "serve"}, "withhold") == "serve"
	li.Suitability = l.suitability(r, m.get("suitability"), suit)
	if tn := m.get("target"); tn != nil || len(c.target) > 0 {
		at := tn
		if at == nil {
			at = n
		}
		li.TargetPos = r.pos(at)
		before := l.problems.Errors()
		li.Target = l.target(r, tn, c.Zone, &li, c.target)
		// A rule that could not be read whole is not judged.
		if why := targeting.Contradiction(li.Target, pagecontext.Ancestors); why != "" && l.problems.Errors() == before {
			r.errorf(at, "the target of %q can never hold: %s", li.ID, why)
		}
	}
	list := r.items(m.get("creatives"), "creatives")
	if len(list) == 0 {
		r.errorf(n, "the line item %q has no creatives: there is nothing to show", li.ID)
	}
	for _, cn := range list {
		if cr, ok := l.creative(r, cn, li.Type, a.ID+"/"+c.ID+"/"+li.ID); ok {
			li.Creatives = append(li.Creatives, cr)
		}
	}
	l.checkPromises(r, n, &li)
	m.done()
	return li, l.unique(r, n, "line item", li.ID, a.ID+"/"+c.ID)
}

func (l *loader) goal(r *reader, n *yaml.Node, li *LineItem, item *yaml.Node) {
	if n == nil {
		if li.Type == "standard" {
			r.errorf(item, "the line item %q is standard and needs a goal, such as goal: {impressions: 400000}; price_priority needs none", li.ID)
		}
		return
	}
	m := r.mapping(n, "goal")
	before := len(*r.problems)
	if m.broken {
		return
	}
	of := m.get("of")
	li.GoalOf = m.oneOf("of", counted, "impressions")
	for _, name := range counted {
		gn := m.get(name)
		if gn == nil {
			continue
		}
		if li.GoalTotal > 0 || of != nil && li.GoalOf != name {
			r.errorf(gn, "a goal counts impressions, viewable or clicks, one of them")
			continue
		}
		li.GoalOf, li.GoalTotal = name, m.whole(name, 1e13, 0)
	}
	li.GoalDaily = m.whole("daily", 1e12, 0)
	if p := m.get("percent"); p != nil {
		v, err := strconv.ParseFloat(p.Value, 64)
		if err != nil || !(v > 0 && v <= 100) {
			r.errorf(p, "percent must be above 0 and at most 100, not %s", kindName(p))
		} else {
			li.GoalPercent = v
		}
		if li.Type != "sponsorship" {
			r.errorf(p, "only a sponsorship has a goal in percent")
		}
	}
	if li.GoalTotal == 0 && li.GoalDaily == 0 && li.GoalPercent == 0 && len(*r.problems) == before {
		r.errorf(n, "a goal needs impressions, viewable, clicks, daily or percent, such as goal: {impressions: 400000}")
	}
	m.done()
}

var suitabilityNames = []string{"strict", "standard", "open"}

// profile returns a named suitability. Nothing tolerates the floor.
func profile(name string) Suitability {
	s := Suitability{Name: name}
	level := pagecontext.RiskNone
	switch name {
	case "standard":
		level, s.Unknown = pagecontext.RiskLow, true
	case "open":
		level, s.Unknown, s.Flagged = pagecontext.RiskHigh, true, true
	}
	for i := range s.Tolerated {
		s.Tolerated[i] = level
	}
	return s
}

func (l *loader) suitability(r *reader, n *yaml.Node, inherited Suitability) Suitability {
	if n == nil {
		return inherited
	}
	if n.Kind == yaml.ScalarNode {
		if !slices.Contains(suitabilityNames, n.Value) {
			r.errorf(n, "suitability cannot be %q%s", cut(n.Value), nearest(n.Value, suitabilityNames))
			return inherited
		}
		return profile(n.Value)
	}
	m := r.mapping(n, "suitability")
	s := inherited
	if d := m.get("default"); d != nil {
		s = profile(m.oneOf("default", suitabilityNames, defaultSuitability))
	}
	levels := []string{"none", "low", "medium", "high"}
	for i, topic := range pagecontext.SensitiveTopicKeys() {
		if m.get(topic) != nil {
			s.Tolerated[i] = pagecontext.Risk(slices.Index(levels, m.oneOf(topic, levels, "none")))
			s.Name = "custom"
		}
	}
	m.done()
	return s
}

var creativeTypes = []string{"image", "html", "native", "adsense", "script"}

func (l *loader) creative(r *reader, n *yaml.Node, itemType, within string) (Creative, bool) {
	m := r.mapping(n, "a creative")
	if m.broken {
		return Creative{}, false
	}
	c := Creative{Pos: r.pos(n), ID: m.id("id"), Type: m.oneOf("type", creativeTypes, "image"), Weight: int(m.whole("weight", 1_000_000, defaultWeight))}
	if sn := m.get("size"); sn != nil {
		c.Size, _ = r.size(sn)
	} else if c.Type != "native" {
		r.errorf(n, "the creative %q needs a size, such as size: 970x250", c.ID)
	}
	asset := func(key string, required bool) string {
		an := m.get(key)
		if an == nil {
			if required {
				r.errorf(n, "the creative %q needs %s: the path of a file below the configuration's root", c.ID, key)
			}
			return ""
		}
		p := r.str(an, key)
		if p != "" {
			l.useAsset(r, an, p, c.Type, key, c.Size)
		}
		return p
	}
	switch c.Type {
	case "image":
		c.Src = asset("src", true)
		c.Src2x, c.SrcDark, c.SrcDark2x = asset("src_2x", false), asset("src_dark", false), asset("src_dark_2x", false)
		c.Alt = m.str("alt", "")
		c.AVIF, c.AVIFDark, c.Still = asset("avif", false), asset("avif_dark", false), asset("still", false)
		if c.Alt == "" {
			r.errorf(n, "the creative %q needs alt: what the picture says, for readers who do not see it", c.ID)
		}
	case "html":
		c.Src = asset("src", true)
		c.Alt = m.str("alt", "")
	case "script":
		c.Alt = m.str("alt", "")
		if cn := m.get("code"); cn != nil {
			var err error
			if c.Code, err = ParseMacros(r.str(cn, "code"), true); err != nil {
				r.errorf(cn, "%v", err)
			}
		} else {
			r.errorf(n, "the creative %q needs code: the tag as its vendor wrote it", c.ID)
		}
	case "native":
		c.Headline, c.Sponsor = m.required("headline"), m.required("sponsor")
		c.Body, c.CTA, c.Alt = m.str("body", ""), m.str("call_to_action", ""), m.str("alt", "")
		c.Image, c.ImageDark = asset("image", false), asset("image_dark", false)
	case "adsense":
		c.Client, c.Slot = m.required("client"), m.required("slot")
		if len(c.Client) < 8 || c.Client[:7] != "ca-pub-" || !digits(c.Client[7:]) || !digits(c.Slot) {
			r.errorf(n, "an adsense creative has client: ca-pub-… and slot, both as AdSense shows them, in digits")
		}
		if itemType != "backfill" {
			r.errorf(n, "an adsense creative belongs into a line item of type backfill")
		}
	}
	c.Master = m.boolean("master")
	if cn := m.get("click"); cn != nil {
		c.Click, c.ClickParts = r.click(cn)
		if c.Type == "adsense" {
			r.errorf(cn, "the network sets where its ads lead")
		}
	} else if c.Type != "adsense" {
		r.errorf(n, "the creative %q needs click: the address that readers are sent to", c.ID)
	}
	m.done()
	return c, l.unique(r, n, "creative", c.ID, within)
}

func digits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
