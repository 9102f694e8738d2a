package targeting

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// matches reports whether a value of the key satisfies the predicate.
func (k *KeyValue) matches(value string) bool {
	switch k.Op {
	case Prefix:
		for _, v := range k.Values {
			if strings.HasPrefix(value, v) {
				return true
			}
		}
	case Range:
		f, ok := parseNumber(value)
		return ok && k.Min <= f && f <= k.Max
	default:
		return slices.Contains(k.Values, value)
	}
	return false
}

// parseNumber reads a decimal number such as -12.5 or 3e4, of at most 32 bytes. Unlike strconv's errors, its refusal costs
// nothing: pages send words where rules expect numbers.
func parseNumber(s string) (float64, bool) {
	if s == "" || len(s) > 32 {
		return 0, false
	}
	i, digits := 0, 0
	if s[0] == '-' || s[0] == '+' {
		i++
	}
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0, false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		// Two digits of exponent cannot leave the range of a float64 together with 32 bytes of digits.
		if n := len(s) - i; n < 1 || n > 2 {
			return 0, false
		}
		for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
			digits++
		}
	}
	if i != len(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// contains reports whether a page of this age is meant.
func (a *Age) contains(age time.Duration) bool {
	age = max(age, 0)
	return a.Min <= age && (a.Max == 0 || age < a.Max)
}

// contains reports whether the instant falls in one of the spans of local time.
func (h *Hours) contains(now time.Time) bool {
	zone := h.Zone
	if zone == nil {
		zone = time.UTC
	}
	day, minute := localMinute(now, zone)
	return inSpans(h.Spans, day, minute)
}

// localMinute is the weekday, as a bit, and the minute since midnight that clocks in the zone show.
func localMinute(now time.Time, zone *time.Location) (day uint8, minute int16) {
	t := now.In(zone)
	return 1 << t.Weekday(), int16(t.Hour()*60 + t.Minute())
}

func inSpans(spans []Span, day uint8, minute int16) bool {
	for _, s := range spans {
		if s.Days&day != 0 && s.From <= minute && minute < s.To {
			return true
		}
	}
	return false
}
