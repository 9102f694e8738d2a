package delivery

import (
	"sync"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// caps remembers what visitors met of capped line items, campaigns and advertisers. A visitor's entries all live in one shard, so that
// one lock makes a serve under several caps one step.
type caps struct {
	shards [capShards]capShard
}

// capShards keeps visitors off each other's locks.
const capShards = 1024

type capShard struct {
	mu   sync.Mutex
	seen map[capKey]*capEntry
	_    [48]byte
}

type capKey struct{ visitor, scope uint64 }

// capEntry is what one visitor met of one scope. Instants are Unix seconds, oldest first, as many as the largest cap needs.
type capEntry struct {
	at      [catalog.NumMeasures][]uint32
	total   [catalog.NumMeasures]int32
	pending []uint32 // served and not seen yet, for caps of viewable impressions
	forgets int64    // Unix seconds after which nothing of it counts
}

// viewWait is how long a serve counts as if it had been seen: a reader reaches the end of a story within it.
const viewWait = 300

// lifetime is how long visitors are remembered.
const lifetime = 400 * 24 * time.Hour

func newCaps() *caps {
	c := &caps{}
	for i := range c.shards {
		c.shards[i].seen = map[capKey]*capEntry{}
	}
	return c
}

func (c *caps) shard(visitor uint64) *capShard { return &c.shards[visitor%capShards] }

// room reports whether one more serve keeps every cap of the visitor's memory.
func (e *capEntry) room(cs []catalog.Cap, now uint32) bool {
	for i := range cs {
		k := &cs[i]
		if k.OfPages() {
			continue // the page token's
		}
		n := e.total[k.Of]
		if k.Per != catalog.Lifetime {
			since := int64(now) - int64(k.Per/time.Second)
			list := e.at[k.Of]
			n = 0
			for j := len(list) - 1; j >= 0 && int64(list[j]) > since && n < k.Limit; j-- {
				n++
			}
		}
		if k.Of == catalog.Viewable {
			for _, at := range e.pending {
				if int64(at) > int64(now)-viewWait {
					n++
				}
			}
		}
		if n >= k.Limit {
			return false
		}
	}
	return true
}

// add notes one event. What the caps cannot need any more is dropped.
func (e *capEntry) add(cs []catalog.Cap, of catalog.Measure, now uint32) {
	need, window := int32(0), time.Duration(0)
	for i := range cs {
		k := &cs[i]
		switch {
		case k.OfPages():
			continue
		case k.Per == catalog.Lifetime:
			window = lifetime
		default:
			window = max(window, k.Per)
			if k.Of == of {
				need = max(need, k.Limit)
			}
		}
	}
	e.total[of]++
	if need > 0 {
		list := e.at[of]
		if n := len(list) - int(need) + 1; n > 0 {
			list = list[:copy(list, list[n:])]
		}
		e.at[of] = append(list, now)
	}
	e.forgets = max(e.forgets, int64(now)+int64(window/time.Second))
}

func hasViewable(cs []catalog.Cap) bool {
	for i := range cs {
		if cs[i].Of == catalog.Viewable {
			return true
		}
	}
	return false
}

func (c *caps) room(visitor uint64, scopes []catalog.CapScope, now time.Time) bool {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room(visitor, scopes, uint32(now.Unix()))
}

func (s *capShard) room(visitor uint64, scopes []catalog.CapScope, at uint32) bool {
	for i := range scopes {
		if e := s.seen[capKey{visitor, scopes[i].ID}]; e != nil && !e.room(scopes[i].Caps, at) {
			return false
		}
	}
	return true
}

// take notes a serve if every scope has room for it.
func (c *caps) take(visitor uint64, scopes []catalog.CapScope, now time.Time) bool {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := uint32(now.Unix())
	if !s.room(visitor, scopes, at) {
		return false
	}
	s.note(visitor, scopes, catalog.Impressions, at)
	return true
}

func (s *capShard) note(visitor uint64, scopes []catalog.CapScope, of catalog.Measure, at uint32) {
	for i := range scopes {
		cs := scopes[i].Caps
		k := capKey{visitor, scopes[i].ID}
		e := s.seen[k]
		if e == nil {
			e = &capEntry{}
			s.seen[k] = e
		}
		e.add(cs, of, at)
		if !hasViewable(cs) {
			continue
		}
		switch of {
		case catalog.Impressions:
			for len(e.pending) > 0 && int64(e.pending[0]) <= int64(at)-viewWait {
				e.pending = e.pending[1:]
			}
			e.pending = append(e.pending, at)
		case catalog.Viewable:
			if len(e.pending) > 0 {
				e.pending = e.pending[1:]
			}
		}
	}
}

// untake forgets the last serve.
func (c *caps) untake(visitor uint64, scopes []catalog.CapScope) {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range scopes {
		e := s.seen[capKey{visitor, scopes[i].ID}]
		if e == nil {
			continue
		}
		if n := len(e.at[catalog.Impressions]); n > 0 {
			e.at[catalog.Impressions] = e.at[catalog.Impressions][:n-1]
		}
		if n := len(e.pending); n > 0 {
			e.pending = e.pending[:n-1]
		}
		e.total[catalog.Impressions] = max(0, e.total[catalog.Impressions]-1)
	}
}

// observe notes what a visitor saw or clicked.
func (c *caps) observe(visitor uint64, scopes []catalog.CapScope, of catalog.Measure, now time.Time) {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(visitor, scopes, of, uint32(now.Unix()))
}

// served is how often the visitor was served the scope.
func (c *caps) served(visitor, scope uint64) int32 {
	s := c.shard(visitor)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.seen[capKey{visitor, scope}]; e != nil {
		return e.total[catalog.Impressions]
	}
	return 0
}

// expire forgets what no longer counts, in a part of the shards: each of the 32 parts has its turn.
func (c *caps) expire(now time.Time, part int) {
	for i := part % capExpireParts; i < capShards; i += capExpireParts {
		s := &c.shards[i]
		s.mu.Lock()
		for k, e := range s.seen {
			if e.forgets < now.Unix() {
				delete(s.seen, k)
			}
		}
		s.mu.Unlock()
	}
}

// capExpireParts spreads the work of forgetting over as many seconds.
const capExpireParts = 32

// len is how many entries are remembered.
func (c *caps) len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += len(s.seen)
		s.mu.Unlock()
	}
	return n
}
