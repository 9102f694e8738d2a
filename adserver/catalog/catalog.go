package catalog

import (
	"time"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

// Catalog is one immutable snapshot of the whole configuration. All fields are read-only after [Compile].
type Catalog struct {
	Revision string // hex of a content hash over all files, 12 digits
	Currency string // ISO 4217

	Sites       []Site
	Placements  []Placement
	Advertisers []Advertiser
	Campaigns   []Campaign
	LineItems   []LineItem // indexed by targeting.Ordinal
	Creatives   []Creative
	Profiles    []Suitability // distinct suitability profiles; LineItem.Profile points here

	Index  *targeting.Index
	Assets map[string]Asset // by path below the asset root, as creatives name it
	// Bundles are html creatives of several files: by path of the bundle, then of the file within it. Each file's URL ends in its path.
	Bundles map[string]map[string]Asset

	sizes     []Size // of creatives, by bit
	moreSizes bool

	siteByID        map[string]int32
	siteByDomain    map[string]int32
	placementByID   map[[2]string]int32 // site id, placement id
	creativeByKey   map[CreativeKey]int32
	lineItemByKey   map[LineItemKey]targeting.Ordinal
	lineItemByHash  map[uint32]targeting.Ordinal
	creativeByHash  map[uint32]int32
	placementByHash map[uint32]int32
}

// LineItemKey names a line item across catalogs.
type LineItemKey struct{ Advertiser, Campaign, LineItem string }

// CreativeKey names a creative across catalogs.
type CreativeKey struct{ Advertiser, Campaign, LineItem, Creative string }

// Site is a publication.
type Site struct {
	ID         string
	Name       string
	Domains    []string          // lower case, without port; these may call the API from a browser
	Language   string            // ISO 639-1 default of its pages
	Label      map[string]string // label over ads by language; always has "en"
	Zone       *time.Location
	FetchPages bool       // whether Placard may fetch the site's own pages to understand them
	PushTokens [][32]byte // SHA-256 of the tokens that the newsroom may push pages with
	MaxHouse   int32      // house ads on one page at most; 0: no bound
}

// Size is in CSS pixels.
type Size struct{ W, H uint16 }

// Placement is a long-lived place on a site.
type Placement struct {
	ID    string
	Site  int32
	Sizes []Size // used when the request names none
	Floor int64  // micros for 1,000 impressions that a price_priority item must reach
	Hash  uint32 // see Shown
	// Adjacent holds the placements that readers see together with this one, both ways.
	Adjacent []int32
}

// Shown is one filled slot of a page, by hashes that are the same in every catalog: what a page token carries.
type Shown struct{ LineItem, Creative, Advertiser, Placement uint32 }

// Advertiser owns campaigns.
type Advertiser struct {
	Hash     uint32 // see Shown
	ID, Name string
	Labels   []string
}

// Campaign is an order.
type Campaign struct {
	ID          string
	Advertiser  int32
	Name        string
	Start, End  int64 // flight, Unix seconds, half-open
	Zone        *time.Location
	BudgetTotal int64 // micros; 0: none
	BudgetDaily int64 // micros per day in Zone; 0: none
}

// Type is the kind of a line item; it sets the default priority.
type Type uint8

// The types, in the order of their default priority.
const (
	Sponsorship Type = iota
	Standard
	PricePriority
	House
	Backfill
	NumTypes = iota
)

var typeNames = [NumTypes]string{"sponsorship", "standard", "price_priority", "house", "backfill"}

// String returns the type's value in YAML, the API and reports.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown"
}

// Pacing is how delivery is spread over a flight.
type Pacing uint8

// The ways of pacing.
const (
	Even Pacing = iota
	Frontloaded
	ASAP
	Custom // LineItem.Curve
)

// Measure is what goals and caps count.
type Measure uint8

// The measures.
const (
	Impressions Measure = iota
	Viewable
	Clicks
	NumMeasures = iota
)

var measureNames = [NumMeasures]string{"impressions", "viewable", "clicks"}

// String returns the measure's name in YAML.
func (m Measure) String() string {
	if int(m) < len(measureNames) {
		return measureNames[m]
	}
	return "unknown"
}

// Goal is what a line item promised. Zero fields are not promised.
type Goal struct {
	Of      Measure
	Total   int64   // over the flight
	Daily   int64   // per day in the campaign's zone
	Percent float64 // of matching slots (sponsorship)
}

// Cap limits how often one visitor meets something.
type Cap struct {
	Of    Measure
	Limit int32
	Per   time.Duration // rolling window, or one of PerPage, PerSession, Lifetime
}

// Windows that are no lengths of time.
const (
	PerPage    time.Duration = 0
	PerSession time.Duration = -1
	Lifetime   time.Duration = -2
)

// OfPages reports whether the page token alone tells if the cap is reached.
func (c *Cap) OfPages() bool { return c.Per == PerPage || c.Per == PerSession }

// CapScope is a line item, campaign or advertiser whose caps a line item is under.
type CapScope struct {
	ID    uint64 // the same in every catalog
	Level CapLevel
	Caps  []Cap
}

// CapLevel is what a cap is stated for.
type CapLevel uint8

// The levels of caps.
const (
	OfLineItem CapLevel = iota
	OfCampaign
	OfAdvertiser
)

// NoRepeat is what of a line item must not stand on a page twice.
type NoRepeat uint8

// The choices, each with those before it.
const (
	RepeatAll NoRepeat = iota
	RepeatNoCreative
	RepeatNoLineItem
	RepeatNoCampaign
	RepeatNoAdvertiser
)

var noRepeatNames = [...]string{"none", "creative", "line_item", "campaign", "advertiser"}

// Roadblock is how many of a page's slots a line item takes.
type Roadblock uint8

// The choices.
const (
	OneSlot    Roadblock = iota
	AsMany               // every slot it can have
	AllSlots             // all of its slots of the request, or none
	Companions           // the master's slot and as many others as it can have, none without the master
)

var roadblockNames = [...]string{"one", "as_many", "all", "companions"}

// Rotation is how a line item's creatives take turns.
type Rotation uint8

// The choices.
const (
	Weighted Rotation = iota
	Uniform
	Sequential
	Optimised // Thompson sampling on clicks or viewability
)

var rotationNames = [...]string{"weighted", "even", "sequential", "optimised"}

// LineItem is the thing targeted, priced, paced and capped. What every request reads stands first.
type LineItem struct {
	Start, End  int64 // flight, Unix seconds, half-open: the campaign's unless overridden
	Type        Type
	Priority    uint8 // 1 (first) .. 16
	NoRepeat    NoRepeat
	Roadblock   Roadblock
	Rotation    Rotation
	ForViews    bool // optimised rotation counts viewable impressions instead of clicks
	WithoutID   WithoutID
	Pacing      Pacing
	Hash        uint32 // see Shown
	Campaign    int32
	Advertiser  int32
	Profile     int32
	Category    int32      // dense number of the category; 0: none
	LabelMask   uint64     // a bit for each of Labels: two line items without a common bit share no label
	SizeMask    uint64     // a bit for each size of its creatives; see SizesMask
	CPM         int64      // micros for 1,000 impressions
	VCPM        int64      // micros for 1,000 viewable impressions
	CPC         int64      // micros for a click
	Labels      []int32    // dense numbers of own and inherited labels, sorted
	CapScopes   []CapScope // with at least one cap each
	VisitorCaps bool       // one of them needs the visitor's memory
	PageCaps    bool       // one of them is per page or session

	Goal                     Goal
	BudgetTotal, BudgetDaily int64     // micros; 0: none
	Curve                    []float64 // of custom pacing: share of the goal in each of so many equal parts of the flight
	Explore                  float64   // share of optimised rotation that goes to all creatives alike
	Zone                     *time.Location
	ID                       string
	Key                      LineItemKey
	Creatives                []int32
	Targeting                targeting.Expr // as compiled into Index
	Source                   string         // file:line of its definition
}

// Charge is what one event of the measure costs, in micros: exact, as prices have at most three decimals.
func (li *LineItem) Charge(of Measure) int64 {
	switch of {
	case Impressions:
		return li.CPM / 1000
	case Viewable:
		return li.VCPM / 1000
	}
	return li.CPC
}

// Bits of the masks that say at a glance whether a line item has something for a slot. Each of the first sizes that creatives have got a bit
// of its own; the few that come after share OtherSizes, and what that alone lets through is looked at closely.
const (
	OtherSizes = 1 << 62
	anySize    = 1 << 63 // creatives that take what room there is
)

// SizesMask is the mask of a slot's sizes.
func (c *Catalog) SizesMask(sizes []Size) uint64 {
	m := uint64(anySize)
	for _, s := range sizes {
		m |= c.sizeBit(s)
	}
	return m
}

// sizeBit is the bit of a size; 0 if no creative has it.
func (c *Catalog) sizeBit(s Size) uint64 {
	for i := range c.sizes {
		if c.sizes[i] == s {
			return 1 << i
		}
	}
	if c.moreSizes {
		return OtherSizes
	}
	return 0
}

// addSize gives a creative's size a bit.
func (c *Catalog) addSize(s Size) uint64 {
	if b := c.sizeBit(s); b != 0 {
		return b
	}
	if len(c.sizes) < 62 {
		c.sizes = append(c.sizes, s)
	} else {
		c.moreSizes = true
	}
	return c.sizeBit(s)
}

// WithoutID is what happens with a capped line item when the visitor has no id.
type WithoutID uint8

// The choices. Withhold is the default: a promised cap is never broken.
const (
	Withhold WithoutID = iota
	Serve
)

// Suitability is the risk a line item tolerates per sensitive topic.
type Suitability struct {
	Name      string // strict, standard, open or custom
	Tolerated [pagecontext.NumSensitiveTopics]pagecontext.Risk
	// Unknown and Flagged tell whether it serves on a page that could not be judged, and on one the newsroom
	// marked sensitive.
	Unknown, Flagged bool
}

// Allows reports whether a line item with this profile may serve on the page.
func (s *Suitability) Allows(page *pagecontext.Context) bool {
	if page == nil || !page.Known {
		if !s.Unknown {
			return false
		}
		if page == nil {
			return true
		}
	}
	if page.Sensitive && !s.Flagged {
		return false
	}
	for i, r := range page.Risks {
		if r > s.Tolerated[i] {
			return false
		}
	}
	return true
}

// CreativeType is how a creative is shown.
type CreativeType uint8

// The types of creatives.
const (
	Image CreativeType = iota
	HTML
	Native
	AdSense
	Script
	NumCreativeTypes = iota
)

var creativeTypeNames = [NumCreativeTypes]string{"image", "html", "native", "adsense", "script"}

// String returns the type's value in YAML and the API.
func (t CreativeType) String() string {
	if int(t) < len(creativeTypeNames) {
		return creativeTypeNames[t]
	}
	return "unknown"
}

// Creative is what is shown.
type Creative struct {
	Hash     uint32 // see Shown
	ID       string
	Key      CreativeKey
	LineItem targeting.Ordinal
	Type     CreativeType
	Size     Size   // zero for native: fits any slot that accepts native
	Weight   int32  // share in rotation, default 1
	Master   bool   // its line item's companions are shown with it alone
	Click    string // destination, absolute https or http URL; "" for adsense
	// ClickParts is Click split at its macros; nil: it has none.
	ClickParts []Part

	// Image
	Src, SrcDark     string // asset paths; SrcDark may be ""
	Src2x, Src2xDark string // for high-density screens, may be ""
	Alt              string
	AVIF, AVIFDark   string // in that format, for browsers that read it; may be ""
	Still            string // for readers who want no motion; may be ""
	// HTML
	Document string // asset path of the HTML document, or of a bundle
	// Script
	Code []Part // a third party's tag
	// Native
	Fields map[string]string // headline, body, sponsor, image (asset path), call_to_action
	// AdSense
	AdClient, AdSlot string
}

// Part is a piece of a text with macros: text, or the name of a macro and whether its value is part of a URL's query.
type Part struct {
	Text, Macro string
	Query       bool
}

// Asset is one file that creatives use.
type Asset struct {
	Path string // as named in the configuration
	URL  string // path it is served at: /a/<hash>.<ext>
	Type string // media type
	Data []byte
	W, H int // pixels, for images
}

// Site returns the site with the given id.
func (c *Catalog) Site(id string) (int32, bool) { i, ok := c.siteByID[id]; return i, ok }

// SiteByDomain returns the site that lists the host name among its domains.
func (c *Catalog) SiteByDomain(host string) (int32, bool) {
	i, ok := c.siteByDomain[host]
	return i, ok
}

// Placement returns the placement of a site.
func (c *Catalog) Placement(site, id string) (int32, bool) {
	i, ok := c.placementByID[[2]string{site, id}]
	return i, ok
}

// Creative returns the creative with the given key.
func (c *Catalog) Creative(k CreativeKey) (int32, bool) { i, ok := c.creativeByKey[k]; return i, ok }

// LineItem returns the ordinal of the line item with the given key.
func (c *Catalog) LineItem(k LineItemKey) (targeting.Ordinal, bool) {
	i, ok := c.lineItemByKey[k]
	return i, ok
}

// LineItemByHash returns the line item that a Shown names.
func (c *Catalog) LineItemByHash(h uint32) (targeting.Ordinal, bool) {
	i, ok := c.lineItemByHash[h]
	return i, ok
}

// CreativeByHash returns the creative that a Shown names.
func (c *Catalog) CreativeByHash(h uint32) (int32, bool) { i, ok := c.creativeByHash[h]; return i, ok }

// PlacementByHash returns the placement that a Shown names.
func (c *Catalog) PlacementByHash(h uint32) (int32, bool) {
	i, ok := c.placementByHash[h]
	return i, ok
}
