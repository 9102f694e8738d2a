package creative

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/placard/placard/adserver/catalog"
)

// Vars is what a rendering varies by.
type Vars struct {
	// Base stands before paths: "" or https://ads.example.
	Base string
	// Token is the slot's event token, in base64url.
	Token []byte
	// Label is the word over the ad.
	Label string
	// Theme is light, dark or "": what is shown where no script switches.
	Theme           string
	Site, Placement string // plain ids
	CacheBuster     uint64
}

// Set is a catalog's creatives, compiled.
type Set struct {
	catalog   *catalog.Catalog
	compiled  []compiled // by ordinal
	assets    map[string]*Asset
	documents map[string]*Asset // of html creatives, by the path behind /v1/html/
}

// Asset is a file as it is served.
type Asset = catalog.Asset

// compiled is one creative for light and dark pages.
type compiled struct {
	kind        string
	light, dark template
}

// template is HTML with holes, plain and escaped for a JSON string.
type template struct{ plain, json []piece }

// piece is text, or a hole.
type piece struct {
	text string
	hole hole
}

type hole uint8

const (
	noHole hole = iota
	baseHole
	tokenHole
	busterHole
)

// The marks that stand for holes while a template is put together. They cannot be configured: control characters are refused.
const (
	baseMark   = "\x01"
	tokenMark  = "\x02"
	busterMark = "\x03"
)

// Compile compiles every creative of a catalog.
func Compile(c *catalog.Catalog) (*Set, error) {
	s := &Set{catalog: c, compiled: make([]compiled, len(c.Creatives)), assets: map[string]*Asset{}, documents: map[string]*Asset{}}
	for p := range c.Assets {
		a := c.Assets[p]
		s.assets[a.URL] = &a
	}
	for i := range c.Creatives {
		cr := &c.Creatives[i]
		out := &s.compiled[i]
		out.kind = kind(c, cr)
		for _, theme := range []string{"light", "dark"} {
			text, err := s.markup(cr, theme)
			if err != nil {
				return nil, fmt.Errorf("compile creative %s/%s/%s/%s: %w", cr.Key.Advertiser, cr.Key.Campaign, cr.Key.LineItem, cr.Key.Creative, err)
			}
			t := split(text)
			if theme == "dark" {
				out.dark = t
			} else {
				out.light = t
			}
		}
	}
	return s, nil
}

// kind is the type that the API names: a house line item's creatives are house ads.
func kind(c *catalog.Catalog, cr *catalog.Creative) string {
	if c.LineItems[cr.LineItem].Type == catalog.House {
		return "house"
	}
	return cr.Type.String()
}

func (s *Set) url(path string) (string, error) {
	a, ok := s.catalog.Assets[path]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", path)
	}
	return baseMark + a.URL, nil
}

func (s *Set) markup(cr *catalog.Creative, theme string) (string, error) {
	switch cr.Type {
	case catalog.HTML:
		return s.frameMarkup(cr)
	case catalog.Script:
		return frame(cr, baseMark+"/v1/s/"+tokenMark), nil
	case catalog.Native:
		return s.nativeMarkup(cr, theme)
	case catalog.AdSense:
		// No style attribute: a page's content-security policy may forbid it. The tag sets the size.
		return fmt.Sprintf(`<ins class="adsbygoogle" data-ad-client="%s" data-ad-slot="%s"></ins>`, esc(cr.AdClient), esc(cr.AdSlot)), nil
	}
	img, err := s.picture(cr.Src, cr.Src2x, cr.SrcDark, cr.Src2xDark, theme, cr.Alt, int(cr.Size.W), int(cr.Size.H))
	if err != nil {
		return "", err
	}
	sources, err := s.sources(cr, theme)
	if err != nil {
		return "", err
	}
	if sources != "" {
		img = "<picture>" + sources + img + "</picture>"
	}
	return anchor("placard-ad") + img + "</a>", nil
}

// anchor opens the link of an ad. Its address is the click URL, never the destination: the click is counted on the way.
func anchor(class string) string {
	return `<a class="` + class + `" href="` + baseMark + `/v1/c/` + tokenMark + `" target="_blank" rel="sponsored noopener">`
}

// sources are the other forms of a picture that a browser may choose: a still one for readers who want no motion, AVIF where it is read.
func (s *Set) sources(cr *catalog.Creative, theme string) (string, error) {
	var b strings.Builder
	if cr.Still != "" {
		u, err := s.url(cr.Still)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, `<source media="(prefers-reduced-motion: reduce)" srcset="%s">`, u)
	}
	if cr.AVIF != "" {
		light, err := s.url(cr.AVIF)
		if err != nil {
			return "", err
		}
		show, dark := light, ""
		switch {
		case cr.AVIFDark != "":
			if dark, err = s.url(cr.AVIFDark); err != nil {
				return "", err
			}
			if theme == "dark" {
				show = dark
			}
		case cr.SrcDark != "":
			return b.String(), nil // only the light one would be shown on dark pages
		}
		fmt.Fprintf(&b, `<source type="image/avif" srcset="%s"`, show)
		if dark != "" {
			fmt.Fprintf(&b, ` data-placard-light-srcset="%s" data-placard-dark-srcset="%s"`, light, dark)
		}
		b.WriteString(">")
	}
	return b.String(), nil
}

// picture is an <img> that a script can switch between themes without a request to the ad server.
func (s *Set) picture(src, src2x, dark, dark2x, theme, alt string, w, h int) (string, error) {
	var err error
	address := func(p string) string {
		if p == "" || err != nil {
			return ""
		}
		var u string
		u, err = s.url(p)
		return u
	}
	l1, l2, d1, d2 := address(src), address(src2x), address(dark), address(dark2x)
	if err != nil {
		return "", err
	}
	show1, show2 := l1, l2
	if theme == "dark" && d1 != "" {
		show1, show2 = d1, d2
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<img src="%s"`, show1)
	if show2 != "" {
		fmt.Fprintf(&b, ` srcset="%s 1x, %s 2x"`, show1, show2)
	}
	if w > 0 {
		fmt.Fprintf(&b, ` width="%d" height="%d"`, w, h)
	}
	fmt.Fprintf(&b, ` alt="%s" decoding="async"`, esc(alt))
	if d1 != "" {
		fmt.Fprintf(&b, ` data-placard-light="%s" data-placard-dark="%s"`, l1, d1)
		if l2 != "" {
			fmt.Fprintf(&b, ` data-placard-light-srcset="%s 1x, %s 2x"`, l1, l2)
		}
		if d2 != "" {
			fmt.Fprintf(&b, ` data-placard-dark-srcset="%s 1x, %s 2x"`, d1, d2)
		}
	}
	b.WriteString(">")
	return b.String(), nil
}

// frameMarkup is a sandboxed frame. The click URL travels in the fragment: it reaches no server's log and the document is
// cached once for all readers.
func (s *Set) frameMarkup(cr *catalog.Creative) (string, error) {
	var address string
	if files, ok := s.catalog.Bundles[cr.Document]; ok {
		for name := range files {
			f := files[name]
			if name == "index.html" {
				address = f.URL
				f.Data = document(f.Data)
			}
			s.documents[strings.TrimPrefix(f.URL, "/v1/html/")] = &f
		}
	} else {
		a, ok := s.catalog.Assets[cr.Document]
		if !ok {
			return "", fmt.Errorf("there is no asset %q", cr.Document)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(a.URL, "/a/"), ".html")
		name = strings.TrimSuffix(name, ".htm")
		a.Data = document(a.Data)
		s.documents[name] = &a
		address = "/v1/html/" + name
	}
	return frame(cr, baseMark+address+"#click="+baseMark+"/v1/c/"+tokenMark+"&amp;cb="+busterMark), nil
}

// frame is an <iframe> without allow-same-origin: its origin is opaque, and it can neither read the page nor the server's cookies.
func frame(cr *catalog.Creative, address string) string {
	title := cr.Alt
	if title == "" {
		title = "Advertisement"
	}
	return fmt.Sprintf(`<iframe class="placard-frame" sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" src="%s" title="%s" width="%d" height="%d" scrolling="no" loading="eager" referrerpolicy="no-referrer"></iframe>`,
		address, esc(title), cr.Size.W, cr.Size.H)
}

func (s *Set) nativeMarkup(cr *catalog.Creative, theme string) (string, error) {
	var b strings.Builder
	b.WriteString(anchor("placard-native"))
	if cr.Src != "" {
		a := s.catalog.Assets[cr.Src]
		img, err := s.picture(cr.Src, "", cr.SrcDark, "", theme, cr.Alt, a.W, a.H)
		if err != nil {
			return "", err
		}
		b.WriteString(`<span class="placard-native__image">` + img + `</span>`)
	}
	for _, f := range []struct{ class, field string }{{"headline", "headline"}, {"body", "body"}, {"sponsor", "sponsor"}, {"cta", "call_to_action"}} {
		if v := cr.Fields[f.field]; v != "" {
			// dir=auto: an Urdu headline runs from the right on any page.
			fmt.Fprintf(&b, `<span class="placard-native__%s" dir="auto">%s</span>`, f.class, esc(v))
		}
	}
	b.WriteString(`</a>`)
	return b.String(), nil
}

func esc(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s))
}

// split cuts a text at its marks.
func split(text string) template {
	var t template
	for text != "" {
		i := strings.IndexAny(text, baseMark+tokenMark+busterMark)
		if i < 0 {
			i = len(text)
		}
		if i > 0 {
			t.plain = append(t.plain, piece{text: text[:i]})
			t.json = append(t.json, piece{text: jsonText(text[:i])})
		}
		if i == len(text) {
			break
		}
		h := piece{hole: map[string]hole{baseMark: baseHole, tokenMark: tokenHole, busterMark: busterHole}[text[i:i+1]]}
		t.plain, t.json = append(t.plain, h), append(t.json, h)
		text = text[i+1:]
	}
	return t
}

func jsonText(s string) string {
	b := AppendJSON(nil, s)
	return string(b[1 : len(b)-1])
}

// Kind returns the type that the API names.
func (s *Set) Kind(cr int32) string { return s.compiled[cr].kind }

// AppendHTML appends a creative's HTML.
func (s *Set) AppendHTML(dst []byte, cr int32, v *Vars) []byte {
	return fill(dst, s.template(cr, v).plain, v)
}

// AppendHTMLJSON appends a creative's HTML as the inside of a JSON string.
func (s *Set) AppendHTMLJSON(dst []byte, cr int32, v *Vars) []byte {
	return fill(dst, s.template(cr, v).json, v)
}

func (s *Set) template(cr int32, v *Vars) *template {
	if v.Theme == "dark" {
		return &s.compiled[cr].dark
	}
	return &s.compiled[cr].light
}

// fill puts values into the holes. They are of alphabets that need no escaping in HTML or JSON.
func fill(dst []byte, pieces []piece, v *Vars) []byte {
	for i := range pieces {
		switch pieces[i].hole {
		case noHole:
			dst = append(dst, pieces[i].text...)
		case baseHole:
			dst = append(dst, v.Base...)
		case tokenHole:
			dst = append(dst, v.Token...)
		case busterHole:
			dst = strconv.AppendUint(dst, v.CacheBuster, 36)
		}
	}
	return dst
}

// Asset returns a file by the path it is served at.
func (s *Set) Asset(path string) (*Asset, bool) {
	a, ok := s.assets[path]
	if ok && strings.HasPrefix(a.Type, "text/html") {
		return nil, false // documents are served under their own policy only
	}
	return a, ok
}

// Document returns a file of an html creative by the path behind /v1/html/.
func (s *Set) Document(name string) (*Asset, bool) {
	a, ok := s.documents[name]
	return a, ok
}

const hexDigits = "0123456789abcdef"

// AppendJSON appends s as a JSON string. Besides what JSON demands, < > & and the line separators are escaped, so that
// the text may stand in a script.
func AppendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r < ' ' || r == '<' || r == '>' || r == '&' || r == 0x2028 || r == 0x2029 || r == 0x7f:
			dst = append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
