package adserver

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting/visitor"
)

// Journal is where events become durable.
type Journal interface {
	// Append takes a record along with the next commit and does not wait for it.
	Append(rec []byte) error
	// AppendSync returns once the record is on disk.
	AppendSync(rec []byte) error
}

// Options configures an [Engine]. All fields without a stated zero value are required.
type Options struct {
	Pages    *pages.Cache
	Visitors *visitor.Resolver
	Delivery *delivery.Tracker
	Signer   *beacon.Signer
	Seen     *beacon.Seen
	Journal  Journal
	// Shared makes events count once over several instances. nil: there is one.
	Shared *beacon.Shared
	// Salts tell the visitors of a day apart. nil: salts that no restart survives.
	Salts *beacon.Salts
	// Conversions remembers what was converted. nil: conversions are refused.
	Conversions *beacon.Conversions
	// ConversionTTL is how long after a click its conversion counts. 0 means 30 days.
	ConversionTTL time.Duration
	// ClickLimits bound how many clicks of one visitor count. nil means beacon.DefaultClickLimits; an empty list, no limits.
	ClickLimits []beacon.ClickLimit
	// DataCentres are networks of servers, whose events do not count: no reader sits there. Placard ships no list, as they change by the
	// week; hosters publish theirs.
	DataCentres []netip.Prefix
	// PublicURL stands before the URLs in answers, without a slash at its end. "": they are paths.
	PublicURL string
	// TokenTTL is how long event URLs count. 0 means 4 hours: a tab left open over lunch still counts.
	TokenTTL time.Duration
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
}

// Snapshot is everything that follows from one configuration.
type Snapshot struct {
	Catalog   *catalog.Catalog
	Creatives *creative.Set
	Delivery  *delivery.Table
	Tally     *decision.Tally // what became of each line item, by reason
	Loaded    time.Time
}

// Engine decides and counts.
type Engine struct {
	opts     Options
	snapshot atomic.Pointer[Snapshot]
	ready    atomic.Bool
	work     sync.Pool // of *work
	counts   counts
	retired  retired
	pauses   atomic.Pointer[decision.Pauses]

	clicks      *beacon.Clicks
	dataCentres networks
}

// ErrNotReady is returned until a catalog is in force and the counters are restored.
var ErrNotReady = errors.New("no catalog is in force")

// ErrBadToken is returned for event URLs that were not made here.
var ErrBadToken = errors.New("the event URL is not authentic")

// ErrNotDurable is returned for billable events that could not be put on disk.
var ErrNotDurable = errors.New("the event could not be made durable")

// ErrNoConversions is returned for conversions where they are not counted.
var ErrNoConversions = errors.New("conversions are not counted here")

// New returns an engine without a catalog.
func New(opts Options) *Engine {
	if opts.TokenTTL == 0 {
		opts.TokenTTL = 4 * time.Hour
	}
	if opts.ConversionTTL == 0 {
		opts.ConversionTTL = 30 * 24 * time.Hour
	}
	if opts.Salts == nil {
		opts.Salts = beacon.OpenSalts(beacon.SaltOptions{})
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	e := &Engine{opts: opts, clicks: beacon.NewClicks(opts.ClickLimits), dataCentres: newNetworks(opts.DataCentres)}
	e.work.New = func() any { return newWork() }
	e.counts.init()
	return e
}

// Load puts a catalog in force. Requests under way finish with the one they began with.
func (e *Engine) Load(c *catalog.Catalog) error {
	set, err := creative.Compile(c)
	if err != nil {
		return fmt.Errorf("load catalog %s: %w", c.Revision, err)
	}
	now := e.opts.Now()
	next := &Snapshot{Catalog: c, Creatives: set, Delivery: e.opts.Delivery.Bind(c), Loaded: now}
	e.opts.Delivery.Tick(now)
	old := e.snapshot.Load()
	if old != nil {
		next.Tally = decision.NewTally(c, old.Tally)
	} else {
		next.Tally = decision.NewTally(c, nil)
	}
	e.snapshot.Store(next)
	if old != nil {
		e.retired.keep(old.Catalog, c)
	}
	return nil
}

// SetPauses puts in force what the newsroom paused: from the next request on. nil: nothing.
func (e *Engine) SetPauses(p *decision.Pauses) { e.pauses.Store(p) }

// SetReady says that delivery counters are restored: from now on the engine serves.
func (e *Engine) SetReady() { e.ready.Store(true) }

// Ready returns why requests cannot be served now, or nil.
func (e *Engine) Ready() error {
	if e.snapshot.Load() == nil {
		return ErrNotReady
	}
	if !e.ready.Load() {
		return fmt.Errorf("%w: delivery counters are being restored", ErrNotReady)
	}
	return nil
}

// Snapshot returns what is in force, nil before the first Load.
func (e *Engine) Snapshot() *Snapshot { return e.snapshot.Load() }

// Revision returns the revision of the catalog in force.
func (e *Engine) Revision() string {
	if s := e.snapshot.Load(); s != nil {
		return s.Catalog.Revision
	}
	return ""
}

// Currency is the one that prices are in, ISO 4217; "" before the first Load.
func (e *Engine) Currency() string {
	if s := e.snapshot.Load(); s != nil {
		return s.Catalog.Currency
	}
	return ""
}

// Asset returns a file of a creative by the path it is served at.
func (e *Engine) Asset(path string) (*creative.Asset, bool) {
	s := e.snapshot.Load()
	if s == nil {
		return nil, false
	}
	return s.Creatives.Asset(path)
}

// Document returns a file of an html creative by the path behind /v1/html/.
func (e *Engine) Document(name string) (*creative.Asset, bool) {
	s := e.snapshot.Load()
	if s == nil {
		return nil, false
	}
	return s.Creatives.Document(name)
}

// KnownOrigin reports whether a browser's Origin is a page of a configured site.
func (e *Engine) KnownOrigin(origin string) bool {
	s := e.snapshot.Load()
	if s == nil {
		return false
	}
	host, ok := originHost(origin)
	if !ok {
		return false
	}
	_, known := s.Catalog.SiteByDomain(host)
	return known
}

// originHost returns the host of an Origin header such as https://news.example:8443, without a port.
func originHost(origin string) (string, bool) {
	rest, ok := strings.CutPrefix(origin, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(origin, "http://"); !ok {
			return "", false
		}
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		rest = rest[:i]
	}
	return strings.ToLower(rest), rest != "" && !strings.ContainsAny(rest, "/@?#")
}

// retired remembers where creatives that left the configuration led, so that ads on open pages still
// take their readers there.
type retired struct {
	mu     sync.Mutex // taken on reload and on the rare click for a creative that is gone
	clicks map[catalog.CreativeKey]string
}

// maxRetired bounds the memory of creatives that are gone.
const maxRetired = 100_000

func (r *retired) keep(old, now *catalog.Catalog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clicks == nil || len(r.clicks) > maxRetired {
		r.clicks = map[catalog.CreativeKey]string{}
	}
	for i := range old.Creatives {
		c := &old.Creatives[i]
		if _, still := now.Creative(c.Key); !still && c.Click != "" {
			to := c.Click
			if c.ClickParts != nil {
				to = string(creative.AppendURL(nil, c.ClickParts, &creative.Values{Advertiser: c.Key.Advertiser, Campaign: c.Key.Campaign, LineItem: c.Key.LineItem, Creative: c.Key.Creative}))
			}
			r.clicks[c.Key] = to
		}
	}
}

func (r *retired) destination(k catalog.CreativeKey) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clicks[k]
}
