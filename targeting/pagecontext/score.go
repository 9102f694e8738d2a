package pagecontext

import "slices"

// region is the part of a page that a phrase was found in.
type region uint8

const (
	inTitle region = iota
	inKeywords
	inSection
	inDescription
	inLead
	inText
	numRegions = iota
)

var regionNames = [numRegions]string{"title", "keywords", "section", "description", "text", "text"}

// regionWeights is what one mention counts in each region. A title says what a story is about, in ten words; a
// body mentions much that the story is not about. The body's weight falls with its length besides: see
// [Classifier.score]. Chosen on headlines of the development set and on stories written for the purpose.
var regionWeights = [numRegions]float32{3, 2, 2, 1.5, 1.2, 1}

// sectionPriors weigh the sections against each other where a story is in more than one. Politics of war is politics, the
// lawsuit of a company is business, the doping case is sport: papers file those with the first.
var sectionPriors = [numSections]float32{
	SectionPolitics: 1, SectionBusiness: 1, SectionSport: 1, SectionTechnology: 1, SectionEntertainment: 1,
	SectionHealth: .7, SectionScience: .7, SectionTravel: .7, SectionWorld: .65, SectionCrime: .65,
}

// roots is the square root of a number of mentions: the tenth adds less than the second.
var roots = [...]float32{0, 1, 1.414, 1.732, 2, 2.236, 2.449, 2.646, 2.828, 3, 3.162, 3.317, 3.464, 3.606, 3.742, 3.873, 4}

const (
	leadWords = 90 // the first paragraphs, where newspapers put what matters
	// bodyHalf is the length of body, in words, at which a mention there counts half.
	bodyHalf = 250

	topicScore   = 4    // at least this makes a topic,
	topicShare   = 0.18 // and this part of the strongest topic's score: what a story mentions, it is not about
	topicScale   = 4    // a topic of this score has confidence 0.5
	maxTopics    = 10
	riskScore    = 3.0 // at least this makes a risk, of all rules at that level or above
	cuePresent   = 2.0
	sectionShare = 0.34 // a section is present for conditions when it has this share of all sections' scores
	sectionScore = 3.0
	evidenceEach = 3
)

// scratch is what one classification needs and leaves nothing in. Its slices are as long as the lexicon is
// wide; only what was touched is cleared.
type scratch struct {
	words      []string
	ids        []uint32
	counts     [][numRegions]uint8 // by phrase
	touched    []int32             // phrases with counts
	scores     []float32           // by group
	outs       []int16             // by group: 1 + index of the result, 0 for none
	contribs   []contribution
	conditions []bool // by condition: whether it holds
	results    []result
}

// contribution is what one rule made of one phrase on this page.
type contribution struct {
	effect int32
	phrase int32
	score  float32
	region region
}

// result is a topic or a risk that came out, with the contributions that weigh most.
type result struct {
	group uint16
	score float32
	best  [evidenceEach]int32 // 1 + index in contribs, 0 for none
}

func (s *scratch) reset() {
	for _, p := range s.touched {
		s.counts[p] = [numRegions]uint8{}
	}
	clear(s.scores)
	clear(s.outs)
	clear(s.words[:cap(s.words)]) // strings of the last page
	s.touched, s.contribs, s.results = s.touched[:0], s.contribs[:0], s.results[:0]
}

// scan counts the phrases of one part of a page.
func (c *Classifier) scan(s *scratch, ws []string, where region) {
	if cap(s.ids) < len(ws) {
		s.ids = make([]uint32, len(ws)+len(ws)/4)
	}
	ids := s.ids[:len(ws)]
	vocabulary := &c.lexicon.vocabulary
	for i, w := range ws {
		ids[i] = vocabulary.id(w)
	}
	for at := 0; at < len(ids); {
		p, next := c.lexicon.match(ids, at)
		at = next
		if p < 0 {
			continue
		}
		n := &s.counts[p]
		if *n == ([numRegions]uint8{}) {
			s.touched = append(s.touched, p)
		}
		if int(n[where]) < len(roots)-1 {
			n[where]++
		}
	}
}

// score adds up what the phrases found mean: first the rules without conditions, which decide what is present, then
// those with.
func (c *Classifier) score(s *scratch, language uint8, bodyWords int) {
	x := c.lexicon
	weights := regionWeights
	weights[inText] *= bodyHalf / (bodyHalf + float32(bodyWords))
	if cap(s.conditions) < len(x.conditions) {
		s.conditions = make([]bool, len(x.conditions))
	}
	s.conditions = s.conditions[:len(x.conditions)]
	c.apply(s, language, &weights, false)
	// Conditions look at what was certain, not at each other.
	total := float32(0)
	for i := range numSections {
		total += s.scores[x.sections0+i]
	}
	for i := range x.conditions {
		s.conditions[i] = c.holds(s, &x.conditions[i], total)
	}
	c.apply(s, language, &weights, true)
}

// apply adds up the rules with, or without, conditions.
func (c *Classifier) apply(s *scratch, language uint8, weights *[numRegions]float32, conditional bool) {
	x := c.lexicon
	for _, p := range s.touched {
		ph := &x.phrases[p]
		mentions, where := float32(-1), inText
		for e := ph.from; e < ph.to; e++ {
			ef := &x.effects[e]
			if ef.condition >= 0 != conditional || conditional && !s.conditions[ef.condition] ||
				ef.language != anyLanguage && language != anyLanguage && ef.language != language {
				continue
			}
			if mentions < 0 {
				mentions, where = weigh(&s.counts[p], weights)
			}
			score := mentions * ef.weight
			s.scores[ef.group] += score
			if ef.section != SectionOther {
				s.scores[x.sections0+int(ef.section)] += score
			}
			s.contribs = append(s.contribs, contribution{effect: e, phrase: p, score: score, region: where})
		}
	}
}

func weigh(n *[numRegions]uint8, weights *[numRegions]float32) (mentions float32, where region) {
	best := float32(-1)
	for r, k := range n {
		if k > 0 {
			m := weights[r] * roots[k]
			mentions += m
			if m > best {
				best, where = m, region(r)
			}
		}
	}
	return mentions, where
}

func (c *Classifier) holds(s *scratch, k *condition, total float32) bool {
	present := func(g uint16) bool { return c.present(s, g, total) }
	return (len(k.only) == 0 || slices.ContainsFunc(k.only, present)) && !slices.ContainsFunc(k.bars, present)
}

func (c *Classifier) present(s *scratch, g uint16, total float32) bool {
	if c.lexicon.groups[g].kind == sectionGroup {
		return s.scores[g] >= sectionScore && s.scores[g] >= sectionShare*total
	}
	return s.scores[g] >= cuePresent
}

// conclude turns scores into the context's topics, risks, section and evidence.
func (c *Classifier) conclude(s *scratch, ctx *Context) {
	x := c.lexicon
	for g := range x.sensitive0 {
		if s.scores[g] >= topicScore {
			s.results = append(s.results, result{group: uint16(g), score: s.scores[g]})
		}
	}
	slices.SortStableFunc(s.results, func(a, b result) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(a.group) - int(b.group)
	})
	s.results = s.results[:min(len(s.results), maxTopics)]
	for len(s.results) > 0 && s.results[len(s.results)-1].score < topicShare*s.results[0].score {
		s.results = s.results[:len(s.results)-1]
	}
	if len(s.results) > 0 {
		ctx.Topics = make([]Topic, len(s.results))
		for i, r := range s.results {
			t := &iab().topics[x.groups[r.group].topic]
			ctx.Topics[i] = Topic{ID: t.id, Name: t.name, Confidence: r.score / (r.score + topicScale)}
		}
	}
	for t := range NumSensitiveTopics {
		at := x.sensitive0 + t*riskLevels
		sum := float32(0)
		for r := RiskFloor; r >= RiskLow; r-- {
			sum += s.scores[at+int(r)-1]
			if sum >= riskScore {
				ctx.Risks[t] = r
				// All levels together explain the topic.
				n := int16(len(s.results) + 1)
				for l := range riskLevels {
					s.outs[at+l] = n
				}
				s.results = append(s.results, result{group: uint16(at)})
				break
			}
		}
	}
	best := float32(sectionScore)
	for i := range numSections {
		if v := s.scores[x.sections0+i] * sectionPriors[i]; v >= best && i != int(SectionOther) {
			best, ctx.broad = v, Section(i)
		}
	}
	c.explain(s, ctx)
}

// explain lists the heaviest contributions of each result.
func (c *Classifier) explain(s *scratch, ctx *Context) {
	x := c.lexicon
	for i, r := range s.results {
		s.outs[r.group] = int16(i + 1)
	}
	n := 0
	for i := range s.contribs {
		out := s.outs[x.effects[s.contribs[i].effect].group]
		if out == 0 {
			continue
		}
		best := &s.results[out-1].best
		if best[evidenceEach-1] == 0 {
			n++
		}
		at := int32(i + 1)
		for k := range best {
			if best[k] == 0 || s.contribs[at-1].score > s.contribs[best[k]-1].score {
				best[k], at = at, best[k]
				if at == 0 {
					break
				}
			}
		}
	}
	if n == 0 {
		return
	}
	ctx.Evidence = make([]Evidence, 0, n)
	for _, r := range s.results {
		g := &x.groups[r.group]
		key := iab().topics[g.topic].id
		if g.kind == sensitiveGroup {
			key = sensitiveKeys[g.topic]
		}
		for _, at := range r.best {
			if at == 0 {
				break
			}
			k := &s.contribs[at-1]
			ctx.Evidence = append(ctx.Evidence, Evidence{
				Topic: key, Words: x.phrases[k.phrase].text, Where: regionNames[k.region], Rule: x.effects[k.effect].where, Score: k.score,
			})
		}
	}
}
