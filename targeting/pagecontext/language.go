package pagecontext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/placard/placard/targeting/words"
)

// languages are those that [Classifier.Classify] can tell apart, in ISO 639-1.
var languages = [...]string{"en", "ur", "ar", "hi", "de", "fr", "es", "tr", "fa"}

// script is a family of letters, as far as it narrows a language down.
type script uint8

const (
	noScript script = iota
	latin
	arabic
	devanagari
	otherScript
)

func scriptOf(r rune) script {
	switch {
	case r < 0x80:
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			return latin
		}
		return noScript
	case r < 0x250, r >= 0x1E00 && r <= 0x1EFF:
		return latin
	case r >= 0x600 && r <= 0x6FF, r >= 0x750 && r <= 0x77F, r >= 0xFB50 && r <= 0xFDFF, r >= 0xFE70 && r <= 0xFEFF:
		return arabic
	case r >= 0x900 && r <= 0x97F:
		return devanagari
	case unicode.IsLetter(r):
		return otherScript
	}
	return noScript
}

// scripts of the languages that have one of their own; others may use any.
func writtenIn(language string) script {
	switch language {
	case "ur", "ar", "fa":
		return arabic
	case "hi":
		return devanagari
	case "en", "de", "fr", "es", "tr":
		return latin
	}
	return noScript
}

// stopWords are the words that sentences of a language cannot do without and the other languages of its script
// do. A word that two of them share is left out of both, or weighs little.
var stopWords = [...]struct{ language, words string }{
	{"en", "the of and to is that for was on with as are this by from have has had not but they his her their said will would were been which who an at it he she we you it's its after over new us how what why when your says could more about out up into than first year"},
	{"de", "der die das und ist nicht ein eine einen einem einer zu den dem von mit sich auf für im auch nach wie aus bei oder wird werden wurde sind hat haben über nur noch vom zum zur durch dass aber als sein ich sie er wir war kein mehr gegen"},
	{"fr", "le les des et est une du dans qui que pour pas sur au avec ce il elle sont par plus ne se aux cette ces été mais ont leur nous vous être fait comme ou où après entre sans tout deux contre d'un d'une qu'il c'est selon"},
	{"es", "el los las y es una del que por con para se su al lo como más pero sus le ha este sí porque esta entre cuando muy sin sobre también fue hasta hay donde han quien desde todo nos durante todos ser son está dos según años"},
	{"tr", "bir ve bu için ile de da olarak daha çok gibi olan sonra kadar ama ne en mi göre her değil var yok oldu olduğu ise ancak tarafından dedi etti yeni büyük üzerinde önce iki türkiye'de ya hem"},
}

// latinVotes maps a stop word to a bit for each language of stopWords.
type latinVotes map[string]uint8

func newLatinVotes() latinVotes {
	v := latinVotes{}
	var ws []string
	for i := range stopWords {
		for _, w := range words.Append(ws[:0], stopWords[i].words) {
			v[w] |= 1 << i
		}
	}
	return v
}

const (
	// languageSample bounds how many words, and sampleBytes how many bytes of each part of a page are looked at.
	languageSample = 120
	sampleBytes    = 240
	// fewWords is how many words a text in Latin letters may have without showing its language. A headline often does
	// not; with more, it is a language that is not among ours.
	fewWords = 20
)

// dominantScript returns the script of most letters.
func dominantScript(texts ...string) script {
	var n [otherScript + 1]int
	for _, t := range texts {
		t = clip(t, sampleBytes)
		for i := 0; i < len(t); {
			if c := t[i]; c < utf8.RuneSelf {
				if c|0x20 >= 'a' && c|0x20 <= 'z' {
					n[latin]++
				}
				i++
				continue
			}
			r, size := utf8.DecodeRuneInString(t[i:])
			n[scriptOf(r)]++
			i += size
		}
	}
	best := noScript
	for s := latin; s <= otherScript; s++ {
		if n[s] > 0 && (best == noScript || n[s] > n[best]) {
			best = s
		}
	}
	return best
}

// detect returns the language of a page, "" when its words tell too little, and whether it may be one of ours. texts are the
// parts of the page as they are, lists their normalised words. Declared, the page's own word, decides unless it cannot
// be written in the page's script.
func (v latinVotes) detect(declared string, texts [3]string, lists [3][]string) (language string, ours bool) {
	declared = baseLanguage(declared)
	s := dominantScript(texts[:]...)
	if declared != "" {
		if w := writtenIn(declared); s == noScript || w == s || w == noScript {
			return declared, true
		}
	}
	switch s {
	case latin:
		language = v.latin(lists)
		return language, language != "" || len(lists[0])+len(lists[1])+len(lists[2]) <= fewWords
	case devanagari:
		return "hi", true
	case arabic:
		return arabicLanguage(texts, lists), true
	}
	return "", s == noScript
}

func (v latinVotes) latin(lists [3][]string) string {
	var votes [len(stopWords)]int
	left := languageSample
	for _, ws := range lists {
		for _, w := range ws {
			if left--; left < 0 {
				break
			}
			if bits := v[w]; bits != 0 {
				weight := 2
				if bits&(bits-1) != 0 {
					weight = 1
				}
				for i := range votes {
					if bits>>i&1 != 0 {
						votes[i] += weight
					}
				}
				if b, second := twoBest(&votes); votes[b] > 2*votes[second]+12 {
					return stopWords[b].language // little that follows would change it
				}
				continue
			}
			// Letters that only one of the languages has.
			for i := 0; i < len(w); i++ {
				if w[i] < utf8.RuneSelf {
					continue
				}
				switch r, _ := utf8.DecodeRuneInString(w[i:]); r {
				case 'ä':
					votes[1]++
				case 'ê', 'è', 'œ', 'à', 'ù':
					votes[2]++
				case 'ñ', 'ó', 'í', 'á', 'ú':
					votes[3]++
				case 'ş', 'ğ':
					votes[4] += 2
				}
			}
		}
	}
	best, second := twoBest(&votes)
	if votes[best] == 0 || votes[best] == votes[second] {
		return ""
	}
	return stopWords[best].language
}

func twoBest(votes *[len(stopWords)]int) (best, second int) {
	best, second = 0, 1
	if votes[1] > votes[0] {
		best, second = 1, 0
	}
	for i := 2; i < len(votes); i++ {
		switch {
		case votes[i] > votes[best]:
			best, second = i, best
		case votes[i] > votes[second]:
			second = i
		}
	}
	return best, second
}

// arabicLanguage tells Urdu, Persian and Arabic apart by letters that the others do not use, and a few words
// that no text is without.
func arabicLanguage(texts [3]string, lists [3][]string) string {
	var ur, fa, ar int
	for _, t := range texts {
		for _, r := range clip(t, sampleBytes) {
			switch r {
			case 'ٹ', 'ڈ', 'ڑ', 'ں', 'ے', 'ھ', 'ۓ', 'ۂ':
				ur += 3
			case 'ہ':
				ur += 2
			case 'ژ':
				fa++
			case 'پ', 'چ', 'گ':
				fa++ // Urdu has them too, and more besides
			case 'ة', 'ي', 'ك', 'ى', 'أ', 'إ', 'ؤ':
				ar++ // or Urdu on an Arabic keyboard
			}
		}
	}
	left := languageSample
	for _, ws := range lists {
		for _, w := range ws {
			if left--; left < 0 {
				break
			}
			switch w { // as words are normalised
			case "کے", "ہے", "میں", "کی", "کا", "سے", "نے", "اور", "پر", "کو", "ہیں":
				ur += 3
			case "در", "از", "را", "این", "است", "کہ", "با", "برای", "ہای", "می", "شد", "آن":
				fa += 3
			case "فی", "من", "علی", "الی", "التی", "الذی", "عن", "ہذا", "بعد", "مع", "او":
				ar += 3
			}
		}
	}
	switch {
	case ur > ar && 2*ur > fa:
		return "ur"
	case fa > ar:
		return "fa"
	}
	return "ar"
}

// baseLanguage returns the two-letter language of a BCP 47 tag, "" for what is none.
func baseLanguage(tag string) string {
	tag = strings.TrimSpace(tag)
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	tag = strings.ToLower(tag)
	switch tag {
	case "eng":
		return "en"
	case "urd":
		return "ur"
	case "ara":
		return "ar"
	case "hin":
		return "hi"
	case "fas", "per":
		return "fa"
	case "tur":
		return "tr"
	case "deu", "ger":
		return "de"
	case "fra", "fre":
		return "fr"
	case "spa":
		return "es"
	}
	if len(tag) != 2 || tag[0] < 'a' || tag[0] > 'z' || tag[1] < 'a' || tag[1] > 'z' {
		return ""
	}
	return tag
}
