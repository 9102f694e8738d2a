package configs

import (
	"net/netip"
	"time"
)

// The defaults, each with its reason. Nothing else in the program knows them.

// Types of line items with the priority they have unless one is written: 1 is first. The order and the distances are those that
// ad operations know from Google Ad Manager.
var defaultPriority = map[string]int{
	"sponsorship": 4, "standard": 8, "price_priority": 12, "house": 16, "backfill": 16,
}

var types = []string{"sponsorship", "standard", "price_priority", "house", "backfill"}

var pacings = []string{"even", "frontloaded", "asap"}

// A goal is a promise over a flight: spread evenly unless somebody wants it otherwise.
const defaultPacing = "even"

// Without a word about it, readers meet a line item once on a page: a second copy is worth little to anybody.
const defaultNoRepeat = "line_item"

var noRepeats = []string{"none", "creative", "line_item", "campaign", "advertiser"}

// A line item takes one slot of a page, and its creatives share it by their weights.
const (
	defaultRoadblock = "one"
	defaultRotation  = "weighted"
)

var (
	roadblocks = []string{"one", "as_many", "all", "companions"}
	rotations  = []string{"weighted", "even", "sequential", "optimised"}
)

// Optimised rotation keeps this share for creatives that do worse so far, so that a bad start is not the end.
const defaultExplore = 0.10

// What goals and caps count unless they say otherwise.
var counted = []string{"impressions", "viewable", "clicks"}

// Advertisers expect not to stand beside war; news pages are mostly fine for most: low risk is tolerated.
const defaultSuitability = "standard"

// Creatives of a line item rotate alike.
const defaultWeight = 1

func defaultServer() Server {
	return Server{
		Listen:      "127.0.0.1:8080", // nobody else's business until somebody says so
		Data:        "placard-data",
		Currency:    "USD",
		TokenTTL:    4 * time.Hour, // a tab left open over lunch still counts
		MetricsFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	}
}

const (
	defaultLanguage = "en"
	defaultZone     = "UTC"
	defaultLabel    = "Advertisement" // what readers' advocates and the paper's own rules ask for
)

// Bounds of a configuration: far above any real one, far below what would hurt.
const (
	maxFileBytes = 16 << 20
	maxFiles     = 100_000
	maxAsset     = 8 << 20
	maxExpanded  = 1_000_000 // nodes that the aliases of one file stand for, beyond those written
	maxClauses   = 10_000    // of one line item's target, named targets included
	maxID        = 64
)
