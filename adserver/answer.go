package adserver

import (
	"strconv"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
)

// answer appends the JSON answer of the v1 contract. Ids come from the configuration or were checked to be plain, so
// only what creatives bring needs escaping, and that was done when they were compiled.
func (e *Engine) answer(dst []byte, w *work, r *Request) []byte {
	c := w.snap.Catalog
	dst = append(dst, `{"request_id":"`...)
	dst = w.id.Append(dst)
	dst = append(dst, `","config":"`...)
	dst = append(dst, c.Revision...)
	dst = append(dst, `","slots":[`...)
	for i := range w.outcomes {
		if i > 0 {
			dst = append(dst, ',')
		}
		o := &w.outcomes[i]
		dst = append(dst, `{"id":"`...)
		dst = append(dst, r.Slots[i].ID...)
		if !o.Filled {
			dst = append(dst, `","filled":false,"reason":"`...)
			dst = append(dst, o.Reason.String()...)
			dst = append(dst, `"}`...)
			continue
		}
		e.issue(w, r, i)
		e.fillVars(w, i)
		cr := &c.Creatives[o.Creative]
		dst = append(dst, `","filled":true,"advertiser":"`...)
		dst = append(dst, cr.Key.Advertiser...)
		dst = append(dst, `","campaign":"`...)
		dst = append(dst, cr.Key.Campaign...)
		dst = append(dst, `","line_item":"`...)
		dst = append(dst, cr.Key.LineItem...)
		dst = append(dst, `","creative":"`...)
		dst = append(dst, cr.Key.Creative...)
		dst = append(dst, `","type":"`...)
		dst = append(dst, w.snap.Creatives.Kind(o.Creative)...)
		dst = append(dst, `","width":`...)
		dst = strconv.AppendUint(dst, uint64(cr.Size.W), 10)
		dst = append(dst, `,"height":`...)
		dst = strconv.AppendUint(dst, uint64(cr.Size.H), 10)
		dst = append(dst, `,"label":`...)
		dst = creative.AppendJSON(dst, w.vars.Label)
		dst = append(dst, `,"html":"`...)
		dst = w.snap.Creatives.AppendHTMLJSON(dst, o.Creative, &w.vars)
		dst = append(dst, `","impression_url":"`...)
		dst = e.eventURL(dst, 'i', w.token)
		dst = append(dst, `","viewable_url":"`...)
		dst = e.eventURL(dst, 'v', w.token)
		dst = append(dst, `","click_url":"`...)
		dst = e.eventURL(dst, 'c', w.token)
		dst = append(dst, `"}`...)
	}
	dst = append(dst, `],"page_token":"`...)
	dst = e.pageToken(dst, w)
	return append(dst, `"}`...)
}

func (e *Engine) eventURL(dst []byte, kind byte, token []byte) []byte {
	dst = append(dst, e.opts.PublicURL...)
	dst = append(dst, '/', 'v', '1', '/', kind, '/')
	return append(dst, token...)
}

// pageToken appends the token of what the page shows now, earlier slots included.
func (e *Engine) pageToken(dst []byte, w *work) []byte {
	c := w.snap.Catalog
	for i := range w.outcomes {
		if o := &w.outcomes[i]; o.Filled {
			li := &c.LineItems[o.LineItem]
			w.shown.Items = append(w.shown.Items, catalog.Shown{LineItem: li.Hash, Creative: c.Creatives[o.Creative].Hash, Advertiser: c.Advertisers[li.Advertiser].Hash, Placement: c.Placements[w.slots[i].Placement].Hash})
		}
	}
	if w.shown.Request == ([16]byte{}) {
		w.shown.Request = w.id
	}
	w.shown.Expires = w.now.Add(e.opts.TokenTTL).Unix()
	return e.opts.Signer.AppendPageToken(dst, &w.shown, w.id, w.now)
}

// fillVars sets what a creative's rendering varies by. The token is the one issued last.
func (e *Engine) fillVars(w *work, slot int) {
	w.vars = creative.Vars{
		Base: e.opts.PublicURL, Token: w.token, Theme: w.visitor.Theme, Site: w.site.ID,
		Placement: w.snap.Catalog.Placements[w.slots[slot].Placement].ID, CacheBuster: w.id.Seed() + uint64(slot), Label: e.label(w),
	}
}

// label is the word over an ad, in the page's language if the site has it.
func (e *Engine) label(w *work) string {
	if w.page != nil {
		if l, ok := w.site.Label[w.page.Context.Language]; ok {
			return l
		}
	}
	if l, ok := w.site.Label[w.site.Language]; ok {
		return l
	}
	return w.site.Label["en"]
}
