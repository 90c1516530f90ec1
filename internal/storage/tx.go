package storage

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/insiders"
	"kefu/internal/storage/standstill"
	"kefu/internal/storage/waiting"
	"kefu/internal/storage/workset"
)

// Tx is one transaction of the committer. Functions that run inside it use its
// methods; what they do is undone when they return an error.
type Tx struct {
	core.Tx
	store *Store

	auditLast audit.Link
	batch     []*request
	left      map[string]cachedState // what this transaction wrote of conversations
	digests   []audit.MessageDigest  // of all entries that the commit writes
	rewrote   bool                   // an entry may be in digests twice
}

func newTx(s *Store, tx *sql.Tx, now int64) *Tx {
	return &Tx{Tx: core.NewTx(tx, now, s.core.Ring), store: s}
}

// process does everything a batch asks for. Changes keep the order in which
// they waited, among themselves and with functions that change conversations.
func (t *Tx) process(ctx context.Context, batch []*request) error {
	if err := t.lockHead(ctx); err != nil {
		return err
	}
	t.batch, t.left = batch, make(map[string]cachedState, len(batch))
	t.store.cache.begin(t.Pos)
	for _, n := range t.store.owed {
		t.recordNote(n)
	}
	changes := make([]*conversation.Change, 0, len(batch))
	for _, r := range batch {
		r.err, r.commit = nil, nil
		if r.change != nil {
			r.change.Result, r.change.Seq = conversation.Result{}, 0
			changes = append(changes, r.change)
			continue
		}
		if r.note != nil {
			t.recordNote(r.note)
		}
		if r.fn == nil {
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
	if !r.begin() {
		r.err = fault.New(fault.Unavailable, op, "the caller has given up")
		return nil
	}
	if _, err := t.SQL.ExecContext(ctx, "SAVEPOINT request"); err != nil {
		return engine.MapError(op, err)
	}
	before := *t
	if r.kind == inOrder {
		before.left = maps.Clone(t.left)
	}
	if r.err = r.fn(ctx, t); r.err != nil {
		*t = before
		if err := engine.RollbackTo(ctx, t.SQL, "request"); err != nil {
			return engine.MapError(op, err)
		}
	}
	_, err := t.SQL.ExecContext(ctx, "RELEASE SAVEPOINT request")
	return engine.MapError(op, err)
}

func (t *Tx) runChanges(ctx context.Context, changes []*conversation.Change) error {
	if len(changes) == 0 {
		return nil
	}
	w := workset.New(workset.Env{Now: t.Now, NextPos: t.NextPos, Record: t.Record, Waits: t.waits, Log: t.store.core.Log})
	w.Entries = make([]workset.Entry, 0, len(changes)+8)
	if err := t.load(ctx, w, changes); err != nil {
		return err
	}
	for _, c := range changes {
		w.Apply(c)
	}
	return t.flush(ctx, w)
}

// load reads everything that changes need.
func (t *Tx) load(ctx context.Context, w *workset.Set, changes []*conversation.Change) error {
	ids, clients, entries := workset.Needs(changes)
	if err := t.loadStates(ctx, w, ids); err != nil {
		return err
	}
	decoys, err := insiders.Among(ctx, t.SQL, w.Finished(changes))
	if err != nil {
		return err
	}
	w.LoadDecoys(decoys)
	still, err := standstill.Among(ctx, t.SQL, w.ForPrograms(changes))
	if err != nil {
		return err
	}
	w.LoadStill(still)
	for _, key := range w.Behind(changes) { // a few: most have seen everything
		unseen, err := waiting.After(ctx, t.SQL, key.Conversation, key.Seq)
		if err != nil {
			return err
		}
		w.LoadUnseen(key, unseen)
	}
	if err := t.loadClients(ctx, w, clients); err != nil {
		return err
	}
	return t.loadTargets(ctx, w, entries)
}

// flush writes everything, one statement for each kind.
func (t *Tx) flush(ctx context.Context, w *workset.Set) error {
	for i := range w.Entries {
		if err := t.sealEntry(&w.Entries[i]); err != nil {
			return err
		}
	}
	for i := range w.Rewrites {
		if err := t.sealRewrite(&w.Rewrites[i]); err != nil {
			return err
		}
	}
	steps := []func(context.Context, *workset.Set) error{t.insertEntries, t.writeRewrites, t.insertVersions, t.moveFiles, t.updateStates, t.moveInbox}
	for _, step := range steps {
		if err := step(ctx, w); err != nil {
			return err
		}
	}
	t.digest(w)
	for _, work := range w.Order {
		if work.Changed {
			work.Report.State = work.State
			t.left[work.State.ID] = cachedState{work.State, work.NewInboxActivity()}
			t.Commit.Changed = append(t.Commit.Changed, work.Report)
		}
	}
	return nil
}

// lockHead makes every other commit wait until this one ends, those of other
// processes too.
func (t *Tx) lockHead(ctx context.Context) error {
	var hash []byte
	row := t.SQL.StmtContext(ctx, t.store.stmts.lockHead).QueryRowContext(ctx)
	if err := row.Scan(&t.Pos, &t.auditLast.Seq, &hash); err != nil {
		return engine.MapError("storage.lockHead", err)
	}
	copy(t.auditLast.Hash[:], hash)
	return nil
}

func (t *Tx) saveHead(ctx context.Context) error {
	_, err := t.SQL.StmtContext(ctx, t.store.stmts.saveHead).ExecContext(ctx, t.Pos, t.auditLast.Seq, t.auditLast.Hash[:])
	return engine.MapError("storage.saveHead", err)
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
