package httpapi

import (
	"bytes"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"github.com/placard/placard/adserver"
)

// metrics are the counts of one server. Each server has a set of its own, so that tests can run many.
type metrics struct {
	set    *vm.Set
	engine *adserver.Engine

	adsSeconds  *vm.PrometheusHistogram // time in the handler of /v1/ads
	badRequests *vm.Counter
	rejected    *vm.Counter
	failures    *vm.Counter
	panics      *vm.Counter
}

// latencyBuckets are in seconds. A page takes tens of microseconds; the upper ones show stalls.
var latencyBuckets = []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1}

func newMetrics(e *adserver.Engine) *metrics {
	s := vm.NewSet()
	return &metrics{
		set: s, engine: e,
		adsSeconds:  s.NewPrometheusHistogramExt("placard_ads_request_duration_seconds", latencyBuckets),
		badRequests: s.NewCounter(`placard_http_errors_total{kind="invalid"}`),
		rejected:    s.NewCounter(`placard_http_errors_total{kind="malformed"}`),
		failures:    s.NewCounter(`placard_http_errors_total{kind="internal"}`),
		panics:      s.NewCounter(`placard_http_errors_total{kind="panic"}`),
	}
}

// write prints everything in the Prometheus text format.
func (m *metrics) write(w io.Writer) {
	m.set.WritePrometheus(w)
	m.engine.WriteMetrics(w)
	vm.WriteProcessMetrics(w)
}

// Latency returns the median and the 99th percentile of the time in the handler of /v1/ads since the start, interpolated within the
// histogram's buckets, 0 before the first request. It is for people: it prints and reads the histogram.
func (s *Server) Latency() (p50, p99 time.Duration) {
	var text bytes.Buffer
	s.metrics.set.WritePrometheus(&text)
	var bounds, counts []float64
	for line := range strings.Lines(text.String()) {
		rest, ok := strings.CutPrefix(line, `placard_ads_request_duration_seconds_bucket{le="`)
		if !ok {
			continue
		}
		bound, count, _ := strings.Cut(strings.TrimSpace(rest), `"} `)
		b, errB := strconv.ParseFloat(bound, 64) // reads +Inf
		n, errN := strconv.ParseFloat(count, 64)
		if errB == nil && errN == nil {
			bounds, counts = append(bounds, b), append(counts, n)
		}
	}
	return quantile(bounds, counts, 0.5), quantile(bounds, counts, 0.99)
}

// quantile reads a cumulative histogram as Prometheus's histogram_quantile does.
func quantile(bounds, counts []float64, q float64) time.Duration {
	if len(counts) == 0 || counts[len(counts)-1] == 0 {
		return 0
	}
	rank, low, below := q*counts[len(counts)-1], 0.0, 0.0
	for i, n := range counts {
		if n >= rank && n > below {
			if math.IsInf(bounds[i], 1) {
				return seconds(low)
			}
			return seconds(low + (bounds[i]-low)*(rank-below)/(n-below))
		}
		low, below = bounds[i], n
	}
	return seconds(low)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
