package beacon

import (
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/placard/placard/reporting/event"
)

// Seen remembers which events were counted, until their tokens expire. Each shard keeps two generations and drops the
// older once all of it has expired, so memory is bounded by the events of two token lives.
type Seen struct {
	life   int64 // seconds
	shards [seenShards]seenShard
}

// seenShards keeps events of different requests off each other's locks.
const seenShards = 256

type seenShard struct {
	mu       sync.Mutex
	now, old map[event.ID]struct{}
	turned   int64 // Unix seconds of the last turn; guarded by mu, as are the maps
	_        [64]byte
}

// NewSeen returns a memory for tokens that live at most the given time.
func NewSeen(life time.Duration) *Seen {
	return &Seen{life: int64(life/time.Second) + 1}
}

func (s *Seen) shard(id *event.ID) *seenShard {
	return &s.shards[xxhash.Sum64(id.Request[:])%seenShards]
}

// Add remembers an event at the given instant (Unix seconds). It reports whether it is new.
func (s *Seen) Add(id event.ID, at int64) bool {
	sh := s.shard(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if at-sh.turned >= s.life {
		// What the older generation holds was added a whole life ago: its tokens have expired.
		sh.old, sh.now, sh.turned = sh.now, make(map[event.ID]struct{}, len(sh.now)), at
	}
	if _, ok := sh.now[id]; ok {
		return false
	}
	if _, ok := sh.old[id]; ok {
		return false
	}
	if sh.now == nil {
		sh.now = map[event.ID]struct{}{}
	}
	sh.now[id] = struct{}{}
	return true
}

// Remove forgets an event that could not be recorded after all.
func (s *Seen) Remove(id event.ID) {
	sh := s.shard(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.now, id)
	delete(sh.old, id)
}

// Len returns how many events are remembered.
func (s *Seen) Len() int {
	n := 0
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		n += len(sh.now) + len(sh.old)
		sh.mu.Unlock()
	}
	return n
}
