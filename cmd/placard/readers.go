package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/cmd/placard/paper"
	"github.com/placard/placard/reporting/event"
)

// readers are the demo's simulated public. They ask the engine as a page would, and follow the event URLs that they are given. All
// that they do is marked synthetic.
type readers struct {
	engine  *adserver.Engine
	rng     *rand.Rand
	stories []paper.Story
	weights []float64 // cumulative, of stories
	req     adserver.Request
	answer  []byte
	json    fastjson.Parser
	// pass moves a virtual clock on while a reader reads; nil: beacons come at once.
	pass func(time.Duration)
}

func newReaders(e *adserver.Engine, seed uint64) *readers {
	r := &readers{engine: e, rng: rand.New(rand.NewPCG(seed, 0x706c6163617264)), stories: paper.Stories()}
	sum := 0.0
	for i := range r.stories {
		// The first of the front page are read most: Zipf's law with an exponent of 1, as in newspapers' logs.
		sum += 1 / float64(i+2)
		r.weights = append(r.weights, sum)
	}
	return r
}

// reader is one simulated person's circumstances.
type agent struct{ ua, device string }

var agents = []struct {
	share float64
	agent
}{
	{0.46, agent{"Mozilla/5.0 (Linux; Android 15; SM-A566B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "phone"}},
	{0.16, agent{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "phone"}},
	{0.20, agent{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "desktop"}},
	{0.07, agent{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", "desktop"}},
	{0.05, agent{"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "desktop"}},
	{0.05, agent{"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "tablet"}},
	{0.01, agent{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "desktop"}},
}

var readerCountries = []struct {
	share float64
	code  string
}{{0.62, "PK"}, {0.10, "GB"}, {0.09, "AE"}, {0.07, "US"}, {0.05, "IN"}, {0.03, "SA"}, {0.02, "CA"}, {0.02, "DE"}}

// The behaviour of readers, each in the range that publishers publish: about one ad in ten is left before it renders, slots far down are seen
// less, and one impression in a few hundred is clicked.
const (
	renderShare = 0.92
	clickShare  = 0.0035
	slotsBelow  = 0.68 // share of readers who reach each further slot
)

func pick[T any](rng *rand.Rand, n int, share func(int) float64, value func(int) T) T {
	x := rng.Float64()
	for i := range n {
		if x -= share(i); x < 0 {
			return value(i)
		}
	}
	return value(n - 1)
}

// visit is one page view with all that follows from it.
func (r *readers) visit() error {
	a := pick(r.rng, len(agents), func(i int) float64 { return agents[i].share }, func(i int) agent { return agents[i].agent })
	country := pick(r.rng, len(readerCountries), func(i int) float64 { return readerCountries[i].share }, func(i int) string { return readerCountries[i].code })
	q := &r.req
	q.Reset()
	q.Site, q.Synthetic, q.As = "daily", true, adserver.As{Country: country}
	who := r.rng.IntN(40_000)
	q.Client = adserver.Client{UserAgent: []byte(a.ua), IP: netip.AddrFrom4([4]byte{127, 1, byte(who >> 8), byte(who)})}
	if r.rng.IntN(4) > 0 { // the others keep no id
		q.VisitorID = fmt.Sprintf("reader-%d", who)
	}
	q.Theme = []string{"light", "light", "dark"}[r.rng.IntN(3)]
	phone := a.device == "phone"
	if r.rng.IntN(5) == 0 {
		r.frontPage(phone)
	} else {
		r.story(phone)
	}
	var err error
	if r.answer, err = r.engine.Serve(r.answer[:0], q); err != nil {
		return err
	}
	return r.read(&q.Client)
}

func (r *readers) frontPage(phone bool) {
	r.req.Page.URL, r.req.Page.Title, r.req.Page.Language = []byte("http://localhost/"), []byte("The Daily Placard"), []byte("en")
	r.req.Page.Kind = []byte("front")
	r.slots(paper.FrontSlots(), phone)
}

func (r *readers) story(phone bool) {
	x := r.rng.Float64() * r.weights[len(r.weights)-1]
	s := &r.stories[0]
	for i := range r.weights {
		if x < r.weights[i] {
			s = &r.stories[i]
			break
		}
	}
	p := &r.req.Page
	p.URL, p.Title, p.Description = []byte("http://localhost"+s.Path), []byte(s.Title), []byte(s.Standfirst)
	p.Section, p.Text, p.Language, p.Kind = []byte(s.Section), []byte(s.Text), []byte(s.Language), []byte("article")
	for _, k := range s.Keywords {
		p.Keywords = append(p.Keywords, []byte(k))
	}
	r.slots(paper.ArticleSlots(), phone)
}

func (r *readers) slots(list []paper.Slot, phone bool) {
	for _, s := range list {
		slot := r.req.AddSlot()
		slot.ID, slot.Placement = s.Placement, s.Placement
		sizes := s.Sizes
		if phone {
			sizes = s.PhoneSizes
		}
		for _, text := range strings.Split(sizes, ",") {
			var w, h uint16
			if _, err := fmt.Sscanf(text, "%dx%d", &w, &h); err == nil {
				slot.Sizes = append(slot.Sizes, catalog.Size{W: w, H: h})
			}
		}
	}
}

// read follows the event URLs of the answer as a browser and its reader would.
func (r *readers) read(c *adserver.Client) error {
	v, err := r.json.ParseBytes(r.answer)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	reached := 1.0
	for _, slot := range v.GetArray("slots") {
		depth := r.rng.Float64()
		seen := depth < reached
		reached *= slotsBelow
		if !slot.GetBool("filled") || string(slot.GetStringBytes("type")) == "adsense" || r.rng.Float64() > renderShare {
			continue // no request leaves a demo for an ad network, so its slots collapse
		}
		r.wait(300 * time.Millisecond)
		if err := r.follow(event.Impression, slot, "impression_url", c); err != nil {
			return err
		}
		if !seen || r.rng.Float64() > 0.9 {
			continue
		}
		r.wait(1200 * time.Millisecond)
		if err := r.follow(event.Viewable, slot, "viewable_url", c); err != nil {
			return err
		}
		if r.rng.Float64() < clickShare {
			r.wait(4 * time.Second)
			if err := r.follow(event.Click, slot, "click_url", c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *readers) wait(d time.Duration) {
	if r.pass != nil {
		r.pass(d)
	}
}

func (r *readers) follow(k event.Kind, slot *fastjson.Value, name string, c *adserver.Client) error {
	u, err := url.Parse(string(slot.GetStringBytes(name)))
	if err != nil {
		return fmt.Errorf("follow %s: %w", name, err)
	}
	if res := r.engine.Beacon(k, path.Base(u.Path), c); res.Err != nil {
		return fmt.Errorf("follow %s: %w", name, res.Err)
	}
	return nil
}

// activity is how much of its busiest hour a paper has at an instant: quiet nights, a morning and an evening peak, slower weekends.
func activity(t time.Time) float64 {
	h := float64(t.Hour()) + float64(t.Minute())/60
	bump := func(at, width float64) float64 {
		d := math.Abs(h - at)
		d = min(d, 24-d)
		return math.Exp(-d * d / (2 * width * width))
	}
	a := 0.08 + 0.62*bump(9, 2.2) + 0.34*bump(14, 2.5) + 0.86*bump(21, 2.4)
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		a *= 0.72
	}
	return a
}

// run visits at a rate until ctx ends. A server that refuses is asked again a second later.
func (r *readers) run(ctx context.Context, perSecond float64, failed func(error)) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.visit(); err != nil && ctx.Err() == nil && !errors.Is(err, adserver.ErrNotReady) {
			failed(err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}
}
