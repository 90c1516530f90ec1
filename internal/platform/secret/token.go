package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// tokenBytes is the randomness of a token; 256 bits leave room for guessing at
// many tokens at once.
const tokenBytes = 32

// TokenLen is the number of characters of a token.
const TokenLen = 43

// Token makes a random token of 256 bits in unpadded base64url (RFC 4648
// section 5): for session cookies, reset links and reply addresses. It is shown
// once; store only its HashToken.
func Token() string {
	var raw [tokenBytes]byte
	rand.Read(raw[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// HashToken is the form in which a token is stored and looked up: its SHA-256.
// A plain hash is enough because a token is random, unlike a password.
// The hash of an empty token is nil, which matches nothing.
func HashToken(token string) []byte {
	if token == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Equal compares two secrets in a time that depends on their lengths alone.
// Empty never equals anything, not even empty: a missing secret on both sides
// is a mistake, not a match.
func Equal(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(a, b) == 1
}
