package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/placard/placard/adserver"
)

// Limits of the server. fasthttp leaves all of them open by default.
const (
	maxBody        = 256 << 10 // a page request with 32 KiB of text in the widest escaping is below 200 KiB
	maxHeader      = 16 << 10  // request line and headers; event tokens are below 1 KiB
	readTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second // an asset over a phone's slow network
	idleTimeout    = 75 * time.Second
	maxConnections = 65536
)

// Options configures a [Server].
type Options struct {
	// Engine decides and counts. Required.
	Engine *adserver.Engine
	// Tag is the browser tag's source, served as /tag.js. Required.
	Tag []byte
	// TagFiles are the files beside it, by path: the module, the debug overlay, the types. Empty: none.
	TagFiles map[string][]byte
	// TrustedProxies are the peers whose X-Forwarded-For, X-Forwarded-Proto and Forwarded are believed. Empty: nobody's.
	TrustedProxies []netip.Prefix
	// MetricsFrom are the peers that may read /metrics. Empty: loopback only.
	MetricsFrom []netip.Prefix
	// Pages are further handlers by path prefix, such as "/reports/". The longest prefix wins; "/" takes what
	// nothing else does.
	Pages map[string]http.Handler
	// ReadTimeout bounds how long one request may take to arrive. 0: 10 s.
	ReadTimeout time.Duration
	// IdleTimeout bounds how long a connection may wait for its next request. 0: 75 s, above the 60 s that common load
	// balancers keep idle connections.
	IdleTimeout time.Duration
	// MaxConnsPerIP bounds the connections of one peer. 0: unbounded, as behind a proxy all share one.
	MaxConnsPerIP int
	// Metrics writes more metrics behind the server's own, in the Prometheus text format. nil: none.
	Metrics func(io.Writer)
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
	// Now is the clock. nil: time.Now.
	Now func() time.Time
}

// Server is the HTTP side of one process.
type Server struct {
	opts     Options
	http     *fasthttp.Server
	pages    []mounted
	metrics  *metrics
	draining atomic.Bool
	mu       sync.Mutex
	ln       net.Listener    // of Serve; guarded by mu
	files    map[string]file // static files by path
}

// file is one static file of the tag.
type file struct {
	body      []byte
	etag      string
	mediaType string
	zipped    []byte // by gzip
	zippedTag string
}

type mounted struct {
	prefix  string
	handler fasthttp.RequestHandler
}

// New returns a server that does not listen yet.
func New(opts Options) (*Server, error) {
	if opts.Engine == nil {
		return nil, errors.New("create http server: no engine")
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.ReadTimeout == 0 {
		opts.ReadTimeout = readTimeout
	}
	if opts.IdleTimeout == 0 {
		opts.IdleTimeout = idleTimeout
	}
	if len(opts.MetricsFrom) == 0 {
		opts.MetricsFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	s := &Server{opts: opts, metrics: newMetrics(opts.Engine), files: map[string]file{}}
	s.addFile("/tag.js", opts.Tag)
	s.addFile("/openapi.json", openAPI)
	for path, body := range opts.TagFiles {
		s.addFile(path, body)
	}
	for prefix, h := range opts.Pages {
		s.pages = append(s.pages, mounted{prefix, fasthttpadaptor.NewFastHTTPHandler(s.guarded(h))})
	}
	sortByLength(s.pages)
	s.http = &fasthttp.Server{
		Handler:                      s.handle,
		Name:                         "placard",
		NoDefaultServerHeader:        true,
		ReadTimeout:                  opts.ReadTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  opts.IdleTimeout,
		MaxRequestBodySize:           maxBody,
		ReadBufferSize:               maxHeader,
		WriteBufferSize:              16 << 10,
		Concurrency:                  maxConnections,
		MaxConnsPerIP:                opts.MaxConnsPerIP,
		TCPKeepalive:                 true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		SecureErrorLogMessage:        true,
		DisablePreParseMultipartForm: true,
		Logger:                       silent{},
		ErrorHandler:                 s.badRequest,
	}
	return s, nil
}

// guarded answers a panic of a mounted handler. It runs in a goroutine of its own, so that only here its stack is known.
func (s *Server) guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				return // net/http's way of giving up
			}
			s.metrics.panics.Inc()
			s.opts.Log.Error("panic in a request", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			http.Error(w, "something went wrong here; it was recorded", http.StatusInternalServerError)
		}()
		h.ServeHTTP(w, r)
	})
}

// silent drops fasthttp's own log: it prints a line for each broken connection, which a port on the internet
// sees all day. What matters is counted.
type silent struct{}

func (silent) Printf(string, ...any) {}

// Serve answers connections of ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	s.ln = ln
	s.mu.Unlock()
	if s.draining.Load() {
		return ln.Close() // Shutdown came first
	}
	if err := s.http.Serve(ln); err != nil && !s.draining.Load() {
		return fmt.Errorf("serve http: %w", err)
	}
	return nil
}

// Shutdown stops accepting, says so on /readyz, and waits for requests under way until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	defer func() {
		// A Serve that has not reached its listener yet finds it closed; for any other it is closed already.
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ln != nil {
			_ = s.ln.Close()
		}
	}()
	if err := s.http.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("drain http: %w", err)
	}
	return nil
}

// handle routes one request. The paths of the ad server are matched byte by byte: none of them holds an escape, so
// "%2e" and the like match nothing.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	defer func() {
		if p := recover(); p != nil {
			s.metrics.panics.Inc()
			s.opts.Log.Error("panic in a request", "path", string(ctx.Path()), "panic", p, "stack", string(debug.Stack()))
			ctx.Response.Reset()
			fail(ctx, 500, "internal", "something went wrong here; it was recorded", "")
		}
	}()
	if why := guard(&ctx.Request.Header); why != "" {
		s.metrics.rejected.Inc()
		ctx.SetConnectionClose()
		fail(ctx, 400, "bad_request", why, "")
		return
	}
	path := b2s(ctx.Request.Header.RequestURI())
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	switch {
	case path == "/v1/ads":
		s.ads(ctx)
	case strings.HasPrefix(path, "/v1/i/"), strings.HasPrefix(path, "/v1/v/"), strings.HasPrefix(path, "/v1/c/"):
		s.event(ctx, path[4], path[6:])
	case path == "/v1/conversion":
		s.conversion(ctx)
	case strings.HasPrefix(path, "/v1/s/"):
		s.script(ctx, path[len("/v1/s/"):])
	case strings.HasPrefix(path, "/v1/about/"):
		s.about(ctx, path[len("/v1/about/"):])
	case strings.HasPrefix(path, "/a/"):
		s.asset(ctx, path)
	case strings.HasPrefix(path, "/v1/html/"):
		s.document(ctx, path[len("/v1/html/"):])
	case path == "/v1/frame":
		s.frame(ctx)
	case path == "/v1/pages":
		s.pushPage(ctx)
	case path == "/openrtb2/auction":
		s.auction(ctx)
	case path == explainPath:
		s.explain(ctx)
	case path == "/healthz":
		s.health(ctx)
	case path == "/readyz":
		s.ready(ctx)
	case path == "/metrics":
		s.serveMetrics(ctx)
	default:
		if f, ok := s.files[path]; ok {
			s.file(ctx, f)
			return
		}
		s.page(ctx, path)
	}
}

func (s *Server) addFile(path string, body []byte) {
	mediaType := "text/javascript; charset=utf-8"
	if strings.HasSuffix(path, ".ts") {
		mediaType = "text/plain; charset=utf-8" // .ts alone would be taken for a video
	}
	if strings.HasSuffix(path, ".json") {
		mediaType = typeJSON
	}
	f := file{body: body, etag: etag(body), mediaType: mediaType}
	f.zipped = fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressBestCompression)
	f.zippedTag = etag(f.zipped)
	s.files[path] = f
}

func (s *Server) page(ctx *fasthttp.RequestCtx, path string) {
	for _, m := range s.pages {
		if strings.HasPrefix(path, m.prefix) || path+"/" == m.prefix {
			m.handler(ctx)
			return
		}
	}
	fail(ctx, 404, "not_found", "there is nothing at this path", "")
}

// badRequest answers what fasthttp could not read.
func (s *Server) badRequest(ctx *fasthttp.RequestCtx, err error) {
	s.metrics.rejected.Inc()
	ctx.SetConnectionClose()
	var tooBig *fasthttp.ErrSmallBuffer
	var netErr net.Error
	switch {
	case errors.As(err, &tooBig):
		fail(ctx, 431, "headers_too_large", fmt.Sprintf("the request line and headers are limited to %d bytes", maxHeader), "")
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		fail(ctx, 413, "body_too_large", fmt.Sprintf("the body is limited to %d bytes", maxBody), "")
	case errors.As(err, &netErr) && netErr.Timeout():
		fail(ctx, 408, "timeout", "the request did not arrive in time", "")
	default:
		fail(ctx, 400, "bad_request", "the request is not valid HTTP", "")
	}
}

// allow answers methods other than the given ones. It reports whether the request may go on.
func allow(ctx *fasthttp.RequestCtx, methods ...string) bool {
	m := b2s(ctx.Method())
	for _, ok := range methods {
		if m == ok {
			return true
		}
	}
	ctx.Response.Header.Set("Allow", strings.Join(methods, ", "))
	if m == "OPTIONS" {
		ctx.SetStatusCode(204)
		return false
	}
	fail(ctx, 405, "method_not_allowed", "use "+strings.Join(methods, " or "), "")
	return false
}

// client tells who asks.
func (s *Server) client(ctx *fasthttp.RequestCtx, c *adserver.Client) {
	h := &ctx.Request.Header
	c.UserAgent = h.UserAgent()
	c.CHUA = h.Peek("Sec-CH-UA")
	c.CHUAMobile = h.Peek("Sec-CH-UA-Mobile")
	c.CHUAPlatform = h.Peek("Sec-CH-UA-Platform")
	c.IP = s.clientIP(ctx)
}

// peer is the address at the other end of the connection.
func peer(ctx *fasthttp.RequestCtx) netip.Addr {
	if t, ok := ctx.RemoteAddr().(*net.TCPAddr); ok {
		a, _ := netip.AddrFromSlice(t.IP)
		return a.Unmap()
	}
	return netip.Addr{}
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
