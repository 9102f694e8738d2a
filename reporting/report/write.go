package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Formats are the names that Write takes.
func Formats() []string { return []string{"table", "json", "ndjson", "csv", "xlsx"} }

// Write writes the result as an aligned table, as JSON ({"rows":[…],"totals":{…}}), as a JSON object a line, as CSV or as a
// spreadsheet.
func (r *Result) Write(w io.Writer, format string) error {
	switch format {
	case "table":
		return r.writeTable(w)
	case "json":
		return r.writeJSON(w)
	case "ndjson":
		return r.writeLines(w)
	case "csv":
		return r.writeCSV(w)
	case "xlsx":
		return r.writeXLSX(w)
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

// line is one row as JSON.
func (r *Result) line(row Row) object {
	o := make(object, 0, len(row.Keys)+len(r.metrics())+1)
	for i, d := range r.Query.By {
		o = append(o, member{string(d), row.Keys[i]})
	}
	return append(o, r.figures(row.Sums)...)
}

// writeLines writes each row as a JSON object on a line of its own.
func (r *Result) writeLines(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, row := range r.Rows {
		if err := enc.Encode(r.line(row)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Result) writeJSON(w io.Writer) error {
	rows := make([]object, 0, len(r.Rows))
	for _, row := range r.Rows {
		rows = append(rows, r.line(row))
	}
	out := object{
		{"rows", rows}, {"totals", r.figures(r.Totals)}, {"from", r.Query.From.In(r.Query.Zone)}, {"to", r.Query.To.In(r.Query.Zone)},
		{"time_zone", r.Query.Zone.String()}, {"more_rows", r.MoreRows}, {"synthetic_events", r.Totals.Synthetic},
	}
	if r.MoreRows {
		out = append(out, member{"next_offset", r.Query.Offset + len(r.Rows)})
	}
	if !r.Through.IsZero() {
		out = append(out, member{"data_through", r.Through.UTC()})
	}
	if r.Previous != nil {
		out = append(out, member{"previous", object{
			{"from", r.Previous.Query.From.In(r.Query.Zone)}, {"to", r.Previous.Query.To.In(r.Query.Zone)}, {"totals", r.figures(r.Previous.Totals)},
		}})
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

// cell keeps spreadsheets from taking a text for a formula (OWASP, CSV Injection): they also look behind spaces, and at the
// wide forms of the signs.
func cell(s string) string {
	lead := strings.TrimLeft(s, " \u00a0\u3000")
	if r, _ := utf8.DecodeRuneInString(lead); lead != "" && strings.ContainsRune("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20", r) {
		return "'" + s
	}
	return s
}
