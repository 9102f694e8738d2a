package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/placard/placard/reporting/report"
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
	Expected                       float64 // share of the goal that should be delivered by now
	Pass                           float64 // share of opportunities that pacing lets through
}

type opsPage struct {
	page
	Ops
	NoFillRows, SkipRows, InvalidRows []countRow
	FillRate, HitRate                 float64
	Items                             []opsItem
	Uptime                            string
}

type countRow struct {
	Name  string
	N     uint64
	Share float64
}

type opsItem struct {
	OpsLineItem
	Done   float64
	State  string
	Behind bool
	Report string
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
		s.render(w, http.StatusOK, "ops.html", s.buildOps(r))
	}
}

// opsLive is the part of the ops room that htmx replaces every two seconds.
func (s *Site) opsLive(w http.ResponseWriter, r *http.Request) {
	if s.ops(w, r) {
		s.render(w, http.StatusOK, "ops-live", s.buildOps(r))
	}
}

func (s *Site) buildOps(r *http.Request) opsPage {
	o := s.opts.Ops()
	p := opsPage{page: s.page(r, "Ops"), Ops: o}
	if o.Slots > 0 {
		p.FillRate = float64(o.Filled) / float64(o.Slots)
	}
	if n := o.PageHits + o.PageMisses; n > 0 {
		p.HitRate = float64(o.PageHits) / float64(n)
	}
	p.NoFillRows, p.SkipRows, p.InvalidRows = countRows(o.NoFill), countRows(o.Skipped), countRows(o.InvalidEvents)
	p.Uptime = o.Now.Sub(o.Started).Round(time.Second).String()
	for _, li := range o.LineItems {
		it := opsItem{OpsLineItem: li, Report: "/reports/" + url.PathEscape(li.Advertiser) + "?" + url.Values{string(report.LineItem): {li.ID}}.Encode()}
		if li.Goal > 0 {
			it.Done = float64(li.Impressions) / float64(li.Goal)
		}
		switch {
		case o.Now.Before(li.Start):
			it.State = "starts " + li.Start.In(s.opts.Zone).Format("2 Jan")
		case li.Goal > 0 && li.Impressions >= li.Goal:
			it.State = "goal reached"
		case !o.Now.Before(li.End):
			it.State = "ended"
		case !li.Running:
			it.State = "stopped"
		case li.Goal == 0:
			it.State = "running"
		case it.Done < li.Expected*0.95:
			it.State, it.Behind = "behind plan", true
		default:
			it.State = "on plan"
		}
		p.Items = append(p.Items, it)
	}
	// What needs a person first: those behind, by how far.
	slices.SortStableFunc(p.Items, func(a, b opsItem) int {
		if a.Behind != b.Behind {
			if a.Behind {
				return -1
			}
			return 1
		}
		if a.Behind {
			return cmp.Compare(a.Done-a.Expected, b.Done-b.Expected)
		}
		return cmp.Compare(a.Priority, b.Priority)
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
