package visitor

import (
	"bytes"
	"net/netip"
	"unsafe"
)

// ClientIP returns the address of the client that a request came from. remote is the peer of the
// connection, xff the value of X-Forwarded-For (several lines joined with commas), trusted the proxies
// whose entries are believed.
//
// The list is walked from the right, where the nearest proxy wrote, and the first address that is not a
// trusted proxy is the client: whatever stands left of it came from outside and may be forged. An entry that
// is not an address ends the walk at the last proxy that was believed. If all are trusted, the
// leftmost is returned. IPv4 in IPv6 is returned as IPv4, and zones are dropped.
func ClientIP(remote netip.Addr, xff []byte, trusted []netip.Prefix) netip.Addr {
	client := plain(remote)
	for len(xff) > 0 && isTrusted(client, trusted) {
		var entry []byte
		if i := bytes.LastIndexByte(xff, ','); i >= 0 {
			entry, xff = xff[i+1:], xff[:i]
		} else {
			entry, xff = xff, nil
		}
		entry = bytes.Trim(entry, " \t")
		if len(entry) == 0 {
			continue // RFC 9110 section 5.6.1: empty elements of a list are ignored
		}
		a, ok := parseAddr(entry)
		if !ok {
			break
		}
		client = a
	}
	return client
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// maxAddr is longer than the longest "[IPv6]:port" (47 bytes) and shorter than anything worth parsing beyond it.
const maxAddr = 64

// parseAddr reads an address, which some proxies write with a port or in brackets.
func parseAddr(b []byte) (netip.Addr, bool) {
	if len(b) > maxAddr {
		return netip.Addr{}, false
	}
	if b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 || end != len(b)-1 && b[end+1] != ':' {
			return netip.Addr{}, false
		}
		b = b[1:end]
	} else if i := bytes.IndexByte(b, ':'); i >= 0 && bytes.IndexByte(b[i+1:], ':') < 0 {
		b = b[:i] // one colon: IPv4 with a port
	}
	if bytes.IndexByte(b, '%') >= 0 {
		return netip.Addr{}, false // netip would keep a reference to the zone
	}
	// ParseAddr keeps no part of its input but the zone, and errors are dropped here.
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	if err != nil {
		return netip.Addr{}, false
	}
	return plain(a), true
}
