package paper

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, karachi)

func newPaper() http.Handler {
	return New(Options{Now: func() time.Time { return monday }})
}

// get answers one request.
func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://daily.example"+path, nil))
	return w
}

// page parses the page at path, which must be there.
func page(t *testing.T, h http.Handler, path string) *html.Node {
	t.Helper()
	w := get(t, h, path)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d", path, w.Code)
	}
	doc, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// all returns the elements of a name in the order of the page; "" stands for any.
func all(n *html.Node, name string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (name == "" || d.Data == name) {
			out = append(out, d)
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// meta returns the content of <meta name=…> or <meta property=…>.
func meta(doc *html.Node, name string) string {
	for _, m := range all(doc, "meta") {
		if attr(m, "name") == name || attr(m, "property") == name {
			return attr(m, "content")
		}
	}
	return ""
}

// paths are all pages of the paper.
func paths() []string {
	out := []string{"/"}
	for _, s := range sections() {
		out = append(out, "/section/"+s.ID)
	}
	for _, s := range Stories() {
		out = append(out, s.Path)
	}
	return out
}

func TestTheIssueHasItsStories(t *testing.T) {
	count := map[string]int{}
	inSection := map[string]int{}
	for _, s := range Stories() {
		count[s.Language]++
		inSection[s.Section]++
		if n := s.Words(); n < 150 {
			t.Errorf("%s has %d words", s.Slug, n)
		}
		if s.Standfirst == "" || s.Author == "" || len(s.Keywords) < 3 {
			t.Errorf("%s lacks a standfirst, an author or keywords", s.Slug)
		}
	}
	if count["en"] < 12 || count["ur"] < 2 {
		t.Errorf("stories by language: %v; want 12 in English and 2 in Urdu at least", count)
	}
	for _, s := range sections() {
		if inSection[s.ID] < 2 {
			t.Errorf("section %s has %d stories", s.ID, inSection[s.ID])
		}
	}
}

// TestMetadata checks what the ad tag and search engines read of each story.
func TestMetadata(t *testing.T) {
	h := newPaper()
	for _, s := range Stories() {
		doc := page(t, h, s.Path)
		want := "http://daily.example" + s.Path
		canonical := ""
		for _, l := range all(doc, "link") {
			if attr(l, "rel") == "canonical" {
				canonical = attr(l, "href")
			}
		}
		root := all(doc, "html")[0]
		var ld struct {
			Type          string                `json:"@type"`
			Headline      string                `json:"headline"`
			DatePublished string                `json:"datePublished"`
			InLanguage    string                `json:"inLanguage"`
			Section       any                   `json:"articleSection"`
			Keywords      any                   `json:"keywords"`
			Author        struct{ Name string } `json:"author"`
		}
		for _, sc := range all(doc, "script") {
			if attr(sc, "type") == "application/ld+json" {
				if err := json.Unmarshal([]byte(sc.FirstChild.Data), &ld); err != nil {
					t.Fatalf("%s: JSON-LD: %v", s.Slug, err)
				}
			}
		}
		direction := "ltr"
		if s.Language == "ur" {
			direction = "rtl"
		}
		for _, x := range []struct{ what, got, want string }{
			{"canonical URL", canonical, want},
			{"og:url", meta(doc, "og:url"), want},
			{"og:type", meta(doc, "og:type"), "article"},
			{"og:title", meta(doc, "og:title"), s.Title},
			{"description", meta(doc, "description"), s.Standfirst},
			{"article:section", meta(doc, "article:section"), s.Section},
			{"article:published_time", meta(doc, "article:published_time"), s.Published.Format(time.RFC3339)},
			{"keywords", meta(doc, "keywords"), strings.Join(s.Keywords, ", ")},
			{"language", attr(root, "lang"), s.Language},
			{"direction", attr(root, "dir"), direction},
			{"JSON-LD type", ld.Type, "NewsArticle"},
			{"JSON-LD headline", ld.Headline, s.Title},
			{"JSON-LD date", ld.DatePublished, s.Published.Format(time.RFC3339)},
			{"JSON-LD language", ld.InLanguage, s.Language},
			{"JSON-LD author", ld.Author.Name, s.Author},
			{"headline", text(all(doc, "h1")[0]), s.Title},
		} {
			if x.got != x.want {
				t.Errorf("%s: %s is %q, want %q", s.Slug, x.what, x.got, x.want)
			}
		}
		// The whole story is on its page.
		shown := text(all(doc, "main")[0])
		for _, para := range strings.Split(s.Text, "\n\n") {
			if !strings.Contains(shown, strings.Join(strings.Fields(para), " ")) {
				t.Errorf("%s: the page lacks %.60q", s.Slug, para)
			}
		}
	}
}

// TestSlots checks that each page has its slots, in order, outside of the text, with the height that paper.css reserves for them.
func TestSlots(t *testing.T) {
	h := newPaper()
	css := string(readAssets()["paper.css"].body)
	for _, path := range paths() {
		want := []string{"masthead", "story-end-1", "story-end-2", "below-comments"}
		if path == "/" || strings.HasPrefix(path, "/section/") {
			want = []string{"front-top", "front-mid", "front-bottom"}
		}
		doc := page(t, h, path)
		var got []string
		for _, n := range all(doc, "div") {
			name := attr(n, "data-placard-slot")
			if name == "" {
				continue
			}
			got = append(got, name)
			wide, phone := slotSizes(name)
			if attr(n, "data-placard-sizes") != wide || attr(n, "data-placard-sizes-phone") != phone {
				t.Errorf("%s: %s has sizes %q and %q", path, name, attr(n, "data-placard-sizes"), attr(n, "data-placard-sizes-phone"))
			}
			if !strings.Contains(attr(n, "class"), "slot-"+name) || !strings.Contains(css, ".slot-"+name) {
				t.Errorf("%s: %s has no class that reserves its height", path, name)
			}
			for a := n.Parent; a != nil; a = a.Parent {
				if strings.Contains(attr(a, "class"), "text") || a.Data == "article" {
					t.Errorf("%s: %s stands in the story's text", path, name)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has slots %v, want %v", path, got, want)
		}
	}
	if n := len(all(page(t, h, "/"), "main")); n != 1 {
		t.Errorf("the front has %d main elements", n)
	}
	// After the story come two slots, then the comments, then the last slot.
	doc := page(t, h, "/world/istanbul-peace-talks-collapse")
	var order []string
	for _, n := range all(doc, "") {
		switch {
		case has(n, "data-placard-slot"):
			order = append(order, attr(n, "data-placard-slot"))
		case n.Data == "h1":
			order = append(order, "headline")
		case attr(n, "itemprop") == "articleBody":
			order = append(order, "text")
		case n.Data == "form":
			order = append(order, "comments")
		case n.Data == "button" && strings.Contains(attr(n, "class"), "theme"):
			order = append(order, "theme")
		case strings.Contains(attr(n, "class"), "today"):
			order = append(order, "date")
		}
	}
	want := "date theme masthead headline text story-end-1 story-end-2 comments below-comments"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("the page goes %s, want %s", got, want)
	}
}

// TestLinksResolve follows every link and file of every page.
func TestLinksResolve(t *testing.T) {
	h := newPaper()
	seen := map[string]bool{}
	for _, path := range paths() {
		for _, n := range all(page(t, h, path), "") {
			for _, key := range []string{"href", "src"} {
				to := attr(n, key)
				if to == "" || n.Data == "iframe" || strings.HasPrefix(to, "/tag.js") {
					continue
				}
				u, err := url.Parse(to)
				if err != nil {
					t.Fatalf("%s: %q: %v", path, to, err)
				}
				if u.Host != "" && u.Host != "daily.example" {
					t.Errorf("%s leads to another host: %s", path, to)
					continue
				}
				if u.Path == "" || seen[to] {
					continue
				}
				seen[to] = true
				if w := get(t, h, u.RequestURI()); w.Code != http.StatusOK {
					t.Errorf("%s: %s answers %d", path, to, w.Code)
				}
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d links were followed", len(seen))
	}
}

// TestPolicy checks that pages work under their own content-security policy: nothing inline but the hashed theme script, no event
// attributes, no style attributes.
func TestPolicy(t *testing.T) {
	h := newPaper()
	for _, path := range append(paths(), "/no/such/page") {
		w := get(t, h, path)
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
			t.Fatalf("%s: policy %q", path, policy)
		}
		doc, err := html.Parse(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		inline := 0
		for _, n := range all(doc, "") {
			if n.Data == "script" && !has(n, "src") && attr(n, "type") != "application/ld+json" {
				inline++
			}
			if n.Data == "style" || has(n, "style") {
				t.Errorf("%s: <%s> has a style of its own, which the policy forbids", path, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s> would not run", path, n.Data, a.Key)
				}
			}
			if n.Data == "img" && !has(n, "alt") {
				t.Errorf("%s: a picture without alt: %s", path, attr(n, "src"))
			}
		}
		if inline != 1 || strings.Count(policy, "'sha256-") != 1 {
			t.Errorf("%s: %d inline scripts and %d hashes in the policy, want one of each", path, inline, strings.Count(policy, "'sha256-"))
		}
	}
}

func TestHeadersAndOddRequests(t *testing.T) {
	h := newPaper()
	w := get(t, h, "/")
	tag := w.Header().Get("ETag")
	if tag == "" || len(w.Result().Cookies()) != 0 {
		t.Errorf("ETag %q, cookies %v", tag, w.Result().Cookies())
	}
	r := httptest.NewRequest(http.MethodGet, "http://daily.example/", nil)
	r.Header.Set("If-None-Match", `"x", W/`+tag)
	again := httptest.NewRecorder()
	h.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("a page that the reader has: status %d with %d bytes", again.Code, again.Body.Len())
	}
	head := httptest.NewRecorder()
	h.ServeHTTP(head, httptest.NewRequest(http.MethodHead, "http://daily.example/", nil))
	if head.Code != http.StatusOK || head.Body.Len() != 0 {
		t.Errorf("HEAD: status %d with %d bytes", head.Code, head.Body.Len())
	}
	post := httptest.NewRecorder()
	h.ServeHTTP(post, httptest.NewRequest(http.MethodPost, "http://daily.example/", nil))
	if post.Code != http.StatusMethodNotAllowed || post.Header().Get("Allow") == "" {
		t.Errorf("POST: status %d", post.Code)
	}
	lost := get(t, h, "/world/none")
	if lost.Code != http.StatusNotFound || !strings.Contains(lost.Body.String(), "no such page") || strings.Contains(lost.Body.String(), "rel=\"canonical\"") {
		t.Errorf("a page that is not there: status %d", lost.Code)
	}
	for from, to := range map[string]string{"/travel": "/section/travel", "/travel/": "/section/travel", "/world/istanbul-peace-talks-collapse/": "/world/istanbul-peace-talks-collapse"} {
		if w := get(t, h, from); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != to {
			t.Errorf("%s answers %d to %q, want a move to %s", from, w.Code, w.Header().Get("Location"), to)
		}
	}
	for _, bad := range []string{"/paper/../paper.go", "/paper/none.css", "/paper/"} {
		if w := get(t, h, bad); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", bad, w.Code)
		}
	}
	css := regexp.MustCompile(`href="(/paper/paper.css\?v=[0-9a-f]+)"`).FindStringSubmatch(get(t, h, "/").Body.String())
	if css == nil {
		t.Fatal("the style sheet is not named with its hash")
	}
	if got := get(t, h, css[1]).Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("the style sheet's Cache-Control is %q", got)
	}
	if got := get(t, h, "/paper/paper.css?v=old").Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("an old style sheet's Cache-Control is %q", got)
	}
}

func TestDates(t *testing.T) {
	for _, x := range []struct{ got, want string }{
		{longDate(monday, "en"), "Monday, 23 November 2026"},
		{longDate(monday, "ur"), "پیر، ۲۳ نومبر ۲۰۲۶ء"},
		{longDate(time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC), "en"), "Monday, 23 November 2026"}, // one o'clock in Karachi
		{thousands(27658), "27,658"},
		{thousands(999), "999"},
		{thousands(1000000), "1,000,000"},
		{minutes(10, "en"), "1"},
		{minutes(900, "ur"), "۴"},
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
	if a, b := issueNumber(monday), issueNumber(monday.AddDate(0, 0, 1)); b != a+1 {
		t.Errorf("issue %d is followed by %d", a, b)
	}
}

func TestCurl(t *testing.T) {
	for in, want := range map[string]string{
		`"Yes," he said.`:             `“Yes,” he said.`,
		`the 'quiet' room`:            `the ‘quiet’ room`,
		`Karachi's ("so-called")`:     `Karachi’s (“so-called”)`,
		`*"Go"* — "now"`:              `*“Go”* — “now”`,
		`"'Never,' she told me," Ali`: `“‘Never,’ she told me,” Ali`,
		"no quotes":                   "no quotes",
	} {
		if got := curl(in); got != want {
			t.Errorf("curl(%s) is %s, want %s", in, got, want)
		}
	}
}

// TestBrokenStories tells each mistake of a story's file.
func TestBrokenStories(t *testing.T) {
	const whole = `---
title: A title
kicker: Kicker
standfirst: A standfirst.
section: world
author: Somebody
dateline: KARACHI
published: 2026-11-23T06:40:00+05:00
keywords: a, b, c
language: en
slug: a-story
---

A *paragraph* with a [link](/section/world).

> A quote
> — somebody
`
	if _, err := readStories(fstest.MapFS{"stories/a-story.md": {Data: []byte(whole)}}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ from, to, want string }{
		{"---\ntitle", "title", "line 1: want ---"},
		{"\n---\n\nA", "\n\nA", "not closed"},
		{"title: A title\n", "", "title is missing"},
		{"title: A title", "title: A title\ntitle: B", "given twice"},
		{"kicker: Kicker", "kicker Kicker", "want key: value"},
		{"kicker: Kicker", "kicker:", "kicker is empty"},
		{"kicker: Kicker", "ticker: Kicker", "ticker is no key"},
		{"section: world", "section: moon", `section "moon" is unknown`},
		{"language: en", "language: fr", "neither en nor ur"},
		{"2026-11-23T06", "2026-13-23T06", "published"},
		{"slug: a-story", "slug: b-story", "differs from the file's name"},
		{"slug: a-story", "slug: a-story\nrelated: a-story", "is no other story"},
		{"slug: a-story", "slug: a-story\nrelated: none", "is no other story"},
		{"slug: a-story", "slug: a-story\nrank: 0", "not a positive number"},
		{"slug: a-story", "slug: a-story\nart: ferry", "art needs art_alt"},
		{"*paragraph*", "*paragraph", "unclosed *"},
		{"[link](/section/world)", "[link](https://example.com)", "link only within the paper"},
		{"[link](/section/world)", "[link", "broken link"},
	} {
		broken := strings.Replace(whole, x.from, x.to, 1)
		if broken == whole {
			t.Fatalf("%q is not in the story", x.from)
		}
		_, err := readStories(fstest.MapFS{"stories/a-story.md": {Data: []byte(broken)}})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q instead of %q: got %v, want %q", x.to, x.from, err, x.want)
		}
	}
}
