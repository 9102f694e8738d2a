package httpapi

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/placard/placard/targeting/visitor"
)

// health is GET /healthz: the process answers.
func (s *Server) health(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "GET", "HEAD") {
		return
	}
	ctx.SetContentType(typeJSON)
	ctx.SetBodyString(`{"status":"ok"}` + "\n")
}

// ready is GET /readyz: whether a load balancer should send requests here.
func (s *Server) ready(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "GET", "HEAD") {
		return
	}
	ctx.Response.Header.SetBytesKV(cacheControl, noStore)
	if s.draining.Load() {
		fail(ctx, 503, "draining", "the server is shutting down", "")
		return
	}
	if err := s.opts.Engine.Ready(); err != nil {
		fail(ctx, 503, "not_ready", err.Error(), "")
		return
	}
	ctx.SetContentType(typeJSON)
	ctx.SetBodyString(`{"status":"ready","config":"` + s.opts.Engine.Revision() + `"}` + "\n")
}

// serveMetrics is GET /metrics, in the Prometheus text format, for the configured peers.
func (s *Server) serveMetrics(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "GET") {
		return
	}
	if !contains(s.opts.MetricsFrom, s.clientIP(ctx)) {
		fail(ctx, 403, "forbidden", "metrics are not open to this address; add it to server.metrics_from", "")
		return
	}
	ctx.SetContentType("text/plain; version=0.0.4; charset=utf-8")
	s.metrics.write(ctx.Response.BodyWriter())
	if s.opts.Metrics != nil {
		s.opts.Metrics(ctx.Response.BodyWriter())
	}
}

// clientIP is the address of the client, through trusted proxies.
func (s *Server) clientIP(ctx *fasthttp.RequestCtx) netip.Addr {
	p := peer(ctx)
	if len(s.opts.TrustedProxies) == 0 || !contains(s.opts.TrustedProxies, p) {
		return p
	}
	// All of the field's lines, in order, are one list (RFC 9110 section 5.3).
	var list []byte
	for _, line := range ctx.Request.Header.PeekAll("X-Forwarded-For") {
		if len(list) > 0 {
			list = append(list, ',')
		}
		list = append(list, line...)
	}
	return visitor.ClientIP(p, list, s.opts.TrustedProxies)
}

func parseSize(v string) (w, h uint16, ok bool) {
	ws, hs, found := strings.Cut(v, "x")
	wn, errW := strconv.ParseUint(ws, 10, 16)
	hn, errH := strconv.ParseUint(hs, 10, 16)
	return uint16(wn), uint16(hn), found && errW == nil && errH == nil && wn > 0 && hn > 0 && wn <= 8192 && hn <= 8192
}

func itoa(n int) string { return strconv.Itoa(n) }
