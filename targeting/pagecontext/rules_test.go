package pagecontext

import (
	"strings"
	"testing"
	"testing/fstest"
)

func rulesFS(text string) fstest.MapFS {
	return fstest.MapFS{"house/own.rules": {Data: []byte(text)}, "house/notes.txt": {Data: []byte("not rules")}, ".git/x.rules": {Data: []byte("nor this")}}
}

func TestOwnRulesAddToThoseThatShip(t *testing.T) {
	c, err := NewClassifier(Options{Rules: rulesFS(`version 2026-11-01
language en
topic Snooker/Pool/Billiards > sport
3 baize artist~
sensitive crime medium
3 lathi charge~ | unless ludo
cue ludo
2 ludo board
neutral
killer ludo
`)})
	if err != nil {
		t.Fatal(err)
	}
	got := c.Classify(&Input{URL: "https://paper.example/a", Title: "Two baize artists and a lathi charge"})
	if len(got.Topics) != 1 || got.Topics[0].Name != "Snooker/Pool/Billiards" || risksOf(got) != "crime" || BroadSection(got) != "sport" {
		t.Errorf("topics %v, risks %q, section %s", got.Topics, risksOf(got), BroadSection(got))
	}
	found := false
	for _, e := range got.Evidence {
		if e.Words == "lathi charge" && e.Rule == "house/own.rules:6" && e.Where == "title" && e.Topic == "crime" {
			found = true
		}
	}
	if !found {
		t.Errorf("the evidence does not name the rule: %+v", got.Evidence)
	}
	if got := c.Classify(&Input{URL: "https://paper.example/a", Title: "A lathi charge on the ludo board"}); risksOf(got) != "" {
		t.Errorf("the condition does not hold back: %q", risksOf(got))
	}
	files := c.RuleFiles()
	if last := files[len(files)-1]; last.Name != "house/own.rules" || last.Version != "2026-11-01" {
		t.Errorf("rule files end with %+v", last)
	}
	for _, f := range files {
		if f.Version == "" {
			t.Errorf("%s has no version", f.Name)
		}
	}
}

func TestMistakesInRules(t *testing.T) {
	for _, k := range []struct{ text, want string }{
		{"topic Socer\n3 x", `house/own.rules:1: topic "Socer" is not in IAB Content Taxonomy 3.1, by name or id`},
		{"language xx", `house/own.rules:1: language "xx" is none of en, ur, ar, hi, de, fr, es, tr, fa`},
		{"version soon", `house/own.rules:1: version "soon" is not a date such as 2026-11-24`},
		{"3 x", `house/own.rules:1: a rule before any group: begin with topic, sensitive, section, cue or neutral`},
		{"section sport\n\nmany words", `house/own.rules:3: "many" is neither a group nor a weight between 0 and 10`},
		{"section sport\n3", `house/own.rules:2: no phrase`},
		{"section sport\n3 !!", `house/own.rules:2: phrase "!!" has no words`},
		{"section sports", `house/own.rules:1: section "sports" is none of other, politics`},
		{"sensitive war high", `house/own.rules:1: sensitive topic "war" is none of adult, arms`},
		{"sensitive death huge", `house/own.rules:1: risk "huge" is none of low, medium, high, floor`},
		{"section sport\n3 x | when y", `house/own.rules:2: condition "when y" is not: if NAME…, or: unless NAME…`},
		{"section sport\n3 x | if nowhere", `house/own.rules:2: "nowhere" is neither a section nor a cue of any rule file`},
		{"cue sport", `house/own.rules:1: cue "sport" is not one new word`},
		{"neutral now", `house/own.rules:1: unexpected "now" after neutral`},
	} {
		_, err := NewClassifier(Options{Rules: rulesFS(k.text)})
		if err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%q: %v, want %s", k.text, err, k.want)
		}
	}
	// All at once.
	_, err := NewClassifier(Options{Rules: rulesFS("topic Nope\nlanguage xx\n")})
	if err == nil || strings.Count(err.Error(), "house/own.rules:") != 2 {
		t.Errorf("not every mistake is told: %v", err)
	}
}

func TestTaxonomy(t *testing.T) {
	id, ok := TopicByName("soccer")
	if !ok || id != "533" {
		t.Fatalf("soccer is %q", id)
	}
	if got := strings.Join(Ancestors(id), " "); got != "533 483" {
		t.Errorf("its ancestors are %q", got)
	}
	if name, _ := TopicByID("483"); name != "Sports" {
		t.Errorf("483 is %q", name)
	}
	if n := len(TopicNames()); n != 704 {
		t.Errorf("%d topics, and the taxonomy has 704", n)
	}
	for _, topic := range iab().topics {
		if topic.parent < 0 && len(topic.ancestors) != 1 {
			t.Errorf("%s has no parent and the ancestors %v", topic.name, topic.ancestors)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add("language en\ntopic Sports > sport\n3 goal~, own goal | unless x\ncue x\n1 y\nneutral\nz\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, _, err := readRules(rulesFS(text), ".")
		if err != nil {
			return
		}
		if _, err := newLexicon(rules); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
