package catalog_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
	"github.com/placard/placard/targeting/pagecontext"
	"github.com/placard/placard/targeting/words"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// TestTargetingScripts runs testdata/targeting-*.txt: a configuration, one "-- name --" a file, and under "-- script --" requests with the
// line items that are eligible and, for all others, the clause that keeps them away. A request is written
//
//	page url=/x section=… topic=… author=… tag=… language=… page_kind=… published=… title=… text=…   ('_' stands for a space)
//	visitor country=… region=… city=… device=… os=… browser=… theme=… bot=… segment=…
//	slot site=… placement=… kv.key=… at=…
//
// in any order; every value may be several, with commas between.
func TestTargetingScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/targeting-*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := runTargeting(t, string(b))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(b) {
				t.Errorf("%s differs; rewrite it with -update and read the difference. Now it is:\n%s", f, got)
			}
		})
	}
}

func runTargeting(t *testing.T, text string) string {
	t.Helper()
	head, body, ok := strings.Cut(text, "-- script --\n")
	if !ok {
		t.Fatal("no -- script --")
	}
	fsys := fstest.MapFS{}
	for _, part := range strings.Split("\n"+head, "\n-- ")[1:] {
		name, content, _ := strings.Cut(part, " --\n")
		// Every line item shows the same words: scripts are about rules.
		content = strings.ReplaceAll(content, "CREATIVE", `creatives: [{id: k, type: native, headline: Words, sponsor: Us, click: "https://example.com/"}]`)
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	c, _, problems := catalog.LoadFS(fsys, "")
	if c == nil {
		t.Fatal(problems)
	}
	var out strings.Builder
	out.WriteString(head + "-- script --\n")
	for i, block := range strings.Split(strings.TrimSpace(body), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		cmd, _, _ := strings.Cut(block+"\n", "----\n")
		out.WriteString(strings.TrimRight(cmd, "\n") + "\n----\n" + answer(t, c, facts(t, cmd)))
	}
	return out.String()
}

// facts reads a request.
func facts(t *testing.T, cmd string) *targeting.Facts {
	t.Helper()
	f := &targeting.Facts{Now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	instant := func(s string) time.Time {
		at, err := time.Parse("2006-01-02T15:04Z07:00", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for line := range strings.Lines(cmd) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		for _, field := range fields[1:] {
			key, list, _ := strings.Cut(field, "=")
			list = strings.ReplaceAll(list, "_", " ")
			attr, isAttr := targeting.ParseAttribute(key)
			for v := range strings.SplitSeq(list, ",") {
				switch {
				case key == "url":
					f.Page.URL = "https://daily.example" + v
				case key == "at":
					f.Now = instant(v)
				case key == "published":
					f.Page.Published = instant(v)
				case key == "title":
					f.Page.TitleWords = words.Append(f.Page.TitleWords, v)
				case key == "text":
					f.Page.TextWords = words.Append(f.Page.TextWords, v)
				case strings.HasPrefix(key, "kv."):
					f.KV = append(f.KV, targeting.KV{Key: key[3:], Value: v})
				case key == "topic":
					id, ok := pagecontext.TopicByName(v)
					if !ok {
						t.Fatalf("no topic %q", v)
					}
					for _, a := range pagecontext.Ancestors(id) {
						f.Page.Attrs = append(f.Page.Attrs, targeting.AttrValue{Attr: targeting.Topic, Value: a})
					}
				case isAttr && fields[0] == "page":
					f.Page.Attrs = append(f.Page.Attrs, targeting.AttrValue{Attr: attr, Value: v})
				case isAttr:
					f.Attrs = append(f.Attrs, targeting.AttrValue{Attr: attr, Value: v})
				default:
					t.Fatalf("unknown field %q", field)
				}
			}
		}
	}
	return f
}

// answer asks the index, and the rules themselves why not.
func answer(t *testing.T, c *catalog.Catalog, f *targeting.Facts) string {
	t.Helper()
	var q targeting.Query
	q.Reset(c.Index)
	q.AddTerms(c.Index.AppendPageTerms(nil, &f.Page))
	q.SetNow(f.Now)
	if !f.Page.Published.IsZero() {
		q.SetAge(f.Now.Sub(f.Page.Published))
	}
	for _, kv := range f.KV {
		q.AddKV(kv.Key, kv.Value)
	}
	for _, a := range f.Attrs {
		q.Add(a.Attr, a.Value)
	}
	eligible := c.Index.AppendEligible(nil, &q)
	var out strings.Builder
	for i := range c.LineItems {
		li := &c.LineItems[i]
		why := targeting.Explain(li.Targeting, f)
		if found := slices.Contains(eligible, targeting.Ordinal(i)); found != (why == "") {
			t.Errorf("%s: the index finds it: %v; the rule: %q", li.ID, found, why)
		}
		if why == "" {
			fmt.Fprintf(&out, "eligible %s\n", li.ID)
		} else {
			fmt.Fprintf(&out, "      no %s: %s\n", li.ID, why)
		}
	}
	return out.String()
}
