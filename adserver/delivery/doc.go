// Package delivery knows how much of each line item is left: goals, budgets, pacing and frequency caps. It counts what was
// served and what came of it, and says whether one more may be served now.
//
// A [Tracker] keeps the counters by the names of line items, so they survive a new catalog. [Tracker.Bind] gives a [Table] of
// the same counters by ordinal. Once a second [Tracker.Tick] works out how far each line item's serves may rise until the next tick;
// serving takes from that with one atomic operation, and from the visitor's caps under the lock of a shard of visitors. Every few
// minutes [Tracker.Replan] plans ahead.
//
// # Goals and their curves
//
// A goal counts rendered impressions, viewable impressions or clicks, over the flight, per day, or both. What was served within the last minute
// and has not rendered counts as on its way, so that requests in flight do not overrun it. With x the share of the flight's traffic that
// has come (its own supply's, by hour of the week, as far as it is known; time, before):
//
//	even         F(x) = min(1, 1.05 x)              5 % ahead, so that a quiet last day does not cost the goal
//	frontloaded  F(x) = min(1, x (1.4 − 0.3 x))     40 % ahead at the start, 25 % at half-time
//	custom       the weights of equal parts of the flight, each part evenly, 5 % ahead
//	asap         no curve: until the goal
//
// # The plan
//
// From the supply of slots by cell (which guaranteed line items could have a slot) and hour of the week, learned from one page in
// [SampleEvery], the plan computes how scarce each line item's supply is and how much of it each day should bring (SHALE, see plan.go). A
// line item whose supply will be short runs ahead of its curve while there is plenty; all others keep to theirs. Feedback comes each
// second: [Table.Urgency] is by how many hours of its plan a line item is behind, and [Table.Yield] the price it leaves a slot to.
//
// # Budgets
//
// A budget, total or per day, of a line item or of its campaign, is a hard bound of what is billed: [Table.Bill] charges an event its whole price
// or, when a budget does not hold that any more, nothing; the event then counts and is free. So that this is rare, serves hold back
// their price for the minute in which they may render. Prices by the click hold nothing back: clicks come when they come. A line item
// that competes by price bids less while its budget is ahead of the traffic ([Table.Bid]), unless its pacing is asap.
//
// # Caps
//
// Caps of impressions count serves, at once and for good: no number of requests at the same instant breaks one. Caps of viewable
// impressions count what was seen, and a serve as if it had been for five minutes. Caps of clicks count clicks. Windows roll. All caps that a
// line item is under (its own, its campaign's, its advertiser's) are one step. Caps per page and session are not kept here: the page
// token carries them. [Tracker.SaveVisitors] and [Tracker.LoadVisitors] carry the rest over a restart.
//
// All methods may be called from any goroutine.
package delivery
