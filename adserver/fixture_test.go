package adserver_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/journal/vfs"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// fixture is an engine on real parts: the catalog of testdata, a journal on a file system in memory, signed tokens.
type fixture struct {
	t       testing.TB
	engine  *adserver.Engine
	journal *journal.Journal
	disk    *vfs.Crash
	keys    []beacon.Key
	clock   *clock
	track   *delivery.Tracker
	seen    *beacon.Seen
	convs   *beacon.Conversions
}

// clock is an instant that tests move.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

func newClock() *clock {
	c := new(clock)
	c.nanos.Store(noon.UnixNano())
	return c
}

// start builds an engine on a disk and keys: those of an earlier fixture make it a restart.
func start(t testing.TB, disk *vfs.Crash, keys []beacon.Key, clk *clock, change ...func(*adserver.Options)) *fixture {
	t.Helper()
	if disk == nil {
		disk, keys, clk = vfs.NewCrash(), []beacon.Key{beacon.NewKey(1)}, newClock()
	}
	f := &fixture{t: t, disk: disk, keys: keys, clock: clk, track: delivery.New(), seen: beacon.NewSeen(4 * time.Hour)}
	cat, _, problems := catalog.LoadFS(os.DirFS("testdata/news"), "")
	if cat == nil {
		t.Fatal(problems)
	}
	classifier, err := pagecontext.NewClassifier(pagecontext.Options{Rules: os.DirFS("testdata/rules")})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := pages.New(pages.Options{Classifier: classifier, Now: clk.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	visitors, err := visitor.NewResolver(visitor.Options{Key: [16]byte{7}})
	if err != nil {
		t.Fatal(err)
	}
	if f.journal, _, err = journal.Open(journal.Options{FS: disk, Interval: time.Millisecond, Now: clk.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.journal.Close() }) // some tests close it themselves
	signer, err := beacon.NewSigner(keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.events() {
		if e.Kind.Billable() && e.Valid() {
			f.seen.Add(e.ID, e.Time/1e6)
		}
	}
	if f.convs, err = beacon.OpenConversions(journal.Options{FS: vfs.NewCrash(), Now: clk.now}, 30*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.convs.Close() })
	o := adserver.Options{
		Pages: cache, Visitors: visitors, Delivery: f.track, Signer: signer, Seen: f.seen, Journal: f.journal, Conversions: f.convs, Now: clk.now,
		DataCentres: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
	}
	for _, c := range change {
		c(&o)
	}
	f.engine = adserver.New(o)
	if err := f.engine.Load(cat); err != nil {
		t.Fatal(err)
	}
	f.engine.SetReady()
	return f
}

// events reads the journal back.
func (f *fixture) events() []event.Event {
	f.t.Helper()
	if err := f.journal.Sync(); err != nil {
		f.t.Fatal(err)
	}
	var out []event.Event
	err := f.journal.Reader(0).Read(func(_ uint64, rec []byte) error {
		var e event.Event
		if err := event.Decode(rec, &e, nil); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// of returns the journal's events of a kind.
func (f *fixture) of(kind event.Kind) []event.Event {
	f.t.Helper()
	var out []event.Event
	for _, e := range f.events() {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// answer is the v1 answer.
type answer struct {
	RequestID string `json:"request_id"`
	Config    string `json:"config"`
	PageToken string `json:"page_token"`
	Slots     []struct {
		ID            string `json:"id"`
		Filled        bool   `json:"filled"`
		Reason        string `json:"reason"`
		Advertiser    string `json:"advertiser"`
		LineItem      string `json:"line_item"`
		Creative      string `json:"creative"`
		Type          string `json:"type"`
		Label         string `json:"label"`
		HTML          string `json:"html"`
		ImpressionURL string `json:"impression_url"`
		ViewableURL   string `json:"viewable_url"`
		ClickURL      string `json:"click_url"`
	} `json:"slots"`
}

func reader() adserver.Client {
	return adserver.Client{UserAgent: []byte(firefox), IP: netip.MustParseAddr("203.0.113.9")}
}

// page asks for placements of a story.
func page(placements ...string) *adserver.Request {
	r := &adserver.Request{Site: "news", VisitorID: "reader-1", Theme: "dark", Client: reader()}
	r.Page = pages.Request{
		URL: []byte("https://news.example/world/talks?utm_source=x&session=secret"), Title: []byte("Peace talks collapse in Istanbul as armies mass at the border"),
		Section: []byte("world"), Language: []byte("en"), Text: []byte("Soldiers and missiles were moved to the front line. The war killed hundreds."),
	}
	for _, p := range placements {
		r.Slots = append(r.Slots, adserver.SlotRequest{ID: "slot-" + p, Placement: p})
	}
	return r
}

func (f *fixture) serve(r *adserver.Request) answer {
	f.t.Helper()
	b, err := f.engine.Serve(nil, r)
	if err != nil {
		f.t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		f.t.Fatalf("the answer is no JSON: %v\n%s", err, b)
	}
	return a
}

// token is what an event URL carries.
func token(url string) string { return url[len("/v1/i/"):] }

// beacon reports an event as a reader's browser does.
func (f *fixture) beacon(kind event.Kind, token string) adserver.BeaconResult {
	c := reader()
	return f.engine.Beacon(kind, token, &c)
}

// progress is a line item's delivery.
func (f *fixture) progress(advertiser, campaign, lineItem string) delivery.Progress {
	f.t.Helper()
	s := f.engine.Snapshot()
	ord, ok := s.Catalog.LineItem(catalog.LineItemKey{Advertiser: advertiser, Campaign: campaign, LineItem: lineItem})
	if !ok {
		f.t.Fatalf("no line item %s", lineItem)
	}
	return s.Delivery.Progress(ord)
}
