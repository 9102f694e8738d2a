package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// series is the main chart: one value for each step of the range, and the same for the period before.
type series struct {
	Labels []string   `json:"labels"`
	Ticks  []string   `json:"ticks"` // short forms for the axis
	Now    []*float64 `json:"now"`   // null where time has not come yet
	Before []*float64 `json:"before,omitempty"`
	Name   string     `json:"name"`
	Unit   string     `json:"unit"`
	Digits int        `json:"digits"`
	Sum    bool       `json:"sum"` // bars for what adds up, a line for ratios
	Part   int        `json:"part"`
	NowIs  string     `json:"nowIs"`
	WasIs  string     `json:"wasIs"`
	Lang   string     `json:"lang"`
}

// buckets lists the steps of a half-open range: how the store names them, and when they begin. Hours that a clock change
// repeats are one.
func buckets(from, to time.Time, step report.Dimension) (keys []string, begins []time.Time) {
	add := func(t time.Time, layout string) {
		k := t.Format(layout)
		if len(keys) == 0 || keys[len(keys)-1] != k {
			keys, begins = append(keys, k), append(begins, t)
		}
	}
	switch step {
	case report.Hour:
		for t := from; t.Before(to); t = t.Add(time.Hour) {
			add(t, "2006-01-02 15:00")
		}
	case report.Week:
		for t := from.AddDate(0, 0, -(int(from.Weekday()+6) % 7)); t.Before(to); t = t.AddDate(0, 0, 7) {
			add(t, time.DateOnly)
		}
	case report.Month:
		for t := from.AddDate(0, 0, 1-from.Day()); t.Before(to); t = t.AddDate(0, 1, 0) {
			add(t, "2006-01")
		}
	default:
		for t := from; t.Before(to); t = t.AddDate(0, 0, 1) {
			add(t, time.DateOnly)
		}
	}
	return keys, begins
}

// value is a metric in the units a chart shows: percent, units of the currency, or a number.
func value(s report.Sums, m report.Metric) float64 {
	switch m {
	case report.CTR, report.Viewability, report.FillRate:
		return s.Value(m) * 100
	case report.Spend, report.ECPM:
		return s.Value(m) / 1e6
	}
	return s.Value(m)
}

func digits(m report.Metric) int {
	switch m {
	case report.CTR, report.Spend, report.ECPM:
		return 2
	case report.Viewability:
		return 1
	}
	return 0
}

// fill places the rows of a time dimension on its steps; times not yet come are nil.
func fill(rows []report.Row, keys []string, begins []time.Time, m report.Metric, now time.Time) []*float64 {
	at := make(map[string]int, len(keys))
	out := make([]*float64, len(keys))
	for i, k := range keys {
		at[k] = i
		if !begins[i].After(now) {
			out[i] = new(float64)
		}
	}
	for _, row := range rows {
		if i, ok := at[row.Keys[0]]; ok {
			x := value(row.Sums, m)
			out[i] = &x
		}
	}
	return out
}

func (s *Site) series(sp *speaker, v view, rows, before []report.Row) *series {
	step := v.step()
	keys, begins := buckets(v.from, v.to, step)
	out := &series{
		Name: sp.name(string(v.metric)), Unit: unit(v.metric, s.opts.Currency), Digits: digits(v.metric), Part: -1, Lang: sp.code, NowIs: sp.dates(v.from, v.to),
		Now: fill(rows, keys, begins, v.metric, v.now),
	}
	switch v.metric {
	case report.Impressions, report.Clicks, report.Spend:
		out.Sum = true
	}
	for i, k := range keys {
		label, tick := sp.key(step, k), sp.day(begins[i])
		switch step {
		case report.Hour:
			label, tick = sp.day(begins[i])+" "+k[11:], k[11:]
			if v.days() > 2 {
				tick = sp.day(begins[i])
			}
		case report.Week:
			label = sp.dates(begins[i], begins[i].AddDate(0, 0, 7))
		case report.Month:
			tick = sp.months[begins[i].Month()-1]
		}
		out.Labels, out.Ticks = append(out.Labels, label), append(out.Ticks, tick)
		if !begins[i].After(v.now) && (i+1 == len(keys) || begins[i+1].After(v.now)) && v.now.Before(v.to) {
			out.Part = i
		}
	}
	if from, to, ok := v.before(); ok {
		pk, pb := buckets(from, to, step)
		out.Before = fill(before, pk, pb, v.metric, v.now)
		out.WasIs = sp.dates(from, to)
		for len(out.Before) < len(keys) {
			out.Before = append(out.Before, nil)
		}
		out.Before = out.Before[:len(keys)]
	}
	return out
}

// Geometry of the chart that stands in the page for print and for readers without scripts.
const (
	chartW, chartH         = 960, 260
	chartLeft, chartRight  = 64, 8
	chartTop, chartBottom  = 12, 28
	chartPlotW, chartPlotH = chartW - chartLeft - chartRight, chartH - chartTop - chartBottom
)

// svg draws the series as bars. Colours come from the page's classes, so that it follows the theme and prints.
func (c *series) svg(sp *speaker) template.HTML {
	most := 0.0
	for _, list := range [][]*float64{c.Now, c.Before} {
		for _, x := range list {
			if x != nil {
				most = max(most, *x)
			}
		}
	}
	top, step := axis(most)
	n := len(c.Now)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartW, chartH, template.HTMLEscapeString(c.Name+", "+c.NowIs))
	for y := 0.0; y <= top+step/2; y += step {
		py := chartTop + chartPlotH*(1-y/top)
		fmt.Fprintf(&b, `<line class="rule" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, chartW-chartRight, py, py, chartLeft-8, py+4, template.HTMLEscapeString(sp.axisNumber(y, step)))
	}
	width := float64(chartPlotW) / float64(n)
	gap := math.Min(width*0.25, 6)
	every := max(1, int(math.Ceil(float64(n)*64/chartPlotW)))
	for i := range c.Now {
		x := chartLeft + width*float64(i)
		if c.Now[i] != nil {
			h := chartPlotH * *c.Now[i] / top
			class := "bar"
			if i == c.Part {
				class = "bar part"
			}
			fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, x+gap/2, chartTop+chartPlotH-h, math.Max(width-gap, 1), h)
		}
		if i < len(c.Before) && c.Before[i] != nil {
			y := chartTop + chartPlotH*(1-*c.Before[i]/top)
			fmt.Fprintf(&b, `<line class="was" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, x+gap/2, x+width-gap/2, y, y)
		}
		if i%every == 0 {
			fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x+width/2, chartH-8, template.HTMLEscapeString(c.Ticks[i]))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // every text above is escaped, the rest are numbers
}

// axis returns a top and a step of 1, 2 or 5 times a power of ten, with four or five lines.
func axis(most float64) (top, step float64) {
	if most <= 0 {
		return 4, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, m := range []float64{1, 2, 5, 10} {
		if most <= 4*step*m {
			step *= m
			break
		}
	}
	return math.Ceil(most/step) * step, step
}

func (sp *speaker) axisNumber(x, step float64) string {
	digits := 0
	if step < 1 {
		digits = int(math.Ceil(-math.Log10(step)))
	}
	return sp.decimal(x, digits)
}

// burn is one line item's delivery over its flight, in days from its start.
type burn struct {
	li        LineItem
	zone      *time.Location
	now       time.Time
	delivered []int64 // cumulative, at the end of each day from the flight's first until today
	total     int64
}

// longFlight is from when on a flight is one without an end in sight: its goal is one for each day, and its burn-up is of the last
// two weeks.
const longFlight = 400 * 24 * time.Hour

// window is the part of a line item's flight that its burn-up shows, with the goal for that part. whole is false if that is not
// the whole flight.
func (li LineItem) window(zone *time.Location, now time.Time) (part LineItem, whole bool) {
	flight := li.End.Sub(li.Start)
	if flight <= longFlight || now.Before(li.Start) || !now.Before(li.End) {
		return li, true
	}
	part = li
	today := midnight(now.In(zone))
	if from := today.AddDate(0, 0, -13); from.After(li.Start) {
		part.Start = from
	}
	if to := today.AddDate(0, 0, 1); to.Before(li.End) {
		part.End = to
	}
	part.Goal = int64(math.Round(float64(li.Goal) * float64(part.End.Sub(part.Start)) / float64(flight)))
	return part, false
}

// newBurn adds up a line item's days.
func newBurn(li LineItem, byDay map[string]int64, zone *time.Location, now time.Time) *burn {
	b := &burn{li: li, zone: zone, now: now}
	last := li.End
	if now.Before(last) {
		last = now
	}
	for day := midnight(li.Start.In(zone)); day.Before(last); day = day.AddDate(0, 0, 1) {
		b.total += byDay[day.Format(time.DateOnly)]
		b.delivered = append(b.delivered, b.total)
		if len(b.delivered) > 1500 {
			break // a flight without end
		}
	}
	return b
}

// elapsed is the share of the flight that is over.
func (b *burn) elapsed() float64 {
	return min(max(float64(b.now.Sub(b.li.Start))/max(float64(b.li.End.Sub(b.li.Start)), 1), 0), 1)
}

// done is the share of the goal that is delivered, 0 without a goal.
func (b *burn) done() float64 {
	if b.li.Goal == 0 {
		return 0
	}
	return float64(b.total) / float64(b.li.Goal)
}

// projected is the total at the flight's end if delivery goes on as in the last seven days. ok is false where that says
// nothing: before the flight and after it, and in its first six hours.
func (b *burn) projected() (total int64, ok bool) {
	if b.now.Sub(b.li.Start) < 6*time.Hour || !b.now.Before(b.li.End) || len(b.delivered) == 0 {
		return 0, false
	}
	// The last seven whole days and what there is of today; the whole flight if it is younger.
	since, before := b.li.Start, int64(0)
	if k := len(b.delivered) - 9; k >= 0 {
		since, before = midnight(b.now.In(b.zone)).AddDate(0, 0, -7), b.delivered[k]
	}
	rate := float64(b.total-before) / b.now.Sub(since).Seconds()
	x := float64(b.total) + rate*b.li.End.Sub(b.now).Seconds()
	return int64(math.Round(x)), true
}

// state is how it stands in words, in English.
func (b *burn) state() (words string, behind bool) {
	switch {
	case b.now.Before(b.li.Start):
		return "not started", false
	case b.li.Goal > 0 && b.total >= b.li.Goal:
		return "goal reached", false
	case !b.now.Before(b.li.End):
		if b.li.Goal > 0 {
			return "ended short", true
		}
		return "ended", false
	case b.li.Goal == 0:
		return "running", false
	case b.done() < b.elapsed()*0.95:
		return "behind plan", true
	case b.done() > b.elapsed()*1.10:
		return "ahead of plan", false
	}
	return "on plan", false
}

// svg draws delivery as an area, the even plan as a thin line and the projection dashed. The small form has no texts.
func (b *burn) svg(sp *speaker, w, h int, small bool) template.HTML {
	left, right, top, bottom := 64.0, 72.0, 14.0, 28.0
	if small {
		left, right, top, bottom = 1, 3, 3, 2
	}
	pw, ph := float64(w)-left-right, float64(h)-top-bottom
	flight := max(b.li.End.Sub(b.li.Start).Seconds(), 1)
	projected, hasProjection := b.projected()
	most := math.Max(float64(max(b.li.Goal, b.total)), 1)
	if hasProjection {
		most = math.Max(most, math.Min(float64(projected), most*1.6))
	}
	peak, step := axis(most)
	if small {
		peak = most
	}
	x := func(t time.Time) float64 { return left + pw*min(max(t.Sub(b.li.Start).Seconds()/flight, 0), 1) }
	y := func(n float64) float64 { return top + ph*(1-min(n/peak, 1)) }

	var out strings.Builder
	label := fmt.Sprintf("%s %s", sp.count(b.total), sp.t("delivered"))
	if b.li.Goal > 0 {
		label += fmt.Sprintf(", %s %s, %s %% %s", sp.t("goal"), sp.count(b.li.Goal), sp.percent(b.elapsed(), 0), sp.t("of the flight is over"))
	}
	class := "burn"
	if small {
		class = "burn small"
	}
	fmt.Fprintf(&out, `<svg class="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">`, class, w, h, template.HTMLEscapeString(label))
	if !small {
		for n := 0.0; n <= peak+step/2; n += step {
			fmt.Fprintf(&out, `<line class="rule" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="tick" x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
				left, left+pw, y(n), y(n), left-8, y(n)+4, template.HTMLEscapeString(sp.axisNumber(n, step)))
		}
	}
	var line, area strings.Builder
	fmt.Fprintf(&line, "M%.1f %.1f", x(b.li.Start), y(0))
	day := midnight(b.li.Start.In(b.zone))
	end := b.li.Start
	for i, n := range b.delivered {
		end = day.AddDate(0, 0, i+1)
		if end.After(b.now) {
			end = b.now
		}
		if end.After(b.li.End) {
			end = b.li.End
		}
		fmt.Fprintf(&line, "L%.1f %.1f", x(end), y(float64(n)))
	}
	fmt.Fprintf(&area, "%sL%.1f %.1fZ", line.String(), x(end), y(0))
	fmt.Fprintf(&out, `<path class="area" d="%s"/>`, area.String())
	if b.li.Goal > 0 {
		goal := float64(b.li.Goal)
		fmt.Fprintf(&out, `<path class="plan" d="M%.1f %.1fL%.1f %.1f"/>`, x(b.li.Start), y(0), x(b.li.End), y(goal))
		if !small {
			fmt.Fprintf(&out, `<text class="mark" x="%.1f" y="%.1f">%s</text>`, left+pw+6, y(goal)+4, template.HTMLEscapeString(sp.t("goal")))
		}
	}
	fmt.Fprintf(&out, `<path class="line" d="%s"/>`, line.String())
	if hasProjection {
		fmt.Fprintf(&out, `<path class="projection" d="M%.1f %.1fL%.1f %.1f"/>`, x(end), y(float64(b.total)), x(b.li.End), y(float64(projected)))
		if gap := math.Abs(y(float64(projected)) - y(float64(b.li.Goal))); !small && (b.li.Goal == 0 || gap > 14) {
			fmt.Fprintf(&out, `<text class="mark soft" x="%.1f" y="%.1f">%s</text>`, left+pw+6, y(float64(projected))+4, template.HTMLEscapeString(sp.t("projected")))
		}
	}
	if !small {
		fmt.Fprintf(&out, `<text class="tick" x="%.1f" y="%d">%s</text><text class="tick" x="%.1f" y="%d" text-anchor="end">%s</text>`,
			left, h-8, template.HTMLEscapeString(sp.date(b.li.Start.In(b.zone))), left+pw, h-8, template.HTMLEscapeString(sp.date(b.li.End.In(b.zone))))
		if e := b.elapsed(); e > 0.22 && e < 0.78 {
			fmt.Fprintf(&out, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x(b.now), h-8, template.HTMLEscapeString(sp.t("today")))
		}
		if e := b.elapsed(); e > 0 && e < 1 {
			fmt.Fprintf(&out, `<line class="today" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, x(b.now), x(b.now), top, top+ph)
		}
	}
	out.WriteString(`</svg>`)
	return template.HTML(out.String()) // every text above is escaped, the rest are numbers
}
