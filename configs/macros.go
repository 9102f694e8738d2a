package configs

import (
	"fmt"
	"slices"
	"strings"
)

// Part is a piece of a text with macros: plain text, or a macro and how its value must be escaped where it stands.
type Part struct {
	Text  string // when Macro is ""
	Macro string
	Query bool // it is part of a URL's query: percent-encoded. Otherwise it stands in HTML or at the start of a URL
}

// macros that any text may hold, and click_url, which only third-party code may: a destination cannot lead to itself.
var macros = []string{"advertiser", "cachebuster", "campaign", "creative", "height", "line_item", "placement", "request_id", "site", "width"}

const clickMacro = "click_url"

// ParseMacros splits a text at its {{macros}}. Values are put in once: what they hold is never looked through for macros again.
func ParseMacros(text string, code bool) ([]Part, error) {
	valid := macros
	if code {
		valid = append([]string{clickMacro}, macros...)
	}
	var parts []Part
	done := ""
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if before != "" {
			parts = append(parts, Part{Text: before})
			done += before
		}
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}}")
		name = strings.TrimSpace(name)
		if !closed {
			return nil, fmt.Errorf("a macro is not closed: {{%s", cut(after))
		}
		if !slices.Contains(valid, name) {
			return nil, fmt.Errorf("there is no macro {{%s}}%s", cut(name), nearest(name, valid))
		}
		// What is open before the macro tells where it stands: back to the quote, space or bracket that began it.
		open := done[strings.LastIndexAny(done, "\"'` \n\t<>(")+1:]
		parts = append(parts, Part{Macro: name, Query: strings.ContainsAny(open, "?#=&")})
		done += "x"
		rest = tail
	}
	return parts, nil
}

// plainMacros replaces macros by a letter, to check the rest of an address.
func plainMacros(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Macro != "" {
			b.WriteByte('x')
		}
		b.WriteString(p.Text)
	}
	return b.String()
}
