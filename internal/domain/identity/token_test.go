package identity_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

const audience = "kefu.example"

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// wallet is an issuer with one key of each kind.
type wallet struct {
	name string
	ed   ed25519.PrivateKey
	ec   *ecdsa.PrivateKey
}

func newWallet(t testing.TB, name string) wallet {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return wallet{name, ed, ec}
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (w wallet) edJWK(kid string) map[string]any {
	return map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(w.ed.Public().(ed25519.PublicKey))}
}

func (w wallet) ecJWK(t testing.TB, kid string) map[string]any {
	t.Helper()
	point, err := w.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": kid, "x": b64(point[1:33]), "y": b64(point[33:])}
}

func jwks(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w wallet) keys(t testing.TB) identity.KeySet {
	t.Helper()
	ks, err := identity.ParseKeySet(jwks(t, w.edJWK("ed"), w.ecJWK(t, "ec")))
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

func (w wallet) issuer(t testing.TB) identity.Issuer {
	return identity.Issuer{Name: w.name, Audience: audience, Keys: w.keys(t)}
}

func verifier(t testing.TB, wallets ...wallet) *identity.Verifier {
	t.Helper()
	var issuers []identity.Issuer
	for _, w := range wallets {
		issuers = append(issuers, w.issuer(t))
	}
	v, err := identity.NewVerifier(issuers, noon)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func good(issuer string) map[string]any {
	return map[string]any{
		"iss": issuer, "aud": audience, "sub": "cust-1", "jti": "j-1",
		"iat": noon().Unix(), "exp": noon().Unix() + 300,
	}
}

func with(base map[string]any, name string, value any) map[string]any {
	out := maps.Clone(base)
	out[name] = value
	if value == nil {
		delete(out, name)
	}
	return out
}

func text(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// raw signs exactly this header and these claims with the Ed25519 key.
func (w wallet) raw(header, claims string) string {
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	return input + "." + b64(ed25519.Sign(w.ed, []byte(input)))
}

func (w wallet) token(t testing.TB, claims map[string]any) string {
	return w.raw(`{"alg":"EdDSA","kid":"ed"}`, text(t, claims))
}

func TestVerifyGivesWhatTheWalletVouchedFor(t *testing.T) {
	w := newWallet(t, "wallet")
	v := verifier(t, w)
	full := good("wallet")
	maps.Copy(full, map[string]any{
		"aud": []string{"other", audience}, "nbf": noon().Unix(), "auth_time": noon().Add(-time.Hour).Unix(), "aal": 2, "lang": "zh-cn",
		"name": "  李\u202e雷 ", "amr": []string{"passkey"}, "unknown": map[string]any{"a": 1},
	})
	got, err := v.Verify(w.raw(`{"alg":"EdDSA","kid":"ed","typ":"JWT"}`, text(t, full)))
	want := identity.Claims{
		Issuer: "wallet", Subject: "cust-1", ID: "j-1", Name: "李雷", Language: "zh-CN",
		Level: identity.AL2, ProvedAt: noon().Add(-time.Hour), ExpiresAt: noon().Add(5 * time.Minute),
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	ec := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(good("wallet")))
	ec.Header["kid"] = "ec"
	signed, err := ec.SignedString(w.ec)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Verify(signed); err != nil || got.Subject != "cust-1" || got.Level != identity.AL1 || !got.ProvedAt.Equal(noon()) {
		t.Errorf("ES256: %+v, %v", got, err)
	}
}

func TestTimesAtTheirBounds(t *testing.T) {
	w := newWallet(t, "wallet")
	v := verifier(t, w)
	now := noon().Unix()
	for name, c := range map[string]struct {
		iat, exp any
		nbf      any
		ok       bool
	}{
		"last second":            {now - 299, now + 1, nil, true},
		"this second":            {now - 300, now, nil, false},
		"expired 1 s ago":        {now - 300, now - 1, nil, false},
		"a fraction left":        {now - 300, float64(now) + 0.5, nil, true},
		"ten minutes":            {now, now + 600, nil, true},
		"ten minutes and 1 s":    {now, now + 601, nil, false},
		"old, but long":          {now - 86400, now + 60, nil, false},
		"clock 60 s ahead":       {now + 60, now + 120, nil, true},
		"clock 61 s ahead":       {now + 61, now + 120, nil, false},
		"nbf 60 s ahead":         {now, now + 300, now + 60, true},
		"nbf 61 s ahead":         {now, now + 300, now + 61, false},
		"nbf is a string":        {now, now + 300, "0", false},
		"exp before iat":         {now + 50, now + 40, nil, false},
		"exp equals iat":         {now + 50, now + 50, nil, false},
		"no exp":                 {now, nil, nil, false},
		"no iat":                 {nil, now + 300, nil, false},
		"exp is a string":        {now, fmt.Sprint(now + 300), nil, false},
		"exp is huge":            {now, json.Number("1e300"), nil, false},
		"exp overflows":          {now, json.Number("1e999"), nil, false},
		"iat is negative":        {-5, now + 300, nil, false},
		"exp is a list":          {now, []int64{now + 300}, nil, false},
		"milliseconds by habit":  {now * 1000, (now + 300) * 1000, nil, false},
		"iat is true":            {true, now + 300, nil, false},
		"exp null":               {now, json.RawMessage("null"), nil, false},
		"exp as exponent number": {now, json.Number(fmt.Sprintf("%de0", now+300)), nil, true},
	} {
		claims := with(with(with(good("wallet"), "iat", c.iat), "exp", c.exp), "nbf", c.nbf)
		if _, err := v.Verify(w.token(t, claims)); (err == nil) != c.ok {
			t.Errorf("%s: err = %v, want ok = %v", name, err, c.ok)
		}
	}
}

// refusals is every token that must not be accepted, by what is wrong with it.
func refusals(t testing.TB, w, foreign wallet) map[string]string {
	base := good(w.name)
	claims, ed := text(t, base), `{"alg":"EdDSA","kid":"ed"}`
	valid := w.raw(ed, claims)
	parts := strings.Split(valid, ".")
	unsigned := func(header string) string { return b64([]byte(header)) + "." + parts[1] + "." }
	hmacWith := func(header string, key []byte) string {
		input := b64([]byte(header)) + "." + parts[1]
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		return input + "." + b64(mac.Sum(nil))
	}
	point, err := w.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := w.ec.Sign(rand.Reader, sum(b64([]byte(`{"alg":"ES256","kid":"ec"}`))+"."+parts[1]), nil)
	if err != nil {
		t.Fatal(err)
	}
	es := func(kid string, key *ecdsa.PrivateKey) string {
		tk := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(base))
		tk.Header["kid"] = kid
		s, err := tk.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	out := map[string]string{
		"empty": "", "dots": "..", "one part": parts[0], "two parts": parts[0] + "." + parts[1],
		"four parts": valid + ".x", "space before": " " + valid, "bearer": "Bearer " + valid,
		"line end in the signature": parts[0] + "." + parts[1] + "." + parts[2][:10] + "\n" + parts[2][10:],
		"padding":                   valid + "=", "standard base64": parts[0] + "." + parts[1] + "." + strings.Repeat("+/", 43),
		"too long":          w.token(t, with(base, "pad", strings.Repeat("x", identity.MaxTokenBytes))),
		"alg none":          unsigned(`{"alg":"none","kid":"ed"}`),
		"alg None":          unsigned(`{"alg":"None","kid":"ed"}`),
		"alg empty":         unsigned(`{"alg":"","kid":"ed"}`),
		"no alg":            unsigned(`{"kid":"ed"}`),
		"no signature":      parts[0] + "." + parts[1] + ".",
		"zero signature":    parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)),
		"HS256, Ed25519 x":  hmacWith(`{"alg":"HS256","kid":"ed"}`, w.ed.Public().(ed25519.PublicKey)),
		"HS256, EC point":   hmacWith(`{"alg":"HS256","kid":"ec"}`, point),
		"HS256, empty key":  hmacWith(`{"alg":"HS256","kid":"ed"}`, nil),
		"RS256":             rsaSigned(t, jwt.SigningMethodRS256, base),
		"PS256":             rsaSigned(t, jwt.SigningMethodPS256, base),
		"ES256, Ed25519":    w.raw(`{"alg":"ES256","kid":"ed"}`, claims),
		"EdDSA, EC key":     w.raw(`{"alg":"EdDSA","kid":"ec"}`, claims),
		"ES256, kid of ed":  es("ed", w.ec),
		"ES256, DER":        b64([]byte(`{"alg":"ES256","kid":"ec"}`)) + "." + parts[1] + "." + b64(ecDER),
		"ES384":             w.raw(`{"alg":"ES384","kid":"ec"}`, claims),
		"eddsa lower case":  w.raw(`{"alg":"eddsa","kid":"ed"}`, claims),
		"alg is a list":     w.raw(`{"alg":["EdDSA"],"kid":"ed"}`, claims),
		"no kid":            w.raw(`{"alg":"EdDSA"}`, claims),
		"empty kid":         w.raw(`{"alg":"EdDSA","kid":""}`, claims),
		"kid null":          w.raw(`{"alg":"EdDSA","kid":null}`, claims),
		"kid is a number":   w.raw(`{"alg":"EdDSA","kid":1}`, claims),
		"kid unknown":       w.raw(`{"alg":"EdDSA","kid":"other"}`, claims),
		"kid is a path":     w.raw(`{"alg":"EdDSA","kid":"../../dev/null"}`, claims),
		"kid is SQL":        w.raw(`{"alg":"EdDSA","kid":"x' OR '1'='1"}`, claims),
		"foreign key":       foreign.raw(ed, claims),
		"foreign ES256 key": es("ec", foreign.ec),
		"foreign issuer's kid": foreign.raw(`{"alg":"EdDSA","kid":"ed"}`,
			text(t, with(base, "iss", w.name))),
		"twice alg":        w.raw(`{"alg":"none","alg":"EdDSA","kid":"ed"}`, claims),
		"twice kid":        w.raw(`{"alg":"EdDSA","kid":"ed","kid":"ed"}`, claims),
		"escaped twice":    w.raw(`{"alg":"EdDSA","kid":"ed","k\u0069d":"ed"}`, claims),
		"Alg beside alg":   w.raw(`{"alg":"EdDSA","Alg":"none","kid":"ed"}`, claims),
		"typ":              w.raw(`{"alg":"EdDSA","kid":"ed","typ":"at+jwt"}`, claims),
		"typ empty":        w.raw(`{"alg":"EdDSA","kid":"ed","typ":""}`, claims),
		"header is a list": w.raw(`["EdDSA"]`, claims),
		"header text":      w.raw(`EdDSA`, claims),
		"header, then more": w.raw(`{"alg":"EdDSA","kid":"ed"}{}`,
			claims),
		"header deep":         w.raw(`{"alg":"EdDSA","kid":"ed","typ":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`}`, claims),
		"claims, then more":   w.raw(ed, claims+" 1"),
		"claims are a string": w.raw(ed, `"x"`),
		"claims are null":     w.raw(ed, `null`),
		"claims not UTF-8":    w.raw(ed, strings.Replace(claims, "cust-1", "cust\xff", 1)),
		"claims torn":         w.raw(ed, claims[:len(claims)-1]),
		"claims deep":         w.raw(ed, strings.TrimSuffix(claims, "}")+`,"x":`+strings.Repeat("[", 9)+strings.Repeat("]", 9)+`}`),
		"twice sub":           w.raw(ed, strings.TrimSuffix(claims, "}")+`,"sub":"cust-2"}`),
		"twice, deep inside":  w.raw(ed, strings.TrimSuffix(claims, "}")+`,"x":[{"a":1,"a":2}]}`),
		"Sub only":            w.raw(ed, strings.Replace(claims, `"sub"`, `"Sub"`, 1)),
		"sub half surrogate":  w.raw(ed, strings.Replace(claims, "cust-1", `\ud800`, 1)),
	}
	for _, name := range []string{"jku", "x5u", "jwk", "x5c", "x5t", "crit", "b64", "zip", "enc", "x"} {
		out["header "+name] = w.raw(`{"alg":"EdDSA","kid":"ed","`+name+`":"https://evil.example/keys"}`, claims)
	}
	out["header own jwk"] = foreign.raw(text(t, map[string]any{"alg": "EdDSA", "kid": "ed", "jwk": foreign.edJWK("ed")}), claims)
	for name, value := range map[string]any{
		"missing": nil, "empty": "", "a number": 7, "a list": []string{w.name}, "null": json.RawMessage("null"),
		"other": "somebody else",
	} {
		out["iss "+name] = w.token(t, with(base, "iss", value))
		if name != "other" {
			out["sub "+name] = w.token(t, with(base, "sub", value))
			out["jti "+name] = w.token(t, with(base, "jti", value))
		}
		out["aud "+name] = w.token(t, with(base, "aud", value))
	}
	for name, value := range map[string]string{
		"NUL": "a\x00", "line end": "a\nb", "zero width": "a\u200bb", "right to left": "a\u202eb", "separator": "a\u2028",
		"private use": "\ue000", "too long": strings.Repeat("x", 129), "replacement": "\ufffd",
	} {
		out["sub "+name] = w.token(t, with(base, "sub", value))
		out["jti "+name] = w.token(t, with(base, "jti", value))
	}
	maps.Copy(out, map[string]string{
		"iss in other case": w.token(t, with(base, "iss", strings.ToUpper(w.name))),
		"iss with a slash":  w.token(t, with(base, "iss", w.name+"/")),
		"aud prefix":        w.token(t, with(base, "aud", audience+".evil")),
		"aud empty list":    w.token(t, with(base, "aud", []string{})),
		"aud list of lists": w.token(t, with(base, "aud", [][]string{{audience}})),
		"aud object":        w.token(t, with(base, "aud", map[string]string{audience: audience})),
		"aud mixed":         w.token(t, with(base, "aud", []any{audience, 1})),
		"aal 0":             w.token(t, with(base, "aal", 0)),
		"aal 4":             w.token(t, with(base, "aal", 4)),
		"aal -1":            w.token(t, with(base, "aal", -1)),
		"aal 257":           w.token(t, with(base, "aal", 257)),
		"aal text":          w.token(t, with(base, "aal", "3")),
		"aal null":          w.token(t, with(base, "aal", json.RawMessage("null"))),
		"name is a number":  w.token(t, with(base, "name", 7)),
		"lang is a list":    w.token(t, with(base, "lang", []string{"en"})),
	})
	return out
}

func sum(s string) []byte { d := sha256.Sum256([]byte(s)); return d[:] }

func rsaSigned(t testing.TB, method jwt.SigningMethod, claims map[string]any) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tk := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	tk.Header["kid"] = "ed"
	s, err := tk.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryForgeryIsRefusedAlike(t *testing.T) {
	w, foreign := newWallet(t, "wallet"), newWallet(t, "foreign")
	v := verifier(t, w, foreign)
	if _, err := v.Verify(w.token(t, good("wallet"))); err != nil {
		t.Fatal(err)
	}
	for name, token := range refusals(t, w, foreign) {
		claims, err := v.Verify(token)
		if !fault.Is(err, fault.Unauthenticated) || claims != (identity.Claims{}) {
			t.Errorf("%s: %+v, %v", name, claims, err)
			continue
		}
		if f := err.(*fault.Error); f.Message != "the token is refused" || f.Field != "" {
			t.Errorf("%s: answered as %q", name, f.Message)
		}
		for part := range strings.SplitSeq(token, ".") {
			if len(part) > 8 && strings.Contains(err.Error(), part) {
				t.Errorf("%s: the log would hold the token: %v", name, err)
			}
		}
		for _, word := range []string{"cust-1", "j-1", "evil", "somebody"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%s: the log would hold %q: %v", name, word, err)
			}
		}
	}
}

func TestKeysRotateWithoutAGap(t *testing.T) {
	w, next := newWallet(t, "wallet"), newWallet(t, "wallet")
	v := verifier(t, w)
	old := w.token(t, good("wallet"))
	fresh := next.raw(`{"alg":"EdDSA","kid":"ed2"}`, text(t, good("wallet")))
	set := func(keys ...map[string]any) {
		t.Helper()
		ks, err := identity.ParseKeySet(jwks(t, keys...))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.SetKeys("wallet", ks); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, oldOK, freshOK bool) {
		t.Helper()
		if _, err := v.Verify(old); (err == nil) != oldOK {
			t.Errorf("%s: the old key: %v", when, err)
		}
		if _, err := v.Verify(fresh); (err == nil) != freshOK {
			t.Errorf("%s: the new key: %v", when, err)
		}
	}
	check("before", true, false)
	set(w.edJWK("ed"), next.edJWK("ed2"))
	check("both", true, true)
	set(next.edJWK("ed2"))
	check("after", false, true)
	if err := v.SetKeys("wallet", identity.KeySet{}); err != nil {
		t.Fatal(err)
	}
	check("none", false, false)
	if err := v.SetKeys("nobody", identity.KeySet{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown issuer: %v", err)
	}
}

func TestKeysOfOneIssuerDoNotOpenAnother(t *testing.T) {
	a, b := newWallet(t, "a"), newWallet(t, "b")
	ks, err := identity.ParseKeySet(jwks(t, a.edJWK("only-a")))
	if err != nil {
		t.Fatal(err)
	}
	v, err := identity.NewVerifier([]identity.Issuer{{Name: "a", Audience: audience, Keys: ks}, b.issuer(t)}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(a.raw(`{"alg":"EdDSA","kid":"only-a"}`, text(t, good("a")))); err != nil {
		t.Error(err)
	}
	if c, err := v.Verify(a.raw(`{"alg":"EdDSA","kid":"only-a"}`, text(t, good("b")))); err == nil {
		t.Errorf("a signed for b: %+v", c)
	}
}

func TestVerifyWhileKeysChange(t *testing.T) {
	w := newWallet(t, "wallet")
	v, ks, token := verifier(t, w), w.keys(t), w.token(t, good("wallet"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if err := v.SetKeys("wallet", ks); err != nil {
					t.Error(err)
				}
				if _, err := v.Verify(token); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewVerifierRefusesWhatCannotBeMeant(t *testing.T) {
	for name, issuers := range map[string][]identity.Issuer{
		"no name":     {{Audience: "x"}},
		"no audience": {{Name: "x"}},
		"twice":       {{Name: "x", Audience: "a"}, {Name: "x", Audience: "b"}},
	} {
		if _, err := identity.NewVerifier(issuers, noon); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongNamesAndUnknownLanguagesDoNotKeepOut(t *testing.T) {
	w := newWallet(t, "wallet")
	v := verifier(t, w)
	for lang, want := range map[string]string{"en": "en", "zh-hant-tw": "zh-Hant-TW", "": "", "!": "", strings.Repeat("en-", 30): "", "xx-nonsense-!": ""} {
		got, err := v.Verify(w.token(t, with(with(good("wallet"), "lang", lang), "name", strings.Repeat("名", 500)+"\x00")))
		if err != nil || got.Language != want || len([]rune(got.Name)) != 100 {
			t.Errorf("%q: %q, %d, %v", lang, got.Language, len([]rune(got.Name)), err)
		}
	}
}

func TestSignedTokensVerifyAndChangedOnesDoNot(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := identity.Signer{Issuer: "https://wallet.example", Audience: audience, KeyID: "2026-11", Key: key}
	ks, err := identity.ParseKeySet(s.KeySetJSON())
	if err != nil {
		t.Fatal(err)
	}
	v, err := identity.NewVerifier([]identity.Issuer{{Name: s.Issuer, Audience: s.Audience, Keys: ks}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	ident := rapid.StringMatching(`[a-zA-Z0-9:_@./ 客服é-]{1,40}`)
	rapid.Check(t, func(t *rapid.T) {
		want := identity.Claims{
			Issuer: s.Issuer, Subject: ident.Draw(t, "sub"), ID: ident.Draw(t, "jti"),
			Name: rapid.StringMatching(`[a-z李雷]{0,40}`).Draw(t, "name"), Language: rapid.SampledFrom([]string{"", "en", "zh-CN"}).Draw(t, "lang"),
			Level:     identity.Level(rapid.IntRange(1, 3).Draw(t, "level")),
			ProvedAt:  noon().Add(-time.Duration(rapid.IntRange(0, 9000).Draw(t, "before")) * time.Second),
			ExpiresAt: noon().Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second),
		}
		token, err := s.Sign(want, noon())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Verify(token); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		at := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		changed := []byte(token)
		changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "xor"))
		if got, err := v.Verify(string(changed)); err == nil {
			t.Fatalf("byte %d changed, and it still speaks for %+v", at, got)
		}
	})
}

func TestSignerSignsNothingThatWouldBeRefused(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := identity.Signer{Issuer: "w", Audience: audience, KeyID: "k", Key: key}
	for name, c := range map[string]identity.Claims{
		"no subject": {}, "too long": {Subject: "x", ExpiresAt: noon().Add(11 * time.Minute)},
		"expired": {Subject: "x", ExpiresAt: noon().Add(-1)}, "level": {Subject: "x", Level: 9},
	} {
		if _, err := s.Sign(c, noon()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (identity.Signer{Issuer: "w", Audience: "a", KeyID: "k"}).Sign(identity.Claims{Subject: "x"}, noon()); !fault.Is(err, fault.Invalid) {
		t.Errorf("no key: %v", err)
	}
	a, err := s.Sign(identity.Claims{Subject: "x"}, noon())
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := s.Sign(identity.Claims{Subject: "x"}, noon()); a == b {
		t.Error("two tokens have the same jti")
	}
	if shown := fmt.Sprintf("%v %+v %#v %x", s, s, s, s); strings.Contains(shown, b64(key)) || strings.Contains(shown, fmt.Sprintf("%x", []byte(key)[:8])) {
		t.Errorf("the key is shown: %s", shown)
	}
}

func FuzzVerify(f *testing.F) {
	w, foreign := newWallet(f, "wallet"), newWallet(f, "foreign")
	v := verifier(f, w, foreign)
	valid := w.token(f, good("wallet"))
	f.Add(valid)
	for _, token := range refusals(f, w, foreign) {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := v.Verify(token)
		if (err == nil) != (token == valid) {
			t.Errorf("Verify(%q) = %+v, %v", token, claims, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	w := newWallet(b, "wallet")
	v, token := verifier(b, w), w.token(b, good("wallet"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
