package targeting

import (
	"cmp"
	"slices"
)

// builder makes an index. Arenas keep the number of allocations independent of the number of rules.
type builder struct {
	x     *Index
	names *interner

	// Scratch of one rule.
	terms            []Term
	conj             conjunction
	allowed, refused []Term

	columns []column
	clauses []literal // of columns; their terms are in kept
	kept    []Term
}

// column is one conjunction while the index is built.
type column struct {
	key           uint64 // neighbours have like keys
	single, multi span   // clauses
	tree          *node
	ord           Ordinal
	anchor        int32 // clause; -1: none
}

func (b *builder) of(l literal) []Term { return b.kept[l.terms.from:l.terms.to] }

func (b *builder) list(s span) []literal { return b.clauses[s.from:s.to] }

func (b *builder) layOut() {
	load := b.load()
	b.chooseAnchors(load)
	order := b.order(load)
	b.place(order)
	if b.x.words == 0 {
		return // no rule can ever hold
	}
	b.layRows()
	b.layAnchors()
}

// load counts for each term the columns that ask for it.
func (b *builder) load() []uint32 {
	load := make([]uint32, b.x.numTerms)
	for i := range b.columns {
		c := &b.columns[i]
		for _, l := range b.clauses[c.single.from:c.multi.to] {
			if !l.not {
				for _, t := range b.of(l) {
					load[t]++
				}
			}
		}
	}
	return load
}

// chooseAnchors picks for each column the positive clause whose commonest term is the rarest: what a request
// meets is the list of one of its terms, and at worst that one's.
func (b *builder) chooseAnchors(load []uint32) {
	for i := range b.columns {
		c := &b.columns[i]
		least := uint32(0)
		for k := c.multi.from; k < c.multi.to; k++ {
			l := b.clauses[k]
			if l.not {
				continue
			}
			worst := uint32(0)
			for _, t := range b.of(l) {
				worst = max(worst, load[t])
			}
			if c.anchor < 0 || worst < least {
				c.anchor, least = int32(k), worst
			}
		}
	}
}

// order sorts the columns: those without an anchor first, then by their commonest values, the attribute that rules out the
// most first.
func (b *builder) order(load []uint32) []uint32 {
	var asked [NumAttributes]float64 // columns that ask for a value of the attribute
	var alike [NumAttributes]float64 // sum of squares of its terms' loads
	var total [NumAttributes]float64
	for t, a := range b.x.attrs {
		if a != noAttr {
			alike[a] += float64(load[t]) * float64(load[t])
			total[a] += float64(load[t])
		}
	}
	for i := range b.columns {
		for _, l := range b.list(b.columns[i].single) {
			if !l.not {
				asked[l.attr]++
			}
		}
	}
	x := b.x
	telling := func(a uint8) float64 {
		if total[a] == 0 {
			return 0
		}
		return asked[a] * (1 - alike[a]/(total[a]*total[a]))
	}
	used := map[uint8]bool{}
	for _, l := range b.clauses {
		if l.attr != noAttr {
			used[l.attr] = true
		}
	}
	for a := range uint8(NumAttributes) {
		if used[a] {
			x.active = append(x.active, activeAttr{attr: a})
		}
	}
	slices.SortStableFunc(x.active, func(a, c activeAttr) int { return cmp.Compare(telling(c.attr), telling(a.attr)) })
	var shift [NumAttributes]int
	for i := range shift {
		shift[i] = -1
	}
	for i, a := range x.active {
		if at := keyBits - 8*(i+1); at >= 0 {
			shift[a.attr] = at
		}
	}
	rank := b.ranks(load)
	for i := range b.columns {
		c := &b.columns[i]
		if c.anchor >= 0 {
			c.key = 1 << 63
		}
		for _, l := range b.list(c.single) {
			if l.not || shift[l.attr] < 0 {
				continue
			}
			best := ^uint32(0)
			for _, t := range b.of(l) {
				best = min(best, rank[t])
			}
			c.key |= uint64(min(best, 254)+1) << shift[l.attr]
		}
	}
	order := make([]uint32, len(b.columns))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int {
		return cmp.Or(cmp.Compare(b.columns[i].key, b.columns[j].key), cmp.Compare(i, j))
	})
	return order
}

// keyBits are the bits of a key below the one that tells whether there is an anchor.
const keyBits = 56

// ranks numbers the terms of each attribute by load, the commonest 0.
func (b *builder) ranks(load []uint32) []uint32 {
	terms := make([]Term, len(load))
	for t := range terms {
		terms[t] = Term(t)
	}
	slices.SortFunc(terms, func(s, t Term) int { return cmp.Or(cmp.Compare(load[t], load[s]), cmp.Compare(s, t)) })
	rank := make([]uint32, len(load))
	var next [256]uint32
	for _, t := range terms {
		a := b.x.attrs[t]
		rank[t] = next[a]
		next[a]++
	}
	return rank
}

// place gives each column its bit and writes its program.
func (b *builder) place(order []uint32) {
	x := b.x
	free := 0
	for _, o := range order {
		if b.columns[o].anchor < 0 {
			free++
		}
	}
	x.anchorWord = (free + 63) / 64
	n := x.anchorWord*64 + len(order) - free
	x.words = (n + 63) / 64
	x.sums = (x.words + 63) / 64
	x.columns = make([]columnRef, x.words*64)
	for i := range x.columns {
		x.columns[i].ord = noColumn
	}
	sorted := make([]column, len(x.columns))
	for i := range sorted {
		sorted[i].anchor = -1
	}
	for i, o := range order {
		at := i
		if i >= free {
			at += x.anchorWord*64 - free
		}
		c := &b.columns[o]
		sorted[at] = *c
		x.columns[at] = b.check(c)
	}
	b.columns = sorted
	x.code = slices.Clip(x.code)
}

// check writes what neither rows nor the anchor look at.
func (b *builder) check(c *column) columnRef {
	ref := columnRef{ord: uint32(c.ord), any: [2]uint16{alwaysTrue, alwaysTrue}}
	absent := b.x.numTerms
	if absent >= 1<<16 || c.tree != nil {
		return b.program(c, ref)
	}
	n, anys := 0, 0
	for k := c.multi.from; k < c.multi.to; k++ {
		l := b.clauses[k]
		if int32(k) == c.anchor {
			continue
		}
		ts := b.of(l)
		if n+len(ts) > len(ref.terms) || !l.not && anys == len(ref.any) {
			return b.program(c, ref)
		}
		mask := uint16(1<<len(ts)-1) << n
		for _, t := range ts {
			ref.terms[n] = uint16(t)
			n++
		}
		if l.not {
			ref.none |= mask
		} else {
			ref.any[anys] = mask
			anys++
		}
	}
	for ; n < len(ref.terms); n++ {
		ref.terms[n] = uint16(absent)
	}
	return ref
}

// program writes a check that does not fit its column.
func (b *builder) program(c *column, ref columnRef) columnRef {
	x := b.x
	at := uint32(len(x.code))
	if c.tree == nil && int(c.multi.to-c.multi.from) <= 1 && c.anchor >= 0 || c.tree == nil && c.multi.from == c.multi.to {
		return ref // nothing is left to check
	}
	ref.any, ref.none, ref.terms = [2]uint16{uint16(at >> 16), uint16(at)}, longCheck, [7]uint16{}
	for k := c.multi.from; k < c.multi.to; k++ {
		if int32(k) == c.anchor {
			continue
		}
		l := b.clauses[k]
		op := uint32(opAny)
		if l.not {
			op = opNone
		}
		ts := b.of(l)
		x.code = append(x.code, uint32(len(ts))<<opBits|op)
		for _, t := range ts {
			x.code = append(x.code, uint32(t))
		}
	}
	if c.tree != nil {
		x.code = append(x.code, 1<<opBits|opTree, uint32(len(x.trees)))
		x.trees = append(x.trees, c.tree)
	}
	x.code = append(x.code, 0)
	return ref
}

// delta is a column at which a value's row differs from the base row: column<<1, and 1 if it passes.
type delta uint32

// layRows writes the base rows, then each value's row or patch.
func (b *builder) layRows() {
	x := b.x
	stride := x.words + x.sums
	x.rows = make([]uint64, 0, stride*(len(x.active)+1))
	var base [NumAttributes]uint32
	for i := range x.active {
		x.active[i].base = b.newRow(b.valid())
		base[x.active[i].attr] = x.active[i].base
	}
	if len(x.active) == 0 {
		b.summarise(b.newRow(b.valid()))
	}
	// The deltas of all terms in one arena, by a counting sort: columns come in ascending order.
	at := make([]uint32, x.numTerms+1)
	for _, c := range b.columns {
		for _, l := range b.list(c.single) {
			for _, t := range b.of(l) {
				at[t+1]++
			}
		}
	}
	for t := range x.numTerms {
		at[t+1] += at[t]
	}
	deltas := make([]delta, at[x.numTerms])
	next := slices.Clone(at)
	for i, c := range b.columns {
		for _, l := range b.list(c.single) {
			pass := delta(0)
			if !l.not {
				pass = 1
				x.rows[int(base[l.attr])*stride+i/64] &^= 1 << (i % 64)
			}
			for _, t := range b.of(l) {
				deltas[next[t]] = delta(i)<<1 | pass
				next[t]++
			}
		}
	}
	for _, a := range x.active {
		b.summarise(a.base)
	}
	x.row = make([]uint32, x.numTerms)
	x.patch.at = append(x.patch.at, 0)
	var patched [NumAttributes]bool
	for t := range x.numTerms {
		x.row[t] = noRow
		ds := deltas[at[t]:at[t+1]]
		if len(ds) == 0 {
			continue
		}
		differ, last := 0, -1
		for _, d := range ds {
			if w := int(d >> 7); w != last {
				differ, last = differ+1, w
			}
		}
		from := x.rows[int(base[x.attrs[t]])*stride:][:x.words]
		if differ*patchShare > x.words {
			r := b.newRow(from)
			row := x.rows[int(r)*stride:]
			for _, d := range ds {
				if d&1 != 0 {
					row[d>>7] |= 1 << (d >> 1 & 63)
				} else {
					row[d>>7] &^= 1 << (d >> 1 & 63)
				}
			}
			b.summarise(r)
			x.row[t] = r
			continue
		}
		last = -1
		for _, d := range ds {
			if w := int(d >> 7); w != last {
				last = w
				x.patch.word, x.patch.bits = append(x.patch.word, uint32(w)), append(x.patch.bits, from[w])
			}
			p := &x.patch.bits[len(x.patch.bits)-1]
			if d&1 != 0 {
				*p |= 1 << (d >> 1 & 63)
			} else {
				*p &^= 1 << (d >> 1 & 63)
			}
		}
		x.row[t] = patchRow | uint32(len(x.patch.at)-1)
		x.patch.at = append(x.patch.at, uint32(len(x.patch.word)))
		patched[x.attrs[t]] = true
	}
	for i := range x.active {
		x.active[i].patched = patched[x.active[i].attr]
	}
	x.rows = slices.Clip(x.rows)
	x.patch = patches{slices.Clip(x.patch.at), slices.Clip(x.patch.word), slices.Clip(x.patch.bits)}
}

// patchShare: a row is a patch if it differs from its base row in at most one of so many words.
const patchShare = 4

// newRow appends a copy of words as a row, its summary empty.
func (b *builder) newRow(words []uint64) uint32 {
	x := b.x
	n := len(x.rows)
	x.rows = append(x.rows, words...)
	for range x.sums {
		x.rows = append(x.rows, 0)
	}
	return uint32(n / (x.words + x.sums))
}

// valid returns a row with the bits of all columns.
func (b *builder) valid() []uint64 {
	row := make([]uint64, b.x.words)
	for i := range b.x.columns {
		if b.x.columns[i].ord != noColumn {
			row[i/64] |= 1 << (i % 64)
		}
	}
	return row
}

func (b *builder) summarise(r uint32) {
	x := b.x
	row := x.rows[int(r)*(x.words+x.sums):]
	sum := row[x.words:][:x.sums]
	clear(sum)
	for w, v := range row[:x.words] {
		if v != 0 {
			sum[w/64] |= 1 << (w % 64)
		}
	}
}

// layAnchors files the anchored columns under the terms of their anchors.
func (b *builder) layAnchors() {
	x := b.x
	count := make([]uint32, x.numTerms)
	each := func(f func(col int, t Term)) {
		for i := x.anchorWord * 64; i < len(b.columns); i++ {
			if a := b.columns[i].anchor; a >= 0 {
				for _, t := range b.of(b.clauses[a]) {
					f(i, t)
				}
			}
		}
	}
	each(func(_ int, t Term) { count[t]++ })
	x.anchors = make([]anchorList, x.numTerms)
	width := x.words - x.anchorWord
	lists, rows := uint32(0), uint32(0)
	for t, n := range count {
		switch {
		case n == 0:
		case int(n)*denseShare > width*64:
			x.anchors[t] = anchorList{rows, dense}
			rows++
		default:
			x.anchors[t] = anchorList{lists, 0}
			lists += n
		}
	}
	x.denseRows = make([]uint64, int(rows)*width)
	x.anchored = make([]uint32, lists)
	each(func(i int, t Term) {
		a := &x.anchors[t]
		if a.n == dense {
			x.denseRows[int(a.at)*width+i/64-x.anchorWord] |= 1 << (i % 64)
			return
		}
		x.anchored[a.at+a.n] = uint32(i)
		a.n++
	})
}

// denseShare: an anchor is a row if it holds at least one of so many anchored columns. At 256 the row costs no more to join than
// the list to walk.
const denseShare = 256
