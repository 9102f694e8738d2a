package adserver

import (
	"time"

	"github.com/placard/placard/adserver/decision"
)

// Ad is one filled slot, for answers in other languages than the v1 contract. Its slices are valid until the function it was given to
// returns.
type Ad struct {
	Slot                                     int // position in the request
	RequestID                                string
	Advertiser, Campaign, LineItem, Creative string
	Kind                                     string // image, html, native, script, adsense or house
	LineItemType                             string
	Priority                                 int
	Guaranteed                               bool   // a sponsorship or a standard line item
	CPM                                      int64  // micros
	Currency                                 string // ISO 4217
	Destination                              string // as configured
	Width, Height                            int
	HTML, ImpressionURL, ViewableURL         []byte
	Expires                                  time.Duration // how long its event URLs count
}

// Bids decides a page and calls fn for each filled slot, in order. fn returns [decision.None] for an ad that it takes. For another reason the slot
// counts and is recorded as empty for it. base stands before URLs where no public URL is configured. It does not keep r.
func (e *Engine) Bids(r *Request, base string, fn func(*Ad) decision.Reason) error {
	w := e.work.Get().(*work)
	defer e.release(w)
	if err := e.choose(w, r); err != nil {
		return err
	}
	if e.opts.PublicURL != "" {
		base = e.opts.PublicURL
	}
	c := w.snap.Catalog
	var ad Ad
	for i := range w.outcomes {
		o := &w.outcomes[i]
		if !o.Filled {
			continue
		}
		e.issue(w, r, i)
		e.fillVars(w, i)
		w.vars.Base = base
		li, cr := &c.LineItems[o.LineItem], &c.Creatives[o.Creative]
		ad = Ad{
			Slot: i, RequestID: w.id.String(), Advertiser: cr.Key.Advertiser, Campaign: cr.Key.Campaign, LineItem: cr.Key.LineItem, Creative: cr.Key.Creative,
			Kind: w.snap.Creatives.Kind(o.Creative), LineItemType: li.Type.String(), Priority: int(li.Priority), Guaranteed: li.Type.String() == "sponsorship" || li.Type.String() == "standard",
			CPM: li.CPM, Currency: c.Currency, Destination: cr.Click, Width: int(cr.Size.W), Height: int(cr.Size.H), Expires: e.opts.TokenTTL,
			HTML: w.snap.Creatives.AppendHTML(ad.HTML[:0], o.Creative, &w.vars),
		}
		ad.ImpressionURL = append(append(append(ad.ImpressionURL[:0], base...), "/v1/i/"...), w.token...)
		ad.ViewableURL = append(append(append(ad.ViewableURL[:0], base...), "/v1/v/"...), w.token...)
		if why := fn(&ad); why != decision.None {
			*o = decision.Outcome{Reason: why}
		}
	}
	e.conclude(w, r)
	return nil
}
