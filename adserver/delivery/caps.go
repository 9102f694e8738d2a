package delivery

import (
	"sync"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// caps remembers when visitors were served capped line items.
type caps struct {
	shards [capShards]capShard
}

// capShards keeps visitors off each other's locks.
const capShards = 1024

type capShard struct {
	mu     sync.Mutex
	served map[capKey]*capEntry
}

type capKey struct{ visitor, item uint64 }

// capEntry holds the instants of serves, Unix seconds, oldest first, as many as the largest cap needs.
type capEntry struct {
	at      []uint32
	forgets int64 // Unix seconds after which nothing of it counts
}

func newCaps() *caps {
	c := &caps{}
	for i := range c.shards {
		c.shards[i].served = map[capKey]*capEntry{}
	}
	return c
}

func (c *caps) shard(visitor uint64) *capShard { return &c.shards[visitor%capShards] }

func (e *capEntry) room(cs []catalog.Cap, now uint32) bool {
	for i := range cs {
		if cs[i].Per == 0 {
			continue // a page shows a line item once
		}
		since := int64(now) - int64(cs[i].Per/time.Second)
		n := int32(0)
		for j := len(e.at) - 1; j >= 0 && int64(e.at[j]) > since; j-- {
			n++
		}
		if n >= cs[i].Impressions {
			return false
		}
	}
	return true
}

func (c *caps) room(visitor, item uint64, cs []catalog.Cap, now time.Time) bool {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.served[capKey{visitor, item}]
	return e == nil || e.room(cs, uint32(now.Unix()))
}

func (c *caps) take(visitor, item uint64, cs []catalog.Cap, now time.Time) bool {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	k := capKey{visitor, item}
	e := s.served[k]
	at := uint32(now.Unix())
	if e == nil {
		e = &capEntry{}
		s.served[k] = e
	}
	if !e.room(cs, at) {
		return false
	}
	need, window := 0, time.Duration(0)
	for i := range cs {
		if cs[i].Per > 0 {
			need, window = max(need, int(cs[i].Impressions)), max(window, cs[i].Per)
		}
	}
	if len(e.at) >= need && need > 0 {
		copy(e.at, e.at[len(e.at)-need+1:])
		e.at = e.at[:need-1]
	}
	e.at = append(e.at, at)
	e.forgets = now.Add(window).Unix()
	return true
}

// expire forgets what no longer counts.
func (c *caps) expire(now time.Time) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for k, e := range s.served {
			if e.forgets < now.Unix() {
				delete(s.served, k)
			}
		}
		s.mu.Unlock()
	}
}
