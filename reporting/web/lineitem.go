package web

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// lineItemPage is one line item: its burn-up, where it stands, and why.
type lineItemPage struct {
	page
	bar
	Advertiser Advertiser
	Currency   string
	LineItem   LineItem
	TypeWords  string
	Dates      string
	State      string
	Behind     bool
	Burn       template.HTML
	Delivered  int64
	Done       float64
	Expected   float64
	Projected  int64
	HasProj    bool
	Gap        string // the sentence that says what is missing, "" if nothing is
	Causes     []cause
	CausesFrom time.Time
	Days       []tableRow
	Creatives  []tableRow
	Report     string
	Back       string
}

// cause is one thing that keeps a line item from serving.
type cause struct {
	Reason string
	Words  string
	Remedy string
	N      uint64
	Share  float64
}

// causeWords say in English what a reason means and what helps.
var causeWords = map[string][2]string{
	"targeting":          {"the page or the visitor does not match its targeting", "Widen the targeting, or sell into pages with more readers."},
	"flight_not_started": {"its flight had not begun", "Nothing to do: it begins by itself."},
	"flight_ended":       {"its flight was over", "Extend the flight."},
	"editorial":          {"the newsroom wants no ads on the page", "Nothing to do: the newsroom decides."},
	"bot":                {"the visitor was a known crawler", "Nothing to do: crawlers are not charged for."},
	"suitability":        {"the page was riskier than it tolerates", "Tolerate more in its suitability, if the advertiser agrees."},
	"size":               {"no creative fits the slot", "Add creatives in the sizes of its placements."},
	"floor":              {"its price is below the placement's floor", "Raise the price, or lower the floor."},
	"goal_reached":       {"its goal for now was reached", "Nothing to do, unless more is wanted: raise the goal."},
	"budget":             {"its budget for now was spent", "Raise the daily or total budget."},
	"pacing":             {"it was ahead of its curve at the moment", "Nothing to do: it is held back to spread over the flight."},
	"no_visitor_id":      {"it is capped and the visitor has no id", "Set serve_without_id, if exceeding the cap now and then is acceptable."},
	"cap":                {"the visitor had seen it as often as its caps allow", "Raise the cap, or widen the audience."},
	"repeat":             {"it was on the page already", "Nothing to do: a page shows it once."},
	"exclusion":          {"a competitor was on the page", "Choose other placements, or remove the label if it is no competitor."},
	"outranked":          {"another line item was worth more to the page", "Raise its priority or price, or target pages with less demand."},
}

func (s *Site) lineItemPage(w http.ResponseWriter, r *http.Request) {
	adv, ok := s.mine(w, r)
	if !ok {
		return
	}
	i := slices.IndexFunc(adv.LineItems, func(li LineItem) bool {
		return li.Campaign == r.PathValue("campaign") && li.ID == r.PathValue("line_item")
	})
	if i < 0 {
		s.notFound(w, r)
		return
	}
	v, ok := s.viewOf(w, r)
	if !ok {
		return
	}
	p, err := s.buildLineItem(w, r, adv, adv.LineItems[i], v)
	if err != nil {
		s.failQuery(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "lineitem.html", p)
}

func (s *Site) buildLineItem(w http.ResponseWriter, r *http.Request, adv Advertiser, li LineItem, v view) (*lineItemPage, error) {
	sp := s.language(r)
	flightDates := sp.dates(li.Start.In(s.opts.Zone), li.End.In(s.opts.Zone))
	part, whole := li.window(s.opts.Zone, v.now)
	if !whole {
		flightDates += ", " + sp.t("here") + ": " + sp.t("the last 14 days")
	}
	li = part
	p := &lineItemPage{
		page: s.page(w, r, li.ID), Advertiser: adv, Currency: s.opts.Currency, LineItem: li, TypeWords: sp.t(strings.ReplaceAll(li.Type, "_", " ")),
		Dates: flightDates,
	}
	one := []report.Filter{{Dimension: report.Campaign, Values: []string{li.Campaign}}, {Dimension: report.LineItem, Values: []string{li.ID}}}
	from := midnight(li.Start.In(s.opts.Zone))
	if oldest := v.now.Add(-report.MaxRange + 48*time.Hour); from.Before(oldest) {
		from = midnight(oldest.In(s.opts.Zone))
	}
	if !from.Before(v.now) {
		from = midnight(v.now.In(s.opts.Zone))
	}
	flight := report.Query{From: from, To: v.now.Add(time.Minute), Zone: s.opts.Zone, Filters: one, Scope: report.OnlyTenant(adv.ID)}
	days, creatives := flight, flight
	days.By, days.Limit = []report.Dimension{report.Day}, report.MaxLimit
	creatives.By, creatives.Sort, creatives.Limit = []report.Dimension{report.Creative, report.LineItem}, []report.Order{{Key: "impressions", Desc: true}}, 24
	res, err := s.ask(r.Context(), []report.Query{days, creatives})
	if err != nil {
		return nil, err
	}
	p.bar = s.bar(sp, v, res[0])
	byDay := map[string]int64{}
	for _, row := range res[0].Rows {
		byDay[row.Keys[0]] = row.Impressions
	}
	b := newBurn(li, byDay, s.opts.Zone, v.now)
	p.Burn, p.Delivered, p.Done, p.Expected = b.svg(sp, 960, 300, false), b.total, b.done(), b.elapsed()
	words, behind := b.state()
	p.State, p.Behind = sp.t(words), behind
	p.Projected, p.HasProj = b.projected()
	p.Gap = gap(sp, b)
	p.Causes = s.causes(sp, adv.ID, li)
	if s.opts.Ops != nil {
		p.CausesFrom = s.opts.Ops().Started
	}
	at := v.at("/reports/" + url.PathEscape(adv.ID))
	p.Back = at.url()
	p.Report = at.withFilter(report.LineItem, li.ID).url()
	p.Creatives = s.creativeRows(sp, res[1], adv, at)
	for i := len(res[0].Rows) - 1; i >= 0 && len(p.Days) < 14; i-- {
		row := res[0].Rows[i]
		p.Days = append(p.Days, tableRow{Shown: sp.key(report.Day, row.Keys[0]), Sums: row.Sums})
	}
	setShares(p.Days, report.Impressions)
	return p, nil
}

// gap says in one sentence what it takes to reach the goal.
func gap(sp *speaker, b *burn) string {
	left := b.li.End.Sub(b.now)
	if b.li.Goal == 0 || b.total >= b.li.Goal || left <= 0 || b.now.Before(b.li.Start) {
		return ""
	}
	need := float64(b.li.Goal-b.total) / max(left.Hours()/24, 1.0/24)
	total, ok := b.projected()
	if !ok {
		return ""
	}
	got := float64(total-b.total) / (left.Hours() / 24)
	return sp.t("To reach its goal it needs") + " " + sp.count(int64(need+0.5)) + " " + sp.t("impressions a day; in the last seven days it had") + " " + sp.count(int64(got+0.5)) + "."
}

// causes are the first failing reasons that the server counted for the line item, most frequent first.
func (s *Site) causes(sp *speaker, advertiser string, li LineItem) []cause {
	if s.opts.Ops == nil {
		return nil
	}
	for _, o := range s.opts.Ops().LineItems {
		if o.Advertiser != advertiser || o.Campaign != li.Campaign || o.ID != li.ID {
			continue
		}
		var total uint64
		for _, n := range o.Skipped {
			total += n
		}
		var out []cause
		for reason, n := range o.Skipped {
			if n == 0 {
				continue
			}
			w := causeWords[reason]
			out = append(out, cause{Reason: reason, Words: sp.t(w[0]), Remedy: sp.t(w[1]), N: n, Share: float64(n) / float64(total)})
		}
		// Most pages are not what a line item targets: that is how it should be, and comes last.
		slices.SortFunc(out, func(a, b cause) int {
			return cmp.Or(boolCompare(a.Reason == "targeting", b.Reason == "targeting"), cmp.Compare(b.N, a.N), cmp.Compare(a.Reason, b.Reason))
		})
		return out
	}
	return nil
}

// boolCompare orders false before true.
func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
