// Package customers keeps what is known of customers beside their conversations: what
// leads to them, their names, and who they became by signing in.
package customers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/standstill"
)

// Customers is the part of the store that this package is.
type Customers struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Customers { return &Customers{core: c} }

func handleAAD(id, kind, digest string) string { return "customer/" + id + "/" + kind + "/" + digest }

// handleDigest finds a handle without storing it in the clear: the same address in
// another spelling has the same digest, and nobody without the keys can try one.
func handleDigest(c *core.Core, kind, value string) string {
	mac := hmac.New(sha256.New, c.Ring.Subkey("customer handles"))
	mac.Write([]byte(kind + "\x00" + customer.Plain(kind, value)))
	return hex.EncodeToString(mac.Sum(nil))
}

// AddHandle notes an address, a device or an id of a customer with the evidence
// for it; better evidence replaces worse. Errors: Forbidden, also for staff who
// say that something was verified; NotFound; Invalid.
func (s *Customers) AddHandle(ctx context.Context, p identity.Principal, customerID string, h customer.Handle) error {
	const op = "customers.AddHandle"
	if !policy.Allow(p, policy.NoteHandle, policy.Object{CustomerID: customerID}) {
		return fault.New(fault.Forbidden, op, "%s may not note handles", p.Kind)
	}
	if h.Evidence == customer.Verified && p.Kind != identity.System {
		return fault.New(fault.Forbidden, op, "only a wallet verifies a handle")
	}
	if !customer.ValidEvidence(h.Evidence) {
		return fault.InvalidField(op, "evidence", "must be verified, claimed or inferred")
	}
	if !engine.ValidKey(h.Kind) || customer.Plain(h.Kind, h.Value) == "" {
		return fault.InvalidField(op, "handle", "has no kind or no value")
	}
	if err := conversation.CheckLine("value", h.Value, customer.MaxHandle); err != nil {
		return err
	}
	if !engine.ValidKey(customerID) {
		return fault.New(fault.NotFound, op, "no customer has an id of that form")
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var one int
		if err := t.SQL.QueryRowContext(ctx, "SELECT 1 FROM customer WHERE id = $1", customerID).Scan(&one); err != nil {
			return engine.MapError(op, err)
		}
		if p.Kind == identity.Staff {
			if err := standstill.Refuse(ctx, t.SQL, op, customerID); err != nil {
				return err
			}
		}
		t.Record(p, "customer.handle", "customer", customerID, customerID)
		return NoteHandle(ctx, s.core, t, customerID, h.Kind, h.Value, h.Evidence)
	})
}

// NoteHandle notes a handle in a transaction of whoever knows of it; better evidence
// replaces worse.
func NoteHandle(ctx context.Context, c *core.Core, t *core.Tx, customerID, kind, value, evidence string) error {
	const op = "customers.NoteHandle"
	digest := handleDigest(c, kind, value)
	sealed, ref, err := t.Seal([]byte(value), handleAAD(customerID, kind, digest))
	if err != nil {
		return err
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO customer_handle (customer_id, kind, digest, value, value_ref, evidence, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (customer_id, kind, digest) DO UPDATE SET seen_at = excluded.seen_at,
		evidence = CASE WHEN customer_handle.evidence = 'verified' OR excluded.evidence = 'inferred' THEN customer_handle.evidence ELSE excluded.evidence END`,
		customerID, kind, digest, sealed, ref, evidence, t.Now)
	return engine.MapError(op, err)
}

// ClaimHandles makes the handles that were noted of a visitor a moment ago those
// of the customer whom the visitor turned out to be, as far as a visitor's word
// goes. Each is sealed anew: what is sealed names whose it is.
func ClaimHandles(ctx context.Context, c *core.Core, t *core.Tx, in customer.SignIn, customerID string) error {
	const op = "customers.ClaimHandles"
	rows, err := t.SQL.QueryContext(ctx, "DELETE FROM customer_handle WHERE customer_id = $1 AND seen_at >= $2 RETURNING kind, digest, value, value_ref, evidence",
		in.Visitor, in.VisitorSince)
	if err != nil {
		return engine.MapError(op, err)
	}
	var moved []customer.Handle
	var refs []int64
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		h, ref, err := scanHandle(c, r, in.Visitor)
		moved, refs = append(moved, h), append(refs, ref)
		return err
	})
	if err != nil {
		return engine.MapError(op, err)
	}
	for _, h := range moved {
		if err := NoteHandle(ctx, c, t, customerID, h.Kind, h.Value, h.Evidence); err != nil {
			return err
		}
	}
	return t.DestroyKeys(ctx, refs)
}

// ForgetHandle removes a handle, named by its id, and destroys its key. What the
// wallet verified stays. Errors: Forbidden, NotFound, Conflict.
func (s *Customers) ForgetHandle(ctx context.Context, p identity.Principal, customerID, handle string) error {
	const op = "customers.ForgetHandle"
	if !policy.Allow(p, policy.NoteHandle, policy.Object{CustomerID: customerID}) {
		return fault.New(fault.Forbidden, op, "%s may not note handles", p.Kind)
	}
	if !engine.ValidKey(customerID) || !engine.ValidKey(handle) {
		return fault.New(fault.NotFound, op, "no handle has an id of that form")
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if p.Kind == identity.Staff {
			if err := standstill.Refuse(ctx, t.SQL, op, customerID); err != nil {
				return err
			}
		}
		var ref int64
		var evidence string
		err := t.SQL.QueryRowContext(ctx, "DELETE FROM customer_handle WHERE customer_id = $1 AND digest = $2 RETURNING value_ref, evidence", customerID, handle).
			Scan(&ref, &evidence)
		if err != nil {
			return engine.MapError(op, err)
		}
		if evidence == customer.Verified {
			return fault.New(fault.Conflict, op, "the wallet verified this handle")
		}
		t.Record(p, "customer.forget_handle", "customer", customerID, customerID)
		return t.DestroyKeys(ctx, []int64{ref})
	})
}

// maxFound is how many customers one handle finds: a family may share a phone.
const maxFound = 20

// FindCustomers gives the customers who have a handle, the best evidence first, by masked
// names: whoever has to do with one reads them. Of whose data stand still it finds none with
// whom nothing goes on; a program finds none at all. Errors: Forbidden, Invalid.
func (s *Customers) FindCustomers(ctx context.Context, p identity.Principal, kind, value string) ([]customer.Found, error) {
	const op = "customers.FindCustomers"
	if !policy.Allow(p, policy.ReadCustomer, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s may not read customers", p.Kind)
	}
	if !engine.ValidKey(kind) || customer.Plain(kind, value) == "" {
		return nil, fault.InvalidField(op, "value", "is missing")
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT h.customer_id, h.evidence, c.name, c.name_ref, c.evidence
		FROM customer_handle h JOIN customer c ON c.id = h.customer_id WHERE h.kind = $1 AND h.digest = $2
		ORDER BY CASE h.evidence WHEN 'verified' THEN 0 WHEN 'claimed' THEN 1 ELSE 2 END, h.seen_at DESC LIMIT $3`,
		kind, handleDigest(s.core, kind, value), maxFound)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var found []customer.Found
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var f customer.Found
		var name []byte
		var ref sql.NullInt64
		if err := r.Scan(&f.ID, &f.By, &name, &ref, &f.Evidence); err != nil {
			return err
		}
		var err error
		f.Name, err = s.core.Read(name, ref.Int64, reading.CustomerNameAAD(f.ID))
		f.Name = mask.Of(field.CustomerName, f.Name)
		found = append(found, f)
		return err
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if found, err = s.atWork(ctx, op, p, found); err != nil {
		return nil, err
	}
	reads := make([]core.Read, max(1, len(found))) // that nobody was found is worth a record too
	for i := range reads {
		reads[i] = core.Read{Action: "customer.find", ObjectType: "customer"}
	}
	for i, f := range found {
		reads[i].ObjectID, reads[i].Subject = f.ID, f.ID
	}
	if err := s.core.RecordFirst(ctx, p, reads...); err != nil {
		return nil, err
	}
	return found, nil
}

// atWork leaves out those whom p may not look at because their data stand still.
func (s *Customers) atWork(ctx context.Context, op string, p identity.Principal, found []customer.Found) (left []customer.Found, err error) {
	for _, f := range found {
		switch err := standstill.RefuseLook(ctx, s.core.DB.Reader, op, p, f.ID); {
		case err == nil:
			left = append(left, f)
		case fault.ReasonOf(err) != standstill.Reason:
			return nil, err
		}
	}
	return left, nil
}

func (s *Customers) handlesOf(ctx context.Context, id string) ([]customer.Handle, error) {
	const op = "customers.handlesOf"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT kind, digest, value, value_ref, evidence FROM customer_handle WHERE customer_id = $1 ORDER BY kind, seen_at LIMIT 50", id)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var handles []customer.Handle
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		h, _, err := scanHandle(s.core, r, id)
		handles = append(handles, h)
		return err
	})
	return handles, engine.MapError(op, err)
}

func scanHandle(c *core.Core, row reading.Scanner, customerID string) (h customer.Handle, ref int64, err error) {
	var sealed []byte
	if err := row.Scan(&h.Kind, &h.ID, &sealed, &ref, &h.Evidence); err != nil {
		return h, 0, err
	}
	h.Value, err = c.Read(sealed, ref, handleAAD(customerID, h.Kind, h.ID))
	return h, ref, err
}

// CustomerOf reads a customer, and those of their conversations that p may read. Errors:
// Forbidden, NotFound; Conflict where their data stand still and nothing goes on.
func (s *Customers) CustomerOf(ctx context.Context, p identity.Principal, id string) (customer.Customer, []conversation.State, error) {
	const op = "customers.CustomerOf"
	o, err := reach.Held(ctx, s.core.DB.Reader, p, id)
	if err != nil || (!policy.Allow(p, policy.ReadCustomer, o) && !policy.Allow(p, policy.RunPrivacy, o)) {
		return customer.Customer{}, nil, errors.Join(err, fault.New(fault.Forbidden, op, "%s may not read customers", p.Kind))
	}
	if err := standstill.RefuseLook(ctx, s.core.DB.Reader, op, p, id); err != nil {
		return customer.Customer{}, nil, err
	}
	c := customer.Customer{ID: id}
	var name []byte
	var ref sql.NullInt64
	var became sql.NullString
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT name, name_ref, language, evidence, created_at, became FROM customer WHERE id = $1", id).
		Scan(&name, &ref, &c.Language, &c.Evidence, &c.CreatedAt, &became)
	if err != nil {
		return c, nil, engine.MapError(op, err)
	}
	if c.Name, err = s.core.Read(name, ref.Int64, reading.CustomerNameAAD(id)); err != nil {
		return c, nil, err
	}
	c.Became = became.String
	if c.StillSince, err = standstill.Since(ctx, s.core.DB.Reader, id); err != nil {
		return c, nil, err
	}
	if c.Handles, err = s.handlesOf(ctx, id); err != nil {
		return c, nil, err
	}
	states, err := s.statesOf(ctx, p, id, 50)
	if err == nil {
		err = s.core.RecordFirst(ctx, p, core.Read{Action: "customer.read", ObjectType: "customer", ObjectID: id, Subject: id})
	}
	if err != nil {
		return customer.Customer{}, nil, err
	}
	return c, states, nil
}

// statesOf reads a customer's conversations, the latest first: of those that p may read.
// Who has to do with a customer and not with what they said learns no topic by it.
func (s *Customers) statesOf(ctx context.Context, p identity.Principal, customerID string, limit int) ([]conversation.State, error) {
	const op = "customers.statesOf"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+reading.StateColumns+" FROM conversation c WHERE c.customer_id = $1 ORDER BY c.last_activity DESC LIMIT $2", customerID, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var states []conversation.State
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		state, _, err := reading.ScanState(s.core, r)
		if err == nil && policy.Allow(p, policy.ReadConversation, state.Object()) {
			states = append(states, state)
		}
		return err
	})
	return states, engine.MapError(op, err)
}
