package adserver

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// RequestID names one page request: a ULID, 48 bits of Unix milliseconds and 80 random bits. Every event of
// the page carries it, and the decision's seed derives from it.
type RequestID [16]byte

// NewRequestID returns an id for a request at the given instant.
func NewRequestID(at time.Time) RequestID {
	var id RequestID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|rand.Uint64()>>48)
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())
	return id
}

// Seed returns the seed of the request's decision.
func (id RequestID) Seed() uint64 {
	// The id's random half, mixed by the finaliser of SplitMix64 (Steele et al., 2014) so that each of its bits
	// reaches every bit of the seed.
	z := binary.BigEndian.Uint64(id[8:]) ^ binary.BigEndian.Uint64(id[:8])
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// crockford is the alphabet of ULIDs: base 32 without I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Append appends the id's 26 characters to dst.
func (id RequestID) Append(dst []byte) []byte {
	hi, lo := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return append(dst, out[:]...)
}

// String returns the id's 26 characters.
func (id RequestID) String() string { return string(id.Append(nil)) }
