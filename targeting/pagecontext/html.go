package pagecontext

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/valyala/fastjson"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The bounds of what [FromHTML] reads and returns, in bytes. A story's page has some hundred kilobytes, its text
// some tens.
const (
	MaxHTML      = 4 << 20
	maxText      = 256 << 10
	maxField     = 4 << 10 // title, description, and each item of a list
	maxItems     = 64      // keywords, authors, tags
	maxLDScripts = 16
	maxLDDepth   = 8
)

// FromHTML reads what a page says of itself: JSON-LD (NewsArticle and its kin), OpenGraph, meta tags, breadcrumbs, and the
// text of its article. address is where the page was found; a canonical link on the same host replaces it.
//
// The newsroom's flags are <meta name="placard:sensitive"> and <meta name="placard:no-ads">; they are set unless
// their content is false, no or 0. More than [MaxHTML] bytes are an error.
func FromHTML(page []byte, address string) (Input, error) {
	if len(page) > MaxHTML {
		return Input{}, fmt.Errorf("read page: %d bytes are more than %d: send the article's page, not an archive", len(page), MaxHTML)
	}
	canonical, err := CanonicalURL(address)
	if err != nil {
		return Input{}, err
	}
	doc, err := html.Parse(bytes.NewReader(bytes.ToValidUTF8(page, nil)))
	if err != nil {
		return Input{}, fmt.Errorf("read page: %w", err)
	}
	r := pageReader{in: Input{URL: canonical}, base: canonical}
	r.walk(doc)
	r.finish(doc)
	return r.in, nil
}

// pageReader collects a page's fields. Where several sources tell the same, JSON-LD comes before OpenGraph, and
// OpenGraph before plain HTML: that is the order of how carefully newsrooms fill them.
type pageReader struct {
	in   Input
	base string

	ldTitle, ldDescription, ldSection, ldText, ldLanguage string
	ogTitle, ogDescription, ogSection, ogType             string
	htmlTitle, metaDescription, heading, htmlLanguage     string
	breadcrumb                                            []string
	published                                             string
	ldScripts                                             int
}

func (r *pageReader) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Html:
			r.htmlLanguage = attr(n, "lang")
		case atom.Title:
			if r.htmlTitle == "" {
				r.htmlTitle = textOf(n)
			}
		case atom.H1:
			if r.heading == "" {
				r.heading = textOf(n)
			}
		case atom.Meta:
			r.meta(n)
		case atom.Link:
			if strings.EqualFold(attr(n, "rel"), "canonical") {
				r.canonical(attr(n, "href"))
			}
		case atom.Script:
			if strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json") && n.FirstChild != nil && r.ldScripts < maxLDScripts {
				r.ldScripts++
				// Broken JSON-LD is common, and the page has other sources.
				if v, err := fastjson.Parse(n.FirstChild.Data); err == nil {
					r.jsonLD(v, 0)
				}
			}
			return
		case atom.Nav, atom.Ol, atom.Ul, atom.Div:
			if len(r.breadcrumb) == 0 && isBreadcrumb(n) {
				r.breadcrumb = links(n)
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.walk(c)
	}
}

func (r *pageReader) meta(n *html.Node) {
	name := attr(n, "name")
	if name == "" {
		name = attr(n, "property")
	}
	content := clip(attr(n, "content"), maxField)
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "placard:sensitive":
		r.in.Sensitive = isOn(content)
	case "placard:no-ads":
		r.in.NoAds = isOn(content)
	case "description":
		r.metaDescription = content
	case "keywords", "news_keywords":
		for k := range strings.FieldsFuncSeq(content, func(c rune) bool { return c == ',' || c == ';' || c == '،' }) {
			r.in.Keywords = add(r.in.Keywords, k)
		}
	case "author", "article:author":
		if !strings.Contains(content, "://") {
			r.in.Authors = add(r.in.Authors, content)
		}
	case "og:title":
		r.ogTitle = content
	case "og:description":
		r.ogDescription = content
	case "og:type":
		r.ogType = content
	case "article:section":
		r.ogSection = content
	case "article:tag":
		r.in.Tags = add(r.in.Tags, content)
	case "article:published_time":
		r.published = content
	}
}

// canonical takes the page's own word for its address, within its host: a mistake there must not make a page
// another site's.
func (r *pageReader) canonical(href string) {
	base, err := url.Parse(r.base)
	if err != nil {
		return
	}
	ref, err := base.Parse(strings.TrimSpace(href))
	if err != nil {
		return
	}
	c, err := CanonicalURL(ref.String())
	if err != nil {
		return
	}
	if u, err := url.Parse(c); err == nil && u.Host == base.Host {
		r.in.URL = c
	}
}

// articleTypes are the schema.org types that a story's page has.
var articleTypes = map[string]string{
	"NewsArticle": "article", "Article": "article", "ReportageNewsArticle": "article", "AnalysisNewsArticle": "article", "OpinionNewsArticle": "article",
	"BackgroundNewsArticle": "article", "ReviewNewsArticle": "article", "AskPublicNewsArticle": "article", "BlogPosting": "article",
	"LiveBlogPosting": "article", "Report": "article", "VideoObject": "video",
}

func (r *pageReader) jsonLD(v *fastjson.Value, depth int) {
	if v == nil || depth > maxLDDepth {
		return
	}
	switch v.Type() {
	case fastjson.TypeArray:
		for _, e := range v.GetArray() {
			r.jsonLD(e, depth+1)
		}
		return
	case fastjson.TypeObject:
	default:
		return
	}
	r.jsonLD(v.Get("@graph"), depth+1)
	for _, t := range stringsOf(v.Get("@type")) {
		switch kind := articleTypes[t]; {
		case kind == "article" || kind == "video" && r.ldTitle == "":
			r.ldArticle(v, kind)
			return
		case t == "BreadcrumbList":
			r.breadcrumb = nil
			for _, e := range v.GetArray("itemListElement") {
				name := e.GetStringBytes("name")
				if name == nil {
					name = e.GetStringBytes("item", "name")
				}
				r.breadcrumb = add(r.breadcrumb, string(name))
			}
			return
		}
	}
}

func (r *pageReader) ldArticle(v *fastjson.Value, kind string) {
	r.in.Kind = kind
	r.ldTitle = field(v, "headline", "name")
	r.ldDescription = field(v, "description")
	r.ldText = clip(string(v.GetStringBytes("articleBody")), maxText)
	r.ldLanguage = field(v, "inLanguage")
	if s := stringsOf(v.Get("articleSection")); len(s) > 0 {
		r.ldSection = clip(s[0], maxField)
	}
	for _, k := range stringsOf(v.Get("keywords")) {
		for one := range strings.SplitSeq(k, ",") {
			r.in.Keywords = add(r.in.Keywords, one)
		}
	}
	authors := v.GetArray("author")
	if one := v.Get("author"); one != nil && one.Type() != fastjson.TypeArray {
		authors = []*fastjson.Value{one}
	}
	for _, a := range authors {
		if s, err := a.StringBytes(); err == nil {
			r.in.Authors = add(r.in.Authors, string(s))
		} else {
			r.in.Authors = add(r.in.Authors, string(a.GetStringBytes("name")))
		}
	}
	if d := field(v, "datePublished"); d != "" {
		r.published = d
	}
}

// finish chooses among the sources.
func (r *pageReader) finish(doc *html.Node) {
	in := &r.in
	in.Title = firstOf(r.ldTitle, r.ogTitle, r.heading, r.htmlTitle)
	in.Description = firstOf(r.ldDescription, r.ogDescription, r.metaDescription)
	in.Section = firstOf(r.ldSection, r.ogSection)
	if in.Section == "" && len(r.breadcrumb) > 1 {
		in.Section = r.breadcrumb[1] // the first is home
	}
	in.Language = firstOf(r.ldLanguage, r.htmlLanguage)
	in.Published = parseTime(r.published)
	if in.Kind == "" {
		switch {
		case r.ogType == "article":
			in.Kind = "article"
		case strings.HasPrefix(r.ogType, "video"):
			in.Kind = "video"
		case strings.Count(in.URL, "/") == 3 && strings.HasSuffix(in.URL, "/"):
			in.Kind = "front" // the root: every other canonical address has no slash at its end
		}
	}
	in.Text = r.ldText
	// Some papers put the first sentence there and the story behind it.
	if len(in.Text) < shortText {
		if t := articleText(doc, in.URL); len(t) > len(in.Text) {
			in.Text = t
		}
	}
}

const shortText = 500

// articleText returns the text of the page's article, without navigation and comments; it changes doc.
func articleText(doc *html.Node, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	p := readability.NewParser()
	p.MaxElemsToParse = maxElements
	article, err := p.ParseAndMutate(doc, u)
	if err != nil || article.Node == nil {
		return ""
	}
	var b strings.Builder
	if err := article.RenderText(&b); err != nil {
		return ""
	}
	return clip(strings.TrimSpace(b.String()), maxText)
}

// maxElements bounds the work on a page: a long live blog has ten thousand.
const maxElements = 50_000

func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}

// textOf returns the text below n, with runs of white space as one space.
func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if b.Len() > maxField {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return clip(strings.Join(strings.Fields(b.String()), " "), maxField)
}

func isBreadcrumb(n *html.Node) bool {
	return strings.Contains(strings.ToLower(attr(n, "class")+" "+attr(n, "aria-label")+" "+attr(n, "id")), "breadcrumb")
}

func links(n *html.Node) []string {
	var out []string
	for d := range n.Descendants() {
		if d.DataAtom == atom.A && len(out) < maxItems {
			out = add(out, textOf(d))
		}
	}
	return out
}

func isOn(content string) bool {
	switch strings.ToLower(strings.TrimSpace(content)) {
	case "false", "no", "0", "off":
		return false
	}
	return true
}

// add appends an item to a list that has neither empty nor equal items, and an end.
func add(list []string, item string) []string {
	item = clip(strings.TrimSpace(item), maxField)
	if item == "" || len(list) >= maxItems {
		return list
	}
	for _, l := range list {
		if l == item {
			return list
		}
	}
	return append(list, item)
}

// clip cuts s to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

func field(v *fastjson.Value, keys ...string) string {
	for _, k := range keys {
		if s := html.UnescapeString(strings.TrimSpace(string(v.GetStringBytes(k)))); s != "" {
			return clip(s, maxField)
		}
	}
	return ""
}

func stringsOf(v *fastjson.Value) []string {
	if v == nil {
		return nil
	}
	if s, err := v.StringBytes(); err == nil {
		return []string{string(s)}
	}
	var out []string
	for _, e := range v.GetArray() {
		if s, err := e.StringBytes(); err == nil {
			out = append(out, string(s))
		}
	}
	return out
}

// parseTime reads the forms of ISO 8601 that pages use; what it cannot read is the zero time.
func parseTime(s string) time.Time {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
