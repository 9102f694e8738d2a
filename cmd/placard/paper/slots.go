package paper

import "net/url"

// slot is one ad slot of a page, as the tag finds it.
type slot struct {
	Placement string
	// Sizes is the tag's data-placard-sizes; PhoneSizes replaces it in viewports below 600 px. paper.css
	// reserves the height of the tallest of them, label included.
	Sizes, PhoneSizes string
	// FrameURL is what a browser without scripts shows instead.
	FrameURL string
}

// The placements of the pages, from the top of a page to its end.
func articlePlacements() []string {
	return []string{"masthead", "story-end-1", "story-end-2", "below-comments"}
}

func frontPlacements() []string {
	return []string{"front-top", "front-mid", "front-bottom"}
}

// slotSizes are of one height in each range of viewports, so that what paper.css reserves is what is shown: 600 px and wider, 1024 px
// and wider, and phones.
func slotSizes(placement string) (wide, phone string) {
	switch placement {
	case "masthead", "front-top":
		return "970x250,728x90,320x100", "320x100,320x50"
	case "story-end-1", "front-mid":
		return "728x90,320x100", "300x250,320x100"
	case "story-end-2":
		return "300x250", "300x250,320x100" // and native, which has no size
	case "below-comments", "front-bottom":
		return "970x250,728x90,320x100", "300x250,320x100"
	}
	panic("paper: no sizes for placement " + placement)
}

// slots makes the slots of a page by placement.
func (p *paper) slots(placements []string) map[string]slot {
	out := make(map[string]slot, len(placements))
	for _, name := range placements {
		s := slot{Placement: name}
		s.Sizes, s.PhoneSizes = slotSizes(name)
		s.FrameURL = p.opts.AdBase + "/v1/frame?" + url.Values{"site": {p.opts.Site}, "placement": {name}}.Encode()
		out[name] = s
	}
	return out
}

// Slot is a slot as its page asks for it, for those who read the paper without a browser.
type Slot struct{ Placement, Sizes, PhoneSizes string }

// ArticleSlots are the slots of every article, FrontSlots those of the front page and of section fronts.
func ArticleSlots() []Slot { return named(articlePlacements()) }

// FrontSlots are the slots of the front page and of section fronts.
func FrontSlots() []Slot { return named(frontPlacements()) }

func named(placements []string) []Slot {
	out := make([]Slot, len(placements))
	for i, p := range placements {
		out[i].Placement = p
		out[i].Sizes, out[i].PhoneSizes = slotSizes(p)
	}
	return out
}
