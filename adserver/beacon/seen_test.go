package beacon_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/reporting/event"
)

func TestSeenCountsOnceUnderContention(t *testing.T) {
	s := beacon.NewSeen(time.Hour)
	id := event.ID{Request: [16]byte{1}, Slot: 1, Kind: event.Impression}
	var counted, told atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if !s.Claim(id, at.Unix()) {
				told.Add(1)
				return
			}
			// The first ones fail at the disk: the next may try.
			if i%3 == 0 || counted.Load() > 0 {
				counted.Add(1)
				s.Settle(id, true)
				return
			}
			s.Settle(id, false)
		})
	}
	wg.Wait()
	if n := counted.Load(); n != 1 && (n != 0 || told.Load() != 0) {
		t.Errorf("counted %d times", n)
	}
}

// TestNobodyIsToldOfAReplayThatMayStillFail: who reports what another is writing waits for it.
func TestNobodyIsToldOfAReplayThatMayStillFail(t *testing.T) {
	for _, durable := range []bool{true, false} {
		s := beacon.NewSeen(time.Hour)
		id := event.ID{Request: [16]byte{2}, Kind: event.Click}
		if !s.Claim(id, at.Unix()) {
			t.Fatal("the first cannot claim")
		}
		began, second := make(chan struct{}), make(chan bool)
		go func() {
			close(began)
			second <- s.Claim(id, at.Unix())
		}()
		<-began
		select {
		case <-second:
			t.Fatal("the second was answered before it was known what became of the first")
		case <-time.After(20 * time.Millisecond): // nothing to wait for: the answer must not come
		}
		s.Settle(id, durable)
		if got := <-second; got == durable {
			t.Errorf("the first was durable: %t; the second may count: %t", durable, got)
		}
	}
}

// TestSeenAgainstAMap compares with a map that forgets nothing, over random events within their lives.
func TestSeenAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	s := beacon.NewSeen(time.Hour)
	type entry struct {
		at      int64
		counted bool
	}
	oracle := map[event.ID]entry{}
	now := at.Unix()
	for range 200_000 {
		now += int64(r.IntN(3))
		id := event.ID{Request: [16]byte{1, byte(r.IntN(50)), byte(now / 3000), 9: byte(r.IntN(8))}, Slot: uint8(r.IntN(16)), Kind: event.Kind(2 + r.IntN(4))}
		want, known := oracle[id]
		if known && now-want.at > 3600 {
			continue // its token has expired: it is not looked up
		}
		if s.Counted(id) != want.counted {
			t.Fatalf("%v: counted is %t", id, !want.counted)
		}
		if got := s.Claim(id, now); got == want.counted {
			t.Fatalf("%v: claim says %t", id, got)
		} else if got {
			was := r.IntN(4) > 0
			s.Settle(id, was)
			oracle[id] = entry{now, was}
		}
	}
	if s.Len() == 0 {
		t.Error("nothing is remembered")
	}
}

func TestSeenForgetsTheExpired(t *testing.T) {
	s := beacon.NewSeen(time.Minute)
	for i := range int64(100_000) {
		id := event.ID{Request: [16]byte{byte(i), byte(i >> 8), byte(i >> 16)}, Kind: event.Impression}
		s.Add(id, at.Unix()+i/100)
	}
	if n := s.Len(); n > 2*62*100+256*2 {
		t.Errorf("%d slots are remembered; two lives hold 12,200", n)
	}
}

func TestClickLimits(t *testing.T) {
	c := beacon.NewClicks(nil)
	count := func(key uint64, from time.Time, every time.Duration, n int) (took int) {
		for i := range n {
			if c.Take(key, 0, from.Add(time.Duration(i)*every)) {
				took++
			}
		}
		return took
	}
	for _, s := range []struct {
		key   uint64
		every time.Duration
		n     int
		want  int
	}{
		{1, time.Second, 60, 1},            // once a minute
		{2, time.Minute, 10, 3},            // three times in ten minutes
		{3, 200 * time.Second, 18, 10},     // ten times an hour
		{4, 400 * time.Second, 216, 25},    // 25 times a day
		{5, 2 * time.Hour, 12 * 7, 12 * 7}, // a reader who comes and goes
	} {
		if got := count(s.key, at, s.every, s.n); got != s.want {
			t.Errorf("%d clicks every %v: %d count, not %d", s.n, s.every, got, s.want)
		}
	}
	// Ten visitors at an address have room, an eleventh within the minute has none.
	for i := range uint64(11) {
		if got := c.Take(100+i, 7, at); got != (i < 10) {
			t.Errorf("visitor %d of an address: %t", i+1, got)
		}
	}
	// More than any limit allows of a visitor or an address.
	free := beacon.NewClicks([]beacon.ClickLimit{})
	for i := range 1000 {
		if !c.Take(0, 0, at) {
			t.Fatalf("somebody of whom nothing is known is limited at click %d", i+1)
		}
		if !free.Take(1, 1, at) {
			t.Fatalf("no limits limit click %d", i+1)
		}
	}
}

func TestClicksForget(t *testing.T) {
	c := beacon.NewClicks([]beacon.ClickLimit{{Clicks: 1, Per: time.Hour}})
	for i := range uint64(100_000) {
		c.Take((i+1)*64, 0, at) // one shard's
	}
	if n := c.Len(); n > 20_000 {
		t.Errorf("%d visitors are remembered", n)
	}
	c.Take(64, 0, at.Add(3*time.Hour))
	if !c.Take(128, 0, at.Add(3*time.Hour)) {
		t.Error("an hour later the visitor is still limited")
	}
}
