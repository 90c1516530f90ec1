package flawed

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
)

// further are faults in what was added to the contract after its first release.
func further() []Fault {
	var all []Fault
	for _, f := range [][3]string{
		{"wrong-statement", "tells of a statement that does not add up", "statements.contract"},
		{"torn-statements", "begins a month with something else than the one before ended with", "statements.follow"},
		{"foreign-document", "gives a statement to whoever asks", "statements.document.other"},
		{"torn-document", "gives bytes that are not those of their digest", "statements.document"},
		{"formula", "writes a name into a table that a program takes for a formula", "statements.document.cells"},
		{"shared-mandates", "tells everybody of the same mandates", "mandates.owner"},
		{"undying-mandate", "says that it ended a mandate, and does not", "mandate.cancelled"},
		{"easy-uses", "says that everything can be removed", "uses.removable"},
		{"hidden-uses", "does not tell which payments rest on a card", "uses.payments"},
		{"foreign-uses", "tells everybody what rests on a card", "uses.other"},
		{"easy-remove", "removes a card on which a payment rests", "instrument.remove.used"},
		{"free-remove", "removes a card without a proof", "instrument.remove.proof"},
		{"sticky-card", "says that it removed a card, and does not", "instrument.remove.done"},
		{"two-defaults", "makes a second card the default beside the first", "instrument.default.one"},
		{"many-forms", "opens another form each time", "links.again"},
		{"foreign-form", "tells everybody of a form", "links.other"},
		{"script-form", "gives a script for the address of a form", "links.address"},
		{"two-fees", "says two things of one fee at one time", "fees.contract"},
		{"silent-change", "changes a fee that nobody was told of", "fees.announced"},
		{"no-instrument", "does not narrow by instrument", "transactions.filter.instrument"},
		{"hasty-arrival", "says that a transfer arrived before its network confirmed it", "onchain.contract"},
		{"shared-transfers", "tells everybody of the same transfers over public networks", "onchain.owner"},
		{"old-transfers-first", "tells of the oldest transfer first", "onchain.order"},
		{"any-txid", "tells of all transfers whichever transaction is asked for", "onchain.txid"},
		{"open-txid", "tells of a transfer to whoever names its transaction", "onchain.txid.other"},
		{"foreign-transfer", "tells everybody of a transfer", "onchain.other"},
		{"script-asking", "gives a script for the address at which it asks what the law wants to know", "onchain.asking"},
		{"dear-retrieval", "takes more for bringing a transfer back than it says before", "retrieval.cost"},
		{"free-retrieval", "brings a transfer back without a proof", "retrieval.proof"},
		{"easy-retrieval", "takes on what it says cannot be brought back", "retrieval.impossible"},
		{"idle-retrieval", "says that it brings a transfer back, and does not", "retrieval.done"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return all
}

// Statements tells of statements.
func (f *faulty) Statements(ctx context.Context, by wallet.Actor, customer string) ([]statement.Statement, error) {
	list, err := f.Full.Statements(ctx, by, customer)
	if len(list) < 2 {
		return list, err
	}
	last := &list[1].Figures[0]
	switch f.on {
	case "wrong-statement":
		last.In = last.Closing
	case "torn-statements":
		last.Opening, last.Closing = last.Closing, double(last.Closing)
		last.In, last.Out = last.Opening, zero(last.Opening)
	}
	return list, err
}

func double(m wallet.Money) wallet.Money {
	sum, err := m.Add(m)
	if err != nil {
		return m
	}
	return sum
}

func zero(m wallet.Money) wallet.Money {
	sum, err := m.Add(m.Neg())
	if err != nil {
		return m
	}
	return sum
}

// Document gives a statement to keep.
func (f *faulty) Document(ctx context.Context, by wallet.Actor, customer, id, form string) (statement.Document, error) {
	d, err := f.Full.Document(ctx, by, customer, id, form)
	if f.on == "foreign-document" && err != nil {
		return f.Full.Document(ctx, by, other(customer), id, form)
	}
	if err != nil || (f.on != "torn-document" && f.on != "formula") {
		return d, err
	}
	content := []byte("id,party\r\n1,\"=HYPERLINK(\"\"https://evil.example\"\")\"\r\n")
	sum := sha256.Sum256(content)
	d.Form, d.Link, d.ExpiresAt, d.Content, d.Digest = form, "", 0, base64.StdEncoding.EncodeToString(content), hex.EncodeToString(sum[:])
	if f.on == "torn-document" {
		d.Content = base64.StdEncoding.EncodeToString(content[:20])
	}
	return d, nil
}

// Mandates tells who may charge a customer again.
func (f *faulty) Mandates(ctx context.Context, by wallet.Actor, customer string) ([]instrument.Mandate, error) {
	if f.on == "shared-mandates" && customer == memory.Anna {
		customer = memory.Bo
	}
	return f.Full.Mandates(ctx, by, customer)
}

// Uses tells what rests on an instrument.
func (f *faulty) Uses(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Uses, error) {
	u, err := f.Full.Uses(ctx, by, customer, id)
	switch f.on {
	case "foreign-uses":
		if err != nil {
			return f.Full.Uses(ctx, by, other(customer), id)
		}
	case "easy-uses":
		u.Removable, u.Why = true, nil
	case "hidden-uses":
		u.Payments = nil
	}
	return u, err
}

// Link opens a form.
func (f *faulty) Link(ctx context.Context, by wallet.Actor, a instrument.Adding) (instrument.Link, error) {
	if f.on == "many-forms" {
		a.Key = fmt.Sprintf("form-%d", f.count.Add(1))
	}
	l, err := f.Full.Link(ctx, by, a)
	if f.on == "script-form" && l.Address != "" {
		l.Address = "javascript:alert(1)"
	}
	return l, err
}

// Linked tells what became of a form.
func (f *faulty) Linked(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Link, error) {
	l, err := f.Full.Linked(ctx, by, customer, id)
	if f.on == "foreign-form" && err != nil {
		return f.Full.Linked(ctx, by, other(customer), id)
	}
	return l, err
}

// Fees tells what the wallet charges for.
func (f *faulty) Fees(ctx context.Context) (tariff.Schedule, error) {
	s, err := f.Full.Fees(ctx)
	for i := range s.Lines {
		switch {
		case f.on == "two-fees" && s.Lines[i].Until != 0:
			s.Lines[i].Until = 0
		case f.on == "silent-change":
			s.Lines[i].AnnouncedAt = 0
		}
	}
	return s, err
}

// Instruments tells of cards and bank accounts.
func (f *faulty) Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error) {
	list, err := f.Full.Instruments(ctx, by, customer)
	for i := range list {
		list[i].Default = list[i].Default || (f.on == "two-defaults" && list[i].ID == customer+":card") // as it was at first
	}
	return list, err
}

// idle is the act that a wallet with such a fault says that it did, and does not.
func idle(on string) wallet.Act {
	return map[string]wallet.Act{"freeze-nothing": wallet.Freeze, "undying-mandate": wallet.CancelMandate, "undying-recovery": wallet.StopRecovery, "sticky-card": wallet.RemoveInstrument, "idle-retrieval": wallet.RequestRetrieval,
		"no-closure": wallet.Close, "no-way-back": wallet.KeepOpen}[on]
}

// unhindered is what becomes of a command about a card or mandate, where that is the fault.
func (f *faulty) unhindered(o wallet.Operation, c wallet.Command) (wallet.Operation, bool) {
	var is bool
	switch f.on {
	case "easy-remove":
		is = c.Act == wallet.RemoveInstrument && o.Refusal == wallet.NotEligible
	case "free-remove":
		is = c.Act == wallet.RemoveInstrument && o.Refusal == wallet.StepUpRequired
	case "free-retrieval":
		is = c.Act == wallet.RequestRetrieval && o.Refusal == wallet.StepUpRequired
	case "easy-retrieval":
		is = c.Act == wallet.RequestRetrieval && o.Refusal == wallet.NotEligible
	default:
		return o, false
	}
	return f.done(c), is
}
