package insiders

import (
	"context"
	"database/sql"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

// decoys are those that stand, by customer and by conversation.
func (s *Insiders) decoys(ctx context.Context) (map[string]bool, error) {
	const op = "insiders.decoys"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT customer_id, conversation_id FROM decoy WHERE retired_at = 0")
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := map[string]bool{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var customer, conversation string
		err := r.Scan(&customer, &conversation)
		all[customer], all[conversation] = true, true
		return err
	})
	return all, engine.MapError(op, err)
}

// DecoyTalks are the conversations of all decoys, of those that are retired too: nothing
// that is derived of conversations may hold them. Errors: Forbidden.
func (s *Insiders) DecoyTalks(ctx context.Context, p identity.Principal) (all []string, err error) {
	const op = "insiders.DecoyTalks"
	if err := runs(op, p); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT conversation_id FROM decoy")
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		all = append(all, "")
		return r.Scan(&all[len(all)-1])
	})
	return all, engine.MapError(op, err)
}

// Among gives those of some conversations that are decoys'.
func Among(ctx context.Context, tx *sql.Tx, conversations []string) (found []string, err error) {
	const op = "insiders.Among"
	for _, id := range conversations { // a few: staff seldom change what is over
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM decoy WHERE conversation_id = $1", id).Scan(&n); err != nil {
			return nil, engine.MapError(op, err)
		}
		if n > 0 {
			found = append(found, id)
		}
	}
	return found, nil
}

// AddDecoy makes the customer of a decoy, before their conversation comes to be under an
// id that is reserved for it. Errors: Forbidden; Conflict when there are too many;
// Invalid.
func (s *Insiders) AddDecoy(ctx context.Context, p identity.Principal, customer, conversation string, n insider.NewCanary) error {
	const op = "insiders.AddDecoy"
	if !policy.Allow(p, policy.ManageDecoys, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s %s makes no decoys", p.Kind, p.Role)
	}
	if err := n.Validate(); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var count int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM decoy").Scan(&count); err != nil {
			return engine.MapError(op, err)
		}
		if count >= insider.MaxCanaries {
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "decoys", Reason: "too_many", Message: "there are as many as there may be"}
		}
		name, ref, err := t.Seal([]byte(n.Name), reading.CustomerNameAAD(customer))
		if err != nil {
			return err
		}
		if _, err := t.SQL.ExecContext(ctx, "INSERT INTO customer (id, name, name_ref, language, evidence, created_at) VALUES ($1, $2, $3, $4, 'claimed', $5)",
			customer, name, ref, n.Language, t.Now-n.Ago); err != nil {
			return engine.MapError(op, err)
		}
		_, err = t.SQL.ExecContext(ctx, "INSERT INTO decoy (customer_id, conversation_id, made_by, made_at, retired_at) VALUES ($1, $2, $3, $4, 0)", customer, conversation, p.ID, t.Now)
		t.Record(p, "decoy.make", "decoy", customer, "")
		return engine.MapError(op, err)
	})
}

// Decoys lists them, the newest first. Errors: Forbidden.
func (s *Insiders) Decoys(ctx context.Context, p identity.Principal) ([]insider.Canary, error) {
	const op = "insiders.Decoys"
	if !policy.Allow(p, policy.ManageDecoys, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s %s sees no decoys", p.Kind, p.Role)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT d.customer_id, d.conversation_id, COALESCE(m.name, ''), d.made_at, d.retired_at, c.name, c.name_ref,
		(SELECT COUNT(*) FROM staff_doing x WHERE x.customer_id = d.customer_id AND x.decoy = 1)
		FROM decoy d JOIN customer c ON c.id = d.customer_id LEFT JOIN staff m ON m.id = d.made_by ORDER BY d.made_at DESC, d.customer_id LIMIT $1`, insider.MaxCanaries)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []insider.Canary{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var c insider.Canary
		var sealed []byte
		var ref int64
		err := r.Scan(&c.Customer, &c.Conversation, &c.MadeBy, &c.MadeAt, &c.RetiredAt, &sealed, &ref, &c.Touched)
		if err == nil {
			c.Name, err = s.core.Read(sealed, ref, reading.CustomerNameAAD(c.Customer))
		}
		all = append(all, c)
		return err
	})
	return all, engine.MapError(op, err)
}

// RetireDecoy lets touching one be of no consequence any more. It stays out of everything
// that is derived of conversations. Errors: Forbidden, NotFound.
func (s *Insiders) RetireDecoy(ctx context.Context, p identity.Principal, customer string) error {
	const op = "insiders.RetireDecoy"
	if !policy.Allow(p, policy.ManageDecoys, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s %s makes no decoys", p.Kind, p.Role)
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "UPDATE decoy SET retired_at = $1 WHERE customer_id = $2 AND retired_at = 0", t.Now, customer)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fault.New(fault.NotFound, op, "there is no such decoy that stands")
		}
		t.Record(p, "decoy.retire", "decoy", customer, "")
		return nil
	})
}

// MayAddTalk lets whoever may make decoys give one its conversation, which it has none of
// yet. Errors: Forbidden; NotFound.
func (s *Insiders) MayAddTalk(ctx context.Context, p identity.Principal, state conversation.State) error {
	const op = "insiders.MayAddTalk"
	if !policy.Allow(p, policy.ManageDecoys, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s %s makes no decoys", p.Kind, p.Role)
	}
	var n int
	err := s.core.DB.Reader.QueryRowContext(ctx, `SELECT COUNT(*) FROM decoy d WHERE d.customer_id = $1 AND d.conversation_id = $2
		AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = d.conversation_id)`, state.CustomerID, state.ID).Scan(&n)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, op, "no decoy waits for this conversation")
	}
	return engine.MapError(op, err)
}
