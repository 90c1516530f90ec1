package storage

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
)

// note is what a member of staff, or a program, has read and the audit chain must tell of. One
// whose commit fails is owed: the next transaction writes it too.
type note struct {
	by    identity.Principal
	at    int64
	reads []core.Read
}

// RecordRead implements core.Queue.
func (q queue) RecordRead(ctx context.Context, p identity.Principal, reads ...core.Read) error {
	if !p.Kind.Recorded() || len(reads) == 0 {
		return nil
	}
	return q.store.note(ctx, p, reads, func(error) {})
}

// RecordFirst implements core.Queue.
func (q queue) RecordFirst(ctx context.Context, p identity.Principal, reads ...core.Read) error {
	const op = "storage.RecordFirst"
	if !p.Kind.Recorded() || len(reads) == 0 {
		return nil
	}
	answer := make(chan error, 1)
	if err := q.store.note(ctx, p, reads, func(err error) { answer <- err }); err != nil {
		return err
	}
	select {
	case err := <-answer:
		if err != nil {
			return &fault.Error{Code: fault.Unavailable, Op: op, Message: "what is to be read is not in the audit chain", Err: err}
		}
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, op, "gave up waiting for the commit")
	}
}

// note hands what is read to the next commit, unless too much waits for one already.
func (s *Store) note(ctx context.Context, p identity.Principal, reads []core.Read, done func(error)) error {
	if s.unnoted.Add(1) > int64(s.maxUnnoted) && s.failing.Load() {
		s.unnoted.Add(-1)
		s.offer(&request{}) // so that a database that is well again is found to be
		return fault.New(fault.Unavailable, "storage.note", "nothing may be read by staff before what was read is in the audit chain, and commits fail")
	}
	r := &request{note: &note{by: p, at: clock.Micros(s.core.Now()), reads: reads}, done: done}
	if err := s.committer.Enqueue(ctx, r); err != nil {
		s.unnoted.Add(-1)
		return err
	}
	return nil
}

func (t *Tx) recordNote(n *note) {
	for _, r := range n.reads {
		t.Audit.RecordFor(n.by, n.at, r.Action, r.ObjectType, r.ObjectID, r.Subject, r.Purpose)
	}
}

// noted is told that a batch is committed, and with it all that was owed.
func (s *Store) noted(batch []*request) {
	done := int64(len(s.owed))
	s.owed = s.owed[:0]
	for _, r := range batch {
		if r.note != nil {
			done++
		}
	}
	s.unnoted.Add(-done)
}

// payNotes is the last try to write what is owed.
func (s *Store) payNotes(ctx context.Context) error {
	if len(s.owed) == 0 {
		return nil
	}
	if err := s.attempt(context.WithoutCancel(ctx), []*request{{}}); err != nil {
		s.core.Log.Error("what staff have read is not in the audit chain", "readings", len(s.owed), "error", err)
		return err
	}
	return nil
}
