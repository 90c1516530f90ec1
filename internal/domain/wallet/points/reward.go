package points

import (
	"strconv"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Reward is something that points can be redeemed for.
type Reward struct {
	ID     string       `json:"id"`
	Kind   string       `json:"kind"` // voucher: at a shop; credit: money in the wallet
	Name   string       `json:"name"`
	State  string       `json:"state"`         // open, or closed: not for this customer at present
	Why    Code         `json:"why,omitempty"` // of one that is closed
	Points int64        `json:"points"`        // what it costs
	Value  wallet.Money `json:"value"`
	Until  wallet.Time  `json:"until"`           // until when it is offered
	Lasts  int          `json:"lasts,omitempty"` // days in which a voucher can be used
}

func (r Reward) key() string { return "reward " + r.ID }

// Open is the state of a reward that can be redeemed.
const Open = "open"

// Cost is what it costs, as the amount of a command. Errors: Invalid.
func (r Reward) Cost(unit string) (wallet.Money, error) { return Sum(r.Points, unit) }

// Sum are points as an amount. Errors: Invalid.
func Sum(n int64, unit string) (wallet.Money, error) {
	return wallet.Parse(strconv.FormatInt(n, 10), unit, 0)
}

// Word is what points are called behind their number, in a language.
func Word(lang string) string {
	if base, _, _ := strings.Cut(lang, "-"); base == "zh" {
		return "积分"
	}
	return "points"
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Reward) Validate() error {
	const op = "points.Reward"
	switch {
	case r.Points <= 0 || r.Points > Most || r.Lasts < 0:
		return fault.InvalidField(op, "points", "are none, or too many")
	case (r.State == Open) != (r.Why == ""):
		return fault.InvalidField(op, "why", "belongs to what is closed, and to nothing else")
	case r.Name == "" || r.Value.Sign() <= 0:
		return fault.InvalidField(op, "value", "or the name is missing")
	}
	return check.First(
		check.ID(op, "id", r.ID, true), check.Word(op, "kind", r.Kind, "voucher", "credit"), check.Text(op, "name", r.Name),
		check.Word(op, "state", r.State, Open, "closed"), check.Word(op, "why", r.Why, append(RedemptionCodes(), "")...),
	)
}

// Redemption is one time that a customer redeemed points, or tried to, or used what came of
// it. One that was refused took no points.
type Redemption struct {
	ID          string       `json:"id"`
	Reward      string       `json:"reward"`
	Kind        string       `json:"kind"`
	Name        string       `json:"name"`
	State       string       `json:"state"` // done, refused, used, lapsed: a voucher that was not used in time
	Why         Code         `json:"why,omitempty"`
	Points      int64        `json:"points"` // that were taken; of a refused one, that it would have cost
	Value       wallet.Money `json:"value"`
	At          wallet.Time  `json:"at"`
	Until       wallet.Time  `json:"until"`                 // until when a voucher can be used
	Transaction string       `json:"transaction,omitempty"` // that brought the money
}

func (r Redemption) key() string { return "redemption " + r.ID }

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Redemption) Validate() error {
	const op = "points.Redemption"
	switch {
	case r.Points <= 0 || r.Points > Most || r.At == 0 || r.Name == "":
		return fault.InvalidField(op, "points", "or the name, or when it was is missing")
	case r.State == "refused" && (r.Why == "" || r.Transaction != ""):
		return fault.InvalidField(op, "why", "is missing, or money came of what was refused")
	case r.State != "refused" && r.Why != "":
		return fault.InvalidField(op, "why", "belongs to what was refused")
	}
	return check.First(
		check.ID(op, "id", r.ID, true), check.ID(op, "reward", r.Reward, true), check.Word(op, "kind", r.Kind, "voucher", "credit"), check.Text(op, "name", r.Name),
		check.Word(op, "state", r.State, "done", "refused", "used", "lapsed"), check.Word(op, "why", r.Why, append(RedemptionCodes(), "")...),
		check.ID(op, "transaction", r.Transaction, false),
	)
}

// Offer is something that a customer gets for what they buy, and how far they have come.
type Offer struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Gives      string       `json:"gives"` // points, cashback
	State      string       `json:"state"` // open: not joined; joined: something is missing; waiting: met, and not credited; credited; missed
	Points     int64        `json:"points,omitempty"`
	Amount     wallet.Money `json:"amount"`            // cashback, or the most there is of it
	Percent    string       `json:"percent,omitempty"` // of a purchase, where it is a share
	From       wallet.Time  `json:"from"`
	Until      wallet.Time  `json:"until"` // until when a purchase counts
	JoinedAt   wallet.Time  `json:"joined_at"`
	CreditBy   wallet.Time  `json:"credit_by"`
	CreditedAt wallet.Time  `json:"credited_at"`
	Credit     string       `json:"credit,omitempty"` // the lot or transaction that brought it
	Conditions []Condition  `json:"conditions"`
	Tries      []Try        `json:"tries"` // purchases that counted, or came near, the latest first
}

func (o Offer) key() string { return "offer " + o.ID }

// Condition is something that an offer asks for.
type Condition struct {
	Kind   string       `json:"kind"` // join: before the purchase; minimum, shop, category, method, once
	Amount wallet.Money `json:"amount"`
	Name   string       `json:"name,omitempty"` // of a shop, a category or a way to pay
}

// Try is a purchase as an offer judged it.
type Try struct {
	Transaction string       `json:"transaction"`
	Name        string       `json:"name,omitempty"`
	Amount      wallet.Money `json:"amount"`
	At          wallet.Time  `json:"at"`
	Why         Code         `json:"why,omitempty"` // none: it counts
}

// MaxTries bounds the purchases of one offer.
const MaxTries = 20

// Validate refuses what is not of the contract. Errors: Invalid.
func (o Offer) Validate() error {
	const op = "points.Offer"
	switch {
	case o.Points < 0 || o.Points > Most || o.Amount.Sign() < 0 || (o.Gives == "points") != (o.Points > 0) || (o.Gives == "cashback" && o.Amount.Sign() <= 0):
		return fault.InvalidField(op, "gives", "does not fit what is given")
	case o.From == 0 || o.Until <= o.From || o.Name == "":
		return fault.InvalidField(op, "until", "is not after from, or the name is missing")
	case o.State != "open" && o.State != "missed" && o.JoinedAt == 0:
		return fault.InvalidField(op, "joined_at", "is missing")
	case o.State == "waiting" && o.CreditBy == 0:
		return fault.InvalidField(op, "credit_by", "is missing of what is to be credited")
	case (o.State == "credited") != (o.CreditedAt != 0):
		return fault.InvalidField(op, "credited_at", "does not fit the state")
	case len(o.Conditions) > check.MaxList || len(o.Tries) > MaxTries:
		return fault.InvalidField(op, "tries", "or conditions are too many")
	}
	for _, c := range o.Conditions {
		if err := c.Validate(); err != nil {
			return err
		}
	}
	for _, t := range o.Tries {
		if err := t.Validate(); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "id", o.ID, true), check.Text(op, "name", o.Name), check.Word(op, "gives", o.Gives, "points", "cashback"),
		check.Word(op, "state", o.State, "open", "joined", "waiting", "credited", "missed"), check.ID(op, "credit", o.Credit, false), check.Code(op, "percent", o.Percent),
	)
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (c Condition) Validate() error {
	const op = "points.Condition"
	if (c.Kind == "minimum") != (c.Amount.Sign() > 0) {
		return fault.InvalidField(op, "amount", "does not fit what is asked for")
	}
	return check.First(check.Word(op, "kind", c.Kind, "join", "minimum", "shop", "category", "method", "once"), check.Text(op, "name", c.Name))
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (t Try) Validate() error {
	const op = "points.Try"
	if t.At == 0 || t.Amount.Sign() <= 0 {
		return fault.InvalidField(op, "amount", "or when it was is missing")
	}
	return check.First(check.ID(op, "transaction", t.Transaction, true), check.Text(op, "name", t.Name), check.Word(op, "why", t.Why, append(OfferCodes(), "")...))
}
