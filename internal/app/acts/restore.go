package acts

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/headlog"
	"kefu/internal/storage"
)

// Copy is a database as it is found at the start, and what was proven of it.
type Copy struct {
	Store  *storage.Store
	Heads  string // the file of the signed heads
	Key    ed25519.PublicKey
	Beside storage.Options // with which the store is opened once more: the server's own does not run yet
	By     identity.Principal
	Log    *slog.Logger
}

// NoticeRestore finds out, before anything is done, whether the database is older than
// what was proven of it: an earlier copy was put back. Whatever was on its way to the
// wallet then is asked for there first, for this database does not know how far it had
// got. Who puts the signed heads away before the first start says so by a command.
func NoticeRestore(ctx context.Context, c Copy) error {
	link, err := c.Store.AuditHead(ctx)
	if err != nil {
		return err
	}
	newest, found, err := newestHead(c.Heads, c.Key)
	if err != nil || !found || newest.Seq <= link.Seq {
		return err
	}
	store, err := storage.Open(ctx, c.Beside)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- store.Run(running) }()
	doubted, err := store.DoubtActs(ctx, c.By)
	stop()
	if err = errors.Join(err, <-ended, store.Close()); err == nil {
		c.Log.Warn("the database is older than what was proven of it: the wallet is asked for all that was on its way before anything is sent", "acts", doubted, "records_missing", newest.Seq-link.Seq)
	}
	return err
}

// newestHead is the newest head that we signed, of the last lines of the file: a line that
// a crash tore, or that somebody added, proves nothing.
func newestHead(path string, key ed25519.PublicKey) (newest audit.Head, found bool, err error) {
	const lines = 16
	var last [lines][]byte
	n := 0
	for line, err := range headlog.Lines(path) {
		if err != nil {
			return newest, false, err
		}
		last[n%lines] = append(last[n%lines][:0], line...)
		n++
	}
	for _, line := range last {
		h, err := audit.ParseHead(line)
		if err == nil && h.Stream == storage.AuditStream && h.SignedBy([]ed25519.PublicKey{key}) && (!found || h.Seq > newest.Seq) {
			newest, found = h, true
		}
	}
	return newest, found, nil
}
