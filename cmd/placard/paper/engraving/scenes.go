package engraving

import "math"

func scenes() map[string]tone {
	return map[string]tone{
		"table": table, "ferry": ferry, "stumps": stumps, "hills": hills, "voice": voice, "projector": projector,
		"seismograph": seismograph, "columns": columns, "lamp": lamp, "cable": cable, "pen": pen, "football": football(), "river": river, "bus": bus,
	}
}

// skyline is a city of domes and minarets on a hill: its tone, and whether x, y is in it. Its base lies at
// y, one unit high and about four wide.
func skyline(x, y, left, base, scale float64) bool {
	u, v := (x-left)/scale, (base-y)/scale
	if v < 0 || u < 0 || u > 4 {
		return false
	}
	ground := 0.16 + 0.13*math.Sin(u*0.8) + 0.05*math.Floor(grain(u*9, 3)*4)/4
	if v < ground {
		return true
	}
	for _, m := range []float64{0.9, 1.95, 0.62, 2.3} {
		w, h := 0.018, 0.98
		if m == 0.62 || m == 2.3 {
			h = 0.84
		}
		if math.Abs(u-m) < w && v < h || math.Abs(u-m) < w*1.9 && math.Abs(v-h*0.72) < 0.012 ||
			v >= h && v < h+0.13 && math.Abs(u-m) < w*(h+0.13-v)/0.13 {
			return true
		}
	}
	return ellipse(u, v, 1.42, 0.44, 0.29, 0.27) || rect(u, v, 1.05, 0, 1.8, 0.46) || ellipse(u, v, 1.1, 0.36, 0.14, 0.13) ||
		ellipse(u, v, 1.74, 0.36, 0.14, 0.13) || math.Abs(u-1.42) < 0.008 && v < 0.8 || ellipse(u, v, 3.1, 0.3, 0.16, 0.15) || rect(u, v, 2.9, 0, 3.3, 0.3) ||
		math.Abs(u-3.42) < 0.014 && v < 0.6
}

// table is a conference room after the delegations have left it.
func table(x, y float64) float64 {
	t := 0.72 + 0.08*math.Sin(x*60) // panelled wall
	// Three tall windows, and the city behind them.
	for _, left := range []float64{0.12, 0.57, 1.02} {
		if rect(x, y, left-0.02, 0.06, left+0.38, 0.56) {
			t = 0.3
		}
		if !rect(x, y, left, 0.08, left+0.36, 0.54) {
			continue
		}
		t = mix(0.03, 0.2, 1-y/0.5)
		if skyline(x, y, 0.16, 0.56, 0.33) {
			t = 0.42
		}
		if math.Abs(x-left-0.18) < 0.006 || math.Abs(y-0.25) < 0.006 || math.Abs(y-0.4) < 0.005 {
			t = 0.75
		}
	}
	if y > 0.6 {
		t = 0.55 + 0.2*ramp(0.6, 1, y)
	}
	// Chairs on the far side.
	for _, cx := range []float64{0.3, 0.56, 0.94, 1.2} {
		if rect(x, y, cx-0.062, 0.475, cx+0.062, 0.66) || ellipse(x, y, cx, 0.475, 0.062, 0.04) {
			t = 0.93
			if rect(x, y, cx-0.045, 0.49, cx+0.045, 0.62) {
				t = 0.7 + 0.2*(x-cx)/0.045
			}
		}
	}
	// The table: its top catches the windows, its front falls into shadow.
	if polygon(x, y, 0.2, 0.62, 1.3, 0.62, 1.5, 0.8, 0, 0.8) {
		t = 0.28 + 0.2*ramp(0.62, 0.8, y)
		for _, left := range []float64{0.3, 0.67, 1.04} {
			shift := (x - 0.75) * (y - 0.62) * 0.8
			if x-shift > left && x-shift < left+0.2 {
				t -= 0.2
			}
		}
	}
	if y >= 0.8 && y < 0.83 {
		t = 0.97
	}
	if y >= 0.83 {
		t = 0.82 + 0.1*math.Sin(x*42)
	}
	// Papers, glasses, and a microphone for each side.
	for _, px := range []float64{0.42, 0.98} {
		if polygon(x, y, px, 0.68, px+0.1, 0.68, px+0.115, 0.725, px-0.015, 0.725) {
			t = 0
		}
		if rect(x, y, px+0.16, 0.645, px+0.195, 0.71) {
			t = 0.1
			if x > px+0.186 || x < px+0.163 || y > 0.7 {
				t = 0.8
			}
		}
		if near(x, y, px-0.12, 0.74, px-0.09, 0.6, 0.005) || ellipse(x, y, px-0.085, 0.585, 0.013, 0.022) || ellipse(x, y, px-0.12, 0.745, 0.04, 0.012) {
			t = 1
		}
	}
	// One chair on this side, pushed back and turned away.
	if polygon(x, y, 0.66, 0.72, 0.86, 0.705, 0.875, 1, 0.665, 1) {
		t = 1
		if polygon(x, y, 0.684, 0.75, 0.838, 0.735, 0.85, 1, 0.688, 1) {
			t = mix(0.62, 0.9, (x-0.68)/0.17)
		}
	}
	return t
}

// ferry crosses in front of the old city, with gulls.
func ferry(x, y float64) float64 {
	const horizon = 0.6
	sun := math.Hypot(x-1.08, y-0.3)
	t := mix(0.34, 0.04, y/horizon) + 0.06*math.Sin(y*40+3*math.Sin(x*4))
	t -= 0.3 * math.Exp(-sun*sun*14)
	if sun < 0.085 {
		t = 0
	}
	if skyline(x, y, -0.12, horizon, 0.42) {
		t = 0.5 + 0.1*math.Sin(x*30)
	}
	if y > ridge(x, 0.62, 0.07, 21) && y < horizon && x > 1.1 {
		t = 0.4
	}
	if y >= horizon {
		t = ripples(x, y, horizon, 1.08)
	}
	// Hull, two decks of windows, wheelhouse, funnel.
	if polygon(x, y, 0.28, 0.665, 1.12, 0.665, 1.05, 0.76, 0.34, 0.76) {
		t = 0.96
		if y < 0.685 {
			t = 0.05
		}
	}
	if rect(x, y, 0.36, 0.59, 1.02, 0.665) || rect(x, y, 0.42, 0.525, 0.94, 0.59) {
		t = 0.1
		if math.Mod(x, 0.045) < 0.026 && (y > 0.606 && y < 0.642 || y > 0.54 && y < 0.57) {
			t = 0.85
		}
		if y < 0.53 || y > 0.588 && y < 0.596 {
			t = 0.8
		}
	}
	if rect(x, y, 0.48, 0.475, 0.6, 0.525) {
		t = 0.35
		if y > 0.487 && y < 0.508 {
			t = 0.9
		}
	}
	if polygon(x, y, 0.7, 0.525, 0.71, 0.4, 0.78, 0.4, 0.8, 0.525) {
		t = round(x, 0.695, 0.8)
		if y > 0.425 && y < 0.45 {
			t = 0.02
		}
	}
	// Smoke drifts back, thinning.
	d := x - 0.76
	if d > 0 && d < 0.5 {
		at := 0.385 - 0.26*math.Sqrt(d) + 0.012*math.Sin(d*40)
		if w := 0.018 + 0.07*d; math.Abs(y-at) < w {
			t = mix(t, mix(0.7, 0.25, d*2), 1-math.Abs(y-at)/w)
		}
	}
	// The bow wave and the hull's shadow.
	if y >= 0.76 && y < 0.8 && x > 0.3 && x < 1.08 {
		t = mix(0.9, t, (y-0.76)/0.04)
	}
	for _, g := range [][3]float64{{0.2, 0.3, 0.05}, {0.32, 0.22, 0.035}, {0.13, 0.17, 0.028}, {1.32, 0.42, 0.04}, {0.5, 0.36, 0.025}} {
		u, v := math.Abs(x-g[0])/g[2], (y-g[1])/g[2]
		if u < 1 && math.Abs(v+0.75*math.Sin(u*2.6)*0.6-0.1*u) < 0.13 {
			t = 0.95
		}
	}
	return t
}

// hills recede into haze under a day moon; a track climbs the nearest.
func hills(x, y float64) float64 {
	t := mix(0.3, 0.02, y/0.55)
	if math.Hypot(x-1.12, y-0.2) < 0.062 {
		t = 0.0
		if math.Hypot(x-1.09, y-0.185) < 0.05 {
			t = 0.06
		}
	} else if math.Hypot(x-1.12, y-0.2) < 0.066 {
		t = 0.6
	}
	for i, h := range []struct{ base, rise, dark float64 }{{0.56, 0.3, 0.2}, {0.66, 0.28, 0.36}, {0.78, 0.26, 0.54}, {0.96, 0.3, 0.76}} {
		top := ridge(x, h.base, h.rise, uint32(40+i*7))
		if y > top {
			// Strata: the hill's own bands follow its outline.
			slope := (ridge(x+0.01, h.base, h.rise, uint32(40+i*7)) - top) * 60
			t = h.dark - 0.22*clamp(slope, -1, 1) + 0.1*math.Sin((y-top)*140) - 0.25*h.dark*ramp(0, 0.3, y-top)
		}
	}
	if y > 0.7 {
		at := 0.62 + 0.2*math.Sin((y-0.7)*11) + (y-0.7)*0.3
		if w := 0.006 + (y-0.7)*0.09; math.Abs(x-at) < w && y > ridge(x, 0.96, 0.3, 61)+0.01 {
			t = 0.02
		}
	}
	return t
}

// river winds out of the mountains past a gauge.
func river(x, y float64) float64 {
	t := mix(0.26, 0.02, y/0.4)
	for i, h := range []struct{ base, rise, dark float64 }{{0.42, 0.36, 0.5}, {0.5, 0.2, 0.66}} {
		top := ridge(x, h.base, h.rise, uint32(70+i*5))
		if y <= top {
			continue
		}
		slope := (ridge(x+0.008, h.base, h.rise, uint32(70+i*5)) - top) * 70
		t = h.dark - 0.42*clamp(slope, -1, 1)
		if i == 0 && y < top+0.09+0.05*math.Sin(x*37) && slope > -0.5 {
			t = 0.03 // snow
		}
	}
	if y > 0.47 {
		depth := (y - 0.47) / 0.53
		t = 0.5 + 0.12*math.Sin(x*50+y*80) + 0.2*depth
		at := 0.78 + 0.22*math.Sin(depth*5.2+0.5)*(1-0.45*depth) - 0.1*depth
		if w := 0.012 + 0.3*depth*depth + 0.06*depth; math.Abs(x-at) < w {
			t = 0.08 + 0.16*(1+math.Sin(y*230+4*math.Sin(x*16)))/2
			if math.Abs(x-at) > w-0.008-0.01*depth {
				t = 0.92
			}
		}
	}
	// The staff gauge, and the hut on the bank.
	if rect(x, y, 1.1, 0.5, 1.135, 0.9) {
		t = 0
		if math.Mod(y, 0.05) < 0.022 && x > 1.118 || x < 1.105 || x > 1.131 {
			t = 1
		}
	}
	if polygon(x, y, 1.2, 0.56, 1.29, 0.49, 1.38, 0.56) {
		t = 0.95
	} else if rect(x, y, 1.215, 0.56, 1.365, 0.66) {
		t = 0.25
		if rect(x, y, 1.25, 0.585, 1.29, 0.66) || x > 1.345 {
			t = 0.9
		}
	}
	return t
}
