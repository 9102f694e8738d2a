package targeting

import (
	"fmt"
	"slices"
	"time"

	"github.com/placard/placard/targeting/words"
)

// Index finds the line items whose rules are true for a request. It is immutable.
//
// Every predicate is reduced, when the index is built, to terms: numbered facts that are either present in a request or
// not. A rule becomes a conjunction of clauses ("any of these terms" or "none of these"), and what is no conjunction stays
// a small tree beside them. Each rule is filed under the terms of one of its clauses, the one that the
// fewest rules share (its anchor); rules without a positive clause are filed under "always". A query walks
// the lists of the terms it holds, and checks each candidate's other clauses against a bitmap of its
// terms. So a request pays for the rules that share its rarest facts, not for all of them.
type Index struct {
	rules   []rule
	always  []Ordinal
	anchors [][]Ordinal // by term: rules filed under it, ascending

	values   map[attrValue]Term
	phrases  phraseSet
	urls     []urlTerm
	kvs      map[string][]kvTerm // by key
	hours    []hoursTerm
	numTerms int
}

type attrValue struct {
	attr  Attribute
	value string
}

type urlTerm struct {
	pattern urlPattern
	term    Term
}

type kvTerm struct {
	pred KeyValue
	term Term
}

type hoursTerm struct {
	hours Hours
	term  Term
}

// clause is true if one of the terms is present, or, negated, if none is.
type clause struct {
	terms []Term
	not   bool
}

type rule struct {
	never   bool
	clauses []clause // all must hold; the cheapest first
	rest    *node    // and this, if not nil
}

// node is a boolean tree over clauses, for what is no conjunction.
type node struct {
	leaf clause
	all  []*node // set: every one
	any  []*node // set: at least one
	kind nodeKind
}

type nodeKind uint8

const (
	leafNode nodeKind = iota
	allNode
	anyNode
)

// Build compiles one rule for each line item, in ordinal order. It does not keep the slice.
func Build(rules []Expr) (*Index, error) {
	if uint64(len(rules)) > 1<<32-1 {
		return nil, fmt.Errorf("build index: %d rules are too many", len(rules))
	}
	b := builder{x: &Index{rules: make([]rule, len(rules)), values: map[attrValue]Term{}, kvs: map[string][]kvTerm{}}, named: map[string]Term{}}
	for i, e := range rules {
		r, err := b.rule(e)
		if err != nil {
			return nil, fmt.Errorf("build index: rule %d: %w", i, err)
		}
		b.x.rules[i] = r
	}
	b.file()
	return b.x, nil
}

// Len returns the number of rules.
func (x *Index) Len() int { return len(x.rules) }

// Terms returns the number of distinct facts that the rules ask about.
func (x *Index) Terms() int { return x.numTerms }

type builder struct {
	x     *Index
	named map[string]Term // of patterns, key-values and hours, by their text
}

func (b *builder) newTerm() Term {
	b.x.numTerms++
	return Term(b.x.numTerms - 1)
}

func (b *builder) value(a Attribute, v string) Term {
	k := attrValue{a, v}
	t, ok := b.x.values[k]
	if !ok {
		t = b.newTerm()
		b.x.values[k] = t
	}
	return t
}

// once returns the term of a predicate by its text, making it if it is new.
func (b *builder) once(text string, add func(Term)) Term {
	t, ok := b.named[text]
	if !ok {
		t = b.newTerm()
		b.named[text] = t
		add(t)
	}
	return t
}

func (b *builder) rule(e Expr) (rule, error) {
	n, err := b.node(e, false)
	if err != nil {
		return rule{}, err
	}
	var r rule
	var rest []*node
	var flatten func(n *node)
	flatten = func(n *node) {
		switch {
		case n.kind == allNode:
			for _, c := range n.all {
				flatten(c)
			}
		case n.kind == leafNode && len(n.leaf.terms) == 0:
			if !n.leaf.not {
				r.never = true // any of nothing
			}
		case n.kind == leafNode:
			r.clauses = append(r.clauses, n.leaf)
		case len(n.any) == 0:
			r.never = true
		default:
			rest = append(rest, n)
		}
	}
	flatten(n)
	if len(rest) > 0 {
		r.rest = &node{kind: allNode, all: rest}
	}
	return r, nil
}

// node compiles e, negated if not is set, into a tree whose leaves alone are negated (De Morgan).
func (b *builder) node(e Expr, not bool) (*node, error) {
	leaf := func(terms []Term) *node {
		slices.Sort(terms)
		return &node{leaf: clause{terms: slices.Compact(terms), not: not}}
	}
	each := func(list []Expr, kind nodeKind) (*node, error) {
		n := &node{kind: kind}
		for _, e := range list {
			c, err := b.node(e, not)
			if err != nil {
				return nil, err
			}
			if kind == allNode {
				n.all = append(n.all, c)
			} else {
				n.any = append(n.any, c)
			}
		}
		return b.merge(n), nil
	}
	switch e := e.(type) {
	case nil:
		return each(nil, pick(not, anyNode, allNode))
	case All:
		return each(e, pick(not, anyNode, allNode))
	case Any:
		return each(e, pick(not, allNode, anyNode))
	case Not:
		return b.node(e.X, !not)
	case In:
		if int(e.Attr) >= NumAttributes {
			return nil, fmt.Errorf("unknown attribute %d", e.Attr)
		}
		var terms []Term
		for _, v := range e.Values {
			terms = append(terms, b.value(e.Attr, v))
		}
		return leaf(terms), nil
	case Keywords:
		var terms []Term
		for _, p := range e.Phrases {
			ws := words.Append(nil, p)
			if len(ws) == 0 {
				return nil, fmt.Errorf("keyword %q has no word in it", p)
			}
			terms = append(terms, b.x.phrases.add(ws, e.TitleOnly, b.newTerm))
		}
		if !e.Every {
			return leaf(terms), nil
		}
		n := &node{kind: pick(not, anyNode, allNode)}
		for _, t := range terms {
			l := leaf([]Term{t})
			if n.kind == allNode {
				n.all = append(n.all, l)
			} else {
				n.any = append(n.any, l)
			}
		}
		return n, nil
	case URLPattern:
		var terms []Term
		for _, p := range e.Patterns {
			u, err := parseURLPattern(p)
			if err != nil {
				return nil, err
			}
			terms = append(terms, b.once("url "+p, func(t Term) { b.x.urls = append(b.x.urls, urlTerm{u, t}) }))
		}
		return leaf(terms), nil
	case KeyValue:
		t := b.once(fmt.Sprintf("kv %q %d %q %g %g", e.Key, e.Op, e.Values, e.Min, e.Max), func(t Term) {
			b.x.kvs[e.Key] = append(b.x.kvs[e.Key], kvTerm{e, t})
		})
		return leaf([]Term{t}), nil
	case Hours:
		if e.Zone == nil {
			e.Zone = time.UTC
		}
		t := b.once(fmt.Sprintf("hours %s %v", e.Zone, e.Spans), func(t Term) { b.x.hours = append(b.x.hours, hoursTerm{e, t}) })
		return leaf([]Term{t}), nil
	}
	return nil, fmt.Errorf("unknown expression %T", e)
}

// merge turns any of several positive leaves into one clause: "country PK, or section travel" is one look-up.
func (b *builder) merge(n *node) *node {
	if n.kind != anyNode || len(n.any) == 0 {
		return n
	}
	var terms []Term
	for _, c := range n.any {
		if c.kind != leafNode || c.leaf.not {
			return n
		}
		terms = append(terms, c.leaf.terms...)
	}
	slices.Sort(terms)
	return &node{leaf: clause{terms: slices.Compact(terms)}}
}

func pick[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}

// file puts each rule under its anchor.
func (b *builder) file() {
	x := b.x
	// How many rules ask for a term positively: what a list under it would hold at most.
	load := make([]int, x.numTerms)
	for i := range x.rules {
		for _, c := range x.rules[i].clauses {
			if !c.not {
				for _, t := range c.terms {
					load[t]++
				}
			}
		}
	}
	x.anchors = make([][]Ordinal, x.numTerms)
	for i := range x.rules {
		r := &x.rules[i]
		if r.never {
			continue
		}
		best, bestLoad := -1, 0
		for j, c := range r.clauses {
			if c.not {
				continue
			}
			// The list that a request reaches is that of one term, usually: the worst of the clause's terms
			// bounds what is paid for it.
			worst := 0
			for _, t := range c.terms {
				worst = max(worst, load[t])
			}
			if best < 0 || worst < bestLoad {
				best, bestLoad = j, worst
			}
		}
		if best < 0 {
			x.always = append(x.always, Ordinal(i))
			continue
		}
		for _, t := range r.clauses[best].terms {
			x.anchors[t] = append(x.anchors[t], Ordinal(i))
		}
		// The anchor holds for every candidate; the rest is checked rarest first, exclusions last.
		r.clauses = slices.Delete(r.clauses, best, best+1)
		slices.SortStableFunc(r.clauses, func(a, c clause) int {
			switch {
			case a.not != c.not && c.not:
				return -1
			case a.not != c.not:
				return 1
			}
			return len(a.terms) - len(c.terms)
		})
	}
}
