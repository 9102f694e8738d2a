package main

import (
	"fmt"
	"math"
)

// istanbul: the skyline against the light, a ferry below it.
func istanbul(c *canvas) {
	sea := by(c, 176.0, 62, 0, 70)
	sky := c.linear(0, "0 "+c.tone("#f6e3c0", "#0b1230"), "0.55 "+c.tone("#f3b376", "#2a2350"), "1 "+c.tone("#e0714c", "#8a3f5c"))
	c.rect(0, 0, c.w, sea, sky)
	dark := c.tone("#43243f", "#070a18")
	sunX, sunR := by(c, 640.0, 520, 0, 246), by(c, 58.0, 26, 0, 25)
	if c.dark {
		// A crescent over the strait: a disc with the sky's own colour over a part of it.
		c.f(`<mask id="moon"><rect width="%g" height="%g" fill="#fff"/><circle cx="%g" cy="%g" r="%g" fill="#000"/></mask>`, c.w, c.h, sunX+sunR*0.42, sea-sunR*1.75, sunR*0.66)
		c.f(`<circle cx="%g" cy="%g" r="%g" fill="#f7e7b8" mask="url(#moon)"/>`, sunX+sunR*0.1, sea-sunR*1.6, sunR*0.72)
	} else {
		c.disc(sunX, sea-sunR*0.28, sunR, "#fff3d2")
	}
	k := by(c, 1.0, 0.46, 0, 0.44)
	far := c.tone("#b0586a", "#34244f")
	if c.dark {
		far = "#3b2a55"
	}
	c.path(hills(by(c, 300.0, 250, 0, 120), c.w, sea, 26*k), far)
	mosque(c, by(c, 560.0, 470, 0, 210), sea, 0.92*k, dark)
	mosque(c, by(c, 812.0, 612, 0, 292), sea, 0.66*k, dark)
	galata(c, by(c, 700.0, 548, 0, 256), sea, k, dark)
	houses(c, 7, by(c, 420.0, 372, 0, 160), c.w, sea, 17*k, dark)
	c.rect(0, sea, c.w, c.h-sea, c.linear(0, "0 "+c.tone("#2e5a74", "#1b2745"), "1 "+c.tone("#123449", "#0a1122")))
	r := random(3)
	rows := by(c, 26, 12, 0, 4)
	for i := range rows {
		y := sea + 4*k + by(c, c.h-sea-6*k, c.h-sea-6*k, 0, 9)*float64(i)/float64(rows)
		l := (14 + 40*r.next()) * k
		x := sunX + (r.next()-0.5)*sunR*(1.6+float64(i)*0.06)
		c.f(`<path d="M%.1f %.1fh%.1f" stroke="%s" stroke-width="%.1f" stroke-linecap="round" opacity="%.2f"/>`, x-l/2, y, l, c.tone("#ffd9a3", "#e8d9b0"), 2.1*k, 0.75-0.5*float64(i)/26)
	}
	ferry(c, by(c, 455.0, 392, 0, 176), sea+by(c, 22.0, 10, 0, 10), 0.9*k, c.tone("#f8efe0", "#cfc6d8"), c.tone("#1c2436", "#05070f"))
	in, on := c.tone("#43243f", "#f9ead0"), "#f9ead0"
	switch {
	case c.billboard():
		c.text(42, 104, "Istanbul", italic(92, 500, in))
		c.text(46, 142, "Four nights on the Bosphorus, from Rs 148,000", sans(18, 500, in))
		star(c, 54, 216, 11, on)
		c.text(74, 222, "NORTHWIND TRAVEL", sans(14, 650, on).spaced(0.14))
		c.text(926, 222, "See the dates  →", sans(17, 600, on).right())
	case c.leader():
		c.text(20, 48, "Istanbul", italic(48, 500, in))
		star(c, 27, 76, 5.5, on)
		c.text(38, 80, "NORTHWIND", sans(11.5, 650, on).spaced(0.12))
		c.text(214, 28, "Four nights on the", sans(14, 500, in))
		c.text(214, 47, "Bosphorus, Rs 148,000", sans(14, 600, in))
		c.text(710, 81, "See the dates  →", sans(13, 600, on).right())
	case c.phone():
		c.text(13, 44, "Istanbul", italic(45, 500, in))
		c.text(15, 63, "Four nights, Rs 148,000", sans(12.5, 600, in))
		star(c, 21, 86, 5.5, on)
		c.text(32, 90, "NORTHWIND", sans(11.5, 650, on).spaced(0.12))
		c.text(307, 90, "See the dates  →", sans(12.5, 600, on).right())
	}
}

// star is Northwind's mark: a compass's four points.
func star(c *canvas, x, y, r float64, colour string) {
	q := r * 0.22
	c.path(fmt.Sprintf("M%g %gL%g %gL%g %gL%g %gL%g %gL%g %gL%g %gL%g %gZ", x, y-r, x+q, y-q, x+r, y, x+q, y+q, x, y+r, x-q, y+q, x-r, y, x-q, y-q), colour)
}

func hills(x0, x1, base, height float64) string {
	d := fmt.Sprintf("M%g %g", x0, base)
	for i := 0; i <= 60; i++ {
		t := float64(i) / 60
		d += fmt.Sprintf("L%.1f %.1f", x0+(x1-x0)*t, base-height*math.Sin(t*math.Pi/2)*(0.8+0.25*math.Sin(t*9)+0.12*math.Sin(t*23)))
	}
	return d + fmt.Sprintf("L%g %gZ", x1, base)
}

func mosque(c *canvas, x, base, k float64, colour string) {
	c.at(x, base, k)
	c.path("M-92 0V-26H-66V-40H-40C-40-64-22-78-1.5-80V-94H1.5V-80C22-78 40-64 40-40H66V-26H92V0Z", colour)
	c.path("M-74-26a17 17 0 0 1 34 0zM40-26a17 17 0 0 1 34 0z", colour)
	for _, m := range []float64{-104, -72, 72, 104} {
		h := 124.0
		if math.Abs(m) > 100 {
			h = 104
		}
		c.path(fmt.Sprintf("M%g 0V-%gL%g-%gL%g-%gV0Z", m-2.6, h-16, m, h+8, m+2.6, h-16), colour)
		c.rect(m-4.6, -h+38, 9.2, 3, colour)
		c.rect(m-4.2, -h+18, 8.4, 2.4, colour)
	}
	c.end()
}

func galata(c *canvas, x, base, k float64, colour string) {
	c.at(x, base, k)
	c.path("M-11 0V-62H-13V-68H-10V-80L0-104L10-80V-68H13V-62H11V0Z", colour)
	c.end()
}

func houses(c *canvas, seed uint64, x0, x1, base, height float64, colour string) {
	r := random(seed)
	d := fmt.Sprintf("M%g %g", x0, base)
	for x := x0; x < x1; {
		w := height * (0.5 + r.next()*0.8)
		h := height * (0.35 + 0.65*r.next())
		d += fmt.Sprintf("V%.1fH%.1f", base-h, x+w)
		x += w
	}
	c.path(d+fmt.Sprintf("V%gZ", base), colour)
}

func ferry(c *canvas, x, y, k float64, white, hull string) {
	c.at(x, y, k)
	c.path("M-46-4H50L42 9H-38Z", hull)
	c.path("M-36-13H38V-4H-36ZM-26-22H24V-14H-26Z", white)
	c.path("M-4-36H7V-22H-4Z", hull)
	c.rect(-4, -31, 11, 3, white)
	for i := range 9 {
		c.rect(-32+float64(i)*7.6, -11, 4, 4, hull)
	}
	c.stroke("M2-40C6-52 20-48 26-58S48-66 58-64", white, 2.4)
	c.end()
}

// valleys: ranges behind ranges, an aeroplane's line over them.
func valleys(c *canvas) {
	c.fill(c.linear(0, "0 "+c.tone("#cfe3ee", "#0a1424"), "0.7 "+c.tone("#f7ead8", "#22304a"), "1 "+c.tone("#f4d9bd", "#3a3a52")))
	tones := []string{"#b9c9d8", "#8fa8bd", "#5c7d97", "#2e5268"}
	if c.dark {
		tones = []string{"#33486b", "#273a5a", "#1b2b47", "#101d35"}
	}
	for i, t := range tones {
		f := float64(i)
		// Each range begins low behind the words and rises to the right.
		left := by(c, 214.0, 84, 196, 92) + f*by(c, 14.0, 4, 8, 4)
		right := by(c, 78.0, 20, 112, 34) + f*by(c, 40.0, 17, 30, 17)
		d, pts := slope(uint64(11+i*7), left, right, by(c, 96.0, 40, 62, 40)*(1-0.16*f), c.w, c.h)
		c.path(d, t)
		if i < 2 {
			snow(c, pts, by(c, 24.0, 9, 16, 9), c.tone("#ffffff", "#8fa3c4"))
		}
	}
	// The flight, from the left edge to over the ranges.
	x0, y0, x1, y1 := by(c, 420.0, 330, 40, 170), by(c, 120.0, 58, 140, 58), by(c, 836.0, 560, 236, 262), by(c, 46.0, 17, 78, 18)
	trail := c.tone("#ffffff", "#dfe8f6")
	c.f(`<path d="M%g %gQ%g %g %g %g" fill="none" stroke="%s" stroke-width="%.1f" stroke-dasharray="%s" stroke-linecap="round"/>`, x0, y0, (x0+x1)/2, y1-10, x1-12, y1, trail, by(c, 2.6, 1.8, 2.2, 1.8), by(c, "1 9", "1 6", "1 7", "1 6"))
	plane(c, x1, y1, by(c, 1.0, 0.6, 0.8, 0.6), c.tone("#a8322a", "#ff8f7a"))
	in := c.tone("#17344a", "#eef3fa")
	accent := c.tone("#8f2a22", "#ffab98")
	switch {
	case c.billboard():
		c.text(42, 96, "Skardu,", serif(66, 500, in))
		c.text(42, 160, "in an hour.", italic(66, 450, in))
		c.text(45, 196, "Four flights a week from Islamabad", sans(17, 500, in))
		c.text(45, 222, "NORTHWIND TRAVEL", sans(13, 650, accent).spaced(0.14))
		button(c, 800, 198, 138, 36, "Find a seat  →", sans(15, 600, "#17344a"), c.tone("#ffffff", "#eef3fa"))
	case c.leader():
		c.text(20, 42, "Skardu,", serif(33, 500, in))
		c.text(20, 73, "in an hour.", italic(33, 450, in))
		c.text(198, 38, "Four flights a week", sans(13.5, 500, in))
		c.text(198, 56, "from Islamabad", sans(13.5, 500, in))
		c.text(198, 76, "NORTHWIND", sans(11, 650, accent).spaced(0.13))
		button(c, 606, 52, 108, 27, "Find a seat  →", sans(12.5, 600, "#17344a"), c.tone("#ffffff", "#eef3fa"))
	case c.box():
		c.text(20, 48, "Skardu,", serif(38, 500, in))
		c.text(20, 84, "in an hour.", italic(38, 450, in))
		c.text(20, 212, "Four flights a week from Islamabad", sans(13, 550, "#ffffff"))
		c.text(20, 234, "NORTHWIND TRAVEL", sans(11, 650, c.tone("#ffd2c8", "#ffab98")).spaced(0.13))
		c.text(282, 234, "→", sans(16, 600, "#ffffff").right())
	case c.phone():
		c.text(14, 42, "Skardu,", serif(32, 500, in))
		c.text(14, 72, "in an hour.", italic(32, 450, in))
		c.text(15, 91, "NORTHWIND", sans(11, 650, accent).spaced(0.13))
		button(c, 216, 68, 92, 24, "Find a seat", sans(12, 600, "#17344a"), c.tone("#ffffff", "#eef3fa"))
	}
}

// slope is a ridge from the left edge at one height to the right edge at another.
func slope(seed uint64, left, right, rough, w, floor float64) (string, [][2]float64) {
	_, pts := ridge(seed, -4, w+4, 0, rough, 0)
	d := ""
	for i := range pts {
		t := float64(i) / float64(len(pts)-1)
		rise := t * t * (3 - 2*t)
		pts[i][1] = left + (right-left)*rise + pts[i][1]*(0.12+0.88*rise)
		op := "L"
		if i == 0 {
			op = "M"
		}
		d += fmt.Sprintf("%s%.1f %.1f", op, pts[i][0], pts[i][1])
	}
	return d + fmt.Sprintf("L%g %gL-4 %gZ", w+4, floor, floor), pts
}

// snow caps the high points of a ridge.
func snow(c *canvas, pts [][2]float64, depth float64, colour string) {
	low := 0.0
	high := math.Inf(1)
	for _, p := range pts {
		low, high = math.Max(low, p[1]), math.Min(high, p[1])
	}
	line := high + (low-high)*0.3
	d := ""
	r := random(5)
	for i := 0; i < len(pts); i++ {
		if pts[i][1] > line {
			continue
		}
		j := i
		for j+1 < len(pts) && pts[j+1][1] <= line {
			j++
		}
		if j-i >= 2 {
			d += fmt.Sprintf("M%.1f %.1f", pts[i][0], pts[i][1])
			for _, p := range pts[i : j+1] {
				d += fmt.Sprintf("L%.1f %.1f", p[0], p[1])
			}
			for m := j - 1; m > i; m-- {
				d += fmt.Sprintf("L%.1f %.1f", pts[m][0], math.Min(line, pts[m][1]+depth*(0.25+0.75*r.next())))
			}
			d += "Z"
		}
		i = j
	}
	if d != "" {
		c.f(`<path d="%s" fill="%s" opacity="0.9"/>`, d, colour)
	}
}

func plane(c *canvas, x, y, k float64, colour string) {
	c.f(`<g transform="translate(%g %g) rotate(-7) scale(%g)">`, x, y, k)
	c.path("M-24-4L-30-16H-24L-14-5L4-5L-8-24H-1L16-5H26C32-5 36-2 36 0S32 5 26 5H16L-1 24H-8L4 5H-14L-20 10H-25L-21 2Z", colour)
	c.end()
}

// button is a label on a plain ground: the reader's thumb has somewhere to go.
func button(c *canvas, x, y, w, h float64, label string, t face, ground string) {
	c.round(x, y, w, h, 2, ground)
	c.text(x+w/2, y+h/2+t.size*0.36, label, t.centre())
}

// gulf: a dhow under the moon.
func gulf(c *canvas) {
	c.fill(c.linear(0, "0 "+c.tone("#9cc4cf", "#0a1830"), "0.62 "+c.tone("#f3e3c4", "#2b3a5c"), "1 "+c.tone("#f0cfa0", "#3b4666")))
	c.disc(404, 168, 62, c.tone("#fff6de", "#f3e6c0"))
	c.rect(0, 262, 600, 138, c.linear(0, "0 "+c.tone("#3f8793", "#14284a"), "1 "+c.tone("#1d5563", "#0a152c")))
	for i := range 12 {
		y := 272 + float64(i)*9.5
		w := 116 - float64(i)*4
		c.f(`<path d="M%.1f %.1fh%.1f" stroke="%s" stroke-width="3" stroke-linecap="round" opacity="0.6"/>`, 404-w/2+math.Sin(float64(i)*2.1)*14, y, w, c.tone("#fbeccb", "#d9cfa8"))
	}
	hull := c.tone("#3a2a24", "#070c18")
	c.path("M120 268C150 300 320 300 372 250L352 254C300 272 190 276 120 268Z", hull)
	c.path("M118 268L100 244L128 262Z", hull)
	c.stroke("M214 270L226 84", hull, 6)
	c.stroke("M306 258L310 138", hull, 5)
	c.path("M150 226C170 150 230 96 268 62C274 150 258 210 236 236C208 226 178 222 150 226Z", c.tone("#fffaf0", "#dfe4ee"))
	c.path("M276 236C288 192 318 152 344 128C350 184 342 220 330 240C312 234 294 232 276 236Z", c.tone("#f6e5cf", "#b9c2d6"))
	for i := range 5 {
		c.stroke(wave(0, 600, 306+float64(i)*20, 3, 120, float64(i)*1.7), c.tone("#5fa3ad", "#22406b"), 1.6)
	}
}
