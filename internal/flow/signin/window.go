// Package signin opens the sessions of customers' windows and of staff, and
// resolves the bearer secrets that go with them. A secret is shown to its client
// once and stored as a hash; what it opens is a Principal.
package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/secret"
)

// WindowStore is what the windows' sign-in needs of the store.
type WindowStore interface {
	FindWindowSecret(ctx context.Context, digest string) (w customer.WindowSecret, name string, revoked bool, err error)
	SignInCustomer(ctx context.Context, in customer.SignIn) (customer.SignedIn, error)
	EndWindow(ctx context.Context, p identity.Principal, digest string, unstored *customer.WindowSecret) error
}

// TokenVerifier tells whom a wallet's token speaks for; Issuers does. Errors:
// Unauthenticated.
type TokenVerifier interface {
	Verify(ctx context.Context, token string) (identity.Claims, error)
}

// WindowOptions are the operator's choices.
type WindowOptions struct {
	Anonymous    bool          // whether visitors without a wallet token are let in
	VisitorLife  time.Duration // how long a visitor's secret is good for
	SessionLife  time.Duration // how long a signed-in window is, without a new token
	LevelLife    time.Duration // how long a level above the lowest holds from its proof on
	ClaimHorizon time.Duration // how old a visitor's conversation may be to become the customer's
}

// WindowOptionsOf are the operator's choices as the settings say them.
func WindowOptionsOf(i config.Identity) WindowOptions {
	return WindowOptions{
		Anonymous: i.Anonymous, VisitorLife: i.VisitorLife, SessionLife: i.SessionLife, LevelLife: i.LevelLife, ClaimHorizon: i.ClaimHorizon,
	}
}

// Windows signs customers' windows in.
type Windows struct {
	store    WindowStore
	verifier TokenVerifier
	key      []byte // marks the visitor secrets that this Kefu made
	options  WindowOptions
	now      clock.Clock
	log      *slog.Logger
	clean    func(string) string // takes secrets out of a name
}

// NewWindows makes a Windows. key is a subkey of the key ring.
func NewWindows(store WindowStore, verifier TokenVerifier, key []byte, o WindowOptions, now clock.Clock, clean func(string) string, log *slog.Logger) *Windows {
	return &Windows{store: store, verifier: verifier, key: key, options: o, now: now, log: log, clean: clean}
}

// Opened is a window that may speak.
type Opened struct {
	Principal identity.Principal
	ExpiresAt time.Time
	NewSecret string                 // to be kept by the client; "" when it keeps the one it has
	Visitor   *customer.WindowSecret // to be stored with the visitor's first conversation
	Moved     []string               // conversations that became the customer's by this
}

// Hello opens a window by a wallet token, by a secret given out before, or, where
// that is allowed, as a new visitor. Errors: Unauthenticated.
func (w *Windows) Hello(ctx context.Context, token, bearer string) (Opened, error) {
	if token != "" {
		return w.signIn(ctx, token, bearer)
	}
	if bearer != "" {
		opened, err := w.Resolve(ctx, bearer)
		if err == nil || !fault.Is(err, fault.Unauthenticated) {
			return opened, err
		}
	}
	if !w.options.Anonymous {
		return Opened{}, fault.New(fault.Unauthenticated, "signin.Hello", "visitors are not let in")
	}
	return w.newVisitor(), nil
}

// Resolve tells who a window's secret belongs to. Errors: Unauthenticated when it
// is unknown, over or revoked.
func (w *Windows) Resolve(ctx context.Context, bearer string) (Opened, error) {
	const op = "signin.Resolve"
	digest := digestOf(bearer)
	stored, name, revoked, err := w.store.FindWindowSecret(ctx, digest)
	now := w.now()
	switch {
	case fault.Is(err, fault.NotFound):
		return w.unstoredVisitor(bearer, digest)
	case err != nil:
		return Opened{}, err
	case revoked || stored.ExpiresAt <= now.UnixMicro():
		return Opened{}, fault.New(fault.Unauthenticated, op, "the window's secret is over")
	}
	p := identity.Principal{Kind: identity.Visitor, ID: stored.CustomerID, Session: sessionOf(digest)}
	if stored.Verified {
		p.Kind, p.Level, p.Name = identity.Customer, levelAt(stored, now), name
	} else if !w.options.Anonymous {
		return Opened{}, fault.New(fault.Unauthenticated, op, "visitors are not let in")
	}
	return Opened{Principal: p, ExpiresAt: time.UnixMicro(stored.ExpiresAt)}, nil
}

// End makes a window's secret worthless: its holder signs out, or is a visitor who
// is done on this device. That of a visitor who wrote nothing is kept as over, for a
// flow may have begun a conversation in their name.
func (w *Windows) End(ctx context.Context, bearer string) error {
	opened, err := w.Resolve(ctx, bearer)
	if fault.Is(err, fault.Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.store.EndWindow(ctx, opened.Principal, digestOf(bearer), opened.Visitor)
}

// unstoredVisitor accepts a secret of a visitor who has not begun a conversation
// yet, by the mark that only this Kefu can make.
func (w *Windows) unstoredVisitor(bearer, digest string) (Opened, error) {
	const op = "signin.unstoredVisitor"
	raw, err := base64.RawURLEncoding.Strict().DecodeString(bearer)
	if err != nil || len(raw) != visitorLen || len(bearer) != base64.RawURLEncoding.EncodedLen(visitorLen) { // one spelling is one visitor
		return Opened{}, fault.New(fault.Unauthenticated, op, "not a visitor's secret")
	}
	body, mark := raw[:visitorLen-markLen], raw[visitorLen-markLen:]
	if !secret.Equal(mark, w.mark(body)) {
		return Opened{}, fault.New(fault.Unauthenticated, op, "not a visitor's secret of ours")
	}
	// The end is in the secret, and the row's is the same: another VisitorLife than
	// before reopens none that is over and whose row has been purged.
	now, until := w.now(), time.Unix(int64(binary.BigEndian.Uint64(body[16:24])), 0)
	if !w.options.Anonymous || !until.After(now) {
		return Opened{}, fault.New(fault.Unauthenticated, op, "the visitor's secret is over")
	}
	return w.visitor(digest, now, until), nil
}

// levelAt is the level at which a window speaks: what a token proved goes out of
// date long before its session does.
func levelAt(w customer.WindowSecret, now time.Time) identity.Level {
	if w.LevelUntil > now.UnixMicro() {
		return w.Level
	}
	return min(w.Level, identity.AL1)
}

const (
	markLen    = 16
	visitorLen = 16 + 8 + markLen
)

func (w *Windows) newVisitor() Opened {
	now := w.now()
	until := now.Add(w.options.VisitorLife).Truncate(time.Second)
	raw := make([]byte, visitorLen-markLen, visitorLen)
	rand.Read(raw[:16]) // never fails: crypto/rand ends the process instead
	binary.BigEndian.PutUint64(raw[16:], uint64(until.Unix()))
	bearer := base64.RawURLEncoding.EncodeToString(append(raw, w.mark(raw)...))
	opened := w.visitor(digestOf(bearer), now, until)
	opened.NewSecret = bearer
	return opened
}

func (w *Windows) visitor(digest string, made, until time.Time) Opened {
	p := identity.Principal{Kind: identity.Visitor, ID: customerOf(digest), Session: sessionOf(digest)}
	return Opened{Principal: p, ExpiresAt: until, Visitor: &customer.WindowSecret{
		Digest: digest, CustomerID: p.ID, CreatedAt: made.UnixMicro(), ExpiresAt: until.UnixMicro(),
	}}
}

func (w *Windows) mark(body []byte) []byte {
	mac := hmac.New(sha256.New, w.key)
	mac.Write(body)
	return mac.Sum(nil)[:markLen]
}

// signIn opens a window by a wallet token. A visitor's secret that comes with it
// ends, and what the visitor said a moment ago becomes the customer's.
func (w *Windows) signIn(ctx context.Context, token, bearer string) (Opened, error) {
	const op = "signin.signIn"
	claims, err := w.verifier.Verify(ctx, token)
	if err != nil {
		w.log.Info("a wallet token was refused", "reason", err)
		return Opened{}, fault.New(fault.Unauthenticated, op, "the token was refused")
	}
	now := w.now()
	newSecret := secret.Token()
	if conversation.CheckLanguage("lang", claims.Language) != nil {
		claims.Language = "" // no reason to turn somebody away
	}
	in := customer.SignIn{
		Issuer: claims.Issuer, Subject: claims.Subject, TokenID: claims.ID, TokenExpires: claims.ExpiresAt.UnixMicro(),
		Name: w.clean(claims.Name), Language: claims.Language, NewID: id.New(),
		Secret: customer.WindowSecret{
			Digest: digestOf(newSecret), Verified: true, Level: claims.Level, LevelUntil: claims.ProvedAt.Add(w.options.LevelLife).UnixMicro(),
			CreatedAt: now.UnixMicro(), ExpiresAt: now.Add(w.options.SessionLife).UnixMicro(),
		},
		VisitorSince: now.Add(-w.options.ClaimHorizon).UnixMicro(),
	}
	if bearer != "" {
		if before, err := w.Resolve(ctx, bearer); err == nil && before.Principal.Kind == identity.Visitor {
			in.Visitor = before.Principal.ID
		}
	}
	signedIn, err := w.store.SignInCustomer(ctx, in)
	if err != nil {
		return Opened{}, fault.Wrap(op, err)
	}
	p := identity.Principal{Kind: identity.Customer, ID: signedIn.CustomerID, Name: in.Name, Level: levelAt(in.Secret, now), Session: sessionOf(in.Secret.Digest)}
	return Opened{Principal: p, ExpiresAt: now.Add(w.options.SessionLife), NewSecret: newSecret, Moved: signedIn.Moved}, nil
}

func digestOf(bearer string) string { return hex.EncodeToString(secret.HashToken(bearer)) }

// customerOf is the id of a visitor, derived from the hash of the secret, so that
// nothing need be stored before the visitor says something.
func customerOf(digest string) string { return id.From("visitor " + digest) }

// sessionOf names a session in logs and the audit chain; it opens nothing.
func sessionOf(digest string) string { return id.From("session " + digest) }
