package walletcheck

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
	"kefu/internal/walletcheck/wire"
)

func newKey() string { return "verify-" + id.New() }

// freezing freezes the customer for real, and looks at what came of it.
func freezing() []Check {
	const once = "no answer came, and Kefu asks again: the customer must not pay for it"
	return []Check{
		{"freeze.done", "freezes a customer", "the one thing that must never wait", func(p *probe) error {
			if err := p.writes(wallet.Freeze); err != nil {
				return err
			}
			var err error
			if p.before, err = p.freezesOfOther(); err != nil {
				return err
			}
			c := wallet.Command{Key: newKey(), Act: wallet.Freeze, CustomerID: p.o.Customer, Reason: "verify"}
			o, err := p.do(c)
			if err != nil {
				return err
			}
			if o, err = p.settled(o); err == nil && o.State != wallet.OpSucceeded {
				return fmt.Errorf("it is %s %s", o.State, o.Refusal)
			}
			p.frozen, p.frozenBy = o, c
			return err
		}},
		frozen("again", "answers the same key with the same operation", once, func(p *probe) error {
			o, err := p.do(p.frozenBy)
			if err == nil && o.ID != p.frozen.ID {
				return fmt.Errorf("another operation was made")
			}
			return err
		}),
		frozen("mismatch", "refuses the same key with another body", "else one of two commands is lost in silence", func(p *probe) error {
			c := p.frozenBy
			c.Reason = "another"
			return p.send(told(c)).Refused(422, "idempotency_mismatch")
		}),
		frozen("mismatch.act", "refuses the same key for another act", "else one of two commands is lost in silence", func(p *probe) error {
			if err := p.does(wallet.NotifyCustomer); err != nil {
				return err
			}
			return p.send(told(wallet.Command{Key: p.frozenBy.Key, Act: wallet.NotifyCustomer, CustomerID: p.o.Customer})).Refused(422, "idempotency_mismatch")
		}),
		frozen("by.key", "tells by its key what became of a command", "after a lost answer Kefu asks for this, and sends nothing anew", func(p *probe) error {
			o, err := one[wallet.Operation](p, wire.Get(p.mine("/operations?key="+p.frozenBy.Key)))
			if err == nil && (o.ID != p.frozen.ID || o.Key != p.frozenBy.Key) {
				return fmt.Errorf("another operation is told of")
			}
			return err
		}),
		frozen("by.id", "tells by its id what became of an operation", "people wait for what is pending", func(p *probe) error {
			o, err := one[wallet.Operation](p, wire.Get(p.mine("/operations/"+p.frozen.ID)))
			if err == nil && (o.ID != p.frozen.ID || o.Key != p.frozenBy.Key || o.CustomerID != p.o.Customer) {
				return fmt.Errorf("another operation is told of")
			}
			return err
		}),
		frozen("private", "tells nobody of another customer's operation", "somebody else's data is shown otherwise", func(p *probe) error {
			for _, path := range []string{"/operations/" + p.frozen.ID, "/operations?key=" + p.frozenBy.Key} {
				if err := p.send(wire.Get(p.others(path))).Refused(404, "not_found"); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// effects is what a freeze does, as it is told of.
func effects() []Check {
	return []Check{
		frozen("told", "tells of the freeze among the restrictions", "an agent who cannot see it promises a payment", func(p *probe) error {
			if err := p.reads(wallet.ReadRestrictions); err != nil {
				return err
			}
			found, err := pick(p, p.mine("/restrictions"), func(r wallet.Restriction) (string, bool) { return r.ID, r.Kind == "freeze" && r.Stops != "credit" })
			if err == nil && found == "" {
				return fmt.Errorf("there is none")
			}
			return err
		}),
		frozen("blocks", "tells that the account is blocked", "an agent who cannot see it promises a payment", func(p *probe) error {
			if err := p.reads(wallet.ReadAccounts); err != nil {
				return err
			}
			open, err := pick(p, p.mine("/accounts"), func(a wallet.Account) (string, bool) { return a.ID, a.Status == "active" && a.Block == "none" })
			if err == nil && open != "" {
				return fmt.Errorf("an account is as open as before")
			}
			return err
		}),
		frozen("other", "leaves other customers alone", "one freeze stopped everybody", func(p *probe) error {
			if err := p.reads(wallet.ReadRestrictions); err != nil {
				return err
			}
			now, err := p.freezesOfOther()
			if err == nil && !slices.Equal(now, p.before) {
				return fmt.Errorf("the other customer is frozen too")
			}
			return err
		}),
		frozen("already", "says of a second freeze that it was done already", "else a retry by hand is taken for a new one", func(p *probe) error {
			o, err := p.do(wallet.Command{Key: newKey(), Act: wallet.Freeze, CustomerID: p.o.Customer, Reason: "verify"})
			return refusal(o, err, wallet.AlreadyDone)
		}),
		frozen("notice", "tells of it among the notices", "Kefu hears of what changed by these", func(p *probe) error {
			return p.noticed(func(n wallet.Notice) bool {
				return n.CustomerID == p.o.Customer && (n.Type == wallet.AccountFrozen || n.Object == p.frozen.ID)
			})
		}),
	}
}

// frozen is a check of what came of the freeze.
func frozen(ID, what, why string, run func(*probe) error) Check {
	return Check{"freeze." + ID, what, why, func(p *probe) error {
		if err := p.writes(wallet.Freeze); err != nil {
			return err
		}
		if p.frozen.ID == "" {
			return skip("freezing did not work")
		}
		return run(p)
	}}
}

// unfreezing is for whom it is undone.
func unfreezing() []Check {
	return []Check{
		frozen("unfreeze.proof", "lets nobody unfreeze without a proof", "whoever took an account over asks for this first", func(p *probe) error {
			if err := p.does(wallet.Unfreeze); err != nil {
				return err
			}
			c, err := p.target(wallet.Unfreeze)
			if err != nil {
				return err
			}
			c.Key, c.DryRun = newKey(), false
			o, err := p.do(c)
			return refusal(o, err, wallet.StepUpRequired, wallet.ApprovalRequired)
		}),
		frozen("unfreeze.forged", "takes no proof that it did not sign", "whoever took an account over asks for this first", func(p *probe) error {
			if err := p.does(wallet.Unfreeze); err != nil {
				return err
			}
			c, err := p.target(wallet.Unfreeze)
			if err != nil {
				return err
			}
			c.Key, c.DryRun, c.Assertion = newKey(), false, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
			o, err := p.do(c)
			return refusal(o, err, wallet.StepUpRequired, wallet.ApprovalRequired)
		}),
		frozen("unfreeze.proven", "unfreezes with a proof for exactly this, and once", "a proof for one thing is for nothing else", func(p *probe) error { return p.unfreeze() }),
	}
}

// freezesOfOther are the freezes of the other customer, where the wallet tells of them.
func (p *probe) freezesOfOther() (ids []string, err error) {
	if !p.can.Reads(wallet.ReadRestrictions) {
		return nil, nil
	}
	list, err := many[wallet.Restriction](p, wire.Get(p.others("/restrictions")))
	for _, r := range list {
		if r.Kind == "freeze" {
			ids = append(ids, r.ID)
		}
	}
	return ids, err
}

// settled waits for a pending operation.
func (p *probe) settled(o wallet.Operation) (wallet.Operation, error) {
	err := p.until(func() (bool, error) {
		if o.State != wallet.OpPending {
			return true, nil
		}
		var err error
		o, err = one[wallet.Operation](p, wire.Get("/customers/"+o.CustomerID+"/operations/"+o.ID))
		return o.State != wallet.OpPending, err
	})
	return o, err
}

// until tries until something is so, for as long as the options let it.
func (p *probe) until(so func() (bool, error)) error {
	for end := time.Now().Add(p.o.Wait); ; {
		done, err := so()
		if err != nil || done {
			return err
		}
		if time.Now().After(end) {
			return skip("it takes longer than " + p.o.Wait.String())
		}
		select {
		case <-p.ctx.Done():
			return p.ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// noticed looks for a notice among all there are.
func (p *probe) noticed(is func(wallet.Notice) bool) error {
	if err := p.reads(wallet.ReadNotices); err != nil {
		return err
	}
	after := int64(0)
	for range 1000 {
		page, err := p.replayed(after, 200)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(page.Items, is) {
			return nil
		}
		if !page.More || len(page.Items) == 0 {
			break
		}
		after = page.Items[len(page.Items)-1].Position
	}
	return fmt.Errorf("there is none")
}

// unfreeze proves and unfreezes, and then tries the proof once more.
func (p *probe) unfreeze() error {
	if err := p.does(wallet.Unfreeze); err != nil {
		return err
	}
	c, err := p.target(wallet.Unfreeze)
	if err != nil {
		return err
	}
	proof, err := p.prove(c, 3)
	if err != nil {
		return err
	}
	other := wallet.Command{Key: newKey(), Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, Expect: c.Expect, Assertion: strings.TrimSuffix(proof, proof[len(proof)-4:]) + "AAAA"}
	if o, err := p.do(other); err == nil && o.State != wallet.OpFailed {
		return fmt.Errorf("a proof with another signature is taken")
	}
	c.Key, c.DryRun, c.Assertion = newKey(), false, proof
	o, err := p.do(c)
	if err != nil {
		return err
	}
	if o, err = p.settled(o); err != nil {
		return err
	}
	if o.State != wallet.OpSucceeded {
		if o.Refusal == wallet.ApprovalRequired || o.Refusal == wallet.FactorTooYoung {
			return skip("the wallet wants more than a proof: " + string(o.Refusal))
		}
		return fmt.Errorf("it is %s %s", o.State, o.Refusal)
	}
	if p.can.Reads(wallet.ReadRestrictions) {
		if left, err := pick(p, p.mine("/restrictions"), func(r wallet.Restriction) (string, bool) { return r.ID, r.ID == c.Target }); err != nil || left != "" {
			return or(err, fmt.Errorf("the restriction is still there"))
		}
	}
	return nil
}

// refunding refunds a little for real, and looks at what came of it.
func refunding() []Check {
	after := func(ID, what, why string, run func(*probe) error) Check {
		return Check{"refunded." + ID, what, why, func(p *probe) error {
			if err := p.writes(wallet.RequestRefund); err != nil {
				return err
			}
			if p.refunded.ID == "" {
				return skip("refunding did not work, or there was nothing to refund")
			}
			return run(p)
		}}
	}
	return []Check{
		{"refunded.once", "refunds once when the same command comes five times at one moment", "whoever presses twice is not paid twice", func(p *probe) error {
			if err := p.writes(wallet.RequestRefund); err != nil {
				return err
			}
			c, err := p.target(wallet.RequestRefund)
			if err != nil {
				return err
			}
			c.Key, c.DryRun = newKey(), false
			if tenth, err := wallet.Parse("0.01", c.Amount.Currency(), c.Amount.Scale()); err == nil && c.Amount.Cmp(tenth) > 0 {
				c.Amount = tenth
			}
			err = p.five(c)
			if err == skip(string(wallet.StepUpRequired)) {
				if c.Assertion, err = p.prove(c, 2); err == nil {
					c.Key = newKey()
					err = p.five(c)
				}
			}
			return err
		}},
		after("told", "tells of the refund that it made", "the customer asks where it is", func(p *probe) error {
			made := slices.IndexFunc(p.refunded.Made, func(m wallet.Made) bool { return m.Kind == "refund" })
			if made < 0 {
				return fmt.Errorf("the operation does not name it")
			}
			all, err := many[wallet.Refund](p, wire.Get(p.mine("/refunds?tx="+p.refund.Target)))
			if err != nil {
				return err
			}
			of := 0
			for _, r := range all {
				if r.ID == p.refunded.Made[made].ID {
					of++
					if r.Amount.Cmp(p.refund.Amount) != 0 || !r.Amount.Like(p.refund.Amount) {
						return fmt.Errorf("it is of another sum")
					}
				}
			}
			if of != 1 {
				return fmt.Errorf("it is there %d times", of)
			}
			return nil
		}),
		after("left", "leaves less to be refunded", "else the same money is given back again and again", func(p *probe) error {
			t, err := one[wallet.Transaction](p, wire.Get("/transactions/"+p.refund.Target+"?customer="+p.o.Customer))
			if err != nil {
				return err
			}
			terms, err := one[wallet.Terms](p, wire.Get(p.mine("/transactions/"+p.refund.Target+"/terms")))
			if err == nil && (terms.Left.Cmp(t.Amount) >= 0 || terms.Left.Sign() < 0) {
				return fmt.Errorf("%s of %s are left", terms.Left.Amount(), t.Amount.Amount())
			}
			return err
		}),
		after("state", "tells by the payment's state that a refund is on its way or there", "an agent who cannot see it refunds again", func(p *probe) error {
			t, err := one[wallet.Transaction](p, wire.Get("/transactions/"+p.refund.Target+"?customer="+p.o.Customer))
			if err == nil && t.State == wallet.Posted {
				return fmt.Errorf("it is as before")
			}
			return err
		}),
		after("over", "comes to an end", "what is pending for ever is asked about for ever", func(p *probe) error {
			_, err := p.settled(p.refunded)
			return err
		}),
		after("notice", "tells of it among the notices", "Kefu hears of what changed by these", func(p *probe) error {
			return p.noticed(func(n wallet.Notice) bool { return n.Object == p.refunded.ID || n.Type == wallet.RefundUpdated })
		}),
		after("pages", "keeps pages in their places while transactions come", "else something is missing, or there twice", func(p *probe) error {
			return p.pagesStand()
		}),
	}
}

// five sends one command five times at once.
func (p *probe) five(c wallet.Command) error {
	var mu sync.Mutex
	var all sync.WaitGroup
	operations, wrong := map[string]wallet.Operation{}, error(nil)
	for range 5 {
		all.Go(func() {
			a := p.send(told(c))
			var o wallet.Operation
			err := a.Read(&o)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.Status == 409 && a.Problem() == "in_progress":
			case err != nil:
				wrong = err
			default:
				operations[o.ID] = o
			}
		})
	}
	all.Wait()
	if wrong != nil {
		return wrong
	}
	// What asks for a proof first is nothing yet, and need not be kept.
	asks := func(o wallet.Operation) bool { return o.Refusal == wallet.StepUpRequired }
	if kept := slices.Collect(maps.Values(operations)); len(kept) != 1 && slices.ContainsFunc(kept, func(o wallet.Operation) bool { return !asks(o) }) {
		return fmt.Errorf("there are %d operations", len(kept))
	}
	for _, o := range operations {
		if o.State == wallet.OpFailed {
			return skip(o.Refusal)
		}
		p.refunded, p.refund = o, c
	}
	return nil
}

// pagesStand reads pages while the refund that was made brings a transaction, or another
// one does.
func (p *probe) pagesStand() error {
	before, err := p.all(p.o.Customer, "", wallet.MaxPage)
	if err != nil || len(before) < 4 {
		return or(err, skip("the customer has fewer than four transactions"))
	}
	first, err := p.page(p.o.Customer, "&limit=2")
	if err != nil {
		return err
	}
	c, err := p.target(wallet.RequestRefund)
	var none skip
	if errors.As(err, &none) {
		return err
	}
	if err != nil {
		return err
	}
	c.Key, c.DryRun = newKey(), false
	if small, err := wallet.Parse("0.01", c.Amount.Currency(), c.Amount.Scale()); err == nil && c.Amount.Cmp(small) > 0 {
		c.Amount = small
	}
	o, err := p.do(c)
	if err != nil {
		return err
	}
	if o, err = p.settled(o); err != nil || o.State != wallet.OpSucceeded {
		return or(err, skip("the second refund did not work: "+string(o.Refusal)))
	}
	seen := ids(first.Items)
	for cursor := first.Next; cursor != ""; {
		page, err := p.page(p.o.Customer, "&limit=2&cursor="+url.QueryEscape(cursor))
		if err != nil {
			return err
		}
		seen = append(seen, ids(page.Items)...)
		cursor = page.Next
	}
	if !slices.Equal(seen, ids(before)) {
		return fmt.Errorf("%d were seen of the %d that were there, or some twice", len(seen), len(before))
	}
	return nil
}
