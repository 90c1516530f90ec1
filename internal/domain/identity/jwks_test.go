package identity_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

func TestParseKeySetNamesTheMistake(t *testing.T) {
	w := newWallet(t, "wallet")
	ed := func(name string, value any) string {
		return string(jwks(t, w.edJWK("good"), with(w.edJWK("bad"), name, value)))
	}
	ec := func(name string, value any) string { return string(jwks(t, with(w.ecJWK(t, "bad"), name, value))) }
	private := maps.Clone(w.edJWK("bad"))
	private["d"] = b64(w.ed.Seed())
	swapped := w.ecJWK(t, "bad")
	swapped["x"], swapped["y"] = swapped["y"], swapped["x"]
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "is not a JSON object"},
		"a list":            {"[]", "is not a JSON object"},
		"no keys":           {`{}`, "has no keys"},
		"empty keys":        {`{"keys":[]}`, "has no keys"},
		"keys an object":    {`{"keys":{}}`, "has no keys"},
		"a key of text":     {`{"keys":["x"]}`, "key 1 of the set is not a JSON object"},
		"twice keys":        {`{"keys":[],"keys":[]}`, "name twice"},
		"more after":        {string(jwks(t, w.edJWK("a"))) + "x", "goes on"},
		"torn":              {string(jwks(t, w.edJWK("a")))[:40], "not valid JSON"},
		"too large":         {strings.Repeat(" ", identity.MaxKeySetBytes+1), "larger than"},
		"too many":          {string(jwks(t, slices.Repeat([]map[string]any{w.edJWK("a")}, 33)...)), "more than 32"},
		"twice kid":         {string(jwks(t, w.edJWK("a"), w.ecJWK(t, "a"))), `key 2 of the set: the kid "a" is used twice`},
		"no kid":            {ed("kid", nil), "key 2 of the set: kid is missing"},
		"kid a number":      {ed("kid", 2), "kid is not a string"},
		"kid too long":      {ed("kid", strings.Repeat("k", 129)), "kid is longer"},
		"kid unseen":        {ed("kid", "a\u200b"), "nobody can see"},
		"private":           {string(jwks(t, private)), `"bad" is a private or secret key (it has "d")`},
		"symmetric":         {`{"keys":[{"kty":"oct","kid":"s","k":"AAAA"}]}`, `(it has "k")`},
		"RSA":               {`{"keys":[{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}]}`, `kty "RSA"`},
		"only others":       {string(jwks(t, with(w.ecJWK(t, "a"), "crv", "P-384"), with(w.edJWK("b"), "use", "enc"))), "no key that signs"},
		"no kty":            {ed("kty", nil), `kty ""`},
		"kty in other case": {ed("kty", "okp"), `kty "okp"`},
		"to sign":           {ed("key_ops", []string{"sign"}), "key_ops"},
		"other alg":         {ed("alg", "ES256"), "alg is not EdDSA"},
		"HS256":             {ec("alg", "HS256"), "alg is not ES256"},
		"no x":              {ed("x", nil), "x is not 32 bytes"},
		"short x":           {ed("x", "AAAA"), "x is not 32 bytes"},
		"padded x":          {ed("x", b64(make([]byte, 32))+"="), "x is not 32 bytes"},
		"x with line end":   {ed("x", "\n"+b64(make([]byte, 32))), "x is not 32 bytes"},
		"no y":              {ec("y", nil), "y is not 32 bytes"},
		"no point":          {string(jwks(t, swapped)), "no point of P-256"},
		"zero point":        {string(jwks(t, with(with(w.ecJWK(t, "bad"), "x", b64(make([]byte, 32))), "y", b64(make([]byte, 32))))), "no point of P-256"},
	} {
		ks, err := identity.ParseKeySet([]byte(c.text))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || len(ks.IDs()) > 0 {
			t.Errorf("%s: %v, %v; want %q", name, ks.IDs(), err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), b64(w.ed.Seed())) {
			t.Errorf("%s: the sentence holds the private key", name)
		}
	}
}

// A wallet's set may hold keys that have nothing to do with us.
func TestParseKeySetPassesOverOtherKinds(t *testing.T) {
	w := newWallet(t, "wallet")
	for name, other := range map[string]map[string]any{
		"RSA":            {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"},
		"X25519":         with(w.edJWK("x"), "crv", "X25519"),
		"P-384":          with(w.ecJWK(t, "p"), "crv", "P-384"),
		"for encryption": with(w.edJWK("e"), "use", "enc"),
	} {
		ks, err := identity.ParseKeySet(jwks(t, other, w.edJWK("ours")))
		if err != nil || !slices.Equal(ks.IDs(), []string{"ours"}) {
			t.Errorf("%s: %v, %v", name, ks.IDs(), err)
		}
	}
	if _, err := identity.ParseKeySet(jwks(t, with(w.edJWK("e"), "d", "AAAA"), w.edJWK("ours"))); err == nil {
		t.Error("a private key was passed over in silence")
	}
}

func TestParseKeySetTakesWhatWalletsPublish(t *testing.T) {
	w := newWallet(t, "wallet")
	ed, ec := w.edJWK("b"), w.ecJWK(t, "a")
	maps.Copy(ed, map[string]any{"use": "sig", "alg": "EdDSA", "key_ops": []string{"verify"}, "x-note": "new"})
	ec["alg"] = "ES256"
	ks, err := identity.ParseKeySet(jwks(t, ed, ec))
	if err != nil || !slices.Equal(ks.IDs(), []string{"a", "b"}) {
		t.Errorf("%v, %v", ks.IDs(), err)
	}
	// RFC 8037 appendix A.2.
	if _, err := identity.ParseKeySet([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"A2","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)); err != nil {
		t.Error(err)
	}
}

func FuzzParseKeySet(f *testing.F) {
	w := newWallet(f, "wallet")
	f.Add(jwks(f, w.edJWK("a"), w.ecJWK(f, "b")))
	f.Add([]byte(`{"keys":[{"kty":"oct","kid":"s","k":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		ks, err := identity.ParseKeySet(text)
		if (err == nil) != (len(ks.IDs()) > 0) {
			t.Errorf("%v, %v", ks.IDs(), err)
		}
	})
}
