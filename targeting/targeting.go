package targeting

// Ordinal is the dense number of a line item in one catalog: the position of its rule in the
// slice given to [Build].
type Ordinal uint32

// Term is the dense number of one fact an [Index] can test, such as country=PK or "the page
// contains the phrase peace talks". Terms belong to the index that issued them.
type Term uint32

// Attribute names what a predicate looks at. The string form is the key used in YAML.
type Attribute uint8

// The attributes with values that are compared for equality. Keywords, URL patterns,
// key-values, hours and the page's age have predicates of their own: [Keywords], [URLPattern], [KeyValue],
// [Hours], [Age].
const (
	Site Attribute = iota
	Placement
	Section
	Topic // an IAB Content Taxonomy id; a page carries its topics and all their ancestors
	Language
	Author
	Tag
	Country // ISO 3166-1 alpha-2, upper case
	Region  // ISO 3166-2
	City
	Device // phone, tablet, desktop, tv, console, other
	OS
	Browser
	Theme    // light, dark
	BotClass // "" is never a fact; a bot carries its class
	PageKind // article, front, video
	Segment
	NumAttributes = iota
)

var attributeNames = [NumAttributes]string{
	"site", "placement", "section", "topic", "language", "author", "tag", "country", "region", "city",
	"device", "os", "browser", "theme", "bot", "page_kind", "segment",
}

// Single reports whether a request has one value of the attribute at most.
func (a Attribute) Single() bool {
	switch a {
	case Topic, Author, Tag, Segment:
		return false
	}
	return a < NumAttributes
}

// String returns the attribute's key in YAML.
func (a Attribute) String() string {
	if int(a) < len(attributeNames) {
		return attributeNames[a]
	}
	return "unknown"
}

// ParseAttribute returns the attribute with the given YAML key.
func ParseAttribute(name string) (Attribute, bool) {
	for i, n := range attributeNames {
		if n == name {
			return Attribute(i), true
		}
	}
	return 0, false
}

// AttributeNames returns the YAML keys of all attributes, in order.
func AttributeNames() []string { return attributeNames[:] }
