package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Append appends the normalised words of text to dst. The words share one buffer, which lives as long as any of
// them; Append does not keep text. Invalid UTF-8 separates words.
func Append(dst []string, text string) []string {
	if len(text) == 0 {
		return dst
	}
	if n := len(text)/5 + 8; cap(dst)-len(dst) < n {
		// One allocation for a text of usual words instead of a dozen.
		dst = append(make([]string, 0, len(dst)+n), dst...)
	}
	t := tokenizer{buf: make([]byte, 0, len(text)+8)}
	return t.append(dst, text, true)
}

// tokenizer holds the lower-case copy of a text that the words are cut from. What it has written is never changed
// again: words point into it.
type tokenizer struct {
	buf []byte
}

// The classes of ASCII bytes. A letter's entry is its lower case, a digit's itself; 0 separates, and the bytes below are
// special.
const (
	joiner   = 1 // ' . , : they may join
	nonASCII = 2
)

var ascii = func() (t [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	t['\''], t['.'], t[','] = joiner, joiner, joiner
	for c := 0x80; c < 0x100; c++ {
		t[c] = nonASCII
	}
	return t
}()

func isDigit(c byte) bool { return c-'0' < 10 }

// append cuts text. Words of ASCII letters take the loop at its top and nothing else; others go rune by rune
// through slow. compat says that NFKC still has to be applied.
func (t *tokenizer) append(dst []string, text string, compat bool) []string {
	i := 0
	for i < len(text) {
		c := ascii[text[i]]
		if c <= joiner {
			i++
			continue
		}
		if c != nonASCII {
			n, end := t.fast(text, i)
			if n < 0 {
				// A word with other letters in it is done again, whole.
				dst, i = t.slow(dst, text, i, compat)
				continue
			}
			start := len(t.buf)
			t.buf = t.buf[:start+n]
			dst = t.word(dst, start)
			i = end
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isWord(r) {
			i += size
			continue
		}
		dst, i = t.slow(dst, text, i, compat)
	}
	return dst
}

// fast writes the word that begins at text[i] behind buf and returns its length and where it ends, -1 if it has letters
// outside ASCII.
func (t *tokenizer) fast(text string, i int) (n, end int) {
	if cap(t.buf)-len(t.buf) < len(text)-i {
		// Only texts that grew in folding come here: the old buffer stays with the words that point into it.
		t.buf = make([]byte, 0, 2*(len(text)-i))
	}
	out := t.buf[len(t.buf):cap(t.buf)]
	for i < len(text) && n < len(out) {
		c := ascii[text[i]]
		if c > nonASCII {
			out[n] = c
			n++
			i++
			continue
		}
		switch {
		case c == joiner && joins(text, i):
			out[n] = text[i]
			n++
			i++
			continue
		case c == nonASCII && strings.HasPrefix(text[i:], "’"):
			// The typographic apostrophe is by far the commonest of these, and is written as the plain one.
			if isASCIILetter(text[i-1]) && joinsLetters(text[i+len("’"):]) {
				out[n] = '\''
				n++
				i += len("’")
				continue
			}
		case c == nonASCII:
			if r, _ := utf8.DecodeRuneInString(text[i:]); (isWord(r) || unicode.IsMark(r)) && !unspaced(r) {
				return -1, i
			}
		}
		break
	}
	return n, i
}

// word appends the word that begins at buf[start].
func (t *tokenizer) word(dst []string, start int) []string {
	w := t.buf[start:]
	if n := len(w); n > 2 && w[n-1] == 's' && w[n-2] == '\'' {
		w = w[:n-2]
	}
	return append(dst, unsafe.String(unsafe.SliceData(w), len(w)))
}

// slow appends the word, or the single character of an unspaced script, that begins at text[i], and returns where it
// ends.
func (t *tokenizer) slow(dst []string, text string, i int, compat bool) ([]string, int) {
	first, size := utf8.DecodeRuneInString(text[i:])
	end := i + size
	alone := unspaced(first)
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		switch {
		case unicode.IsMark(r) || r == zwnj || r == zwj || r == tatweel:
		case alone || unspaced(r):
			size = 0
		case isWord(r):
		case r == '’' || r == '\'' && end+1 < len(text):
			if !joinsLetters(text[end+size:]) {
				size = 0
			}
		default:
			size = 0
		}
		if size == 0 {
			break
		}
		end += size
	}
	raw := text[i:end]
	if compat && !norm.NFKC.IsNormalString(raw) {
		// One character may stand for several words.
		return t.append(dst, norm.NFKC.String(raw), false), end
	}
	start := len(t.buf)
	for _, r := range fold(raw) {
		if r = unify(r); r != 0 {
			t.buf = utf8.AppendRune(t.buf, r)
		}
	}
	if len(t.buf) > start {
		dst = t.word(dst, start)
	}
	return dst, end
}

// fold folds the case of a word, if it has one.
func fold(w string) string {
	for _, r := range w {
		if unicode.Is(unicode.Cherokee, r) {
			return strings.ToLower(w) // whose folding goes to upper case, and not always
		}
		if unicode.IsUpper(r) || unicode.IsTitle(r) || r > 0x24F && unicode.IsLower(r) || r == 'ß' || r == 'ſ' || r == 'ŉ' || r == 'ǰ' {
			return cases.Fold().String(w)
		}
	}
	return w
}

const (
	zwnj    = '\u200C'
	zwj     = '\u200D'
	tatweel = '\u0640'
)

// unify returns the letter that r counts as, 0 for none.
func unify(r rune) rune {
	switch {
	case r == zwnj, r == zwj, r == tatweel, r == '\u0307': // the dot above is what case folding leaves of İ
		return 0
	case r < 0x600:
		if r == 'ı' {
			return 'i'
		}
		return r
	case r == '’':
		return '\''
	case r > 0x6D3:
		return r
	case r >= 0x64B && r <= 0x65F, r == 0x670, r >= 0x610 && r <= 0x61A:
		return 0
	}
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ي', 'ى', 'ئ':
		return 'ی'
	case 'ك':
		return 'ک'
	case 'ه', 'ة', 'ۂ', 'ۃ', 'ۀ':
		return 'ہ'
	case 'ؤ':
		return 'و'
	}
	return r
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// joins reports whether the ' . or , at text[i] is inside a word that began before it.
func joins(text string, i int) bool {
	if i+1 >= len(text) {
		return false
	}
	before, after := text[i-1], text[i+1]
	switch text[i] {
	case '\'':
		return isASCIILetter(before) && joinsLetters(text[i+1:])
	case '.':
		if isDigit(before) && isDigit(after) {
			return true
		}
		// Letters one by one: an abbreviation, and not the end of a sentence whose space is missing.
		return isASCIILetter(before) && isASCIILetter(after) && (i < 2 || !isASCIILetter(text[i-2]) && text[i-2] < 0x80) &&
			(i+2 >= len(text) || !isASCIILetter(text[i+2]) && text[i+2] < 0x80)
	default:
		return isDigit(before) && isDigit(after)
	}
}

// joinsLetters reports whether s, which follows an apostrophe, goes on with a letter.
func joinsLetters(s string) bool {
	if s == "" {
		return false
	}
	if s[0] < utf8.RuneSelf {
		return isASCIILetter(s[0])
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) && !unspaced(r)
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return ascii[r] > nonASCII
	}
	switch r {
	case utf8.RuneError, '’', '“', '”', '‘', '–', '—', '…', '\u00A0', '،', '۔', '؟', '؛', '।':
		return false
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsNumber(r)
}

// unspaced reports whether r belongs to a script whose words no space separates. Hangul and Katakana have words.
func unspaced(r rune) bool {
	switch {
	case r < 0x0E00:
		return false
	case r <= 0x0EFF, r >= 0x1000 && r <= 0x109F, r >= 0x1780 && r <= 0x17FF: // Thai, Lao, Burmese, Khmer
		return true
	case r >= 0x3040 && r <= 0x309F, r >= 0x3400 && r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, r >= 0xF900 && r <= 0xFAFF, r >= 0x20000 && r <= 0x3FFFF:
		return true
	}
	return false
}
