package password_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/password"
)

const phrase = "tramway under quiet lanterns"

func TestHashAndVerify(t *testing.T) {
	ctx, h := context.Background(), password.NewHasher(0)
	stored, err := h.Hash(ctx, phrase)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(stored, phrase) {
		t.Errorf("stored as %s", stored)
	}
	if again, _ := h.Hash(ctx, phrase); again == stored {
		t.Error("two hashes of one password are alike: the salt is missing")
	}
	for _, c := range []struct {
		name, stored, typed string
		want                bool
	}{
		{"right", stored, phrase, true},
		{"wrong", stored, phrase + "x", false},
		{"empty", stored, "", false},
		{"no such user", "", phrase, false},
		{"no such user and nothing typed", "", "", false},
		{"far too long", stored, strings.Repeat("x", 5000), false},
	} {
		ok, renew, err := h.Verify(ctx, c.stored, c.typed)
		if err != nil || ok != c.want || renew {
			t.Errorf("%s: %v, renew %v, %v; want %v", c.name, ok, renew, err, c.want)
		}
	}
}

// The hash was made with the reference implementation's test vector (argon2
// package, id, t=1 m=64 p=1, "password", "somesalt").
func TestForeignHashIsReadAndToBeRenewed(t *testing.T) {
	stored := "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$ZVrRXqxlLcWfcXCnMyv0m4Rpvh/bnCi7"
	ok, renew, err := password.NewHasher(1).Verify(context.Background(), stored, "password")
	if err != nil || !ok || !renew {
		t.Errorf("ok %v, renew %v, %v", ok, renew, err)
	}
}

func TestKeyboardsThatDisagreeGiveTheSamePassword(t *testing.T) {
	ctx, h := context.Background(), password.NewHasher(1)
	stored, err := h.Hash(ctx, "cafe\u0301 ＡＢＣ tramway")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, _ := h.Verify(ctx, stored, "caf\u00e9 ABC tramway"); !ok {
		t.Error("the composed form is refused")
	}
}

func TestDamagedHashesAreRefusedAndNotTried(t *testing.T) {
	h := password.NewHasher(1)
	const salt, hash = "c29tZXNhbHQ", "ZVrRXqxlLcWfcXCnMyv0m4Rpvh/bnCi7"
	for name, stored := range map[string]string{
		"plain text":    "password",
		"other method":  "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + hash,
		"other version": "$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + hash,
		"too dear":      "$argon2id$v=19$m=4000000,t=1,p=1$" + salt + "$" + hash,
		"too long":      "$argon2id$v=19$m=64,t=4000000000,p=1$" + salt + "$" + hash,
		"no passes":     "$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + hash,
		"no lanes":      "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + hash,
		"empty hash":    "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"empty salt":    "$argon2id$v=19$m=64,t=1,p=1$$" + hash,
		"order":         "$argon2id$v=19$t=1,m=64,p=1$" + salt + "$" + hash,
	} {
		if ok, _, err := h.Verify(context.Background(), stored, "password"); ok || !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

func TestHasherIsBoundedAndPatienceEnds(t *testing.T) {
	h := password.NewHasher(1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Hash(ctx, phrase); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Hash: %v", err)
	}
	if ok, _, err := h.Verify(ctx, "", phrase); ok || !fault.Is(err, fault.Unavailable) {
		t.Errorf("Verify: %v", err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := h.Hash(context.Background(), phrase); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for name, bad := range map[string]string{"empty": "", "overlong": strings.Repeat("x", 5000)} {
		if _, err := h.Hash(context.Background(), bad); fault.FieldOf(err) != "password" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPolicy(t *testing.T) {
	p := password.NewPolicy("Lumen Wallet", "lumen")
	for _, c := range []struct {
		typed string
		want  password.Weakness
	}{
		{"", password.TooShort},
		{"Tr4mway!x9q", password.TooShort},
		{strings.Repeat("长", 257), password.TooLong},
		{"tramway lanterns", ""},
		{"tramwaylanterns", ""},
		{"我家门口有两棵桂花树很香", ""},
		{"rk7vq2mzx0dp", ""},
		{"4820571639284716", ""},
		{"password1234", password.Common},
		{"Password2026!", password.Common},
		{"P@ssw0rd2026!", password.Common},
		{"passwordpassword", password.Common},
		{"qwertyuiop123", password.Common},
		{"aaaaaaaaaaaa", password.Common},
		{"abcdefghijklmnop", password.Common},
		{"123456789012", password.Common},
		{"woaini5201314", password.Common},
		{"Correct Horse Battery Staple", password.Common},
		{"ｐａｓｓｗｏｒｄ１２３４", password.Common},
		{"lumen-lumen-2026", password.Common},
		{"meilin.zhang2026", password.Common},
		{"Zhang-1990-08-12", password.Common},
	} {
		if got := p.Check(c.typed, "Mei-Lin Zhang", "meilin.zhang@example.com"); got != c.want {
			t.Errorf("%q: %q, want %q", c.typed, got, c.want)
		}
	}
}

func TestTOTPWorksOnce(t *testing.T) {
	key, err := password.NewTOTP("Kefu", "mei@example.com")
	if err != nil || !strings.HasPrefix(key.URL, "otpauth://totp/") {
		t.Fatal(key.URL, err)
	}
	at := time.Unix(1_795_000_000, 0)
	code := func(d time.Duration) string {
		c, err := totp.GenerateCode(key.Secret, at.Add(d))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	step, ok, err := password.CheckTOTP(key.Secret, code(0), at, 0)
	if err != nil || !ok || step != at.Unix()/30 {
		t.Fatalf("right code: %d, %v, %v", step, ok, err)
	}
	for _, c := range []struct {
		name, code string
		last       int64
		want       bool
	}{
		{"again", code(0), step, false},
		{"earlier code after a later one", code(-30 * time.Second), step, false},
		{"next step", code(30 * time.Second), step, true},
		{"one step late", code(-30 * time.Second), 0, true},
		{"two steps late", code(-60 * time.Second), 0, false},
		{"two steps early", code(60 * time.Second), 0, false},
		{"with a space", code(0)[:3] + " " + code(0)[3:], 0, true},
		{"empty", "", 0, false},
		{"too short", code(0)[:5], 0, false},
		{"not digits", "abcdef", 0, false},
	} {
		got, ok, err := password.CheckTOTP(key.Secret, c.code, at, c.last)
		if err != nil || ok != c.want || ok == (got == c.last) {
			t.Errorf("%s: %d, %v, %v; want %v", c.name, got, ok, err, c.want)
		}
	}
}

// RFC 6238 appendix B, the last six of its eight digits.
func TestTOTPVectors(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if _, ok, err := password.CheckTOTP(secret, code, time.Unix(at, 0), 0); !ok || err != nil {
			t.Errorf("at %d: %v, %v", at, ok, err)
		}
	}
}

func TestTOTPRefusesWhatIsNoSecret(t *testing.T) {
	for name, secret := range map[string]string{"empty": "", "short": "GEZDGNBV", "not base32": "!!!!GNBVGY3TQOJQGEZDGNBVGY3TQOJQ"} {
		if _, ok, err := password.CheckTOTP(secret, "000000", time.Unix(0, 0), -5); ok || !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	if _, err := password.NewTOTP("", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("NewTOTP of nobody: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	h := password.NewHasher(1)
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$ZVrRXqxlLcWfcXCnMyv0m4Rpvh/bnCi7")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, stored string) {
		if ok, _, _ := h.Verify(context.Background(), stored, "not the password"); ok {
			t.Errorf("%q accepts a wrong password", stored)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	p := password.NewPolicy()
	f.Add("password1234", "mei")
	f.Fuzz(func(t *testing.T, typed, context string) {
		p.Check(typed, context)
	})
}

func BenchmarkVerify(b *testing.B) {
	h := password.NewHasher(1)
	for b.Loop() {
		_, _, _ = h.Verify(context.Background(), "", phrase)
	}
}

func BenchmarkPolicy(b *testing.B) {
	p := password.NewPolicy()
	for b.Loop() {
		p.Check(phrase, "Mei-Lin Zhang")
	}
}
