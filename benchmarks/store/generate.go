package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/placard/placard/reporting/event"
)

// generator makes the events of a newspaper in the order in which a server would see them: page requests of four slots, and what
// becomes of each slot within minutes. The shares are those of a news site: nine slots of ten filled, nine impressions of ten
// fills, six viewable of ten impressions, three clicks of a thousand.
type generator struct {
	r        *rand.Rand
	now      int64 // microseconds
	step     int64 // mean between two pages, microseconds
	items    []lineItem
	pages    []page
	visitors []uint64
	pending  [][]event.Event // what will happen, by second modulo its length
	second   int64
}

type lineItem struct {
	advertiser, campaign, id, kind string
	creatives                      []string
	price                          int64
}

type page struct {
	url, section, topics, sensitivity string
	key                               uint64
}

const (
	advertisers = 20
	lineItems   = 200
	stories     = 3000
	visitors    = 200_000 // of one day
	horizon     = 600     // seconds within which a page's events have happened
)

var (
	placements = []string{"masthead", "story-end-1", "story-end-2", "below-comments"}
	sections   = []string{"world", "national", "business", "sport", "culture", "opinion", "tech", "city"}
	countries  = []string{"PK", "PK", "PK", "PK", "PK", "PK", "GB", "AE", "US", "SA", "IN", "CA", "DE", "QA", "AU"}
	regions    = []string{"PB", "SD", "KP", "IS", ""}
	devices    = []string{"phone", "phone", "phone", "desktop", "tablet"}
	systems    = []string{"android", "android", "ios", "windows", "macos", "linux"}
	browsers   = []string{"chrome", "chrome", "chrome", "safari", "firefox", "edge", "samsung"}
	themes     = []string{"light", "light", "dark"}
	reasons    = []string{"no_candidate", "suitability", "frequency_cap"}
	invalids   = []string{"bot", "replayed", "expired", "datacenter"}
)

// newGenerator spreads events evenly from begin on, perSecond of them.
func newGenerator(seed uint64, begin time.Time, perSecond float64) *generator {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1)), now: begin.UnixMicro(), pending: make([][]event.Event, horizon+1)}
	g.second = g.now / 1e6
	// A page is 4 requests, 3.6 fills, 3.24 impressions, 1.94 viewable.
	g.step = int64(9.2 / perSecond * 1e6)
	for i := range lineItems {
		a := i % advertisers
		li := lineItem{
			advertiser: fmt.Sprintf("advertiser-%02d", a), campaign: fmt.Sprintf("campaign-%02d-%d", a, i/advertisers%3),
			id: fmt.Sprintf("line-item-%03d", i), kind: []string{"standard", "standard", "sponsorship", "price_priority", "house"}[i%5], price: int64(1+g.r.IntN(8)) * 500_000,
		}
		for c := range 2 + g.r.IntN(3) {
			li.creatives = append(li.creatives, fmt.Sprintf("%s-creative-%d", li.id, c))
		}
		g.items = append(g.items, li)
	}
	for i := range stories {
		s := sections[i%len(sections)]
		g.pages = append(g.pages, page{
			url: fmt.Sprintf("https://daily.example/%s/%d/a-story-with-a-slug-of-usual-length", s, 100_000+i), section: s, key: g.r.Uint64(),
			topics: fmt.Sprintf("%d,%d", 379+i%40, 50+i%90), sensitivity: []string{"", "", "", "arms:high", "death:medium"}[i%5],
		})
	}
	g.newDay()
	return g
}

// newDay gives every visitor a new hash, as a new salt does.
func (g *generator) newDay() {
	g.visitors = make([]uint64, visitors)
	for i := range g.visitors {
		g.visitors[i] = g.r.Uint64()
	}
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// zipf picks small numbers more often.
func zipf(r *rand.Rand, n int) int {
	f := r.Float64()
	return int(f * f * f * float64(n))
}

// next appends at least n events to dst.
func (g *generator) next(dst []event.Event, n int) []event.Event {
	want := len(dst) + n
	for len(dst) < want {
		day := g.now / 86_400_000_000
		g.now += 1 + g.r.Int64N(2*g.step)
		if g.now/86_400_000_000 != day {
			g.newDay()
		}
		for ; g.second < g.now/1e6; g.second++ {
			slot := &g.pending[g.second%int64(len(g.pending))]
			dst = append(dst, *slot...)
			*slot = (*slot)[:0]
		}
		dst = g.page(dst)
	}
	return dst
}

func (g *generator) page(dst []event.Event) []event.Event {
	r := g.r
	p := &g.pages[zipf(r, len(g.pages))]
	who := zipf(r, len(g.visitors))
	e := event.Event{
		Time: g.now, Site: "daily", Section: p.section, Page: p.url, PageKey: p.key, Topics: p.topics, Sensitivity: p.sensitivity,
		// What a visitor has does not change from page to page.
		Country: countries[who%len(countries)], Region: regions[who%len(regions)], Device: devices[who%len(devices)], OS: systems[who%len(systems)],
		Browser: browsers[who%len(browsers)], Theme: themes[who%len(themes)], Visitor: g.visitors[who], Revision: fmt.Sprintf("b3c1f0a9%04x", g.now/86_400_000_000),
	}
	id := uint64(g.now/1000)<<16 | r.Uint64()>>48
	for i := range 8 {
		e.Request[i] = byte(id >> (56 - 8*i))
	}
	low := r.Uint64()
	for i := range 8 {
		e.Request[8+i] = byte(low >> (8 * i))
	}
	if who%50 == 0 {
		e.Invalid = pick(r, invalids)
	}
	for slot := range placements {
		s := e
		s.Kind, s.Slot, s.Placement = event.Request, uint8(slot), placements[slot]
		if r.IntN(10) == 0 {
			s.NoFill = pick(r, reasons)
			dst = append(dst, s)
			continue
		}
		li := &g.items[zipf(r, len(g.items))]
		s.Advertiser, s.Campaign, s.LineItem, s.Creative, s.Type = li.advertiser, li.campaign, li.id, pick(r, li.creatives), li.kind
		s.Width, s.Height, s.Price = 970, 250, li.price
		dst = append(dst, s)
		if r.IntN(10) == 0 {
			continue
		}
		at := g.now + 300_000 + r.Int64N(2_000_000)
		g.later(s, event.Impression, at)
		if r.IntN(10) < 6 {
			at += 1_000_000 + r.Int64N(60_000_000)
			g.later(s, event.Viewable, at)
		}
		if r.IntN(1000) < 3 {
			g.later(s, event.Click, at+r.Int64N(100_000_000))
		}
	}
	return dst
}

func (g *generator) later(e event.Event, kind event.Kind, at int64) {
	e.Kind, e.Time = kind, at
	if e.Valid() && kind == event.Impression {
		e.Charge = e.Price / 1000
	}
	slot := &g.pending[at/1e6%int64(len(g.pending))]
	*slot = append(*slot, e)
}
