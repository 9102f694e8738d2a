// Package delivery knows how much of each line item is left: goals, budgets, pacing and frequency caps. It counts what was
// served and what was rendered, and says whether one more may be served now.
//
// A [Tracker] keeps the counters by the names of line items, so they survive a new catalog. [Tracker.Bind] gives a [Table] of
// the same counters by ordinal. Once a second [Tracker.Tick] works out each line item's quota until the next tick from its
// goals, budgets and curve; serving only takes from quotas, with one atomic operation, and from the visitor's caps, under the
// lock of a shard of visitors.
//
// The curves, with x the share of the flight that has passed (after Google Ad Manager's published behaviour):
//
//	even         F(x) = min(1, 1.05 x)              5 % ahead of linear, so that a quiet last day does not cost the goal
//	frontloaded  F(x) = min(1, x (1.4 − 0.3 x))     40 % ahead at the start, 25 % at half-time
//	asap         no curve: until the goal
//
// Goals count rendered impressions. What was served and has not been rendered yet counts as on its way for a minute, so that requests
// in flight do not overrun a goal or a budget.
//
// All methods may be called from any goroutine.
package delivery
