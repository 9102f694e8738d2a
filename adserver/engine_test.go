package adserver_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/reporting/event"
)

func TestPageIsServed(t *testing.T) {
	f := start(t, nil, nil, nil)
	a := f.serve(page("top", "end", "below"))
	if len(a.RequestID) != 26 || a.Config != f.engine.Revision() || a.PageToken == "" || len(a.Slots) != 3 {
		t.Fatalf("answer %+v", a)
	}
	top, end, below := a.Slots[0], a.Slots[1], a.Slots[2]
	if !top.Filled || top.LineItem != "skies" || top.Advertiser != "northwind" || top.Creative != "blue" || top.Type != "native" || top.Label != "Advertisement" {
		t.Errorf("top %+v", top)
	}
	if !strings.Contains(top.HTML, "Blue skies") || !strings.Contains(top.HTML, top.ClickURL) || strings.Contains(top.HTML, "northwind.example") {
		t.Errorf("the ad must link to its click URL alone: %s", top.HTML)
	}
	if !end.Filled || end.LineItem != "novels" {
		t.Errorf("the page shows a line item once: %+v", end)
	}
	if below.Filled || below.Reason != "no_candidate" {
		t.Errorf("below %+v", below)
	}
	for _, u := range []string{top.ImpressionURL, top.ViewableURL, top.ClickURL} {
		if token(u) != token(top.ImpressionURL) {
			t.Error("the kinds do not share one token")
		}
	}
	signer, err := beacon.NewSigner(f.keys)
	if err != nil {
		t.Fatal(err)
	}
	var p beacon.Payload
	if err := signer.Verify([]byte(token(top.ImpressionURL)), f.clock.now(), &p); err != nil {
		t.Fatal(err)
	}
	if adserver.RequestID(p.Request).String() != a.RequestID || p.Slot != 0 || p.LineItem != "skies" || p.ImpressionCharge != 3200 || p.Price != 3_200_000 {
		t.Errorf("payload %+v", p)
	}
}

func TestRequestEventsSayWhatReportsNeed(t *testing.T) {
	f := start(t, nil, nil, nil)
	a := f.serve(page("top", "below"))
	got := f.of(event.Request)
	if len(got) != 2 {
		t.Fatalf("%d request events for 2 slots", len(got))
	}
	// The journal does not promise an order between records that nobody waits for.
	slices.SortFunc(got, func(a, b event.Event) int { return int(a.Slot) - int(b.Slot) })
	for i, e := range got {
		if adserver.RequestID(e.Request).String() != a.RequestID || int(e.Slot) != i || e.Time != noon.UnixMicro() {
			t.Errorf("slot %d: %+v", i, e.ID)
		}
		if e.Site != "news" || e.Section != "world" || e.Device != "desktop" || e.OS != "linux" || e.Browser != "firefox" || e.Theme != "dark" || e.Revision != a.Config || e.Visitor == 0 {
			t.Errorf("slot %d: %+v", i, e)
		}
		if e.Page != "https://news.example/world/talks" || e.PageKey == 0 {
			t.Errorf("slot %d: the page is %q: personal parameters must not be kept", i, e.Page)
		}
		if e.Topics == "" || e.Sensitivity == "" {
			t.Errorf("slot %d: topics %q, sensitivity %q of a story about war", i, e.Topics, e.Sensitivity)
		}
	}
	if e := got[0]; e.Placement != "top" || e.Advertiser != "northwind" || e.Campaign != "winter" || e.LineItem != "skies" || e.Creative != "blue" || e.Type != "standard" ||
		e.Price != 3_200_000 || e.Charge != 0 || e.NoFill != "" {
		t.Errorf("filled %+v", e)
	}
	if e := got[1]; e.Placement != "below" || e.LineItem != "" || e.NoFill != "no_candidate" {
		t.Errorf("empty %+v", e)
	}
}

func TestEachKindCountsOnceAndChargesAsSold(t *testing.T) {
	f := start(t, nil, nil, nil)
	cases := []struct {
		item, advertiser, campaign string
		impression, click          int64
	}{
		{"skies", "northwind", "winter", 3200, 0},
		{"novels", "bookshop", "reading", 0, 250_000},
	}
	tokens := map[string]string{}
	for _, s := range f.serve(page("top", "end")).Slots {
		tokens[s.LineItem] = token(s.ImpressionURL)
	}
	for _, c := range cases {
		f.clock.advance(2 * time.Minute) // within a minute a visitor's second click is one too many
		for _, kind := range []event.Kind{event.Impression, event.Viewable, event.Click} {
			for n := range 10 {
				res := f.beacon(kind, tokens[c.item])
				if res.Err != nil || res.Counted != (n == 0) {
					t.Fatalf("%s %s, time %d: %+v", c.item, kind, n+1, res)
				}
			}
		}
		p := f.progress(c.advertiser, c.campaign, c.item)
		if p.Impressions != 1 || p.Viewable != 1 || p.Clicks != 1 || p.Spend != c.impression+c.click {
			t.Errorf("%s: progress %+v", c.item, p)
		}
	}
	valid := map[string]int64{}
	invalid := 0
	for _, e := range f.events() {
		switch {
		case e.Kind == event.Request:
		case e.Valid():
			valid[e.LineItem+" "+e.Kind.String()]++
			valid[e.LineItem] += e.Charge
		default:
			invalid++
			if e.Charge != 0 || e.Invalid != "replayed" {
				t.Errorf("a replay is recorded as %q with a charge of %d", e.Invalid, e.Charge)
			}
		}
	}
	for _, c := range cases {
		for _, kind := range []string{" impression", " viewable", " click"} {
			if valid[c.item+kind] != 1 {
				t.Errorf("%s%s is in the journal %d times", c.item, kind, valid[c.item+kind])
			}
		}
		if valid[c.item] != c.impression+c.click {
			t.Errorf("%s is charged %d micros", c.item, valid[c.item])
		}
	}
	if invalid != 2*3*9 {
		t.Errorf("%d replays are recorded of %d", invalid, 2*3*9)
	}
}

func TestPageTokenKeepsNoRepeat(t *testing.T) {
	f := start(t, nil, nil, nil)
	first := f.serve(page("top"))
	if first.Slots[0].LineItem != "skies" {
		t.Fatalf("the first slot shows %q", first.Slots[0].LineItem)
	}
	later := page("end")
	later.PageToken = []byte(first.PageToken)
	second := f.serve(later)
	if second.Slots[0].LineItem != "novels" {
		t.Errorf("a slot loaded later shows %q: the page has skies already", second.Slots[0].LineItem)
	}
	last := page("end")
	last.PageToken = []byte(second.PageToken)
	if s := f.serve(last).Slots[0]; s.Filled || s.Reason != "repeat" {
		t.Errorf("the page shows both already, and a third slot gets %+v", s)
	}
	// A forged page token, and one too old, begin a new page: the reader gets an ad.
	forged := page("end")
	forged.PageToken = append([]byte("x"), first.PageToken...)
	if s := f.serve(forged).Slots[0]; s.LineItem != "skies" {
		t.Errorf("with a forged page token: %+v", s)
	}
	f.clock.advance(5 * time.Hour)
	f.track.Tick(f.clock.now())
	old := page("end")
	old.PageToken = []byte(first.PageToken)
	if s := f.serve(old).Slots[0]; s.LineItem != "skies" {
		t.Errorf("with an expired page token: %+v", s)
	}
}

// TestSessionTokenBeginsAPage sends a page's token along as that of the page before: what it shows is no repeat on the new page, but it is still
// carried, for caps per session.
func TestSessionTokenBeginsAPage(t *testing.T) {
	f := start(t, nil, nil, nil)
	first := f.serve(page("top"))
	next := page("top")
	next.SessionToken = []byte(first.PageToken)
	second := f.serve(next)
	if second.Slots[0].LineItem != first.Slots[0].LineItem {
		t.Errorf("the second page shows %q; what the first showed is no repeat", second.Slots[0].LineItem)
	}
	signer, err := beacon.NewSigner(f.keys)
	if err != nil {
		t.Fatal(err)
	}
	var token beacon.PageToken
	if err := signer.VerifyPageToken([]byte(second.PageToken), f.clock.now(), &token); err != nil {
		t.Fatal(err)
	}
	if len(token.Items) != 2 || token.Earlier != 1 || token.Items[0] != token.Items[1] {
		t.Errorf("the second page's token carries %+v", token)
	}
	lazy := page("top")
	lazy.PageToken, lazy.SessionToken = []byte(second.PageToken), []byte(first.PageToken)
	if got := f.serve(lazy).Slots[0]; got.LineItem == first.Slots[0].LineItem {
		t.Errorf("a slot loaded later repeats %q", got.LineItem)
	}
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	f := start(t, nil, nil, nil)
	cases := []struct {
		name        string
		change      func(*adserver.Request)
		code, field string
	}{
		{"no site", func(r *adserver.Request) { r.Site = "" }, "missing_field", "site"},
		{"unknown site", func(r *adserver.Request) { r.Site = "gazette" }, "unknown_site", "site"},
		{"no slots", func(r *adserver.Request) { r.Slots = nil }, "missing_field", "slots"},
		{"unknown placement", func(r *adserver.Request) { r.Slots[1].Placement = "attic" }, "unknown_placement", "slots[1].placement"},
		{"placement of another site", func(r *adserver.Request) { r.Site = "other" }, "unknown_placement", "slots[1].placement"},
		{"slot id", func(r *adserver.Request) { r.Slots[0].ID = `"` }, "invalid_field", "slots[0].id"},
		{"slot id twice", func(r *adserver.Request) { r.Slots[1].ID = r.Slots[0].ID }, "duplicate_slot", "slots[1].id"},
		{"page elsewhere", func(r *adserver.Request) { r.Page.URL = []byte("https://elsewhere.example/") }, "foreign_page", "page.url"},
		{"no URL", func(r *adserver.Request) { r.Page.URL = []byte("::") }, "invalid_field", "page.url"},
	}
	for _, c := range cases {
		r := page("top", "end")
		c.change(r)
		_, err := f.engine.Serve(nil, r)
		var bad *adserver.RequestError
		if !errors.As(err, &bad) || bad.Code != c.code || bad.Field != c.field || bad.Message == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if n := len(f.of(event.Request)); n != 0 {
		t.Errorf("%d request events for requests that were refused", n)
	}
}

func TestNothingIsServedBeforeCountersAreRestored(t *testing.T) {
	e := adserver.New(adserver.Options{})
	if _, err := e.Serve(nil, page("top")); !errors.Is(err, adserver.ErrNotReady) || e.Ready() == nil {
		t.Errorf("without a catalog: %v", err)
	}
}

func ExampleRequestID_String() {
	fmt.Println(adserver.RequestID{0x01, 0x9a, 15: 1})
	// Output: 01K80000000000000000000001
}

// TestExplainKnowsThePageByItsAddress explains a page that a reader's page described before.
func TestExplainKnowsThePageByItsAddress(t *testing.T) {
	e, r := demoEngine(t), demoPage()
	bare := func() *adserver.Request {
		q := &adserver.Request{Site: "daily", As: adserver.As{Country: "PK"}}
		q.Page.URL = r.Page.URL
		q.AddSlot().ID, q.Slots[0].Placement = "masthead", "masthead"
		return q
	}
	x, err := e.Explain(bare())
	if err != nil || x.Page.Context.Known {
		t.Fatalf("an address alone: %v, known %v", err, x.Page.Context.Known)
	}
	if _, err := e.Serve(nil, r); err != nil {
		t.Fatal(err)
	}
	if x, err = e.Explain(bare()); err != nil || !x.Page.Context.Known || x.Page.Context.Title != string(r.Page.Title) {
		t.Errorf("after a reader was there: %v, %+v", err, x.Page.Context)
	}
	if len(x.Slots) != 1 || len(x.Slots[0]) != len(x.Catalog.LineItems) {
		t.Errorf("%d slots explained", len(x.Slots))
	}
}
