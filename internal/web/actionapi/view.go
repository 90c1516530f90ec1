package actionapi

import (
	"maps"
	"slices"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/clock"
	"kefu/internal/web/walletview"
)

// ActSum is a sum as it is entered.
type ActSum struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"64" doc:"a decimal text"`
	Currency string `json:"currency" minLength:"2" maxLength:"12"`
	Scale    int    `json:"scale" minimum:"0" maximum:"18"`
}

// ActBy is who did something.
type ActBy struct {
	Kind string `json:"kind" enum:"customer,staff,system"`
	ID   string `json:"id"`
}

// ActCharge is what something costs the customer.
type ActCharge struct {
	Kind   string         `json:"kind"`
	Amount walletview.Sum `json:"amount"`
}

// ActDetail is one answer that goes with a command.
type ActDetail struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// ActOutcome is exactly what an act does, as the wallet worked it out.
type ActOutcome struct {
	Amount      *walletview.Sum `json:"amount,omitempty" doc:"what reaches the customer, or leaves them"`
	Fees        []ActCharge     `json:"fees,omitempty" nullable:"false"`
	Destination string          `json:"destination,omitempty" doc:"where money goes, masked"`
	ArrivesBy   int64           `json:"arrives_by,omitempty"`
	Effects     []string        `json:"effects,omitempty" nullable:"false" doc:"codes of what else changes"`
	Reversible  bool            `json:"reversible"`
	State       string          `json:"state,omitempty" doc:"of what it acts on, when this was worked out; only for who may hear what customers are not told"`
}

// ActProof is how far the customer's proof is. It is a state: what the customer is asked,
// and what they answer, stays between them and their wallet.
type ActProof struct {
	State     string `json:"state" enum:"not_needed,not_asked,pending,proven,used,declined,expired,refused,locked,unavailable"`
	Method    string `json:"method,omitempty"`
	ExpiresAt int64  `json:"expires_at,omitempty"`
	Until     int64  `json:"until,omitempty" doc:"of locked: until when nobody is asked"`
}

// Act is something that is done in the wallet, or is to be.
type Act struct {
	ID           string          `json:"id"`
	Conversation string          `json:"conv"`
	Customer     string          `json:"customer"`
	Act          string          `json:"act"`
	Target       string          `json:"target,omitempty"`
	Amount       *walletview.Sum `json:"amount,omitempty"`
	Reason       string          `json:"reason,omitempty"`
	Also         []string        `json:"also,omitempty" nullable:"false" doc:"further payments that it acts on"`
	Details      []ActDetail     `json:"details,omitempty" nullable:"false" doc:"answers that go with it, by their names"`
	Expect       string          `json:"expect,omitempty" doc:"the state of what it acts on, that was decided on: in another one the wallet refuses; only for who may hear what customers are not told"`
	State        string          `json:"state" enum:"proposed,confirmed,waiting,approved,planned,sent,succeeded,failed,unknown,rejected,cancelled,expired" doc:"unknown as well while the wallet has to be asked what became of it, before anybody goes on"`
	Unreadable   bool            `json:"unreadable,omitempty" doc:"what it is cannot be read: its key is gone, or it is damaged"`
	Does         ActOutcome      `json:"does" doc:"exactly what will happen"`
	Hash         string          `json:"hash" doc:"of the command and what it does: to be named by whoever says yes; empty for who could not"`
	Level        int             `json:"level" doc:"of assurance that it needs"`
	FourEyes     bool            `json:"four_eyes" doc:"a second person has to agree"`
	Rule         string          `json:"rule,omitempty" doc:"of the policy, that allowed it"`
	Refusal      string          `json:"refusal,omitempty" doc:"of what has failed: why, as a code"`
	Made         string          `json:"made,omitempty" doc:"the wallet's id of what came of it"`
	Maker        ActBy           `json:"maker"`
	Confirmer    *ActBy          `json:"confirmer,omitempty"`
	Approvers    []string        `json:"approvers,omitempty" nullable:"false" doc:"ids of staff"`
	Proof        *ActProof       `json:"proof,omitempty" doc:"where one act is read, and in lists of those that the customer agreed to"`
	CreatedAt    int64           `json:"created_at"`
	ChangedAt    int64           `json:"changed_at"`
	ExpiresAt    int64           `json:"expires_at,omitempty"`
	AsksCustomer bool            `json:"asks_customer" doc:"the customer is asked for their own yes, on a card in the conversation"`
	Tells        string          `json:"tells,omitempty" doc:"of a gift of the house's: what its customer reads of it"`
	MayConfirm   bool            `json:"may_confirm" doc:"in the customer's place, for it only makes safe; or the house gives it"`
	MayStart     bool            `json:"may_start"`
	MayCancel    bool            `json:"may_cancel"`
	MayDecide    bool            `json:"may_decide" doc:"as the second person"`
}

// ActList is a page of acts, the newest first.
type ActList struct {
	Items []Act  `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

// Proposed is what came of proposing something.
type Proposed struct {
	Act     *Act   `json:"act,omitempty"`
	Refused string `json:"refused,omitempty" doc:"why it is not allowed now: a code of the policy's or of the wallet's"`
}

func sumOf(m wallet.Money) *walletview.Sum {
	if m.None() {
		return nil
	}
	s := walletview.OfSum(m)
	return &s
}

func byOf(b action.By) ActBy { return ActBy{Kind: b.Kind.String(), ID: b.ID} }

func actOf(s acting.Seen) Act {
	out := Act{
		ID: s.ID, Conversation: s.ConversationID, Customer: s.CustomerID, Act: string(s.Command.Act), Target: s.Command.Target, Amount: sumOf(s.Command.Amount), Reason: s.Command.Reason,
		State: string(s.Told()), Unreadable: s.Lost, Also: s.Command.Also, Expect: s.Command.Expect, Hash: s.Hash, Level: int(s.Verdict.Level), FourEyes: s.Verdict.FourEyes, Rule: s.Verdict.Code, Refusal: string(s.Refusal), Maker: byOf(s.Maker),
		CreatedAt: clock.Micros(s.CreatedAt), ChangedAt: clock.Micros(s.ChangedAt), ExpiresAt: clock.Micros(s.ExpiresAt),
		AsksCustomer: s.AsksCustomer(), Tells: s.Tells, MayConfirm: s.MayConfirm, MayStart: s.MayStart, MayCancel: s.MayCancel, MayDecide: s.MayDecide,
		Does: ActOutcome{
			Amount: sumOf(s.Summary.Amount), Destination: s.Destination, ArrivesBy: int64(s.Summary.ArrivesBy), Effects: s.Summary.Effects, Reversible: s.Summary.Reversible, State: s.Summary.State,
		},
	}
	for _, name := range slices.Sorted(maps.Keys(s.Command.Details)) {
		out.Details = append(out.Details, ActDetail{name, s.Command.Details[name]})
	}
	for _, f := range s.Summary.Fees {
		out.Does.Fees = append(out.Does.Fees, ActCharge{f.Kind, walletview.OfSum(f.Amount)})
	}
	for _, a := range s.Command.Approvals {
		out.Approvers = append(out.Approvers, a.ID)
	}
	if s.Confirmer.ID != "" {
		by := byOf(s.Confirmer)
		out.Confirmer = &by
	}
	if s.Proof.State != "" {
		out.Proof = proofOf(s.Proof)
	}
	if len(s.Made) > 0 {
		out.Made = s.Made[0].ID
	}
	return out
}

func proofOf(s assurance.Standing) *ActProof {
	return &ActProof{State: string(s.State), Method: s.Method, ExpiresAt: clock.Micros(s.ExpiresAt), Until: clock.Micros(s.Until)}
}
