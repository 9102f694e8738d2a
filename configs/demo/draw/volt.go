package main

import (
	"fmt"
	"math"
	"strings"
)

// dialDocument is Volt House's sale as a document: the needle of a meter swings to forty per cent. It moves once, not at all for
// readers who asked for less motion, and its colours follow the page's theme as far as the frame knows it.
func dialDocument(w, h float64, fonts fontFaces) string {
	c := &canvas{w: w, h: h}
	x, y, r := by(c, 724.0, 558, 150, 240), by(c, 206.0, 82, 196, 88), by(c, 166.0, 66, 104, 66)
	var dial strings.Builder
	point := func(percent, radius float64) (float64, float64) {
		a := math.Pi * (1 - percent/50)
		return x + math.Cos(a)*radius, y - math.Sin(a)*radius
	}
	for p := 0.0; p <= 50; p += 2.5 {
		long := math.Mod(p, 10) == 0
		in := 0.9
		if long {
			in = 0.83
		}
		x1, y1 := point(p, r*in)
		x2, y2 := point(p, r)
		class := "tick"
		if p >= 30 {
			class = "tick hot"
		}
		fmt.Fprintf(&dial, `<path class="%s" d="M%.1f %.1fL%.1f %.1f" stroke-width="%.1f"/>`, class, x1, y1, x2, y2, by(c, 4.0, 1.8, 2.8, 2))
		if long && !c.leader() && !c.phone() {
			tx, ty := point(p, r*0.68)
			fmt.Fprintf(&dial, `<text class="figure" x="%.1f" y="%.1f">%g</text>`, tx, ty+by(c, 6.0, 3, 4, 3), p)
		}
	}
	needle := r * by(c, 0.57, 0.8, 0.57, 0.8)
	texts := by(c,
		`<text class="big" x="42" y="100" font-size="64">Up to 40 %</text><text class="big" x="42" y="158" font-size="64">off the dial.</text><text class="mid" x="45" y="194" font-size="17">Kettles, heaters, radios: the winter sale, until stocks last</text><text class="name" x="45" y="228" font-size="15">VOLT HOUSE</text>`,
		`<text class="big" x="18" y="41" font-size="29">Up to 40 %</text><text class="big" x="18" y="71" font-size="29">off the dial.</text><text class="mid" x="212" y="38" font-size="13.5">Kettles, heaters, radios:</text><text class="mid" x="212" y="56" font-size="13.5">the winter sale</text><text class="name" x="212" y="76" font-size="11">VOLT HOUSE</text><text class="name" x="708" y="52" font-size="13" text-anchor="end">Come in  →</text>`,
		`<text class="big" x="18" y="43" font-size="33">Up to 40 %</text><text class="big" x="18" y="78" font-size="33">off the dial.</text><text class="name" x="18" y="236" font-size="12">VOLT HOUSE</text><text class="name" x="284" y="236" font-size="12.5" text-anchor="end">Winter sale  →</text>`,
		`<text class="big" x="13" y="37" font-size="26">Up to 40 %</text><text class="big" x="13" y="63" font-size="26">off the dial.</text><text class="name" x="14" y="88" font-size="11">VOLT HOUSE</text>`)
	font := ""
	for _, f := range fonts {
		if f.family == "Libre Franklin" {
			font = f.css
		}
	}
	return fmt.Sprintf(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="ad.size" content="width=%[1]g,height=%[2]g">
<title>Volt House winter sale: up to 40 %% off</title>
<style>
%[3]s
:root { color-scheme: light dark; --ground: #f0b429; --ink: #1d1a12; --hot: #a3200f; }
:root[data-theme="dark"] { --ground: #1d1a12; --ink: #f6d873; --hot: #ff7a59; }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { --ground: #1d1a12; --ink: #f6d873; --hot: #ff7a59; } }
html, body { margin: 0; height: 100%%; overflow: hidden; background: var(--ground); }
a { display: block; height: 100%%; }
a:focus-visible { outline: 3px solid var(--ink); outline-offset: -4px; }
svg { display: block; width: 100%%; height: 100%%; font-family: "Libre Franklin", Arial, sans-serif; fill: var(--ink); }
.big { font-weight: 800; letter-spacing: -0.03em; }
.mid { font-weight: 500; }
.name { font-weight: 800; letter-spacing: 0.06em; }
.figure { font-size: %[4]gpx; font-weight: 700; text-anchor: middle; }
.tick { stroke: var(--ink); fill: none; }
.tick.hot { stroke: var(--hot); }
.needle { fill: var(--hot); transform-origin: %[5]gpx %[6]gpx; transform: rotate(54deg); animation: swing 1.6s cubic-bezier(.3, 1.5, .5, 1) .4s backwards; }
@keyframes swing { from { transform: rotate(-90deg); } }
@media (prefers-reduced-motion: reduce) { .needle { animation: none; } }
</style>
</head>
<body>
<a class="placard-click" href="#" aria-label="Volt House winter sale: up to 40 %% off">
<svg viewBox="0 0 %[1]g %[2]g" aria-hidden="true">
%[7]s
%[8]s
<path class="needle" d="M%[9]g %[6]gL%[5]g %[10]gL%[11]g %[6]gZ"/>
<circle cx="%[5]g" cy="%[6]g" r="%[12]g"/>
</svg>
</a>
<script>
// The page tells its theme in the frame's address or later by message; without a word the system's holds.
(function () {
  function set(t) { if (t === "light" || t === "dark") document.documentElement.dataset.theme = t; }
  set(new URLSearchParams(location.hash.slice(1)).get("theme"));
  addEventListener("message", function (e) { if (e.data && typeof e.data.placardTheme === "string") set(e.data.placardTheme); });
})();
</script>
</body>
</html>
`, w, h, font, by(c, 18.0, 8, 12, 8), x, y, texts, dial.String(), x-r*0.035, y-needle, x+r*0.035, r*0.075)
}
