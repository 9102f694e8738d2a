package visitor

import "sync/atomic"

// cache maps keys to immutable values without locks: a table of sets of four slots. A key may live in its set
// only, and a full set forgets its entries in turn, so the size is bounded and nothing needs to be swept.
type cache[V any] struct {
	slots []atomic.Pointer[cached[V]]
	turns []atomic.Uint32 // of each set: which slot is next to be forgotten
	mask  uint64          // number of sets - 1
}

type cached[V any] struct {
	hash  uint64
	key   string // verifies the hash; "" where the hash is the whole key
	value V
}

const ways = 4

// newCache returns a cache of at least n entries.
func newCache[V any](n int) *cache[V] {
	sets := 1
	for sets*ways < n {
		sets *= 2
	}
	return &cache[V]{slots: make([]atomic.Pointer[cached[V]], sets*ways), turns: make([]atomic.Uint32, sets), mask: uint64(sets - 1)}
}

func (c *cache[V]) get(hash uint64, key []byte) *V {
	set := c.slots[(hash&c.mask)*ways:][:ways]
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == hash && e.key == string(key) {
			return &e.value
		}
	}
	return nil
}

func (c *cache[V]) put(hash uint64, key string, v V) *V {
	e := &cached[V]{hash: hash, key: key, value: v}
	i := hash & c.mask
	c.slots[i*ways+uint64(c.turns[i].Add(1)%ways)].Store(e)
	return &e.value
}
