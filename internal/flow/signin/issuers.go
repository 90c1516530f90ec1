package signin

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// How often the keys of an issuer are asked for.
const (
	minKeyAge     = time.Minute // whatever the source says
	maxKeyAge     = 24 * time.Hour
	defaultKeyAge = time.Hour   // when the source says nothing
	keyRetry      = time.Minute // after a failure
	// unknownKeyWait is how long after a token with an unknown key the next one
	// asks again: anybody can send such tokens.
	unknownKeyWait = time.Minute
)

// Source is where the public keys of one issuer are kept. It is the operator's
// choice; nothing in a token ever changes it.
type Source struct {
	Issuer     string
	Algorithms []string // accepted from it; none for all that are known
	// Read gives the text of the key set and how long it may be used; 0 when the
	// source does not say.
	Read func(ctx context.Context) (text []byte, maxAge time.Duration, err error)
	// Every is how often to read where that costs nothing, as for a file; 0 to go
	// by what the source says.
	Every time.Duration
}

// Keys reads the keys once. Errors: those of Read, and Invalid for a text that is
// no key set or has no key for the accepted algorithms.
func (s Source) Keys(ctx context.Context) (identity.KeySet, error) {
	text, _, err := s.Read(ctx)
	if err != nil {
		return identity.KeySet{}, err
	}
	return s.parse(text)
}

func (s Source) parse(text []byte) (identity.KeySet, error) {
	keys, err := identity.ParseKeySet(text)
	if err != nil || len(s.Algorithms) == 0 {
		return keys, err
	}
	if keys = keys.Only(s.Algorithms...); len(keys.IDs()) == 0 {
		return keys, fault.New(fault.Invalid, "signin.parse", "none of its keys is for %v", s.Algorithms)
	}
	return keys, nil
}

// Issuers verifies wallets' tokens with keys that are kept up to date. When a
// source fails, the last good keys go on to count. Who signs may change while it
// runs. It is safe for concurrent use.
type Issuers struct {
	roster  atomic.Pointer[roster]
	changed chan struct{} // that there is another roster
	now     clock.Clock
	log     *slog.Logger
}

// roster is who signs, from one change to the next.
type roster struct {
	verifier *identity.Verifier
	sources  map[string]*source
}

// source is a Source with what was read from it.
type source struct {
	Source
	turn    chan struct{} // who reads
	version atomic.Int64  // grows with each change of the keys
	text    []byte        // the last good one; of whoever has the turn
	due     atomic.Int64  // microseconds: when to read again
	unknown time.Time     // when an unknown key last made somebody read; of whoever has the turn
}

// NewIssuers makes an Issuers over a verifier that knows the issuers of all
// sources. The keys are read by Run.
func NewIssuers(verifier *identity.Verifier, sources []Source, now clock.Clock, log *slog.Logger) *Issuers {
	i := &Issuers{now: now, log: log, changed: make(chan struct{}, 1)}
	i.roster.Store(newRoster(verifier, sources))
	return i
}

func newRoster(verifier *identity.Verifier, sources []Source) *roster {
	r := &roster{verifier: verifier, sources: make(map[string]*source, len(sources))}
	for _, s := range sources {
		r.sources[s.Issuer] = &source{Source: s, turn: make(chan struct{}, 1)}
	}
	return r
}

// Replace makes others the ones who sign, from the next token on. A source whose
// keys are the issuer's own goes without one in sources: its keys are given. Errors:
// as identity.NewVerifier; then everything stays as it was.
func (i *Issuers) Replace(issuers []identity.Issuer, sources []Source) error {
	verifier, err := identity.NewVerifier(issuers, i.now)
	if err != nil {
		return err
	}
	i.roster.Store(newRoster(verifier, sources))
	select {
	case i.changed <- struct{}{}:
	default: // Run is about to look anyway
	}
	return nil
}

// Keys gives the keys of an issuer that count now.
func (i *Issuers) Keys(issuer string) identity.KeySet { return i.roster.Load().verifier.Keys(issuer) }

// Verify is identity.Verifier.Verify; a token under a key that is not known makes
// it look once whether the issuer has a new one. Errors: Unauthenticated.
func (i *Issuers) Verify(ctx context.Context, token string) (identity.Claims, error) {
	r := i.roster.Load()
	before := r.versions()
	claims, err := r.verifier.Verify(token)
	var unknown *identity.UnknownKeyError
	if !errors.As(err, &unknown) {
		return claims, err
	}
	s := r.sources[unknown.Issuer]
	if s == nil || !i.lookAgain(ctx, r, s, before[unknown.Issuer]) {
		return claims, err
	}
	return r.verifier.Verify(token)
}

func (r *roster) versions() map[string]int64 {
	versions := make(map[string]int64, len(r.sources))
	for name, s := range r.sources {
		versions[name] = s.version.Load()
	}
	return versions
}

// lookAgain reads the keys because one is missing, unless somebody did so within
// unknownKeyWait, and tells whether they are others than those of a version.
func (i *Issuers) lookAgain(ctx context.Context, r *roster, s *source, version int64) bool {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return false
	}
	if now := i.now(); s.version.Load() == version && (s.unknown.IsZero() || now.Sub(s.unknown) >= unknownKeyWait) {
		s.unknown = now
		i.read(ctx, r, s)
	}
	return s.version.Load() != version
}

// read reads the keys of a source and gives them to the verifier. The caller has
// the source's turn.
func (i *Issuers) read(ctx context.Context, r *roster, s *source) {
	text, maxAge, err := s.Read(ctx)
	now := i.now()
	if err == nil && !bytes.Equal(text, s.text) {
		var keys identity.KeySet
		if keys, err = s.parse(text); err == nil {
			err = r.verifier.SetKeys(s.Issuer, keys)
		}
		if err == nil {
			s.text = bytes.Clone(text)
			s.version.Add(1)
			i.log.Info("an issuer's keys were read", "issuer", s.Issuer, "keys", len(keys.IDs()))
		}
	}
	wait := keyRetry
	switch {
	case s.Every > 0:
		wait = s.Every
	case err == nil && maxAge <= 0:
		wait = defaultKeyAge
	case err == nil:
		wait = min(max(maxAge, minKeyAge), maxKeyAge)
	}
	s.due.Store(now.Add(wait).UnixMicro())
	if err != nil && ctx.Err() == nil {
		i.log.Warn("an issuer's keys could not be read; the last good ones count", "issuer", s.Issuer, "error", err)
	}
}

// Run keeps the keys up to date until ctx ends. It begins by reading all, and
// begins anew when others sign.
func (i *Issuers) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		i.runRoster(ctx, i.roster.Load())
	}
	return nil
}

// runRoster follows the sources of a roster until ctx ends or there is another one.
func (i *Issuers) runRoster(ctx context.Context, r *roster) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{}, len(r.sources))
	for _, s := range r.sources { // each for itself: a slow one must not hold up the others
		go func() {
			defer func() { ended <- struct{}{} }()
			i.follow(ctx, r, s)
		}()
	}
	select {
	case <-ctx.Done():
	case <-i.changed:
	}
	cancel()
	for range r.sources {
		<-ended
	}
}

func (i *Issuers) follow(ctx context.Context, r *roster, s *source) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if due := time.UnixMicro(s.due.Load()); !due.After(i.now()) {
			i.read(ctx, r, s)
		}
		<-s.turn
		timer.Reset(max(time.UnixMicro(s.due.Load()).Sub(i.now()), time.Second))
	}
}
