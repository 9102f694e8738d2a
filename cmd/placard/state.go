package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/configs"
	"github.com/placard/placard/reporting/journal"
	"github.com/placard/placard/reporting/web"
	"github.com/placard/placard/targeting"
)

// rates remembers a count's value over the last seconds.
type rates struct {
	mu   sync.Mutex
	ring [11]uint64 // guarded by mu; one a second
	n    int        // values seen; guarded by mu
}

// add takes the count's value, once a second.
func (r *rates) add(v uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring[r.n%len(r.ring)] = v
	r.n++
}

// perSecond is the mean over the last ten seconds, or over what there is.
func (r *rates) perSecond() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds := min(r.n, len(r.ring)) - 1
	if seconds < 1 {
		return 0
	}
	newest, oldest := r.ring[(r.n-1)%len(r.ring)], r.ring[(r.n-1-seconds)%len(r.ring)]
	return float64(newest-oldest) / float64(seconds)
}

// users are those who may sign in now.
func (s *server) users() []web.User {
	cfg := s.cfg.Load()
	out := make([]web.User, len(cfg.Users))
	for i, u := range cfg.Users {
		out[i] = web.User{Name: u.Name, Advertiser: u.Advertiser, Ops: u.Ops, Hash: u.Hash, Epoch: u.Epoch}
	}
	return out
}

// tokens are the programs that may use the API now.
func (s *server) tokens() []web.Token {
	cfg := s.cfg.Load()
	out := make([]web.Token, len(cfg.Tokens))
	for i, t := range cfg.Tokens {
		out[i] = web.Token{ID: t.ID, Advertiser: t.Advertiser, Site: t.Site, Ops: t.Ops, Hash: t.Hash, Expires: t.Expires}
	}
	return out
}

// advertisers are names and promises as reports show them.
func (s *server) advertisers() []web.Advertiser {
	snap := s.engine.Snapshot()
	c := snap.Catalog
	out := make([]web.Advertiser, len(c.Advertisers))
	for i := range c.Advertisers {
		out[i] = web.Advertiser{ID: c.Advertisers[i].ID, Name: c.Advertisers[i].Name}
	}
	for i := range c.LineItems {
		li := &c.LineItems[i]
		w := web.LineItem{
			Campaign: li.Key.Campaign, ID: li.ID, Type: li.Type.String(), Start: time.Unix(li.Start, 0), End: time.Unix(li.End, 0), Goal: flightGoal(li),
		}
		for _, n := range li.Creatives {
			w.Creatives = append(w.Creatives, webCreative(c, &c.Creatives[n]))
		}
		a := &out[li.Advertiser]
		a.LineItems = append(a.LineItems, w)
	}
	return out
}

func webCreative(c *catalog.Catalog, cr *catalog.Creative) web.Creative {
	w := web.Creative{ID: cr.ID, Alt: cr.Alt, W: int(cr.Size.W), H: int(cr.Size.H)}
	src := cr.Src
	if cr.Type == catalog.Native {
		src = cr.Fields["image"]
	}
	w.Image = c.Assets[src].URL
	return w
}

// flightGoal is what a line item should deliver over its flight, 0 without a goal in impressions.
func flightGoal(li *catalog.LineItem) int64 {
	if li.Goal.Of != catalog.Impressions {
		return 0
	}
	if li.Goal.Total > 0 {
		return li.Goal.Total
	}
	if li.Goal.Daily == 0 {
		return 0
	}
	days := int64(0)
	for t := delivery.Midnight(time.Unix(li.Start, 0), li.Zone); t.Unix() < li.End; t = t.AddDate(0, 0, 1) {
		days++
	}
	return li.Goal.Daily * days
}

// opsState is the ops room's view of the server.
func (s *server) opsState() web.Ops {
	now := s.opts.Now()
	snap := s.engine.Snapshot()
	c := snap.Catalog
	n := s.engine.Counts()
	js, ss, ps := s.journal.Stats(), s.shipper.Stats(), s.parts.pages.Stats()
	o := web.Ops{
		Now: now, Started: s.started, Version: version(), Revision: c.Revision, Loaded: snap.Loaded,
		Pages: n.Pages, Slots: n.Slots, Filled: n.Filled, PagesPerSecond: s.rates.perSecond(), NoFill: n.NoFill, Skipped: n.Skipped,
		Impressions: n.Impressions, Views: n.Views, Clicks: n.Clicks, InvalidEvents: n.Invalid, Refused: n.Refused,
		JournalBytes: js.Bytes, JournalLag: ss.Lag, JournalState: "takes events", Store: s.storeFor, StoreState: "takes events",
		PageHits: ps.Hits, PageMisses: ps.Misses,
		CatalogSummary: summary(c), Recent: s.recent.messages(), Revisions: s.revisions.shown(n),
	}
	if s.http != nil {
		o.P50, o.P99 = s.http.Latency()
	}
	o.Problems = s.problems(now, &o)
	for i := range c.LineItems {
		w := opsLineItem(c, snap.Delivery, targeting.Ordinal(i), now)
		fate := snap.Tally.Fate(targeting.Ordinal(i))
		w.Skipped = map[string]uint64{}
		for r, lost := range fate.Lost {
			if lost > 0 {
				w.Skipped[decision.Reason(r).String()] = lost
			}
		}
		o.LineItems = append(o.LineItems, w)
	}
	return o
}

// problems are what a person should look at, worst first. It also fills in the words for the journal's and the store's state.
func (s *server) problems(now time.Time, o *web.Ops) []web.Problem {
	var out []web.Problem
	ss := s.shipper.Stats()
	if p, state := journalProblem(s.journal.Stats(), now); state != "" {
		o.JournalState = state
		out = append(out, p)
	}
	if s.counting.shared.Down() {
		does := "Each instance counts alone: an event that is replayed to several may count once for each"
		if r := s.cfg.Load().Server.Redis; r != nil && r.Strict {
			does = "Billable events are refused"
		}
		out = append(out, web.Problem{What: does, Why: "Redis does not answer", Remedy: "Mend Redis, or the way to it; nothing needs to be started again.", Since: now})
	}
	if ss.Error != "" {
		o.StoreState = "failing"
		out = append(out, web.Problem{
			What: "Reports stand still: the store does not take events", Why: ss.Error, Remedy: fmt.Sprintf("Mend the store. %d events wait in the journal and nothing is lost.", ss.Lag), Since: now,
		})
	}
	if p := s.rejected.Load(); p != nil {
		out = append(out, web.Problem{
			What: "A changed configuration was refused; the one before is in force", Why: p.Error(), Remedy: "Run placard check on it.", Since: time.Unix(s.rejectAt.Load(), 0),
		})
	}
	for _, l := range s.recovery.Lost {
		out = append(out, web.Problem{What: "The journal was damaged before this start", Why: l.String(), Remedy: "Look at the disk's health. Everything intact was kept.", Since: s.started})
	}
	return out
}

// journalProblem is what a person should know of the journal, and a word for its state; "" when all is well.
func journalProblem(js journal.Stats, now time.Time) (p web.Problem, state string) {
	alarm := js.Alarm()
	if alarm.Text == "" {
		return p, ""
	}
	p = web.Problem{Why: alarm.Text, Remedy: "Mend the store; the journal empties by itself.", Since: now}
	switch {
	case !js.Well:
		p.What, state = "Billable events are refused: the journal cannot write", "cannot write"
		p.Why = fmt.Sprintf("%s; %d events were refused so far", alarm.Text, js.Refused)
		p.Remedy = "Free disk space or mend the disk; serving goes on and events are taken again within five seconds."
	case js.Full:
		p.What, state = "Billable events are refused: the journal is full", "full"
	default:
		p.What, state = "The journal fills up: billable events are refused when it is full", "filling up"
	}
	return p, state
}

func opsLineItem(c *catalog.Catalog, t *delivery.Table, ord targeting.Ordinal, now time.Time) web.OpsLineItem {
	li := &c.LineItems[ord]
	p := t.Progress(ord)
	w := web.OpsLineItem{
		Advertiser: li.Key.Advertiser, Campaign: li.Key.Campaign, ID: li.ID, Type: li.Type.String(), Priority: int(li.Priority),
		Start: time.Unix(li.Start, 0), End: time.Unix(li.End, 0), Running: now.Unix() >= li.Start && now.Unix() < li.End,
		Impressions: p.Done, Today: p.DoneToday, Goal: li.Goal.Total, Expected: p.Expected, Pass: 1,
	}
	if w.Goal == 0 && li.Goal.Daily > 0 {
		// A daily goal begins anew each midnight: what counts is today.
		w.Goal, w.Impressions = li.Goal.Daily, p.DoneToday
	}
	w.Expected = min(1, max(0, w.Expected))
	return w
}

func summary(c *catalog.Catalog) string {
	return fmt.Sprintf("%d line items, %d advertisers, %d placements", len(c.LineItems), len(c.Advertisers), len(c.Placements))
}

// firstUser is the first user that ok accepts, in order of names.
func (s *server) firstUser(ok func(configs.User) bool) (configs.User, bool) {
	us := slices.Clone(s.cfg.Load().Users)
	slices.SortFunc(us, func(a, b configs.User) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	for _, u := range us {
		if ok(u) {
			return u, true
		}
	}
	return configs.User{}, false
}

// drain closes the server within a time.
func (s *server) drain(within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s.Close(ctx)
}
