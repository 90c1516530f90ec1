package demowallet

import (
	"context"
	"slices"
	"time"

	"kefu/internal/connector/demowallet/alerts"
	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/consents"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/loyalty"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
)

// Campaign is an offer as the operator makes it.
type Campaign = loyalty.Campaign

// Person is a customer whose life the demo invents.
type Person = lives.Person

const day = wallet.Time(24 * 3600 * 1_000_000)

// Seed gives each person an invented life of three months up to now and their story,
// unless they have one already. The past is told to nobody: there are no notices of it.
// What had not ended by now goes on in the simulator. Errors: Unavailable.
func (w *Wallet) Seed(ctx context.Context, people []Person) error {
	for _, p := range people {
		_, err := w.Customer(ctx, wallet.Actor{}, p.ID)
		if err == nil {
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		err = w.do(ctx, func(d *desk) error {
			d.Silent = true
			return lives.Write(writer{d}, p, w.now())
		})
		if err != nil {
			return fault.Wrap("demowallet.Seed", err)
		}
	}
	return nil
}

// writer writes lives down.
type writer struct{ *desk }

// AddCustomer implements lives.Writer.
func (w writer) AddCustomer(c wallet.Customer) error { return w.addCustomer(c) }

// OpenAccount implements lives.Writer.
func (w writer) OpenAccount(customer, currency string, scale int, a wallet.Account) error {
	return w.desk.OpenAccount(customer, currency, scale, a)
}

// Keep implements lives.Writer.
func (w writer) Keep(customer string, v any) error {
	switch v := v.(type) {
	case wallet.Instrument:
		return put(w.desk, keep.KindInstrument, v.ID, customer, 0, v)
	case wallet.Attempt:
		return w.attempted(v)
	case wallet.Device:
		return put(w.desk, keep.KindDevice, v.ID, customer, v.LastSeen, v)
	case wallet.Session:
		return put(w.desk, keep.KindSession, v.ID, customer, v.At, v)
	case wallet.Factor:
		return put(w.desk, keep.KindFactor, v.ID, customer, -v.CreatedAt, v)
	case wallet.Alert:
		return alerts.Raise(w.desk.Desk, customer, v.Kind, v.About, v.Severity)
	case wallet.Limit:
		v.ResetsAt = resets(v.Period, w.At)
		return w.keepLimit(customer, v)
	case instrument.Mandate:
		return cards.Permit(w.Desk, v)
	case lives.Private:
		return put(w.desk, keep.KindPrivate, customer, customer, 0, v)
	case lives.Stray:
		return chain.Put(w.Desk, chain.Deposit{ID: v.ID, CustomerID: customer, Known: true, Amount: v.Amount, Problem: onchain.MissingMemo, Address: v.Address}, v.At)
	case lives.Member:
		return loyalty.Begin(w.Desk, customer, v.Since)
	case lives.Said:
		return consents.Record(w.Desk, customer, v.Change)
	case lives.Campaign:
		_, err := loyalty.Invite(w.Desk, customer, v)
		return err
	case lives.Forgotten:
		return loyalty.Forget(w.Desk, customer, v.Purchases)
	case lives.Merchant:
		return put(w.desk, keep.KindMerchant, v.Name, "", 0, v)
	case lives.Payee:
		return put(w.desk, keep.KindPayee, v.ID, customer, 0, v)
	default:
		return fault.New(fault.Internal, "demowallet.Keep", "the wallet has no place for a %T", v)
	}
}

// Begin implements lives.Writer.
func (w writer) Begin(t wallet.Transaction) error {
	_, err := w.desk.Begin(t, keep.World(t.Amount), rails.Fate{Kind: rails.Fine})
	return err
}

// Advance implements lives.Writer.
func (w writer) Advance(id string, step rails.Step, last bool) error {
	p, err := w.desk.Payment(id)
	if err != nil {
		return err
	}
	if last {
		p.Expires(step)
	}
	return w.desk.Advance(p, step)
}

// Later implements lives.Writer.
func (w writer) Later(id string, steps []rails.Step) error {
	p, err := w.desk.Payment(id)
	if err != nil {
		return err
	}
	p.Plan = steps
	return w.desk.Save(p)
}

// Short implements lives.Writer.
func (w writer) Short(id string, at wallet.Time) error {
	p, err := w.desk.Payment(id)
	if err != nil {
		return err
	}
	return w.desk.Advance(p, keep.Move{To: wallet.Failed, At: at, Failure: w.w.own(p.Tx.Rail, wallet.InsufficientFunds)})
}

// Refused implements lives.Writer.
func (w writer) Refused(t wallet.Transaction, raw string) ([]rails.Step, error) {
	plan, err := w.w.plan(t, rails.Fate{Kind: rails.Refused, Raw: raw})
	return plan.Steps(), err
}

// Refunding implements lives.Writer.
func (w writer) Refunding(bought string, refund wallet.Transaction, asked, arrives wallet.Time) error {
	p, err := w.desk.Payment(bought)
	if err != nil {
		return err
	}
	p.Open = keep.More(p.Open, refund.Amount)
	if err := w.desk.Save(p); err != nil {
		return err
	}
	brings, err := w.desk.Payment(refund.ID)
	if err != nil {
		return err
	}
	r := refundKept{Refund: wallet.Refund{
		ID: "rf-" + refund.ID, CustomerID: refund.CustomerID, TransactionID: bought, RefundTx: refund.ID, Amount: refund.Amount, Reason: "returned", State: wallet.RefundProcessing,
		Route: "original", RequestedAt: asked, ExpectedBy: arrives, Reference: refund.RailRef,
	}, Plan: []refundMove{{To: wallet.RefundSucceeded, At: arrives}}}
	brings.Refund = r.ID
	if err := w.desk.Save(brings); err != nil {
		return err
	}
	return w.saveRefund(r)
}

// addCustomer writes a customer down, and by what they are found. Errors: Invalid.
func (d *desk) addCustomer(c wallet.Customer) error {
	if err := put(d, keep.KindCustomer, c.ID, "", 0, c); err != nil {
		return err
	}
	for _, h := range c.Handles {
		if err := put(d, keep.KindHandle, keep.HandleID(h.Kind, h.Value), "", 0, map[string]string{"customer": c.ID}); err != nil {
			return err
		}
	}
	return nil
}

// attempted writes down that somebody tried to pay.
func (d *desk) attempted(a wallet.Attempt) error {
	return put(d, keep.KindAttempt, a.TraceID, a.CustomerID, a.At, a)
}

// fresh is a limit as it stands at a time: of a period that is over nothing is used.
func fresh(l wallet.Limit, at wallet.Time) wallet.Limit {
	if l.ResetsAt != 0 && at >= l.ResetsAt {
		l.Used, l.ResetsAt = keep.None(l.Max), resets(l.Period, at)
	}
	return l
}

// periods are those of limits, in their order.
func periods() []string { return []string{"transaction", "day", "month"} }

func (d *desk) keepLimit(customer string, l wallet.Limit) error {
	return put(d, keep.KindLimit, l.ID, customer, wallet.Time(-slices.Index(periods(), l.Period)), l)
}

// resets is when a period ends that began before at; 0 where nothing is added up.
func resets(period string, at wallet.Time) wallet.Time {
	t := at.Std()
	switch period {
	case "day":
		return wallet.At(time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC))
	case "month":
		return wallet.At(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
	default:
		return 0
	}
}
