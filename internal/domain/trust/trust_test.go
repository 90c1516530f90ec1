package trust_test

import (
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/trust"
	"kefu/internal/platform/fault"
)

const (
	// The public key of RFC 8037, appendix A.2, and the one of RFC 7515, appendix A.3.
	ed = `{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	ec = `{"kty":"EC","crv":"P-256","kid":"two","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
)

func TestIssuers(t *testing.T) {
	good := trust.Issuer{Issuer: "https://wallet.example", Audience: "kefu", Keys: []string{ed}}
	for name, c := range map[string]struct {
		change func(*trust.Issuer)
		want   string
	}{
		"one key":          {func(*trust.Issuer) {}, " "},
		"the next one too": {func(i *trust.Issuer) { i.Keys = append(i.Keys, ec) }, " "},
		"an address":       {func(i *trust.Issuer) { i.Keys, i.URL = nil, "https://wallet.example/.well-known/jwks.json" }, " "},
		"no name":          {func(i *trust.Issuer) { i.Issuer = "" }, "issuer missing"},
		"no audience":      {func(i *trust.Issuer) { i.Audience = "" }, "audience missing"},
		"no key":           {func(i *trust.Issuer) { i.Keys = nil }, "keys missing"},
		"both":             {func(i *trust.Issuer) { i.URL = "https://wallet.example" }, "jwks_url taken"},
		"a private key": {func(i *trust.Issuer) {
			i.Keys = []string{ed, strings.Replace(ed, `"kid"`, `"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","kid"`, 1)}
		}, "keys.1 private_key"},
		"a private file": {func(i *trust.Issuer) {
			i.Keys = []string{"-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"}
		}, "keys.0 private_key"},
		"one key twice":     {func(i *trust.Issuer) { i.Keys = []string{ed, ed} }, "keys.1 taken"},
		"a whole set":       {func(i *trust.Issuer) { i.Keys = []string{`{"keys":[` + ed + `]}`} }, "keys.0 no_kid"},
		"two in one":        {func(i *trust.Issuer) { i.Keys = []string{ed + "," + ec} }, "keys.0 taken"},
		"no kid":            {func(i *trust.Issuer) { i.Keys = []string{strings.Replace(ed, `"kid":"one",`, "", 1)} }, "keys.0 no_kid"},
		"RSA":               {func(i *trust.Issuer) { i.Keys = []string{`{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}`} }, "keys.0 unsupported"},
		"text":              {func(i *trust.Issuer) { i.Keys = []string{"my key"} }, "keys.0 malformed"},
		"half a key":        {func(i *trust.Issuer) { i.Keys = []string{strings.Replace(ed, "11qY", "", 1)} }, "keys.0 malformed"},
		"another algorithm": {func(i *trust.Issuer) { i.Algorithms = []string{"ES256"} }, "keys.0 unsupported"},
		"an unknown one":    {func(i *trust.Issuer) { i.Algorithms = []string{"none"} }, "algorithms unknown"},
		"too many":          {func(i *trust.Issuer) { i.Keys = slices.Repeat([]string{ed}, trust.MaxKeys+1) }, "keys too_many"},
		"a very long one":   {func(i *trust.Issuer) { i.Keys = []string{strings.Repeat("x", 5000)} }, "keys.0 too_long"},
		"an open address":   {func(i *trust.Issuer) { i.Keys, i.URL = nil, "http://wallet.example/jwks" }, "jwks_url not_https"},
		"an account":        {func(i *trust.Issuer) { i.Keys, i.URL = nil, "https://a:b@wallet.example/jwks" }, "jwks_url malformed"},
		"a file":            {func(i *trust.Issuer) { i.Keys, i.URL = nil, "file:///etc/passwd" }, "jwks_url malformed"},
	} {
		i := good
		i.Keys = slices.Clone(good.Keys)
		c.change(&i)
		err := i.Validate()
		if got := fault.FieldOf(err) + " " + fault.ReasonOf(err); got != c.want || (c.want == " ") != (err == nil) {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
	both := good
	both.Keys = []string{ed, ec}
	if set, err := both.KeySet(); err != nil || !slices.Equal(set.IDs(), []string{"one", "two"}) {
		t.Errorf("both count while one follows the other: %v, %v", set.IDs(), err)
	}
}

func TestEmbedding(t *testing.T) {
	for origin, want := range map[string]string{
		"https://wallet.example": "", "https://wallet.example:8443": "", "http://localhost:3000": "", "http://127.0.0.1:8081": "", "https://xn--fiq228c.example": "",
		"": "missing", "wallet.example": "malformed", "https://wallet.example/": "malformed", "https://wallet.example/help": "malformed",
		"http://wallet.example": "not_https", "https://*": "malformed", "https://*.wallet.example": "malformed", "*": "malformed", "'self'": "malformed",
		"https://a.example; script-src *": "malformed", "https://a.example https://b.example": "malformed", "https://a:b@wallet.example": "malformed",
		"javascript:alert(1)": "malformed", "ftp://wallet.example": "not_https", "https://WALLET.example": "malformed", "https://": "malformed",
	} {
		err := trust.Embedding{Origins: []string{origin}}.Validate()
		if got := fault.ReasonOf(err); got != want || (want == "") != (err == nil) {
			t.Errorf("%q: %q (%v), want %q", origin, got, err, want)
		}
	}
	err := trust.Embedding{Origins: []string{"https://a.example", "https://a.example"}}.Validate()
	if fault.FieldOf(err) != "origins.1" || fault.ReasonOf(err) != "taken" {
		t.Errorf("twice: %v", err)
	}
}

func FuzzIssuer(f *testing.F) {
	f.Add(ed)
	f.Add(`{"kty":"OKP"}`)
	f.Add("-----BEGIN PRIVATE KEY-----")
	f.Fuzz(func(t *testing.T, key string) {
		i := trust.Issuer{Issuer: "i", Audience: "a", Keys: []string{key}}
		if err := i.Validate(); err != nil {
			if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) == "" || fault.ReasonOf(err) == "" {
				t.Errorf("%q: %v", key, err)
			}
			return
		}
		if set, err := i.KeySet(); err != nil || len(set.IDs()) != 1 {
			t.Errorf("%q is valid and has the keys %v, %v", key, set.IDs(), err)
		}
	})
}
