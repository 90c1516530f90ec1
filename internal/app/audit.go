package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"iter"
	"log/slog"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/auditing"
	"kefu/internal/platform/config"
	"kefu/internal/platform/headlog"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage"
)

// OpenForReading opens the keys and the store of a configuration for a command
// that stores nothing. It works beside a running server. Errors: Conflict for a
// database whose schema is not this program's.
func OpenForReading(ctx context.Context, c config.Config) (*storage.Store, *keyring.Ring, error) {
	ring, err := OpenRing(c, true)
	if err != nil {
		return nil, nil, err
	}
	store, err := storage.Open(ctx, storage.Options{Dir: c.Data, Database: c.Database.Reveal(), Ring: ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, errors.Join(err, ring.Close())
	}
	return store, ring, nil
}

// CommandLine is the principal of commands: whoever runs the machine.
func CommandLine() identity.Principal { return identity.SystemPart("command line") }

// prover proves the audit chain while the server runs.
func (a *App) prover() *auditing.Prover {
	return auditing.New(auditing.Options{
		Chain: a.Store, Stream: storage.AuditStream, Keys: []ed25519.PublicKey{a.signer.Public()}, Clock: a.now,
		Heads: func() iter.Seq2[audit.Head, error] { return audit.ReadHeads(headlog.Lines(HeadsPath(a.Config))) },
	})
}

// VerifyAudit checks the audit chain of a configuration against itself, its
// signed heads and the stored messages.
func VerifyAudit(ctx context.Context, c config.Config) (audit.Report, error) {
	store, ring, err := OpenForReading(ctx, c)
	if err != nil {
		return audit.Report{}, err
	}
	signer, err := audit.NewSigner(ring.Subkey("audit heads"))
	if err != nil {
		return audit.Report{}, errors.Join(err, store.Close(), ring.Close())
	}
	report, err := audit.Verify(ctx, audit.Input{
		Stream: storage.AuditStream, Entries: store.AuditEntries(ctx, CommandLine()), Heads: audit.ReadHeads(headlog.Lines(HeadsPath(c))),
		Keys: []ed25519.PublicKey{signer.Public()}, Messages: store.CheckMessages, Lengths: store.ConversationLengths(ctx),
	})
	return report, errors.Join(err, store.Close(), ring.Close())
}
