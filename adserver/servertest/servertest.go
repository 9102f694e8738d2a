package servertest

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/adserver/httpapi"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/adserver/tag"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// Options says what to start.
type Options struct {
	// Config holds the configuration's files and assets. Required.
	Config fs.FS
	// HTTP is handed on, its Engine, Tag, Log and Now set where they are not.
	HTTP httpapi.Options
	// PublicURL and TokenTTL are the engine's. Zero values: paths, 4 hours.
	PublicURL string
	TokenTTL  time.Duration
	// Now is the clock of everything. nil: time.Now.
	Now func() time.Time
	// NotReady leaves the engine as it is before its counters are restored.
	NotReady bool
	// Listen is host:port. "": a free port of 127.0.0.1.
	Listen string
	// Log takes what the server says. nil: it fails the test on anything above a warning.
	Log *slog.Logger
}

// Server is a running ad server.
type Server struct {
	// URL is http://host:port, Addr host:port.
	URL, Addr string
	Engine    *adserver.Engine
	HTTP      *httpapi.Server
	Journal   *journal.Journal
	Catalog   *catalog.Catalog
	Signer    *beacon.Signer

	t      testing.TB
	events []event.Event
	reader *journal.Reader
}

// Start starts a server that ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{t: t}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cat, _, problems := catalog.LoadFS(o.Config, "")
	if cat == nil {
		var b strings.Builder
		problems.Print(&b)
		t.Fatalf("the configuration has errors:\n%s", b.String())
	}
	s.Catalog = cat
	if o.Log == nil {
		o.Log = slog.New(failing{t})
	}
	var err error
	s.Journal, _, err = journal.Open(journal.Options{Dir: t.TempDir(), Interval: 5 * time.Millisecond, Now: o.Now})
	check(err)
	t.Cleanup(func() { _ = s.Journal.Close() }) // a test may have closed it
	s.reader = s.Journal.Reader(0)
	classifier, err := pagecontext.NewClassifier(pagecontext.Options{})
	check(err)
	cache, err := pages.New(pages.Options{Classifier: classifier, Now: o.Now, MaxBytes: 16 << 20, Dir: t.TempDir(), Log: o.Log})
	check(err)
	t.Cleanup(cache.Close)
	visitors, err := visitor.NewResolver(visitor.Options{LoopbackCountry: "PK"})
	check(err)
	s.Signer, err = beacon.NewSigner([]beacon.Key{beacon.NewKey(1)})
	check(err)
	ttl := o.TokenTTL
	if ttl == 0 {
		ttl = 4 * time.Hour
	}
	conversions, err := beacon.OpenConversions(journal.Options{Dir: t.TempDir(), Now: o.Now}, 30*24*time.Hour)
	check(err)
	t.Cleanup(func() { _ = conversions.Close() })
	s.Engine = adserver.New(adserver.Options{
		Conversions: conversions, Pages: cache, Visitors: visitors, Delivery: delivery.New(), Signer: s.Signer, Seen: beacon.NewSeen(ttl), Journal: s.Journal,
		PublicURL: o.PublicURL, TokenTTL: o.TokenTTL, Now: o.Now, Log: o.Log,
	})
	check(s.Engine.Load(cat))
	if !o.NotReady {
		s.Engine.SetReady()
	}
	h := o.HTTP
	h.Engine = s.Engine
	if h.Tag == nil {
		h.Tag, h.TagFiles = tag.JS(), tag.Files()
	}
	if h.Log == nil {
		h.Log = o.Log
	}
	if h.Now == nil {
		h.Now = o.Now
	}
	s.HTTP, err = httpapi.New(h)
	check(err)
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", o.Listen)
	check(err)
	s.Addr = ln.Addr().String()
	s.URL = "http://" + s.Addr
	served := make(chan error, 1)
	go func() { served <- s.HTTP.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.HTTP.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// Events returns every event that is on disk, after a sync, by request and slot.
func (s *Server) Events() []event.Event {
	s.t.Helper()
	if err := s.Journal.Sync(); err != nil {
		s.t.Fatal(err)
	}
	var in event.Interner
	err := s.reader.Read(func(_ uint64, rec []byte) error {
		var e event.Event
		if err := event.Decode(rec, &e, &in); err != nil {
			return err
		}
		s.events = append(s.events, e)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	// The journal keeps no order among requests that ran at once.
	slices.SortStableFunc(s.events, func(a, b event.Event) int {
		return cmp.Or(bytes.Compare(a.Request[:], b.Request[:]), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Time, b.Time))
	})
	return s.events
}

// Count counts the valid events of a kind.
func (s *Server) Count(kind event.Kind) int {
	s.t.Helper()
	n := 0
	for _, e := range s.Events() {
		if e.Kind == kind && e.Valid() {
			n++
		}
	}
	return n
}

// Loopback is the networks of this machine.
func Loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// failing is a log whose warnings and errors fail the test.
type failing struct{ t testing.TB }

func (failing) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (f failing) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	r.Attrs(func(a slog.Attr) bool { b.WriteString(" " + a.String()); return true })
	f.t.Errorf("logged: %s%s", r.Message, b.String())
	return nil
}

func (f failing) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f failing) WithGroup(string) slog.Handler      { return f }
