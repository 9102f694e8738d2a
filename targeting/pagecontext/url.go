package pagecontext

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// maxURL bounds a page's URL, in bytes. Browsers and caches agree on far more than newspapers use.
const maxURL = 4096

// urlRemedy is the part of every error that tells what to send instead.
const urlRemedy = "send the page's absolute address, such as https://paper.example/world/story"

// tracking are the query parameters that tell where a reader came from, not what the page is. Names that end
// in * are prefixes.
var tracking = [...]string{
	"utm_*", "mc_*", "pk_*", "mtm_*", "hsa_*", "at_*", "ga_*", "wt.*", "stm_*", "vero_*", "oly_*", "__hs*", "_hs*",
	"gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "fbclid", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref",
	"msclkid", "yclid", "ysclid", "twclid", "ttclid", "li_fat_id", "igshid", "igsh", "epik", "rdt_cid", "sccid", "irclickid", "s_kwcid", "ef_id",
	"mkt_tok", "cmpid", "cmp", "ncid", "icid", "smid", "sr_share", "share", "ref_src", "ref_url", "_ga", "_gl", "spm", "xtor", "wickedid", "_openstat", "srsltid", "guccounter",
	"guce_referrer", "guce_referrer_sig", "ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "ns_fee", "ocid", "tracking_source",
}

func isTracking(name string) bool {
	for _, t := range tracking {
		if p, ok := strings.CutSuffix(t, "*"); ok && len(name) >= len(p) && strings.EqualFold(name[:len(p)], p) || strings.EqualFold(name, t) {
			return true
		}
	}
	return false
}

// CanonicalURL returns the one form of a page's address under which it is cached and matched: scheme and host in lower
// case, host names in ASCII, no user, no default port, no fragment, dot segments resolved, no
// slash at the end but the root's, no tracking parameters (utm_*, gclid, fbclid and their like), the other parameters sorted by
// bytes, escapes in upper case and only where needed. The result is its own canonical URL.
func CanonicalURL(raw string) (string, error) {
	if len(raw) > maxURL {
		return "", fmt.Errorf("parse page url: %d bytes are more than %d: %s", len(raw), maxURL, urlRemedy)
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return "", fmt.Errorf("parse page url: %w: %s", err, urlRemedy)
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("parse page url: scheme %q is not http or https: %s", u.Scheme, urlRemedy)
	}
	host, err := canonicalHost(u.Hostname())
	if err != nil {
		return "", err
	}
	b := make([]byte, 0, len(raw)+16)
	b = append(b, scheme...)
	b = append(b, "://"...)
	b = append(b, host...)
	if port := u.Port(); port != "" && (scheme != "http" || port != "80") && (scheme != "https" || port != "443") {
		b = append(b, ':')
		b = append(b, port...)
	}
	b = appendPath(b, u.EscapedPath())
	b = appendQuery(b, u.RawQuery)
	if len(b) > maxURL {
		return "", fmt.Errorf("parse page url: more than %d bytes once escaped: %s", maxURL, urlRemedy)
	}
	if string(b) == raw {
		return raw, nil
	}
	return string(b), nil
}

func canonicalHost(host string) (string, error) {
	if host == "" {
		return "", fmt.Errorf("parse page url: no host: %s", urlRemedy)
	}
	if strings.Contains(host, ":") {
		if strings.ContainsAny(host, "%[]") {
			return "", fmt.Errorf("parse page url: host %q is not an address without zone: %s", host, urlRemedy)
		}
		return "[" + strings.ToLower(host) + "]", nil
	}
	ascii := true
	for i := range len(host) {
		c := host[i]
		switch {
		case c >= 0x80:
			ascii = false
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
		default:
			return "", fmt.Errorf("parse page url: host %q has %q in it: %s", host, c, urlRemedy)
		}
	}
	if !ascii {
		h, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("parse page url: host %q: %w: %s", host, err, urlRemedy)
		}
		host = h
	}
	host = strings.TrimRight(strings.ToLower(host), ".")
	if host == "" {
		return "", fmt.Errorf("parse page url: no host: %s", urlRemedy)
	}
	return host, nil
}

func appendPath(b []byte, escaped string) []byte {
	from := len(b)
	b = appendEscaped(b, escaped, "/=+&")
	p := string(b[from:])
	if strings.Contains(p, "/.") || strings.Contains(p, "//") {
		// Cleaning also joins slashes: servers treat them alike, and so do readers.
		p = path.Clean("/" + p)
	}
	p = strings.TrimRight(p, "/")
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return append(b[:from], p...)
}

func appendQuery(b []byte, query string) []byte {
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name == "" || isTracking(name) {
			continue
		}
		clean := string(appendEscaped(nil, pair, "/?=+"))
		// The name may have hidden behind escapes.
		if name, _, _ = strings.Cut(clean, "="); isTracking(name) {
			continue
		}
		pairs = append(pairs, clean)
	}
	slices.Sort(pairs)
	for i, p := range pairs {
		if i == 0 {
			b = append(b, '?')
		} else {
			b = append(b, '&')
		}
		b = append(b, p...)
	}
	return b
}

// appendEscaped appends s with escapes in the form of RFC 3986 section 6.2.2: unreserved characters plain, hexadecimal
// digits in upper case, and everything escaped that is neither unreserved, in keep, nor a delimiter.
func appendEscaped(b []byte, s, keep string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi >= 0 && lo >= 0 {
				i += 2
				c = byte(hi<<4 | lo)
				if isUnreserved(c) {
					b = append(b, c)
				} else {
					b = append(b, '%', hex[c>>4], hex[c&15])
				}
				continue
			}
		}
		if isUnreserved(c) || strings.IndexByte("!$'()*,;:@", c) >= 0 || strings.IndexByte(keep, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
