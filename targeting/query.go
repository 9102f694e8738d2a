package targeting

import (
	"slices"
	"time"
)

// Query holds the facts of one request while it is matched. The zero Query is ready for Reset. It is
// reused from request to request, by one goroutine at a time.
type Query struct {
	x     *Index
	bits  []uint64 // by term: present
	terms []Term   // the terms present, in the order they came
	found []uint64 // scratch by ordinal: already a candidate
}

// Reset empties the query and binds it to an index.
func (q *Query) Reset(x *Index) {
	for _, t := range q.terms {
		q.bits[t/64] = 0
	}
	q.terms = q.terms[:0]
	if q.x != x {
		q.x = x
		if n := (x.numTerms + 63) / 64; len(q.bits) < n {
			q.bits = make([]uint64, n)
		}
		if n := (len(x.rules) + 63) / 64; len(q.found) < n {
			q.found = make([]uint64, n)
		}
	}
}

func (q *Query) set(t Term) {
	if w, m := &q.bits[t/64], uint64(1)<<(t%64); *w&m == 0 {
		*w |= m
		q.terms = append(q.terms, t)
	}
}

func (q *Query) has(t Term) bool { return q.bits[t/64]&(1<<(t%64)) != 0 }

// AddTerms adds facts found by AppendPageTerms of the same index.
func (q *Query) AddTerms(ts []Term) {
	for _, t := range ts {
		q.set(t)
	}
}

// Add adds one value of an attribute. Values no rule asks about cost one look-up.
func (q *Query) Add(a Attribute, value string) {
	if t, ok := q.x.values[attrValue{a, value}]; ok {
		q.set(t)
	}
}

// AddKV adds one key-value of the page.
func (q *Query) AddKV(key, value string) {
	for i := range q.x.kvs[key] {
		kt := &q.x.kvs[key][i]
		if kt.pred.matches(value) {
			q.set(kt.term)
		}
	}
}

// SetNow adds the hours that the instant falls in.
func (q *Query) SetNow(now time.Time) {
	for i := range q.x.hours {
		if h := &q.x.hours[i]; h.hours.contains(now) {
			q.set(h.term)
		}
	}
}

// Mark remembers the facts so far; Rewind with it drops those added since. The slots of a page share
// all but their placement that way.
func (q *Query) Mark() int { return len(q.terms) }

// Rewind drops the facts added since mark.
func (q *Query) Rewind(mark int) {
	for _, t := range q.terms[mark:] {
		q.bits[t/64] &^= 1 << (t % 64)
	}
	q.terms = q.terms[:mark]
}

// AppendEligible appends the ordinals of the line items whose rules hold for the query, ascending. It
// allocates only when dst must grow.
func (x *Index) AppendEligible(dst []Ordinal, q *Query) []Ordinal {
	from := len(dst)
	for _, o := range x.always {
		if x.rules[o].holds(q) {
			dst = append(dst, o)
		}
	}
	for _, t := range q.terms {
		for _, o := range x.anchors[t] {
			w, m := &q.found[o/64], uint64(1)<<(o%64)
			if *w&m == 0 && x.rules[o].holds(q) {
				*w |= m
				dst = append(dst, o)
			}
		}
	}
	for _, o := range dst[from:] {
		q.found[o/64] = 0
	}
	slices.Sort(dst[from:])
	return dst
}

func (r *rule) holds(q *Query) bool {
	if r.never {
		return false
	}
	for i := range r.clauses {
		if !r.clauses[i].holds(q) {
			return false
		}
	}
	return r.rest == nil || r.rest.holds(q)
}

func (c *clause) holds(q *Query) bool {
	for _, t := range c.terms {
		if q.has(t) {
			return !c.not
		}
	}
	return c.not
}

func (n *node) holds(q *Query) bool {
	switch n.kind {
	case allNode:
		for _, c := range n.all {
			if !c.holds(q) {
				return false
			}
		}
		return true
	case anyNode:
		for _, c := range n.any {
			if c.holds(q) {
				return true
			}
		}
		return false
	}
	return n.leaf.holds(q)
}
