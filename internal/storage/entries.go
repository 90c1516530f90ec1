package storage

import (
	"context"
	"database/sql"
	"encoding/json"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/listing"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/workset"
)

// guarded is a content from which the guard removed secrets, with the version of
// the rules that found them: whoever changes the rules can tell what was judged
// by which. Clients are not told.
type guarded struct {
	conversation.Content
	Version int `json:"guard"`
}

// encodeContent is a content's JSON. Most messages are plain text, which is
// written without reflection.
func encodeContent(c conversation.Content) ([]byte, error) {
	if len(c.Classes) > 0 {
		return json.Marshal(guarded{c, guard.Version})
	}
	if !c.PlainText() || c.Text == "" {
		return json.Marshal(c)
	}
	dst := make([]byte, 0, len(c.Text)+16)
	dst = append(dst, `{"text":`...)
	dst = strictjson.AppendString(dst, c.Text)
	return append(dst, '}'), nil
}

func (t *Tx) sealEntry(e *workset.Entry) error {
	content := e.Content
	if workset.TextElsewhere(e.Kind) {
		content.Text = ""
	}
	plain, err := encodeContent(content)
	if err != nil {
		return fault.Wrap("storage.sealEntry", err)
	}
	e.Sealed, e.Ref, err = t.Seal(plain, reading.EntryAAD(e.ConversationID, e.Seq))
	return err
}

func (t *Tx) sealRewrite(r *workset.Rewrite) error {
	plain, err := encodeContent(r.Content)
	if err != nil {
		return fault.Wrap("storage.sealRewrite", err)
	}
	r.Sealed, r.Ref, err = t.Seal(plain, reading.EntryAAD(r.Conversation, r.Seq))
	return err
}

func (t *Tx) insertEntries(ctx context.Context, w *workset.Set) error {
	if len(w.Entries) == 0 {
		return nil
	}
	rows := t.store.stmts.insertEntry.Layout.Rowset()
	for i := range w.Entries {
		e := &w.Entries[i]
		rows.Int(e.Pos).Text(e.ConversationID).Int(e.Seq).Text(string(e.Kind)).
			Text(string(e.Author.Kind)).Text(e.Author.ID).Text(e.Author.Name).Text(e.ClientID).
			Int(e.At).Bytes(e.Sealed).Int(e.Ref).Int(e.Content.Of).Int(int64(e.Written)).EndRow()
	}
	if err := t.store.stmts.insertEntry.Exec(ctx, t.SQL, rows); err != nil {
		return err
	}
	for i := range w.Entries { // few notes name anybody
		if e := &w.Entries[i]; len(e.Content.Mentions) > 0 {
			if err := listing.Mention(ctx, t.SQL, e.Content.Mentions, e.ConversationID, e.Seq, e.At); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeRewrites stores new contents. An edit keeps the old content as a
// version; a redaction destroys it, and every version before it.
func (t *Tx) writeRewrites(ctx context.Context, w *workset.Set) error {
	if len(w.Rewrites) == 0 {
		return nil
	}
	stmts := &t.store.stmts
	updates, kept := stmts.updateEntry.Layout.Rowset(), stmts.keepVersion.Layout.Rowset()
	var redacted []workset.EntryKey
	var dead []int64
	for _, r := range w.Rewrites {
		state := workset.Edited
		if r.Redact {
			state = workset.Redacted
			redacted = append(redacted, r.EntryKey)
			dead = append(dead, r.OldRef)
		} else {
			kept.Text(r.Conversation).Int(r.Seq).Int(r.ReplacedBy).EndRow()
		}
		updates.Text(r.Conversation).Int(r.Seq).Bytes(r.Sealed).Int(r.Ref).Int(int64(state)).EndRow()
	}
	if kept.Len() > 0 {
		if err := stmts.keepVersion.Exec(ctx, t.SQL, kept); err != nil {
			return err
		}
	}
	if err := stmts.updateEntry.Exec(ctx, t.SQL, updates); err != nil {
		return err
	}
	old, err := t.dropVersions(ctx, redacted)
	if err != nil {
		return err
	}
	return t.DestroyKeys(ctx, append(dead, old...))
}

// insertVersions keeps what edits of this very transaction replaced.
func (t *Tx) insertVersions(ctx context.Context, w *workset.Set) error {
	if len(w.Versions) == 0 {
		return nil
	}
	stmt := t.store.stmts.insertVersion
	rows := stmt.Layout.Rowset()
	for _, v := range w.Versions {
		plain, err := encodeContent(v.Content)
		if err != nil {
			return fault.Wrap("storage.insertVersions", err)
		}
		sealed, ref, err := t.Seal(plain, reading.EntryAAD(v.Conversation, v.Seq))
		if err != nil {
			return err
		}
		rows.Text(v.Conversation).Int(v.Seq).Int(v.ReplacedBy).Bytes(sealed).Int(ref).EndRow()
	}
	return stmt.Exec(ctx, t.SQL, rows)
}

func (t *Tx) dropVersions(ctx context.Context, keys []workset.EntryKey) ([]int64, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	stmt := t.store.stmts.dropVersions
	rows := stmt.Layout.Rowset()
	for _, k := range keys {
		rows.Text(k.Conversation).Int(k.Seq).EndRow()
	}
	var refs []int64
	err := stmt.Query(ctx, t.SQL, rows, func(r *sql.Rows) error {
		var ref int64
		if err := r.Scan(&ref); err != nil {
			return err
		}
		refs = append(refs, ref)
		return nil
	})
	return refs, err
}

func (t *Tx) loadClients(ctx context.Context, w *workset.Set, keys []workset.ClientKey) error {
	if len(keys) == 0 {
		return nil
	}
	stmt := t.store.stmts.findClients
	rows := stmt.Layout.Rowset()
	for _, k := range keys {
		rows.Text(k.Conversation).Text(k.Client).EndRow()
	}
	return stmt.Query(ctx, t.SQL, rows, func(r *sql.Rows) error {
		var k workset.ClientKey
		var author, authorKind string
		var first conversation.Result
		var content storedContent
		if err := r.Scan(&k.Conversation, &k.Client, &first.Seq, &first.At, &authorKind, &author, &content.sealed, &content.ref, &content.state); err != nil {
			return err
		}
		c, err := t.store.openContent(content, reading.EntryAAD(k.Conversation, first.Seq))
		if err != nil {
			return err
		}
		if content.state == workset.Redacted || len(c.Classes) > 0 {
			first.Content = &c
		}
		w.LoadClient(k, first, conversation.Author{Kind: conversation.AuthorKind(authorKind), ID: author})
		return nil
	})
}

type storedContent struct {
	sealed []byte
	ref    int64
	state  workset.Written
}

func (s *Store) openContent(c storedContent, aad string) (conversation.Content, error) {
	return reading.OpenContent(s.core, c.sealed, c.ref, aad)
}

func (t *Tx) loadTargets(ctx context.Context, w *workset.Set, keys []workset.EntryKey) error {
	if len(keys) == 0 {
		return nil
	}
	stmt := t.store.stmts.findTargets
	rows := stmt.Layout.Rowset()
	for _, k := range keys {
		rows.Text(k.Conversation).Int(k.Seq).EndRow()
	}
	return stmt.Query(ctx, t.SQL, rows, func(r *sql.Rows) error {
		e, stored, err := t.store.scanStored(r)
		if err != nil {
			return err
		}
		w.LoadTarget(e, stored.ref, stored.state == workset.Redacted)
		return nil
	})
}
