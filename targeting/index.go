package targeting

import "fmt"

// Index finds the line items whose rules are true for a request. It is immutable.
//
// When it is built, every rule is brought into a normal form (see normal.go): one or a few conjunctions, the columns of a
// bit matrix. A request is answered in three steps.
//
//  1. Rows. For each attribute that has one value at most (country, device, placement, ...) and each value that
//     a rule speaks of there is a row: bit c is set if column c passes with that value, because it asks for it,
//     asks for nothing, or does not refuse it. A base row stands for every other value and for none. The rows of the
//     request's values are intersected. Columns are ordered so that those with the same commonest values are
//     neighbours, and each row carries a summary with a bit for each of its words that is not zero: intersecting
//     the summaries first leaves the few words worth looking at. A row that hardly differs from its base row is
//     kept as the words that differ.
//  2. Anchors. A column that asks for facts of which a page has many (keywords, topics, tags, key-values, hours) is filed
//     under the rarest such clause. Its bit is looked at when a term of that clause is present: terms with long lists as rows of their
//     own, joined in the same pass; terms with short lists one bit after the other. Columns that ask for nothing
//     of the kind come first in the order and need no anchor.
//  3. Checks. What remains of a column (further clauses, refused terms, trees that would make too many
//     conjunctions) is a short program over the bitmap of the request's terms. Most columns have none: they match when
//     their bit survives.
//
// So a request pays for the words that its rarest values share, and for the columns that nearly match.
// The measurements are in benchmarks/index.
type Index struct {
	dictionary

	rules int
	// rows holds rows of words+sums uint64 each: bits by column, then the summary.
	rows        []uint64
	words, sums int
	anchorWord  int // columns from this word on have an anchor

	active []activeAttr // attributes that have rows, the most telling first
	row    []uint32     // by term: number of its row; patchRow + number of its patch; or noRow
	patch  patches

	anchors   []anchorList // by term
	anchored  []uint32     // columns, by anchor
	denseRows []uint64     // rows over the words from anchorWord on

	columns []columnRef // by column
	code    []uint32    // programs; 0 ends one
	trees   []*node
}

type activeAttr struct {
	attr    uint8
	base    uint32 // row
	patched bool   // some of its values are patches
}

const (
	noRow    = ^uint32(0)
	patchRow = 1 << 31
)

// patches are rows that differ in few words from their attribute's base row.
type patches struct {
	at   []uint32 // by number of the patch, and one more: range in word and bits
	word []uint32
	bits []uint64
}

// anchorList is where the columns of an anchor are: n of them from at on, or in row at of denseRows.
type anchorList struct {
	at uint32
	n  uint32 // dense, or how many
}

const dense = ^uint32(0)

// columnRef tells what a column stands for, and what is to be checked beside its bit. Most checks fit here, in a form that is
// evaluated without a branch: whether a column holds is a coin toss that no processor predicts.
type columnRef struct {
	ord   uint32    // the rule
	any   [2]uint16 // of each of two clauses: which of terms must have one present; alwaysTrue stands for no clause
	none  uint16    // which of terms must be absent; longCheck
	terms [7]uint16 // unused ones are a term that is never present
}

const (
	alwaysTrue = 1 << 7
	longCheck  = 1 << 15 // any is the place of a program, high half first
)

// Operations of programs: n<<opBits | op, followed by n terms, or by the number of a tree.
const (
	opAny  = 1 // one of the terms must be present
	opNone = 2 // none must be
	opTree = 3
	opBits = 2
)

// Build compiles one rule for each line item, in ordinal order. It does not keep the slice.
func Build(rules []Expr) (*Index, error) {
	if uint64(len(rules)) >= 1<<31/maxColumns {
		return nil, fmt.Errorf("build index: %d rules are too many", len(rules))
	}
	x := &Index{rules: len(rules)}
	b := builder{x: x, names: newInterner(&x.dictionary)}
	for i, e := range rules {
		if err := b.rule(Ordinal(i), e); err != nil {
			return nil, fmt.Errorf("build index: rule %d: %w", i, err)
		}
	}
	b.layOut()
	return x, nil
}

// Len returns the number of rules.
func (x *Index) Len() int { return x.rules }

// Terms returns the number of distinct facts that the rules ask about.
func (x *Index) Terms() int { return x.numTerms }

// Columns returns the number of conjunctions that the rules became.
func (x *Index) Columns() int {
	n := 0
	for _, c := range x.columns {
		if c.ord != noColumn {
			n++
		}
	}
	return n
}

const noColumn = ^uint32(0) // a gap in the order of columns
