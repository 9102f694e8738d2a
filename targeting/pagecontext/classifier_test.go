package pagecontext

import (
	"fmt"
	"sync"
	"testing"
)

var shipped = sync.OnceValues(func() (*Classifier, error) { return NewClassifier(Options{}) })

func newTestClassifier(t testing.TB) *Classifier {
	t.Helper()
	c, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKnown(t *testing.T) {
	c := newTestClassifier(t)
	for _, k := range []struct {
		in    Input
		known bool
	}{
		{Input{URL: "https://paper.example/a"}, false},
		{Input{URL: "https://paper.example/a", Title: "Peace talks collapse in the night"}, true},
		{Input{URL: "https://paper.example/a", Text: "Peace talks collapsed in the night and the delegations left"}, true},
		{Input{URL: "https://paper.example/a", Title: "Мирные переговоры сорвались", Language: "ru"}, false},
		{Input{URL: "https://paper.example/a", Title: "استنبول میں امن مذاکرات ناکام"}, true},
	} {
		if got := c.Classify(&k.in); got.Known != k.known {
			t.Errorf("%q %q: known %v, want %v (language %q)", k.in.Title, k.in.Text, got.Known, k.known, got.Language)
		}
	}
}

// The bounds of the issue that do not depend on the machine.
func TestClassifyAllocates(t *testing.T) {
	c := newTestClassifier(t)
	in := Input{URL: "https://paper.example/world/story", Title: "Istanbul peace talks collapse", Text: longArticle(t, 20<<10)}
	c.Classify(&in)
	if n := testing.AllocsPerRun(50, func() { c.Classify(&in) }); n > 10+poolMisses {
		t.Errorf("%v allocations, and 10 are promised", n)
	}
}

// One classifier serves everybody, and gives everybody the same.
func TestClassifyAtOnce(t *testing.T) {
	c := newTestClassifier(t)
	articles := readArticles(t, "testdata/articles-1.txt")
	want := make([]string, len(articles))
	describe := func(a *testArticle) string {
		got := c.Classify(&a.Input)
		return fmt.Sprint(got.Topics, got.Risks, got.Evidence, BroadSection(got), got.Language)
	}
	for i := range articles {
		want[i] = describe(&articles[i])
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range articles {
				if got := describe(&articles[i]); got != want[i] {
					t.Errorf("%q came out differently", articles[i].Title)
				}
			}
		})
	}
	wg.Wait()
}

// Flags are the newsroom's: they pass through whatever the words say, and even where nothing is known.
func TestEditorialFlags(t *testing.T) {
	c := newTestClassifier(t)
	for _, in := range []Input{{URL: "https://paper.example/a", Sensitive: true, NoAds: true}, {URL: "https://paper.example/a", Title: "A walk in the hills", Sensitive: true, NoAds: true}} {
		if got := c.Classify(&in); !got.Sensitive || !got.NoAds {
			t.Errorf("%q: sensitive %v, no ads %v", in.Title, got.Sensitive, got.NoAds)
		}
	}
}
