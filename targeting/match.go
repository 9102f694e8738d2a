package targeting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/placard/placard/targeting/words"
)

// Match reports whether the rule holds for the facts, by looking at each predicate in turn. It is the
// oracle that the index is tested against, and what explanations are made from.
func Match(e Expr, f *Facts) bool {
	switch e := e.(type) {
	case nil:
		return true
	case All:
		for _, x := range e {
			if !Match(x, f) {
				return false
			}
		}
		return true
	case Any:
		for _, x := range e {
			if Match(x, f) {
				return true
			}
		}
		return false
	case Not:
		return !Match(e.X, f)
	case In:
		found := false
		for _, list := range [][]AttrValue{f.Page.Attrs, f.Attrs} {
			for _, a := range list {
				if a.Attr != e.Attr || a.Value == "" {
					continue
				}
				if e.Attr.Single() {
					found = false // the last value is the request's
				}
				found = found || slices.Contains(e.Values, a.Value)
			}
		}
		return found
	case Keywords:
		for _, p := range e.Phrases {
			ws := words.Append(nil, p)
			found := containsPhrase(f.Page.TitleWords, ws) || !e.TitleOnly && containsPhrase(f.Page.TextWords, ws)
			if found != e.Every {
				return found
			}
		}
		return e.Every
	case URLPattern:
		if f.Page.URL == "" {
			return false
		}
		target := newURLTarget(f.Page.URL)
		for _, p := range e.Patterns {
			if u, err := parseURLPattern(p); err == nil && u.matches(target) {
				return true
			}
		}
		return false
	case KeyValue:
		for _, kv := range f.KV {
			if kv.Key == e.Key && e.matches(kv.Value) {
				return true
			}
		}
		return false
	case Hours:
		return e.contains(f.Now)
	case Age:
		return !f.Page.Published.IsZero() && e.contains(f.Now.Sub(f.Page.Published))
	case At:
		return Match(e.X, f)
	}
	return false
}

func containsPhrase(text, phrase []string) bool {
	for i := 0; i+len(phrase) <= len(text); i++ {
		found := true
		for j := range phrase {
			if text[i+j] != phrase[j] {
				found = false
				break
			}
		}
		if found {
			return true
		}
	}
	return false
}

// FirstFailing returns the first clause that keeps the rule from holding, in the order in which
// the rule states them; ok is false when the rule holds. A clause that is wrapped in [At] is returned with it.
func FirstFailing(e Expr, f *Facts) (failing Expr, ok bool) {
	if Match(e, f) {
		return nil, false
	}
	switch x := e.(type) {
	case All:
		for _, c := range x {
			if failing, ok := FirstFailing(c, f); ok {
				return failing, true
			}
		}
	case At:
		if all, ok := x.X.(All); ok && len(all) > 0 {
			return FirstFailing(all, f)
		}
	}
	return e, true
}

// Explain tells why the rule does not hold: the first clause that fails, where it stands, and what the request has instead. It
// returns "" when the rule holds.
func Explain(e Expr, f *Facts) string {
	failing, failed := FirstFailing(e, f)
	if !failed {
		return ""
	}
	why := Text(failing)
	at, ok := failing.(At)
	if ok {
		failing = at.X
		if at.Source != "" {
			why += " (" + at.Source + ")"
		}
	}
	if have := f.about(failing); have != "" {
		why += ": " + have
	}
	return why
}

// about says what the request has of what a clause asks for.
func (f *Facts) about(e Expr) string {
	switch e := e.(type) {
	case At:
		return f.about(e.X)
	case Not:
		return f.about(e.X)
	case In:
		var have []string
		for _, list := range [][]AttrValue{f.Page.Attrs, f.Attrs} {
			for _, a := range list {
				if a.Attr != e.Attr || a.Value == "" {
					continue
				}
				if e.Attr.Single() {
					have = have[:0]
				}
				have = append(have, a.Value)
			}
		}
		if len(have) == 0 {
			return "the request has no " + e.Attr.String()
		}
		return e.Attr.String() + " is " + strings.Join(have, ", ")
	case Keywords:
		if len(f.Page.TitleWords) == 0 && (e.TitleOnly || len(f.Page.TextWords) == 0) {
			return "the page has no words"
		}
		var found []string
		for _, p := range e.Phrases {
			if Match(Keywords{Phrases: []string{p}, TitleOnly: e.TitleOnly}, f) {
				found = append(found, p)
			}
		}
		if len(found) > 0 {
			return "the page has " + strings.Join(found, ", ")
		}
		return "the page has none of them"
	case URLPattern:
		if f.Page.URL == "" {
			return "the page has no address"
		}
		return "the page is " + f.Page.URL
	case KeyValue:
		var have []string
		for _, kv := range f.KV {
			if kv.Key == e.Key {
				have = append(have, kv.Value)
			}
		}
		if len(have) == 0 {
			return "the request has no " + e.Key
		}
		return e.Key + " is " + strings.Join(have, ", ")
	case Hours:
		zone := e.Zone
		if zone == nil {
			zone = time.UTC
		}
		return "there it is " + f.Now.In(zone).Format("Mon 15:04")
	case Age:
		if f.Page.Published.IsZero() {
			return "the page does not say when it was published"
		}
		return "it was published " + f.Page.Published.UTC().Format(time.RFC3339)
	}
	return ""
}

// Text writes an expression for people: country in [PK AE] and not section in [obituaries].
func Text(e Expr) string {
	switch e := e.(type) {
	case nil:
		return "everything"
	case All:
		return join(e, " and ", "everything")
	case Any:
		return join(e, " or ", "nothing")
	case Not:
		switch e.X.(type) {
		case All, Any:
			return "not (" + Text(e.X) + ")"
		}
		return "not " + Text(e.X)
	case In:
		return e.Attr.String() + " in [" + strings.Join(e.Values, " ") + "]"
	case Keywords:
		how := "any of"
		if e.Every {
			how = "all of"
		}
		if e.TitleOnly {
			how = "in the title " + how
		}
		return "keyword " + how + " [" + strings.Join(e.Phrases, ", ") + "]"
	case URLPattern:
		return "url matches [" + strings.Join(e.Patterns, " ") + "]"
	case KeyValue:
		switch e.Op {
		case Prefix:
			return e.Key + " begins with [" + strings.Join(e.Values, " ") + "]"
		case Range:
			return e.Key + " from " + strconv.FormatFloat(e.Min, 'g', -1, 64) + " to " + strconv.FormatFloat(e.Max, 'g', -1, 64)
		}
		return e.Key + " in [" + strings.Join(e.Values, " ") + "]"
	case Hours:
		return "hours " + spansText(e.Spans) + " in " + zoneName(&e)
	case Age:
		if e.Max == 0 {
			return "published at least " + duration(e.Min) + " ago"
		}
		if e.Min == 0 {
			return "published less than " + duration(e.Max) + " ago"
		}
		return "published from " + duration(e.Min) + " to " + duration(e.Max) + " ago"
	case At:
		return Text(e.X)
	}
	return fmt.Sprintf("%T", e)
}

func join(list []Expr, sep, none string) string {
	if len(list) == 0 {
		return none
	}
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = Text(x)
		switch x.(type) {
		case All, Any:
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, sep)
}

// duration writes whole days as 7d.
func duration(d time.Duration) string {
	if d%(24*time.Hour) == 0 && d != 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	return d.String()
}

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// spansText writes spans as the configuration does: mon-fri 07:00-23:00, sat 10:00-12:00.
func spansText(spans []Span) string {
	parts := make([]string, 0, len(spans))
	for _, s := range spans {
		days := "daily"
		if s.Days&127 != 127 {
			var list []string
			for i := 0; i < 7; i++ {
				d := (i + 1) % 7 // the week begins on Monday
				if s.Days>>d&1 == 0 {
					continue
				}
				from := dayNames[d]
				to := from
				for i+1 < 7 && s.Days>>((i+2)%7)&1 != 0 {
					i++
					to = dayNames[(i+1)%7]
				}
				if to != from {
					from += "-" + to
				}
				list = append(list, from)
			}
			days = strings.Join(list, "+")
		}
		parts = append(parts, fmt.Sprintf("%s %02d:%02d-%02d:%02d", days, s.From/60, s.From%60, s.To/60, s.To%60))
	}
	return strings.Join(parts, ", ")
}
