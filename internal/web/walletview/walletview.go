// Package walletview is the form in which the desk's API and the window are told what
// the wallet says. It knows forms, not rules: what is masked was masked before.
package walletview

import "kefu/internal/domain/wallet"

// Sum is an exact sum of money.
type Sum struct {
	Amount   string `json:"amount" doc:"a decimal text with as many decimals as scale says"`
	Currency string `json:"currency"`
	Scale    int    `json:"scale"`
}

// Plain is a state in words: the key of a sentence, and what it means.
type Plain struct {
	Key  string `json:"key" doc:"the state, or late"`
	Tone string `json:"tone" enum:"waiting,done,returned,problem"`
}

// Step is a state and when it was reached.
type Step struct {
	State string `json:"state"`
	At    int64  `json:"at"`
	Note  string `json:"note,omitempty"`
}

// Party is the other person or account, masked.
type Party struct {
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
}

// Merchant is the shop.
type Merchant struct {
	Name       string `json:"name"`
	Category   string `json:"mcc,omitempty"`
	Descriptor string `json:"descriptor,omitempty"`
}

// Fee is what was taken beside the amount.
type Fee struct {
	Kind   string `json:"kind"`
	Amount Sum    `json:"amount"`
}

// Exchange is at which rate money became another currency.
type Exchange struct {
	Rate     string `json:"rate"`
	From     Sum    `json:"from"`
	To       Sum    `json:"to"`
	QuotedAt int64  `json:"quoted_at"`
}

// Failure is why it did not work.
type Failure struct {
	Code        string `json:"code"`
	Disclosable bool   `json:"disclosable" doc:"whether the customer may be told"`
	Source      string `json:"source,omitempty"`
	RawCode     string `json:"raw_code,omitempty"`
	RawText     string `json:"raw_text,omitempty"`
	Retriable   bool   `json:"retriable"`
	Advice      string `json:"advice,omitempty"`
}

// Hold is money set aside.
type Hold struct {
	ID          string `json:"id"`
	Amount      Sum    `json:"amount"`
	Reason      string `json:"reason,omitempty"`
	Disclosable bool   `json:"disclosable"`
	PlacedAt    int64  `json:"placed_at"`
	ExpiresAt   int64  `json:"expires_at"`
}

// Relation leads to another transaction.
type Relation struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Transaction is one movement of a customer's money.
type Transaction struct {
	ID           string     `json:"id"`
	AccountID    string     `json:"account_id"`
	Kind         string     `json:"kind"`
	Direction    string     `json:"direction" enum:"in,out"`
	Amount       Sum        `json:"amount"`
	Party        string     `json:"party" doc:"the merchant, or the masked name of the counterparty"`
	State        string     `json:"state"`
	Plain        Plain      `json:"plain"`
	Final        bool       `json:"final"`
	At           int64      `json:"at" doc:"when it began"`
	AuthorisedAt int64      `json:"authorised_at,omitempty"`
	PostedAt     int64      `json:"posted_at,omitempty"`
	ExpectedBy   int64      `json:"expected_by,omitempty"`
	Fees         []Fee      `json:"fees,omitempty" nullable:"false"`
	Exchange     *Exchange  `json:"fx,omitempty"`
	Counterparty *Party     `json:"counterparty,omitempty"`
	Merchant     *Merchant  `json:"merchant,omitempty"`
	InstrumentID string     `json:"instrument_id,omitempty"`
	Channel      string     `json:"channel,omitempty"`
	OrderRef     string     `json:"order_ref,omitempty"`
	Note         string     `json:"note,omitempty" doc:"masked: that the payer wrote something"`
	History      []Step     `json:"history" nullable:"false"`
	Failure      *Failure   `json:"failure,omitempty"`
	Holds        []Hold     `json:"holds,omitempty" nullable:"false"`
	Related      []Relation `json:"related,omitempty" nullable:"false"`
	Rail         string     `json:"rail,omitempty"`
	RailRef      string     `json:"rail_ref,omitempty"`
	Evidence     []string   `json:"evidence,omitempty" nullable:"false"`
}

// Page is a part of a customer's transactions, the newest first.
type Page struct {
	Items []Transaction `json:"items" nullable:"false"`
	Next  string        `json:"next,omitempty" doc:"the cursor of the next page; absent at the end"`
}

// OfSum tells a sum.
func OfSum(m wallet.Money) Sum {
	return Sum{Amount: m.Amount(), Currency: m.Currency(), Scale: m.Scale()}
}

// OfPage tells a page at a time.
func OfPage(p wallet.Page, now wallet.Time) Page {
	out := Page{Items: make([]Transaction, len(p.Items)), Next: p.Next}
	for i, t := range p.Items {
		out.Items[i] = OfTransaction(t, now)
	}
	return out
}

// OfTransaction tells a transaction at a time.
func OfTransaction(t wallet.Transaction, now wallet.Time) Transaction {
	plain := wallet.Tell(t.State, t.ExpectedBy, now)
	out := Transaction{
		ID: t.ID, AccountID: t.AccountID, Kind: string(t.Kind), Direction: string(t.Direction), Amount: OfSum(t.Amount), Party: t.Party(),
		State: string(t.State), Plain: Plain{Key: plain.Key, Tone: string(plain.Tone)}, Final: t.Final,
		At: int64(t.CreatedAt), AuthorisedAt: int64(t.AuthorisedAt), PostedAt: int64(t.PostedAt), ExpectedBy: int64(t.ExpectedBy),
		InstrumentID: t.InstrumentID, Channel: t.Channel, OrderRef: t.OrderRef, Note: t.Note, Rail: t.Rail, RailRef: t.RailRef, Evidence: t.Evidence,
		History: make([]Step, len(t.History)),
	}
	for i, s := range t.History {
		out.History[i] = Step{State: string(s.State), At: int64(s.At), Note: s.Note}
	}
	for _, f := range t.Fees {
		out.Fees = append(out.Fees, Fee{Kind: f.Kind, Amount: OfSum(f.Amount)})
	}
	for _, h := range t.Holds {
		out.Holds = append(out.Holds, Hold{
			ID: h.ID, Amount: OfSum(h.Amount), Reason: h.Reason, Disclosable: h.Disclosable, PlacedAt: int64(h.PlacedAt), ExpiresAt: int64(h.ExpiresAt),
		})
	}
	for _, r := range t.Related {
		out.Related = append(out.Related, Relation{Kind: r.Kind, ID: r.ID})
	}
	if x := t.Exchange; x != nil {
		out.Exchange = &Exchange{Rate: x.Rate, From: OfSum(x.From), To: OfSum(x.To), QuotedAt: int64(x.QuotedAt)}
	}
	if c := t.Counterparty; c != nil {
		out.Counterparty = &Party{Name: c.Name, Account: c.Account}
	}
	if m := t.Merchant; m != nil {
		out.Merchant = &Merchant{Name: m.Name, Category: m.Category, Descriptor: m.Descriptor}
	}
	if f := t.Failure; f != nil {
		out.Failure = &Failure{
			Code: string(f.Code), Disclosable: f.Code.Disclosable(), Source: f.Source, RawCode: f.RawCode, RawText: f.RawText, Retriable: f.Retriable, Advice: f.Advice,
		}
	}
	return out
}

// Own is a transaction as its customer's window shows it.
type Own struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Direction  string `json:"direction"`
	Amount     Sum    `json:"amount"`
	Party      string `json:"party"`
	State      string `json:"state"`
	Plain      Plain  `json:"plain"`
	At         int64  `json:"at"`
	ExpectedBy int64  `json:"expected_by,omitempty"`
	Failure    string `json:"failure,omitempty"`
}

// OwnPage is a part of a customer's own transactions, the newest first.
type OwnPage struct {
	Items []Own  `json:"items"`
	Next  string `json:"next,omitempty"`
}

// OfOwn tells a customer a page of their own transactions.
func OfOwn(p wallet.Page, now wallet.Time) OwnPage {
	out := OwnPage{Items: make([]Own, len(p.Items)), Next: p.Next}
	for i, t := range p.Items {
		plain := wallet.Tell(t.State, t.ExpectedBy, now)
		own := Own{
			ID: t.ID, Kind: string(t.Kind), Direction: string(t.Direction), Amount: OfSum(t.Amount), Party: t.Party(), State: string(t.State),
			Plain: Plain{Key: plain.Key, Tone: string(plain.Tone)}, At: int64(t.CreatedAt), ExpectedBy: int64(t.ExpectedBy),
		}
		if t.Failure != nil {
			own.Failure = string(t.Failure.Code)
		}
		out.Items[i] = own
	}
	return out
}
