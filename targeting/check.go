package targeting

import (
	"slices"

	"github.com/placard/placard/targeting/words"
)

// CheckURLPattern returns what is wrong with a pattern of [URLPattern], or nil.
func CheckURLPattern(p string) error {
	_, err := parseURLPattern(p)
	return err
}

// HasWord reports whether a keyword has a word that could be found.
func HasWord(phrase string) bool { return len(words.Append(nil, phrase)) > 0 }

// single are the attributes that a request has one value of at most.
var single = [NumAttributes]bool{Site: true, Placement: true, Section: true, Language: true, Country: true, Region: true, City: true, Device: true, OS: true, Browser: true, Theme: true, BotClass: true, PageKind: true}

// Contradiction returns why a rule can never hold, naming the two clauses that contradict each other, or "". It looks at the
// clauses that must all hold; a contradiction that takes more than two of them to see is not found.
func Contradiction(e Expr) string {
	var clauses []Expr
	var flatten func(e Expr)
	flatten = func(e Expr) {
		if all, ok := e.(All); ok {
			for _, x := range all {
				flatten(x)
			}
			return
		}
		if e != nil {
			clauses = append(clauses, e)
		}
	}
	flatten(e)
	for i, a := range clauses {
		if alwaysFalse(a) {
			return Text(a) + " holds for nothing"
		}
		for _, b := range clauses[:i] {
			if excludes(a, b) || excludes(b, a) {
				return Text(b) + " contradicts " + Text(a)
			}
		}
	}
	return ""
}

func alwaysFalse(e Expr) bool {
	switch e := e.(type) {
	case In:
		return len(e.Values) == 0
	case Keywords:
		return len(e.Phrases) == 0 && !e.Every
	case Hours:
		return len(e.Spans) == 0
	case KeyValue:
		return e.Op == Range && e.Min > e.Max || e.Op != Range && len(e.Values) == 0
	case Any:
		for _, x := range e {
			if Contradiction(x) == "" {
				return false
			}
		}
		return true
	}
	return false
}

// excludes reports whether a and b cannot both hold.
func excludes(a, b Expr) bool {
	switch b := b.(type) {
	case Not:
		switch n := b.X.(type) {
		case In:
			in, ok := a.(In)
			return ok && in.Attr == n.Attr && single[in.Attr] && subset(in.Values, n.Values)
		case Keywords:
			k, ok := a.(Keywords)
			return ok && !n.Every && (!n.TitleOnly || k.TitleOnly) && (k.Every && overlaps(k.Phrases, n.Phrases) || !k.Every && subset(k.Phrases, n.Phrases))
		}
	case In:
		in, ok := a.(In)
		return ok && in.Attr == b.Attr && single[in.Attr] && !overlaps(in.Values, b.Values)
	}
	return false
}

func subset(a, b []string) bool {
	for _, v := range a {
		if !slices.Contains(b, v) {
			return false
		}
	}
	return true
}

func overlaps(a, b []string) bool {
	for _, v := range a {
		if slices.Contains(b, v) {
			return true
		}
	}
	return false
}
