// Package statements writes the statements of the demo's wallet: what each account held
// at the beginning and end of a month, where its customer is, reckoned back from what the
// ledger says that it holds now, and the lines between as a file to keep.
package statements

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"slices"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/platform/fault"
)

// Papers is the part of the wallet that writes statements. It is safe for concurrent use.
type Papers struct{ books keep.Store }

// New makes Papers over the wallet's books.
func New(books keep.Store) *Papers { return &Papers{books: books} }

const (
	months     = 24     // of statements that there are
	stretch    = 500    // payments that are looked at in one go
	mostOf     = 20_000 // payments that are looked at
	monthsForm = "2006-01"
)

// period is a month where a customer is.
type period struct {
	name     string
	from, to wallet.Time
}

// periods are the months of a customer, the newest first, up to the present one.
func periods(created, now time.Time, zone *time.Location) []period {
	at := time.Date(now.In(zone).Year(), now.In(zone).Month(), 1, 0, 0, 0, 0, zone)
	var list []period
	for len(list) < months && at.AddDate(0, 1, 0).After(created) {
		list = append(list, period{at.Format(monthsForm), wallet.At(at), wallet.At(at.AddDate(0, 1, 0))})
		at = at.AddDate(0, -1, 0)
	}
	return list
}

// holding is what is known of a customer at one moment.
type holding struct {
	customer wallet.Customer
	zone     *time.Location
	now      time.Time
	accounts []ledger.Standing
	payments []keep.Payment // the newest first
	booked   []keep.Booked  // beside them
}

// read gathers it. Payments that move money while it is read are of a later moment: the
// books are read once more then.
func (p *Papers) read(ctx context.Context, customer string) (holding, error) {
	const op = "statements.read"
	h := holding{}
	var err error
	if h.customer, err = keep.Read[wallet.Customer](ctx, p.books, keep.KindCustomer, "", customer); err != nil {
		return h, err
	}
	if h.zone, err = time.LoadLocation(h.customer.TimeZone); err != nil {
		h.zone = time.UTC
	}
	for range 5 {
		h.now = p.books.Clock()
		if h.accounts, err = p.books.Accounts(ctx, customer); err != nil {
			return h, err
		}
		if h.payments, err = p.payments(ctx, customer); err != nil {
			return h, err
		}
		if h.booked, err = p.others(ctx, customer); err != nil {
			return h, err
		}
		after, err := p.books.Accounts(ctx, customer)
		if err != nil {
			return h, err
		}
		if slices.EqualFunc(h.accounts, after, func(a, b ledger.Standing) bool {
			return a.ID == b.ID && a.Balance.Posted.Cmp(&b.Balance.Posted) == 0
		}) {
			return h, nil
		}
	}
	return h, fault.New(fault.Unavailable, op, "the accounts change while they are read")
}

func (p *Papers) payments(ctx context.Context, customer string) ([]keep.Payment, error) {
	var list []keep.Payment
	before := ledger.Before{}
	for len(list) < mostOf {
		records, err := p.books.Records(ctx, keep.KindPayment, customer, before, stretch)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			one, err := keep.Parse[keep.Payment](r)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
			before = ledger.Before{Sort: int64(one.Tx.CreatedAt), ID: one.Tx.ID}
		}
		if len(records) < stretch {
			break
		}
	}
	return list, nil
}

// others are the changes of accounts that are no payments.
func (p *Papers) others(ctx context.Context, customer string) ([]keep.Booked, error) {
	var list []keep.Booked
	before := ledger.Before{}
	for len(list) < mostOf {
		records, err := p.books.Records(ctx, keep.KindBooked, customer, before, stretch)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			one, err := keep.Parse[keep.Booked](r)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
			before = ledger.Before{Sort: r.Sort, ID: r.ID}
		}
		if len(records) < stretch {
			break
		}
	}
	return list, nil
}

// moves are the changes of one account, each by itself or with those of its payment.
func (h holding) moves(account string) [][]keep.Moved {
	var all [][]keep.Moved
	for _, pay := range h.payments {
		if pay.Tx.AccountID == account {
			all = append(all, pay.Moves())
		}
	}
	for _, b := range h.booked {
		if b.Account == account {
			all = append(all, []keep.Moved{b.Moved})
		}
	}
	return all
}

// figure is one account in a period.
func (h holding) figure(s ledger.Standing, of period) (statement.Figure, error) {
	closing, in, out := new(big.Int).Set(&s.Balance.Posted), new(big.Int), new(big.Int)
	f := statement.Figure{AccountID: s.ID}
	for _, moves := range h.moves(s.ID) {
		moved := false
		for _, m := range moves {
			amount := m.Amount.Smallest()
			switch {
			case m.At >= of.to:
				closing.Sub(closing, amount)
			case m.At < of.from:
			default:
				if moved = true; amount.Sign() > 0 {
					in.Add(in, amount)
				} else {
					out.Sub(out, amount)
				}
			}
		}
		if moved {
			f.Count++
		}
	}
	opening := new(big.Int).Sub(closing, in)
	opening.Add(opening, out)
	for _, part := range []struct {
		into *wallet.Money
		of   *big.Int
	}{{&f.Opening, opening}, {&f.In, in}, {&f.Out, out}, {&f.Closing, closing}} {
		m, err := wallet.Units(part.of, s.Currency, s.Scale)
		if err != nil {
			return f, err
		}
		*part.into = m
	}
	return f, nil
}

func (h holding) statement(of period) (statement.Statement, error) {
	s := statement.Statement{
		ID: "st-" + h.customer.ID + "-" + of.name, CustomerID: h.customer.ID, Kind: "month", From: of.from, To: of.to, TimeZone: h.zone.String(), State: statement.Open,
	}
	if of.to <= wallet.At(h.now) {
		s.State, s.ReadyAt, s.Forms = statement.Ready, of.to, []string{statement.CSV}
	}
	for _, a := range h.accounts {
		f, err := h.figure(a, of)
		if err != nil {
			return s, err
		}
		s.Figures = append(s.Figures, f)
	}
	return s, s.Validate()
}

// Statements lists a customer's statements, the newest first. Errors: NotFound,
// Unavailable.
func (p *Papers) Statements(ctx context.Context, _ wallet.Actor, customer string) ([]statement.Statement, error) {
	h, err := p.read(ctx, customer)
	if err != nil {
		return nil, err
	}
	list := []statement.Statement{}
	for _, of := range periods(h.customer.CreatedAt.Std(), h.now, h.zone) {
		s, err := h.statement(of)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// Document gives a statement to keep. Errors: NotFound when there is none, or not in that
// form; Unavailable.
func (p *Papers) Document(ctx context.Context, _ wallet.Actor, customer, id, form string) (statement.Document, error) {
	const op = "statements.Document"
	h, err := p.read(ctx, customer)
	if err != nil {
		return statement.Document{}, err
	}
	for _, of := range periods(h.customer.CreatedAt.Std(), h.now, h.zone) {
		s, err := h.statement(of)
		if err != nil {
			return statement.Document{}, err
		}
		if s.ID != id || !slices.Contains(s.Forms, form) {
			continue
		}
		content := h.lines(of)
		sum := sha256.Sum256(content)
		return statement.Document{
			StatementID: id, Form: form, Name: "luma-" + of.name + ".csv", Content: base64.StdEncoding.EncodeToString(content), Digest: hex.EncodeToString(sum[:]),
		}, nil
	}
	return statement.Document{}, fault.New(fault.NotFound, op, "there is no such statement to keep")
}

// lines is a period as a file: a line for each change of an account.
func (h holding) lines(of period) []byte {
	rows := []statement.Row{}
	for _, pay := range slices.Backward(h.payments) {
		for _, m := range pay.Moves() {
			if m.At >= of.from && m.At < of.to {
				rows = append(rows, statement.Row{At: m.At, ID: pay.Tx.ID, Kind: pay.Tx.Kind, Party: pay.Tx.Party(), Amount: m.Amount, State: pay.Tx.State, Account: pay.Tx.AccountID, Reference: pay.Tx.RailRef})
			}
		}
	}
	for _, b := range slices.Backward(h.booked) {
		if b.At >= of.from && b.At < of.to {
			rows = append(rows, statement.Row{At: b.At, ID: b.Ref, Kind: wallet.KindAdjustment, Party: lives.House, Amount: b.Amount, State: wallet.Posted, Account: b.Account})
		}
	}
	slices.SortStableFunc(rows, func(a, b statement.Row) int { return int(max(-1, min(1, a.At-b.At))) })
	return statement.Export(rows, h.zone)
}
