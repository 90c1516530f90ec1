package assurance_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// theWallet signs assertions as a wallet does.
type theWallet struct {
	key  ed25519.PrivateKey
	keys identity.KeySet
}

func newWallet(t testing.TB) theWallet {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	set := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"w1","use":"sig","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public))
	keys, err := identity.ParseKeySet([]byte(set))
	if err != nil {
		t.Fatal(err)
	}
	return theWallet{private, keys}
}

var now = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

func sum(t testing.TB, text, currency string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, currency, 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wanted(t testing.TB) assurance.Wanted {
	return assurance.Wanted{
		Issuer: "wallet", Audience: "kefu", Subject: "cust-1", Case: "conv-1", Act: wallet.RequestRefund, Target: "tx-1", Amount: sum(t, "12.50", "EUR"),
		Level: identity.AL2, Nonce: "n-1",
	}
}

func honest() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "wallet", "aud": "kefu", "sub": "cust-1", "case": "conv-1", "act": "refund", "tgt": "tx-1", "amt": "12.50", "cur": "EUR", "aal": 2,
		"amr": []string{"passkey"}, "factor_age_min_h": 2000, "dev": "d-1", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "jti": "j-1", "nonce": "n-1",
	}
}

func (w theWallet) sign(t testing.TB, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"], token.Header["typ"] = "w1", assurance.Type
	for name, value := range header {
		if value == nil {
			delete(token.Header, name)
			continue
		}
		token.Header[name] = value
	}
	signed, err := token.SignedString(w.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestAnHonestProofIsTaken(t *testing.T) {
	w := newWallet(t)
	a, err := assurance.Verify(w.sign(t, honest(), nil), w.keys, wanted(t), now)
	if err != nil || a.Level != identity.AL2 || a.ID != "j-1" || a.Device != "d-1" || a.FactorAge != 2000*time.Hour {
		t.Fatalf("%+v %v", a, err)
	}
	claims := honest()
	claims["amt"] = "12.5" // one sum, written shorter
	if _, err := assurance.Verify(w.sign(t, claims, nil), w.keys, wanted(t), now); err != nil {
		t.Error(err)
	}
}

// Each line takes or changes one thing; all are refused, with one message.
func TestForgedAssertions(t *testing.T) {
	w, other := newWallet(t), newWallet(t)
	signed := func(change func(jwt.MapClaims)) string {
		c := honest()
		change(c)
		return w.sign(t, c, nil)
	}
	parts := strings.Split(w.sign(t, honest(), nil), ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"w1","typ":"`+assurance.Type+`"}`)) + "." + parts[1] + "."
	cases := map[string]string{
		"no signature":              none,
		"somebody else's key":       other.sign(t, honest(), nil),
		"a token to come in with":   w.sign(t, honest(), map[string]any{"typ": "JWT"}),
		"no type at all":            w.sign(t, honest(), map[string]any{"typ": nil}),
		"a key of its own":          w.sign(t, honest(), map[string]any{"jwk": map[string]string{"kty": "OKP"}}),
		"an unknown key":            w.sign(t, honest(), map[string]any{"kid": "w2"}),
		"a claim that says nothing": signed(func(c jwt.MapClaims) { c["admin"] = true }),
		"changed after the signing": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"wallet"}`)) + "." + parts[2],
		"nothing":                   "",
		"something long":            strings.Repeat("a", 5000),
		"a text for a number":       signed(func(c jwt.MapClaims) { c["aal"] = "2" }),
		"an audience of several":    signed(func(c jwt.MapClaims) { c["aud"] = []string{"kefu"} }),
		"another customer":          signed(func(c jwt.MapClaims) { c["sub"] = "cust-2" }),
		"another wallet":            signed(func(c jwt.MapClaims) { c["iss"] = "wallet2" }),
		"another Kefu":              signed(func(c jwt.MapClaims) { c["aud"] = "kefu2" }),
		"another conversation":      signed(func(c jwt.MapClaims) { c["case"] = "conv-2" }),
		"another act":               signed(func(c jwt.MapClaims) { c["act"] = "unfreeze" }),
		"another payment":           signed(func(c jwt.MapClaims) { c["tgt"] = "tx-2" }),
		"no payment":                signed(func(c jwt.MapClaims) { delete(c, "tgt") }),
		"more money":                signed(func(c jwt.MapClaims) { c["amt"] = "125.00" }),
		"another currency":          signed(func(c jwt.MapClaims) { c["cur"] = "USD" }),
		"no sum":                    signed(func(c jwt.MapClaims) { delete(c, "amt"); delete(c, "cur") }),
		"too weak":                  signed(func(c jwt.MapClaims) { c["aal"] = 1 }),
		"a code by message":         signed(func(c jwt.MapClaims) { c["amr"] = []string{"sms"}; c["aal"] = 3 }),
		"a code by mail":            signed(func(c jwt.MapClaims) { c["amr"] = []string{"email"}; c["aal"] = 3 }),
		"nothing was used":          signed(func(c jwt.MapClaims) { c["amr"] = []string{} }),
		"expired":                   signed(func(c jwt.MapClaims) { c["iat"], c["exp"] = now.Add(-time.Hour).Unix(), now.Unix() }),
		"of the future": signed(func(c jwt.MapClaims) {
			c["iat"], c["exp"] = now.Add(2*time.Minute).Unix(), now.Add(5*time.Minute).Unix()
		}),
		"good for hours": signed(func(c jwt.MapClaims) { c["exp"] = now.Add(time.Hour).Unix() }),
		"over before it began": signed(func(c jwt.MapClaims) {
			c["iat"], c["exp"] = now.Add(30*time.Second).Unix(), now.Add(20*time.Second).Unix()
		}),
		"another request's nonce":  signed(func(c jwt.MapClaims) { c["nonce"] = "n-2" }),
		"no nonce":                 signed(func(c jwt.MapClaims) { delete(c, "nonce") }),
		"no number of its own":     signed(func(c jwt.MapClaims) { delete(c, "jti") }),
		"a factor of no age":       signed(func(c jwt.MapClaims) { delete(c, "factor_age_min_h") }),
		"a factor from the future": signed(func(c jwt.MapClaims) { c["factor_age_min_h"] = -1 }),
	}
	message := ""
	for name, token := range cases {
		_, err := assurance.Verify(token, w.keys, wanted(t), now)
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var own *fault.Error
		if !asFault(err, &own) {
			t.Fatal(err)
		}
		if message == "" {
			message = own.Message
		}
		if own.Message != message {
			t.Errorf("%s is told otherwise: %s", name, own.Message)
		}
	}
}

func asFault(err error, into **fault.Error) bool {
	f, ok := err.(*fault.Error)
	*into = f
	return ok
}

func TestAYoungFactorDoesNotCountForMuch(t *testing.T) {
	w := newWallet(t)
	for _, c := range []struct {
		hours float64
		want  identity.Level
	}{{0.5, identity.AL2}, {71.9, identity.AL2}, {72, identity.AL3}} {
		claims := honest()
		claims["aal"], claims["factor_age_min_h"] = 3, c.hours
		a, err := assurance.Verify(w.sign(t, claims, nil), w.keys, wanted(t), now)
		if err != nil || a.Level != c.want {
			t.Errorf("%v hours: %v %v", c.hours, a.Level, err)
		}
		dear := wanted(t)
		dear.Level = identity.AL3
		if _, err := assurance.Verify(w.sign(t, claims, nil), w.keys, dear, now); (err == nil) != (c.want == identity.AL3) {
			t.Errorf("%v hours, for what needs AL3: %v", c.hours, err)
		}
	}
}

func stepUp(t testing.TB) assurance.StepUp {
	w := wanted(t)
	return assurance.StepUp{
		ID: "s-1", ConversationID: w.Case, WalletID: w.Subject, Act: w.Act, Target: w.Target, Amount: w.Amount, Level: w.Level, Nonce: w.Nonce,
		State: assurance.Asked, AskedAt: now, ExpiresAt: now.Add(assurance.Life),
	}
}

func TestAProofIsGoodOnceForOneThing(t *testing.T) {
	w := newWallet(t)
	s, err := stepUp(t).Prove(w.sign(t, honest(), nil), w.keys, "wallet", "kefu", now)
	if err != nil || s.State != assurance.Proven {
		t.Fatalf("%+v %v", s, err)
	}
	command := wallet.Command{Act: wallet.RequestRefund, CustomerID: "cust-1", Target: "tx-1", Amount: sum(t, "12.50", "EUR")}
	if !s.Covers("conv-1", command, now) {
		t.Fatal("it does not cover what it is for")
	}
	for name, change := range map[string]func(c *wallet.Command, conversation *string, at *time.Time){
		"another conversation": func(_ *wallet.Command, conv *string, _ *time.Time) { *conv = "conv-2" },
		"another customer":     func(c *wallet.Command, _ *string, _ *time.Time) { c.CustomerID = "cust-2" },
		"another act":          func(c *wallet.Command, _ *string, _ *time.Time) { c.Act = wallet.Unfreeze },
		"another payment":      func(c *wallet.Command, _ *string, _ *time.Time) { c.Target = "tx-2" },
		"more money":           func(c *wallet.Command, _ *string, _ *time.Time) { c.Amount = sum(t, "12.51", "EUR") },
		"less money":           func(c *wallet.Command, _ *string, _ *time.Time) { c.Amount = sum(t, "12.49", "EUR") },
		"another currency":     func(c *wallet.Command, _ *string, _ *time.Time) { c.Amount = sum(t, "12.50", "USD") },
		"no sum":               func(c *wallet.Command, _ *string, _ *time.Time) { c.Amount = wallet.Money{} },
		"too late":             func(_ *wallet.Command, _ *string, at *time.Time) { *at = now.Add(5 * time.Minute) },
	} {
		c, conversation, at := command, "conv-1", now
		change(&c, &conversation, &at)
		if _, err := s.Use(conversation, c, at); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	used, err := s.Use("conv-1", command, now)
	if err != nil || used.State != assurance.Used {
		t.Fatalf("%+v %v", used, err)
	}
	if _, err := used.Use("conv-1", command, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v", err)
	}
}

func TestNobodyWaitsForEver(t *testing.T) {
	w := newWallet(t)
	if _, err := stepUp(t).Prove(w.sign(t, honest(), nil), w.keys, "wallet", "kefu", now.Add(assurance.Life)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a proof that comes too late: %v", err)
	}
	bad, err := stepUp(t).Prove("x", w.keys, "wallet", "kefu", now)
	if !fault.Is(err, fault.Unauthenticated) || bad.State != assurance.Refused {
		t.Errorf("%+v %v", bad, err)
	}
	if _, err := bad.Prove(w.sign(t, honest(), nil), w.keys, "wallet", "kefu", now); !fault.Is(err, fault.Conflict) {
		t.Errorf("a proof after one that was refused: %v", err)
	}
}

func TestTries(t *testing.T) {
	var tries assurance.Tries
	for i := range assurance.MaxTries - 1 {
		tries = tries.Fail(now.Add(time.Duration(i) * time.Minute))
		if _, locked := tries.LockedAt(now.Add(time.Hour)); locked {
			t.Fatalf("locked after %d", i+1)
		}
	}
	if fresh := tries.Fail(now.Add(assurance.TryWindow)); fresh.Failed != 1 {
		t.Errorf("what is long ago counts: %+v", fresh)
	}
	tries = tries.Fail(now.Add(10 * time.Minute))
	until, locked := tries.LockedAt(now.Add(time.Hour))
	if !locked || !until.Equal(now.Add(10*time.Minute+assurance.LockFor)) {
		t.Errorf("%v %v", until, locked)
	}
	if _, locked := tries.Succeed().LockedAt(now.Add(time.Hour)); !locked {
		t.Error("a success elsewhere opens the lock")
	}
}

func FuzzVerify(f *testing.F) {
	w := newWallet(f)
	f.Add(w.sign(f, honest(), nil))
	want := wanted(f)
	f.Fuzz(func(t *testing.T, token string) {
		a, err := assurance.Verify(token, w.keys, want, now)
		if err == nil && a.ID == "" {
			t.Error("a proof without a number")
		}
	})
}

func FuzzClaims(f *testing.F) {
	whole, err := json.Marshal(honest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	w := newWallet(f)
	want := wanted(f)
	f.Fuzz(func(t *testing.T, text string) {
		var c jwt.MapClaims
		if json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		if a, err := assurance.Verify(w.sign(t, c, nil), w.keys, want, now); err == nil && (c["sub"] != "cust-1" || c["tgt"] != "tx-1" || a.Level < identity.AL2) {
			t.Errorf("%s was taken", text)
		}
	})
}

func TestHowAProofIsTold(t *testing.T) {
	s := stepUp(t)
	for name, c := range map[string]struct {
		state   assurance.State
		at      time.Duration
		want    assurance.Progress
		outcome string
		pending bool
	}{
		"asked":             {assurance.Asked, 0, assurance.Pending, "", true},
		"asked, and late":   {assurance.Asked, assurance.Life, assurance.WasExpired, "failed", false},
		"proven":            {assurance.Proven, 0, assurance.IsProven, "", false},
		"proven, long ago":  {assurance.Proven, assurance.Life, assurance.WasExpired, "failed", false},
		"used":              {assurance.Used, assurance.Life, assurance.WasUsed, "", false},
		"it was not them":   {assurance.Declined, 0, assurance.WasDeclined, "declined", false},
		"what was no proof": {assurance.Refused, 0, assurance.WasRefused, "failed", false},
		"expired":           {assurance.Expired, 0, assurance.WasExpired, "failed", false},
	} {
		s.State = c.state
		got := s.Progress(now.Add(c.at))
		outcome, pending := got.Outcome()
		if got != c.want || outcome != c.outcome || pending != c.pending {
			t.Errorf("%s: %s, %q %v", name, got, outcome, pending)
		}
	}
	if outcome, _ := assurance.Unreachable.Outcome(); outcome != "unavailable" {
		t.Errorf("a wallet that does not answer: %q", outcome)
	}
	if outcome, _ := assurance.Locked.Outcome(); outcome != "failed" {
		t.Errorf("a lock: %q", outcome)
	}
}
