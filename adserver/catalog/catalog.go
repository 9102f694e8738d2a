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

	siteByID      map[string]int32
	siteByDomain  map[string]int32
	placementByID map[[2]string]int32 // site id, placement id
	creativeByKey map[CreativeKey]int32
	lineItemByKey map[LineItemKey]targeting.Ordinal
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
	FetchPages bool // whether Placard may fetch the site's own pages to understand them
}

// Size is in CSS pixels.
type Size struct{ W, H uint16 }

// Placement is a long-lived place on a site.
type Placement struct {
	ID    string
	Site  int32
	Sizes []Size // used when the request names none
	Floor int64  // micros for 1,000 impressions that a price_priority item must reach
}

// Shown is one filled slot of a page, by hashes that are the same in every catalog: what a page token carries.
type Shown struct{ LineItem, Creative, Advertiser uint32 }

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
)

// Goal is what a line item promised. Zero fields are not promised.
type Goal struct {
	Impressions int64   // over the flight
	Daily       int64   // impressions per day in the campaign's zone
	Percent     float64 // of matching slots (sponsorship)
}

// Cap limits how often one visitor is served the line item.
type Cap struct {
	Impressions int32
	Per         time.Duration // rolling window; 0: per page
}

// LineItem is the thing targeted, priced, paced and capped.
type LineItem struct {
	Hash                     uint32 // see Shown
	ID                       string
	Key                      LineItemKey
	Campaign                 int32
	Advertiser               int32
	Type                     Type
	Priority                 uint8 // 1 (first) .. 16
	Start, End               int64 // flight, Unix seconds, half-open: the campaign's unless overridden
	Zone                     *time.Location
	Goal                     Goal
	CPM                      int64 // micros for 1,000 impressions
	CPC                      int64 // micros for a click
	BudgetTotal, BudgetDaily int64 // micros; 0: none
	Pacing                   Pacing
	Caps                     []Cap
	WithoutID                WithoutID
	Profile                  int32
	Labels                   []string // own and inherited, sorted
	Creatives                []int32
	Targeting                targeting.Expr // as compiled into Index
	Source                   string         // file:line of its definition
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
	NumCreativeTypes = iota
)

var creativeTypeNames = [NumCreativeTypes]string{"image", "html", "native", "adsense"}

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
	Click    string // destination, absolute https or http URL; "" for adsense

	// Image
	Src, SrcDark     string // asset paths; SrcDark may be ""
	Src2x, Src2xDark string // for high-density screens, may be ""
	Alt              string
	// HTML
	Document string // asset path of the HTML document
	// Native
	Fields map[string]string // headline, body, sponsor, image (asset path), call_to_action
	// AdSense
	AdClient, AdSlot string
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
