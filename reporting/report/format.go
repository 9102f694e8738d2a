package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Value is a metric of sums as a number: counts and micros are whole, ratios are not.
func (s Sums) Value(m Metric) float64 {
	ratio := func(a, b int64) float64 {
		if b == 0 {
			return 0
		}
		return float64(a) / float64(b)
	}
	switch m {
	case Requests:
		return float64(s.Requests)
	case Fills:
		return float64(s.Fills)
	case Impressions:
		return float64(s.Impressions)
	case Viewable:
		return float64(s.Viewable)
	case Clicks:
		return float64(s.Clicks)
	case InvalidEvts:
		return float64(s.Invalid)
	case Spend:
		return float64(s.Spend)
	case FillRate:
		return ratio(s.Fills, s.Requests)
	case CTR:
		return ratio(s.Clicks, s.Impressions)
	case Viewability:
		return ratio(s.Viewable, s.Impressions)
	case ECPM:
		return ratio(s.Spend*1000, s.Impressions)
	case Reach:
		return float64(s.Reach)
	case Frequency:
		return ratio(s.Known, s.Reach)
	}
	return 0
}

// Text is a metric as reports print it: counts whole, money in units of the currency with six decimals for spend and
// four for eCPM, ratios with six decimals. All are rounded half away from zero from the exact value.
func (s Sums) Text(m Metric) string {
	switch m {
	case Spend:
		return decimal(s.Spend, 1_000_000, 6)
	case ECPM:
		if s.Impressions == 0 {
			return "0.0000"
		}
		return decimal(s.Spend, s.Impressions*1000, 4)
	case FillRate:
		return share(s.Fills, s.Requests)
	case CTR:
		return share(s.Clicks, s.Impressions)
	case Viewability:
		return share(s.Viewable, s.Impressions)
	case Frequency:
		return share(s.Known, s.Reach)
	}
	return strconv.FormatInt(int64(s.Value(m)), 10)
}

func share(a, b int64) string {
	if b == 0 {
		return "0.000000"
	}
	return decimal(a, b, 6)
}

func decimal(a, b int64, digits int) string { return big.NewRat(a, b).FloatString(digits) }

// metrics are the query's, or the default ones.
func (r *Result) metrics() []Metric {
	if len(r.Query.Metrics) > 0 {
		return r.Query.Metrics
	}
	return DefaultMetrics()
}

// Formats are the names that Write takes.
func Formats() []string { return []string{"table", "json", "csv"} }

// Write writes the result as an aligned table, as JSON ({"rows":[…],"totals":{…}}) or as CSV.
func (r *Result) Write(w io.Writer, format string) error {
	switch format {
	case "table":
		return r.writeTable(w)
	case "json":
		return r.writeJSON(w)
	case "csv":
		return r.writeCSV(w)
	}
	return unknown("format", format, Formats())
}

func (r *Result) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	metrics := r.metrics()
	line := func(keys []string, cells func(Metric) string) {
		for _, k := range keys {
			// Tabs and line ends are the table's own; what is printed may be what a page sent.
			fmt.Fprintf(t, "%s\t", printable(k))
		}
		for _, m := range metrics {
			fmt.Fprintf(t, "%s\t", cells(m))
		}
		fmt.Fprintln(t)
	}
	line(words(r.Query.By), func(m Metric) string { return string(m) })
	for _, row := range r.Rows {
		line(row.Keys, row.Text)
	}
	if len(r.Query.By) > 0 {
		keys := make([]string, len(r.Query.By))
		keys[0] = "total"
		line(keys, r.Totals.Text)
	} else if len(r.Rows) == 0 {
		line(nil, r.Totals.Text)
	}
	if r.MoreRows {
		fmt.Fprintf(t, "more rows than %d: raise the limit\n", r.Query.Limit)
	}
	return t.Flush()
}

func printable(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// object keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// figures are the metrics as JSON: counts and ratios as numbers, money as decimal text and in micros.
func (r *Result) figures(s Sums) object {
	var o object
	for _, m := range r.metrics() {
		switch m {
		case Spend:
			o = append(o, member{"spend", s.Text(m)}, member{"spend_micros", s.Spend})
		case ECPM:
			o = append(o, member{"ecpm", s.Text(m)})
		default:
			o = append(o, member{string(m), json.Number(s.Text(m))})
		}
	}
	return o
}

func (r *Result) writeJSON(w io.Writer) error {
	rows := make([]object, 0, len(r.Rows))
	for _, row := range r.Rows {
		var o object
		for i, d := range r.Query.By {
			o = append(o, member{string(d), row.Keys[i]})
		}
		rows = append(rows, append(o, r.figures(row.Sums)...))
	}
	out := object{
		{"rows", rows}, {"totals", r.figures(r.Totals)}, {"from", r.Query.From.In(r.Query.Zone)}, {"to", r.Query.To.In(r.Query.Zone)},
		{"time_zone", r.Query.Zone.String()}, {"more_rows", r.MoreRows}, {"synthetic_events", r.Totals.Synthetic},
	}
	if !r.Through.IsZero() {
		out = append(out, member{"data_through", r.Through.UTC()})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func (r *Result) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	metrics := r.metrics()
	if err := c.Write(append(words(r.Query.By), words(metrics)...)); err != nil {
		return err
	}
	for _, row := range r.Rows {
		var cells []string
		for _, k := range row.Keys {
			cells = append(cells, cell(k))
		}
		for _, m := range metrics {
			cells = append(cells, row.Text(m))
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// cell keeps spreadsheets from taking a text for a formula (OWASP, CSV Injection).
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
