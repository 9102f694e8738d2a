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

// SQL returns the statement that answers a validated query, and its arguments. Its columns are the query's dimensions
// as text, then requests, fills, impressions, viewable, clicks, invalid, spend, synthetic, reach and known. With totals it has
// no dimensions, order or limit. One more row than asked for tells that there are more.
func SQL(q *Query, d Dialect, totals bool) (string, []any) {
	var args []any
	var sel, group []string
	by := q.By
	if totals {
		by = nil
	}
	for i, dim := range by {
		expr := column(dim)
		if local := d.local(dim); local != "" {
			expr, args = local, append(args, q.Zone.String())
		}
		sel = append(sel, fmt.Sprintf("%s AS k%d", expr, i))
		group = append(group, fmt.Sprintf("k%d", i))
	}
	count := func(cond string) string { return fmt.Sprintf(d.CountIf, cond) }
	sel = append(sel,
		count("kind = 1")+" AS requests",
		count("kind = 1 AND line_item <> ''")+" AS fills",
		count("kind = 2 AND invalid = ''")+" AS impressions",
		count("kind = 3 AND invalid = ''")+" AS viewable",
		count("kind = 4 AND invalid = ''")+" AS clicks",
		count("kind > 1 AND invalid <> ''")+" AS invalid_events",
		fmt.Sprintf(d.SumIf, "charge", "invalid = ''")+" AS spend",
		count("synthetic")+" AS synthetic_events",
	)
	if q.visitors() {
		known := "kind = 2 AND invalid = '' AND visitor <> 0"
		sel = append(sel, fmt.Sprintf(d.DistinctIf, "visitor", known)+" AS reach", count(known)+" AS known")
	} else {
		sel = append(sel, count("1 = 0")+" AS reach", count("1 = 0")+" AS known")
	}
	where := []string{"time >= ?", "time < ?"}
	args = append(args, q.From.UnixMicro(), q.To.UnixMicro())
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
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %s FROM %s WHERE %s", strings.Join(sel, ", "), d.Table, strings.Join(where, " AND "))
	if len(group) == 0 {
		return b.String(), args
	}
	fmt.Fprintf(&b, " GROUP BY %s ORDER BY ", strings.Join(group, ", "))
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
