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

// target reads a rule: a map in which every key must hold. li collects the placements named at the top; nil further down.
func (l *loader) target(r *reader, n *yaml.Node, zone *time.Location, li *LineItem) targeting.Expr {
	if li != nil {
		l.clauses = 0
	}
	if l.clauses++; l.clauses > maxClauses {
		if l.clauses == maxClauses+1 {
			r.errorf(n, "the target has more than %d clauses, with those of the targets it uses", maxClauses)
		}
		return targeting.All{}
	}
	m := r.mapping(n, "target")
	var all targeting.All
	for i, name := range targeting.AttributeNames() {
		vn := m.get(name)
		if vn == nil {
			continue
		}
		attr := targeting.Attribute(i)
		in := targeting.In{Attr: attr, Values: l.values(r, vn, attr)}
		if len(r.list(vn)) == 0 {
			r.errorf(vn, "%s has no value: the line item could never serve", name)
		}
		if attr == targeting.Placement && li != nil {
			li.Placements = in.Values
		}
		all = append(all, in)
	}
	if k := m.get("keyword"); k != nil {
		all = append(all, l.keywords(r, k)...)
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
		all = append(all, p)
	}
	if kv := m.get("kv"); kv != nil {
		all = append(all, l.keyValues(r, kv)...)
	}
	if h := m.get("hours"); h != nil {
		all = append(all, r.hours(h, zone))
	}
	if nn := m.get("not"); nn != nil {
		// None of these may hold: a map of exclusions, or a list of such maps.
		for _, c := range r.list(nn) {
			if inner, ok := l.target(r, c, zone, nil).(targeting.All); ok {
				for _, e := range inner {
					all = append(all, targeting.Not{X: e})
				}
			}
		}
	}
	if an := m.get("any"); an != nil {
		var any targeting.Any
		for _, c := range r.items(an, "any") {
			any = append(any, l.target(r, c, zone, nil))
		}
		all = append(all, any)
	}
	if an := m.get("all"); an != nil {
		for _, c := range r.items(an, "all") {
			all = append(all, l.target(r, c, zone, nil))
		}
	}
	if un := m.get("use"); un != nil {
		for _, c := range r.list(un) {
			all = append(all, l.use(r, c, zone)...)
		}
	}
	m.done()
	return all
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

func (l *loader) use(r *reader, n *yaml.Node, zone *time.Location) []targeting.Expr {
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
	before := len(l.problems)
	e := l.target(t.r, t.node, zone, nil)
	t.busy = false
	l.named[name] = t
	// The same mistake in a named target is told once, however many line items use it.
	for _, p := range l.problems[before:] {
		if first := slices.Index(l.problems[:before], p); first >= 0 {
			l.problems = l.problems[:before]
			break
		}
	}
	return []targeting.Expr{e}
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
	var out []string
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
