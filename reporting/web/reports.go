package web

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/placard/placard/reporting/report"
)

// home sends people to what is theirs.
func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	sess, ok := s.signedIn(w, r)
	if !ok {
		return
	}
	if sess.user.Ops {
		s.advertiserList(w, r)
		return
	}
	http.Redirect(w, r, "/reports/"+url.PathEscape(sess.user.Advertiser), http.StatusSeeOther)
}

// ask puts several questions to the store, a few at a time. The first error ends it.
func (s *Site) ask(ctx context.Context, queries []report.Query) ([]*report.Result, error) {
	const atOnce = 4 // a page may not take all of the store
	ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errSlow)
	defer cancel()
	out := make([]*report.Result, len(queries))
	errs := make([]error, len(queries))
	turn := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range queries {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if out[i], errs[i] = s.opts.Source.Query(ctx, queries[i]); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		// What was cancelled because another failed is not the reason.
		if err != nil && !strings.Contains(err.Error(), context.Canceled.Error()) {
			return nil, err
		}
	}
	return out, cmp.Or(errs...)
}

type listPage struct {
	page
	Rows []tableRow
}

// advertiserList is the ops user's way in: every advertiser with the last seven days.
func (s *Site) advertiserList(w http.ResponseWriter, r *http.Request) {
	from, to := lastDays(7)(midnight(s.opts.Now().In(s.opts.Zone)))
	res, err := s.ask(r.Context(), []report.Query{{From: from, To: to, Zone: s.opts.Zone, By: []report.Dimension{report.Advertiser}, Scope: report.AllTenants()}})
	if err != nil {
		s.failQuery(w, r, err)
		return
	}
	byID := map[string]report.Sums{}
	for _, row := range res[0].Rows {
		byID[row.Keys[0]] = row.Sums
	}
	p := listPage{page: s.page(w, r, "Advertisers")}
	for _, a := range s.opts.Advertisers() {
		p.Rows = append(p.Rows, tableRow{Shown: a.Name, Link: "/reports/" + url.PathEscape(a.ID), Sums: byID[a.ID]})
	}
	slices.SortStableFunc(p.Rows, func(a, b tableRow) int { return cmp.Compare(b.Sums.Impressions, a.Sums.Impressions) })
	setShares(p.Rows, report.Impressions)
	s.render(w, r, http.StatusOK, "advertisers.html", p)
}

// failQuery answers when the store does not: the reader learns that it is not their fault, the log why.
func (s *Site) failQuery(w http.ResponseWriter, r *http.Request, err error) {
	s.opts.Log.Error("query report", "path", r.URL.Path, "error", err)
	w.Header().Set("Retry-After", "30")
	s.render(w, r, http.StatusServiceUnavailable, "message.html", messagePage{
		page: s.page(w, r, "Not available"), Heading: "The figures cannot be read right now",
		Text: "Nothing is lost: events are kept safely and appear here once the store answers again. Try again in a minute.", Retry: r.URL.RequestURI(),
	})
}

// mine returns the advertiser of the path, if the reader may see it. Somebody else's advertiser and one that does not exist are
// the same to an advertiser's user.
func (s *Site) mine(w http.ResponseWriter, r *http.Request) (Advertiser, bool) {
	sess, ok := s.signedIn(w, r)
	if !ok {
		return Advertiser{}, false
	}
	id := r.PathValue("advertiser")
	if sess.user.Ops || id == sess.user.Advertiser && id != "" {
		if adv, ok := s.advertiser(id); ok {
			return adv, true
		}
	}
	s.notFound(w, r)
	return Advertiser{}, false
}

// viewOf reads the view of the URL, or says what is wrong with it.
func (s *Site) viewOf(w http.ResponseWriter, r *http.Request) (view, bool) {
	v, problem, detail := s.parseView(r)
	if problem != "" {
		s.badView(w, r, problem, detail)
	}
	return v, problem == ""
}

func (s *Site) badView(w http.ResponseWriter, r *http.Request, problem, detail string) {
	s.render(w, r, http.StatusBadRequest, "message.html", messagePage{
		page: s.page(w, r, "Not a view"), Heading: "This view cannot be shown", Text: problem, Detail: detail,
	})
}

// reportPage is one advertiser's report.
type reportPage struct {
	page
	bar
	Advertiser Advertiser
	Currency   string

	Heads      []headline
	Compared   string // the range that changes are against, "" if none
	Chart      *series
	ChartSVG   template.HTML
	Empty      bool
	NeverAny   bool // nor anything in a flight
	Items      []itemProgress
	Creatives  []tableRow
	Tables     []table
	Heat       heat
	Counted    counted
	Reach      report.Sums
	ReachDays  bool // more than one day: visitors of each day are added up
	Explore    string
	ExportName string
}

type link struct {
	Text, URL string
	Current   bool
}

type headline struct {
	Metric  report.Metric
	Value   string
	Change  *float64 // share against the period before, nil where that had nothing
	Compare bool
	Detail  string
	URL     string
	Current bool
}

type table struct {
	Title     string
	Dimension report.Dimension
	Metrics   []report.Metric
	Rows      []tableRow
	More      string // URL of all rows, "" if these are all
	Note      string
}

type tableRow struct {
	Key, Shown string
	Sub        string
	Link       string // URL that keeps only this row
	Image      *Creative
	Size       string
	Sums       report.Sums
	Share      float64
	Best       bool
}

func (s *Site) reportPage(w http.ResponseWriter, r *http.Request) {
	adv, ok := s.mine(w, r)
	if !ok {
		return
	}
	v, ok := s.viewOf(w, r)
	if !ok {
		return
	}
	p, err := s.buildReport(w, r, adv, v)
	if err != nil {
		s.failQuery(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "report.html", p)
}

// tableSpecs are the tables of a report, in their order.
var tableSpecs = []struct {
	title string
	by    report.Dimension
}{
	{"Placements", report.Placement}, {"Sections", report.Section}, {"Pages", report.Page}, {"Countries", report.Country}, {"Devices", report.Device}, {"Browsers", report.Browser},
}

func (s *Site) buildReport(w http.ResponseWriter, r *http.Request, adv Advertiser, v view) (*reportPage, error) {
	sp := s.language(r)
	scope := report.OnlyTenant(adv.ID)
	p := &reportPage{page: s.page(w, r, adv.Name), Advertiser: adv, Currency: s.opts.Currency}
	sortBy := v.metric
	if sortBy != report.Clicks && sortBy != report.Spend {
		sortBy = report.Impressions
	}
	top := func(limit int, by ...report.Dimension) report.Query {
		q := v.query(scope, by...)
		q.Limit, q.Sort = limit, []report.Order{{Key: string(sortBy), Desc: true}}
		return q
	}
	all := func(by ...report.Dimension) report.Query {
		q := v.query(scope, by...)
		q.Limit = report.MaxLimit
		return q
	}
	reach := v.query(scope)
	reach.Metrics = []report.Metric{report.Reach, report.Frequency}
	queries := []report.Query{all(v.step()), top(60, report.Creative, report.LineItem), all(report.WeekHour), all(report.Kind, report.Invalid), reach}
	const tablesAt = 5
	for _, t := range tableSpecs {
		queries = append(queries, top(9, t.by))
	}
	from, to, compared := v.before()
	if compared {
		before := v
		before.from, before.to = from, to
		q := before.query(scope, v.step())
		q.Limit = report.MaxLimit
		fair := before.query(scope)
		// Today is not over: it is held against as much of the day then.
		if v.now.Before(v.to) {
			if until := v.now.AddDate(0, 0, -int(v.from.Sub(from).Hours()/24+0.5)); until.After(from) && until.Before(to) {
				fair.To = until
			}
		}
		queries = append(queries, q, fair)
	}
	flights, hasFlights := s.flightQuery(adv, v.now)
	if hasFlights {
		queries = append(queries, flights)
	}
	res, err := s.ask(r.Context(), queries)
	if err != nil {
		return nil, err
	}
	main := res[0]
	p.bar = s.bar(sp, v, main)
	var beforeRows []report.Row
	var before *report.Sums
	if next := tablesAt + len(tableSpecs); compared {
		beforeRows, before = res[next].Rows, &res[next+1].Totals
		p.Compared = sp.dates(from, to)
	}
	p.Empty = main.Totals.Impressions == 0 && main.Totals.Clicks == 0
	p.Heads = s.headlines(sp, v, main.Totals, before)
	p.Chart = s.series(sp, v, main.Rows, beforeRows)
	p.ChartSVG = p.Chart.svg(sp)
	p.Creatives = s.creativeRows(sp, res[1], adv, v)
	p.Heat = newHeat(sp, res[2].Rows, v.metric)
	p.Counted = newCounted(sp, res[3].Rows)
	p.Reach, p.ReachDays = res[4].Totals, v.days() > 1
	for i, t := range tableSpecs {
		p.Tables = append(p.Tables, s.table(sp, t.title, t.by, res[tablesAt+i], sortBy, v))
	}
	if hasFlights {
		p.Items = s.progress(sp, adv, res[len(res)-1].Rows, v)
	}
	// Nothing in the range and nothing in any flight: there is nothing to filter yet.
	p.NeverAny = p.Empty && len(v.filters) == 0 && !slices.ContainsFunc(p.Items, func(i itemProgress) bool { return i.Delivered > 0 })
	cut := v.at("/reports/" + url.PathEscape(adv.ID) + "/cut")
	cut.by = []report.Dimension{report.Day, report.LineItem, report.Creative}
	p.Explore = cut.url()
	p.Exports = s.exports(v, adv.ID, []report.Dimension{report.Day, report.Campaign, report.LineItem, report.Creative})
	return p, nil
}

func (s *Site) headlines(sp *speaker, v view, now report.Sums, before *report.Sums) []headline {
	details := map[report.Metric]string{
		report.Impressions: sp.t("began to render"),
		report.Viewability: sp.count(now.Viewable) + " " + sp.t("seen for a second"),
		report.Clicks:      sp.t("followed the link"),
		report.CTR:         sp.t("clicks ÷ impressions"),
		report.Spend:       sp.t("for valid events"),
		report.ECPM:        sp.t("for 1,000 impressions"),
	}
	out := make([]headline, 0, len(chartMetrics))
	for _, m := range chartMetrics {
		h := headline{Metric: m, Value: sp.figure(now, m), Detail: details[m], URL: v.withMetric(m).url(), Current: m == v.metric, Compare: before != nil}
		if before != nil {
			if b := before.Value(m); b != 0 {
				c := (now.Value(m) - b) / b
				h.Change = &c
			}
		}
		out = append(out, h)
	}
	return out
}

// setShares makes each row's bar a share of the largest.
func setShares(rows []tableRow, m report.Metric) {
	most := 0.0
	for _, row := range rows {
		most = max(most, row.Sums.Value(m))
	}
	for i := range rows {
		if most > 0 {
			rows[i].Share = rows[i].Sums.Value(m) / most
		}
	}
}

const tableRows = 8

func (s *Site) table(sp *speaker, title string, by report.Dimension, res *report.Result, sortBy report.Metric, v view) table {
	t := table{Title: title, Dimension: by, Metrics: []report.Metric{report.Impressions, report.Viewability, report.Clicks, report.CTR}}
	for _, row := range res.Rows {
		if row.Impressions == 0 && row.Clicks == 0 {
			continue
		}
		key := row.Keys[0]
		tr := tableRow{Key: key, Shown: sp.key(by, key), Sums: row.Sums, Link: v.withFilter(by, key).url()}
		if by == report.Page {
			tr.Shown = pagePath(key)
		}
		t.Rows = append(t.Rows, tr)
	}
	if len(t.Rows) > tableRows || res.MoreRows {
		t.Rows = t.Rows[:min(len(t.Rows), tableRows)]
		cut := v.at(v.path + "/cut")
		cut.by, cut.sort = []report.Dimension{by}, []report.Order{{Key: string(sortBy), Desc: true}}
		t.More = cut.url()
	}
	setShares(t.Rows, sortBy)
	if by == report.Placement {
		t.Note = bestAndWorst(sp, t.Rows)
	}
	return t
}

// bestAndWorst compares where CTR says something: from 1,000 impressions on.
func bestAndWorst(sp *speaker, rows []tableRow) string {
	const enough = 1000
	var best, worst *tableRow
	for i := range rows {
		r := &rows[i]
		if r.Sums.Impressions < enough {
			continue
		}
		if best == nil || r.Sums.Value(report.CTR) > best.Sums.Value(report.CTR) {
			best = r
		}
		if worst == nil || r.Sums.Value(report.CTR) < worst.Sums.Value(report.CTR) {
			worst = r
		}
	}
	if best == nil || best == worst {
		return ""
	}
	return sp.t("Highest CTR:") + " " + best.Shown + ", " + sp.figure(best.Sums, report.CTR) + " %. " +
		sp.t("Lowest:") + " " + worst.Shown + ", " + sp.figure(worst.Sums, report.CTR) + " %."
}

// pagePath is a page's URL without what all of a site's pages share.
func pagePath(u string) string {
	if p, err := url.Parse(u); err == nil && p.Host != "" && p.Path != "" {
		return p.Path
	}
	return u
}

func (a Advertiser) creative(id string) *Creative {
	for _, li := range a.LineItems {
		for i := range li.Creatives {
			if li.Creatives[i].ID == id {
				return &li.Creatives[i]
			}
		}
	}
	return nil
}

// creativeRows are the creatives side by side: each once, with the line items that show it.
func (s *Site) creativeRows(sp *speaker, res *report.Result, adv Advertiser, v view) []tableRow {
	var rows []tableRow
	at := map[string]int{}
	for _, row := range res.Rows {
		id := row.Keys[0]
		if id == "" || row.Impressions == 0 && row.Clicks == 0 {
			continue
		}
		i, ok := at[id]
		if !ok {
			i = len(rows)
			at[id] = i
			tr := tableRow{Key: id, Shown: id, Link: v.withFilter(report.Creative, id).url(), Image: adv.creative(id)}
			if c := tr.Image; c != nil && c.W > 0 {
				tr.Size = sp.count(int64(c.W)) + " × " + sp.count(int64(c.H))
			}
			rows = append(rows, tr)
		}
		sum := &rows[i].Sums
		sum.Impressions += row.Impressions
		sum.Viewable += row.Viewable
		sum.Clicks += row.Clicks
		sum.Spend += row.Spend
		rows[i].Sub = strings.TrimPrefix(rows[i].Sub+", "+row.Keys[1], ", ")
	}
	rows = rows[:min(len(rows), 12)]
	setShares(rows, report.CTR)
	const enough = 1000
	best, compared := -1, 0
	for i := range rows {
		if rows[i].Sums.Impressions < enough {
			continue
		}
		compared++
		if best < 0 || rows[i].Sums.Value(report.CTR) > rows[best].Sums.Value(report.CTR) {
			best = i
		}
	}
	if compared > 1 {
		rows[best].Best = true
	}
	return rows
}

// flightQuery asks for the days of all flights. ok is false if none has begun.
func (s *Site) flightQuery(adv Advertiser, now time.Time) (q report.Query, ok bool) {
	first := now
	for _, li := range adv.LineItems {
		if li.Start.Before(first) {
			first = li.Start
		}
	}
	if !first.Before(now) {
		return q, false
	}
	if oldest := now.Add(-report.MaxRange + 48*time.Hour); first.Before(oldest) {
		first = oldest
	}
	return report.Query{
		From: midnight(first.In(s.opts.Zone)), To: now.Add(time.Minute), Zone: s.opts.Zone, By: []report.Dimension{report.Campaign, report.LineItem, report.Day},
		Limit: report.MaxLimit, Scope: report.OnlyTenant(adv.ID),
	}, true
}

type lineKey struct{ campaign, id string }

// daysOf sorts the rows of flightQuery by line item.
func daysOf(rows []report.Row) map[lineKey]map[string]int64 {
	out := map[lineKey]map[string]int64{}
	for _, row := range rows {
		k := lineKey{row.Keys[0], row.Keys[1]}
		if out[k] == nil {
			out[k] = map[string]int64{}
		}
		out[k][row.Keys[2]] += row.Impressions
	}
	return out
}

type itemProgress struct {
	ID, Sub, Dates string
	Delivered      int64
	Goal           int64
	Done           float64
	Expected       float64
	State          string
	Behind         bool
	Spark          template.HTML
	Projected      string
	Link, Filter   string
	order          int
}

// progress holds each line item's delivery since its flight began against its goal. It does not follow the page's range or
// filters of place: a goal is for the flight.
func (s *Site) progress(sp *speaker, adv Advertiser, rows []report.Row, v view) []itemProgress {
	days := daysOf(rows)
	var out []itemProgress
	for _, li := range adv.LineItems {
		if !v.keeps(report.LineItem, li.ID) || !v.keeps(report.Campaign, li.Campaign) {
			continue
		}
		part, whole := li.window(s.opts.Zone, v.now)
		b := newBurn(part, days[lineKey{li.Campaign, li.ID}], s.opts.Zone, v.now)
		dates := sp.dates(part.Start.In(s.opts.Zone), part.End.In(s.opts.Zone))
		if !whole {
			dates = sp.t("the last 14 days")
		}
		p := itemProgress{
			ID: li.ID, Sub: li.Campaign + " · " + sp.t(strings.ReplaceAll(li.Type, "_", " ")), Dates: dates,
			Delivered: b.total, Goal: part.Goal, Done: b.done(), Expected: b.elapsed(), Spark: b.svg(sp, 168, 40, true),
			Link: lineItemPath(adv.ID, li), Filter: v.withFilter(report.LineItem, li.ID).url(),
		}
		words, behind := b.state()
		p.State, p.Behind = sp.t(words), behind
		if total, ok := b.projected(); ok && part.Goal > 0 {
			p.Projected = sp.percent(float64(total)/float64(part.Goal), 0) + " %"
		}
		switch {
		case behind && v.now.Before(li.End):
			p.order = 0
		case !v.now.Before(li.Start) && v.now.Before(li.End):
			p.order = 1
		case v.now.Before(li.Start):
			p.order = 2
		default:
			p.order = 3
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b itemProgress) int { return cmp.Compare(a.order, b.order) })
	return out
}

// keeps reports whether the view's filters of the dimension keep the value.
func (v view) keeps(d report.Dimension, value string) bool {
	for _, f := range v.filters {
		if f.Dimension == d && slices.Contains(f.Values, value) == f.Not {
			return false
		}
	}
	return true
}

func lineItemPath(advertiser string, li LineItem) string {
	return "/reports/" + url.PathEscape(advertiser) + "/line-items/" + url.PathEscape(li.Campaign) + "/" + url.PathEscape(li.ID)
}
