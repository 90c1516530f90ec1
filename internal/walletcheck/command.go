package walletcheck

import (
	"fmt"
	"net/http"
	"strings"

	"kefu/internal/domain/action"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/walletcheck/further"
	access "kefu/internal/walletcheck/recovery"
	"kefu/internal/walletcheck/wire"
)

// body is what is posted of a command.
type body struct {
	wallet.Command
	Target string `json:"target,omitempty"`
}

// told makes the call of a command, under its key where it has one.
func told(c wallet.Command) wire.Call {
	b := body{Command: c, Target: c.Target}
	if strings.Contains(address(wallet.Command{Act: c.Act, CustomerID: c.CustomerID, Target: "none-verify"}), "none-verify") {
		b.Target = ""
	}
	if c.Reason == "" {
		b.Reason = "verify"
	}
	made := wire.Post(address(c), b)
	if c.Key != "" {
		made.Key = c.Key
	}
	if c.Act.ByCustomer() {
		made.Actor = wire.Customer
	}
	return made
}

// do sends a command and judges the operation that comes.
func (p *probe) do(c wallet.Command) (wallet.Operation, error) {
	made := told(c)
	return p.operation(made, c)
}

func (p *probe) operation(made wire.Call, c wallet.Command) (wallet.Operation, error) {
	o, err := one[wallet.Operation](p, made)
	switch {
	case err != nil:
		return o, err
	case o.Key != made.Key || o.Act != c.Act || o.CustomerID != c.CustomerID || o.Target != c.Target:
		return o, fmt.Errorf("the operation is of another command: it has the key, act, customer or target of something else")
	case c.DryRun && o.State != wallet.OpProposed && o.State != wallet.OpFailed:
		return o, fmt.Errorf("a dry run is %s", o.State)
	case !c.DryRun && o.State == wallet.OpProposed:
		return o, fmt.Errorf("what was to be done is a proposal")
	case o.State == wallet.OpProposed && o.Summary == nil:
		return o, fmt.Errorf("a proposal has no summary")
	}
	return o, nil
}

// refusal wants an operation that failed for one of some reasons.
func refusal(o wallet.Operation, err error, reasons ...wallet.Refusal) error {
	if err != nil {
		return err
	}
	if o.State == wallet.OpFailed {
		for _, r := range reasons {
			if o.Refusal == r {
				return nil
			}
		}
	}
	return fmt.Errorf("it is %s %s, where %v was to be the reason", o.State, o.Refusal, reasons)
}

// requests is how strictly commands are read. None of these may do anything.
func requests() []Check {
	whole := func(p *probe) string {
		return `{"customer_id":"` + p.o.Customer + `","amount":null,"reason":"verify","dry_run":true}`
	}
	refused := func(id, what, why string, status int, code string, make func(*probe) wire.Call) Check {
		return Check{"command." + id, what, why, func(p *probe) error {
			if err := p.does(wallet.Freeze); err != nil {
				return err
			}
			return p.send(make(p)).Refused(status, code)
		}}
	}
	changed := func(old, now string) func(*probe) wire.Call {
		return func(p *probe) wire.Call { return wire.Post(p.mine(":freeze"), strings.Replace(whole(p), old, now, 1)) }
	}
	keyed := func(key string) func(*probe) wire.Call {
		return func(p *probe) wire.Call {
			c := wire.Post(p.mine(":freeze"), whole(p))
			c.Key = key
			return c
		}
	}
	const ignored = "what is ignored is believed to have been agreed to"
	const once = "without a key a lost answer is a second refund"
	return []Check{
		refused("no.key", "refuses a command without an Idempotency-Key", once, 400, "invalid", keyed("")),
		refused("long.key", "refuses a key of more than 64 bytes", once, 400, "invalid", keyed(strings.Repeat("k", 65))),
		refused("bad.key", "refuses a key that is no identifier", once, 400, "invalid", keyed("a b")),
		refused("unknown.field", "refuses a field that it does not know", ignored, 400, "invalid", changed(`"amount"`, `"verify":1,"amount"`)),
		refused("field.twice", "refuses a field that comes twice", "two readers would believe two of them", 400, "invalid", changed(`"amount"`, `"reason":"other","amount"`)),
		refused("field.case", "refuses a field that comes twice in another case", "two readers would believe two of them", 400, "invalid", changed(`"amount"`, `"Reason":"other","amount"`)),
		refused("no.json", "refuses what is no JSON", ignored, 400, "invalid", func(p *probe) wire.Call { return wire.Post(p.mine(":freeze"), "freeze") }),
		refused("nothing", "refuses a command without a body", ignored, 400, "invalid", func(p *probe) wire.Call { return wire.Post(p.mine(":freeze"), "") }),
		refused("two", "refuses two values in a body", ignored, 400, "invalid", func(p *probe) wire.Call { return wire.Post(p.mine(":freeze"), whole(p)+whole(p)) }),
		refused("list", "refuses a list for a command", ignored, 400, "invalid", func(p *probe) wire.Call { return wire.Post(p.mine(":freeze"), "["+whole(p)+"]") }),
		refused("deep", "refuses a body that is nested deeply", "deep nesting wears readers out", 400, "invalid", func(p *probe) wire.Call {
			return wire.Post(p.mine(":freeze"), strings.Replace(whole(p), `"reason"`, `"details":`+strings.Repeat(`{"a":`, 200)+`"x"`+strings.Repeat("}", 200)+`,"reason"`, 1))
		}),
		refused("other.customer", "refuses a body that names another customer than the address", "else what was signed for one is done to another", 400, "invalid", func(p *probe) wire.Call {
			return wire.Post(p.mine(":freeze"), strings.Replace(whole(p), p.o.Customer, p.o.Other, 1))
		}),
		refused("amount.number", "refuses a sum that is a number", "floats lose cents", 400, "invalid", changed("null", "12.5")),
		refused("amount.misplaced", "refuses a sum where the act has none", ignored, 400, "invalid", changed("null", `{"amount":"1.00","currency":"EUR","scale":2}`)),
		refused("form", "refuses another form than application/json", "a page of somebody's can send forms", 415, "media_type", func(p *probe) wire.Call {
			c := wire.Post(p.mine(":freeze"), whole(p))
			c.Header = http.Header{"Content-Type": {"text/plain"}}
			return c
		}),
		refused("nobody", "answers 404 not_found for a command about nobody", "else Kefu takes nobody for a wallet that does not answer", 404, "not_found", func(p *probe) wire.Call {
			return wire.Post("/customers/"+wire.Nobody+":freeze", strings.Replace(whole(p), p.o.Customer, wire.Nobody, 1))
		}),
		refused("unknown.verb", "answers 404 for an act that is none", "the set of acts is closed", 404, "no_such_endpoint", func(p *probe) wire.Call { return wire.Post(p.mine(":pay-out"), whole(p)) }),
		refused("query", "refuses a command with a query", ignored, 400, "invalid", func(p *probe) wire.Call { return wire.Post(p.mine(":freeze?force=1"), whole(p)) }),
		{"command.large", "refuses a body of 100 KiB", "no command needs more than a few hundred bytes", func(p *probe) error {
			if err := p.does(wallet.Freeze); err != nil {
				return err
			}
			a := p.send(wire.Post(p.mine(":freeze"), strings.Repeat(" ", 100<<10)+whole(p)))
			if a.Err != nil && a.Status == 0 || a.Status == 400 || a.Status == 413 {
				return nil
			}
			return fmt.Errorf("%s", a)
		}},
		{"operations.none", "answers 404 not_found for operations that are not there", "404 under a key must mean that nothing was done and nothing will be", func(p *probe) error {
			if len(p.can.Acts) == 0 {
				return skip("the wallet takes no acts")
			}
			for _, path := range []string{p.mine("/operations/none-verify"), p.mine("/operations?key=none-verify"), "/customers/" + wire.Nobody + "/operations/none-verify"} {
				if err := p.send(wire.Get(path)).Refused(404, "not_found"); err != nil {
					return err
				}
			}
			return nil
		}},
		{"operations.keyless", "refuses to list operations", "there is no list of what was done", func(p *probe) error {
			if len(p.can.Acts) == 0 {
				return skip("the wallet takes no acts")
			}
			return p.send(wire.Get(p.mine("/operations"))).Refused(400, "invalid")
		}},
	}
}

// targets finds something of the customer's on which an act can be tried, as a dry run.
func (p *probe) target(a wallet.Act) (wallet.Command, error) {
	c := wallet.Command{Act: a, CustomerID: p.o.Customer, DryRun: true, Reason: "verify"}
	first := func(id string, err error) (wallet.Command, error) {
		if err == nil && id == "" {
			err = skip("there is nothing to try " + string(a) + " on")
		}
		c.Target = id
		return c, err
	}
	switch a {
	case wallet.Freeze, wallet.RevokeSessions, wallet.NotifyCustomer:
		return c, nil
	case wallet.BlockInstrument:
		return first(pick(p, p.mine("/instruments"), func(i wallet.Instrument) (string, bool) { return i.ID, i.Status == "active" }))
	case wallet.SetDefault:
		c.Expect = "active"
		return first(pick(p, p.mine("/instruments"), func(i wallet.Instrument) (string, bool) { return i.ID, i.Status == c.Expect && !i.Default }))
	case wallet.RemoveInstrument:
		id, status, err := p.removable()
		c.Expect = status
		return first(id, err)
	case wallet.CancelMandate:
		c.Expect = instrument.Active
		return first(pick(p, p.mine("/mandates"), func(m instrument.Mandate) (string, bool) { return m.ID, m.Cancellable && m.State == c.Expect }))
	case wallet.StopRecovery:
		id, err := pick(p, p.mine("/recoveries"), func(r recovery.Standing) (string, bool) { return r.ID, r.State.Open() })
		if err == nil && id == "" && p.o.Write {
			id, err = access.Begun(p)
		}
		return first(id, err)
	case wallet.RequestRetrieval:
		found, _, err := further.Retrievable(p, onchain.Possible)
		c.Expect = found.Expect
		return first(found.Target, err)
	case wallet.Close, wallet.KeepOpen, wallet.Withdraw:
		return p.ending(c)
	case wallet.ClaimPoints:
		c, _, err := further.Claimable(p, c)
		return c, err
	case wallet.RedeemPoints:
		c, _, err := further.Redeemable(p, c)
		return c, err
	case wallet.GiveGoodwill:
		return further.Gift(p, c)
	case wallet.GiveConsent, wallet.WithdrawConsent:
		return further.Changeable(p, c)
	case wallet.RevokeDevice:
		return first(pick(p, p.mine("/devices"), func(d wallet.Device) (string, bool) { return d.ID, d.Trust != "revoked" }))
	case wallet.CancelRefund:
		c.Expect = string(wallet.RefundRequested)
		return first(pick(p, p.mine("/refunds"), func(r wallet.Refund) (string, bool) { return r.ID, r.State == wallet.RefundRequested }))
	case wallet.AddEvidence, wallet.GrantCredit:
		found := wallet.Dispute{}
		id, err := pick(p, p.mine("/disputes"), func(d wallet.Dispute) (string, bool) {
			if ok := !d.State.Over() && d.Credit.None(); ok && found.ID == "" {
				found = d
			}
			return d.ID, d.ID == found.ID
		})
		if a == wallet.GrantCredit {
			c.Amount, c.Expect = found.Amount, string(found.State)
		}
		return first(id, err)
	case wallet.Unfreeze:
		c.Expect = "freeze" // the kind of a restriction is its state
		return first(pick(p, p.mine("/restrictions"), func(r wallet.Restriction) (string, bool) { return r.ID, r.Kind == "freeze" }))
	case wallet.RequestRefund:
		t, terms, err := p.refundable()
		c.Amount, c.Expect = terms.Left, string(t.State)
		return first(t.ID, err)
	}
	query, state := "&state=posted", wallet.Posted // dispute
	switch a {
	case wallet.Recall:
		query, state = "&kind=transfer&state=processing", wallet.Processing
	case wallet.ReleaseHold:
		query, state = "&state=risk_hold", wallet.RiskHold
	case wallet.RequestInspection:
		query, state = "", ""
	}
	list, err := p.page(p.o.Customer, query+"&limit=20")
	if err != nil || len(list.Items) == 0 {
		return c, or(err, skip("there is nothing to try "+string(a)+" on"))
	}
	if c.Expect = string(state); a == wallet.OpenDispute {
		c.Details = map[string]string{"claim": string(wallet.ClaimMerchant)}
	}
	return first(list.Items[0].ID, nil)
}

// pick finds the id of the first that fits.
func pick[T validated](p *probe, path string, fits func(T) (string, bool)) (string, error) {
	list, err := many[T](p, wire.Get(path))
	for _, x := range list {
		if id, ok := fits(x); ok {
			return id, nil
		}
	}
	return "", err
}

// refundable finds a payment of which a little can be given back.
func (p *probe) refundable() (wallet.Transaction, wallet.Terms, error) {
	list, err := p.page(p.o.Customer, "&state=posted&limit=50")
	if err != nil {
		return wallet.Transaction{}, wallet.Terms{}, err
	}
	for _, t := range list.Items {
		terms, err := one[wallet.Terms](p, wire.Get(p.mine("/transactions/"+t.ID+"/terms")))
		if err != nil {
			return t, terms, err
		}
		if terms.Eligible {
			return t, terms, nil
		}
	}
	return wallet.Transaction{}, wallet.Terms{}, skip("no payment can be refunded")
}

// dryRuns is what would happen, and does not.
func dryRuns() []Check {
	const agreed = "the customer agrees to exactly this, and it is compared before it is done"
	all := []Check{}
	for _, a := range wallet.Acts() {
		all = append(all, Check{"dry." + string(a), "proposes " + string(a) + " in a dry run, the same twice, and keeps nothing of it", agreed, func(p *probe) error { return p.dry(a) }})
	}
	refund := func(id, what, why string, run func(*probe, wallet.Command) error) Check {
		return Check{"refund." + id, what, why, func(p *probe) error {
			if err := p.does(wallet.RequestRefund); err != nil {
				return err
			}
			c, err := p.target(wallet.RequestRefund)
			if err != nil {
				return err
			}
			return run(p, c)
		}}
	}
	const theft = "else money is given that was not paid"
	return append(all,
		refund("over", "refuses to refund more than is left", theft, func(p *probe, c wallet.Command) error {
			more, err := c.Amount.Add(c.Amount)
			if err != nil {
				return err
			}
			c.Amount = more
			o, err := p.do(c)
			return refusal(o, err, wallet.AmountTooHigh, wallet.NotEligible, wallet.LimitReached)
		}),
		refund("expect", "refuses what was decided on another state", "between a decision and its deed something may have happened", func(p *probe, c wallet.Command) error {
			c.Expect = string(wallet.Disputed)
			o, err := p.do(c)
			return refusal(o, err, wallet.StateChanged)
		}),
		refund("currency", "refuses to refund in another currency than was paid", theft, func(p *probe, c wallet.Command) error {
			other, err := wallet.Parse("1.00", "XTS", 2) // ISO 4217: for tests
			if err != nil {
				return err
			}
			c.Amount = other
			a := p.send(told(c))
			if a.Status == 400 && a.Problem() == "invalid" {
				return nil
			}
			o, err := p.do(c)
			return refusal(o, err, wallet.AmountTooHigh, wallet.NotEligible)
		}),
		refund("other", "finds no payment of another customer", "else one is refunded what another paid", func(p *probe, c wallet.Command) error {
			c.CustomerID = p.o.Other
			return p.send(told(c)).Refused(404, "not_found")
		}),
		refund("none", "finds no payment that is not there", "an operation about nothing is one that nobody can follow", func(p *probe, c wallet.Command) error {
			c.Target = "none-verify"
			return p.send(told(c)).Refused(404, "not_found")
		}),
		refund("negative", "refuses a sum below nothing, and one of nothing", theft, func(p *probe, c wallet.Command) error {
			for _, sum := range []wallet.Money{c.Amount.Neg(), zero(c.Amount)} {
				c.Amount = sum
				if err := p.send(told(c)).Refused(400, "invalid"); err != nil {
					return err
				}
			}
			return nil
		}),
		refund("whole", "refuses a refund without a sum, or without the state that it was decided on", "what is left out would be guessed", func(p *probe, c wallet.Command) error {
			some := c
			some.Amount = wallet.Money{}
			if err := p.send(told(some)).Refused(400, "invalid"); err != nil {
				return err
			}
			c.Expect = ""
			return p.send(told(c)).Refused(400, "invalid")
		}),
		refund("way", "sends money back the way it came, to something of the customer's", "no command takes a destination for money", func(p *probe, c wallet.Command) error {
			o, err := p.do(c)
			if err != nil || o.Summary == nil {
				return or(err, fmt.Errorf("it is %s %s", o.State, o.Refusal))
			}
			if o.Summary.Amount.Cmp(c.Amount) > 0 {
				return fmt.Errorf("more comes back than was asked for")
			}
			return p.owned(o.Summary.Destination)
		}),
	)
}

// zero is nothing of a currency.
func zero(m wallet.Money) wallet.Money {
	sum, err := m.Add(m.Neg())
	if err != nil {
		return wallet.Money{}
	}
	return sum
}

// owned wants a destination to be an instrument or an account of the customer's.
func (p *probe) owned(destination string) error {
	if destination == "" {
		return nil
	}
	for _, list := range []struct {
		reading wallet.Reading
		find    func() (string, error)
	}{
		{wallet.ReadInstruments, func() (string, error) {
			return pick(p, p.mine("/instruments"), func(i wallet.Instrument) (string, bool) { return i.ID, i.ID == destination })
		}},
		{wallet.ReadAccounts, func() (string, error) {
			return pick(p, p.mine("/accounts"), func(a wallet.Account) (string, bool) { return a.ID, a.ID == destination })
		}},
	} {
		if !p.can.Reads(list.reading) {
			return skip("the wallet does not tell of " + string(list.reading))
		}
		if id, err := list.find(); err != nil || id != "" {
			return err
		}
	}
	return fmt.Errorf("the money goes to something that is not the customer's")
}

// dry tries an act as a dry run.
func (p *probe) dry(a wallet.Act) error {
	if err := p.does(a); err != nil {
		return err
	}
	c, err := p.target(a)
	if err != nil {
		return err
	}
	first := told(c)
	one, err := p.operation(first, c)
	if err != nil {
		return err
	}
	if one.State == wallet.OpFailed {
		return skip("the wallet refuses " + string(a) + " here: " + string(one.Refusal))
	}
	two, err := p.do(c)
	if err != nil {
		return err
	}
	if two.Summary == nil || action.Hash(c, *one.Summary) != action.Hash(c, *two.Summary) {
		return fmt.Errorf("a moment later the summary is another one")
	}
	return p.send(wire.Get(p.mine("/operations?key="+first.Key))).Refused(404, "not_found")
}
