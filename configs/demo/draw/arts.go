package main

import (
	"fmt"
	"math"
)

// readingLamp: a lamp, its light, a book.
func readingLamp(c *canvas) {
	c.fill(c.tone("#efe5cf", "#12171a"))
	in, brass := c.tone("#1d3d33", "#f2e7cd"), c.tone("#1d4a3c", "#3f8a70")
	k := by(c, 1.0, 0.36, 0.68, 0.4)
	x, table := by(c, 720.0, 560, 176, 236), by(c, 214.0, 78, 222, 88)
	c.rect(0, table, c.w, c.h-table, c.tone("#d9c6a0", "#0c1012"))
	glow := c.tone("#ffe08a", "#ffcf70")
	c.f(`<path d="M%.1f %.1fL%.1f %.1fH%.1fL%.1f %.1fZ" fill="%s"/>`, x-34*k, table-128*k, x-196*k, table, x+132*k, x+40*k, table-128*k,
		c.linear(0, "0 "+glow+" "+c.tone("0.95", "0.62"), "1 "+glow+" "+c.tone("0.25", "0.1")))
	c.at(x, table, k)
	c.f(`<ellipse cx="-32" cy="0" rx="164" ry="9" fill="%s" opacity="%s"/>`, glow, c.tone("0.8", "0.4"))
	// The lamp: foot, arm, shade.
	c.path("M96 0H196V-7C178-12 114-12 96-7Z", brass)
	c.stroke("M146-8C150-70 176-120 150-170S80-204 44-186", brass, 7)
	c.path("M-42-124C-40-168-22-190 4-194C30-190 46-168 48-124Z", brass)
	c.rect(-44, -128, 94, 6, c.tone("#c9962f", "#e0b24d"))
	// The book, open.
	page, edge := c.tone("#fffaf0", "#efe6d4"), c.tone("#b5563b", "#c4694c")
	c.path("M-122-4C-96-22-60-22-32-8C-4-22 32-22 58-4L62 3C34-8 0-8-32 4C-64-8-98-8-126 3Z", edge)
	c.path("M-120-9C-94-27-60-27-32-13V2C-60-12-94-12-120 3ZM56-9C30-27-4-27-32-13V2C-4-12 30-12 56 3Z", page)
	for i := range 2 {
		y := -14 - float64(i)*0
		c.f(`<path d="M-108 %gC-88 %g-62 %g-42 %gM44 %gC24 %g-2 %g-22 %g" fill="none" stroke="%s" stroke-width="1.2" opacity="0.55"/>`, y+2, y-8, y-8, y+1, y+2, y-8, y-8, y+1, edge)
	}
	c.end()
	soft := c.tone("#47604f", "#bdb59f")
	switch {
	case c.billboard():
		c.text(42, 98, "Stay up", serif(70, 500, in))
		c.text(42, 162, "later.", italic(70, 450, in))
		c.text(206, 141, "The winter list: forty books", sans(16, 500, soft))
		c.text(206, 163, "to be tired for", sans(16, 500, soft))
		lantern(c, 54, 230, 0.8, c.tone("#1d3d33", "#f2e7cd"))
		c.text(74, 238, "Lantern Books, Karachi", serif(19, 600, c.tone("#1d3d33", "#f2e7cd")))
		c.text(928, 238, "See the list  →", sans(16, 600, c.tone("#1d3d33", "#f2e7cd")).right())
	case c.leader():
		c.text(18, 42, "Stay up", serif(34, 500, in))
		c.text(18, 72, "later.", italic(34, 450, in))
		c.text(166, 36, "The winter list:", sans(14, 500, soft))
		c.text(166, 55, "forty books to be tired for", sans(14, 500, soft))
		c.text(166, 74, "Lantern Books", serif(15, 650, in))
		c.text(710, 52, "See the list  →", sans(13, 600, in).right())
	case c.box():
		c.text(18, 46, "Stay up", serif(40, 500, in))
		c.text(18, 82, "later.", italic(40, 450, in))
		lantern(c, 26, 239, 0.55, in)
		c.text(40, 243, "Lantern Books", serif(15, 650, in))
		c.text(284, 243, "The winter list  →", sans(12.5, 600, in).right())
	case c.phone():
		c.text(13, 40, "Stay up", serif(33, 500, in))
		c.text(13, 69, "later.", italic(33, 450, in))
		c.text(14, 86, "Lantern Books", serif(14, 650, in))
	}
}

// lantern is the bookshop's mark.
func lantern(c *canvas, x, y, k float64, colour string) {
	c.at(x, y, k)
	c.stroke("M-7-12A7 7 0 0 1 7-12", colour, 2)
	c.path("M-8-12H8V-9H-8ZM-9 9H9V12H-9Z", colour)
	c.stroke("M-7-8L-8 8M7-8L8 8", colour, 1.8)
	c.path("M0-5C4 0 4 3 0 6C-4 3-4 0 0-5Z", colour)
	c.end()
}

// shelf: books, one of them half out.
func shelf(c *canvas) {
	c.fill(c.tone("#e9dcc0", "#161310"))
	tones := []string{"#1d4a3c", "#b5563b", "#d9a441", "#5b6f8c", "#7b3b3b", "#8f8a5b", "#2f4a63", "#c98a6b"}
	for row := range 2 {
		base := 186 + float64(row)*190
		r := random(uint64(40 + row))
		for x, i := 18.0, 0; x < 590; i++ {
			w, h := 20+r.next()*26, 108+r.next()*44
			colour := tones[int(r.next()*8)%8]
			y, px := base-h, x
			if row == 0 && i == 8 {
				y += 0
				c.f(`<g transform="rotate(-9 %g %g) translate(-6 -20)">`, x+w/2, base)
			} else {
				c.f(`<g>`)
			}
			c.f(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" opacity="%s"/>`, px, y, w, h, colour, c.tone("1", "0.78"))
			c.rect(px+w*0.2, y+14, w*0.6, 3, c.tone("#f6ecd6", "#d9cfb6"))
			c.rect(px+w*0.2, y+21, w*0.6, 1.5, c.tone("#f6ecd6", "#d9cfb6"))
			c.rect(px+w*0.3, base-22, w*0.4, 8, c.tone("#f6ecd6", "#d9cfb6"))
			c.end()
			x += w + 2
			if row == 0 && i == 8 {
				x += 26
			}
		}
		c.rect(0, base, 600, 14, c.tone("#9a7448", "#4a3621"))
		c.rect(0, base+14, 600, 5, c.tone("#cdb78c", "#0c0a08"))
	}
}

// season: a stave that is the sea, a note that is a boat.
func season(c *canvas) {
	c.fill(c.tone("#f5ecd9", "#0d1630"))
	in, red := c.tone("#16213f", "#f3ead6"), c.tone("#cf3f27", "#ff7c5f")
	k := by(c, 1.0, 0.36, 0.7, 0.38)
	x0, y0 := by(c, 378.0, 330, -10, 158), by(c, 98.0, 38, 138, 44)
	gap := 24 * k
	for i := range 5 {
		amp := (5 + 9*float64(i)/4) * k
		c.stroke(wave(x0, c.w+8, y0+gap*float64(i), amp, 232*k, 0.9+float64(i)*0.32), in, by(c, 2.0, 1.2, 1.7, 1.3))
	}
	boat := func(x, y, s float64, colour string) {
		c.at(x, y, s)
		c.f(`<ellipse cx="0" cy="0" rx="22" ry="14.5" fill="%s" transform="rotate(-20)"/>`, colour)
		c.path("M17-8H22V-118H17Z", colour)
		c.path("M22-118C28-86 66-80 60-34C56-58 36-62 22-66Z", colour)
		c.end()
	}
	boat(by(c, 700.0, 556, 176, 232), y0+gap*1.62, k, red)
	boat(by(c, 880.0, 664, 258, 294), y0+gap*2.7, k*0.56, in)
	boat(by(c, 520.0, 446, 64, 190), y0+gap*3.05, k*0.46, in)
	switch {
	case c.billboard():
		c.text(42, 92, "Seven nights,", serif(54, 500, in))
		c.text(42, 146, "one hall.", italic(54, 450, in))
		c.text(45, 182, "Subscriptions from Rs 9,000", sans(16.5, 500, in))
		c.text(45, 222, "HARBOUR SINFONIA", sans(14, 700, red).spaced(0.14))
		c.text(928, 230, "Choose your row  →", sans(16, 600, in).right())
	case c.leader():
		c.text(18, 40, "Seven nights,", serif(29, 500, in))
		c.text(18, 69, "one hall.", italic(29, 450, in))
		c.text(146, 68, "HARBOUR SINFONIA", sans(11.5, 700, red).spaced(0.12))
	case c.box():
		c.text(18, 44, "Seven nights,", serif(35, 500, in))
		c.text(18, 80, "one hall.", italic(35, 450, in))
		c.text(20, 104, "HARBOUR SINFONIA", sans(11.5, 700, red).spaced(0.13))
	case c.phone():
		c.text(13, 38, "Seven", serif(28, 500, in))
		c.text(13, 65, "nights.", italic(28, 450, in))
		c.text(14, 88, "HARBOUR SINFONIA", sans(10.5, 700, red).spaced(0.06))
	}
}

// tonight: a cello, very near.
func tonight(c *canvas) {
	c.fill(c.linear(1, "0 "+c.tone("#b8622d", "#6e3316"), "1 "+c.tone("#8a3f1b", "#3a1a0c")))
	for i := range 16 {
		c.stroke(wave(0, 600, 14+float64(i)*26, 7, 900, float64(i)*0.5), c.tone("#a75527", "#5c2a12"), 2)
	}
	hole := c.tone("#2a120a", "#120805")
	for _, side := range []float64{1, -1} {
		c.f(`<g transform="translate(%g 205) scale(%g 1)">`, 300+side*176, side)
		c.stroke("M26-96C52-104 50-62 24-60C0-58-6-24 8 8S6 74-20 78C-50 80-50 116-22 110", hole, 13)
		c.disc(20, -84, 13, hole)
		c.disc(-18, 98, 14, hole)
		c.stroke("M-14 4L26-6", hole, 5)
		c.end()
	}
	c.path("M262 0H338L346 250H254Z", c.tone("#1d120d", "#0b0705"))
	c.path("M196 338C220 300 240 306 254 290H346C360 306 380 300 404 338L392 352H208Z", c.tone("#e0b070", "#a87843"))
	for i, x := range []float64{274, 291, 309, 326} {
		c.line(x, 0, 300+(x-300)*1.5, 400, c.tone("#fbeed2", "#d9c6a0"), 3.4-0.6*float64(i))
	}
	c.f(`<g transform="rotate(-14 300 250)">`)
	c.rect(-60, 248, 760, 9, c.tone("#3a2114", "#1d110b"))
	c.rect(-60, 258, 760, 5, c.tone("#f6ecd6", "#cfc4ab"))
	c.end()
}

// ink: a pen's line that does not want to end.
func ink(c *canvas) {
	c.fill(c.tone("#f7f4ec", "#0e1120"))
	blue, gold := c.tone("#1b2a5c", "#9db0f2"), c.tone("#c9962f", "#e6bb5c")
	k := by(c, 1.0, 0.44, 0.7, 0.48)
	x, y := by(c, 450.0, 336, 22, 134), by(c, 128.0, 60, 168, 74)
	d := fmt.Sprintf("M%.1f %.1f", x, y-36*k)
	n := by(c, 7, 13, 6, 5)
	for i := range n * 24 {
		t := float64(i) / 24
		px := x + (t*52+math.Sin(t*2*math.Pi)*30)*k
		py := y + (math.Cos(t*2*math.Pi)*-36+36)*k*(0.55+0.45*t/float64(n)) - 36*k
		d += fmt.Sprintf("L%.1f %.1f", px, py)
		if i == n*24-1 {
			c.stroke(d, blue, by(c, 4.0, 2, 3, 2.2))
			nib(c, px, py, k, blue, gold)
		}
	}
	switch {
	case c.billboard():
		c.text(42, 118, "Blue-black,", italic(80, 450, blue))
		c.text(46, 160, "since 1938.", serif(34, 400, blue))
		c.text(46, 218, "NEEL & SONS", sans(14, 700, blue).spaced(0.16))
		c.text(176, 218, "ink and paper, Anarkali", sans(14, 450, blue))
		c.text(928, 226, "Fill the pen  →", sans(16, 600, blue).right())
	case c.leader():
		c.text(18, 48, "Blue-black,", italic(42, 450, blue))
		c.text(216, 47, "since 1938.", serif(20, 450, blue))
		c.text(20, 76, "NEEL & SONS", sans(11.5, 700, blue).spaced(0.14))
	case c.box():
		c.text(18, 62, "Blue-black,", italic(50, 450, blue))
		c.text(20, 94, "since 1938.", serif(24, 400, blue))
		c.text(20, 234, "NEEL & SONS", sans(12, 700, blue).spaced(0.14))
		c.text(282, 234, "Fill the pen  →", sans(12.5, 600, blue).right())
	case c.phone():
		c.text(13, 40, "Blue-black,", italic(34, 450, blue))
		c.text(15, 62, "since 1938.", serif(17, 450, blue))
		c.text(15, 88, "NEEL & SONS", sans(11, 700, blue).spaced(0.12))
	}
}

// nib touches the paper at (x, y).
func nib(c *canvas, x, y, k float64, blue, gold string) {
	c.f(`<g transform="translate(%.1f %.1f) rotate(38) scale(%g)">`, x, y, k)
	c.path("M0 0C-6-18-17-34-17-56C-17-66-12-74-11-84H11C12-74 17-66 17-56C17-34 6-18 0 0Z", gold)
	c.line(0, -2, 0, -50, blue, 1.6)
	c.disc(0, -52, 3.6, blue)
	c.path("M-13-84H13V-220H-13Z", blue)
	c.rect(-14, -96, 28, 6, gold)
	c.end()
}
