package event

// Kind is what happened.
type Kind uint8

// The kinds, in the order in which they happen to one slot. The numbers are on disk: append only.
const (
	Request    Kind = 1 // one slot's decision, filled or not
	Impression Kind = 2 // the creative began to render
	Viewable   Kind = 3 // it met the viewability standard
	Click      Kind = 4 // the click URL was followed
	Conversion Kind = 5 // the reader did what the advertiser paid for, after a click
)

var kindNames = [...]string{"", "request", "impression", "viewable", "click", "conversion"}

// String returns the kind's name in reports.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Billable reports whether an event of this kind must be durable before it is acknowledged.
func (k Kind) Billable() bool { return k >= Impression }

// ID names one event for ever: the request, the slot within it, and the kind. Two events with the
// same ID are the same event; reports count it once.
type ID struct {
	Request [16]byte
	Slot    uint8
	Kind    Kind
}

// Event is one fact, with plain strings so that the log outlives the catalog it came from.
// Empty strings mean unknown or not applicable.
type Event struct {
	ID
	Time      int64 // microseconds since the Unix epoch, UTC: when the server saw it
	Site      string
	Placement string
	Section   string
	Page      string // canonical URL without query, at most 512 bytes
	PageKey   uint64 // hash of the canonical URL

	Advertiser, Campaign, LineItem, Creative string
	Type                                     string // type of the line item
	Width, Height                            uint16 // of the creative, CSS pixels
	Price                                    int64  // micros for 1,000 impressions (0: not sold by the thousand)
	Charge                                   int64  // micros this very event costs the advertiser; 0 when Invalid

	Country, Region, Device, OS, Browser, Theme string
	Topics                                      string // IAB ids joined by ','
	Sensitivity                                 string // worst risk of the page and its topic, as "arms:high"; "" when none

	NoFill   string // Request only: why the slot stayed empty
	Invalid  string // why the event does not count: bot, replayed, expired, …; "" when valid
	Revision string // catalog revision that decided
	Visitor  uint64 // hash with a salt that is thrown away after its UTC day; 0 if nothing is known

	Synthetic bool // made by the demo, never by a reader
}

// Valid reports whether the event counts.
func (e *Event) Valid() bool { return e.Invalid == "" }
