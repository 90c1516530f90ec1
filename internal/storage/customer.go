package storage

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/casework"
	"kefu/internal/storage/customers"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
	"kefu/internal/storage/files"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/runs"
)

func (t *Tx) insertSecret(ctx context.Context, w customer.WindowSecret) error {
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO window_secret (digest, customer_id, verified, level, level_until, created_at, expires_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT DO NOTHING`, w.Digest, w.CustomerID, w.Verified, int64(w.Level), w.LevelUntil, w.CreatedAt, w.ExpiresAt)
	return engine.MapError("storage.insertSecret", err)
}

// FindWindowSecret finds a window's secret by its digest. Revoked tells that it
// was valid once. Errors: NotFound when nothing was stored for it.
func (s *Store) FindWindowSecret(ctx context.Context, digest string) (w customer.WindowSecret, name string, revoked bool, err error) {
	const op = "storage.FindWindowSecret"
	var level, revokedAt int64
	var sealed []byte
	var ref sql.NullInt64
	w.Digest = digest
	err = s.core.DB.Reader.QueryRowContext(ctx, `SELECT w.customer_id, w.verified, w.level, w.level_until, w.created_at, w.expires_at, w.revoked_at, c.name, c.name_ref
		FROM window_secret w LEFT JOIN customer c ON c.id = w.customer_id WHERE w.digest = $1`, digest).
		Scan(&w.CustomerID, &w.Verified, &level, &w.LevelUntil, &w.CreatedAt, &w.ExpiresAt, &revokedAt, &sealed, &ref)
	if err != nil {
		return w, "", false, engine.MapError(op, err)
	}
	w.Level = identity.Level(level)
	name, err = s.core.Read(sealed, ref.Int64, reading.CustomerNameAAD(w.CustomerID))
	return w, name, revokedAt != 0, err
}

// SignInCustomer uses up the token, finds or makes the customer, stores the
// window's secret and, when a visitor turns out to be this customer, moves the
// visitor's recent conversations and, when none is left, ends the visitor's
// secrets, all in one transaction. Errors: Unauthenticated when the token was used before.
func (s *Store) SignInCustomer(ctx context.Context, in customer.SignIn) (customer.SignedIn, error) {
	const op = "storage.SignInCustomer"
	var out customer.SignedIn
	err := s.ordered(ctx, func(ctx context.Context, t *Tx) error {
		out = customer.SignedIn{}
		res, err := t.SQL.ExecContext(ctx, "INSERT INTO token_used (issuer, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			in.Issuer, in.TokenID, in.TokenExpires+120_000_000)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fault.New(fault.Unauthenticated, op, "the token was used before")
		}
		if out.CustomerID, err = t.customerOf(ctx, in); err != nil {
			return err
		}
		in.Secret.CustomerID = out.CustomerID
		if err := t.insertSecret(ctx, in.Secret); err != nil {
			return err
		}
		if in.Visitor == "" {
			return nil
		}
		out.Moved, err = t.claimVisitor(ctx, in, out.CustomerID)
		return err
	})
	if err != nil {
		return customer.SignedIn{}, err
	}
	return out, nil
}

// EndWindow ends the window of p whose secret has this digest; an unstored one of a
// visitor is kept as over. Errors: Forbidden for who has no windows.
func (s *Store) EndWindow(ctx context.Context, p identity.Principal, digest string, unstored *customer.WindowSecret) error {
	const op = "storage.EndWindow"
	if !policy.Allow(p, policy.LeaveWindow, policy.Object{CustomerID: p.ID}) {
		return fault.New(fault.Forbidden, op, "%s has no windows", p.Kind)
	}
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		if unstored != nil && unstored.CustomerID == p.ID {
			if err := t.insertSecret(ctx, *unstored); err != nil {
				return err
			}
		}
		res, err := t.SQL.ExecContext(ctx, "UPDATE window_secret SET revoked_at = $1 WHERE digest = $2 AND customer_id = $3 AND revoked_at = 0", t.Now, digest, p.ID)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return engine.MapError(op, err)
		}
		return t.Revoke(ctx, event.RevokedSession, p.Session)
	})
}

// customerOf finds the customer of a token, who may have another name or language
// by now than at the first, or makes one.
func (t *Tx) customerOf(ctx context.Context, in customer.SignIn) (string, error) {
	const op = "storage.customerOf"
	var id, language string
	var sealed []byte
	var ref sql.NullInt64
	err := t.SQL.QueryRowContext(ctx, "SELECT id, name, name_ref, language FROM customer WHERE issuer = $1 AND subject = $2", in.Issuer, in.Subject).
		Scan(&id, &sealed, &ref, &language)
	if errors.Is(err, sql.ErrNoRows) {
		return in.NewID, t.addCustomer(ctx, in)
	}
	if err != nil {
		return "", engine.MapError(op, err)
	}
	if in.Language != "" && in.Language != language {
		if _, err := t.SQL.ExecContext(ctx, "UPDATE customer SET language = $1 WHERE id = $2", in.Language, id); err != nil {
			return "", engine.MapError(op, err)
		}
	}
	if in.Name == "" {
		return id, nil
	}
	name, err := t.store.core.Read(sealed, ref.Int64, reading.CustomerNameAAD(id))
	if err != nil || name == in.Name {
		return id, err
	}
	return id, t.rename(ctx, id, in.Name, ref.Int64)
}

// rename seals a new name and destroys the key of the one before.
func (t *Tx) rename(ctx context.Context, id, name string, before int64) error {
	const op = "storage.rename"
	sealed, ref, err := t.Seal([]byte(name), reading.CustomerNameAAD(id))
	if err != nil {
		return err
	}
	if _, err := t.SQL.ExecContext(ctx, "UPDATE customer SET name = $1, name_ref = $2 WHERE id = $3", sealed, ref, id); err != nil {
		return engine.MapError(op, err)
	}
	t.Record(identity.SystemPart("identity"), "customer.rename", "customer", id, id)
	if before == 0 {
		return nil
	}
	return t.DestroyKeys(ctx, []int64{before})
}

func (t *Tx) addCustomer(ctx context.Context, in customer.SignIn) error {
	const op = "storage.addCustomer"
	var sealed []byte
	var ref any
	if in.Name != "" {
		blob, r, err := t.Seal([]byte(in.Name), reading.CustomerNameAAD(in.NewID))
		if err != nil {
			return err
		}
		sealed, ref = blob, r
	}
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO customer (id, issuer, subject, name, name_ref, language, evidence, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, in.NewID, in.Issuer, in.Subject, sealed, ref, in.Language, customer.Verified, t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	t.Record(identity.SystemPart("identity"), "customer.create", "customer", in.NewID, in.NewID)
	return customers.NoteHandle(ctx, t.store.core, &t.Tx, in.NewID, "wallet", in.Subject, customer.Verified)
}

// claimVisitor makes the recent conversations of a visitor those of the customer
// the visitor turned out to be. Older ones stay where they are: another person
// may have written them on the same machine.
func (t *Tx) claimVisitor(ctx context.Context, in customer.SignIn, customerID string) ([]string, error) {
	const op = "storage.claimVisitor"
	var issuer, became sql.NullString
	err := t.SQL.QueryRowContext(ctx, "SELECT issuer, became FROM customer WHERE id = $1", in.Visitor).Scan(&issuer, &became)
	if errors.Is(err, sql.ErrNoRows) { // has said nothing yet, but may have uploaded what goes with it
		return nil, errors.Join(erased.Became(ctx, &t.Tx, in, customerID), files.Claim(ctx, &t.Tx, in, customerID), runs.Claim(ctx, t.store.core, &t.Tx, in, customerID))
	}
	if err == nil && (issuer.Valid || became.Valid) {
		return nil, nil // a customer whom only a token of theirs may move, or already moved
	}
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	// A ref that both have used would make two conversations the same one.
	if _, err := t.SQL.ExecContext(ctx, `UPDATE conversation SET start_ref = id WHERE customer_id = $1
		AND start_ref IN (SELECT start_ref FROM conversation WHERE customer_id = $2)`, in.Visitor, customerID); err != nil {
		return nil, engine.MapError(op, err)
	}
	rows, err := t.SQL.QueryContext(ctx, "SELECT id FROM conversation WHERE customer_id = $1 AND last_activity >= $2", in.Visitor, in.VisitorSince)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var ids []string
	if err := engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}); err != nil {
		return nil, engine.MapError(op, err)
	}
	for _, id := range ids {
		_, err := t.change(ctx, identity.SystemPart("identity"), id,
			conversation.Command{Kind: conversation.Identify, Customer: customerID, Content: conversation.Content{Level: customer.Verified}})
		if err != nil {
			return nil, err
		}
	}
	if err := files.Claim(ctx, &t.Tx, in, customerID); err != nil {
		return nil, err
	}
	if err := customers.ClaimHandles(ctx, t.store.core, &t.Tx, in, customerID); err != nil {
		return nil, err
	}
	if err := t.claimCases(ctx, in, customerID, ids); err != nil {
		return nil, err
	}
	if err := runs.Claim(ctx, t.store.core, &t.Tx, in, customerID); err != nil {
		return nil, err
	}
	var left int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM conversation WHERE customer_id = $1", in.Visitor).Scan(&left); err != nil {
		return nil, engine.MapError(op, err)
	}
	if left > 0 && len(ids) == 0 {
		return nil, nil
	}
	// The secret that opens nothing any more ends. Otherwise only the windows do
	// that have on screen what went along.
	if left == 0 {
		if _, err := t.SQL.ExecContext(ctx, "UPDATE customer SET became = $1 WHERE id = $2", customerID, in.Visitor); err != nil {
			return nil, engine.MapError(op, err)
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE window_secret SET revoked_at = $1 WHERE customer_id = $2 AND revoked_at = 0", t.Now, in.Visitor); err != nil {
			return nil, engine.MapError(op, err)
		}
	}
	return ids, t.Revoke(ctx, event.RevokedCustomer, in.Visitor)
}

// claimCases makes the cases of the moved conversations the customer's: who reported
// something and signs in then has to find it, and its letters and credits are theirs.
func (t *Tx) claimCases(ctx context.Context, in customer.SignIn, customerID string, conversations []string) error {
	const op = "storage.claimCases"
	// Whom two of ours vouched for was who wrote then: that says nothing of who signs in at
	// that browser, and a request of theirs stays where it is.
	for _, conv := range conversations {
		rows, err := t.SQL.QueryContext(ctx, `UPDATE case_file SET customer_id = $1 WHERE customer_id = $2 AND proven_at = 0
			AND id IN (SELECT case_id FROM case_conversation WHERE conversation_id = $3) RETURNING id`, customerID, in.Visitor, conv)
		if err != nil {
			return engine.MapError(op, err)
		}
		err = engine.EachRow(rows, func(r *sql.Rows) error {
			var id string
			if err := r.Scan(&id); err != nil {
				return err
			}
			t.Record(identity.SystemPart("identity"), "case.identify", "case", id, customerID)
			casework.Tell(&t.Tx, customerID)
			return nil
		})
		if err != nil {
			return engine.MapError(op, err)
		}
	}
	return nil
}
