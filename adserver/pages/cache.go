package pages

import (
	"errors"
	"fmt"
	"log/slog"
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
	// Dir is where pushed pages are kept. "": pushes are refused.
	Dir string
	// Fetch says how pages are fetched, for sites that allow it.
	Fetch FetchOptions
	// Now is the clock that a story's age is measured by. nil means time.Now.
	Now func() time.Time
	// Log receives what went wrong with pushed pages. nil: slog.Default().
	Log *slog.Logger
}

// Cache keeps page contexts. Create it with [New].
type Cache struct {
	classifier atomic.Pointer[pagecontext.Classifier]
	now        func() time.Time
	log        *slog.Logger
	// entries holds what requests said, by the hash of all they said, and what is known better, by [sourceKey].
	entries *ristretto.Cache[uint64, *Entry]
	pushed  *pushedPages // nil: pushes are refused
	fetcher *fetcher
	// changes counts the pushes and fetches that came in, and the changes of rules: entries that have not seen the last one look again.
	changes atomic.Uint64

	// flights holds one entry per key being classified; guarded by mu.
	mu      sync.Mutex
	flights map[uint64]*flight

	classified atomic.Uint64
	// sourceHits and sourceMisses are the looks into entries that no request asked for; they are no part of the hit ratio.
	sourceHits, sourceMisses atomic.Uint64
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
	// better is what the newsroom pushed or what was fetched of the page, with the flags of the request; seen is
	// the value of Cache.changes when it was looked for.
	better atomic.Pointer[Entry]
	seen   atomic.Uint64
}

type resolved struct {
	index *targeting.Index
	terms []targeting.Term
}

// New returns a cache. It reads the names of the pages that were pushed before; nothing else is loaded.
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
	if opts.Log == nil {
		opts.Log = slog.Default()
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
	c := &Cache{now: opts.Now, log: opts.Log, entries: entries, flights: map[uint64]*flight{}}
	c.classifier.Store(opts.Classifier)
	if opts.Dir != "" {
		if c.pushed, err = openPushed(opts.Dir); err != nil {
			entries.Close()
			return nil, err
		}
	}
	c.fetcher = newFetcher(opts.Fetch, opts.Now, c.fetched)
	return c, nil
}

// Close stops fetching and the cache's goroutines.
func (c *Cache) Close() {
	c.fetcher.close()
	c.entries.Close()
}

// SetClassifier puts other rules in force. Pages are understood again as they are asked for.
func (c *Cache) SetClassifier(k *pagecontext.Classifier) {
	c.classifier.Store(k)
	c.entries.Clear()
	c.changes.Add(1)
}

// Get returns the page's entry, understanding the page first if it must. It does not keep r. The only
// errors are those of the page's URL.
func (c *Cache) Get(r *Request) (*Entry, error) {
	d := digests.Get().(*xxhash.Digest)
	key := r.hash(d)
	digests.Put(d)
	e, ok := c.entries.Get(key)
	if !ok {
		var err error
		if e, err = c.miss(key, r); err != nil {
			return nil, err
		}
	}
	if c.changes.Load() != e.seen.Load() {
		c.lookAgain(e)
	}
	if b := e.better.Load(); b != nil {
		return b, nil
	}
	return e, nil
}

// once lets one caller make the entry of a key; those who ask for it meanwhile wait.
func (c *Cache) once(key uint64, makeEntry func() (*Entry, error)) (*Entry, error) {
	c.mu.Lock()
	if f, ok := c.flights[key]; ok {
		c.mu.Unlock()
		<-f.done
		return f.entry, f.err
	}
	// The one who was first may have finished since this caller looked.
	if e, ok := c.entries.Get(key); ok {
		c.mu.Unlock()
		c.sourceHits.Add(1)
		return e, nil
	}
	c.sourceMisses.Add(1)
	f := &flight{done: make(chan struct{})}
	c.flights[key] = f
	c.mu.Unlock()
	// A panic in the classifier must not leave the others waiting for ever.
	defer func() {
		if f.entry == nil && f.err == nil {
			f.err = errFailed
		}
		c.mu.Lock()
		delete(c.flights, key)
		c.mu.Unlock()
		close(f.done)
	}()
	f.entry, f.err = makeEntry()
	return f.entry, f.err
}

var errFailed = errors.New("classify page: failed")

func (c *Cache) miss(key uint64, r *Request) (*Entry, error) {
	return c.once(key, func() (*Entry, error) {
		url, err := pagecontext.CanonicalURL(string(r.URL))
		if err != nil {
			return nil, err
		}
		in := r.input(url)
		e := c.understand(r.Site, &in)
		c.lookAgain(e)
		c.noteLatest(e) // before keep, which waits for both
		c.keep(key, e)
		if len(r.Fetch) > 0 && e.better.Load() == nil {
			c.fetcher.ask(url, e.Host, r.Site, r.Fetch)
		}
		return e, nil
	})
}

func (c *Cache) understand(site string, in *pagecontext.Input) *Entry {
	c.classified.Add(1)
	return newEntry(site, c.classifier.Load().Classify(in))
}

func (c *Cache) keep(key uint64, e *Entry) {
	c.entries.SetWithTTL(key, e, e.cost(), c.ttl(e.Context.Published))
	c.entries.Wait() // so that nobody who comes later finds neither the entry nor the one who makes it
}

// sourceKey is the key in entries of what is known of a page apart from requests. Keys of requests are hashes of other bytes.
func sourceKey(page uint64) uint64 { return page ^ 0x9E3779B97F4A7C15 }

// latestKey is the key in entries of the fullest context that a request brought of a page.
func latestKey(page uint64) uint64 { return page ^ 0xD1B54A32D192ED03 }

// latestCost is what a second reference to an entry costs, in bytes.
const latestCost = 64

// noteLatest remembers e for [Cache.Latest] unless a fuller context of its page is known.
func (c *Cache) noteLatest(e *Entry) {
	if !e.Context.Known {
		return
	}
	key := latestKey(e.Key)
	if old, ok := c.entries.Get(key); ok {
		c.sourceHits.Add(1)
		if len(old.Context.TextWords) > len(e.Context.TextWords) {
			return
		}
	} else {
		c.sourceMisses.Add(1)
	}
	c.entries.SetWithTTL(key, e, latestCost, c.ttl(e.Context.Published))
	c.entries.Wait() // as for what was kept
}

// Latest returns the fullest context that requests have brought of a page lately, nil if none is remembered. It is for explaining: what one
// reader's request said of a page decides nothing for another's.
func (c *Cache) Latest(url string) *Entry {
	url, err := pagecontext.CanonicalURL(url)
	if err != nil {
		return nil
	}
	e, ok := c.entries.Get(latestKey(xxhash.Sum64String(url)))
	if !ok {
		c.sourceMisses.Add(1)
		return nil
	}
	c.sourceHits.Add(1)
	return e
}

// lookAgain finds what the newsroom pushed, or what was fetched, of the entry's page. What requests flag stays flagged:
// a page can be made safer by anybody who shows it, and less safe by nobody.
func (c *Cache) lookAgain(e *Entry) {
	changes := c.changes.Load()
	b := c.source(e.Key)
	if b != nil && b.site != "" && b.site != e.site {
		b = nil // of another site with the same domain
	}
	if q := e.Context; b != nil && (q.Sensitive && !b.Context.Sensitive || q.NoAds && !b.Context.NoAds) {
		flagged := *b.Context
		flagged.Sensitive, flagged.NoAds = flagged.Sensitive || q.Sensitive, flagged.NoAds || q.NoAds
		b = newEntry(e.site, &flagged)
	}
	e.better.Store(b)
	e.seen.Store(changes)
}

// source returns what is known of a page apart from requests: what was pushed, else what was fetched, else nil.
func (c *Cache) source(page uint64) *Entry {
	key := sourceKey(page)
	if b, ok := c.entries.Get(key); ok {
		c.sourceHits.Add(1)
		return b
	}
	c.sourceMisses.Add(1)
	if c.pushed == nil || !c.pushed.has(page) {
		return nil
	}
	b, err := c.once(key, func() (*Entry, error) {
		p, err := c.pushed.read(page)
		if err != nil {
			return nil, err
		}
		b := c.understand(p.Site, p.input())
		c.keep(key, b)
		return b, nil
	})
	if err != nil {
		if !errors.Is(err, errGone) {
			c.log.Error("a pushed page cannot be read; what requests say of it counts", "error", err)
		}
		return nil
	}
	return b
}

// fetched takes in a page that was fetched.
func (c *Cache) fetched(site string, in *pagecontext.Input) {
	e := c.understand(site, in)
	if c.pushed != nil && c.pushed.has(e.Key) {
		return // the newsroom knows better
	}
	c.keep(sourceKey(e.Key), e)
	if c.pushed != nil && c.pushed.has(e.Key) {
		c.forget(e.Key) // pushed meanwhile
	}
	c.changes.Add(1)
}

// ErrPushesOff is returned by [Cache.Push] where there is no directory for pushed pages.
var ErrPushesOff = errors.New("pushed pages are not kept here: the server has no data directory for them")

// Push takes in what the newsroom's own system says about a page. When it returns nil the page is on disk, and every later
// request of it is answered by what was pushed. The errors are those of the page's URL, [ErrPushesOff] and
// [ErrFull], or of the disk.
func (c *Cache) Push(p *Pushed) error {
	if c.pushed == nil {
		return ErrPushesOff
	}
	url, err := pagecontext.CanonicalURL(p.URL)
	if err != nil {
		return err
	}
	p.URL = url
	key := xxhash.Sum64String(url)
	if err := c.pushed.write(key, p); err != nil {
		return err
	}
	c.forget(key)
	return nil
}

// Withdraw forgets what was pushed about a page of the site. It reports whether there was anything.
func (c *Cache) Withdraw(site, url string) (bool, error) {
	if c.pushed == nil {
		return false, ErrPushesOff
	}
	url, err := pagecontext.CanonicalURL(url)
	if err != nil {
		return false, err
	}
	key := xxhash.Sum64String(url)
	had, err := c.pushed.remove(key, site)
	c.forget(key)
	return had, err
}

// forget drops what is held of a page, so that it is read anew.
func (c *Cache) forget(page uint64) {
	c.entries.Del(sourceKey(page))
	c.entries.Wait()
	c.changes.Add(1)
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
	// Fetched pages were understood, Unfetched ones could not be had or may not be fetched, and Unasked ones were not
	// fetched because too many waited.
	Fetched, Unfetched, Unasked uint64
	Pushed                      int // pages that the newsroom has pushed and not withdrawn
}

// Stats returns the cache's counts.
func (c *Cache) Stats() Stats {
	m := c.entries.Metrics
	s := Stats{
		Hits: m.Hits() - min(m.Hits(), c.sourceHits.Load()), Misses: m.Misses() - min(m.Misses(), c.sourceMisses.Load()), Evictions: m.KeysEvicted(), Classified: c.classified.Load(),
		Bytes:   m.CostAdded() - m.CostEvicted(),
		Fetched: c.fetcher.fetched.Load(), Unfetched: c.fetcher.failed.Load(), Unasked: c.fetcher.dropped.Load(),
	}
	if c.pushed != nil {
		s.Pushed = c.pushed.len()
	}
	return s
}
