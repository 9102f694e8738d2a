// Package creative turns a catalog's creatives into HTML.
//
// Each creative is compiled once to pieces of finished HTML with holes for what differs from request to request: the event
// token, the base of URLs, a cache buster. Everything that configuration says is escaped when it is compiled; what fills the holes is
// made by the server from safe alphabets. A second copy of the pieces is escaped for a JSON string, so that answering only
// copies bytes.
//
// Html creatives run in a sandboxed frame of an opaque origin: they can neither read the page nor the server's cookies. Their
// document is served from its own path under a policy that forbids everything the sandbox should.
//
// A [Set] is immutable and may be used by any number of goroutines.
package creative
