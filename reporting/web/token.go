package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/placard/placard/reporting/report"
)

// Token lets a program use the API without signing in. One of Advertiser, Site and Ops says what it may read.
type Token struct {
	ID         string
	Advertiser string
	Site       string
	Ops        bool
	// Hash is HashToken of the secret, which nobody but its bearer keeps.
	Hash string
	// Expires is when it stops working. Zero: never.
	Expires time.Time
}

// NewToken makes a secret and its hash.
func NewToken() (secret, hash string) {
	secret = "plc_" + randomHex(24)
	return secret, HashToken(secret)
}

// HashToken is the SHA-256 of a secret in hex. Secrets have 192 random bits, so that they need no slow hash.
func HashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// caller is who uses the API and what they may read.
type caller struct {
	scope      report.Scope
	advertiser string // the only one, "" for others
	ops        bool
	name       string // of the user, or token and the token's id
}

// caller identifies a request to the API by its bearer token or its session. Whoever sends a token is judged by it alone.
func (s *Site) caller(w http.ResponseWriter, r *http.Request) (caller, bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		secret, ok := strings.CutPrefix(h, "Bearer ")
		if ok && s.opts.Tokens != nil && len(secret) <= 256 {
			hash := []byte(HashToken(secret))
			for _, t := range s.opts.Tokens() {
				if subtle.ConstantTimeCompare(hash, []byte(strings.ToLower(t.Hash))) != 1 {
					continue
				}
				if !t.Expires.IsZero() && !s.opts.Now().Before(t.Expires) {
					break
				}
				return tokenCaller(t), true
			}
		}
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		apiError(w, http.StatusUnauthorized, "invalid_token", "the token is not known, or has expired", "")
		return caller{}, false
	}
	sess, ok := s.session(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", "Bearer")
		apiError(w, http.StatusUnauthorized, "signed_out", "send a token as \"Authorization: Bearer …\", or sign in", "")
		return caller{}, false
	}
	if sess.user.Ops {
		return caller{scope: report.AllTenants(), ops: true, name: sess.user.Name}, true
	}
	return caller{scope: report.OnlyTenant(sess.user.Advertiser), advertiser: sess.user.Advertiser}, true
}

func tokenCaller(t Token) caller {
	switch {
	case t.Advertiser != "":
		return caller{scope: report.OnlyTenant(t.Advertiser), advertiser: t.Advertiser}
	case t.Site != "":
		return caller{scope: report.OnlySite(t.Site)}
	case t.Ops:
		return caller{scope: report.AllTenants(), ops: true, name: "token " + t.ID}
	}
	return caller{} // a token for nothing: every query is refused
}
