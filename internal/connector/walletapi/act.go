package walletapi

import (
	"context"
	"net/url"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
)

// command is the body of a command. Its target stands in the address where that has
// one.
type command struct {
	wallet.Command
	Target string `json:"target,omitempty"`
}

// Path is where a command is posted, below the API's address, and whether the address
// names its target.
func Path(c wallet.Command) (path []string, named bool) {
	customer := func(verb string) ([]string, bool) { return []string{"customers", c.CustomerID + verb}, false }
	below := func(parts ...string) ([]string, bool) {
		return append([]string{"customers", c.CustomerID}, parts...), len(parts) > 1
	}
	switch c.Act {
	case wallet.Freeze:
		return customer(":freeze")
	case wallet.Unfreeze:
		return customer(":unfreeze")
	case wallet.RevokeSessions:
		return customer(":revoke-sessions")
	case wallet.NotifyCustomer:
		return customer(":notify")
	case wallet.RequestRefund:
		return below("refunds")
	case wallet.CancelRefund:
		return below("refunds", c.Target+":cancel")
	case wallet.OpenDispute:
		return below("disputes")
	case wallet.AddEvidence:
		return below("disputes", c.Target, "evidence")
	case wallet.GrantCredit:
		return below("disputes", c.Target+":credit")
	case wallet.Recall:
		return below("transactions", c.Target+":recall")
	case wallet.RequestInspection:
		return below("transactions", c.Target+":inspect")
	case wallet.ReleaseHold:
		return below("transactions", c.Target+":release")
	case wallet.BlockInstrument:
		return below("instruments", c.Target+":block")
	case wallet.SetDefault:
		return below("instruments", c.Target+":default")
	case wallet.RemoveInstrument:
		return below("instruments", c.Target+":remove")
	case wallet.CancelMandate:
		return below("mandates", c.Target+":cancel")
	case wallet.StopRecovery:
		return below("recoveries", c.Target+":stop")
	case wallet.RequestRetrieval:
		return below("onchain", c.Target+":retrieve")
	case wallet.Withdraw:
		return below("withdrawals")
	case wallet.Close:
		return below("closure")
	case wallet.KeepOpen:
		return below("closure:cancel")
	case wallet.ClaimPoints:
		return below("transactions", c.Target, "points")
	case wallet.RedeemPoints:
		return below("rewards", c.Target+":redeem")
	case wallet.GiveGoodwill:
		return below("goodwill")
	case wallet.GiveConsent:
		return below("consents", c.Target+":give")
	case wallet.WithdrawConsent:
		return below("consents", c.Target+":withdraw")
	default: // RevokeDevice
		return below("devices", c.Target+":revoke")
	}
}

// Do asks the wallet to do something. It is posted once, whatever happens. A refusal is
// an Operation that failed. Errors: Invalid for a command that lacks something, and when
// the wallet does not understand it; NotFound when the customer or the target is not
// there; Conflict with the reason InProgress or Mismatch; Unavailable when nobody knows
// what became of it, or, where the error says NeverSent, when nothing did.
func (c *Client) Do(ctx context.Context, by wallet.Actor, what wallet.Command) (wallet.Operation, error) {
	if err := what.Validate(); err != nil {
		return wallet.Operation{}, unsent{err}
	}
	path, named := Path(what)
	body := command{Command: what, Target: what.Target}
	if named {
		body.Target = ""
	}
	q := question{name: string(what.Act), path: path, key: what.Key, body: body, ids: []string{what.CustomerID}}
	return one(ctx, c, by, q, func(o wallet.Operation) error { return checkDone(o, what) })
}

// checkDone refuses an operation that is not of the command.
func checkDone(o wallet.Operation, c wallet.Command) error {
	const op = "walletapi.checkDone"
	switch {
	case o.CustomerID != c.CustomerID:
		return foreign()
	case o.Key != c.Key:
		return fault.InvalidField(op, "key", "is of another command")
	case o.Act != c.Act || o.Target != c.Target:
		return fault.InvalidField(op, "act", "or the target is of another command")
	case c.DryRun && o.State != wallet.OpProposed && o.State != wallet.OpFailed:
		return fault.InvalidField(op, "state", "says that a dry run did something")
	case !c.DryRun && o.State == wallet.OpProposed:
		return fault.InvalidField(op, "state", "is that of a dry run")
	case o.State == wallet.OpProposed && o.Summary == nil:
		return fault.InvalidField(op, "summary", "of a dry run is missing")
	case len(o.Made) > 0 && (o.State == wallet.OpProposed || o.State == wallet.OpFailed):
		return fault.InvalidField(op, "made", "says that something came of nothing")
	}
	if s := o.Summary; s != nil && !c.Amount.None() && s.Amount.Currency() == c.Amount.Currency() && s.Amount.Cmp(c.Amount) > 0 {
		return fault.InvalidField(op, "summary.amount", "is more than what was asked for")
	}
	return o.Validate()
}

// Operation asks what became of an operation. Errors: NotFound, Unavailable.
func (c *Client) Operation(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Operation, error) {
	return one(ctx, c, by, question{name: "operation", path: []string{"customers", customer, "operations", id}}, func(o wallet.Operation) error {
		if o.CustomerID != customer || o.ID != id {
			return foreign()
		}
		return o.Validate()
	})
}

// OperationByKey asks what became of a command. Errors: NotFound when the wallet has
// done nothing under this key; Unavailable.
func (c *Client) OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error) {
	q := question{name: "operation", path: []string{"customers", customer, "operations"}, query: url.Values{"key": {key}}, ids: []string{key}}
	return one(ctx, c, by, q, func(o wallet.Operation) error {
		if o.CustomerID != customer || o.Key != key || o.State == wallet.OpProposed {
			return foreign()
		}
		return o.Validate()
	})
}

// Ask has the wallet ask a customer for a proof. Errors as for Do.
func (c *Client) Ask(ctx context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	q := question{name: "step-up", path: []string{"customers", a.CustomerID, "stepups"}, key: a.Key, body: a, ids: []string{a.CustomerID, a.Key, a.Case, a.Nonce}}
	told, err := one(ctx, c, by, q, func(told wallet.Asked) error {
		if len(a.Methods) > 0 && told.Method != "" && !slices.Contains(a.Methods, told.Method) {
			return fault.InvalidField("walletapi.Ask", "method", "is none that was asked for")
		}
		return checkAsked(told)
	})
	return c.linked(told), err
}

// Asked asks how far a step-up has got. Errors: NotFound, Unavailable.
func (c *Client) Asked(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error) {
	told, err := one(ctx, c, by, question{name: "step-up", path: []string{"customers", customer, "stepups", id}}, func(told wallet.Asked) error {
		if told.ID != id {
			return foreign()
		}
		return checkAsked(told)
	})
	return c.linked(told), err
}

// checkAsked refuses an answer with a link that is none.
func checkAsked(a wallet.Asked) error {
	if a.Link != "" {
		if err := applink.Check(a.Link); err != nil {
			return err
		}
	}
	return a.Validate()
}

// linked takes out of an answer a link that leads elsewhere than the operator said: the
// customer finds the way to their app without it. The operator is told once for each
// place, and not what stood behind it.
func (c *Client) linked(a wallet.Asked) wallet.Asked {
	if a.Link != "" && !c.leads(a.Link) {
		a.Link = ""
	}
	return a
}

// Match has the wallet compare what somebody says of themselves.
func (c *Client) Match(ctx context.Context, by wallet.Actor, claimed wallet.Claimed) (wallet.Matched, error) {
	told := map[string]string{"email": claimed.Email, "phone": claimed.Phone, "name": claimed.Name, "birth_date": claimed.BirthDate, "last4": claimed.Last4}
	q := question{name: "match", path: []string{"customers:match"}, key: newKey(), body: claimed}
	return one(ctx, c, by, q, func(m wallet.Matched) error {
		const op = "walletapi.Match"
		if m.Fields == nil || (m.CustomerID != "" && len(m.Fields) == 0) {
			return fault.InvalidField(op, "fields", "are missing, or none fits whom it names")
		}
		for i, f := range m.Fields {
			if told[f] == "" || slices.Contains(m.Fields[:i], f) {
				return fault.InvalidField(op, "fields", "name one that was not claimed, or one twice")
			}
		}
		return m.Validate()
	})
}
