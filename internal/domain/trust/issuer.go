// Package trust says whom the house trusts on the wallet's side: who signs its
// customers' tokens, and which pages may hold the window. Both are settings that
// need a second person, for whoever may sign is every customer, and a page that
// holds the window can make its customers believe anything.
package trust

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Bounds of an issuer.
const (
	MaxIssuers  = 20
	MaxKeys     = 8       // of one issuer: the one in use, the next one, and some to spare
	maxKey      = 2 << 10 // bytes of one key
	maxIdentity = 200     // characters of iss and aud
	maxURL      = 500
)

// The reasons why a key or an address is refused, beside those of package settings.
const (
	PrivateKey  = "private_key" // it can sign: it must never leave the wallet
	Unsupported = "unsupported" // another kind of key, or none for the algorithms
	NotHTTPS    = "not_https"
)

// Issuer is a wallet's signer of its customers' tokens (RFC 7519). Its keys are
// pasted here, or are read from an address where the wallet publishes them. A key
// is rotated by adding the next one, signing with it, and taking the old one out
// when the last token under it has expired; until then both count.
type Issuer struct {
	Issuer     string   `json:"issuer" maxLength:"200" doc:"the iss of its tokens"`
	Audience   string   `json:"audience" maxLength:"200" doc:"the aud that its tokens must name: this Kefu"`
	Keys       []string `json:"keys,omitempty" guard:"-" maxItems:"8" doc:"public keys, each a JWK (RFC 7517): OKP with Ed25519, or EC with P-256"`
	URL        string   `json:"jwks_url,omitempty" guard:"-" maxLength:"500" doc:"where the keys are published, instead of keys"`
	Algorithms []string `json:"algorithms,omitempty" maxItems:"2" doc:"those that are accepted: EdDSA, ES256; none for both"`
}

// IssuerKind is its definition.
func IssuerKind() settings.Definition {
	return settings.Define(settings.Kind[Issuer]{
		Name: "issuer", FourEyes: true, Max: MaxIssuers, Read: policy.ReadSetup, Change: policy.ChangeSetup, Check: uniqueIssuer,
	})
}

// Validate implements settings.Value.
func (i Issuer) Validate() error {
	const op = "trust.Issuer.Validate"
	if err := settings.CheckLine("issuer", i.Issuer, maxIdentity); err != nil {
		return err
	}
	if err := settings.CheckLine("audience", i.Audience, maxIdentity); err != nil {
		return err
	}
	for _, name := range i.Algorithms {
		if name != "EdDSA" && name != "ES256" {
			return fault.InvalidFor(op, "algorithms", settings.Unknown, "are EdDSA and ES256")
		}
	}
	switch {
	case i.URL != "" && len(i.Keys) > 0:
		return fault.InvalidFor(op, "jwks_url", settings.Taken, "either the keys or their address")
	case i.URL != "":
		return checkAddress(i.URL)
	case len(i.Keys) == 0:
		return fault.InvalidFor(op, "keys", settings.Missing, "there is none")
	}
	_, err := i.KeySet()
	return err
}

// KeySet is the keys that were pasted, as far as the algorithms go. Errors: Invalid,
// with the place of the key.
func (i Issuer) KeySet() (identity.KeySet, error) {
	const op = "trust.KeySet"
	if len(i.Keys) > MaxKeys {
		return identity.KeySet{}, fault.InvalidFor(op, "keys", settings.TooMany, "are more than %d", MaxKeys)
	}
	var seen []string
	for at, key := range i.Keys {
		field := "keys." + string(rune('0'+at))
		if len(key) > maxKey {
			return identity.KeySet{}, fault.InvalidFor(op, field, settings.TooLong, "is longer than any key")
		}
		set, err := identity.ParseKeySet([]byte(`{"keys":[` + key + `]}`))
		if err != nil {
			return set, fault.InvalidFor(op, field, whatIsWrong(key), "%v", err)
		}
		ids := set.IDs()
		if len(ids) != 1 || slices.Contains(seen, ids[0]) {
			return set, fault.InvalidFor(op, field, settings.Taken, "its kid is there twice")
		}
		seen = append(seen, ids[0])
		if len(i.Algorithms) > 0 && len(set.Only(i.Algorithms...).IDs()) == 0 {
			return set, fault.InvalidFor(op, field, Unsupported, "is for none of the algorithms")
		}
	}
	return identity.ParseKeySet([]byte(`{"keys":[` + strings.Join(i.Keys, ",") + `]}`))
}

// whatIsWrong is the reason why a text is no public key of the kinds that count.
func whatIsWrong(key string) string {
	var jwk map[string]any
	if json.Unmarshal([]byte(key), &jwk) != nil {
		if strings.Contains(key, "PRIVATE KEY") {
			return PrivateKey
		}
		return settings.Malformed
	}
	for _, private := range []string{"d", "k", "p", "q"} {
		if jwk[private] != nil {
			return PrivateKey
		}
	}
	if jwk["kid"] == nil {
		return "no_kid"
	}
	if kty, crv := jwk["kty"], jwk["crv"]; (kty != "OKP" || crv != "Ed25519") && (kty != "EC" || crv != "P-256") {
		return Unsupported
	}
	return settings.Malformed
}

// checkAddress wants an https address without an account in it.
func checkAddress(address string) error {
	const op = "trust.checkAddress"
	if err := settings.CheckLine("jwks_url", address, maxURL); err != nil {
		return err
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fault.InvalidFor(op, "jwks_url", settings.Malformed, "is no address")
	case u.Scheme != "https":
		return fault.InvalidFor(op, "jwks_url", NotHTTPS, "is not https")
	default:
		return nil
	}
}

// uniqueIssuer refuses an issuer that is there already: the keys of one belong
// together.
func uniqueIssuer(all *settings.Snapshot, id string, i Issuer) error {
	for _, other := range settings.All[Issuer](all) {
		if other.ID != id && other.Value.Issuer == i.Issuer {
			return fault.InvalidFor("trust.uniqueIssuer", "issuer", settings.Taken, "is there already")
		}
	}
	return nil
}
