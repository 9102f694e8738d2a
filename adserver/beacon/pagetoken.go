package beacon

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/placard/placard/adserver/catalog"
)

// PageToken is what a page already shows, carried by the page itself so that slots loaded later keep its promises
// whichever server they ask.
type PageToken struct {
	Request [16]byte // the request that began the page
	Expires int64    // Unix seconds
	Items   []catalog.Shown
	// Earlier is how many of Items, the first ones, stood on earlier pages of the session.
	Earlier int
}

// maxShown bounds a page token: the oldest are forgotten first.
const maxShown = 64

// pageTokenHead is the request, the expiry and the number of earlier items.
const pageTokenHead = 21

// AppendPageToken appends the token of t to dst, made at an instant. The nonce must never be used twice: the id of the request that asks.
func (s *Signer) AppendPageToken(dst []byte, t *PageToken, nonce [16]byte, at time.Time) []byte {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	nonce[0] ^= 0xFF // apart from the nonces of the request's slots
	k := s.signing(at.Unix())
	w.begin(k.id, versionPage, nonce)
	w.raw = append(w.raw, t.Request[:]...)
	w.raw = binary.LittleEndian.AppendUint32(w.raw, uint32(t.Expires))
	items, earlier := t.Items, t.Earlier
	if n := len(items) - maxShown; n > 0 {
		items, earlier = items[n:], max(0, earlier-n)
	}
	w.raw = append(w.raw, byte(earlier))
	for _, i := range items {
		w.raw = binary.LittleEndian.AppendUint32(w.raw, i.LineItem)
		w.raw = binary.LittleEndian.AppendUint32(w.raw, i.Creative)
		w.raw = binary.LittleEndian.AppendUint32(w.raw, i.Advertiser)
		w.raw = binary.LittleEndian.AppendUint32(w.raw, i.Placement)
	}
	return k.seal(dst, w)
}

// VerifyPageToken reads a page token into t, reusing its Items.
func (s *Signer) VerifyPageToken(token []byte, now time.Time, t *PageToken) error {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	if err := s.open(w, token, versionPage); err != nil {
		return err
	}
	b := w.raw[headSize:]
	if len(b) < pageTokenHead || (len(b)-pageTokenHead)%16 != 0 || int(b[20]) > (len(b)-pageTokenHead)/16 {
		return fmt.Errorf("%w: page token of %d bytes", ErrMalformed, len(b))
	}
	copy(t.Request[:], b)
	t.Expires = int64(binary.LittleEndian.Uint32(b[16:]))
	t.Earlier = int(b[20])
	t.Items = t.Items[:0]
	for b = b[pageTokenHead:]; len(b) > 0; b = b[16:] {
		t.Items = append(t.Items, catalog.Shown{
			LineItem: binary.LittleEndian.Uint32(b), Creative: binary.LittleEndian.Uint32(b[4:]), Advertiser: binary.LittleEndian.Uint32(b[8:]), Placement: binary.LittleEndian.Uint32(b[12:]),
		})
	}
	if now.Unix() >= t.Expires {
		return ErrExpired
	}
	return nil
}
