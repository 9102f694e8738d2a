package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rollups make reports independent of the number of events. A store adds the events of an hour up once the hour is over, into
// rows of
//
//	cube, time (the hour's first microsecond), kind, synthetic, dimensions, n, charge
//
// where n events are alike in all of that. A report reads the rollup for the hours that are rolled up and lie whole in its
// range, and the events for all others; both give the same sums. The dimensions of an event cannot all stand in one rollup, as nearly
// every event would be a row of its own. So there are several, each for dimensions that are asked for together.

// Cube is one rollup: its number in the table, and its dimensions.
type Cube struct {
	ID int
	By []Dimension
}

// common are the dimensions of every cube: those that scopes and metrics need.
var common = []Dimension{Site, Advertiser, Campaign, LineItem, Type, Invalid}

// Cubes are the rollups that stores keep. The numbers are on disk: append only.
func Cubes() []Cube {
	with := func(id int, more ...Dimension) Cube { return Cube{id, append(slices.Clone(common), more...)} }
	return []Cube{
		with(1), with(2, Placement, Section, Creative, NoFill), with(3, Country), with(4, Device), with(5, OS), with(6, Browser), with(7, Theme),
	}
}

// RollupDimensions are the columns of text of the rollup's table.
func RollupDimensions() []Dimension {
	var out []Dimension
	for _, c := range Cubes() {
		for _, d := range c.By {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// RollupSelect is the statement that adds the events for which where holds up for a cube. Its columns are those of the rollup's
// table: cube, time, kind, synthetic, RollupDimensions, n, charge.
func RollupSelect(c Cube, d Dialect, where string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %d AS cube, time - time %% %d AS hour_time, kind, synthetic", c.ID, hour)
	for i, dim := range RollupDimensions() {
		if slices.Contains(c.By, dim) {
			fmt.Fprintf(&b, ", %s AS g%d", column(dim), i)
		} else {
			fmt.Fprintf(&b, ", '' AS g%d", i)
		}
	}
	fmt.Fprintf(&b, ", %s AS n, %s AS charge_sum FROM %s WHERE %s GROUP BY hour_time, kind, synthetic",
		fmt.Sprintf(d.CountIf, "1 = 1"), fmt.Sprintf(d.Sum, "charge"), d.Table, where)
	for i, dim := range RollupDimensions() {
		if slices.Contains(c.By, dim) {
			fmt.Fprintf(&b, ", g%d", i)
		}
	}
	return b.String()
}

// hour in microseconds. Hours are counted from the Unix epoch.
const hour = int64(3_600_000_000)

// KnownHour is an hour of which a store has events.
type KnownHour struct {
	Hour   int64
	Rolled bool
}

// Hours is what a store has, in ascending order.
type Hours struct {
	Known []KnownHour
	// RawFrom is the first hour whose events are still there; those of earlier hours that are rolled up have been deleted. 0: all are.
	RawFrom int64
}

// span is a half-open range of microseconds.
type span struct{ from, to int64 }

// Plan is where a query's figures come from.
type Plan struct {
	cube        int
	rolled, raw []span
}

// Plan decides which hours a query reads from the rollup. It fails if events are needed that have been deleted.
func (h Hours) Plan(q *Query) (Plan, error) {
	p := Plan{cube: q.cube()}
	from, to := q.From.UnixMicro(), q.To.UnixMicro()
	for _, k := range h.Known {
		begin, end := k.Hour*hour, (k.Hour+1)*hour
		switch {
		case end <= from || begin >= to:
		case k.Rolled && p.cube != 0 && begin >= from && end <= to && q.whole(k.Hour):
			p.rolled = extend(p.rolled, begin, end)
		case k.Rolled && k.Hour < h.RawFrom:
			first := time.UnixMicro(h.RawFrom * hour).In(q.Zone)
			if p.cube == 0 {
				return p, bad("from", "this needs single events, and those before %s have been deleted; begin there, or ask for fewer dimensions", first.Format(time.RFC3339))
			}
			return p, bad("from", "single events before %s have been deleted: ranges and days must begin and end on full hours of UTC there", first.Format(time.RFC3339))
		default:
			p.raw = extend(p.raw, max(begin, from), min(end, to))
		}
	}
	return p, nil
}

// extend adds a range to ascending ones.
func extend(spans []span, from, to int64) []span {
	if n := len(spans); n > 0 && spans[n-1].to == from {
		spans[n-1].to = to
		return spans
	}
	return append(spans, span{from, to})
}

// cube is the smallest rollup that has all dimensions of a query, 0 if none does.
func (q *Query) cube() int {
	if q.AsksVisitors() {
		return 0
	}
	var need []Dimension
	for _, d := range q.By {
		if d != Kind && !slices.Contains(timeDimensions, d) {
			need = append(need, d)
		}
	}
	for _, f := range q.Filters {
		if f.Dimension != Kind {
			need = append(need, f.Dimension)
		}
	}
	for _, c := range Cubes() {
		if !slices.ContainsFunc(need, func(d Dimension) bool { return !slices.Contains(c.By, d) }) {
			return c.ID
		}
	}
	return 0
}

var timeDimensions = []Dimension{Hour, Day, Week, Month, WeekHour}

// whole reports whether all instants of an hour of UTC are the same in the query's dimensions of time. In zones that are half an
// hour off, an hour has parts of two.
func (q *Query) whole(h int64) bool {
	finest := Dimension("")
	for _, d := range q.By {
		switch d {
		case Hour, WeekHour:
			finest = Hour
		case Day, Week, Month:
			if finest == "" {
				finest = Day
			}
		}
	}
	if finest == "" || q.Zone == time.UTC {
		return true
	}
	at := time.Unix(h*3600, 0)
	_, first := at.In(q.Zone).Zone()
	_, last := at.Add(time.Hour - 1).In(q.Zone).Zone()
	if first == last && first%3600 == 0 {
		return true
	}
	if finest == Hour {
		return false
	}
	y1, m1, d1 := at.In(q.Zone).Date()
	y2, m2, d2 := at.Add(time.Hour - 1).In(q.Zone).Date()
	return y1 == y2 && m1 == m2 && d1 == d2
}

// maxSpans is how many ranges are written out; more become a list of hours.
const maxSpans = 64

// within is a condition for instants in any of the ranges, which are ascending. Only the first and the last may be parts of hours.
func within(spans []span) string {
	if len(spans) == 0 {
		return "1 = 0"
	}
	if len(spans) <= maxSpans {
		parts := make([]string, len(spans))
		for i, s := range spans {
			parts[i] = fmt.Sprintf("time >= %d AND time < %d", s.from, s.to)
		}
		if len(parts) == 1 {
			return parts[0]
		}
		return "(" + strings.Join(parts, " OR ") + ")"
	}
	var hours []string
	for _, s := range spans {
		for h := s.from / hour; h*hour < s.to; h++ {
			hours = append(hours, fmt.Sprint(h*hour))
		}
	}
	return fmt.Sprintf("time >= %d AND time < %d AND time - time %% %d IN (%s)", spans[0].from, spans[len(spans)-1].to, hour, strings.Join(hours, ","))
}
