package walletcheck

import (
	"fmt"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/walletcheck/further"
	"kefu/internal/walletcheck/profile"
	"kefu/internal/walletcheck/recovery"
	"kefu/internal/walletcheck/wire"
)

// skip is why a check was not done.
type skip = further.Skip

// since are the checks of what was added to the contract after its first release.
func since() []Check {
	var all []Check
	for _, c := range further.Checks() {
		all = append(all, Check{c.ID, c.What, c.Why, func(p *probe) error { return c.Run(p) }})
	}
	return all
}

// profiled are the checks of what lies under every question.
func profiled() []Check {
	var all []Check
	for _, c := range profile.Checks() {
		all = append(all, Check{c.ID, c.What, c.Why, func(p *probe) error { return c.Run(p) }})
	}
	return all
}

// recoveries are the checks of how somebody is let in again.
func recoveries() []Check {
	var all []Check
	for _, c := range recovery.Checks() {
		all = append(all, Check{c.ID, c.What, c.Why, func(p *probe) error { return c.Run(p) }})
	}
	return all
}

// Send implements profile.Probe.
func (p *probe) Send(c wire.Call) wire.Answer { return p.send(c) }

// Listed implements profile.Probe.
func (p *probe) Listed() string { return "/transactions?customer=" + p.o.Customer }

// Now implements profile.Probe.
func (p *probe) Now() time.Time { return p.o.Clock() }

// Get implements further.Probe.
func (p *probe) Get(path string, into any) error { return p.send(wire.Get(path)).Read(into) }

// Refused implements further.Probe.
func (p *probe) Refused(path string, status int, codes ...string) error {
	return p.send(wire.Get(path)).Refused(status, codes...)
}

func keyed(path, key string, body any) wire.Call {
	c := wire.Post(path, body)
	c.Key = key
	return c
}

// Post implements further.Probe.
func (p *probe) Post(path, key string, body, into any) error {
	return p.send(keyed(path, key, body)).Read(into)
}

// RefusedPost implements further.Probe.
func (p *probe) RefusedPost(path, key string, body any, status int, codes ...string) error {
	return p.send(keyed(path, key, body)).Refused(status, codes...)
}

// Mine implements further.Probe.
func (p *probe) Mine(rest string) string { return p.mine(rest) }

// Others implements further.Probe.
func (p *probe) Others(rest string) string { return p.others(rest) }

// Customers implements further.Probe.
func (p *probe) Customers() (one, other string) { return p.o.Customer, p.o.Other }

// Leaving implements further.Probe.
func (p *probe) Leaving() string { return p.o.Leaving }

// Reads implements further.Probe.
func (p *probe) Reads(r wallet.Reading) error {
	if !p.told || !p.can.Reads(r) { // a wallet of the first release has none of it
		return skip("the wallet does not answer " + string(r))
	}
	return nil
}

// Does implements further.Probe.
func (p *probe) Does(a wallet.Act) error { return p.does(a) }

// Writes implements further.Probe.
func (p *probe) Writes(a wallet.Act) error { return p.writes(a) }

// Narrows implements further.Probe.
func (p *probe) Narrows(filter string) bool { return p.can.Narrows(filter) }

// Do implements further.Probe.
func (p *probe) Do(c wallet.Command) (wallet.Operation, error) { return p.do(c) }

// DoFor implements further.Probe.
func (p *probe) DoFor(kind string, c wallet.Command) (wallet.Operation, error) {
	made := told(c)
	made.Actor = fmt.Sprintf(`{"kind":%q,"id":"kefu-verify","role":"","case":"verify","purpose":"act"}`, kind)
	return p.operation(made, c)
}

// Staff implements further.Probe.
func (p *probe) Staff(c wallet.Command) (wallet.Operation, error) {
	made := told(c)
	made.Actor = wire.Actor
	return p.operation(made, c)
}

// Settled implements further.Probe.
func (p *probe) Settled(o wallet.Operation) (wallet.Operation, error) { return p.settled(o) }

// Prove implements further.Probe.
func (p *probe) Prove(c wallet.Command, level int) (string, error) { return p.prove(c, level) }

// Until implements further.Probe.
func (p *probe) Until(so func() (bool, error)) error { return p.until(so) }

// Transactions implements further.Probe.
func (p *probe) Transactions(rest string) ([]wallet.Transaction, error) {
	return p.all(p.o.Customer, rest, wallet.MaxPage)
}

// NewKey implements further.Probe.
func (p *probe) NewKey() string { return newKey() }

// removable finds an instrument on which nothing rests; "" for none.
func (p *probe) removable() (id, status string, err error) {
	all, err := many[wallet.Instrument](p, wire.Get(p.mine("/instruments")))
	for _, i := range all {
		u, err := one[instrument.Uses](p, wire.Get(p.mine("/instruments/"+i.ID+"/uses")))
		if err != nil {
			return "", "", fmt.Errorf("what rests on an instrument: %w", err)
		}
		if u.Removable {
			return i.ID, i.Status, nil
		}
	}
	return "", "", err
}

// ending is a command about an end that can be tried as a dry run.
func (p *probe) ending(c wallet.Command) (wallet.Command, error) {
	who := []string{p.o.Customer}
	if c.Act != wallet.Withdraw && p.o.Leaving != "" {
		who = []string{p.o.Leaving}
	}
	if c.Act == wallet.KeepOpen {
		who = append(who, p.o.Other)
	}
	var s closing.Standing
	for _, customer := range who {
		var err error
		if s, err = one[closing.Standing](p, wire.Get("/customers/"+customer+"/closure")); err != nil {
			return c, err
		}
		if c.CustomerID = customer; c.Act != wallet.KeepOpen || s.State == closing.Cooling {
			break
		}
	}
	c.Expect = string(s.State)
	switch {
	case c.Act == wallet.Withdraw:
		return further.Withdrawal(c, s)
	case c.Act == wallet.Close && (s.State != closing.Open || !s.Ready()):
		return c, skip("something is in the way of the end")
	case c.Act == wallet.KeepOpen && s.State != closing.Cooling:
		return c, skip("nobody asked for an end")
	}
	return c, nil
}
