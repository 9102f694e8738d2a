package beacon_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/journal/vfs"
)

func TestClickIDs(t *testing.T) {
	s := signer(t, beacon.NewKey(1))
	p := payload()
	clicked := at.Add(time.Minute)
	const life = 30 * 24 * time.Hour
	id := s.AppendClickID(nil, &p, clicked, life, true)
	var got beacon.Payload
	if err := s.VerifyClickID(id, clicked.Add(life-time.Second), &got); err != nil {
		t.Fatal(err)
	}
	want := p
	want.Issued, want.Expires = clicked.Unix(), clicked.Add(life).Unix()
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if err := s.VerifyClickID(id, clicked.Add(life), &got); !errors.Is(err, beacon.ErrExpired) {
		t.Errorf("after its life: %v", err)
	}
	if err := s.VerifyClickID(s.AppendClickID(nil, &p, clicked, life, false), clicked, &got); err != nil || !got.Unclicked {
		t.Errorf("of a click that did not count: %v %+v", err, got)
	}
	// No kind of token passes for another.
	if err := s.Verify(id, clicked, &got); !errors.Is(err, beacon.ErrForged) {
		t.Errorf("a click id as an event token: %v", err)
	}
	if err := s.VerifyClickID(s.AppendToken(nil, &p), at, &got); !errors.Is(err, beacon.ErrForged) {
		t.Errorf("an event token as a click id: %v", err)
	}
	if again := s.AppendClickID(nil, &p, clicked, life, true); string(again[:30]) == string(id[:30]) {
		t.Error("two clicks share a nonce")
	}
}

func TestKeysThatSignLater(t *testing.T) {
	old := []beacon.Key{beacon.NewKey(4)}
	ring := beacon.Rotate(old, at.Add(time.Minute))
	s, before := signer(t, ring...), signer(t, old...)
	p := payload()
	var got beacon.Payload
	if err := before.Verify(s.AppendToken(nil, &p), at, &got); err != nil {
		t.Errorf("an instance that has not read the new key refuses what one that has just signed: %v", err)
	}
	p.Issued = at.Add(time.Minute).Unix()
	fresh := s.AppendToken(nil, &p)
	if err := before.Verify(fresh, at, &got); !errors.Is(err, beacon.ErrForged) {
		t.Errorf("the new key does not sign from its time on: %v", err)
	}
	if err := s.Verify(fresh, at, &got); err != nil {
		t.Errorf("the new key's token: %v", err)
	}
	// The one that lagged behind reads the file.
	if err := before.SetKeys(ring); err != nil {
		t.Fatal(err)
	}
	if err := before.Verify(fresh, at, &got); err != nil {
		t.Errorf("after the ring was read: %v", err)
	}
	if err := before.SetKeys(nil); err == nil {
		t.Error("an empty ring is taken")
	}
	if err := before.Verify(fresh, at, &got); err != nil {
		t.Errorf("a ring that was refused is in force: %v", err)
	}
}

func TestConversionsAreKept(t *testing.T) {
	const life = 30 * 24 * time.Hour
	var clock atomic.Int64
	clock.Store(at.UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()).UTC() }
	disk := vfs.NewCrash()
	open := func(fs vfs.FS) *beacon.Conversions {
		t.Helper()
		c, err := beacon.OpenConversions(journal.Options{FS: fs, Interval: time.Millisecond, SegmentBytes: 200, Now: now}, life)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	id := func(n byte) event.ID { return event.ID{Request: [16]byte{9: n}, Slot: 2, Kind: event.Conversion} }
	c := open(disk)
	for n := range byte(50) {
		if !c.Seen().Claim(id(n), now().Unix()) {
			t.Fatalf("%d is known", n)
		}
		if err := c.Keep(id(n), now()); err != nil {
			t.Fatal(err)
		}
		c.Seen().Settle(id(n), true)
	}
	after := disk.AfterCut(vfs.Lose)
	clock.Add(int64(29 * 24 * time.Hour))
	d := open(after)
	for n := range byte(50) {
		if d.Seen().Claim(id(n), now().Unix()) {
			t.Fatalf("%d may be converted again after a power cut", n)
		}
	}
	// One that only the journal of events had.
	e := event.Event{ID: id(99), Time: now().UnixMicro()}
	for range 2 {
		if err := d.Restore(&e); err != nil {
			t.Fatal(err)
		}
	}
	if d.Seen().Claim(id(99), now().Unix()) {
		t.Error("a restored conversion may be converted again")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := after.List()
	clock.Add(int64(2*24*time.Hour + time.Hour))
	f := open(after)
	defer f.Close()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // the committer looks each millisecond
		left, _ := after.List()
		if len(left) < len(before)/2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d segments of %d are left when the click ids have expired", len(left), len(before))
		}
	}
	c.Close()
}
