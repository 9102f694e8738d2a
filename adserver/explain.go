package adserver

import (
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/visitor"
)

// Explanation tells for the slots of a page why each line item serves there or does not. Delivery is asked as it is now, and nothing is
// taken from it, counted or recorded.
type Explanation struct {
	Catalog *catalog.Catalog
	Page    *pages.Entry // nil: the request named no page
	Visitor visitor.Visitor
	Slots   [][]decision.Line // as the request's
}

// Explain traces the decision for the slots of r, all of them decided together. It is slow: for people, never for readers.
func (e *Engine) Explain(r *Request) (*Explanation, error) {
	w := e.work.Get().(*work)
	defer e.release(w)
	if err := e.prepare(w, r); err != nil {
		return nil, err
	}
	// Somebody who names a page by its address alone means it as readers' pages described it.
	if w.page != nil && !w.page.Context.Known && len(r.Page.Title) == 0 && len(r.Page.Text) == 0 {
		if known := e.opts.Pages.Latest(string(r.Page.URL)); known != nil {
			w.page = known
			w.in.Page, w.in.PageTerms = known.Context, known.Terms(w.snap.Catalog.Index)
		}
	}
	var facts targeting.Page
	if w.page != nil {
		facts = w.page.Facts()
	}
	x := &Explanation{Catalog: w.snap.Catalog, Page: w.page, Visitor: w.visitor}
	for i := range r.Slots {
		x.Slots = append(x.Slots, decision.Trace(&w.in, i, facts))
	}
	return x, nil
}
