package main

import (
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/journal"
)

func TestOpsTellOfTheJournalBeforeItIsFull(t *testing.T) {
	const bound = 100 << 20
	cases := []struct {
		stats       journal.Stats
		state, what string
	}{
		{journal.Stats{Well: true, Bytes: bound / 2}, "", ""},
		{journal.Stats{Well: true, Bytes: bound * 7 / 10}, "filling up", "fills up"},
		{journal.Stats{Well: true, Bytes: bound, Full: true}, "full", "journal is full"},
		{journal.Stats{LastError: "no space left on device", Refused: 3}, "cannot write", "cannot write"},
	}
	for _, c := range cases {
		c.stats.MaxBytes = bound
		p, state := journalProblem(c.stats, time.Unix(1, 0))
		if state != c.state || !strings.Contains(p.What, c.what) {
			t.Errorf("%+v: %q, %+v", c.stats, state, p)
		}
		if state != "" && (p.Why == "" || p.Remedy == "" || p.Since.IsZero()) {
			t.Errorf("%s: %+v says neither why nor what to do", state, p)
		}
		if !strings.Contains(p.Why, c.stats.LastError) {
			t.Errorf("%q does not tell the disk's error", p.Why)
		}
	}
}
