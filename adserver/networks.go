package adserver

import (
	"net/netip"
	"slices"
)

// networks is a set of networks, as ranges of addresses that neither overlap nor touch.
type networks struct{ first, last []netip.Addr }

func newNetworks(list []netip.Prefix) networks {
	sorted := slices.Clone(list)
	for i := range sorted {
		sorted[i] = unmapped(sorted[i].Masked())
	}
	slices.SortFunc(sorted, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits() // the wider first
	})
	var n networks
	for _, p := range sorted {
		if k := len(n.last); k > 0 && p.Addr().Compare(n.last[k-1]) <= 0 {
			continue // within the one before: prefixes nest or are apart
		}
		n.first, n.last = append(n.first, p.Addr()), append(n.last, lastOf(p))
	}
	return n
}

func unmapped(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// has reports whether an address is in one of the networks.
func (n networks) has(a netip.Addr) bool {
	if len(n.first) == 0 || !a.IsValid() {
		return false
	}
	a = a.Unmap().WithZone("")
	i, found := slices.BinarySearchFunc(n.first, a, netip.Addr.Compare)
	if found {
		return true
	}
	return i > 0 && a.Compare(n.last[i-1]) <= 0
}
