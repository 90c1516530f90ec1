// Package followers keeps how far each follower of the log has got, and reads the
// log for them. What a follower writes goes with its cursor into one transaction:
// see Advance.
package followers

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Stored is an entry as a row holds it: everything but its content, which is
// sealed.
type Stored struct {
	Entry  conversation.Entry
	Sealed []byte
	Ref    int64
}

// Followers is the part of the store that this package is.
type Followers struct {
	core *core.Core
	open func(Stored) (conversation.Content, error)
}

// New makes it. open opens the content of an entry.
func New(c *core.Core, open func(Stored) (conversation.Content, error)) *Followers {
	return &Followers{core: c, open: open}
}

// FollowerAt is the cursor of a follower, which is made when it is new: before the
// first entry, or behind the newest.
func (s *Followers) FollowerAt(ctx context.Context, name string, atEnd bool) (pos int64, err error) {
	const op = "followers.FollowerAt"
	const read = "SELECT pos FROM follower WHERE name = $1"
	if name == "" {
		return 0, fault.New(fault.Invalid, op, "a follower has a name")
	}
	err = s.core.DB.Reader.QueryRowContext(ctx, read, name).Scan(&pos)
	if !errors.Is(err, sql.ErrNoRows) {
		return pos, engine.MapError(op, err)
	}
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := t.SQL.QueryRowContext(ctx, read, name).Scan(&pos); !errors.Is(err, sql.ErrNoRows) {
			return engine.MapError(op, err)
		}
		if pos = 0; atEnd {
			pos = t.Pos
		}
		_, err := t.SQL.ExecContext(ctx, "INSERT INTO follower (name, pos) VALUES ($1, $2)", name, pos)
		return engine.MapError(op, err)
	})
	if err != nil {
		return 0, err
	}
	return pos, nil
}

// Advance moves a cursor in the transaction of what is written for the step.
// Errors: Conflict when the cursor is not at its beginning; then nothing of the
// transaction may stay, for it was written already.
func Advance(ctx context.Context, t *core.Tx, s event.Step) error {
	const op = "followers.Advance"
	res, err := t.SQL.ExecContext(ctx, "UPDATE follower SET pos = $1 WHERE name = $2 AND pos = $3 AND pos <= $1", s.To, s.Follower, s.From)
	if err != nil {
		return engine.MapError(op, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return &fault.Error{Code: fault.Conflict, Op: op, Message: "the follower " + s.Follower + " is elsewhere", Err: err}
	}
	return nil
}

// MoveFollower moves a cursor alone. Errors: Conflict when it is not at the step's
// beginning.
func (s *Followers) MoveFollower(ctx context.Context, step event.Step) error {
	return s.Follow(ctx, step, func(context.Context, *core.Tx) error { return nil })
}

// Follow writes what follows from a step and moves the cursor over it, in one
// transaction. Errors: those of write; Conflict when the cursor is not at the
// step's beginning, and nothing is written.
func (s *Followers) Follow(ctx context.Context, step event.Step, write func(context.Context, *core.Tx) error) error {
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := Advance(ctx, t, step); err != nil {
			return err
		}
		return write(ctx, t)
	})
}

// real leaves out what stands in conversations of nobody: nothing may follow from them.
const real = " AND NOT EXISTS (SELECT 1 FROM decoy d WHERE d.conversation_id = entry.conversation_id)"

// EntriesBetween counts the entries after a position, up to another one.
func (s *Followers) EntriesBetween(ctx context.Context, after, upTo int64) (n int, err error) {
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM entry WHERE pos > $1 AND pos <= $2"+real, after, upTo).Scan(&n)
	return n, engine.MapError("followers.EntriesBetween", err)
}

// EntriesSince reads at most limit entries after a position and gives those that
// are wanted, in their order, with how far it read: the position of the last, or
// with end that nothing came after it. Of the others nothing is opened. Errors:
// Forbidden for all but parts of Kefu.
func (s *Followers) EntriesSince(ctx context.Context, p identity.Principal, pos int64, limit int, wanted func(*conversation.Entry) bool) (kept []conversation.Entry, next int64, end bool, err error) {
	const op = "followers.EntriesSince"
	if !policy.Allow(p, policy.FollowLog, policy.Object{}) {
		return nil, pos, false, fault.New(fault.Forbidden, op, "%s may not follow the log", p.Kind)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT pos, conversation_id, seq, kind, author_kind, author_id, author_name, client_id, at, content, content_ref
		FROM entry WHERE pos > $1`+real+` ORDER BY pos LIMIT $2`, pos, limit)
	if err != nil {
		return nil, pos, false, engine.MapError(op, err)
	}
	next = pos
	read := 0
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		stored, err := scan(r)
		if err != nil {
			return err
		}
		read++
		next = stored.Entry.Pos
		if !wanted(&stored.Entry) {
			return nil
		}
		if stored.Entry.Content, err = s.open(stored); err != nil {
			return err
		}
		kept = append(kept, stored.Entry)
		return nil
	})
	if err != nil {
		return nil, pos, false, engine.MapError(op, err)
	}
	return kept, next, read < limit, nil
}

// lookBack bounds the entries among which ConversationsBegun looks.
const lookBack = 2_000_000

// ConversationsBegun lists the conversations that were begun last, the newest first,
// as far as they are among the newest 2,000,000 entries of the log. Errors: Forbidden
// for all but parts of Kefu.
func (s *Followers) ConversationsBegun(ctx context.Context, p identity.Principal, limit int) ([]string, error) {
	const op = "followers.ConversationsBegun"
	if !policy.Allow(p, policy.FollowLog, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s may not follow the log", p.Kind)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT conversation_id FROM entry
		WHERE pos > (SELECT pos FROM log_head WHERE id = 1) - $1 AND seq = 1`+real+` ORDER BY pos DESC LIMIT $2`, lookBack, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var ids []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, engine.MapError(op, err)
}

// RuleTried notes in the audit chain that somebody has a rule tried on conversations,
// before it is: what it held for says something of what is in them. Errors:
// Forbidden for who may not change rules.
func (s *Followers) RuleTried(ctx context.Context, p identity.Principal, conversations []string) error {
	if !policy.Allow(p, policy.ChangeWorkSettings, policy.Object{}) {
		return fault.New(fault.Forbidden, "followers.RuleTried", "%s may not try rules", p.Kind)
	}
	return s.core.RecordRead(ctx, p, core.ReadingsOf("rule.try", conversations)...)
}

func scan(r *sql.Rows) (Stored, error) {
	var s Stored
	var kind, authorKind string
	var client sql.NullString
	e := &s.Entry
	err := r.Scan(&e.Pos, &e.ConversationID, &e.Seq, &kind, &authorKind, &e.Author.ID, &e.Author.Name, &client, &e.At, &s.Sealed, &s.Ref)
	e.Kind, e.Author.Kind, e.ClientID = conversation.EntryKind(kind), conversation.AuthorKind(authorKind), client.String
	return s, err
}
