package adserver

import (
	"net/netip"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting"
)

// Limits of one request. They are part of the HTTP contract.
const (
	MaxSlots     = 16
	MaxSizes     = 16
	MaxKV        = 64
	MaxSegments  = 64
	MaxKeywords  = 64
	MaxID        = 64      // bytes of a slot id or a visitor id
	MaxShortText = 2 << 10 // bytes of a title or a description
	MaxURL       = 2 << 10
	MaxText      = 32 << 10 // bytes of article text that are read; the rest is ignored
)

// Request asks for one page's ads. Its byte slices belong to the caller and are not kept after Serve
// returns. A Request is reused by resetting it.
type Request struct {
	Site      string
	Page      pages.Request
	Slots     []SlotRequest
	KV        []targeting.KV
	VisitorID string
	Theme     string   // light, dark or ""
	Segments  []string // audiences that the visitor belongs to
	PageToken []byte
	// SessionToken is the last page token of the page before, for caps per session. Ignored beside a PageToken, which carries it on.
	SessionToken []byte
	Client       Client
	As           As
	Synthetic    bool // made by the demo
	Free         bool // nothing is charged for what it shows: a test auction
}

// As replaces what the client's address and headers tell, for explanations and for the demo's readers. It is the program's own to set: no
// member of an HTTP request reaches it. Empty fields replace nothing.
type As struct {
	Country string // ISO 3166-1 alpha-2
	Device  string // one of visitor.DeviceNames
	At      time.Time
}

// SlotRequest is one opportunity to fill a placement.
type SlotRequest struct {
	ID        string
	Placement string
	Sizes     []catalog.Size // empty: the placement's own
}

// Client is who asks, as the connection and its headers tell.
type Client struct {
	UserAgent, CHUA, CHUAMobile, CHUAPlatform []byte
	IP                                        netip.Addr // after trusted proxies; used for geography, never kept
	Prefetch                                  bool       // the browser said that nobody sees the page
}

// Reset empties r but keeps its memory.
func (r *Request) Reset() {
	slots, kv, segments, keywords := r.Slots[:0], r.KV[:0], r.Segments[:0], r.Page.Keywords[:0]
	clear(keywords[:cap(keywords)])
	*r = Request{Slots: slots, KV: kv, Segments: segments}
	r.Page.Keywords = keywords
}

// AddSlot appends an empty slot and returns it, with the memory of an earlier one.
func (r *Request) AddSlot() *SlotRequest {
	if len(r.Slots) < cap(r.Slots) {
		r.Slots = r.Slots[:len(r.Slots)+1]
		s := &r.Slots[len(r.Slots)-1]
		*s = SlotRequest{Sizes: s.Sizes[:0]}
		return s
	}
	r.Slots = append(r.Slots, SlotRequest{})
	return &r.Slots[len(r.Slots)-1]
}

// RequestError is a request that cannot be answered as it stands.
type RequestError struct {
	Code    string // stable, for programs: unknown_site, invalid_field, …
	Message string // for people: what is wrong and what to do
	Field   string // path of the field, such as slots[2].placement
}

func (e *RequestError) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}
