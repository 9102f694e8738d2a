package main

import (
	"fmt"
	"math"
)

// river draws bands that rise and widen from (x0, y0) to (x1, y1).
func river(c *canvas, x0, x1, y0, y1, thin, thick float64, bands []string) {
	n := float64(len(bands))
	edge := func(t, s float64) (x, y float64) {
		ease := t * t * (3 - 2*t)
		half := thin + (thick-thin)*t*t
		y = y0 + (y1-y0)*ease + math.Sin(t*7.2+0.4)*(thin+thick)*0.28*(1-t*0.3)
		return x0 + (x1-x0)*t, y - half + 2*half*s + math.Sin(t*11+s*5)*half*0.05
	}
	for i, colour := range bands {
		d := ""
		for j := 0; j <= 80; j++ {
			x, y := edge(float64(j)/80, float64(i)/n)
			op := "L"
			if j == 0 {
				op = "M"
			}
			d += fmt.Sprintf("%s%.1f %.1f", op, x, y)
		}
		for j := 80; j >= 0; j-- {
			x, y := edge(float64(j)/80, float64(i+1)/n+0.01)
			d += fmt.Sprintf("L%.1f %.1f", x, y)
		}
		c.path(d+"Z", colour)
	}
}

func (c *canvas) riverTones() []string {
	if c.dark {
		return []string{"#7fd6c2", "#3fae9b", "#23877a", "#17675f", "#0f4c48", "#0b3837"}
	}
	return []string{"#bfe3d6", "#7cc4b0", "#3f9d8b", "#1d7a6d", "#0f5c55", "#0b4542"}
}

// drops is Dariya Bank's mark: three lines of water.
func drops(c *canvas, x, y, k float64, colour string) {
	for i := range 3 {
		c.f(`<path d="M%g %gq%g %g %g 0t%g 0" fill="none" stroke="%s" stroke-width="%g" stroke-linecap="round"/>`, x, y+float64(i)*6*k, 5*k, -5*k, 10*k, 10*k, colour, 2.4*k)
	}
}

// savings: interest that rises like a river.
func savings(c *canvas) {
	c.fill(c.tone("#f4f1e6", "#0a1716"))
	in, soft := c.tone("#0b3b38", "#e7f4ef"), c.tone("#2c5a55", "#a9cfc5")
	switch {
	case c.billboard():
		river(c, 330, 990, 268, 74, 8, 116, c.riverTones())
		c.text(42, 128, "11.2", serif(124, 500, in))
		c.text(294, 128, "%", italic(66, 400, in))
		c.text(46, 168, "a year, paid into your hand monthly", sans(18, 500, soft))
		drops(c, 46, 204, 1, in)
		c.text(76, 216, "Dariya Bank", serif(24, 600, in))
		button(c, 800, 196, 138, 36, "Open an account", sans(14.5, 600, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	case c.leader():
		river(c, 300, 740, 92, 24, 4, 46, c.riverTones())
		c.text(18, 60, "11.2", serif(56, 500, in))
		c.text(131, 60, "%", italic(31, 400, in))
		c.text(176, 38, "a year on savings,", sans(14.5, 500, soft))
		c.text(176, 58, "paid monthly", sans(14.5, 500, soft))
		drops(c, 20, 72, 0.55, in)
		c.text(37, 80, "Dariya Bank", serif(15, 600, in))
		button(c, 590, 31, 122, 29, "Open an account", sans(12.5, 600, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	case c.box():
		river(c, -20, 330, 252, 128, 14, 86, c.riverTones())
		c.text(18, 76, "11.2", serif(72, 500, in))
		c.text(164, 76, "%", italic(38, 400, in))
		c.text(20, 102, "a year, paid monthly", sans(15, 500, soft))
		c.text(282, 36, "Dariya", serif(16, 600, in).right())
		c.text(282, 53, "Bank", serif(16, 600, in).right())
		button(c, 146, 202, 136, 32, "Open an account", sans(13, 600, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	case c.phone():
		river(c, 110, 330, 104, 38, 5, 46, c.riverTones())
		c.text(13, 56, "11.2", serif(54, 500, in))
		c.text(122, 56, "%", italic(28, 400, in))
		c.text(14, 77, "a year, paid monthly", sans(12.5, 550, soft))
		c.text(14, 93, "Dariya Bank", serif(14, 600, in))
		button(c, 222, 62, 86, 26, "Open yours", sans(12, 600, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	}
}

// savingsUrdu is the same river from right to left.
func savingsUrdu(c *canvas) {
	c.fill(c.tone("#f4f1e6", "#0a1716"))
	in, soft := c.tone("#0b3b38", "#e7f4ef"), c.tone("#2c5a55", "#a9cfc5")
	c.f(`<g transform="translate(%g 0) scale(-1 1)">`, c.w)
	switch {
	case c.billboard():
		river(c, 360, 990, 268, 80, 8, 112, c.riverTones())
	case c.leader():
		river(c, 320, 740, 92, 24, 4, 46, c.riverTones())
	case c.box():
		river(c, -20, 330, 256, 142, 12, 78, c.riverTones())
	case c.phone():
		river(c, 130, 330, 104, 38, 5, 46, c.riverTones())
	}
	c.end()
	switch {
	case c.billboard():
		c.text(926, 98, "قطرہ قطرہ، دریا", nastaliq(62, 600, in))
		c.text(926, 174, "سالانہ ۱۱٫۲ فیصد منافع، ہر ماہ آپ کے ہاتھ میں", naskh(22, 500, soft))
		c.text(926, 220, "دریا بینک", naskh(24, 700, in))
		button(c, 34, 196, 138, 38, "کھاتہ کھولیے", naskh(18, 700, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	case c.leader():
		c.text(710, 46, "قطرہ قطرہ، دریا", nastaliq(30, 600, in))
		c.text(710, 82, "دریا بینک", naskh(15, 700, in))
		c.text(520, 36, "سالانہ ۱۱٫۲ فیصد", naskh(16, 600, soft))
		c.text(520, 60, "منافع، ہر ماہ", naskh(16, 600, soft))
		button(c, 18, 29, 116, 32, "کھاتہ کھولیے", naskh(15, 700, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	case c.box():
		c.text(282, 62, "قطرہ قطرہ، دریا", nastaliq(36, 600, in))
		c.text(282, 114, "سالانہ ۱۱٫۲ فیصد منافع، ہر ماہ", naskh(17, 600, soft))
		c.text(282, 140, "دریا بینک", naskh(17, 700, in))
		button(c, 18, 200, 116, 34, "کھاتہ کھولیے", naskh(15, 700, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	case c.phone():
		c.text(308, 44, "قطرہ قطرہ، دریا", nastaliq(28, 600, in))
		c.text(308, 77, "سالانہ ۱۱٫۲ فیصد، ہر ماہ", naskh(14, 600, soft))
		c.text(308, 95, "دریا بینک", naskh(13, 700, in))
		button(c, 12, 62, 88, 28, "کھاتہ کھولیے", naskh(13, 700, c.tone("#f4f1e6", "#0b3b38")), c.tone("#0b3b38", "#e7f4ef"))
	}
}

// doorAjar: light behind a door that is about to be one's own.
func doorAjar(c *canvas) {
	c.fill(c.tone("#d9e4da", "#101a1a"))
	c.rect(0, 318, 600, 82, c.tone("#c3d1c4", "#0b1313"))
	light := c.tone("#fff0bf", "#ffd98a")
	c.rect(232, 70, 140, 248, light)
	c.f(`<path d="M252 318L372 318L470 400H150Z" fill="%s"/>`, c.linear(0, "0 "+light+" 0.95", "1 "+light+" 0"))
	c.path("M222 60H382V318H372V70H232V318H222Z", c.tone("#0f5c55", "#2a6d64"))
	c.path("M232 70L318 92V334L232 318Z", c.tone("#1d7a6d", "#17675f"))
	c.path("M246 98L302 111V194L246 184ZM246 206L302 217V312L246 299Z", c.tone("#176a5f", "#125750"))
	c.disc(306, 214, 6, c.tone("#f2c230", "#f2c230"))
	c.stroke("M306 226v16", c.tone("#f2c230", "#f2c230"), 3)
	c.f(`<circle cx="306" cy="250" r="8" fill="none" stroke="#f2c230" stroke-width="3"/>`)
	// The number and a plant in a pot: somebody lives here.
	c.text(430, 150, "24", serif(40, 500, c.tone("#0b3b38", "#9fc8bd")))
	c.path("M440 318L446 274H494L500 318Z", c.tone("#b5563b", "#8d4531"))
	for _, a := range []float64{-50, -26, 0, 24, 48} {
		c.f(`<path d="M470 276q-14-40 0-84q14 44 0 84z" fill="%s" transform="rotate(%g 470 276)"/>`, c.tone("#3f7f55", "#2f6a4a"), a)
	}
}
