package delivery

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// TestCapHoldsUnderContention lets a thousand requests of one visitor ask at once for a line item with a cap of three: three are
// served, in every trial. The requests run on as many goroutines as make the scheduler mix them.
func TestCapHoldsUnderContention(t *testing.T) {
	const requests, workers = 1000, 16
	tr, tab := table(t, catalog.LineItem{CapScopes: []catalog.CapScope{
		{ID: 1, Caps: []catalog.Cap{{Limit: 3, Per: time.Hour}}},
		{ID: 2, Level: catalog.OfAdvertiser, Caps: []catalog.Cap{{Limit: 5, Per: catalog.Lifetime}}},
	}}, catalog.Campaign{})
	tr.Tick(start)
	for trial := range capTrials {
		visitor := uint64(trial + 1)
		var served, asked atomic.Int32
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for asked.Add(1) <= requests {
					if tab.CapGate(0, visitor, start) == OK {
						runtime.Gosched() // another may come between looking and taking
						if tab.Take(0, visitor, start) == OK {
							served.Add(1)
						}
					} else if tab.Take(0, visitor, start) == OK {
						served.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if served.Load() != 3 {
			t.Fatalf("trial %d: %d served with a cap of 3", trial, served.Load())
		}
	}
}

// TestBudgetHoldsUnderContention bills from many sides at once: what is spent is the budget, to the micro.
func TestBudgetHoldsUnderContention(t *testing.T) {
	_, tab := table(t, catalog.LineItem{CPM: 3_000_000, BudgetTotal: 3000 * 500}, catalog.Campaign{BudgetDaily: 3000 * 400})
	var paid atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				paid.Add(tab.Bill(0, 3000))
			}
		})
	}
	wg.Wait()
	if paid.Load() != 3000*400 || tab.Progress(0).Spend != 3000*400 {
		t.Errorf("%d billed, %d spent of %d", paid.Load(), tab.Progress(0).Spend, 3000*400)
	}
	tab.Refund(0, 3000)
	if got := tab.Bill(0, 3000); got != 3000 {
		t.Errorf("after a refund %d is billed", got)
	}
}
