package pagecontext

import (
	"strings"
	"unicode"
	"unicode/utf8"
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
	for i := range stopWords {
		for w := range strings.FieldsSeq(stopWords[i].words) {
			v[w] |= 1 << i
		}
	}
	return v
}

// languageSample bounds how many words are looked at.
const languageSample = 160

// dominantScript returns the script of most words.
func dominantScript(lists ...[]string) script {
	var n [otherScript + 1]int
	left := languageSample
	for _, ws := range lists {
		for _, w := range ws {
			if left--; left < 0 {
				break
			}
			r, _ := utf8.DecodeRuneInString(w)
			n[scriptOf(r)]++
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

// detect returns the language of normalised words, or "" when they tell too little. Declared, the page's own word, decides
// unless it cannot be written in the words' script.
func (v latinVotes) detect(declared string, lists ...[]string) string {
	declared = baseLanguage(declared)
	s := dominantScript(lists...)
	if declared != "" {
		if w := writtenIn(declared); s == noScript || w == s || w == noScript {
			return declared
		}
	}
	switch s {
	case latin:
		return v.latin(lists...)
	case devanagari:
		return "hi"
	case arabic:
		return arabicLanguage(lists...)
	}
	return ""
}

func (v latinVotes) latin(lists ...[]string) string {
	var votes [len(stopWords)]int
	left := languageSample
	for _, ws := range lists {
		for _, w := range ws {
			if left--; left < 0 {
				break
			}
			bits := v[w]
			weight := 2
			if bits&(bits-1) != 0 {
				weight = 1
			}
			for i := range votes {
				if bits>>i&1 != 0 {
					votes[i] += weight
				}
			}
			// Letters that only one of the languages has.
			for _, r := range w {
				switch r {
				case 'ß', 'ä':
					votes[1]++
				case 'ê', 'è', 'œ', 'à', 'ù':
					votes[2]++
				case 'ñ', 'ó', 'í', 'á', 'ú':
					votes[3]++
				case 'ı', 'ş', 'ğ':
					votes[4] += 2
				}
			}
		}
	}
	best, second := 0, -1
	for i := 1; i < len(votes); i++ {
		if votes[i] > votes[best] {
			best, second = i, best
		} else if second < 0 || votes[i] > votes[second] {
			second = i
		}
	}
	if votes[best] == 0 || votes[best] == votes[second] {
		return ""
	}
	return stopWords[best].language
}

// arabicLanguage tells Urdu, Persian and Arabic apart by letters that the others do not use, and a few words
// that no text is without.
func arabicLanguage(lists ...[]string) string {
	var ur, fa, ar int
	left := languageSample
	for _, ws := range lists {
		for _, w := range ws {
			if left--; left < 0 {
				break
			}
			switch w {
			case "کے", "ہے", "میں", "کی", "کا", "سے", "نے", "اور", "پر", "کو", "ہیں":
				ur += 3
			case "در", "از", "را", "این", "است", "که", "با", "برای", "های", "می", "شد", "آن":
				fa += 3
			case "في", "من", "على", "إلى", "أن", "التي", "الذي", "عن", "هذا", "بعد", "مع", "أو":
				ar += 3
			}
			for _, r := range w {
				switch r {
				case 'ٹ', 'ڈ', 'ڑ', 'ں', 'ے', 'ھ', 'ہ', 'ۓ', 'ۂ':
					ur += 2
				case 'پ', 'چ', 'ژ', 'گ':
					fa++ // Urdu has them too, and more besides
				case 'ة', 'ي', 'ك', 'ى', 'أ', 'إ', 'ؤ':
					ar += 2
				}
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
	}
	if len(tag) != 2 || tag[0] < 'a' || tag[0] > 'z' || tag[1] < 'a' || tag[1] > 'z' {
		return ""
	}
	return tag
}
