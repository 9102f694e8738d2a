package adserver

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/reporting/event"
)

// counts are since the start of the process. They are atomic, and spread over no more memory than they need:
// a page adds a handful.
type counts struct {
	pages, slots, filled     atomic.Uint64
	searchSteps, bounded     atomic.Uint64
	noFill, skipped          [decision.NumReasons]atomic.Uint64
	events                   [event.Conversion + 1]atomic.Uint64
	invalidBy                map[string]*atomic.Uint64 // keys fixed at start
	complaints               map[string]*atomic.Uint64 // by reason; keys fixed at start
	badTokens, badPageTokens atomic.Uint64
	refused                  atomic.Uint64 // billable events that could not be made durable
	droppedRequests          atomic.Uint64 // events that are not billed and could not be recorded
}

func (c *counts) init() {
	c.complaints = newComplaints()
	c.invalidBy = map[string]*atomic.Uint64{}
	for _, r := range InvalidReasons() {
		c.invalidBy[r] = new(atomic.Uint64)
	}
}

func (c *counts) page(outcomes []decision.Outcome, skips *decision.Skips) {
	for i, n := range skips.Reasons {
		if n > 0 {
			c.skipped[i].Add(uint64(n))
		}
	}
	c.pages.Add(1)
	if skips.Nodes > 0 {
		c.searchSteps.Add(uint64(skips.Nodes))
		c.bounded.Add(uint64(skips.Bounded))
	}
	c.slots.Add(uint64(len(outcomes)))
	filled := uint64(0)
	for i := range outcomes {
		if outcomes[i].Filled {
			filled++
		} else {
			c.noFill[outcomes[i].Reason].Add(1)
		}
	}
	c.filled.Add(filled)
}

func (c *counts) invalid(reason string) { c.invalidBy[reason].Add(1) }

func (c *counts) event(k event.Kind) { c.events[k].Add(1) }

// Counts is a copy of the engine's counts.
type Counts struct {
	Pages, Slots, Filled       uint64
	NoFill, Skipped            map[string]uint64
	Impressions, Views, Clicks uint64
	Conversions                uint64
	Invalid                    map[string]uint64
	BadTokens                  uint64
	Refused, Dropped           uint64
}

// Counts returns what was counted since the start.
func (e *Engine) Counts() Counts {
	c := &e.counts
	out := Counts{
		Pages: c.pages.Load(), Slots: c.slots.Load(), Filled: c.filled.Load(), NoFill: map[string]uint64{}, Skipped: map[string]uint64{}, Invalid: map[string]uint64{},
		Impressions: c.events[event.Impression].Load(), Views: c.events[event.Viewable].Load(), Clicks: c.events[event.Click].Load(), Conversions: c.events[event.Conversion].Load(),
		BadTokens: c.badTokens.Load(), Refused: c.refused.Load(), Dropped: c.droppedRequests.Load(),
	}
	for i := range c.noFill {
		if n := c.noFill[i].Load(); n > 0 {
			out.NoFill[decision.Reason(i).String()] = n
		}
		if n := c.skipped[i].Load(); n > 0 {
			out.Skipped[decision.Reason(i).String()] = n
		}
	}
	for k, v := range c.invalidBy {
		if n := v.Load(); n > 0 {
			out.Invalid[k] = n
		}
	}
	return out
}

// WriteMetrics prints the engine's counts in the Prometheus text format.
func (e *Engine) WriteMetrics(w io.Writer) {
	c := &e.counts
	fmt.Fprintf(w, "placard_page_requests_total %d\n", c.pages.Load())
	fmt.Fprintf(w, "placard_slot_requests_total %d\n", c.slots.Load())
	fmt.Fprintf(w, "placard_slots_filled_total %d\n", c.filled.Load())
	fmt.Fprintf(w, "placard_decision_steps_total %d\n", c.searchSteps.Load())
	fmt.Fprintf(w, "placard_decisions_bounded_total %d\n", c.bounded.Load())
	for i := range c.noFill {
		if n := c.noFill[i].Load(); n > 0 {
			fmt.Fprintf(w, "placard_slots_not_filled_total{reason=%q} %d\n", decision.Reason(i).String(), n)
		}
		if n := c.skipped[i].Load(); n > 0 {
			fmt.Fprintf(w, "placard_candidates_skipped_total{reason=%q} %d\n", decision.Reason(i).String(), n)
		}
	}
	for k := event.Impression; k <= event.Conversion; k++ {
		fmt.Fprintf(w, "placard_events_total{kind=%q} %d\n", k.String(), c.events[k].Load())
	}
	for _, r := range InvalidReasons() {
		fmt.Fprintf(w, "placard_events_invalid_total{reason=%q} %d\n", r, c.invalidBy[r].Load())
	}
	for _, r := range ReportReasons() {
		fmt.Fprintf(w, "placard_ad_complaints_total{reason=%q} %d\n", r, c.complaints[r].Load())
	}
	fmt.Fprintf(w, "placard_tokens_forged_total %d\n", c.badTokens.Load())
	fmt.Fprintf(w, "placard_page_tokens_ignored_total %d\n", c.badPageTokens.Load())
	fmt.Fprintf(w, "placard_events_refused_total %d\n", c.refused.Load())
	fmt.Fprintf(w, "placard_events_dropped_total %d\n", c.droppedRequests.Load())
	s := e.opts.Pages.Stats()
	fmt.Fprintf(w, "placard_page_cache_hits_total %d\n", s.Hits)
	fmt.Fprintf(w, "placard_page_cache_misses_total %d\n", s.Misses)
	fmt.Fprintf(w, "placard_page_cache_evictions_total %d\n", s.Evictions)
	fmt.Fprintf(w, "placard_page_cache_bytes %d\n", s.Bytes)
	fmt.Fprintf(w, "placard_pages_classified_total %d\n", s.Classified)
	fmt.Fprintf(w, "placard_pages_fetched_total{result=\"understood\"} %d\n", s.Fetched)
	fmt.Fprintf(w, "placard_pages_fetched_total{result=\"failed\"} %d\n", s.Unfetched)
	fmt.Fprintf(w, "placard_pages_fetched_total{result=\"no_room\"} %d\n", s.Unasked)
	fmt.Fprintf(w, "placard_pages_pushed %d\n", s.Pushed)
	if snap := e.snapshot.Load(); snap != nil {
		fmt.Fprintf(w, "placard_catalog_info{revision=%q} 1\n", snap.Catalog.Revision)
		fmt.Fprintf(w, "placard_catalog_loaded_timestamp_seconds %d\n", snap.Loaded.Unix())
		fmt.Fprintf(w, "placard_catalog_line_items %d\n", len(snap.Catalog.LineItems))
	}
}
