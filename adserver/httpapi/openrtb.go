package httpapi

import (
	"github.com/valyala/fasthttp"

	"github.com/placard/placard/adserver/openrtb"
)

// auction is POST /openrtb2/auction: the same decisions for OpenRTB 2.6 callers.
func (s *Server) auction(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "POST") {
		return
	}
	h := &ctx.Response.Header
	h.Set("X-OpenRTB-Version", "2.6")
	h.SetBytesKV(cacheControl, noStore)
	p := parsers.Get().(*parser)
	p.req.Reset()
	defer parsers.Put(p)
	v, err := p.json.ParseBytes(ctx.PostBody())
	if err != nil {
		s.metrics.badRequests.Inc()
		fail(ctx, 400, "invalid_json", "the body is not JSON: "+firstLine(err.Error()), "")
		return
	}
	base, ok := s.base(ctx)
	if !ok {
		fail(ctx, 400, "bad_request", "the Host header is not a host name", "")
		return
	}
	s.client(ctx, &p.req.Client)
	// The caller itself, not the proxy before it, must be trusted: a proxy lets anybody in.
	trusted := contains(s.opts.TrustedProxies, p.req.Client.IP)
	r, bad := openrtb.Parse(v, s.opts.Engine.Currency(), trusted, &p.req)
	if bad != nil {
		s.metrics.badRequests.Inc()
		fail(ctx, 400, bad.Code, bad.Message, bad.Field)
		return
	}
	body, err := openrtb.Respond(s.opts.Engine, &r, &p.req, base)
	switch {
	case err != nil:
		s.failServe(ctx, err)
	case body == nil:
		ctx.SetStatusCode(204) // no bid
	default:
		ctx.SetContentTypeBytes(jsonType)
		ctx.SetBody(body)
	}
}

// base is the origin that the request came to, for URLs where no public one is configured. ok is false for a Host that is none.
func (s *Server) base(ctx *fasthttp.RequestCtx) (origin string, ok bool) {
	host := ctx.Request.Header.Host()
	for _, c := range host {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '.' && c != '-' && c != ':' && c != '[' && c != ']' {
			return "", false
		}
	}
	return "http://" + string(host), true
}
