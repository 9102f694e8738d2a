// Package decision answers: what does this page show? It chooses for all slots of a page at once.
//
// For each slot the index gives the eligible line items; gates keep those that may serve now; the best few become
// candidates. Then one small search (branch and bound) fills the slots together so that, in this order,
//
//  1. as many slots as possible show the first tier, then the second, and so on; a line item's tier is its priority;
//  2. within that, the sum of scores is highest: by how many hours a guaranteed line item is behind its plan, times a little chance; the
//     eCPM of one that competes by price; chance alone for house ads.
//
// A guaranteed line item that is on its plan leaves a slot to a price that is higher than what its cheaper slots go for
// ([delivery.Table.Yield]): early in its flight it can wait, late it cannot.
//
// The page keeps its promises whatever it costs: roadblocks stand whole or not at all, companions come with their master, competitors
// (line items of different advertisers with a label in common) do not share the page, what must not repeat does not, stacked slots do not
// show the same category, and there are no more house ads than the site allows. What a page shows already counts, in [Input.Shown].
//
// The search is exact for the candidates that it is given, and bounded: past maxNodes steps the best page found stands, which is at least
// the one that choosing slot by slot gives. [Skips] says when that happened.
//
// A decision is a function of its [Input]: the same catalog, page, visitor, delivery, instant and seed give the same page. It does
// no I/O, reads no clock and takes no lock but that of the visitor's caps. [Decide] may be called from any
// goroutine.
package decision
