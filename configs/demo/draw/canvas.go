package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// canvas collects the SVG of one picture. Coordinates are CSS pixels of the creative's size.
type canvas struct {
	w, h  float64
	dark  bool
	body  strings.Builder
	defs  strings.Builder
	names int
}

// The sizes that the demo's slots take. A design lays itself out for each it is asked for.
func (c *canvas) billboard() bool { return c.w == 970 }
func (c *canvas) leader() bool    { return c.w == 728 }
func (c *canvas) box() bool       { return c.w == 300 }
func (c *canvas) phone() bool     { return c.w == 320 }

// by picks what belongs to the canvas's size.
func by[T any](c *canvas, billboard, leader, box, phone T) T {
	switch {
	case c.billboard():
		return billboard
	case c.leader():
		return leader
	case c.box():
		return box
	}
	return phone
}

// tone picks between the colour for light pages and the one for dark pages.
func (c *canvas) tone(light, dark string) string {
	if c.dark {
		return dark
	}
	return light
}

func (c *canvas) f(format string, args ...any) { fmt.Fprintf(&c.body, format, args...) }

func (c *canvas) name() string {
	c.names++
	return fmt.Sprintf("d%d", c.names)
}

// linear defines a gradient from the top left of the shape's box to the point x of its lower edge, from 0 to 1; stops are "offset colour" or "offset colour opacity".
func (c *canvas) linear(x float64, stops ...string) string {
	id := c.name()
	fmt.Fprintf(&c.defs, `<linearGradient id="%s" x1="0" y1="0" x2="%g" y2="1">%s</linearGradient>`, id, x, stopsOf(stops))
	return "url(#" + id + ")"
}

func stopsOf(stops []string) string {
	var b strings.Builder
	for _, s := range stops {
		f := strings.Fields(s)
		fmt.Fprintf(&b, `<stop offset="%s" stop-color="%s"`, f[0], f[1])
		if len(f) > 2 {
			fmt.Fprintf(&b, ` stop-opacity="%s"`, f[2])
		}
		b.WriteString("/>")
	}
	return b.String()
}

// clip opens a group that shows only what lies within a path; the caller closes it with </g>.
func (c *canvas) clip(path string) {
	id := c.name()
	fmt.Fprintf(&c.defs, `<clipPath id="%s"><path d="%s"/></clipPath>`, id, path)
	c.f(`<g clip-path="url(#%s)">`, id)
}

func (c *canvas) fill(colour string) { c.rect(0, 0, c.w, c.h, colour) }

func (c *canvas) rect(x, y, w, h float64, colour string) {
	c.f(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`, x, y, w, h, colour)
}

func (c *canvas) round(x, y, w, h, r float64, colour string) {
	c.f(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" rx="%.2f" fill="%s"/>`, x, y, w, h, r, colour)
}

func (c *canvas) disc(x, y, r float64, colour string) {
	c.f(`<circle cx="%.2f" cy="%.2f" r="%.2f" fill="%s"/>`, x, y, r, colour)
}

func (c *canvas) path(d, colour string) { c.f(`<path d="%s" fill="%s"/>`, d, colour) }

func (c *canvas) stroke(d, colour string, width float64) {
	c.f(`<path d="%s" fill="none" stroke="%s" stroke-width="%.2f" stroke-linecap="round" stroke-linejoin="round"/>`, d, colour, width)
}

func (c *canvas) line(x1, y1, x2, y2 float64, colour string, width float64) {
	c.stroke(fmt.Sprintf("M%.2f %.2fL%.2f %.2f", x1, y1, x2, y2), colour, width)
}

// at opens a group moved to (x, y) and scaled; the caller closes it with </g>.
func (c *canvas) at(x, y, scale float64) {
	c.f(`<g transform="translate(%.2f %.2f) scale(%.4f)">`, x, y, scale)
}

func (c *canvas) end() { c.f(`</g>`) }

// face is how a line of text is set.
type face struct {
	family string
	size   float64
	weight int
	italic bool
	track  float64 // in em
	colour string
	anchor string // start, middle, end
}

func serif(size float64, weight int, colour string) face {
	return face{family: "Newsreader", size: size, weight: weight, track: -0.012, colour: colour}
}

func italic(size float64, weight int, colour string) face {
	return face{family: "Newsreader", size: size, weight: weight, italic: true, track: -0.012, colour: colour}
}

func sans(size float64, weight int, colour string) face {
	return face{family: "Libre Franklin", size: size, weight: weight, colour: colour}
}

func nastaliq(size float64, weight int, colour string) face {
	return face{family: "Noto Nastaliq Urdu", size: size, weight: weight, colour: colour, anchor: "end"}
}

func naskh(size float64, weight int, colour string) face {
	return face{family: "Noto Naskh Arabic", size: size, weight: weight, colour: colour, anchor: "end"}
}

func (f face) right() face  { f.anchor = "end"; return f }
func (f face) centre() face { f.anchor = "middle"; return f }

// spaced sets capitals with air between them.
func (f face) spaced(em float64) face { f.track = em; return f }

func (c *canvas) text(x, y float64, s string, t face) {
	style, anchor := "normal", t.anchor
	if t.italic {
		style = "italic"
	}
	if anchor == "" {
		anchor = "start"
	}
	dir := ""
	if strings.HasPrefix(t.family, "Noto") {
		// With rtl the start of a line is its right end.
		dir = ` direction="rtl"`
		switch anchor {
		case "end":
			anchor = "start"
		case "start":
			anchor = "end"
		}
	}
	c.f(`<text x="%.2f" y="%.2f" font-family="%s" font-size="%.2f" font-weight="%d" font-style="%s" letter-spacing="%.3fem" text-anchor="%s" fill="%s"%s>%s</text>`,
		x, y, t.family, t.size, t.weight, style, t.track, anchor, t.colour, dir, html.EscapeString(s))
}

// svg is the whole picture.
func (c *canvas) svg(style string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g">%s<defs>%s</defs>%s</svg>`,
		c.w, c.h, c.w, c.h, style, c.defs.String(), c.body.String())
}

// wave is an open path of a sine: from x0 to x1 around y.
func wave(x0, x1, y, amplitude, length, phase float64) string {
	var b strings.Builder
	for x := x0; x <= x1+0.01; x += 4 {
		op := "L"
		if x == x0 {
			op = "M"
		}
		fmt.Fprintf(&b, "%s%.2f %.2f", op, x, y+amplitude*math.Sin((x-x0)/length*2*math.Pi+phase))
	}
	return b.String()
}

// random is SplitMix64: the same picture each time.
type random uint64

func (r *random) next() float64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// ridge is a mountain line by midpoint displacement, from x0 to x1, closed at the floor.
func ridge(seed uint64, x0, x1, y, rough, floor float64) (path string, points [][2]float64) {
	r := random(seed)
	ys := []float64{y + rough*(r.next()-0.5), y + rough*(r.next()-0.5)}
	for step := rough; len(ys) < 129; step *= 0.55 {
		next := make([]float64, 0, len(ys)*2-1)
		for i := 0; i+1 < len(ys); i++ {
			next = append(next, ys[i], (ys[i]+ys[i+1])/2+step*(r.next()-0.5))
		}
		next = append(next, ys[len(ys)-1])
		ys = next
	}
	var b strings.Builder
	for i, v := range ys {
		x := x0 + (x1-x0)*float64(i)/float64(len(ys)-1)
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(&b, "%s%.2f %.2f", op, x, v)
		points = append(points, [2]float64{x, v})
	}
	fmt.Fprintf(&b, "L%.2f %.2fL%.2f %.2fZ", x1, floor, x0, floor)
	return b.String(), points
}
