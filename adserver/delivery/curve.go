package delivery

import (
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// hoursPerWeek is the length of a [Profile].
const hoursPerWeek = 168

// Profile is how traffic spreads over the week: the weight of each hour, counted in UTC from the epoch's weekday on, and their
// running sum. The zero Profile is flat.
type Profile struct {
	weight [hoursPerWeek]float64
	before [hoursPerWeek + 1]float64 // before[h]: the sum of the weights below h
}

// NewProfile returns the profile of 168 weights. Hours without traffic keep a thousandth of the mean, so that no
// curve stands still for ever because a week had a hole in it.
func NewProfile(weights *[hoursPerWeek]float64) *Profile {
	p := &Profile{}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if sum <= 0 {
		return nil
	}
	for h, w := range weights {
		p.weight[h] = max(w, sum/hoursPerWeek/1000)
		p.before[h+1] = p.before[h] + p.weight[h]
	}
	return p
}

// HourOfWeek is the hour of the week that a profile's weight of the instant stands at.
func HourOfWeek(unix int64) int { return int(((unix/3600)%hoursPerWeek + hoursPerWeek) % hoursPerWeek) }

// at is the traffic from the epoch until the instant, in weights.
func (p *Profile) at(unix int64) float64 {
	if p == nil {
		return float64(unix)
	}
	const week = hoursPerWeek * 3600
	weeks, rest := unix/week, unix%week
	h := rest / 3600
	return float64(weeks)*p.before[hoursPerWeek] + p.before[h] + p.weight[h]*float64(rest%3600)/3600
}

// share is how much of the traffic from start to end has come by now: time itself with a nil profile.
func (p *Profile) share(start, end, now int64) float64 {
	switch {
	case now <= start:
		return 0
	case now >= end:
		return 1
	}
	from := p.at(start)
	return (p.at(now) - from) / (p.at(end) - from)
}

// Curve is the share of a goal that should be delivered when the share x of its traffic has passed.
func Curve(p catalog.Pacing, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	switch p {
	case catalog.Even, catalog.Custom:
		return min(1, 1.05*x)
	case catalog.Frontloaded:
		return min(1, x*(1.4-0.3*x))
	}
	return 1
}

// wanted is the share of a line item's goal that should be delivered by the instant, over the flight from start to end.
func wanted(li *catalog.LineItem, p *Profile, start, end, now int64) float64 {
	if li.Pacing != catalog.Custom || len(li.Curve) == 0 {
		return Curve(li.Pacing, p.share(start, end, now))
	}
	// Each weight belongs to an equal part of the time; within it delivery follows the traffic.
	n := int64(len(li.Curve))
	share := 0.0
	for i := range n {
		a, b := start+(end-start)*i/n, start+(end-start)*(i+1)/n
		if now >= b {
			share += li.Curve[i]
			continue
		}
		share += li.Curve[i] * p.share(a, b, now)
		break
	}
	return min(1, 1.05*share)
}

// Midnight returns the beginning of the local day that holds the instant. Where a clock change skips midnight, the day begins at its
// first instant; where it repeats, at the first of the two.
func Midnight(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if ty, tm, td := t.Date(); ty != y || tm != m || td != d {
		// Midnight does not exist: time.Date gave an instant of the day before. The change is where the date turns.
		_, t = t.ZoneBounds()
		return t
	}
	if t.Hour() != 0 || t.Minute() != 0 {
		// The day begins at the clock change itself.
		if from, _ := t.ZoneBounds(); !from.IsZero() {
			return from
		}
	}
	// A clock set back over midnight repeats it.
	if from, _ := t.ZoneBounds(); !from.IsZero() {
		if before := from.Add(-time.Nanosecond); sameDay(before, y, m, d, zone) && t.Sub(from) >= 0 && t.Sub(from) < 3*time.Hour {
			_, was := before.Zone()
			first := time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("", was))
			if first.Before(t) {
				return first.In(zone)
			}
		}
	}
	return t
}

func sameDay(t time.Time, y int, m time.Month, d int, zone *time.Location) bool {
	ty, tm, td := t.In(zone).Date()
	return ty == y && tm == m && td == d
}

// nextMidnight returns the end of the local day that holds the instant.
func nextMidnight(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return Midnight(time.Date(y, m, d+1, 12, 0, 0, 0, zone), zone)
}
