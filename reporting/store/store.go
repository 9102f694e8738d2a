package store

import (
	"context"
	"time"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/report"
)

// Batch is an immutable run of journal records. The same From always comes with the same events, however often
// it is sent.
type Batch struct {
	Journal string // id of the journal (one per instance), hex
	From    uint64 // sequence number of the first record
	To      uint64 // one past the last
	Events  []event.Event
}

// Totals is what a line item has delivered, for rebuilding counters at start.
type Totals struct {
	Impressions, Viewable, Clicks, Served int64
	Spend                                 int64 // micros
}

// LineItemKey names a line item across catalogs.
type LineItemKey struct{ Advertiser, Campaign, LineItem string }

// Store is where reports are read from.
type Store interface {
	report.Source

	// Append adds a batch exactly once: a batch whose range was added before is acknowledged and ignored.
	Append(ctx context.Context, b Batch) error
	// Position returns one past the last record of the journal that is in the store, 0 for none.
	Position(ctx context.Context, journal string) (uint64, error)
	// Delivered returns the valid totals per line item of events with Time in [from, to).
	Delivered(ctx context.Context, from, to time.Time) (map[LineItemKey]Totals, error)
	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	Close() error
}
