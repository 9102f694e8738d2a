package adserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/url"

	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/pages"
	"github.com/placard/placard/targeting/pagecontext"
)

// ErrUnauthorized is returned for pushes without a token of the site.
var ErrUnauthorized = errors.New("the token is none of the site's push tokens")

// PushPage takes in what the newsroom's system says about one of its pages. When it returns nil the page is kept durably.
func (e *Engine) PushPage(token string, p *pages.Pushed) error {
	if err := e.mayPush(token, p.Site, p.URL); err != nil {
		return err
	}
	return e.opts.Pages.Push(p)
}

// WithdrawPage forgets what was pushed about a page. It reports whether there was anything.
func (e *Engine) WithdrawPage(token, site, address string) (bool, error) {
	if err := e.mayPush(token, site, address); err != nil {
		return false, err
	}
	return e.opts.Pages.Withdraw(site, address)
}

func (e *Engine) mayPush(token, site, address string) error {
	snap := e.snapshot.Load()
	if snap == nil {
		return ErrNotReady
	}
	si, ok := snap.Catalog.Site(site)
	// An unknown site and a wrong token look alike.
	if !ok || !knowsToken(&snap.Catalog.Sites[si], token) {
		return ErrUnauthorized
	}
	canonical, err := pagecontext.CanonicalURL(address)
	if err != nil {
		return &RequestError{Code: "invalid_field", Message: err.Error(), Field: "url"}
	}
	u, err := url.Parse(canonical)
	if err != nil {
		return &RequestError{Code: "invalid_field", Message: err.Error(), Field: "url"}
	}
	if owner, ok := snap.Catalog.SiteByDomain(u.Hostname()); !ok || owner != si {
		return &RequestError{Code: "foreign_page", Message: "the page is on none of the site's domains", Field: "url"}
	}
	return nil
}

// knowsToken compares in constant time; tokens are random, so their plain hash tells nothing.
func knowsToken(s *catalog.Site, token string) bool {
	sum := sha256.Sum256([]byte(token))
	known := 0
	for i := range s.PushTokens {
		known |= subtle.ConstantTimeCompare(sum[:], s.PushTokens[i][:])
	}
	return known == 1
}
