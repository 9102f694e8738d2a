package paper

import "strings"

// curl turns the straight quotes and apostrophes of English copy into printer's ones. A quote opens after
// a space, a dash or an opening bracket, and at the beginning; everywhere else it closes.
func curl(s string) string {
	if !strings.ContainsAny(s, `"'`) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s) + 8)
	opens := true
	for _, r := range s {
		switch {
		case r == '"' && opens:
			out.WriteRune('“')
		case r == '"':
			out.WriteRune('”')
		case r == '\'' && opens:
			out.WriteRune('‘')
		case r == '\'':
			out.WriteRune('’')
		default:
			out.WriteRune(r)
		}
		opens = strings.ContainsRune(" \n\t(—–[", r) || opens && (r == '"' || r == '*')
	}
	return out.String()
}
