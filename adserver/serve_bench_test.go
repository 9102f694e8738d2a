package adserver_test

import (
	"testing"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// devNull is a journal whose cost is measured in its own room.
type devNull struct{}

func (devNull) Append([]byte) error     { return nil }
func (devNull) AppendSync([]byte) error { return nil }

func demoEngine(t testing.TB) *adserver.Engine {
	t.Helper()
	cat, _, problems := catalog.Load("../configs/demo")
	if cat == nil {
		t.Fatal(problems)
	}
	classifier, err := pagecontext.NewClassifier(pagecontext.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := pages.New(pages.Options{Classifier: classifier})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	visitors, err := visitor.NewResolver(visitor.Options{LoopbackCountry: "PK"})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := beacon.NewSigner([]beacon.Key{beacon.NewKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	track := delivery.New()
	e := adserver.New(adserver.Options{Pages: cache, Visitors: visitors, Delivery: track, Signer: signer, Seen: beacon.NewSeen(time.Hour), Journal: devNull{}})
	if err := e.Load(cat); err != nil {
		t.Fatal(err)
	}
	track.Tick(time.Now())
	e.SetReady()
	return e
}

func demoPage() *adserver.Request {
	r := &adserver.Request{Site: "daily", Theme: "light", VisitorID: "reader-1", As: adserver.As{Country: "PK"}}
	r.Page.URL, r.Page.Title = []byte("http://localhost/travel/istanbul-breakfast-and-ferries"), []byte("Breakfast in Istanbul, and the ferries between its two shores")
	r.Page.Section, r.Page.Language = []byte("travel"), []byte("en")
	r.Page.Text = []byte("The ferry leaves Karaköy at seven, and the tea is on the table before the gulls have noticed. Istanbul wakes in two continents at once, and breakfast takes most of the morning in either.")
	r.Client.UserAgent = []byte("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36")
	for _, p := range []string{"masthead", "story-end-1", "story-end-2", "below-comments"} {
		s := r.AddSlot()
		s.ID, s.Placement = p, p
	}
	return r
}

// BenchmarkServe is a page of four slots with the demo's catalog, its page in memory: everything but HTTP and the journal.
func BenchmarkServe(b *testing.B) {
	e, r := demoEngine(b), demoPage()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = e.Serve(dst[:0], r); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(dst)))
}
