// Package visitor answers one question: who asks? It tells the class of the device, the operating system, the
// browser, the country and whether the visitor is a program, from the headers and the address of a
// request.
//
// It refuses to keep an address, to guess a person, and to do I/O after construction: the country data and
// the list of crawlers are part of the binary.
//
// Client hints (Sec-CH-UA, -Mobile, -Platform) are preferred over the user agent, which browsers have
// frozen. A [Resolver] is safe for any number of goroutines; the path of a known browser takes no lock and
// does not allocate.
package visitor
