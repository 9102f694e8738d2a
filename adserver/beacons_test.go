package adserver_test

import (
	"errors"
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
	tok := token(f.serve(page("top")).Slots[0].ImpressionURL)
	for want, c := range map[string]*adserver.Client{"bot": &bot, "prefetch": &ahead} {
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
			if res = f.beacon(event.Impression, tok); res.Err != nil {
				t.Fatal(res.Err)
			}
			if !res.Counted {
				t.Errorf("the second try does not count: %+v", res)
			}
		})
	}
}
