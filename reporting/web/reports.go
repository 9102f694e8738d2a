package web

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

type listPage struct {
	page
	Rows []listRow
	Days int
}

type listRow struct {
	ID, Name string
	Sums     report.Sums
	Share    float64
}

// advertiserList is the ops user's way in: every advertiser with the last seven days.
func (s *Site) advertiserList(w http.ResponseWriter, r *http.Request) {
	now := s.opts.Now().In(s.opts.Zone)
	from := midnight(now).AddDate(0, 0, -6)
	res, err := s.opts.Source.Query(r.Context(), report.Query{
		From: from, To: midnight(now).AddDate(0, 0, 1), Zone: s.opts.Zone, By: []report.Dimension{report.Advertiser}, Scope: report.AllTenants(),
	})
	if err != nil {
		s.failQuery(w, r, err)
		return
	}
	byID := map[string]report.Sums{}
	for _, row := range res.Rows {
		byID[row.Keys[0]] = row.Sums
	}
	p := listPage{page: s.page(r, "Advertisers"), Days: 7}
	var most int64 = 1
	for _, a := range s.opts.Advertisers() {
		sums := byID[a.ID]
		most = max(most, sums.Impressions)
		p.Rows = append(p.Rows, listRow{ID: a.ID, Name: a.Name, Sums: sums})
	}
	for i := range p.Rows {
		p.Rows[i].Share = float64(p.Rows[i].Sums.Impressions) / float64(most)
	}
	slices.SortStableFunc(p.Rows, func(a, b listRow) int { return cmp.Compare(b.Sums.Impressions, a.Sums.Impressions) })
	s.render(w, http.StatusOK, "advertisers.html", p)
}

// failQuery answers when the store does not: the reader learns that it is not their fault, the log why.
func (s *Site) failQuery(w http.ResponseWriter, r *http.Request, err error) {
	s.opts.Log.Error("query report", "path", r.URL.Path, "error", err)
	s.render(w, http.StatusServiceUnavailable, "message.html", messagePage{
		page: s.page(r, "Not available"), Heading: "The figures cannot be read right now",
		Text: "Nothing is lost: events are kept safely and appear here once the store answers again. Try again in a minute.",
	})
}

// reportPage is one advertiser's report.
type reportPage struct {
	page
	Advertiser Advertiser
	view       view
	Currency   string

	Ranges          []link
	From, To        string // of the date form, To inclusive
	Filters         []filterChip
	Heads           []headline
	Chart           template.HTML
	ChartMetric     string
	ChartTabs       []link
	Tables          []table
	Items           []itemProgress
	Invalid         int64
	Synthetic       bool
	Through         time.Time
	Empty           bool
	ExportCSV       string
	ExportJSON      string
	Zone            string
	CanSeeAll       bool
	PreviousFrom    string
	PreviousThrough string
}

type link struct {
	Text, URL string
	Current   bool
}

type filterChip struct{ Dimension, Value, Remove string }

type headline struct {
	Name, Value, Unit string
	Change            *float64 // share against the period before, nil where that had nothing
	Detail            string
}

type table struct {
	Name, Dimension string
	Rows            []tableRow
	More            bool
}

type tableRow struct {
	Key    string
	Shown  string
	Filter string // URL that keeps only this row
	Image  *Creative
	Sums   report.Sums
	Share  float64
}

type itemProgress struct {
	ID, Campaign, Type string
	Start, End         time.Time
	Delivered, Goal    int64
	Done, Expected     float64 // shares of the goal
	State              string  // words, not only colour
	Behind             bool
	Filter             string
}

func (s *Site) reportPage(w http.ResponseWriter, r *http.Request) {
	sess, ok := s.signedIn(w, r)
	if !ok {
		return
	}
	id := r.PathValue("advertiser")
	// Somebody else's advertiser and one that does not exist are the same to an advertiser's user.
	if !sess.user.Ops && id != sess.user.Advertiser {
		s.notFound(w, r)
		return
	}
	adv, ok := s.advertiser(id)
	if !ok {
		s.notFound(w, r)
		return
	}
	v, problem := s.parseView(r)
	if problem != "" {
		s.render(w, http.StatusBadRequest, "message.html", messagePage{page: s.page(r, "Not a view"), Heading: "This view cannot be shown", Text: problem})
		return
	}
	p, err := s.buildReport(r.Context(), r, adv, v)
	if err != nil {
		s.failQuery(w, r, err)
		return
	}
	p.CanSeeAll = sess.user.Ops
	s.render(w, http.StatusOK, "report.html", p)
}

func (s *Site) buildReport(ctx context.Context, r *http.Request, adv Advertiser, v view) (*reportPage, error) {
	p := &reportPage{
		page: s.page(r, adv.Name), Advertiser: adv, view: v, Currency: s.opts.Currency, Zone: s.opts.Zone.String(),
		From: v.from.Format(time.DateOnly), To: v.to.AddDate(0, 0, -1).Format(time.DateOnly),
	}
	base := report.Query{From: v.from, To: v.to, Zone: s.opts.Zone, Filters: v.filters, Scope: report.OnlyTenant(adv.ID)}

	byDay := base
	byDay.By, byDay.Limit = []report.Dimension{report.Day}, maxViewDays
	days, err := s.opts.Source.Query(ctx, byDay)
	if err != nil {
		return nil, err
	}
	before := base
	length := v.days()
	before.From, before.To = v.from.AddDate(0, 0, -length), v.from
	previous, err := s.opts.Source.Query(ctx, before)
	if err != nil {
		return nil, err
	}
	p.PreviousFrom = before.From.Format(time.DateOnly)
	p.PreviousThrough = before.To.AddDate(0, 0, -1).Format(time.DateOnly)
	p.Through = days.Through.In(s.opts.Zone)
	p.Invalid, p.Synthetic = days.Totals.Invalid, days.Totals.Synthetic > 0
	p.Empty = days.Totals.Impressions == 0
	p.Heads = s.headlines(days.Totals, previous.Totals)
	p.Chart = s.chart(v, days.Rows)
	p.ChartMetric = v.metric.label
	for _, m := range chartMetrics {
		p.ChartTabs = append(p.ChartTabs, link{Text: m.label, URL: v.with("metric", string(m.key)), Current: m.key == v.metric.key})
	}

	for _, t := range []struct {
		name string
		by   report.Dimension
	}{
		{"Line items", report.LineItem}, {"Creatives", report.Creative}, {"Placements", report.Placement},
		{"Countries", report.Country}, {"Devices", report.Device},
	} {
		q := base
		q.By, q.Limit = []report.Dimension{t.by}, 12
		q.Sort = []report.Order{{Key: string(report.Impressions), Desc: true}}
		res, err := s.opts.Source.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		p.Tables = append(p.Tables, s.table(t.name, t.by, res, adv, v))
	}

	items, err := s.progress(ctx, adv, v)
	if err != nil {
		return nil, err
	}
	p.Items = items
	for _, days := range []int{7, 14, 30, 90} {
		from, to := s.lastDays(days)
		p.Ranges = append(p.Ranges, link{Text: "Last " + itoa(days) + " days", URL: v.withRange(from, to), Current: from.Equal(v.from) && to.Equal(v.to)})
	}
	for _, f := range v.filters {
		for _, val := range f.Values {
			p.Filters = append(p.Filters, filterChip{Dimension: dimensionLabel(f.Dimension), Value: val, Remove: v.withoutFilter(f.Dimension, val)})
		}
	}
	p.ExportCSV, p.ExportJSON = v.export(adv.ID, "csv"), v.export(adv.ID, "json")
	return p, nil
}

func (s *Site) headlines(now, before report.Sums) []headline {
	change := func(a, b float64) *float64 {
		if b == 0 {
			return nil
		}
		c := (a - b) / b
		return &c
	}
	ratio := func(a, b int64) float64 {
		if b == 0 {
			return 0
		}
		return float64(a) / float64(b)
	}
	ecpm := func(t report.Sums) float64 { return ratio(t.Spend, t.Impressions) * 1000 }
	return []headline{
		{Name: "Impressions", Value: count(now.Impressions), Change: change(float64(now.Impressions), float64(before.Impressions)), Detail: "began to render"},
		{Name: "Viewable", Value: percent(ratio(now.Viewable, now.Impressions), 1), Unit: "%",
			Change: change(ratio(now.Viewable, now.Impressions), ratio(before.Viewable, before.Impressions)), Detail: count(now.Viewable) + " seen for a second"},
		{Name: "Clicks", Value: count(now.Clicks), Change: change(float64(now.Clicks), float64(before.Clicks)), Detail: "followed the link"},
		{Name: "CTR", Value: percent(ratio(now.Clicks, now.Impressions), 2), Unit: "%",
			Change: change(ratio(now.Clicks, now.Impressions), ratio(before.Clicks, before.Impressions)), Detail: "clicks ÷ impressions"},
		{Name: "Spend", Value: money(now.Spend), Unit: s.opts.Currency, Change: change(float64(now.Spend), float64(before.Spend)), Detail: "for valid events"},
		{Name: "eCPM", Value: money(int64(ecpm(now) + 0.5)), Unit: s.opts.Currency, Change: change(ecpm(now), ecpm(before)), Detail: "spend ÷ 1,000 impressions"},
	}
}

func (s *Site) table(name string, by report.Dimension, res *report.Result, adv Advertiser, v view) table {
	t := table{Name: name, Dimension: string(by), More: res.MoreRows}
	var most int64 = 1
	for _, row := range res.Rows {
		most = max(most, row.Impressions)
	}
	for _, row := range res.Rows {
		if row.Impressions == 0 && row.Clicks == 0 {
			continue
		}
		key := row.Keys[0]
		tr := tableRow{Key: key, Shown: key, Sums: row.Sums, Share: float64(row.Impressions) / float64(most), Filter: v.withFilter(by, key)}
		switch {
		case key == "":
			tr.Shown, tr.Filter = "unknown", ""
		case by == report.Country:
			tr.Shown = countryName(key)
		case by == report.Creative:
			tr.Image = adv.creative(key)
		}
		t.Rows = append(t.Rows, tr)
	}
	return t
}

func (a Advertiser) creative(id string) *Creative {
	for _, li := range a.LineItems {
		for i := range li.Creatives {
			if li.Creatives[i].ID == id && li.Creatives[i].Image != "" {
				return &li.Creatives[i]
			}
		}
	}
	return nil
}

// progress holds each line item's delivery since its flight began against its goal. It does not follow the
// page's range or filters: a goal is for the flight.
func (s *Site) progress(ctx context.Context, adv Advertiser, v view) ([]itemProgress, error) {
	now := s.opts.Now()
	first := now
	for _, li := range adv.LineItems {
		if li.Start.Before(first) {
			first = li.Start
		}
	}
	if first.Equal(now) {
		return nil, nil
	}
	res, err := s.opts.Source.Query(ctx, report.Query{
		From: first, To: now.Add(time.Minute), Zone: s.opts.Zone, By: []report.Dimension{report.Campaign, report.LineItem}, Limit: 1000,
		Scope: report.OnlyTenant(adv.ID),
	})
	if err != nil {
		return nil, err
	}
	delivered := map[[2]string]int64{}
	for _, row := range res.Rows {
		delivered[[2]string{row.Keys[0], row.Keys[1]}] = row.Impressions
	}
	var out []itemProgress
	for _, li := range adv.LineItems {
		p := itemProgress{ID: li.ID, Campaign: li.Campaign, Type: strings.ReplaceAll(li.Type, "_", " "), Start: li.Start.In(s.opts.Zone), End: li.End.In(s.opts.Zone), Goal: li.Goal,
			Delivered: delivered[[2]string{li.Campaign, li.ID}], Filter: v.withFilter(report.LineItem, li.ID)}
		elapsed := float64(now.Sub(li.Start)) / float64(li.End.Sub(li.Start))
		p.Expected = min(max(elapsed, 0), 1)
		if li.Goal > 0 {
			p.Done = float64(p.Delivered) / float64(li.Goal)
		}
		switch {
		case now.Before(li.Start):
			p.State = "starts " + p.Start.Format("2 Jan")
		case li.Goal > 0 && p.Delivered >= li.Goal:
			p.State = "goal reached"
		case !now.Before(li.End):
			p.State = "ended"
		case li.Goal == 0:
			p.State = "running"
		case p.Done < p.Expected*0.95:
			p.State, p.Behind = "behind plan", true
		case p.Done > p.Expected*1.05:
			p.State = "ahead of plan"
		default:
			p.State = "on plan"
		}
		out = append(out, p)
	}
	return out, nil
}
