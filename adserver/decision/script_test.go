package decision_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/decision"
	"github.com/placard/placard/adserver/delivery"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/visitor"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// TestScripts runs testdata/*.txt. A script begins with the configuration, one "-- name --" a file, and goes on under "-- script --"
// with blocks separated by blank lines:
//
//	page url=/x section=travel topic=… risk=terrorism:high country=PK device=phone visitor=v1 at=2026-11-02T09:00Z seed=7 lazy session times=100
//	slot id=top placement=top size=300x250,728x90
//	render line_item=adv/item n=100 clicks=3 viewable=50 visitor=v1 creative=x
//	pause advertiser=x topic=… section=… url=… until=…
//	----
//	what came of it, rewritten by -update
//
// "lazy" continues the page of the block before, "session" begins a new page of the same visit. With times=N the page is asked for
// N times with seeds that follow one another, and only counts are printed.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, string(b))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(b) {
				t.Errorf("%s differs; rewrite it with -update and read the difference. Now it is:\n%s", f, got)
			}
			if again := runScript(t, string(b)); again != got {
				t.Error("the same script gave something else the second time")
			}
		})
	}
}

// defaultSite is the site of scripts that bring none.
const defaultSite = `site: daily
domains: [daily.example]
placements:
  - {id: top, sizes: [970x250, 300x250]}
  - {id: mid, sizes: [300x250]}
  - {id: end, sizes: [300x250]}
`

type scripted struct {
	t       *testing.T
	catalog *catalog.Catalog
	track   *delivery.Tracker
	table   *delivery.Table
	tally   *decision.Tally
	pauses  []decision.Pause
	now     time.Time
	shown   []catalog.Shown
	session []catalog.Shown
}

func runScript(t *testing.T, text string) string {
	t.Helper()
	head, body, ok := strings.Cut(text, "-- script --\n")
	if !ok {
		t.Fatal("no -- script --")
	}
	fsys := fstest.MapFS{"ad.html": {Data: []byte("<p>ad")}}
	for _, part := range strings.Split("\n"+head, "\n-- ")[1:] {
		name, content, ok := strings.Cut(part, " --\n")
		if !ok {
			t.Fatalf("bad file heading %q", part)
		}
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	if _, ok := fsys["site.yaml"]; !ok {
		fsys["site.yaml"] = &fstest.MapFile{Data: []byte(defaultSite)}
	}
	c, _, problems := catalog.LoadFS(fsys, "")
	if c == nil {
		var b strings.Builder
		problems.Print(&b)
		t.Fatal(b.String())
	}
	s := &scripted{t: t, catalog: c, track: delivery.New(), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	s.table = s.track.Bind(c)
	s.tally = decision.NewTally(c, nil)
	var out strings.Builder
	out.WriteString(head + "-- script --\n")
	for i, block := range strings.Split(strings.TrimSpace(body), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		cmd, _, _ := strings.Cut(block+"\n", "----\n")
		out.WriteString(strings.TrimRight(cmd, "\n") + "\n----\n" + s.block(cmd))
	}
	return out.String()
}

// block runs the commands of one block and returns what came of them.
func (s *scripted) block(cmd string) string {
	in := decision.Input{Catalog: s.catalog, Delivery: s.table, Tally: s.tally, Seed: 1, Visitor: &visitor.Visitor{Country: "PK", Device: visitor.Desktop}}
	var ids []string
	var page targeting.Page
	times := 1
	asked, trace := false, false
	for line := range strings.Lines(cmd) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		args := map[string]string{}
		for _, f := range strings.Fields(rest) {
			k, v, _ := strings.Cut(f, "=")
			args[k] = v
		}
		if at := args["at"]; at != "" {
			now, err := time.Parse("2006-01-02T15:04Z", at)
			if err != nil {
				s.t.Fatal(err)
			}
			s.now = now
		}
		switch word {
		case "page":
			asked = true
			page = s.page(&in, args)
			if v, ok := args["times"]; ok {
				times, _ = strconv.Atoi(v)
			}
			_, trace = args["trace"]
			_, lazy := args["lazy"]
			_, session := args["session"]
			switch {
			case session:
				s.session, s.shown = append(s.session, s.shown...), nil
			case !lazy:
				s.session, s.shown = nil, nil
			}
		case "slot":
			p, ok := s.catalog.Placement("daily", args["placement"])
			if !ok {
				s.t.Fatalf("no placement %q", args["placement"])
			}
			slot := decision.Slot{Placement: p, Sizes: s.catalog.Placements[p].Sizes}
			if v := args["size"]; v != "" {
				slot.Sizes = nil
				for _, z := range strings.Split(v, ",") {
					var w, h uint16
					if _, err := fmt.Sscanf(z, "%dx%d", &w, &h); err != nil {
						s.t.Fatal(err)
					}
					slot.Sizes = append(slot.Sizes, catalog.Size{W: w, H: h})
				}
			}
			in.Slots = append(in.Slots, slot)
			ids = append(ids, args["id"])
		case "render":
			s.render(args)
		case "pause":
			s.pause(args)
		default:
			s.t.Fatalf("unknown command %q", line)
		}
	}
	in.Now = s.now
	s.track.Tick(s.now)
	if !asked {
		return ""
	}
	in.Pauses = decision.NewPauses(s.pauses)
	in.PageTerms = s.catalog.Index.AppendPageTerms(nil, &page)
	if times > 1 {
		return s.many(&in, ids, times)
	}
	in.Shown, in.Session = s.shown, s.session
	var lines [][]decision.Line
	for i := range in.Slots {
		lines = append(lines, decision.Trace(&in, i, page))
	}
	got := decision.Decide(nil, &in, nil)
	var b strings.Builder
	for i, o := range got {
		if o.Filled {
			fmt.Fprintf(&b, "fill %s line_item=%s creative=%s\n", ids[i], s.name(o.LineItem), s.catalog.Creatives[o.Creative].ID)
		} else {
			fmt.Fprintf(&b, "none %s reason=%s\n", ids[i], o.Reason)
		}
		for _, l := range lines[i] {
			if l.Served != (o.Filled && o.LineItem == l.LineItem) {
				s.t.Errorf("%s: the trace says that %s served=%v", ids[i], s.name(l.LineItem), l.Served)
			}
			if l.Served || l.Reason == decision.Targeting && !trace {
				continue
			}
			fmt.Fprintf(&b, "  skip line_item=%s reason=%s", s.name(l.LineItem), l.Reason)
			if trace && l.Detail != "" {
				fmt.Fprintf(&b, " (%s)", l.Detail)
			}
			b.WriteString("\n")
		}
	}
	s.show(&in, got)
	return b.String()
}

// many counts what so many pages show.
func (s *scripted) many(in *decision.Input, ids []string, times int) string {
	counts := map[string]int{}
	for i := range times {
		in.Seed = uint64(i)*0x9e3779b97f4a7c15 + 1
		for j, o := range decision.Decide(nil, in, nil) {
			what := "none " + ids[j] + " reason=" + o.Reason.String()
			if o.Filled {
				what = "fill " + ids[j] + " line_item=" + s.name(o.LineItem) + " creative=" + s.catalog.Creatives[o.Creative].ID
			}
			counts[what]++
		}
	}
	var lines []string
	for k, n := range counts {
		lines = append(lines, fmt.Sprintf("%s n=%d\n", k, n))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (s *scripted) name(o targeting.Ordinal) string {
	li := &s.catalog.LineItems[o]
	return li.Key.Advertiser + "/" + li.ID
}

// show notes what the page shows, as its token would.
func (s *scripted) show(in *decision.Input, got []decision.Outcome) {
	c := s.catalog
	for i, o := range got {
		if o.Filled {
			li := &c.LineItems[o.LineItem]
			s.shown = append(s.shown, catalog.Shown{
				LineItem: li.Hash, Creative: c.Creatives[o.Creative].Hash, Advertiser: c.Advertisers[li.Advertiser].Hash,
				Placement: c.Placements[in.Slots[i].Placement].Hash,
			})
		}
	}
}

func (s *scripted) page(in *decision.Input, args map[string]string) targeting.Page {
	url := args["url"]
	if url == "" {
		url = "/story"
	}
	ctx := &pagecontext.Context{URL: "https://daily.example" + url, Section: args["section"], Known: args["known"] != "no", Sensitive: args["sensitive"] != "", NoAds: args["no_ads"] != ""}
	p := targeting.Page{URL: ctx.URL, Attrs: []targeting.AttrValue{{Attr: targeting.Site, Value: "daily"}}}
	if ctx.Section != "" {
		p.Attrs = append(p.Attrs, targeting.AttrValue{Attr: targeting.Section, Value: ctx.Section})
	}
	if name := args["topic"]; name != "" {
		id, ok := pagecontext.TopicByName(name)
		if !ok {
			s.t.Fatalf("no topic %q", name)
		}
		ctx.Topics = append(ctx.Topics, pagecontext.Topic{ID: id, Name: name, Confidence: 1})
		for _, a := range pagecontext.Ancestors(id) {
			p.Attrs = append(p.Attrs, targeting.AttrValue{Attr: targeting.Topic, Value: a})
		}
	}
	if r := args["risk"]; r != "" {
		topic, level, _ := strings.Cut(r, ":")
		i := slices.Index(pagecontext.SensitiveTopicKeys(), topic)
		ctx.Risks[i] = pagecontext.Risk(slices.Index([]string{"none", "low", "medium", "high", "floor"}, level))
	}
	in.Page = ctx
	if v := args["visitor"]; v != "" {
		in.Visitor.ID, in.Visitor.Hash = v, visitorHash(v)
	}
	if v := args["country"]; v != "" {
		in.Visitor.Country = v
	}
	if v := args["device"]; v != "" {
		in.Visitor.Device = visitor.Device(slices.Index(visitor.DeviceNames(), v))
	}
	in.Visitor.Bot = args["bot"]
	if v := args["seed"]; v != "" {
		in.Seed, _ = strconv.ParseUint(v, 10, 64)
	}
	return p
}

func visitorHash(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h
}

func (s *scripted) lineItem(name string) targeting.Ordinal {
	for i := range s.catalog.LineItems {
		if s.name(targeting.Ordinal(i)) == name {
			return targeting.Ordinal(i)
		}
	}
	s.t.Fatalf("no line item %q", name)
	return 0
}

// render observes events of a line item.
func (s *scripted) render(args map[string]string) {
	ord := s.lineItem(args["line_item"])
	li := &s.catalog.LineItems[ord]
	o := delivery.Observation{LineItem: ord, Creative: li.Creatives[0], At: s.now}
	for _, ci := range li.Creatives {
		if s.catalog.Creatives[ci].ID == args["creative"] {
			o.Creative = ci
		}
	}
	if v := args["visitor"]; v != "" {
		o.Visitor = visitorHash(v)
	}
	for _, m := range []struct {
		name string
		of   catalog.Measure
	}{{"n", catalog.Impressions}, {"viewable", catalog.Viewable}, {"clicks", catalog.Clicks}} {
		n, _ := strconv.Atoi(args[m.name])
		for range n {
			o.Of = m.of
			s.table.Bill(ord, li.Charge(m.of))
			s.table.Observe(o)
		}
	}
}

func (s *scripted) pause(args map[string]string) {
	p := decision.Pause{From: s.now, Until: s.now.Add(24 * time.Hour)}
	list := func(k string) []string {
		if args[k] == "" {
			return nil
		}
		return strings.Split(args[k], ",")
	}
	p.Advertisers, p.Sections, p.Sites, p.URLs = list("advertiser"), list("section"), list("site"), list("url")
	for _, name := range list("topic") {
		id, ok := pagecontext.TopicByName(name)
		if !ok {
			s.t.Fatalf("no topic %q", name)
		}
		p.Topics = append(p.Topics, id)
	}
	if v := args["until"]; v != "" {
		until, err := time.Parse("2006-01-02T15:04Z", v)
		if err != nil {
			s.t.Fatal(err)
		}
		p.Until = until
	}
	s.pauses = append(s.pauses, p)
}
