package demowallet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// position is where the money of a transaction is. Each state has one, so that what
// the customer is told and what the ledger says cannot part.
type position int

const (
	nowhere   position = iota // nothing was moved, or all of it is back where it came from
	onHold                    // set aside by the wallet
	reserved                  // set aside by the payment; of money that comes in: announced
	underway                  // it has left the account and is nowhere yet
	delivered                 // it has arrived
	stays                     // wherever it was
)

func positionOf(s wallet.State, d wallet.Direction) position {
	switch s {
	case wallet.RiskHold:
		if d == wallet.Out {
			return onHold
		}
		return nowhere
	case wallet.Authorised:
		return reserved
	case wallet.Captured, wallet.Processing, wallet.FailedAfterDebit, wallet.AutoReversal:
		if d == wallet.In {
			return reserved
		}
		return underway
	case wallet.Posted, wallet.RefundPending, wallet.PartiallyRefunded, wallet.Refunded, wallet.Disputed, wallet.ProvisionalCredit, wallet.Won, wallet.Lost:
		return delivered // a refund or credit is a transaction of its own
	case wallet.Unknown:
		return stays
	default:
		return nowhere
	}
}

// Begin writes a customer's transaction down, in its first state. Other is the
// account on the other side. State and history of t are not read. The same again
// does nothing. Errors: Conflict for another one of that id; Invalid.
func (b *Book) Begin(ctx context.Context, t wallet.Transaction, other string) error {
	const op = "demowallet.Begin"
	if t.CreatedAt == 0 {
		t.CreatedAt = b.now
	}
	t.State, t.History = wallet.Initiated, []wallet.Step{{State: wallet.Initiated, At: t.CreatedAt}}
	if err := t.Validate(); err != nil {
		return err
	}
	facts, err := json.Marshal(begun{Transaction: t, Other: other})
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := b.add(ctx, op, "movement", t.ID, "id, customer_id, created_at, facts", t.ID, t.CustomerID, int64(t.CreatedAt), string(facts)); err != nil {
		return err
	}
	_, err = b.tx.ExecContext(ctx, "INSERT INTO step (movement_id, n, state, at, facts) VALUES ($1, 0, $2, $3, '{}') ON CONFLICT DO NOTHING",
		t.ID, string(wallet.Initiated), int64(t.CreatedAt))
	return fault.Wrap(op, err)
}

// begun is what is kept of a transaction when it begins.
type begun struct {
	wallet.Transaction
	Other string `json:"other"`
}

// Move is one step of a transaction.
type Move struct {
	To         wallet.State      `json:"-"`
	At         wallet.Time       `json:"-"` // 0: now
	Note       string            `json:"note,omitempty"`
	Failure    *wallet.Failure   `json:"failure,omitempty"`
	ExpectedBy wallet.Time       `json:"expected_by,omitempty"`
	Final      bool              `json:"final,omitempty"`
	Related    []wallet.Relation `json:"related,omitempty"`
	Hold       *wallet.Hold      `json:"hold,omitempty"`
	Expires    wallet.Time       `json:"expires,omitempty"` // when what is set aside expires
}

// Advance takes a transaction to its next state, together with its money. Errors:
// NotFound; Conflict when the state may not follow, or there is not enough money.
func (b *Book) Advance(ctx context.Context, id string, m Move) error {
	const op = "demowallet.Advance"
	// A step is written whole or not at all, also where the batch goes on without it.
	if _, err := b.tx.ExecContext(ctx, "SAVEPOINT step"); err != nil {
		return fault.Wrap(op, err)
	}
	err := b.advance(ctx, id, m)
	end := "RELEASE step"
	if err != nil {
		end = "ROLLBACK TO step; RELEASE step"
	}
	_, failed := b.tx.ExecContext(ctx, end)
	return errors.Join(err, fault.Wrap(op, failed))
}

func (b *Book) advance(ctx context.Context, id string, m Move) error {
	const op = "demowallet.advance"
	t, other, err := b.movement(ctx, id)
	if err != nil {
		return err
	}
	if m.At == 0 {
		m.At = b.now
	}
	last := t.History[len(t.History)-1]
	if !t.May(m.To) || m.At < last.At {
		return fault.New(fault.Conflict, op, "%s may not become %s", t.State, m.To)
	}
	if m.To == wallet.PartiallyCaptured {
		return fault.New(fault.Conflict, op, "this wallet captures in whole")
	}
	n := len(t.History)
	if err := b.carry(ctx, t, other, n, m); err != nil {
		return err
	}
	facts, err := json.Marshal(m)
	if err != nil {
		return fault.Wrap(op, err)
	}
	_, err = b.tx.ExecContext(ctx, "INSERT INTO step (movement_id, n, state, at, facts) VALUES ($1, $2, $3, $4, $5)", id, n, string(m.To), int64(m.At), string(facts))
	return fault.Wrap(op, err)
}

// where finds where the money of a transaction is by its history, and the transfer
// that holds it there.
func where(t wallet.Transaction) (position, string) {
	at, pending := nowhere, ""
	for n, step := range t.History {
		to := positionOf(step.State, t.Direction)
		if to == stays || to == at {
			continue
		}
		at = to
		if at == reserved || at == onHold {
			pending = transferID(t.ID, n, 1)
		}
	}
	return at, pending
}

func transferID(movement string, n, k int) string {
	return movement + "/" + strconv.Itoa(n) + "/" + strconv.Itoa(k)
}

// carry moves the money of a transaction from where it is to where its next state
// has it.
func (b *Book) carry(ctx context.Context, t wallet.Transaction, other string, n int, m Move) error {
	from, pending := where(t)
	to := positionOf(m.To, t.Direction)
	if to == stays || to == from {
		return nil
	}
	if from == delivered && to != nowhere {
		return fault.New(fault.Conflict, "demowallet.carry", "what has arrived is not on its way any more")
	}
	whole, err := gross(t)
	if err != nil {
		return err
	}
	transfer := Transfer{Movement: t.ID, At: m.At, Amount: whole, Debit: t.AccountID, Credit: clearing(t.Amount), ExpiresAt: m.Expires}
	if t.Direction == wallet.In {
		transfer.Debit, transfer.Credit = other, t.AccountID
	}
	do := func(k int, change func(*Transfer)) error {
		one := transfer
		one.ID = transferID(t.ID, n, k)
		change(&one)
		return b.Transfer(ctx, one)
	}
	end := func(kind TransferKind) error { // of what is set aside
		return do(0, func(x *Transfer) {
			x.Kind, x.Resolves, x.Amount, x.Debit, x.Credit, x.ExpiresAt = kind, pending, wallet.Money{}, "", "", 0
		})
	}
	// First out of where it is: to nowhere, or on its way.
	switch {
	case from == reserved && to > reserved:
		err = end(Post)
	case from == reserved && m.To == wallet.Expired, from == onHold && m.To == wallet.Expired:
		err = end(Expire)
	case from == reserved || from == onHold:
		err = end(Void)
	case from == nowhere && to > reserved:
		err = do(0, func(x *Transfer) { x.Kind = Direct })
	case from == underway && to < underway:
		err = do(0, func(x *Transfer) { x.Kind, x.Debit, x.Credit = Direct, x.Credit, x.Debit })
	case from == delivered && to < underway:
		err = b.takeBack(ctx, t, other, do)
	}
	if err != nil {
		return err
	}
	// Then to where it is to be.
	switch {
	case to == reserved:
		return do(1, func(x *Transfer) { x.Kind = Pending })
	case to == onHold:
		return do(1, func(x *Transfer) { x.Kind = Held })
	case to == delivered && t.Direction == wallet.Out:
		return b.deliver(ctx, t, other, do)
	default:
		return nil
	}
}

// deliver brings what is on its way to the other side, and the fees to the wallet.
func (b *Book) deliver(ctx context.Context, t wallet.Transaction, other string, do func(int, func(*Transfer)) error) error {
	err := do(1, func(x *Transfer) { x.Kind, x.Debit, x.Credit, x.Amount = Direct, clearing(t.Amount), other, t.Amount })
	for i, f := range t.Fees {
		if err == nil && f.Amount.Sign() > 0 {
			err = do(2+i, func(x *Transfer) {
				x.Kind, x.Debit, x.Credit, x.Amount = Direct, clearing(t.Amount), fees(t.Amount), f.Amount
			})
		}
	}
	return err
}

// takeBack returns what had arrived.
func (b *Book) takeBack(ctx context.Context, t wallet.Transaction, other string, do func(int, func(*Transfer)) error) error {
	if t.Direction == wallet.In {
		return do(0, func(x *Transfer) { x.Kind, x.Debit, x.Credit = Direct, t.AccountID, other })
	}
	err := do(0, func(x *Transfer) { x.Kind, x.Debit, x.Credit, x.Amount = Direct, other, t.AccountID, t.Amount })
	for i, f := range t.Fees {
		if err == nil && f.Amount.Sign() > 0 {
			err = do(2+i, func(x *Transfer) { x.Kind, x.Debit, x.Credit, x.Amount = Direct, fees(t.Amount), t.AccountID, f.Amount })
		}
	}
	return err
}

// gross is the amount of a transaction with its fees, which leave the account with
// it. Money that comes in is told as it arrives.
func gross(t wallet.Transaction) (wallet.Money, error) {
	whole := t.Amount
	if t.Direction == wallet.In {
		return whole, nil
	}
	for _, f := range t.Fees {
		var err error
		if whole, err = whole.Add(f.Amount); err != nil {
			return wallet.Money{}, err
		}
	}
	return whole, nil
}

// The wallet's own accounts, one for each currency.
func clearing(m wallet.Money) string { return "wallet:clearing:" + m.Currency() }
func fees(m wallet.Money) string     { return "wallet:fees:" + m.Currency() }

// OpenCurrency opens the wallet's own accounts of a currency, and the one that
// stands for the world outside. It gives that one's id.
func (b *Book) OpenCurrency(ctx context.Context, currency string, scale int) (world string, err error) {
	none, err := wallet.Units(new(big.Int), currency, scale)
	if err != nil {
		return "", err
	}
	world = "world:" + currency
	for _, id := range []string{world, clearing(none), fees(none)} {
		spec := AccountSpec{Currency: currency, Scale: scale, Account: wallet.Account{ID: id, Kind: "fiat", Status: "active", Block: "none"}}
		if err := b.OpenAccount(ctx, spec); err != nil {
			return "", err
		}
	}
	return world, nil
}

// movement reads a transaction and the account on its other side.
func (b *Book) movement(ctx context.Context, id string) (wallet.Transaction, string, error) {
	const op = "demowallet.movement"
	var facts string
	err := b.tx.QueryRowContext(ctx, "SELECT facts FROM movement WHERE id = $1", id).Scan(&facts)
	if errors.Is(err, sql.ErrNoRows) {
		return wallet.Transaction{}, "", fault.New(fault.NotFound, op, "there is no transaction %s", id)
	}
	if err != nil {
		return wallet.Transaction{}, "", fault.Wrap(op, err)
	}
	return compose(ctx, b.tx, facts)
}

// compose puts a transaction together from what was written when it began and from
// its steps.
func compose(ctx context.Context, q querier, facts string) (wallet.Transaction, string, error) {
	const op = "demowallet.compose"
	var first begun
	if err := json.Unmarshal([]byte(facts), &first); err != nil {
		return wallet.Transaction{}, "", fault.Wrap(op, err)
	}
	t := first.Transaction
	rows, err := q.QueryContext(ctx, "SELECT state, at, facts FROM step WHERE movement_id = $1 ORDER BY n", t.ID)
	if err != nil {
		return t, "", fault.Wrap(op, err)
	}
	defer rows.Close()
	t.History = nil
	for rows.Next() {
		var state, text string
		var at wallet.Time
		if err := rows.Scan(&state, &at, &text); err != nil {
			return t, "", fault.Wrap(op, err)
		}
		var m Move
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return t, "", fault.Wrap(op, err)
		}
		m.To, m.At = wallet.State(state), at
		apply(&t, m)
	}
	return t, first.Other, fault.Wrap(op, rows.Err())
}

// apply adds a step to a transaction.
func apply(t *wallet.Transaction, m Move) {
	t.State = m.To
	t.History = append(t.History, wallet.Step{State: m.To, At: m.At, Note: m.Note})
	t.Related = append(t.Related, m.Related...)
	t.Final = m.Final
	if m.Failure != nil {
		t.Failure = m.Failure
	}
	if m.ExpectedBy != 0 {
		t.ExpectedBy = m.ExpectedBy
	}
	t.Holds = nil
	if m.Hold != nil {
		t.Holds = []wallet.Hold{*m.Hold}
	}
	switch m.To {
	case wallet.Authorised:
		t.AuthorisedAt = m.At
	case wallet.Posted:
		t.PostedAt, t.ValueDate = m.At, m.At
	}
}

func splitColumns(columns string) []string { return strings.Split(columns, ", ") }

func itoa(n int) string { return strconv.Itoa(n) }
