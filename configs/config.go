package configs

import (
	"io/fs"
	"net/netip"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

// Config is a whole configuration as written, checked, with defaults filled in.
type Config struct {
	FS          fs.FS  // holds the assets
	Rules       fs.FS  // holds *.rules files of page context; nil if there are none
	Revision    string // of all files and assets: 12 hex digits
	Server      Server
	Users       []User
	Tokens      []Token
	Schedules   []Schedule
	Sites       []Site
	Advertisers []Advertiser
	Assets      []string // paths that creatives use, sorted
}

// Server is how one process runs.
type Server struct {
	Pos            Pos
	Listen         string // host:port
	Data           string
	PublicURL      string
	Currency       string
	TrustedProxies []netip.Prefix
	MetricsFrom    []netip.Prefix
	CityDB         string // path of an MMDB file with regions and cities; "": countries alone
	TokenTTL       time.Duration
	KeepEvents     time.Duration // how long the store keeps single events, 0: for ever
	KeepRollups    time.Duration // and their sums by the hour
	ClickHouse     *ClickHouse   // nil: DuckDB
	Mail           *Mail         // nil: none is sent
	Redis          *Redis        // nil: one instance
	DataCentres    []netip.Prefix
	// FetchPrivate lets the pages of sites be fetched from private networks.
	FetchPrivate bool
}

// ClickHouse is where a ClickHouse store is.
type ClickHouse struct {
	Addresses    []string
	Protocol     string // native or http
	Database     string
	Username     string
	PasswordFile string
	Cluster      string // name of the servers' cluster, "" for one server
}

// Redis is where instances agree on what was counted.
type Redis struct {
	Addresses    []string
	Username     string
	PasswordFile string
	Prefix       string
	Strict       bool // refuse events rather than count them alone while it does not answer
}

// User is somebody who may sign in.
type User struct {
	Pos        Pos
	Name       string
	Advertiser string
	Ops        bool
	Hash       string
	Epoch      string // any text: another value ends the user's sessions and sign-in links
}

// Token lets a program use the API. One of Advertiser, Site and Ops is set.
type Token struct {
	Pos        Pos
	ID         string
	Advertiser string
	Site       string
	Ops        bool
	Hash       string // SHA-256 of the secret, in hex
	Expires    time.Time
}

// Site is a publication.
type Site struct {
	Pos        Pos
	ID, Name   string
	Domains    []string
	Language   string
	Zone       *time.Location
	Label      map[string]string
	FetchPages bool
	PushTokens [][32]byte // SHA-256 of the tokens that pages may be pushed with
	Sections   []string
	Placements []Placement
	MaxHouse   int // house ads on one page at most; 0: as many as there is room for
}

// Size is in CSS pixels.
type Size struct{ W, H int }

// Placement is a long-lived place on a site.
type Placement struct {
	Pos   Pos
	ID    string
	Sizes []Size
	Floor int64 // micros for 1,000 impressions
	// Adjacent names the placements of the site that readers see together with this one.
	Adjacent []string
}

// Advertiser owns campaigns.
type Advertiser struct {
	Pos       Pos
	ID, Name  string
	Labels    []string
	Caps      []Cap
	Campaigns []Campaign

	target *yaml.Node // inherited by its line items; nil: none
}

// Campaign is an order.
type Campaign struct {
	Pos                      Pos
	ID, Name                 string
	Labels                   []string
	Start, End               time.Time
	Zone                     *time.Location
	BudgetTotal, BudgetDaily int64 // micros; 0: none
	Caps                     []Cap
	LineItems                []LineItem

	target []clause // inherited by its line items
}

// Suitability is the risk that is tolerated.
type Suitability struct {
	Name             string
	Tolerated        [pagecontext.NumSensitiveTopics]pagecontext.Risk
	Unknown, Flagged bool
}

// Cap limits how often one visitor meets something.
type Cap struct {
	Pos   Pos
	Limit int
	Of    string        // impressions, viewable or clicks
	Per   string        // page, session, lifetime, or "" with Window
	Time  time.Duration // rolling window
}

// LineItem is the thing targeted, priced, paced and capped. Types and pacing are as written.
type LineItem struct {
	Pos                      Pos
	ID                       string
	Type                     string
	Priority                 int
	Labels                   []string
	Category                 string // its own or inherited
	Start, End               time.Time
	GoalTotal                int64
	GoalDaily                int64
	GoalOf                   string // impressions, viewable or clicks
	GoalPercent              float64
	CPM, VCPM, CPC           int64 // micros; at most one is set
	BudgetTotal, BudgetDaily int64
	Pacing                   string    // even, frontloaded, asap or custom
	Curve                    []float64 // of custom pacing: the weights of equal parts of the flight
	Caps                     []Cap
	ServeWithoutID           bool
	Roadblock                string // one, as_many, all or companions
	NoRepeat                 string // none, creative, line_item, campaign or advertiser
	Rotation                 string // weighted, even, sequential or optimised
	OptimiseFor              string // ctr or viewability
	Explore                  float64
	Suitability              Suitability
	Target                   targeting.Expr
	TargetPos                Pos
	Placements               []string // that the target names, at its top level
	Creatives                []Creative
}

// Creative is what is shown. Which fields are set follows from the type.
type Creative struct {
	Pos                            Pos
	ID, Type                       string
	Size                           Size
	Weight                         int
	Master                         bool // of a line item with companions
	Click                          string
	ClickParts                     []Part // of Click, if it has macros
	Code                           []Part // of a script
	AVIF, AVIFDark, Still          string
	Src, Src2x, SrcDark, SrcDark2x string
	Alt                            string
	Headline, Body, Sponsor, CTA   string
	Image, ImageDark               string
	Client, Slot                   string
}
