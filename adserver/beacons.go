package adserver

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/visitor"
)

// Why an event does not count. These are the values of Event.Invalid, stable in reports. They are looked at in this order, and the first that
// holds is recorded.
const (
	invalidExpired    = "expired"       // the token is too old
	invalidBot        = "bot"           // the browser says that it is a program
	invalidPrefetch   = "prefetch"      // the browser says that nobody sees it
	invalidDataCentre = "data_centre"   // it comes from a network of servers
	invalidOrder      = "no_impression" // viewed or clicked without having been shown
	invalidUnclicked  = "no_click"      // a conversion of a click that did not count
	invalidReplay     = "replayed"      // it was counted before
	invalidClicks     = "click_limit"   // the visitor clicks too much
)

var invalidReasons = [...]string{
	invalidExpired, invalidBot, invalidPrefetch, invalidDataCentre, invalidOrder, invalidUnclicked, invalidReplay, invalidClicks,
}

// InvalidReasons are all values of an event's Invalid, for reports and metrics.
func InvalidReasons() []string { return invalidReasons[:] }

// BeaconResult is what became of an event URL.
type BeaconResult struct {
	// Err is ErrBadToken, ErrNotDurable, ErrNoConversions, or nil: the event was recorded, counted or not.
	Err error
	// Counted says that the event is valid and the first of its kind.
	Counted bool
	// Destination is where a click leads, whenever the token is authentic.
	Destination string
}

// Beacon verifies an event URL's token and records the event. When it returns without an error a valid
// event is on disk. It does not keep its arguments.
func (e *Engine) Beacon(kind event.Kind, token string, client *Client) BeaconResult {
	w := e.work.Get().(*work)
	defer e.release(w)
	w.now = e.opts.Now()
	p := &w.payload
	err := e.opts.Signer.Verify([]byte(token), w.now, p)
	// A token that was issued while they lived longer lives no longer than those of today: counted events are remembered for as long.
	expired := errors.Is(err, beacon.ErrExpired) || err == nil && !w.now.Before(time.Unix(p.Issued, 0).Add(e.opts.TokenTTL))
	if err != nil && !expired {
		e.counts.badTokens.Add(1)
		return BeaconResult{Err: ErrBadToken}
	}
	w.event = beacon.ToEvent(p, kind, w.now)
	invalid := e.traffic(w, client, expired)
	if invalid == "" && kind != event.Impression {
		// A browser that reports what it shows does so in order; one that clicks what it never showed is none.
		first := event.ID{Request: p.Request, Slot: p.Slot, Kind: event.Impression}
		shown := e.opts.Seen.Counted(first)
		if !shown {
			if shown, err = e.opts.Shared.Counted(first); err != nil {
				e.counts.refused.Add(1)
				res := BeaconResult{Err: fmt.Errorf("%w: %w", ErrNotDurable, err)}
				if kind == event.Click {
					res.Destination = e.destination(w, false)
				}
				return res
			}
		}
		if !shown {
			invalid = invalidOrder
		}
	}
	limited := func() bool {
		return kind == event.Click && !e.clicks.Take(p.Visitor, e.address(w, p, client), w.now)
	}
	res := e.count(w, invalid, limited)
	if kind == event.Click {
		// A second click on an ad whose click counted leads to the same conversion.
		res.Destination = e.destination(w, res.Counted || w.event.Invalid == invalidReplay)
	}
	return res
}

// Convert verifies a click id and records a conversion. The client is nil if a server reports it: then what its address and
// headers tell is not about the reader.
func (e *Engine) Convert(clickID string, client *Client) BeaconResult {
	if e.opts.Conversions == nil {
		return BeaconResult{Err: ErrNoConversions}
	}
	w := e.work.Get().(*work)
	defer e.release(w)
	w.now = e.opts.Now()
	p := &w.payload
	err := e.opts.Signer.VerifyClickID([]byte(clickID), w.now, p)
	expired := errors.Is(err, beacon.ErrExpired)
	if err != nil && !expired {
		e.counts.badTokens.Add(1)
		return BeaconResult{Err: ErrBadToken}
	}
	w.event = beacon.ToEvent(p, event.Conversion, w.now)
	invalid := ""
	switch {
	case client != nil:
		invalid = e.traffic(w, client, expired)
	case expired:
		invalid = invalidExpired
	}
	if invalid == "" && p.Unclicked {
		invalid = invalidUnclicked
	}
	return e.count(w, invalid, func() bool { return false })
}

// traffic is why an event does not count whatever was counted before: general invalid traffic, in the MRC's words.
func (e *Engine) traffic(w *work, client *Client, expired bool) string {
	e.opts.Visitors.Resolve(&w.visitor, &visitor.Input{
		UserAgent: client.UserAgent, CHUA: client.CHUA, CHUAMobile: client.CHUAMobile, CHUAPlatform: client.CHUAPlatform, RemoteIP: client.IP,
	})
	switch {
	case expired:
		return invalidExpired
	case w.visitor.Bot != "":
		return invalidBot
	case client.Prefetch:
		return invalidPrefetch
	case !w.payload.Synthetic && e.dataCentres.has(client.IP):
		return invalidDataCentre
	}
	return ""
}

// count records w.event, which counts once and unless something is against it.
func (e *Engine) count(w *work, invalid string, limited func() bool) BeaconResult {
	ev := &w.event
	seen := e.opts.Seen
	if ev.Kind == event.Conversion {
		seen = e.opts.Conversions.Seen()
	}
	claimed := invalid == "" && seen.Claim(ev.ID, w.now.Unix())
	if invalid == "" && !claimed {
		invalid = invalidReplay
	}
	// was says what becomes of the claim, whatever happens: others wait for it.
	was, shared := false, false
	if claimed {
		defer func() {
			seen.Settle(ev.ID, was)
			if shared {
				e.opts.Shared.Settle(ev.ID, was)
			}
		}()
		switch e.opts.Shared.Claim(ev.ID) {
		case beacon.Free:
			shared = true
		case beacon.Taken:
			invalid, was = invalidReplay, true
		case beacon.Unsettled:
			// Another instance may have it and has not said whether it is safe: neither counting it nor calling it a replay would be right.
			e.counts.refused.Add(1)
			return BeaconResult{Err: fmt.Errorf("%w: it is not known whether another instance counts it", ErrNotDurable)}
		}
	}
	if invalid == "" && limited() {
		invalid = invalidClicks
	}
	ev.Invalid = invalid
	if invalid != "" {
		ev.Charge = 0
		e.counts.invalid(invalid)
		// What does not count is disclosed in reports, but nobody is billed on it: it is not waited for.
		w.buf = event.AppendBinary(w.buf[:0], ev)
		if err := e.opts.Journal.Append(w.buf); err != nil {
			e.counts.droppedRequests.Add(1)
		}
		was = true
		return BeaconResult{}
	}
	table, ord, creative := e.account(ev)
	var removed *delivery.Table // that charged an event of a line item that is gone
	if table != nil {
		// A budget that does not hold the price any more is not overdrawn: the event counts and costs nothing.
		ev.Charge = table.Bill(ord, ev.Charge)
	} else if s := e.snapshot.Load(); s != nil && ev.Charge != 0 {
		key := catalog.LineItemKey{Advertiser: ev.Advertiser, Campaign: ev.Campaign, LineItem: ev.LineItem}
		ev.Charge = s.Delivery.BillRemoved(key, ev.Charge)
		removed = s.Delivery
	}
	w.buf = event.AppendBinary(w.buf[:0], ev)
	was = true // a journal that panics may have kept it: better not counted than counted twice
	err := e.opts.Journal.AppendSync(w.buf)
	was = err == nil
	if err == nil && ev.Kind == event.Conversion {
		// The event is safe. Its id outlives the journal's segments elsewhere; if that fails, the next start finds it in the event.
		if kerr := e.opts.Conversions.Keep(ev.ID, w.now); kerr != nil {
			e.opts.Log.Error("a conversion's id could not be kept; the next start reads it from the journal", "error", kerr)
		}
	}
	if err != nil {
		// Not on disk: not counted, and a second try can count.
		if table != nil {
			table.Refund(ord, ev.Charge)
		}
		if removed != nil {
			removed.RefundRemoved(catalog.LineItemKey{Advertiser: ev.Advertiser, Campaign: ev.Campaign, LineItem: ev.LineItem}, ev.Charge)
		}
		e.counts.refused.Add(1)
		return BeaconResult{Err: fmt.Errorf("%w: %w", ErrNotDurable, err)}
	}
	if table != nil {
		table.Observe(delivery.Observation{LineItem: ord, Creative: creative, Of: measures[ev.Kind], Visitor: w.payload.Capped, At: w.now})
	}
	e.counts.event(ev.Kind)
	return BeaconResult{Counted: true}
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

// clickIDMacro stands in a creative's click address for the click id.
const clickIDMacro = "{click_id}"

// destination is where a click leads: the creative's address as configured now, or as configured when it left. A reader whose ad is not known
// any more stays on the page.
func (e *Engine) destination(w *work, counted bool) string {
	p := &w.payload
	k := catalog.CreativeKey{Advertiser: p.Advertiser, Campaign: p.Campaign, LineItem: p.LineItem, Creative: p.Creative}
	to := ""
	if s := e.snapshot.Load(); s != nil {
		if i, ok := s.Catalog.Creative(k); ok {
			cr := &s.Catalog.Creatives[i]
			to = cr.Click
			if cr.ClickParts != nil {
				v := values(p)
				to = string(creative.AppendURL(nil, cr.ClickParts, &v))
			}
		}
	}
	if to == "" {
		to = e.retired.destination(k)
	}
	if to == "" {
		return p.Page
	}
	if strings.Contains(to, clickIDMacro) {
		id := e.opts.Signer.AppendClickID(nil, p, w.now, e.opts.ConversionTTL, counted)
		to = strings.ReplaceAll(to, clickIDMacro, string(id)) // base64url: nothing to escape
	}
	return to
}

// visitor is the number that stands for who asks today. It says nothing tomorrow.
func (e *Engine) visitor(w *work, id string, client *Client) uint64 {
	return e.opts.Salts.Visitor(w.now, id, address(client.IP), client.UserAgent)
}

// address is a number for where a click comes from. The demo's readers all come from one machine.
func (e *Engine) address(w *work, p *beacon.Payload, client *Client) uint64 {
	if p.Synthetic {
		return 0
	}
	return e.opts.Salts.Address(w.now, address(client.IP))
}

func address(ip netip.Addr) [16]byte {
	if !ip.IsValid() {
		return [16]byte{}
	}
	return ip.As16()
}

// Restore takes note of an event that the journal holds, so that it does not count again. Call it for those that may still be replayed, before
// anything is served.
func (e *Engine) Restore(ev *event.Event) error {
	if !ev.Kind.Billable() || !ev.Valid() && ev.Invalid != invalidClicks {
		return nil
	}
	if ev.Kind != event.Conversion {
		e.opts.Seen.Add(ev.ID, ev.Time/1e6)
		return nil
	}
	if e.opts.Conversions == nil {
		return nil
	}
	return e.opts.Conversions.Restore(ev)
}

// Remembers reports whether an event was counted by this instance, as far as it remembers: for beacon.Shared.Recover.
func (e *Engine) Remembers(id event.ID) bool {
	if id.Kind == event.Conversion && e.opts.Conversions != nil {
		return e.opts.Conversions.Seen().Counted(id)
	}
	return e.opts.Seen.Counted(id)
}
