// Package doubting watches what the wallet tells of failed payments, and raises the alarm
// for codes of which it is not certain what they stand for: one that no table knows, or of
// which the wallet says otherwise. Nobody who reads a payment waits for it. It changes
// nothing of what is told: that is the table's (domain/failure).
package doubting

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
)

// Store keeps doubts.
type Store interface {
	NoteDoubts(ctx context.Context, p identity.Principal, met []failure.Noted) (fresh []failure.Noted, left int, err error)
	DoubtsNoted(ctx context.Context, p identity.Principal) ([]failure.Noted, error)
}

// Figures counts for operators.
type Figures interface {
	// FailureDoubts sets how many codes are open, by kind.
	FailureDoubts(open map[string]int)
	// FailureDoubted counts failed payments with such a code, by kind.
	FailureDoubted(kind string, times int64)
}

// Deps are what a Service works with.
type Deps struct {
	Store   Store
	Table   *failure.Table
	Clean   func(ctx context.Context, text string) (string, error) // takes secrets out
	Figures Figures
	Clock   clock.Clock
	Log     *slog.Logger
}

// Bounds of what is remembered until it is kept. Whatever a wallet sends, it is this
// much: what comes beside is counted, and comes again.
const (
	maxMet   = 256
	maxSeen  = 4096             // payments that were counted already
	forgets  = 10 * time.Minute // after which one counts again
	rest     = 5 * time.Second  // between two writings
	maxRest  = 5 * time.Minute  // after failures
	maxCode  = 64               // characters
	hidden   = "…"              // of a code that is longer, or has a secret in it
	saveTime = 5 * time.Second
	counting = time.Minute // between two counts of what is open
)

type key struct{ rail, code string }

// Service watches. It is safe for concurrent use.
type Service struct {
	Deps
	wake chan struct{}

	mu   sync.Mutex
	met  map[key]failure.Noted
	over int                    // codes for which there was no room
	seen map[string]wallet.Time // by payment
}

// New makes a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, wake: make(chan struct{}, 1), met: map[key]failure.Noted{}, seen: map[string]wallet.Time{}}
}

// Saw looks at a payment that the wallet told of. It waits for nothing and nobody.
func (s *Service) Saw(t wallet.Transaction) {
	d, is := s.Table.Doubt(t)
	if !is {
		return
	}
	now := wallet.At(s.Clock())
	s.mu.Lock()
	defer s.mu.Unlock()
	of := t.CustomerID + " " + t.ID
	if at, counted := s.seen[of]; counted && now-at < wallet.Time(forgets.Microseconds()) {
		return // a list that is read again, and the story after it, are one payment
	}
	if len(s.seen) >= maxSeen {
		clear(s.seen)
	}
	s.seen[of] = now
	k := key{d.Rail, d.Code}
	n, known := s.met[k]
	if !known && len(s.met) >= maxMet {
		s.over++
		return
	}
	if !known {
		n = failure.Noted{FirstAt: now}
	}
	n.Doubt, n.LastAt, n.Example = d, now, failure.Example(t)
	n.Times++
	s.met[k] = n
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run keeps what was met until ctx ends. What cannot be kept is tried again.
func (s *Service) Run(ctx context.Context) error {
	count, wait := time.NewTicker(counting), rest
	defer count.Stop()
	s.count(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-count.C:
			s.count(ctx)
			continue
		case <-s.wake:
		}
		if err := s.keep(ctx); err != nil {
			s.Log.Warn("what failure codes are not certain could not be kept", "error", err)
			wait = min(2*wait, maxRest)
			s.stir()
		} else {
			wait = rest
			s.count(ctx)
		}
		pause := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
	}
}

func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// keep writes down what was met since the last time.
func (s *Service) keep(ctx context.Context) error {
	s.mu.Lock()
	met, over := s.met, s.over
	s.met, s.over = map[key]failure.Noted{}, 0
	s.mu.Unlock()
	list := make([]failure.Noted, 0, len(met))
	for _, n := range met {
		n.Rail, n.Code, n.Example = s.plain(ctx, n.Rail), s.plain(ctx, n.Code), s.plain(ctx, n.Example)
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b failure.Noted) int { return cmp.Or(cmp.Compare(a.Rail, b.Rail), cmp.Compare(a.Code, b.Code)) })
	within, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	fresh, left, err := s.Store.NoteDoubts(within, part(), merged(list))
	if err != nil {
		s.again(met, over)
		return err
	}
	for _, n := range list {
		s.Figures.FailureDoubted(n.Kind(), n.Times)
	}
	for _, n := range fresh {
		s.Log.Warn("a failure code is not certain: say in the settings what it stands for", "rail", n.Rail, "code", n.Code, "kind", n.Kind(), "said", string(n.Said), "mapped", string(n.Mapped))
	}
	if over+left > 0 {
		s.Log.Warn("there is no room for more failure codes that are not certain", "not_kept", over+left)
	}
	return nil
}

// merged joins those that became the same when they were made plain.
func merged(list []failure.Noted) []failure.Noted {
	var out []failure.Noted
	for _, n := range list {
		if last := len(out) - 1; last >= 0 && out[last].Rail == n.Rail && out[last].Code == n.Code {
			n.Times += out[last].Times
			n.FirstAt, n.LastAt = min(n.FirstAt, out[last].FirstAt), max(n.LastAt, out[last].LastAt)
			out[last] = n
			continue
		}
		out = append(out, n)
	}
	return out
}

// again puts back what could not be kept.
func (s *Service) again(met map[key]failure.Noted, over int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, n := range met {
		if now, known := s.met[k]; known {
			now.Times += n.Times
			now.FirstAt = n.FirstAt
			s.met[k] = now
		} else if len(s.met) < maxMet {
			s.met[k] = n
		} else {
			over++
		}
	}
	s.over += over
}

// plain is a code that may be kept and shown: short, and nothing that a guard would take
// out. A wallet has no reason to send anything else.
func (s *Service) plain(ctx context.Context, code string) string {
	if chars := []rune(code); len(chars) > maxCode {
		code = string(chars[:maxCode-1]) + hidden
	}
	clean, err := s.Clean(ctx, code)
	if err != nil {
		return hidden
	}
	return clean
}

// Open lists the doubts that there are by the table of now, the last met first. Full
// tells that there is no room for more. Errors: Forbidden; Unavailable.
func (s *Service) Open(ctx context.Context, p identity.Principal) (open []failure.Noted, full bool, err error) {
	all, err := s.Store.DoubtsNoted(ctx, p)
	if err != nil {
		return nil, false, err
	}
	for _, n := range all {
		if now, still := s.Table.Again(n.Doubt); still {
			n.Doubt = now
			open = append(open, n)
		}
	}
	return open, len(all) >= failure.MaxNoted, nil
}

// count tells how many are open.
func (s *Service) count(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	open, _, err := s.Open(within, part())
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("failure codes that are not certain could not be counted", "error", err)
		}
		return
	}
	of := map[string]int{"unknown": 0, "disagrees": 0}
	for _, n := range open {
		of[n.Kind()]++
	}
	s.Figures.FailureDoubts(of)
}

func part() identity.Principal { return identity.SystemPart("failure codes") }
