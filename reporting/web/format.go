package web

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/placard/placard/reporting/report"
)

func itoa(n int) string { return strconv.Itoa(n) }

// count writes a whole number with thousands separated.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if neg {
		return "−" + b.String()
	}
	return b.String()
}

// money writes micros with two decimals, rounded half away from zero.
func money(micros int64) string {
	neg := micros < 0
	if neg {
		micros = -micros
	}
	cents := (micros + 5000) / 10000
	s := count(cents/100) + "." + string([]byte{byte('0' + cents/10%10), byte('0' + cents%10)})
	if neg {
		return "−" + s
	}
	return s
}

// percent writes a share without its sign, which stands in the heading.
func percent(x float64, decimals int) string { return strconv.FormatFloat(x*100, 'f', decimals, 64) }

func countryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if n := display.English.Regions().Name(r); n != "" {
		return n
	}
	return code
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (s *Site) funcs() template.FuncMap {
	return template.FuncMap{
		"count":   count,
		"money":   money,
		"percent": percent,
		"ctr":     func(t report.Sums) string { return percent(ratio(t.Clicks, t.Impressions), 2) },
		"seen":    func(t report.Sums) string { return percent(ratio(t.Viewable, t.Impressions), 1) },
		"fill":    func(t report.Sums) string { return percent(ratio(t.Fills, t.Requests), 1) },
		"ecpm":    func(t report.Sums) string { return money(int64(math.Round(ratio(t.Spend, t.Impressions) * 1000))) },
		// change words a difference: sign and word carry it, colour only repeats.
		"change": func(c *float64) string {
			if c == nil {
				return "no figures before"
			}
			p := math.Round(*c*1000) / 10
			switch {
			case p > 0:
				return "▲ " + strconv.FormatFloat(p, 'f', 1, 64) + " %"
			case p < 0:
				return "▼ " + strconv.FormatFloat(-p, 'f', 1, 64) + " %"
			}
			return "no change"
		},
		// step is a share in twentieths, for the width classes of in-cell bars: styles are not allowed inline.
		"step":   func(share float64) int { return int(math.Round(min(max(share, 0), 1) * 20)) },
		"pct":    func(share float64) int { return int(math.Round(min(max(share, 0), 1) * 100)) },
		"n":      func(n uint64) int64 { return int64(n) },
		"micros": func(d time.Duration) string { return count(d.Microseconds()) },
		"bytes":  byteSize,
		"day":    func(t time.Time) string { return t.Format("2 Jan 2006") },
		"clock": func(t time.Time) string {
			if t.IsZero() {
				return "—"
			}
			return t.Format("15:04:05")
		},
	}
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
