package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// Geometry of the main chart in its own units; the page scales it.
const (
	chartW, chartH         = 960, 260
	chartLeft, chartRight  = 56, 8
	chartTop, chartBottom  = 12, 28
	chartPlotW, chartPlotH = chartW - chartLeft - chartRight, chartH - chartTop - chartBottom
)

// chart draws the view's metric by day as bars: a day is a sum, not a point between two others. It is an SVG in the
// page, so that it prints, needs no script, and follows the theme through CSS classes.
func (s *Site) chart(v view, rows []report.Row) template.HTML {
	n := v.days()
	values := make([]float64, n)
	for _, row := range rows {
		day, err := time.ParseInLocation(time.DateOnly, row.Keys[0], v.from.Location())
		if err != nil {
			continue // not a day: nothing the store returns
		}
		if i := int(day.Sub(v.from).Hours()/24 + 0.5); i >= 0 && i < n {
			values[i] = v.metric.of(row.Sums)
		}
	}
	most := 0.0
	for _, x := range values {
		most = max(most, x)
	}
	top, step := axis(most)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s by day, highest %s">`, chartW, chartH,
		template.HTMLEscapeString(v.metric.label), chartNumber(most, v.metric.money))
	for y := 0.0; y <= top+step/2; y += step {
		py := chartTop + chartPlotH*(1-y/top)
		fmt.Fprintf(&b, `<line class="rule" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, chartW-chartRight, py, py, chartLeft-8, py+4, chartNumber(y, v.metric.money))
	}
	width := float64(chartPlotW) / float64(n)
	gap := math.Min(width*0.25, 6)
	every := max(1, int(math.Ceil(float64(n)*56/chartPlotW)))
	today := midnight(s.opts.Now().In(s.opts.Zone))
	for i, x := range values {
		day := v.from.AddDate(0, 0, i)
		h := chartPlotH * x / top
		class := "bar"
		note := ""
		if day.Equal(today) {
			class, note = "bar part", " so far"
		}
		fmt.Fprintf(&b, `<g class="day"><rect class="hit" x="%.1f" y="%d" width="%.1f" height="%d"><title>%s: %s%s</title></rect><rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/></g>`,
			chartLeft+width*float64(i), chartTop, width, chartPlotH, day.Format("Mon 2 Jan"), chartNumber(x, v.metric.money), note,
			class, chartLeft+width*float64(i)+gap/2, chartTop+chartPlotH-h, math.Max(width-gap, 1), h)
		if i%every == 0 {
			fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, chartLeft+width*(float64(i)+0.5), chartH-8, day.Format("2 Jan"))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // every value above is a number, a date or escaped
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
	if step < 1 && most > 4 {
		step = 1
	}
	return math.Ceil(most/step) * step, step
}

func chartNumber(x float64, isMoney bool) string {
	if isMoney && x < 10 {
		return fmt.Sprintf("%.2f", x)
	}
	return count(int64(math.Round(x)))
}
