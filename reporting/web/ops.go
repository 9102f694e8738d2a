package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// Ops is the state of the server at one instant, as the ops room shows it.
type Ops struct {
	Now      time.Time
	Started  time.Time
	Version  string
	Revision string
	Loaded   time.Time // when the catalog came into force
	// Problems need a person, worst first. Empty: all is well.
	Problems []Problem

	Pages, Slots, Filled       uint64            // since start
	PagesPerSecond             float64           // over the last ten seconds
	P50, P99                   time.Duration     // of /v1/ads, over the last minute or since start
	NoFill                     map[string]uint64 // reason → slots, since start
	Skipped                    map[string]uint64 // first failing reason → candidates, since start
	Impressions, Views, Clicks uint64            // counted, since start
	InvalidEvents              map[string]uint64 // reason → events, since start
	Refused                    uint64            // billable events refused because they could not be made durable

	JournalBytes   int64
	JournalLag     int64 // records acknowledged but not in the store
	JournalState   string
	Store          string // duckdb or clickhouse
	StoreState     string
	PageHits       uint64
	PageMisses     uint64
	LineItems      []OpsLineItem
	CatalogSummary string // "31 line items, 12 advertisers, 7 placements"

	Placements []OpsPlacement // nil: not known
	Revisions  []OpsRevision  // newest first; nil: not known
	Editorial  []OpsEditorial // pages the newsroom marked; nil: not known
	Recent     []OpsMessage   // of the log, newest first: warnings and errors
}

// OpsPlacement is one placement's traffic since the start.
type OpsPlacement struct {
	Site, ID      string
	Slots, Filled uint64
	NoFill        map[string]uint64
}

// OpsRevision is one catalog that was in force.
type OpsRevision struct {
	ID, Who, What string // Who and What from git, "" without
	From          time.Time
	Slots, Filled uint64 // while it was in force
}

// FillRate is the share of slots that were filled.
func (v OpsRevision) FillRate() float64 {
	if v.Slots == 0 {
		return 0
	}
	return float64(v.Filled) / float64(v.Slots)
}

// OpsEditorial is a page that the newsroom marked.
type OpsEditorial struct {
	Page, Mark, Who string
	At              time.Time
}

// OpsMessage is a line of the log.
type OpsMessage struct {
	At          time.Time
	Level, Text string
}

// Problem is something a person should look at.
type Problem struct {
	What, Why, Remedy string
	Since             time.Time
}

// OpsLineItem is one line item's delivery now.
type OpsLineItem struct {
	Advertiser, Campaign, ID, Type string
	Priority                       int
	Running                        bool
	Start, End                     time.Time
	Impressions, Today             int64 // delivered over the flight and today
	Goal                           int64
	Expected                       float64           // share of the goal that should be delivered by now
	Pass                           float64           // share of opportunities that pacing lets through
	Skipped                        map[string]uint64 // first failing reason → candidates, since the start; nil: not known
}

// state is how the line item stands, in words.
func (li *OpsLineItem) state(now time.Time) (words string, behind bool) {
	done := ratio(li.Impressions, li.Goal)
	switch {
	case now.Before(li.Start):
		return "not started", false
	case li.Goal > 0 && li.Impressions >= li.Goal:
		return "goal reached", false
	case !now.Before(li.End):
		if li.Goal > 0 {
			return "ended short", false
		}
		return "ended", false
	case !li.Running:
		return "stopped", false
	case li.Goal == 0:
		return "running", false
	case done < li.Expected*0.95:
		return "behind plan", true
	}
	return "on plan", false
}

// mainReason is the most frequent first failing reason that somebody can do something about, "" if none is known.
func (li *OpsLineItem) mainReason() string {
	best, most := "", uint64(0)
	for reason, n := range li.Skipped {
		if reason == "targeting" || reason == "repeat" || reason == "bot" {
			continue // every line item is passed over for these most of the time
		}
		if n > most || n == most && reason < best {
			best, most = reason, n
		}
	}
	return best
}

type opsPage struct {
	page
	Ops
	NoFillRows, SkipRows, InvalidRows []countRow
	PlacementRows                     []placementRow
	FillRate, HitRate                 float64
	AtRisk                            []opsItem
	Items                             []opsItem
	Uptime                            string
}

type countRow struct {
	Name  string
	Words string
	N     uint64
	Share float64
}

type placementRow struct {
	OpsPlacement
	FillRate float64
	Share    float64
	Why      string // the main no-fill reason
}

type opsItem struct {
	OpsLineItem
	Done   float64
	State  string
	Behind bool
	Why    string
	Page   string
}

// ops returns the session of an ops user, or answers as if there were nothing here.
func (s *Site) ops(w http.ResponseWriter, r *http.Request) bool {
	sess, ok := s.signedIn(w, r)
	if !ok {
		return false
	}
	if !sess.user.Ops {
		s.notFound(w, r)
		return false
	}
	return true
}

func (s *Site) opsPage(w http.ResponseWriter, r *http.Request) {
	if s.ops(w, r) {
		s.render(w, r, http.StatusOK, "ops.html", s.buildOps(w, r))
	}
}

// opsLive is the part of the ops room that is replaced every two seconds.
func (s *Site) opsLive(w http.ResponseWriter, r *http.Request) {
	if s.ops(w, r) {
		s.render(w, r, http.StatusOK, "ops-live", s.buildOps(w, r))
	}
}

func (s *Site) buildOps(w http.ResponseWriter, r *http.Request) opsPage {
	o := s.opts.Ops()
	p := opsPage{page: s.page(w, r, "Ops"), Ops: o}
	if o.Slots > 0 {
		p.FillRate = float64(o.Filled) / float64(o.Slots)
	}
	if n := o.PageHits + o.PageMisses; n > 0 {
		p.HitRate = float64(o.PageHits) / float64(n)
	}
	p.NoFillRows, p.SkipRows, p.InvalidRows = countRows(o.NoFill), countRows(o.Skipped), countRows(o.InvalidEvents)
	for i := range p.InvalidRows {
		p.InvalidRows[i].Words = invalidWords[p.InvalidRows[i].Name]
	}
	p.Uptime = o.Now.Sub(o.Started).Round(time.Second).String()
	var busiest uint64 = 1
	for _, pl := range o.Placements {
		busiest = max(busiest, pl.Slots)
	}
	for _, pl := range o.Placements {
		row := placementRow{OpsPlacement: pl, Share: float64(pl.Slots) / float64(busiest)}
		if pl.Slots > 0 {
			row.FillRate = float64(pl.Filled) / float64(pl.Slots)
		}
		if rows := countRows(pl.NoFill); len(rows) > 0 {
			row.Why = rows[0].Name
		}
		p.PlacementRows = append(p.PlacementRows, row)
	}
	slices.SortStableFunc(p.PlacementRows, func(a, b placementRow) int { return cmp.Compare(b.Slots, a.Slots) })
	for _, li := range o.LineItems {
		it := opsItem{OpsLineItem: li, Done: ratio(li.Impressions, li.Goal), Why: li.mainReason(), Page: lineItemPath(li.Advertiser, LineItem{Campaign: li.Campaign, ID: li.ID})}
		it.State, it.Behind = li.state(o.Now)
		p.Items = append(p.Items, it)
		if it.Behind {
			p.AtRisk = append(p.AtRisk, it)
		}
	}
	slices.SortStableFunc(p.AtRisk, func(a, b opsItem) int { return cmp.Compare(a.Done-a.Expected, b.Done-b.Expected) })
	slices.SortStableFunc(p.Items, func(a, b opsItem) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Advertiser, b.Advertiser), cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.ID, b.ID))
	})
	return p
}

func countRows(m map[string]uint64) []countRow {
	var total uint64
	rows := make([]countRow, 0, len(m))
	for name, n := range m {
		if n > 0 {
			rows = append(rows, countRow{Name: name, N: n})
			total += n
		}
	}
	for i := range rows {
		rows[i].Share = float64(rows[i].N) / float64(total)
	}
	slices.SortFunc(rows, func(a, b countRow) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return rows
}
