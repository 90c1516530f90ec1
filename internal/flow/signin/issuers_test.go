package signin_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

const (
	walletName = "https://wallet.test"
	audience   = "kefu-test"
)

// wallet signs tokens with keys that it changes.
type wallet struct {
	mu     sync.Mutex
	key    ed25519.PrivateKey
	kid    string
	set    [][]byte // JWKs that are published
	maxAge time.Duration
	fails  error
	reads  atomic.Int64
}

func newWallet() *wallet { w := &wallet{}; w.rotate("k1"); return w }

// rotate signs with a new key from now on, and publishes it beside the others.
func (w *wallet) rotate(kid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	w.key, w.kid = private, kid
	w.set = append(w.set, fmt.Appendf(nil, `{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, kid, base64.RawURLEncoding.EncodeToString(public)))
}

func (w *wallet) publish(set ...[]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set = set
}

func (w *wallet) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fails = err
}

// read is the wallet as a key source.
func (w *wallet) read(context.Context) ([]byte, time.Duration, error) {
	w.reads.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails != nil {
		return nil, 0, w.fails
	}
	return []byte(`{"keys":[` + string(bytes.Join(w.set, []byte(","))) + `]}`), w.maxAge, nil
}

func (w *wallet) signer() identity.Signer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return identity.Signer{Issuer: walletName, Audience: audience, KeyID: w.kid, Key: w.key}
}

func (w *wallet) token(t testing.TB, subject string, now time.Time) string {
	t.Helper()
	token, err := w.signer().Sign(identity.Claims{Subject: subject, ID: id.New(), Name: "Anna", Level: identity.AL1, ExpiresAt: now.Add(5 * time.Minute)}, now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *wallet) issuers(t testing.TB, change ...func(*signin.Source)) *signin.Issuers {
	t.Helper()
	source := signin.Source{Issuer: walletName, Read: w.read}
	for _, c := range change {
		c(&source)
	}
	verifier, err := identity.NewVerifier([]identity.Issuer{{Name: walletName, Audience: audience}}, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	return signin.NewIssuers(verifier, []signin.Source{source}, clock.System, slog.New(slog.DiscardHandler))
}

// world runs a test in a bubble whose time is its own, with Run under way.
func world(t *testing.T, w *wallet, change func(*signin.Source), test func(t *testing.T, i *signin.Issuers, accepted func() bool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		i := w.issuers(t, change)
		ended := make(chan error, 1)
		go func() { ended <- i.Run(ctx) }()
		synctest.Wait()
		test(t, i, func() bool {
			_, err := i.Verify(t.Context(), w.token(t, "anna", time.Now()))
			if err != nil && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("err = %v", err)
			}
			return err == nil
		})
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func same(*signin.Source) {}

func TestANewKeyIsFoundByItsFirstToken(t *testing.T) {
	w := newWallet()
	w.maxAge = time.Hour
	world(t, w, same, func(t *testing.T, _ *signin.Issuers, accepted func() bool) {
		if !accepted() || w.reads.Load() != 1 {
			t.Fatalf("the first key is refused, or was asked for %d times", w.reads.Load())
		}
		w.rotate("k2")
		if !accepted() || w.reads.Load() != 2 {
			t.Errorf("the second key is refused, or was asked for %d times", w.reads.Load())
		}
	})
}

// Anybody can send tokens under keys that do not exist.
func TestUnknownKeysAskOnceAMinute(t *testing.T) {
	w := newWallet()
	w.maxAge = 24 * time.Hour
	world(t, w, same, func(t *testing.T, i *signin.Issuers, accepted func() bool) {
		stranger := newWallet()
		verify := func() {
			stranger.rotate(id.New())
			if _, err := i.Verify(t.Context(), stranger.token(t, "anna", time.Now())); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("err = %v", err)
			}
		}
		for range 100 {
			verify()
		}
		if n := w.reads.Load(); n != 2 {
			t.Errorf("the keys were read %d times, want at the start and once more", n)
		}
		var all sync.WaitGroup
		time.Sleep(time.Minute)
		for range 50 {
			all.Go(verify)
		}
		all.Wait()
		if n := w.reads.Load(); n != 3 {
			t.Errorf("the keys were read %d times, want once more after a minute", n)
		}
		w.rotate("k2")
		if accepted() {
			t.Error("the keys were read again within a minute")
		}
		time.Sleep(time.Minute)
		if !accepted() {
			t.Error("the new key is refused after a minute")
		}
	})
}

func TestKeysAreReadWhenTheyAreOld(t *testing.T) {
	for name, c := range map[string]struct{ says, want time.Duration }{
		"nothing said": {0, time.Hour}, "a while": {10 * time.Minute, 10 * time.Minute},
		"too short": {time.Second, time.Minute}, "too long": {1000 * time.Hour, 24 * time.Hour}, "less than nothing": {-5, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWallet()
			w.maxAge = c.says
			world(t, w, same, func(t *testing.T, _ *signin.Issuers, accepted func() bool) {
				time.Sleep(c.want - time.Second)
				synctest.Wait()
				if n := w.reads.Load(); n != 1 {
					t.Errorf("read %d times before %v", n, c.want)
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if n := w.reads.Load(); n != 2 {
					t.Errorf("read %d times after %v", n, c.want)
				}
				if !accepted() {
					t.Error("the key is refused")
				}
			})
		})
	}
}

func TestAKeyThatWasTakenOutIsRefused(t *testing.T) {
	w := newWallet()
	w.maxAge = time.Minute
	world(t, w, same, func(t *testing.T, i *signin.Issuers, accepted func() bool) {
		old := w.token(t, "anna", time.Now().Add(2*time.Minute))
		w.rotate("k2")
		w.publish(w.set[1])
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if _, err := i.Verify(t.Context(), old); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the old key: err = %v", err)
		}
		if !accepted() {
			t.Error("the new key is refused")
		}
	})
}

// A source that fails, or gives nonsense, takes nothing away.
func TestTheLastGoodKeysCount(t *testing.T) {
	private := []byte(`{"kty":"OKP","crv":"Ed25519","kid":"p","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`)
	for name, breaks := range map[string]func(w *wallet){
		"fails":         func(w *wallet) { w.fail(errors.New("no route to host")) },
		"is empty":      func(w *wallet) { w.publish() },
		"is no JSON":    func(w *wallet) { w.publish([]byte(`{{{`)) },
		"has a secret":  func(w *wallet) { w.publish(private) },
		"is too large":  func(w *wallet) { w.publish(bytes.Repeat([]byte(" "), identity.MaxKeySetBytes)) },
		"has key twice": func(w *wallet) { w.publish(w.set[0], w.set[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWallet()
			w.maxAge = time.Minute
			world(t, w, same, func(t *testing.T, _ *signin.Issuers, accepted func() bool) {
				good := w.set
				breaks(w)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if !accepted() {
					t.Error("the last good key is refused")
				}
				if n := w.reads.Load(); n < 5 || n > 12 {
					t.Errorf("read %d times in ten minutes", n)
				}
				w.fail(nil)
				w.publish(good...)
				w.rotate("k2")
				time.Sleep(time.Minute)
				synctest.Wait()
				if !accepted() {
					t.Error("it never recovers")
				}
			})
		})
	}
}

// A source that is down at the start keeps nobody out for good.
func TestASourceThatComesLate(t *testing.T) {
	w := newWallet()
	w.fail(errors.New("refused"))
	world(t, w, same, func(t *testing.T, _ *signin.Issuers, accepted func() bool) {
		if accepted() {
			t.Error("accepted without a key")
		}
		w.fail(nil)
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if !accepted() {
			t.Error("refused although the source has come")
		}
	})
}

// A token that comes while the first keys are being read waits for them.
func TestATokenWaitsForTheFirstKeys(t *testing.T) {
	w := newWallet()
	slow := func(s *signin.Source) {
		s.Read = func(ctx context.Context) ([]byte, time.Duration, error) {
			time.Sleep(3 * time.Second)
			return w.read(ctx)
		}
	}
	world(t, w, slow, func(t *testing.T, i *signin.Issuers, accepted func() bool) {
		impatient, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := i.Verify(impatient, w.token(t, "anna", time.Now())); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("err = %v", err)
		}
		if !accepted() || w.reads.Load() != 1 {
			t.Errorf("refused, or read %d times", w.reads.Load())
		}
	})
}

func TestAFileIsReadOften(t *testing.T) {
	w := newWallet()
	often := func(s *signin.Source) { s.Every = 5 * time.Second }
	world(t, w, often, func(t *testing.T, _ *signin.Issuers, accepted func() bool) {
		w.rotate("k2")
		w.fail(errors.New("it is being replaced"))
		time.Sleep(6 * time.Second)
		w.fail(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		before := w.reads.Load()
		if !accepted() || w.reads.Load() != before {
			t.Error("the new key was not there before its first token")
		}
	})
}

func TestOnlyAcceptedAlgorithmsCount(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	es256 := fmt.Appendf(nil, `{"kty":"EC","crv":"P-256","kid":"ec","x":%q,"y":%q}`, b64(point[1:33]), b64(point[33:]))
	w := newWallet()
	w.publish(w.set[0], es256)
	for algorithm, accepts := range map[string]bool{"EdDSA": true, "ES256": false} {
		only := func(s *signin.Source) { s.Algorithms = []string{algorithm} }
		world(t, w, only, func(t *testing.T, _ *signin.Issuers, accepted func() bool) {
			if accepted() != accepts {
				t.Errorf("with %s alone, an EdDSA token is accepted: %v", algorithm, !accepts)
			}
		})
	}
	source := signin.Source{Issuer: walletName, Algorithms: []string{"ES256"}, Read: newWallet().read}
	if _, err := source.Keys(t.Context()); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "ES256") {
		t.Errorf("a set without a usable key: err = %v", err)
	}
	source.Read = func(context.Context) ([]byte, time.Duration, error) { return nil, 0, errors.New("gone") }
	if _, err := source.Keys(t.Context()); err == nil || err.Error() != "gone" {
		t.Errorf("err = %v", err)
	}
}

// The keys of one issuer say nothing about another's, and an issuer without a
// source is left as it is.
func TestIssuersAreApart(t *testing.T) {
	one, two := newWallet(), newWallet()
	two.set = one.set // two publishes one's key and signs with its own
	verifier, err := identity.NewVerifier([]identity.Issuer{{Name: walletName, Audience: audience}, {Name: "https://other.test", Audience: audience}}, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	i := signin.NewIssuers(verifier, []signin.Source{{Issuer: walletName, Read: one.read}}, clock.System, slog.New(slog.DiscardHandler))
	now := time.Now()
	if _, err := i.Verify(t.Context(), one.token(t, "anna", now)); err != nil {
		t.Errorf("err = %v", err)
	}
	foreign := one.signer()
	foreign.Issuer = "https://other.test"
	token, err := foreign.Sign(identity.Claims{Subject: "anna", ID: id.New(), Level: identity.AL1, ExpiresAt: now.Add(time.Minute)}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a key of another issuer: err = %v", err)
	}
	if n := one.reads.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}
