package visitor

import (
	"testing"

	"github.com/valyala/fastjson"
)

// TestEverySampleCrawler holds the list against its own samples.
func TestEverySampleCrawler(t *testing.T) {
	r, err := NewResolver(Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := fastjson.MustParseBytes(crawlerList)
	samples := 0
	for _, entry := range v.GetArray() {
		for _, s := range entry.GetArray("instances") {
			samples++
			var got Visitor
			r.Resolve(&got, &Input{UserAgent: s.GetStringBytes()})
			if got.Bot == "" {
				t.Errorf("%q is taken for a person, pattern %s", s.GetStringBytes(), entry.Get("pattern"))
			}
		}
	}
	if samples != 2118 {
		t.Errorf("%d samples, want 2118", samples)
	}
}
