package delivery

import (
	"testing"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func table(t *testing.T, li catalog.LineItem, c catalog.Campaign) (*Tracker, *Table) {
	t.Helper()
	if li.End == 0 {
		li.Start, li.End = start.Unix(), start.AddDate(0, 0, 10).Unix()
	}
	if li.Zone == nil {
		li.Zone = time.UTC
	}
	li.Key = catalog.LineItemKey{Advertiser: "a", Campaign: "c", LineItem: "l"}
	li.VisitorCaps = len(li.CapScopes) > 0
	tr := New()
	tab := tr.Bind(&catalog.Catalog{LineItems: []catalog.LineItem{li}, Campaigns: []catalog.Campaign{c}})
	return tr, tab
}

// render bills and counts one impression.
func render(tab *Table) {
	tab.Bill(0, tab.catalog.LineItems[0].Charge(catalog.Impressions))
	tab.Observe(Observation{Creative: -1})
}

// simulate asks once a second, renders what was served, and returns how much was served.
func simulate(tr *Tracker, tab *Table, from time.Time, seconds, perSecond int) int {
	served := 0
	for s := range seconds {
		now := from.Add(time.Duration(s) * time.Second)
		tr.Tick(now)
		for range perSecond {
			if tab.Gate(0) == OK && tab.Take(0, 0, now) == OK {
				served++
				render(tab)
			}
		}
	}
	return served
}

func TestEvenPacingFollowsItsCurve(t *testing.T) {
	const goal = 864_000 // one a second over ten days
	tr, tab := table(t, catalog.LineItem{Goal: catalog.Goal{Total: goal}}, catalog.Campaign{})
	day := 24 * time.Hour
	// Three days are already over and nothing was delivered: it catches up, then keeps to the curve.
	simulate(tr, tab, start.Add(3*day), 3600, 400)
	for _, h := range []int{1, 2, 5} {
		from := start.Add(3*day + time.Duration(h)*time.Hour)
		simulate(tr, tab, from, 3600, 50)
		x := float64(from.Add(time.Hour).Sub(start)) / float64(10*day)
		want := Curve(catalog.Even, x) * goal
		got := float64(tab.Progress(0).Impressions)
		if got < want*0.999 || got > want*1.001 {
			t.Errorf("after hour %d: %.0f delivered, the curve says %.0f", h, got, want)
		}
	}
}

func TestGoalsAndBudgetsStopExactly(t *testing.T) {
	cases := map[string]struct {
		li   catalog.LineItem
		c    catalog.Campaign
		want int
		why  Verdict
	}{
		"goal":            {catalog.LineItem{Goal: catalog.Goal{Total: 1234}, Pacing: catalog.ASAP}, catalog.Campaign{}, 1234, GoalReached},
		"daily goal":      {catalog.LineItem{Goal: catalog.Goal{Daily: 77}, Pacing: catalog.ASAP}, catalog.Campaign{}, 77, GoalReached},
		"budget":          {catalog.LineItem{CPM: 3_200_000, BudgetTotal: 3200 * 50}, catalog.Campaign{}, 50, OutOfBudget},
		"daily budget":    {catalog.LineItem{CPM: 3_200_000, BudgetDaily: 3200*50 + 3199}, catalog.Campaign{}, 50, OutOfBudget},
		"campaign budget": {catalog.LineItem{CPM: 3_200_000}, catalog.Campaign{BudgetTotal: 3200 * 40}, 40, OutOfBudget},
		"campaign day":    {catalog.LineItem{CPM: 3_200_000}, catalog.Campaign{BudgetDaily: 3200 * 30}, 30, OutOfBudget},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tr, tab := table(t, c.li, c.c)
			if got := simulate(tr, tab, start.Add(time.Hour), 120, 97); got != c.want {
				t.Errorf("%d served, want %d", got, c.want)
			}
			tr.Tick(start.Add(time.Hour + 2*time.Minute))
			if v := tab.Gate(0); v != c.why {
				t.Errorf("verdict %d, want %d", v, c.why)
			}
		})
	}
}

func TestNothingIsOverrunByRequestsInFlight(t *testing.T) {
	tr, tab := table(t, catalog.LineItem{Goal: catalog.Goal{Total: 100}, Pacing: catalog.ASAP}, catalog.Campaign{})
	now := start.Add(time.Hour)
	served := 0
	// Nothing renders for half a minute.
	for s := range 30 {
		tr.Tick(now.Add(time.Duration(s) * time.Second))
		for range 50 {
			if tab.Take(0, 0, now) == OK {
				served++
			}
		}
	}
	if served != 100 {
		t.Fatalf("%d served for a goal of 100 while none had rendered", served)
	}
	// A tenth never renders: after the window they are served again.
	for range 90 {
		render(tab)
	}
	for s := 30; s < 200; s++ {
		tr.Tick(now.Add(time.Duration(s) * time.Second))
		if tab.Take(0, 0, now) == OK {
			served++
			render(tab)
		}
	}
	if p := tab.Progress(0); p.Impressions != 100 || served != 110 {
		t.Errorf("%d impressions of 100, %d served", p.Impressions, served)
	}
}

func TestDayBeginsAtLocalMidnight(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Karachi")
	if err != nil {
		t.Fatal(err)
	}
	tr, tab := table(t, catalog.LineItem{Goal: catalog.Goal{Daily: 10}, Pacing: catalog.ASAP, Zone: zone}, catalog.Campaign{})
	before := time.Date(2026, 11, 2, 23, 59, 0, 0, zone)
	if n := simulate(tr, tab, before, 50, 10); n != 10 {
		t.Fatalf("%d served before midnight", n)
	}
	if n := simulate(tr, tab, before.Add(60*time.Second), 50, 10); n != 10 {
		t.Errorf("%d served after midnight in Karachi", n)
	}
}

func TestCapWindowRolls(t *testing.T) {
	tr, tab := table(t, catalog.LineItem{CapScopes: scopes(catalog.Cap{Limit: 2, Per: time.Hour}, catalog.Cap{Limit: 3, Per: 24 * time.Hour})}, catalog.Campaign{})
	tr.Tick(start)
	for _, c := range []struct {
		after time.Duration
		want  Verdict
	}{{0, OK}, {time.Minute, OK}, {2 * time.Minute, Capped}, {61 * time.Minute, OK}, {3 * time.Hour, Capped}, {24*time.Hour + 2*time.Second, OK}} {
		now := start.Add(c.after)
		if g := tab.CapGate(0, 7, now); g != c.want {
			t.Errorf("%s: gate says %d, want %d", c.after, g, c.want)
		}
		if v := tab.Take(0, 7, now); v != c.want {
			t.Errorf("%s: %d, want %d", c.after, v, c.want)
		}
	}
	if v := tab.CapGate(0, 0, start); v != NoVisitorID {
		t.Errorf("without an id: %d", v)
	}
	for part := range capExpireParts {
		tr.caps.expire(start.AddDate(0, 0, 3), part)
	}
	if n := tr.caps.len(); n != 0 {
		t.Errorf("%d visitors are remembered after three days", n)
	}
}

func scopes(cs ...catalog.Cap) []catalog.CapScope { return []catalog.CapScope{{ID: 9, Caps: cs}} }

func TestCountsSurviveReload(t *testing.T) {
	tr, tab := table(t, catalog.LineItem{Goal: catalog.Goal{Total: 50}, Pacing: catalog.ASAP}, catalog.Campaign{})
	simulate(tr, tab, start, 2, 20)
	again := tr.Bind(tab.catalog)
	if n := simulate(tr, again, start.Add(5*time.Second), 5, 20); n != 10 {
		t.Errorf("%d served after the reload, 10 were left", n)
	}
}

func TestRestore(t *testing.T) {
	tr, tab := table(t, catalog.LineItem{Goal: catalog.Goal{Total: 50}, Pacing: catalog.ASAP}, catalog.Campaign{})
	k := tab.catalog.LineItems[0].Key
	tr.Restore(tab.catalog, map[catalog.LineItemKey]Total{k: {Impressions: 45, Served: 60}}, func(*time.Location) map[catalog.LineItemKey]Total { return nil }, start)
	if n := simulate(tr, tab, start, 5, 20); n != 5 {
		t.Errorf("%d served, 5 were left", n)
	}
}

func TestTakingAllocatesNothing(t *testing.T) {
	tr, tab := table(t, catalog.LineItem{}, catalog.Campaign{})
	tr.Tick(start)
	if n := testing.AllocsPerRun(100, func() { tab.Take(0, 0, start) }); n != 0 {
		t.Errorf("taking allocates %.1f times", n)
	}
}

// TestReloadTakesTheNewBudget changes a campaign under a line item that serves: the catalog before stays bound, and has no say.
func TestReloadTakesTheNewBudget(t *testing.T) {
	const charge = 3200
	li := catalog.LineItem{CPM: 3_200_000}
	tr, tab := table(t, li, catalog.Campaign{BudgetTotal: charge * 40})
	if got := simulate(tr, tab, start, 300, 2); got != 40 {
		t.Fatalf("%d served of a budget for 40", got)
	}
	raised := *tab.catalog
	raised.Campaigns = []catalog.Campaign{{BudgetTotal: charge * 400}}
	tab = tr.Bind(&raised)
	if got := simulate(tr, tab, start.Add(10*time.Minute), 600, 2); got != 360 {
		t.Errorf("%d served after the budget was raised by 360", got)
	}
	lowered := raised
	lowered.Campaigns = []catalog.Campaign{{BudgetTotal: charge * 100}}
	tab = tr.Bind(&lowered)
	if got := simulate(tr, tab, start.Add(30*time.Minute), 60, 2); got != 0 {
		t.Errorf("%d served after the budget was lowered below what is spent", got)
	}
}

// TestReloadIntoAnotherZone moves a campaign's days: what today spent must not be forgotten each second.
func TestReloadIntoAnotherZone(t *testing.T) {
	const charge = 3200
	tr, tab := table(t, catalog.LineItem{CPM: 3_200_000}, catalog.Campaign{BudgetDaily: charge * 30, Zone: time.UTC})
	noon := start.Add(12 * time.Hour)
	simulate(tr, tab, noon, 10, 1)
	karachi := time.FixedZone("PKT", 5*3600)
	moved := *tab.catalog
	moved.LineItems = append([]catalog.LineItem(nil), moved.LineItems...)
	moved.LineItems[0].Zone = karachi
	moved.Campaigns = []catalog.Campaign{{BudgetDaily: charge * 30, Zone: karachi}}
	tab = tr.Bind(&moved)
	if got := simulate(tr, tab, noon.Add(time.Minute), 300, 2); got > 30 {
		t.Errorf("%d served in five minutes of a daily budget for 30", got)
	}
}

func TestRemovedLineItemsKeepTheirCampaignsBudget(t *testing.T) {
	_, tab := table(t, catalog.LineItem{CPM: 3_200_000}, catalog.Campaign{ID: "c", BudgetTotal: 7000, BudgetDaily: 5000})
	tab.catalog.Advertisers = []catalog.Advertiser{{ID: "a"}}
	gone := catalog.LineItemKey{Advertiser: "a", Campaign: "c", LineItem: "gone"}
	for i, want := range []int64{3200, 0} {
		if got := tab.BillRemoved(gone, 3200); got != want {
			t.Errorf("event %d charged %d, want %d", i, got, want)
		}
	}
	tab.RefundRemoved(gone, 3200)
	if got := tab.BillRemoved(gone, 3200); got != 3200 {
		t.Errorf("after a refund charged %d", got)
	}
	if got := tab.BillRemoved(catalog.LineItemKey{Advertiser: "a", Campaign: "other", LineItem: "x"}, 10); got != 10 {
		t.Errorf("an event of a campaign that is gone charged %d", got)
	}
}
