package targeting

import "time"

// Query holds the facts of one request while it is matched. The zero Query is ready for Reset. It is
// reused from request to request, by one goroutine at a time.
type Query struct {
	x    *Index
	bits bitmap                // by term: present
	log  []logged              // the facts in the order they came, to take them back
	cur  [NumAttributes]uint32 // the value of each attribute that has one at most: its term + 1, 0 for none that rules know

	scratch []Term // of AddKV and SetNow
	second  int64  // Unix time that hours were found for
	hours   []Term // and which
	clock   bool   // second and hours hold something

	// Scratch of AppendEligible. All but patched is zero between calls.
	acc     []uint64  // anchored columns that passed the rows
	live    []uint32  // words of acc that are not zero
	near    []Ordinal // columns that pass but for their checks; then the rules found
	seen    []uint64  // by rule: found already
	patched [NumAttributes]patchedRow
}

// bitmap holds the terms present.
type bitmap []uint64

func (b bitmap) has(t uint16) uint64 { return b[t/64] >> (t % 64) & 1 }

// logged is one fact, or what an attribute's value replaced.
type logged struct {
	term Term
	old  uint32 // term + 1
	attr uint8  // noAttr: term was set
}

// patchedRow is an attribute's base row with one patch applied. It is kept from query to query, and only the words
// of the last patch are put back.
type patchedRow struct {
	row []uint64 // words and summary
	now uint32   // number of the patch + 1; 0: none
}

// Reset empties the query and binds it to an index.
func (q *Query) Reset(x *Index) {
	if q.x == x {
		q.Rewind(0)
		return
	}
	*q = Query{
		x: x, bits: make(bitmap, x.numTerms/64+1), log: q.log[:0], near: q.near[:0], scratch: q.scratch[:0], hours: q.hours[:0],
		acc: make([]uint64, x.words), live: make([]uint32, 0, x.words-x.anchorWord), seen: make([]uint64, (x.rules+63)/64),
	}
	stride := x.words + x.sums
	for _, a := range x.active {
		if a.patched {
			p := &q.patched[a.attr]
			p.row = append(p.row, x.rows[int(a.base)*stride:][:stride]...)
		}
	}
}

// set adds a fact.
func (q *Query) set(t Term) {
	if a := q.x.attrs[t]; a != noAttr {
		q.choose(a, uint32(t)+1)
		return
	}
	if w, m := &q.bits[t/64], uint64(1)<<(t%64); *w&m == 0 {
		*w |= m
		q.log = append(q.log, logged{term: t, attr: noAttr})
	}
}

// choose makes a term (plus one; 0 for none) the value of an attribute. The last value counts.
func (q *Query) choose(attr uint8, to uint32) {
	old := q.cur[attr]
	if old == to {
		return
	}
	q.log = append(q.log, logged{old: old, attr: attr})
	q.swap(attr, to)
}

func (q *Query) swap(attr uint8, to uint32) {
	if old := q.cur[attr]; old != 0 {
		q.bits[(old-1)/64] &^= 1 << ((old - 1) % 64)
	}
	if to != 0 {
		q.bits[(to-1)/64] |= 1 << ((to - 1) % 64)
	}
	q.cur[attr] = to
}

// any reports whether one of the terms is present.
func (q *Query) any(ts []Term) bool {
	for _, t := range ts {
		if q.bits[t/64]&(1<<(t%64)) != 0 {
			return true
		}
	}
	return false
}

// AddTerms adds facts found by AppendPageTerms of the same index.
func (q *Query) AddTerms(ts []Term) {
	for _, t := range ts {
		q.set(t)
	}
}

// Add adds one value of an attribute; "" is none. Values no rule asks about cost one look-up. Of an attribute that has one
// value at most, the last that is added counts.
func (q *Query) Add(a Attribute, value string) {
	if value == "" || a >= NumAttributes {
		return
	}
	t, ok := q.x.values[a][value]
	if ok {
		q.set(t)
	} else if a.Single() {
		q.choose(uint8(a), 0)
	}
}

// AddKV adds one key-value of the page.
func (q *Query) AddKV(key, value string) {
	q.scratch = q.x.appendKV(q.scratch[:0], key, value)
	q.AddTerms(q.scratch)
}

// SetNow adds the hours that the instant falls in.
func (q *Query) SetNow(now time.Time) {
	if s := now.Unix(); !q.clock || s != q.second {
		q.hours = q.x.appendHours(q.hours[:0], now)
		q.second, q.clock = s, true
	}
	q.AddTerms(q.hours)
}

// SetAge adds how long before the instant of the request the page was published. Leave it out when the page does not say.
func (q *Query) SetAge(age time.Duration) {
	for i := range q.x.ages {
		if a := &q.x.ages[i]; a.age.contains(age) {
			q.set(a.term)
		}
	}
}

// Mark remembers the facts so far; Rewind with it drops those added since. The slots of a page share
// all but their placement that way.
func (q *Query) Mark() int { return len(q.log) }

// Rewind drops the facts added since mark.
func (q *Query) Rewind(mark int) {
	for i := len(q.log) - 1; i >= mark; i-- {
		if l := &q.log[i]; l.attr == noAttr {
			q.bits[l.term/64] &^= 1 << (l.term % 64)
		} else {
			q.swap(l.attr, l.old)
		}
	}
	q.log = q.log[:mark]
}
