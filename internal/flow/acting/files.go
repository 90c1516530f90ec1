package acting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

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

// give hands the files of an act to the wallet, before the command that names them leaves.
// Each is read as its customer may read it, and is the one that was agreed to, byte for
// byte. Done again it changes nothing. Errors: a *RefusedError; Unavailable.
func (s *Service) give(ctx context.Context, p identity.Principal, k action.Kept) error {
	if len(k.Command.Files) == 0 {
		return nil
	}
	if s.Files == nil || len(k.Papers) != len(k.Command.Files) {
		return refused(string(wallet.FileMissing))
	}
	whose := identity.Principal{Kind: identity.Customer, ID: k.CustomerID, Level: identity.AL1}
	for i, e := range k.Command.Files {
		if err := s.giveOne(ctx, actor(p, k), whose, k.Command.CustomerID, k.Papers[i], e.File); err != nil {
			return err
		}
	}
	return nil
}

// giveOne hands over one file. Its turn comes before it is read: however many acts have
// files, few of these are in memory.
func (s *Service) giveOne(ctx context.Context, by wallet.Actor, whose identity.Principal, customer, paper string, f wallet.File) error {
	const op = "acting.give"
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
