package selfservice

import (
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
)

// sentence is where the money of a payment is, with its figures.
func sentence(m failure.Sentence) *selfservice.Sentence {
	if len(m.Text) == 0 || m.Amount.None() {
		return nil
	}
	amount := m.Amount
	figures := map[string]selfservice.Figure{"amount": {Money: &amount}}
	if m.At != 0 {
		figures["until"], figures["by"] = selfservice.Figure{At: m.At}, selfservice.Figure{At: m.At}
	}
	named := map[string]selfservice.Figure{}
	for _, name := range selfservice.Names(m.Text["en"]) {
		if f, ok := figures[name]; ok {
			named[name] = f
		}
	}
	return &selfservice.Sentence{Text: m.Text, Figures: named}
}

// paymentValue is a payment as its customer may see it. That somebody looks at it for
// risk is not in it.
func (s *Service) paymentValue(raw wallet.Transaction) selfservice.Value {
	now := s.now()
	t := raw.ForCustomer()
	x := s.Failures.Explain(raw, identity.AL1, now)
	fact := &selfservice.PaymentFact{
		ID: t.ID, Kind: string(t.Kind), Direction: string(t.Direction), State: string(t.State), Party: t.Party(), Rail: raw.Rail,
		Amount: t.Amount, Sum: selfservice.Whole(t.Amount), Currency: t.Amount.Currency(), Where: x.Money.Key, Money: sentence(x.Money),
		Begun: t.CreatedAt, ExpectedBy: t.ExpectedBy, AgeHours: hours(now - t.CreatedAt), Final: t.Final, There: true,
		Failed: failed(t), Over: over(t), Refunded: t.State == wallet.Refunded, Refunding: t.State == wallet.RefundPending,
	}
	if !fact.Failed { // to find money by; of what moved none a reference says nothing
		fact.Reference = raw.RailRef
	}
	switch fact.Where {
	case "late":
		fact.LateHours = max(1, hours(now-t.ExpectedBy))
	case "on_hold_until":
		fact.HeldUntil = x.Money.At
	}
	fact.Disputed = t.State == wallet.Disputed || t.State == wallet.ProvisionalCredit ||
		(!t.State.Over() && t.State != wallet.Won && slices.ContainsFunc(t.Related, func(r wallet.Relation) bool { return r.Kind == "dispute" }))
	return selfservice.Value{Type: selfservice.Payment, Payment: fact}
}

func hours(span wallet.Time) int64 {
	return int64(time.Duration(max(span, 0)) * time.Microsecond / time.Hour)
}

// failed tells whether a payment did not do what it was for.
func failed(t wallet.Transaction) bool {
	switch t.State {
	case wallet.PreCheckFailed, wallet.Failed, wallet.FailedAfterDebit, wallet.Expired, wallet.AutoReversal:
		return true
	case wallet.Voided, wallet.Reversed:
		return t.Failure != nil
	default:
		return false
	}
}

// over tells whether nothing more is to come of a payment by itself.
func over(t wallet.Transaction) bool {
	switch t.State {
	case wallet.Posted, wallet.PartiallyRefunded, wallet.Won:
		return true
	default:
		return t.State.Over()
	}
}

// belongs tells whether a payment is one of those that a list is of.
func belongs(which string, t wallet.Transaction, f *selfservice.PaymentFact) bool {
	paid := t.Direction == wallet.Out && slices.Contains([]wallet.Kind{wallet.KindPayment, wallet.KindInStore, wallet.KindBill}, t.Kind)
	sent := t.Direction == wallet.Out && (paid || slices.Contains([]wallet.Kind{wallet.KindTransfer, wallet.KindWithdrawal, wallet.KindCrypto, wallet.KindTopUp}, t.Kind))
	hanging := slices.Contains([]string{"unfinished", "unfinished_long", "on_hold", "on_hold_until", "underway", "underway_by", "late", "coming_back", "coming_back_by", "unknown"}, f.Where)
	switch which {
	case "failed":
		return f.Failed || (hanging && !strings.HasPrefix(f.Where, "underway") && f.Where != "unfinished" && !f.Refunding)
	case "underway":
		return hanging
	case "onchain":
		return t.Kind == wallet.KindCrypto
	case "refundable":
		return paid && (slices.Contains([]wallet.State{wallet.RefundPending, wallet.PartiallyRefunded, wallet.Refunded}, t.State) || (t.State == wallet.Posted && !t.Final))
	case "bought":
		return paid
	case "disputable":
		return sent && !f.Disputed && !f.Refunded && !f.Untaken() && f.Where != "came_back"
	default:
		return true
	}
}

// causeValue is why a payment did not work, to somebody of whom Kefu is this sure. Links
// open screens of the wallet's app, by name.
func (s *Service) causeValue(t wallet.Transaction, level identity.Level, links map[string]string) *selfservice.Value {
	x := s.Failures.Explain(t, max(level, identity.AL1), s.now())
	fact := &selfservice.CauseFact{
		Code: string(x.Told), Disclosed: x.Disclosed, Where: x.Money.Key, Retry: string(x.Retry), Next: []string{}, Version: x.Version,
		Title: x.Title, Text: x.Text, Money: sentence(x.Money), RetryText: x.RetryText, RetryAt: x.RetryAt,
	}
	for _, n := range x.Next {
		fact.Next = append(fact.Next, n.Key)
		step := selfservice.NextStep{Key: n.Key, Where: n.Where, Link: n.Link, Label: n.Label}
		if n.Where == "wallet" {
			step.URL = links[n.Link]
		}
		fact.Steps = append(fact.Steps, step)
	}
	return &selfservice.Value{Type: selfservice.Cause, Cause: fact}
}

func termsValue(t wallet.Terms) *selfservice.Value {
	return &selfservice.Value{Type: selfservice.Terms, Terms: &selfservice.TermsFact{
		Eligible: t.Eligible, Decides: t.Decides, Route: t.Route, Why: orNone(t.Why), Needs: orNone(t.Needs), Reasons: orNone(t.Reasons),
		Left: t.Left, LeftSum: selfservice.Whole(t.Left), Until: t.Until, AnswersBy: t.AnswersBy, FeeRefunded: t.FeeRefunded,
		HoursLeast: int64(t.ArrivesIn[0]), HoursMost: int64(t.ArrivesIn[1]),
	}}
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func instrumentValue(i wallet.Instrument) selfservice.Value {
	label := strings.TrimSpace(i.Brand + " •••• " + i.Last4)
	return selfservice.Value{Type: selfservice.Instrument, Instrument: &selfservice.InstrumentFact{ID: i.ID, Type: i.Type, Label: label, Status: i.Status, There: true}}
}

func refundValue(r wallet.Refund, now wallet.Time) selfservice.Value {
	return selfservice.Value{Type: selfservice.Refund, Refund: &selfservice.RefundFact{
		ID: r.ID, State: string(r.State), Route: r.Route, Amount: r.Amount, ExpectedBy: r.ExpectedBy, Reference: r.Reference, There: true,
		Late: r.State.Open() && r.ExpectedBy != 0 && now > r.ExpectedBy,
	}}
}

func deviceValue(d wallet.Device) selfservice.Value {
	label := firstOf(d.Model, d.OS, d.ID)
	return selfservice.Value{Type: selfservice.Device, Device: &selfservice.DeviceFact{ID: d.ID, Label: label, Trust: d.Trust, LastSeen: d.LastSeen}}
}
