package configs

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/placard/placard/targeting"
)

// money reads an amount into micros, exactly: from the digits as written, never through a float.
func (m *mapping) money(key string, decimals int) int64 {
	n := m.get(key)
	if n == nil {
		return 0
	}
	if n.Kind != yaml.ScalarNode {
		m.r.errorf(n, "%s must be an amount, not %s", key, kindName(n))
		return 0
	}
	whole, frac, _ := strings.Cut(n.Value, ".")
	if strings.HasPrefix(whole, "-") {
		m.r.errorf(n, "%s must not be negative", key)
		return 0
	}
	if len(frac) > decimals {
		if decimals == 3 {
			m.r.errorf(n, "%s %s has more than 3 decimals: one impression is a thousandth of it and must be whole micros", key, cut(n.Value))
		} else {
			m.r.errorf(n, "%s %s has more than %d decimals: money is counted in millionths", key, cut(n.Value), decimals)
		}
		return 0
	}
	digits := strings.ReplaceAll(whole, "_", "") + frac + strings.Repeat("0", 6-len(frac))
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || whole == "" {
		m.r.errorf(n, "%s must be an amount such as 3.20, not %s", key, kindName(n))
		return 0
	}
	if v > 1e15 {
		m.r.errorf(n, "%s is more than a thousand million", key)
		return 0
	}
	return v
}

func (r *reader) duration(n *yaml.Node, what string) time.Duration {
	s := r.str(n, what)
	if s == "" {
		return 0
	}
	text := s
	if d, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(d); err == nil && days > 0 && days < 4000 {
			return time.Duration(days) * 24 * time.Hour
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.errorf(n, "%s must be a length of time such as 30s, 24h or 7d, not %s", what, kindName(n))
		return 0
	}
	return d
}

func (r *reader) size(n *yaml.Node) (Size, bool) {
	s := r.str(n, "size")
	ws, hs, ok := strings.Cut(s, "x")
	w, errW := strconv.Atoi(ws)
	h, errH := strconv.Atoi(hs)
	if !ok || errW != nil || errH != nil || w < 1 || h < 1 || w > 8192 || h > 8192 {
		if s != "" {
			r.errorf(n, "a size is written WIDTHxHEIGHT in CSS pixels, such as 970x250, not %s", kindName(n))
		}
		return Size{}, false
	}
	return Size{w, h}, true
}

func (m *mapping) zone(key, byDefault string) *time.Location {
	n := m.get(key)
	name := byDefault
	if n != nil {
		name = m.r.str(n, key)
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		m.r.errorf(n, "there is no time zone %q; write one like Asia/Karachi", cut(name))
		return time.UTC
	}
	return z
}

// instant reads a day, which begins at midnight, or a time of day, both in the zone.
func (r *reader) instant(n *yaml.Node, what string, zone *time.Location) time.Time {
	s := r.str(n, what)
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t
	}
	if s != "" {
		r.errorf(n, "%s must be a day such as 2026-11-01 or an instant such as 2026-11-01T08:00, not %s", what, kindName(n))
	}
	return time.Time{}
}

// click checks a destination: readers are sent there, so it must be an address on the web and nothing else. Macros may stand behind its
// host; parts is nil without any.
func (r *reader) click(n *yaml.Node) (address string, parts []Part) {
	s := r.str(n, "click")
	if s == "" {
		return "", nil
	}
	plain := strings.ReplaceAll(s, "{click_id}", "") // the server puts the click's id there
	if strings.Contains(s, "{{") {
		var err error
		if parts, err = ParseMacros(s, false); err != nil {
			r.errorf(n, "click: %v", err)
			return "", nil
		}
		plain = strings.ReplaceAll(plainMacros(parts), "{click_id}", "")
		_, host, _ := strings.Cut(parts[0].Text, "://")
		if !strings.Contains(host, "/") {
			r.errorf(n, "a macro in click must stand behind the address's host and a slash")
			return "", nil
		}
	}
	u, err := url.Parse(plain)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(plain, " \"<>\\^`{|}") {
		r.errorf(n, "click must be a whole web address such as https://example.com/offer, not %s", kindName(n))
		return "", nil
	}
	return s, parts
}

// published reads {within: 48h, after: 30m}: how old a page is, by what it says.
func (r *reader) published(n *yaml.Node) targeting.Age {
	var a targeting.Age
	m := r.mapping(n, "published")
	if w := m.get("within"); w != nil {
		a.Max = r.duration(w, "within")
	}
	if o := m.get("after"); o != nil {
		a.Min = r.duration(o, "after")
	}
	m.done()
	switch {
	case n.Kind != yaml.MappingNode:
	case m.known["within"] == nil && m.known["after"] == nil:
		r.errorf(n, "published needs within or after, such as {within: 48h}")
	case a.Max != 0 && a.Min >= a.Max:
		r.errorf(n, "published is after %s and within %s: no page is that old", duration(a.Min), duration(a.Max))
	}
	return a
}

// duration writes a length of time as it is written in the configuration.
func duration(d time.Duration) string {
	if d%(24*time.Hour) == 0 && d != 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	return d.String()
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// hours reads {mon-fri: "07:00-23:00", sat: ["10:00-12:00"]}.
func (r *reader) hours(n *yaml.Node, zone *time.Location) targeting.Hours {
	h := targeting.Hours{Zone: zone}
	if n == nil || n.Kind != yaml.MappingNode {
		if n != nil {
			r.errorf(n, "hours must be a map such as {mon-fri: \"07:00-23:00\"}, not %s", kindName(n))
		}
		return h
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		days, ok := parseDays(k.Value)
		if !ok {
			r.errorf(k, "hours has no days %q; write mon, sat or mon-fri", cut(k.Value))
			continue
		}
		for _, s := range r.list(v) {
			from, to, ok := parseSpan(s.Value)
			if s.Kind != yaml.ScalarNode || !ok {
				r.errorf(s, "a time span is written 07:00-23:00, the second time later and at most 24:00, not %s; over midnight is two spans", kindName(s))
				continue
			}
			h.Spans = append(h.Spans, targeting.Span{Days: days, From: from, To: to})
		}
	}
	if len(h.Spans) == 0 {
		r.errorf(n, "hours holds no time span: the line item could never serve")
	}
	return h
}

func parseDays(s string) (uint8, bool) {
	index := func(d string) int {
		for i, w := range weekdays {
			if w == d {
				return i
			}
		}
		return -1
	}
	if s == "daily" {
		return 127, true
	}
	a, b, isRange := strings.Cut(s, "-")
	from := index(a)
	if from < 0 {
		return 0, false
	}
	if !isRange {
		return 1 << from, true
	}
	to := index(b)
	if to < 0 {
		return 0, false
	}
	var days uint8
	for d := from; ; d = (d + 1) % 7 {
		days |= 1 << d
		if d == to {
			return days, true
		}
	}
}

func parseSpan(s string) (from, to int16, ok bool) {
	a, b, found := strings.Cut(s, "-")
	minutes := func(s string) (int16, bool) {
		hs, ms, ok := strings.Cut(s, ":")
		h, err1 := strconv.Atoi(hs)
		m, err2 := strconv.Atoi(ms)
		if !ok || err1 != nil || err2 != nil || len(ms) != 2 || h < 0 || h > 24 || m < 0 || m > 59 || h == 24 && m != 0 {
			return 0, false
		}
		return int16(h*60 + m), true
	}
	from, ok1 := minutes(a)
	to, ok2 := minutes(b)
	return from, to, found && ok1 && ok2 && from < to
}
