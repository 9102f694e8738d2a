package engraving

import "math"

// bus comes out of the smog with its lights on.
func bus(x, y float64) float64 {
	t := mix(0.4, 0.3, y) + 0.05*math.Sin(y*44+3*math.Sin(x*3)) - 0.22*math.Exp(-square((x-1.2)/0.22)-square((y-0.2)/0.2))
	if math.Hypot(x-1.2, y-0.2) < 0.07 {
		t = 0.04 // a weak sun
	}
	// Towers, each fainter than the one before it.
	for i, b := range [][3]float64{{0.02, 0.22, 0.3}, {1.24, 1.4, 0.36}, {0.9, 1.06, 0.42}, {1.1, 1.2, 0.5}, {1.4, 1.5, 0.28}} {
		if rect(x, y, b[0], b[2], b[1], 0.8) {
			t = 0.42 + 0.03*float64(i%3) - 0.12*ramp(0.4, 0.8, y) + 0.06*math.Sin(x*120)
		}
	}
	if y > 0.78 {
		t = 0.46 + 0.26*ramp(0.78, 1, y) + 0.06*math.Sin(y*130)
		if at := 0.98 + (y-0.78)*1.1; math.Abs(x-at) < 0.012+(y-0.78)*0.05 && math.Mod(y*y*26, 1) < 0.55 {
			t = 0.06
		}
	}
	// The side of the bus, then its face.
	if polygon(x, y, 0.1, 0.32, 0.62, 0.24, 0.62, 0.86, 0.1, 0.77) {
		t = 0.5 - 0.25*(x-0.1)/0.52
		v := (y - 0.32 + (x-0.1)*0.154) / (0.45 + (x-0.1)*0.33)
		if v > 0.13 && v < 0.48 {
			t = 0.9
			if math.Mod(x*x+x*0.6, 0.16) < 0.02 {
				t = 0.2
			} else if head := 0.3 + 0.1*grain(x*24, 12); v > head+0.04 && math.Mod(x*19, 1) < 0.7 {
				t = 0.62 // passengers
			}
		}
		if v > 0.62 && v < 0.68 {
			t = 0.02
		}
	}
	if ellipse(x, y, 0.23, 0.79, 0.042, 0.07) || ellipse(x, y, 0.5, 0.85, 0.05, 0.085) {
		t = 1
	}
	if ellipse(x, y, 0.23, 0.79, 0.018, 0.03) || ellipse(x, y, 0.5, 0.85, 0.022, 0.038) {
		t = 0.35
	}
	if rect(x, y, 0.62, 0.22, 1.0, 0.88) {
		t = 0.16 + 0.3*ramp(0.8, 1.0, x)
		switch {
		case rect(x, y, 0.66, 0.25, 0.96, 0.32):
			t = 0.95
			// The route: 14.
			if rect(x, y, 0.75, 0.265, 0.765, 0.305) || rect(x, y, 0.79, 0.265, 0.8, 0.29) || rect(x, y, 0.79, 0.283, 0.84, 0.292) || rect(x, y, 0.82, 0.265, 0.832, 0.305) {
				t = 0
			}
		case rect(x, y, 0.65, 0.35, 0.97, 0.6):
			t = 0.72 - 0.4*ramp(0.02, 0.0, math.Abs((x-0.65)-(0.6-y)*0.9-0.06))
			if ellipse(x, y, 0.74, 0.5, 0.03, 0.045) || ellipse(x, y, 0.74, 0.6, 0.06, 0.06) || math.Abs(x-0.81) < 0.005 {
				t = 0.97
			}
		case y > 0.82:
			t = 0.9
		case rect(x, y, 0.74, 0.7, 0.88, 0.76):
			t = 0.75
			if math.Mod(y, 0.02) < 0.008 {
				t = 0.2
			}
		}
	}
	// Headlamps burn holes in the air.
	for _, cx := range []float64{0.68, 0.94} {
		d := math.Hypot(x-cx, y-0.73)
		if d < 0.034 {
			return 0
		}
		if d < 0.042 {
			t = 0.95
		}
		t -= 0.4 * math.Exp(-d*d*160) * ramp(0.042, 0.05, d)
	}
	return t
}
