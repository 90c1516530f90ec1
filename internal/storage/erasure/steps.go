package erasure

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
)

const theirs = erased.Whose

// talkText gives the conversations that began up to $2 and are not erased yet, or have
// something left of then: what HeldOf counts of conversations, it finds.
const talkText = "SELECT c.id, EXISTS (SELECT 1 FROM erased_conversation x WHERE x.conversation_id = c.id) FROM conversation c WHERE c.customer_id IN " + theirs + ` AND c.created_at <= $2 AND c.id > $3
	AND (NOT EXISTS (SELECT 1 FROM erased_conversation x WHERE x.conversation_id = c.id)
		OR EXISTS (SELECT 1 FROM entry e WHERE e.conversation_id = c.id AND e.content_ref <> 0 AND e.at <= $2)
		OR EXISTS (SELECT 1 FROM attachment a WHERE a.conversation_id <> '' AND a.conversation_id = c.id AND a.created_at <= $2)
		OR EXISTS (SELECT 1 FROM draft d WHERE d.conversation_id = c.id AND d.at <= $2)
		OR EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.conversation_id <> '' AND d.conversation_id = c.id AND d.at <= $2)) ORDER BY c.id LIMIT $4`

// TalkOf gives a customer's conversations that began up to a time and have something to
// erase, at most limit of them, in the order of their ids from after one on. Errors:
// Forbidden, NotFound.
func (e *Erasures) TalkOf(ctx context.Context, p identity.Principal, customer string, before int64, after string, limit int) (all []privacy.Talk, err error) {
	const op = "erasure.TalkOf"
	if err := errors.Join(allow(op, p), valid(op, customer)); err != nil {
		return nil, err
	}
	rows, err := e.core.DB.Reader.QueryContext(ctx, talkText, customer, before, after, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var one privacy.Talk
		err := r.Scan(&one.ID, &one.Again)
		all = append(all, one)
		return err
	})
	return all, engine.MapError(op, err)
}

// ever is later than everything.
const ever = int64(1) << 62

// EraseTalk erases the next entries of a conversation, and with the last of them everything
// that hangs on it: earlier versions, drafts, files, topic and tags, what other systems are
// yet to be told. more says that there are further entries. One that was erased before loses
// only what it has from up to a time: who writes in it since is not of it. Errors: Forbidden,
// NotFound; Conflict, privacy.Moved, when the customer's cases are not as of.
func (e *Erasures) EraseTalk(ctx context.Context, p identity.Principal, customer, conversation string, before int64, of privacy.CaseMark) (more bool, err error) {
	const op = "erasure.EraseTalk"
	if err := errors.Join(allow(op, p), valid(op, customer), valid(op, conversation)); err != nil {
		return false, err
	}
	err = e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var again bool
		err := t.SQL.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM erased_conversation x WHERE x.conversation_id = c.id) FROM conversation c WHERE c.id = $2 AND c.customer_id IN "+theirs, customer, conversation).Scan(&again)
		if err != nil {
			return engine.MapError(op, err)
		}
		if err := unmoved(ctx, t, customer, of); err != nil {
			return err
		}
		until := ever
		if again {
			until = before
		}
		n, err := eraseEntries(ctx, t, customer, conversation, until)
		if more = n == chunk; err != nil || more {
			return err
		}
		if err := eraseHanging(ctx, t, customer, conversation, until); err != nil || again {
			return err
		}
		t.Forget = true
		return eraseHead(ctx, t, p, customer, conversation)
	})
	return more, err
}

// unmoved tells in a step's transaction whether a customer's cases are those by which it was
// said what stays: a hold or a dispute that came since may keep what was to go.
func unmoved(ctx context.Context, t *core.Tx, customer string, of privacy.CaseMark) error {
	const op = "erasure.unmoved"
	var now privacy.CaseMark
	err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*), CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM case_file WHERE customer_id = $1", customer).Scan(&now.Cases, &now.Events)
	if err != nil {
		return engine.MapError(op, err)
	}
	if now != of {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: privacy.Moved, Message: "a case of theirs has changed, and may keep it"}
	}
	return nil
}

func eraseEntries(ctx context.Context, t *core.Tx, customer, conversation string, until int64) (int, error) {
	const op = "erasure.eraseEntries"
	rows, err := t.SQL.QueryContext(ctx, "SELECT pos, seq, content_ref, conversation_id || ':' || seq FROM entry WHERE conversation_id = $1 AND content_ref <> 0 AND at <= $2 ORDER BY seq LIMIT $3", conversation, until, chunk)
	if err != nil {
		return 0, engine.MapError(op, err)
	}
	var positions, refs []int64
	var ids []string
	var last int64
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var pos, ref int64
		var id string
		err := r.Scan(&pos, &last, &ref, &id)
		positions, refs, ids = append(positions, pos), append(refs, ref), append(ids, id)
		return err
	})
	if err != nil || len(refs) == 0 {
		return 0, engine.MapError(op, err)
	}
	// The sealed bytes stay: the audit chain has their digests.
	_, err = t.SQL.ExecContext(ctx, `UPDATE entry SET content_ref = 0, state = CASE WHEN kind IN ('message', 'note') THEN 2 ELSE state END
		WHERE conversation_id = $1 AND seq <= $2 AND content_ref <> 0 AND at <= $3`, conversation, last, until)
	if err != nil {
		return 0, engine.MapError(op, err)
	}
	if err := forgetTexts(ctx, t, positions); err != nil {
		return 0, err
	}
	return len(refs), errors.Join(erased.Note(ctx, t, customer, privacy.Messages, ids), t.DestroyKeys(ctx, refs))
}

// hanging are the statements that delete what hangs on a conversation, $1, from up to $2.
func hanging() map[privacy.Category]string {
	return map[privacy.Category]string{
		privacy.Drafts:     "DELETE FROM draft WHERE conversation_id = $1 AND at <= $2 RETURNING conversation_id || ':' || staff_id, content_ref, 0",
		privacy.Files:      "DELETE FROM attachment WHERE conversation_id <> '' AND conversation_id = $1 AND created_at <= $2 RETURNING conversation_id || ':' || id, name_ref, blob_ref",
		privacy.Deliveries: "DELETE FROM webhook_delivery WHERE conversation_id <> '' AND conversation_id = $1 AND at <= $2 RETURNING conversation_id || ':' || id, 0, 0",
	}
}

// versions are the entries' earlier ones, which go with them.
const versions = `DELETE FROM entry_version WHERE conversation_id = $1 AND seq IN (SELECT seq FROM entry WHERE conversation_id = $1 AND at <= $2) RETURNING '', content_ref, 0`

func eraseHanging(ctx context.Context, t *core.Tx, customer, conversation string, until int64) error {
	_, refs, err := erased.Rows(ctx, t, versions, conversation, until)
	if err != nil {
		return err
	}
	statements := hanging()
	for _, of := range privacy.Categories() {
		text, ok := statements[of]
		if !ok {
			continue
		}
		ids, more, err := erased.Rows(ctx, t, text, conversation, until)
		if err == nil {
			err = erased.Note(ctx, t, customer, of, ids)
		}
		if err != nil {
			return err
		}
		refs = append(refs, more...)
	}
	return t.DestroyKeys(ctx, refs)
}

func eraseHead(ctx context.Context, t *core.Tx, p identity.Principal, customer, conversation string) error {
	const op = "erasure.eraseHead"
	_, topic, err := erased.Rows(ctx, t, "SELECT id, topic_ref, 0 FROM conversation WHERE id = $1", conversation)
	if err != nil {
		return err
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE conversation SET topic = $2, topic_ref = 0, tags = '[]', language = '', start_ref = id WHERE id = $1", conversation, []byte{})
	if err != nil {
		return engine.MapError(op, err)
	}
	for _, text := range []string{"DELETE FROM mention WHERE conversation_id = $1", "UPDATE fact SET tags = '[]', language = '' WHERE conversation_id = $1"} {
		if _, err := t.SQL.ExecContext(ctx, text, conversation); err != nil {
			return engine.MapError(op, err)
		}
	}
	_, err = t.SQL.ExecContext(ctx, "INSERT INTO erased_conversation (conversation_id, customer_id, at) VALUES ($1, $2, $3) ON CONFLICT (conversation_id) DO NOTHING", conversation, customer, t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	t.Record(p, "conversation.erase", "conversation", conversation, customer)
	return t.DestroyKeys(ctx, topic)
}

// newer says of a file, named by its table, that a flow holds it that began after $2.
const newer = "EXISTS (SELECT 1 FROM run_file f JOIN flow_run r ON r.id = f.run_id WHERE f.attachment_id = attachment.id AND r.started_at > $2)"

// profileTexts say what of a customer, $1, hangs on no conversation.
const (
	unsentText  = "DELETE FROM attachment WHERE customer_id <> '' AND conversation_id = '' AND customer_id IN " + theirs + " AND created_at <= $2 AND NOT " + newer + " RETURNING ':' || id, name_ref, blob_ref"
	noticeText  = "UPDATE wallet_notice SET customer_id = '', told_at = CASE WHEN told_at = 0 THEN $2 ELSE told_at END WHERE customer_id <> '' AND customer_id = (SELECT subject FROM customer WHERE id = $1) RETURNING event_id, 0, 0"
	namesText   = "SELECT id, name_ref, 0 FROM customer WHERE id IN " + theirs + " AND (name_ref IS NOT NULL OR subject IS NOT NULL)"
	handlesText = "DELETE FROM customer_handle WHERE customer_id IN " + theirs + " RETURNING digest, value_ref, 0"
	windowsText = "DELETE FROM window_secret WHERE customer_id IN " + theirs + " RETURNING digest, 0, 0"
)

// EraseProfile erases what hangs on a customer and on no conversation: files from up to a time
// that were never sent, and that no newer flow holds; with all, their name, addresses and
// language too. unlink takes from Kefu which customer of the wallet they are, and ends their
// windows: who signs in from then on is somebody new. Errors: Forbidden, NotFound; Conflict,
// privacy.Moved, when the customer's cases are not as of.
func (e *Erasures) EraseProfile(ctx context.Context, p identity.Principal, customer string, before int64, unlink, all bool, of privacy.CaseMark) error {
	const op = "erasure.EraseProfile"
	if err := errors.Join(allow(op, p), valid(op, customer)); err != nil {
		return err
	}
	return e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := unmoved(ctx, t, customer, of); err != nil {
			return err
		}
		var keys []int64
		changed := false
		take := func(of privacy.Category, text string, args ...any) error {
			ids, refs, err := erased.Rows(ctx, t, text, args...)
			keys, changed = append(keys, refs...), changed || len(ids) > 0
			if err != nil {
				return err
			}
			return erased.Note(ctx, t, customer, of, ids)
		}
		if err := take(privacy.Files, unsentText, customer, before); err != nil {
			return err
		}
		if all {
			if err := take(privacy.Profile, namesText, customer); err != nil {
				return err
			}
			if err := take(privacy.Profile, handlesText, customer); err != nil {
				return err
			}
			if _, err := t.SQL.ExecContext(ctx, "UPDATE customer SET name = NULL, name_ref = NULL, language = '' WHERE id IN "+theirs, customer); err != nil {
				return engine.MapError(op, err)
			}
		}
		if unlink {
			if err := take(privacy.Notices, noticeText, customer, t.Now); err != nil {
				return err
			}
			gone, err := e.unlink(ctx, t, customer)
			if err != nil {
				return err
			}
			changed = changed || gone
		}
		if !changed {
			return nil
		}
		t.Record(p, "customer.erase_profile", "customer", customer, customer)
		return t.DestroyKeys(ctx, keys)
	})
}

// unlink takes from a customer who they are in the wallet, and gives whether they were one.
func (e *Erasures) unlink(ctx context.Context, t *core.Tx, customer string) (bool, error) {
	const op = "erasure.unlink"
	done, err := t.SQL.ExecContext(ctx, "UPDATE customer SET issuer = NULL, subject = NULL WHERE id = $1 AND subject IS NOT NULL", customer)
	if err != nil {
		return false, engine.MapError(op, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return false, engine.MapError(op, err)
	}
	return true, endWindows(ctx, t, customer)
}

// endWindows ends the windows that a customer has open.
func endWindows(ctx context.Context, t *core.Tx, customer string) error {
	ids, _, err := erased.Rows(ctx, t, windowsText, customer)
	if err != nil {
		return err
	}
	return errors.Join(erased.Note(ctx, t, customer, privacy.Sessions, ids), t.Revoke(ctx, event.RevokedCustomer, customer))
}

// HeldOf counts a customer's rows of one category, of what began before a time: those that an
// erasure takes, with a digest of their ids, which say nothing by themselves; and those of
// conversations that are kept. Errors: Forbidden, NotFound; Invalid for a category that there is not.
func (e *Erasures) HeldOf(ctx context.Context, p identity.Principal, customer string, of privacy.Category, before int64, kept map[string]bool) (privacy.Holding, error) {
	const op = "erasure.HeldOf"
	out := privacy.Holding{Category: of}
	if err := errors.Join(allow(op, p), valid(op, customer)); err != nil {
		return out, err
	}
	text, ok := rowsOf()[of]
	if !ok {
		return out, fault.InvalidField(op, "category", "is none")
	}
	rows, err := e.core.DB.Reader.QueryContext(ctx, text+" ORDER BY 1", customer, before)
	if err != nil {
		return out, engine.MapError(op, err)
	}
	sum := sha256.New()
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		if err := r.Scan(&id); err != nil {
			return err
		}
		if conversation, _, found := strings.Cut(id, ":"); found && kept[conversation] {
			out.Keep++
			return nil
		}
		out.Erase++
		sum.Write([]byte(id + "\n"))
		return nil
	})
	if out.Erase > 0 {
		out.Digest = hex.EncodeToString(sum.Sum(nil))
	}
	return out, engine.MapError(op, err)
}

// Left stands before the ids of acts that may have reached the wallet, as a conversation
// does before those of its rows: who keeps it keeps them.
const Left = "left"

// rowsOf says by category which rows are a customer's. Those of conversations are told
// apart by the conversation, which stands before the first colon.
func rowsOf() map[privacy.Category]string {
	const talk = "c.customer_id IN " + theirs + " AND c.created_at <= $2"
	return map[privacy.Category]string{
		privacy.Profile:    "SELECT id FROM customer WHERE id IN " + theirs + " AND CAST($2 AS BIGINT) > 0 AND (name_ref IS NOT NULL OR subject IS NOT NULL) UNION ALL SELECT digest FROM customer_handle WHERE customer_id IN " + theirs,
		privacy.Sessions:   "SELECT digest FROM window_secret WHERE customer_id IN " + theirs + " AND created_at <= $2",
		privacy.Messages:   "SELECT c.id || ':' || e.seq FROM entry e JOIN conversation c ON c.id = e.conversation_id WHERE " + talk + " AND e.content_ref <> 0 AND e.at <= $2",
		privacy.Files:      "SELECT conversation_id || ':' || id FROM attachment WHERE customer_id <> '' AND customer_id IN " + theirs + " AND created_at <= $2 AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = attachment.conversation_id AND c.created_at > $2) AND NOT " + newer,
		privacy.Drafts:     "SELECT c.id || ':' || d.staff_id FROM draft d JOIN conversation c ON c.id = d.conversation_id WHERE " + talk + " AND d.at <= $2",
		privacy.Runs:       "SELECT id FROM flow_run WHERE (customer_id IN " + theirs + erased.OrTalk + ") AND started_at <= $2",
		privacy.Proofs:     "SELECT id FROM step_up WHERE customer_id IN " + theirs + " AND asked_at <= $2",
		privacy.Contacts:   "SELECT id FROM contact WHERE (customer_id IN " + theirs + erased.OrTalk + ") AND created_at <= $2 UNION ALL SELECT id FROM contact_try WHERE customer_id IN " + theirs + " AND at <= $2 UNION ALL SELECT customer_id FROM contact_phrase WHERE customer_id IN " + theirs + " AND set_at <= $2",
		privacy.Acts:       "SELECT CASE WHEN ask_since = 0 AND lost_at = 0 AND state IN ('proposed', 'confirmed', 'waiting', 'approved', 'cancelled', 'rejected', 'expired') THEN id ELSE '" + Left + ":' || id END FROM act WHERE customer_id IN " + theirs + " AND created_at <= $2",
		privacy.Cases:      "SELECT id FROM case_file WHERE customer_id IN " + theirs + " AND opened_at <= $2",
		privacy.Deliveries: "SELECT c.id || ':' || d.id FROM webhook_delivery d JOIN conversation c ON c.id = d.conversation_id WHERE " + talk + " AND d.conversation_id <> '' AND d.at <= $2",
		privacy.Notices:    "SELECT n.event_id FROM wallet_notice n JOIN customer u ON u.subject = n.customer_id WHERE n.customer_id <> '' AND u.id = $1 AND n.taken_at <= $2",
	}
}
