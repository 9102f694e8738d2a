// Package beacon makes and checks the signed URLs that readers' browsers report events with.
//
// A token says everything that an impression's event must carry, so that counting needs no look-up and survives a
// changed configuration. It is sealed: the payload holds the price, which is the advertiser's business. Anybody
// who alters one bit, or makes up a token, is found out; a token expires; and each counts once per kind.
//
//	token   = base64url(body || mac)
//	body    = key id (1) || version (1) || nonce (16) || ciphertext
//	cipher  = AES-128 in counter mode, counter block = nonce with its last 4 bytes counting
//	mac     = HMAC-SHA256(mac key, body), its first 16 bytes
//
// This is encrypt-then-MAC (Bellare and Namprempre, 2000); cutting the MAC to half its length is allowed by RFC 2104
// section 5. The nonce is the request id with the slot mixed in: 80 random bits under one key, so that a
// repeated counter block is not to be expected below 2^40 tokens.
//
// Keys are rotated by putting a new one in front of the ring ([Rotate]): the key id in the token says which one it was signed with, and old keys
// go on verifying. The tokens of pages ([PageToken]) and click ids ([Signer.AppendClickID]) are sealed in the same way under other versions,
// so that none passes for another.
//
// A [Seen] counts once within a process and, filled from the journal, over its restarts; [Shared] does so across processes. [Salts] tells the
// visitors of a day apart and forgets how; [Clicks] bounds what one of them can click.
//
// All types here may be used by any number of goroutines.
package beacon
