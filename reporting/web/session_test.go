//go:build cgo

package web_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/placard/placard/reporting/web"
	"github.com/placard/placard/reporting/web/webtest"
)

func csrfOf(t *testing.T, body string) string {
	t.Helper()
	m := regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatal("the page has no token for forms")
	}
	return m[1]
}

func TestSessionsRotateAndEnd(t *testing.T) {
	f := newSite(t, withoutFigures)
	c := f.signIn("nadia")
	u, _ := url.Parse(f.url)
	first := c.Jar.Cookies(u)[0].Value
	open := func(value string) bool {
		res, _ := f.get(f.browser(), "/reports/northwind", "Cookie", "placard_session="+value)
		return res.StatusCode == 200
	}
	f.clock.add(5 * time.Minute)
	if res, _ := f.get(c, "/reports/northwind"); res.StatusCode != 200 || res.Header.Get("Set-Cookie") != "" {
		t.Errorf("after five minutes: %s, cookie %q", res.Status, res.Header.Get("Set-Cookie"))
	}
	f.clock.add(6 * time.Minute)
	res, body := f.get(c, "/reports/northwind")
	second := c.Jar.Cookies(u)[0].Value
	if res.StatusCode != 200 || second == first {
		t.Error("after eleven minutes the cookie is the same")
	}
	cookie := res.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("cookie %v", cookie)
	}
	// Signing out ends every cookie of the session, also one that somebody copied.
	if res, _ := f.post(c, "/logout", url.Values{"csrf": {"00"}}); res.StatusCode != 403 || !open(second) {
		t.Errorf("a forged sign-out: %s", res.Status)
	}
	if res, _ := f.post(c, "/logout", url.Values{"csrf": {csrfOf(t, body)}}, "Sec-Fetch-Site", "cross-site"); res.StatusCode != 403 {
		t.Errorf("a sign-out from another site: %s", res.Status)
	}
	if res, _ := f.post(c, "/logout", url.Values{"csrf": {csrfOf(t, body)}}); res.StatusCode != 303 {
		t.Errorf("sign out: %s", res.Status)
	}
	if open(first) || open(second) {
		t.Error("a cookie of a session that was ended still opens pages")
	}
	// Sessions end by themselves: idle after two hours, and after twelve however busy.
	c = f.signIn("nadia")
	f.clock.add(2*time.Hour + time.Second)
	if res, _ := f.get(c, "/reports/northwind"); res.StatusCode != 303 {
		t.Errorf("idle for two hours: %s", res.Status)
	}
	c = f.signIn("nadia")
	for range 11 {
		f.clock.add(time.Hour)
		if res, _ := f.get(c, "/reports/northwind"); res.StatusCode != 200 {
			t.Fatalf("busy session: %s", res.Status)
		}
	}
	f.clock.add(time.Hour + time.Second)
	if res, _ := f.get(c, "/reports/northwind"); res.StatusCode != 303 {
		t.Errorf("after twelve hours: %s", res.Status)
	}
}

func TestTokensOfFormsAreMasked(t *testing.T) {
	f := newSite(t, withoutFigures)
	c := f.signIn("nadia")
	_, a := f.get(c, "/reports/northwind")
	_, b := f.get(c, "/reports/northwind")
	if csrfOf(t, a) == csrfOf(t, b) {
		t.Error("two pages carry the same bytes")
	}
	other := f.signIn("imran")
	if res, _ := f.post(other, "/logout", url.Values{"csrf": {csrfOf(t, a)}}); res.StatusCode != 403 {
		t.Errorf("another session's token: %s", res.Status)
	}
}

func TestForgedCookies(t *testing.T) {
	f := newSite(t, withoutFigures)
	c := f.signIn("nadia")
	u, _ := url.Parse(f.url)
	good := c.Jar.Cookies(u)[0].Value
	for i := range good {
		for _, b := range []byte{'A', '.', '0', 'z'} {
			if good[i] == b {
				continue
			}
			bad := good[:i] + string(b) + good[i+1:]
			// The last character of base64 carries bits that say nothing.
			if i == len(good)-1 {
				continue
			}
			if res, _ := f.get(f.browser(), "/reports/", "Cookie", "placard_session="+bad); res.StatusCode != 303 || res.Header.Get("Location") == "/reports/northwind" {
				t.Fatalf("byte %d changed to %c: %s %s", i, b, res.Status, res.Header.Get("Location"))
			}
		}
	}
	for _, bad := range []string{"", ".", "....", strings.Repeat(".", 3), strings.Repeat("a", 5000), good + ".x", strings.Replace(good, "bmFkaWE", "b2xnYQ", 1)} {
		if res, _ := f.get(f.browser(), "/reports/northwind", "Cookie", "placard_session="+bad); res.StatusCode != 303 {
			t.Errorf("cookie %.40q: %s", bad, res.Status)
		}
	}
}

func TestChangedUsersAreOut(t *testing.T) {
	users := webtest.Users()
	f := newSite(t, func(o *web.Options) {
		withoutFigures(o)
		o.Users = func() []web.User { return users }
	})
	link, err := f.site.Link("nadia", "/reports/northwind", webtest.Now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*web.User){
		"epoch":      func(u *web.User) { u.Epoch = "2" },
		"password":   func(u *web.User) { u.Hash += "x" },
		"advertiser": func(u *web.User) { u.Advertiser = "indus-bank" },
		"role":       func(u *web.User) { u.Ops = true },
		"name":       func(u *web.User) { u.Name = "gone" },
	} {
		users = webtest.Users()
		c := f.signIn("nadia")
		if res, _ := f.get(c, link); res.StatusCode != 200 {
			t.Fatalf("%s: the link does not work before: %s", name, res.Status)
		}
		change(&users[0])
		if res, _ := f.get(c, "/reports/northwind"); res.StatusCode != 303 {
			t.Errorf("%s changed, and the session lives on: %s", name, res.Status)
		}
		if res, _ := f.get(c, link); res.StatusCode != 403 {
			t.Errorf("%s changed, and the link works: %s", name, res.Status)
		}
	}
}

func TestLinks(t *testing.T) {
	f := newSite(t, withoutFigures)
	link, err := f.site.Link("linked", "/reports/northwind?range=7d", webtest.Now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	c := f.browser()
	res, body := f.get(c, link)
	if res.StatusCode != 200 || !strings.Contains(body, "<b>linked</b>") || len(res.Cookies()) != 0 {
		t.Fatalf("following a link: %s, cookies %v", res.Status, res.Cookies())
	}
	token := regexp.MustCompile(`name="t" value="([^"]+)"`).FindStringSubmatch(body)[1]
	form := url.Values{"t": {token}, "to": {"/reports/northwind?range=7d"}}
	if res, _ := f.post(c, "/login/link", form, "Origin", "https://evil.example"); res.StatusCode != 403 {
		t.Errorf("from another site: %s", res.Status)
	}
	if res, _ := f.post(c, "/login/link", form); res.StatusCode != 303 || res.Header.Get("Location") != "/reports/northwind?range=7d" {
		t.Fatalf("signing in: %s to %s", res.Status, res.Header.Get("Location"))
	}
	if res, _ := f.get(c, "/reports/northwind"); res.StatusCode != 200 {
		t.Errorf("after a link: %s", res.Status)
	}
	for i := range token {
		if i == len(token)-1 {
			continue // bits that say nothing
		}
		bad := []byte(token)
		bad[i] ^= 1
		if res, _ := f.post(f.browser(), "/login/link", url.Values{"t": {string(bad)}}); res.StatusCode != 403 {
			t.Errorf("byte %d flipped: %s", i, res.Status)
		}
	}
	f.clock.add(time.Hour)
	if res, _ := f.get(c, link); res.StatusCode != 403 {
		t.Errorf("an hour later: %s", res.Status)
	}
	if _, err := f.site.Link("nobody", "/", webtest.Now); err == nil {
		t.Error("a link for a user who does not exist")
	}
	// A session is no link and a link no session.
	u, _ := url.Parse(f.url)
	if res, _ := f.post(f.browser(), "/login/link", url.Values{"t": {f.signIn("nadia").Jar.Cookies(u)[0].Value}}); res.StatusCode != 403 {
		t.Errorf("a session as a link: %s", res.Status)
	}
	if res, _ := f.get(f.browser(), "/reports/northwind", "Cookie", "placard_session="+token); res.StatusCode != 303 {
		t.Errorf("a link as a session: %s", res.Status)
	}
}

func TestRedirectsStayHere(t *testing.T) {
	f := newSite(t, withoutFigures)
	for next, want := range map[string]string{
		"/reports/northwind?range=7d": "/reports/northwind?range=7d", "/ops": "/ops", "https://evil.example/": "/reports/", "//evil.example": "/reports/", `/\evil.example`: "/reports/",
		"javascript:alert(1)": "/reports/", "/\t/evil.example": "/reports/", "": "/reports/", "/logout": "/reports/", "/v1/c/x": "/reports/",
	} {
		res, _ := f.post(f.browser(), "/login", url.Values{"name": {"olga"}, "password": {webtest.Password}, "next": {next}})
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
}

func TestGuessingIsThrottled(t *testing.T) {
	f := newSite(t, func(o *web.Options) {
		withoutFigures(o)

		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	c := f.browser()
	try := func(name, password, from string) int {
		res, _ := f.post(c, "/login", url.Values{"name": {name}, "password": {password}}, "X-Forwarded-For", from)
		return res.StatusCode
	}
	for i := range 5 {
		if got := try("nadia", "wrong", "203.0.113.7"); got != 401 {
			t.Fatalf("try %d: %d", i, got)
		}
	}
	if got := try("nadia", webtest.Password, "203.0.113.7"); got != 429 {
		t.Errorf("the sixth try, with the right password: %d", got)
	}
	if got := try("nadia", webtest.Password, "198.51.100.1, 203.0.113.7"); got != 429 {
		t.Errorf("with an address of the client's own making: %d", got)
	}
	if got := try("nadia", webtest.Password, "203.0.113.8"); got != 303 {
		t.Errorf("from elsewhere: %d", got)
	}
	f.clock.add(61 * time.Second)
	if got := try("nadia", webtest.Password, "203.0.113.7"); got != 303 {
		t.Errorf("a minute later: %d", got)
	}
	// One address and many names.
	for i := range 20 {
		try("user"+string(rune('a'+i)), "wrong", "2001:db8:1:2::"+string(rune('a'+i%6)))
	}
	if got := try("imran", webtest.Password, "2001:db8:1:2:ffff::1"); got != 429 {
		t.Errorf("an address of the same network after twenty failures: %d", got)
	}
	if got := try("imran", webtest.Password, "2001:db8:1:3::1"); got != 303 {
		t.Errorf("another network: %d", got)
	}
	// Who comes by links alone has no password, not even an empty one.
	if got := try("linked", "", "203.0.113.99"); got != 401 {
		t.Errorf("an empty password: %d", got)
	}
}

func TestUnknownAndKnownNamesAreAnsweredAlike(t *testing.T) {
	f := newSite(t, withoutFigures)
	known, a := f.post(f.browser(), "/login", url.Values{"name": {"nadia"}, "password": {"wrong"}})
	unknown, b := f.post(f.browser(), "/login", url.Values{"name": {"nobody"}, "password": {"wrong"}})
	if known.StatusCode != unknown.StatusCode || strings.ReplaceAll(a, "nadia", "") != strings.ReplaceAll(b, "nobody", "") {
		t.Error("the sign-in tells who exists")
	}
}

func TestCookiesOverHTTPS(t *testing.T) {
	f := newSite(t, func(o *web.Options) {
		withoutFigures(o)
		o.Secure = true
	})
	res, _ := f.post(f.browser(), "/login", url.Values{"name": {"nadia"}, "password": {webtest.Password}})
	cookie := res.Cookies()[0]
	if cookie.Name != "__Host-placard_session" || !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" || !cookie.HttpOnly {
		t.Errorf("cookie %v", cookie)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	// A cookie that plain HTTP could have planted is not taken.
	if res, _ := f.get(f.browser(), "/reports/northwind", "Cookie", "placard_session="+cookie.Value); res.StatusCode != 303 {
		t.Errorf("a cookie without the prefix: %s", res.Status)
	}
	if res, _ := f.get(f.browser(), "/reports/northwind", "Cookie", "__Host-placard_session="+cookie.Value); res.StatusCode != 200 {
		t.Errorf("the cookie itself: %s", res.Status)
	}
}
