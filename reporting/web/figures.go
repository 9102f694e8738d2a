package web

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/placard/placard/reporting/report"
)

// heat is when it happened: the hours of the week.
type heat struct {
	Metric report.Metric
	Rows   []heatRow
	Hours  []int
	Any    bool
	Peak   string
}

type heatRow struct {
	Day   string
	Cells []heatCell
}

type heatCell struct {
	Level int // 0 for nothing, 1 to 8
	Title string
}

// newHeat shades each hour of the week by its share of the busiest. Ratios are shaded by impressions, as an hour with one
// impression and one click says nothing.
func newHeat(sp *speaker, rows []report.Row, m report.Metric) heat {
	if m != report.Clicks && m != report.Spend {
		m = report.Impressions
	}
	var sums [7][24]report.Sums
	most, peak := 0.0, ""
	for _, row := range rows {
		k := row.Keys[0]
		if len(k) != 4 {
			continue
		}
		day := int(k[0] - '1')
		hour, err := strconv.Atoi(k[2:])
		if err != nil || day < 0 || day > 6 || hour < 0 || hour > 23 {
			continue
		}
		sums[day][hour] = row.Sums
		if x := row.Value(m); x > most {
			most, peak = x, sp.key(report.WeekHour, k)
		}
	}
	h := heat{Metric: m, Any: most > 0, Peak: peak}
	for hour := range 24 {
		h.Hours = append(h.Hours, hour)
	}
	for day := range 7 {
		row := heatRow{Day: sp.weekdays[(day+1)%7]}
		for hour := range 24 {
			x := sums[day][hour].Value(m)
			c := heatCell{Title: sp.weekdays[(day+1)%7] + " " + twoDigits(hour) + ":00, " + sp.figure(sums[day][hour], m)}
			if x > 0 && most > 0 {
				c.Level = 1 + int(x/most*7.999)
			}
			row.Cells = append(row.Cells, c)
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// counted is raw against invalid against valid, for each kind of event.
type counted struct {
	Rows    []countedRow
	Reasons []reasonRow
	Invalid int64
}

type countedRow struct {
	Kind                string
	Raw, Invalid, Valid int64
	Share               float64 // of raw that is invalid
}

type reasonRow struct {
	Reason, Words string
	N             int64
	Share         float64
}

// invalidWords tell why events do not count, in English.
var invalidWords = map[string]string{
	"bot": "known crawlers and automated browsers", "replayed": "the same event a second time", "expired": "reported too long after the ad was served",
	"prefetch": "pages fetched ahead and never shown", "data_center": "from data centres, where no readers are", "no_impression": "clicks without an impression before",
	"too_fast": "clicks faster than people are", "click_rate": "more clicks than a person makes",
}

// newCounted sorts rows by event and reason.
func newCounted(sp *speaker, rows []report.Row) counted {
	var c counted
	kinds := []string{"impression", "viewable", "click"}
	byKind := map[string]*countedRow{}
	for _, k := range kinds {
		byKind[k] = &countedRow{Kind: sp.t(k)}
	}
	reasons := map[string]int64{}
	for _, row := range rows {
		k := byKind[row.Keys[0]]
		if k == nil {
			continue
		}
		valid := row.Impressions + row.Viewable + row.Clicks
		k.Valid += valid
		k.Invalid += row.Invalid
		if row.Keys[1] != "" {
			reasons[row.Keys[1]] += row.Invalid
		}
	}
	for _, k := range kinds {
		row := byKind[k]
		row.Raw = row.Valid + row.Invalid
		row.Share = ratio(row.Invalid, row.Raw)
		c.Invalid += row.Invalid
		c.Rows = append(c.Rows, *row)
	}
	for reason, n := range reasons {
		words := invalidWords[reason]
		c.Reasons = append(c.Reasons, reasonRow{Reason: reason, Words: sp.t(words), N: n, Share: ratio(n, c.Invalid)})
	}
	slices.SortFunc(c.Reasons, func(a, b reasonRow) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Reason, b.Reason)) })
	return c
}
