package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Limits of a query.
const (
	DefaultLimit  = 1000
	MaxLimit      = 100_000
	MaxDimensions = 6
	MaxFilters    = 20
	MaxSort       = 8
	MaxValues     = 200 // of one filter
	MaxRange      = 3 * 366 * 24 * time.Hour
	maxValueBytes = 512
)

// Dimensions are all dimensions, in the order of documentation.
func Dimensions() []Dimension {
	return []Dimension{Hour, Day, Week, Month, WeekHour, Kind, Site, Placement, Section, Page, Advertiser, Campaign, LineItem, Creative, Type, Country, Device, OS, Browser, Theme, NoFill, Invalid}
}

// Metrics are all metrics, in the order of columns.
func Metrics() []Metric { return append(DefaultMetrics(), Reach, Frequency) }

// DefaultMetrics are those of a query that names none.
func DefaultMetrics() []Metric {
	return []Metric{Requests, Fills, FillRate, Impressions, Viewable, Viewability, Clicks, CTR, Spend, ECPM, InvalidEvts}
}

// Error is a query that cannot be answered as it stands.
type Error struct{ Field, Message string }

func (e *Error) Error() string { return e.Field + ": " + e.Message }

func bad(field, format string, args ...any) error {
	return &Error{Field: field, Message: fmt.Sprintf(format, args...)}
}

// Validate checks a query and fills what it leaves out.
func (q *Query) Validate() error {
	if q.Scope == (Scope{}) {
		return bad("scope", "the query does not say whose figures it may read")
	}
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	if !q.From.Before(q.To) {
		return bad("from", "must be before to")
	}
	if q.To.Sub(q.From) > MaxRange {
		return bad("from", "the range is longer than three years")
	}
	if len(q.By) > MaxDimensions {
		return bad("by", "at most %d dimensions", MaxDimensions)
	}
	for i, d := range q.By {
		if !slices.Contains(Dimensions(), d) {
			return unknown("by", string(d), Dimensions())
		}
		if slices.Contains(q.By[:i], d) {
			return bad("by", "%s stands there twice", d)
		}
	}
	for _, m := range q.Metrics {
		if !slices.Contains(Metrics(), m) {
			return unknown("metrics", string(m), Metrics())
		}
	}
	if len(q.Metrics) > len(Metrics()) {
		return bad("metrics", "at most %d metrics", len(Metrics()))
	}
	if len(q.Filters) > MaxFilters {
		return bad("filter", "at most %d filters", MaxFilters)
	}
	if len(q.Sort) > MaxSort {
		return bad("sort", "at most %d keys", MaxSort)
	}
	for _, f := range q.Filters {
		if !slices.Contains(Dimensions(), f.Dimension) {
			return unknown("filter", string(f.Dimension), Dimensions())
		}
		if TimeDimension(f.Dimension) {
			return bad("filter", "times are chosen with from and to")
		}
		if len(f.Values) == 0 || len(f.Values) > MaxValues {
			return bad("filter", "%s needs 1 to %d values", f.Dimension, MaxValues)
		}
		for _, v := range f.Values {
			if len(v) > maxValueBytes {
				return bad("filter", "a value of %s is longer than %d bytes", f.Dimension, maxValueBytes)
			}
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return bad("filter", "a value of %s is not text", f.Dimension)
			}
		}
	}
	for _, o := range q.Sort {
		isDim := slices.Contains(q.By, Dimension(o.Key))
		if !isDim && !slices.Contains(Metrics(), Metric(o.Key)) {
			names := append(words(q.By), words(Metrics())...)
			return unknown("sort", o.Key, names)
		}
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return bad("limit", "must be 1 to %d", MaxLimit)
	}
	if q.Offset < 0 || q.Offset > 10_000_000 {
		return bad("offset", "must be 0 to 10,000,000")
	}
	return nil
}

// TimeDimension reports whether the dimension is one of time.
func TimeDimension(d Dimension) bool {
	switch d {
	case Hour, Day, Week, Month, WeekHour:
		return true
	}
	return false
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// unknown names the nearest valid name.
func unknown[T ~string](field, got string, valid []T) error {
	best, distance := "", 4
	for _, v := range valid {
		if d := levenshtein.ComputeDistance(got, string(v)); d < distance {
			best, distance = string(v), d
		}
	}
	if len(got) > 40 {
		got = got[:40] + "…"
	}
	if best != "" {
		return bad(field, "there is no %q; did you mean %s?", got, best)
	}
	return bad(field, "there is no %q; valid are %s", got, strings.Join(words(valid), ", "))
}
