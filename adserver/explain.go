package adserver

import (
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/visitor"
)

// Explanation tells for one slot of a page why each line item serves there or does not. Delivery is asked as it is now, and nothing is
// taken from it, counted or recorded.
type Explanation struct {
	Catalog *catalog.Catalog
	Page    *pages.Entry // nil: the request named no page
	Visitor visitor.Visitor
	Lines   []decision.Line
}

// Explain traces the decision for one slot of r. It is slow: for people, never for readers.
func (e *Engine) Explain(r *Request, slot int) (*Explanation, error) {
	w := e.work.Get().(*work)
	defer e.release(w)
	if slot < 0 || slot >= len(r.Slots) {
		return nil, &RequestError{Code: "invalid_field", Message: "the request has no such slot", Field: "slots"}
	}
	if err := e.prepare(w, r); err != nil {
		return nil, err
	}
	var facts targeting.Page
	if w.page != nil {
		facts = w.page.Facts()
	}
	return &Explanation{Catalog: w.snap.Catalog, Page: w.page, Visitor: w.visitor, Lines: decision.Trace(&w.in, slot, facts)}, nil
}
