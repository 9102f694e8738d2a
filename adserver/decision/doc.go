// Package decision answers: what does this page show? It chooses for all slots of a page at once.
//
// For each slot the index gives the eligible line items; gates keep those that may serve now; the best few become
// candidates. Then one small search fills the slots together so that, in this order,
//
//  1. as many slots as possible show the highest priority, then the next, and so on;
//  2. within that, the sum of scores is highest: how far behind a guaranteed line item is, the eCPM of one that competes by
//     price; equals take turns by the seed;
//
// while no line item, creative or advertiser stands on the page twice, and no two advertisers with a label in common stand
// together. An advertiser repeats only where a slot would otherwise fall to a lower priority.
//
// A decision is a function of its [Input]: the same catalog, page, visitor, delivery, instant and seed give the same page. It does
// no I/O, reads no clock and takes no lock but that of the visitor's caps. [Decide] may be called from any
// goroutine.
package decision
