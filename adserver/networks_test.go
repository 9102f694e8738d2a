package adserver

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestNetworksAgainstEachPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 6))
	address := func() netip.Addr {
		if r.IntN(2) == 0 {
			var b [4]byte
			binary.BigEndian.PutUint32(b[:], r.Uint32()&0x0f0f00ff)
			return netip.AddrFrom4(b)
		}
		var b [16]byte
		b[0], b[1], b[15] = 0x20, byte(r.IntN(4)), byte(r.IntN(256))
		return netip.AddrFrom16(b)
	}
	for range 300 {
		var list []netip.Prefix
		for range r.IntN(20) {
			a := address()
			list = append(list, netip.PrefixFrom(a, r.IntN(a.BitLen()+1)))
		}
		n := newNetworks(list)
		for range 200 {
			a := address()
			want := false
			for _, p := range list {
				want = want || p.Contains(a)
			}
			if n.has(a) != want {
				t.Fatalf("%v in %v: %t", a, list, !want)
			}
			if a.Is4() && n.has(netip.AddrFrom16(a.As16())) != want {
				t.Fatalf("%v as an IPv6 address in %v: %t", a, list, !want)
			}
		}
	}
	if (networks{}).has(netip.MustParseAddr("127.0.0.1")) || newNetworks(nil).has(netip.Addr{}) {
		t.Error("an empty set holds something")
	}
}
