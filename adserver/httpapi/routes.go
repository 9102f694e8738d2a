package httpapi

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
	"github.com/placard/placard/reporting/event"
)

// parsers keep the memory of request parsing between requests.
var parsers = sync.Pool{New: func() any { return new(parser) }}

// ads is POST and GET /v1/ads.
func (s *Server) ads(ctx *fasthttp.RequestCtx) {
	s.cors(ctx)
	if !allow(ctx, "POST", "GET") {
		return
	}
	start := s.opts.Now()
	p := parsers.Get().(*parser)
	p.req.Reset()
	defer parsers.Put(p)

	var bad *adserver.RequestError
	if ctx.IsPost() {
		bad = p.parseJSON(ctx.PostBody())
	} else {
		bad = p.parseQuery(ctx.QueryArgs())
	}
	if bad != nil {
		s.metrics.badRequests.Inc()
		fail(ctx, 400, bad.Code, bad.Message, bad.Field)
		return
	}
	s.client(ctx, &p.req.Client)
	var err error
	p.out, err = s.opts.Engine.Serve(p.out[:0], &p.req)
	if err != nil {
		s.failServe(ctx, err)
		return
	}
	h := &ctx.Response.Header
	ctx.SetContentTypeBytes(jsonType)
	h.SetBytesKV(cacheControl, noStore)
	ctx.Response.SetBody(p.out) // copied into memory that fasthttp keeps
	s.metrics.adsSeconds.UpdateDuration(start)
}

var (
	jsonType     = []byte(typeJSON)
	cacheControl = []byte("Cache-Control")
	noStore      = []byte("no-store")
)

// failServe answers a page request that the engine refused.
func (s *Server) failServe(ctx *fasthttp.RequestCtx, err error) {
	var bad *adserver.RequestError
	switch {
	case errors.As(err, &bad):
		s.metrics.badRequests.Inc()
		fail(ctx, 400, bad.Code, bad.Message, bad.Field)
	case errors.Is(err, adserver.ErrNotReady):
		ctx.Response.Header.Set("Retry-After", "1")
		fail(ctx, 503, "not_ready", "the server is starting: "+err.Error(), "")
	default:
		s.metrics.failures.Inc()
		s.opts.Log.Error("serve ads", "error", err)
		fail(ctx, 500, "internal", "something went wrong here; it was recorded", "")
	}
}

// cors lets the pages of the configured sites read the answer, and nobody else's.
func (s *Server) cors(ctx *fasthttp.RequestCtx) {
	origin := ctx.Request.Header.Peek("Origin")
	if len(origin) == 0 {
		return
	}
	h := &ctx.Response.Header
	h.Add("Vary", "Origin")
	if !s.opts.Engine.KnownOrigin(b2s(origin)) {
		return
	}
	h.SetBytesV("Access-Control-Allow-Origin", origin)
	if string(ctx.Method()) == "OPTIONS" {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
	}
}

// explainPath is the API's answer to why a slot shows what it does, a mounted page like the rest of the API.
const explainPath = "/api/v1/explain"

// explain lets the tag's debug overlay on a page of a configured site ask the API with a token. The API judges the token; cookies
// do not come along, as credentials are not allowed.
func (s *Server) explain(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	if ctx.IsOptions() && len(ctx.Request.Header.Peek("Origin")) > 0 {
		s.cors(ctx)
		if len(h.Peek("Access-Control-Allow-Origin")) > 0 {
			h.Set("Access-Control-Allow-Methods", "GET")
			h.Set("Access-Control-Allow-Headers", "Authorization")
		}
		ctx.SetStatusCode(204)
		return
	}
	s.page(ctx, explainPath)
	s.cors(ctx) // after the page, which writes its own headers
}

// event is GET /v1/i/{token}, /v1/v/{token} and /v1/c/{token}; POST too, as sendBeacon can do nothing else.
func (s *Server) event(ctx *fasthttp.RequestCtx, letter byte, token string) {
	kind := event.Impression
	switch letter {
	case 'v':
		kind = event.Viewable
	case 'c':
		kind = event.Click
	}
	s.cors(ctx)
	if !allow(ctx, "GET", "POST") {
		return
	}
	ctx.Response.Header.SetBytesKV(cacheControl, noStore)
	ctx.Response.Header.Set("X-Robots-Tag", "noindex, nofollow")
	var c adserver.Client
	s.client(ctx, &c)
	// Prefetched and prerendered pages were not seen; browsers mark those requests.
	c.Prefetch = isPrefetch(ctx)
	res := s.opts.Engine.Beacon(kind, token, &c)
	if kind == event.Click {
		// The reader goes on whatever became of the count, as long as the link is ours.
		if res.Destination != "" {
			h := &ctx.Response.Header
			h.Set("Location", res.Destination)
			h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
			ctx.SetStatusCode(302)
			return
		}
		if res.Err == nil || errors.Is(res.Err, adserver.ErrBadToken) {
			fail(ctx, 404, "unknown_link", "this link does not belong to any ad shown here", "")
			return
		}
	}
	switch {
	case res.Err == nil:
		ctx.SetStatusCode(204)
	case errors.Is(res.Err, adserver.ErrBadToken):
		fail(ctx, 400, "invalid_token", "the event URL was altered or cut short", "")
	default:
		ctx.Response.Header.Set("Retry-After", "5")
		fail(ctx, 503, "not_durable", "the event could not be stored safely; send it again", "")
	}
}

func isPrefetch(ctx *fasthttp.RequestCtx) bool {
	h := &ctx.Request.Header
	purpose := h.Peek("Sec-Purpose")
	if len(purpose) == 0 {
		purpose = h.Peek("Purpose")
	}
	p := b2s(purpose)
	return strings.Contains(p, "prefetch") || strings.Contains(p, "prerender")
}

// asset is GET /a/{hash}.{ext}: the name is of the content, so it may be kept for ever.
func (s *Server) asset(ctx *fasthttp.RequestCtx, path string) {
	if !allow(ctx, "GET", "HEAD") {
		return
	}
	a, ok := s.opts.Engine.Asset(path)
	if !ok {
		fail(ctx, 404, "not_found", "there is no such asset", "")
		return
	}
	h := &ctx.Response.Header
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	// An SVG opened on its own must not run anything.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	serveBytes(ctx, a.Type, etagOf(path), a.Data)
}

// document is GET /v1/html/{hash} and /v1/html/{hash}/{file}: an html creative, for a sandboxed frame.
func (s *Server) document(ctx *fasthttp.RequestCtx, name string) {
	if !allow(ctx, "GET", "HEAD") {
		return
	}
	file, ok := s.opts.Engine.Document(name)
	if !ok {
		fail(ctx, 404, "not_found", "there is no such creative", "")
		return
	}
	h := &ctx.Response.Header
	h.Set("Cache-Control", "public, max-age=86400")
	for _, kv := range creative.DocumentHeaders() {
		h.Set(kv[0], kv[1])
	}
	serveBytes(ctx, file.Type, etag(file.Data), file.Data)
}

// script is GET /v1/s/{token}: the document of a third party's tag, for a sandboxed frame.
func (s *Server) script(ctx *fasthttp.RequestCtx, token string) {
	if !allow(ctx, "GET") {
		return
	}
	base, ok := s.base(ctx)
	if !ok {
		fail(ctx, 400, "bad_request", "the Host header is not a host name", "")
		return
	}
	body, err := s.opts.Engine.Script(nil, token, base)
	if err != nil {
		fail(ctx, 404, "not_found", "there is no such creative", "")
		return
	}
	for _, kv := range creative.ScriptHeaders() {
		ctx.Response.Header.Set(kv[0], kv[1])
	}
	ctx.SetContentType("text/html; charset=utf-8")
	ctx.SetBody(body)
}

// file is GET /tag.js and the files beside it.
func (s *Server) file(ctx *fasthttp.RequestCtx, f file) {
	if !allow(ctx, "GET", "HEAD") {
		return
	}
	h := &ctx.Response.Header
	// Short, so that a fix reaches readers the same hour; revalidation costs no body.
	h.Set("Cache-Control", "public, max-age=3600, stale-while-revalidate=86400")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if ctx.Request.Header.HasAcceptEncoding("gzip") && len(ctx.Request.Header.Peek("Range")) == 0 {
		h.Set("Content-Encoding", "gzip")
		serveBytes(ctx, f.mediaType, f.zippedTag, f.zipped)
		return
	}
	serveBytes(ctx, f.mediaType, f.etag, f.body)
}

// frame is GET /v1/frame?site=…&placement=…: one ad as a document of its own, for pages without scripts.
func (s *Server) frame(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "GET") {
		return
	}
	p := parsers.Get().(*parser)
	p.req.Reset()
	defer parsers.Put(p)
	args := ctx.QueryArgs()
	if bad := p.parseQuery(args); bad != nil {
		fail(ctx, 400, bad.Code, bad.Message, bad.Field)
		return
	}
	if len(p.req.Slots) == 0 {
		slot := p.req.AddSlot()
		slot.ID = "frame"
		slot.Placement = b2s(args.Peek("placement"))
		if size := b2s(args.Peek("size")); size != "" {
			w, h, ok := parseSize(size)
			if !ok {
				fail(ctx, 400, "invalid_field", "must be WIDTHxHEIGHT in CSS pixels, such as 300x250", "size")
				return
			}
			slot.Sizes = append(slot.Sizes, catalog.Size{W: w, H: h})
		}
	}
	// The page that holds the frame is known by its Referer, which says too little to trust for more.
	if len(p.req.Page.URL) == 0 {
		p.req.Page.URL = ctx.Referer()
	}
	s.client(ctx, &p.req.Client)
	body, err := s.opts.Engine.Frame(nil, &p.req)
	if err != nil {
		s.failServe(ctx, err)
		return
	}
	h := &ctx.Response.Header
	for _, kv := range creative.FrameHeaders() {
		h.Set(kv[0], kv[1])
	}
	h.SetBytesKV(cacheControl, noStore)
	ctx.SetContentType("text/html; charset=utf-8")
	ctx.SetBody(body)
}

// serveBytes answers with body, or a part of it, or that it has not changed.
func serveBytes(ctx *fasthttp.RequestCtx, contentType, tag string, body []byte) {
	h := &ctx.Response.Header
	h.Set("ETag", tag)
	h.Set("Accept-Ranges", "bytes")
	if strings.Contains(b2s(ctx.Request.Header.Peek("If-None-Match")), tag) {
		ctx.SetStatusCode(304)
		return
	}
	ctx.SetContentType(contentType)
	from, to, found := byteRange(b2s(ctx.Request.Header.Peek("Range")), len(body))
	if ifRange := b2s(ctx.Request.Header.Peek("If-Range")); found && (ifRange == "" || ifRange == tag) {
		if from > to {
			h.Set("Content-Range", "bytes */"+itoa(len(body)))
			fail(ctx, 416, "bad_range", "the range lies outside the file", "")
			return
		}
		h.SetContentRange(from, to, len(body))
		ctx.SetStatusCode(206)
		body = body[from : to+1]
	}
	ctx.Response.SetBodyRaw(body)
}

// byteRange reads a Range header of one range, such as bytes=0-99, bytes=100- or bytes=-100. Anything else is none: a server
// may ignore the header, and must where it is malformed (RFC 9110 section 14.2). from > to: it lies outside the body.
func byteRange(header string, size int) (from, to int, found bool) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return 0, 0, false
	}
	first, last, ok := strings.Cut(spec, "-")
	if !ok || first == "" && last == "" {
		return 0, 0, false
	}
	digits := func(s string) (int, bool) {
		n, err := strconv.ParseUint(s, 10, 40)
		return int(n), err == nil
	}
	if first == "" {
		n, ok := digits(last)
		return max(0, size-n), size - 1, ok && size > 0
	}
	from, ok = digits(first)
	if !ok {
		return 0, 0, false
	}
	to = size - 1
	if last != "" {
		end, ok := digits(last)
		if !ok || end < from {
			return 0, 0, false
		}
		to = min(to, end)
	}
	return from, to, true
}

// etagOf makes an entity tag of a name that is a content hash.
func etagOf(name string) string { return `"` + name[strings.LastIndexByte(name, '/')+1:] + `"` }
