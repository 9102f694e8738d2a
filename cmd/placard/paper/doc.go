// Package paper answers one question: what does The Daily Placard, the demonstration newspaper, look
// like at this URL? It serves the paper's pages, type and drawings from embedded files; there is nothing
// to build and nothing to fetch.
//
// Every person, firm and event in it is invented. The pages carry ad slots and the context a tag reads
// (canonical URL, JSON-LD, OpenGraph, language), but the package does not know what an ad is: it
// never asks the ad server, sets no cookie, and stores nothing a reader types.
//
// A handler is immutable once built and safe for any number of goroutines.
package paper
