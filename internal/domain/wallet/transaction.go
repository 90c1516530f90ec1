package wallet

import (
	"slices"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Kind is what a transaction is for.
type Kind string

// The kinds of transactions.
const (
	KindPayment    Kind = "payment"    // to a merchant, online
	KindInStore    Kind = "in_store"   // to a merchant, by card or code
	KindTransfer   Kind = "transfer"   // between people
	KindTopUp      Kind = "top_up"     // into the wallet
	KindWithdrawal Kind = "withdrawal" // out of the wallet, to the customer's own account
	KindBill       Kind = "bill"
	KindExchange   Kind = "exchange"
	KindCrypto     Kind = "crypto"
	KindRefund     Kind = "refund"
	KindReversal   Kind = "reversal"
	KindFee        Kind = "fee"
	KindAdjustment Kind = "adjustment"
	KindGoodwill   Kind = "goodwill" // a gift of the house's
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		KindPayment, KindInStore, KindTransfer, KindTopUp, KindWithdrawal, KindBill, KindExchange, KindCrypto, KindRefund, KindReversal,
		KindFee, KindAdjustment, KindGoodwill,
	}
}

// Direction is which way the money goes, seen from the customer.
type Direction string

// The directions.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Transaction is one movement of a customer's money, with all that happened to it.
type Transaction struct {
	ID           string        `json:"id"`
	CustomerID   string        `json:"customer_id"`
	AccountID    string        `json:"account_id"`
	ClientRef    string        `json:"client_ref,omitempty"`
	Kind         Kind          `json:"kind"`
	Direction    Direction     `json:"direction"`
	Amount       Money         `json:"amount"` // never below nothing: Direction says which way
	Fees         []Fee         `json:"fees,omitempty"`
	Exchange     *Exchange     `json:"fx,omitempty"`
	Counterparty *Counterparty `json:"counterparty,omitempty"`
	Merchant     *Merchant     `json:"merchant,omitempty"`
	InstrumentID string        `json:"instrument_id,omitempty"`
	Channel      string        `json:"channel,omitempty"` // app, web, in_store, api
	OrderRef     string        `json:"order_ref,omitempty"`
	Note         string        `json:"note,omitempty"` // what the payer wrote
	State        State         `json:"state"`
	Final        bool          `json:"final"` // posted for good: neither refund nor dispute is possible any more
	History      []Step        `json:"state_history"`
	Failure      *Failure      `json:"failure,omitempty"`
	Holds        []Hold        `json:"holds,omitempty"`
	Related      []Relation    `json:"related,omitempty"`
	CreatedAt    Time          `json:"created_at"`
	AuthorisedAt Time          `json:"authorised_at"`
	PostedAt     Time          `json:"posted_at"`
	ValueDate    Time          `json:"value_date"`
	ExpectedBy   Time          `json:"expected_by"`
	Rail         string        `json:"rail,omitempty"` // card, sepa, fps, wallet, chain …
	RailRef      string        `json:"rail_ref,omitempty"`
	Evidence     []string      `json:"evidence_available,omitempty"`
}

// Step is a state and when it was reached.
type Step struct {
	State State  `json:"state"`
	At    Time   `json:"at"`
	Note  string `json:"note,omitempty"` // a code of the wallet's
}

// Fee is what was taken beside the amount, or out of it.
type Fee struct {
	Kind   string `json:"kind"`
	Amount Money  `json:"amount"`
}

// Exchange is at which rate money became another currency. Rate is a decimal text.
type Exchange struct {
	Rate     string `json:"rate"`
	From     Money  `json:"from"`
	To       Money  `json:"to"`
	QuotedAt Time   `json:"quoted_at"`
}

// Counterparty is the other person or account.
type Counterparty struct {
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"` // an account number or address
}

// Merchant is the shop.
type Merchant struct {
	Name       string `json:"name"`
	Category   string `json:"mcc,omitempty"` // ISO 18245
	Descriptor string `json:"descriptor,omitempty"`
}

// Hold is money set aside. Why stays with the wallet where Disclosable is false.
type Hold struct {
	ID          string `json:"id"`
	Amount      Money  `json:"amount"`
	Reason      string `json:"reason_category,omitempty"`
	Disclosable bool   `json:"disclosable"`
	PlacedAt    Time   `json:"placed_at"`
	ExpiresAt   Time   `json:"expires_at"`
}

// Relation leads to another transaction.
type Relation struct {
	Kind string `json:"kind"` // refund_of, refunded_by, reversal_of, reversed_by, duplicate_of, dispute
	ID   string `json:"id"`
}

// May tells whether to may follow the state that t is in.
func (t Transaction) May(to State) bool { return !t.Final && t.State.May(to) }

// Party is the one word for whom the money went to or came from, as the customer
// may see it.
func (t Transaction) Party() string {
	switch {
	case t.Merchant != nil:
		return t.Merchant.Name
	case t.Counterparty != nil:
		return t.Counterparty.Name
	default:
		return ""
	}
}

// Validate refuses what is not of the contract: unknown words, sums below nothing,
// a history that does not lead to the state. Errors: Invalid.
func (t Transaction) Validate() error {
	const op = "wallet.Transaction"
	if err := check.First(
		check.ID(op, "id", t.ID, true), check.ID(op, "customer_id", t.CustomerID, true), check.ID(op, "account_id", t.AccountID, true),
		check.Word(op, "kind", t.Kind, Kinds()...), check.Word(op, "direction", t.Direction, In, Out),
		check.Word(op, "state", t.State, States()...), check.ID(op, "instrument_id", t.InstrumentID, false),
		check.Code(op, "client_ref", t.ClientRef), check.Code(op, "channel", t.Channel), check.Text(op, "order_ref", t.OrderRef),
		check.Text(op, "note", t.Note), check.Code(op, "rail", t.Rail), check.Text(op, "rail_ref", t.RailRef),
	); err != nil {
		return err
	}
	if t.Amount.None() || t.Amount.Sign() < 0 || t.CreatedAt == 0 {
		return fault.InvalidField(op, "amount", "is missing or below nothing, or the transaction has no time")
	}
	if len(t.Fees) > MaxList || len(t.Holds) > MaxList || len(t.Related) > MaxList || len(t.Evidence) > MaxList {
		return fault.New(fault.Invalid, op, "a list of a transaction is too long")
	}
	return check.First(t.checkParties(), t.checkHistory(), t.checkLists())
}

func (t Transaction) checkParties() error {
	const op = "wallet.Transaction"
	if c := t.Counterparty; c != nil {
		if err := check.First(check.Text(op, "counterparty.name", c.Name), check.Text(op, "counterparty.account", c.Account)); err != nil {
			return err
		}
	}
	if m := t.Merchant; m != nil {
		if err := check.First(check.Text(op, "merchant.name", m.Name), check.Code(op, "merchant.mcc", m.Category), check.Text(op, "merchant.descriptor", m.Descriptor)); err != nil {
			return err
		}
	}
	if x := t.Exchange; x != nil {
		if x.From.None() || x.To.None() {
			return fault.InvalidField(op, "fx", "has no sums")
		}
		if _, err := Parse(x.Rate, "RATE", MaxScale); err != nil {
			return fault.InvalidField(op, "fx.rate", "is no decimal number")
		}
	}
	if t.Failure != nil {
		return t.Failure.Validate()
	}
	return nil
}

// checkHistory follows the states from the first to the present one.
func (t Transaction) checkHistory() error {
	const op = "wallet.Transaction"
	if len(t.History) == 0 || len(t.History) > MaxHistory {
		return fault.InvalidField(op, "state_history", "is empty or too long")
	}
	for i, step := range t.History {
		if !step.State.Known() || step.At == 0 {
			return fault.InvalidField(op, "state_history", "has an unknown state, or one without a time")
		}
		if err := check.Code(op, "state_history.note", step.Note); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		before := t.History[i-1]
		if step.At < before.At || !before.State.May(step.State) {
			return fault.InvalidField(op, "state_history", "has a state that may not follow the one before")
		}
	}
	if t.History[len(t.History)-1].State != t.State {
		return fault.InvalidField(op, "state_history", "does not lead to the state")
	}
	if t.Final && t.State != Posted && !t.State.Over() {
		return fault.InvalidField(op, "final", "belongs to a state after which nothing comes")
	}
	return nil
}

func (t Transaction) checkLists() error {
	const op = "wallet.Transaction"
	for _, f := range t.Fees {
		if f.Amount.None() {
			return fault.InvalidField(op, "fees", "has one without a sum")
		}
		if err := check.Code(op, "fees.kind", f.Kind); err != nil {
			return err
		}
	}
	for _, h := range t.Holds {
		if h.Amount.None() {
			return fault.InvalidField(op, "holds", "has one without a sum")
		}
		if err := check.First(check.ID(op, "holds.id", h.ID, true), check.Code(op, "holds.reason_category", h.Reason)); err != nil {
			return err
		}
	}
	kinds := []string{"refund_of", "refunded_by", "reversal_of", "reversed_by", "duplicate_of", "dispute"}
	for _, r := range t.Related {
		if !slices.Contains(kinds, r.Kind) {
			return fault.InvalidField(op, "related.kind", "is not a word of the contract")
		}
		if err := check.ID(op, "related.id", r.ID, true); err != nil {
			return err
		}
	}
	for _, e := range t.Evidence {
		if err := check.Code(op, "evidence_available", e); err != nil {
			return err
		}
	}
	return nil
}
