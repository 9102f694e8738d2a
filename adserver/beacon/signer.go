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
	"sync/atomic"
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
	versionClick = 3
	headSize     = 1 + 1 + nonceSize
	nonceSize    = 16
	macSize      = 16
	maxToken     = 4096 // characters
)

// Signer makes and checks tokens with a ring of keys: the first whose time has come signs, all verify.
type Signer struct {
	ring  atomic.Pointer[ring]
	works sync.Pool // of *work
}

type ring struct {
	keys []*key // newest first
	byID [256]*key
}

type key struct {
	id    byte
	from  int64 // Unix seconds
	block cipher.Block
	mac   []byte
	macs  sync.Pool // of hash.Hash, keyed
}

type work struct {
	raw     []byte
	sum     [sha256.Size]byte
	ctr, ks [16]byte
}

// NewSigner returns a signer for a ring of keys, the newest first.
func NewSigner(keys []Key) (*Signer, error) {
	s := &Signer{works: sync.Pool{New: func() any { return new(work) }}}
	return s, s.SetKeys(keys)
}

// SetKeys puts another ring in force. Tokens of keys that it lacks are no longer authentic.
func (s *Signer) SetKeys(keys []Key) error {
	if len(keys) == 0 {
		return errors.New("create signer: there is no key")
	}
	r := &ring{}
	for _, k := range keys {
		if r.byID[k.ID] != nil {
			return fmt.Errorf("create signer: two keys have the id %d", k.ID)
		}
		block, err := aes.NewCipher(k.Secret[:16])
		if err != nil {
			return fmt.Errorf("create signer: %w", err)
		}
		c := &key{id: k.ID, from: k.From, block: block, mac: append([]byte(nil), k.Secret[16:]...)}
		c.macs.New = func() any { return hmac.New(sha256.New, c.mac) }
		r.keys = append(r.keys, c)
		r.byID[k.ID] = c
	}
	s.ring.Store(r)
	return nil
}

// signing is the key that signs at an instant: the newest whose time has come, or the oldest.
func (s *Signer) signing(at int64) *key {
	keys := s.ring.Load().keys
	for _, k := range keys {
		if k.from <= at {
			return k
		}
	}
	return keys[len(keys)-1]
}

// AppendToken appends the token of p to dst. It allocates only when dst must grow.
func (s *Signer) AppendToken(dst []byte, p *Payload) []byte {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	nonce := p.Request
	nonce[0] ^= p.Slot
	k := s.signing(p.Issued)
	w.begin(k.id, versionEvent, nonce)
	w.raw = p.append(w.raw)
	return k.seal(dst, w)
}

func (w *work) begin(id, version byte, nonce [16]byte) {
	w.raw = append(w.raw[:0], id, version)
	w.raw = append(w.raw, nonce[:]...)
}

// seal encrypts what stands behind the head in w.raw, and appends the token.
func (k *key) seal(dst []byte, w *work) []byte {
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
	k := s.ring.Load().byID[w.raw[0]]
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
	return s.verify(token, now, versionEvent, p)
}

func (s *Signer) verify(token []byte, now time.Time, version byte, p *Payload) error {
	w := s.works.Get().(*work)
	defer s.works.Put(w)
	if err := s.open(w, token, version); err != nil {
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
