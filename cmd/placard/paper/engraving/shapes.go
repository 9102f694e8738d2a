package engraving

import "math"

func clamp(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }

// mix goes from a to b as t goes from 0 to 1.
func mix(a, b, t float64) float64 { return a + (b-a)*clamp(t, 0, 1) }

// ramp goes smoothly from 0 at a to 1 at b.
func ramp(a, b, v float64) float64 {
	t := clamp((v-a)/(b-a), 0, 1)
	return t * t * (3 - 2*t)
}

func rect(x, y, x0, y0, x1, y1 float64) bool { return x >= x0 && x < x1 && y >= y0 && y < y1 }

func ellipse(x, y, cx, cy, rx, ry float64) bool {
	dx, dy := (x-cx)/rx, (y-cy)/ry
	return dx*dx+dy*dy <= 1
}

// near tells whether x, y lies within w of the segment between two points.
func near(x, y, x0, y0, x1, y1, w float64) bool {
	dx, dy := x1-x0, y1-y0
	t := clamp(((x-x0)*dx+(y-y0)*dy)/(dx*dx+dy*dy), 0, 1)
	return math.Hypot(x-x0-t*dx, y-y0-t*dy) <= w
}

// polygon tells whether x, y lies inside, by the even-odd rule. Points are x, y, x, y, …
func polygon(x, y float64, pts ...float64) bool {
	in := false
	n := len(pts) / 2
	for i, j := 0, n-1; i < n; j, i = i, i+1 {
		xi, yi, xj, yj := pts[2*i], pts[2*i+1], pts[2*j], pts[2*j+1]
		if (yi > y) != (yj > y) && x < (xj-xi)*(y-yi)/(yj-yi)+xi {
			in = !in
		}
	}
	return in
}

// round is the tone of an upright cylinder between x0 and x1, lit from the left.
func round(x, x0, x1 float64) float64 {
	u := (x-x0)/(x1-x0)*2 - 1
	return mix(0.12, 0.95, math.Pow(clamp((u+0.45)/1.45, 0, 1), 1.4)) + 0.25*ramp(-0.7, -1, u)
}

// ball is the tone of a ball lit from the upper left, and whether x, y lies on it. The normal comes with it.
func ball(x, y, cx, cy, r float64) (t float64, n [3]float64, on bool) {
	nx, ny := (x-cx)/r, (y-cy)/r
	d := nx*nx + ny*ny
	if d > 1 {
		return 0, n, false
	}
	nz := math.Sqrt(1 - d)
	light := clamp(-0.5*nx-0.6*ny+0.62*nz, 0, 1)
	return mix(0.92, 0.06, light), [3]float64{nx, ny, nz}, true
}

// grain is smooth noise in [0, 1] along one dimension, the same for the same seed.
func grain(v float64, seed uint32) float64 {
	i := math.Floor(v)
	a, b := scatter(int64(i), seed), scatter(int64(i)+1, seed)
	return mix(a, b, ramp(0, 1, v-i))
}

// scatter is a hash of i in [0, 1).
func scatter(i int64, seed uint32) float64 {
	h := uint64(i)*0x9E3779B97F4A7C15 + uint64(seed)*0xD1B54A32D192ED03
	h ^= h >> 31
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 29
	return float64(h>>11) / (1 << 53)
}

// ridge is the height of a mountain line at x: three octaves of noise around base.
func ridge(x, base, rise float64, seed uint32) float64 {
	return base - rise*(0.6*grain(x*3.1, seed)+0.28*grain(x*7.7, seed+1)+0.12*grain(x*19, seed+2))
}

func square(x float64) float64 { return x * x }

// ripples is the tone of water under a light at lx: bright in its path, darker aside, broken by waves.
func ripples(x, y, horizon, lx float64) float64 {
	depth := (y - horizon) / (1 - horizon)
	path := math.Exp(-square((x - lx) / (0.07 + 0.25*depth)))
	wave := math.Sin(x*(70-48*depth)+9*math.Sin(y*90)+math.Sin(x*13)*2) * 0.22
	return clamp(mix(0.5, 0.68, depth)-0.45*path+wave, 0.04, 0.95)
}
