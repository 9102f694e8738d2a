package paper

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// view is what the templates see of a page.
type view struct {
	Kind      string // front, section, article, missing
	Lang, Dir string
	Words     phrases
	// Head.
	Title, Description, Keywords, Canonical, OGType string
	Image                                           string
	Published                                       string // RFC 3339, "" when the page has no date of its own
	Author                                          string
	LD                                              any // JSON-LD
	Theme                                           template.HTML
	CSS, JS, Icon, TagURL, Site                     string
	Fonts                                           []string // preloaded
	// Masthead.
	Date, Issue string
	Nav         []navItem
	Slots       map[string]slot
	// Body.
	Section   section
	Story     *teaser
	Body      []block
	Lead      *teaser
	Second    []teaser
	Third     []teaser
	Feature   *teaser
	Columns   []column
	Urdu      *column
	Elsewhere []teaser
}

type navItem struct {
	section
	Current bool
}

// teaser is a story as another page shows it.
type teaser struct {
	*Story
	SectionName   string
	Date, ISODate string
	Minutes       string
	Light, Dark   string // drawing, "" without one
	Alt, Caption  string
}

// column is a section's block on the front page.
type column struct {
	Section section
	First   teaser
	Rest    []teaser
}

func (p *paper) view(r *http.Request, kind, language string) *view {
	now := p.opts.Now().In(karachi)
	v := &view{
		Kind: kind, Lang: language, Dir: "ltr", Words: phrasesFor(language),
		Canonical: p.baseURL(r) + r.URL.Path, OGType: "website",
		Theme: p.theme, CSS: p.assetURL("paper.css"), JS: p.assetURL("paper.js"), Icon: p.assetURL("icon.svg"),
		TagURL: p.opts.TagURL, Site: p.opts.Site,
		Date:  longDate(now, language),
		Issue: "Vol. " + strconv.Itoa(now.Year()-firstIssue.Year()+1) + ", No. " + thousands(issueNumber(now)),
		Fonts: []string{
			assetPrefix + "fonts/newsreader-latin-opsz-normal.woff2",
			assetPrefix + "fonts/newsreader-latin-opsz-italic.woff2",
			assetPrefix + "fonts/libre-franklin-latin-wght-normal.woff2",
		},
		Slots: p.slots(append(articlePlacements(), frontPlacements()...)),
	}
	if language == "ur" {
		v.Dir = "rtl"
		v.Issue = "جلد " + urduDigits(now.Year()-firstIssue.Year()+1) + "، شمارہ " + urduDigits(issueNumber(now))
		v.Fonts = []string{
			assetPrefix + "fonts/noto-nastaliq-urdu-arabic-wght-normal.woff2",
			assetPrefix + "fonts/noto-naskh-arabic-arabic-wght-normal.woff2",
			assetPrefix + "fonts/newsreader-latin-opsz-normal.woff2",
		}
	}
	for _, s := range sections() {
		v.Nav = append(v.Nav, navItem{section: s})
	}
	return v
}

func (p *paper) baseURL(r *http.Request) string {
	if p.opts.BaseURL != "" {
		return p.opts.BaseURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func (v *view) setSection(s section) {
	v.Section = s
	for i := range v.Nav {
		v.Nav[i].Current = v.Nav[i].ID == s.ID
	}
}

func (p *paper) teaser(s *Story) teaser {
	sec, _ := sectionByID(s.Section)
	t := teaser{
		Story: s, SectionName: sec.Name,
		Date: storyDate(s.Published, s.Language), ISODate: s.Published.Format(time.RFC3339),
		Minutes: minutes(s.Words(), s.Language), Alt: s.artAlt, Caption: s.caption,
	}
	if s.art != "" {
		t.Light, t.Dark = p.assetURL("art/"+s.art+"-light.svg"), p.assetURL("art/"+s.art+"-dark.svg")
	}
	return t
}

const paperLine = "A South Asian newspaper of record, in English and Urdu. The demonstration site of the Placard ad server."

// front fills the page from the top: one lead, the next two beside it, two opinions and a feature, then a
// column a section with what is left.
func (p *paper) front(r *http.Request) *view {
	v := p.view(r, "front", "en")
	v.Title, v.Description = "The Daily Placard", paperLine
	v.LD = map[string]any{"@context": "https://schema.org", "@type": "WebSite", "name": "The Daily Placard", "url": v.Canonical, "inLanguage": []string{"en", "ur"}}
	columns := map[string][]teaser{}
	for i := range p.stories {
		s := &p.stories[i]
		t := p.teaser(s)
		switch {
		case v.Lead == nil:
			v.Lead = &t
		case s.rank > 0 && len(v.Second) < 2:
			v.Second = append(v.Second, t)
		case s.rank > 0 && v.Feature == nil:
			v.Feature = &t
		case s.Section == "opinion" && len(v.Third) < 2:
			v.Third = append(v.Third, t)
		default:
			columns[s.Section] = append(columns[s.Section], t)
		}
	}
	for _, s := range sections() {
		stories := columns[s.ID]
		if len(stories) == 0 {
			continue
		}
		c := column{Section: s, First: stories[0], Rest: stories[1:]}
		if s.ID == "urdu" {
			v.Urdu = &c
			continue
		}
		v.Columns = append(v.Columns, c)
	}
	return v
}

func (p *paper) sectionFront(r *http.Request, s section) *view {
	language := "en"
	if s.ID == "urdu" {
		language = "ur"
	}
	v := p.view(r, "section", language)
	v.setSection(s)
	v.Title, v.Description = s.Name+" · The Daily Placard", s.Line
	v.LD = map[string]any{"@context": "https://schema.org", "@type": "CollectionPage", "name": s.Name, "description": s.Line, "url": v.Canonical, "inLanguage": language}
	v.Lead, v.Second, v.Elsewhere = p.sectionStories(s.ID, language)
	return v
}

// sectionStories returns a section's first story, the rest of it, and some of the newest elsewhere in its
// language.
func (p *paper) sectionStories(id, language string) (lead *teaser, rest, elsewhere []teaser) {
	for i := range p.stories {
		s := &p.stories[i]
		t := p.teaser(s)
		switch {
		case s.Section == id && lead == nil:
			lead = &t
		case s.Section == id:
			rest = append(rest, t)
		case s.Language == language && len(elsewhere) < 6:
			elsewhere = append(elsewhere, t)
		}
	}
	return lead, rest, elsewhere
}

func (p *paper) article(r *http.Request, s *Story) *view {
	v := p.view(r, "article", s.Language)
	sec, _ := sectionByID(s.Section)
	v.setSection(sec)
	t := p.teaser(s)
	v.Story, v.Body = &t, s.body
	v.Title, v.Description, v.Keywords = s.Title+" · The Daily Placard", s.Standfirst, strings.Join(s.Keywords, ", ")
	v.OGType, v.Published, v.Author = "article", s.Published.Format(time.RFC3339), s.Author
	ld := map[string]any{
		"@context": "https://schema.org", "@type": "NewsArticle",
		"headline": s.Title, "description": s.Standfirst, "datePublished": v.Published,
		"author":         map[string]any{"@type": "Person", "name": s.Author},
		"publisher":      map[string]any{"@type": "NewsMediaOrganization", "name": "The Daily Placard"},
		"articleSection": s.Section, "keywords": s.Keywords, "inLanguage": s.Language,
		"mainEntityOfPage": v.Canonical, "wordCount": s.Words(), "dateline": s.Dateline,
	}
	if t.Light != "" {
		v.Image = p.baseURL(r) + t.Light
		ld["image"] = v.Image
	}
	v.LD = ld
	for _, slug := range s.Related {
		for i := range p.stories {
			if p.stories[i].Slug == slug {
				v.Second = append(v.Second, p.teaser(&p.stories[i]))
			}
		}
	}
	return v
}

func (p *paper) missing(r *http.Request) *view {
	v := p.view(r, "missing", "en")
	v.Title, v.Description = "Page not found · The Daily Placard", "There is no such page in this edition."
	v.LD = map[string]any{"@context": "https://schema.org", "@type": "WebPage", "name": v.Title}
	_, _, v.Elsewhere = p.sectionStories("", "en")
	return v
}
