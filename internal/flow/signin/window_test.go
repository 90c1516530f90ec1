package signin_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// street is windows over the real store, and a wallet beside it.
type street struct {
	t       *testing.T
	d       *storagetest.Deployment
	p       *storagetest.Process
	wallet  *wallet
	windows *signin.Windows
}

func openStreet(t *testing.T) *street {
	t.Helper()
	s := &street{t: t, d: storagetest.New(t, engine.SQLite), wallet: newWallet()}
	s.p = s.d.Open(t)
	s.windows = s.with(signin.WindowOptionsOf(config.Default().Identity), "a key of thirty-two bytes, indeed")
	return s
}

func (s *street) with(o signin.WindowOptions, key string) *signin.Windows {
	s.t.Helper()
	keys, err := identity.ParseKeySet(s.wallet.signer().KeySetJSON())
	if err != nil {
		s.t.Fatal(err)
	}
	verifier, err := identity.NewVerifier([]identity.Issuer{{Name: walletName, Audience: audience, Keys: keys}}, s.d.Clock.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	clean := func(name string) string { return strings.ReplaceAll(name, "Anna", "A.") }
	return signin.NewWindows(s.p.Store, signin.NewIssuers(verifier, nil, s.d.Clock.Now, quiet), []byte(key), o, s.d.Clock.Now, clean, quiet)
}

func (s *street) token(subject string) string { return s.wallet.token(s.t, subject, s.d.Clock.Now()) }

func (s *street) hello(token, bearer string) signin.Opened {
	s.t.Helper()
	o, err := s.windows.Hello(s.t.Context(), token, bearer)
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *street) begin(o signin.Opened) string {
	s.t.Helper()
	state, err := s.p.StartConversation(s.t.Context(), o.Principal, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Secret: o.Visitor})
	if err != nil {
		s.t.Fatal(err)
	}
	return state.ID
}

func (s *street) dead(bearer string) bool {
	s.t.Helper()
	_, err := s.windows.Resolve(s.t.Context(), bearer)
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		s.t.Errorf("err = %v", err)
	}
	return err != nil
}

func (s *street) sees(o signin.Opened, conv string) bool {
	s.t.Helper()
	_, err := s.p.Conversation(s.t.Context(), o.Principal, conv)
	return err == nil
}

func TestAVisitorComesBack(t *testing.T) {
	s := openStreet(t)
	first := s.hello("", "")
	if p := first.Principal; p.Kind != identity.Visitor || !id.Valid(p.ID) || p.Session == "" || first.NewSecret == "" || first.Visitor == nil {
		t.Fatalf("opened %+v", first)
	}
	var rows int
	s.d.Scan(t, "SELECT (SELECT COUNT(*) FROM customer) + (SELECT COUNT(*) FROM window_secret)", &rows)
	if rows != 0 {
		t.Error("something was stored for a visitor who has said nothing")
	}
	again := s.hello("", first.NewSecret)
	if again.Principal != first.Principal || again.NewSecret != "" || again.Visitor == nil || *again.Visitor != *first.Visitor {
		t.Errorf("before the first conversation: %+v after %+v", again, first)
	}
	conv := s.begin(first)
	s.d.Clock.Move(29 * 24 * time.Hour)
	again = s.hello("", first.NewSecret)
	if again.Principal != first.Principal || again.Visitor != nil || !s.sees(again, conv) {
		t.Errorf("after it: %+v", again)
	}
	other := s.hello("", "")
	if other.Principal.ID == first.Principal.ID || s.sees(other, conv) {
		t.Error("two visitors are the same one")
	}
	s.d.Clock.Move(24 * time.Hour)
	if late := s.hello("", first.NewSecret); late.Principal.ID == first.Principal.ID || late.NewSecret == "" {
		t.Errorf("after its life: %+v", late)
	}
	s.d.Clock.Move(24 * time.Hour)
	if !s.dead(first.NewSecret) {
		t.Error("the secret outlives its life")
	}
}

// A secret that this Kefu has not made opens nothing, and one has one spelling.
func TestVisitorSecretsThatAreNone(t *testing.T) {
	s := openStreet(t)
	good := s.hello("", "").NewSecret
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	flip := func(i int) string {
		changed := append([]byte{}, raw...)
		changed[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(changed)
	}
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", good[len(good)-1])
	bad := map[string]string{
		"random part": flip(0), "time": flip(20), "mark": flip(39), "cut": good[:len(good)-1], "longer": good + "A", "padded": good + "==",
		"with a line end": good[:10] + "\n" + good[10:], "with spare bits": good[:len(good)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1]),
		"none": "", "nonsense": "!", "long": strings.Repeat("A", 100_000), "zeros": strings.Repeat("A", len(good)),
	}
	for name, secret := range bad {
		if !s.dead(secret) {
			t.Errorf("%s: it opens a window", name)
		}
		if o := s.hello("", secret); o.NewSecret == "" {
			t.Errorf("%s: hello takes it", name)
		}
	}
	if s.dead(good) {
		t.Error("the good one opens nothing")
	}
	elsewhere := s.with(signin.WindowOptionsOf(config.Default().Identity), "the key of quite another server.")
	if _, err := elsewhere.Resolve(t.Context(), good); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("another server takes it: %v", err)
	}
}

func TestACustomerSignsIn(t *testing.T) {
	s := openStreet(t)
	token := s.token("anna")
	o := s.hello(token, "")
	if p := o.Principal; p.Kind != identity.Customer || p.Name != "A." || p.Level != identity.AL1 || o.NewSecret == "" || o.Visitor != nil || len(o.Moved) != 0 {
		t.Fatalf("opened %+v", o)
	}
	conv := s.begin(o)
	again := s.hello("", o.NewSecret)
	if again.Principal != o.Principal || again.NewSecret != "" || !again.ExpiresAt.Equal(o.ExpiresAt) || !s.sees(again, conv) {
		t.Errorf("by its secret: %+v", again)
	}
	device := s.hello(s.token("anna"), "")
	if device.Principal.ID != o.Principal.ID || device.Principal.Session == o.Principal.Session || !s.sees(device, conv) {
		t.Errorf("on another device: %+v", device)
	}
	if other := s.hello(s.token("bob"), ""); other.Principal.ID == o.Principal.ID || s.sees(other, conv) {
		t.Error("two customers are the same one")
	}
	s.d.Clock.Move(12*time.Hour - time.Second)
	if s.dead(o.NewSecret) {
		t.Error("the session ends too early")
	}
	s.d.Clock.Move(time.Second)
	if !s.dead(o.NewSecret) {
		t.Error("the session does not end")
	}
}

func TestATokenWorksOnce(t *testing.T) {
	s := openStreet(t)
	token := s.token("anna")
	var opened atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := s.windows.Hello(context.Background(), token, "")
			if err == nil {
				opened.Add(1)
			} else if !fault.Is(err, fault.Unauthenticated) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if opened.Load() != 1 {
		t.Errorf("one token opened %d windows at once", opened.Load())
	}
	s.d.Clock.Move(10 * time.Minute) // it has expired, and the row that says it was used may go
	if _, err := s.p.Purge(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"expired": token, "no token": "x.y.z", "of another wallet": newWallet().token(t, "anna", s.d.Clock.Now())} {
		if _, err := s.windows.Hello(t.Context(), text, ""); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	// A refused token opens no visitor's window either, and ends nothing.
	visitor := s.hello("", "")
	if _, err := s.windows.Hello(t.Context(), "x.y.z", visitor.NewSecret); !fault.Is(err, fault.Unauthenticated) || s.dead(visitor.NewSecret) {
		t.Errorf("err = %v", err)
	}
}

func TestAVisitorSignsIn(t *testing.T) {
	s := openStreet(t)
	visitor := s.hello("", "")
	old := s.begin(visitor)
	s.d.Clock.Move(31 * time.Minute)
	fresh := s.begin(visitor)
	anna := s.hello(s.token("anna"), visitor.NewSecret)
	if len(anna.Moved) != 1 || anna.Moved[0] != fresh || !s.sees(anna, fresh) {
		t.Errorf("moved %v, want %s", anna.Moved, fresh)
	}
	if s.sees(anna, old) {
		t.Error("somebody gets what was written on the machine long ago")
	}
	if s.sees(visitor, fresh) {
		t.Error("the visitor still has it")
	}
	if s.dead(visitor.NewSecret) || !s.sees(visitor, old) {
		t.Error("what did not go along is lost to whoever wrote it")
	}
	bob := s.hello(s.token("bob"), visitor.NewSecret)
	if len(bob.Moved) != 0 || s.sees(bob, fresh) || s.sees(bob, old) {
		t.Errorf("the next one gets %v", bob.Moved)
	}
	s.begin(visitor) // after the sign-out, and signs in again
	if again := s.hello(s.token("anna"), visitor.NewSecret); len(again.Moved) != 1 || s.dead(visitor.NewSecret) {
		t.Errorf("the second time %v went along", again.Moved)
	}
	// Where all went along there is nothing to come back to.
	short := s.hello("", "")
	s.begin(short)
	if s.hello(s.token("anna"), short.NewSecret); !s.dead(short.NewSecret) {
		t.Error("a secret that opens nothing any more is good")
	}
	// The secret of a signed-in window gives its conversations to nobody.
	mine := s.begin(anna)
	eve := s.hello(s.token("eve"), anna.NewSecret)
	if len(eve.Moved) != 0 || s.sees(eve, mine) || s.dead(anna.NewSecret) {
		t.Errorf("another customer gets %v", eve.Moved)
	}
	// Nor does one that nothing was written with, or that is none.
	for _, bearer := range []string{s.hello("", "").NewSecret, "nonsense"} {
		if o := s.hello(s.token("carl"), bearer); len(o.Moved) != 0 || o.Principal.Kind != identity.Customer {
			t.Errorf("opened %+v", o)
		}
	}
}

func TestVisitorsAreNotLetIn(t *testing.T) {
	s := openStreet(t)
	unstored, stored, customer := s.hello("", ""), s.hello("", ""), s.hello(s.token("anna"), "")
	s.begin(stored)
	o := signin.WindowOptionsOf(config.Default().Identity)
	o.Anonymous = false
	s.windows = s.with(o, "a key of thirty-two bytes, indeed")
	for name, bearer := range map[string]string{"new": "", "unstored": unstored.NewSecret, "stored": stored.NewSecret, "nonsense": "x"} {
		if got, err := s.windows.Hello(t.Context(), "", bearer); !fault.Is(err, fault.Unauthenticated) || got.Principal.ID != "" {
			t.Errorf("%s: %+v, err = %v", name, got, err)
		}
	}
	if s.dead(customer.NewSecret) {
		t.Error("a customer is not let in")
	}
	if got := s.hello(s.token("bob"), ""); got.Principal.Kind != identity.Customer {
		t.Errorf("opened %+v", got)
	}
}

// What a token proved is out of date long before the window's session is.
func TestALevelFallsToTheLowest(t *testing.T) {
	s := openStreet(t)
	at := func(level identity.Level, proved time.Time) string {
		token, err := s.wallet.signer().Sign(identity.Claims{Subject: "anna", Level: level, ProvedAt: proved}, s.d.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	level := func(bearer string) identity.Level {
		o, err := s.windows.Resolve(t.Context(), bearer)
		if err != nil {
			t.Fatal(err)
		}
		return o.Principal.Level
	}
	now := s.d.Clock.Now()
	fresh, older, low := s.hello(at(identity.AL3, now), ""), s.hello(at(identity.AL2, now.Add(-4*time.Minute)), ""), s.hello(at(identity.AL1, now), "")
	if stale := s.hello(at(identity.AL3, now.Add(-time.Hour)), ""); stale.Principal.Level != identity.AL1 || level(stale.NewSecret) != identity.AL1 {
		t.Errorf("proved an hour ago: %v, then %v", stale.Principal.Level, level(stale.NewSecret))
	}
	if fresh.Principal.Level != identity.AL3 || older.Principal.Level != identity.AL2 {
		t.Errorf("opened at %v and %v", fresh.Principal.Level, older.Principal.Level)
	}
	for _, step := range []struct {
		after                time.Duration
		fresh, older, lowest identity.Level
	}{
		{5*time.Minute + 59*time.Second, identity.AL3, identity.AL2, identity.AL1}, {time.Second, identity.AL3, identity.AL1, identity.AL1},
		{4 * time.Minute, identity.AL1, identity.AL1, identity.AL1}, {11 * time.Hour, identity.AL1, identity.AL1, identity.AL1},
	} {
		s.d.Clock.Move(step.after)
		if a, b, c := level(fresh.NewSecret), level(older.NewSecret), level(low.NewSecret); a != step.fresh || b != step.older || c != step.lowest {
			t.Errorf("%v after: %v, %v and %v", s.d.Clock.Now().Sub(now), a, b, c)
		}
	}
}

// A secret that is over opens nothing again, whatever the settings say later.
func TestAPurgedSecretStaysOver(t *testing.T) {
	s := openStreet(t)
	o := signin.WindowOptionsOf(config.Default().Identity)
	o.VisitorLife = time.Hour
	s.windows = s.with(o, "a key of thirty-two bytes, indeed")
	talked, silent := s.hello("", ""), s.hello("", "")
	s.begin(talked)
	s.d.Clock.Move(31*24*time.Hour + 2*time.Hour)
	if n, err := s.p.Purge(t.Context(), 100); err != nil || n == 0 {
		t.Fatalf("purged %d, err = %v", n, err)
	}
	o.VisitorLife = 365 * 24 * time.Hour
	s.windows = s.with(o, "a key of thirty-two bytes, indeed")
	if !s.dead(talked.NewSecret) || !s.dead(silent.NewSecret) {
		t.Error("a secret that was over opens a window again")
	}
}

func TestARevokedCustomerIsOut(t *testing.T) {
	s := openStreet(t)
	anna, bob := s.hello(s.token("anna"), ""), s.hello(s.token("bob"), "")
	device := s.hello(s.token("anna"), "")
	if err := s.p.RevokeCustomer(t.Context(), identity.SystemPart("test"), anna.Principal.ID); err != nil {
		t.Fatal(err)
	}
	if !s.dead(anna.NewSecret) || !s.dead(device.NewSecret) || s.dead(bob.NewSecret) {
		t.Error("the wrong windows ended")
	}
	if o, err := s.windows.Hello(t.Context(), "", anna.NewSecret); err == nil && o.Principal.Kind != identity.Visitor {
		t.Errorf("opened %+v", o)
	}
}

// Who signs out ends this window, and no other of theirs.
func TestAWindowIsEndedByItsHolder(t *testing.T) {
	s := openStreet(t)
	here, there, visitor := s.hello(s.token("anna"), ""), s.hello(s.token("anna"), ""), s.hello("", "")
	s.begin(visitor)
	end := func(bearer string) {
		t.Helper()
		if err := s.windows.End(t.Context(), bearer); err != nil {
			t.Fatal(err)
		}
	}
	for _, nobodys := range []string{"", "nonsense"} {
		end(nobodys)
	}
	end(here.NewSecret)
	end(here.NewSecret)
	if !s.dead(here.NewSecret) || s.dead(there.NewSecret) || s.dead(visitor.NewSecret) {
		t.Error("another window was ended, or this one was not")
	}
	found, _, err := s.p.RevocationsSince(t.Context(), 0)
	if err != nil || len(found) != 1 || found[0].Subject != here.Principal.Session {
		t.Errorf("revoked %+v, err = %v", found, err)
	}
	if end(visitor.NewSecret); !s.dead(visitor.NewSecret) {
		t.Error("the visitor can still be read on this device")
	}
	// One who wrote nothing, in whose name a flow began a conversation with a person.
	led := s.hello("", "")
	conv, err := s.p.StartConversation(t.Context(), led.Principal, conversation.Start{Ref: "run:" + id.New(), NewID: id.New(), Channel: "chat", Language: "en"})
	if err != nil || conv.CustomerID != led.Principal.ID {
		t.Fatal(conv, err)
	}
	if end(led.NewSecret); !s.dead(led.NewSecret) {
		t.Error("whoever was handed to a person without writing can still be read on this device")
	}
	if _, err := s.p.StartConversation(t.Context(), led.Principal, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "en", Secret: led.Visitor}); err != nil || !s.dead(led.NewSecret) {
		t.Error("what was begun a moment later opens it again", err)
	}
}
