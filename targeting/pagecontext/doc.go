// Package pagecontext answers one question: what is this page about? It turns what is known of a page into a
// [Context]: canonical URL, language, topics of IAB Content Taxonomy 3.1 with confidences, and a risk for
// each of the eleven sensitive topics of taxonomy 2.2, with the words that led there.
//
// It refuses to fetch anything, to cache, and to decide what an advertiser tolerates: bytes in, context out.
//
// Topics come from the readable rule files under rules/, which a publisher can extend ([Options.Rules]). A
// [Classifier] never changes once built and is safe for any number of goroutines; a [Context] never
// changes once returned.
package pagecontext
