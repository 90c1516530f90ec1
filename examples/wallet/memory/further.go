package memory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/platform/fault"
)

// linking is a form for adding an instrument, and what it was asked for with.
type linking struct {
	instrument.Link
	asked instrument.Adding
	due   wallet.Time // when its customer has filled it in
}

// Statements tells of the months of a customer, the newest first.
func (w *Wallet) Statements(_ context.Context, _ wallet.Actor, customer string) ([]statement.Statement, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return nil, err
	}
	return w.statements(p), nil
}

// statements writes the last three months: what each began and ended with follows from
// what there is now.
func (w *Wallet) statements(p *person) []statement.Statement {
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	now := w.o.Clock().In(zone)
	from := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	closing := p.balances[0].Total
	list := []statement.Statement{}
	for n := range 3 {
		s := statement.Statement{
			ID: p.ID + ":" + from.Format("2006-01"), CustomerID: p.ID, Kind: "month", From: wallet.At(from), To: wallet.At(from.AddDate(0, 1, 0)), TimeZone: zone.String(), State: statement.Open,
		}
		if n > 0 {
			s.State, s.ReadyAt, s.Forms = statement.Ready, s.To, []string{statement.PDF, statement.CSV}
		}
		f := statement.Figure{AccountID: p.accounts[0].ID, Closing: closing, In: euros("0.00"), Out: euros("0.00")}
		for _, t := range p.transactions {
			if t.PostedAt < s.From || t.PostedAt >= s.To {
				continue
			}
			f.Count++
			if t.Direction == wallet.In {
				f.In = plus(f.In, t.Amount)
			} else {
				f.Out = plus(f.Out, t.Amount)
			}
		}
		f.Opening = plus(plus(f.Closing, f.Out), f.In.Neg())
		s.Figures, closing, from = []statement.Figure{f}, f.Opening, from.AddDate(0, -1, 0)
		list = append(list, s)
	}
	return list
}

func plus(a, b wallet.Money) wallet.Money {
	sum, err := a.Add(b)
	if err != nil {
		panic(err) // both are euros
	}
	return sum
}

// Document gives a statement: as an address where the PDF lies, or as the bytes of a
// table.
func (w *Wallet) Document(_ context.Context, _ wallet.Actor, customer, id, form string) (statement.Document, error) {
	const op = "memory.Document"
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return statement.Document{}, err
	}
	all := w.statements(p)
	i := slices.IndexFunc(all, func(s statement.Statement) bool { return s.ID == id && slices.Contains(s.Forms, form) })
	if i < 0 {
		return statement.Document{}, fault.New(fault.NotFound, op, "there is no such statement, or not in that form")
	}
	d := statement.Document{StatementID: id, Form: form, Name: "statement." + form}
	if form == statement.PDF {
		d.Link, d.ExpiresAt = "https://wallet.example/statements/"+id, wallet.At(w.o.Clock().Add(time.Minute))
		return d, nil
	}
	var rows []statement.Row
	for _, t := range p.transactions {
		if t.PostedAt >= all[i].From && t.PostedAt < all[i].To {
			rows = append(rows, statement.RowOf(t))
		}
	}
	content := statement.Export(rows, time.UTC)
	sum := sha256.Sum256(content)
	d.Content, d.Digest = base64.StdEncoding.EncodeToString(content), hex.EncodeToString(sum[:])
	return d, nil
}

// Mandates tells who may charge a customer again.
func (w *Wallet) Mandates(_ context.Context, _ wallet.Actor, customer string) ([]instrument.Mandate, error) {
	return told(w, customer, func(p *person) []instrument.Mandate { return p.mandates })
}

// Uses tells what rests on an instrument.
func (w *Wallet) Uses(_ context.Context, _ wallet.Actor, customer, of string) (instrument.Uses, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return instrument.Uses{}, err
	}
	i := slices.IndexFunc(p.instruments, func(i wallet.Instrument) bool { return i.ID == of })
	if i < 0 {
		return instrument.Uses{}, absent()
	}
	return p.uses(p.instruments[i]), nil
}

func (p *person) uses(of wallet.Instrument) instrument.Uses {
	u := instrument.Uses{InstrumentID: of.ID, Default: of.Default, Last: of.Status == "active", Removable: of.Status != "removed"}
	for _, t := range p.transactions {
		if t.InstrumentID == of.ID && slices.Contains([]wallet.State{wallet.RiskHold, wallet.Authorised, wallet.Processing, wallet.Unknown}, t.State) {
			u.Payments = append(u.Payments, t.ID)
		}
		if t.InstrumentID != of.ID {
			continue
		}
		for _, r := range p.refunds {
			if r.TransactionID == t.ID && r.State.Open() {
				u.Refunds = append(u.Refunds, r.ID)
			}
		}
	}
	for _, m := range p.mandates {
		if m.InstrumentID == of.ID && m.Charges() {
			u.Mandates = append(u.Mandates, m)
		}
	}
	for _, o := range p.instruments {
		u.Last = u.Last && (o.ID == of.ID || o.Status != "active")
	}
	for why, so := range map[string]bool{"pending_payments": len(u.Payments) > 0, "refunds_expected": len(u.Refunds) > 0, "mandates": len(u.Mandates) > 0, "removed": of.Status == "removed"} {
		if so {
			u.Removable, u.Why = false, append(u.Why, why)
		}
	}
	slices.Sort(u.Why)
	return u
}

func (w *Wallet) planInstrument(p *person, c wallet.Command) (plan, error) {
	i := slices.IndexFunc(p.instruments, func(i wallet.Instrument) bool { return i.ID == c.Target })
	if i < 0 {
		return plan{}, absent()
	}
	is := p.instruments[i]
	change := func(change func(*wallet.Instrument)) func() []wallet.Made {
		return func() []wallet.Made {
			p.instruments = slices.Clone(p.instruments)
			for n := range p.instruments {
				change(&p.instruments[n])
			}
			w.notify(wallet.InstrumentChanged, p.ID, c.Target)
			return nil
		}
	}
	switch {
	case c.Expect != is.Status:
		return plan{refusal: wallet.StateChanged}, nil
	case c.Act == wallet.SetDefault && is.Default, c.Act == wallet.RemoveInstrument && is.Status == "removed":
		return plan{refusal: wallet.AlreadyDone}, nil
	case c.Act == wallet.SetDefault && is.Status != "active", c.Act == wallet.RemoveInstrument && !p.uses(is).Removable:
		return plan{refusal: wallet.NotEligible}, nil
	case c.Act == wallet.SetDefault:
		return plan{summary: wallet.Summary{Effects: []string{"default_changes"}, State: is.Status, Reversible: true}, carry: change(func(x *wallet.Instrument) { x.Default = x.ID == c.Target })}, nil
	}
	return plan{summary: wallet.Summary{Effects: []string{"instrument_removed", "told_everywhere"}, State: is.Status}, needs: []wallet.Refusal{wallet.StepUpRequired}, carry: change(func(x *wallet.Instrument) {
		if x.ID == c.Target {
			x.Status, x.Default = "removed", false
		}
	})}, nil
}

func (w *Wallet) planMandate(p *person, c wallet.Command) (plan, error) {
	i := slices.IndexFunc(p.mandates, func(m instrument.Mandate) bool { return m.ID == c.Target })
	if i < 0 {
		return plan{}, absent()
	}
	m := p.mandates[i]
	switch {
	case m.State == instrument.Cancelled:
		return plan{refusal: wallet.AlreadyDone}, nil
	case c.Expect != m.State:
		return plan{refusal: wallet.StateChanged}, nil
	case !m.Cancellable:
		return plan{refusal: wallet.NotEligible}, nil
	}
	return plan{summary: wallet.Summary{Effects: []string{"charges_stop"}, State: m.State}, carry: func() []wallet.Made {
		p.mandates = slices.Clone(p.mandates)
		p.mandates[i].State, p.mandates[i].Cancellable, p.mandates[i].CancelledAt, p.mandates[i].NextAt = instrument.Cancelled, false, w.now(), 0
		w.notify(wallet.MandateChanged, p.ID, m.ID)
		return nil
	}}, nil
}

// Link opens the wallet's form for adding an instrument; its customer fills it in after a
// moment.
func (w *Wallet) Link(_ context.Context, _ wallet.Actor, a instrument.Adding) (instrument.Link, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(a.CustomerID)
	if err != nil {
		return instrument.Link{}, err
	}
	for _, l := range p.links {
		if l.asked.Key != a.Key {
			continue
		}
		if l.asked != a {
			return instrument.Link{}, mismatch("memory.Link")
		}
		return l.Link, nil
	}
	id := w.id("form")
	l := &linking{asked: a, due: wallet.At(w.o.Clock().Add(w.o.Delay)), Link: instrument.Link{
		ID: id, CustomerID: p.ID, State: instrument.Pending, Address: "https://wallet.example/cards/add/" + id, ExpiresAt: wallet.At(w.o.Clock().Add(30 * time.Minute)), TriesLeft: 3,
	}}
	p.links = append(p.links, l)
	return l.Link, nil
}

// Linked tells what became of a form.
func (w *Wallet) Linked(_ context.Context, _ wallet.Actor, customer, id string) (instrument.Link, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return instrument.Link{}, err
	}
	for _, l := range p.links {
		if l.ID == id {
			return l.Link, nil
		}
	}
	return instrument.Link{}, absent()
}

// fill has a customer fill a form in; w.mu is held.
func (w *Wallet) fill(p *person, l *linking) {
	if l.State != instrument.Pending || w.now() < l.due {
		return
	}
	i := wallet.Instrument{ID: w.id(p.ID + ":added"), Type: l.asked.Type, Brand: "visa", Last4: "4242", Expiry: "2031-01", Status: "active", VerifiedAt: w.now(), Verification: "verified", NameMatch: "full"}
	if i.Type != "card" {
		i.Brand, i.Expiry = "", ""
	}
	p.instruments = append(slices.Clone(p.instruments), i)
	l.State, l.Address, l.InstrumentID = instrument.Added, "", i.ID
	w.notify(wallet.InstrumentChanged, p.ID, i.ID)
}

// Fees tells what the wallet charges for: of withdrawals another fee is announced.
func (w *Wallet) Fees(context.Context) (tariff.Schedule, error) {
	now := w.o.Clock()
	at := func(days int) wallet.Time { return wallet.At(now.Truncate(24*time.Hour).AddDate(0, 0, days)) }
	return tariff.Schedule{Version: "7", PublishedAt: at(-20), Lines: []tariff.Line{
		{ID: "account", Kind: tariff.Account, Currency: "EUR", Period: "year", From: at(-400), Tiers: []tariff.Tier{{Fixed: euros("0.00")}}},
		{ID: "withdrawal", Kind: tariff.Withdrawal, Currency: "EUR", From: at(-400), Until: at(40), Min: euros("1.00"), Max: euros("10.00"), Tiers: []tariff.Tier{{UpTo: euros("100.00"), Percent: "1"}, {Percent: "0.75"}}},
		{ID: "withdrawal-next", Kind: tariff.Withdrawal, Currency: "EUR", From: at(40), AnnouncedAt: at(-20), Min: euros("1.50"), Max: euros("10.00"), Tiers: []tariff.Tier{{Percent: "1"}}},
		{ID: "withdrawal-fi", Kind: tariff.Withdrawal, Currency: "EUR", Jurisdictions: []string{"FI"}, From: at(-400), Tiers: []tariff.Tier{{Fixed: euros("0.00")}}},
		{ID: "exchange", Kind: tariff.Exchange, Margin: "0.45", Reference: "ecb", From: at(-400)},
	}}, nil
}
