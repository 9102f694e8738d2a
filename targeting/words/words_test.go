package words

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"Peace talks collapse", "peace|talks|collapse"},
		{"Istanbul's ferry; the players' strike, it’s over", "istanbul|ferry|the|players|strike|it|over"},
		{"don't O'Neill l’été", "don't|o'neill|l'été"},
		{"U.S. and U.K.-based firms", "u.s|and|u.k|based|firms"},
		{"It ended.The next day", "it|ended|the|next|day"},
		{"£1,000.50 or 3.5% in 2,3", "1,000.50|or|3.5|in|2,3"},
		{"peace-talks—again…now", "peace|talks|again|now"},
		{"ＩＳＴＡＮＢＵＬ ﬁnal", "istanbul|final"},
		{"İstanbul ISTANBUL ıstanbul", "istanbul|istanbul|istanbul"},
		{"Straße STRASSE ΣΊΣΥΦΟΣ", "strasse|strasse|σίσυφοσ"},
		{"Beyoncé BEYONCÉ Beyonce\u0301", "beyoncé|beyoncé|beyoncé"},
		{"استنبول میں امن مذاکرات ناکام، جنگ۔", "استنبول|میں|امن|مذاکرات|ناکام|جنگ"},
		{"كتاب کتاب كِتـَاب", "کتاب|کتاب|کتاب"}, // Arabic, Urdu, with vowels and tatweel
		{"می\u200cشود", "میشود"},
		{"शांति वार्ता विफल।", "शांति|वार्ता|विफल"},
		{"和平谈判", "和|平|谈|判"},
		{"東京タワー", "東|京|タワー"},
		{"ที่นี่", "ที่|นี่"},
		{"A和B", "a|和|b"},
		{"평화 회담", "평화|회담"},
		{"ﷺ", "صلی|اللہ|علیہ|وسلم"}, // one character, four words
		{"a\xffb", "a|b"},
		{"''. ,,", ""},
		{"x² ½", "x2|1|2"},
	} {
		if got := strings.Join(Append(nil, c.text), "|"); got != c.want {
			t.Errorf("Append(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	got := Append([]string{"a"}, "b c")
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatalf("got %q", got)
	}
}

// A word is itself normal, whatever it was cut from; nothing is lost that other spellings of a text keep.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{"Peace-talks’ end", "U.S. 3,000.5", "می\u200cشود ﷺ", "和平 ที่", "İI\u0307ı", "a\xc0b'c’", "ẞß ﬁ ½"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Append(nil, s)
		for _, w := range got {
			if w == "" || !utf8.ValidString(w) || strings.ContainsAny(w, " \t\n-") {
				t.Fatalf("word %q of %q", w, s)
			}
			if again := Append(nil, w); len(again) == 1 && again[0] != w && !strings.HasSuffix(w, "'s") && norm.NFKC.IsNormalString(w) {
				t.Fatalf("%q of %q becomes %q", w, s, again)
			}
		}
	})
}

func TestAppendAllocates(t *testing.T) {
	text := strings.Repeat("The delegations left by separate doors of the hotel, and didn't shake hands. ", 260)
	dst := make([]string, 0, len(text))
	if n := testing.AllocsPerRun(20, func() { dst = Append(dst[:0], text) }); n > 1 {
		t.Errorf("%v allocations for English text, want 1", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	text := strings.Repeat("The delegations left by separate doors of the hotel, and didn’t shake hands. ", 260)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var dst []string
	for b.Loop() {
		dst = Append(dst[:0], text)
	}
}
