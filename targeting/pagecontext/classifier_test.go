package pagecontext

import (
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
