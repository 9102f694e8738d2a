package delivery

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

func capped(t *testing.T) (*Tracker, *Table) {
	t.Helper()
	tr, tab := table(t, catalog.LineItem{CapScopes: []catalog.CapScope{
		{ID: 1, Caps: []catalog.Cap{{Limit: 2, Per: time.Hour}, {Limit: 1, Of: catalog.Clicks, Per: catalog.Lifetime}}},
		{ID: 2, Level: catalog.OfCampaign, Caps: []catalog.Cap{{Limit: 2, Of: catalog.Viewable, Per: 24 * time.Hour}}},
	}}, catalog.Campaign{})
	tr.Tick(start)
	return tr, tab
}

// TestVisitorsSurviveARestart fills caps, writes them, and reads them into a new tracker: each visitor is where they were.
func TestVisitorsSurviveARestart(t *testing.T) {
	tr, tab := capped(t)
	for v := uint64(1); v <= 300; v++ {
		for range v % 3 {
			tab.Take(0, v, start)
		}
		if v%5 == 0 {
			tab.Observe(Observation{Creative: -1, Of: catalog.Clicks, Visitor: v, At: start})
		}
		if v%7 == 0 {
			tab.Observe(Observation{Creative: -1, Of: catalog.Viewable, Visitor: v, At: start})
		}
	}
	var file bytes.Buffer
	if err := tr.SaveVisitors(&file, start); err != nil {
		t.Fatal(err)
	}
	again, table2 := capped(t)
	at, err := again.LoadVisitors(bytes.NewReader(file.Bytes()))
	if err != nil || !at.Equal(start) {
		t.Fatalf("%v, %v", at, err)
	}
	for v := uint64(1); v <= 300; v++ {
		for _, after := range []time.Duration{0, 10 * time.Minute, 2 * time.Hour, 48 * time.Hour} {
			if a, b := tab.CapGate(0, v, start.Add(after)), table2.CapGate(0, v, start.Add(after)); a != b {
				t.Fatalf("visitor %d after %s: %d before, %d after the restart", v, after, a, b)
			}
		}
	}
	if v := table2.CapGate(0, 5, start.AddDate(0, 0, 300)); v != Capped {
		t.Errorf("a click for life is forgotten: %d", v)
	}
	// What came after the file is told by the journal.
	for range 2 {
		table2.RestoreVisitor(Observation{Visitor: 999, At: start})
	}
	if v := table2.CapGate(0, 999, start); v != Capped {
		t.Errorf("after two restored serves: %d", v)
	}
}

// TestDamagedVisitorsChangeNothing cuts the file at each byte and flips each bit.
func TestDamagedVisitorsChangeNothing(t *testing.T) {
	tr, tab := capped(t)
	for v := uint64(1); v <= 3; v++ {
		tab.Take(0, v, start)
	}
	var file bytes.Buffer
	if err := tr.SaveVisitors(&file, start); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	fresh := New()
	for n := range whole {
		if _, err := fresh.LoadVisitors(bytes.NewReader(whole[:n])); !errors.Is(err, ErrVisitors) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		for bit := range 8 {
			bad := bytes.Clone(whole)
			bad[n] ^= 1 << bit
			if _, err := fresh.LoadVisitors(bytes.NewReader(bad)); !errors.Is(err, ErrVisitors) {
				t.Fatalf("bit %d of byte %d: %v", bit, n, err)
			}
		}
	}
	if n := fresh.caps.len(); n != 0 {
		t.Errorf("%d visitors came of damaged files", n)
	}
}

func FuzzLoadVisitors(f *testing.F) {
	tr := New()
	var b bytes.Buffer
	_ = tr.SaveVisitors(&b, start)
	f.Add(b.Bytes())
	f.Add([]byte("PLCDVIS1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = New().LoadVisitors(bytes.NewReader(data))
	})
}
