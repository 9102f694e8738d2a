// Command delivery simulates weeks of a newspaper's traffic on a virtual clock, lets the real decision code and two simple policies fill
// the same page requests, and compares what they deliver with the most that anybody could have delivered who knew the whole trace (a maximum
// flow).
//
//	go run ./benchmarks/delivery                      the scenarios of RESULTS.md
//	go run ./benchmarks/delivery -scenario right -pages 10000000
//
// Everything follows from -seed. Results are printed as a table and, with -svg, as plots.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	pages := flag.Int("pages", 1_000_000, "page requests of each scenario")
	days := flag.Int("days", 7, "days of each scenario")
	items := flag.Int("items", 400, "line items, of which six in ten are guaranteed")
	seed := flag.Uint64("seed", 1, "seed of everything")
	only := flag.String("scenario", "", "only this scenario")
	policies := flag.String("policies", "greedy,behind,feedback,placard", "which policies, separated by commas")
	svg := flag.String("svg", "", "directory for the plots")
	quiet := flag.Bool("quiet", false, "no progress")
	profile := flag.String("cpuprofile", "", "file for a CPU profile")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err == nil {
			defer pprof.StopCPUProfile()
		}
	}
	scenarios := []scenario{
		{Name: "right", Booked: 0.90, Loss: 0.08, Wrong: 1},
		{Name: "tight", Booked: 1.00, Loss: 0.08, Wrong: 1},
		{Name: "overbooked", Booked: 1.05, Loss: 0.08, Wrong: 1},
		{Name: "loose", Booked: 0.80, Loss: 0.15, Wrong: 1},
		{Name: "wrong", Booked: 0.90, Loss: 0.08, Wrong: 2},
		{Name: "wrong-tight", Booked: 1.00, Loss: 0.05, Wrong: 2},
	}
	fmt.Println("| scenario | policy | goals ÷ max-flow bound | over goals | over budgets | off the curve, p95 | price revenue ÷ hindsight | CPU µs a page |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, s := range scenarios {
		if *only != "" && s.Name != *only {
			continue
		}
		s.Seed, s.Days, s.Pages, s.LineItems = *seed, *days, *pages, *items
		w, err := newWorld(s)
		if err != nil {
			return err
		}
		names := strings.Split(*policies, ",")
		results := make([]*result, len(names))
		for i, name := range names {
			r, err := w.simulate(name, *quiet)
			if err != nil {
				return err
			}
			results[i] = r
			fmt.Printf("| %s | %s | %.2f %% | %.3f %% | %d | %.1f %% | %.1f %% | %.1f |\n", s.Name, name, 100*float64(r.Goals)/float64(r.Bound), 100*float64(r.Over)/float64(max(r.Goals, 1)),
				r.OverBudget, 100*r.deviation(0.95), 100*float64(r.Revenue)/float64(max(r.BestRevenue, 1)), float64(r.CPU.Microseconds())/float64(r.Pages))
		}
		if *svg != "" {
			if err := os.WriteFile(filepath.Join(*svg, s.Name+".svg"), plot(w, results), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) simulate(name string, quiet bool) (*result, error) {
	var progress *os.File
	if !quiet {
		progress = os.Stderr
	}
	var p policy
	switch name {
	case "greedy":
		p = newGreedy(w)
	case "behind":
		p = newBehind(w)
	case "feedback":
		p = newPlacard(w, nil)
		p.(*placard).replan = 1 << 62
	case "placard":
		p = newPlacard(w, w.forecast())
	default:
		return nil, fmt.Errorf("there is no policy %q; there are greedy, behind, feedback, placard", name)
	}
	if quiet {
		return w.run(name, p, nil), nil
	}
	return w.run(name, p, progress), nil
}

// plot draws, for each policy, how the shares of goals spread over the line items, and for Placard three line items against their curves.
func plot(w *world, results []*result) []byte {
	const width, height, left, top = 460, 260, 48, 28
	var b strings.Builder
	total := left + 2*(width+left)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`, total, height+90)
	b.WriteString(`<style>text{fill:#222}.g{stroke:#ccc}.a{fill:none;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#e8e6e1}.g{stroke:#444}}</style>`)
	fmt.Fprintf(&b, `<text x="%d" y="16" font-size="13">Share of its goal that each line item got, worst first</text>`, left)
	fmt.Fprintf(&b, `<text x="%d" y="16" font-size="13">Three line items and their curves (thin), hour by hour</text>`, 2*left+width)
	axes := func(x0 int) {
		for i := range 5 {
			y := top + height - height*i/4
			fmt.Fprintf(&b, `<line class="g" x1="%d" y1="%d" x2="%d" y2="%d"/><text x="%d" y="%d" text-anchor="end">%d %%</text>`, x0, y, x0+width, y, x0-6, y+4, 25*i)
		}
	}
	axes(left)
	axes(2*left + width)
	colours := []string{"#b0a8a0", "#8a7f76", "#4b8bbe", "#b3261e"}
	dashes := []string{"2 3", "6 4", "8 2 2 2", ""}
	for n, r := range results {
		var shares []float64
		for o, goal := range w.goals {
			if goal > 0 {
				shares = append(shares, min(1, float64(r.Delivered[o])/float64(goal)))
			}
		}
		slices.Sort(shares)
		b.WriteString(`<polyline class="a" stroke="` + colours[n%4] + `" stroke-dasharray="` + dashes[n%4] + `" points="`)
		for i, s := range shares {
			fmt.Fprintf(&b, "%.1f,%.1f ", float64(left)+float64(width)*float64(i)/float64(len(shares)-1), float64(top)+float64(height)*(1-s))
		}
		b.WriteString(`"/>`)
		fmt.Fprintf(&b, `<line class="a" stroke="%s" stroke-dasharray="%s" x1="%d" y1="%d" x2="%d" y2="%d"/><text x="%d" y="%d">%s: %.2f %% of the bound</text>`,
			colours[n%4], dashes[n%4], left+n%2*240, top+height+24+n/2*20, left+n%2*240+28, top+height+24+n/2*20, left+n%2*240+34, top+height+28+n/2*20, r.Policy, 100*float64(r.Goals)/float64(r.Bound))
	}
	last := results[len(results)-1]
	for _, h := range last.Hourly {
		for k := range 2 {
			colour, stroke := "#888", "1"
			if k == 1 {
				colour, stroke = "#b3261e", "1.6"
			}
			fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="%s" points="`, colour, stroke)
			for i := k; i < len(h); i += 2 {
				fmt.Fprintf(&b, "%.1f,%.1f ", float64(2*left+width)+float64(width)*float64(i/2)/float64(len(h)/2), float64(top)+float64(height)*(1-min(1, h[i])))
			}
			b.WriteString(`"/>`)
		}
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d">%s: %d days, %d pages, %d line items, %.0f %% booked, %.0f %% not rendered</text>`, 2*left+width, top+height+28, w.s.Name, w.s.Days, results[0].Pages,
		len(w.goals), 100*w.s.Booked, 100*w.s.Loss)
	b.WriteString("</svg>\n")
	return []byte(b.String())
}
