// Package words splits text into the normalised words that keyword rules and page classification
// compare. It is pure and safe for concurrent use.
package words

import (
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Append appends the normalised words of text to dst: NFKC, case-folded, split at Unicode word
// boundaries (UAX #29), punctuation and space dropped.
func Append(dst []string, text string) []string {
	text = cases.Fold().String(norm.NFKC.String(text))
	state := -1
	for text != "" {
		var w string
		w, text, state = uniseg.FirstWordInString(text, state)
		if strings.IndexFunc(w, isWordRune) >= 0 {
			dst = append(dst, w)
		}
	}
	return dst
}
