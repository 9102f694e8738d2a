package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// parts are what engines share: serving, explaining and the demo's history each have an engine of their own.
type parts struct {
	pages    *pages.Cache
	visitors *visitor.Resolver
	signer   *beacon.Signer
	log      *slog.Logger
}

type partsOptions struct {
	// Keys sign event URLs. Empty: keys that nobody else has, for engines whose URLs are never followed.
	Keys []beacon.Key
	// VisitorKey makes the hashes of visitors' ids the publisher's own.
	VisitorKey      [16]byte
	LoopbackCountry string
	// LoopbackHeadless takes headless browsers of this machine for readers, for the demo.
	LoopbackHeadless bool
	// CityDB is the path of the user's own file of regions and cities; "": none.
	CityDB string
	// Rules are the publisher's own rules of page context; nil: none.
	Rules fs.FS
	// Pushed is where pages that newsrooms push are kept; "": nowhere, and none are fetched either. FetchPrivate is
	// configs.Server's.
	Pushed       string
	FetchPrivate bool
	Now          func() time.Time
	Log          *slog.Logger
}

func newParts(o partsOptions) (*parts, error) {
	classifier, err := pagecontext.NewClassifier(pagecontext.Options{Rules: o.Rules})
	if err != nil {
		return nil, err
	}
	if len(o.Keys) == 0 {
		o.Keys = []beacon.Key{beacon.NewKey(1)}
	}
	signer, err := beacon.NewSigner(o.Keys)
	if err != nil {
		return nil, err
	}
	var cities []byte
	if o.CityDB != "" {
		if cities, err = os.ReadFile(o.CityDB); err != nil {
			return nil, fmt.Errorf("read city_db of the server's configuration: %w", err)
		}
	}
	visitors, err := visitor.NewResolver(visitor.Options{LoopbackCountry: o.LoopbackCountry, LoopbackHeadless: o.LoopbackHeadless, Key: o.VisitorKey, CityDB: cities})
	if err != nil {
		return nil, err
	}
	p := &parts{visitors: visitors, signer: signer, log: o.Log}
	fetch := pages.FetchOptions{AllowPrivate: o.FetchPrivate}
	if o.Pushed == "" {
		fetch.Workers = -1 // engines that only explain leave the sites alone
	}
	p.pages, err = pages.New(pages.Options{
		Classifier: classifier, Dir: o.Pushed, Fetch: fetch, Now: o.Now, Log: o.Log,
	})
	return p, err
}

type engineOptions struct {
	Journal   adserver.Journal
	PublicURL string
	TokenTTL  time.Duration
	Now       func() time.Time
	// Counting is what a server's own engine counts with. nil: each event once within the engine's life.
	Counting    *counting
	DataCentres []netip.Prefix
}

// engine is an engine with its counters.
type engine struct {
	engine *adserver.Engine
	track  *delivery.Tracker
	seen   *beacon.Seen
}

// engine makes an engine without a catalog.
func (p *parts) engine(o engineOptions) engine {
	e := engine{track: delivery.New(), seen: beacon.NewSeen(o.TokenTTL)}
	opts := adserver.Options{
		Pages: p.pages, Visitors: p.visitors, Delivery: e.track, Signer: p.signer, Seen: e.seen, Journal: o.Journal,
		PublicURL: o.PublicURL, TokenTTL: o.TokenTTL, Now: o.Now, Log: p.log, DataCentres: o.DataCentres, ConversionTTL: conversionTTL,
	}
	if c := o.Counting; c != nil {
		opts.Salts, opts.Conversions, opts.Shared = c.salts, c.conversions, c.shared
	}
	e.engine = adserver.New(opts)
	return e
}
