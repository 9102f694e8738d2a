package web

import (
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
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
	// Hash is the argon2id hash of the password, in PHC string format.
	Hash string
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
	templates *template.Template
	version   string // of the static files, in their URLs

	throttle throttle
}

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
	s := &Site{opts: opts, mux: http.NewServeMux()}
	s.throttle.now = opts.Now
	var err error
	if s.templates, err = template.New("").Funcs(s.funcs()).ParseFS(files, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	s.version, err = fingerprint()
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	s.mux.Handle("GET /reports/static/{version}/{file}", s.static(http.FileServerFS(static)))
	s.mux.HandleFunc("GET /login", s.loginPage)
	s.mux.HandleFunc("POST /login", s.login)
	s.mux.HandleFunc("GET /login/link", s.loginLink)
	s.mux.HandleFunc("POST /logout", s.logout)
	s.mux.HandleFunc("GET /reports/{$}", s.home)
	s.mux.HandleFunc("GET /reports/{advertiser}", s.reportPage)
	s.mux.HandleFunc("GET /api/v1/reports", s.apiReports)
	if opts.Ops != nil {
		s.mux.HandleFunc("GET /ops", s.opsPage)
		s.mux.HandleFunc("GET /ops/live", s.opsLive)
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
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if s.opts.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Site) static(files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("version") != s.version {
			s.notFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		r2 := r.Clone(r.Context())
		r2.URL.Path = "/" + r.PathValue("file")
		files.ServeHTTP(w, r2)
	})
}

// render writes a page. It is rendered whole before a byte is sent, so that a failure is an error page.
func (s *Site) render(w http.ResponseWriter, status int, name string, data any) {
	var b strings.Builder
	if err := s.templates.ExecuteTemplate(&b, name, data); err != nil {
		s.opts.Log.Error("render page", "page", name, "error", err)
		http.Error(w, "The page could not be made. It was recorded.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(b.String())); err != nil {
		return // the reader left
	}
}

type messagePage struct {
	page
	Heading, Text string
}

func (s *Site) notFound(w http.ResponseWriter, r *http.Request) {
	s.render(w, http.StatusNotFound, "message.html", messagePage{
		page: s.page(r, "Not found"), Heading: "There is nothing here", Text: "The address may be mistyped, or it is not yours to see.",
	})
}

// page is what every page's frame shows.
type page struct {
	Title   string
	User    *User
	Static  string // version of the static files
	ShowOps bool
	CSRF    string
}

func (s *Site) page(r *http.Request, title string) page {
	p := page{Title: title, Static: s.version}
	if sess, ok := s.session(r); ok {
		u := sess.user
		p.User, p.ShowOps, p.CSRF = &u, u.Ops && s.opts.Ops != nil, sess.csrf
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

// throttle slows down guessing of passwords: five failures of one name or one address in a row cost a minute each.
type throttle struct {
	now func() time.Time

	mu       sync.Mutex
	failures map[string]failure // by name and by address; guarded by mu
}

type failure struct {
	count int
	until time.Time
}

const (
	freeFailures  = 5
	failurePause  = time.Minute
	maxThrottled  = 10_000 // names and addresses remembered
	failureMemory = 15 * time.Minute
)

// allowed reports whether all keys may try now.
func (t *throttle) allowed(keys ...string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		if f, ok := t.failures[k]; ok && f.count >= freeFailures && t.now().Before(f.until) {
			return false
		}
	}
	return true
}

func (t *throttle) failed(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.failures == nil || len(t.failures) > maxThrottled {
		t.failures = map[string]failure{}
	}
	for _, k := range keys {
		f := t.failures[k]
		if now.After(f.until.Add(failureMemory)) {
			f.count = 0
		}
		f.count++
		f.until = now.Add(failurePause)
		t.failures[k] = f
	}
}

func (t *throttle) succeeded(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.failures, k)
	}
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
