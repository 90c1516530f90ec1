// Package credentials finds what opens an account or a machine: passwords, keys
// and tokens in the formats of their issuers, private keys of wallets, and the
// headers that carry them.
package credentials

import "kefu/internal/domain/guard/reading"

// Finder finds credentials. It is immutable.
type Finder struct {
	rules []tokenRule
}

// New is a finder with the published formats.
func New() *Finder { return &Finder{rules: tokenRules()} }

// search is the look at one text.
type search struct {
	*reading.Scan
	rules []tokenRule
}

// Keys finds keys, tokens and the values of credential headers.
func (f *Finder) Keys(s *reading.Scan) { (&search{s, f.rules}).detectKeys() }

// Pairs finds the passwords of pairs of a name and a password.
func (f *Finder) Pairs(s *reading.Scan) { (&search{s, f.rules}).loginPairs() }

// Passwords finds passwords; one-time codes and PINs in digits come first.
func (f *Finder) Passwords(s *reading.Scan) { (&search{s, f.rules}).detectPasswords() }
