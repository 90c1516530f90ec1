package keep

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Mismatch is the reason of a Conflict about a key that was used before for something
// else.
const Mismatch = "idempotency_mismatch"

// KeyID is under what an idempotency key of a customer's is kept.
func KeyID(customer, key string) string {
	sum := sha256.Sum256([]byte(strconv.Itoa(len(customer)) + ":" + customer + key))
	return hex.EncodeToString(sum[:])
}

// Digest tells one command from another. With which proof it comes is not part of it.
func Digest(c wallet.Command) (string, error) {
	c.DryRun, c.Assertion, c.Approvals = false, "", nil
	text, err := json.Marshal(struct {
		wallet.Command
		A wallet.Act
		T string
	}{c, c.Act, c.Target})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), fault.Wrap("keep.Digest", err)
}

// HandleID is by what an address is found: mail without regard to case, a number by its
// digits.
func HandleID(kind, value string) string {
	if kind == wallet.HandlePhone {
		value = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, value)
	}
	return kind + ":" + strconv.FormatUint(Hash(strings.ToLower(strings.TrimSpace(value))), 36)
}

// Hash makes a number of a text, always the same.
func Hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}
