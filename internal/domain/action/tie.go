package action

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Tie is a kind of thing that two people may have in common.
type Tie string

// The kinds.
const (
	TieDevice Tie = "device" // a mark of the wallet's
	TieMail   Tie = "mail"   // an address
)

// TieOf is such a thing as a digest, which says nothing but whether another is the same.
func TieOf(kind Tie, text string) string {
	sum := sha256.Sum256([]byte("kefu tie 1 " + string(kind) + " " + strings.ToLower(strings.TrimSpace(text))))
	return string(kind) + ":" + hex.EncodeToString(sum[:])
}

// Ties are those of one kind.
func (k Kept) Ties(kind Tie) (all []string) {
	for _, t := range k.Tied {
		if strings.HasPrefix(t, string(kind)+":") {
			all = append(all, t)
		}
	}
	return all
}

// TiedBy tells whether the customer of k has that.
func (k Kept) TiedBy(kind Tie, text string) bool {
	if strings.TrimSpace(text) == "" {
		return false
	}
	of := TieOf(kind, text)
	for _, t := range k.Tied {
		if t == of {
			return true
		}
	}
	return false
}
