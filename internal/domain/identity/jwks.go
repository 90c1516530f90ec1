package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"kefu/internal/platform/fault"
)

// Limits of a key set: its text in bytes, its keys, and a key's id in bytes.
const (
	MaxKeySetBytes = 64 << 10
	MaxKeys        = 32
	MaxKeyIDLen    = 128
)

// KeySet is the public keys of an issuer by key id. Keys are rotated by
// registering the new one beside the old, signing with the new, and taking the
// old one out when the last token under it has expired. It never changes once
// parsed; the zero value has no keys.
type KeySet struct{ keys map[string]verificationKey }

// verificationKey is a public key and the one algorithm it may be used with.
// That the algorithm comes from the key, and is only compared with the token's,
// is what rules out algorithm confusion (RFC 8725 section 3.1).
type verificationKey struct {
	method jwt.SigningMethod
	public any
}

// ParseKeySet reads a JWK set (RFC 7517) of Ed25519 keys (RFC 8037) and P-256
// keys (RFC 7518 section 6.2). It is strict, because a mistake here is found by
// an operator today and by an attacker later. Public keys of other kinds, or for
// encryption, are passed over (RFC 7517 section 5): wallets publish those beside
// the ones that sign tokens.
//
// Errors: Invalid, with a sentence for the operator that names the key.
func ParseKeySet(jwksJSON []byte) (KeySet, error) {
	const op = "identity.ParseKeySet"
	if len(jwksJSON) > MaxKeySetBytes {
		return KeySet{}, fault.New(fault.Invalid, op, "the key set is larger than %d bytes", MaxKeySetBytes)
	}
	set, err := readObject(jwksJSON)
	if err != nil {
		return KeySet{}, fault.New(fault.Invalid, op, "the key set %v", err)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(set["keys"], &list); err != nil || len(list) == 0 {
		return KeySet{}, fault.New(fault.Invalid, op, `the key set has no keys: write {"keys":[…]}`)
	}
	if len(list) > MaxKeys {
		return KeySet{}, fault.New(fault.Invalid, op, "the key set has %d keys, more than %d", len(list), MaxKeys)
	}
	ks := KeySet{keys: make(map[string]verificationKey, len(list))}
	var other error
	for i, raw := range list {
		jwk, err := readObject(raw)
		if err != nil {
			return KeySet{}, fault.New(fault.Invalid, op, "key %d of the set %v", i+1, err)
		}
		kid, key, err := parseKey(jwk)
		if errors.Is(err, errOther) {
			other = err
			continue
		}
		if err != nil {
			return KeySet{}, fault.New(fault.Invalid, op, "key %d of the set: %v", i+1, err)
		}
		if _, twice := ks.keys[kid]; twice {
			return KeySet{}, fault.New(fault.Invalid, op, "key %d of the set: the kid %q is used twice", i+1, kid)
		}
		ks.keys[kid] = key
	}
	if len(ks.keys) == 0 {
		return KeySet{}, fault.New(fault.Invalid, op, "the key set has no key that signs tokens: %v", other)
	}
	return ks, nil
}

// otherKey says why a key is not one of those that sign tokens here.
type otherKey string

// Error implements error.
func (k otherKey) Error() string { return string(k) }

// Is lets errOther stand for all of them.
func (k otherKey) Is(target error) bool { return target == errOther }

const errOther = otherKey("another kind of key")

// Only gives the keys of some algorithms, by their names in tokens.
func (ks KeySet) Only(algorithms ...string) KeySet {
	kept := KeySet{keys: make(map[string]verificationKey, len(ks.keys))}
	for id, key := range ks.keys {
		if slices.Contains(algorithms, key.method.Alg()) {
			kept.keys[id] = key
		}
	}
	return kept
}

// IDs lists the key ids, sorted.
func (ks KeySet) IDs() []string {
	ids := make([]string, 0, len(ks.keys))
	for id := range ks.keys {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func parseKey(jwk object) (string, verificationKey, error) {
	none := verificationKey{}
	kid, err := jwk.identifier("kid", MaxKeyIDLen)
	if err != nil {
		return "", none, err
	}
	for _, private := range []string{"d", "k", "p", "q"} {
		if _, there := jwk[private]; there {
			return "", none, fmt.Errorf("%q is a private or secret key (it has %q): give its public half only, and replace it, since it has been copied", kid, private)
		}
	}
	if err := forSignatures(jwk); err != nil {
		return "", none, fmt.Errorf("%q: %w", kid, err)
	}
	key, err := parsePublic(jwk)
	if err != nil {
		return "", none, fmt.Errorf("%q: %w", kid, err)
	}
	if alg, err := jwk.text("alg"); err != nil || (alg != "" && alg != key.method.Alg()) {
		return "", none, fmt.Errorf("%q: alg is not %s, the algorithm of such a key", kid, key.method.Alg())
	}
	return kid, key, nil
}

// forSignatures refuses a key that its owner meant for something else.
func forSignatures(jwk object) error {
	switch use, err := jwk.text("use"); {
	case err != nil:
		return errors.New(`use is not "sig"`)
	case use == "enc":
		return otherKey(`use is not "sig"`)
	case use != "" && use != "sig":
		return errors.New(`use is not "sig"`)
	}
	raw, there := jwk["key_ops"]
	if !there {
		return nil
	}
	var ops []string
	if err := json.Unmarshal(raw, &ops); err != nil || !slices.Contains(ops, "verify") {
		return errors.New(`key_ops does not have "verify"`)
	}
	return nil
}

func parsePublic(jwk object) (verificationKey, error) {
	kty, _ := jwk.text("kty")
	crv, _ := jwk.text("crv")
	switch {
	case kty == "OKP" && crv == "Ed25519":
		x, err := jwk.bytes32("x")
		return verificationKey{jwt.SigningMethodEdDSA, ed25519.PublicKey(x)}, err
	case kty == "EC" && crv == "P-256":
		x, err := jwk.bytes32("x")
		if err != nil {
			return verificationKey{}, err
		}
		y, err := jwk.bytes32("y")
		if err != nil {
			return verificationKey{}, err
		}
		point := slices.Concat([]byte{4}, x, y) // SEC 1 section 2.3.3, uncompressed
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return verificationKey{}, errors.New("x and y are no point of P-256")
		}
		return verificationKey{jwt.SigningMethodES256, public}, nil
	case kty == "RSA" || slices.Contains([]string{"X25519", "X448", "Ed448", "P-384", "P-521", "secp256k1"}, crv):
		return verificationKey{}, otherKey(fmt.Sprintf("kty %q with crv %q is not supported: use OKP with Ed25519, or EC with P-256", kty, crv))
	default:
		return verificationKey{}, fmt.Errorf("kty %q with crv %q is not supported: use OKP with Ed25519, or EC with P-256", kty, crv)
	}
}

// bytes32 decodes a coordinate: 32 bytes in base64url without padding.
func (o object) bytes32(name string) ([]byte, error) {
	s, err := o.text(name)
	if err != nil {
		return nil, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != 32 || len(s) != 43 {
		return nil, fmt.Errorf("%s is not 32 bytes in base64url without padding", name)
	}
	return raw, nil
}
