package targeting

import "time"

// Facts is everything about one request that rules can test, in plain form. An attribute that a request has one value
// of at most (all but topic, author, tag and segment) has the value that comes last, the page's before the others. The page part is resolved to
// terms once per page and catalog with [Index.AppendPageTerms]; the rest is added per
// request to a [Query]. The brute-force oracle [Match] reads Facts directly.
type Facts struct {
	Page  Page
	Attrs []AttrValue // visitor and slot attributes: country, device, placement, …
	KV    []KV
	Now   time.Time
}

// Page is what rules can ask about a page.
type Page struct {
	URL       string      // canonical, with scheme
	Published time.Time   // zero when the page does not say
	Attrs     []AttrValue // site, section, topic (with ancestors), language, author, tag, page_kind
	// TitleWords holds the normalised words of the title and of each declared keyword; TextWords those of
	// the body. A boundary between two runs that must not be bridged by a phrase is an empty string.
	TitleWords []string
	TextWords  []string
}

// AttrValue is one value of one attribute.
type AttrValue struct {
	Attr  Attribute
	Value string
}

// KV is one key-value sent by the page.
type KV struct{ Key, Value string }
