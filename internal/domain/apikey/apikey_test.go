package apikey_test

import (
	"net/netip"
	"strings"
	"testing"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

func TestWhatAKeyMayBe(t *testing.T) {
	const now = 1_000
	good := apikey.New{Name: "Fraud service", Scopes: []identity.Scope{identity.WriteNotes}, Networks: []string{"10.0.0.0/8", "2001:db8::1"}, ExpiresAt: now + 1}
	if err := good.Check(now); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*apikey.New)
		field  string
	}{
		"without a name":           {func(n *apikey.New) { n.Name = "  " }, "name"},
		"with a long name":         {func(n *apikey.New) { n.Name = strings.Repeat("名", apikey.MaxNameChars+1) }, "name"},
		"with a line end":          {func(n *apikey.New) { n.Name = "a\nb" }, "name"},
		"with a turned name":       {func(n *apikey.New) { n.Name = "a\u202eb" }, "name"},
		"without scopes":           {func(n *apikey.New) { n.Scopes = nil }, "scopes"},
		"with an unknown scope":    {func(n *apikey.New) { n.Scopes = []identity.Scope{"settings.change"} }, "scopes"},
		"with a scope twice":       {func(n *apikey.New) { n.Scopes = append(n.Scopes, n.Scopes...) }, "scopes"},
		"expired":                  {func(n *apikey.New) { n.ExpiresAt = now }, "expires_at"},
		"expiring before time":     {func(n *apikey.New) { n.ExpiresAt = -1 }, "expires_at"},
		"expiring in a lifetime":   {func(n *apikey.New) { n.ExpiresAt = now + apikey.MaxLife + 1 }, "expires_at"},
		"with a name as a network": {func(n *apikey.New) { n.Networks = []string{"example.org"} }, "networks"},
		"with a mapped network":    {func(n *apikey.New) { n.Networks = []string{"::ffff:10.0.0.0/104"} }, "networks"},
		"with many networks":       {func(n *apikey.New) { n.Networks = make([]string, apikey.MaxNetworks+1) }, "networks"},
	} {
		n := good
		n.Scopes = append([]identity.Scope{}, good.Scopes...)
		c.change(&n)
		if err := n.Check(now); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != c.field {
			t.Errorf("a key %s: %v", name, err)
		}
	}
}

func TestFromWhereAKeyIsUsed(t *testing.T) {
	networks, err := apikey.ParseNetworks([]string{"10.1.2.3/8", "2001:db8::/32", "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"10.9.9.9": true, "::ffff:10.9.9.9": true, "11.0.0.1": false, "2001:db8:1::1": true, "2001:db9::1": false, "192.0.2.7": true, "192.0.2.8": false,
	} {
		if got := (apikey.Key{Networks: networks}).From(netip.MustParseAddr(address)); got != want {
			t.Errorf("from %s: %v", address, got)
		}
		if !(apikey.Key{}).From(netip.MustParseAddr(address)) {
			t.Errorf("a key without networks is not used from %s", address)
		}
	}
	if (apikey.Key{Networks: networks}).From(netip.Addr{}) {
		t.Error("an unknown address is inside")
	}
}

func TestStatesOfAKey(t *testing.T) {
	for want, k := range map[apikey.State]apikey.Key{
		apikey.Active: {ExpiresAt: 11}, apikey.Expired: {ExpiresAt: 10}, apikey.Revoked: {ExpiresAt: 10, RevokedAt: 5, Orphaned: true},
		apikey.Suspended: {ExpiresAt: 11, Orphaned: true},
	} {
		if got := k.At(10); got != want {
			t.Errorf("%+v is %s", k, got)
		}
	}
}

// The guard takes a key out of whatever people write, however little stands beside
// it, and no two keys are alike.
func TestTheGuardKnowsKeys(t *testing.T) {
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 200 {
		key := apikey.Secret()
		if seen[key] || !apikey.Looks(key) || len(key) < len(apikey.Prefix)+43 {
			t.Fatalf("%q", key)
		}
		seen[key] = true
		for _, text := range []string{key, "use " + key + ".", "curl -H 'Authorization: Bearer " + key + "'", "密钥是" + key + "，谢谢"} {
			clean, found, err := detector.Redact(t.Context(), text)
			if err != nil || len(found) == 0 || strings.Contains(clean, key[len(apikey.Prefix):]) || strings.Contains(clean, key[len(key)-12:]) {
				t.Fatalf("%q became %q: %v", text, clean, err)
			}
		}
	}
}

func TestScopesAreASet(t *testing.T) {
	all := identity.ScopesOf(identity.AllScopes()...)
	if got := all.List(); len(got) != len(identity.AllScopes()) {
		t.Errorf("all are %v", got)
	}
	for _, s := range identity.AllScopes() {
		one := identity.ScopesOf(s)
		for _, other := range identity.AllScopes() {
			if one.Has(other) != (s == other) {
				t.Errorf("%v has %s: %v", one.List(), other, one.Has(other))
			}
		}
	}
	if none := identity.ScopesOf("settings.change", ""); none != 0 || none.Has("") || none.Has("settings.change") || all.Has("*") {
		t.Error("what is no scope counts as one")
	}
}
