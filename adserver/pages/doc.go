// Package pages answers what a requested page is about, from memory where it can.
//
// There are three sources, and the better one counts: what the newsroom's system pushed ([Cache.Push]), the page itself, fetched
// in the background once where the site allows it ([FetchOptions]), and the words that came with the request. Editorial flags add
// up: whichever source says that a page is sensitive or has no ads, it is so.
//
// What requests say is kept in a ristretto cache by a hash of the canonical URL and those very words: nobody can send
// made-up text for a page and change what other readers of it are shown. Requests that miss on the same key
// at once share one classification. All of that can be recomputed, and the cache may drop it at any time. Pushed
// pages are files: they are on disk before the push is acknowledged, and read again when the cache has dropped them. That
// read, and understanding a page, happen only on a miss.
//
// A [Cache] may be used by any number of goroutines. The entries it returns are immutable
// but for their terms, which are swapped whole.
package pages
