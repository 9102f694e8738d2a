package delivery

import (
	"testing"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// zonesOfTheWorld are zones with whole, half and quarter hours, clock changes of one hour and of half an hour, at midnight and elsewhere, in
// both hemispheres, and none.
var zonesOfTheWorld = []string{
	"Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Karachi", "America/New_York", "Europe/London", "Africa/Cairo", "America/Santiago", "Asia/Beirut", "America/Havana", "Pacific/Chatham", "UTC",
}

// TestEveryMinuteOfAYear walks through the minutes of a year in each zone and compares days, dayparts and weekdays with what the clock on the
// wall says, read from its printed form.
func TestEveryMinuteOfAYear(t *testing.T) {
	const year = 2026
	for _, name := range zonesOfTheWorld {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		// Mondays to Fridays from 07:00 to 23:00, Sundays from 00:00 to 00:30.
		rule := targeting.Hours{Zone: zone, Spans: []targeting.Span{{Days: 0b0111110, From: 7 * 60, To: 23 * 60}, {Days: 1, From: 0, To: 30}}}
		x, err := targeting.Build([]targeting.Expr{rule})
		if err != nil {
			t.Fatal(err)
		}
		var q targeting.Query
		var got []targeting.Ordinal
		date, begins, checked := "", time.Time{}, 0
		begin := time.Date(year-1, 12, 30, 0, 0, 0, 0, time.UTC)
		for at := begin; at.Year() <= year; at = at.Add(step(at, zone)) {
			wall := at.In(zone).Format("2006-01-02 15:04 Mon")
			if wall[:10] > date { // a clock set back over midnight does not begin a day again
				date, begins = wall[:10], at
				if at != begin {
					checked++
				}
			}
			if at.Sub(begin) < 48*time.Hour {
				continue // the first day began before
			}
			if wall[:10] == date {
				if m := Midnight(at, zone); !m.Equal(begins) {
					t.Fatalf("%s: the day of %s began at %s, not %s", name, wall, begins.In(zone), m.In(zone))
				}
			}
			day, clock := wall[17:], wall[11:16]
			want := day != "Sat" && day != "Sun" && clock >= "07:00" && clock < "23:00" || day == "Sun" && clock < "00:30"
			q.Reset(x)
			q.SetNow(at)
			if got = x.AppendEligible(got[:0], &q); (len(got) == 1) != want {
				t.Fatalf("%s: at %s the daypart is %v", name, wall, len(got) == 1)
			}
		}
		if checked < 365 {
			t.Errorf("%s: only %d days", name, checked)
		}
	}
}

// step is a minute: everywhere with -tags soak, else where something begins, ends or changes, with steps of seventeen minutes between.
func step(at time.Time, zone *time.Location) time.Duration {
	if everyMinute {
		return time.Minute
	}
	from, to := at.In(zone).ZoneBounds()
	near := func(t time.Time) bool { d := at.Sub(t); return !t.IsZero() && d > -6*time.Hour && d < 6*time.Hour }
	if h, m, _ := at.In(zone).Clock(); near(from) || near(to) || h == 23 && m >= 40 || h == 0 && m < 40 || h == 22 && m >= 40 || h == 6 && m >= 40 {
		return time.Minute
	}
	return 17 * time.Minute
}

// TestDaysFollowEachOther checks that each day's end is the next day's beginning, in hours that zones really have.
func TestDaysFollowEachOther(t *testing.T) {
	for _, name := range zonesOfTheWorld {
		zone, _ := time.LoadLocation(name)
		at := time.Date(2026, 1, 1, 12, 0, 0, 0, zone)
		for range 366 {
			a, b := Midnight(at, zone), nextMidnight(at, zone)
			if n := b.Sub(a); n < 22*time.Hour || n > 26*time.Hour {
				t.Fatalf("%s: the day of %s has %s", name, at, n)
			}
			if again := Midnight(b, zone); !again.Equal(b) {
				t.Fatalf("%s: the day after %s begins at %s or at %s", name, at, b, again)
			}
			if last := Midnight(b.Add(-time.Second), zone); !last.Equal(a) {
				t.Fatalf("%s: the last second before %s belongs to the day that began %s, not %s", name, b, last, a)
			}
			at = b.Add(12 * time.Hour)
		}
	}
}

// TestCurvesEndAtTheGoal holds what every curve promises: it never falls, starts at nothing and has the whole goal at the end.
func TestCurvesEndAtTheGoal(t *testing.T) {
	var weights [hoursPerWeek]float64
	for h := range weights {
		weights[h] = float64(1 + h%24)
	}
	begin, end := start.Unix()+1234, start.AddDate(0, 0, 17).Unix()
	for _, li := range []catalog.LineItem{{Pacing: catalog.Even}, {Pacing: catalog.Frontloaded}, {Pacing: catalog.ASAP}, {Pacing: catalog.Custom, Curve: []float64{.5, 0, .3, .2}}} {
		for _, p := range []*Profile{nil, NewProfile(&weights)} {
			last := 0.0
			for at := begin; at <= end; at += 997 {
				x := wanted(&li, p, begin, end, at)
				if x < last-1e-12 || x > 1 {
					t.Fatalf("pacing %d: %.6f after %.6f", li.Pacing, x, last)
				}
				last = x
			}
			if x := wanted(&li, p, begin, end, end); x < 1-1e-9 {
				t.Errorf("pacing %d ends at %.6f", li.Pacing, x)
			}
		}
	}
	// The profile's share is its sum, hour by hour.
	p := NewProfile(&weights)
	sum, whole := 0.0, 0.0
	from := start.Unix()
	for h := range int64(100) {
		whole += weights[HourOfWeek(from+h*3600)]
	}
	for h := range int64(100) {
		if got := p.share(from, from+100*3600, from+h*3600); got < sum/whole-1e-9 || got > sum/whole+1e-9 {
			t.Fatalf("after %d hours %.6f of the traffic, want %.6f", h, got, sum/whole)
		}
		sum += weights[HourOfWeek(from+h*3600)]
	}
}
