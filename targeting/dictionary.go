package targeting

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/placard/placard/targeting/words"
)

// dictionary numbers the facts that rules ask about, and finds which of them a request holds.
type dictionary struct {
	values   [NumAttributes]map[string]Term
	phrases  phraseSet
	urls     urlSet
	kvs      map[string]*keyTerms
	zones    []zoneTerms
	ages     []ageTerm
	attrs    []uint8 // by term: its attribute, if a request has one value of it at most; noAttr otherwise
	numTerms int
}

// noAttr marks the terms of which a request may hold any number.
const noAttr = uint8(255)

// keyTerms are the predicates on one key.
type keyTerms struct {
	exact   map[string]Term
	prefix  map[string]Term
	lengths []int // of prefixes, ascending
	ranges  []rangeTerm
}

type rangeTerm struct {
	min, max float64
	term     Term
}

// zoneTerms are the predicates on the hours of one time zone: the clock is read once for all of them.
type zoneTerms struct {
	zone  *time.Location
	spans [][]Span
	terms []Term
}

type ageTerm struct {
	age  Age
	term Term
}

// interner gives out terms while an index is built. The dictionary keeps what queries need.
type interner struct {
	d     *dictionary
	raw   [2]map[string]Term // keywords as written, everywhere and in titles: normalising is dear, and rules repeat each other
	zones map[*time.Location]int
	hours map[string]Term
	urls  map[string]Term
	words []string
}

func newInterner(d *dictionary) *interner {
	for a := range d.values {
		d.values[a] = map[string]Term{}
	}
	d.kvs = map[string]*keyTerms{}
	return &interner{d: d, raw: [2]map[string]Term{{}, {}}, zones: map[*time.Location]int{}, hours: map[string]Term{}, urls: map[string]Term{}}
}

func (n *interner) newTerm() Term { return n.termOf(noAttr) }

func (n *interner) termOf(attr uint8) Term {
	n.d.attrs = append(n.d.attrs, attr)
	n.d.numTerms++
	return Term(n.d.numTerms - 1)
}

func (n *interner) value(a Attribute, v string) Term {
	t, ok := n.d.values[a][v]
	if !ok {
		attr := noAttr
		if a.Single() {
			attr = uint8(a)
		}
		t = n.termOf(attr)
		n.d.values[a][v] = t
	}
	return t
}

func (n *interner) keyword(phrase string, titleOnly bool) (Term, error) {
	raw := n.raw[0]
	if titleOnly {
		raw = n.raw[1]
	}
	t, ok := raw[phrase]
	if !ok {
		n.words = words.Append(n.words[:0], phrase)
		if len(n.words) == 0 {
			return 0, fmt.Errorf("keyword %q has no word in it", phrase)
		}
		t = n.d.phrases.add(n.words, titleOnly, n.newTerm)
		raw[phrase] = t
	}
	return t, nil
}

func (n *interner) url(pattern string) (Term, error) {
	t, ok := n.urls[pattern]
	if !ok {
		p, err := parseURLPattern(pattern)
		if err != nil {
			return 0, err
		}
		t = n.newTerm()
		n.urls[pattern] = t
		n.d.urls.add(p, t)
	}
	return t, nil
}

func (n *interner) appendKeyValue(dst []Term, kv *KeyValue) []Term {
	k := n.d.kvs[kv.Key]
	if k == nil {
		k = &keyTerms{exact: map[string]Term{}, prefix: map[string]Term{}}
		n.d.kvs[kv.Key] = k
	}
	switch kv.Op {
	case Range:
		for _, r := range k.ranges {
			if r.min == kv.Min && r.max == kv.Max {
				return append(dst, r.term)
			}
		}
		t := n.newTerm()
		k.ranges = append(k.ranges, rangeTerm{kv.Min, kv.Max, t})
		return append(dst, t)
	case Prefix:
		for _, v := range kv.Values {
			t, ok := k.prefix[v]
			if !ok {
				t = n.newTerm()
				k.prefix[v] = t
				if i, ok := slices.BinarySearch(k.lengths, len(v)); !ok {
					k.lengths = slices.Insert(k.lengths, i, len(v))
				}
			}
			dst = append(dst, t)
		}
	default:
		for _, v := range kv.Values {
			t, ok := k.exact[v]
			if !ok {
				t = n.newTerm()
				k.exact[v] = t
			}
			dst = append(dst, t)
		}
	}
	return dst
}

func (n *interner) hour(h *Hours) Term {
	zone := h.Zone
	if zone == nil {
		zone = time.UTC
	}
	// Zones are loaded many times over; their names tell which are alike.
	key := fmt.Sprint(zone, h.Spans)
	t, ok := n.hours[key]
	if ok {
		return t
	}
	t = n.newTerm()
	n.hours[key] = t
	i, ok := n.zones[zone]
	if !ok {
		i = slices.IndexFunc(n.d.zones, func(z zoneTerms) bool { return z.zone.String() == zone.String() })
		if i < 0 {
			i = len(n.d.zones)
			n.d.zones = append(n.d.zones, zoneTerms{zone: zone})
		}
		n.zones[zone] = i
	}
	z := &n.d.zones[i]
	z.spans = append(z.spans, slices.Clone(h.Spans))
	z.terms = append(z.terms, t)
	return t
}

func (n *interner) age(a Age) Term {
	for _, at := range n.d.ages {
		if at.age == a {
			return at.term
		}
	}
	t := n.newTerm()
	n.d.ages = append(n.d.ages, ageTerm{a, t})
	return t
}

// appendKV appends the terms that a key-value of a request satisfies.
func (d *dictionary) appendKV(dst []Term, key, value string) []Term {
	k := d.kvs[key]
	if k == nil {
		return dst
	}
	if t, ok := k.exact[value]; ok {
		dst = append(dst, t)
	}
	for _, n := range k.lengths {
		if n > len(value) {
			break
		}
		if t, ok := k.prefix[value[:n]]; ok {
			dst = append(dst, t)
		}
	}
	if len(k.ranges) > 0 {
		if f, ok := parseNumber(value); ok {
			for i := range k.ranges {
				if r := &k.ranges[i]; r.min <= f && f <= r.max {
					dst = append(dst, r.term)
				}
			}
		}
	}
	return dst
}

// AppendKVTerms appends the facts of a key-value that rules ask about.
func (x *Index) AppendKVTerms(dst []Term, key, value string) []Term {
	return x.appendKV(dst, key, value)
}

// appendHours appends the terms of the hours that the instant falls in.
func (d *dictionary) appendHours(dst []Term, now time.Time) []Term {
	for i := range d.zones {
		z := &d.zones[i]
		day, minute := localMinute(now, z.zone)
		for n, spans := range z.spans {
			if inSpans(spans, day, minute) {
				dst = append(dst, z.terms[n])
			}
		}
	}
	return dst
}

// AppendPageTerms appends the facts of the page that rules ask about, each once, ascending. They depend on
// the page and the index alone: a caller keeps them with the page.
func (x *Index) AppendPageTerms(dst []Term, p *Page) []Term {
	d := &x.dictionary
	from := len(dst)
	var single [NumAttributes]string
	for _, a := range p.Attrs {
		if a.Attr >= NumAttributes || a.Value == "" {
			continue
		}
		if a.Attr.Single() {
			single[a.Attr] = a.Value // the last one counts
		} else if t, ok := d.values[a.Attr][a.Value]; ok {
			dst = append(dst, t)
		}
	}
	for a, v := range single {
		if v != "" {
			if t, ok := d.values[a][v]; ok {
				dst = append(dst, t)
			}
		}
	}
	dst = d.phrases.appendFound(dst, p.TitleWords, true)
	dst = d.phrases.appendFound(dst, p.TextWords, false)
	if p.URL != "" {
		dst = d.urls.appendMatching(dst, p.URL)
	}
	slices.Sort(dst[from:])
	return append(dst[:from], slices.Compact(dst[from:])...)
}

// urlSet finds which of many URL patterns match. Patterns are kept by their literal host, so that a page is
// compared with those of its own host and with those that name none.
type urlSet struct {
	byHost map[string][]urlTerm // "" holds the patterns without a literal host
}

type urlTerm struct {
	pattern urlPattern
	term    Term
}

func (s *urlSet) add(p urlPattern, t Term) {
	if s.byHost == nil {
		s.byHost = map[string][]urlTerm{}
	}
	host, _, found := strings.Cut(p.glob, "/")
	if p.pathOnly || !found || strings.Contains(host, "*") {
		host = ""
	}
	s.byHost[host] = append(s.byHost[host], urlTerm{p, t})
}

func (s *urlSet) appendMatching(dst []Term, url string) []Term {
	if len(s.byHost) == 0 {
		return dst
	}
	target := newURLTarget(url)
	lists := [2][]urlTerm{s.byHost[""]}
	if h := target.host(); h != "" {
		lists[1] = s.byHost[h]
	}
	for _, list := range lists {
		for i := range list {
			if list[i].pattern.matches(target) {
				dst = append(dst, list[i].term)
			}
		}
	}
	return dst
}
