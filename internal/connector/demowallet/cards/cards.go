// Package cards is how the demo's wallet keeps cards and bank accounts in order: what
// rests on one, who may charge it again and again, the wallet's own form in which one is
// added and its bank asked, and what may be done with one. No number of a card is ever
// kept or told: of what is filled in there is its brand, last four and what its bank says.
package cards

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Cards is the part of the wallet that looks after instruments. It is safe for concurrent
// use.
type Cards struct {
	books keep.Store
	link  string // where the wallet's app is; "" for nowhere
}

// New makes Cards over the wallet's books.
func New(books keep.Store, link string) *Cards { return &Cards{books: books, link: link} }

const (
	most     = 100 // things of one kind that are looked at
	looked   = 300 // payments that are looked at for what is not over
	formLife = 30 * time.Minute
	asksBank = 3 * time.Second // until the bank of a card has answered
	tries    = 3               // to verify an instrument
)

// Mandates lists who may charge a customer again, those that charge first. Errors:
// NotFound, Unavailable.
func (c *Cards) Mandates(ctx context.Context, _ wallet.Actor, customer string) ([]instrument.Mandate, error) {
	list, err := keep.Listed[instrument.Mandate](ctx, c.books, keep.KindMandate, customer, most)
	slices.SortStableFunc(list, func(a, b instrument.Mandate) int {
		return cmp.Or(-cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

func rank(m instrument.Mandate) int {
	if m.Charges() {
		return 1
	}
	return 0
}

// Uses tells what rests on one instrument. Errors: NotFound, Unavailable.
func (c *Cards) Uses(ctx context.Context, by wallet.Actor, customer, of string) (instrument.Uses, error) {
	u := instrument.Uses{InstrumentID: of}
	one, err := keep.Read[wallet.Instrument](ctx, c.books, keep.KindInstrument, customer, of)
	if err != nil {
		return u, err
	}
	mandates, err := c.Mandates(ctx, by, customer)
	if err != nil {
		return u, err
	}
	all, err := keep.Gather[wallet.Instrument](ctx, c.books, keep.KindInstrument, customer, most)
	if err != nil {
		return u, err
	}
	records, err := c.books.Records(ctx, keep.KindPayment, customer, ledger.Before{}, looked)
	if err != nil {
		return u, err
	}
	payments := map[string]keep.Payment{}
	for _, r := range records {
		p, err := keep.Parse[keep.Payment](r)
		if err != nil {
			return u, err
		}
		payments[p.Tx.ID] = p
		if p.Tx.InstrumentID == of && hangs(p.Tx) && len(u.Payments) < wallet.MaxAccounts {
			u.Payments = append(u.Payments, p.Tx.ID)
		}
	}
	refunds, err := keep.Gather[wallet.Refund](ctx, c.books, keep.KindRefund, customer, most)
	if err != nil {
		return u, err
	}
	for _, r := range refunds {
		if r.State.Open() && payments[r.TransactionID].Tx.InstrumentID == of {
			u.Refunds = append(u.Refunds, r.ID)
		}
	}
	slices.Sort(u.Payments)
	return summed(u, one, all, mandates), nil
}

// hangs tells whether a payment still needs what it is paid with.
func hangs(t wallet.Transaction) bool {
	switch t.State {
	case wallet.Initiated, wallet.RequiresAction, wallet.RiskHold, wallet.Authorised, wallet.PartiallyCaptured, wallet.Captured, wallet.Processing, wallet.Unknown,
		wallet.FailedAfterDebit, wallet.AutoReversal:
		return t.Kind != wallet.KindRefund
	default:
		return false
	}
}

// summed says what speaks against removing an instrument, and what is to be known before.
func summed(u instrument.Uses, one wallet.Instrument, all []wallet.Instrument, mandates []instrument.Mandate) instrument.Uses {
	for _, m := range mandates {
		if m.InstrumentID == one.ID && m.Charges() {
			u.Mandates = append(u.Mandates, m)
		}
	}
	others := slices.ContainsFunc(all, func(o wallet.Instrument) bool { return o.ID != one.ID && o.Status == "active" })
	u.Last, u.Default, u.Removable = one.Status == "active" && !others, one.Default, one.Status != "removed"
	for _, hinders := range []struct {
		so  bool
		why string
	}{
		{len(u.Payments) > 0, "pending_payments"}, {len(u.Refunds) > 0, "refunds_expected"}, {len(u.Mandates) > 0, "mandates"}, {one.Status == "removed", "removed"},
	} {
		if hinders.so {
			u.Removable, u.Why = false, append(u.Why, hinders.why)
		}
	}
	if u.Last {
		u.Why = append(u.Why, "last_instrument")
	}
	return u
}

// Made is an instrument as somebody filled it in: what the wallet's own form turns a
// number into before anything else sees it.
type Made struct {
	Type   string `json:"type"` // card, bank
	Brand  string `json:"brand"`
	Last4  string `json:"last4"`
	Expiry string `json:"expiry"` // YYYY-MM
	Says   string `json:"says"`   // what its bank will say: "" it is theirs; wrongCode; or one of the reasons of instrument.Link
}

// form is what the wallet keeps of a form.
type form struct {
	instrument.Link
	Type string `json:"type"`
	Made *Made  `json:"made,omitempty"`
}

// wrongCode is what a bank says of a wrong code: the form may be filled in again.
const wrongCode = "again"

// keyOf is which form an idempotency key stands for.
type keyOf struct {
	Form string `json:"form"`
	Type string `json:"type"`
}

// Link opens the wallet's form for a customer. The same key gives the same form. Errors:
// NotFound; Conflict with the reason keep.Mismatch; Unavailable.
func (c *Cards) Link(ctx context.Context, _ wallet.Actor, a instrument.Adding) (instrument.Link, error) {
	const op = "cards.Link"
	if err := a.Validate(); err != nil {
		return instrument.Link{}, err
	}
	if _, err := keep.Read[wallet.Customer](ctx, c.books, keep.KindCustomer, "", a.CustomerID); err != nil {
		return instrument.Link{}, err
	}
	var f form
	err := c.books.Commit(ctx, func(d *keep.Desk) error {
		key := keep.KeyID(a.CustomerID, "form "+a.Key)
		before, err := keep.Get[keyOf](d, keep.KindKey, key)
		switch {
		case err == nil && before.Type != a.Type:
			return &fault.Error{Code: fault.Conflict, Op: op, Reason: keep.Mismatch, Message: "the key was used for another form"}
		case err == nil:
			f, err = keep.Get[form](d, keep.KindForm, before.Form)
			return err
		case !fault.Is(err, fault.NotFound):
			return err
		}
		f = form{Type: a.Type, Link: instrument.Link{ID: "fm-" + id.New(), CustomerID: a.CustomerID, State: instrument.Pending, ExpiresAt: d.At + wallet.Time(formLife.Microseconds()), TriesLeft: tries}}
		if c.link != "" {
			f.Address = strings.TrimSuffix(c.link, "/") + "/?" + url.Values{"form": {f.ID}, "as": {f.CustomerID}}.Encode()
		}
		if err := keep.Put(d, keep.KindKey, key, a.CustomerID, d.At, keyOf{f.ID, a.Type}); err != nil {
			return err
		}
		return save(d, f, f.ExpiresAt)
	})
	return f.Link, err
}

// save keeps a form, and has it looked at again at a time; 0: never.
func save(d *keep.Desk, f form, at wallet.Time) error {
	if f.State.Over() {
		f.Address = ""
	}
	if err := d.Wake(keep.KindForm, f.ID, at); err != nil {
		return err
	}
	return keep.Put(d, keep.KindForm, f.ID, f.CustomerID, f.ExpiresAt, f)
}

// Linked tells what became of a form. Errors: NotFound, Unavailable.
func (c *Cards) Linked(ctx context.Context, _ wallet.Actor, customer, which string) (instrument.Link, error) {
	f, err := keep.Read[form](ctx, c.books, keep.KindForm, customer, which)
	return f.Link, err
}

// Fill is what a customer filled in in the wallet's app; its bank is asked then. Errors:
// NotFound; Conflict for a form that is over or being looked at; Invalid; Unavailable.
func (c *Cards) Fill(ctx context.Context, customer, which string, m Made) (instrument.Link, error) {
	const op = "cards.Fill"
	var f form
	probe := wallet.Instrument{ID: "probe", Type: m.Type, Brand: m.Brand, Last4: m.Last4, Expiry: m.Expiry, Status: "active"}
	if err := probe.Validate(); err != nil || len(m.Last4) != 4 {
		return f.Link, fault.InvalidField(op, "last4", "or another part of what was filled in is none")
	}
	if says := []string{"", wrongCode, instrument.NameMismatch, instrument.Elsewhere, instrument.NotTaken, instrument.Declined}; !slices.Contains(says, m.Says) {
		return f.Link, fault.InvalidField(op, "says", "is nothing that a bank says")
	}
	err := c.books.Commit(ctx, func(d *keep.Desk) (err error) {
		if f, err = keep.Owned[form](d, keep.KindForm, customer, which); err != nil {
			return err
		}
		if f.State.Over() || f.Made != nil {
			return fault.New(fault.Conflict, op, "the form is over, or a bank is looking at it")
		}
		f.Made = &m
		return save(d, f, d.At+wallet.Time(asksBank.Microseconds()))
	})
	return f.Link, err
}

// Forms lists the forms that a customer has open. Errors: NotFound, Unavailable.
func (c *Cards) Forms(ctx context.Context, customer string) ([]instrument.Link, error) {
	all, err := keep.Listed[form](ctx, c.books, keep.KindForm, customer, most)
	open := []instrument.Link{}
	for _, f := range all {
		if f.State == instrument.Pending && f.Made == nil {
			open = append(open, f.Link)
		}
	}
	return open, err
}

// Step is what happens to a form when its time has come: nobody filled it in, or the bank
// has answered.
func Step(d *keep.Desk, of string) error {
	f, err := keep.Get[form](d, keep.KindForm, of)
	if err != nil || f.State.Over() {
		return err
	}
	m := f.Made
	switch {
	case m == nil:
		f.State = instrument.Lapsed
	case m.Says == wrongCode:
		if f.Made, f.TriesLeft = nil, f.TriesLeft-1; f.TriesLeft > 0 {
			return save(d, f, f.ExpiresAt)
		}
		f.State, f.Why = instrument.Failed, instrument.Exhausted
	case m.Says != "":
		f.State, f.Why = instrument.Failed, m.Says
	default:
		n, err := d.Count("instruments:" + f.CustomerID)
		if err != nil {
			return err
		}
		i := wallet.Instrument{
			ID: f.CustomerID + ":added" + strconv.FormatInt(n, 10), Type: m.Type, Brand: m.Brand, Last4: m.Last4, Expiry: m.Expiry, Status: "active", VerifiedAt: d.At,
			Verification: "verified", NameMatch: "full",
		}
		if err := keep.Put(d, keep.KindInstrument, i.ID, f.CustomerID, 0, i); err != nil {
			return err
		}
		if err := tell(d, f.CustomerID, "instrument_added", i); err != nil {
			return err
		}
		f.State, f.InstrumentID = instrument.Added, i.ID
	}
	return save(d, f, 0)
}

// tell tells a customer in the wallet's app of what changed, and Kefu of it.
func tell(d *keep.Desk, customer, what string, i wallet.Instrument) error {
	n, err := d.Count("told:" + customer)
	if err != nil {
		return err
	}
	m := keep.Message{ID: "msg-" + customer + "-" + strconv.FormatInt(n, 10), Reason: what, Text: strings.TrimSpace(i.Brand + " •••• " + i.Last4), At: d.At}
	if err := keep.Put(d, keep.KindMessage, m.ID, customer, d.At, m); err != nil {
		return err
	}
	return d.Tell(wallet.InstrumentChanged, customer, i.ID)
}
