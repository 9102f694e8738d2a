package main

import "fmt"

// appeal: rain, and a roof.
func appeal(c *canvas) {
	c.fill(c.tone("#dfe4e2", "#11171b"))
	in, tent := c.tone("#1d2b33", "#eaf0ef"), c.tone("#c8662b", "#d9783b")
	k := by(c, 1.0, 0.4, 0.62, 0.46)
	x, base := by(c, 0.0, 560, 150, 244), by(c, 0.0, 84, 186, 92)
	r := random(9)
	half, top := 128*k, base-172*k
	for range by(c, 0, 150, 150, 90) {
		px, py, l := r.next()*(c.w+60)-20, r.next()*(base+20)-30, (12+14*r.next())*(0.4+0.6*k)
		// Not over the words, and not under the roof.
		if px < by(c, 0.0, 400, -100, 160) || c.box() && py < 88 && px < 226 {
			continue
		}
		d := px - x
		if d < 0 {
			d = -d
		}
		if d < half && py+l > top+(base-top)*d/half-8 {
			continue
		}
		c.f(`<path d="M%.1f %.1fl%.1f %.1f" stroke="%s" stroke-width="%.1f" stroke-linecap="round"/>`, px, py, -l*0.3, l, c.tone("#7f97a1", "#4f6772"), by(c, 1.6, 1.1, 1.5, 1.2))
	}
	c.at(x, base, k)
	c.path("M0-176L132 0H-132Z", tent)
	c.path("M0-176L132 0H60Z", c.tone("#a64f1f", "#a9551f"))
	c.path("M0-118L38 0H-38Z", c.tone("#ffe9b8", "#ffdf9a"))
	c.path("M0-118L-38 0H-62C-40-30-14-70 0-118Z", c.tone("#e58a4b", "#ea9858"))
	c.path("M0-118L38 0H62C40-30 14-70 0-118Z", c.tone("#8d4119", "#8d4119"))
	// Two people in the light.
	c.path("M-17 0V-22C-17-32-5-32-5-22V0ZM2 0V-15C2-23 14-23 14-15V0Z", "#3a2416")
	c.disc(-11, -37, 6.4, "#3a2416")
	c.disc(8, -29, 5.4, "#3a2416")
	c.stroke("M-132 0L-160 8M132 0L160 8M0-176V-190", in, 3)
	c.end()
	c.rect(by(c, 0.0, 420, 0, 150), base, c.w, c.h, c.tone("#b9b39f", "#1d262b"))
	switch {
	case c.leader():
		c.text(18, 41, "A roof before", serif(29, 500, in))
		c.text(18, 71, "the rain.", italic(29, 450, in))
		c.text(204, 34, "Rs 4,500 shelters a", sans(14, 500, in))
		c.text(204, 53, "family for the winter", sans(14, 500, in))
		c.text(204, 74, "SAAYA RELIEF", sans(11.5, 750, tentInk(c)).spaced(0.12))
		button(c, 640, 30, 72, 28, "Give", sans(14, 650, "#ffffff"), "#9c4513")
	case c.box():
		c.text(18, 44, "A roof before", serif(33, 500, in))
		c.text(18, 78, "the rain.", italic(33, 450, in))
		c.text(18, 212, "Rs 4,500 shelters a family", sans(13.5, 600, in))
		c.text(18, 235, "SAAYA RELIEF", sans(11.5, 750, tentInk(c)).spaced(0.12))
		button(c, 218, 206, 66, 30, "Give", sans(14, 650, "#ffffff"), "#9c4513")
	case c.phone():
		c.text(13, 36, "A roof before", serif(26, 500, in))
		c.text(13, 63, "the rain.", italic(26, 450, in))
		c.text(14, 87, "SAAYA RELIEF", sans(11, 750, tentInk(c)).spaced(0.12))
	}
}

func tentInk(c *canvas) string { return c.tone("#8a3c0f", "#f0a066") }

// quilt: scraps, in order.
func quilt(c *canvas) {
	c.fill(c.tone("#f3ead7", "#14110f"))
	tones := []string{"#b5563b", "#1d4a3c", "#d9a441", "#2f4a63", "#8d2f4a", "#e6d3ac"}
	if c.dark {
		tones = []string{"#8d4331", "#163a30", "#a57b2f", "#24394d", "#6b2439", "#b3a37f"}
	}
	r := random(77)
	const n = 66.0
	for row := range 6 {
		for col := range 9 {
			x, y := float64(col)*n+3, float64(row)*n+2
			a, b := tones[int(r.next()*6)%6], tones[int(r.next()*6)%6]
			if a == b {
				b = tones[(int(r.next()*5)+1)%6]
			}
			switch (row + col) % 3 {
			case 0:
				c.rect(x, y, n, n, a)
				c.path(fmt.Sprintf("M%g %gh%gL%g %gz", x, y, n, x, y+n), b)
			case 1:
				c.rect(x, y, n, n, b)
				c.path(fmt.Sprintf("M%g %gl%g %gl%g %gl%g %gz", x+n/2, y, n/2, n/2, -n/2, n/2, -n/2, -n/2), a)
			default:
				c.rect(x, y, n, n, a)
				c.path(fmt.Sprintf("M%g %gh%gl%g %gzM%g %gh%gl%g %gz", x, y, n, -n/2, n/2, x, y+n, n, -n/2, -n/2), b)
			}
			c.f(`<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="%s" stroke-width="1.6" stroke-dasharray="5 5" opacity="0.75"/>`, x+5, y+5, n-10, n-10, c.tone("#fff8ea", "#d9ccae"))
		}
	}
}

// hillsInTea are the hills that come out of the cup with the steam.
func cupOfHills(c *canvas, x, y, k float64) {
	c.at(x, y, k)
	greens := []string{"#bccbb9", "#93ad97", "#64876f", "#3c6450"}
	if c.dark {
		greens = []string{"#2a3b36", "#2f4f45", "#376655", "#3f7d66"}
	}
	c.clip("M-128-2C-128-150-76-190 0-190S128-150 128-2Z")
	for i, t := range greens {
		d, _ := ridge(uint64(101+i*13), -150, 150, -112+float64(i)*27, 74-float64(i)*11, 20)
		c.path(d, t)
		c.f(`<rect x="-150" y="%g" width="300" height="20" fill="%s"/>`, -72+float64(i)*25, c.linear(0, "0 "+c.tone("#f4f4ec", "#151b1a")+" 0", "1 "+c.tone("#f4f4ec", "#151b1a")+" 0.7"))
	}
	c.end()
	for _, s := range []float64{-46, 0, 48} {
		if c.leader() || c.phone() || c.billboard() {
			break // no room over the hills
		}
		c.f(`<path d="M%g-176c-12-14 10-24 0-38s8-20 2-30" fill="none" stroke="%s" stroke-width="5" stroke-linecap="round" opacity="0.55"/>`, s, c.tone("#8ea39a", "#6f8a80"))
	}
	china, shade := c.tone("#b8492c", "#c2573a"), c.tone("#93371f", "#93371f")
	c.path("M-128-4H128C128 52 92 88 52 94H-52C-92 88-128 52-128-4Z", china)
	c.path("M40 94C84 76 106 44 112-4H128C128 52 92 88 52 94Z", shade)
	c.f(`<path d="M122 14C176 2 182 66 100 68" fill="none" stroke="%s" stroke-width="13"/>`, china)
	c.f(`<ellipse cx="0" cy="-4" rx="128" ry="13" fill="%s"/>`, c.tone("#7a3a16", "#6b3413"))
	c.path("M-168 98H168C150 114 110 118 60 118H-60C-110 118-150 114-168 98Z", shade)
	c.end()
}

// cup: whatever the news.
func cup(c *canvas) {
	c.fill(c.tone("#eef0e6", "#151b1a"))
	in, soft := c.tone("#23352d", "#e9efe7"), c.tone("#4b5f55", "#a9b8af")
	cupOfHills(c, by(c, 742.0, 560, 206, 252), by(c, 138.0, 56, 182, 62), by(c, 0.8, 0.27, 0.5, 0.29))
	switch {
	case c.billboard():
		c.text(42, 92, "Whatever the news,", serif(54, 450, in))
		c.text(42, 148, "tea first.", italic(54, 450, in))
		c.text(45, 184, "Picked in the fog at 2,100 metres", sans(16.5, 450, soft))
		c.text(45, 226, "Kohra", serif(28, 650, c.tone("#93371f", "#f0906f")))
		c.text(130, 226, "TEA", sans(13, 700, c.tone("#93371f", "#f0906f")).spaced(0.16))
	case c.leader():
		c.text(18, 41, "Whatever the news,", serif(29, 450, in))
		c.text(18, 72, "tea first.", italic(29, 450, in))
		c.text(300, 40, "Picked in the fog", sans(13.5, 450, soft))
		c.text(300, 58, "at 2,100 metres", sans(13.5, 450, soft))
		c.text(708, 50, "Kohra", serif(19, 650, c.tone("#93371f", "#f0906f")).right())
		c.text(708, 66, "TEA", sans(10.5, 700, c.tone("#93371f", "#f0906f")).spaced(0.14).right())
	case c.box():
		c.text(18, 44, "Whatever", serif(34, 450, in))
		c.text(18, 78, "the news,", serif(34, 450, in))
		c.text(18, 114, "tea first.", italic(34, 450, in))
		c.text(18, 222, "Kohra", serif(24, 650, c.tone("#93371f", "#f0906f")))
		c.text(19, 238, "TEA", sans(11, 700, c.tone("#93371f", "#f0906f")).spaced(0.14))
	case c.phone():
		c.text(13, 35, "Whatever the news,", serif(22, 450, in))
		c.text(13, 61, "tea first.", italic(24, 450, in))
		c.text(13, 89, "Kohra", serif(18, 650, c.tone("#93371f", "#f0906f")))
		c.text(66, 89, "TEA", sans(10.5, 700, c.tone("#93371f", "#f0906f")).spaced(0.14))
	}
}

func cupUrdu(c *canvas) {
	c.fill(c.tone("#eef0e6", "#151b1a"))
	in, soft, red := c.tone("#23352d", "#e9efe7"), c.tone("#4b5f55", "#a9b8af"), c.tone("#93371f", "#f0906f")
	cupOfHills(c, by(c, 190.0, 100, 84, 58), by(c, 138.0, 56, 190, 62), by(c, 0.8, 0.27, 0.44, 0.29))
	switch {
	case c.billboard():
		c.text(926, 92, "خبر کوئی بھی ہو،", nastaliq(56, 500, in))
		c.text(926, 184, "پہلے چائے۔", nastaliq(48, 600, in))
		c.text(640, 190, "دو ہزار میٹر کی دھند میں چُنی ہوئی", naskh(19, 500, soft))
		c.text(640, 228, "کہرا چائے", naskh(26, 700, red))
	case c.leader():
		c.text(710, 50, "خبر کوئی بھی ہو، پہلے چائے۔", nastaliq(32, 600, in))
		c.text(370, 40, "دھند میں چُنی ہوئی", naskh(16, 500, soft))
		c.text(370, 68, "کہرا چائے", naskh(19, 700, red))
	case c.box():
		c.text(284, 50, "خبر کوئی بھی ہو،", nastaliq(34, 500, in))
		c.text(284, 114, "پہلے چائے۔", nastaliq(30, 600, in))
		c.text(284, 234, "کہرا چائے", naskh(21, 700, red))
	case c.phone():
		c.text(308, 40, "خبر کوئی بھی ہو،", nastaliq(25, 500, in))
		c.text(308, 82, "پہلے چائے۔", nastaliq(23, 600, in))
		c.text(176, 88, "کہرا چائے", naskh(16, 700, red))
	}
}

// morning: a kettle that rises like the sun.
func morning(c *canvas) {
	c.fill(c.linear(0, "0 "+c.tone("#fbe6b2", "#1b1420"), "1 "+c.tone("#f7c27a", "#4a2a26")))
	in := c.tone("#4a1f10", "#fbe9cf")
	k, x, base := by(c, 1.0, 0.4, 1, 0.44), by(c, 712.0, 560, 0, 250), by(c, 218.0, 82, 0, 92)
	for i := -6; i <= 6; i++ {
		c.f(`<g transform="translate(%g %g) rotate(%g) scale(%g)">`, x, base-62*k, float64(i)*15, k)
		c.path("M-3.5-128L0-176L3.5-128Z", c.tone("#e08a2b", "#c97a35"))
		c.end()
	}
	c.at(x, base, k)
	body, shade := c.tone("#c8501f", "#d9622d"), c.tone("#9f3c14", "#a5461d")
	c.path("M-104 0C-116-72-66-124 0-124S116-72 104 0Z", body)
	c.path("M44 0C76-40 74-92 30-120C86-108 114-62 104 0Z", shade)
	c.path("M88-70C122-72 128-104 152-112L164-98C148-88 146-44 100-30Z", body)
	c.f(`<path d="M-62-110C-70-176 70-176 62-110" fill="none" stroke="%s" stroke-width="10" stroke-linecap="round"/>`, c.tone("#4a1f10", "#f3d9b4"))
	c.path("M-22-122H22V-130H-22Z", shade)
	c.disc(0, -136, 8, c.tone("#4a1f10", "#f3d9b4"))
	c.f(`<path d="M168-112c16-8 4-22 20-30s6-20 20-28" fill="none" stroke="%s" stroke-width="6" stroke-linecap="round" opacity="0.8"/>`, c.tone("#fffaf0", "#f3e3cf"))
	c.end()
	c.rect(0, base, c.w, c.h-base, c.tone("#8a3a18", "#140d0c"))
	switch {
	case c.billboard():
		c.text(42, 98, "Good morning.", serif(60, 500, in))
		c.text(42, 156, "The kettle is on.", italic(44, 450, in))
		c.text(44, 198, "Kohra", serif(26, 650, in))
		c.text(122, 198, "TEA", sans(12.5, 700, in).spaced(0.16))
	case c.leader():
		c.text(18, 38, "Good morning.", serif(29, 500, in))
		c.text(18, 66, "The kettle is on.", italic(24, 450, in))
		c.text(290, 44, "Kohra", serif(19, 650, in))
		c.text(290, 60, "TEA", sans(10.5, 700, in).spaced(0.16))
	case c.phone():
		c.text(13, 36, "Good morning.", serif(25, 500, in))
		c.text(13, 60, "The kettle is on.", italic(20, 450, in))
		c.text(14, 84, "Kohra", serif(16, 650, in))
		c.text(62, 84, "TEA", sans(10.5, 700, in).spaced(0.14))
	}
}
