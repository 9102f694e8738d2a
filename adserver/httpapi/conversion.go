package httpapi

import (
	"errors"

	"github.com/valyala/fasthttp"

	"github.com/placard/placard/adserver"
)

// maxClickID bounds a click id, bytes: four times what the longest ad's is.
const maxClickID = 4 << 10

// conversion is GET /v1/conversion?click_id=…, a pixel on the page that thanks the reader, and POST of {"click_id":"…"}, the call of a
// server. A pixel is judged by the browser that asks for it; of a server nothing follows.
func (s *Server) conversion(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "GET", "POST") {
		return
	}
	ctx.Response.Header.SetBytesKV(cacheControl, noStore)
	ctx.Response.Header.Set("X-Robots-Tag", "noindex, nofollow")
	var res adserver.BeaconResult
	if ctx.IsGet() {
		// Any page may hold the pixel: it is an image, and nothing of the answer can be read.
		ctx.Response.Header.Set("Cross-Origin-Resource-Policy", "cross-origin")
		var c adserver.Client
		s.client(ctx, &c)
		c.Prefetch = isPrefetch(ctx)
		id := ctx.QueryArgs().Peek("click_id")
		if bad := checkClickID(id); bad != nil {
			fail(ctx, 400, bad.Code, bad.Message, bad.Field)
			return
		}
		res = s.opts.Engine.Convert(b2s(id), &c)
	} else {
		p := parsers.Get().(*parser)
		defer parsers.Put(p)
		v, err := p.json.ParseBytes(ctx.PostBody())
		if err != nil {
			fail(ctx, 400, "invalid_json", "the body must be JSON such as {\"click_id\":\"…\"}", "")
			return
		}
		id := v.GetStringBytes("click_id")
		if bad := checkClickID(id); bad != nil {
			fail(ctx, 400, bad.Code, bad.Message, bad.Field)
			return
		}
		res = s.opts.Engine.Convert(b2s(id), nil)
	}
	switch {
	case res.Err == nil:
		ctx.SetStatusCode(204)
	case errors.Is(res.Err, adserver.ErrBadToken):
		fail(ctx, 400, "invalid_click_id", "the click id was altered or cut short", "click_id")
	case errors.Is(res.Err, adserver.ErrNoConversions):
		fail(ctx, 404, "no_conversions", "this server does not count conversions", "")
	default:
		ctx.Response.Header.Set("Retry-After", "5")
		fail(ctx, 503, "not_durable", "the conversion could not be stored safely; send it again", "")
	}
}

func checkClickID(id []byte) *adserver.RequestError {
	switch {
	case len(id) == 0:
		return &adserver.RequestError{Code: "missing_field", Message: "send the click id that came with the reader, as {click_id} in the click address", Field: "click_id"}
	case len(id) > maxClickID:
		return invalid("click_id", "is longer than any click id")
	}
	return nil
}
