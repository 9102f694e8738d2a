package httpapi

import (
	"html/template"

	"github.com/valyala/fasthttp"

	"github.com/placard/placard/adserver"
)

// about is GET /v1/about/{token}: what a reader may know of an ad, and a form to report it. It needs no script and sets no cookie.
func (s *Server) about(ctx *fasthttp.RequestCtx, token string) {
	if !allow(ctx, "GET", "POST") {
		return
	}
	h := &ctx.Response.Header
	h.SetBytesKV(cacheControl, noStore)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	a, err := s.opts.Engine.About(token)
	if err != nil {
		fail(ctx, 404, "unknown_ad", "this link does not belong to any ad shown here", "")
		return
	}
	sent := false
	if ctx.IsPost() {
		if err := s.opts.Engine.Complain(token, string(ctx.PostArgs().Peek("reason"))); err != nil {
			s.failServe(ctx, err)
			return
		}
		sent = true
	}
	type reason struct{ Value, Text string }
	view := struct {
		adserver.About
		Sent    bool
		Reasons []reason
	}{About: a, Sent: sent}
	for _, r := range adserver.ReportReasons() {
		view.Reasons = append(view.Reasons, reason{r, reasonTexts[r]})
	}
	ctx.SetContentType("text/html; charset=utf-8")
	if err := aboutPage.Execute(ctx.Response.BodyWriter(), view); err != nil {
		s.failServe(ctx, err)
	}
}

var reasonTexts = map[string]string{
	"misleading":  "It is misleading or a fraud",
	"offensive":   "It is offensive",
	"covers-page": "It covers the page or makes a noise",
	"wrong-place": "It should not stand beside this story",
	"other":       "Something else",
}

var aboutPage = template.Must(template.New("about").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>About this ad</title>
<style>
:root{color-scheme:light dark;--paper:#fbfaf6;--ink:#1d1c1a;--soft:#5b5750;--rule:#cfcabf}
@media (prefers-color-scheme:dark){:root{--paper:#111;--ink:#e8e6e1;--soft:#aaa59b;--rule:#3a3833}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 Charter,Georgia,serif}
main{max-width:34rem;margin:0 auto;padding:48px 20px}
h1{font-size:28px;line-height:1.2;font-weight:500;margin:0 0 8px}
p{margin:0 0 16px}.soft{color:var(--soft)}
fieldset{border:0;border-top:1px solid var(--rule);margin:32px 0 0;padding:24px 0 0}
legend{float:left;width:100%;font-size:20px;margin-bottom:8px}
label{display:flex;align-items:center;gap:12px;min-height:44px;clear:both}
input{width:20px;height:20px;margin:0;accent-color:currentColor}
button{font:inherit;min-height:44px;padding:0 20px;margin-top:16px;background:var(--ink);color:var(--paper);border:0;cursor:pointer}
:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
</style></head><body><main>
<h1>About this ad</h1>
<p>It was paid for by <b>{{.Advertiser}}</b> and shown on <b>{{.Site}}</b>.</p>
<p class="soft">It was chosen for the story it stands beside, for the country you read from and the kind of device you read on. The ad server keeps no profile of you, and no address.</p>
{{if .Sent}}<p role="status">Thank you. The paper’s advertising desk has been told.</p>
{{else}}<form method="post"><fieldset><legend>Is something wrong with it?</legend>
{{range .Reasons}}<label><input type="radio" name="reason" value="{{.Value}}" required>{{.Text}}</label>
{{end}}<button type="submit">Tell the paper</button></fieldset></form>{{end}}
</main></body></html>
`))
