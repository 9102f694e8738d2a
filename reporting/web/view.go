package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// maxViewDays bounds the range of a page.
const maxViewDays = 400

// rowsPerPage is how many rows a cut shows at once.
const rowsPerPage = 100

// view is what a page's URL says. Everything that is not the default stands in the URL, so that any view can be shared,
// saved and mailed.
type view struct {
	path string
	now  time.Time

	preset   string    // of presets; "" when from and to are dates
	from, to time.Time // midnights in zone, half-open
	zone     *time.Location
	ownZone  bool // zone is the URL's
	filters  []report.Filter
	metric   report.Metric
	grain    report.Dimension // chosen, "" for the range's own
	compare  string           // previous, year or none

	// of a cut
	by      []report.Dimension
	metrics []report.Metric
	sort    []report.Order
	offset  int
}

// preset is a range that moves with the calendar.
type preset struct {
	key, label string
	days       func(today time.Time) (from, to time.Time)
}

func lastDays(n int) func(time.Time) (time.Time, time.Time) {
	return func(today time.Time) (time.Time, time.Time) { return today.AddDate(0, 0, 1-n), today.AddDate(0, 0, 1) }
}

const defaultPreset = "14d"

var presets = []preset{
	{"today", "Today", lastDays(1)},
	{"yesterday", "Yesterday", func(today time.Time) (time.Time, time.Time) { return today.AddDate(0, 0, -1), today }},
	{"7d", "7 days", lastDays(7)},
	{"14d", "14 days", lastDays(14)},
	{"30d", "30 days", lastDays(30)},
	{"90d", "90 days", lastDays(90)},
	{"month", "This month", func(today time.Time) (time.Time, time.Time) {
		return today.AddDate(0, 0, 1-today.Day()), today.AddDate(0, 0, 1)
	}},
	{"lastmonth", "Last month", func(today time.Time) (time.Time, time.Time) {
		first := today.AddDate(0, 0, 1-today.Day())
		return first.AddDate(0, -1, 0), first
	}},
}

// chartMetrics are what the main chart can show, and with what the tables' bars are drawn.
var chartMetrics = []report.Metric{report.Impressions, report.Viewability, report.Clicks, report.CTR, report.Spend, report.ECPM}

// filterable are the dimensions that a view can be limited by.
var filterable = []report.Dimension{
	report.Campaign, report.LineItem, report.Creative, report.Type, report.Site, report.Section, report.Page, report.Placement, report.Country, report.Device, report.OS,
	report.Browser, report.Theme,
}

// cuttable are the dimensions of a cut.
var cuttable = append([]report.Dimension{report.Hour, report.Day, report.Week, report.Month, report.WeekHour}, append(slices.Clone(filterable), report.Invalid, report.Kind)...)

var compares = []string{"previous", "year", "none"}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// parseView reads the URL. problem is a sentence for the reader, to be translated; detail is what it is about.
func (s *Site) parseView(r *http.Request) (v view, problem, detail string) {
	q := r.URL.Query()
	v.path, v.now = r.URL.Path, s.opts.Now()
	v.zone, v.metric, v.compare = s.opts.Zone, report.Impressions, compares[0]
	if name := q.Get("tz"); name != "" {
		z, err := report.Zone(name)
		if err != nil {
			return v, "There is no such time zone; write one like Asia/Karachi.", name
		}
		v.zone, v.ownZone = z, name != s.opts.Zone.String()
	}
	if problem, detail = v.parseRange(q); problem != "" {
		return v, problem, detail
	}
	if problem, detail = v.parseFilters(q["filter"]); problem != "" {
		return v, problem, detail
	}
	if m := q.Get("metric"); m != "" {
		if v.metric = report.Metric(m); !slices.Contains(chartMetrics, v.metric) {
			return v, "The chart cannot show this figure.", m
		}
	}
	if g := q.Get("grain"); g != "" {
		if v.grain = report.Dimension(g); !slices.Contains(grains, v.grain) {
			return v, "The chart's steps are hours, days, weeks or months.", g
		}
		if v.grain == report.Hour && v.days() > 31 {
			return v, "A chart by hour covers at most 31 days.", ""
		}
	}
	if c := q.Get("compare"); c != "" {
		if v.compare = c; !slices.Contains(compares, c) {
			return v, "A view is compared with the previous period, the year before or nothing.", c
		}
	}
	return v, "", ""
}

var grains = []report.Dimension{report.Hour, report.Day, report.Week, report.Month}

func (v *view) parseRange(q url.Values) (problem, detail string) {
	today := midnight(v.now.In(v.zone))
	v.preset = q.Get("range")
	if v.preset == "" && q.Get("from") == "" && q.Get("through") == "" {
		v.preset = defaultPreset
	}
	if v.preset != "" {
		i := slices.IndexFunc(presets, func(p preset) bool { return p.key == v.preset })
		if i < 0 {
			return "There is no such range.", v.preset
		}
		v.from, v.to = presets[i].days(today)
		return "", ""
	}
	v.from, v.to = lastDays(14)(today)
	for name, set := range map[string]func(time.Time){"from": func(t time.Time) { v.from = t }, "through": func(t time.Time) { v.to = t.AddDate(0, 0, 1) }} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		t, err := time.ParseInLocation(time.DateOnly, text, v.zone)
		if err != nil || t.Year() < 2000 || t.Year() > 2199 {
			return "A day must be written as 2026-11-01.", text
		}
		set(midnight(t))
	}
	if !v.from.Before(v.to) {
		return "The first day is after the last.", ""
	}
	if v.days() > maxViewDays {
		return "A view covers at most 400 days.", ""
	}
	return "", ""
}

// parseFilters reads filters in the language of the API and checks them as a store would.
func (v *view) parseFilters(texts []string) (problem, detail string) {
	if len(texts) == 0 {
		return "", ""
	}
	q, err := report.Parse(url.Values{"filter": texts}, v.zone, v.now)
	if err == nil {
		q.From, q.To, q.Scope = v.from, v.to, report.OnlyTenant("nobody")
		err = q.Validate()
	}
	if err != nil {
		return "This filter cannot be read.", err.Error()
	}
	for _, f := range q.Filters {
		if !slices.Contains(filterable, f.Dimension) {
			return "This filter cannot be read.", string(f.Dimension)
		}
	}
	v.filters = q.Filters
	return "", ""
}

// parseCut reads what only a cut has.
func (v *view) parseCut(q url.Values) (problem, detail string) {
	parsed, err := report.Parse(url.Values{"by": q["by"], "metrics": q["metrics"], "sort": q["sort"], "offset": q["offset"]}, v.zone, v.now)
	if err == nil {
		if len(parsed.By) == 0 {
			parsed.By = []report.Dimension{report.LineItem, report.Creative}
		}
		parsed.From, parsed.To, parsed.Scope = v.from, v.to, report.OnlyTenant("nobody")
		err = parsed.Validate()
	}
	if err != nil {
		return "This cut cannot be made.", err.Error()
	}
	for _, d := range parsed.By {
		if !slices.Contains(cuttable, d) {
			return "This cut cannot be made.", "by: " + string(d)
		}
	}
	v.by, v.metrics, v.sort, v.offset = parsed.By, parsed.Metrics, parsed.Sort, parsed.Offset
	return "", ""
}

// days is the number of calendar days of the range; a day may have 23 or 25 hours.
func (v view) days() int { return int(v.to.Sub(v.from).Hours()/24 + 0.5) }

// step is the chart's granularity.
func (v view) step() report.Dimension {
	switch n := v.days(); {
	case v.grain != "":
		return v.grain
	case n <= 2:
		return report.Hour
	case n <= 120:
		return report.Day
	}
	return report.Week
}

// query is the view's question, within a scope.
func (v view) query(scope report.Scope, by ...report.Dimension) report.Query {
	return report.Query{From: v.from, To: v.to, Zone: v.zone, Filters: v.filters, Scope: scope, By: by}
}

// before is the range that the view is compared with. ok is false if it is not.
func (v view) before() (from, to time.Time, ok bool) {
	switch v.compare {
	case "previous":
		if v.preset == "month" || v.preset == "lastmonth" {
			return v.from.AddDate(0, -1, 0), v.to.AddDate(0, -1, 0), true
		}
		n := v.days()
		return v.from.AddDate(0, 0, -n), v.to.AddDate(0, 0, -n), true
	case "year":
		return v.from.AddDate(-1, 0, 0), v.to.AddDate(-1, 0, 0), true
	}
	return time.Time{}, time.Time{}, false
}

// values is the view as URL parameters.
func (v view) values() url.Values {
	q := url.Values{}
	if v.preset == "" {
		q.Set("from", v.from.Format(time.DateOnly))
		q.Set("through", v.to.AddDate(0, 0, -1).Format(time.DateOnly))
	} else if v.preset != defaultPreset {
		q.Set("range", v.preset)
	}
	if v.ownZone {
		q.Set("tz", v.zone.String())
	}
	for _, f := range v.filters {
		q.Add("filter", f.String())
	}
	if v.metric != report.Impressions {
		q.Set("metric", string(v.metric))
	}
	if v.grain != "" {
		q.Set("grain", string(v.grain))
	}
	if v.compare != compares[0] {
		q.Set("compare", v.compare)
	}
	if len(v.by) > 0 {
		q.Set("by", joined(v.by))
	}
	if len(v.metrics) > 0 {
		q.Set("metrics", joined(v.metrics))
	}
	if len(v.sort) > 0 {
		q.Set("sort", sortText(v.sort))
	}
	if v.offset > 0 {
		q.Set("offset", strconv.Itoa(v.offset))
	}
	return q
}

func joined[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return strings.Join(out, ",")
}

func sortText(orders []report.Order) string {
	out := make([]string, len(orders))
	for i, o := range orders {
		out[i] = o.Key
		if o.Desc {
			out[i] = "-" + o.Key
		}
	}
	return strings.Join(out, ",")
}

// url is the view's address.
func (v view) url() string {
	if q := v.values().Encode(); q != "" {
		return v.path + "?" + q
	}
	return v.path
}

// at is the same view on another page.
func (v view) at(path string) view {
	v.path, v.by, v.metrics, v.sort, v.offset = path, nil, nil, nil, 0
	return v
}

func (v view) withPreset(key string) view {
	v.preset, v.offset = key, 0
	if v.grain == report.Hour {
		v.grain = ""
	}
	return v
}

func (v view) withMetric(m report.Metric) view { v.metric = m; return v }

// withFilter keeps only the rows whose dimension has the value.
func (v view) withFilter(d report.Dimension, value string) view {
	v = v.withoutFilter(d)
	v.filters = append(v.filters, report.Filter{Dimension: d, Values: []string{value}})
	v.offset = 0
	return v
}

func (v view) withoutFilter(d report.Dimension) view {
	v.filters = slices.DeleteFunc(slices.Clone(v.filters), func(f report.Filter) bool { return f.Dimension == d })
	v.offset = 0
	return v
}

// toggled turns a filter into its opposite.
func (v view) toggled(i int) view {
	v.filters = slices.Clone(v.filters)
	v.filters[i].Not = !v.filters[i].Not
	v.offset = 0
	return v
}

// export is the view as data: what the API answers to the same question.
func (v view) export(advertiser, format string, by []report.Dimension) string {
	q := v.query(report.Scope{}, by...)
	q.Metrics, q.Sort = v.metrics, v.sort
	p := q.Params()
	p.Set("from", v.from.Format(time.RFC3339))
	p.Set("to", v.to.Format(time.RFC3339))
	p.Set("advertiser", advertiser)
	p.Set("format", format)
	p.Set("limit", strconv.Itoa(report.MaxLimit))
	return "/api/v1/reports?" + p.Encode()
}
