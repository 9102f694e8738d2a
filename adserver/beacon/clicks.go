package beacon

import (
	"sync"
	"time"
)

// ClickLimit is how many clicks of one visitor count within a rolling window.
type ClickLimit struct {
	Clicks int
	Per    time.Duration
}

// DefaultClickLimits are those that publishers of direct-sold advertising have found to keep out most of what is no interest in an ad,
// and to cost next to no real click: EthicalAds publishes the same.
func DefaultClickLimits() []ClickLimit {
	return []ClickLimit{{1, time.Minute}, {3, 10 * time.Minute}, {10, time.Hour}, {25, 24 * time.Hour}}
}

// addressFactor is how many visitors at one network address may click as much as one of them may: a household, an office. Without a
// bound on the address, a program that calls itself somebody else each time would have none.
const addressFactor = 10

// Clicks limits how much visitors click.
type Clicks struct {
	limits []ClickLimit
	shards [clickShards]clickShard
}

const clickShards = 64

// maxClickers bounds the memory of one shard; what is beyond is forgotten, and may click anew.
const maxClickers = 20_000

type clickShard struct {
	mu    sync.Mutex
	by    map[uint64][]uint32 // Unix seconds of the clicks that counted, oldest first; guarded by mu
	swept int64
}

// NewClicks returns a memory of clicks. Nil limits are [DefaultClickLimits]; an empty list limits nothing.
func NewClicks(limits []ClickLimit) *Clicks {
	if limits == nil {
		limits = DefaultClickLimits()
	}
	return &Clicks{limits: limits}
}

// Take counts a click of a visitor at an address at the given instant, or reports that it is too many. Zero keys are not limited.
func (c *Clicks) Take(visitor, address uint64, at time.Time) bool {
	if len(c.limits) == 0 {
		return true
	}
	now := at.Unix()
	// The address first: its bound is the wider one, and a click that fails on the visitor's still was a click from there.
	if address != 0 && !c.take(address, addressFactor, now) {
		return false
	}
	return visitor == 0 || c.take(visitor, 1, now)
}

func (c *Clicks) take(key uint64, factor int, now int64) bool {
	s := &c.shards[key%clickShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	c.sweep(s, now)
	times := s.by[key]
	for _, l := range c.limits {
		since, n := now-int64(l.Per/time.Second), 0
		for i := len(times) - 1; i >= 0 && int64(times[i]) > since; i-- {
			n++
		}
		if n >= l.Clicks*factor {
			return false
		}
	}
	if s.by == nil {
		s.by = map[uint64][]uint32{}
	}
	s.by[key] = append(c.recent(times, now), uint32(now))
	return true
}

// recent drops the clicks that no window reaches.
func (c *Clicks) recent(times []uint32, now int64) []uint32 {
	longest := time.Duration(0)
	for _, l := range c.limits {
		longest = max(longest, l.Per)
	}
	since, n := now-int64(longest/time.Second), 0
	for n < len(times) && int64(times[n]) <= since {
		n++
	}
	return times[n:]
}

// sweepEvery is how often a shard is looked through for visitors that have not clicked for long, seconds.
const sweepEvery = 600

func (c *Clicks) sweep(s *clickShard, now int64) {
	if now-s.swept < sweepEvery && now >= s.swept && len(s.by) < maxClickers {
		return
	}
	s.swept = now
	for k, times := range s.by {
		if len(c.recent(times, now)) == 0 {
			delete(s.by, k)
		}
	}
	if len(s.by) < maxClickers {
		return
	}
	for k := range s.by {
		if len(s.by) < maxClickers/2 { // not each time for one
			break
		}
		delete(s.by, k)
	}
}

// Len returns how many visitors and addresses are remembered.
func (c *Clicks) Len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += len(s.by)
		s.mu.Unlock()
	}
	return n
}
