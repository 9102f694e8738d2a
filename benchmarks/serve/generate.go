package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

var (
	demoSlots      = []string{"masthead", "story-end-1", "story-end-2", "below-comments"}
	generatedSlots = []string{"p0", "p1", "p2", "p3"}

	countries = []string{"PK", "IN", "GB", "US", "AE", "SA", "DE", "FR", "TR", "BD", "LK", "CA", "AU", "QA", "OM", "MY"}
	sections  = []string{"world", "national", "business", "sport", "culture", "travel", "technology", "opinion"}
	devices   = []string{"phone", "desktop", "tablet"}
	subjects  = strings.Fields(`cricket election budget monsoon inflation football bank railway festival university harvest court
		minister hospital software battery startup satellite museum novel concert film recipe garden heatwave airport visa hotel beach
		mountain ferry bazaar textile cotton wheat oil gas solar power water school teacher exam tournament goalkeeper batsman`)
)

// generate writes a configuration with n line items: standard and price_priority, about four predicates each over
// placement, country, section, device, keyword and key-value, three in ten with an exclusion, values Zipf-distributed,
// so that a page of the load has a few dozen candidates a slot, as a busy site has.
func generate(dir string, n int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	zipf := func(limit int) int { return int(rand.NewZipf(rng, 1.3, 2, uint64(limit-1)).Uint64()) }
	for _, sub := range []string{"advertisers", "assets", "sites"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	var site strings.Builder
	site.WriteString("site: bench\nname: Bench\ndomains: [bench.example]\nlanguage: en\ntimezone: UTC\nsections: [" + strings.Join(sections, ", ") + "]\nplacements:\n")
	for i := range 100 {
		fmt.Fprintf(&site, "  - {id: p%d, sizes: [970x250, 728x90, 300x250]}\n", i)
	}
	files := map[string]string{
		"server.yaml":      "server:\n  listen: 127.0.0.1:0\n  currency: USD\n  store: duckdb\n",
		"sites/bench.yaml": site.String(),
		"assets/ad.html":   "<!doctype html><title>Ad</title><p>An ad",
	}
	const perFile = 200
	for at := 0; at < n; at += perFile {
		a := at / perFile
		var b strings.Builder
		fmt.Fprintf(&b, "advertiser: a%d\nname: Advertiser %d\nsuitability: standard\ncampaigns:\n  - id: c\n    flight: {start: 2020-01-01, end: 2040-01-01, timezone: UTC}\n    line_items:\n", a, a)
		for i := at; i < min(at+perFile, n); i++ {
			typ, goal := "price_priority", ""
			if rng.IntN(4) == 0 {
				typ, goal = "standard", fmt.Sprintf("        goal: {impressions: %d}\n", 50_000_000+rng.IntN(50_000_000))
			}
			fmt.Fprintf(&b, "      - id: l%d\n        type: %s\n%s        price: {cpm: %d.%02d}\n        target:\n", i, typ, goal, 1+rng.IntN(9), rng.IntN(100))
			places := map[int]bool{}
			for range 2 + rng.IntN(3) {
				places[rng.IntN(100)] = true
			}
			// The four placements of the load's pages take a tenth of all bookings.
			if rng.IntN(10) == 0 {
				places[rng.IntN(4)] = true
			}
			b.WriteString("          placement: [")
			first := true
			for p := range 100 {
				if places[p] {
					if !first {
						b.WriteString(", ")
					}
					first = false
					fmt.Fprintf(&b, "p%d", p)
				}
			}
			b.WriteString("]\n")
			if rng.IntN(2) == 0 {
				fmt.Fprintf(&b, "          country: [%s, %s]\n", countries[zipf(8)], countries[8+zipf(8)])
			}
			if rng.IntN(4) == 0 {
				fmt.Fprintf(&b, "          section: [%s]\n", sections[zipf(len(sections))])
			}
			if rng.IntN(4) == 0 {
				fmt.Fprintf(&b, "          device: [%s]\n", devices[zipf(len(devices))])
			}
			wanted := -1
			if rng.IntN(4) == 0 {
				wanted = zipf(len(subjects))
				fmt.Fprintf(&b, "          keyword: {any: [%s]}\n", subjects[wanted])
			}
			if rng.IntN(10) < 3 {
				unwanted := zipf(len(subjects))
				if unwanted == wanted { // would contradict, which is an error
					unwanted = (unwanted + 1) % len(subjects)
				}
				fmt.Fprintf(&b, "          not: {keyword: [%s]}\n", subjects[unwanted])
			}
			b.WriteString("        creatives:\n")
			for j, size := range []string{"970x250", "728x90", "300x250"} {
				fmt.Fprintf(&b, "          - {id: k%d, type: html, size: %s, src: assets/ad.html, click: \"https://example.com/l%d\"}\n", j, size, i)
			}
		}
		files[fmt.Sprintf("advertisers/a%d.yaml", a)] = b.String()
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// requests returns complete HTTP requests: 2,000 pages, read with a Zipf distribution, by visitors of many
// countries and devices, with a title, keywords and a first paragraph of some 600 bytes.
func requests(site string, slots []string, seed uint64) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	host := "bench.example"
	if site == "daily" {
		host = "localhost"
	}
	type page struct {
		URL      string   `json:"url"`
		Title    string   `json:"title"`
		Section  string   `json:"section"`
		Keywords []string `json:"keywords"`
		Text     string   `json:"text"`
		Language string   `json:"language"`
	}
	pages := make([]page, 2000)
	for i := range pages {
		pick := func(n int) []string {
			out := make([]string, n)
			for j := range out {
				out[j] = subjects[rng.IntN(len(subjects))]
			}
			return out
		}
		pages[i] = page{
			URL:      fmt.Sprintf("https://%s/news/story-%d", host, i),
			Title:    "Report on " + strings.Join(pick(5), " and "),
			Section:  sections[rng.IntN(len(sections))],
			Keywords: pick(4),
			Text:     strings.Join(pick(80), " "),
			Language: "en",
		}
	}
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 15; SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
	}
	zipf := rand.NewZipf(rng, 1.1, 4, uint64(len(pages)-1))
	out := make([][]byte, 4096)
	for i := range out {
		type slot struct {
			ID        string   `json:"id"`
			Placement string   `json:"placement"`
			Sizes     [][2]int `json:"sizes"`
		}
		doc := map[string]any{
			"site": site, "page": pages[zipf.Uint64()], "theme": "light", "viewport": [2]int{1280, 800},
			"visitor": map[string]string{"id": fmt.Sprintf("%016x", rng.Uint64())},
		}
		ss := make([]slot, 0, len(slots))
		for j, p := range slots {
			ss = append(ss, slot{fmt.Sprintf("s%d", j+1), p, [][2]int{{970, 250}, {728, 90}, {300, 250}}})
		}
		doc["slots"] = ss
		body, err := json.Marshal(doc)
		if err != nil {
			panic(err) // only strings and numbers: cannot fail
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "POST /v1/ads HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			agents[rng.IntN(len(agents))], len(body))
		b.Write(body)
		out[i] = b.Bytes()
	}
	return out
}
