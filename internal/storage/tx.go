package storage

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
)

// Tx is one transaction of the committer. Functions that run inside it use its
// methods; what they do is undone when they return an error.
type Tx struct {
	store *Store
	sql   *sql.Tx
	now   int64 // microseconds, the time of the whole commit

	pos       int64
	auditSeq  int64
	auditHash []byte

	batch     []*request
	left      map[string]cachedState // what this transaction wrote of conversations
	entries   []storedEntry          // of the whole commit, for the audit digest
	audits    []auditEvent
	rewritten []audit.MessageDigest
	commit    event.Commit
}

func newTx(s *Store, tx *sql.Tx, now int64) *Tx {
	return &Tx{store: s, sql: tx, now: now}
}

// process does everything a batch asks for. Changes keep the order in which
// they waited, among themselves and with functions that change conversations.
func (t *Tx) process(ctx context.Context, batch []*request) error {
	if err := t.lockHead(ctx); err != nil {
		return err
	}
	t.batch, t.left = batch, make(map[string]cachedState, len(batch))
	t.store.cache.begin(t.pos)
	changes := make([]*conversation.Change, 0, len(batch))
	for _, r := range batch {
		r.err, r.commit = nil, nil
		if r.change != nil {
			r.change.Result, r.change.Seq = conversation.Result{}, 0
			changes = append(changes, r.change)
			continue
		}
		if r.kind == inOrder {
			if err := t.runChanges(ctx, changes); err != nil {
				return err
			}
			changes = changes[:0]
		}
		if err := t.runFunc(ctx, r); err != nil {
			return err
		}
	}
	if err := t.runChanges(ctx, changes); err != nil {
		return err
	}
	if err := t.writeAudit(ctx); err != nil {
		return err
	}
	return t.saveHead(ctx)
}

// runFunc runs one function under a savepoint. Its own error is its answer;
// an error returned from here ends the whole transaction.
func (t *Tx) runFunc(ctx context.Context, r *request) error {
	const op = "storage.runFunc"
	if r.kind == noteOnly {
		r.err = r.fn(ctx, t)
		return nil
	}
	if _, err := t.sql.ExecContext(ctx, "SAVEPOINT request"); err != nil {
		return mapError(op, err)
	}
	before := *t
	if r.kind == inOrder {
		before.left = maps.Clone(t.left)
	}
	if r.err = r.fn(ctx, t); r.err != nil {
		*t = before
		if err := rollbackTo(ctx, t.sql, "request"); err != nil {
			return mapError(op, err)
		}
	}
	_, err := t.sql.ExecContext(ctx, "RELEASE SAVEPOINT request")
	return mapError(op, err)
}

func (t *Tx) runChanges(ctx context.Context, changes []*conversation.Change) error {
	if len(changes) == 0 {
		return nil
	}
	w := newWorkset(t)
	w.entries = make([]storedEntry, 0, len(changes)+8)
	if err := w.load(ctx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		w.apply(c)
	}
	return w.flush(ctx)
}

func (t *Tx) lockHead(ctx context.Context) error {
	row := t.sql.QueryRowContext(ctx, "UPDATE log_head SET pos = pos WHERE id = 1 RETURNING pos, audit_seq, audit_hash")
	return mapError("storage.lockHead", row.Scan(&t.pos, &t.auditSeq, &t.auditHash))
}

func (t *Tx) saveHead(ctx context.Context) error {
	_, err := t.sql.ExecContext(ctx, "UPDATE log_head SET pos = $1, audit_seq = $2, audit_hash = $3 WHERE id = 1", t.pos, t.auditSeq, t.auditHash)
	return mapError("storage.saveHead", err)
}

func (t *Tx) nextPos() int64 {
	t.pos++
	return t.pos
}

// afterCommit hands what was done to the first request of the batch, for the
// publisher.
func (t *Tx) afterCommit(batch []*request) {
	t.store.cache.end(t.pos, t.left)
	batch[0].commit = &t.commit
}

// seal encrypts a value that belongs to one thing, named by aad.
func (t *Tx) seal(plain []byte, aad string) ([]byte, int64, error) {
	sealed, ref, err := t.store.ring.Seal(nil, plain, []byte(aad))
	return sealed, int64(ref), fault.Wrap("storage.seal", err)
}

// open decrypts what seal made. An erased value is empty and not an error.
func (s *Store) open(sealed []byte, ref int64, aad string) ([]byte, error) {
	if ref == 0 {
		return nil, nil
	}
	plain, err := s.ring.Open(nil, sealed, keyring.Ref(ref), []byte(aad))
	if keyring.IsDestroyed(err) {
		return nil, nil
	}
	return plain, fault.Wrap("storage.open", err)
}

// destroyKeys makes the values under refs unreadable soon after the commit. The
// job in the same transaction keeps the promise over a crash.
func (t *Tx) destroyKeys(ctx context.Context, refs []int64) error {
	if len(refs) == 0 {
		return nil
	}
	return t.enqueue(ctx, job.New{Kind: job.DestroyKeys, Payload: encodeRefs(refs), DueAt: t.now})
}

// waits tells whether a change is of this very batch, so that it has not been
// answered yet.
func (t *Tx) waits(c *conversation.Change) bool {
	return c != nil && slices.ContainsFunc(t.batch, func(r *request) bool { return r.change == c })
}

// change applies one command inside this transaction and gives the state after it.
func (t *Tx) change(ctx context.Context, p identity.Principal, id string, command conversation.Command) (conversation.State, error) {
	c := &conversation.Change{Principal: p, ConversationID: id, Command: command}
	if err := t.runChanges(ctx, []*conversation.Change{c}); err != nil {
		return conversation.State{}, err
	}
	return c.Result.State, c.Result.Err
}
