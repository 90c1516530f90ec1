package acting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Files gives what customers gave here.
type Files interface {
	// Content is a file, for whoever may read it. Errors: NotFound, TooMany.
	Content(ctx context.Context, p identity.Principal, id string, most int64) ([]byte, error)
}

// named puts files into a command: what they are for the wallet, and where they are kept
// for us. Errors: a *RefusedError when the wallet takes no such files.
func named(able wallet.Capabilities, k *action.Kept, files []selfservice.FileFact) error {
	for _, f := range files {
		e := wallet.Evidence{Kind: f.Want, File: wallet.File{Digest: f.Digest, Type: f.Type, Size: f.Size}}
		if !able.Files.Takes(e.File) {
			return refused(string(wallet.FileRefused))
		}
		k.Command.Files, k.Papers = append(k.Command.Files, e), append(k.Papers, f.ID)
	}
	return nil
}

// filesAtOnce bounds the files that are in memory on their way to the wallet.
const filesAtOnce = 2

// How long files may take: giveWait is waited for them by whoever has the act done, giveTime
// for one of them by the wallet, and no more than givesAtOnce acts hand theirs over.
const (
	giveWait    = 10 * time.Second
	giveTime    = time.Minute
	givesAtOnce = 64
)

// HandingError says that the files of an act are on their way to the wallet, or wait for it to
// take them, and that nothing else of it has left.
type HandingError struct{ Err error }

// Error implements error.
func (e *HandingError) Error() string { return "acting: files are being handed over" }

// Unwrap makes it a fault for those who do not know it.
func (e *HandingError) Unwrap() error {
	return &fault.Error{Code: fault.Unavailable, Op: "acting.give", Message: "the files are being handed over", Err: e.Err}
}

// giving is the handing over of the files of one act, whoever asks for it meanwhile.
type giving struct {
	done chan struct{}
	err  error // once it is done
}

// underway tells whether the files of an act are being handed over.
func (s *Service) underway(k action.Kept) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gives[k.ID] != nil
}

// give hands the files of an act to the wallet, before the command that names them leaves.
// Each is read as its customer may read it, and is the one that was agreed to, byte for
// byte. What the wallet has is not given again, and what takes long goes on when whoever
// asked has gone. Errors: a *RefusedError; a *HandingError while it is not at its end.
func (s *Service) give(ctx context.Context, p identity.Principal, k action.Kept) (action.Kept, error) {
	if k.Given >= len(k.Command.Files) {
		return k, nil
	}
	if s.Files == nil || len(k.Papers) != len(k.Command.Files) {
		return k, refused(string(wallet.FileMissing))
	}
	g := s.begin(ctx, p, k)
	if g == nil {
		return k, &HandingError{}
	}
	timer := time.NewTimer(giveWait)
	defer timer.Stop()
	select {
	case <-g.done:
	case <-timer.C:
		return k, &HandingError{}
	case <-ctx.Done():
		return k, &HandingError{Err: ctx.Err()}
	}
	switch {
	case isRefused(g.err) != "": // of one of them, after others that were noted
		if now, err := s.act(ctx, p, k.ID); err == nil {
			k = now
		}
		return k, g.err
	case fault.Is(g.err, fault.Conflict): // it was given up, or its time is over
		return s.act(ctx, p, k.ID)
	case g.err != nil:
		s.Log.Warn("files could not be handed to the wallet; it is tried again", "act", k.ID, "error", g.err)
		return k, &HandingError{Err: g.err}
	}
	return s.act(ctx, p, k.ID)
}

// begin has the files of an act handed over, beside whoever asked for it; nil when they are
// already, or too many are at once.
func (s *Service) begin(ctx context.Context, p identity.Principal, k action.Kept) *giving {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gives[k.ID] != nil || len(s.gives) >= givesAtOnce {
		return nil
	}
	g := &giving{done: make(chan struct{})}
	s.gives[k.ID] = g
	ctx = context.WithoutCancel(ctx)
	go func() {
		now, err := s.giveAll(ctx, p, k)
		g.err = err
		s.mu.Lock()
		delete(s.gives, k.ID)
		s.mu.Unlock()
		close(g.done)
		if now.Given > k.Given { // whoever was told that it goes on is told now that it did
			s.Changed(now)
		}
	}()
	return g
}

// giveAll hands over the files that the wallet does not have yet, one after the other, and
// notes each. Errors: a *RefusedError; Conflict when the act is not about to be sent any
// more; Unavailable.
func (s *Service) giveAll(ctx context.Context, p identity.Principal, k action.Kept) (action.Kept, error) {
	whose := identity.Principal{Kind: identity.Customer, ID: k.CustomerID, Level: identity.AL1}
	for n := k.Given; n < len(k.Command.Files); n = k.Given {
		if at := k.At(s.Clock()).State; at != action.Confirmed && at != action.Approved {
			return k, &fault.Error{Code: fault.Conflict, Op: "acting.give", Field: "state", Reason: string(at), Message: "its time is over"}
		}
		if err := s.giveOne(ctx, actor(p, k), whose, k.Command.CustomerID, k.Papers[n], k.Command.Files[n].File); err != nil {
			return k, err
		}
		next, err := s.gave(ctx, k, n+1)
		if err != nil {
			return k, err
		}
		if k = next; k.Given < len(k.Command.Files) {
			s.Changed(k)
		}
	}
	return k, nil
}

// gave notes that the wallet has the first n files.
func (s *Service) gave(ctx context.Context, k action.Kept, n int) (action.Kept, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return s.Store.GaveAct(ctx, part(), k.ID, n)
}

// giveOne hands over one file. Its turn comes before it is read: however many acts have
// files, few of these are in memory.
func (s *Service) giveOne(ctx context.Context, by wallet.Actor, whose identity.Principal, customer, paper string, f wallet.File) error {
	const op = "acting.give"
	ctx, cancel := context.WithTimeout(ctx, giveTime)
	defer cancel()
	select {
	case s.handing <- struct{}{}:
		defer func() { <-s.handing }()
	case <-ctx.Done():
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "too many files are given to the wallet at once", Err: ctx.Err()}
	}
	content, err := s.Files.Content(ctx, whose, paper, wallet.MaxFileBytes)
	switch {
	case fault.Is(err, fault.NotFound) || fault.Is(err, fault.TooMany):
		return refused(string(wallet.FileMissing))
	case err != nil:
		return fault.Wrap(op, err)
	}
	sum := sha256.Sum256(content)
	if hex.EncodeToString(sum[:]) != f.Digest || int64(len(content)) != f.Size {
		return refused(string(wallet.FileMissing))
	}
	_, err = s.Wallet.GiveFile(ctx, by, customer, f, content)
	switch {
	case fault.Is(err, fault.Invalid):
		return refused(string(wallet.FileRefused))
	case fault.Is(err, fault.NotFound):
		return refused(string(wallet.NotEligible))
	case err != nil:
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet did not take a file", Err: err}
	}
	return nil
}

// isRefused gives why an act is refused, "" when it is not.
func isRefused(err error) string {
	var no *RefusedError
	if errors.As(err, &no) {
		return no.Why
	}
	return ""
}
