package paper

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options say where the paper's ads come from. The zero value serves the paper with its slots asking
// the paper's own host.
type Options struct {
	// TagURL is where the browser loads the tag from. Zero: AdBase + "/tag.js".
	TagURL string
	// AdBase is the ad server's origin without a closing slash, such as http://127.0.0.1:8080. Zero: the
	// paper's own origin.
	AdBase string
	// Site is the site id of the paper in the ad server's configuration. Zero: daily.
	Site string
	// BaseURL is the paper's public origin for canonical links. Zero: what the request asked for.
	BaseURL string
	// AdHosts are further sources the Content-Security-Policy lets scripts, frames, images and requests
	// come from, such as an ad network's https://ads.example. Zero: none, so that a network's tag
	// fails at once and its slot collapses.
	AdHosts []string
	// Now tells the time for the date line. Zero: time.Now.
	Now func() time.Time
}

type paper struct {
	opts      Options
	stories   []Story
	byPath    map[string]*Story
	templates map[string]*template.Template
	assets    map[string]asset
	policy    string        // Content-Security-Policy
	theme     template.HTML // the script that sets the theme before the first paint
}

// New returns the paper. It panics if the embedded files do not parse, which a test rules out.
func New(opts Options) http.Handler {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Site == "" {
		opts.Site = "daily"
	}
	opts.AdBase = strings.TrimSuffix(opts.AdBase, "/")
	opts.BaseURL = strings.TrimSuffix(opts.BaseURL, "/")
	if opts.TagURL == "" {
		opts.TagURL = opts.AdBase + "/tag.js"
	}
	p := &paper{opts: opts, stories: Stories(), byPath: map[string]*Story{}}
	for i := range p.stories {
		p.byPath[p.stories[i].Path] = &p.stories[i]
	}
	p.assets = readAssets()
	p.templates = parseTemplates()
	script := p.assets["theme.js"].body
	p.theme = template.HTML("<script>" + string(script) + "</script>")
	p.policy = policy(opts, script)
	return p
}

// policy builds the Content-Security-Policy. It has no nonce: the one inline script never changes, so its
// hash serves, and pages stay cacheable.
func policy(opts Options, inline []byte) string {
	sum := sha256.Sum256(inline)
	sources := []string{"'self'"}
	for _, raw := range append([]string{opts.AdBase, opts.TagURL}, opts.AdHosts...) {
		if u, err := url.Parse(raw); err == nil && u.Host != "" {
			if origin := u.Scheme + "://" + u.Host; !slices.Contains(sources, origin) {
				sources = append(sources, origin)
			}
		}
	}
	from := strings.Join(sources, " ")
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + from + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		"style-src 'self'",
		"font-src 'self'",
		"img-src " + from + " data:",
		"connect-src " + from,
		"frame-src " + from,
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'self'",
	}, "; ")
}

// ServeHTTP answers GET and HEAD.
func (p *paper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the paper is read-only", http.StatusMethodNotAllowed)
		return
	}
	path := r.URL.Path
	if name, ok := strings.CutPrefix(path, assetPrefix); ok {
		p.serveAsset(w, r, name)
		return
	}
	if path == "/" {
		p.write(w, r, http.StatusOK, p.front(r))
		return
	}
	if id, ok := strings.CutPrefix(path, "/section/"); ok {
		if s, ok := sectionByID(id); ok {
			p.write(w, r, http.StatusOK, p.sectionFront(r, s))
			return
		}
	} else if s, ok := p.byPath[path]; ok {
		p.write(w, r, http.StatusOK, p.article(r, s))
		return
	} else if s, ok := sectionByID(strings.Trim(path, "/")); ok {
		http.Redirect(w, r, "/section/"+s.ID, http.StatusMovedPermanently)
		return
	} else if trimmed := strings.TrimRight(path, "/"); p.byPath[trimmed] != nil {
		http.Redirect(w, r, trimmed, http.StatusMovedPermanently)
		return
	}
	p.write(w, r, http.StatusNotFound, p.missing(r))
}

// write renders the page and answers with it, or with 304 when the reader has it already.
func (p *paper) write(w http.ResponseWriter, r *http.Request, status int, v *view) {
	var buf bytes.Buffer
	if err := p.templates[v.Kind].ExecuteTemplate(&buf, "layout", v); err != nil {
		http.Error(w, fmt.Sprintf("render page: %v", err), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	// A page may be kept, but is asked for again: the date line changes at midnight.
	h.Set("Cache-Control", "no-cache")
	if status == http.StatusOK {
		tag := etag(buf.Bytes())
		h.Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", fmt.Sprint(buf.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = w.Write(buf.Bytes()) // the reader may have left
	}
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// matches tells whether an If-None-Match header names tag (RFC 9110, 13.1.2).
func matches(header, tag string) bool {
	for _, have := range strings.Split(header, ",") {
		have = strings.TrimPrefix(strings.TrimSpace(have), "W/")
		if have == tag || have == "*" {
			return true
		}
	}
	return false
}
