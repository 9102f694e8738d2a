package web

import (
	"html/template"
	"math"
	"strconv"
	"time"

	"github.com/placard/placard/reporting/report"
)

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// funcs are what pages write with, in one language.
func (s *Site) funcs(sp *speaker) template.FuncMap {
	return template.FuncMap{
		"t":       sp.t,
		"name":    func(word any) string { return sp.name(text(word)) },
		"lang":    func() string { return sp.code },
		"dir":     func() string { return sp.dir },
		"count":   sp.count,
		"n":       func(n uint64) string { return sp.count(int64(n)) },
		"money":   sp.money,
		"percent": sp.percent,
		"figure":  sp.figure,
		"unit":    func(m report.Metric) string { return unit(m, s.opts.Currency) },
		"change":  sp.change,
		"decimal": sp.decimal,
		"date":    func(t time.Time) string { return sp.date(t.In(s.opts.Zone)) },
		// hundredth is a share for the width classes of in-cell bars: styles are not allowed inline.
		"hundredth": func(share float64) int { return int(math.Round(min(max(share, 0), 1) * 100)) },
		"micros":    func(d time.Duration) string { return sp.count(d.Microseconds()) },
		"bytes":     byteSize,
		"clock": func(t time.Time) string {
			if t.IsZero() {
				return "—"
			}
			return t.In(s.opts.Zone).Format("15:04:05")
		},
		"moment": func(t time.Time) string {
			if t.IsZero() {
				return "—"
			}
			t = t.In(s.opts.Zone)
			return sp.day(t) + " " + t.Format("15:04:05")
		},
	}
}

func text(word any) string {
	switch w := word.(type) {
	case report.Metric:
		return string(w)
	case report.Dimension:
		return string(w)
	case string:
		return w
	}
	return ""
}

// byteSize writes a number of bytes in the largest binary unit that keeps it above one.
func byteSize(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	x := float64(n)
	i := 0
	for x >= 1024 && i < len(units)-1 {
		x /= 1024
		i++
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(x, 'f', 1, 64) + " " + units[i]
}
