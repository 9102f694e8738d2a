package pages

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/dgraph-io/ristretto/v2"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

// Options configures a [Cache].
type Options struct {
	// Classifier understands pages. Required.
	Classifier *pagecontext.Classifier
	// MaxBytes bounds what the cache holds, by the estimated size of its entries. 0 means 256 MiB: at about
	// 12 KiB a page, the 20,000 pages that a large site's readers open in a day.
	MaxBytes int64
	// Now is the clock that a story's age is measured by. nil means time.Now.
	Now func() time.Time
}

// Cache keeps page contexts. Create it with [New].
type Cache struct {
	classifier *pagecontext.Classifier
	now        func() time.Time
	entries    *ristretto.Cache[uint64, *Entry]

	// flights holds one entry per key being classified; guarded by mu.
	mu      sync.Mutex
	flights map[uint64]*flight

	classified atomic.Uint64
}

type flight struct {
	done  chan struct{}
	entry *Entry
	err   error
}

// Entry is one understood page.
type Entry struct {
	Context *pagecontext.Context
	// Page is the canonical URL without its query, at most 512 bytes: what events carry.
	Page string
	// Key is a hash of the canonical URL, Host its host name.
	Key  uint64
	Host string
	// Topics and Sensitivity are the page's topics and worst risk as events carry them.
	Topics, Sensitivity string

	site     string
	resolved atomic.Pointer[resolved]
}

type resolved struct {
	index *targeting.Index
	terms []targeting.Term
}

// New returns an empty cache.
func New(opts Options) (*Cache, error) {
	if opts.Classifier == nil {
		return nil, fmt.Errorf("create page cache: no classifier")
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 256 << 20
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	entries, err := ristretto.NewCache(&ristretto.Config[uint64, *Entry]{
		// Ten counters for each entry the budget has room for, as ristretto's documentation advises.
		NumCounters: max(opts.MaxBytes/entryBytes*10, 1000),
		MaxCost:     opts.MaxBytes,
		BufferItems: 64,
		Metrics:     true,
	})
	if err != nil {
		return nil, fmt.Errorf("create page cache: %w", err)
	}
	return &Cache{classifier: opts.Classifier, now: opts.Now, entries: entries, flights: map[uint64]*flight{}}, nil
}

// Close stops the cache's goroutines.
func (c *Cache) Close() { c.entries.Close() }

// Request is what a page request says about its page, as raw bytes: nothing here is kept.
type Request struct {
	Site string
	// Fields in the order of the HTTP contract; all optional but URL.
	URL, Title, Description, Section, Text, Language, Kind, Published []byte
	Keywords                                                          [][]byte
	Sensitive, NoAds                                                  bool
}

// hash covers every byte that classification reads. Lengths separate the fields.
func (r *Request) hash(d *xxhash.Digest) uint64 {
	d.Reset()
	var n [4]byte
	put := func(b []byte) {
		l := len(b)
		n[0], n[1], n[2], n[3] = byte(l), byte(l>>8), byte(l>>16), byte(l>>24)
		_, _ = d.Write(n[:])
		_, _ = d.Write(b)
	}
	_, _ = d.WriteString(r.Site)
	put(r.URL)
	put(r.Title)
	put(r.Description)
	put(r.Section)
	put(r.Text)
	put(r.Language)
	put(r.Kind)
	put(r.Published)
	for _, k := range r.Keywords {
		put(k)
	}
	flags := [2]byte{}
	if r.Sensitive {
		flags[0] = 1
	}
	if r.NoAds {
		flags[1] = 1
	}
	put(flags[:])
	return d.Sum64()
}

var digests = sync.Pool{New: func() any { return xxhash.New() }}

// Get returns the page's entry, understanding the page first if it must. It does not keep r. The only
// errors are those of the page's URL.
func (c *Cache) Get(r *Request) (*Entry, error) {
	d := digests.Get().(*xxhash.Digest)
	key := r.hash(d)
	digests.Put(d)
	if e, ok := c.entries.Get(key); ok {
		return e, nil
	}
	return c.miss(key, r)
}

func (c *Cache) miss(key uint64, r *Request) (*Entry, error) {
	c.mu.Lock()
	if f, ok := c.flights[key]; ok {
		c.mu.Unlock()
		<-f.done
		return f.entry, f.err
	}
	f := &flight{done: make(chan struct{})}
	c.flights[key] = f
	c.mu.Unlock()

	// A panic in the classifier must not leave the others waiting for ever.
	defer func() {
		if f.entry == nil && f.err == nil {
			f.err = fmt.Errorf("classify page: failed")
		}
		c.mu.Lock()
		delete(c.flights, key)
		c.mu.Unlock()
		close(f.done)
	}()

	f.entry, f.err = c.classify(r)
	if f.err == nil {
		c.classified.Add(1)
		c.entries.SetWithTTL(key, f.entry, f.entry.cost(), c.ttl(f.entry.Context.Published))
	}
	return f.entry, f.err
}

func (c *Cache) classify(r *Request) (*Entry, error) {
	url, err := pagecontext.CanonicalURL(string(r.URL))
	if err != nil {
		return nil, err
	}
	in := pagecontext.Input{
		URL: url, Title: string(r.Title), Description: string(r.Description), Section: string(r.Section), Text: string(r.Text),
		Language: string(r.Language), Kind: string(r.Kind), Sensitive: r.Sensitive, NoAds: r.NoAds,
	}
	for _, k := range r.Keywords {
		in.Keywords = append(in.Keywords, string(k))
	}
	// A date that cannot be read costs the story its age, not its ads.
	in.Published, _ = time.Parse(time.RFC3339, string(r.Published))
	return newEntry(r.Site, c.classifier.Classify(&in)), nil
}

// A story's page changes while it is news and is read long after: contexts of young stories live
// minutes so that corrections show, those of old ones hours.
const (
	youngStory = 24 * time.Hour
	youngTTL   = 10 * time.Minute
	oldTTL     = 6 * time.Hour
)

func (c *Cache) ttl(published time.Time) time.Duration {
	if published.IsZero() || c.now().Sub(published) < youngStory {
		return youngTTL
	}
	return oldTTL
}

// Stats are counts since the start.
type Stats struct {
	Hits, Misses, Evictions, Classified uint64
	Bytes                               uint64 // estimated, of what is held now
}

// Stats returns the cache's counts.
func (c *Cache) Stats() Stats {
	m := c.entries.Metrics
	return Stats{
		Hits: m.Hits(), Misses: m.Misses(), Evictions: m.KeysEvicted(), Classified: c.classified.Load(),
		Bytes: m.CostAdded() - m.CostEvicted(),
	}
}
