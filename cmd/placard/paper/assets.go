package paper

import (
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/placard/placard/cmd/placard/paper/engraving"
)

//go:embed static templates
var siteFiles embed.FS

// assetPrefix keeps the paper's files apart from the ad server's when both share a host.
const assetPrefix = "/paper/"

type asset struct {
	body        []byte
	contentType string
	tag         string // ETag
}

// readAssets collects the files under static and the drawings of package engraving, by name.
func readAssets() map[string]asset {
	assets := map[string]asset{}
	add := func(name string, body []byte) {
		assets[name] = asset{body, contentType(name), etag(body)}
	}
	err := fs.WalkDir(siteFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := siteFiles.ReadFile(name)
		if err == nil {
			add(strings.TrimPrefix(name, "static/"), body)
		}
		return err
	})
	if err != nil {
		panic(err) // the files are compiled in
	}
	for _, name := range engraving.Names() {
		add("art/"+name+"-light.svg", engraving.Draw(name, engraving.Light))
		add("art/"+name+"-dark.svg", engraving.Draw(name, engraving.Dark))
	}
	return assets
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// assetURL is the URL of a file, with its content's hash: such a URL may be kept for ever.
func (p *paper) assetURL(name string) string {
	a, ok := p.assets[name]
	if !ok {
		panic("paper: no asset " + name)
	}
	return assetPrefix + name + "?v=" + strings.Trim(a.tag, `"`)
}

func (p *paper) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	a, ok := p.assets[name]
	if !ok {
		p.write(w, r, http.StatusNotFound, p.missing(r))
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", a.tag)
	// Fonts are named in the style sheet without a hash; they change with their version only.
	if r.URL.RawQuery == "v="+strings.Trim(a.tag, `"`) || strings.HasSuffix(name, ".woff2") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if matches(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(a.body) // the reader may have left
	}
}

func parseTemplates() map[string]*template.Template {
	out := map[string]*template.Template{}
	for _, kind := range []string{"front", "section", "article", "missing"} {
		out[kind] = template.Must(template.New(kind).ParseFS(siteFiles, "templates/layout.html", "templates/parts.html", "templates/"+kind+".html"))
	}
	return out
}
