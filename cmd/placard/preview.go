package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
)

//go:embed preview.html
var previewPage string

type previewCmd struct {
	Config   string `arg:"" default:"." help:"Directory or file of the configuration."`
	Campaign string `arg:"" optional:"" help:"advertiser, advertiser/campaign or advertiser/campaign/line-item; all of them without it."`
	Out      string `default:"preview" help:"Directory to write to; what a preview wrote there before is replaced." placeholder:"DIR"`
	Browser  string `help:"Browser for the PNG, instead of the first found of chromium, google-chrome and chrome; none for no PNG." placeholder:"PATH"`
}

// Help explains the command.
func (previewCmd) Help() string {
	return "Writes index.html with each creative at its size, for light and for dark pages, as readers get it, and contact-sheet.png if there is a browser. The directory needs no server: send it to the advertiser."
}

// shownCreative is one creative on the preview's page.
type shownCreative struct {
	ID, Type, Size, Click, Alt string
	W, H                       int
	Light, Dark                template.HTML
	HasDark                    bool
}

type shownLineItem struct {
	Key, Type string
	Creatives []shownCreative
}

type preview struct {
	Title, Revision, Made string
	LineItems             []shownLineItem
	Count                 int
}

// Sizes of preview.html in CSS pixels; the height of the contact sheet is added up from them.
const (
	previewWidth  = 2040
	previewHead   = 120
	previewTitle  = 56 // of a line item
	previewFrame  = 84 // around a creative: caption, padding, gap
	nativeW       = 728
	nativeH       = 250
	maxSheet      = 16_000 // browsers paint no taller picture
	previewMarker = ".placard-preview"
)

func (c previewCmd) Run(e *env) error {
	cat, _, problems := catalog.Load(c.Config)
	if cat == nil {
		problems.Print(e.stderr)
		return fmt.Errorf("the configuration has errors: nothing was previewed")
	}
	set, err := creative.Compile(cat)
	if err != nil {
		return err
	}
	p, height, err := c.collect(cat, set)
	if err != nil {
		return err
	}
	if err := c.prepare(); err != nil {
		return err
	}
	if err := c.write(cat, set, p); err != nil {
		return err
	}
	index := filepath.Join(c.Out, "index.html")
	fmt.Fprintf(e.stdout, "%s of %s: %s\n", count(p.Count, "creative"), count(len(p.LineItems), "line item"), index)
	return c.sheet(e, index, height)
}

// collect renders what was asked for, and says how tall the page is.
func (c previewCmd) collect(cat *catalog.Catalog, set *creative.Set) (*preview, int, error) {
	p := &preview{Title: "All campaigns", Revision: cat.Revision, Made: time.Now().UTC().Format("2 January 2006, 15:04 UTC")}
	if c.Campaign != "" {
		p.Title = c.Campaign
	}
	height := previewHead
	for i := range cat.LineItems {
		li := &cat.LineItems[i]
		key := li.Key.Advertiser + "/" + li.Key.Campaign + "/" + li.Key.LineItem
		if c.Campaign != "" && key != c.Campaign && !strings.HasPrefix(key, c.Campaign+"/") {
			continue
		}
		item := shownLineItem{Key: key, Type: li.Type.String()}
		height += previewTitle
		for _, ord := range li.Creatives {
			cr := &cat.Creatives[ord]
			s := shownCreative{ID: cr.ID, Type: cr.Type.String(), Click: cr.Click, Alt: cr.Alt, W: int(cr.Size.W), H: int(cr.Size.H)}
			s.Size = fmt.Sprintf("%d×%d", s.W, s.H)
			if cr.Type == catalog.Native {
				s.W, s.H, s.Size = nativeW, nativeH, "any size"
			}
			s.Light, s.Dark = render(set, ord, cr, "light"), render(set, ord, cr, "dark")
			s.HasDark = cr.SrcDark != "" || cr.Type == catalog.HTML || cr.Type == catalog.Native
			switch cr.Type {
			case catalog.Image, catalog.HTML, catalog.Native:
			default: // a network's, a third party's or a player's: there is nothing to show without a server
				s.Light, s.Dark = "", ""
			}
			item.Creatives = append(item.Creatives, s)
			height += s.H + previewFrame
			p.Count++
		}
		p.LineItems = append(p.LineItems, item)
	}
	if p.Count == 0 {
		return nil, 0, fmt.Errorf("there is no campaign %q: write advertiser, advertiser/campaign or advertiser/campaign/line-item", c.Campaign)
	}
	return p, height, nil
}

var framePath = regexp.MustCompile(`\./v1/html/([^#"]+)#click=\./v1/c/preview&amp;cb=[0-9a-z]*`)

// render is the creative as readers get it, with files of the preview's directory in the place of the server's, and the
// destination in the place of the counted click.
func render(set *creative.Set, ord int32, cr *catalog.Creative, theme string) template.HTML {
	b := set.AppendHTML(nil, ord, &creative.Vars{Base: ".", Token: []byte("preview"), Label: "Advertisement", Theme: theme})
	s := framePath.ReplaceAllStringFunc(string(b), func(address string) string {
		return "./html/" + documentFile(framePath.FindStringSubmatch(address)[1]) + "#theme=" + theme + "&amp;click=" + url.QueryEscape(cr.Click)
	})
	s = strings.ReplaceAll(s, "./v1/c/preview", html.EscapeString(cr.Click))
	return template.HTML(s) //nolint:gosec // made and escaped by package creative
}

// documentFile is the file of a document of an html creative by its path behind /v1/html/: one that is alone has no extension there.
func documentFile(path string) string {
	if strings.Contains(path, "/") {
		return path
	}
	return path + ".html"
}

// prepare empties the directory of an earlier preview. It touches no directory that holds anything else.
func (c previewCmd) prepare() error {
	entries, err := os.ReadDir(c.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", c.Out, err)
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(c.Out, previewMarker)); err != nil {
			return fmt.Errorf("the directory %s holds something that is no preview: choose another with --out", c.Out)
		}
		for _, name := range []string{"a", "html", "index.html", "contact-sheet.png"} {
			if err := os.RemoveAll(filepath.Join(c.Out, name)); err != nil {
				return fmt.Errorf("empty %s: %w", c.Out, err)
			}
		}
	}
	for _, dir := range []string{"a", "html"} {
		if err := os.MkdirAll(filepath.Join(c.Out, dir), 0o755); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	return c.file(previewMarker, nil)
}

func (c previewCmd) file(name string, b []byte) error {
	if err := os.WriteFile(filepath.Join(c.Out, name), b, 0o644); err != nil {
		return fmt.Errorf("write preview: %w", err)
	}
	return nil
}

// write puts down the page and the files that it names.
func (c previewCmd) write(cat *catalog.Catalog, set *creative.Set, p *preview) error {
	t, err := template.New("preview").Parse(previewPage)
	if err != nil {
		return fmt.Errorf("parse preview: %w", err)
	}
	var page bytes.Buffer
	if err := t.Execute(&page, p); err != nil {
		return fmt.Errorf("render preview: %w", err)
	}
	if err := c.file("index.html", page.Bytes()); err != nil {
		return err
	}
	for _, a := range cat.Assets {
		base := filepath.Base(a.URL)
		name := strings.TrimSuffix(strings.TrimSuffix(base, ".html"), ".htm")
		if doc, ok := set.Document(name); ok {
			if bytes.Contains(page.Bytes(), []byte("./html/"+documentFile(name))) {
				if err := c.file(filepath.Join("html", documentFile(name)), doc.Data); err != nil {
					return err
				}
			}
			continue
		}
		if bytes.Contains(page.Bytes(), []byte("./a/"+base)) {
			if err := c.file(filepath.Join("a", base), a.Data); err != nil {
				return err
			}
		}
	}
	return c.writeBundles(cat, set, page.Bytes())
}

// writeBundles puts down the directories of the html creatives that are on the page.
func (c previewCmd) writeBundles(cat *catalog.Catalog, set *creative.Set, page []byte) error {
	for _, files := range cat.Bundles {
		index, ok := files["index.html"]
		if !ok || !bytes.Contains(page, []byte("./html/"+strings.TrimPrefix(index.URL, "/v1/html/"))) {
			continue
		}
		for _, f := range files {
			path := strings.TrimPrefix(f.URL, "/v1/html/")
			doc, ok := set.Document(path)
			if !ok {
				continue
			}
			if err := os.MkdirAll(filepath.Join(c.Out, "html", filepath.Dir(path)), 0o755); err != nil {
				return fmt.Errorf("make directory: %w", err)
			}
			if err := c.file(filepath.Join("html", path), doc.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

// sheet takes a picture of the page if there is a browser.
func (c previewCmd) sheet(e *env, index string, height int) error {
	if c.Browser == "none" {
		return nil
	}
	browser := c.Browser
	if browser == "" {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
			if found, err := exec.LookPath(name); err == nil {
				browser = found
				break
			}
		}
	}
	if browser == "" {
		fmt.Fprintln(e.stderr, "no browser was found, so there is no contact-sheet.png; name one with --browser")
		return nil
	}
	if height > maxSheet {
		fmt.Fprintf(e.stderr, "the contact sheet ends after %d pixels of %d: preview one campaign for all of it\n", maxSheet, height)
		height = maxSheet
	}
	absolute, err := filepath.Abs(index)
	if err != nil {
		return fmt.Errorf("find %s: %w", index, err)
	}
	profile, err := os.MkdirTemp("", "placard-preview")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(profile)
	out := filepath.Join(filepath.Dir(absolute), "contact-sheet.png")
	ctx, cancel := context.WithTimeout(e.ctx, 2*time.Minute)
	defer cancel()
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
		"--user-data-dir="+profile, "--virtual-time-budget=4000", fmt.Sprintf("--window-size=%d,%d", previewWidth, height), "--screenshot="+out, address.String())
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("take the contact sheet with %s: %w: %.300s", browser, err, said.String())
	}
	if _, err := os.Stat(out); err != nil {
		return fmt.Errorf("the browser %s has not made a picture: %.300s", browser, said.String())
	}
	fmt.Fprintf(e.stdout, "contact sheet: %s\n", filepath.Join(c.Out, "contact-sheet.png"))
	return nil
}
