package storage

import (
	"context"
	"database/sql"
	"encoding/json"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
)

func entryAAD(conversationID string, seq int64) string { return conversationID + "/" + itoa(seq) }

// encodeContent is a content's JSON. Most messages are plain text, which is
// written without reflection.
func encodeContent(c conversation.Content) ([]byte, error) {
	if !c.PlainText() || c.Text == "" {
		return json.Marshal(c)
	}
	dst := make([]byte, 0, len(c.Text)+16)
	dst = append(dst, `{"text":`...)
	dst = appendJSONString(dst, c.Text)
	return append(dst, '}'), nil
}

func decodeContent(plain []byte) (conversation.Content, error) {
	var c conversation.Content
	if len(plain) == 0 {
		return c, nil
	}
	err := json.Unmarshal(plain, &c)
	return c, fault.Wrap("storage.decodeContent", err)
}

func (w *workset) sealEntry(e *storedEntry) error {
	content := e.Content
	if textElsewhere(e.Kind) {
		content.Text = ""
	}
	plain, err := encodeContent(content)
	if err != nil {
		return fault.Wrap("storage.sealEntry", err)
	}
	e.sealed, e.ref, err = w.tx.seal(plain, entryAAD(e.ConversationID, e.Seq))
	return err
}

func (w *workset) sealRewrite(r *rewrite) error {
	plain, err := encodeContent(r.content)
	if err != nil {
		return fault.Wrap("storage.sealRewrite", err)
	}
	r.sealed, r.ref, err = w.tx.seal(plain, entryAAD(r.conversation, r.seq))
	return err
}

func (w *workset) insertEntries(ctx context.Context) error {
	if len(w.entries) == 0 {
		return nil
	}
	rows := w.tx.store.stmts.insertEntry.layout.rowset()
	for i := range w.entries {
		e := &w.entries[i]
		rows.int(e.Pos).text(e.ConversationID).int(e.Seq).text(string(e.Kind)).
			text(string(e.Author.Kind)).text(e.Author.ID).text(e.Author.Name).text(e.ClientID).
			int(e.At).bytes(e.sealed).int(e.ref).int(e.Content.Of).int(e.state).endRow()
	}
	return w.tx.execSet(ctx, w.tx.store.stmts.insertEntry, rows)
}

// writeRewrites stores new contents. An edit keeps the old content as a
// version; a redaction destroys it, and every version before it.
func (w *workset) writeRewrites(ctx context.Context) error {
	if len(w.rewrites) == 0 {
		return nil
	}
	stmts := &w.tx.store.stmts
	updates, kept := stmts.updateEntry.layout.rowset(), stmts.keepVersion.layout.rowset()
	var redacted []entryKey
	var dead []int64
	for _, r := range w.rewrites {
		state := stateEdited
		if r.redact {
			state = stateRedacted
			redacted = append(redacted, r.entryKey)
			dead = append(dead, r.oldRef)
		} else {
			kept.text(r.conversation).int(r.seq).int(r.replacedBy).endRow()
		}
		updates.text(r.conversation).int(r.seq).bytes(r.sealed).int(r.ref).int(state).endRow()
	}
	if kept.rows > 0 {
		if err := w.tx.execSet(ctx, stmts.keepVersion, kept); err != nil {
			return err
		}
	}
	if err := w.tx.execSet(ctx, stmts.updateEntry, updates); err != nil {
		return err
	}
	old, err := w.dropVersions(ctx, redacted)
	if err != nil {
		return err
	}
	return w.tx.destroyKeys(ctx, append(dead, old...))
}

// insertVersions keeps what edits of this very transaction replaced.
func (w *workset) insertVersions(ctx context.Context) error {
	if len(w.versions) == 0 {
		return nil
	}
	stmt := w.tx.store.stmts.insertVersion
	rows := stmt.layout.rowset()
	for _, v := range w.versions {
		plain, err := encodeContent(v.content)
		if err != nil {
			return fault.Wrap("storage.insertVersions", err)
		}
		sealed, ref, err := w.tx.seal(plain, entryAAD(v.conversation, v.seq))
		if err != nil {
			return err
		}
		rows.text(v.conversation).int(v.seq).int(v.replacedBy).bytes(sealed).int(ref).endRow()
	}
	return w.tx.execSet(ctx, stmt, rows)
}

func (w *workset) dropVersions(ctx context.Context, keys []entryKey) ([]int64, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	stmt := w.tx.store.stmts.dropVersions
	rows := stmt.layout.rowset()
	for _, k := range keys {
		rows.text(k.conversation).int(k.seq).endRow()
	}
	var refs []int64
	err := w.tx.querySet(ctx, stmt, rows, func(r *sql.Rows) error {
		var ref int64
		if err := r.Scan(&ref); err != nil {
			return err
		}
		refs = append(refs, ref)
		return nil
	})
	return refs, err
}

func (w *workset) loadClients(ctx context.Context, keys []clientKey) error {
	if len(keys) == 0 {
		return nil
	}
	stmt := w.tx.store.stmts.findClients
	rows := stmt.layout.rowset()
	for _, k := range keys {
		rows.text(k.conversation).text(k.client).endRow()
	}
	return w.tx.querySet(ctx, stmt, rows, func(r *sql.Rows) error {
		var k clientKey
		var author, authorKind string
		var first conversation.Result
		var content storedContent
		if err := r.Scan(&k.conversation, &k.client, &first.Seq, &first.At, &authorKind, &author, &content.sealed, &content.ref, &content.state); err != nil {
			return err
		}
		c, err := w.tx.store.openContent(content, entryAAD(k.conversation, first.Seq))
		if err != nil {
			return err
		}
		if content.state == stateRedacted || len(c.Classes) > 0 {
			first.Content = &c
		}
		w.first[k] = first
		w.authors[k] = conversation.Author{Kind: conversation.AuthorKind(authorKind), ID: author}
		return nil
	})
}

type storedContent struct {
	sealed []byte
	ref    int64
	state  int64
}

func (s *Store) openContent(c storedContent, aad string) (conversation.Content, error) {
	plain, err := s.open(c.sealed, c.ref, aad)
	if err != nil {
		return conversation.Content{}, err
	}
	return decodeContent(plain)
}

func (w *workset) loadTargets(ctx context.Context, keys []entryKey) error {
	if len(keys) == 0 {
		return nil
	}
	stmt := w.tx.store.stmts.findTargets
	rows := stmt.layout.rowset()
	for _, k := range keys {
		rows.text(k.conversation).int(k.seq).endRow()
	}
	return w.tx.querySet(ctx, stmt, rows, func(r *sql.Rows) error {
		e, stored, err := w.tx.store.scanStored(r)
		if err != nil {
			return err
		}
		k := entryKey{e.ConversationID, e.Seq}
		found := &target{entry: e, ref: stored.ref, index: -1}
		found.Kind, found.AuthorKind, found.AuthorID = e.Kind, kindOfAuthor(e.Author.Kind), e.Author.ID
		found.Redacted = stored.state == stateRedacted
		w.targets[k] = found
		return nil
	})
}
