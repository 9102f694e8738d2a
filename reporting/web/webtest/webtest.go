// Package webtest makes a site with two advertisers and four weeks of events in a real store, for tests and for looking at.
package webtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/placard/placard/reporting/event"
	"github.com/placard/placard/reporting/store"
	"github.com/placard/placard/reporting/web"
)

// Now is the fixture's instant: a Tuesday afternoon in Karachi.
var Now = time.Date(2026, 11, 24, 9, 32, 5, 0, time.UTC)

// Password is everybody's.
const Password = "correct horse battery staple"

// Advertisers are what the configuration would say.
func Advertisers() []web.Advertiser {
	day := func(d string) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, d, karachi())
		if err != nil {
			panic(err)
		}
		return t
	}
	pic := func(id string, w, h int) web.Creative {
		return web.Creative{ID: id, Image: "/a/" + id + ".svg", Alt: strings.ReplaceAll(id, "-", " "), W: w, H: h}
	}
	return []web.Advertiser{
		{ID: "northwind", Name: "Northwind Travel", LineItems: []web.LineItem{
			{Campaign: "winter-escapes", ID: "istanbul-city-breaks", Type: "standard", Start: day("2026-11-01"), End: day("2026-12-15"), Goal: 12_000,
				Creatives: []web.Creative{pic("bosphorus-970", 970, 250), pic("bosphorus-300", 300, 250)}},
			{Campaign: "winter-escapes", ID: "himalaya-treks", Type: "standard", Start: day("2026-11-05"), End: day("2026-12-05"), Goal: 5_800,
				Creatives: []web.Creative{pic("peaks-728", 728, 90), {ID: "peaks-native"}}},
			{Campaign: "always-on", ID: "fares-of-the-week", Type: "price_priority", Start: day("2026-10-28"), End: day("2027-01-01"),
				Creatives: []web.Creative{pic("fares-300", 300, 250)}},
			{Campaign: "spring", ID: "blossom", Type: "sponsorship", Start: day("2027-03-01"), End: day("2027-04-01"), Goal: 90_000, Creatives: []web.Creative{pic("blossom-970", 970, 250)}},
		}},
		{ID: "indus-bank", Name: "Indus Bank", LineItems: []web.LineItem{
			{Campaign: "savings", ID: "nine-percent", Type: "standard", Start: day("2026-11-01"), End: day("2026-12-01"), Goal: 30_000, Creatives: []web.Creative{pic("vault-300", 300, 250)}},
		}},
		{ID: "quiet", Name: "Quiet & Sons", LineItems: []web.LineItem{{Campaign: "c", ID: "never-served", Type: "standard", Start: day("2026-11-20"), End: day("2026-12-20"), Goal: 1000}}},
	}
}

func karachi() *time.Location {
	z, err := time.LoadLocation("Asia/Karachi")
	if err != nil {
		panic(err)
	}
	return z
}

// Events are four weeks of readers, the same each time. Nobody may change them.
var Events = sync.OnceValue(makeEvents)

func makeEvents() []event.Event {
	r := rand.New(rand.NewPCG(7, 7))
	pick := func(weighted ...any) string {
		total := 0
		for i := 1; i < len(weighted); i += 2 {
			total += weighted[i].(int)
		}
		n := r.IntN(total)
		for i := 1; i < len(weighted); i += 2 {
			if n -= weighted[i].(int); n < 0 {
				return weighted[i-1].(string)
			}
		}
		return ""
	}
	var out []event.Event
	for _, adv := range Advertisers()[:2] {
		for _, li := range adv.LineItems {
			for t := li.Start; t.Before(li.End) && t.Before(Now); t = t.Add(time.Hour) {
				hour := float64(t.In(karachi()).Hour())
				// Mornings and evenings; fewer readers on Sundays.
				rate := 16 * (0.15 + bell((hour-9)/3) + 1.3*bell((hour-21)/3))
				if t.In(karachi()).Weekday() == time.Sunday {
					rate *= 0.6
				}
				for range int(rate*(0.7+0.6*r.Float64()) + 0.5) {
					at := t.Add(time.Duration(r.Int64N(int64(time.Hour))))
					if at.After(Now) {
						continue
					}
					out = append(out, reader(r, pick, &adv, &li, at)...)
				}
			}
		}
	}
	return out
}

// reader is one slot: a request, and what came of it.
func reader(r *rand.Rand, pick func(...any) string, adv *web.Advertiser, li *web.LineItem, at time.Time) []event.Event {
	var e event.Event
	for i := range e.Request {
		e.Request[i] = byte(r.Uint32())
	}
	section := pick("world", 5, "sport", 4, "business", 3, "culture", 2)
	e.Kind, e.Time = event.Request, at.UnixMicro()
	e.Site, e.Section, e.Placement = "daily", section, pick("masthead", 3, "story-end-1", 5, "story-end-2", 4, "below-comments", 2)
	e.Page = "https://daily.example/" + section + "/" + pick("talks-collapse", 5, "breakfast-and-ferries", 4, "slow-bus", 3, "river-data", 2, "gold-market", 2, "smog, and free rides", 1, "lyari", 1)
	e.Advertiser, e.Campaign, e.LineItem, e.Type = adv.ID, li.Campaign, li.ID, li.Type
	c := li.Creatives[r.IntN(len(li.Creatives))]
	e.Creative, e.Width, e.Height, e.Price = c.ID, uint16(c.W), uint16(c.H), 3_200_000
	e.Country, e.Device, e.OS = pick("PK", 12, "AE", 4, "GB", 3, "US", 1, "", 1), pick("phone", 7, "desktop", 4, "tablet", 1), pick("android", 6, "ios", 2, "windows", 3)
	e.Browser, e.Theme = pick("chrome", 7, "safari", 3, "firefox", 1), pick("light", 2, "dark", 1)
	e.Revision, e.Synthetic = "b3c1d0e9f8a7", true
	if r.IntN(4) > 0 {
		e.Visitor = uint64(1 + at.YearDay()*10_000 + r.IntN(900))
	}
	out := []event.Event{e}
	next := func(kind event.Kind, later time.Duration) *event.Event {
		x := e
		x.Kind, x.Time = kind, at.Add(later).UnixMicro()
		out = append(out, x)
		return &out[len(out)-1]
	}
	if r.IntN(16) == 0 {
		return out
	}
	imp := next(event.Impression, 200*time.Millisecond)
	if r.IntN(30) == 0 {
		imp.Invalid = pick("bot", 4, "replayed", 1, "prefetch", 1)
		return out
	}
	imp.Charge = 3200
	if r.IntN(100) < map[string]int{"masthead": 82, "story-end-1": 64, "story-end-2": 55, "below-comments": 41}[e.Placement] {
		next(event.Viewable, 1300*time.Millisecond)
		if r.IntN(1000) < map[string]int{"bosphorus-970": 22, "bosphorus-300": 12, "peaks-728": 6}[c.ID]+5 {
			next(event.Click, 5*time.Second)
		}
	}
	return out
}

// Fill puts the events into a store.
func Fill(ctx context.Context, s store.Store) error {
	events := Events()
	return s.Append(ctx, store.Batch{Journal: "webtest", From: 1, To: uint64(1 + len(events)), Events: events})
}

// Users are one of each advertiser, one of ops, and one who comes by links alone.
func Users() []web.User {
	h := hash(Password)
	return []web.User{
		{Name: "nadia", Advertiser: "northwind", Hash: h}, {Name: "imran", Advertiser: "indus-bank", Hash: h}, {Name: "quiet", Advertiser: "quiet", Hash: h},
		{Name: "olga", Ops: true, Hash: h}, {Name: "linked", Advertiser: "northwind"},
	}
}

// Ops is a server with one trouble and one line item behind.
func Ops() web.Ops {
	o := web.Ops{
		Now: Now, Started: Now.Add(-26 * time.Hour), Version: "devel", Revision: "b3c1d0e9f8a7", Loaded: Now.Add(-3 * time.Hour),
		Problems: []web.Problem{{What: "The changed configuration has errors.", Why: "advertisers/indus.yaml:14:9: unknown key \"budgte\".", Remedy: "Did you mean budget? The old catalog stays in force.", Since: Now.Add(-4 * time.Minute)}},
		Pages:    184_211, Slots: 731_002, Filled: 702_113, PagesPerSecond: 2.4, P50: 84 * time.Microsecond, P99: 410 * time.Microsecond,
		NoFill:      map[string]uint64{"suitability": 9_120, "no_candidate": 15_301, "pacing": 4_468},
		Skipped:     map[string]uint64{"targeting": 2_104_331, "pacing": 310_113, "cap": 99_120, "suitability": 45_127, "outranked": 1_200_345},
		Impressions: 664_001, Views: 401_771, Clicks: 2_913, InvalidEvents: map[string]uint64{"bot": 12_031, "replayed": 871, "expired": 44},
		JournalBytes: 44 << 20, JournalLag: 12, JournalState: "in sync", Store: "duckdb", StoreState: "answers", PageHits: 180_000, PageMisses: 4_211,
		CatalogSummary: "5 line items, 3 advertisers, 4 placements",
		Placements: []web.OpsPlacement{
			{Site: "daily", ID: "masthead", Slots: 184_211, Filled: 183_999, NoFill: map[string]uint64{"suitability": 212}},
			{Site: "daily", ID: "below-comments", Slots: 180_004, Filled: 161_131, NoFill: map[string]uint64{"no_candidate": 15_301, "pacing": 3_572}},
		},
		Revisions: []web.OpsRevision{{ID: "b3c1d0e9f8a7", From: Now.Add(-3 * time.Hour), Who: "Sana", What: "northwind: raise the cap", Slots: 99_001, Filled: 96_212}, {ID: "99a0b1c2d3e4", From: Now.Add(-26 * time.Hour), Slots: 632_001, Filled: 605_901}},
		Editorial: []web.OpsEditorial{{Page: "https://daily.example/world/talks-collapse", Mark: "sensitive", Who: "desk", At: Now.Add(-time.Hour)}},
		Recent:    []web.OpsMessage{{At: Now.Add(-4 * time.Minute), Level: "ERROR", Text: "the changed configuration has errors; the old one stays in force errors=1"}},
	}
	for _, a := range Advertisers() {
		for i, li := range a.LineItems {
			x := web.OpsLineItem{Advertiser: a.ID, Campaign: li.Campaign, ID: li.ID, Type: li.Type, Priority: 8 + i, Running: true, Start: li.Start, End: li.End, Goal: li.Goal, Impressions: 4000, Today: 210, Pass: 0.62}
			x.Expected = min(max(float64(Now.Sub(li.Start))/float64(li.End.Sub(li.Start)), 0), 1)
			x.Skipped = map[string]uint64{"targeting": 90_000, "cap": 4_211, "suitability": 1_200, "outranked": 310}
			o.LineItems = append(o.LineItems, x)
		}
	}
	return o
}

// Explain answers with a small trace.
func Explain(_ context.Context, q web.ExplainQuery) (*web.Explanation, error) {
	if q.Placement == "nowhere" {
		return nil, &web.ExplainError{Field: "placement", Message: "there is no placement \"nowhere\"; did you mean masthead?"}
	}
	return &web.Explanation{
		Revision: "b3c1d0e9f8a7", Page: []web.Fact{{Name: "Language", Value: "en"}, {Name: "Topics", Value: "War and Conflicts (380)"}, {Name: "Sensitive", Value: "arms: high"}},
		Visitor: []web.Fact{{Name: "Country", Value: q.Country}, {Name: "Device", Value: q.Device}},
		Slots: []web.ExplainSlot{{Placement: "masthead", Served: "indus-bank/savings/nine-percent", Creative: "vault-300", Lines: []web.ExplainLine{
			{Advertiser: "indus-bank", Campaign: "savings", LineItem: "nine-percent", Served: true, Score: 4.1},
			{Advertiser: "northwind", Campaign: "winter-escapes", LineItem: "istanbul-city-breaks", Reason: "suitability", Detail: "strict tolerates none of arms, the page has high"},
		}}},
	}, nil
}

// Options are the fixture's, over a store.
func Options(s store.Store) web.Options {
	return web.Options{
		Source: s, Users: Users, Advertisers: Advertisers, Ops: Ops, Explain: Explain, Key: []byte(strings.Repeat("k", 32)), Zone: karachi(), Now: func() time.Time { return Now },
	}
}

// Handler is the site with pictures of its creatives.
func Handler(s *web.Site) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.HandleFunc("GET /a/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimSuffix(r.PathValue("name"), ".svg")
		width, height := 300, 250
		_, _ = fmt.Sscanf(name[strings.LastIndexByte(name, '-')+1:], "%d", &width)
		if width > 300 {
			height = map[int]int{970: 250, 728: 90}[width]
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"><rect width="100%%" height="100%%" fill="#12405f"/><circle cx="80%%" cy="35%%" r="%d" fill="#f3c969"/><path d="M0 %d L%d %d L%d %d L%d %d Z" fill="#e9e2d3"/><text x="24" y="%d" font-family="serif" font-size="%d" fill="#fff">%s</text></svg>`,
			width, height, height/6, height, width/3, height/2, width*2/3, height, width, height, height/2, height/6, name)
	})
	return mux
}

// hash is web.HashPassword at the lowest cost, as tests sign in often.
func hash(password string) string {
	salt := []byte("saltsaltsaltsalt")
	sum := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// bell is 1 at 0 and falls off to both sides.
func bell(x float64) float64 { return math.Exp(-x * x) }
