package beacon

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"
)

// What can be wrong with a token.
var (
	ErrMalformed = errors.New("the token is malformed")
	ErrForged    = errors.New("the token is not authentic")
	ErrExpired   = errors.New("the token has expired")
)

const (
	versionEvent = 1
	versionPage  = 2
	headSize     = 1 + 1 + nonceSize
	nonceSize    = 16
	macSize      = 16
	maxToken     = 4096 // characters
)

// Signer makes and checks tokens with a ring of keys: the first signs, all verify.
type Signer struct {
	keys  []*key
	byID  [256]*key
	works sync.Pool // of *work
}

type key struct {
	id    byte
	block cipher.Block
	mac   []byte
	macs  sync.Pool // of hash.Hash, keyed
}

type work struct {
	buf, raw []byte
	sum      [sha256.Size]byte
	ctr, ks  [16]byte
}

// NewSigner returns a signer for a ring of keys, the newest first.
func NewSigner(ring []Key) (*Signer, error) {
	if len(ring) == 0 {
		return nil, errors.New("create signer: there is no key")
	}
	s := &Signer{works: sync.Pool{New: func() any { return new(work) }}}
	for _, k := range ring {
		if s.byID[k.ID] != nil {
			return nil, fmt.Errorf("create signer: two keys have the id %d", k.ID)
		}
		block, err := aes.NewCipher(k.Secret[:16])
		if err != nil {
			return nil, fmt.Errorf("create signer: %w", err)
		}
		c := &key{id: k.ID, block: block, mac: append([]byte(nil), k.Secret[16:]...)}
		c.macs.New = func() any { return hmac.New(sha256.New, c.mac) }
		s.keys = append(s.keys, c)
		s.byID[k.ID] = c
	}
	return s, nil
}

// AppendToken appends the token of p to dst. It allocates only when dst must grow.
func (s *Signer) AppendToken(dst []byte, p *Payload) []byte {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	nonce := p.Request
	nonce[0] ^= p.Slot
	w.begin(s.keys[0].id, versionEvent, nonce)
	w.raw = p.append(w.raw)
	return s.seal(dst, w)
}

func (w *work) begin(id, version byte, nonce [16]byte) {
	w.raw = append(w.raw[:0], id, version)
	w.raw = append(w.raw, nonce[:]...)
}

// seal encrypts what stands behind the head in w.raw, and appends the token.
func (s *Signer) seal(dst []byte, w *work) []byte {
	k := s.keys[0]
	k.crypt(w, w.raw[2:headSize], w.raw[headSize:])
	k.sum(w, w.raw)
	w.raw = append(w.raw, w.sum[:macSize]...)
	return base64.RawURLEncoding.AppendEncode(dst, w.raw)
}

// crypt is AES in counter mode, in place. The standard library's stream allocates for each use; a payload is
// some fifteen blocks.
func (k *key) crypt(w *work, nonce, data []byte) {
	copy(w.ctr[:], nonce)
	base := binary.BigEndian.Uint32(w.ctr[12:])
	for i := uint32(0); len(data) > 0; i++ {
		binary.BigEndian.PutUint32(w.ctr[12:], base+i)
		k.block.Encrypt(w.ks[:], w.ctr[:])
		n := subtle.XORBytes(data, data, w.ks[:])
		data = data[n:]
	}
}

func (k *key) sum(w *work, data []byte) {
	m := k.macs.Get().(hash.Hash)
	m.Reset()
	_, _ = m.Write(data)
	m.Sum(w.sum[:0])
	k.macs.Put(m)
}

// open checks a token and leaves its payload in w.raw[headSize:].
func (s *Signer) open(w *work, token []byte, version byte) error {
	if len(token) > maxToken {
		return fmt.Errorf("%w: %d characters", ErrMalformed, len(token))
	}
	var err error
	w.raw, err = base64.RawURLEncoding.Strict().AppendDecode(w.raw[:0], token)
	if err != nil || len(w.raw) < headSize+macSize {
		return ErrMalformed
	}
	k := s.byID[w.raw[0]]
	if k == nil || w.raw[1] != version {
		return ErrForged
	}
	end := len(w.raw) - macSize
	k.sum(w, w.raw[:end])
	if subtle.ConstantTimeCompare(w.sum[:macSize], w.raw[end:]) != 1 {
		return ErrForged
	}
	w.raw = w.raw[:end]
	k.crypt(w, w.raw[2:headSize], w.raw[headSize:])
	return nil
}

// Verify reads a token into p. It returns ErrMalformed or ErrForged, or ErrExpired with p filled.
func (s *Signer) Verify(token []byte, now time.Time, p *Payload) error {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	if err := s.open(w, token, versionEvent); err != nil {
		return err
	}
	if err := p.read(w.raw[headSize:]); err != nil {
		return err
	}
	if now.Unix() >= p.Expires {
		return ErrExpired
	}
	return nil
}
