package adserver

import (
	"errors"
	"fmt"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/visitor"
)

// Why an event does not count. These are the values of Event.Invalid, stable in reports.
const (
	invalidBot      = "bot"
	invalidReplay   = "replayed"
	invalidExpired  = "expired"
	invalidPrefetch = "prefetch"
)

// InvalidReasons are all values of an event's Invalid, for reports and metrics.
func InvalidReasons() []string {
	return []string{invalidBot, invalidReplay, invalidExpired, invalidPrefetch}
}

// BeaconResult is what became of an event URL.
type BeaconResult struct {
	// Err is ErrBadToken, ErrNotDurable, or nil: the event was recorded, counted or not.
	Err error
	// Counted says that the event is valid and the first of its kind.
	Counted bool
	// Destination is where a click leads, whenever the token is authentic.
	Destination string
}

// Beacon verifies an event URL's token and records the event. When it returns without an error the
// event is on disk. It does not keep its arguments.
func (e *Engine) Beacon(kind event.Kind, token string, client *Client) BeaconResult {
	w := e.work.Get().(*work)
	defer e.release(w)
	w.now = e.opts.Now()
	p := &w.payload
	err := e.opts.Signer.Verify([]byte(token), w.now, p)
	expired := errors.Is(err, beacon.ErrExpired)
	if err != nil && !expired {
		e.counts.badTokens.Add(1)
		return BeaconResult{Err: ErrBadToken}
	}
	var res BeaconResult
	if kind == event.Click {
		res.Destination = e.destination(p)
	}
	ev := &w.event
	*ev = beacon.ToEvent(p, kind, w.now)
	e.opts.Visitors.Resolve(&w.visitor, &visitor.Input{
		UserAgent: client.UserAgent, CHUA: client.CHUA, CHUAMobile: client.CHUAMobile, CHUAPlatform: client.CHUAPlatform, RemoteIP: client.IP,
	})
	ev.OS, ev.Browser = w.visitor.OS, w.visitor.Browser
	switch {
	case expired:
		ev.Invalid = invalidExpired
	case w.visitor.Bot != "":
		ev.Invalid = invalidBot
	case client.Prefetch:
		ev.Invalid = invalidPrefetch
	case !e.opts.Seen.Add(ev.ID, w.now.Unix()):
		ev.Invalid = invalidReplay
	}
	if ev.Invalid != "" {
		ev.Charge = 0
		e.counts.invalid(ev.Invalid)
		// What does not count is disclosed in reports, but nobody is billed on it: it is not waited for.
		w.buf = event.AppendBinary(w.buf[:0], ev)
		if err := e.opts.Journal.Append(w.buf); err != nil {
			e.counts.droppedRequests.Add(1)
		}
		return res
	}
	table, ord, creative := e.account(ev)
	if table != nil {
		// A budget that does not hold the price any more is not overdrawn: the event counts and costs nothing.
		ev.Charge = table.Bill(ord, ev.Charge)
	}
	w.buf = event.AppendBinary(w.buf[:0], ev)
	if err := e.opts.Journal.AppendSync(w.buf); err != nil {
		// Not on disk: not counted, and a second try must be able to count.
		if table != nil {
			table.Refund(ord, ev.Charge)
		}
		e.opts.Seen.Remove(ev.ID)
		e.counts.refused.Add(1)
		res.Err = fmt.Errorf("%w: %w", ErrNotDurable, err)
		return res
	}
	if table != nil {
		table.Observe(delivery.Observation{LineItem: ord, Creative: creative, Of: measures[kind], Visitor: ev.Visitor, At: w.now})
	}
	e.counts.event(kind)
	res.Counted = true
	return res
}

// measures are what billable events count as.
var measures = [...]catalog.Measure{event.Impression: catalog.Impressions, event.Viewable: catalog.Viewable, event.Click: catalog.Clicks}

// account finds where a valid event counts. A line item that left the configuration has no goal and no budget to count towards.
func (e *Engine) account(ev *event.Event) (t *delivery.Table, ord targeting.Ordinal, creative int32) {
	s := e.snapshot.Load()
	if s == nil || int(ev.Kind) >= len(measures) {
		return nil, 0, -1
	}
	ord, ok := s.Catalog.LineItem(catalog.LineItemKey{Advertiser: ev.Advertiser, Campaign: ev.Campaign, LineItem: ev.LineItem})
	if !ok {
		return nil, 0, -1
	}
	creative, ok = s.Catalog.Creative(catalog.CreativeKey{Advertiser: ev.Advertiser, Campaign: ev.Campaign, LineItem: ev.LineItem, Creative: ev.Creative})
	if !ok {
		creative = -1
	}
	return s.Delivery, ord, creative
}

// destination is where the creative's click leads: as configured now, or as configured when it left.
func (e *Engine) destination(p *beacon.Payload) string {
	k := catalog.CreativeKey{Advertiser: p.Advertiser, Campaign: p.Campaign, LineItem: p.LineItem, Creative: p.Creative}
	if s := e.snapshot.Load(); s != nil {
		if i, ok := s.Catalog.Creative(k); ok {
			return s.Catalog.Creatives[i].Click
		}
	}
	return e.retired.destination(k)
}
