package targeting

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// globOracle is the definition, as a regular expression.
func globOracle(p string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(p); i++ {
		switch {
		case strings.HasPrefix(p[i:], "**"):
			b.WriteString(".*")
			i++
		case p[i] == '*':
			b.WriteString("[^/]*")
		default:
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
		}
	}
	return regexp.MustCompile(b.String() + `\z`)
}

func TestGlobAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	matched := 0
	for range 60000 {
		var p, s strings.Builder
		for range r.IntN(7) {
			p.WriteString([]string{"a", "b", "/", "*", "**", "ab", "/a"}[r.IntN(7)])
		}
		for range r.IntN(9) {
			s.WriteString([]string{"a", "b", "/"}[r.IntN(3)])
		}
		if strings.Contains(p.String(), "***") {
			continue
		}
		want := globOracle(p.String()).MatchString(s.String())
		if got := glob(p.String(), s.String()); got != want {
			t.Fatalf("glob(%q, %q) = %v", p.String(), s.String(), got)
		}
		if want {
			matched++
		}
	}
	if matched < 2000 {
		t.Errorf("only %d matches", matched)
	}
}

func TestURLPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, url string
		want         bool
	}{
		{"/world/*", "https://news.example/world/a", true},
		{"/world/*", "https://news.example/world/a/b", false},
		{"/world/**", "https://news.example/world/a/b?x=1", true},
		{"/world/**", "https://news.example/world", false},
		{"News.Example/world/**", "https://news.example/world/a", true},
		{"news.example", "https://news.example/anything", true},
		{"news.example", "https://m.news.example/anything", false},
		{"*.example/sport/*", "https://m.news.example/sport/a", true},
		{"*.news.example", "https://m.news.example/a/b", true},
		{"/search?q=*", "https://news.example/search?q=ads", true},
		{"/search", "https://news.example/search?q=ads", true},
		{"news.example/", "https://news.example/", true},
		{"**/live", "https://news.example/world/live", true},
	} {
		p, err := parseURLPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.matches(newURLTarget(c.url)); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.url, got)
		}
		var s urlSet
		s.add(p, 7)
		if got := len(s.appendMatching(nil, c.url)) == 1; got != c.want {
			t.Errorf("%s among the patterns of an index, on %s: %v", c.pattern, c.url, got)
		}
	}
}

func FuzzURLPattern(f *testing.F) {
	f.Add("/world/**", "https://news.example/world/a")
	f.Add("*.example/*?x=*", "http://a.example/b?x=1")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, url string) {
		p, err := parseURLPattern(pattern)
		if err != nil {
			return
		}
		var s urlSet
		s.add(p, 1)
		if got, want := len(s.appendMatching(nil, url)) == 1, p.matches(newURLTarget(url)); got != want {
			t.Errorf("%q on %q: %v in the index, %v by itself", pattern, url, got, want)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "-1.5", "+.5", "1.", "1e5", "0x1p3", "1_0", "inf", "NaN", "1e999", ".", "", "99999999999999999999999999999999e99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseNumber(s)
		want, err := strconv.ParseFloat(s, 64)
		if ok && (err != nil || got != want) {
			t.Errorf("%q is %v, strconv says %v, %v", s, got, want, err)
		}
	})
}

// TestLargeIndexAgreesWithOracle has enough rules for patches, lists and rows of anchors to exist side by side.
func TestLargeIndexAgreesWithOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	zipf := func(prefix string, n int) string {
		return prefix + strconv.Itoa(int(float64(n)*r.Float64()*r.Float64()*r.Float64()))
	}
	clause := func() Expr {
		var vs []string
		attr := []Attribute{Country, City, Device, Topic, Tag, Section}[r.IntN(6)]
		n := []int{40, 900, 4, 300, 500, 20}[slices.Index([]Attribute{Country, City, Device, Topic, Tag, Section}, attr)]
		for range 1 + r.IntN(3) {
			vs = append(vs, zipf("v", n))
		}
		var e Expr = In{Attr: attr, Values: vs}
		if r.IntN(4) == 0 {
			e = Not{X: e}
		}
		return e
	}
	rules := make([]Expr, 12000)
	for i := range rules {
		var all All
		for range 1 + r.IntN(3) {
			all = append(all, clause())
		}
		switch r.IntN(6) {
		case 0:
			all = append(all, Any{All{clause(), clause()}, Not{X: Any{clause(), clause()}}})
		case 1: // more conjunctions than a rule may have columns
			for range 4 {
				all = append(all, Any{All{clause(), clause()}, clause(), clause()})
			}
		}
		rules[i] = all
	}
	x, err := Build(rules)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.patch.at) < 2 || len(x.anchored) == 0 || len(x.denseRows) == 0 || len(x.trees) == 0 || len(x.code) == 0 {
		t.Fatalf("the rules leave part of the index unused: %d patches, %d in lists, %d words of rows, %d trees, %d words of programs",
			len(x.patch.at)-1, len(x.anchored), len(x.denseRows), len(x.trees), len(x.code))
	}
	var q Query
	matched := 0
	for n := range 40 {
		f := &Facts{}
		for _, a := range []struct {
			attr  Attribute
			n, of int
		}{{Country, 1, 40}, {City, 1, 900}, {Device, 1, 4}, {Section, 1, 20}, {Topic, 8, 300}, {Tag, 90, 500}} {
			for range a.n {
				if r.IntN(8) > 0 {
					f.Attrs = append(f.Attrs, AttrValue{a.attr, zipf("v", a.of)})
				}
			}
		}
		q.Reset(x)
		for _, a := range f.Attrs {
			q.Add(a.Attr, a.Value)
		}
		got := x.AppendEligible(nil, &q)
		slices.Sort(got)
		var want []Ordinal
		for i, e := range rules {
			if Match(e, f) {
				want = append(want, Ordinal(i))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("request %d: %d eligible, the oracle says %d", n, len(got), len(want))
		}
		matched += len(want)
	}
	if matched < 2000 {
		t.Errorf("only %d matches", matched)
	}
}
