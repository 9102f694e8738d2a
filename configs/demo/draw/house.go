package main

// subscribe: the morning's pile.
func subscribe(c *canvas) {
	c.fill(c.tone("#fbf7ec", "#1a1917"))
	in, red := c.tone("#1c1a17", "#e8e6e1"), c.tone("#a1261a", "#ef8e80")
	k := by(c, 1.0, 0.36, 1, 0.4)
	c.at(by(c, 560.0, 440, 0, 186), by(c, 42.0, 14, 0, 20), k)
	sheet, edge := c.tone("#ffffff", "#2a2825"), c.tone("#cfc8b6", "#4a463f")
	// A pile seen from its fold: each copy a sheaf of lines.
	for i := range 9 {
		y := 170 - float64(i)*9
		x := []float64{0, 6, -3, 4, -5, 2, 7, -2, 0}[i]
		c.f(`<path d="M%g %gh330a4.5 4.5 0 0 1 0 9h-330z" fill="%s" stroke="%s" stroke-width="1.2"/>`, x, y, sheet, edge)
		c.line(x+8, y+3, x+326, y+3, edge, 0.7)
		c.line(x+8, y+6, x+326, y+6, edge, 0.7)
	}
	// The uppermost, its front turned to us.
	c.f(`<path d="M20 96L58 0H352L330 96Z" fill="%s" stroke="%s" stroke-width="1.4"/>`, sheet, edge)
	c.f(`<g transform="matrix(1 0 -0.32 0.86 0 0)">`)
	c.text(218, 30, "The Daily Placard", serif(29, 600, in).centre())
	c.line(72, 39, 366, 39, in, 1.2)
	for col := range 4 {
		for row := range 7 {
			w := 62.0
			if row == 6 {
				w = 38
			}
			c.line(76+float64(col)*74, 50+float64(row)*8.6, 76+float64(col)*74+w, 50+float64(row)*8.6, edge, 2.4)
		}
	}
	c.rect(150, 46, 62, 40, c.tone("#d8cfb9", "#5a554b"))
	c.end()
	c.end()
	switch {
	case c.billboard():
		c.text(42, 90, "The whole paper,", serif(54, 500, in))
		c.text(42, 146, "every morning.", italic(54, 450, in))
		c.text(45, 184, "On paper and on screen, Rs 600 a month", sans(17, 450, in))
		c.text(45, 222, "Subscribe  →", sans(17, 700, red))
	case c.leader():
		c.text(18, 40, "The whole paper,", serif(29, 500, in))
		c.text(18, 71, "every morning.", italic(29, 450, in))
		c.text(246, 38, "Rs 600 a month,", sans(14, 450, in))
		c.text(246, 56, "paper and screen", sans(14, 450, in))
		c.text(708, 52, "Subscribe  →", sans(14, 700, red).right())
	case c.phone():
		c.text(13, 36, "The whole paper,", serif(23, 500, in))
		c.text(13, 62, "every morning.", italic(23, 450, in))
		c.text(14, 88, "Rs 600 a month  →", sans(12.5, 700, red))
	}
}

// crossword: seven across.
func crossword(c *canvas) {
	c.fill(c.tone("#f3efe4", "#191816"))
	in, red := c.tone("#1c1a17", "#e8e6e1"), c.tone("#a1261a", "#ef8e80")
	rows := []string{"A.ROUSES.", "..U...A..", "PAUSE.LED", "..T.A.T..", ".LOST.INK"}
	clue := by(c, 0, 2, 2, 2)
	n := by(c, 0.0, 17, 30, 19)
	x0, y0 := by(c, 0.0, 428, 15, 140), by(c, 0.0, 3, 88, 3)
	for i, row := range rows {
		for j, ch := range row {
			x, y := x0+float64(j)*n, y0+float64(i)*n
			ground := c.tone("#ffffff", "#2a2825")
			if ch == '.' {
				ground = c.tone("#1c1a17", "#0b0a09")
			}
			if i == clue && j < 5 {
				ground = c.tone("#fbe3a2", "#6b5518")
			}
			c.f(`<rect x="%g" y="%g" width="%g" height="%g" fill="%s" stroke="%s" stroke-width="1"/>`, x, y, n, n, ground, c.tone("#1c1a17", "#5a554b"))
			if i == clue && j < 5 {
				c.text(x+n/2, y+n*0.74, string(ch), serif(n*0.68, 600, in).centre())
			}
			if i == clue && j == 0 && n > 25 {
				c.text(x+3, y+9, "7", sans(8, 600, in))
			}
		}
	}
	switch {
	case c.leader():
		c.text(18, 38, "7 across:", serif(26, 500, in))
		c.text(18, 69, "a rest in the day (5)", italic(26, 450, in))
		c.text(258, 36, "The crossword,", sans(13.5, 450, in))
		c.text(258, 54, "new each morning", sans(13.5, 450, in))
		c.text(708, 52, "Play  →", sans(14, 700, red).right())
	case c.box():
		c.text(16, 38, "7 across:", serif(28, 500, in))
		c.text(16, 69, "a rest in the day (5)", italic(28, 450, in))
	case c.phone():
		c.text(12, 32, "7 across: a rest", serif(17.5, 500, in))
		c.text(12, 54, "in the day (5)", italic(17.5, 450, in))
		c.text(12, 88, "Play  →", sans(13, 700, red))
	}
}
