// Package password is what signing in with something known and something owned
// needs: password hashes, the rule for choosing a password, and time-based
// one-time codes. It knows no users and stores nothing; counting failures and
// locking out is its caller's.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"kefu/internal/platform/fault"
)

// The cost of a hash: OWASP's first choice for Argon2id (Password Storage Cheat
// Sheet), about 25 ms on one core.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltLen   = 16
	hashLen   = 32
)

// What a stored hash may ask for at most, so that a planted one cannot take the
// machine down.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 10
	maxLanes     = 8
)

// Hasher makes and checks password hashes, a bounded number at a time: each
// takes 19 MiB and a core.
type Hasher struct {
	turns chan struct{}
	dummy string // a hash of nothing anyone can type, for users that do not exist
}

// NewHasher makes a Hasher that works on at most limit passwords at once, and
// at most one per core. 0 means one per core.
func NewHasher(limit int) *Hasher {
	cores := runtime.GOMAXPROCS(0)
	if limit <= 0 || limit > cores {
		limit = cores
	}
	var raw [saltLen + hashLen]byte
	rand.Read(raw[:]) // never fails: crypto/rand ends the process instead
	return &Hasher{turns: make(chan struct{}, limit), dummy: format(raw[:saltLen], raw[saltLen:])}
}

// Hash gives the hash of a password in the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash. It waits for its turn.
//
// Errors: Invalid for an empty or overlong password, Unavailable when ctx ends first.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	const op = "password.Hash"
	if password == "" || len(password) > maxBytes {
		return "", fault.InvalidField(op, "password", "has %d bytes, 1 to %d can be hashed", len(password), maxBytes)
	}
	if err := h.enter(ctx); err != nil {
		return "", fault.Wrap(op, err)
	}
	defer h.leave()
	salt := make([]byte, saltLen)
	rand.Read(salt)
	return format(salt, argon2.IDKey(normal(password), salt, passes, memoryKiB, lanes, hashLen)), nil
}

// Verify tells whether password is the one behind a stored hash, and whether
// the hash should be made anew because it was made at another cost. With no
// stored hash, as for a user that does not exist, it takes as long and says no.
//
// Errors: Internal when the stored hash cannot be read, Unavailable when ctx
// ends before its turn. A wrong password is no error.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (ok, renew bool, err error) {
	const op = "password.Verify"
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	p, err := parse(stored)
	if err != nil {
		return false, false, err
	}
	if len(password) > maxBytes {
		known, password = false, "" // too long to be anyone's; as slow as any other
	}
	if err := h.enter(ctx); err != nil {
		return false, false, fault.Wrap(op, err)
	}
	defer h.leave()
	got := argon2.IDKey(normal(password), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.hash)))
	same := subtle.ConstantTimeCompare(got, p.hash) == 1
	ok = same && known && password != ""
	return ok, ok && p.cost() != ours().cost(), nil
}

func (h *Hasher) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Hasher) leave() { <-h.turns }

// normal makes the same password of what different keyboards make of the same
// characters (NIST SP 800-63B section 5.1.1.2).
func normal(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

type params struct {
	memory, passes uint32
	lanes          uint8
	salt, hash     []byte
}

func ours() params {
	return params{memory: memoryKiB, passes: passes, lanes: lanes, salt: make([]byte, saltLen), hash: make([]byte, hashLen)}
}

func (p params) cost() [5]int {
	return [5]int{int(p.memory), int(p.passes), int(p.lanes), len(p.salt), len(p.hash)}
}

func format(salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

func parse(stored string) (params, error) {
	bad := func() (params, error) {
		return params{}, fault.New(fault.Internal, "password.Verify", "the stored password hash cannot be read")
	}
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad()
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return bad()
	}
	memory, ok1 := cost(costs[0], "m=", maxMemoryKiB)
	passes, ok2 := cost(costs[1], "t=", maxPasses)
	lanes, ok3 := cost(costs[2], "p=", maxLanes)
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	hash, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if !ok1 || !ok2 || !ok3 || memory < 8*lanes || err1 != nil || err2 != nil {
		return bad()
	}
	if len(salt) < 8 || len(salt) > 64 || len(hash) < 16 || len(hash) > 64 {
		return bad()
	}
	return params{memory: memory, passes: passes, lanes: uint8(lanes), salt: salt, hash: hash}, nil
}

func cost(text, name string, most uint32) (uint32, bool) {
	digits, found := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), found && err == nil && n >= 1 && uint32(n) <= most
}
