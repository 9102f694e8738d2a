package targeting

import (
	"fmt"
	"slices"
)

// A rule is brought into a normal form before it is filed: a few conjunctions, any of which may hold. In a conjunction each
// attribute that has one value at most is one set of allowed, or of refused, values, however many clauses of the rule
// spoke of it; what remains are clauses of the form "any of these terms" and one "none of these". Each conjunction
// becomes a column of the index.

// maxColumns bounds the conjunctions of one rule. What would need more keeps one column, and the disjunctions that did not
// fit stay a tree that is evaluated when the rest of the rule holds.
const maxColumns = 12

// span is a half-open range of an arena.
type span struct{ from, to uint32 }

// literal is "any of the terms", or, negated, "none of the terms".
type literal struct {
	terms span // in the arena of terms of whoever holds the literal
	attr  uint8
	not   bool
}

// disjunction is an open choice between expressions, each negated if not is set.
type disjunction struct {
	list []Expr
	not  bool
}

// conjunction is what must hold together.
type conjunction struct {
	lits []literal
	open []disjunction
}

func (b *builder) literal(c *conjunction, attr uint8, not bool, from int) {
	c.lits = append(c.lits, literal{span{uint32(from), uint32(len(b.terms))}, attr, not})
}

// collect adds e, negated if not is set, to c. Negations are pushed down to the predicates (De Morgan).
func (b *builder) collect(c *conjunction, e Expr, not bool) error {
	from := len(b.terms)
	switch e := e.(type) {
	case nil:
		if not {
			b.literal(c, noAttr, false, from) // any of nothing: never
		}
	case At:
		return b.collect(c, e.X, not)
	case Not:
		return b.collect(c, e.X, !not)
	case All:
		if not {
			return b.choice(c, e, not)
		}
		return b.collectEach(c, e, not)
	case Any:
		if not {
			return b.collectEach(c, e, not)
		}
		return b.choice(c, e, not)
	case In:
		if int(e.Attr) >= NumAttributes {
			return fmt.Errorf("unknown attribute %d", e.Attr)
		}
		for _, v := range e.Values {
			if v != "" {
				b.terms = append(b.terms, b.names.value(e.Attr, v))
			}
		}
		attr := noAttr
		if e.Attr.Single() && len(b.terms) > from {
			attr = uint8(e.Attr)
		}
		b.literal(c, attr, not, from)
	case Keywords:
		if e.Every && len(e.Phrases) > 1 {
			each := make([]Expr, len(e.Phrases))
			for i := range e.Phrases {
				each[i] = Keywords{Phrases: e.Phrases[i : i+1], TitleOnly: e.TitleOnly}
			}
			return b.collect(c, All(each), not)
		}
		if e.Every && len(e.Phrases) == 0 {
			return b.collect(c, nil, not)
		}
		for _, p := range e.Phrases {
			t, err := b.names.keyword(p, e.TitleOnly)
			if err != nil {
				return err
			}
			b.terms = append(b.terms, t)
		}
		b.literal(c, noAttr, not, from)
	case URLPattern:
		for _, p := range e.Patterns {
			t, err := b.names.url(p)
			if err != nil {
				return err
			}
			b.terms = append(b.terms, t)
		}
		b.literal(c, noAttr, not, from)
	case KeyValue:
		b.terms = b.names.appendKeyValue(b.terms, &e)
		b.literal(c, noAttr, not, from)
	case Hours:
		b.terms = append(b.terms, b.names.hour(&e))
		b.literal(c, noAttr, not, from)
	case Age:
		b.terms = append(b.terms, b.names.age(e))
		b.literal(c, noAttr, not, from)
	default:
		return fmt.Errorf("unknown expression %T", e)
	}
	return nil
}

func (b *builder) collectEach(c *conjunction, list []Expr, not bool) error {
	for _, e := range list {
		if err := b.collect(c, e, not); err != nil {
			return err
		}
	}
	return nil
}

// choice adds a disjunction. Where all its branches are positive clauses of one kind ("keyword a, or tag b") it is one clause.
func (b *builder) choice(c *conjunction, list []Expr, not bool) error {
	lits, open, terms := len(c.lits), len(c.open), len(b.terms)
	one := true
	for i, e := range list {
		if err := b.collect(c, e, not); err != nil {
			return err
		}
		one = one && len(c.open) == open && len(c.lits) == lits+i+1 && !c.lits[lits+i].not && c.lits[lits+i].attr == c.lits[lits].attr
	}
	if len(list) == 1 {
		return nil
	}
	if !one {
		c.lits, c.open, b.terms = c.lits[:lits], append(c.open[:open], disjunction{list, not}), b.terms[:terms]
		return nil
	}
	attr := noAttr
	if len(list) > 0 {
		attr = c.lits[lits].attr
	}
	c.lits = c.lits[:lits]
	b.literal(c, attr, false, terms) // the branches' terms lie side by side
	return nil
}

// expand returns the conjunctions of a disjunction, or false if they are more than limit.
func (b *builder) expand(d disjunction, limit int) ([][]literal, bool, error) {
	var all [][]literal
	for _, e := range d.list {
		var c conjunction
		if err := b.collect(&c, e, d.not); err != nil {
			return nil, false, err
		}
		one, ok, err := b.multiply([][]literal{c.lits}, c.open, limit)
		if err != nil || !ok || len(all)+len(one) > limit {
			return nil, false, err
		}
		all = append(all, one...)
	}
	return all, true, nil
}

// multiply distributes disjunctions over conjunctions, or returns false if the result is larger than limit.
func (b *builder) multiply(conjs [][]literal, open []disjunction, limit int) ([][]literal, bool, error) {
	for _, d := range open {
		alts, ok, err := b.expand(d, limit)
		if err != nil || !ok || len(conjs)*len(alts) > limit {
			return nil, false, err
		}
		next := make([][]literal, 0, len(conjs)*len(alts))
		for _, c := range conjs {
			for _, a := range alts {
				next = append(next, append(slices.Clone(c), a...))
			}
		}
		conjs = next
	}
	return conjs, true, nil
}

// rule files the columns of one rule.
func (b *builder) rule(ord Ordinal, e Expr) error {
	b.terms = b.terms[:0]
	c := &b.conj
	c.lits, c.open = c.lits[:0], c.open[:0]
	if err := b.collect(c, e, false); err != nil {
		return err
	}
	if len(c.open) == 0 {
		b.column(ord, c.lits, nil)
		return nil
	}
	conjs := [][]literal{slices.Clone(c.lits)}
	var rest []*node
	for _, d := range c.open {
		next, ok, err := b.multiply(conjs, []disjunction{d}, maxColumns)
		if err != nil {
			return err
		}
		if ok {
			conjs = next
			continue
		}
		n, err := b.tree(d.list, d.not)
		if err != nil {
			return err
		}
		rest = append(rest, n)
		more, err := b.common(d)
		if err != nil {
			return err
		}
		for i := range conjs {
			conjs[i] = append(conjs[i], more...)
		}
	}
	var tree *node
	if len(rest) > 0 {
		tree = &node{all: true, list: rest}
	}
	for _, lits := range conjs {
		b.column(ord, lits, tree)
	}
	return nil
}

// common returns clauses that hold whenever the disjunction does: for each kind of clause that every branch has, the union
// of the branches' first.
func (b *builder) common(d disjunction) ([]literal, error) {
	var found []literal
	for i, e := range d.list {
		var c conjunction
		if err := b.collect(&c, e, d.not); err != nil {
			return nil, err
		}
		var next []literal
		for _, l := range c.lits {
			if l.not || slices.ContainsFunc(next, func(o literal) bool { return o.attr == l.attr }) {
				continue
			}
			if i == 0 {
				next = append(next, l)
				continue
			}
			at := slices.IndexFunc(found, func(o literal) bool { return o.attr == l.attr })
			if at < 0 {
				continue
			}
			from := len(b.terms)
			b.terms = append(b.terms, b.terms[found[at].terms.from:found[at].terms.to]...)
			b.terms = append(b.terms, b.terms[l.terms.from:l.terms.to]...)
			next = append(next, literal{span{uint32(from), uint32(len(b.terms))}, l.attr, false})
		}
		found = next
	}
	return found, nil
}

// node is a boolean tree over literals, for what is no conjunction and would be too many.
type node struct {
	terms []Term // of a leaf
	not   bool   // the leaf is negated
	list  []*node
	all   bool // every one of list must hold, not any
	leaf  bool
}

// tree compiles a disjunction.
func (b *builder) tree(list []Expr, not bool) (*node, error) {
	n := &node{}
	for _, e := range list {
		var c conjunction
		if err := b.collect(&c, e, not); err != nil {
			return nil, err
		}
		branch := &node{all: true}
		for _, l := range c.lits {
			branch.list = append(branch.list, &node{leaf: true, not: l.not, terms: slices.Clone(b.terms[l.terms.from:l.terms.to])})
		}
		for _, d := range c.open {
			inner, err := b.tree(d.list, d.not)
			if err != nil {
				return nil, err
			}
			branch.list = append(branch.list, inner)
		}
		n.list = append(n.list, branch)
	}
	return n, nil
}

func (n *node) holds(q *Query) bool {
	if n.leaf {
		return q.any(n.terms) != n.not
	}
	for _, c := range n.list {
		if c.holds(q) != n.all {
			return !n.all
		}
	}
	return n.all
}

// column files one conjunction, unless it can never hold. Clauses on one attribute are joined into one.
func (b *builder) column(ord Ordinal, lits []literal, tree *node) {
	terms, clauses := len(b.kept), len(b.clauses)
	drop := func() { b.kept, b.clauses = b.kept[:terms], b.clauses[:clauses] }
	// Attributes with one value: a set that is allowed, or one that is refused.
	for i := range lits {
		attr := lits[i].attr
		if attr == noAttr || slices.ContainsFunc(lits[:i], func(l literal) bool { return l.attr == attr }) {
			continue
		}
		b.allowed, b.refused = b.allowed[:0], b.refused[:0]
		positive := false
		for _, l := range lits[i:] {
			if l.attr != attr {
				continue
			}
			ts := b.terms[l.terms.from:l.terms.to]
			switch {
			case l.not:
				b.refused = append(b.refused, ts...)
			case !positive:
				positive = true
				b.allowed = append(b.allowed, ts...)
			default:
				b.allowed = slices.DeleteFunc(b.allowed, func(t Term) bool { return !slices.Contains(ts, t) })
			}
		}
		if positive {
			b.allowed = slices.DeleteFunc(b.allowed, func(t Term) bool { return slices.Contains(b.refused, t) })
			if len(b.allowed) == 0 {
				drop()
				return
			}
			b.keep(b.allowed, attr, false)
		} else if len(b.refused) > 0 {
			b.keep(b.refused, attr, true)
		}
	}
	single := len(b.clauses)
	// All others: what none may be of is one clause, and no use asking for.
	b.refused = b.refused[:0]
	for _, l := range lits {
		if l.attr == noAttr && l.not {
			b.refused = append(b.refused, b.terms[l.terms.from:l.terms.to]...)
		}
	}
	for _, l := range lits {
		if l.attr != noAttr || l.not {
			continue
		}
		b.allowed = append(b.allowed[:0], b.terms[l.terms.from:l.terms.to]...)
		if len(b.refused) > 0 {
			b.allowed = slices.DeleteFunc(b.allowed, func(t Term) bool { return slices.Contains(b.refused, t) })
		}
		if len(b.allowed) == 0 {
			drop()
			return
		}
		b.keep(b.allowed, noAttr, false)
	}
	if len(b.refused) > 0 {
		b.keep(b.refused, noAttr, true)
	}
	b.columns = append(b.columns, column{
		ord: ord, tree: tree, anchor: -1,
		single: span{uint32(clauses), uint32(single)}, multi: span{uint32(single), uint32(len(b.clauses))},
	})
}

// keep stores a clause for good, its terms ascending.
func (b *builder) keep(ts []Term, attr uint8, not bool) {
	slices.Sort(ts)
	from := len(b.kept)
	b.kept = append(b.kept, slices.Compact(ts)...)
	b.clauses = append(b.clauses, literal{span{uint32(from), uint32(len(b.kept))}, attr, not})
}
