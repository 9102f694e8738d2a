//go:build !race

package decision_test

import (
	"testing"

	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
)

// Under the race detector sync.Pool forgets on purpose, so this is not for it.
func TestDecidingAllocatesNothing(t *testing.T) {
	in, _ := fullPage(t, 50)
	var out []decision.Outcome
	var skips decision.Skips
	for range 64 {
		in.Seed++
		out = decision.Decide(out[:0], in, &skips)
	}
	in.Seed = 1 // not one that is sampled
	if n := testing.AllocsPerRun(200, func() {
		in.Seed += delivery.SampleEvery
		out = decision.Decide(out[:0], in, &skips)
	}); n != 0 {
		t.Errorf("a decision allocates %.2f times", n)
	}
	for i, o := range out {
		if !o.Filled {
			t.Errorf("slot %d is empty: %s", i, o.Reason)
		}
	}
}
