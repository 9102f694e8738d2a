package beacon

import (
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/placard/placard/reporting/event"
)

// Seen remembers which events were counted, until their tokens expire. An event is claimed, made durable, and then settled: of many who
// report the same one at once, one counts it, and the others wait for what becomes of it. So nobody is told that an event was counted
// before, while it might still fail.
//
// Each shard keeps two generations and drops the older once all of it has expired, so memory is bounded by the slots of two token lives, at
// some 30 bytes each.
type Seen struct {
	life   int64 // seconds
	shards [seenShards]seenShard
}

// seenShards keeps events of different requests off each other's locks.
const seenShards = 256

type seenShard struct {
	mu       sync.Mutex
	settled  sync.Cond        // waits on mu; signalled when a pending event is settled and somebody waits
	waiting  int              // guarded by mu, as is all below
	now, old map[slotID]marks // by slot of a request
	turned   int64            // Unix seconds of the last turn
	_        [64]byte
}

// slotID is a request's id with the slot mixed into its first byte. That byte is of the time in milliseconds, and the same for all
// requests of some hundred years.
type slotID [16]byte

// marks is two bits for each kind of event.
type marks uint16

const (
	pending marks = 1
	counted marks = 2
)

func shift(k event.Kind) uint { return 2 * uint(k) }

// NewSeen returns a memory for tokens that live at most the given time.
func NewSeen(life time.Duration) *Seen {
	s := &Seen{life: int64(life/time.Second) + 1}
	for i := range s.shards {
		s.shards[i].settled.L = &s.shards[i].mu
	}
	return s
}

func (s *Seen) slot(id *event.ID) (*seenShard, slotID) {
	k := slotID(id.Request)
	k[0] ^= id.Slot
	return &s.shards[xxhash.Sum64(k[:])%seenShards], k
}

// get returns the state of an event. The caller holds mu.
func (sh *seenShard) get(k slotID, kind event.Kind) marks {
	m, ok := sh.now[k]
	if !ok {
		m = sh.old[k]
	}
	return m >> shift(kind) & 3
}

// set sets the state of an event. The caller holds mu.
func (sh *seenShard) set(k slotID, kind event.Kind, state marks) {
	m, ok := sh.now[k]
	if !ok {
		m = sh.old[k]
	}
	m = m&^(3<<shift(kind)) | state<<shift(kind)
	if m == 0 {
		delete(sh.now, k)
		delete(sh.old, k)
		return
	}
	if sh.now == nil {
		sh.now = map[slotID]marks{}
	}
	sh.now[k] = m
}

// wait returns the state of an event once it is not pending. The caller holds mu.
func (sh *seenShard) wait(k slotID, kind event.Kind) marks {
	for {
		m := sh.get(k, kind)
		if m != pending {
			return m
		}
		sh.waiting++
		sh.settled.Wait()
		sh.waiting--
	}
}

// turn drops what has expired. The caller holds mu.
func (s *Seen) turn(sh *seenShard, at int64) {
	if at-sh.turned < s.life {
		return
	}
	// What the older generation holds was added a whole life ago: its tokens have expired.
	sh.old, sh.now, sh.turned = sh.now, make(map[slotID]marks, len(sh.now)), at
}

// Claim takes an event at the given instant (Unix seconds) for the caller alone to count, and reports whether it could. If somebody else has
// it, it waits until it is settled. Who gets it must settle it.
func (s *Seen) Claim(id event.ID, at int64) bool {
	sh, k := s.slot(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.turn(sh, at)
	if sh.wait(k, id.Kind) == counted {
		return false
	}
	sh.set(k, id.Kind, pending)
	return true
}

// Settle says whether a claimed event was counted. If it was not, the next one may.
func (s *Seen) Settle(id event.ID, was bool) {
	sh, k := s.slot(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	state := marks(0)
	if was {
		state = counted
	}
	sh.set(k, id.Kind, state)
	if sh.waiting > 0 {
		sh.settled.Broadcast()
	}
}

// Counted reports whether an event was counted. It waits for one that is pending.
func (s *Seen) Counted(id event.ID) bool {
	sh, k := s.slot(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.wait(k, id.Kind) == counted
}

// Add remembers an event that was counted at the given instant (Unix seconds), as when the journal is read back. It reports whether it is new.
func (s *Seen) Add(id event.ID, at int64) bool {
	sh, k := s.slot(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.turn(sh, at)
	if sh.get(k, id.Kind) == counted {
		return false
	}
	sh.set(k, id.Kind, counted)
	return true
}

// Len returns how many slots of requests are remembered.
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
