package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/placard/placard/reporting/report"
)

// cutPage is any cut: dimensions by metrics, sorted and paged, of the same range and filters as the report.
type cutPage struct {
	page
	bar
	Advertiser Advertiser
	Currency   string
	By         []report.Dimension
	Dimensions []choice
	Metrics    []choice
	Columns    []column
	Rows       []cutRow
	Totals     []string
	Compared   string
	Changes    []*float64 // of the totals, by metric; nil where there is no comparison
	Offset     int
	First      int
	Last       int
	Previous   string
	Next       string
	Back       string
	FormAction string
	FormHidden []hiddenField
}

type choice struct {
	Value, Text string
	On          bool
}

type column struct {
	Text, Unit string
	Sort       string // URL that sorts by it
	Sorted     string // ascending or descending, for assistive technology
	Figure     bool
}

type cutRow struct {
	Keys    []cutKey
	Figures []string
	Share   float64
}

type cutKey struct{ Shown, Link string }

func (s *Site) cutPage(w http.ResponseWriter, r *http.Request) {
	adv, ok := s.mine(w, r)
	if !ok {
		return
	}
	v, ok := s.viewOf(w, r)
	if !ok {
		return
	}
	if problem, detail := v.parseCut(r.URL.Query()); problem != "" {
		s.badView(w, r, problem, detail)
		return
	}
	p, err := s.buildCut(w, r, adv, v)
	if err != nil {
		s.failQuery(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "cut.html", p)
}

// cutMetrics are offered in a cut; requests and fills are the server's affair, not an advertiser's.
var cutMetrics = []report.Metric{
	report.Impressions, report.Viewable, report.Viewability, report.Clicks, report.CTR, report.Spend, report.ECPM, report.InvalidEvts, report.Reach, report.Frequency,
}

var defaultCutMetrics = []report.Metric{report.Impressions, report.Viewability, report.Clicks, report.CTR, report.Spend, report.ECPM}

func (s *Site) buildCut(w http.ResponseWriter, r *http.Request, adv Advertiser, v view) (*cutPage, error) {
	sp := s.language(r)
	p := &cutPage{page: s.page(w, r, adv.Name), Advertiser: adv, Currency: s.opts.Currency, By: v.by, FormAction: v.path}
	metrics := v.metrics
	if len(metrics) == 0 {
		metrics = defaultCutMetrics
	}
	scope := report.OnlyTenant(adv.ID)
	q := v.query(scope, v.by...)
	q.Metrics, q.Sort, q.Limit, q.Offset = metrics, v.sort, rowsPerPage, v.offset
	queries := []report.Query{q}
	if from, to, ok := v.before(); ok {
		b := v.query(scope)
		b.From, b.To, b.Metrics = from, to, metrics
		queries = append(queries, b)
		p.Compared = sp.dates(from, to)
	}
	res, err := s.ask(r.Context(), queries)
	if err != nil {
		return nil, err
	}
	p.bar = s.bar(sp, v, res[0])
	withMetrics := v
	withMetrics.metrics = metrics
	p.Exports = s.exports(withMetrics, adv.ID, v.by)
	p.Back = v.at("/reports/" + url.PathEscape(adv.ID)).url()

	for _, d := range cuttable {
		p.Dimensions = append(p.Dimensions, choice{string(d), sp.name(string(d)), slices.Contains(v.by, d)})
	}
	for _, m := range cutMetrics {
		p.Metrics = append(p.Metrics, choice{string(m), sp.name(string(m)), slices.Contains(metrics, m)})
	}
	for _, f := range p.Hidden {
		if f.Name != "by" && f.Name != "metrics" && f.Name != "sort" {
			p.FormHidden = append(p.FormHidden, f)
		}
	}
	// The form of dimensions keeps the range, which the bar's own form sets.
	values := v.values()
	for _, name := range []string{"range", "from", "through", "tz"} {
		if values.Has(name) {
			p.FormHidden = append(p.FormHidden, hiddenField{name, values.Get(name)})
		}
	}
	for _, d := range v.by {
		p.Columns = append(p.Columns, v.column(sp.name(string(d)), "", string(d), false))
	}
	for _, m := range metrics {
		p.Columns = append(p.Columns, v.column(sp.name(string(m)), unit(m, s.opts.Currency), string(m), true))
	}
	bars := metrics[0]
	most := 0.0
	for _, row := range res[0].Rows {
		most = max(most, row.Value(bars))
	}
	for _, row := range res[0].Rows {
		var cr cutRow
		for i, d := range v.by {
			k := cutKey{Shown: sp.key(d, row.Keys[i])}
			if d == report.Page {
				k.Shown = pagePath(row.Keys[i])
			}
			if slices.Contains(filterable, d) {
				k.Link = v.withFilter(d, row.Keys[i]).url()
			}
			cr.Keys = append(cr.Keys, k)
		}
		for _, m := range metrics {
			cr.Figures = append(cr.Figures, sp.figure(row.Sums, m))
		}
		if most > 0 {
			cr.Share = row.Value(bars) / most
		}
		p.Rows = append(p.Rows, cr)
	}
	for _, m := range metrics {
		p.Totals = append(p.Totals, sp.figure(res[0].Totals, m))
		if len(res) > 1 {
			var c *float64
			if b := res[1].Totals.Value(m); b != 0 {
				x := (res[0].Totals.Value(m) - b) / b
				c = &x
			}
			p.Changes = append(p.Changes, c)
		}
	}
	p.First, p.Last = v.offset+1, v.offset+len(p.Rows)
	if v.offset > 0 {
		back := v
		back.offset = max(0, v.offset-rowsPerPage)
		p.Previous = back.url()
	}
	if res[0].MoreRows {
		next := v
		next.offset += rowsPerPage
		p.Next = next.url()
	}
	return p, nil
}

// column links to the view sorted by it: figures from the largest, names from the first, and the other way the second time.
func (v view) column(text, unit, key string, figure bool) column {
	c := column{Text: text, Unit: unit, Figure: figure}
	sorted := v
	sorted.offset = 0
	sorted.sort = []report.Order{{Key: key, Desc: figure}}
	if len(v.sort) > 0 && v.sort[0].Key == key {
		c.Sorted = "ascending"
		if v.sort[0].Desc {
			c.Sorted = "descending"
		}
		sorted.sort[0].Desc = !v.sort[0].Desc
	}
	c.Sort = sorted.url()
	return c
}
