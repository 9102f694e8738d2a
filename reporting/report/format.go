package report

import (
	"math/big"
	"strconv"
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
