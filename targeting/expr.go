package targeting

import "time"

// Expr is a boolean expression over the facts of a request: one of [All], [Any], [Not], [In],
// [Keywords], [URLPattern], [KeyValue], [Hours], [Age], or [At] around one of them. A nil Expr is true. Expressions
// are values: do not change one after it was given to [Build].
type Expr interface{ expr() }

// At is true when X is. Source tells where X was written, such as northwind.yaml:20:13, for the people who read an
// explanation.
type At struct {
	X      Expr
	Source string
}

// All is true when every operand is true; the empty All is true.
type All []Expr

// Any is true when at least one operand is true; the empty Any is false.
type Any []Expr

// Not is true when X is false, also because a fact is missing.
type Not struct{ X Expr }

// In is true when one of the request's values of Attr is among Values (compared byte by byte; the
// configuration loader and the fact builders normalise case).
type In struct {
	Attr   Attribute
	Values []string
}

// Keywords is true when at least one phrase (or every phrase, if Every is set) occurs in the page's
// title, keywords or text. A phrase is matched as whole words, in order, adjacent, after the
// normalisation of package words.
type Keywords struct {
	Phrases   []string
	Every     bool
	TitleOnly bool // look at the title and the declared keywords alone
}

// URLPattern is true when the canonical URL of the page, without scheme, matches one of Patterns. In a
// pattern * matches any run of characters but '/', ** any run at all; a pattern without a host
// ("/world/**") is matched against the path alone.
type URLPattern struct{ Patterns []string }

// KeyValue is true when the request carries Key with a value that satisfies Op.
type KeyValue struct {
	Key      string
	Op       KeyValueOp
	Values   []string // for Equal and Prefix: any of these
	Min, Max float64  // for Range: Min <= value <= Max, both inclusive; values that are no decimal numbers never match
}

// KeyValueOp is how a [KeyValue] compares.
type KeyValueOp uint8

// The comparisons of key-values.
const (
	Equal KeyValueOp = iota
	Prefix
	Range
)

// Hours is true when the instant of the request, in Zone, falls in one of Spans.
type Hours struct {
	Zone  *time.Location
	Spans []Span
}

// Age is true when the page says when it was published and that was at least Min and less than Max before the
// instant of the request. Max 0 sets no upper bound. What is to be published in the future is new: its age is 0.
type Age struct{ Min, Max time.Duration }

// Span is a half-open interval of local time on some weekdays. From < To; a span over midnight is
// two spans. Local times that a clock change skips never occur; times it repeats match both times.
type Span struct {
	Days     uint8 // bit i set: time.Weekday(i)
	From, To int16 // minutes after local midnight, 0..1440
}

func (All) expr()        {}
func (Any) expr()        {}
func (Not) expr()        {}
func (In) expr()         {}
func (Keywords) expr()   {}
func (URLPattern) expr() {}
func (KeyValue) expr()   {}
func (Hours) expr()      {}
func (Age) expr()        {}
func (At) expr()         {}
