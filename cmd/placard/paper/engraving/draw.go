package engraving

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Theme is the paper a drawing is printed on.
type Theme uint8

// The papers: dark ink on light, or pale ink on dark.
const (
	Light Theme = iota
	Dark
)

// A tone is how dark a scene is at x in [0, 1.5], y in [0, 1], from 0 (bare paper) to 1 (solid ink). The
// origin is top left.
type tone func(x, y float64) float64

// The plate: 3:2, in tenths of a pixel so that the paths need no decimal points.
const (
	width  = 12000
	height = 8000
	rows   = 92
	pitch  = float64(height) / rows
	step   = 40
	// thinnest is the hairline below which a press would print nothing.
	thinnest = 4.0
)

// Names returns the drawings there are, sorted.
func Names() []string {
	return slices.Sorted(maps.Keys(scenes()))
}

// Draw returns a drawing as an SVG document of 1200 by 800 units, and panics on a name it does not know.
func Draw(name string, theme Theme) []byte {
	scene, ok := scenes()[name]
	if !ok {
		panic("engraving: no drawing " + name)
	}
	ink := "#1b1a17"
	if theme == Dark {
		ink = "#d6d3cc"
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800" viewBox="0 0 %d %d"><path fill="%s" d="`, width, height, ink)
	for row := range rows {
		engrave(&out, scene, theme, (float64(row)+0.5)*pitch)
	}
	out.WriteString("\"/></svg>\n")
	return out.Bytes()
}

// engrave cuts one line: a ribbon around its middle, as thick as the scene is dark, broken where the
// scene is bare.
func engrave(out *bytes.Buffer, scene tone, theme Theme, middle float64) {
	var run []point // x and half thickness
	flush := func() {
		ribbon(out, run, middle)
		run = run[:0]
	}
	for x := 0; x <= width; x += step {
		half := thickness(scene(float64(x)/8000, middle/8000), theme) / 2
		if half*2 < thinnest {
			if len(run) > 0 {
				flush()
			}
			continue
		}
		run = append(run, point{float64(x), half})
	}
	flush()
}

// thickness turns a tone into a line's thickness. On dark paper the line is the light: the curve keeps the
// whites of the scene below the brightness of the text, so that a picture does not glare at night.
func thickness(t float64, theme Theme) float64 {
	t = clamp(t, 0, 1)
	if theme == Dark {
		t = 0.66 * math.Pow(1-t, 1.7)
	} else {
		t *= 0.94
	}
	return t * pitch
}

type point struct{ x, y float64 }

// ribbon writes a closed subpath around a run of samples: along its upper edge and back along the lower.
func ribbon(out *bytes.Buffer, run []point, middle float64) {
	run = simplify(run, 2.2)
	if len(run) < 2 {
		return
	}
	var px, py int
	to := func(cmd byte, x, y float64) {
		ix, iy := int(math.Round(x)), int(math.Round(y))
		out.WriteByte(cmd)
		out.WriteString(strconv.Itoa(ix - px))
		if iy-py >= 0 {
			out.WriteByte(' ')
		}
		out.WriteString(strconv.Itoa(iy - py))
		px, py = ix, iy
	}
	for i, p := range run {
		y := middle - p.y
		if i == 0 {
			px, py = 0, 0
			to('M', p.x, y)
			continue
		}
		to('l', p.x, y)
	}
	for i := len(run) - 1; i >= 0; i-- {
		to('l', run[i].x, middle+run[i].y)
	}
	out.WriteByte('z')
}

// simplify drops samples that lie within tolerance of the line between their neighbours (Douglas and
// Peucker, 1973).
func simplify(run []point, tolerance float64) []point {
	if len(run) < 3 {
		return run
	}
	keep := make([]bool, len(run))
	keep[0], keep[len(run)-1] = true, true
	var cut func(a, b int)
	cut = func(a, b int) {
		worst, at := tolerance, -1
		for i := a + 1; i < b; i++ {
			on := run[a].y + (run[b].y-run[a].y)*(run[i].x-run[a].x)/(run[b].x-run[a].x)
			if d := math.Abs(run[i].y - on); d > worst {
				worst, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			cut(a, at)
			cut(at, b)
		}
	}
	cut(0, len(run)-1)
	out := make([]point, 0, len(run))
	for i, p := range run {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out
}
