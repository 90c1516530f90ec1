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
	"kefu/internal/platform/fault"
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
// the token names one that is not among them, those that there are now. Errors:
// Unavailable, also while the wallet shows no such key: what it signed is no false proof
// for that, and is looked at again.
func (k *keys) forToken(ctx context.Context, from Wallet, signed string, now time.Time) (identity.KeySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := now.Sub(k.read)
	known := slices.Contains(k.set.IDs(), keyID(signed))
	if !k.read.IsZero() && age < keysLive && known {
		return k.set, nil
	}
	if !k.read.IsZero() && age < keysAgain {
		return identity.KeySet{}, fault.New(fault.Unavailable, "verification.forToken", "the wallet's keys were read a moment ago")
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
	if !slices.Contains(set.IDs(), keyID(signed)) { // the wallet signs with a key that it does not show yet
		return identity.KeySet{}, fault.New(fault.Unavailable, "verification.forToken", "the wallet does not show the key that it signed with")
	}
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
