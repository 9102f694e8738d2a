package adserver

import (
	"errors"
	"sync/atomic"

	"github.com/placard/placard/adserver/beacon"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/adserver/creative"
)

// About is what a reader may know of an ad.
type About struct {
	Advertiser string // its name
	Site       string // its name
	Label      string // the word over ads there
	Expired    bool   // the ad is from long ago
	key        catalog.CreativeKey
}

// ReportReasons are the ways in which a reader can find an ad wrong, in the order of the form.
func ReportReasons() []string {
	return []string{"misleading", "offensive", "covers-page", "wrong-place", "other"}
}

// About tells of the ad that an event token was issued for. It fails with ErrBadToken.
func (e *Engine) About(token string) (About, error) {
	var p beacon.Payload
	now := e.opts.Now()
	err := e.opts.Signer.Verify([]byte(token), now, &p)
	expired := errors.Is(err, beacon.ErrExpired)
	if err != nil && !expired {
		e.counts.badTokens.Add(1)
		return About{}, ErrBadToken
	}
	a := About{Advertiser: p.Advertiser, Site: p.Site, Label: "Advertisement", Expired: expired,
		key: catalog.CreativeKey{Advertiser: p.Advertiser, Campaign: p.Campaign, LineItem: p.LineItem, Creative: p.Creative}}
	if s := e.snapshot.Load(); s != nil {
		if i, ok := s.Catalog.Site(p.Site); ok {
			a.Site, a.Label = s.Catalog.Sites[i].Name, s.Catalog.Sites[i].Label["en"]
		}
		if i, ok := s.Catalog.Creative(a.key); ok {
			li := &s.Catalog.LineItems[s.Catalog.Creatives[i].LineItem]
			a.Advertiser = s.Catalog.Advertisers[li.Advertiser].Name
		}
	}
	return a, nil
}

// Complain records that a reader finds an ad wrong. Nothing is known of the reader and nothing they type is taken: the reason is one of
// ReportReasons, and anything else counts as other.
func (e *Engine) Complain(token, reason string) error {
	a, err := e.About(token)
	if err != nil {
		return err
	}
	n, ok := e.counts.complaints[reason]
	if !ok {
		reason = "other"
		n = e.counts.complaints[reason]
	}
	n.Add(1)
	e.opts.Log.Info("a reader reported an ad", "reason", reason, "advertiser", a.key.Advertiser, "campaign", a.key.Campaign, "line_item", a.key.LineItem, "creative", a.key.Creative)
	return nil
}

func newComplaints() map[string]*atomic.Uint64 {
	m := map[string]*atomic.Uint64{}
	for _, r := range ReportReasons() {
		m[r] = new(atomic.Uint64)
	}
	return m
}

// Script appends the document of the third party's tag that an event token was issued for. base stands before the click's address where
// no public URL is configured. It fails with ErrBadToken.
func (e *Engine) Script(dst []byte, token, base string) ([]byte, error) {
	var p beacon.Payload
	if err := e.opts.Signer.Verify([]byte(token), e.opts.Now(), &p); err != nil && !errors.Is(err, beacon.ErrExpired) {
		return dst, ErrBadToken
	}
	s := e.snapshot.Load()
	if s == nil {
		return dst, ErrBadToken
	}
	i, ok := s.Catalog.Creative(catalog.CreativeKey{Advertiser: p.Advertiser, Campaign: p.Campaign, LineItem: p.LineItem, Creative: p.Creative})
	if !ok || s.Catalog.Creatives[i].Type != catalog.Script {
		return dst, ErrBadToken
	}
	if e.opts.PublicURL != "" {
		base = e.opts.PublicURL
	}
	v := values(&p)
	v.ClickURL = base + "/v1/c/" + token
	return creative.AppendScript(dst, &s.Catalog.Creatives[i], &v), nil
}

// values are what macros of an ad stand for.
func values(p *beacon.Payload) creative.Values {
	return creative.Values{
		Site: p.Site, Placement: p.Placement, Advertiser: p.Advertiser, Campaign: p.Campaign, LineItem: p.LineItem, Creative: p.Creative,
		RequestID: RequestID(p.Request).String(), Width: int(p.Width), Height: int(p.Height), CacheBuster: RequestID(p.Request).Seed() + uint64(p.Slot),
	}
}
