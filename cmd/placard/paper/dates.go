package paper

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// firstIssue is the date the paper's issue numbers count from.
var firstIssue = time.Date(1951, time.March, 5, 0, 0, 0, 0, karachi)

// issueNumber counts the days from the first issue: one paper a day, no holidays.
func issueNumber(now time.Time) int {
	return int(now.Sub(firstIssue)/(24*time.Hour)) + 1
}

// thousands writes n with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// longDate writes the day in full: Monday, 23 November 2026.
func longDate(t time.Time, language string) string {
	t = t.In(karachi)
	if language != "ur" {
		return t.Format("Monday, 2 January 2006")
	}
	days := [...]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"}
	return days[t.Weekday()] + "، " + urduDate(t)
}

// storyDate writes the day of a story without its weekday.
func storyDate(t time.Time, language string) string {
	t = t.In(karachi)
	if language == "ur" {
		return urduDate(t)
	}
	return t.Format("2 January 2006, 3:04 pm")
}

func urduDate(t time.Time) string {
	months := [...]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"}
	return fmt.Sprintf("%s %s %sء", urduDigits(t.Day()), months[t.Month()-1], urduDigits(t.Year()))
}

// urduDigits writes n in Extended Arabic-Indic digits.
func urduDigits(n int) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '۰'
		}
		return r
	}, strconv.Itoa(n))
}

// minutes is how long a story takes at 220 words a minute, at least one.
func minutes(words int, language string) string {
	n := max(1, (words+110)/220)
	if language == "ur" {
		return urduDigits(n)
	}
	return strconv.Itoa(n)
}
