package web

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/placard/placard/reporting/report"
)

// A speaker writes texts, numbers and dates in one language. It may be used by any goroutine.
type speaker struct {
	code, dir string
	tag       language.Tag
	texts     map[string]string // by English text; nil for English
	months    [12]string
	weekdays  [7]string // from Sunday
	print     *message.Printer
	regions   display.Namer
}

func newSpeakers() map[string]*speaker {
	en := &speaker{
		code: "en", dir: "ltr", tag: language.English,
		months:   [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	}
	ur := &speaker{
		code: "ur", dir: "rtl", tag: language.Urdu, texts: urdu,
		months:   [12]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"},
		weekdays: [7]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"},
	}
	out := map[string]*speaker{}
	for _, s := range []*speaker{en, ur} {
		s.print, s.regions = message.NewPrinter(s.tag), display.Regions(s.tag)
		out[s.code] = s
	}
	return out
}

const langCookie = "placard_lang"

var langMatcher = language.NewMatcher([]language.Tag{language.English, language.Urdu})

// language chooses: what the URL says, what the reader chose before, what the browser asks for.
func (s *Site) language(r *http.Request) *speaker {
	if sp, ok := s.speakers[r.URL.Query().Get("lang")]; ok {
		return sp
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if sp, ok := s.speakers[c.Value]; ok {
			return sp
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err == nil {
		if _, i, confidence := langMatcher.Match(tags...); confidence >= language.High && i == 1 {
			return s.speakers["ur"]
		}
	}
	return s.speakers["en"]
}

// rememberLanguage keeps the URL's choice for the next pages.
func (s *Site) rememberLanguage(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.speakers[r.URL.Query().Get("lang")]; ok {
		http.SetCookie(w, &http.Cookie{
			Name: langCookie, Value: r.URL.Query().Get("lang"), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.opts.Secure, SameSite: http.SameSiteLaxMode,
		})
	}
}

// t says an English text in the language. What has no translation stays English.
func (sp *speaker) t(text string) string {
	if s, ok := sp.texts[text]; ok {
		return s
	}
	return text
}

// count writes a whole number.
func (sp *speaker) count(n int64) string { return sp.print.Sprint(number.Decimal(n)) }

// decimal writes a number with fixed decimals.
func (sp *speaker) decimal(x float64, digits int) string {
	return sp.print.Sprint(number.Decimal(x, number.MinFractionDigits(digits), number.MaxFractionDigits(digits)))
}

// money writes micros with two decimals, rounded half away from zero.
func (sp *speaker) money(micros int64) string {
	cents := micros / 10_000
	switch rest := micros % 10_000; {
	case rest >= 5000:
		cents++
	case rest <= -5000:
		cents--
	}
	return sp.decimal(float64(cents)/100, 2)
}

// percent writes a share without its sign, which stands in the heading.
func (sp *speaker) percent(share float64, digits int) string { return sp.decimal(share*100, digits) }

// figure writes a metric as tables show it: shares in percent, money in units of the currency.
func (sp *speaker) figure(s report.Sums, m report.Metric) string {
	switch m {
	case report.CTR:
		return sp.percent(s.Value(m), 2)
	case report.Viewability, report.FillRate:
		return sp.percent(s.Value(m), 1)
	case report.Spend:
		return sp.money(s.Spend)
	case report.ECPM:
		return sp.money(int64(math.Round(s.Value(m))))
	case report.Frequency:
		return sp.decimal(s.Value(m), 2)
	}
	return sp.count(int64(s.Value(m)))
}

// unit is what stands once in the heading of a metric.
func unit(m report.Metric, currency string) string {
	switch m {
	case report.CTR, report.Viewability, report.FillRate:
		return "%"
	case report.Spend, report.ECPM:
		return currency
	}
	return ""
}

// nbsp keeps the parts of a date on one line.
const nbsp = "\u00a0"

// day writes a date without its year where that is clear.
func (sp *speaker) day(t time.Time) string {
	return strconv.Itoa(t.Day()) + nbsp + sp.months[t.Month()-1]
}

func (sp *speaker) date(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return sp.day(t) + nbsp + strconv.Itoa(t.Year())
}

// dates writes a half-open range of days.
func (sp *speaker) dates(from, to time.Time) string {
	last := to.Add(-time.Nanosecond)
	switch {
	case from.Year() != last.Year():
		return sp.date(from) + " – " + sp.date(last)
	case from.YearDay() == last.YearDay():
		return sp.weekdays[from.Weekday()] + " " + sp.date(from)
	}
	return sp.day(from) + " – " + sp.date(last)
}

// change words a difference: sign and word carry it, colour only repeats.
func (sp *speaker) change(c *float64) string {
	if c == nil {
		return sp.t("nothing before")
	}
	p := math.Round(*c*1000) / 10
	switch {
	case p > 999:
		return "▲ > 999 %"
	case p > 0:
		return "▲ " + sp.decimal(p, 1) + " %"
	case p < 0:
		return "▼ " + sp.decimal(-p, 1) + " %"
	}
	return sp.t("no change")
}

// key writes a dimension's value for people.
func (sp *speaker) key(d report.Dimension, key string) string {
	switch {
	case key == "":
		return sp.t("unknown")
	case d == report.Country:
		if r, err := language.ParseRegion(key); err == nil {
			if n := sp.regions.Name(r); n != "" {
				return n
			}
		}
	case d == report.Device, d == report.Kind, d == report.Type, d == report.Theme:
		return sp.t(strings.ReplaceAll(key, "_", " "))
	case d == report.Day, d == report.Week:
		if t, err := time.Parse(time.DateOnly, key); err == nil {
			return sp.weekdays[t.Weekday()] + nbsp + sp.date(t)
		}
	case d == report.Month:
		if t, err := time.Parse("2006-01", key); err == nil {
			return sp.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
		}
	case d == report.WeekHour:
		if len(key) == 4 && key[0] >= '1' && key[0] <= '7' {
			return sp.weekdays[(key[0]-'0')%7] + " " + key[2:] + ":00"
		}
	}
	return key
}

// names of dimensions and metrics for people, in English; speakers translate them.
var names = map[string]string{
	"hour": "Hour", "day": "Day", "week": "Week", "month": "Month", "week_hour": "Hour of the week", "event": "Event", "site": "Site", "placement": "Placement",
	"section": "Section", "page": "Page", "advertiser": "Advertiser", "campaign": "Campaign", "line_item": "Line item", "creative": "Creative", "type": "Type",
	"country": "Country", "device": "Device", "os": "System", "browser": "Browser", "theme": "Theme", "no_fill": "Empty because", "invalid": "Invalid because",
	"requests": "Requests", "fills": "Fills", "fill_rate": "Fill rate", "impressions": "Impressions", "viewable": "Viewable", "viewability": "Viewability", "clicks": "Clicks",
	"ctr": "CTR", "spend": "Spend", "ecpm": "eCPM", "invalid_events": "Invalid events", "reach": "Visitors", "frequency": "Frequency",
}

// name is a dimension's or a metric's name.
func (sp *speaker) name(word string) string { return sp.t(names[word]) }
