// Package id makes the identifiers of everything Kefu stores: 128 random bits,
// written as 26 lower-case characters of Crockford's base32 (no i, l, o, u), so
// that a person can read one over the phone. An identifier grants nothing: every
// use of one is authorised as well.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
)

// Len is the number of characters of every identifier.
const Len = 26

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Source makes new identifiers. Tests and the simulation pass their own.
type Source func() string

// New returns a fresh identifier from the operating system's random source.
func New() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails: crypto/rand ends the process instead
	return encoding().EncodeToString(raw[:])
}

// Valid tells whether s has the form of an identifier. It says nothing about
// whether such a thing exists.
func Valid(s string) bool {
	if len(s) != Len {
		return false
	}
	for i := range len(s) {
		if !inAlphabet(s[i]) {
			return false
		}
	}
	return true
}

// ValidUUID tells whether s is a UUID as clients make them (RFC 9562, section 4):
// 32 hexadecimal digits in five groups. No room is left in one for words.
func ValidUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F'):
			return false
		}
	}
	return true
}

func inAlphabet(c byte) bool {
	switch {
	case c >= '0' && c <= '9':
		return true
	case c >= 'a' && c <= 'z':
		return c != 'i' && c != 'l' && c != 'o' && c != 'u'
	default:
		return false
	}
}

func encoding() *base32.Encoding {
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
}

// From derives an identifier from a text, the same one every time: the first 128
// bits of its SHA-256. It is as hard to guess as the text.
func From(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encoding().EncodeToString(sum[:16])
}
