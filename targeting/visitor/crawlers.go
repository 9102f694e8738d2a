package visitor

import (
	"bytes"
	_ "embed" // the list of crawlers
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/valyala/fastjson"
)

//go:embed data/crawler-user-agents.json
var crawlerList []byte

// The classes of bots beyond the tags of the list of crawlers.
const (
	botCrawler = "crawler" // calls itself one, but is not on the list
	botTool    = "tool"    // a program: no user agent at all, or a browser without a screen
)

// classOrder is which of a crawler's tags names its class: what it does to a site first, how it is built last.
var classOrder = [...]string{
	"search-engine", "ai-crawler", "social-preview", "advertising", "seo", "monitoring", "scanner", "archiver",
	"feed-reader", "academic", "browser-automation", "http-library",
}

// crawlers recognises the user agents of programs. The list's patterns are regular expressions, but nearly all
// of them are plain strings or a few alternatives: those run in one automaton. The rest is looked at when
// a string they must contain was seen.
type crawlers struct {
	literals *automaton
	hits     []crawlerHit // by literal
}

type crawlerHit struct {
	class      string
	length     int
	start, end bool           // the literal counts at the start, or the end, of the text alone
	confirm    *regexp.Regexp // the whole pattern, where the literal is only a part of it
}

func newCrawlers(list []byte) (*crawlers, error) {
	v, err := fastjson.ParseBytes(list)
	if err != nil {
		return nil, fmt.Errorf("read crawler list: %w", err)
	}
	var c crawlers
	var literals []string
	for _, entry := range v.GetArray() {
		pattern := string(entry.GetStringBytes("pattern"))
		hit := crawlerHit{class: crawlerClass(entry.GetArray("tags"))}
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return nil, fmt.Errorf("read crawler list: pattern %q: %w", pattern, err)
		}
		alternatives, ok := expand(re)
		if !ok {
			if hit.confirm, err = regexp.Compile(pattern); err != nil {
				return nil, fmt.Errorf("read crawler list: pattern %q: %w", pattern, err)
			}
			must := longestLiteral(re)
			if must == "" {
				return nil, fmt.Errorf("read crawler list: pattern %q: contains no plain text to look for", pattern)
			}
			alternatives = []anchored{{text: must}}
		}
		for _, a := range alternatives {
			if a.text == "" {
				return nil, fmt.Errorf("read crawler list: pattern %q: matches everything", pattern)
			}
			literals = append(literals, a.text)
			hit.length, hit.start, hit.end = len(a.text), a.start, a.end
			c.hits = append(c.hits, hit)
		}
	}
	c.literals = newAutomaton(literals)
	return &c, nil
}

func crawlerClass(tags []*fastjson.Value) string {
	best := len(classOrder)
	for _, t := range tags {
		if i := slices.Index(classOrder[:], string(t.GetStringBytes())); i >= 0 && i < best {
			best = i
		}
	}
	if best == len(classOrder) {
		return botCrawler
	}
	return classOrder[best]
}

// class returns the class of the program with this user agent, or "" for what is on no list and does not call
// itself a program.
func (c *crawlers) class(ua []byte) string {
	class := ""
	c.literals.each(ua, func(literal int32, end int) bool {
		h := &c.hits[literal]
		if h.start && end != h.length || h.end && end != len(ua) || h.confirm != nil && !h.confirm.Match(ua) {
			return true
		}
		class = h.class
		return false
	})
	if class == "" && namesItselfBot(ua) {
		class = botCrawler
	}
	return class
}

// namesItselfBot tells agents that say what they are: "…bot/1.0", "…Crawler", an address to read about
// them. Cubot is a maker of phones.
func namesItselfBot(ua []byte) bool {
	if bytes.Contains(ua, []byte("http://")) || bytes.Contains(ua, []byte("https://")) {
		return true
	}
	for i := 0; i+3 <= len(ua); i++ {
		switch ua[i] | 0x20 {
		case 'b':
			if hasFold(ua[i:], "bot") && (i+3 == len(ua) || !isLetter(ua[i+3])) && (i < 2 || !hasFold(ua[i-2:], "cubot")) {
				return true
			}
		case 'c':
			if hasFold(ua[i:], "crawler") {
				return true
			}
		case 's':
			if hasFold(ua[i:], "spider") {
				return true
			}
		}
	}
	return false
}

// hasFold reports whether b begins with the lower-case ASCII string s, whatever its case.
func hasFold(b []byte, s string) bool {
	if len(b) < len(s) {
		return false
	}
	for i := range len(s) {
		if b[i]|0x20 != s[i] {
			return false
		}
	}
	return true
}

func isLetter(b byte) bool { b |= 0x20; return 'a' <= b && b <= 'z' }

// anchored is one string of a finite pattern.
type anchored struct {
	text       string
	start, end bool
}

// maxAlternatives bounds how many strings a pattern is expanded to.
const maxAlternatives = 32

// expand lists the strings that a pattern matches, if they are few.
func expand(re *syntax.Regexp) ([]anchored, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []anchored{{}}, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		return []anchored{{text: string(re.Rune)}}, true
	case syntax.OpBeginText:
		return []anchored{{start: true}}, true
	case syntax.OpEndText:
		return []anchored{{end: true}}, true
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpCharClass:
		var all []anchored
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if all = append(all, anchored{text: string(r)}); len(all) > maxAlternatives {
					return nil, false
				}
			}
		}
		return all, true
	case syntax.OpAlternate:
		var all []anchored
		for _, s := range re.Sub {
			one, ok := expand(s)
			if !ok {
				return nil, false
			}
			all = append(all, one...)
		}
		return all, len(all) <= maxAlternatives
	case syntax.OpConcat:
		all := []anchored{{}}
		for _, s := range re.Sub {
			one, ok := expand(s)
			if !ok || len(all)*len(one) > maxAlternatives {
				return nil, false
			}
			var longer []anchored
			for _, a := range all {
				for _, b := range one {
					if b.start && a.text != "" || a.end && b.text != "" {
						return nil, false // an anchor in the middle: leave it to the real engine
					}
					longer = append(longer, anchored{a.text + b.text, a.start || b.start, a.end || b.end})
				}
			}
			all = longer
		}
		return all, true
	}
	return nil, false
}

// longestLiteral returns the longest plain string that every match contains.
func longestLiteral(re *syntax.Regexp) string {
	best := ""
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			best = string(re.Rune)
		}
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, s := range re.Sub {
			if l := longestLiteral(s); len(l) > len(best) {
				best = strings.Clone(l)
			}
		}
	}
	return best
}
