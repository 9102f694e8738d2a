package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing/fstest"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

// scenario is one simulated stretch of time. Equal scenarios give equal traces.
type scenario struct {
	Name      string
	Seed      uint64
	Days      int
	Pages     int     // expected page requests
	LineItems int     // guaranteed and by price together
	Booked    float64 // share of the expected rendered slots that is sold as guaranteed
	Loss      float64 // share of served slots that never render
	// Wrong is by what factor the forecast of a section may be off, either way: 1 is a right forecast, 2 draws each section's factor between a
	// half and two.
	Wrong float64
}

var (
	sections   = []string{"world", "national", "sport", "business", "culture", "travel", "technology", "opinion"}
	sectionMix = []float64{0.24, 0.22, 0.18, 0.11, 0.09, 0.05, 0.05, 0.06}
	countries  = []string{"PK", "IN", "GB", "US", "AE", "SA", "BD", "DE"}
	countryMix = []float64{0.44, 0.14, 0.11, 0.10, 0.08, 0.05, 0.05, 0.03}
	// ahead is by how many hours each country's day comes before UTC's.
	ahead     = []int{5, 5, 0, -5, 4, 3, 6, 1}
	devices   = []visitor.Device{visitor.Phone, visitor.Desktop, visitor.Tablet}
	deviceMix = []float64{0.71, 0.24, 0.05}
	places    = []string{"masthead", "story-end-1", "story-end-2", "below-comments"}
)

// daily is a newspaper's day by local hour: breakfast, lunch, and the long evening.
var daily = [24]float64{.35, .22, .15, .12, .14, .28, .62, 1.05, 1.35, 1.30, 1.20, 1.18, 1.30, 1.32, 1.15, 1.08, 1.10, 1.15, 1.25, 1.45, 1.62, 1.60, 1.28, .74}

// weekly is how the days differ, Sunday first.
var weekly = [7]float64{.86, 1.06, 1.08, 1.05, 1.04, 1.02, .89}

// combo is one kind of page request: a section, a country, a device.
type combo struct {
	at, section, country, device int
	weight                       float64
	terms                        []targeting.Term
	page                         *pagecontext.Context
	visitor                      *visitor.Visitor
	slots                        [4]cell
}

// cell is one slot of one kind of page: what targets it, whatever the flights.
type cell struct {
	guaranteed, priced []targeting.Ordinal
}

// spike is breaking news: a section has five times its traffic for some hours.
type spike struct {
	section  int
	from, to int64
}

// world is the site, its traffic and its orders.
type world struct {
	s       scenario
	start   time.Time
	catalog *catalog.Catalog
	combos  []combo
	spikes  []spike
	slots   []decision.Slot
	goals   []int64 // by ordinal; 0: by price
}

func newWorld(s scenario) (*world, error) {
	w := &world{s: s, start: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)} // a Monday
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	for range s.Days / 2 {
		at := w.start.Unix() + int64(rng.IntN(s.Days*86400))
		w.spikes = append(w.spikes, spike{section: rng.IntN(3), from: at, to: at + int64(3600*(1+rng.IntN(3)))})
	}
	orders := w.draw(rng)
	// Goals follow from the supply that targeting reaches, so rules are compiled once to see it and once more with goals.
	if err := w.load(orders); err != nil {
		return nil, err
	}
	w.book(rng, orders)
	return w, w.load(orders)
}

// order is one line item as drawn.
type order struct {
	advertiser int
	guaranteed bool
	from, to   int // days
	placements []int
	sections   []int
	countries  []int
	devices    []int
	goal       int64
	cpm        int64 // cents
	budget     float64
	priority   int
}

func pickSome(rng *rand.Rand, n, most int) []int {
	return rng.Perm(n)[:1+rng.IntN(most)]
}

func (w *world) draw(rng *rand.Rand) []order {
	orders := make([]order, w.s.LineItems)
	for i := range orders {
		o := &orders[i]
		o.advertiser, o.guaranteed = i/5, rng.IntN(10) < 6
		o.from = 0
		if rng.IntN(3) == 0 {
			o.from = rng.IntN(max(1, w.s.Days-2))
		}
		o.to = w.s.Days
		if rng.IntN(3) == 0 {
			o.to = min(w.s.Days, o.from+2+rng.IntN(w.s.Days))
		}
		o.placements = pickSome(rng, len(places), 3)
		if rng.IntN(2) == 0 {
			o.sections = pickSome(rng, len(sections), 4)
		}
		if rng.IntN(2) == 0 {
			o.countries = pickSome(rng, len(countries), 4)
		}
		if rng.IntN(4) == 0 {
			o.devices = pickSome(rng, len(devices), 2)
		}
		o.cpm = int64(100 * math.Exp(0.6*rng.NormFloat64()+0.8))
		o.priority = 8
		if !o.guaranteed {
			o.priority = 12
			if rng.IntN(2) == 0 {
				o.budget = 1
			}
		}
	}
	return orders
}

func (w *world) load(orders []order) error {
	fsys := fstest.MapFS{"ad.html": {Data: []byte("<p>ad")}}
	site := "site: daily\ndomains: [daily.example]\nsections: [" + strings.Join(sections, ", ") + "]\nplacements:\n"
	for _, p := range places {
		site += "  - {id: " + p + ", sizes: [300x250]}\n"
	}
	fsys["site.yaml"] = &fstest.MapFile{Data: []byte(site)}
	var b strings.Builder
	flush := func(a int) {
		fsys[fmt.Sprintf("a%d.yaml", a)] = &fstest.MapFile{Data: []byte(b.String())}
		b.Reset()
	}
	for i := range orders {
		o := &orders[i]
		if i == 0 || orders[i-1].advertiser != o.advertiser {
			if i > 0 {
				flush(orders[i-1].advertiser)
			}
			fmt.Fprintf(&b, "advertiser: a%04d\nsuitability: open\ncampaigns:\n  - id: c\n    flight: {start: 2026-11-01, end: 2027-02-01}\n    line_items:\n", o.advertiser)
		}
		day := func(d int) string { return w.start.AddDate(0, 0, d).Format(time.DateOnly) }
		fmt.Fprintf(&b, "      - id: i%05d\n        flight: {start: %s, end: %s}\n        price: {cpm: %d.%02d}\n", i, day(o.from), day(o.to), o.cpm/100, o.cpm%100)
		if o.guaranteed {
			fmt.Fprintf(&b, "        goal: {impressions: %d}\n", max(1, o.goal))
		} else {
			b.WriteString("        type: price_priority\n")
			if o.budget > 0 {
				fmt.Fprintf(&b, "        budget: {total: %.2f}\n", o.budget)
			}
		}
		b.WriteString("        target:\n")
		list := func(key string, names []string, of []int) {
			if len(of) == 0 {
				return
			}
			fmt.Fprintf(&b, "          %s: [", key)
			for j, n := range of {
				if j > 0 {
					b.WriteString(", ")
				}
				b.WriteString(names[n])
			}
			b.WriteString("]\n")
		}
		list("placement", places, o.placements)
		list("section", sections, o.sections)
		list("country", countries, o.countries)
		names := make([]string, len(devices))
		for j, d := range devices {
			names[j] = d.String()
		}
		list("device", names, o.devices)
		b.WriteString("        creatives: [{id: k, type: html, size: 300x250, src: ad.html, click: \"https://a.example/\"}]\n")
	}
	flush(orders[len(orders)-1].advertiser)
	c, _, problems := catalog.LoadFS(fsys, "")
	if c == nil {
		return problems
	}
	w.catalog = c
	w.slots = w.slots[:0]
	for _, p := range places {
		n, _ := c.Placement("daily", p)
		w.slots = append(w.slots, decision.Slot{Placement: n, Sizes: c.Placements[n].Sizes})
	}
	w.reach()
	return nil
}

// reach finds what targets each slot of each kind of page.
func (w *world) reach() {
	c := w.catalog
	w.combos = w.combos[:0]
	var q targeting.Query
	for s := range sections {
		page := targeting.Page{URL: "https://daily.example/" + sections[s], Attrs: []targeting.AttrValue{{Attr: targeting.Site, Value: "daily"}, {Attr: targeting.Section, Value: sections[s]}}}
		terms := c.Index.AppendPageTerms(nil, &page)
		ctx := &pagecontext.Context{URL: page.URL, Section: sections[s], Known: true}
		for k := range countries {
			for d := range devices {
				cb := combo{at: len(w.combos), section: s, country: k, device: d, weight: sectionMix[s] * countryMix[k] * deviceMix[d], terms: terms, page: ctx,
					visitor: &visitor.Visitor{Country: countries[k], Device: devices[d]}}
				for p := range places {
					q.Reset(c.Index)
					q.AddTerms(terms)
					q.Add(targeting.Country, countries[k])
					q.Add(targeting.Device, devices[d].String())
					q.Add(targeting.Site, "daily")
					q.Add(targeting.Placement, places[p])
					for _, o := range c.Index.AppendEligible(nil, &q) {
						if c.LineItems[o].Type == catalog.Standard {
							cb.slots[p].guaranteed = append(cb.slots[p].guaranteed, o)
						} else {
							cb.slots[p].priced = append(cb.slots[p].priced, o)
						}
					}
				}
				w.combos = append(w.combos, cb)
			}
		}
	}
}

// rate is how busy a combo is at an hour, relative to its mean, without breaking news.
func (w *world) rate(cb *combo, hour int64) float64 {
	local := hour + int64(ahead[cb.country])
	day := (local/24 + 4) % 7 // the epoch was a Thursday
	return daily[(local%24+24)%24] / dailyMean * weekly[(day+7)%7]
}

var dailyMean = func() float64 {
	sum := 0.0
	for _, d := range daily {
		sum += d
	}
	return sum / 24
}()

func (w *world) burst(section int, unix int64) float64 {
	for _, s := range w.spikes {
		if s.section == section && unix >= s.from && unix < s.to {
			return 5
		}
	}
	return 1
}

// perHour is how many pages a combo should bring in an hour, breaking news left out: what a forecast can know.
func (w *world) perHour(cb *combo, hour int64) float64 {
	return float64(w.s.Pages) / float64(w.s.Days*24) * cb.weight * w.rate(cb, hour)
}

// book sells the expected supply: in each cell and day, the booked share goes to the orders that are in flight there, in random
// parts. So the goals can be met together, but only just, and by nobody who takes slots without regard to the others.
func (w *world) book(rng *rand.Rand, orders []order) {
	goals := make([]float64, len(orders))
	priced := make([]float64, len(orders))
	first := w.start.Unix() / 3600
	part := make([]float64, len(orders))
	for i := range part {
		part[i] = rng.ExpFloat64() + 0.05
	}
	for i := range w.combos {
		cb := &w.combos[i]
		for d := range w.s.Days {
			pages := 0.0
			for h := range int64(24) {
				pages += w.perHour(cb, first+int64(d)*24+h)
			}
			for p := range cb.slots {
				slots := pages * (1 - w.s.Loss)
				sum := 0.0
				open := func(o targeting.Ordinal) bool { return orders[o].from <= d && d < orders[o].to }
				for _, o := range cb.slots[p].guaranteed {
					if open(o) {
						sum += part[o]
					}
				}
				for _, o := range cb.slots[p].guaranteed {
					if open(o) {
						goals[o] += slots * w.s.Booked * part[o] / sum
					}
				}
				for _, o := range cb.slots[p].priced {
					if open(o) {
						priced[o] += slots * (1 - min(w.s.Booked, 0.95))
					}
				}
			}
		}
	}
	w.goals = make([]int64, len(orders))
	for i := range orders {
		orders[i].goal = int64(goals[i])
		if orders[i].guaranteed {
			w.goals[i] = max(1, orders[i].goal)
		} else if orders[i].budget > 0 {
			orders[i].budget = max(1, priced[i]*0.15*float64(orders[i].cpm)/100/1000)
		}
	}
}

// forecast is what the plan is made from: the expected supply, wrong as the scenario says.
func (w *world) forecast() *delivery.Forecast {
	rng := rand.New(rand.NewPCG(w.s.Seed, 2))
	off := make([]float64, len(sections))
	for i := range off {
		off[i] = math.Pow(w.s.Wrong, 2*rng.Float64()-1)
	}
	f := &delivery.Forecast{}
	byKey := map[string]int{}
	first := w.start.Unix() / 3600
	for i := range w.combos {
		cb := &w.combos[i]
		for p := range cb.slots {
			key := fmt.Sprint(cb.slots[p].guaranteed)
			n, ok := byKey[key]
			if !ok {
				n = len(f.Cells)
				byKey[key] = n
				f.Cells = append(f.Cells, delivery.Cell{Items: cb.slots[p].guaranteed})
			}
			for h := range int64(168) {
				f.Cells[n].Hours[delivery.HourOfWeek((first+h)*3600)] += w.perHour(cb, first+h) * off[cb.section]
			}
		}
	}
	return f
}

// trace calls page for each page request in order, and second once before those of each second. Equal worlds give equal traces.
func (w *world) trace(second func(unix int64), page func(n uint64, cb *combo, unix int64)) {
	rng := rand.New(rand.NewPCG(w.s.Seed, 3))
	weights := make([]float64, len(w.combos))
	n := uint64(0)
	base := float64(w.s.Pages) / float64(w.s.Days*86400)
	for unix := w.start.Unix(); unix < w.start.Unix()+int64(w.s.Days)*86400; unix++ {
		if unix%60 == 0 {
			sum := 0.0
			for i := range w.combos {
				sum += w.combos[i].weight * w.rate(&w.combos[i], unix/3600) * w.burst(w.combos[i].section, unix)
				weights[i] = sum
			}
		}
		second(unix)
		total := weights[len(weights)-1]
		for range poisson(rng, base*total) {
			x := rng.Float64() * total
			lo, hi := 0, len(weights)-1
			for lo < hi {
				if m := (lo + hi) / 2; weights[m] > x {
					hi = m
				} else {
					lo = m + 1
				}
			}
			page(n, &w.combos[lo], unix)
			n++
		}
	}
}

// poisson draws by Knuth's method; rates of a second are small.
func poisson(rng *rand.Rand, rate float64) int {
	limit, p, n := math.Exp(-rate), 1.0, -1
	for p > limit {
		p *= rng.Float64()
		n++
	}
	return n
}

// renders reports whether a slot renders, and after how many seconds: the same for every policy.
func (w *world) renders(page uint64, slot int) (bool, int64) {
	z := page*4 + uint64(slot) + w.s.Seed<<32
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11)/(1<<53) >= w.s.Loss, int64(1 + z%5)
}
