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

// FirstFailing returns the first predicate that keeps the rule from holding, in the order in which
// the rule states them; ok is false when the rule holds.
func FirstFailing(e Expr, f *Facts) (failing Expr, ok bool) {
	if Match(e, f) {
		return nil, false
	}
	if list, isAll := e.(All); isAll {
		for _, x := range list {
			if failing, ok := FirstFailing(x, f); ok {
				return failing, true
			}
		}
	}
	return e, true
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
		return "hours of " + e.Zone.String()
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
