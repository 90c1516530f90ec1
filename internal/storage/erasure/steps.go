package erasure

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Those of a customer: their own, and what they wrote before they signed in.
const theirs = "(SELECT id FROM customer WHERE id = $1 OR became = $1)"

// TalkOf gives the ids of a customer's conversations that began before a time and are not
// erased yet, at most limit of them, in their order from after an id on. Errors: Forbidden, NotFound.
func (e *Erasures) TalkOf(ctx context.Context, p identity.Principal, customer string, before int64, after string, limit int) (ids []string, err error) {
	const op = "erasure.TalkOf"
	if err := errors.Join(allow(op, p), valid(op, customer)); err != nil {
		return nil, err
	}
	rows, err := e.core.DB.Reader.QueryContext(ctx, "SELECT c.id FROM conversation c WHERE c.customer_id IN "+theirs+` AND c.created_at <= $2 AND c.id > $3
		AND NOT EXISTS (SELECT 1 FROM erased_conversation x WHERE x.conversation_id = c.id) ORDER BY c.id LIMIT $4`, customer, before, after, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		ids = append(ids, "")
		return r.Scan(&ids[len(ids)-1])
	})
	return ids, engine.MapError(op, err)
}

// EraseTalk erases the next entries of a conversation, and with the last of them everything
// that hangs on it: earlier versions, drafts, files, topic and tags, what other systems are
// yet to be told. more says that there are further entries. Errors: Forbidden, NotFound.
func (e *Erasures) EraseTalk(ctx context.Context, p identity.Principal, customer, conversation string) (more bool, err error) {
	const op = "erasure.EraseTalk"
	if err := errors.Join(allow(op, p), valid(op, customer), valid(op, conversation)); err != nil {
		return false, err
	}
	err = e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var one int
		err := t.SQL.QueryRowContext(ctx, "SELECT 1 FROM conversation WHERE id = $2 AND customer_id IN "+theirs, customer, conversation).Scan(&one)
		if err != nil {
			return engine.MapError(op, err)
		}
		n, err := eraseEntries(ctx, t, conversation)
		if more = n == chunk; err != nil || more {
			return err
		}
		t.Forget = true
		return e.eraseRest(ctx, t, p, customer, conversation)
	})
	return more, err
}

func eraseEntries(ctx context.Context, t *core.Tx, conversation string) (int, error) {
	const op = "erasure.eraseEntries"
	rows, err := t.SQL.QueryContext(ctx, "SELECT pos, seq, content_ref FROM entry WHERE conversation_id = $1 AND content_ref <> 0 ORDER BY seq LIMIT $2", conversation, chunk)
	if err != nil {
		return 0, engine.MapError(op, err)
	}
	var positions, refs []int64
	var last int64
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var pos, ref int64
		err := r.Scan(&pos, &last, &ref)
		positions, refs = append(positions, pos), append(refs, ref)
		return err
	})
	if err != nil || len(refs) == 0 {
		return 0, engine.MapError(op, err)
	}
	// The sealed bytes stay: the audit chain has their digests.
	_, err = t.SQL.ExecContext(ctx, `UPDATE entry SET content_ref = 0, state = CASE WHEN kind IN ('message', 'note') THEN 2 ELSE state END
		WHERE conversation_id = $1 AND seq <= $2 AND content_ref <> 0`, conversation, last)
	if err != nil {
		return 0, engine.MapError(op, err)
	}
	if err := forgetTexts(ctx, t, positions); err != nil {
		return 0, err
	}
	return len(refs), t.DestroyKeys(ctx, refs)
}

func (e *Erasures) eraseRest(ctx context.Context, t *core.Tx, p identity.Principal, customer, conversation string) error {
	const op = "erasure.eraseRest"
	var refs []int64
	for _, text := range []string{
		"DELETE FROM entry_version WHERE conversation_id = $1 RETURNING content_ref, 0",
		"DELETE FROM draft WHERE conversation_id = $1 RETURNING content_ref, 0",
		"DELETE FROM attachment WHERE conversation_id = $1 RETURNING name_ref, blob_ref",
	} {
		gone, err := refsOf(ctx, t, text, conversation)
		if err != nil {
			return err
		}
		refs = append(refs, gone...)
	}
	topic, err := refsOf(ctx, t, "SELECT topic_ref, 0 FROM conversation WHERE id = $1", conversation)
	if err != nil {
		return err
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE conversation SET topic = $2, topic_ref = 0, tags = '[]', language = '', start_ref = id WHERE id = $1", conversation, []byte{})
	if err != nil {
		return engine.MapError(op, err)
	}
	for _, text := range []string{
		"DELETE FROM webhook_delivery WHERE conversation_id = $1", "DELETE FROM mention WHERE conversation_id = $1", "UPDATE fact SET tags = '[]', language = '' WHERE conversation_id = $1",
	} {
		if _, err := t.SQL.ExecContext(ctx, text, conversation); err != nil {
			return engine.MapError(op, err)
		}
	}
	_, err = t.SQL.ExecContext(ctx, "INSERT INTO erased_conversation (conversation_id, customer_id, at) VALUES ($1, $2, $3) ON CONFLICT (conversation_id) DO NOTHING", conversation, customer, t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	t.Record(p, "conversation.erase", "conversation", conversation, customer)
	return t.DestroyKeys(ctx, append(refs, topic...))
}

// refsOf reads the references of keys that a statement gives, two in each row.
func refsOf(ctx context.Context, t *core.Tx, text string, args ...any) (refs []int64, err error) {
	rows, err := t.SQL.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError("erasure.refsOf", err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var one, two sql.NullInt64
		err := r.Scan(&one, &two)
		refs = append(refs, one.Int64, two.Int64)
		return err
	})
	refs = slices.DeleteFunc(refs, func(ref int64) bool { return ref == 0 })
	return refs, engine.MapError("erasure.refsOf", err)
}

// EraseProfile erases what hangs on a customer and on no conversation: files that were never
// sent; with all, their name, addresses and language too. unlink takes from Kefu which customer
// of the wallet they are: who signs in from then on is somebody new. Errors: Forbidden, NotFound.
func (e *Erasures) EraseProfile(ctx context.Context, p identity.Principal, customer string, unlink, all bool) error {
	const op = "erasure.EraseProfile"
	if err := errors.Join(allow(op, p), valid(op, customer)); err != nil {
		return err
	}
	return e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		refs, err := refsOf(ctx, t, "DELETE FROM attachment WHERE conversation_id = '' AND customer_id IN "+theirs+" RETURNING name_ref, blob_ref", customer)
		if err != nil {
			return err
		}
		if unlink {
			_, err := t.SQL.ExecContext(ctx, `UPDATE wallet_notice SET customer_id = '', told_at = CASE WHEN told_at = 0 THEN $2 ELSE told_at END
				WHERE customer_id <> '' AND customer_id = (SELECT subject FROM customer WHERE id = $1)`, customer, t.Now)
			if err != nil {
				return engine.MapError(op, err)
			}
			if _, err := t.SQL.ExecContext(ctx, "UPDATE customer SET issuer = NULL, subject = NULL WHERE id = $1", customer); err != nil {
				return engine.MapError(op, err)
			}
		}
		if all {
			for _, text := range []string{"SELECT name_ref, 0 FROM customer WHERE id IN " + theirs, "DELETE FROM customer_handle WHERE customer_id IN " + theirs + " RETURNING value_ref, 0"} {
				more, err := refsOf(ctx, t, text, customer)
				if err != nil {
					return err
				}
				refs = append(refs, more...)
			}
			if _, err := t.SQL.ExecContext(ctx, "UPDATE customer SET name = NULL, name_ref = NULL, language = '' WHERE id IN "+theirs, customer); err != nil {
				return engine.MapError(op, err)
			}
		}
		t.Record(p, "customer.erase_profile", "customer", customer, customer)
		return t.DestroyKeys(ctx, refs)
	})
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
		privacy.Messages:   "SELECT c.id || ':' || e.seq FROM entry e JOIN conversation c ON c.id = e.conversation_id WHERE " + talk + " AND e.content_ref <> 0",
		privacy.Files:      "SELECT a.conversation_id || ':' || a.id FROM attachment a WHERE a.customer_id IN " + theirs + " AND a.created_at <= $2",
		privacy.Drafts:     "SELECT c.id || ':' || d.staff_id FROM draft d JOIN conversation c ON c.id = d.conversation_id WHERE " + talk,
		privacy.Runs:       "SELECT id FROM flow_run WHERE customer_id IN " + theirs + " AND started_at <= $2",
		privacy.Proofs:     "SELECT id FROM step_up WHERE customer_id IN " + theirs + " AND asked_at <= $2",
		privacy.Contacts:   "SELECT id FROM contact WHERE customer_id IN " + theirs + " AND created_at <= $2 UNION ALL SELECT id FROM contact_try WHERE customer_id IN " + theirs + " UNION ALL SELECT customer_id FROM contact_phrase WHERE customer_id IN " + theirs,
		privacy.Acts:       "SELECT CASE WHEN ask_since = 0 AND lost_at = 0 AND state IN ('proposed', 'confirmed', 'waiting', 'approved', 'cancelled', 'rejected', 'expired') THEN id ELSE '" + Left + ":' || id END FROM act WHERE customer_id IN " + theirs + " AND created_at <= $2",
		privacy.Cases:      "SELECT id FROM case_file WHERE customer_id IN " + theirs + " AND opened_at <= $2",
		privacy.Deliveries: "SELECT c.id || ':' || d.id FROM webhook_delivery d JOIN conversation c ON c.id = d.conversation_id WHERE " + talk,
		privacy.Notices:    "SELECT n.event_id FROM wallet_notice n JOIN customer u ON u.subject = n.customer_id WHERE u.id = $1 AND n.taken_at <= $2",
	}
}
