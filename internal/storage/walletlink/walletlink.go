// Package walletlink says which customer of the wallet a customer of Kefu is, to
// whom it may be said and for which conversation, and notes in the audit chain that
// somebody looked. It holds nothing of the wallet's.
package walletlink

import (
	"context"
	"database/sql"
	"fmt"

	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/standstill"
)

// Links is the part of the store that this package is.
type Links struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Links { return &Links{core: c} }

// maxCases is how many of a customer's conversations are looked at for one that
// lets staff look into the wallet: the newest by their last word.
const maxCases = 50

// WalletLink lets a member of staff look at a customer's side of the wallet, for a
// conversation of theirs that the member of staff may work on and that is not closed,
// or had its last word within 30 days; while what is kept of the customer stands still, that
// is not closed. The look is recorded. Issuer is the one whose
// customers the wallet knows. Errors: Forbidden; NotFound when there is no such
// conversation, or the customer is none of the wallet's.
func (l *Links) WalletLink(ctx context.Context, p identity.Principal, customerID, issuer string, look reveal.Look) (wallet.Link, error) {
	const op = "walletlink.WalletLink"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.ReadWallet, policy.Object{CustomerID: customerID, AssigneeID: p.ID}) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "%s may not look into the wallet", p.Kind)
	}
	link, err := l.caseOf(ctx, p, customerID, "", policy.ReadWallet)
	if err == nil {
		err = l.subject(ctx, &link, issuer)
	}
	if err != nil {
		return wallet.Link{}, err
	}
	object := look.ID
	if object == "" {
		object = customerID
	}
	err = l.core.RecordRead(ctx, p, core.Read{
		Action: "wallet.read_" + look.What, ObjectType: "wallet." + look.What, ObjectID: object, Subject: customerID, Purpose: "case " + link.Case,
	})
	if err != nil {
		return wallet.Link{}, err
	}
	return link, nil
}

// PresentLevel is how sure Kefu is at present of who a customer is: the most that was
// proven in one of their open windows and has not run out. Errors: Forbidden.
func (l *Links) PresentLevel(ctx context.Context, p identity.Principal, customerID string) (identity.Level, error) {
	const op = "walletlink.PresentLevel"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.ReadWallet, policy.Object{CustomerID: customerID, AssigneeID: p.ID}) {
		return identity.AL0, fault.New(fault.Forbidden, op, "%s may not look into the wallet", p.Kind)
	}
	var level int64
	now := l.core.Now().UnixMicro()
	err := l.core.DB.Reader.QueryRowContext(ctx, `SELECT COALESCE(MAX(CASE WHEN level_until > $2 THEN level ELSE 1 END), 0) FROM window_secret
		WHERE customer_id = $1 AND verified AND revoked_at = 0 AND expires_at > $2`, customerID, now).Scan(&level)
	return identity.Level(level), engine.MapError(op, err)
}

// WalletCase lets a member of staff reveal a field of a customer's side of the wallet
// for one conversation: their own, or for supervisors any. Nothing is recorded yet:
// RecordReveal does. Errors: as WalletLink; Forbidden when the conversation is
// another agent's, or nobody's.
func (l *Links) WalletCase(ctx context.Context, p identity.Principal, customerID, conversationID, issuer string) (wallet.Link, error) {
	const op = "walletlink.WalletCase"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.RevealWallet, policy.Object{CustomerID: customerID, AssigneeID: p.ID}) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "%s may not reveal anything", p.Kind)
	}
	if _, err := l.caseOf(ctx, p, customerID, conversationID, policy.ReadWallet); err != nil {
		return wallet.Link{}, err
	}
	link, err := l.caseOf(ctx, p, customerID, conversationID, policy.RevealWallet)
	if fault.Is(err, fault.NotFound) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "the conversation is not %s's", p.ID)
	}
	if err == nil {
		err = l.subject(ctx, &link, issuer)
	}
	if err != nil {
		return wallet.Link{}, err
	}
	return link, nil
}

// SpendReveal takes one of the reveals that p may have: at most so many within a
// span of time, in microseconds, whatever becomes of it. Errors: Forbidden, TooMany.
func (l *Links) SpendReveal(ctx context.Context, p identity.Principal, most int, span int64) error {
	const op = "walletlink.SpendReveal"
	if p.Kind != identity.Staff || !policy.Allow(p, policy.RevealWallet, policy.Object{AssigneeID: p.ID}) {
		return fault.New(fault.Forbidden, op, "%s may not reveal anything", p.Kind)
	}
	return l.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var spent int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM wallet_reveal WHERE staff_id = $1 AND at > $2", p.ID, t.Now-span).Scan(&spent); err != nil {
			return engine.MapError(op, err)
		}
		if spent >= most {
			return fault.New(fault.TooMany, op, "too many fields were revealed in a short time")
		}
		_, err := t.SQL.ExecContext(ctx, "INSERT INTO wallet_reveal (id, staff_id, at) VALUES ($1, $2, $3)", id.New(), p.ID, t.Now)
		return engine.MapError(op, err)
	})
}

// RecordReveal notes that a field is shown unmasked, durably before it is. Reason is
// kept as long as the chain. Errors: Forbidden, NotFound, as WalletCase.
func (l *Links) RecordReveal(ctx context.Context, p identity.Principal, link wallet.Link, f field.Name, object string, r reveal.Reason) error {
	const op = "walletlink.RecordReveal"
	if !f.Revealable() {
		return fault.New(fault.Forbidden, op, "nobody may see %s", f.Class())
	}
	if p.Kind != identity.Staff || !policy.Allow(p, policy.RevealWallet, policy.Object{CustomerID: link.CustomerID, AssigneeID: p.ID}) {
		return fault.New(fault.Forbidden, op, "%s may not reveal anything", p.Kind)
	}
	if _, err := l.caseOf(ctx, p, link.CustomerID, link.Case, policy.RevealWallet); err != nil {
		return err
	}
	if object == "" {
		object = link.CustomerID
	}
	purpose := fmt.Sprintf("%s %s; case %s; %s: %s", f.Class(), f, link.Case, r.Code, r.Text)
	return l.core.Do(ctx, func(_ context.Context, t *core.Tx) error {
		t.RecordFor(p, "wallet.reveal", string(f), object, link.CustomerID, purpose)
		return nil
	})
}

// OwnWalletLink is for a signed-in customer to see their own side of the wallet.
// Errors: Forbidden for everybody else; NotFound when the wallet is not theirs.
func (l *Links) OwnWalletLink(ctx context.Context, p identity.Principal, issuer string) (wallet.Link, error) {
	const op = "walletlink.OwnWalletLink"
	if p.Kind != identity.Customer || !policy.Allow(p, policy.ReadWallet, policy.Object{CustomerID: p.ID}) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "%s has no side of the wallet", p.Kind)
	}
	link := wallet.Link{CustomerID: p.ID}
	if err := l.subject(ctx, &link, issuer); err != nil {
		return wallet.Link{}, err
	}
	return link, nil
}

// WalletHolder is which customer of Kefu a customer of the wallet is: for the parts that
// take what the wallet tells. Errors: Forbidden; NotFound for whoever never came here.
func (l *Links) WalletHolder(ctx context.Context, p identity.Principal, issuer, subject string) (string, error) {
	const op = "walletlink.WalletHolder"
	if !policy.Allow(p, policy.TakeNotices, policy.Object{}) {
		return "", fault.New(fault.Forbidden, op, "%s hears nothing of the wallet", p.Kind)
	}
	var found string
	err := l.core.DB.Reader.QueryRowContext(ctx, "SELECT id FROM customer WHERE issuer = $1 AND subject = $2", issuer, subject).Scan(&found)
	return found, engine.MapError(op, err)
}

// subject fills in the wallet's id of a customer.
func (l *Links) subject(ctx context.Context, link *wallet.Link, issuer string) error {
	const op = "walletlink.subject"
	var subject sql.NullString
	err := l.core.DB.Reader.QueryRowContext(ctx, "SELECT subject FROM customer WHERE id = $1 AND issuer = $2", link.CustomerID, issuer).Scan(&subject)
	if err != nil {
		return engine.MapError(op, err)
	}
	if !wallet.ValidID(subject.String) {
		return fault.New(fault.NotFound, op, "the customer is none of the wallet's")
	}
	link.WalletID = subject.String
	return nil
}

// caseOf finds a conversation of the customer's for which p may do a: the given one,
// or p's own before others.
func (l *Links) caseOf(ctx context.Context, p identity.Principal, customerID, conversationID string, a policy.Action) (wallet.Link, error) {
	const op = "walletlink.caseOf"
	if !engine.ValidKey(customerID) || (conversationID != "" && !engine.ValidKey(conversationID)) {
		return wallet.Link{}, fault.New(fault.NotFound, op, "nobody has an id of that form")
	}
	rows, err := l.core.DB.Reader.QueryContext(ctx, `SELECT id, assignee_id, status, last_activity, language FROM conversation
		WHERE customer_id = $1 AND merged_into = '' AND ($2 = '' OR id = $2) ORDER BY last_activity DESC LIMIT $3`, customerID, conversationID, maxCases)
	if err != nil {
		return wallet.Link{}, engine.MapError(op, err)
	}
	since := l.core.Now().UnixMicro() - wallet.ActiveFor
	still, err := standstill.Since(ctx, l.core.DB.Reader, customerID)
	if err != nil {
		return wallet.Link{}, err
	}
	found := wallet.Link{CustomerID: customerID}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id, assignee, status, language string
		var last int64
		if err := r.Scan(&id, &assignee, &status, &last, &language); err != nil {
			return err
		}
		active := status != "resolved" || (last >= since && still == 0)
		may := active && policy.Allow(p, a, policy.Object{CustomerID: customerID, AssigneeID: assignee})
		if may && (found.Case == "" || (assignee == p.ID && p.ID != "")) {
			found.Case, found.Language, found.Open = id, language, status != "resolved"
			found.Untold = policy.Allow(p, policy.ReadUntold, policy.Object{CustomerID: customerID, AssigneeID: assignee})
		}
		return nil
	})
	if err != nil {
		return wallet.Link{}, engine.MapError(op, err)
	}
	if found.Case == "" {
		return wallet.Link{}, fault.New(fault.NotFound, op, "no conversation of the customer lets %s look", p.Kind)
	}
	return found, nil
}
