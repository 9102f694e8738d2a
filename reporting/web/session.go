package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// sessionLife is how long a session lasts however busy it is; sessionIdle how long without a page.
	sessionLife = 12 * time.Hour
	sessionIdle = 2 * time.Hour
	// sessionRotate is the age at which the next page gets a new cookie.
	sessionRotate = 10 * time.Minute
	cookieName    = "placard_session"
	// secureCookieName binds the cookie to this host and HTTPS (RFC 6265bis section 4.1.3.2).
	secureCookieName = "__Host-placard_session"
)

// A session is a signed cookie. Its family stays the same through all its rotations; signing out ends the family.
type session struct {
	user   User
	family string
	begun  time.Time // when somebody signed in
	issued time.Time // when this cookie was made
}

// The MAC of a session or link covers the user's password hash and epoch: changing either ends them all.
func (s *Site) mac(purpose string, u User, fields ...string) string {
	m := hmac.New(sha256.New, s.opts.Key)
	for _, f := range append([]string{purpose, u.Name, u.Advertiser, strconv.FormatBool(u.Ops), u.Hash, u.Epoch}, fields...) {
		_, _ = m.Write([]byte(strconv.Itoa(len(f)) + ":" + f))
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// sign makes a value that names the user and carries fields, which hold no dots.
func (s *Site) sign(purpose string, u User, fields ...string) string {
	name := base64.RawURLEncoding.EncodeToString([]byte(u.Name))
	return strings.Join(append(append([]string{name}, fields...), s.mac(purpose, u, fields...)), ".")
}

var errSignedOut = errors.New("the session or link is not valid any more")

// verify returns the user and the fields of a signed value.
func (s *Site) verify(purpose, value string, fields int) (User, []string, error) {
	parts := strings.Split(value, ".")
	if len(value) > 1024 || len(parts) != fields+2 {
		return User{}, nil, errSignedOut
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return User{}, nil, errSignedOut
	}
	u, ok := s.user(string(name))
	got := parts[1 : len(parts)-1]
	if !ok || !hmac.Equal([]byte(s.mac(purpose, u, got...)), []byte(parts[len(parts)-1])) {
		return User{}, nil, errSignedOut
	}
	return u, got, nil
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

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func fromUnix(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{} // long over
	}
	return time.Unix(n, 0)
}

// session returns who asks.
func (s *Site) session(r *http.Request) (session, bool) {
	c, err := r.Cookie(s.cookie())
	if err != nil {
		return session{}, false
	}
	u, fields, err := s.verify("session", c.Value, 3)
	if err != nil {
		return session{}, false
	}
	sess := session{user: u, family: fields[0], begun: fromUnix(fields[1]), issued: fromUnix(fields[2])}
	now := s.opts.Now()
	if now.Sub(sess.begun) >= sessionLife || now.Sub(sess.issued) >= sessionIdle || s.ended.has(sess.family) {
		return session{}, false
	}
	return sess, true
}

func (s *Site) setSession(w http.ResponseWriter, sess session) {
	sess.issued = s.opts.Now()
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie(), Value: s.sign("session", sess.user, sess.family, unix(sess.begun), unix(sess.issued)), Path: "/", HttpOnly: true, Secure: s.opts.Secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int(sessionIdle.Seconds()),
	})
}

func (s *Site) startSession(w http.ResponseWriter, u User) {
	s.setSession(w, session{user: u, family: randomHex(16), begun: s.opts.Now()})
}

// signedIn returns the session, or sends the reader to sign in. Pages that are looked at renew the cookie.
func (s *Site) signedIn(w http.ResponseWriter, r *http.Request) (session, bool) {
	sess, ok := s.session(r)
	if !ok {
		to := "/login?next=" + url.QueryEscape(r.URL.RequestURI())
		if r.Header.Get("HX-Request") != "" {
			w.Header().Set("HX-Redirect", to) // the sign-in is a page, not a part of one
			w.WriteHeader(http.StatusNoContent)
			return sess, false
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return sess, false
	}
	if s.opts.Now().Sub(sess.issued) >= sessionRotate {
		s.setSession(w, sess)
	}
	return sess, true
}

// csrf is the token of the session's forms. Each page masks it anew, so that a compressed page tells nothing about it (BREACH).
func (s *Site) csrf(sess session) string {
	mask := make([]byte, sha256.Size)
	rand.Read(mask) // never fails
	return hex.EncodeToString(mask) + hex.EncodeToString(xored(mask, s.csrfKey(sess)))
}

func (s *Site) csrfKey(sess session) []byte {
	m := sha256.Sum256([]byte(s.mac("csrf", sess.user, sess.family)))
	return m[:]
}

func xored(a, b []byte) []byte {
	out := make([]byte, len(a))
	subtle.XORBytes(out, a, b)
	return out
}

// fromForm reports whether a form was made by this session's pages.
func (s *Site) fromForm(r *http.Request, sess session) bool {
	b, err := hex.DecodeString(r.PostFormValue("csrf"))
	if err != nil || len(b) != 2*sha256.Size || !sameOrigin(r) {
		return false
	}
	return hmac.Equal(xored(b[:sha256.Size], b[sha256.Size:]), s.csrfKey(sess))
}

// families remembers the sessions that were ended, for as long as their cookies could still be shown. A restart forgets them: a
// cookie stolen before a sign-out lives on for at most sessionIdle then.
type families struct {
	mu    sync.Mutex
	until map[string]time.Time // guarded by mu
}

func (f *families) has(family string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.until[family]
	return ok
}

func (f *families) end(family string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.until == nil {
		f.until = map[string]time.Time{}
	}
	for k, t := range f.until {
		if now.After(t) {
			delete(f.until, k)
		}
	}
	f.until[family] = now.Add(sessionLife)
}

// Link returns the path of a page that signs the user in until the given instant. Giving the user another epoch or password
// revokes it.
func (s *Site) Link(name, next string, until time.Time) (string, error) {
	u, ok := s.user(name)
	if !ok {
		return "", errors.New("make link: there is no user " + strconv.Quote(name))
	}
	return "/login/link?to=" + url.QueryEscape(next) + "&t=" + s.sign("link", u, unix(until)), nil
}

func (s *Site) linkUser(value string) (User, bool) {
	u, fields, err := s.verify("link", value, 1)
	if err != nil || !s.opts.Now().Before(fromUnix(fields[0])) {
		return User{}, false
	}
	return u, true
}

type linkPage struct {
	page
	Name, Token, To string
}

// loginLink shows whom the link signs in, and a button. Following the link alone does nothing: mail scanners do that too.
func (s *Site) loginLink(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("t")
	u, ok := s.linkUser(token)
	if !ok {
		s.badLink(w, r)
		return
	}
	s.render(w, r, http.StatusOK, "link.html", linkPage{page: s.page(w, r, "Sign in"), Name: u.Name, Token: token, To: localPath(r.URL.Query().Get("to"))})
}

func (s *Site) badLink(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusForbidden, "message.html", messagePage{
		page: s.page(w, r, "Link expired"), Heading: "This link is no longer valid", Text: "Ask for a new one, or sign in with your name and password.",
	})
}

func (s *Site) followLink(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || !sameOrigin(r) {
		s.badLink(w, r)
		return
	}
	u, ok := s.linkUser(r.PostForm.Get("t"))
	if !ok {
		s.badLink(w, r)
		return
	}
	s.startSession(w, u)
	http.Redirect(w, r, localPath(r.PostForm.Get("to")), http.StatusSeeOther)
}

const maxForm = 4 << 10

// localPath keeps redirects on this host, and on pages that are looked at.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" || len(p) > 2048 || strings.ContainsAny(p, "\\\r\n\t") ||
		!strings.HasPrefix(p, "/reports/") && p != "/ops" && !strings.HasPrefix(p, "/ops/") && !strings.HasPrefix(p, "/ops?") {
		return "/reports/"
	}
	return p
}

type loginPage struct {
	page
	Name, Next, Error string
}

func (s *Site) loginPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "login.html", loginPage{page: s.page(w, r, "Sign in"), Next: localPath(r.URL.Query().Get("next"))})
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p := loginPage{page: s.page(w, r, "Sign in")}
	if err := r.ParseForm(); err != nil {
		p.Error = "The form could not be read. Try again."
		s.render(w, r, http.StatusBadRequest, "login.html", p)
		return
	}
	p.Name, p.Next = r.PostForm.Get("name"), localPath(r.PostForm.Get("next"))
	if !sameOrigin(r) {
		p.Error = "This form was sent from another site."
		s.render(w, r, http.StatusForbidden, "login.html", p)
		return
	}
	from := s.clientIP(r)
	if !s.throttle.allowed(p.Name, from) {
		w.Header().Set("Retry-After", "60")
		p.Error = "Too many tries. Wait a minute, then try again."
		s.render(w, r, http.StatusTooManyRequests, "login.html", p)
		return
	}
	u, known := s.user(p.Name)
	hash := u.Hash
	if !known {
		hash = unknownUserHash // the same work for unknown names: time must not tell who exists
	}
	select {
	case s.hashing <- struct{}{}: // each takes 19 MiB and a processor
	case <-r.Context().Done():
		return
	}
	ok, err := verifyPassword(r.PostForm.Get("password"), hash)
	<-s.hashing
	if err != nil {
		s.opts.Log.Error("check password", "user", p.Name, "error", err)
	}
	if !ok || !known {
		s.throttle.failed(p.Name, from)
		p.Error = "The name or the password is wrong."
		s.render(w, r, http.StatusUnauthorized, "login.html", p)
		return
	}
	s.throttle.succeeded(p.Name, from)
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
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if sess, ok := s.session(r); ok {
		if !s.fromForm(r, sess) {
			s.render(w, r, http.StatusForbidden, "message.html", messagePage{
				page: s.page(w, r, "Out of date"), Heading: "This form is out of date", Text: "Go back, load the page again and try once more.",
			})
			return
		}
		s.ended.end(sess.family, s.opts.Now())
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.opts.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
