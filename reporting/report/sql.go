package report

import (
	"fmt"
	"slices"
	"strings"
)

// Dialect is where the two stores' SQL differs.
type Dialect struct {
	// Table is the table of events.
	Table string
	// Hour, Day, Week, Month and WeekHour turn the column "time", microseconds since the epoch, into the text of the
	// dimension in the zone given by one placeholder.
	Hour, Day, Week, Month, WeekHour string
	// CountIf counts the rows for which %s holds.
	CountIf string
	// SumIf sums %s over the rows for which %s holds.
	SumIf string
	// DistinctIf counts the different values of %s in the rows for which %s holds.
	DistinctIf string
	// Sum sums %s over all rows.
	Sum string
	// Rollup is the table of rollups, RollupCountIf adds up its n over the rows for which %s holds, and RollupOnly is one more
	// condition for its rows, "" for none.
	Rollup, RollupCountIf, RollupOnly string
}

// The columns that are not called like their dimension.
var columns = map[Dimension]string{
	Kind: "CASE kind WHEN 1 THEN 'request' WHEN 2 THEN 'impression' WHEN 3 THEN 'viewable' WHEN 4 THEN 'click' ELSE 'other' END",
}

// local is the dialect's text of a dimension of time, "" for the others.
func (d *Dialect) local(dim Dimension) string {
	switch dim {
	case Hour:
		return d.Hour
	case Day:
		return d.Day
	case Week:
		return d.Week
	case Month:
		return d.Month
	case WeekHour:
		return d.WeekHour
	}
	return ""
}

func column(d Dimension) string {
	if c, ok := columns[d]; ok {
		return c
	}
	return string(d)
}

// figures are the columns of sums, in the order of an answer.
var figures = []string{"requests", "fills", "impressions", "viewable", "clicks", "invalid_events", "spend", "synthetic_events", "reach", "known"}

// SQL returns the statement that answers a validated query as planned, and its arguments. Its columns are the query's dimensions
// as text, then requests, fills, impressions, viewable, clicks, invalid, spend, synthetic, reach and known. With totals it has
// no dimensions, order or limit. One more row than asked for tells that there are more.
func SQL(q *Query, d Dialect, p Plan, totals bool) (string, []any) {
	by := q.By
	if totals {
		by = nil
	}
	group := make([]string, len(by))
	for i := range by {
		group[i] = fmt.Sprintf("k%d", i)
	}
	var b strings.Builder
	var args []any
	switch {
	case len(p.rolled) == 0:
		text, a := part(q, d, by, within(p.raw), figures)
		b.WriteString(text)
		args = a
	case len(p.raw) == 0:
		text, a := part(q, d.rollup(), by, rolledWhere(d, p), figures)
		b.WriteString(text)
		args = a
	default:
		// The columns inside have names of their own, so that no alias outside stands in for one.
		inner := make([]string, len(figures))
		sel := slices.Clone(group)
		for i, f := range figures {
			inner[i] = fmt.Sprintf("s%d", i)
			sel = append(sel, fmt.Sprintf(d.Sum, inner[i])+" AS "+f)
		}
		rolled, a := part(q, d.rollup(), by, rolledWhere(d, p), inner)
		raw, r := part(q, d, by, within(p.raw), inner)
		args = slices.Concat(a, r)
		fmt.Fprintf(&b, "SELECT %s FROM (%s UNION ALL %s) AS parts", strings.Join(sel, ", "), rolled, raw)
		if len(group) > 0 {
			fmt.Fprintf(&b, " GROUP BY %s", strings.Join(group, ", "))
		}
	}
	if len(group) == 0 {
		return b.String(), args
	}
	b.WriteString(" ORDER BY ")
	for _, o := range q.Sort {
		b.WriteString(orderKey(q, o.Key))
		if o.Desc {
			b.WriteString(" DESC")
		}
		b.WriteString(", ")
	}
	b.WriteString(strings.Join(group, ", "))
	// Whole numbers of this program, checked to be in bounds.
	fmt.Fprintf(&b, " LIMIT %d OFFSET %d", q.Limit+1, q.Offset)
	return b.String(), args
}

func rolledWhere(d Dialect, p Plan) string {
	where := fmt.Sprintf("cube = %d AND %s", p.cube, within(p.rolled))
	if d.RollupOnly != "" {
		where += " AND " + d.RollupOnly
	}
	return where
}

// rollup is the dialect in which the rollup's table answers.
func (d Dialect) rollup() Dialect {
	d.Table, d.CountIf = d.Rollup, d.RollupCountIf
	return d
}

// part is the statement without order for the rows of one table that a condition chooses.
func part(q *Query, d Dialect, by []Dimension, when string, names []string) (string, []any) {
	var args []any
	sel, group := make([]string, 0, len(by)+len(names)), make([]string, 0, len(by))
	for i, dim := range by {
		expr := column(dim)
		if local := d.local(dim); local != "" {
			expr, args = local, append(args, q.Zone.String())
		}
		sel = append(sel, fmt.Sprintf("%s AS k%d", expr, i))
		group = append(group, fmt.Sprintf("k%d", i))
	}
	count := func(cond string) string { return fmt.Sprintf(d.CountIf, cond) }
	exprs := []string{
		count("kind = 1"), count("kind = 1 AND line_item <> ''"), count("kind = 2 AND invalid = ''"), count("kind = 3 AND invalid = ''"),
		count("kind = 4 AND invalid = ''"), count("kind > 1 AND invalid <> ''"), fmt.Sprintf(d.SumIf, "charge", "invalid = ''"),
		count("synthetic"), count("1 = 0"), count("1 = 0"),
	}
	if q.AsksVisitors() {
		known := "kind = 2 AND invalid = '' AND visitor <> 0"
		exprs[8], exprs[9] = fmt.Sprintf(d.DistinctIf, "visitor", known), count(known)
	}
	for i, e := range exprs {
		sel = append(sel, e+" AS "+names[i])
	}
	where := []string{when}
	if site := q.Scope.Site(); site != "" {
		where = append(where, "site = ?")
		args = append(args, site)
	} else if tenant, all := q.Scope.Tenant(); !all {
		where = append(where, "advertiser = ?", "advertiser <> ''")
		args = append(args, tenant)
	}
	for _, f := range q.Filters {
		in := column(f.Dimension) + " IN (" + strings.TrimSuffix(strings.Repeat("?,", len(f.Values)), ",") + ")"
		if f.Not {
			in = "NOT (" + in + ")"
		}
		where = append(where, in)
		for _, v := range f.Values {
			args = append(args, v)
		}
	}
	text := fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(sel, ", "), d.Table, strings.Join(where, " AND "))
	if len(group) > 0 {
		text += " GROUP BY " + strings.Join(group, ", ")
	}
	return text, args
}

// orderKey is what a sort key compares. Ratios are compared as ratios; nothing divided by nothing is 0.
func orderKey(q *Query, key string) string {
	if i := slices.Index(q.By, Dimension(key)); i >= 0 {
		return fmt.Sprintf("k%d", i)
	}
	div := func(a, b string) string {
		return fmt.Sprintf("CASE WHEN %s = 0 THEN 0 ELSE %s * 1.0 / %s END", b, a, b)
	}
	switch Metric(key) {
	case FillRate:
		return div("fills", "requests")
	case CTR:
		return div("clicks", "impressions")
	case Viewability:
		return div("viewable", "impressions")
	case ECPM:
		return div("spend", "impressions")
	case Frequency:
		return div("known", "reach")
	}
	return key
}
