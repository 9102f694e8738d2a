package httpapi

import (
	"errors"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fastjson"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/pages"
)

// pushPage is PUT and DELETE /v1/pages: what the newsroom's own system says about its pages, with the site's push
// token as a bearer token. PUT is answered 204 when the page is on disk.
func (s *Server) pushPage(ctx *fasthttp.RequestCtx) {
	if !allow(ctx, "PUT", "DELETE") {
		return
	}
	ctx.Response.Header.SetBytesKV(cacheControl, noStore)
	token, ok := strings.CutPrefix(string(ctx.Request.Header.Peek("Authorization")), "Bearer ")
	if !ok {
		s.unauthorized(ctx)
		return
	}
	token = strings.TrimSpace(token)
	if ctx.IsDelete() {
		args := ctx.QueryArgs()
		had, err := s.opts.Engine.WithdrawPage(token, string(args.Peek("site")), string(args.Peek("url")))
		switch {
		case err != nil:
			s.failPush(ctx, err)
		case !had:
			fail(ctx, 404, "not_found", "nothing was pushed about this page", "url")
		default:
			ctx.SetStatusCode(204)
		}
		return
	}
	p, bad := parsePushed(ctx.PostBody())
	if bad == nil {
		if err := s.opts.Engine.PushPage(token, p); err != nil {
			s.failPush(ctx, err)
			return
		}
		ctx.SetStatusCode(204)
		return
	}
	s.metrics.badRequests.Inc()
	fail(ctx, 400, bad.Code, bad.Message, bad.Field)
}

func (s *Server) unauthorized(ctx *fasthttp.RequestCtx) {
	ctx.Response.Header.Set("WWW-Authenticate", `Bearer realm="placard"`)
	fail(ctx, 401, "unauthorized", "send one of the site's push tokens as Authorization: Bearer TOKEN", "")
}

func (s *Server) failPush(ctx *fasthttp.RequestCtx, err error) {
	switch {
	case errors.Is(err, adserver.ErrUnauthorized):
		s.unauthorized(ctx)
	case errors.Is(err, pages.ErrPushesOff), errors.Is(err, pages.ErrFull):
		fail(ctx, 507, "not_kept", err.Error(), "")
	default:
		s.failServe(ctx, err)
	}
}

// parsePushed reads the body of PUT /v1/pages: the page object of POST /v1/ads with site, authors and tags besides.
func parsePushed(body []byte) (*pages.Pushed, *adserver.RequestError) {
	v, err := fastjson.ParseBytes(body)
	if err != nil {
		return nil, &adserver.RequestError{Code: "invalid_json", Message: "the body is not JSON: " + firstLine(err.Error())}
	}
	if v.Type() != fastjson.TypeObject {
		return nil, &adserver.RequestError{Code: "invalid_json", Message: "the body must be a JSON object"}
	}
	f := fields{v: v}
	text := func(key string, limit int) string { return string(f.text(v, key, key, limit)) }
	list := func(key string) (out []string) {
		for _, e := range f.array(v, key, key, adserver.MaxKeywords) {
			if e.Type() != fastjson.TypeString {
				f.fail(invalid(key, "must be strings"))
				return nil
			}
			out = append(out, string(cut(e.GetStringBytes(), 256)))
		}
		return out
	}
	p := &pages.Pushed{
		Site: text("site", adserver.MaxID), URL: text("url", adserver.MaxURL), Title: text("title", adserver.MaxShortText),
		Description: text("description", adserver.MaxShortText), Section: text("section", 128), Language: text("language", 35), Kind: text("kind", 16),
		Text:     text("text", maxBody), // bounded by the body
		Keywords: list("keywords"), Authors: list("authors"), Tags: list("tags"),
		Sensitive: f.flag(v, "sensitive", "sensitive"), NoAds: f.flag(v, "no_ads", "no_ads"),
	}
	if published := text("published", 40); published != "" {
		t, err := time.Parse(time.RFC3339, published)
		if err != nil {
			f.fail(invalid("published", "must be an instant such as 2026-11-20T08:00:00Z"))
		}
		p.Published = t.UTC()
	}
	if p.Site == "" {
		f.fail(&adserver.RequestError{Code: "missing_field", Message: "name the site, as in \"site\":\"daily\"", Field: "site"})
	}
	if p.URL == "" {
		f.fail(&adserver.RequestError{Code: "missing_field", Message: "name the page's address", Field: "url"})
	}
	return p, f.err
}
