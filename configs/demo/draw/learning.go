package main

// admissions: a question mark, its dot the fruit of the garden.
func admissions(c *canvas) {
	c.fill(c.tone("#7d2430", "#2b0f15"))
	in, leaf, fruit := "#f7ead8", c.tone("#7fae6b", "#6c9a5a"), c.tone("#f2a33c", "#f2a33c")
	x, y, k := by(c, 792.0, 560, 226, 262), by(c, 118.0, 41, 108, 46), by(c, 1.0, 0.36, 0.86, 0.4)
	c.at(x, y, k)
	c.f(`<path d="M-58-30C-58-66-32-92 2-92C38-92 62-68 62-38C62-6 40 6 22 20C8 31 2 40 2 58" fill="none" stroke="%s" stroke-width="25" stroke-linecap="butt"/>`, in)
	c.disc(2, 94, 17, fruit)
	c.path("M4 78C10 64 28 60 40 64C36 78 20 86 4 78Z", leaf)
	c.stroke("M2 80C2 74 4 70 8 66", leaf, 2.5)
	c.disc(-4, 89, 4, c.tone("#f9c988", "#f9c988"))
	c.end()
	switch {
	case c.billboard():
		c.text(42, 92, "Ask a harder", serif(62, 450, in))
		c.text(42, 154, "question.", italic(62, 450, in))
		c.text(45, 190, "Applications for the autumn are open until 31 March", sans(16.5, 450, in))
		crest(c, 53, 220, 1, in)
		c.text(70, 226, "Shalbagh University", serif(19, 550, in))
		c.text(930, 226, "Apply  →", sans(16, 600, in).right())
	case c.leader():
		c.text(18, 40, "Ask a harder", serif(31, 450, in))
		c.text(18, 72, "question.", italic(31, 450, in))
		crest(c, 226, 31, 0.75, in)
		c.text(240, 36, "Shalbagh University", serif(16.5, 550, in))
		c.text(220, 58, "Applications are open", sans(13, 450, in))
		c.text(220, 76, "until 31 March", sans(13, 450, in))
		c.text(710, 52, "Apply  →", sans(14, 600, in).right())
	case c.box():
		c.text(18, 46, "Ask a", serif(37, 450, in))
		c.text(18, 82, "harder", serif(37, 450, in))
		c.text(18, 120, "question.", italic(37, 450, in))
		c.text(20, 206, "Shalbagh University", serif(17, 550, in))
		c.text(20, 228, "Apply until 31 March  →", sans(13, 550, in))
	case c.phone():
		c.text(13, 36, "Ask a harder", serif(29, 450, in))
		c.text(13, 65, "question.", italic(29, 450, in))
		c.text(14, 88, "Shalbagh University", serif(14.5, 550, in))
	}
}

// crest is the university's mark: an arch.
func crest(c *canvas, x, y, k float64, colour string) {
	c.at(x, y, k)
	c.path("M-10 10V-2C-10-8-4-11 0-15C4-11 10-8 10-2V10H5V0C5-4 2-6 0-8C-2-6-5-4-5 0V10Z", colour)
	c.end()
}

// gardenWall: a way in.
func gardenWall(c *canvas) {
	c.fill(c.tone("#b5563b", "#4a2018"))
	brick := c.tone("#a54a31", "#3f1a13")
	for row := range 17 {
		for col := -1; col < 11; col++ {
			x := float64(col)*60 + float64(row%2)*30
			c.f(`<rect x="%g" y="%g" width="56" height="20" fill="%s"/>`, x, float64(row)*24, brick)
		}
	}
	arch := "M200 400V190C200 140 250 118 300 70C350 118 400 140 400 190V400Z"
	c.f(`<path d="%s" fill="none" stroke="%s" stroke-width="26"/>`, arch, c.tone("#f2e2c8", "#b79f7c"))
	c.clip(arch)
	c.rect(190, 60, 220, 340, c.linear(0, "0 "+c.tone("#bfe0e6", "#15283f"), "1 "+c.tone("#f6eccb", "#4a4a5e")))
	c.disc(352, 160, 22, c.tone("#fff6d8", "#f2e6bf"))
	hill, _ := ridge(21, 180, 420, 262, 50, 400)
	c.path(hill, c.tone("#8db8a4", "#1e3a44"))
	c.path("M180 310H420V400H180Z", c.tone("#6f9c5d", "#22402f"))
	c.path("M284 310H316L372 400H228Z", c.tone("#e8d6a8", "#8d7d5c"))
	for _, t := range [][3]float64{{226, 312, 1}, {258, 306, 0.62}, {376, 312, 1}, {344, 306, 0.62}} {
		c.at(t[0], t[1], t[2])
		c.rect(-3, -10, 6, 40, c.tone("#6b4528", "#33200f"))
		c.path("M0-112C22-82 22-20 0-4C-22-20-22-82 0-112Z", c.tone("#2f6b4a", "#143a2b"))
		c.end()
	}
	c.end()
}

// radio: a set for the verandah and the whole match.
func radio(c *canvas) {
	c.fill(c.tone("#f0b429", "#1d1a12"))
	in := c.tone("#1d1a12", "#f6ecd0")
	k := by(c, 1.0, 0.37, 0.64, 0.42)
	c.at(by(c, 590.0, 420, 56, 172), by(c, 62.0, 22, 108, 26), k)
	c.line(232, 0, 330, -78/by(c, 1.6, 3.4, 1, 2.2), c.tone("#1d1a12", "#c9bf9d"), 3.2)
	c.round(0, 0, 300, 164, 16, c.tone("#b63a24", "#c2452d"))
	c.round(10, 10, 280, 144, 9, c.tone("#fbf3df", "#efe2c2"))
	for row := range 10 {
		for col := range 11 {
			c.disc(28+float64(col)*11.2+float64(row%2)*5.6, 28+float64(row)*12, 3.5, "#3a2c20")
		}
	}
	c.round(166, 24, 112, 44, 4, "#2c3b35")
	for i := range 13 {
		h := 8.0
		if i%4 == 0 {
			h = 15
		}
		c.line(174+float64(i)*8, 30, 174+float64(i)*8, 30+h, "#e9dfc3", 1.4)
	}
	c.line(236, 26, 236, 66, "#ff6b4a", 2.6)
	for _, x := range []float64{192, 250} {
		c.disc(x, 112, 23, "#3a2c20")
		c.disc(x, 112, 17, "#5a4736")
		c.line(x, 112, x+9, 100, "#f6ecd0", 2.6)
	}
	c.path("M60 0V-16H170V0H158V-6H72V0Z", c.tone("#1d1a12", "#8d3626"))
	c.end()
	switch {
	case c.billboard():
		c.text(42, 92, "For the", sans(50, 800, in).spaced(-0.03))
		c.text(42, 146, "whole match.", sans(50, 800, in).spaced(-0.03))
		c.text(44, 184, "Four bands, six days on a battery. Rs 12,900", sans(16.5, 500, in))
		c.text(44, 226, "VOLT HOUSE", sans(15, 800, in).spaced(0.1))
	case c.leader():
		c.text(18, 40, "For the", sans(25, 800, in).spaced(-0.03))
		c.text(18, 67, "whole match.", sans(25, 800, in).spaced(-0.03))
		c.text(206, 38, "Six days on a battery.", sans(13.5, 500, in))
		c.text(206, 57, "Rs 12,900", sans(13.5, 700, in))
		c.text(206, 76, "VOLT HOUSE", sans(11, 800, in).spaced(0.1))
		c.text(710, 52, "See it  →", sans(13.5, 700, in).right())
	case c.box():
		c.text(18, 44, "For the", sans(31, 800, in).spaced(-0.03))
		c.text(18, 78, "whole match.", sans(31, 800, in).spaced(-0.03))
		c.text(18, 238, "VOLT HOUSE", sans(11.5, 800, in).spaced(0.1))
		c.text(284, 238, "Rs 12,900  →", sans(13, 700, in).right())
	case c.phone():
		c.text(13, 36, "For the", sans(23, 800, in).spaced(-0.03))
		c.text(13, 61, "whole match.", sans(23, 800, in).spaced(-0.03))
		c.text(14, 86, "VOLT HOUSE  Rs 12,900", sans(11.5, 700, in))
	}
}
