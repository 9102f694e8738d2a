package main

// design is one idea in several sizes.
type design struct {
	name     string
	sizes    [][2]float64
	draw     func(*canvas)
	single   bool                                    // at one pixel to the CSS pixel only: pictures of native creatives, drawn large
	document func(w, h float64, fs fontFaces) string // an html creative instead of pictures
}

var (
	four    = [][2]float64{{970, 250}, {728, 90}, {300, 250}, {320, 100}}
	flat    = [][2]float64{{970, 250}, {728, 90}, {320, 100}}
	inStory = [][2]float64{{728, 90}, {300, 250}, {320, 100}}
	native  = [][2]float64{{600, 400}}
)

func designs() []design {
	return []design{
		{name: "northwind-istanbul", sizes: flat, draw: istanbul},
		{name: "northwind-valleys", sizes: four, draw: valleys},
		{name: "northwind-gulf", sizes: native, draw: gulf, single: true},
		{name: "dariya-savings", sizes: four, draw: savings},
		{name: "dariya-urdu", sizes: four, draw: savingsUrdu},
		{name: "dariya-home", sizes: native, draw: doorAjar, single: true},
		{name: "lantern-reading", sizes: four, draw: readingLamp},
		{name: "lantern-shelf", sizes: native, draw: shelf, single: true},
		{name: "harbour-season", sizes: four, draw: season},
		{name: "harbour-tonight", sizes: native, draw: tonight, single: true},
		{name: "shalbagh-admissions", sizes: four, draw: admissions},
		{name: "shalbagh-open", sizes: native, draw: gardenWall, single: true},
		{name: "volt-sale", sizes: four, document: dialDocument},
		{name: "volt-radio", sizes: four, draw: radio},
		{name: "saaya-appeal", sizes: inStory, draw: appeal},
		{name: "saaya-quilt", sizes: native, draw: quilt, single: true},
		{name: "parinda-nights", sizes: four, draw: nights},
		{name: "parinda-urdu", sizes: four, draw: nightsUrdu},
		{name: "kohra-cup", sizes: four, draw: cup},
		{name: "kohra-urdu", sizes: four, draw: cupUrdu},
		{name: "kohra-morning", sizes: flat, draw: morning},
		{name: "neel-ink", sizes: four, draw: ink},
		{name: "daily-subscribe", sizes: flat, draw: subscribe},
		{name: "daily-crossword", sizes: inStory, draw: crossword},
	}
}
