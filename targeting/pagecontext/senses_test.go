package pagecontext

import (
	"strings"
	"testing"
)

func risksOf(c *Context) string {
	var out []string
	for i, r := range c.Risks {
		if r != RiskNone {
			out = append(out, SensitiveTopic(i).String())
		}
	}
	return strings.Join(out, " ")
}

// The words that naive lists get wrong, each in its harmless and in its harmful sense.
func TestWordSense(t *testing.T) {
	c := newTestClassifier(t)
	for _, k := range []struct{ title, text, section, risks string }{
		{"Late penalty as Rovers win shoot-out", "The striker stepped up to shoot and fired the decisive kick past the goalkeeper in the cup semi-final. His shot was the best of the match.", "sport", ""},
		{"Gunman opens fire in shopping centre", "Police said a gunman began to shoot at shoppers and three people were shot dead before officers arrested a suspect.", "crime", "crime death terrorism arms"},
		{"Director begins to shoot sequel in Prague", "The film's cast and crew arrived for a six-week shoot. The actor will star again in the movie.", "entertainment", ""},
		{"Sussex and Essex draw at Hove", "Sussex were bowled out for 212, and the Middlesex seamer took five wickets in the county championship.", "sport", ""},
		{"E-mail was the killer app of the internet", "The killer app for the next computers may be video, software developers say.", "technology", ""},
		{"Apple unveils cheaper laptop", "Apple said its new computer has a faster processor and that its software will run on older hardware.", "technology", ""},
		{"Apple pie the way my grandmother made it", "Peel the apples, roll the pastry and bake until golden. The recipe serves six; add cinnamon and butter.", "travel", ""},
		{"Rail workers strike over pay", "Thousands of workers will strike on Friday after pay talks with the company failed; unions say wages have not kept up with inflation.", "business", ""},
		{"Missile strike kills 12 in port city", "A missile strike on the port killed 12 people, and troops searched the rubble for survivors of the attack.", "world", "death"},
		{"Opener's strike rate worries selectors", "His strike rate in one-day internationals is below 70, but the batsman has two centuries and 12 wickets this season.", "sport", ""},
		{"Turkey and Greece resume talks in Ankara", "Turkey's foreign minister met diplomats in Ankara, and the two governments agreed to reopen embassies.", "world", ""},
		{"How to roast a turkey for Thanksgiving", "Take the turkey out of the fridge, preheat the oven, and make the stuffing and the gravy while it cooks.", "travel", ""},
		{"Price war breaks out among supermarkets", "The price war has hit profits and shares of the supermarket chains as sales growth slows, analysts said.", "business", ""},
		{"War breaks out on the border", "Troops crossed the border at dawn, artillery shelled villages and at least 30 soldiers were killed.", "world", "death"},
		{"Crash diet book tops best-seller list", "The author's novel and her diet book are both bestsellers; her publisher has ordered a reprint of the novel.", "entertainment", ""},
		// A longer phrase, the name of a storm or of a law, keeps what the words in it mean.
		{"Hurricane Fiona bears down on the islands", "Hurricane Fiona was forecast to reach the coast on Sunday.", "world", "death"},
		{"Bus crash kills nine on mountain road", "Nine people died and twenty were injured when a bus crashed into a ravine; rescuers recovered the bodies.", "", "death"},
		{"Drug maker wins approval for asthma treatment", "The drug company's shares rose after trials of the drug in patients with asthma; sales could reach $1bn, analysts said, and profits will grow.", "business", ""},
		{"Drug dealer jailed for heroin smuggling", "A drug dealer who smuggled heroin worth £2m was jailed for 12 years at the crown court after police raided his flat.", "crime", "drugs crime"},
		{"Striker blasts home late winner", "The striker exploded into life with a bullet header; the attack was deadly and the defence was shot to pieces.", "sport", ""},
		{"Duchess of Sussex opens theatre", "The actress met the cast of the musical and the playwright after the premiere in the West End.", "entertainment", ""},
		{"Worms are a gardener's best friend", "Compost, mulch and a little patience: gardening with worms makes the lawn and the houseplants thrive.", "", ""},
		{"Computer worm spreads by e-mail", "The worm infects Windows computers and sends spam to every address it finds, anti-virus firms warned users.", "technology", "spam"},
	} {
		got := c.Classify(&Input{URL: "https://paper.example/a", Title: k.title, Text: k.text})
		if s := BroadSection(got); k.section != "" && s != k.section {
			t.Errorf("%q: section %s, want %s", k.title, s, k.section)
		}
		risks := risksOf(got)
		if (risks == "") != (k.risks == "") {
			t.Errorf("%q: sensitive %q, want %q", k.title, risks, k.risks)
		}
		for r := range strings.FieldsSeq(risks) {
			if !strings.Contains(k.risks, r) {
				t.Errorf("%q: %s is not among %q", k.title, r, k.risks)
			}
		}
		for _, e := range got.Evidence {
			if e.Words == "" || e.Rule == "" || e.Where == "" || e.Score <= 0 {
				t.Errorf("%q: evidence %+v", k.title, e)
			}
			if !strings.Contains(strings.Join(append(append([]string(nil), got.TitleWords...), got.TextWords...), " "), e.Words) {
				t.Errorf("%q: the evidence %q is not on the page", k.title, e.Words)
			}
		}
		if (len(got.Topics) > 0 || risks != "") && len(got.Evidence) == 0 {
			t.Errorf("%q: no evidence", k.title)
		}
	}
}
