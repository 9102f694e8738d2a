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

// view is what a report page's URL says: a range of days, filters, and the chart's metric.
type view struct {
	path     string
	from, to time.Time // midnights in the site's zone, half-open
	filters  []report.Filter
	metric   chartMetric
}

type chartMetric struct {
	key   report.Metric
	label string
	of    func(report.Sums) float64
	money bool
}

var chartMetrics = []chartMetric{
	{key: report.Impressions, label: "Impressions", of: func(s report.Sums) float64 { return float64(s.Impressions) }},
	{key: report.Viewable, label: "Viewable", of: func(s report.Sums) float64 { return float64(s.Viewable) }},
	{key: report.Clicks, label: "Clicks", of: func(s report.Sums) float64 { return float64(s.Clicks) }},
	{key: report.Spend, label: "Spend", of: func(s report.Sums) float64 { return float64(s.Spend) / 1e6 }, money: true},
}

// filterable are the dimensions that a page's tables offer.
var filterable = []report.Dimension{report.LineItem, report.Creative, report.Placement, report.Country, report.Device, report.Campaign}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

func (s *Site) lastDays(n int) (from, to time.Time) {
	today := midnight(s.opts.Now().In(s.opts.Zone))
	return today.AddDate(0, 0, 1-n), today.AddDate(0, 0, 1)
}

// parseView reads the URL. problem is a sentence for the reader.
func (s *Site) parseView(r *http.Request) (v view, problem string) {
	q := r.URL.Query()
	v.path = r.URL.Path
	v.from, v.to = s.lastDays(14)
	v.metric = chartMetrics[0]
	if f := q.Get("from"); f != "" {
		t, err := time.ParseInLocation(time.DateOnly, f, s.opts.Zone)
		if err != nil {
			return v, "The first day must be written as 2026-11-01."
		}
		v.from = t
	}
	if f := q.Get("to"); f != "" {
		t, err := time.ParseInLocation(time.DateOnly, f, s.opts.Zone)
		if err != nil {
			return v, "The last day must be written as 2026-11-30."
		}
		v.to = t.AddDate(0, 0, 1)
	}
	if !v.from.Before(v.to) {
		return v, "The first day is after the last."
	}
	if v.days() > maxViewDays {
		return v, "A view covers at most " + strconv.Itoa(maxViewDays) + " days."
	}
	for _, d := range filterable {
		values := q[string(d)]
		if len(values) > 50 {
			return v, "A view has at most 50 values for a filter."
		}
		if len(values) > 0 {
			v.filters = append(v.filters, report.Filter{Dimension: d, Values: values})
		}
	}
	if m := q.Get("metric"); m != "" {
		i := slices.IndexFunc(chartMetrics, func(c chartMetric) bool { return string(c.key) == m })
		if i < 0 {
			return v, "The chart shows impressions, viewable, clicks or spend."
		}
		v.metric = chartMetrics[i]
	}
	return v, ""
}

// days is the number of calendar days of the range; a day may have 23 or 25 hours.
func (v view) days() int { return int(v.to.Sub(v.from).Hours()/24 + 0.5) }

func (v view) values() url.Values {
	q := url.Values{"from": {v.from.Format(time.DateOnly)}, "to": {v.to.AddDate(0, 0, -1).Format(time.DateOnly)}}
	for _, f := range v.filters {
		q[string(f.Dimension)] = slices.Clone(f.Values)
	}
	if v.metric.key != chartMetrics[0].key {
		q.Set("metric", string(v.metric.key))
	}
	return q
}

func (v view) url(q url.Values) string { return v.path + "?" + q.Encode() }

func (v view) with(key, value string) string {
	q := v.values()
	q.Set(key, value)
	return v.url(q)
}

func (v view) withRange(from, to time.Time) string {
	v.from, v.to = from, to
	return v.url(v.values())
}

func (v view) withFilter(d report.Dimension, value string) string {
	q := v.values()
	q[string(d)] = []string{value}
	return v.url(q)
}

func (v view) withoutFilter(d report.Dimension, value string) string {
	q := v.values()
	q[string(d)] = slices.DeleteFunc(q[string(d)], func(x string) bool { return x == value })
	return v.url(q)
}

// export is the same view as data, by day and line item.
func (v view) export(advertiser, format string) string {
	q := url.Values{
		"from": {v.from.Format(time.DateOnly)}, "to": {v.to.Format(time.DateOnly)}, "by": {"day,line_item"}, "format": {format}, "advertiser": {advertiser},
		"limit": {"10000"},
	}
	for _, f := range v.filters {
		q.Add("filter", string(f.Dimension)+":"+strings.Join(f.Values, ","))
	}
	return "/api/v1/reports?" + q.Encode()
}

// dimensionLabel is how pages name a dimension.
func dimensionLabel(d report.Dimension) string { return strings.ReplaceAll(string(d), "_", " ") }
