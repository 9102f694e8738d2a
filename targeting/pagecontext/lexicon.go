package pagecontext

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/placard/placard/targeting/words"
)

// lexicon is all rules, compiled: words are numbered, and phrases are paths of word numbers in one trie. A text is
// looked through once, whatever the number of rules. It never changes once built.
type lexicon struct {
	vocabulary vocabulary
	root       []uint32 // by word id: the node of the phrases that begin with it, 0 for none
	edges      edgeTable
	nodes      []node
	phrases    []phrase
	effects    []effect
	conditions []condition

	groups     []group
	sensitive0 int                  // groups[sensitive0+topic*riskLevels+risk-1]
	sections0  int                  // groups[sections0+section]
	languages  [len(languages)]bool // those that have rules
}

const riskLevels = int(RiskFloor)

// group is what scores are added up for.
type group struct {
	kind  groupKind
	topic int
	risk  Risk
	cue   string
}

type node struct {
	phrase    int32 // index of the phrase that ends here, -1 for none
	continues bool  // a longer phrase goes through here
}

type phrase struct {
	text     string
	from, to int32 // effects[from:to]
}

// effect is what one rule makes of one phrase.
type effect struct {
	group     uint16
	section   Section // SectionOther: none
	language  uint8   // index in languages, anyLanguage for all
	condition int16   // index in conditions, -1 for none
	weight    float32
	where     string // file:line of the rule
}

const anyLanguage = 255

// condition holds when one of only, if there are any, and none of bars is present; both are groups.
type condition struct{ only, bars []uint16 }

// newLexicon compiles rules; root phrases are normalised as texts are.
func newLexicon(rules []rule) (*lexicon, error) {
	x := &lexicon{nodes: []node{{phrase: -1}}}
	for i := range iab().topics {
		x.groups = append(x.groups, group{kind: topicGroup, topic: i})
	}
	x.sensitive0 = len(x.groups)
	for t := range NumSensitiveTopics {
		for r := RiskLow; r <= RiskFloor; r++ {
			x.groups = append(x.groups, group{kind: sensitiveGroup, topic: t, risk: r})
		}
	}
	x.sections0 = len(x.groups)
	named := map[string]uint16{}
	for s := range numSections {
		named[sectionNames[s]] = uint16(len(x.groups))
		x.groups = append(x.groups, group{kind: sectionGroup, topic: s})
	}
	for i := range rules {
		if r := &rules[i]; r.kind == cueGroup {
			if _, ok := named[r.cue]; !ok {
				named[r.cue] = uint16(len(x.groups))
				x.groups = append(x.groups, group{kind: cueGroup, cue: r.cue})
			}
		}
	}

	var problems []error
	byText := map[string]int32{}
	effects := map[int32][]effect{}
	ids := map[string]uint32{}
	neutral := map[int32]bool{}
	var scratch []string
	for i := range rules {
		r := &rules[i]
		cond, err := x.condition(r, named)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		e := effect{section: r.section, language: anyLanguage, condition: cond, weight: r.weight, where: r.where}
		if r.language != "" {
			e.language = uint8(slices.Index(languages[:], r.language))
			x.languages[e.language] = true
		}
		switch r.kind {
		case topicGroup:
			e.group = uint16(r.topic)
		case sensitiveGroup:
			e.group = uint16(x.sensitive0 + r.topic*riskLevels + int(r.risk) - 1)
		case sectionGroup:
			e.group, e.section = uint16(x.sections0+int(r.section)), SectionOther
		case cueGroup:
			e.group = named[r.cue]
		}
		for _, written := range r.phrases {
			for _, p := range expandPhrase(written) {
				scratch = words.Append(scratch[:0], p)
				if len(scratch) == 0 {
					problems = append(problems, &RuleError{r.where, fmt.Sprintf("phrase %q has no words", written)})
					continue
				}
				text := strings.Join(scratch, " ")
				n, ok := byText[text]
				if !ok {
					n = int32(len(x.phrases))
					byText[text] = n
					x.phrases = append(x.phrases, phrase{text: text})
					x.insert(scratch, n, ids)
				}
				if r.kind == neutralGroup {
					neutral[n] = true
					continue
				}
				// A rule that lists a phrase twice, or two forms that inflect alike, means it once.
				if es := effects[n]; len(es) == 0 || !slices.ContainsFunc(es, func(o effect) bool { return o.where == e.where && o.group == e.group }) {
					effects[n] = append(es, e)
				}
			}
		}
	}
	x.inherit(byText, effects, neutral)
	for n := range x.phrases {
		x.phrases[n].from = int32(len(x.effects))
		x.effects = append(x.effects, effects[int32(n)]...)
		x.phrases[n].to = int32(len(x.effects))
	}
	var err error
	if x.vocabulary, err = newVocabulary(ids); err != nil {
		problems = append(problems, err)
	}
	return x, errors.Join(problems...)
}

// inherit gives phrases the sensitive meanings of the phrases inside them, which matching the longer one would hide: a
// hurricane with a name is a hurricane. Neutral phrases are there to hide, and inherit nothing.
func (x *lexicon) inherit(byText map[string]int32, effects map[int32][]effect, neutral map[int32]bool) {
	own := make(map[int32][]effect, len(effects))
	for n, es := range effects {
		own[n] = es
	}
	for n := range x.phrases {
		ws := strings.Split(x.phrases[n].text, " ")
		if len(ws) < 2 || neutral[int32(n)] {
			continue
		}
		for i := 0; i < len(ws); {
			next := i + 1
			for j := len(ws); j > i; j-- {
				inner, ok := byText[strings.Join(ws[i:j], " ")]
				if !ok || inner == int32(n) {
					continue
				}
				next = j
				for _, e := range own[inner] {
					g := x.groups[e.group]
					if g.kind == sensitiveGroup && !slices.ContainsFunc(effects[int32(n)], func(o effect) bool {
						return x.groups[o.group].kind == sensitiveGroup && x.groups[o.group].topic == g.topic
					}) {
						effects[int32(n)] = append(effects[int32(n)], e)
					}
				}
				break
			}
			i = next
		}
	}
}

func (x *lexicon) condition(r *rule, named map[string]uint16) (int16, error) {
	if len(r.only) == 0 && len(r.bars) == 0 {
		return -1, nil
	}
	var c condition
	for i, list := range [][]string{r.only, r.bars} {
		for _, name := range list {
			g, ok := named[name]
			if !ok {
				return 0, &RuleError{r.where, fmt.Sprintf("%q is neither a section nor a cue of any rule file", name)}
			}
			if i == 0 {
				c.only = append(c.only, g)
			} else {
				c.bars = append(c.bars, g)
			}
		}
	}
	for i, o := range x.conditions {
		if slices.Equal(o.only, c.only) && slices.Equal(o.bars, c.bars) {
			return int16(i), nil
		}
	}
	x.conditions = append(x.conditions, c)
	return int16(len(x.conditions) - 1), nil
}

// expandPhrase returns the forms of a phrase whose words may end in ~.
func expandPhrase(p string) []string {
	all := []string{""}
	for w := range strings.FieldsSeq(p) {
		forms := []string{w}
		if stem, ok := strings.CutSuffix(w, "~"); ok {
			forms = inflections(stem)
		}
		var longer []string
		for _, a := range all {
			for _, f := range forms {
				longer = append(longer, strings.TrimSpace(a+" "+f))
			}
		}
		all = longer
	}
	return all
}

// insert adds the path of ws to the trie and lets phrase n end there.
func (x *lexicon) insert(ws []string, n int32, ids map[string]uint32) {
	at := uint32(0)
	for i, w := range ws {
		id, ok := ids[w]
		if !ok {
			id = uint32(len(ids) + 1)
			ids[w] = id
		}
		var next uint32
		if i == 0 {
			for int(id) >= len(x.root) {
				x.root = append(x.root, 0)
			}
			next = x.root[id]
		} else {
			next = x.edges.get(at, id)
		}
		if next == 0 {
			next = uint32(len(x.nodes))
			x.nodes = append(x.nodes, node{phrase: -1})
			if i == 0 {
				x.root[id] = next
			} else {
				x.edges.put(at, id, next)
				x.nodes[at].continues = true
			}
		}
		at = next
	}
	x.nodes[at].phrase = n
}

// match returns the phrase that begins at ids[i], the longest if there are several, or -1, and where to go on: phrases do
// not overlap, and of two that do the first counts.
func (x *lexicon) match(ids []uint32, i int) (phrase int32, next int) {
	id := ids[i]
	if id == 0 || int(id) >= len(x.root) {
		return -1, i + 1
	}
	n := x.root[id]
	if n == 0 {
		return -1, i + 1
	}
	phrase, next = x.nodes[n].phrase, i+1
	for j := i + 1; j < len(ids) && ids[j] != 0 && x.nodes[n].continues; j++ {
		if n = x.edges.get(n, ids[j]); n == 0 {
			break
		}
		if p := x.nodes[n].phrase; p >= 0 {
			phrase, next = p, j+1
		}
	}
	return phrase, next
}

// edgeTable maps (node, word) to the next node: open addressing, at most half full.
type edgeTable struct {
	keys   []uint64 // node<<32 | word; 0 is free, as the root's edges are elsewhere
	values []uint32
	n      int
}

func (t *edgeTable) slot(key uint64) int {
	mask := uint64(len(t.keys) - 1)
	i := key * 0x9E3779B97F4A7C15 >> 20 & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return int(i)
}

func (t *edgeTable) get(node, word uint32) uint32 {
	if t.n == 0 {
		return 0
	}
	return t.values[t.slot(uint64(node)<<32|uint64(word))]
}

func (t *edgeTable) put(node, word, to uint32) {
	if 2*(t.n+1) > len(t.keys) {
		old := *t
		size := max(64, 2*len(old.keys))
		t.keys, t.values = make([]uint64, size), make([]uint32, size)
		for i, k := range old.keys {
			if k != 0 {
				s := t.slot(k)
				t.keys[s], t.values[s] = k, old.values[i]
			}
		}
	}
	key := uint64(node)<<32 | uint64(word)
	s := t.slot(key)
	if t.keys[s] == 0 {
		t.n++
	}
	t.keys[s], t.values[s] = key, to
}

// vocabulary numbers the words that rules use, below 65,536 of them. Most words of a text are in no rule: a slot holds
// 16 bits of the word's hash above its number, and turns most of those away without a look at the word itself.
type vocabulary struct {
	slots []uint32 // 0: free
	words []string // by number
}

func newVocabulary(ids map[string]uint32) (vocabulary, error) {
	if len(ids) >= 1<<16 {
		return vocabulary{}, fmt.Errorf("the rules use %d different words, and %d are possible", len(ids), 1<<16-1)
	}
	size := 64
	for size < 3*len(ids) {
		size *= 2
	}
	v := vocabulary{slots: make([]uint32, size), words: make([]string, len(ids)+1)}
	for w, id := range ids {
		h := hashWord(w)
		i := int(h) & (size - 1)
		for v.slots[i] != 0 {
			i = (i + 1) & (size - 1)
		}
		v.slots[i], v.words[id] = uint32(h>>32)&^0xFFFF|id, w
	}
	return v, nil
}

// id returns the number of a word, 0 for a word of no rule.
func (v *vocabulary) id(w string) uint32 {
	h := hashWord(w)
	tag := uint32(h>>32) &^ 0xFFFF
	slots := v.slots
	mask := len(slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		s := slots[i]
		if s == 0 {
			return 0
		}
		if s&^0xFFFF == tag {
			if id := s & 0xFFFF; v.words[id] == w {
				return id
			}
		}
	}
}

// hashWord mixes eight bytes at a time with a 128-bit product (the scheme of wyhash). The words of rules are not
// chosen by an enemy, and words of texts only ever look up.
func hashWord(w string) uint64 {
	h := uint64(len(w)) * 0xa0761d6478bd642f
	for len(w) > 8 {
		h = mix(h^word64(w), 0xe7037ed1a0b428db)
		w = w[8:]
	}
	var tail uint64
	switch n := len(w); {
	case n >= 4: // the two halves may overlap
		tail = uint64(word32(w))<<32 | uint64(word32(w[n-4:]))
	case n > 0:
		tail = uint64(w[0])<<16 | uint64(w[n>>1])<<8 | uint64(w[n-1])
	}
	return mix(h^tail, 0x8ebc6af09c88c6e3)
}

func word32(w string) uint32 {
	return uint32(w[0]) | uint32(w[1])<<8 | uint32(w[2])<<16 | uint32(w[3])<<24
}

func word64(w string) uint64 {
	return uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
		uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
