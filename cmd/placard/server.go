package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/adserver/editorial"
	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/adserver/tag"
	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/web"
	"github.com/placard/placard/targeting/pagecontext"
)

// server is everything one process runs, wired together. Tests use it like the commands do.
type server struct {
	opts     serverOptions
	cfg      atomic.Pointer[configs.Config]
	lock     *dataLock
	engine   *adserver.Engine
	track    *delivery.Tracker
	data     string // directory
	parts    *parts
	counting *counting
	log      *slog.Logger

	journal   *journal.Journal
	recovery  *journal.Recovery
	shipper   *journal.Shipper
	store     store.Store
	storeFor  string // duckdb or clickhouse
	site      *web.Site
	mails     *web.Mail // nil: none are sent
	editorial *editorial.Switch
	http      *httpapi.Server
	ln        net.Listener
	admin     *adminSocket

	started   time.Time
	served    bool                             // it was ready once: its counters are whole
	rejected  atomic.Pointer[configs.Problems] // of the last reload, nil if it went well
	rejectAt  atomic.Int64
	rates     rates
	recent    *recent
	revisions revisions

	stop context.CancelFunc
	wg   sync.WaitGroup
}

// serverOptions is what a command asks for. Flags go before the configuration.
type serverOptions struct {
	Config    string // path
	Listen    string // "" takes the configuration's
	Data      string // likewise
	PublicURL *string
	// LoopbackCountry is where visitors of this machine count as being, for the demo.
	LoopbackCountry string
	// LoopbackHeadless takes headless browsers of this machine for readers: who looks at the demo with a script sees its ads.
	LoopbackHeadless bool
	// Pages adds handlers by prefix: the demo's newspaper.
	Pages map[string]http.Handler
	// BeforeServing runs when the store and the engine are there and nothing is served yet: the demo's history.
	BeforeServing func(ctx context.Context, s *server) error
	Now           func() time.Time
	Log           *slog.Logger
}

// startServer brings everything up in order; on an error it takes down again what was up.
func startServer(ctx context.Context, opts serverOptions) (s *server, err error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	s = &server{opts: opts, started: opts.Now(), recent: newRecent(opts.Log.Handler())}
	s.log = slog.New(s.recent)
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = cancel
	defer func() {
		if err != nil {
			s.Close(context.Background())
		}
	}()
	cat, cfg, problems := catalog.Load(opts.Config)
	if cat == nil {
		return s, problems
	}
	s.cfg.Store(cfg)
	sc := cfg.Server
	if opts.Listen != "" {
		sc.Listen = opts.Listen
	}
	if opts.Data != "" {
		sc.Data = opts.Data
	}
	if opts.PublicURL != nil {
		sc.PublicURL = *opts.PublicURL
	}
	s.data = sc.Data
	if err := os.MkdirAll(sc.Data, 0o750); err != nil {
		return s, fmt.Errorf("the data directory cannot be made: %w; choose another with --data", err)
	}
	if s.lock, err = lockData(sc.Data); err != nil {
		return s, err
	}
	// The port is taken early, so that a taken one is told before anything else is done.
	if s.ln, err = net.Listen("tcp", sc.Listen); err != nil {
		return s, fmt.Errorf("cannot listen on %s: %w; choose another with --listen", sc.Listen, plainError(err))
	}
	if err := s.openData(sc); err != nil {
		return s, err
	}
	if err := s.buildEngine(sc, cat); err != nil {
		return s, err
	}
	if opts.BeforeServing != nil {
		if err := opts.BeforeServing(ctx, s); err != nil {
			return s, err
		}
	}
	if err := s.openSwitch(sc.Data); err != nil {
		return s, err
	}
	if err := s.restore(ctx, cat); err != nil {
		return s, err
	}
	if err := s.buildPages(sc); err != nil {
		return s, err
	}
	if s.admin, err = listenAdmin(sc.Data, s.local()); err != nil {
		return s, err
	}
	s.revisions.began(s.engine.Revision(), opts.Config, opts.Now(), s.engine.Counts())
	s.background(run)
	return s, nil
}

// openData opens the journal and the store.
func (s *server) openData(sc configs.Server) (err error) {
	s.journal, s.recovery, err = journal.Open(journal.Options{Dir: filepath.Join(sc.Data, "journal"), Retain: sc.TokenTTL + time.Hour})
	if err != nil {
		return fmt.Errorf("the journal in %s cannot be opened: %w", sc.Data, err)
	}
	for _, l := range s.recovery.Lost {
		s.log.Error("the journal is damaged; what is intact was kept", "lost", l.String())
	}
	s.store, s.storeFor, err = openStore(sc, s.journal, s.log)
	if err != nil {
		return err
	}
	s.shipper = journal.NewShipper(journal.ShipperOptions{Journal: s.journal, Sink: s.store, Log: s.log})
	return nil
}

func (s *server) buildEngine(sc configs.Server, cat *catalog.Catalog) error {
	keys, err := beacon.LoadOrCreateKeys(filepath.Join(sc.Data, "keys"))
	if err != nil {
		return err
	}
	visitorKey, err := secret(filepath.Join(sc.Data, "visitor-key"))
	if err != nil {
		return err
	}
	s.parts, err = newParts(partsOptions{
		Keys: keys, VisitorKey: [16]byte(visitorKey[:16]), LoopbackCountry: s.opts.LoopbackCountry, LoopbackHeadless: s.opts.LoopbackHeadless, CityDB: sc.CityDB,
		Rules: s.cfg.Load().Rules, Pushed: filepath.Join(sc.Data, "pages"), FetchPrivate: sc.FetchPrivate, Now: s.opts.Now, Log: s.log,
	})
	if err != nil {
		return err
	}
	if err := s.openCounting(sc, keys); err != nil {
		return err
	}
	s.counting.signer = s.parts.signer
	e := s.parts.engine(engineOptions{
		Journal: s.journal, PublicURL: sc.PublicURL, TokenTTL: sc.TokenTTL, Now: s.opts.Now, Counting: s.counting, DataCentres: sc.DataCentres,
	})
	s.engine, s.track = e.engine, e.track
	if err := s.restoreCounted(sc.TokenTTL); err != nil {
		return err
	}
	return s.engine.Load(cat)
}

// restore counts what the store knows to be delivered. The journal is shipped first, so that the store knows everything.
func (s *server) restore(ctx context.Context, cat *catalog.Catalog) error {
	pause := 200 * time.Millisecond
	for {
		err := s.restoreOnce(ctx, cat)
		if err == nil {
			break
		}
		if s.storeFor == "duckdb" || ctx.Err() != nil {
			return fmt.Errorf("delivery counters cannot be restored: %w", err)
		}
		s.log.Warn("delivery counters cannot be restored yet; the store does not answer", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(pause*2, 10*time.Second)
	}
	if err := s.restoreVisitors(); err != nil {
		return fmt.Errorf("frequency caps cannot be restored: %w", err)
	}
	s.track.Tick(s.opts.Now())
	s.engine.SetReady()
	s.served = true
	return nil
}

func (s *server) restoreOnce(ctx context.Context, cat *catalog.Catalog) error {
	if err := s.shipper.Flush(ctx); err != nil {
		return err
	}
	now := s.opts.Now()
	totals := func(from time.Time) (map[catalog.LineItemKey]delivery.Total, error) {
		got, err := s.store.Delivered(ctx, from, now.AddDate(1, 0, 0))
		if err != nil {
			return nil, err
		}
		out := make(map[catalog.LineItemKey]delivery.Total, len(got))
		for k, v := range got {
			out[catalog.LineItemKey(k)] = delivery.Total{Impressions: v.Impressions, Viewable: v.Viewable, Clicks: v.Clicks, Served: v.Served, Spend: v.Spend}
		}
		return out, nil
	}
	all, err := totals(time.Unix(0, 0))
	if err != nil {
		return err
	}
	var todayErr error
	s.track.Restore(cat, all, func(zone *time.Location) map[catalog.LineItemKey]delivery.Total {
		t, err := totals(delivery.Midnight(now, zone))
		if err != nil {
			todayErr = err
		}
		return t
	}, now)
	return todayErr
}

// buildPages makes the HTTP side.
func (s *server) buildPages(sc configs.Server) (err error) {
	key, err := secret(filepath.Join(sc.Data, "session-key"))
	if err != nil {
		return err
	}
	zone := time.UTC
	if sites := s.cfg.Load().Sites; len(sites) > 0 {
		zone = sites[0].Zone
	}
	s.site, err = web.New(web.Options{
		Source: s.store, Users: s.users, Tokens: s.tokens, Advertisers: s.advertisers, Ops: s.opsState, Explain: s.webExplain, Switch: s.webSwitch(),
		Waiting: func() int64 { return s.shipper.Stats().Lag }, TrustedProxies: sc.TrustedProxies, Key: key, Currency: sc.Currency, Zone: zone, Now: s.opts.Now,
		Secure: strings.HasPrefix(sc.PublicURL, "https://"), Log: s.log,
	})
	if err != nil {
		return err
	}
	if s.mails, err = s.mailer(sc); err != nil {
		return err
	}
	mounted := map[string]http.Handler{}
	for _, p := range s.site.Prefixes() {
		mounted[p] = s.site
	}
	for p, h := range s.opts.Pages {
		mounted[p] = h
	}
	s.http, err = httpapi.New(httpapi.Options{
		Engine: s.engine, Tag: tag.JS(), TagFiles: tag.Files(), TrustedProxies: sc.TrustedProxies, MetricsFrom: sc.MetricsFrom, Pages: mounted, Metrics: s.writeMetrics, Log: s.log, Now: s.opts.Now,
	})
	return err
}

// local answers on the socket in the data directory.
func (s *server) local() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.site.Local())
	mux.HandleFunc("POST /explain", s.explainHandler)
	return mux
}

// replanEvery is how often guaranteed delivery is planned: supply changes by the hour.
const replanEvery = 5 * time.Minute

// background starts what runs beside serving.
func (s *server) background(ctx context.Context) {
	s.wg.Go(func() { s.shipper.Run(ctx) })
	s.wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.track.Tick(s.opts.Now())
				if err := s.counting.reloadKeys(); err != nil {
					s.keysBroken(err)
				}
				s.rates.add(s.engine.Counts().Pages)
			}
		}
	})
	s.wg.Go(func() { s.editorial.Run(ctx) })
	s.wg.Go(func() { s.mail(ctx) })
	s.wg.Go(func() { s.keepVisitors(ctx) })
	s.wg.Go(func() {
		// A plan of a minute's traffic is rough, one of an hour's is not: it is made anew often at first.
		for pause := time.Minute; ; pause = min(2*pause, replanEvery) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
				s.track.Replan(nil, s.opts.Now())
			}
		}
	})
	w := &catalog.Watcher{Path: s.opts.Config, Loaded: s.reloaded, Rejected: s.refused, Log: s.log}
	s.wg.Go(func() { w.Run(ctx, s.engine.Revision()) })
	s.wg.Go(func() { s.admin.serve() })
	s.wg.Go(func() {
		if err := s.http.Serve(s.ln); err != nil && ctx.Err() == nil {
			s.log.Error("serve", "error", err)
		}
	})
}

// reloaded puts a changed configuration in force.
func (s *server) reloaded(c *catalog.Catalog, cfg *configs.Config, problems configs.Problems) {
	if err := s.engine.Load(c); err != nil {
		s.log.Error("the changed configuration could not be loaded; the old one stays", "error", err)
		return
	}
	if before := s.cfg.Load(); cfg.Rules != nil || before.Rules != nil {
		k, err := pagecontext.NewClassifier(pagecontext.Options{Rules: cfg.Rules})
		if err != nil {
			s.log.Error("the changed page rules could not be loaded; the old ones stay", "error", err)
		} else {
			s.parts.pages.SetClassifier(k)
		}
	}
	s.cfg.Store(cfg)
	s.rejected.Store(nil)
	s.revisions.began(c.Revision, s.opts.Config, s.opts.Now(), s.engine.Counts())
	s.log.Info("configuration in force", "revision", c.Revision, "line_items", len(c.LineItems), "warnings", len(problems))
}

// refused keeps the old configuration.
func (s *server) refused(problems configs.Problems) {
	s.rejected.Store(&problems)
	s.rejectAt.Store(s.opts.Now().Unix())
	s.log.Error("the changed configuration has errors; the old one stays in force", "errors", problems.Errors(), "first", problems.Error())
}

// Addr is the address it listens on.
func (s *server) Addr() string { return s.ln.Addr().String() }

// Close drains: no new requests, those under way are answered, everything acknowledged is in the journal, the store gets what it can.
func (s *server) Close(ctx context.Context) {
	if s.http != nil {
		if err := s.http.Shutdown(ctx); err != nil {
			s.log.Warn("drain", "error", err)
		}
	} else if s.ln != nil {
		s.ln.Close()
	}
	if s.admin != nil {
		s.admin.close()
	}
	s.stop()
	s.wg.Wait()
	if s.served {
		s.saveVisitors()
	}
	if s.shipper != nil && s.journal != nil {
		if err := s.journal.Sync(); err == nil {
			_ = s.shipper.Flush(ctx) // what does not arrive now is shipped at the next start
		}
	}
	if s.counting != nil {
		if err := s.counting.close(); err != nil && !errors.Is(err, journal.ErrClosed) {
			s.log.Warn("close conversions", "error", err)
		}
	}
	if s.journal != nil {
		if err := s.journal.Close(); err != nil && !errors.Is(err, journal.ErrClosed) {
			s.log.Warn("close journal", "error", err)
		}
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.log.Warn("close store", "error", err)
		}
	}
	if s.parts != nil {
		s.parts.pages.Close()
	}
	if s.lock != nil {
		s.lock.release()
	}
}
