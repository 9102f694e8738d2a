package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/placard/placard/targeting"
)

// The workload: line items with about five predicates over twelve attributes (and hours), values by Zipf's law, 30 % of them with
// exclusions, a fifth with more than one conjunction, some of those nested; requests of about 50 facts, of which
// about 1 % of the line items hold. The value counts and skews below were set after a first draft, so that requests come
// to those numbers.

// dimension is one attribute of the workload.
type dimension struct {
	name     string
	values   int
	skew     float64 // Zipf's exponent
	weight   int     // how often rules ask for it
	most     int     // values in one predicate
	inPage   int     // facts of a request; 1 for what has one value
	attr     targeting.Attribute
	keyword  bool
	keyValue bool
}

var dimensions = [12]dimension{
	{name: "placement", values: 120, skew: 1.0, weight: 10, most: 4, inPage: 1, attr: targeting.Placement},
	{name: "section", values: 30, skew: 1.0, weight: 8, most: 4, inPage: 1, attr: targeting.Section},
	{name: "country", values: 80, skew: 1.2, weight: 12, most: 4, inPage: 1, attr: targeting.Country},
	{name: "city", values: 2000, skew: 1.1, weight: 3, most: 6, inPage: 1, attr: targeting.City},
	{name: "device", values: 6, skew: 1.0, weight: 10, most: 3, inPage: 1, attr: targeting.Device},
	{name: "os", values: 8, skew: 1.0, weight: 4, most: 3, inPage: 1, attr: targeting.OS},
	{name: "browser", values: 10, skew: 1.0, weight: 3, most: 4, inPage: 1, attr: targeting.Browser},
	{name: "language", values: 12, skew: 1.2, weight: 8, most: 3, inPage: 1, attr: targeting.Language},
	{name: "topic", values: 600, skew: 1.0, weight: 9, most: 4, inPage: 7, attr: targeting.Topic},
	{name: "keyword", values: 6000, skew: 1.0, weight: 9, most: 5, inPage: 20, keyword: true},
	{name: "kv", values: 400, skew: 1.0, weight: 5, most: 4, inPage: 4, keyValue: true},
	{name: "segment", values: 300, skew: 1.0, weight: 4, most: 4, inPage: 4, attr: targeting.Segment},
}

// fact numbers a value of a dimension among all.
type fact uint32

// predicate is "one of the facts", or "none of them".
type predicate struct {
	dim   int
	facts []fact
	not   bool
}

// rule is a line item in the generator's own terms, from which both the expression and the scan are made.
type rule struct {
	conjunctions [][]predicate
	nested       bool // written as not (any of not …) instead of any of all
	hours        int  // index of the hours it keeps to; -1: all
}

// request is the facts of one page request.
type request struct {
	facts []fact
	now   time.Time
}

type workload struct {
	rules    []rule
	exprs    []targeting.Expr
	requests []request
	inputs   []targeting.Facts
	hours    []targeting.Hours
	offset   [len(dimensions) + 1]fact
	zipf     [len(dimensions)][]float64 // cumulative
}

func newWorkload(seed uint64, lineItems, requests int) *workload {
	w := &workload{}
	for d := range dimensions {
		dim := &dimensions[d]
		w.offset[d+1] = w.offset[d] + fact(dim.values)
		sum := 0.0
		for i := range dim.values {
			sum += 1 / math.Pow(float64(i+1), dim.skew)
			w.zipf[d] = append(w.zipf[d], sum)
		}
	}
	zones := []*time.Location{time.UTC, time.FixedZone("UTC+5", 5*3600), time.FixedZone("UTC-4", -4*3600)}
	for i := range 24 {
		from := int16(60 * (5 + i%6))
		w.hours = append(w.hours, targeting.Hours{Zone: zones[i%3], Spans: []targeting.Span{{Days: uint8(127 >> (i % 3)), From: from, To: from + int16(60*(8+i%5))}}})
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for range lineItems {
		ru := w.rule(r)
		w.rules = append(w.rules, ru)
		w.exprs = append(w.exprs, w.expr(&ru))
	}
	r = rand.New(rand.NewPCG(seed, 2))
	for range requests {
		q := w.request(r)
		w.requests = append(w.requests, q)
		w.inputs = append(w.inputs, w.input(&q))
	}
	return w
}

// draw picks a value of a dimension by Zipf's law.
func (w *workload) draw(r *rand.Rand, d int) fact {
	cum := w.zipf[d]
	u := r.Float64() * cum[len(cum)-1]
	low, high := 0, len(cum)-1
	for low < high {
		if mid := (low + high) / 2; cum[mid] < u {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return w.offset[d] + fact(low)
}

func (w *workload) distinct(r *rand.Rand, d, n int) []fact {
	var out []fact
	for tries := 0; len(out) < n && tries < 8*n; tries++ {
		f := w.draw(r, d)
		seen := false
		for _, o := range out {
			seen = seen || o == f
		}
		if !seen {
			out = append(out, f)
		}
	}
	return out
}

func (w *workload) conjunction(r *rand.Rand, n int, exclusions bool) []predicate {
	var out []predicate
	used := [len(dimensions)]bool{}
	total := 0
	for _, d := range dimensions {
		total += d.weight
	}
	for len(out) < n {
		d, at := 0, r.IntN(total)
		for at >= dimensions[d].weight {
			at -= dimensions[d].weight
			d++
		}
		if used[d] {
			continue
		}
		used[d] = true
		out = append(out, predicate{dim: d, facts: w.distinct(r, d, 1+r.IntN(dimensions[d].most))})
	}
	if exclusions {
		for range 1 + r.IntN(2) {
			d := []int{1, 2, 8, 8, 9, 9, 10, 11}[r.IntN(8)] // sections, countries, topics, keywords, key-values, segments
			out = append(out, predicate{dim: d, facts: w.distinct(r, d, 1+r.IntN(3)), not: true})
		}
	}
	return out
}

func (w *workload) rule(r *rand.Rand) rule {
	ru := rule{hours: -1}
	exclusions := r.Float64() < 0.3
	if r.Float64() < 0.1 {
		ru.hours = r.IntN(len(w.hours))
	}
	if r.Float64() < 0.2 {
		for range 2 + r.IntN(2) {
			ru.conjunctions = append(ru.conjunctions, w.conjunction(r, 3+r.IntN(3), exclusions))
		}
		ru.nested = r.Float64() < 0.25
		return ru
	}
	ru.conjunctions = [][]predicate{w.conjunction(r, 3+r.IntN(5), exclusions)}
	return ru
}

func (w *workload) value(d int, f fact) string {
	return dimensions[d].name + "-" + strconv.Itoa(int(f-w.offset[d]))
}

func (w *workload) predicateExpr(p *predicate) targeting.Expr {
	d := &dimensions[p.dim]
	values := make([]string, 0, len(p.facts))
	for _, f := range p.facts {
		v := w.value(p.dim, f)
		if d.keyword {
			v = phrase(int(f - w.offset[p.dim]))
		}
		values = append(values, v)
	}
	var e targeting.Expr
	switch {
	case d.keyword:
		e = targeting.Keywords{Phrases: values}
	case d.keyValue:
		e = targeting.KeyValue{Key: "kv", Values: values}
	default:
		e = targeting.In{Attr: d.attr, Values: values}
	}
	if p.not {
		return targeting.Not{X: e}
	}
	return e
}

// phrase is a keyword of one word, or of two for every third.
func phrase(n int) string {
	if n%3 == 0 {
		return fmt.Sprintf("word%d part%d", n, n)
	}
	return fmt.Sprintf("word%d", n)
}

func (w *workload) expr(ru *rule) targeting.Expr {
	any := make(targeting.Any, 0, len(ru.conjunctions))
	for _, c := range ru.conjunctions {
		all := make(targeting.All, 0, len(c))
		for i := range c {
			all = append(all, w.predicateExpr(&c[i]))
		}
		any = append(any, all)
	}
	var e targeting.Expr = any
	switch {
	case len(any) == 1:
		e = any[0]
	case ru.nested:
		none := make(targeting.All, 0, len(any))
		for _, c := range any {
			none = append(none, targeting.Not{X: c})
		}
		e = targeting.Not{X: none}
	}
	if ru.hours >= 0 {
		e = targeting.All{e, w.hours[ru.hours]}
	}
	return e
}

func (w *workload) request(r *rand.Rand) request {
	q := request{now: time.Unix(1_760_000_000+r.Int64N(14*86400), 0).UTC()}
	for d := range dimensions {
		q.facts = append(q.facts, w.distinct(r, d, dimensions[d].inPage)...)
	}
	return q
}

// input is the request as the ad server states it.
func (w *workload) input(q *request) targeting.Facts {
	f := targeting.Facts{Now: q.now}
	for _, fa := range q.facts {
		d := 0
		for fa >= w.offset[d+1] {
			d++
		}
		n := int(fa - w.offset[d])
		switch dim := &dimensions[d]; {
		case dim.keyword:
			f.Page.TextWords = append(f.Page.TextWords, fmt.Sprintf("word%d", n))
			if n%3 == 0 {
				f.Page.TextWords = append(f.Page.TextWords, fmt.Sprintf("part%d", n))
			}
			f.Page.TextWords = append(f.Page.TextWords, "and")
		case dim.keyValue:
			f.KV = append(f.KV, targeting.KV{Key: "kv", Value: w.value(d, fa)})
		case dim.attr == targeting.Section || dim.attr == targeting.Language || dim.attr == targeting.Topic:
			f.Page.Attrs = append(f.Page.Attrs, targeting.AttrValue{Attr: dim.attr, Value: w.value(d, fa)})
		default:
			f.Attrs = append(f.Attrs, targeting.AttrValue{Attr: dim.attr, Value: w.value(d, fa)})
		}
	}
	return f
}
