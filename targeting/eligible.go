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
	var joined [maxDense][]uint64
	d, lists := 0, false
	width := x.words - x.anchorWord
	for i := range q.log {
		if q.log[i].attr != noAttr {
			continue
		}
		switch a := x.anchors[q.log[i].term]; {
		case a.n == dense && d < maxDense:
			joined[d] = x.denseRows[int(a.at)*width:][:width]
			d++
		case a.n != 0:
			lists = true
		}
	}
	f := finder{x: x, q: q, dst: dst, from: len(dst)}
	q.live = q.live[:0]
	last := x.words
	if d == 0 && !lists {
		last = x.anchorWord // nothing can be reached beyond
	}
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
				f.take(w, a)
				continue
			}
			if w >= last {
				break
			}
			c := uint64(0)
			for _, r := range joined[:d] {
				c |= r[w-x.anchorWord]
			}
			c &= a
			if c != 0 {
				f.take(w, c)
				a &^= c
			}
			if lists && a != 0 {
				q.acc[w] = a
				q.live = append(q.live, uint32(w))
			}
		}
	}
	if len(q.live) > 0 {
		f.lists()
		for _, w := range q.live {
			q.acc[w] = 0
		}
	}
	if f.several {
		for _, o := range f.dst[f.from:] {
			q.seen[o/64] &^= 1 << (o % 64)
		}
	}
	return f.dst
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

// finder appends what is found.
type finder struct {
	x       *Index
	q       *Query
	dst     []Ordinal
	from    int
	several bool
}

// take looks at the columns of a word.
func (f *finder) take(w int, a uint64) {
	cols := f.x.columns[w*64:][:64]
	for ; a != 0; a &= a - 1 {
		f.column(cols[bits.TrailingZeros64(a)])
	}
}

// column appends the column's rule, if what is left of it holds and it was not found before.
func (f *finder) column(c columnRef) {
	if c.code != 0 && !f.x.check(f.q, c.code) {
		return
	}
	if c.ord&severalFlag != 0 {
		c.ord &^= severalFlag
		w, m := &f.q.seen[c.ord/64], uint64(1)<<(c.ord%64)
		if *w&m != 0 {
			return
		}
		*w |= m
		f.several = true
	}
	f.dst = append(f.dst, Ordinal(c.ord))
}

// lists walks the lists of the anchors present. A column is looked at once.
func (f *finder) lists() {
	q, x := f.q, f.x
	d := 0
	for i := range q.log {
		if q.log[i].attr != noAttr {
			continue
		}
		a := x.anchors[q.log[i].term]
		if a.n == dense {
			if d++; d > maxDense {
				f.rest(a.at)
			}
			continue
		}
		for _, c := range x.anchored[a.at:][:a.n] {
			if w, m := &q.acc[c/64], uint64(1)<<(c%64); *w&m != 0 {
				*w &^= m
				f.column(x.columns[c])
			}
		}
	}
}

// rest looks at a row that found no place among the joined ones.
func (f *finder) rest(row uint32) {
	x := f.x
	width := x.words - x.anchorWord
	r := x.denseRows[int(row)*width:][:width]
	for _, w := range f.q.live {
		if a := f.q.acc[w] & r[int(w)-x.anchorWord]; a != 0 {
			f.q.acc[w] &^= a
			f.take(int(w), a)
		}
	}
}

// check runs a column's program.
func (x *Index) check(q *Query, at uint32) bool {
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
