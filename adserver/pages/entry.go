package pages

import (
	"net/url"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

// entryBytes is what a page of usual length costs; it sizes ristretto's counters.
const entryBytes = 12 << 10

// maxPage bounds the URL that events carry.
const maxPage = 512

func newEntry(site string, ctx *pagecontext.Context) *Entry {
	e := &Entry{Context: ctx, site: site, Key: xxhash.Sum64String(ctx.URL), Page: pageName(ctx.URL)}
	if u, err := url.Parse(ctx.URL); err == nil {
		e.Host = u.Hostname()
	}
	ids := make([]string, 0, len(ctx.Topics))
	for _, t := range ctx.Topics {
		ids = append(ids, t.ID)
	}
	e.Topics = strings.Join(ids, ",")
	worst := pagecontext.RiskNone
	for i, r := range ctx.Risks {
		if r > worst {
			worst = r
			e.Sensitivity = pagecontext.SensitiveTopic(i).String() + ":" + r.String()
		}
	}
	return e
}

// pageName is the canonical URL without query, cut at a byte that ends a character.
func pageName(canonical string) string {
	if u, err := url.Parse(canonical); err == nil {
		u.RawQuery, u.Fragment, u.User = "", "", nil
		canonical = u.String()
	}
	if len(canonical) > maxPage {
		canonical = strings.ToValidUTF8(canonical[:maxPage], "")
	}
	return canonical
}

// cost estimates the bytes that the entry keeps alive: its strings, and 16 bytes for each string's header.
func (e *Entry) cost() int64 {
	c := e.Context
	n := 1024 + len(c.URL) + len(c.Title) + len(e.Page) + len(e.Topics)
	for _, list := range [][]string{c.Keywords, c.Authors, c.Tags, c.TitleWords, c.TextWords} {
		for _, s := range list {
			n += 16 + len(s)
		}
	}
	n += len(c.Topics) * 48
	for _, ev := range c.Evidence {
		n += 80 + len(ev.Words) + len(ev.Rule)
	}
	return int64(n)
}

// Terms returns the facts of the page that the index's rules ask about. They are found once per
// page and index.
func (e *Entry) Terms(index *targeting.Index) []targeting.Term {
	if r := e.resolved.Load(); r != nil && r.index == index {
		return r.terms
	}
	p := e.Facts()
	r := &resolved{index: index, terms: index.AppendPageTerms(nil, &p)}
	e.resolved.Store(r)
	return r.terms
}

// Facts returns the page as rules see it, for traces and the oracle.
func (e *Entry) Facts() targeting.Page {
	c := e.Context
	p := targeting.Page{URL: c.URL, Published: c.Published, TitleWords: c.TitleWords, TextWords: c.TextWords}
	add := func(a targeting.Attribute, vs ...string) {
		for _, v := range vs {
			if v != "" {
				p.Attrs = append(p.Attrs, targeting.AttrValue{Attr: a, Value: v})
			}
		}
	}
	add(targeting.Site, e.site)
	add(targeting.Section, c.Section)
	add(targeting.Language, c.Language)
	add(targeting.PageKind, c.Kind)
	add(targeting.Author, c.Authors...)
	add(targeting.Tag, c.Tags...)
	seen := map[string]bool{}
	for _, t := range c.Topics {
		for _, id := range pagecontext.Ancestors(t.ID) {
			if !seen[id] {
				seen[id] = true
				add(targeting.Topic, id)
			}
		}
	}
	return p
}
