package decision

import (
	"slices"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
)

// Pause is one use of the newsroom's switch: on the pages that it matches, the advertisers it names do not serve, or nobody does if
// it names none. A condition that is empty matches every page; several must all hold.
type Pause struct {
	ID          string
	From, Until time.Time // half-open
	Advertisers []string
	Sites       []string
	Sections    []string
	Topics      []string // IAB ids; pages of narrower topics match as well
	URLs        []string // patterns of targeting.URLPattern
}

// Pauses is what the newsroom paused. It is immutable.
type Pauses struct{ list []Pause }

// NewPauses returns the given pauses. It does not keep the slice.
func NewPauses(list []Pause) *Pauses { return &Pauses{list: slices.Clone(list)} }

// paused is what of the pauses touches one page.
type paused struct {
	any, all    bool
	advertisers []string // of the pauses' own memory
}

func (p *paused) begin(in *Input) {
	p.any, p.all, p.advertisers = false, false, nil
	if in.Pauses == nil || len(in.Slots) == 0 {
		return
	}
	site := in.Catalog.Sites[in.Catalog.Placements[in.Slots[0].Placement].Site].ID
	for i := range in.Pauses.list {
		ps := &in.Pauses.list[i]
		if in.Now.Before(ps.From) || !in.Now.Before(ps.Until) || !ps.matches(site, in.Page) {
			continue
		}
		p.any = true
		switch {
		case len(ps.Advertisers) == 0:
			p.all = true
		case p.advertisers == nil:
			p.advertisers = ps.Advertisers
		default:
			p.advertisers = append(slices.Clip(p.advertisers), ps.Advertisers...)
		}
	}
}

func (p *paused) holds(li *catalog.LineItem) bool {
	return p.all || slices.Contains(p.advertisers, li.Key.Advertiser)
}

func (ps *Pause) matches(site string, page *pagecontext.Context) bool {
	if len(ps.Sites) > 0 && !slices.Contains(ps.Sites, site) {
		return false
	}
	if len(ps.Sections) == 0 && len(ps.Topics) == 0 && len(ps.URLs) == 0 {
		return true
	}
	if page == nil {
		return false
	}
	if len(ps.Sections) > 0 && !slices.Contains(ps.Sections, page.Section) {
		return false
	}
	if len(ps.URLs) > 0 && !targeting.Match(targeting.URLPattern{Patterns: ps.URLs}, &targeting.Facts{Page: targeting.Page{URL: page.URL}}) {
		return false
	}
	if len(ps.Topics) == 0 {
		return true
	}
	for i := range page.Topics {
		for _, id := range pagecontext.Ancestors(page.Topics[i].ID) {
			if slices.Contains(ps.Topics, id) {
				return true
			}
		}
	}
	return false
}
