// Package adserver turns one page request into one page of decisions, and what readers' browsers report into
// events that are counted once.
//
// An [Engine] wires the rooms below it: pages (what the page is about), targeting/visitor (who asks), decision
// (what to show), creative (how), beacon (signed event URLs), the journal (what happened, durably) and delivery
// (how much is left). It speaks no HTTP: package httpapi does.
//
// The configuration in force is one [Snapshot] behind an atomic pointer. Serving takes no lock that two requests
// share, does no I/O but appending to the journal's memory, and never waits for the store. An Engine may be used by
// any number of goroutines.
package adserver
