package pagecontext

import (
	"os"
	"strings"
	"testing"
)

type testArticle struct {
	section   string
	sensitive []string
	Input
}

// readArticles reads a file of stories: "== section sensitive…", the title, the text.
func readArticles(tb testing.TB, name string) []testArticle {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	var out []testArticle
	for i, part := range strings.Split("\n"+string(b), "\n== ") {
		if i == 0 {
			continue // the comment at the top
		}
		head, rest, _ := strings.Cut(part, "\n")
		title, text, ok := strings.Cut(rest, "\n")
		f := strings.Fields(head)
		if !ok || len(f) < 2 {
			tb.Fatalf("%s: story %d has no head, title or text", name, i)
		}
		a := testArticle{section: f[0], Input: Input{URL: "https://paper.example/a", Title: title, Text: text}}
		if f[1] != "safe" {
			a.sensitive = f[1:]
		}
		out = append(out, a)
	}
	return out
}

// Stories in the manner of agencies: every one must come out in its section, and as sensitive as it is.
func TestArticles(t *testing.T) {
	c := newTestClassifier(t)
	for _, name := range []string{"testdata/articles-1.txt", "testdata/articles-2.txt"} {
		articles := readArticles(t, name)
		if len(articles) < 30 {
			t.Fatalf("%s holds %d stories", name, len(articles))
		}
		for _, a := range articles {
			got := c.Classify(&a.Input)
			if s := BroadSection(got); s != a.section {
				t.Errorf("%q: section %s, want %s", a.Title, s, a.section)
			}
			if got.Language != "en" || !got.Known {
				t.Errorf("%q: language %q, known %v", a.Title, got.Language, got.Known)
			}
			var risks []string
			for i, r := range got.Risks {
				if r != RiskNone {
					risks = append(risks, SensitiveTopic(i).String())
				}
			}
			if len(risks) > 0 != (len(a.sensitive) > 0) {
				t.Errorf("%q: sensitive %v, want %v", a.Title, risks, a.sensitive)
			}
			for _, want := range a.sensitive {
				if !strings.Contains(strings.Join(risks, " "), want) {
					t.Errorf("%q: %s is not among %v", a.Title, want, risks)
				}
			}
			if len(got.Topics) == 0 && len(risks) == 0 {
				t.Errorf("%q: nothing was found", a.Title)
			}
			for _, topic := range got.Topics {
				if topic.Confidence <= 0 || topic.Confidence >= 1 {
					t.Errorf("%q: confidence %v", a.Title, topic.Confidence)
				}
			}
		}
	}
}
