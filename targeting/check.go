package targeting

import (
	"slices"
	"strings"

	"github.com/placard/placard/targeting/words"
)

// CheckURLPattern returns what is wrong with a pattern of [URLPattern], or nil.
func CheckURLPattern(p string) error {
	_, err := parseURLPattern(p)
	return err
}

// HasWord reports whether a keyword has a word that could be found.
func HasWord(phrase string) bool { return len(words.Append(nil, phrase)) > 0 }

// Contradiction returns why a rule can never hold, naming the two clauses that contradict each other and where they stand
// ([At]), or "". A disjunction contradicts a clause when each of its branches does. ancestors returns the ids of
// a topic and of those above it, as pages carry them; nil: topics are unrelated.
//
// It looks at what clauses say, not at the world: that no console runs iOS is not its business. What it reports is
// always a contradiction; one that takes three key-values to see is not found.
func Contradiction(e Expr, ancestors func(topic string) []string) string {
	c := checker{ancestors: ancestors}
	if bad := c.conflict(nil, e, false, ""); bad != nil {
		return bad.String()
	}
	return ""
}

type checker struct{ ancestors func(string) []string }

// stated is a predicate that must hold, or must not.
type stated struct {
	e      Expr
	not    bool
	source string
}

func (s *stated) String() string {
	t := Text(s.e)
	if s.not {
		t = Text(Not{s.e})
	}
	if s.source != "" {
		t += " (" + s.source + ")"
	}
	return t
}

// conflict is a clause that contradicts another, or holds for nothing by itself.
type conflict struct {
	a stated
	b *stated
}

func (c *conflict) String() string {
	if c.b == nil {
		return c.a.String() + " holds for nothing"
	}
	return c.b.String() + " contradicts " + c.a.String()
}

// choices are the branches of a disjunction.
type choices struct {
	list []Expr
	not  bool
	at   stated
}

// conflict looks for a contradiction in e, negated if not is set, given what else must hold.
func (c *checker) conflict(given []stated, e Expr, not bool, source string) *conflict {
	all := slices.Clip(given)
	var open []choices
	var flatten func(e Expr, not bool, source string)
	each := func(list []Expr, not bool, source string) {
		for _, x := range list {
			flatten(x, not, source)
		}
	}
	flatten = func(e Expr, not bool, source string) {
		switch x := e.(type) {
		case nil:
			if not {
				open = append(open, choices{at: stated{All{}, true, source}})
			}
		case At:
			flatten(x.X, not, x.Source)
		case Not:
			flatten(x.X, !not, source)
		case All:
			if not {
				open = append(open, choices{x, true, stated{x, true, source}})
			} else {
				each(x, false, source)
			}
		case Any:
			if not {
				each(x, true, source)
			} else {
				open = append(open, choices{x, false, stated{x, false, source}})
			}
		default:
			all = append(all, stated{e, not, source})
		}
	}
	flatten(e, not, source)
	for i := len(given); i < len(all); i++ {
		if !all[i].not && holdsForNothing(all[i].e) {
			return &conflict{a: all[i]}
		}
		for j := range i {
			if c.excludes(&all[i], &all[j]) || c.excludes(&all[j], &all[i]) {
				return &conflict{a: all[i], b: &all[j]}
			}
		}
	}
	if bad := exhausted(all, len(given)); bad != nil {
		return bad
	}
	for _, o := range open {
		var last *conflict
		for _, x := range o.list {
			if last = c.conflict(all, x, o.not, o.at.source); last == nil {
				break
			}
		}
		switch {
		case len(o.list) == 0:
			return &conflict{a: o.at}
		case last == nil:
		case len(o.list) == 1:
			return last
		case last.b != nil && slices.ContainsFunc(all, func(s stated) bool { return s.source == last.b.source && Text(s.e) == Text(last.b.e) }):
			return &conflict{a: o.at, b: last.b}
		default:
			return &conflict{a: o.at} // each branch fails on its own
		}
	}
	return nil
}

func holdsForNothing(e Expr) bool {
	switch e := e.(type) {
	case In:
		return len(e.Values) == 0
	case Keywords:
		return len(e.Phrases) == 0 && !e.Every
	case URLPattern:
		return len(e.Patterns) == 0
	case Hours:
		return len(e.Spans) == 0
	case Age:
		return e.Max != 0 && e.Min >= e.Max
	case KeyValue:
		return e.Op == Range && e.Min > e.Max || e.Op != Range && len(e.Values) == 0
	}
	return false
}

// exhausted finds an attribute with one value whose allowed values are all refused by the clauses together, though by no two
// of them.
func exhausted(all []stated, from int) *conflict {
	for i := range all {
		in, ok := all[i].e.(In)
		if !ok || all[i].not || !in.Attr.Single() {
			continue
		}
		left := slices.Clone(in.Values)
		for j := range all {
			o, ok := all[j].e.(In)
			if !ok || o.Attr != in.Attr {
				continue
			}
			left = slices.DeleteFunc(left, func(v string) bool { return slices.Contains(o.Values, v) == all[j].not })
			if len(left) == 0 && max(i, j) >= from {
				return &conflict{a: all[j], b: &all[i]}
			}
		}
	}
	return nil
}

// excludes reports whether a and b cannot both hold; a must hold.
func (c *checker) excludes(a, b *stated) bool {
	if a.not {
		return false
	}
	switch x := a.e.(type) {
	case In:
		y, ok := b.e.(In)
		switch {
		case !ok:
		case b.not && x.Attr == y.Attr:
			return every(x.Values, func(v string) bool { return slices.Contains(y.Values, v) || c.under(x.Attr, v, y.Values) })
		case !b.not && x.Attr == y.Attr && x.Attr.Single():
			return !slices.ContainsFunc(x.Values, func(v string) bool { return slices.Contains(y.Values, v) })
		case !b.not && x.Attr == Region && y.Attr == Country:
			// The regions of ISO 3166-2 begin with their country.
			return every(x.Values, func(v string) bool { return len(v) > 3 && v[2] == '-' && !slices.Contains(y.Values, v[:2]) })
		}
	case Keywords:
		y, ok := b.e.(Keywords)
		if !ok || !b.not || y.Every && len(y.Phrases) != 1 || y.TitleOnly && !x.TitleOnly {
			return false
		}
		refused := func(p string) bool {
			return slices.ContainsFunc(y.Phrases, func(r string) bool { return hasPhrase(p, r) })
		}
		if x.Every {
			return slices.ContainsFunc(x.Phrases, refused)
		}
		return every(x.Phrases, refused)
	case URLPattern:
		y, ok := b.e.(URLPattern)
		return ok && b.not && every(x.Patterns, func(p string) bool { return slices.Contains(y.Patterns, p) })
	case KeyValue:
		y, ok := b.e.(KeyValue)
		if !ok || !b.not || x.Key != y.Key {
			return false
		}
		switch {
		case x.Op == Range:
			return y.Op == Range && y.Min <= x.Min && x.Max <= y.Max
		case x.Op == Equal:
			return every(x.Values, y.matches)
		case y.Op == Prefix:
			return every(x.Values, func(v string) bool {
				return slices.ContainsFunc(y.Values, func(p string) bool { return strings.HasPrefix(v, p) })
			})
		}
	case Age:
		y, ok := b.e.(Age)
		switch {
		case !ok:
		case b.not:
			return y.Min <= x.Min && (y.Max == 0 || x.Max != 0 && x.Max <= y.Max)
		default:
			return x.Max != 0 && x.Max <= y.Min || y.Max != 0 && y.Max <= x.Min
		}
	case Hours:
		y, ok := b.e.(Hours)
		if !ok || zoneName(&x) != zoneName(&y) {
			return false
		}
		for day := range 7 {
			for minute := range int16(24 * 60) {
				if inSpans(x.Spans, 1<<day, minute) && inSpans(y.Spans, 1<<day, minute) != b.not {
					return false
				}
			}
		}
		return true
	}
	return false
}

// under reports whether a topic lies below one of others: a page of the topic carries those too.
func (c *checker) under(a Attribute, v string, others []string) bool {
	return a == Topic && c.ancestors != nil && slices.ContainsFunc(c.ancestors(v), func(t string) bool { return slices.Contains(others, t) })
}

// hasPhrase reports whether every text with the phrase p also has the phrase q.
func hasPhrase(p, q string) bool {
	part := words.Append(nil, q)
	return len(part) > 0 && containsPhrase(words.Append(nil, p), part)
}

func every(list []string, f func(string) bool) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(v string) bool { return !f(v) })
}

func zoneName(h *Hours) string {
	if h.Zone == nil {
		return "UTC"
	}
	return h.Zone.String()
}
