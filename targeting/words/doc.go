// Package words answers one question: which words does a text have, in the form in which they are compared? Keyword
// rules, page classification and the words of pages all go through it, so what one writes the other finds.
//
// A word is a run of letters, digits and the marks on them:
//   - compatibility forms are unified (NFKC) and case is folded, so that "ＩＳＴＡＮＢＵＬ" and "istanbul" are one; the dotted and the
//     dotless i of Turkish are one too, since upper case loses the difference elsewhere;
//   - an apostrophe or a full stop inside an abbreviation joins ("don't", "u.s"), and so do separators inside numbers ("1,000", "3.5");
//     a hyphen separates; the possessive 's at the end is dropped;
//   - Arabic, Persian and Urdu type the same letters differently: vowel signs, tatweel and joiners are dropped, and the forms of alef, kaf, yeh
//     and heh are one each;
//   - scripts that are written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one word for each character with its
//     marks, so that a phrase is found wherever its characters stand in a row.
//
// Everything is pure and safe for concurrent use.
package words
