package demowallet

import (
	"slices"
	"strings"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// restriction is what the wallet keeps of one.
type restriction struct {
	wallet.Restriction
	Lifted wallet.Time `json:"lifted,omitempty"`
}

// placer is who places a restriction that somebody asks for.
func placer(by wallet.Actor) string {
	if by.Kind == "customer" {
		return "customer"
	}
	return "support"
}

// freeze stops what leaves one account, or all of a customer's. It takes nothing away,
// and so needs little.
func (d *desk) freeze(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	o.Summary = &wallet.Summary{Effects: []string{"payments_stop"}, Reversible: true, State: "active"}
	targets := d.has.accounts
	r := restriction{Restriction: wallet.Restriction{
		ID: "fr-" + id.New(), Scope: "wallet", Kind: "freeze", Stops: "debit", Reason: c.Reason, Disclosable: true, PlacedBy: placer(by), PlacedAt: d.At, Release: placer(by),
	}}
	if c.Target != "" {
		if !slices.Contains(targets, c.Target) {
			return "", fault.New(fault.NotFound, "demowallet.freeze", "there is no such account of this customer")
		}
		targets, r.Scope, r.Target = []string{c.Target}, "account", c.Target
	}
	frozen := 0
	for _, id := range targets {
		a, _, err := d.Account(id)
		if err != nil {
			return "", err
		}
		if a.Frozen || a.Closed {
			frozen++
		}
	}
	if frozen == len(targets) {
		o.Summary.State = "frozen"
		return wallet.AlreadyDone, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	for _, id := range targets {
		if err := d.stopAccount(c.CustomerID, id, true); err != nil {
			return "", err
		}
	}
	o.Made = []wallet.Made{{Kind: "freeze", ID: r.ID}}
	return "", put(d, keep.KindRestriction, r.ID, c.CustomerID, d.At, r)
}

// stopAccount freezes an account or lets it go on.
func (d *desk) stopAccount(customer, id string, frozen bool) error {
	at, _, err := d.Account(id)
	if err != nil || at.Frozen == frozen || at.Closed {
		return err
	}
	if err := d.Stop(id, frozen, false); err != nil {
		return err
	}
	a, err := get[wallet.Account](d, keep.KindAccount, id)
	if err != nil {
		return err
	}
	what := wallet.AccountUnfrozen
	if a.Status, a.Block = "active", "none"; frozen {
		a.Status, a.Block, what = "frozen", "debit", wallet.AccountFrozen
	}
	if err := put(d, keep.KindAccount, id, customer, 0, a); err != nil {
		return err
	}
	return d.Tell(what, customer, id)
}

// standing gives the restrictions of a customer that are in force.
func (d *desk) standing() ([]restriction, error) {
	var list []restriction
	for _, id := range d.has.restrictions {
		r, err := get[restriction](d, keep.KindRestriction, id)
		if err != nil {
			return nil, err
		}
		if r.Lifted == 0 {
			list = append(list, r)
		}
	}
	return list, nil
}

// unfreeze lifts a freeze: one by its id, or those of an account.
func (d *desk) unfreeze(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	all, err := d.standing()
	if err != nil {
		return "", err
	}
	lifted := slices.DeleteFunc(slices.Clone(all), func(r restriction) bool {
		return r.Kind != "freeze" || !(r.ID == c.Target || r.Target == c.Target || (c.Target == c.CustomerID && r.Scope == "wallet"))
	})
	o.Summary = &wallet.Summary{Effects: []string{"payments_resume"}, Reversible: true, State: "frozen"}
	if len(lifted) == 0 {
		o.Summary.State = "active"
		if !slices.Contains(append(slices.Clone(d.has.restrictions), d.has.accounts...), c.Target) && c.Target != c.CustomerID {
			return "", fault.New(fault.NotFound, "demowallet.unfreeze", "there is no such freeze of this customer")
		}
		return wallet.AlreadyDone, nil
	}
	if c.Expect != "frozen" && c.Expect != "freeze" {
		return wallet.StateChanged, nil
	}
	approvals := 0
	for _, r := range lifted {
		if r.PlacedBy == "authority" {
			return wallet.BlockedByWallet, nil
		}
		if r.PlacedBy != "customer" {
			approvals = 1
		}
	}
	young, err := d.young()
	if err != nil || young {
		return wallet.FactorTooYoung, err
	}
	if refusal, err := d.authorise(by, c, approvals); refusal != "" || err != nil {
		return refusal, err
	}
	for _, r := range lifted {
		r.Lifted = d.At
		if err := put(d, keep.KindRestriction, r.ID, c.CustomerID, r.PlacedAt, r); err != nil {
			return "", err
		}
	}
	return "", d.thaw(c.CustomerID, all, lifted)
}

// thaw lets the accounts go on that no restriction stops any more.
func (d *desk) thaw(customer string, all, lifted []restriction) error {
	for _, id := range d.has.accounts {
		still := slices.ContainsFunc(all, func(r restriction) bool {
			gone := slices.ContainsFunc(lifted, func(l restriction) bool { return l.ID == r.ID })
			return !gone && r.Kind == "freeze" && (r.Scope == "wallet" || r.Target == id)
		})
		if still {
			continue
		}
		if err := d.stopAccount(customer, id, false); err != nil {
			return err
		}
	}
	return nil
}

// young tells whether something that proves the customer was changed a short while ago.
func (d *desk) young() (bool, error) {
	for _, id := range d.has.factors {
		f, err := get[wallet.Factor](d, keep.KindFactor, id)
		if err != nil {
			return false, err
		}
		if f.State != "removed" && d.At-f.ChangedAt < wallet.Time(assurance.CoolDown.Microseconds()) {
			return true, nil
		}
	}
	return false, nil
}

// blockInstrument makes a card useless.
func (d *desk) blockInstrument(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	i, err := owned[wallet.Instrument](d, keep.KindInstrument, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"instrument_stops"}, State: i.Status}
	switch {
	case i.Status == "blocked" || i.Status == "removed":
		return wallet.AlreadyDone, nil
	case c.Expect != "" && c.Expect != i.Status:
		return wallet.StateChanged, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	i.Status, i.Default = "blocked", false
	if err := put(d, keep.KindInstrument, i.ID, c.CustomerID, 0, i); err != nil {
		return "", err
	}
	r := restriction{Restriction: wallet.Restriction{
		ID: "bl-" + id.New(), Scope: "instrument", Target: i.ID, Kind: "block", Stops: "all", Reason: c.Reason, Disclosable: true, PlacedBy: placer(by), PlacedAt: d.At, Release: "support",
	}}
	o.Made = []wallet.Made{{Kind: "freeze", ID: r.ID}}
	if err := put(d, keep.KindRestriction, r.ID, c.CustomerID, d.At, r); err != nil {
		return "", err
	}
	return "", d.Tell(wallet.InstrumentChanged, c.CustomerID, i.ID)
}

// revokeSessions signs every device out.
func (d *desk) revokeSessions(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	o.Summary = &wallet.Summary{Effects: []string{"signed_out"}}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	return "", d.endSessions(c.CustomerID, "")
}

// endSessions ends the open sessions of a customer, or those on one device.
func (d *desk) endSessions(customer, device string) error {
	for _, id := range d.has.sessions {
		s, err := get[wallet.Session](d, keep.KindSession, id)
		if err != nil {
			return err
		}
		if s.Result != "open" || (device != "" && s.DeviceID != device) {
			continue
		}
		s.Result, s.EndedAt = "ended", d.At
		if err := put(d, keep.KindSession, id, customer, s.At, s); err != nil {
			return err
		}
	}
	return nil
}

// revokeDevice takes the trust from a device and signs it out.
func (d *desk) revokeDevice(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	x, err := owned[wallet.Device](d, keep.KindDevice, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"device_signed_out"}, State: x.Trust}
	if x.Trust == "revoked" {
		return wallet.AlreadyDone, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	x.Trust, x.Push = "revoked", false
	if err := put(d, keep.KindDevice, x.ID, c.CustomerID, x.LastSeen, x); err != nil {
		return "", err
	}
	if err := d.Tell(wallet.FactorChanged, c.CustomerID, x.ID); err != nil {
		return "", err
	}
	return "", d.endSessions(c.CustomerID, x.ID)
}

// releaseHold lets a payment go on that the wallet stopped. Two people have to agree.
func (d *desk) releaseHold(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	p, err := d.PaymentOf(c.CustomerID, strings.TrimPrefix(c.Target, "hold-"))
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Amount: keep.Gross(p.Tx), Effects: []string{"payment_goes_on"}, State: string(p.Tx.State)}
	account, _, err := d.Account(p.Tx.AccountID)
	if err != nil {
		return "", err
	}
	switch {
	case c.Expect != string(p.Tx.State):
		return wallet.StateChanged, nil
	case p.Tx.State != wallet.RiskHold:
		return wallet.NotEligible, nil
	case account.Frozen || account.Closed:
		return wallet.BlockedByWallet, nil
	}
	if refusal, err := d.authorise(by, c, 1); refusal != "" || err != nil {
		return refusal, err
	}
	p.Trace(wallet.Trace{At: d.At, Source: "risk", Event: "hold_released"})
	return "", d.goOn(p)
}
