package main

import (
	"fmt"
	"math"
)

// birdsAsleep sit on the wires from x0 to x1; one is awake.
func birdsAsleep(c *canvas, x0, x1, y, k float64, n int) {
	ink := c.tone("#2b2350", "#05060f")
	wire := c.tone("#5b5288", "#5a63a8")
	sag := func(x float64) float64 {
		t := (x - x0) / (x1 - x0)
		return y + 46*k*4*t*(1-t)
	}
	for w := range 3 {
		dy := float64(w) * 22 * k
		d := ""
		for i := 0; i <= 60; i++ {
			x := x0 + (x1-x0)*float64(i)/60
			op := "L"
			if i == 0 {
				op = "M"
			}
			d += fmt.Sprintf("%s%.1f %.1f", op, x, sag(x)+dy)
		}
		c.stroke(d, wire, math.Max(1, 1.8*k))
	}
	for i := range n {
		t := (float64(i) + 0.7) / (float64(n) + 0.4)
		x := x0 + (x1-x0)*t + 8*k*math.Sin(float64(i)*2.3)
		wireAt := sag(x) + float64((i*2)%3)*22*k
		awake := i == n-2
		fill, belly := ink, c.tone("#4a3f7d", "#1c2148")
		if awake {
			fill, belly = c.tone("#0b7f8c", "#22b3c2"), c.tone("#3aa9b4", "#7fe0e8")
		}
		c.at(x, wireAt, k)
		c.path("M-12-14L-34 10L-26 14L-4-4Z", fill)
		c.path("M-20-20C-20-40-6-50 4-50C20-50 24-36 22-22C20-6 8 1-2 1C-14 1-20-8-20-20Z", fill)
		c.path("M4-34C18-32 20-18 16-10C12-3 4-1-2-1C-8-8-6-28 4-34Z", belly)
		if awake {
			c.path("M21-41L36-37L21-33Z", c.tone("#f2a33c", "#f2c14e"))
			c.disc(12, -40, 3, "#ffffff")
			c.stroke("M34-52c6-4 9-10 8-16M40-46c10-6 14-16 12-26", c.tone("#0b7f8c", "#22b3c2"), 2.6)
		} else {
			c.path("M20-34L28-29L19-27Z", c.tone("#f2a33c", "#c98d3a"))
			c.stroke("M7-38q4 4 8 0", c.tone("#d9d3f2", "#8c93cf"), 2)
		}
		c.stroke("M-3 0v7M5 0v7", fill, 2.4)
		c.end()
	}
}

func (c *canvas) nightSky() {
	c.fill(c.linear(1, "0 "+c.tone("#efe6f8", "#0a0d24"), "0.6 "+c.tone("#f9dfd6", "#171b45"), "1 "+c.tone("#fbc9b0", "#2c2560")))
	if c.dark {
		r := random(4)
		for range by(c, 60, 40, 34, 26) {
			c.f(`<circle cx="%.1f" cy="%.1f" r="%.1f" fill="#cfd5ff" opacity="%.2f"/>`, r.next()*c.w, r.next()*c.h*0.7, 0.5+r.next()*0.7, 0.3+0.5*r.next())
		}
	}
}

// nights: calls that last longer than the birds' sleep.
func nights(c *canvas) {
	c.nightSky()
	in, teal := c.tone("#2b2350", "#eef0ff"), c.tone("#0a6a75", "#45ccd9")
	birdsAsleep(c, by(c, 430.0, 372, -10, 144), c.w+10, by(c, 106.0, 40, 152, 50), by(c, 0.98, 0.5, 0.72, 0.5), by(c, 7, 7, 5, 4))
	switch {
	case c.billboard():
		c.text(42, 88, "Talk till", serif(60, 500, in))
		c.text(42, 146, "the birds wake.", italic(60, 450, in))
		c.text(45, 182, "Unlimited calls, ten at night to six", sans(16.5, 500, in))
		c.text(45, 226, "parinda", sans(26, 800, teal).spaced(-0.03))
		c.text(164, 226, "Rs 99 a week", sans(15, 600, in))
		c.text(930, 226, "Dial *206#", sans(16, 700, in).right())
	case c.leader():
		c.text(18, 39, "Talk till", serif(29, 500, in))
		c.text(18, 69, "the birds wake.", italic(29, 450, in))
		c.text(218, 38, "Calls, ten to six", sans(13.5, 500, in))
		c.text(218, 70, "parinda", sans(18, 800, teal).spaced(-0.03))
	case c.box():
		c.text(18, 43, "Talk till", serif(34, 500, in))
		c.text(18, 78, "the birds wake.", italic(34, 450, in))
		c.text(18, 102, "Unlimited calls, ten to six", sans(13.5, 500, in))
		c.text(18, 238, "parinda", sans(20, 800, teal).spaced(-0.03))
		c.text(284, 238, "Rs 99 a week", sans(13, 650, in).right())
	case c.phone():
		c.text(13, 35, "Talk till", serif(26, 500, in))
		c.text(13, 62, "the birds wake.", italic(24, 450, in))
		c.text(14, 88, "parinda", sans(17, 800, teal).spaced(-0.03))
	}
}

func nightsUrdu(c *canvas) {
	c.nightSky()
	in, teal := c.tone("#2b2350", "#eef0ff"), c.tone("#0a6a75", "#45ccd9")
	c.f(`<g transform="translate(%g 0) scale(-1 1)">`, c.w)
	birdsAsleep(c, by(c, 520.0, 420, -10, 196), c.w+10, by(c, 106.0, 40, 142, 50), by(c, 0.98, 0.5, 0.66, 0.54), by(c, 7, 7, 5, 3))
	c.end()
	switch {
	case c.billboard():
		c.text(926, 104, "پرندوں کے جاگنے تک", nastaliq(46, 600, in))
		c.text(926, 176, "رات دس سے صبح چھ بجے تک، جتنی چاہیں باتیں", naskh(21, 500, in))
		c.text(926, 222, "پرندہ موبائل", naskh(25, 700, teal))
	case c.leader():
		c.text(710, 48, "پرندوں کے جاگنے تک", nastaliq(25, 600, in))
		c.text(710, 82, "پرندہ موبائل", naskh(15, 700, teal))
		c.text(480, 40, "رات دس سے صبح چھ،", naskh(15, 500, in))
		c.text(480, 62, "جتنی چاہیں باتیں", naskh(15, 500, in))
	case c.box():
		c.text(284, 56, "پرندوں کے جاگنے تک", nastaliq(31, 600, in))
		c.text(284, 108, "رات دس سے صبح چھ بجے تک", naskh(17, 500, in))
		c.text(284, 242, "پرندہ موبائل", naskh(19, 700, teal))
	case c.phone():
		c.text(308, 42, "پرندوں کے جاگنے تک", nastaliq(22, 600, in))
		c.text(308, 86, "پرندہ موبائل", naskh(16, 700, teal))
	}
}
