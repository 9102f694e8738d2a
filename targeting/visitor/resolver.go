package visitor

import (
	"hash/maphash"
	"net/netip"
	"strings"
)

// Options configure a [Resolver].
type Options struct {
	// Key makes the hashes of visitors' ids the publisher's own. With the zero key they can be recomputed by anyone
	// who knows the ids: a server sets its own.
	Key [16]byte
	// LoopbackCountry is the country of visitors at loopback, private and link-local addresses, ISO 3166-1
	// alpha-2: for a demonstration on one's own machine. Empty: unknown.
	LoopbackCountry string
	// LoopbackHeadless takes headless browsers at loopback addresses for people: for a demonstration that scripts look at.
	LoopbackHeadless bool
	// CityDB is the content of an MMDB file of the user's own, in the layout of GeoIP2 City or of ip-location-db. It is
	// asked before the country data that ships with the product. The resolver keeps the slice; nil: no regions
	// and cities.
	CityDB []byte
	// Agents is how many different browsers are remembered, rounded up to 4 times a power of two. 0: 8,192, about 4
	// MB when full; a large newspaper sees some thousands a day.
	Agents int
}

const (
	defaultAgents = 8192
	// maxUA and maxHint bound what is read of headers, in bytes. In-app browsers reach 400.
	maxUA   = 768
	maxHint = 256
)

// Resolver tells who asks. It is safe for concurrent use.
type Resolver struct {
	key       [16]byte
	headless  bool // at loopback addresses
	loopback  string
	countries *countries
	cities    *cities // nil without a database
	crawlers  *crawlers
	tokens    *tokens
	agents    *cache[agent]
	seed      maphash.Seed
}

// NewResolver reads the data that ships with the product, which takes some milliseconds.
func NewResolver(o Options) (*Resolver, error) {
	r := &Resolver{key: o.Key, headless: o.LoopbackHeadless, loopback: strings.ToUpper(o.LoopbackCountry), seed: maphash.MakeSeed()}
	var err error
	if r.countries, err = newCountries(); err != nil {
		return nil, err
	}
	if o.CityDB != nil {
		if r.cities, err = newCities(o.CityDB); err != nil {
			return nil, err
		}
	}
	if r.crawlers, err = newCrawlers(crawlerList); err != nil {
		return nil, err
	}
	r.tokens = newTokens()
	n := o.Agents
	if n <= 0 {
		n = defaultAgents
	}
	r.agents = newCache[agent](n)
	return r, nil
}

// Input is what a request tells of its visitor. Its bytes are not kept.
type Input struct {
	UserAgent    []byte     // User-Agent; what is beyond 768 bytes is not read
	CHUA         []byte     // Sec-CH-UA
	CHUAMobile   []byte     // Sec-CH-UA-Mobile
	CHUAPlatform []byte     // Sec-CH-UA-Platform
	RemoteIP     netip.Addr // of the client: see [ClientIP]. It is not kept
	ID           string     // the page's id of the visitor; "" without one
	Theme        string     // light or dark; anything else is dropped
	Segments     []string   // audiences, as the page tells them
}

// Resolve fills dst, all of it. It allocates only for a browser not seen lately.
func (r *Resolver) Resolve(dst *Visitor, in *Input) {
	a := r.agent(in)
	*dst = Visitor{ID: in.ID, Hash: hashID(&r.key, in.ID), Device: a.device, OS: a.os, Browser: a.browser, Bot: a.bot, Segments: in.Segments}
	if r.headless && a.headless && in.RemoteIP.Unmap().IsLoopback() {
		dst.Bot = ""
	}
	if in.Theme == "light" || in.Theme == "dark" {
		dst.Theme = in.Theme
	}
	p := r.place(in.RemoteIP)
	dst.Country, dst.Region, dst.City = p.country, p.region, p.city
}

func (r *Resolver) agent(in *Input) *agent {
	ua, chUA, chMobile, chPlatform := cut(in.UserAgent, maxUA), cut(in.CHUA, maxHint), cut(in.CHUAMobile, maxHint), cut(in.CHUAPlatform, maxHint)
	var buf [maxUA + 3*maxHint + 3]byte
	key := append(buf[:0], ua...)
	key = append(key, 0)
	key = append(key, chUA...)
	key = append(key, 0)
	key = append(key, chMobile...)
	key = append(key, 0)
	key = append(key, chPlatform...)
	hash := maphash.Bytes(r.seed, key)
	if a := r.agents.get(hash, key); a != nil {
		return a
	}
	return r.agents.put(hash, string(key), readAgent(ua, chUA, chMobile, chPlatform, r.crawlers, r.tokens))
}

func cut(b []byte, n int) []byte { return b[:min(n, len(b))] }

func (r *Resolver) place(ip netip.Addr) place {
	ip = plain(ip)
	switch {
	case !ip.IsValid():
		return place{}
	case ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified():
		return place{country: r.loopback}
	}
	if r.cities != nil {
		if p, ok := r.cities.lookup(ip); ok {
			return p
		}
	}
	return place{country: r.countries.lookup(ip)}
}
