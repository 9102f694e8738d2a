// Package pages answers what a requested page is about, from memory where it can.
//
// A page is understood once from the words that came with its request and then kept in a ristretto cache. The
// key covers the canonical URL and those very words: nobody can send made-up text for a page and
// change what other readers of it are shown. Requests that miss on the same key at once share
// one classification. Everything kept here can be recomputed; the cache may drop it at any time.
//
// A [Cache] may be used by any number of goroutines. The entries it returns are immutable
// but for their terms, which are swapped whole.
package pages
