package web

import (
	"maps"
	"slices"
	"time"

	"github.com/placard/placard/reporting/report"
)

// bar is what stands above every view: its range, its filters, how fresh it is, and how to take it away.
type bar struct {
	Presets     []link
	Range       string
	From        string // of the date form
	Through     string // likewise, the last day
	Hidden      []hiddenField
	Zone        string
	Zones       []string
	Grains      []link
	Compares    []link
	Chips       []chip
	ClearAll    string
	FilterForm  []report.Dimension
	Fresh       time.Time
	Stale       bool
	Waiting     int64
	Synthetic   bool
	Exports     []link
	ViewAddress string
}

type hiddenField struct{ Name, Value string }

type chip struct {
	Dimension report.Dimension
	Values    []string
	Not       bool
	Remove    string
	Toggle    string
}

// zones are offered beside the site's own; any other can be written.
var zones = []string{"UTC", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Colombo", "Asia/Kathmandu", "Asia/Kabul", "Asia/Dubai", "Europe/London", "Europe/Istanbul", "America/New_York"}

// staleAfter is how old the newest event may be while others wait to get into the store.
const staleAfter = 30 * time.Second

func (s *Site) bar(sp *speaker, v view, res *report.Result) bar {
	b := bar{
		Range: sp.dates(v.from, v.to), From: v.from.Format(time.DateOnly), Through: v.to.AddDate(0, 0, -1).Format(time.DateOnly),
		Zone: v.zone.String(), Zones: zones, Fresh: res.Through.In(v.zone), Synthetic: res.Totals.Synthetic > 0, ViewAddress: v.url(), FilterForm: filterable,
	}
	if s.opts.Waiting != nil {
		b.Waiting = s.opts.Waiting()
		b.Stale = b.Waiting > 0 && v.now.Sub(res.Through) > staleAfter
	}
	for _, p := range presets {
		b.Presets = append(b.Presets, link{Text: sp.t(p.label), URL: v.withPreset(p.key).url(), Current: p.key == v.preset})
	}
	auto := v
	auto.grain = ""
	b.Grains = append(b.Grains, link{Text: sp.t("by itself"), URL: auto.url(), Current: v.grain == ""})
	for _, g := range grains {
		if g == report.Hour && v.days() > 31 {
			continue
		}
		by := v
		by.grain = g
		b.Grains = append(b.Grains, link{Text: sp.name(string(g)), URL: by.url(), Current: g == v.grain})
	}
	for i, label := range []string{"the period before", "the year before", "nothing"} { // in the order of compares
		with := v
		with.compare = compares[i]
		b.Compares = append(b.Compares, link{Text: sp.t(label), URL: with.url(), Current: with.compare == v.compare})
	}
	for i, f := range v.filters {
		c := chip{Dimension: f.Dimension, Not: f.Not, Remove: v.withoutFilter(f.Dimension).url(), Toggle: v.toggled(i).url()}
		for _, value := range f.Values {
			shown := sp.key(f.Dimension, value)
			if f.Dimension == report.Page {
				shown = pagePath(value)
			}
			c.Values = append(c.Values, shown)
		}
		b.Chips = append(b.Chips, c)
	}
	if len(b.Chips) > 1 {
		none := v
		none.filters, none.offset = nil, 0
		b.ClearAll = none.url()
	}
	rest := v.values()
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		if slices.Contains([]string{"range", "from", "through", "tz", "offset"}, name) {
			continue
		}
		for _, value := range rest[name] {
			b.Hidden = append(b.Hidden, hiddenField{name, value})
		}
	}
	return b
}

// exports are the view in each format.
func (s *Site) exports(v view, advertiser string, by []report.Dimension) []link {
	formats := []struct{ text, format string }{{"CSV", "csv"}, {"Excel", "xlsx"}, {"JSON", "json"}, {"NDJSON", "ndjson"}}
	out := make([]link, 0, len(formats))
	for _, f := range formats {
		out = append(out, link{Text: f.text, URL: v.export(advertiser, f.format, by)})
	}
	return out
}
