package storage

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/followers"
	"kefu/internal/storage/reading"
)

// WrittenSince lists messages and notes after a position, in order. The indexer
// reads it at the start, to know what still waits for the guard's window.
func (s *Store) WrittenSince(ctx context.Context, pos int64, limit int) ([]conversation.Written, error) {
	const op = "storage.WrittenSince"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT pos, conversation_id, author_id, at FROM entry WHERE pos > $1 AND kind IN ('message', 'note') ORDER BY pos LIMIT $2", pos, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found := make([]conversation.Written, 0, limit)
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var w conversation.Written
		err := r.Scan(&w.Pos, &w.ConversationID, &w.AuthorID, &w.At)
		found = append(found, w)
		return err
	})
	return found, engine.MapError(op, err)
}

// RewrittenSince lists the positions of messages up to low that were edited or
// redacted by entries after pos, and the position to go on from. What stands
// after low the indexer reads anyway.
func (s *Store) RewrittenSince(ctx context.Context, low, pos int64, limit int) (targets []int64, next int64, err error) {
	const op = "storage.RewrittenSince"
	next = pos
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT e.pos, m.pos FROM entry e JOIN entry m ON m.conversation_id = e.conversation_id AND m.seq = e.of_seq
		WHERE e.pos > $1 AND m.pos <= $2 AND e.kind IN ('edited', 'redacted') ORDER BY e.pos LIMIT $3`, pos, low, limit)
	if err != nil {
		return nil, pos, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var target int64
		err := r.Scan(&next, &target)
		targets = append(targets, target)
		return err
	})
	return targets, next, engine.MapError(op, err)
}

// EntriesAt reads the entries at some positions, the last first, for the indexer
// and for search hits. Whose words staff were shown goes into the audit chain.
// Errors: Forbidden.
func (s *Store) EntriesAt(ctx context.Context, p identity.Principal, positions []int64) ([]conversation.Entry, error) {
	const op = "storage.EntriesAt"
	if !policy.Allow(p, policy.SearchMessages, policy.Object{}) && !policy.Allow(p, policy.ReadInternal, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s may not search", p.Kind)
	}
	if len(positions) == 0 {
		return nil, nil
	}
	l := s.core.DB.Kind.Layout("pos:int")
	rowsOf := l.Rowset()
	for _, pos := range positions {
		rowsOf.Int(pos).EndRow()
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+entryColumns+" FROM "+l.From()+" CROSS JOIN entry e WHERE e.pos = v.pos ORDER BY e.pos DESC", rowsOf.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	entries, err := s.scanEntries(rows)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if p.Kind.Recorded() {
		if err := s.core.RecordRead(ctx, p, found(entries)...); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// openFollowed opens the content of an entry for a follower of the log.
func (s *Store) openFollowed(e followers.Stored) (conversation.Content, error) {
	return s.openContent(storedContent{sealed: e.Sealed, ref: e.Ref}, reading.EntryAAD(e.Entry.ConversationID, e.Entry.Seq))
}

// found is the reading of what a search has brought up.
func found(entries []conversation.Entry) []core.Read {
	var ids []string
	for i := range entries {
		if conv := entries[i].ConversationID; !slices.Contains(ids, conv) {
			ids = append(ids, conv)
		}
	}
	return core.ReadingsOf("search.messages", ids)
}

// AllEntries reads the whole log in the order of commits, for replay's separate
// look at the database. It opens every content.
func (s *Store) AllEntries(ctx context.Context, after int64) iter.Seq2[conversation.Entry, error] {
	return func(yield func(conversation.Entry, error) bool) {
		for {
			rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+entryColumns+" FROM entry e WHERE e.pos > $1 ORDER BY e.pos LIMIT 1000", after)
			if err != nil {
				yield(conversation.Entry{}, engine.MapError("storage.AllEntries", err))
				return
			}
			var batch []conversation.Entry
			err = engine.EachRow(rows, func(r *sql.Rows) error {
				e, err := s.scanEntry(r)
				batch = append(batch, e)
				return err
			})
			if err != nil {
				yield(conversation.Entry{}, engine.MapError("storage.AllEntries", err))
				return
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
				after = e.Pos
			}
			if len(batch) == 0 {
				return
			}
		}
	}
}
