package configs

import (
	"slices"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// promises are what line items inherit of how they stand on a page.
type promises struct{ category, noRepeat string }

func (l *loader) price(r *reader, n *yaml.Node, li *LineItem, item *yaml.Node) {
	before := len(*r.problems)
	if n != nil {
		m := r.mapping(n, "price")
		li.CPM, li.VCPM, li.CPC = m.money("cpm", 3), m.money("vcpm", 3), m.money("cpc", 6)
		set := 0
		for _, v := range []int64{li.CPM, li.VCPM, li.CPC} {
			if v > 0 {
				set++
			}
		}
		if set > 1 {
			r.errorf(n, "a price is one of cpm, vcpm and cpc")
		}
		m.done()
	}
	if li.Type == "price_priority" && li.CPM == 0 && li.VCPM == 0 && li.CPC == 0 && len(*r.problems) == before {
		r.errorf(item, "the line item %q competes by price and needs one: price: {cpm: 1.50}", li.ID)
	}
}

// pacing reads even, frontloaded, asap, or {curve: [3, 2, 1]}: how much of the goal belongs into each of so many equal
// parts of the flight.
func (l *loader) pacing(r *reader, n *yaml.Node, li *LineItem) {
	li.Pacing = defaultPacing
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		s := r.str(n, "pacing")
		if !slices.Contains(pacings, s) {
			r.errorf(n, "pacing cannot be %q%s; a map such as {curve: [3, 2, 1]} is valid too", cut(s), nearest(s, pacings))
			return
		}
		li.Pacing = s
		return
	}
	m := r.mapping(n, "pacing")
	sum := 0.0
	list := r.items(m.get("curve"), "curve")
	for _, c := range list {
		v, err := strconv.ParseFloat(c.Value, 64)
		if err != nil || !(v >= 0 && v <= 1e6) {
			r.errorf(c, "curve holds weights of 0 or more, not %s", kindName(c))
			return
		}
		sum += v
		li.Curve = append(li.Curve, v)
	}
	if len(list) < 2 || len(list) > 366 || sum == 0 {
		r.errorf(n, "a curve has 2 to 366 weights, one of them above 0: each is the share of an equal part of the flight")
		return
	}
	li.Pacing = "custom"
	m.done()
}

// capWindows are the lengths of time that have names. They roll: a day is the last 24 hours.
var capWindows = map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour}

// maxCapWindow is how long visitors are remembered.
const maxCapWindow = 400 * 24 * time.Hour

// caps reads [{impressions: 3, per: day}, {clicks: 1, per: lifetime}].
func (r *reader) caps(n *yaml.Node) []Cap {
	list := r.list(n)
	out := make([]Cap, 0, len(list))
	for _, cn := range list {
		m := r.mapping(cn, "a cap")
		c := Cap{Pos: r.pos(cn)}
		for _, name := range counted {
			if m.get(name) == nil {
				continue
			}
			if c.Of != "" {
				r.errorf(cn, "a cap counts impressions, viewable or clicks, one of them: write two caps")
			}
			c.Of, c.Limit = name, int(m.whole(name, 10_000, 0))
		}
		if c.Of == "" {
			r.errorf(cn, "a cap needs what it counts and per, such as {impressions: 3, per: day}")
		}
		switch per := m.get("per"); {
		case per == nil:
			r.errorf(cn, "a cap needs per: page, session, hour, day, week, month, lifetime, or a length of time such as 24h")
		case per.Value == "page" || per.Value == "session" || per.Value == "lifetime":
			c.Per = per.Value
			if c.Per != "lifetime" && c.Of != "" && c.Of != "impressions" {
				r.errorf(per, "a page or a session knows what it showed, not what was seen or clicked: such a cap counts impressions")
			}
		case capWindows[per.Value] > 0:
			c.Time = capWindows[per.Value]
		default:
			c.Time = r.duration(per, "per")
			if c.Time > maxCapWindow {
				r.errorf(per, "visitors are remembered for 400 days at most; per: lifetime means that")
			} else if c.Time > 0 && c.Time < time.Second {
				r.errorf(per, "a cap's window is at least a second")
			}
		}
		m.done()
		out = append(out, c)
	}
	return out
}

// rotation reads a name, or {by: optimised, for: viewability, explore: 0.2}.
func (l *loader) rotation(r *reader, n *yaml.Node, li *LineItem) {
	li.Rotation, li.OptimiseFor, li.Explore = defaultRotation, "ctr", defaultExplore
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		s := r.str(n, "rotation")
		if !slices.Contains(rotations, s) {
			r.errorf(n, "rotation cannot be %q%s", cut(s), nearest(s, rotations))
			return
		}
		li.Rotation = s
		return
	}
	m := r.mapping(n, "rotation")
	li.Rotation = m.oneOf("by", rotations, defaultRotation)
	li.OptimiseFor = m.oneOf("for", []string{"ctr", "viewability"}, "ctr")
	if e := m.get("explore"); e != nil {
		v, err := strconv.ParseFloat(e.Value, 64)
		if err != nil || !(v >= 0.01 && v <= 1) {
			r.errorf(e, "explore is the share of impressions spent on finding out, from 0.01 to 1, not %s", kindName(e))
		} else {
			li.Explore = v
		}
	}
	if li.Rotation != "optimised" && (m.get("for") != nil || m.get("explore") != nil) {
		r.errorf(n, "for and explore belong to {by: optimised}")
	}
	m.done()
}

// checkPromises looks at what a line item's promises need of each other.
func (l *loader) checkPromises(r *reader, n *yaml.Node, li *LineItem) {
	masters := 0
	for _, c := range li.Creatives {
		if c.Master {
			masters++
		}
	}
	switch {
	case li.Roadblock == "companions" && masters == 0:
		r.errorf(n, "the line item %q has companions and needs a creative with master: true, without which they are not shown", li.ID)
	case li.Roadblock == "companions" && masters == len(li.Creatives) && masters > 0:
		r.errorf(n, "every creative of %q is a master: one at least must be a companion", li.ID)
	case li.Roadblock != "companions" && masters > 0:
		r.errorf(n, "a master needs companions: set roadblock: companions on %q", li.ID)
	}
	if li.GoalPercent > 0 && li.Pacing != defaultPacing {
		r.errorf(n, "the sponsorship %q takes its percentage of what there is: it has no pacing", li.ID)
	}
}
