// Package onchain is what a wallet tells of a transfer over a public network beside the
// transaction that it is: how often the network confirmed it and how often it has to,
// what went wrong with it on the way, whether the wallet can bring it back and what that
// takes, and what has to be told of its sender or receiver by law. Nothing of it asks a
// network: the wallet does. It also tells an address from one that was made to look
// like it.
package onchain

import (
	"net/url"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Progress is how far a transfer has got.
type Progress string

// The states of a transfer.
const (
	Pending   Progress = "pending"   // the network knows it, and has not confirmed it as often as needed
	Confirmed Progress = "confirmed" // as often as needed, and it is not credited
	Arrived   Progress = "arrived"   // credited; or confirmed where it was sent to
	Dropped   Progress = "dropped"   // the network forgot it: nothing moved
	Replaced  Progress = "replaced"  // another transaction took its place
	Failed    Progress = "failed"    // the network ran it and took it back; what that cost is spent
	Held      Progress = "held"      // the wallet has not let it go on
	Returned  Progress = "returned"  // it went back to whoever sent it
)

// States lists every state.
func States() []Progress {
	return []Progress{Pending, Confirmed, Arrived, Dropped, Replaced, Failed, Held, Returned}
}

// Problem is why a transfer that is on its network is not where it belongs.
type Problem string

// The problems.
const (
	WrongNetwork     Problem = "wrong_network"     // it was sent over another network than the address is for
	MissingMemo      Problem = "missing_memo"      // without the memo or tag that says whose it is
	WrongMemo        Problem = "wrong_memo"        // with one that is nobody's
	UnsupportedAsset Problem = "unsupported_asset" // in something that the wallet does not keep
	BelowMinimum     Problem = "below_minimum"     // too little to be credited
)

// Chance is whether a wallet can bring back what did not arrive.
type Chance string

// The chances.
const (
	Possible   Chance = "possible" // for the asking
	Impossible Chance = "impossible"
	Unsure     Chance = "unsure"    // nobody has looked yet
	UnderWay   Chance = "under_way" // it was asked for
	Recovered  Chance = "recovered"
)

// Retrieval is what bringing a transfer back takes.
type Retrieval struct {
	Chance     Chance       `json:"chance"`
	Why        string       `json:"why,omitempty"` // a code, of what is impossible
	Fee        wallet.Money `json:"fee"`           // what it costs, out of the transfer; null: it is not known
	Left       wallet.Money `json:"left"`          // what arrives
	Hours      [2]int       `json:"hours"`         // how long it takes, least and most
	AskBy      wallet.Time  `json:"ask_by"`        // when it is too late to ask
	ExpectedBy wallet.Time  `json:"expected_by"`   // of one that is under way
}

// Asking is what has to be told of a transfer by law (the travel rule: FATF
// recommendation 16), in the wallet's own form.
type Asking struct {
	State string      `json:"state"` // open, answered, lapsed
	What  []string    `json:"what"`  // codes: originator_name, beneficiary_name, own_address, exchange, purpose, source_of_funds
	DueAt wallet.Time `json:"due_at"`
	Link  string      `json:"link,omitempty"` // opens the form, while it is open
}

// The states of an Asking.
const (
	Open     = "open"
	Answered = "answered"
	Lapsed   = "lapsed"
)

// Transfer is one transfer over a public network.
type Transfer struct {
	ID            string           `json:"id"`
	CustomerID    string           `json:"customer_id"`
	TransactionID string           `json:"transaction_id,omitempty"` // the wallet's; none: it was never credited to anybody
	Direction     wallet.Direction `json:"direction"`
	Amount        wallet.Money     `json:"amount"`
	Network       string           `json:"network"`           // its name for people
	SentOn        string           `json:"sent_on,omitempty"` // of a wrong network: which it was
	TxID          string           `json:"txid,omitempty"`    // none: it was not given to the network yet
	ReplacedBy    string           `json:"replaced_by,omitempty"`
	Address       string           `json:"address,omitempty"` // of the other side
	State         Progress         `json:"state"`
	Problem       Problem          `json:"problem,omitempty"`
	Confirmations int              `json:"confirmations"`
	Needed        int              `json:"needed"`
	FeeSpent      wallet.Money     `json:"fee_spent"`   // of the network, by one that failed
	Disclosable   bool             `json:"disclosable"` // of one that is held: whether its customer may hear of it
	SeenAt        wallet.Time      `json:"seen_at"`
	ExpectedBy    wallet.Time      `json:"expected_by"`
	Explorer      string           `json:"explorer,omitempty"` // shows it, below a place that the operator named
	Retrieval     *Retrieval       `json:"retrieval,omitempty"`
	Asking        *Asking          `json:"asking,omitempty"`
}

// Bounds of a transfer.
const (
	maxConfirmations = 1_000_000
	maxHours         = 24 * 366
	maxTxID          = 128
)

// Validate refuses what is not of the contract. Errors: Invalid.
func (t Transfer) Validate() error {
	const op = "onchain.Transfer"
	if t.Amount.None() || t.Amount.Sign() < 0 || t.SeenAt == 0 || t.Network == "" {
		return fault.InvalidField(op, "amount", "is missing or below nothing, or the transfer has no time or network")
	}
	if err := t.checkState(); err != nil {
		return err
	}
	if t.Explorer != "" && !web(t.Explorer) {
		return fault.InvalidField(op, "explorer", "is no https address")
	}
	return check.First(
		check.ID(op, "id", t.ID, true), check.ID(op, "customer_id", t.CustomerID, true), check.ID(op, "transaction_id", t.TransactionID, false),
		check.Word(op, "direction", t.Direction, wallet.In, wallet.Out), check.Text(op, "network", t.Network), check.Text(op, "sent_on", t.SentOn),
		checkTxID(op, "txid", t.TxID), checkTxID(op, "replaced_by", t.ReplacedBy), check.Text(op, "address", t.Address),
		check.Word(op, "state", t.State, States()...), check.Word(op, "problem", t.Problem, "", WrongNetwork, MissingMemo, WrongMemo, UnsupportedAsset, BelowMinimum),
		t.checkRetrieval(), t.checkAsking(),
	)
}

// checkState refuses figures that contradict the state.
func (t Transfer) checkState() error {
	const op = "onchain.Transfer"
	short := t.Confirmations < t.Needed
	switch {
	case t.Confirmations < 0 || t.Confirmations > maxConfirmations || t.Needed < 1 || t.Needed > maxConfirmations:
		return fault.InvalidField(op, "confirmations", "or those that are needed are out of range")
	case t.State == Pending && !short, (t.State == Confirmed || t.State == Arrived) && short:
		return fault.InvalidField(op, "confirmations", "do not fit the state")
	case t.State == Dropped && t.Confirmations > 0:
		return fault.InvalidField(op, "confirmations", "are there of what the network forgot")
	case (t.State == Replaced) != (t.ReplacedBy != ""):
		return fault.InvalidField(op, "replaced_by", "belongs to what was replaced, and to nothing else")
	case !t.FeeSpent.None() && (t.State != Failed || t.FeeSpent.Sign() < 0):
		return fault.InvalidField(op, "fee_spent", "belongs to what failed, and is not below nothing")
	case t.State == Confirmed && t.Direction == wallet.Out && t.Problem == "":
		return fault.InvalidField(op, "state", "of what was sent is arrived as soon as it is confirmed")
	case t.Problem != "" && t.State == Arrived && (t.Retrieval == nil || t.Retrieval.Chance != Recovered):
		return fault.InvalidField(op, "problem", "belongs to what did not arrive, or was brought back")
	case t.Problem == WrongNetwork && t.SentOn == "":
		return fault.InvalidField(op, "sent_on", "is missing")
	}
	return nil
}

func (t Transfer) checkRetrieval() error {
	const op = "onchain.Retrieval"
	r := t.Retrieval
	if r == nil {
		return nil
	}
	if t.Problem == "" {
		return fault.InvalidField(op, "chance", "is of a transfer with which nothing is wrong")
	}
	if err := r.Validate(); err != nil || r.Fee.None() {
		return err
	}
	if whole, err := r.Fee.Add(r.Left); err != nil || !whole.Like(t.Amount) || whole.Cmp(t.Amount) != 0 {
		return fault.InvalidField(op, "left", "and the fee do not make the amount")
	}
	return nil
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Retrieval) Validate() error {
	const op = "onchain.Retrieval"
	switch {
	case (r.Chance == Impossible) != (r.Why != ""):
		return fault.InvalidField(op, "why", "belongs to what is impossible, and to nothing else")
	case r.Hours[0] < 0 || r.Hours[1] < r.Hours[0] || r.Hours[1] > maxHours:
		return fault.InvalidField(op, "hours", "are out of range, or the least are more than the most")
	case r.Fee.None() != r.Left.None() || r.Fee.Sign() < 0 || r.Left.Sign() < 0:
		return fault.InvalidField(op, "fee", "is there without what arrives, or the other way round, or below nothing")
	case r.Chance == Possible && (r.Fee.None() || r.Hours[1] == 0):
		return fault.InvalidField(op, "fee", "or how long it takes is not told of what can be asked for")
	}
	return check.First(check.Word(op, "chance", r.Chance, Possible, Impossible, Unsure, UnderWay, Recovered), check.Code(op, "why", r.Why))
}

func (t Transfer) checkAsking() error {
	if t.Asking == nil {
		return nil
	}
	return t.Asking.Validate()
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (a Asking) Validate() error {
	const op = "onchain.Asking"
	switch {
	case len(a.What) == 0 || a.DueAt == 0:
		return fault.InvalidField(op, "what", "is asked, or by when, is missing")
	case len(a.Link) > check.MaxLink || (a.Link != "" && a.State != Open):
		return fault.InvalidField(op, "link", "is too long, or leads to a form that is over")
	}
	return check.First(check.Word(op, "state", a.State, Open, Answered, Lapsed), check.Codes(op, "what", a.What))
}

// web tells whether a customer may be sent to an address.
func web(address string) bool {
	at, err := url.Parse(address)
	return err == nil && len(address) <= check.MaxLink && at.Scheme == "https" && at.Host != "" && at.User == nil
}

// Named asks for the transfers of one transaction. What somebody pastes as its name may be
// a private key, which looks the same: it is said in a body, and never in an address, which
// whoever is on the way may write down.
type Named struct {
	TxID string `json:"txid"`
}

// Validate tells whether it is a name. Errors: Invalid.
func (n Named) Validate() error {
	if !ValidTxID(n.TxID) {
		return fault.InvalidField("onchain.Named", "txid", "is no name of a transaction")
	}
	return nil
}

// ValidTxID tells whether s has the form in which networks name transactions: letters
// and digits, at most 128.
func ValidTxID(s string) bool {
	if s == "" || len(s) > maxTxID {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

func checkTxID(op, field, s string) error {
	if s == "" || ValidTxID(s) {
		return nil
	}
	return fault.InvalidField(op, field, "is no name of a transaction")
}

// SameTxID tells whether two texts name one transaction: in hexadecimal without regard to
// case and to 0x in front; other networks tell capitals apart.
func SameTxID(a, b string) bool {
	x, y := bare(a), bare(b)
	return x == y || (hexadecimal(x) && hexadecimal(y) && strings.EqualFold(x, y))
}

func bare(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return s[2:]
	}
	return s
}

func hexadecimal(s string) bool { return s != "" && strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// Told is t as its customer may hear of it. One that the wallet holds for a reason which
// they must not hear is told like any other that takes its time, or the difference would
// tell.
func (t Transfer) Told() Transfer {
	if t.State != Held || t.Disclosable {
		return t
	}
	t.State = Pending
	if t.Confirmations >= t.Needed && t.Direction == wallet.In {
		t.State = Confirmed
	}
	return t
}
