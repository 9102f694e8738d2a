package adserver

import (
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/targeting/visitor"
)

// work is the memory of one request. It is pooled: nothing in it outlives the request.
type work struct {
	snap     *Snapshot
	site     *catalog.Site
	page     *pages.Entry
	id       RequestID
	now      time.Time
	visitor  visitor.Visitor
	reader   uint64 // the visitor's number of the day
	in       decision.Input
	slots    []decision.Slot
	outcomes []decision.Outcome
	payload  beacon.Payload
	token    []byte
	buf      []byte // of a record
	event    event.Event
	skips    decision.Skips
	vars     creative.Vars
	shown    beacon.PageToken
}

func newWork() *work { return &work{} }

// Serve decides a page and appends the answer of the HTTP contract to dst. It does not keep r.
func (e *Engine) Serve(dst []byte, r *Request) ([]byte, error) {
	w := e.work.Get().(*work)
	defer e.release(w)
	if err := e.decide(w, r); err != nil {
		return dst, err
	}
	return e.answer(dst, w, r), nil
}

func (e *Engine) release(w *work) {
	// Drop what would keep an old catalog or a page alive.
	w.snap, w.site, w.page = nil, nil, nil
	w.in = decision.Input{}
	e.work.Put(w)
}

// decide fills w.outcomes, one for each slot of r, and records them.
func (e *Engine) decide(w *work, r *Request) error {
	if err := e.choose(w, r); err != nil {
		return err
	}
	e.conclude(w, r)
	return nil
}

// choose fills w.outcomes.
func (e *Engine) choose(w *work, r *Request) error {
	if err := e.prepare(w, r); err != nil {
		return err
	}
	w.skips = decision.Skips{}
	w.outcomes = decision.Decide(w.outcomes[:0], &w.in, &w.skips)
	return nil
}

// conclude counts and records w.outcomes.
func (e *Engine) conclude(w *work, r *Request) {
	e.counts.page(w.outcomes, &w.skips)
	e.record(w, r)
}

// prepare fills w.in, everything that the decision reads.
func (e *Engine) prepare(w *work, r *Request) error {
	w.snap = e.snapshot.Load()
	if w.snap == nil || !e.ready.Load() {
		return e.Ready()
	}
	c := w.snap.Catalog
	if err := e.resolve(w, c, r); err != nil {
		return err
	}
	w.now = e.opts.Now()
	if !r.As.At.IsZero() {
		w.now = r.As.At
	}
	w.id = NewRequestID(w.now)
	e.opts.Visitors.Resolve(&w.visitor, &visitor.Input{
		UserAgent: r.Client.UserAgent, CHUA: r.Client.CHUA, CHUAMobile: r.Client.CHUAMobile, CHUAPlatform: r.Client.CHUAPlatform,
		RemoteIP: r.Client.IP, ID: r.VisitorID, Theme: r.Theme, Segments: r.Segments,
	})
	w.reader = e.visitor(w, r.VisitorID, &r.Client)
	if r.As.Country != "" {
		w.visitor.Country, w.visitor.Region, w.visitor.City = r.As.Country, "", ""
	}
	if r.As.Device != "" {
		for i, name := range visitor.DeviceNames() {
			if name == r.As.Device {
				w.visitor.Device = visitor.Device(i)
			}
		}
	}
	w.in = decision.Input{
		Catalog: c, Visitor: &w.visitor, KV: r.KV, Delivery: w.snap.Delivery, Pauses: e.pauses.Load(), Tally: w.snap.Tally, Now: w.now, Seed: w.id.Seed(), Slots: w.slots,
	}
	if w.page != nil {
		w.in.Page, w.in.PageTerms = w.page.Context, w.page.Terms(c.Index)
	}
	w.shown = beacon.PageToken{Items: w.shown.Items[:0]}
	token := r.PageToken
	if len(token) == 0 {
		token = r.SessionToken
	}
	if len(token) > 0 {
		// A token that is forged or too old begins a new page: the reader gets ads either way.
		if err := e.opts.Signer.VerifyPageToken(token, w.now, &w.shown); err != nil {
			w.shown = beacon.PageToken{Items: w.shown.Items[:0]}
			e.counts.badPageTokens.Add(1)
		}
		if len(r.PageToken) == 0 {
			w.shown.Earlier, w.shown.Request = len(w.shown.Items), w.id // what it shows stands on an earlier page
		}
	}
	w.in.Session, w.in.Shown = w.shown.Items[:w.shown.Earlier], w.shown.Items[w.shown.Earlier:]
	return nil
}

// resolve finds the site, the placements and the page of the request.
func (e *Engine) resolve(w *work, c *catalog.Catalog, r *Request) error {
	if r.Site == "" {
		return &RequestError{Code: "missing_field", Message: "name the site, as in \"site\":\"daily\"", Field: "site"}
	}
	si, ok := c.Site(r.Site)
	if !ok {
		return &RequestError{Code: "unknown_site", Message: "there is no such site in the configuration", Field: "site"}
	}
	w.site = &c.Sites[si]
	if len(r.Slots) == 0 {
		return &RequestError{Code: "missing_field", Message: "ask for at least one slot", Field: "slots"}
	}
	w.slots = w.slots[:0]
	for i := range r.Slots {
		s := &r.Slots[i]
		if !validID(s.ID) {
			return &RequestError{Code: "invalid_field", Message: "must be 1 to 64 letters, digits, '-', '_', '.' or ':'", Field: slotField(i, "id")}
		}
		for j := range i {
			if r.Slots[j].ID == s.ID {
				return &RequestError{Code: "duplicate_slot", Message: "each slot of a request needs an id of its own", Field: slotField(i, "id")}
			}
		}
		p, ok := c.Placement(r.Site, s.Placement)
		if !ok {
			return &RequestError{Code: "unknown_placement", Message: "the site has no such placement", Field: slotField(i, "placement")}
		}
		sizes := s.Sizes
		if len(sizes) == 0 {
			sizes = c.Placements[p].Sizes
		}
		w.slots = append(w.slots, decision.Slot{Placement: p, Sizes: sizes})
	}
	w.page = nil
	if len(r.Page.URL) == 0 {
		return nil // an unknown page: strict line items do not serve on it
	}
	r.Page.Site = w.site.ID
	if w.site.FetchPages {
		r.Page.Fetch = w.site.Domains
	}
	page, err := e.opts.Pages.Get(&r.Page)
	if err != nil {
		return &RequestError{Code: "invalid_field", Message: err.Error(), Field: "page.url"}
	}
	if owner, ok := c.SiteByDomain(page.Host); !ok || owner != si {
		return &RequestError{Code: "foreign_page", Message: "the page is on none of the site's domains", Field: "page.url"}
	}
	w.page = page
	return nil
}

func slotField(i int, member string) string {
	const digits = "0123456789"
	n := digits[i%10 : i%10+1]
	if i >= 10 {
		n = digits[i/10:i/10+1] + n
	}
	return "slots[" + n + "]." + member
}

func validID(s string) bool {
	if s == "" || len(s) > MaxID {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}

// record sends one request event for each slot along to the journal. They are not waited for.
func (e *Engine) record(w *work, r *Request) {
	c := w.snap.Catalog
	for i := range w.outcomes {
		ev := &w.event
		e.describe(w, r, i, ev)
		o := &w.outcomes[i]
		if o.Filled {
			li := &c.LineItems[o.LineItem]
			cr := &c.Creatives[o.Creative]
			ev.Advertiser, ev.Campaign, ev.LineItem, ev.Creative = cr.Key.Advertiser, cr.Key.Campaign, cr.Key.LineItem, cr.Key.Creative
			ev.Type, ev.Width, ev.Height, ev.Price = li.Type.String(), cr.Size.W, cr.Size.H, li.CPM
		} else {
			ev.NoFill = o.Reason.String()
		}
		w.buf = event.AppendBinary(w.buf[:0], ev)
		if err := e.opts.Journal.Append(w.buf); err != nil {
			e.counts.droppedRequests.Add(1)
		}
	}
}

// describe fills what events of a slot have in common whatever was decided.
func (e *Engine) describe(w *work, r *Request, slot int, ev *event.Event) {
	*ev = event.Event{
		ID:   event.ID{Request: w.id, Slot: uint8(slot), Kind: event.Request},
		Time: w.now.UnixMicro(), Site: w.site.ID, Placement: w.snap.Catalog.Placements[w.slots[slot].Placement].ID,
		Country: w.visitor.Country, Region: w.visitor.Region, Device: w.visitor.Device.String(), OS: w.visitor.OS, Browser: w.visitor.Browser,
		Theme: w.visitor.Theme, Revision: w.snap.Catalog.Revision, Visitor: w.reader, Synthetic: r.Synthetic,
	}
	switch {
	case w.visitor.Bot != "":
		ev.Invalid = invalidBot
	case r.Client.Prefetch:
		ev.Invalid = invalidPrefetch
	case !r.Synthetic && e.dataCentres.has(r.Client.IP):
		ev.Invalid = invalidDataCentre
	}
	if w.page != nil {
		ev.Section, ev.Page, ev.PageKey = w.page.Context.Section, w.page.Page, w.page.Key
		ev.Topics, ev.Sensitivity = w.page.Topics, w.page.Sensitivity
	}
}

// issue makes the event token of a filled slot in w.token.
func (e *Engine) issue(w *work, r *Request, slot int) {
	c := w.snap.Catalog
	o := &w.outcomes[slot]
	li, cr := &c.LineItems[o.LineItem], &c.Creatives[o.Creative]
	p := &w.payload
	*p = beacon.Payload{
		Request: w.id, Slot: uint8(slot), Issued: w.now.Unix(), Expires: w.now.Add(e.opts.TokenTTL).Unix(),
		Site: w.site.ID, Placement: c.Placements[w.slots[slot].Placement].ID,
		Advertiser: cr.Key.Advertiser, Campaign: cr.Key.Campaign, LineItem: cr.Key.LineItem, Creative: cr.Key.Creative,
		Type: li.Type.String(), Width: cr.Size.W, Height: cr.Size.H, Price: max(li.CPM, li.VCPM),
		// One impression costs a thousandth of the CPM, exactly: prices have at most three decimals.
		ImpressionCharge: li.Charge(catalog.Impressions), ViewableCharge: li.Charge(catalog.Viewable), ClickCharge: li.CPC,
		Country: w.visitor.Country, Region: w.visitor.Region, Device: w.visitor.Device.String(), OS: w.visitor.OS, Browser: w.visitor.Browser, Theme: w.visitor.Theme,
		Revision: c.Revision, Visitor: w.reader, Capped: w.visitor.Hash, Synthetic: r.Synthetic,
	}
	if r.Free {
		p.ImpressionCharge, p.ViewableCharge, p.ClickCharge = 0, 0, 0
	}
	if w.page != nil {
		p.Section, p.Page, p.PageKey = w.page.Context.Section, w.page.Page, w.page.Key
		p.Topics, p.Sensitivity = w.page.Topics, w.page.Sensitivity
	}
	w.token = e.opts.Signer.AppendToken(w.token[:0], p)
}

// Frame decides one slot and returns it as a document of its own, for pages without scripts.
func (e *Engine) Frame(dst []byte, r *Request) ([]byte, error) {
	w := e.work.Get().(*work)
	defer e.release(w)
	if len(r.Slots) != 1 {
		return dst, &RequestError{Code: "invalid_field", Message: "a frame holds exactly one slot", Field: "slots"}
	}
	if err := e.decide(w, r); err != nil {
		return dst, err
	}
	if !w.outcomes[0].Filled {
		return creative.AppendEmptyFrame(dst), nil
	}
	e.issue(w, r, 0)
	e.fillVars(w, 0)
	return w.snap.Creatives.AppendFrame(dst, w.outcomes[0].Creative, &w.vars), nil
}
