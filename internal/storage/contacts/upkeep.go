package contacts

import (
	"context"
	"errors"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/official"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
)

// ContactFigures are how contacts went from one time until before another; microseconds.
// Errors: Forbidden; Invalid.
func (s *Contacts) ContactFigures(ctx context.Context, p identity.Principal, from, to int64) (f vouch.Figures, err error) {
	const op = "contacts.ContactFigures"
	if !policy.Allow(p, policy.ReadContactFigures, policy.Object{}) {
		return f, fault.New(fault.Forbidden, op, "%s %s may not see how contacts went", p.Kind, p.Role)
	}
	if from < 0 || to <= from {
		return f, fault.InvalidField(op, "to", "is not after from")
	}
	err = s.core.DB.Reader.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN seen_at > 0 THEN 1 END), COUNT(CASE WHEN checked_at > 0 THEN 1 END),
		COUNT(CASE WHEN end_reason = $3 THEN 1 END), COUNT(CASE WHEN phrase_at > 0 THEN 1 END) FROM contact WHERE created_at >= $1 AND created_at < $2`, from, to, vouch.EndedByTries).
		Scan(&f.Contacts, &f.Seen, &f.Checked, &f.Tries, &f.Phrases)
	if err == nil {
		err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM contact_try WHERE at >= $1 AND at < $2", from, to).Scan(&f.False)
	}
	if err == nil {
		err = s.core.DB.Reader.QueryRowContext(ctx, `SELECT COUNT(CASE WHEN v.created_at >= $1 AND v.created_at < $2 THEN 1 END), COUNT(CASE WHEN v.status <> 'resolved' THEN 1 END)
			FROM conversation_tag g JOIN conversation v ON v.id = g.conversation_id WHERE g.tag = $3 AND v.merged_into = ''`, from, to, official.ReportTag).Scan(&f.Reports, &f.Open)
	}
	return f, engine.MapError(op, err)
}

// Expire forgets the codes of contacts that are over, tries that count no more, and
// contacts of long ago; at most limit of each. Errors: Forbidden.
func (s *Contacts) Expire(ctx context.Context, p identity.Principal, limit int) error {
	const op = "contacts.Expire"
	if !policy.Allow(p, policy.RunContacts, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not see to contacts", p.Kind)
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		over, err := list(ctx, t.SQL, "SELECT "+columns+" FROM contact c WHERE c.code_ref <> 0 AND c.expires_at <= $1 ORDER BY c.expires_at LIMIT $2", t.Now, limit)
		if err != nil {
			return err
		}
		var refs []int64
		for _, c := range over {
			if _, err := t.SQL.ExecContext(ctx, "UPDATE contact SET code = NULL, code_ref = 0 WHERE id = $1", c.ID); err != nil {
				return engine.MapError(op, err)
			}
			refs = append(refs, c.ref)
		}
		for _, old := range []string{
			"DELETE FROM contact_try WHERE id IN (SELECT id FROM contact_try WHERE at < $1 ORDER BY at LIMIT $2)",
			"DELETE FROM contact WHERE id IN (SELECT id FROM contact WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
		} {
			if _, err := t.SQL.ExecContext(ctx, old, t.Now-vouch.KeptFor.Microseconds(), limit); err != nil {
				return engine.MapError(op, err)
			}
		}
		return t.DestroyKeys(ctx, refs)
	})
}

// EraseContacts forgets who contacted a customer up to a time, what they tried, and their
// phrase. Errors: Forbidden.
func (s *Contacts) EraseContacts(ctx context.Context, p identity.Principal, customer string, before int64) error {
	const op = "contacts.EraseContacts"
	if !policy.Allow(p, policy.RunContacts, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not erase contacts", p.Kind)
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var keys []int64
		var all []string
		for _, table := range []string{
			"DELETE FROM contact WHERE (customer_id IN " + erased.Whose + erased.OrTalk + ") AND created_at <= $2 RETURNING id, code_ref, 0",
			"DELETE FROM contact_try WHERE customer_id IN " + erased.Whose + " AND at <= $2 RETURNING id, 0, 0",
			"DELETE FROM contact_phrase WHERE customer_id IN " + erased.Whose + " AND set_at <= $2 RETURNING customer_id, phrase_ref, 0",
		} {
			ids, refs, err := erased.Rows(ctx, t, table, customer, before)
			if err != nil {
				return err
			}
			all, keys = append(all, ids...), append(keys, refs...)
		}
		if len(all) == 0 {
			return nil
		}
		t.Record(p, "contact.erase", "customer", customer, customer)
		return errors.Join(erased.Note(ctx, t, customer, privacy.Contacts, all), t.DestroyKeys(ctx, keys))
	})
}
