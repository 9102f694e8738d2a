package engraving

import "math"

// stumps: the middle one is out of the ground and the bails are in the air.
func stumps(x, y float64) float64 {
	t := 0.42 + 0.3*scatter(int64(x*110)*977+int64(y*75), 5)*ramp(0.5, 0.1, y) // the stand
	if y > 0.36 && y < 0.43 {
		t = 0.12 // boundary boards
		if math.Mod(x+0.03, 0.3) < 0.17 && y > 0.38 && y < 0.41 {
			t = 0.6
		}
	}
	if y > 0.43 {
		stripe := math.Floor(math.Mod((x-0.75)/(0.15+(y-0.43)*1.2)+40, 2))
		t = 0.34 + 0.14*stripe
	}
	if polygon(x, y, 0.55, 0.56, 0.95, 0.56, 1.35, 1, 0.15, 1) {
		t = 0.1 + 0.05*math.Sin(y*160)
	}
	if polygon(x, y, 0.3, 0.905, 1.2, 0.905, 1.21, 0.918, 0.29, 0.918) {
		t = 0
	}
	for i, s := range [][4]float64{{0.63, 0.34, 0.63, 0.86}, {0.87, 0.34, 0.87, 0.86}, {0.84, 0.3, 0.69, 0.8}} {
		// Shadows fall to the right.
		if i < 2 && near(x, y, s[2], 0.87, s[2]+0.42, 0.955, 0.011) {
			t = 0.7
		}
		if near(x, y, s[0], s[1], s[2], s[3], 0.019) {
			mid := s[0] + (y-s[1])/(s[3]-s[1])*(s[2]-s[0])
			t = round(x, mid-0.02, mid+0.02)
		}
	}
	for _, b := range [][4]float64{{0.5, 0.2, 0.58, 0.25}, {0.93, 0.12, 1.0, 0.08}} {
		if near(x, y, b[0], b[1], b[2], b[3], 0.011) {
			t = 0.95
		}
	}
	if bt, n, on := ball(x, y, 1.12, 0.3, 0.075); on {
		t = clamp(bt+0.18, 0.2, 1)
		if seam := n[0]*0.6 + n[1]*0.75; math.Abs(seam) < 0.05 || math.Abs(math.Abs(seam)-0.13) < 0.02 && math.Mod(n[0]+3, 0.16) < 0.08 {
			t = 0
		}
	}
	return t
}

// football: twelve pentagons and twenty hexagons on a ball, with the leather not yet cut beside it.
func football() tone {
	faces := patches()
	return func(x, y float64) float64 { return footballAt(x, y, faces) }
}

func footballAt(x, y float64, faces [][3]float64) float64 {
	t := mix(0.5, 0.2, y/0.7)
	if y > 0.7 {
		t = 0.42 + 0.16*math.Sin(y*95+2*math.Sin(x*5))
		if ellipse(x, y, 0.86, 0.88, 0.42, 0.06) {
			t = 0.93
		}
	}
	for _, s := range [][3]float64{{1.28, 0.86, 0.11}, {0.2, 0.82, 0.1}} {
		a := math.Atan2(y-s[1], (x-s[0])*0.8)
		if r := math.Hypot((x-s[0])*0.8, (y-s[1])*1.7); r < s[2]*math.Cos(math.Pi/6)/math.Cos(math.Mod(a+math.Pi*2, math.Pi/3)-math.Pi/6) {
			t = 0.06
			if r > s[2]*0.72 && math.Mod(a*9+20, 1) < 0.4 && r < s[2]*0.78 {
				t = 0.8
			}
		}
	}
	bt, n, on := ball(x, y, 0.72, 0.5, 0.38)
	if !on {
		return t
	}
	// Turn the ball a little, then ask which two patches are nearest.
	n = [3]float64{n[0]*0.94 + n[2]*0.34, n[1]*0.95 - n[2]*0.31 + n[0]*0.1, n[2]*0.9 - n[0]*0.3 + n[1]*0.28}
	first, second, pent := -1.0, -1.0, false
	for i, c := range faces {
		d := n[0]*c[0] + n[1]*c[1] + n[2]*c[2]
		if i < 12 {
			d -= 0.035 // pentagons are the smaller patches
		}
		if d > first {
			first, second, pent = d, first, i < 12
		} else if d > second {
			second = d
		}
	}
	switch {
	case first-second < 0.022:
		return 0.96
	case pent:
		return clamp(0.7+bt*0.3, 0, 1)
	}
	return bt * 0.75
}

// patches are the directions of the faces of a truncated icosahedron: 12 pentagons, then 20 hexagons.
func patches() [][3]float64 {
	const g = math.Phi
	pent, all := make([][3]float64, 0, 12), make([][3]float64, 0, 32)
	for _, a := range []float64{-1, 1} {
		for _, b := range []float64{-g, g} {
			pent = append(pent, [3]float64{0, a, b}, [3]float64{a, b, 0}, [3]float64{b, 0, a})
		}
	}
	unit := func(v [3]float64) [3]float64 {
		l := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
		return [3]float64{v[0] / l, v[1] / l, v[2] / l}
	}
	for i := range pent {
		all = append(all, unit(pent[i]))
	}
	near := func(a, b [3]float64) bool {
		return math.Abs(a[0]-b[0])+math.Abs(a[1]-b[1])+math.Abs(a[2]-b[2]) > 0 &&
			square(a[0]-b[0])+square(a[1]-b[1])+square(a[2]-b[2]) < 4.1
	}
	for i := range pent {
		for j := i + 1; j < len(pent); j++ {
			for k := j + 1; k < len(pent); k++ {
				if a, b, c := pent[i], pent[j], pent[k]; near(a, b) && near(b, c) && near(a, c) {
					all = append(all, unit([3]float64{a[0] + b[0] + c[0], a[1] + b[1] + c[1], a[2] + b[2] + c[2]}))
				}
			}
		}
	}
	return all
}

// voice is a microphone and the sound that reaches it.
func voice(x, y float64) float64 {
	d := math.Hypot(x-0.98, (y-0.4)*1.05)
	t := 0.1
	if x < 0.98 {
		// Speech comes in bursts: the rings swell and die with the syllables.
		loud := 0.15 + 0.85*grain(d*6.5, 9)
		t = clamp(0.42+0.5*math.Sin(d*95)*loud, 0.02, 0.95) * ramp(1.0, 0.35, math.Abs(math.Atan2(y-0.4, 0.98-x))) * ramp(1.05, 0.3, d)
	}
	if rect(x, y, 0.93, 0.62, 1.03, 0.9) {
		t = round(x, 0.93, 1.03)
	}
	if ellipse(x, y, 0.98, 0.93, 0.2, 0.045) || rect(x, y, 0.78, 0.93, 1.18, 0.95) {
		t = round(x, 0.76, 1.2)
	}
	if bt, _, on := ball(x, y, 0.98, 0.4, 0.25); on {
		t = clamp(bt+0.14*math.Sin(x*150)*math.Sin(y*150)*3, 0.03, 1)
	}
	if rect(x, y, 0.725, 0.385, 1.235, 0.43) || rect(x, y, 0.89, 0.6, 1.07, 0.645) {
		t = round(x, 0.72, 1.24)
	}
	return t
}

// projector throws its beam to the right.
func projector(x, y float64) float64 {
	t := 0.9
	// The beam, with dust in it.
	if spread := 0.03 + (x-0.62)*0.34; x > 0.62 && math.Abs(y-0.47) < spread {
		edge := math.Abs(y-0.47) / spread
		t = mix(0.03, 0.5, x-0.62) + 0.4*ramp(0.8, 1, edge)
		if scatter(int64(x*120)*311+int64(y*90), 8) > 0.965 {
			t += 0.35
		}
	}
	for _, r := range [][3]float64{{0.22, 0.2, 0.165}, {0.5, 0.17, 0.13}} {
		d := math.Hypot(x-r[0], y-r[1])
		if d > r[2] {
			continue
		}
		t = 0.25 + 0.2*math.Sin(d*260)
		a := math.Mod(math.Atan2(y-r[1], x-r[0])+7, math.Pi*2/5)
		if d < r[2]*0.82 && d > r[2]*0.35 && a > 0.3 && a < 0.98 {
			t = 0.92
		}
		if d < r[2]*0.1 || d > r[2]*0.95 {
			t = 0.05
		}
	}
	if rect(x, y, 0.16, 0.35, 0.52, 0.68) {
		t = mix(0.18, 0.62, (x-0.16)/0.36) + 0.12*ramp(0.6, 0.68, y)
		if rect(x, y, 0.2, 0.4, 0.34, 0.5) || math.Hypot(x-0.43, y-0.56) < 0.05 {
			t = 0.88
		}
		if x < 0.165 || y < 0.357 || y > 0.672 {
			t = 0.02
		}
	}
	if rect(x, y, 0.52, 0.42, 0.62, 0.52) {
		t = mix(0.08, 0.85, math.Abs(y-0.45)/0.07)
	}
	if polygon(x, y, 0.24, 0.68, 0.44, 0.68, 0.46, 0.73, 0.22, 0.73) || near(x, y, 0.25, 0.72, 0.14, 1, 0.014) || near(x, y, 0.43, 0.72, 0.54, 1, 0.014) || near(x, y, 0.34, 0.72, 0.34, 1, 0.014) {
		t = 0.3
	}
	return t
}

// seismograph: the drum turns, the needle has just been still.
func seismograph(x, y float64) float64 {
	t := mix(0.62, 0.4, y)
	if y > 0.84 {
		t = 0.72 + 0.1*math.Sin(x*31)
	}
	if rect(x, y, 0.12, 0.8, 1.4, 0.87) {
		t = 0.95
	}
	if rect(x, y, 0.1, 0.2, 0.16, 0.82) || rect(x, y, 1.36, 0.2, 1.42, 0.82) {
		t = round(x, math.Floor(x)+0.1, math.Floor(x)+0.16)
		if x > 1 {
			t = round(x, 1.36, 1.42)
		}
	}
	if rect(x, y, 0.16, 0.14, 1.36, 0.76) {
		v := (y - 0.14) / 0.62
		t = 0.04 + 0.75*math.Pow(math.Abs(v-0.4)/0.6, 2.4)
		for i, base := range []float64{0.24, 0.34, 0.44, 0.54, 0.66} {
			shock := 0.004
			if i == 3 {
				s := (x - 0.5) * 5
				if s > 0 {
					shock += 0.17 * s * math.Exp(1-s*1.05)
				}
			}
			if i == 4 && x > 1.02 {
				continue // still to be written
			}
			at := base + shock*(math.Sin(x*210)+0.6*math.Sin(x*133+1))*0.6
			slack := 0.006 + shock*0.25
			if math.Abs(y-at) < slack {
				t = 1
			}
		}
	}
	if near(x, y, 1.02, 0.66, 1.2, 0.8, 0.008) || polygon(x, y, 1.0, 0.652, 1.05, 0.672, 1.04, 0.69) {
		t = 1
	}
	return t
}

// columns of a bank, seen from the street.
func columns(x, y float64) float64 {
	t := mix(0.24, 0.06, y)
	if polygon(x, y, 0.06, 0.27, 0.75, 0.06, 1.44, 0.27) {
		t = 0.35
		if polygon(x, y, 0.2, 0.25, 0.75, 0.09, 1.3, 0.25) {
			t = 0.62 + 0.14*math.Sin(x*44)
			if math.Hypot(x-0.75, y-0.185) < 0.05 {
				t = 0.08
			}
		}
	}
	if rect(x, y, 0.08, 0.27, 1.42, 0.35) {
		t = 0.18
		if y > 0.335 || y < 0.28 {
			t = 0.85
		} else if math.Mod(x, 0.05) < 0.02 && y > 0.29 && y < 0.325 {
			t = 0.55
		}
	}
	if rect(x, y, 0.1, 0.35, 1.4, 0.84) {
		t = 0.93
		if rect(x, y, 0.68, 0.5, 0.82, 0.84) {
			t = 0.35 // the door is open, a little
			if x > 0.735 {
				t = 1
			}
		}
	}
	for i := range 6 {
		cx := 0.17 + float64(i)*0.232
		half := 0.052 - 0.006*ramp(0.8, 0.4, y)
		if rect(x, y, cx-0.07, 0.35, cx+0.07, 0.385) || rect(x, y, cx-0.07, 0.8, cx+0.07, 0.84) {
			t = round(x, cx-0.075, cx+0.075) * 0.9
		} else if rect(x, y, cx-half, 0.385, cx+half, 0.8) {
			t = round(x, cx-half, cx+half) + 0.12*math.Sin((x-cx)*360)
		}
	}
	for i := range 4 {
		top := 0.84 + float64(i)*0.04
		if y >= top && x > 0.06-float64(i)*0.03 && x < 1.44+float64(i)*0.03 {
			t = 0.12
			if y > top+0.018 {
				t = 0.55
			}
		}
	}
	return t
}
