package verification

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"kefu/internal/domain/identity"
)

// How long the wallet's keys are believed, and how soon after they were read an unknown
// key makes Kefu read them again: not so soon that whoever invents keys could have the
// wallet asked for each.
const (
	keysLive  = 10 * time.Minute
	keysAgain = 20 * time.Second
)

// keys remembers the wallet's public keys.
type keys struct {
	mu   sync.Mutex
	set  identity.KeySet
	read time.Time
}

// forToken gives the keys to verify a token with: those that were read lately, or, when
// the token names one that is not among them, those that there are now.
func (k *keys) forToken(ctx context.Context, from Wallet, signed string, now time.Time) (identity.KeySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := now.Sub(k.read)
	known := slices.Contains(k.set.IDs(), keyID(signed))
	if !k.read.IsZero() && age < keysLive && (known || age < keysAgain) {
		return k.set, nil
	}
	asking, cancel := context.WithTimeout(ctx, walletTime)
	defer cancel()
	set, err := from.Keys(asking)
	if err != nil {
		if known && age < 6*keysLive { // a wallet that is away for an hour
			return k.set, nil
		}
		return identity.KeySet{}, err
	}
	k.set, k.read = set, now
	return set, nil
}

// keyID is the key that a token says it was signed with. Nothing rests on it but which
// keys are at hand.
func keyID(signed string) string {
	head, _, _ := strings.Cut(signed, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || len(text) > 1024 {
		return ""
	}
	var header struct {
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(text, &header) != nil {
		return ""
	}
	return header.KeyID
}
