package configs

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// namedTarget is an entry of a file's targets: a rule that line items name with use.
type namedTarget struct {
	r    *reader
	node *yaml.Node
	busy bool // being read: a name that leads to itself
	used bool
}

func (l *loader) targets(d document) {
	top := d.r.mapping(d.node, "the file")
	m := d.r.mapping(top.get("targets"), "targets")
	top.get("server")
	top.get("users")
	top.get("tokens")
	top.get("schedules")
	top.done()
	if l.named == nil {
		l.named = map[string]namedTarget{}
	}
	for _, name := range m.keys {
		n := m.get(name)
		if l.unique(d.r, m.key[name], "target", name, "") {
			l.named[name] = namedTarget{r: d.r, node: n}
		}
	}
}

// clause is one thing that a target asks for. key is how an override names it: the key it stands under, with "not." in front of
// exclusions.
type clause struct {
	key  string
	expr targeting.Expr
	used bool // by name
}

// target reads the rule of a line item: its own target and what it inherits from its campaign and its advertiser. All of it must hold, but
// for what a target says it overrides.
func (l *loader) target(r *reader, n *yaml.Node, zone *time.Location, li *LineItem, inherited []clause) targeting.Expr {
	l.clauses = 0
	all := inherited
	if n != nil {
		all = l.override(r, n, inherited, l.own(r, n, zone))
	}
	rule := make(targeting.All, 0, len(all))
	for _, c := range all {
		rule = append(rule, c.expr)
		if c.key != targeting.Placement.String() {
			continue
		}
		// Placements that several clauses name must be in all of them.
		in := c.expr.(targeting.At).X.(targeting.In)
		if li.Placements == nil {
			li.Placements = in.Values
		} else {
			li.Placements = slices.DeleteFunc(slices.Clone(li.Placements), func(p string) bool { return !slices.Contains(in.Values, p) })
		}
	}
	return rule
}

// inherit reads the target of an advertiser or a campaign, for its line items. Hours in it are those of the campaign's zone: an
// advertiser's target is read anew for each campaign, and its mistakes are told once.
func (l *loader) inherit(r *reader, n *yaml.Node, zone *time.Location, from []clause) []clause {
	if n == nil {
		return from
	}
	l.clauses = 0
	var own []clause
	l.once(func() { own = l.override(r, n, from, l.own(r, n, zone)) })
	return own
}

// once runs f and forgets the problems that were there before.
func (l *loader) once(f func()) {
	before := len(l.problems)
	f()
	kept := l.problems[:before]
	for _, p := range l.problems[before:] {
		if !slices.Contains(kept[:before], p) {
			kept = append(kept, p)
		}
	}
	l.problems = kept
}

// override adds a target's own clauses to the inherited ones, those left out that the target's key override names.
func (l *loader) override(r *reader, n *yaml.Node, inherited, own []clause) []clause {
	// What a named target says is inherited too.
	kept := slices.Clone(inherited)
	for _, c := range own {
		if c.used {
			kept = append(kept, c)
		}
	}
	own = slices.DeleteFunc(own, func(c clause) bool { return c.used })
	inherited = slices.Clone(kept)
	for _, c := range r.list(r.mapping(n, "target").get("override")) {
		name := r.str(c, "override")
		var keys []string
		for _, k := range inherited {
			if keys = append(keys, k.key); strings.HasPrefix(k.key, "not.") {
				keys = append(keys, "not")
			}
		}
		slices.Sort(keys)
		if keys = slices.Compact(keys); len(keys) == 0 {
			r.errorf(c, "nothing is inherited here that could be overridden")
			return own
		}
		if name != "all" && !slices.Contains(keys, name) {
			r.errorf(c, "nothing that is inherited asks for %q; inherited are %s", cut(name), strings.Join(keys, ", "))
		}
		kept = slices.DeleteFunc(kept, func(k clause) bool {
			return name == "all" || k.key == name || name == "not" && strings.HasPrefix(k.key, "not.")
		})
	}
	return append(kept, own...)
}

// own reads a map in which every key must hold.
func (l *loader) own(r *reader, n *yaml.Node, zone *time.Location) []clause {
	if l.clauses++; l.clauses > maxClauses {
		if l.clauses == maxClauses+1 {
			r.errorf(n, "the target has more than %d clauses, with those of the targets it uses", maxClauses)
		}
		return nil
	}
	m := r.mapping(n, "target")
	var all []clause
	add := func(key string, at *yaml.Node, e targeting.Expr) {
		all = append(all, clause{key: key, expr: targeting.At{X: e, Source: r.pos(at).String()}})
	}
	for i, name := range targeting.AttributeNames() {
		vn := m.get(name)
		if vn == nil {
			continue
		}
		attr := targeting.Attribute(i)
		if len(r.list(vn)) == 0 {
			r.errorf(vn, "%s has no value: the line item could never serve", name)
		}
		add(name, m.key[name], targeting.In{Attr: attr, Values: l.values(r, vn, attr)})
	}
	if k := m.get("keyword"); k != nil {
		for _, e := range l.keywords(r, k) {
			add("keyword", m.key["keyword"], e)
		}
	}
	if u := m.get("url"); u != nil {
		p := targeting.URLPattern{}
		for _, c := range r.list(u) {
			s := r.str(c, "url")
			if err := targeting.CheckURLPattern(s); err != nil {
				r.errorf(c, "%v", err)
				continue
			}
			p.Patterns = append(p.Patterns, s)
		}
		add("url", m.key["url"], p)
	}
	if kv := m.get("kv"); kv != nil {
		for _, e := range l.keyValues(r, kv) {
			add("kv", m.key["kv"], e)
		}
	}
	if h := m.get("hours"); h != nil {
		add("hours", m.key["hours"], r.hours(h, zone))
	}
	if p := m.get("published"); p != nil {
		add("published", m.key["published"], r.published(p))
	}
	if nn := m.get("not"); nn != nil {
		// None of these may hold: a map of exclusions, or a list of such maps.
		for _, c := range r.list(nn) {
			for _, inner := range l.own(r, c, zone) {
				at := inner.expr.(targeting.At)
				all = append(all, clause{key: "not." + strings.TrimPrefix(inner.key, "not."), expr: targeting.At{X: targeting.Not{X: at.X}, Source: at.Source}})
			}
			l.noOverride(r, c)
		}
	}
	group := func(n *yaml.Node) targeting.Expr {
		clauses := l.own(r, n, zone)
		inner := make(targeting.All, 0, len(clauses))
		for _, c := range clauses {
			inner = append(inner, c.expr)
		}
		l.noOverride(r, n)
		if len(inner) == 1 {
			return inner[0]
		}
		return inner
	}
	if an := m.get("any"); an != nil {
		var any targeting.Any
		for _, c := range r.items(an, "any") {
			any = append(any, group(c))
		}
		add("any", m.key["any"], any)
	}
	if an := m.get("all"); an != nil {
		for _, c := range r.items(an, "all") {
			add("all", c, group(c))
		}
	}
	if un := m.get("use"); un != nil {
		for _, c := range r.list(un) {
			for _, used := range l.use(r, c, zone) {
				used.used = true
				all = append(all, used)
			}
		}
	}
	m.get("override")
	m.done()
	return all
}

// noOverride reports an override inside a group, where nothing is inherited.
func (l *loader) noOverride(r *reader, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "override" {
			r.errorf(n.Content[i], "override stands at the top of a target, not inside not, any or all")
		}
	}
}

// unusedTargets reads the named targets that no line item uses: their mistakes are told before somebody uses them.
func (l *loader) unusedTargets() {
	for _, name := range slices.Sorted(maps.Keys(l.named)) {
		if t := l.named[name]; !t.used {
			l.clauses = 0
			l.use(t.r, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: t.node.Line, Column: t.node.Column}, time.UTC)
		}
	}
}

// use reads the clauses of a named target.
func (l *loader) use(r *reader, n *yaml.Node, zone *time.Location) []clause {
	name := r.str(n, "use")
	t, ok := l.named[name]
	if !ok {
		names := make([]string, 0, len(l.named))
		for k := range l.named {
			names = append(names, k)
		}
		slices.Sort(names)
		r.errorf(n, "there is no target %q%s", cut(name), nearest(name, names))
		return nil
	}
	if t.busy {
		r.errorf(n, "the target %q leads back to itself", name)
		return nil
	}
	t.busy, t.used = true, true
	l.named[name] = t
	// The same mistake in a named target is told once, however many line items use it.
	var own []clause
	l.once(func() { own = l.override(t.r, t.node, nil, l.own(t.r, t.node, zone)) })
	t.busy = false
	l.named[name] = t
	return own
}

// values reads and checks the values of an attribute.
func (l *loader) values(r *reader, n *yaml.Node, attr targeting.Attribute) []string {
	var out []string
	for _, c := range r.list(n) {
		s := r.str(c, attr.String())
		if s == "" {
			continue
		}
		check := func(valid []string, what string) {
			if !slices.Contains(valid, s) {
				r.errorf(c, "there is no %s %q%s", what, cut(s), nearest(s, valid))
			}
		}
		switch attr {
		case targeting.Site:
			check(l.siteIDs(), "site")
		case targeting.Placement:
			check(l.placementIDs(), "placement")
		case targeting.Section:
			s = strings.ToLower(s)
			if valid := l.sections(); len(valid) > 0 {
				check(valid, "section")
			}
		case targeting.Topic:
			if id, ok := pagecontext.TopicByName(s); ok {
				s = id
			} else if _, ok := pagecontext.TopicByID(s); !ok {
				r.errorf(c, "there is no topic %q in IAB Content Taxonomy 3.1%s", cut(s), nearest(s, pagecontext.TopicNames()))
			}
		case targeting.Country:
			// YAML 1.1 reads NO as false; yaml.v3 keeps the text of what is written.
			if reg, err := language.ParseRegion(s); err != nil || reg.Canonicalize().String() != s || !reg.IsCountry() {
				r.errorf(c, "a country is a code of ISO 3166 such as PK or AE, not %q", cut(s))
			}
		case targeting.Language:
			if _, err := language.ParseBase(s); err != nil || len(s) != 2 {
				r.errorf(c, "a language is a code of ISO 639-1 such as en or ur, not %q", cut(s))
			}
		case targeting.Device:
			check(visitor.DeviceNames(), "device")
		case targeting.Theme:
			check([]string{"light", "dark"}, "theme")
		case targeting.PageKind:
			check([]string{"article", "front", "video"}, "page kind")
		case targeting.OS, targeting.Browser, targeting.BotClass:
			s = strings.ToLower(s)
		}
		out = append(out, s)
	}
	return out
}

func (l *loader) siteIDs() []string {
	out := make([]string, 0, len(l.cfg.Sites))
	for _, s := range l.cfg.Sites {
		out = append(out, s.ID)
	}
	return out
}

func (l *loader) placementIDs() []string {
	var out []string
	for _, s := range l.cfg.Sites {
		for _, p := range s.Placements {
			out = append(out, p.ID)
		}
	}
	return out
}

func (l *loader) sections() []string {
	var out []string
	for _, s := range l.cfg.Sites {
		if len(s.Sections) == 0 {
			return nil // a site that does not list its sections may have any
		}
		out = append(out, s.Sections...)
	}
	return out
}

func (l *loader) keywords(r *reader, n *yaml.Node) []targeting.Expr {
	phrases := func(n *yaml.Node) []string {
		var out []string
		for _, c := range r.list(n) {
			s := r.str(c, "keyword")
			if s != "" && !targeting.HasWord(s) {
				r.errorf(c, "the keyword %q has no word in it", cut(s))
				continue
			}
			if s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	if n.Kind != yaml.MappingNode {
		return []targeting.Expr{targeting.Keywords{Phrases: phrases(n)}}
	}
	m := r.mapping(n, "keyword")
	title := m.boolean("title")
	var out []targeting.Expr
	if a := m.get("any"); a != nil {
		out = append(out, targeting.Keywords{Phrases: phrases(a), TitleOnly: title})
	}
	if a := m.get("all"); a != nil {
		out = append(out, targeting.Keywords{Phrases: phrases(a), Every: true, TitleOnly: title})
	}
	if a := m.get("none"); a != nil {
		out = append(out, targeting.Not{X: targeting.Keywords{Phrases: phrases(a), TitleOnly: title}})
	}
	if len(out) == 0 {
		r.errorf(n, "keyword needs any, all or none")
	}
	m.done()
	return out
}

func (l *loader) keyValues(r *reader, n *yaml.Node) []targeting.Expr {
	m := r.mapping(n, "kv")
	var out []targeting.Expr
	for _, key := range m.keys {
		v := m.get(key)
		if v.Kind != yaml.MappingNode {
			out = append(out, targeting.KeyValue{Key: key, Values: r.strs(v, "a value of "+key)})
			continue
		}
		vm := r.mapping(v, key)
		if p := vm.get("prefix"); p != nil {
			out = append(out, targeting.KeyValue{Key: key, Op: targeting.Prefix, Values: r.strs(p, "prefix")})
		}
		low, high := vm.get("min"), vm.get("max")
		if low != nil || high != nil {
			kv := targeting.KeyValue{Key: key, Op: targeting.Range, Min: math.Inf(-1), Max: math.Inf(1)}
			for _, b := range []struct {
				n *yaml.Node
				p *float64
			}{{low, &kv.Min}, {high, &kv.Max}} {
				if b.n == nil {
					continue
				}
				f, err := strconv.ParseFloat(b.n.Value, 64)
				if err != nil || math.IsNaN(f) {
					r.errorf(b.n, "min and max must be numbers, not %s", kindName(b.n))
					continue
				}
				*b.p = f
			}
			if kv.Min > kv.Max {
				r.errorf(v, "min is above max: no value of %s can match", key)
			}
			out = append(out, kv)
		}
		vm.done()
	}
	return out
}
