package engraving

import "math"

// lamp stands in a street that has gone to bed.
func lamp(x, y float64) float64 {
	d := math.Hypot(x-0.9, y-0.27)
	t := mix(0.93, 0.15, math.Exp(-d*d*5.5)) + 0.05*math.Sin(d*70)
	// Houses: dark fronts, one window still lit.
	for i, h := range [][3]float64{{0, 0.3, 0.36}, {0.3, 0.56, 0.5}, {1.18, 1.5, 0.4}} {
		if !rect(x, y, h[0], h[2], h[1], 0.84) {
			continue
		}
		t = 0.97 - 0.3*math.Exp(-d*d*7)
		u, v := math.Mod(x-h[0], 0.11), math.Mod(y-h[2], 0.15)
		if u > 0.035 && u < 0.085 && v > 0.04 && v < 0.115 && y < 0.8 {
			t = 0.78
			if i == 1 && x > 0.41 && x < 0.52 && y > 0.64 {
				t = 0.05
			}
		}
	}
	if y > 0.84 {
		t = 0.9 - 0.6*math.Exp(-(x-0.9)*(x-0.9)*9)*ramp(1.05, 0.84, y) + 0.08*math.Sin(x*40+y*200)
	}
	if rect(x, y, 0.885, 0.34, 0.915, 0.9) || rect(x, y, 0.865, 0.8, 0.935, 0.92) {
		t = 1
		if x < 0.893 {
			t = 0.2
		}
	}
	if polygon(x, y, 0.84, 0.2, 0.96, 0.2, 0.935, 0.35, 0.865, 0.35) {
		t = 0
		if math.Abs(x-0.9) < 0.004 {
			t = 0.9
		}
	}
	if polygon(x, y, 0.82, 0.2, 0.9, 0.13, 0.98, 0.2) {
		t = 1
	}
	return t
}

// cable: a ship on the surface, and what it is looking for on the sea bed.
func cable(x, y float64) float64 {
	const surface = 0.36
	t := mix(0.2, 0.03, y/surface) + 0.04*math.Sin(y*60+x*3)
	if y > surface+0.006*math.Sin(x*38) {
		depth := (y - surface) / (1 - surface)
		t = mix(0.34, 0.88, depth) + 0.07*math.Sin(y*150+3*math.Sin(x*9))
	}
	bed := 0.9 - 0.07*grain(x*3, 31) - 0.02*grain(x*14, 32)
	if y > bed {
		t = 0.98 - 0.35*grain(x*40+y*90, 33)
	}
	// Hull with the bow sheave, bridge aft, a crane.
	if polygon(x, y, 0.3, 0.28, 0.36, 0.3, 0.98, 0.3, 1.0, 0.26, 1.06, 0.26, 1.0, 0.385, 0.36, 0.385) {
		t = 0.97
		if y > 0.36 {
			t = 0.6
		}
	}
	if rect(x, y, 0.8, 0.15, 0.95, 0.3) || rect(x, y, 0.83, 0.1, 0.92, 0.15) {
		t = 0.14
		if math.Mod(x, 0.03) < 0.017 && (y > 0.18 && y < 0.205 || y > 0.24 && y < 0.262 || y > 0.115 && y < 0.135) {
			t = 0.9
		}
		if x > 0.935 {
			t = 0.6
		}
	}
	if near(x, y, 0.62, 0.3, 0.62, 0.12, 0.008) || near(x, y, 0.62, 0.13, 0.44, 0.2, 0.007) || near(x, y, 0.875, 0.1, 0.875, 0.03, 0.004) {
		t = 0.95
	}
	for _, c := range []float64{0.46, 0.55, 0.7} {
		if ellipse(x, y, c, 0.3, 0.04, 0.05) && y < 0.3 {
			t = 0.3 + 0.3*math.Sin(math.Hypot(x-c, y-0.3)*300)
		}
	}
	// The cable: down from the bow, along the bed, and the broken end.
	fall := 0.3 - 0.2*ramp(0.28, 0.88, y)
	if y > 0.28 && y < 0.87 && math.Abs(x-fall) < 0.007 {
		t = 0
	}
	if along := 0.885 - 0.07*grain(x*3, 31); x > 0.1 && x < 0.72 && math.Abs(y-along) < 0.008 || x > 0.9 && math.Abs(y-along) < 0.008 {
		t = 0
	}
	for _, f := range []float64{-0.03, 0, 0.03} {
		if near(x, y, 0.72, 0.85, 0.765, 0.83+f, 0.004) || near(x, y, 0.9, 0.83, 0.855, 0.81+f, 0.004) {
			t = 0
		}
	}
	return t
}

// pen: a reed pen, an inkwell, and an arch with the evening in it.
func pen(x, y float64) float64 {
	t := 0.66 + 0.1*math.Sin(x*70)*math.Sin(y*70)
	arch := func(w, top float64) bool {
		if math.Abs(x-0.98) > w || y > 0.78 {
			return false
		}
		u := math.Abs(x-0.98) / w
		return y > top+w*0.95*(1-math.Sqrt(clamp(1-u*u*u*0.98, 0, 1)))+0.06*u*u-0.05*(1-u)*(1-u)
	}
	if arch(0.36, 0.12) {
		t = 0.18
	}
	if arch(0.32, 0.17) {
		t = mix(0.5, 0.02, (y-0.1)/0.6)
		if math.Hypot(x-1.06, y-0.34) < 0.07 && math.Hypot(x-1.09, y-0.325) > 0.062 {
			t = 0
		}
		if y > ridge(x, 0.72, 0.14, 90) {
			t = 0.45
		}
	}
	if y > 0.78 {
		t = 0.3 + 0.1*math.Sin(y*170)
	}
	// A sheet of paper.
	if polygon(x, y, 0.22, 0.84, 1.0, 0.84, 1.12, 1, 0.1, 1) {
		t = 0.02
		// Lines of writing, one engraved line each, in words of uneven length.
		for i, l := range []float64{0.88, 0.914, 0.948, 0.982} {
			word := x*10 + 0.37*float64(i)
			u := word - math.Floor(word)
			if x > 0.3+0.05*scatter(int64(i), 4) && x < 1.0 && u > 0.16+0.4*scatter(int64(word)+int64(i)*31, 17) && math.Abs(y-l) < 0.0054 {
				t = 0.5 + 0.45*grain(x*60, uint32(i))
			}
		}
	}
	// The inkwell.
	if bt, _, on := ball(x, y, 0.36, 0.72, 0.15); on && y > 0.6 && y < 0.84 {
		t = clamp(bt+0.25, 0.1, 1)
	}
	if rect(x, y, 0.29, 0.53, 0.43, 0.61) || ellipse(x, y, 0.36, 0.53, 0.085, 0.02) {
		t = round(x, 0.27, 0.45)
	}
	// The pen, cut aslant.
	if near(x, y, 0.45, 0.47, 0.72, 0.06, 0.021) || polygon(x, y, 0.432, 0.462, 0.47, 0.483, 0.4, 0.555, 0.392, 0.548) {
		mid := 0.45 + (0.47-y)/0.41*0.27
		t = clamp(0.15+(x-mid+0.02)*22, 0.05, 0.95)
		if math.Mod(y+0.02, 0.13) < 0.012 {
			t = 0.95
		}
	}
	return t
}
