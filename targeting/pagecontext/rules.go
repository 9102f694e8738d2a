package pagecontext

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A rule file is lines of text; # begins a comment. A line that begins with a word opens a group, and the rules
// below it count for that group:
//
//	version 2026-11-24              when the file was last changed: shown with what it decided
//	language en                     the rules of this file count on pages in this language
//	topic Soccer > sport            an IAB topic by name or id, and the broad section it speaks for
//	sensitive terrorism high        a sensitive topic at a risk
//	section politics                a broad section alone
//	cue kitchen                     a sense: nothing but a name for conditions
//	neutral                         phrases that mean nothing, so that the words in them do not either
//	3 phrase, another phrase        a weight (3 decisive, 2 strong, 1 supporting) and its phrases
//	2 turkey | if kitchen           counts only where the cue or section is present
//	2 shoot~ | unless sport cinema  counts only where none of them is
//
// word~ stands for its English inflections. In a neutral group lines have no weight. Where phrases overlap, the one that begins first
// counts, and of two that begin together the longer: "killer app" is no killer.

// groupKind is what a group of rules speaks for.
type groupKind uint8

const (
	topicGroup groupKind = iota
	sensitiveGroup
	sectionGroup
	cueGroup
	neutralGroup
)

// rule is one line of a rule file.
type rule struct {
	where      string // file:line
	language   string
	kind       groupKind
	topic      int // of a topicGroup: index in the taxonomy; of a sensitiveGroup: the [SensitiveTopic]
	risk       Risk
	section    Section // what the group speaks for besides; [SectionOther] for nothing
	cue        string
	weight     float32
	phrases    []string
	only, bars []string // cues and sections of the conditions
}

// RuleError is a line of a rule file that cannot be used.
type RuleError struct {
	Where string // file:line
	What  string
}

// Error returns file:line: what.
func (e *RuleError) Error() string { return e.Where + ": " + e.What }

// RuleFile is a file of rules in force.
type RuleFile struct {
	Name    string // as in [Evidence.Rule]
	Version string // its date, "" if it has none
}

// readRules reads all rule files under root, in the order of their names, and reports every mistake.
func readRules(fsys fs.FS, root string) ([]rule, []RuleFile, error) {
	var rules []rule
	var files []RuleFile
	var problems []error
	err := fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || !strings.HasSuffix(name, ".rules") {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		p := ruleParser{file: strings.TrimPrefix(name, root+"/")}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			if err := p.line(n, line); err != nil {
				problems = append(problems, err)
			}
		}
		rules = append(rules, p.rules...)
		files = append(files, RuleFile{Name: p.file, Version: p.version})
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read rules: %w", err)
	}
	return rules, files, errors.Join(problems...)
}

type ruleParser struct {
	file  string
	open  bool
	group rule // the fields that its rules share
	rules []rule

	version string // "" for a file that has none
}

func (p *ruleParser) line(n int, line string) error {
	line, _, _ = strings.Cut(line, "#")
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	where := p.file + ":" + strconv.Itoa(n)
	fail := func(format string, args ...any) error { return &RuleError{where, fmt.Sprintf(format, args...)} }
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	lang := p.group.language
	switch word {
	case "version":
		if _, err := time.Parse(time.DateOnly, rest); err != nil {
			return fail("version %q is not a date such as 2026-11-24", rest)
		}
		p.version = rest
		return nil
	case "language":
		p.group.language = rest
		if !slices.Contains(languages[:], rest) {
			return fail("language %q is none of %s", rest, strings.Join(languages[:], ", "))
		}
		return nil
	case "topic":
		p.open = false
		name, section, has := strings.Cut(rest, ">")
		name = strings.TrimSpace(name)
		i, ok := iab().byID[name]
		if !ok {
			if i, ok = iab().byName[nameKey(name)]; !ok {
				return fail("topic %q is not in IAB Content Taxonomy 3.1, by name or id", name)
			}
		}
		p.group, p.open = rule{language: lang, kind: topicGroup, topic: i, section: SectionOther}, true
		if has {
			return p.setSection(where, section)
		}
		return nil
	case "sensitive":
		p.open = false
		what, section, has := strings.Cut(rest, ">")
		key, risk, _ := strings.Cut(strings.TrimSpace(what), " ")
		t := slices.Index(sensitiveKeys[:], key)
		r := slices.Index(riskNames[:], strings.TrimSpace(risk))
		if t < 0 {
			return fail("sensitive topic %q is none of %s", key, strings.Join(sensitiveKeys[:], ", "))
		}
		if r < int(RiskLow) {
			return fail("risk %q is none of %s", strings.TrimSpace(risk), strings.Join(riskNames[1:], ", "))
		}
		p.group, p.open = rule{language: lang, kind: sensitiveGroup, topic: t, risk: Risk(r), section: SectionOther}, true
		if has {
			return p.setSection(where, section)
		}
		return nil
	case "section":
		p.group, p.open = rule{language: lang, kind: sectionGroup, section: SectionOther}, true
		return p.setSection(where, rest)
	case "cue":
		if _, clash := ParseSection(rest); rest == "" || clash || strings.ContainsAny(rest, " |,") {
			return fail("cue %q is not one new word", rest)
		}
		p.group, p.open = rule{language: lang, kind: cueGroup, cue: rest, section: SectionOther}, true
		return nil
	case "neutral":
		if rest != "" {
			return fail("unexpected %q after neutral", rest)
		}
		p.group, p.open = rule{language: lang, kind: neutralGroup, section: SectionOther}, true
		return nil
	}
	if !p.open {
		return fail("a rule before any group: begin with topic, sensitive, section, cue or neutral")
	}
	r := p.group
	r.where = where
	body := line
	if r.kind != neutralGroup {
		w, err := strconv.ParseFloat(word, 32)
		if err != nil || w <= 0 || w > 10 {
			return fail("%q is neither a group nor a weight between 0 and 10", word)
		}
		r.weight, body = float32(w), rest
	}
	parts := strings.Split(body, "|")
	for phrase := range strings.SplitSeq(parts[0], ",") {
		if phrase = strings.TrimSpace(phrase); phrase != "" {
			r.phrases = append(r.phrases, phrase)
		}
	}
	if len(r.phrases) == 0 {
		return fail("no phrase")
	}
	for _, cond := range parts[1:] {
		names := strings.Fields(cond)
		switch {
		case len(names) > 1 && names[0] == "if":
			r.only = append(r.only, names[1:]...)
		case len(names) > 1 && names[0] == "unless":
			r.bars = append(r.bars, names[1:]...)
		default:
			return fail("condition %q is not: if NAME…, or: unless NAME…", strings.TrimSpace(cond))
		}
	}
	p.rules = append(p.rules, r)
	return nil
}

func (p *ruleParser) setSection(where, name string) error {
	s, ok := ParseSection(strings.TrimSpace(name))
	if !ok {
		p.open = false
		return &RuleError{where, fmt.Sprintf("section %q is none of %s", strings.TrimSpace(name), strings.Join(sectionNames[:], ", "))}
	}
	p.group.section = s
	return nil
}

// inflections returns the forms that word~ stands for: word itself, plural or third person, past, gerund. Forms
// that do not exist do no harm, as nobody writes them; irregular ones are listed in the rules.
func inflections(w string) []string {
	if len(w) < 3 {
		return []string{w, w + "s"}
	}
	last, before := w[len(w)-1], w[len(w)-2]
	stem := w[:len(w)-1]
	switch {
	case last == 'e':
		return []string{w, w + "s", w + "d", stem + "ing"}
	case last == 'y' && !strings.ContainsRune("aeiou", rune(before)):
		return []string{w, stem + "ies", stem + "ied", w + "ing"}
	case last == 's' || last == 'x' || last == 'z' || last == 'h' && (before == 'c' || before == 's'):
		return []string{w, w + "es", w + "ed", w + "ing"}
	}
	forms := []string{w, w + "s", w + "ed", w + "ing"}
	if strings.IndexByte("bdgklmnprt", last) >= 0 && strings.IndexByte("aeiou", before) >= 0 && strings.IndexByte("aeiou", w[len(w)-3]) < 0 {
		forms = append(forms, w+string(last)+"ed", w+string(last)+"ing")
	}
	return forms
}
