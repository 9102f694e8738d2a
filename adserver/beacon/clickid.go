package beacon

import (
	"crypto/rand"
	"time"
)

// A click id goes with a reader who clicked to the advertiser, in place of {click_id} in the click address, and comes back when the
// reader buys. It is a token of its own kind, so that nobody can report a conversion of an ad that was not clicked: event tokens
// stand in the page for all to see.

// AppendClickID appends the click id of a click on p's ad at the given instant, valid until it has reached the age. A click that
// did not count says so: its conversion does not either.
func (s *Signer) AppendClickID(dst []byte, p *Payload, at time.Time, age time.Duration, valid bool) []byte {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	// The same ad may be clicked twice: the nonce is of the click. It meets those of tokens with a chance of one in 2^128.
	var nonce [nonceSize]byte
	rand.Read(nonce[:]) // never fails
	k := s.signing(at.Unix())
	w.begin(k.id, versionClick, nonce)
	q := *p
	q.Issued, q.Expires, q.Unclicked = at.Unix(), at.Add(age).Unix(), !valid
	w.raw = q.append(w.raw)
	return k.seal(dst, w)
}

// VerifyClickID reads a click id into p. Its errors are those of [Signer.Verify]. Payload.Unclicked tells whether the click did not count.
func (s *Signer) VerifyClickID(token []byte, now time.Time, p *Payload) error {
	return s.verify(token, now, versionClick, p)
}
