package targeting

import "math/bits"

// maxDense bounds the rows of anchors that are joined for one request; further ones are walked as what they hold.
const maxDense = 64

// AppendEligible appends the ordinals of the line items whose rules hold for the query, each once, in an order that is
// the same whenever the same rules are asked the same. It allocates only when dst must grow.
func (x *Index) AppendEligible(dst []Ordinal, q *Query) []Ordinal {
	if x.words == 0 {
		return dst
	}
	// The rows of the request's values, at least four for the first step of the loop.
	var rows [NumAttributes + 4][]uint64
	n := 0
	for i := range x.active {
		rows[n] = q.row(&x.active[i])
		n++
	}
	if n == 0 {
		rows[0] = x.rows
		n = 1
	}
	for ; n < 4 || n%2 != 0; n++ {
		rows[n] = rows[0]
	}
	var joined [maxDense]int
	d, lists := 0, false
	width := x.words - x.anchorWord
	for i := range q.log {
		if q.log[i].attr != noAttr {
			continue
		}
		switch a := x.anchors[q.log[i].term]; {
		case a.n == dense && d < maxDense:
			joined[d] = int(a.at)*width - x.anchorWord
			d++
		case a.n != 0:
			lists = true
		}
	}
	q.live, q.near = q.live[:0], q.near[:0]
	last := x.words
	if d == 0 && !lists {
		last = x.anchorWord // nothing can be reached beyond
	}
	denseRows := x.denseRows
	r0, r1, r2, r3 := rows[0], rows[1], rows[2], rows[3]
	for s := range (last + 63) / 64 {
		m := ^uint64(0)
		for _, r := range rows[:n] {
			m &= r[x.words+s]
		}
		for ; m != 0; m &= m - 1 {
			w := s*64 + bits.TrailingZeros64(m)
			a := r0[w] & r1[w] & r2[w] & r3[w]
			if a == 0 {
				continue
			}
			for k := 4; k < n; k += 2 {
				a &= rows[k][w] & rows[k+1][w]
			}
			if a == 0 {
				continue
			}
			if w < x.anchorWord {
				q.collect(w, a)
				continue
			}
			if w >= last {
				break
			}
			c := uint64(0)
			for _, r := range joined[:d] {
				c |= denseRows[r+w]
			}
			c &= a
			if c != 0 {
				q.collect(w, c)
				a &^= c
			}
			if lists && a != 0 {
				q.acc[w] = a
				q.live = append(q.live, uint32(w))
			}
		}
	}
	if len(q.live) > 0 {
		x.lists(q)
		for _, w := range q.live {
			q.acc[w] = 0
		}
	}
	return x.appendChecked(dst, q)
}

// row returns the row of the query's value of an attribute.
func (q *Query) row(a *activeAttr) []uint64 {
	x := q.x
	stride := x.words + x.sums
	r := a.base
	if t := q.cur[a.attr]; t != 0 {
		if v := x.row[t-1]; v != noRow {
			if v&patchRow != 0 {
				p := &q.patched[a.attr]
				p.apply(x, a.base, v&^patchRow)
				return p.row
			}
			r = v
		}
	}
	return x.rows[int(r)*stride:][:stride]
}

// apply makes p the base row with a patch.
func (p *patchedRow) apply(x *Index, base, patch uint32) {
	if p.now == patch+1 {
		return
	}
	if p.now != 0 {
		row := x.rows[int(base)*(x.words+x.sums):][:x.words+x.sums]
		for _, w := range x.patch.word[x.patch.at[p.now-1]:x.patch.at[p.now]] {
			p.row[w] = row[w]
			s := x.words + int(w/64)
			p.row[s] = row[s]
		}
	}
	p.now = patch + 1
	from, to := x.patch.at[patch], x.patch.at[patch+1]
	words, values := x.patch.word[from:to], x.patch.bits[from:to]
	for i, w := range words {
		v := values[i]
		p.row[w] = v
		s, m := x.words+int(w/64), uint64(1)<<(w%64)
		if v != 0 {
			p.row[s] |= m
		} else {
			p.row[s] &^= m
		}
	}
}

// collect adds the columns of a word to those to look at.
func (q *Query) collect(w int, a uint64) {
	for ; a != 0; a &= a - 1 {
		q.near = append(q.near, Ordinal(w*64+bits.TrailingZeros64(a)))
	}
}

// lists walks the lists of the anchors present. A column is looked at once.
func (x *Index) lists(q *Query) {
	d := 0
	for i := range q.log {
		if q.log[i].attr != noAttr {
			continue
		}
		a := x.anchors[q.log[i].term]
		if a.n == dense {
			if d++; d > maxDense {
				x.rest(q, a.at)
			}
			continue
		}
		for _, c := range x.anchored[a.at:][:a.n] {
			if w, m := &q.acc[c/64], uint64(1)<<(c%64); *w&m != 0 {
				*w &^= m
				q.near = append(q.near, Ordinal(c))
			}
		}
	}
}

// rest looks at a row that found no place among the joined ones.
func (x *Index) rest(q *Query, row uint32) {
	width := x.words - x.anchorWord
	r := x.denseRows[int(row)*width:][:width]
	for _, w := range q.live {
		if a := q.acc[w] & r[int(w)-x.anchorWord]; a != 0 {
			q.acc[w] &^= a
			q.collect(int(w), a)
		}
	}
}

// appendChecked appends the rules of the columns that nearly matched, where what is left of them holds and they were not found
// before. It has no branch that depends on the answer, so that the cache misses of many columns overlap.
func (x *Index) appendChecked(dst []Ordinal, q *Query) []Ordinal {
	n, near, facts, seen := 0, q.near, q.bits, q.seen
	for _, at := range near {
		c := &x.columns[at]
		s := facts.has(c.terms[0]) | facts.has(c.terms[1])<<1 | facts.has(c.terms[2])<<2 | facts.has(c.terms[3])<<3 |
			facts.has(c.terms[4])<<4 | facts.has(c.terms[5])<<5 | facts.has(c.terms[6])<<6 | alwaysTrue
		ok := some(s&uint64(c.any[0])) & some(s&uint64(c.any[1])) &^ some(s&uint64(c.none))
		if c.none == longCheck {
			ok = 0
			if x.run(q, uint32(c.any[0])<<16|uint32(c.any[1])) {
				ok = 1
			}
		}
		w := &seen[c.ord/64]
		ok &^= *w >> (c.ord % 64)
		*w |= ok << (c.ord % 64)
		near[n] = Ordinal(c.ord)
		n += int(ok)
	}
	for _, o := range near[:n] {
		seen[o/64] = 0
	}
	return append(dst, near[:n]...)
}

// some is 1 unless v is 0.
func some(v uint64) uint64 { return (v | -v) >> 63 }

// run runs a program.
func (x *Index) run(q *Query, at uint32) bool {
	code := x.code[at:]
	for {
		op := code[0]
		if op == 0 {
			return true
		}
		n := op >> opBits
		if op&(1<<opBits-1) == opTree {
			if !x.trees[code[1]].holds(q) {
				return false
			}
		} else {
			found := false
			for _, t := range code[1 : 1+n] {
				if q.bits[t/64]&(1<<(t%64)) != 0 {
					found = true
					break
				}
			}
			if found != (op&(1<<opBits-1) == opAny) {
				return false
			}
		}
		code = code[1+n:]
	}
}
