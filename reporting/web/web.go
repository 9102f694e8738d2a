package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/placard/placard/reporting/report"
)

//go:embed templates static
var files embed.FS

// Options configures a [Site].
type Options struct {
	// Source answers the queries. Required.
	Source report.Source
	// Users may sign in. It is called for each sign-in and request, so that a changed file takes effect at once. Required.
	Users func() []User
	// Advertisers names the advertisers, for headings and the ops room's list. Required.
	Advertisers func() []Advertiser
	// Ops tells how the server is. nil: there is no ops room.
	Ops func() Ops
	// Waiting is the number of acknowledged events that are not in the store yet. nil: unknown, and no view is called stale.
	Waiting func() int64
	// Explain decides a page again and tells why. nil: there is no "Why not?".
	Explain func(ctx context.Context, q ExplainQuery) (*Explanation, error)
	// Switch is the editorial switch. nil: there is none.
	Switch *Switch
	// Tokens may use the API without signing in. nil: none.
	Tokens func() []Token
	// TrustedProxies are the addresses whose X-Forwarded-For is believed, for throttling. None by default.
	TrustedProxies []netip.Prefix
	// Key signs sessions and links: 32 bytes. Required.
	Key []byte
	// Currency is the ISO 4217 code of all money. "" means USD.
	Currency string
	// Zone is the zone of days and hours. nil means UTC.
	Zone *time.Location
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Secure says that readers come over HTTPS: cookies are then bound to it.
	Secure bool
	// Log receives what went wrong. nil: slog.Default().
	Log *slog.Logger
}

// User is somebody who may sign in.
type User struct {
	Name string
	// Advertiser is whose figures the user sees. Empty for ops.
	Advertiser string
	// Ops users see everything.
	Ops bool
	// Hash is the argon2id hash of the password, in PHC string format. "" means that the user comes in by links alone.
	Hash string
	// Epoch is any text; giving it another value ends all sessions and links made before.
	Epoch string
}

// Advertiser is an advertiser's name and flight plan as its report shows them.
type Advertiser struct {
	ID, Name  string
	LineItems []LineItem
}

// LineItem is what a line item promised.
type LineItem struct {
	Campaign, ID string
	Type         string
	Start, End   time.Time
	Goal         int64 // impressions over the flight; 0: none
	Creatives    []Creative
}

// Creative is how a creative looks.
type Creative struct {
	ID, Image string // Image is a URL, "" for creatives that are not images
	Alt       string
	W, H      int
}

// Site is the pages.
type Site struct {
	opts      Options
	mux       *http.ServeMux
	speakers  map[string]*speaker           // by language
	templates map[string]*template.Template // by language
	version   string                        // of the static files, in their URLs
	packed    map[string][]byte             // static files, gzipped

	throttle throttle
	ended    families
	hashing  chan struct{} // bounds how many passwords are checked at once
}

// queryTimeout bounds the questions behind one page.
const queryTimeout = 20 * time.Second

var errSlow = errors.New("the store took longer than a page may take")

// New returns the pages.
func New(opts Options) (*Site, error) {
	switch {
	case opts.Source == nil:
		return nil, errors.New("create pages: no source of figures")
	case opts.Users == nil || opts.Advertisers == nil:
		return nil, errors.New("create pages: no users or no advertisers")
	case len(opts.Key) < 32:
		return nil, errors.New("create pages: the signing key must have 32 bytes")
	}
	if opts.Currency == "" {
		opts.Currency = "USD"
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	s := &Site{opts: opts, mux: http.NewServeMux(), speakers: newSpeakers(), templates: map[string]*template.Template{}, hashing: make(chan struct{}, 2)}
	s.throttle.now = opts.Now
	for code, sp := range s.speakers {
		var err error
		if s.templates[code], err = template.New("").Funcs(s.funcs(sp)).ParseFS(files, "templates/*.html"); err != nil {
			return nil, fmt.Errorf("parse pages: %w", err)
		}
	}
	var err error
	if s.version, s.packed, err = packStatic(); err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	s.mux.HandleFunc("GET /reports/static/{version}/{file}", s.static)
	s.mux.HandleFunc("GET /login", s.loginPage)
	s.mux.HandleFunc("POST /login", s.login)
	s.mux.HandleFunc("GET /login/link", s.loginLink)
	s.mux.HandleFunc("POST /login/link", s.followLink)
	s.mux.HandleFunc("POST /logout", s.logout)
	s.mux.HandleFunc("GET /reports/{$}", s.home)
	s.mux.HandleFunc("GET /reports/{advertiser}", s.reportPage)
	s.mux.HandleFunc("GET /reports/{advertiser}/cut", s.cutPage)
	s.mux.HandleFunc("GET /reports/{advertiser}/line-items/{campaign}/{line_item}", s.lineItemPage)
	s.mux.HandleFunc("GET /api/v1/reports", s.apiReports)
	s.mux.HandleFunc("GET /api/v1/delivery", s.apiDelivery)
	s.mux.HandleFunc("GET /api/v1/explain", s.apiExplain)
	s.mux.HandleFunc("GET /api/v1/openapi.json", s.openAPI)
	if opts.Switch != nil {
		s.mux.HandleFunc("GET /api/v1/pauses", s.apiPauses)
		s.mux.HandleFunc("POST /api/v1/pauses", s.apiPause)
		s.mux.HandleFunc("DELETE /api/v1/pauses/{id}", s.apiLift)
		s.mux.HandleFunc("GET /ops/switch", s.switchPage)
		s.mux.HandleFunc("POST /ops/switch", s.switchForm)
	}
	s.mux.HandleFunc("/api/", s.apiNotFound)
	if opts.Ops != nil {
		s.mux.HandleFunc("GET /ops", s.opsPage)
		s.mux.HandleFunc("GET /ops/live", s.opsLive)
		s.mux.HandleFunc("GET /ops/why", s.whyPage)
	}
	s.mux.HandleFunc("/", s.notFound)
	return s, nil
}

// Prefixes are the paths that the site answers.
func (s *Site) Prefixes() []string {
	return []string{"/login", "/logout", "/reports/", "/api/v1/", "/ops"}
}

// ServeHTTP answers one request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if s.opts.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	z := packer{ResponseWriter: w, accepts: acceptsGzip(r)}
	defer z.close()
	s.mux.ServeHTTP(&z, r)
}

// render writes a page. It is rendered whole before a byte is sent, so that a failure is an error page.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.templates[s.language(r).code].ExecuteTemplate(&b, name, data); err != nil {
		s.opts.Log.Error("render page", "page", name, "error", err)
		http.Error(w, "The page could not be made. It was recorded.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader may have left
}

type messagePage struct {
	page
	Heading, Text, Detail string // Heading and Text in English
	Retry                 string // URL, "" if trying again does not help
}

func (s *Site) notFound(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "message.html", messagePage{
		page: s.page(w, r, "Not found"), Heading: "There is nothing here", Text: "The address may be mistyped, or it is not yours to see.",
	})
}

// page is what every page's frame shows.
type page struct {
	Title      string
	User       *User
	Static     string // version of the static files
	ShowOps    bool
	ShowWhy    bool
	ShowSwitch bool
	CSRF       string
	Languages  []link
}

func (s *Site) page(w http.ResponseWriter, r *http.Request, title string) page {
	p := page{Title: title, Static: s.version}
	s.rememberLanguage(w, r)
	if sess, ok := s.session(r); ok {
		u := sess.user
		p.User, p.ShowOps, p.CSRF = &u, u.Ops && s.opts.Ops != nil, s.csrf(sess)
		p.ShowWhy = p.ShowOps && s.opts.Explain != nil
		p.ShowSwitch = p.ShowOps && s.opts.Switch != nil
	}
	here := *r.URL
	for _, l := range []link{{Text: "English", URL: "en"}, {Text: "اردو", URL: "ur"}} {
		q := here.Query()
		q.Set("lang", l.URL)
		p.Languages = append(p.Languages, link{Text: l.Text, URL: here.EscapedPath() + "?" + q.Encode(), Current: s.language(r).code == l.URL})
	}
	return p
}

func (s *Site) advertiser(id string) (Advertiser, bool) {
	for _, a := range s.opts.Advertisers() {
		if a.ID == id {
			return a, true
		}
	}
	return Advertiser{}, false
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
