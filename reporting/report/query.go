package report

import (
	"context"
	"slices"
	"time"
)

// Dimension is a column a report can be cut by.
type Dimension string

// The dimensions. Those of time are in the query's time zone.
const (
	Hour       Dimension = "hour"      // 2006-01-02 15:00
	Day        Dimension = "day"       // 2006-01-02
	Week       Dimension = "week"      // its Monday, 2006-01-02
	Month      Dimension = "month"     // 2006-01
	WeekHour   Dimension = "week_hour" // ISO weekday and hour of the day, "1 09" is Mondays from nine to ten
	Kind       Dimension = "event"     // request, impression, viewable, click
	Site       Dimension = "site"
	Placement  Dimension = "placement"
	Section    Dimension = "section"
	Page       Dimension = "page"
	Advertiser Dimension = "advertiser"
	Campaign   Dimension = "campaign"
	LineItem   Dimension = "line_item"
	Creative   Dimension = "creative"
	Type       Dimension = "type"
	Country    Dimension = "country"
	Device     Dimension = "device"
	OS         Dimension = "os"
	Browser    Dimension = "browser"
	Theme      Dimension = "theme"
	NoFill     Dimension = "no_fill"
	Invalid    Dimension = "invalid"
)

// Metric is a figure of a report.
type Metric string

// The metrics. Counts are of valid events unless the name says otherwise.
const (
	Requests    Metric = "requests"    // slots asked for
	Fills       Metric = "fills"       // slots decided with a creative
	Impressions Metric = "impressions" // began to render
	Viewable    Metric = "viewable"    // viewable impressions
	Clicks      Metric = "clicks"
	InvalidEvts Metric = "invalid_events" // impressions, viewable and clicks that do not count
	Spend       Metric = "spend"          // micros of the configured currency
	FillRate    Metric = "fill_rate"      // fills / requests
	CTR         Metric = "ctr"            // clicks / impressions
	Viewability Metric = "viewability"    // viewable / impressions
	ECPM        Metric = "ecpm"           // spend / impressions × 1000, micros
	// Reach and Frequency are answered only where a query names them: they cannot be added up from parts.
	Reach     Metric = "reach"     // different visitors of a day, of impressions with a visitor
	Frequency Metric = "frequency" // impressions with a visitor / reach
)

// Filter keeps the rows whose dimension has one of Values.
type Filter struct {
	Dimension Dimension
	Values    []string
	Not       bool
}

// Query is one question. From and To are instants, half-open.
type Query struct {
	From, To time.Time
	Zone     *time.Location // for the dimensions of time; nil means UTC
	By       []Dimension
	Metrics  []Metric // empty: DefaultMetrics
	Filters  []Filter
	// Scope is whose figures may be read. It comes from the session, never from the request, and is applied beside
	// Filters, not instead. A query without one is refused.
	Scope  Scope
	Sort   []Order // empty: by the dimensions, ascending
	Limit  int     // rows; 0 means DefaultLimit
	Offset int
}

// Scope is a tenant predicate. The zero Scope allows nothing, so that it cannot be forgotten.
type Scope struct {
	all          bool
	tenant, site string
}

// AllTenants allows every advertiser's figures: for ops.
func AllTenants() Scope { return Scope{all: true} }

// OnlyTenant allows one advertiser's figures. An empty id allows nothing.
func OnlyTenant(advertiser string) Scope { return Scope{tenant: advertiser} }

// OnlySite allows the figures of one site, of whichever advertiser. An empty id allows nothing.
func OnlySite(site string) Scope { return Scope{site: site} }

// Tenant returns the advertiser the scope is limited to; all says that it is not limited in any way.
func (s Scope) Tenant() (advertiser string, all bool) { return s.tenant, s.all }

// Site returns the site the scope is limited to, "" where it is not.
func (s Scope) Site() string { return s.site }

// Order is one sort key, a dimension or a metric.
type Order struct {
	Key  string
	Desc bool
}

// Row is one line of an answer: Keys in the order of Query.By, and the raw sums.
type Row struct {
	Keys []string
	Sums
}

// Sums are the additive figures every metric derives from.
type Sums struct {
	Requests, Fills, Impressions, Viewable, Clicks, Invalid int64
	Spend                                                   int64 // micros
	Synthetic                                               int64 // events made by the demo among them
	Reach, Known                                            int64 // visitors of impressions and impressions with a visitor; 0 unless asked for
}

// AsksVisitors reports whether the answer counts visitors, which cannot be added up from rows.
func (q *Query) AsksVisitors() bool {
	asked := func(m Metric) bool { return m == Reach || m == Frequency }
	return slices.ContainsFunc(q.Metrics, asked) || slices.ContainsFunc(q.Sort, func(o Order) bool { return asked(Metric(o.Key)) })
}

// Add adds the figures of another set of events. Reach and Known stay: visitors may be the same.
func (s *Sums) Add(o *Sums) {
	s.Requests += o.Requests
	s.Fills += o.Fills
	s.Impressions += o.Impressions
	s.Viewable += o.Viewable
	s.Clicks += o.Clicks
	s.Invalid += o.Invalid
	s.Spend += o.Spend
	s.Synthetic += o.Synthetic
}

// Result is an answer. Totals covers all rows, also those cut by Limit.
type Result struct {
	Query    Query
	Rows     []Row
	Totals   Sums
	MoreRows bool
	Through  time.Time // events up to here are in
	// Previous is the same question about the period before, where somebody asked for it; stores leave it nil.
	Previous *Result
}

// Source answers queries. Stores implement it.
type Source interface {
	Query(ctx context.Context, q Query) (*Result, error)
}
