// Package web is what people look at: an advertiser's reports, the ops room, and signing in to them.
//
// Every figure comes from a report.Source. What a person may see is decided here, from the session alone:
// a query of an advertiser's user always carries that advertiser as its tenant, whatever the request says.
// Things that belong to somebody else are answered exactly like things that do not exist.
//
// The pages need no script to be read; htmx refreshes the ops room. A [Site] is an http.Handler for any number of
// goroutines.
package web
