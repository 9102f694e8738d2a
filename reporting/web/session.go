package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	sessionLife = 12 * time.Hour
	cookieName  = "placard_session"
	// secureCookieName binds the cookie to this host and HTTPS (RFC 6265bis section 4.1.3.2).
	secureCookieName = "__Host-placard_session"
)

type session struct {
	user User
	csrf string
}

// The MAC of a session or link covers the user's password hash: changing the password ends them all.
func (s *Site) mac(purpose string, u User, fields ...string) string {
	m := hmac.New(sha256.New, s.opts.Key)
	for _, f := range append([]string{purpose, u.Name, u.Advertiser, strconv.FormatBool(u.Ops), u.Hash}, fields...) {
		_, _ = m.Write([]byte(strconv.Itoa(len(f)) + ":" + f))
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// sign makes a value that names the user until the given instant.
func (s *Site) sign(purpose string, u User, until time.Time) string {
	name := base64.RawURLEncoding.EncodeToString([]byte(u.Name))
	exp := strconv.FormatInt(until.Unix(), 10)
	nonce := randomHex(8)
	return name + "." + exp + "." + nonce + "." + s.mac(purpose, u, exp, nonce)
}

var errSignedOut = errors.New("the session or link is not valid any more")

func (s *Site) verify(purpose, value string) (User, string, error) {
	parts := strings.Split(value, ".")
	if len(parts) != 4 {
		return User{}, "", errSignedOut
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return User{}, "", errSignedOut
	}
	exp, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || !s.opts.Now().Before(time.Unix(exp, 0)) {
		return User{}, "", errSignedOut
	}
	u, ok := s.user(string(name))
	if !ok || !hmac.Equal([]byte(s.mac(purpose, u, parts[1], parts[2])), []byte(parts[3])) {
		return User{}, "", errSignedOut
	}
	return u, parts[2], nil
}

func (s *Site) user(name string) (User, bool) {
	for _, u := range s.opts.Users() {
		if u.Name == name {
			return u, true
		}
	}
	return User{}, false
}

func (s *Site) cookie() string {
	if s.opts.Secure {
		return secureCookieName
	}
	return cookieName
}

// session returns who asks.
func (s *Site) session(r *http.Request) (session, bool) {
	c, err := r.Cookie(s.cookie())
	if err != nil {
		return session{}, false
	}
	u, nonce, err := s.verify("session", c.Value)
	if err != nil {
		return session{}, false
	}
	return session{user: u, csrf: s.mac("csrf", u, nonce)}, true
}

func (s *Site) startSession(w http.ResponseWriter, u User) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie(), Value: s.sign("session", u, s.opts.Now().Add(sessionLife)), Path: "/", HttpOnly: true, Secure: s.opts.Secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(sessionLife.Seconds()),
	})
}

// Link returns the path of a page that signs the user in until the given instant.
func (s *Site) Link(name, next string, until time.Time) (string, error) {
	u, ok := s.user(name)
	if !ok {
		return "", errors.New("make link: there is no user " + strconv.Quote(name))
	}
	return "/login/link?to=" + url.QueryEscape(next) + "&t=" + s.sign("link", u, until), nil
}

func (s *Site) loginLink(w http.ResponseWriter, r *http.Request) {
	u, _, err := s.verify("link", r.URL.Query().Get("t"))
	if err != nil {
		s.render(w, http.StatusForbidden, "message.html", messagePage{
			page: s.page(r, "Link expired"), Heading: "This link is no longer valid", Text: "Ask for a new one, or sign in with your name and password.",
		})
		return
	}
	s.startSession(w, u)
	http.Redirect(w, r, localPath(r.URL.Query().Get("to")), http.StatusSeeOther)
}

// localPath keeps redirects on this host.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/reports/"
	}
	return p
}

type loginPage struct {
	page
	Name, Next, Error string
}

func (s *Site) loginPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, http.StatusOK, "login.html", loginPage{page: s.page(r, "Sign in"), Next: localPath(r.URL.Query().Get("next"))})
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	p := loginPage{page: s.page(r, "Sign in")}
	if err := r.ParseForm(); err != nil {
		p.Error = "The form could not be read. Try again."
		s.render(w, http.StatusBadRequest, "login.html", p)
		return
	}
	p.Name, p.Next = r.PostForm.Get("name"), localPath(r.PostForm.Get("next"))
	if !sameOrigin(r) {
		p.Error = "This form was sent from another site."
		s.render(w, http.StatusForbidden, "login.html", p)
		return
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	keys := []string{"name:" + p.Name, "from:" + host}
	if !s.throttle.allowed(keys...) {
		w.Header().Set("Retry-After", "60")
		p.Error = "Too many tries. Wait a minute, then try again."
		s.render(w, http.StatusTooManyRequests, "login.html", p)
		return
	}
	u, known := s.user(p.Name)
	hash := u.Hash
	if !known {
		hash = unknownUserHash // the same work for unknown names: time must not tell who exists
	}
	ok, err := verifyPassword(r.PostForm.Get("password"), hash)
	if err != nil {
		s.opts.Log.Error("check password", "user", p.Name, "error", err)
	}
	if !ok || !known {
		s.throttle.failed(keys...)
		p.Error = "The name or the password is wrong."
		s.render(w, http.StatusUnauthorized, "login.html", p)
		return
	}
	s.throttle.succeeded(keys...)
	s.startSession(w, u)
	http.Redirect(w, r, p.Next, http.StatusSeeOther)
}

// unknownUserHash is the hash of nothing anybody knows, with the cost of a new hash.
const unknownUserHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// sameOrigin refuses forms that other sites send here. Browsers name the origin of every POST.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true // not a browser
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	sess, ok := s.session(r)
	if ok && !hmac.Equal([]byte(r.PostFormValue("csrf")), []byte(sess.csrf)) {
		http.Error(w, "This form is out of date. Go back and try again.", http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.opts.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// signedIn returns the session, or sends the reader to sign in.
func (s *Site) signedIn(w http.ResponseWriter, r *http.Request) (session, bool) {
	sess, ok := s.session(r)
	if !ok {
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	}
	return sess, ok
}

// fingerprint hashes the static files.
func fingerprint() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, "static", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(path)
		_, _ = h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:6]), err
}
