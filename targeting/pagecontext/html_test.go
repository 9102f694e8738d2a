package pagecontext

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFromHTML(t *testing.T) {
	const page = `<!doctype html><html lang="en-GB"><head><title>Story | The Daily</title>
<link rel="canonical" href="/world/story?utm_source=x">
<meta name="description" content="plain description"><meta name="keywords" content="talks, Istanbul; peace">
<meta property="og:title" content="OG title"><meta property="og:description" content="OG description"><meta property="og:type" content="article">
<meta property="article:section" content="World"><meta property="article:tag" content="diplomacy"><meta property="article:published_time" content="2026-11-20T08:00:00+05:00">
<meta name="placard:no-ads" content=""><meta name="placard:sensitive" content="false">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"BreadcrumbList","itemListElement":[{"name":"Home"},{"item":{"name":"World"}}]},
{"@type":["NewsArticle"],"headline":"Talks &amp; more","author":[{"name":"Mahira Sethi"},"Rehan Daud"],"keywords":["peace talks"],"articleSection":["World news"],"datePublished":"2026-11-20T03:00:00Z"}]}</script>
<script type="application/ld+json">{broken</script></head>
<body><nav class="breadcrumbs"><a href="/">Home</a><a href="/world">World</a></nav><h1>Heading</h1>
<article><p>` + "The delegations left by separate doors of the hotel. They did not shake hands, and nobody spoke to the reporters who had waited in the rain. " + `</p><p>` + "The ceasefire ends on Friday, and nothing has been agreed that could replace it when it does, officials of three governments said." + `</p></article>
<section class="comments"><p>First!</p></section></body></html>`
	in, err := FromHTML([]byte(page), "https://paper.example/world/story?page=2")
	if err != nil {
		t.Fatal(err)
	}
	if in.URL != "https://paper.example/world/story" || in.Title != "Talks & more" || in.Description != "OG description" || in.Section != "World news" || in.Language != "en-GB" || in.Kind != "article" {
		t.Errorf("url %q, title %q, description %q, section %q, language %q, kind %q", in.URL, in.Title, in.Description, in.Section, in.Language, in.Kind)
	}
	if !in.NoAds || in.Sensitive {
		t.Errorf("no ads %v, sensitive %v", in.NoAds, in.Sensitive)
	}
	if !in.Published.Equal(time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("published %v", in.Published)
	}
	if !slices.Equal(in.Authors, []string{"Mahira Sethi", "Rehan Daud"}) || !slices.Equal(in.Tags, []string{"diplomacy"}) || !slices.Equal(in.Keywords, []string{"talks", "Istanbul", "peace", "peace talks"}) {
		t.Errorf("authors %q, tags %q, keywords %q", in.Authors, in.Tags, in.Keywords)
	}
	if !strings.Contains(in.Text, "did not shake hands") || strings.Contains(in.Text, "Heading") && strings.Contains(in.Text, "First!") {
		t.Errorf("text %q", in.Text)
	}
}

func TestCanonicalLinksStayOnTheHost(t *testing.T) {
	in, err := FromHTML([]byte(`<link rel="canonical" href="https://other.example/story">`), "https://paper.example/a")
	if err != nil || in.URL != "https://paper.example/a" {
		t.Errorf("%q, %v", in.URL, err)
	}
}

func TestSectionFromBreadcrumb(t *testing.T) {
	in, err := FromHTML([]byte(`<ol class="breadcrumb"><li><a>Home</a></li><li><a>Cricket</a></li></ol><title>Late wickets</title>`), "https://paper.example/a")
	if err != nil || in.Section != "Cricket" || in.Title != "Late wickets" {
		t.Errorf("section %q, title %q, %v", in.Section, in.Title, err)
	}
}

func TestPagesThatAreTooLarge(t *testing.T) {
	if _, err := FromHTML(make([]byte, MaxHTML+1), "https://paper.example/a"); err == nil {
		t.Error("no error")
	}
}

// Whatever a page holds, what is read of it is bounded, valid, and can be classified.
func FuzzFromHTML(f *testing.F) {
	f.Add([]byte(`<html lang=ur><title>x</title><meta name=keywords content="a,b"><script type="application/ld+json">{"@graph":[[[[]]]],"@type":"NewsArticle"}</script><p>text`))
	f.Add([]byte("<h1>\xff\xfe</h1><div class=breadcrumb><a>a<a>b"))
	f.Add([]byte(`<script type="application/ld+json">[{"@type":"NewsArticle","author":{"name":7},"keywords":"a,,b","articleBody":"\ud800"}]</script>`))
	c := newTestClassifier(f)
	f.Fuzz(func(t *testing.T, page []byte) {
		in, err := FromHTML(page, "https://paper.example/a")
		if err != nil {
			return
		}
		for _, s := range append(append(append([]string{in.Title, in.Description, in.Section, in.Language}, in.Keywords...), in.Authors...), in.Tags...) {
			if len(s) > maxField {
				t.Fatalf("%d bytes", len(s))
			}
		}
		if len(in.Text) > maxText || len(in.Keywords) > maxItems || !utf8.ValidString(in.Title) {
			t.Fatal("out of bounds")
		}
		got := c.Classify(&in)
		for _, e := range got.Evidence {
			if e.Rule == "" {
				t.Fatal("evidence without a rule")
			}
		}
	})
}
