package further

import (
	"fmt"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
)

// chained is transfers over public networks.
func chained() []Check {
	read := func(id, what, why string, run func(Probe, []onchain.Transfer) error) Check {
		return of(wallet.ReadOnchain, id, what, why, func(p Probe) error {
			all, err := many[onchain.Transfer](p, p.Mine("/onchain"))
			if err == nil && len(all) == 0 {
				err = Skip("the customer has none")
			}
			if err != nil {
				return err
			}
			return run(p, all)
		})
	}
	named := func(all []onchain.Transfer) (onchain.Transfer, error) {
		i := slices.IndexFunc(all, func(t onchain.Transfer) bool { return t.TxID != "" })
		if i < 0 {
			return onchain.Transfer{}, Skip("none was given to its network")
		}
		return all[i], nil
	}
	return []Check{
		read("onchain.contract", "tells of transfers over public networks in the words of the contract, with as many confirmations as their states need", "money is believed to be there that may never be", func(Probe, []onchain.Transfer) error {
			return nil // they were read and judged
		}),
		read("onchain.owner", "names the customer in each transfer", mixed, func(p Probe, all []onchain.Transfer) error {
			one, _ := p.Customers()
			if slices.ContainsFunc(all, func(t onchain.Transfer) bool { return t.CustomerID != one }) {
				return fmt.Errorf("one names somebody else")
			}
			return nil
		}),
		read("onchain.order", "tells of the newest transfer first", "people look for the latest at the top", func(_ Probe, all []onchain.Transfer) error {
			if !slices.IsSortedFunc(all, func(a, b onchain.Transfer) int { return int(min(max(b.SeenAt-a.SeenAt, -1), 1)) }) {
				return fmt.Errorf("something newer comes later")
			}
			return nil
		}),
		read("onchain.one", "tells of each transfer alone as in the list", "a decision is made on what the list said", func(p Probe, all []onchain.Transfer) error {
			for _, t := range all[:min(len(all), 5)] {
				var alone onchain.Transfer
				if err := p.Get(p.Mine("/onchain/"+t.ID), &alone); err != nil {
					return err
				}
				if err := alone.Validate(); err != nil {
					return err
				}
				if alone.ID != t.ID || alone.Amount.Cmp(t.Amount) != 0 || alone.Confirmations < t.Confirmations {
					return fmt.Errorf("another one came, or one that lost confirmations")
				}
			}
			return nil
		}),
		read("onchain.txid", "finds a transfer by the name of its transaction, and no other", "an agent who asks for one believes that this is it", func(p Probe, all []onchain.Transfer) error {
			t, err := named(all)
			if err != nil {
				return err
			}
			found, err := those(p, p.Mine("/onchain:find"), t.TxID)
			if err == nil && (len(found) == 0 || slices.ContainsFunc(found, func(o onchain.Transfer) bool {
				return !onchain.SameTxID(o.TxID, t.TxID) && !onchain.SameTxID(o.ReplacedBy, t.TxID)
			})) {
				return fmt.Errorf("%d came, and not those of that transaction", len(found))
			}
			return err
		}),
		read("onchain.txid.other", "tells nobody of another customer's transfer who names its transaction", "everybody can read the names of transactions", func(p Probe, all []onchain.Transfer) error {
			t, err := named(all)
			if err != nil {
				return err
			}
			found, err := those(p, p.Others("/onchain:find"), t.TxID)
			if err == nil && len(found) > 0 {
				return fmt.Errorf("it is told of")
			}
			return err
		}),
		of(wallet.ReadOnchain, "onchain.txid.strict", "refuses what is no name of a transaction", "what is misread finds something else", func(p Probe) error {
			return p.RefusedPost(p.Mine("/onchain:find"), p.NewKey(), onchain.Named{TxID: "a b"}, 400, "invalid")
		}),
		read("onchain.other", "tells nobody of another customer's transfer", mixed, func(p Probe, all []onchain.Transfer) error {
			return p.Refused(p.Others("/onchain/"+all[0].ID), 404, "not_found")
		}),
		of(wallet.ReadOnchain, "onchain.none", "answers 404 not_found for a transfer that is not there", "Kefu tells nothing there from nobody who answers", func(p Probe) error {
			return p.Refused(p.Mine("/onchain/none-verify"), 404, "not_found")
		}),
		read("onchain.asking", "gives a link to the form in which it asks what the law wants to know, or none", "a script for a link runs in the page that shows it", func(_ Probe, all []onchain.Transfer) error {
			for _, t := range all {
				if t.Asking != nil && t.Asking.Link != "" && !safe(t.Asking.Link) {
					return fmt.Errorf("the link is none")
				}
			}
			return nil
		}),
	}
}

// those asks for the transfers of one transaction.
func those(p Probe, path, txid string) ([]onchain.Transfer, error) {
	var told list[onchain.Transfer]
	if err := p.Post(path, p.NewKey(), onchain.Named{TxID: txid}, &told); err != nil {
		return nil, err
	}
	for _, t := range told.Items {
		if err := t.Validate(); err != nil {
			return nil, err
		}
	}
	return told.Items, nil
}

// Retrievable finds a transfer of the customer's of which a wallet says that it has this
// chance to be brought back.
func Retrievable(p Probe, chance onchain.Chance) (wallet.Command, onchain.Retrieval, error) {
	if err := p.Reads(wallet.ReadOnchain); err != nil {
		return wallet.Command{}, onchain.Retrieval{}, err
	}
	all, err := many[onchain.Transfer](p, p.Mine("/onchain"))
	if err != nil {
		return wallet.Command{}, onchain.Retrieval{}, err
	}
	for _, t := range all {
		if t.Retrieval != nil && t.Retrieval.Chance == chance {
			return command(p, wallet.RequestRetrieval, t.ID, string(t.State)), *t.Retrieval, nil
		}
	}
	return wallet.Command{}, onchain.Retrieval{}, Skip("there is no transfer whose chance is " + string(chance))
}

// retrieving is bringing back what did not arrive.
func retrieving() []Check {
	const said = "the customer agreed to another sum"
	return []Check{
		{"retrieval.cost", "says beforehand what bringing a transfer back costs and what arrives, as in the transfer", said, func(p Probe) error {
			if err := p.Does(wallet.RequestRetrieval); err != nil {
				return err
			}
			c, r, err := Retrievable(p, onchain.Possible)
			if err != nil {
				return err
			}
			c.DryRun = true
			o, err := p.Do(c)
			switch {
			case err != nil:
				return err
			case o.State != wallet.OpProposed || o.Summary == nil:
				return fmt.Errorf("it is %s %s", o.State, o.Refusal)
			case !o.Summary.Amount.Like(r.Left) || o.Summary.Amount.Cmp(r.Left) != 0:
				return fmt.Errorf("%s arrives, where the transfer says %s", o.Summary.Amount, r.Left)
			}
			return nil
		}},
		{"retrieval.impossible", "takes nothing on of which it says that it cannot be brought back", "hope that is sold is worse than none", func(p Probe) error {
			if err := p.Does(wallet.RequestRetrieval); err != nil {
				return err
			}
			c, _, err := Retrievable(p, onchain.Impossible)
			if err != nil {
				return err
			}
			c.DryRun = true
			o, err := p.Do(c)
			if err == nil && (o.State != wallet.OpFailed || o.Refusal != wallet.NotEligible) {
				return fmt.Errorf("it is %s %s, where %s was to be the reason", o.State, o.Refusal, wallet.NotEligible)
			}
			return err
		}},
		{"retrieval.proof", "brings nothing back without a proof", "whoever took an account over has it sent to themselves", func(p Probe) error {
			if err := p.Writes(wallet.RequestRetrieval); err != nil {
				return err
			}
			c, _, err := Retrievable(p, onchain.Possible)
			if err != nil {
				return err
			}
			o, err := p.Do(c)
			if err == nil && (o.State != wallet.OpFailed || (o.Refusal != wallet.StepUpRequired && o.Refusal != wallet.ApprovalRequired)) {
				return fmt.Errorf("it is %s %s without a proof", o.State, o.Refusal)
			}
			return err
		}},
		{"retrieval.done", "brings a transfer back once it said so, and tells of it as under way or recovered", "somebody waits for what nobody does", func(p Probe) error {
			if err := p.Writes(wallet.RequestRetrieval); err != nil {
				return err
			}
			c, _, err := Retrievable(p, onchain.Possible)
			if err != nil {
				return err
			}
			if c.Assertion, err = p.Prove(c, 2); err != nil {
				return err
			}
			o, err := p.Do(c)
			switch {
			case err != nil:
				return err
			case o.Refusal == wallet.ApprovalRequired || o.Refusal == wallet.FactorTooYoung:
				return Skip("the wallet refuses it here: " + string(o.Refusal))
			case o.State != wallet.OpPending && o.State != wallet.OpSucceeded:
				return fmt.Errorf("it is %s %s", o.State, o.Refusal)
			}
			var t onchain.Transfer
			if err := p.Get(p.Mine("/onchain/"+c.Target), &t); err != nil {
				return err
			}
			if t.Retrieval == nil || (t.Retrieval.Chance != onchain.UnderWay && t.Retrieval.Chance != onchain.Recovered) {
				return fmt.Errorf("the transfer stands as before")
			}
			return nil
		}},
	}
}
