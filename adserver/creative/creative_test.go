package creative_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
)

var update = flag.Bool("update", false, "rewrite testdata/golden.txt")

func load(t *testing.T, config map[string]string) (*catalog.Catalog, *creative.Set) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range config {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if config == nil {
		c, _, problems := catalog.LoadFS(os.DirFS("testdata/site"), "")
		return compiled(t, c, fmt.Sprint(problems))
	}
	c, _, problems := catalog.LoadFS(fsys, "")
	return compiled(t, c, fmt.Sprint(problems))
}

func compiled(t *testing.T, c *catalog.Catalog, problems string) (*catalog.Catalog, *creative.Set) {
	t.Helper()
	if c == nil {
		t.Fatal(problems)
	}
	set, err := creative.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, set
}

var vars = creative.Vars{Base: "https://ads.example", Token: []byte("TOKEN-1_a"), Label: "Advertisement", Site: "daily", Placement: "any", CacheBuster: 1234567}

// Every type of creative, light and dark, as HTML: a diff of the golden file is what readers would see change.
func TestMarkup(t *testing.T) {
	c, set := load(t, nil)
	var got bytes.Buffer
	for i := range c.Creatives {
		light := string(set.AppendHTML(nil, int32(i), &vars))
		dark := vars
		dark.Theme = "dark"
		d := string(set.AppendHTML(nil, int32(i), &dark))
		fmt.Fprintf(&got, "== %s %s\n%s\n", c.Creatives[i].ID, set.Kind(int32(i)), light)
		if d != light {
			fmt.Fprintf(&got, "-- dark\n%s\n", d)
		}
		// The JSON form is the same text.
		quoted := `"` + string(set.AppendHTMLJSON(nil, int32(i), &vars)) + `"`
		var back string
		if err := json.Unmarshal([]byte(quoted), &back); err != nil || back != light {
			t.Errorf("%s: JSON form %v: %s", c.Creatives[i].ID, err, quoted)
		}
		if strings.ContainsAny(quoted, "<>&\u2028") {
			t.Errorf("%s: the JSON form may not stand in a script: %s", c.Creatives[i].ID, quoted)
		}
	}
	fmt.Fprintf(&got, "== frame\n%s\n", set.AppendFrame(nil, 0, &vars))
	for i := range c.Creatives {
		if cr := &c.Creatives[i]; cr.Type == catalog.Script {
			v := creative.Values{ClickURL: "https://ads.example/v1/c/TOKEN", Site: "daily", CacheBuster: 77}
			fmt.Fprintf(&got, "== document of %s\n%s\n", cr.ID, creative.AppendScript(nil, cr, &v))
		}
	}
	if *update {
		if err := os.WriteFile("testdata/golden.txt", got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s\n(-update rewrites it)", got.String(), want)
	}
}

var frames = regexp.MustCompile(`<iframe[^>]*>`)

func TestFramesAreSandboxed(t *testing.T) {
	c, set := load(t, nil)
	n := 0
	for i := range c.Creatives {
		for _, f := range frames.FindAllString(string(set.AppendHTML(nil, int32(i), &vars)), -1) {
			n++
			if !strings.Contains(f, ` sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox"`) || !strings.Contains(f, ` title="`) {
				t.Errorf("%s: %s", c.Creatives[i].ID, f)
			}
		}
	}
	if n != 3 {
		t.Errorf("%d frames", n)
	}
	for _, h := range append(creative.DocumentHeaders(), creative.ScriptHeaders()...) {
		if strings.Contains(h[1], "allow-same-origin") || strings.Contains(h[1], "allow-top-navigation") {
			t.Errorf("%s: %s", h[0], h[1])
		}
	}
}

// hostile are strings that try to leave the place they are put in.
func hostile() []string {
	return []string{
		`"><script>alert(1)</script>`, `' onmouseover='alert(1)`, `" onload="alert(1)`, `</a><img src=x onerror=alert(1)>`, `<svg/onload=alert(1)>`, `javascript:alert(1)`,
		`&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;`, `&#34; onfocus=alert(1) autofocus x=`, `]]><script>alert(1)</script>`, `--><script>alert(1)</script>`, `</title><script>alert(1)</script>`,
		`</textarea><script>alert(1)</script>`, `${alert(1)}`, `{{constructor.constructor('alert(1)')()}}`, "`onclick=alert(1)", `\"-alert(1)//`, "<img\u2028src=x onerror=alert(1)>", `</iframe><script>alert(1)</script>`,
		`<iframe srcdoc="<script>alert(1)</script>">`, `{click_url}`, `%22%3E%3Cscript%3Ealert(1)%3C/script%3E`, `<a href="javascript:alert(1)">x</a>`, "\ufeff<script>alert(1)</script>", `<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	}
}

// Whatever a field holds, a parser of HTML finds in it the elements and attributes that the creative has, and the field's text as text.
func TestFieldsAreText(t *testing.T) {
	site := "site: daily\ndomains: [localhost]\nplacements: [{id: any, sizes: [300x250]}]\n"
	shape := func(markup string) string {
		var b strings.Builder
		z := html.NewTokenizer(strings.NewReader(markup))
		for z.Next() != html.ErrorToken {
			tok := z.Token()
			if tok.Type == html.TextToken {
				b.WriteString("text ")
				continue
			}
			b.WriteString(tok.Type.String() + " " + tok.Data)
			for _, a := range tok.Attr {
				b.WriteString(" " + a.Key)
				if (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(a.Val, "https://ads.example/") {
					t.Errorf("%s=%q", a.Key, a.Val)
				}
			}
			b.WriteString("\n")
		}
		return b.String()
	}
	config := func(v string) map[string]string {
		q, _ := json.Marshal(v) // a JSON string is a YAML string
		return map[string]string{"site.yaml": site, "assets/a.svg": "<svg></svg>", "assets/d.html": "<p>", "a.yaml": `advertiser: a
campaigns:
  - id: c
    flight: {start: 2020-01-01, end: 2040-01-01}
    line_items:
      - id: l
        type: price_priority
        price: {cpm: 1}
        creatives:
          - {id: i, size: 300x250, src: assets/a.svg, alt: ` + string(q) + `, click: "https://x.example/"}
          - {id: h, type: html, size: 300x250, src: assets/d.html, alt: ` + string(q) + `, click: "https://x.example/"}
          - {id: n, type: native, headline: ` + string(q) + `, body: ` + string(q) + `, sponsor: ` + string(q) + `, call_to_action: ` + string(q) + `, image: assets/a.svg, alt: ` + string(q) + `, click: "https://x.example/"}
`}
	}
	plain := []string{}
	_, set := load(t, config("plain words"))
	for i := range 3 {
		plain = append(plain, shape(string(set.AppendHTML(nil, int32(i), &vars))))
	}
	for _, v := range hostile() {
		_, set := load(t, config(v))
		for i := range 3 {
			markup := string(set.AppendHTML(nil, int32(i), &vars))
			if got := shape(markup); got != plain[i] {
				t.Errorf("%q changes the markup to\n%s", v, markup)
			}
			hv := vars
			hv.Label = v
			if frame := string(set.AppendFrame(nil, int32(i), &hv)); strings.Count(frame, "<script") != 0 || strings.Contains(frame, "<img src=x") {
				t.Errorf("%q breaks out of the frame: %s", v, frame)
			}
		}
	}
}

// Values of macros are put in once, percent-encoded in addresses, and end no string of a script or an attribute.
func TestMacroValues(t *testing.T) {
	c, _ := load(t, nil)
	for i := range c.Creatives {
		cr := &c.Creatives[i]
		for _, v := range append(hostile(), "{{site}}", "{{click_url}}") {
			vals := creative.Values{Site: v, Placement: v, Advertiser: v, Campaign: v, LineItem: v, Creative: v, RequestID: v, ClickURL: v}
			if cr.ClickParts != nil {
				to := string(creative.AppendURL(nil, cr.ClickParts, &vals))
				if strings.ContainsAny(to, "\"'<> {}`\\") || !strings.HasPrefix(to, "https://northwind.example/?c=") {
					t.Errorf("%q leads to %s", v, to)
				}
			}
			if cr.Code != nil {
				doc := string(creative.AppendScript(nil, cr, &vals))
				empty := string(creative.AppendScript(nil, cr, &creative.Values{}))
				for _, ch := range []string{"<", ">", `"`, "'", "`", `\`} {
					if strings.Count(doc, ch) != strings.Count(empty, ch) {
						t.Errorf("%q adds %s: %s", v, ch, doc)
					}
				}
			}
		}
	}
}

func TestBundles(t *testing.T) {
	_, set := load(t, nil)
	// The names in the markup lead to the files, the document with its click script.
	c, _ := load(t, nil)
	files := c.Bundles["assets/spin"]
	if len(files) != 3 {
		t.Fatalf("%d files", len(files))
	}
	for name, f := range files {
		a, ok := set.Document(strings.TrimPrefix(f.URL, "/v1/html/"))
		if !ok || a.Type == "" || name == "index.html" != strings.Contains(string(a.Data), "window.clickTag") {
			t.Errorf("%s: %v %+v", name, ok, a)
		}
	}
	zipped := func(files map[string]string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for name, text := range files {
			f, err := w.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	site := "site: daily\ndomains: [localhost]\nplacements: [{id: any, sizes: [300x250]}]\n"
	item := `advertiser: a
campaigns:
  - id: c
    flight: {start: 2020-01-01, end: 2040-01-01}
    line_items:
      - {id: l, type: price_priority, price: {cpm: 1}, creatives: [{id: z, type: html, size: 300x250, src: assets/z.zip, click: "https://x.example/"}]}
`
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // part of the problem, "" if it is fine
	}{
		{"plain", map[string]string{"index.html": "<p>", "js/a.js": "1"}, ""},
		{"in a directory, with what a Mac adds", map[string]string{"ad/index.html": "<p>", "ad/a.css": "a{}", "__MACOSX/ad/._a.css": "x", "ad/.DS_Store": "x"}, ""},
		{"without an index", map[string]string{"ad.html": "<p>"}, "no index.html"},
		{"climbing out", map[string]string{"index.html": "<p>", "../evil.js": "1"}, "not plain"},
		{"absolute", map[string]string{"index.html": "<p>", "/etc/evil.js": "1"}, "not plain"},
		{"with a program", map[string]string{"index.html": "<p>", "a.exe": "MZ"}, `not ".exe"`},
		{"too large", map[string]string{"index.html": "<p>", "a.js": strings.Repeat(" ", 9<<20)}, "larger than"},
	} {
		fsys := fstest.MapFS{"site.yaml": {Data: []byte(site)}, "a.yaml": {Data: []byte(item)}, "assets/z.zip": {Data: []byte(zipped(c.files))}}
		cat, _, problems := catalog.LoadFS(fsys, "")
		if c.want == "" && cat == nil || c.want != "" && !strings.Contains(fmt.Sprint([]any{problems}), c.want) {
			t.Errorf("%s: %v", c.name, problems)
		}
	}
}
