package adserver_test

import (
	"errors"
	"net/netip"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal/vfs"
)

func TestConcurrentReplaysCountOnce(t *testing.T) {
	f := start(t, nil, nil, nil)
	tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
	var counted atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			res := f.beacon(event.Impression, tok)
			if res.Err != nil {
				t.Error(res.Err)
			}
			if res.Counted {
				counted.Add(1)
			}
		})
	}
	wg.Wait()
	if counted.Load() != 1 || f.progress("northwind", "winter", "skies").Impressions != 1 {
		t.Errorf("counted %d times, delivered %d", counted.Load(), f.progress("northwind", "winter", "skies").Impressions)
	}
}

func TestRestartCountsNothingAgain(t *testing.T) {
	f := start(t, nil, nil, nil)
	tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
	if res := f.beacon(event.Impression, tok); !res.Counted {
		t.Fatalf("%+v", res)
	}
	// The power goes: what was acknowledged is on disk.
	g := start(t, f.disk.AfterCut(vfs.Lose), f.keys, f.clock)
	if res := g.beacon(event.Impression, tok); res.Err != nil || res.Counted {
		t.Errorf("after a restart the replay: %+v", res)
	}
	if res := g.beacon(event.Viewable, tok); !res.Counted {
		t.Errorf("after a restart the next kind: %+v", res)
	}
}

func TestTokensThatAreNotOurs(t *testing.T) {
	f := start(t, nil, nil, nil)
	good := token(f.serve(page("top")).Slots[0].ImpressionURL)
	tampered := []byte(good)
	tampered[len(tampered)/2] ^= 1
	other, err := beacon.NewSigner([]beacon.Key{beacon.NewKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	forged := string(other.AppendToken(nil, &beacon.Payload{Expires: noon.Add(time.Hour).Unix(), Site: "news", Advertiser: "northwind"}))
	for name, tok := range map[string]string{"tampered": string(tampered), "cut": good[:len(good)-4], "forged": forged, "empty": "", "noise": "%%%"} {
		for _, kind := range []event.Kind{event.Impression, event.Viewable, event.Click} {
			if res := f.beacon(kind, tok); !errors.Is(res.Err, adserver.ErrBadToken) || res.Destination != "" || res.Counted {
				t.Errorf("%s %s: %+v", name, kind, res)
			}
		}
	}
	if n := f.engine.Counts().BadTokens; n != 15 {
		t.Errorf("%d bad tokens are counted of 15", n)
	}
	for _, e := range f.events() {
		if e.Kind != event.Request {
			t.Errorf("a token that is not ours left the event %+v", e)
		}
	}
}

func TestExpiredTokenIsDisclosedAndItsClickGoesOn(t *testing.T) {
	f := start(t, nil, nil, nil)
	tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
	f.clock.advance(4 * time.Hour)
	for _, kind := range []event.Kind{event.Impression, event.Click} {
		res := f.beacon(kind, tok)
		if res.Err != nil || res.Counted {
			t.Errorf("%s: %+v", kind, res)
		}
		if want := "https://northwind.example/skies?from=news"; kind == event.Click && res.Destination != want {
			t.Errorf("the reader goes to %q", res.Destination)
		}
		es := f.of(kind)
		if len(es) != 1 || es[0].Invalid != "expired" || es[0].Charge != 0 {
			t.Errorf("recorded: %+v", es)
		}
	}
}

func TestBotsAndPrefetchAreDisclosedNotBilled(t *testing.T) {
	f := start(t, nil, nil, nil)
	bot := reader()
	bot.UserAgent = []byte("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	ahead := reader()
	ahead.Prefetch = true
	hosted := reader()
	hosted.IP = netip.MustParseAddr("198.51.100.77")
	tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
	for want, c := range map[string]*adserver.Client{"bot": &bot, "prefetch": &ahead, "data_centre": &hosted} {
		if res := f.engine.Beacon(event.Impression, tok, c); res.Err != nil || res.Counted {
			t.Errorf("%s: %+v", want, res)
		}
		found := false
		for _, e := range f.of(event.Impression) {
			found = found || e.Invalid == want && e.Charge == 0
		}
		if !found {
			t.Errorf("%s is not in the journal", want)
		}
	}
	// The reader who does come then counts.
	if res := f.beacon(event.Impression, tok); !res.Counted {
		t.Errorf("the reader after them: %+v", res)
	}
}

func TestFullDiskRefusesBeaconsAndAdsGoOn(t *testing.T) {
	for _, op := range []vfs.Op{vfs.Write, vfs.Sync} {
		t.Run(string(op), func(t *testing.T) {
			f := start(t, nil, nil, nil)
			tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
			if res := f.beacon(event.Impression, tok); !res.Counted {
				t.Fatalf("%+v", res)
			}
			f.disk.Fail(func(o vfs.Op) error {
				if o == op {
					return syscall.ENOSPC
				}
				return nil
			})
			res := f.beacon(event.Click, tok)
			if !errors.Is(res.Err, adserver.ErrNotDurable) || res.Counted || res.Destination == "" {
				t.Fatalf("a click with the disk full: %+v", res)
			}
			if !f.serve(page("top")).Slots[0].Filled {
				t.Error("ads do not go on")
			}
			if n := f.engine.Counts().Refused; n != 1 {
				t.Errorf("%d refused are counted of 1", n)
			}
			f.disk.Fail(nil)
			// The disk is tried each second by the injected clock; the committer looks each millisecond of the real one.
			f.clock.advance(1100 * time.Millisecond)
			for deadline := time.Now().Add(5 * time.Second); !f.journal.Stats().Well; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("the disk is well and beacons are still refused")
				}
			}
			// The click was one of its minute already: another kind of event shows that the disk takes them.
			if res = f.beacon(event.Viewable, tok); res.Err != nil {
				t.Fatal(res.Err)
			}
			if !res.Counted {
				t.Errorf("the second try does not count: %+v", res)
			}
		})
	}
}

func TestOrderIsKept(t *testing.T) {
	f := start(t, nil, nil, nil)
	slot := f.serve(page("end")).Slots[0]
	tok := token(slot.ImpressionURL)
	for _, kind := range []event.Kind{event.Viewable, event.Click} {
		res := f.beacon(kind, tok)
		if res.Err != nil || res.Counted {
			t.Errorf("%s of an ad that was not shown: %+v", kind, res)
		}
		if kind == event.Click && res.Destination == "" {
			t.Error("the reader is stuck")
		}
		if es := f.of(kind); len(es) != 1 || es[0].Invalid != "no_impression" || es[0].Charge != 0 {
			t.Errorf("recorded: %+v", es)
		}
	}
	// Shown after all, both count.
	for _, kind := range []event.Kind{event.Impression, event.Viewable, event.Click} {
		if res := f.beacon(kind, tok); !res.Counted {
			t.Errorf("%s afterwards: %+v", kind, res)
		}
	}
}

func TestVisitorsWhoClickTooMuch(t *testing.T) {
	f := start(t, nil, nil, nil)
	clicks := 0
	for range 10 {
		f.track.Tick(f.clock.now())
		tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
		if res := f.beacon(event.Impression, tok); !res.Counted {
			t.Fatalf("%+v", res)
		}
		res := f.beacon(event.Click, tok)
		if res.Err != nil || res.Destination == "" {
			t.Fatalf("%+v", res)
		}
		if res.Counted {
			clicks++
		} else if again := f.beacon(event.Click, tok); again.Counted {
			t.Error("a click over the limit counts when it is sent again")
		}
		f.clock.advance(20 * time.Second)
	}
	if clicks != 3 {
		t.Errorf("%d clicks in 200 s count; once a minute, three in ten minutes may", clicks)
	}
	limited := 0
	for _, e := range f.of(event.Click) {
		if e.Invalid == "click_limit" {
			limited++
		}
	}
	if limited != 7 {
		t.Errorf("%d clicks are disclosed as too many", limited)
	}
}

func TestEventsOfBeaconsSayWhatTheRequestDid(t *testing.T) {
	f := start(t, nil, nil, nil)
	tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
	if res := f.beacon(event.Impression, tok); !res.Counted {
		t.Fatalf("%+v", res)
	}
	want := f.of(event.Request)[0]
	got := f.of(event.Impression)[0]
	want.Kind, want.Charge = event.Impression, 3200
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestConversions(t *testing.T) {
	f := start(t, nil, nil, nil)
	click := func() string {
		t.Helper()
		f.track.Tick(f.clock.now())
		for _, s := range f.serve(page("top", "end")).Slots {
			if s.LineItem != "novels" {
				continue
			}
			if res := f.beacon(event.Impression, token(s.ImpressionURL)); !res.Counted {
				t.Fatalf("%+v", res)
			}
			u, err := url.Parse(f.beacon(event.Click, token(s.ImpressionURL)).Destination)
			if err != nil || u.Host != "bookshop.example" || u.Query().Get("from") != "news" || u.Query().Get("click") == "" {
				t.Fatalf("the click leads to %v, %v", u, err)
			}
			return u.Query().Get("click")
		}
		t.Fatal("no ad")
		return ""
	}
	valid, limited := click(), click()
	f.clock.advance(29 * 24 * time.Hour)
	c := reader()
	for n := range 10 {
		if res := f.engine.Convert(valid, &c); res.Err != nil || res.Counted != (n == 0) {
			t.Fatalf("time %d: %+v", n+1, res)
		}
	}
	if res := f.engine.Convert(limited, nil); res.Err != nil || res.Counted {
		t.Errorf("of a click that did not count: %+v", res)
	}
	if res := f.engine.Convert("nonsense", nil); !errors.Is(res.Err, adserver.ErrBadToken) {
		t.Errorf("nonsense: %+v", res)
	}
	f.clock.advance(2 * 24 * time.Hour)
	if res := f.engine.Convert(valid, nil); res.Err != nil || res.Counted {
		t.Errorf("a month later: %+v", res)
	}
	got := map[string]int{}
	for _, e := range f.of(event.Conversion) {
		got[e.Invalid]++
		if e.Charge != 0 || e.LineItem != "novels" {
			t.Errorf("%+v", e)
		}
	}
	if got[""] != 1 || got["replayed"] != 9 || got["no_click"] != 1 || got["expired"] != 1 {
		t.Errorf("recorded by reason: %v", got)
	}
	without := start(t, nil, nil, nil, func(o *adserver.Options) { o.Conversions = nil })
	if res := without.engine.Convert(valid, nil); !errors.Is(res.Err, adserver.ErrNoConversions) {
		t.Errorf("where conversions are not counted: %+v", res)
	}
}

// A reader whose ad nobody knows any more stays on the page.
func TestClickOnAnAdThatIsGone(t *testing.T) {
	f := start(t, nil, nil, nil)
	s, err := beacon.NewSigner(f.keys)
	if err != nil {
		t.Fatal(err)
	}
	p := beacon.Payload{Request: [16]byte{1}, Issued: noon.Unix(), Expires: noon.Add(time.Hour).Unix(), Page: "https://news.example/world/talks", Advertiser: "gone"}
	if res := f.beacon(event.Click, string(s.AppendToken(nil, &p))); res.Err != nil || res.Destination != p.Page {
		t.Errorf("%+v", res)
	}
}
