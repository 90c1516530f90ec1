// Package files keeps what is known of uploaded files: whose they are, which message or
// run has them, and which nobody has sent. Their bytes are in the blob store, elsewhere.
package files

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/runs"
	"kefu/internal/storage/standstill"
)

// Files is the part of the store that this package is.
type Files struct {
	core *core.Core
	runs *runs.Runs
}

// New makes it. Who may see a file of a run is for runs to say.
func New(c *core.Core, r *runs.Runs) *Files { return &Files{core: c, runs: r} }

func aad(id string) string { return "attachment/" + id }

// AddAttachment notes an uploaded file that no message has sent yet.
func (s *Files) AddAttachment(ctx context.Context, p identity.Principal, a conversation.StoredAttachment) error {
	const op = "files.AddAttachment"
	if !policy.Allow(p, policy.UploadAttachment, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not upload", p.Kind)
	}
	customer := ""
	if p.IsCustomer() {
		customer = p.ID
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		name, ref, err := t.Seal([]byte(a.Name), aad(a.ID))
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO attachment (id, customer_id, conversation_id, uploader_kind, uploader_id, name, name_ref, media_type, size, blob_ref, internal, created_at, unsent_since)
			VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
			a.ID, customer, int64(p.Kind), p.ID, name, ref, a.Type, a.Size, a.BlobRef, false, t.Now)
		return engine.MapError(op, err)
	})
}

// ClaimAttachments ties uploaded files to the conversation they are sent in.
// Only their uploader may, and only into one conversation, or the one that it was
// merged into, once as a message or once as a note: repeating a claim gives the
// same answer, for claimAge while nothing is sent. They come back in the order
// asked for. Errors: NotFound, Forbidden, Conflict, Invalid.
func (s *Files) ClaimAttachments(ctx context.Context, p identity.Principal, conversationID string, internal bool, ids []string) ([]conversation.Attachment, error) {
	const op = "files.ClaimAttachments"
	if len(ids) > conversation.MaxAttachments {
		return nil, fault.InvalidField(op, "attachment_ids", "are more than %d", conversation.MaxAttachments)
	}
	if slices.ContainsFunc(ids, func(id string) bool { return !engine.ValidKey(id) }) {
		return nil, fault.New(fault.NotFound, op, "no attachment has an id of that form")
	}
	state, err := reading.Conversation(ctx, s.core, p, conversationID)
	if err != nil {
		return nil, err
	}
	action := policy.SendMessage
	if internal {
		action = policy.WriteNote
	}
	if !policy.Allow(p, action, state.Object()) {
		return nil, fault.New(fault.Forbidden, op, "%s may not send files here", p.Kind)
	}
	claimed := make([]conversation.Attachment, 0, len(ids))
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		claimed = claimed[:0]
		var owner string
		if err := t.SQL.QueryRowContext(ctx, "SELECT customer_id FROM conversation WHERE id = $1", conversationID).Scan(&owner); err != nil {
			return engine.MapError(op, err)
		}
		if owner != state.CustomerID { // the visitor has signed in since it was looked at
			return fault.New(fault.NotFound, op, "conversation %s is another customer's now", conversationID)
		}
		for _, id := range ids {
			found, err := s.scan(t.SQL.QueryRowContext(ctx, "SELECT "+columns+" FROM attachment WHERE id = $1", id))
			if err != nil {
				return err
			}
			mine := found.UploaderID == p.ID && found.UploaderKind.CustomerSide() == p.IsCustomer()
			free, err := freeFor(ctx, t, found, conversationID)
			if err != nil {
				return err
			}
			if !mine || !free {
				return fault.New(fault.NotFound, op, "no attachment %s", id)
			}
			if found.ConversationID != "" && found.Internal != internal {
				return fault.New(fault.Conflict, op, "attachment %s was sent already", id)
			}
			if err := claim(ctx, t, id, conversationID, state.CustomerID, internal); err != nil {
				return err
			}
			claimed = append(claimed, found.Attachment)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// claimAge is how long after its upload a file may still be claimed for a message; one
// that a run holds, into the future, for as long as it does.
// A claim begins its time anew, so that nobody removes it before the message is
// stored; a message that is refused each time must not keep it for ever.
const claimAge = 12 * time.Hour

func claim(ctx context.Context, t *core.Tx, id, conversationID, customerID string, internal bool) error {
	const op = "files.claim"
	done, err := t.SQL.ExecContext(ctx, `UPDATE attachment SET conversation_id = $1, customer_id = $2, internal = $3,
		unsent_since = CASE WHEN unsent_since > 0 AND unsent_since <= $4 THEN $4 ELSE unsent_since END WHERE id = $5 AND (unsent_since = 0 OR unsent_since > $4 OR created_at >= $6)`,
		conversationID, customerID, internal, t.Now, id, t.Now-claimAge.Microseconds())
	if err != nil {
		return engine.MapError(op, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fault.New(fault.NotFound, op, "attachment %s was not sent for %v", id, claimAge))
	}
	return nil
}

// freeFor tells whether a file may be sent in a conversation: one that was sent in
// none, or in it, or in one that goes on in it. The last is a message that came too
// late for the merged one and is sent again where it goes on.
func freeFor(ctx context.Context, t *core.Tx, a conversation.StoredAttachment, conversationID string) (bool, error) {
	if a.ConversationID == "" || a.ConversationID == conversationID {
		return true, nil
	}
	var into string
	err := t.SQL.QueryRowContext(ctx, "SELECT merged_into FROM conversation WHERE id = $1", a.ConversationID).Scan(&into)
	return into == conversationID, engine.MapError("files.freeFor", err)
}

const columns = "id, customer_id, conversation_id, uploader_kind, uploader_id, name, name_ref, media_type, size, blob_ref, internal, created_at"

func (s *Files) scan(row reading.Scanner) (conversation.StoredAttachment, error) {
	var a conversation.StoredAttachment
	var kind, ref int64
	var name []byte
	err := row.Scan(&a.ID, &a.CustomerID, &a.ConversationID, &kind, &a.UploaderID, &name, &ref, &a.Type, &a.Size, &a.BlobRef, &a.Internal, &a.CreatedAt)
	if err != nil {
		return a, engine.MapError("files.scan", err)
	}
	a.UploaderKind = identity.Kind(kind)
	a.Name, err = s.core.Read(name, ref, aad(a.ID))
	return a, err
}

// Attachment reads what is known of a file. Errors: NotFound, also when it is not
// p's to see.
func (s *Files) Attachment(ctx context.Context, p identity.Principal, id string) (conversation.StoredAttachment, error) {
	const op = "files.Attachment"
	if !engine.ValidKey(id) {
		return conversation.StoredAttachment{}, fault.New(fault.NotFound, op, "no attachment has an id of that form")
	}
	a, err := s.scan(s.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" FROM attachment WHERE id = $1", id))
	if err != nil {
		return conversation.StoredAttachment{}, err
	}
	if a.UploaderID == "" { // Drop has been here
		return conversation.StoredAttachment{}, fault.New(fault.NotFound, op, "the message of attachment %s was redacted", id)
	}
	object := policy.Object{CustomerID: a.CustomerID, AuthorKind: a.UploaderKind, AuthorID: a.UploaderID, Internal: a.Internal}
	if p.Kind == identity.Staff && a.ConversationID != "" {
		err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT assignee_id FROM conversation WHERE id = $1", a.ConversationID).Scan(&object.AssigneeID)
		if err != nil {
			return conversation.StoredAttachment{}, engine.MapError(op, err)
		}
	}
	if a.ConversationID == "" && !p.IsCustomer() {
		if err := s.runs.SeeRunFile(ctx, p, id); err != nil {
			return conversation.StoredAttachment{}, err
		}
	}
	if !policy.Allow(p, policy.ReadAttachment, object) {
		return conversation.StoredAttachment{}, fault.New(fault.NotFound, op, "attachment %s is not %s's to see", id, p.Kind)
	}
	if err := standstill.RefuseProgram(ctx, s.core.DB.Reader, op, p, a.CustomerID); err != nil {
		return conversation.StoredAttachment{}, err
	}
	if err := s.core.RecordRead(ctx, p, core.Read{Action: "attachment.read", ObjectType: "attachment", ObjectID: id, Subject: a.CustomerID}); err != nil {
		return conversation.StoredAttachment{}, err
	}
	return a, nil
}

// UnknownAttachments gives those of the ids that no row has.
func (s *Files) UnknownAttachments(ctx context.Context, ids []string) ([]string, error) {
	const op = "files.UnknownAttachments"
	l := s.core.DB.Kind.Layout("id")
	asked := l.Rowset()
	for _, id := range ids {
		asked.Text(id).EndRow()
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT v.id FROM "+l.From()+" WHERE NOT EXISTS (SELECT 1 FROM attachment a WHERE a.id = v.id)", asked.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var unknown []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		unknown = append(unknown, id)
		return err
	})
	return unknown, engine.MapError(op, err)
}

// OrphanAttachments are files that nobody has sent, and that were uploaded, or
// claimed for a message last, before a time.
func (s *Files) OrphanAttachments(ctx context.Context, before int64, limit int) ([]conversation.StoredAttachment, error) {
	const op = "files.OrphanAttachments"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" FROM attachment WHERE unsent_since > 0 AND unsent_since < $1 ORDER BY unsent_since LIMIT $2", before, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var found []conversation.StoredAttachment
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		a, err := s.scan(r)
		found = append(found, a)
		return err
	})
	return found, engine.MapError(op, err)
}

// UnsentAttachments are the newest uploads that no message has sent yet and no run has,
// the newest first and without names.
func (s *Files) UnsentAttachments(ctx context.Context, limit int) ([]conversation.StoredAttachment, error) {
	const op = "files.UnsentAttachments"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT id, uploader_kind, uploader_id, size, created_at FROM attachment WHERE unsent_since > 0 AND uploader_id <> '' AND NOT EXISTS (SELECT 1 FROM run_file f WHERE f.attachment_id = attachment.id) ORDER BY created_at DESC LIMIT $1", limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var found []conversation.StoredAttachment
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var a conversation.StoredAttachment
		var kind int64
		err := r.Scan(&a.ID, &kind, &a.UploaderID, &a.Size, &a.CreatedAt)
		a.UploaderKind = identity.Kind(kind)
		found = append(found, a)
		return err
	})
	return found, engine.MapError(op, err)
}

// ForgetAttachment removes one of OrphanAttachments and destroys its keys. Errors:
// NotFound, also when it was claimed again or sent meanwhile.
func (s *Files) ForgetAttachment(ctx context.Context, id string, before int64) error {
	const op = "files.ForgetAttachment"
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var name, blob int64
		err := t.SQL.QueryRowContext(ctx, "DELETE FROM attachment WHERE id = $1 AND unsent_since > 0 AND unsent_since < $2 RETURNING name_ref, blob_ref", id, before).Scan(&name, &blob)
		if err != nil {
			return engine.MapError(op, err)
		}
		return t.DestroyKeys(ctx, []int64{name, blob})
	})
}

// SentText marks the files of new messages as sent, a row for each. The committer
// prepares it: it runs in nearly every commit.
const SentText = "UPDATE attachment SET unsent_since = 0 FROM {rows} WHERE attachment.id = v.id"

// Drop destroys the keys of files whose message was redacted whole. Their rows lose
// every owner and stay until the worker that removes orphans has removed the bytes.
func Drop(ctx context.Context, t *core.Tx, ids []string) error {
	const op = "files.Drop"
	refs := make([]int64, 0, 2*len(ids))
	for _, id := range ids {
		var name, blob int64
		err := t.SQL.QueryRowContext(ctx, "UPDATE attachment SET conversation_id = '', customer_id = '', uploader_id = '', internal = $1, unsent_since = created_at WHERE id = $2 RETURNING name_ref, blob_ref", true, id).Scan(&name, &blob)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return engine.MapError(op, err)
		}
		refs = append(refs, name, blob)
	}
	return t.DestroyKeys(ctx, refs)
}

// Claim makes the files of the moved conversations the customer's, and those
// that the visitor has just uploaded and not sent yet.
func Claim(ctx context.Context, t *core.Tx, in customer.SignIn, customerID string) error {
	const op = "files.Claim"
	_, err := t.SQL.ExecContext(ctx, `UPDATE attachment SET customer_id = $1 WHERE customer_id = $2
		AND conversation_id IN (SELECT id FROM conversation WHERE customer_id = $1)`, customerID, in.Visitor)
	if err != nil {
		return engine.MapError(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, `UPDATE attachment SET customer_id = $1, uploader_id = $1 WHERE customer_id = $2
		AND conversation_id = '' AND created_at >= $3`, customerID, in.Visitor, in.VisitorSince)
	return engine.MapError(op, err)
}
