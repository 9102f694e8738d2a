package httpapi

import (
	"io"

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
