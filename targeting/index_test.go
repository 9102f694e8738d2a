package targeting_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/words"
)

// randomExpr makes a boolean expression over few values, so that rules match often.
func randomExpr(r *rand.Rand, depth int) targeting.Expr {
	n := 8
	if depth <= 0 {
		n = 5
	}
	vals := func(prefix string, limit int) []string {
		out := make([]string, r.IntN(3))
		for i := range out {
			out[i] = fmt.Sprint(prefix, r.IntN(limit))
		}
		return out
	}
	list := func() []targeting.Expr {
		out := make([]targeting.Expr, r.IntN(4))
		for i := range out {
			out[i] = randomExpr(r, depth-1)
		}
		return out
	}
	switch r.IntN(n) {
	case 0, 1:
		return targeting.In{Attr: targeting.Attribute(r.IntN(targeting.NumAttributes)), Values: vals("v", 4)}
	case 2:
		ps := []string{"peace talks", "Istanbul", "cup final", "talks", "STRASSE"}
		k := targeting.Keywords{Every: r.IntN(2) == 0, TitleOnly: r.IntN(2) == 0}
		for range r.IntN(3) {
			k.Phrases = append(k.Phrases, ps[r.IntN(len(ps))])
		}
		return k
	case 3:
		switch r.IntN(3) {
		case 0:
			return targeting.KeyValue{Key: "k", Op: targeting.Equal, Values: vals("v", 3)}
		case 1:
			return targeting.KeyValue{Key: "k", Op: targeting.Prefix, Values: vals("v", 3)}
		}
		return targeting.KeyValue{Key: "n", Op: targeting.Range, Min: float64(r.IntN(5)), Max: float64(r.IntN(9))}
	case 4:
		if r.IntN(3) == 0 {
			return targeting.Age{Min: time.Duration(r.IntN(3)) * time.Hour, Max: time.Duration(r.IntN(6)) * time.Hour}
		}
		if r.IntN(2) == 0 {
			return targeting.URLPattern{Patterns: []string{[]string{"/world/*", "/world/**", "news.example/**", "*.example/sport/?", "**x**"}[r.IntN(5)]}}
		}
		return targeting.Hours{Zone: time.UTC, Spans: []targeting.Span{{Days: uint8(r.IntN(128)), From: int16(r.IntN(720)), To: int16(720 + r.IntN(720))}}}
	case 5:
		return targeting.All(list())
	case 6:
		return targeting.Any(list())
	}
	if r.IntN(3) == 0 {
		return targeting.At{X: randomExpr(r, depth-1), Source: "a.yaml:1:1"}
	}
	return targeting.Not{X: randomExpr(r, depth-1)}
}

func randomFacts(r *rand.Rand) *targeting.Facts {
	attrs := func() []targeting.AttrValue {
		var out []targeting.AttrValue
		for range r.IntN(20) {
			out = append(out, targeting.AttrValue{Attr: targeting.Attribute(r.IntN(targeting.NumAttributes)), Value: []string{"v0", "v1", "v2", "v3", "v4", ""}[r.IntN(6)]})
		}
		return out
	}
	text := func(n int) string {
		s := ""
		for range r.IntN(n) {
			s += []string{"peace ", "talks ", "ISTANBUL, ", "cup ", "final. ", "straße ", "x "}[r.IntN(7)]
		}
		return s
	}
	f := &targeting.Facts{
		Page: targeting.Page{
			URL:   "https://" + []string{"news.example/world/a", "news.example/world/a/b", "a.example/sport/b", "b.test/x?y=1", "news.example"}[r.IntN(5)],
			Attrs: attrs(), TitleWords: words.Append(nil, text(6)), TextWords: words.Append(nil, text(12)),
		},
		Attrs: attrs(),
		Now:   time.Unix(1_700_000_000+r.Int64N(1_000_000), 0).UTC(),
	}
	if r.IntN(8) == 0 {
		f.Page.URL = ""
	}
	if r.IntN(4) > 0 {
		f.Page.Published = f.Now.Add(time.Duration(1-r.IntN(7)) * time.Hour)
	}
	for range r.IntN(4) {
		f.KV = append(f.KV, targeting.KV{Key: []string{"k", "n"}[r.IntN(2)], Value: []string{"v1", "v2x", "3", "-1", "NaN", "4.5", "1e1", "0x2"}[r.IntN(8)]})
	}
	return f
}

func fill(q *targeting.Query, x *targeting.Index, f *targeting.Facts) {
	q.Reset(x)
	q.AddTerms(x.AppendPageTerms(nil, &f.Page))
	q.SetNow(f.Now)
	if !f.Page.Published.IsZero() {
		q.SetAge(f.Now.Sub(f.Page.Published))
	}
	for _, kv := range f.KV {
		q.AddKV(kv.Key, kv.Value)
	}
	for _, a := range f.Attrs {
		q.Add(a.Attr, a.Value)
	}
}

// eligible returns the matches in ascending order.
func eligible(x *targeting.Index, q *targeting.Query) []targeting.Ordinal {
	got := x.AppendEligible(nil, q)
	slices.Sort(got)
	return got
}

func TestIndexAgreesWithOracle(t *testing.T) {
	matched := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		rules := make([]targeting.Expr, 1+r.IntN(150))
		for i := range rules {
			rules[i] = randomExpr(r, 3)
		}
		x, err := targeting.Build(rules)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var q targeting.Query
		for n := range 20 {
			f := randomFacts(r)
			var want []targeting.Ordinal
			for i, e := range rules {
				ok := targeting.Match(e, f)
				if ok {
					want = append(want, targeting.Ordinal(i))
				}
				if _, failed := targeting.FirstFailing(e, f); failed == ok {
					t.Fatalf("seed %d: FirstFailing disagrees with Match on %s", seed, targeting.Text(e))
				}
			}
			fill(&q, x, f)
			if got := eligible(x, &q); !slices.Equal(got, want) {
				for i, e := range rules {
					if o := targeting.Ordinal(i); slices.Contains(got, o) != slices.Contains(want, o) {
						t.Errorf("rule %d: %s", i, targeting.Text(e))
					}
				}
				t.Fatalf("seed %d request %d: eligible %v, the oracle says %v for %+v", seed, n, got, want, f)
			}
			matched += len(want)
		}
	}
	if matched < 10000 {
		t.Fatalf("only %d matches: the rules are too narrow to test anything", matched)
	}
}

func TestRewindLeavesThePage(t *testing.T) {
	rules := []targeting.Expr{
		targeting.All{targeting.In{Attr: targeting.Country, Values: []string{"PK"}}, targeting.In{Attr: targeting.Placement, Values: []string{"top"}}},
		targeting.All{targeting.In{Attr: targeting.Country, Values: []string{"PK"}}, targeting.In{Attr: targeting.Placement, Values: []string{"end"}}},
		targeting.In{Attr: targeting.Country, Values: []string{"PK"}},
		nil,
	}
	x, err := targeting.Build(rules)
	if err != nil {
		t.Fatal(err)
	}
	var q targeting.Query
	q.Reset(x)
	q.Add(targeting.Country, "PK")
	m := q.Mark()
	for _, c := range []struct {
		placement string
		want      []targeting.Ordinal
	}{{"top", []targeting.Ordinal{0, 2, 3}}, {"end", []targeting.Ordinal{1, 2, 3}}, {"none", []targeting.Ordinal{2, 3}}} {
		q.Rewind(m)
		q.Add(targeting.Placement, c.placement)
		if got := eligible(x, &q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.placement, got, c.want)
		}
	}
}

func TestMatchingAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rules := make([]targeting.Expr, 500)
	for i := range rules {
		rules[i] = randomExpr(r, 3)
	}
	x, err := targeting.Build(rules)
	if err != nil {
		t.Fatal(err)
	}
	f := randomFacts(r)
	page := x.AppendPageTerms(nil, &f.Page)
	var q targeting.Query
	var dst []targeting.Ordinal
	run := func() {
		q.Reset(x)
		q.AddTerms(page)
		q.SetNow(f.Now)
		for _, a := range f.Attrs {
			q.Add(a.Attr, a.Value)
		}
		dst = x.AppendEligible(dst[:0], &q)
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("a match allocates %.1f times", n)
	}
}

// TestContradictionsNeverHold holds what the checker reports against the oracle.
func TestContradictionsNeverHold(t *testing.T) {
	reported := 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 11))
		e := randomExpr(r, 4)
		why := targeting.Contradiction(e, nil)
		if why == "" {
			continue
		}
		reported++
		for range 50 {
			if f := randomFacts(r); targeting.Match(e, f) {
				t.Fatalf("seed %d: %s is said never to hold (%s), but it does for %+v", seed, targeting.Text(e), why, f)
			}
		}
	}
	if reported < 400 {
		t.Fatalf("only %d contradictions found among random rules", reported)
	}
}
