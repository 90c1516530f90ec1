package storage

import (
	"context"
	"database/sql"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/workset"
)

// Conversation reads one conversation. Errors: NotFound, also when it is not
// p's to see.
func (s *Store) Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error) {
	return reading.Conversation(ctx, s.core, p, id)
}

// Watch reads one conversation for somebody who will be told of all that happens
// in it from now on. For staff that is a reading, and recorded as one. Errors:
// NotFound, also when it is not p's to see.
func (s *Store) Watch(ctx context.Context, p identity.Principal, id string) (conversation.State, error) {
	state, err := s.Conversation(ctx, p, id)
	if err == nil {
		err = s.core.RecordRead(ctx, p, core.Read{Action: "conversation.watch", ObjectType: "conversation", ObjectID: id, Subject: state.CustomerID})
	}
	if err != nil {
		return conversation.State{}, err
	}
	return state, nil
}

// Entries reads a part of the log of a conversation, ascending, as p may see it,
// and whether there is more in that direction. Errors: NotFound.
func (s *Store) Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error) {
	const op = "storage.Entries"
	state, err := s.Conversation(ctx, p, id)
	if err != nil {
		return nil, false, err
	}
	if r.Limit <= 0 || r.Limit > conversation.MaxPage {
		r.Limit = conversation.MaxPage
	}
	query := "SELECT " + entryColumns + " FROM entry e WHERE e.conversation_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3"
	bound := r.After
	if r.Reverse {
		query = "SELECT " + entryColumns + " FROM entry e WHERE e.conversation_id = $1 AND e.seq < $2 ORDER BY e.seq DESC LIMIT $3"
		if bound = r.Before; bound <= 0 {
			bound = 1 << 62
		}
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, query, id, bound, r.Limit+1)
	if err != nil {
		return nil, false, engine.MapError(op, err)
	}
	entries, err := s.scanEntries(rows)
	if err != nil {
		return nil, false, engine.MapError(op, err)
	}
	more := len(entries) > r.Limit
	if more {
		entries = entries[:r.Limit]
	}
	if r.Reverse {
		for i, j := 0, len(entries)-1; i < j; i, j = i+1, j-1 {
			entries[i], entries[j] = entries[j], entries[i]
		}
	}
	if err := s.fillEdited(ctx, id, entries); err != nil {
		return nil, false, err
	}
	if err := s.core.RecordRead(ctx, p, core.Read{Action: r.Reading(), ObjectType: "conversation", ObjectID: id, Subject: state.CustomerID}); err != nil {
		return nil, false, err
	}
	if !policy.Allow(p, policy.ReadInternal, state.Object()) {
		for i := range entries {
			entries[i] = entries[i].ForCustomer()
		}
	}
	return entries, more, nil
}

const entryColumns = "e.pos, e.conversation_id, e.seq, e.kind, e.author_kind, e.author_id, e.author_name, e.client_id, e.at, e.content, e.content_ref, e.state"

func (s *Store) scanEntries(rows *sql.Rows) ([]conversation.Entry, error) {
	var entries []conversation.Entry
	err := engine.EachRow(rows, func(r *sql.Rows) error {
		e, err := s.scanEntry(r)
		entries = append(entries, e)
		return err
	})
	return entries, err
}

func (s *Store) scanEntry(row scanner) (conversation.Entry, error) {
	e, _, err := s.scanStored(row)
	return e, err
}

func (s *Store) scanStored(row scanner) (conversation.Entry, storedContent, error) {
	var e conversation.Entry
	var kind, authorKind string
	var client sql.NullString
	var content storedContent
	err := row.Scan(&e.Pos, &e.ConversationID, &e.Seq, &kind, &authorKind, &e.Author.ID, &e.Author.Name, &client, &e.At, &content.sealed, &content.ref, &content.state)
	if err != nil {
		return e, content, err
	}
	e.Kind, e.Author.Kind, e.ClientID = conversation.EntryKind(kind), conversation.AuthorKind(authorKind), client.String
	e.Content, err = s.openContent(content, reading.EntryAAD(e.ConversationID, e.Seq))
	return e, content, err
}

// fillEdited gives 'edited' and 'redacted' entries the present text of the
// message they are about.
func (s *Store) fillEdited(ctx context.Context, id string, entries []conversation.Entry) error {
	const op = "storage.fillEdited"
	l := s.core.DB.Kind.Layout("seq:int")
	wanted := l.Rowset()
	for _, e := range entries {
		if workset.TextElsewhere(e.Kind) {
			wanted.Int(e.Content.Of).EndRow()
		}
	}
	if wanted.Len() == 0 {
		return nil
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+entryColumns+" FROM "+l.From()+" CROSS JOIN entry e WHERE e.conversation_id = "+l.Next(0)+" AND e.seq = v.seq", append(wanted.Args(), id)...)
	if err != nil {
		return engine.MapError(op, err)
	}
	now := map[int64]conversation.Content{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		e, err := s.scanEntry(r)
		now[e.Seq] = e.Content
		return err
	})
	for i := range entries {
		if e := &entries[i]; workset.TextElsewhere(e.Kind) {
			e.Content.Text, e.Content.Classes = now[e.Content.Of].Text, now[e.Content.Of].Classes
		}
	}
	return engine.MapError(op, err)
}

// Versions reads what an edited message said before, oldest first.
func (s *Store) Versions(ctx context.Context, p identity.Principal, id string, seq int64) ([]conversation.Content, error) {
	const op = "storage.Versions"
	state, err := s.Conversation(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if !policy.Allow(p, policy.ReadVersions, state.Object()) {
		return nil, fault.New(fault.Forbidden, op, "%s may not read earlier versions", p.Kind)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT content, content_ref FROM entry_version WHERE conversation_id = $1 AND seq = $2 ORDER BY replaced_by", id, seq)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var versions []conversation.Content
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var stored storedContent
		if err := r.Scan(&stored.sealed, &stored.ref); err != nil {
			return err
		}
		content, err := s.openContent(stored, reading.EntryAAD(id, seq))
		versions = append(versions, content)
		return err
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if err := s.core.RecordRead(ctx, p, core.Read{Action: "conversation.read_versions", ObjectType: "conversation", ObjectID: id, Subject: state.CustomerID}); err != nil {
		return nil, err
	}
	return versions, nil
}
