package openrtb

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/placard/placard/adserver"
	"github.com/placard/placard/adserver/catalog"
	"github.com/placard/placard/targeting"
)

// Bounds beyond those of adserver.Request.
const maxBlocked = 256 // entries of badv

// Request is a bid request as far as it matters beyond the page request that it becomes.
type Request struct {
	ID      string
	Imps    []Imp
	Blocked []string // domains of advertisers that may not bid
	Test    bool
}

// Imp is one imp of the request. It is slot i of the page request.
type Imp struct {
	ID    string
	Floor float64 // CPM in the bid's currency
}

func bad(field, format string, args ...any) *adserver.RequestError {
	return &adserver.RequestError{Code: "invalid_field", Message: fmt.Sprintf(format, args...), Field: field}
}

// text is a member that should be a string; anything else is none, as OpenRTB asks to be lenient.
func text(v *fastjson.Value, limit int, path ...string) []byte {
	b := v.GetStringBytes(path...)
	if len(b) > limit {
		return nil
	}
	return b
}

// Parse reads a bid request into page, whose byte slices point into v. currency is the one that is bid in. trusted says that the caller may tell
// where the reader is: of a reader whose address any other caller names, the place is unknown.
func Parse(v *fastjson.Value, currency string, trusted bool, page *adserver.Request) (Request, *adserver.RequestError) {
	r := Request{ID: string(text(v, 256, "id")), Test: v.GetInt("test") == 1}
	if r.ID == "" {
		return r, bad("id", "a bid request needs an id of at most 256 bytes")
	}
	if cur := v.GetArray("cur"); len(cur) > 0 {
		ok := false
		for _, c := range cur {
			ok = ok || string(c.GetStringBytes()) == currency
		}
		if !ok {
			return r, bad("cur", "bids are in %s", currency)
		}
	}
	site := v.Get("site")
	field := "site"
	if site == nil {
		site, field = v.Get("app"), "app"
	}
	if site == nil || site.Type() != fastjson.TypeObject {
		return r, bad("site", "name the site: {\"site\":{\"id\":\"daily\",\"page\":\"https://…\"}}")
	}
	if page.Site = string(text(site, adserver.MaxID, "id")); page.Site == "" {
		return r, bad(field+".id", "name the site by its id in the ad server's configuration")
	}
	readPage(site, page)
	if err := readImps(v, &r, page); err != nil {
		return r, err
	}
	readVisitor(v, trusted, page)
	for i, b := range v.GetArray("badv") {
		if i == maxBlocked {
			return r, bad("badv", "has more than %d entries", maxBlocked)
		}
		r.Blocked = append(r.Blocked, strings.ToLower(string(b.GetStringBytes())))
	}
	return r, nil
}

func readPage(site *fastjson.Value, page *adserver.Request) {
	p := &page.Page
	p.URL = text(site, adserver.MaxURL, "page")
	p.Title = text(site, adserver.MaxShortText, "content", "title")
	p.Language = text(site, 35, "content", "language")
	p.Section = text(site, 128, "ext", "data", "section")
	// keywords and kwarray exclude each other; whichever is there is read. A list in one text is separated by commas.
	for _, from := range []*fastjson.Value{site.Get("content"), site} {
		if from == nil {
			continue
		}
		for _, k := range from.GetArray("kwarray") {
			if b := k.GetStringBytes(); len(b) > 0 && len(b) <= 256 && len(p.Keywords) < adserver.MaxKeywords {
				p.Keywords = append(p.Keywords, b)
			}
		}
		for k := range strings.SplitSeq(string(text(from, 16<<10, "keywords")), ",") {
			if k = strings.TrimSpace(k); k != "" && len(k) <= 256 && len(p.Keywords) < adserver.MaxKeywords {
				p.Keywords = append(p.Keywords, []byte(k))
			}
		}
	}
}

func readImps(v *fastjson.Value, r *Request, page *adserver.Request) *adserver.RequestError {
	imps := v.GetArray("imp")
	if len(imps) == 0 || len(imps) > adserver.MaxSlots {
		return bad("imp", "needs 1 to %d entries", adserver.MaxSlots)
	}
	for i, iv := range imps {
		at := func(member string) string { return fmt.Sprintf("imp[%d].%s", i, member) }
		imp := Imp{ID: string(text(iv, 256, "id")), Floor: iv.GetFloat64("bidfloor")}
		if imp.ID == "" {
			return bad(at("id"), "an imp needs an id of at most 256 bytes")
		}
		banner := iv.Get("banner")
		if banner == nil {
			return bad(at("banner"), "only banners are bid on")
		}
		s := page.AddSlot()
		s.ID = fmt.Sprintf("imp%d", i) // ids of imps are free text
		s.Placement = string(text(iv, adserver.MaxID, "tagid"))
		if s.Placement == "" {
			return bad(at("tagid"), "name the placement")
		}
		size := func(v *fastjson.Value) {
			w, h := v.GetInt("w"), v.GetInt("h")
			if w > 0 && h > 0 && w <= 8192 && h <= 8192 && len(s.Sizes) < adserver.MaxSizes {
				s.Sizes = append(s.Sizes, catalog.Size{W: uint16(w), H: uint16(h)})
			}
		}
		for _, f := range banner.GetArray("format") {
			size(f)
		}
		if len(s.Sizes) == 0 {
			size(banner)
		}
		r.Imps = append(r.Imps, imp)
	}
	return nil
}

func readVisitor(v *fastjson.Value, trusted bool, page *adserver.Request) {
	page.VisitorID = string(text(v, adserver.MaxID, "user", "id"))
	c := &page.Client
	// A server that asks for a reader says who the reader is; one that says nothing is asked about itself.
	if ua := text(v, 4<<10, "device", "ua"); ua != nil {
		c.UserAgent, c.CHUA, c.CHUAMobile, c.CHUAPlatform = ua, nil, nil, nil
	}
	for _, key := range []string{"ip", "ipv6"} {
		if ip, err := netip.ParseAddr(string(text(v, 64, "device", key))); err == nil && ip.Zone() == "" {
			if !trusted {
				ip = netip.Addr{}
			}
			c.IP = ip
			break
		}
	}
	if o := v.GetObject("ext", "placard", "kv"); o != nil {
		o.Visit(func(key []byte, val *fastjson.Value) {
			if b := val.GetStringBytes(); len(key) <= adserver.MaxID && len(b) <= 256 && len(page.KV) < adserver.MaxKV {
				page.KV = append(page.KV, targeting.KV{Key: string(key), Value: string(b)})
			}
		})
	}
}

// domain is the advertiser's domain, as adomain and badv name it.
func domain(destination string) string {
	u, err := url.Parse(destination)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// blocked reports whether a domain is one of the blocked, or below one.
func (r *Request) blocked(d string) bool {
	for _, b := range r.Blocked {
		if d == b || strings.HasSuffix(d, "."+b) {
			return true
		}
	}
	return false
}
