package selfservice

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Wallet is the least that runs ask of the operator's wallet. What else it can answer
// is found out by asking whether it has the methods below, and whether its
// Capabilities list the reading: one that is not there is unavailable. Errors of all:
// NotFound, Invalid, Unavailable.
type Wallet interface {
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
	Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error)
	Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
}

// What a wallet may be able to do beside.
type (
	// Capable says what it can.
	Capable interface {
		Capabilities(ctx context.Context) (wallet.Capabilities, error)
	}
	// Attempting knows of payments that never began.
	Attempting interface {
		Attempts(ctx context.Context, by wallet.Actor, customer, traceID string) ([]wallet.Attempt, error)
	}
	// Refunding knows of refunds, and whether there can be one.
	Refunding interface {
		Refunds(ctx context.Context, by wallet.Actor, customer, tx string) ([]wallet.Refund, error)
		Terms(ctx context.Context, by wallet.Actor, customer, tx string) (wallet.Terms, error)
	}
	// Disputing knows of disputes.
	Disputing interface {
		Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error)
	}
	// Guarding knows of devices.
	Guarding interface {
		Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error)
	}
	// Limiting knows how much may be moved.
	Limiting interface {
		Limits(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Limit, error)
	}
	// Restricting knows what is not allowed at present.
	Restricting interface {
		Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error)
	}
	// Proving knows by what customers prove who they are.
	Proving interface {
		Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error)
	}
	// Troubling knows what does not work at present.
	Troubling interface {
		Incidents(ctx context.Context) ([]wallet.Incident, error)
	}
)

// readings remembers what the wallet can do.
type readings struct {
	mu    sync.Mutex
	of    wallet.Capabilities
	until time.Time
}

// How long it is believed what a wallet can do, and that it did not say so.
const (
	ableFor  = 5 * time.Minute
	mutedFor = 10 * time.Second
)

// able is what the wallet can do. One that does not say, or does not answer, can do
// what every wallet could before there were capabilities.
func (s *Service) able(ctx context.Context) wallet.Capabilities {
	least := wallet.Capabilities{Readings: []wallet.Reading{wallet.ReadCustomer, wallet.ReadTransactions, wallet.ReadInstruments}}
	if s.Wallet == nil {
		return wallet.Capabilities{}
	}
	from, says := s.Wallet.(Capable)
	if !says {
		return least
	}
	r := &s.readings
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := s.Clock(); now.After(r.until) {
		got, err := from.Capabilities(ctx)
		switch {
		case err == nil:
			r.of, r.until = got, now.Add(ableFor)
		case len(r.of.Readings) == 0:
			r.of, r.until = least, now.Add(mutedFor)
		default:
			r.until = now.Add(mutedFor)
		}
	}
	return r.of
}

// Tells is whether the wallet answers a reading, as far as is known at present.
func (s *Service) Tells(ctx context.Context, r wallet.Reading) bool { return s.able(ctx).Reads(r) }

// reader is the part of the wallet that answers a reading. Errors: Unavailable.
func reader[T any](ctx context.Context, s *Service, r wallet.Reading) (T, error) {
	return reads.Part[T](ctx, purse{s: s}, r)
}

// asker is on whose behalf a run asks the wallet, and about whom.
type asker struct {
	p   identity.Principal
	rec selfservice.Record
}

func (s *Service) asker(p identity.Principal, rec selfservice.Record) asker { return asker{p, rec} }

// in opens the wallet for an asker: who asks, and the wallet's id of the customer.
// Errors: Unavailable without a wallet, and when the customer is none of its.
func (s *Service) in(ctx context.Context, a asker) (wallet.Actor, string, error) {
	const op = "selfservice.in"
	if s.Wallet == nil {
		return wallet.Actor{}, "", fault.New(fault.Unavailable, op, "there is no wallet")
	}
	id, err := s.Store.FlowSubject(ctx, a.p, a.rec.ConversationID, a.rec.CustomerID, s.options.Issuer)
	if fault.Is(err, fault.NotFound) {
		return wallet.Actor{}, "", fault.New(fault.Unavailable, op, "the customer is none of the wallet's")
	}
	by := wallet.Actor{Kind: identity.Customer.String(), ID: a.rec.CustomerID, Case: a.rec.ConversationID, Purpose: wallet.PurposeOwn}
	if a.p.Kind == identity.Staff {
		by = wallet.Actor{Kind: a.p.Kind.String(), ID: a.p.ID, Role: string(a.p.Role), Case: a.rec.ConversationID, Purpose: wallet.PurposeView}
	}
	return by, id, err
}

// asked asks the wallet for a reading of the customer's, where it has it. Errors: those of
// reader, in and the wallet.
func asked[T, R any](ctx context.Context, s *Service, a asker, r wallet.Reading, ask func(T, context.Context, wallet.Actor, string) (R, error)) (R, error) {
	return reads.Ask(ctx, reads.Asked{Wallet: purse{s, a}}, r, ask)
}

// question is what a read is asked by a run.
func (s *Service) question(a asker, x *selfservice.Effect) reads.Asked {
	return reads.Asked{
		Who: a.p, Run: a.rec.ID, Conversation: a.rec.ConversationID, Customer: a.rec.CustomerID, Language: a.rec.Language, Now: s.now(),
		Args: x.Args, Words: x.With, Wallet: purse{s, a},
	}
}

// purse is the wallet for a read.
type purse struct {
	s *Service
	a asker
}

// Of implements reads.Wallet.
func (p purse) Of() any { return p.s.Wallet }

// Reads implements reads.Wallet.
func (p purse) Reads(ctx context.Context, r wallet.Reading) bool { return p.s.able(ctx).Reads(r) }

// In implements reads.Wallet.
func (p purse) In(ctx context.Context) (wallet.Actor, string, error) { return p.s.in(ctx, p.a) }

// refunds are those of a payment; "" for all of the customer's.
func (s *Service) refunds(ctx context.Context, a asker, tx string) ([]wallet.Refund, error) {
	return asked(ctx, s, a, wallet.ReadRefunds, func(from Refunding, ctx context.Context, by wallet.Actor, id string) ([]wallet.Refund, error) {
		return from.Refunds(ctx, by, id, tx)
	})
}

const (
	lookBack   = 90 * 24 * time.Hour // for payments to choose from
	failedBack = 30 * 24 * time.Hour
	mostPages  = 3
	attemptRef = "attempt:" // before the trace of a payment that never began
	twinWithin = time.Hour
)

// list gives what may be chosen from.
func (s *Service) list(ctx context.Context, a asker, x *selfservice.Effect) ([]selfservice.Value, error) {
	with := x.With
	switch x.Source {
	case "payments":
		return s.payments(ctx, a, with["which"])
	case "instruments":
		by, id, err := s.in(ctx, a)
		if err != nil {
			return nil, err
		}
		all, err := s.Wallet.Instruments(ctx, by, id)
		return values(all, err, func(i wallet.Instrument) (selfservice.Value, bool) {
			return instrumentValue(i), offers(with["which"], i)
		})
	case "refunds":
		all, err := s.refunds(ctx, a, "")
		return values(all, err, func(r wallet.Refund) (selfservice.Value, bool) { return refundValue(r, s.now()), true })
	case "disputes":
		return s.disputes(ctx, a, func(wallet.Dispute) bool { return true })
	case "open_disputes":
		return s.disputes(ctx, a, func(d wallet.Dispute) bool { return !d.State.Over() })
	case "freezes":
		all, err := asked(ctx, s, a, wallet.ReadRestrictions, Restricting.Restrictions)
		return values(all, err, func(r wallet.Restriction) (selfservice.Value, bool) {
			line := stopLine(r.ForCustomer())
			return selfservice.Value{Type: selfservice.Stop, Stop: &line}, lifts(r.ForCustomer())
		})
	case "devices":
		all, err := asked(ctx, s, a, wallet.ReadDevices, Guarding.Devices)
		return values(all, err, func(d wallet.Device) (selfservice.Value, bool) { return deviceValue(d), d.Trust != "revoked" })
	default:
		return s.Reads.List(ctx, x.Source, s.question(a, x))
	}
}

// offers tells whether an instrument is one of those that a list is of. What cannot be
// paid with any more need not be taken off a phone.
func offers(which string, i wallet.Instrument) bool {
	switch which {
	case "cards":
		return i.Type == "card" && i.Status != "removed"
	case "usable", "tokens":
		return i.Status == "active" && i.Type == map[string]string{"usable": "card", "tokens": "network_token"}[which]
	default:
		return i.Status != "removed"
	}
}

func values[T any](all []T, err error, of func(T) (selfservice.Value, bool)) ([]selfservice.Value, error) {
	if err != nil {
		return nil, err
	}
	var list []selfservice.Value
	for _, one := range all {
		if v, ok := of(one); ok {
			list = append(list, v)
		}
	}
	return list, nil
}

func (s *Service) now() wallet.Time { return wallet.At(s.Clock()) }

// transactions are a customer's since a time, the newest first, as far as they are
// looked through.
func (s *Service) transactions(ctx context.Context, a asker, back time.Duration) ([]wallet.Transaction, error) {
	by, id, err := s.in(ctx, a)
	if err != nil {
		return nil, err
	}
	q := wallet.Query{CustomerID: id, From: wallet.At(s.Clock().Add(-back)), Limit: wallet.MaxPage}
	var all []wallet.Transaction
	for range mostPages {
		page, err := s.Wallet.Transactions(ctx, by, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return all, nil
}

func (s *Service) payments(ctx context.Context, a asker, which string) ([]selfservice.Value, error) {
	back := lookBack
	if which == "failed" {
		back = failedBack
	}
	all, err := s.transactions(ctx, a, back)
	if err != nil {
		return nil, err
	}
	list, err := values(all, nil, func(t wallet.Transaction) (selfservice.Value, bool) {
		v := s.paymentValue(t)
		return v, belongs(which, t, v.Payment)
	})
	if err != nil || which != "failed" {
		return list, err
	}
	attempts, err := s.attempts(ctx, a, "")
	if err != nil { // the payments that did begin are shown all the same
		return list, nil
	}
	for _, t := range attempts {
		if t.CreatedAt >= wallet.At(s.Clock().Add(-back)) {
			list = append(list, s.paymentValue(t))
		}
	}
	slices.SortStableFunc(list, func(x, y selfservice.Value) int { return int(max(-1, min(1, y.Payment.Begun-x.Payment.Begun))) })
	return list, nil
}

// attempts are payments that never began, told as transactions that failed before
// anything was taken. Trace is of the one that is looked for; "" for all.
func (s *Service) attempts(ctx context.Context, a asker, trace string) ([]wallet.Transaction, error) {
	all, err := asked(ctx, s, a, wallet.ReadAttempts, func(from Attempting, ctx context.Context, by wallet.Actor, id string) ([]wallet.Attempt, error) {
		return from.Attempts(ctx, by, id, trace)
	})
	if err != nil {
		return nil, err
	}
	var list []wallet.Transaction
	for _, t := range all {
		if t.TransactionID != "" || t.Amount.None() {
			continue
		}
		list = append(list, wallet.Transaction{
			ID: attemptRef + t.TraceID, CustomerID: t.CustomerID, Kind: wallet.KindPayment, Direction: wallet.Out, Amount: t.Amount, Merchant: &wallet.Merchant{Name: t.Party},
			State: wallet.PreCheckFailed, Failure: t.Failure, CreatedAt: t.At, History: []wallet.Step{{State: wallet.PreCheckFailed, At: t.At}},
		})
	}
	return list, nil
}

// transaction finds a payment, or an attempt. Errors: NotFound.
func (s *Service) transaction(ctx context.Context, a asker, ref string) (wallet.Transaction, error) {
	const op = "selfservice.transaction"
	if trace, is := strings.CutPrefix(ref, attemptRef); is {
		found, err := s.attempts(ctx, a, trace)
		if err != nil {
			return wallet.Transaction{}, err
		}
		if len(found) == 0 {
			return wallet.Transaction{}, fault.New(fault.NotFound, op, "there is no such attempt")
		}
		return found[0], nil
	}
	if !wallet.ValidID(ref) {
		return wallet.Transaction{}, fault.New(fault.NotFound, op, "no payment has an id of that form")
	}
	by, id, err := s.in(ctx, a)
	if err != nil {
		return wallet.Transaction{}, err
	}
	return s.Wallet.Transaction(ctx, by, id, ref)
}

func (s *Service) payment(ctx context.Context, a asker, ref string) (selfservice.Value, error) {
	t, err := s.transaction(ctx, a, ref)
	if err != nil {
		return selfservice.Value{}, err
	}
	return s.paymentValue(t), nil
}

// call asks one of the questions that a flow may ask.
func (s *Service) call(ctx context.Context, a asker, x *selfservice.Effect) (*selfservice.Value, error) {
	ref := x.Args["payment"].Ref()
	switch x.Do {
	case "explain":
		t, err := s.transaction(ctx, a, ref)
		if err != nil {
			return nil, err
		}
		return s.causeValue(t, a.p.Level, s.able(ctx).Links), nil
	case "refresh":
		v, err := s.payment(ctx, a, ref)
		return &v, err
	case "find_duplicate":
		return s.twin(ctx, a, ref)
	case "terms":
		return s.terms(ctx, a, ref)
	case "incident":
		return s.incident(ctx, x.Args["payment"].Payment, a.rec.Language)
	case "refund_of":
		return s.refundOf(ctx, a, ref)
	case "dispute_of":
		return s.disputeOf(ctx, a, func(d wallet.Dispute) bool { return slices.Contains(d.Transactions, ref) })
	case "instrument_of":
		return s.instrumentOf(ctx, a, ref)
	case "limits":
		return s.limits(ctx, a)
	case "restrictions":
		return s.restrictions(ctx, a)
	case "safety":
		return s.safety(ctx, a)
	default:
		return s.Reads.Call(ctx, x.Do, s.question(a, x))
	}
}

// twin finds another payment of the same sum to the same party, shortly before or
// after. Errors: NotFound when there is none.
func (s *Service) twin(ctx context.Context, a asker, ref string) (*selfservice.Value, error) {
	const op = "selfservice.twin"
	t, err := s.transaction(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	for _, r := range t.Related {
		if r.Kind == "duplicate_of" {
			v, err := s.payment(ctx, a, r.ID)
			return &v, err
		}
	}
	if t.Party() == "" || t.Direction != wallet.Out {
		return nil, fault.New(fault.NotFound, op, "nobody says to whom it went")
	}
	all, err := s.transactions(ctx, a, lookBack)
	if err != nil {
		return nil, err
	}
	var found *selfservice.Value
	for _, o := range all {
		apart := time.Duration(max(o.CreatedAt-t.CreatedAt, t.CreatedAt-o.CreatedAt)) * time.Microsecond
		same := o.ID != t.ID && o.Direction == t.Direction && o.Kind == t.Kind && o.Party() == t.Party() && o.Amount.Like(t.Amount) && o.Amount.Cmp(t.Amount) == 0
		if !same || apart > twinWithin {
			continue
		}
		v := s.paymentValue(o)
		if found == nil || (!found.Payment.Over && v.Payment.Where == "arrived") {
			found = &v
		}
	}
	if found == nil {
		return nil, fault.New(fault.NotFound, op, "there is no second one")
	}
	return found, nil
}

func (s *Service) terms(ctx context.Context, a asker, ref string) (*selfservice.Value, error) {
	t, err := asked(ctx, s, a, wallet.ReadRefunds, func(from Refunding, ctx context.Context, by wallet.Actor, id string) (wallet.Terms, error) {
		return from.Terms(ctx, by, id, ref)
	})
	if err != nil {
		return nil, err
	}
	return termsValue(t), nil
}

func (s *Service) incident(ctx context.Context, p *selfservice.PaymentFact, lang string) (*selfservice.Value, error) {
	from, err := reader[Troubling](ctx, s, wallet.ReadIncidents)
	if err != nil {
		return nil, err
	}
	all, err := from.Incidents(ctx)
	if err != nil {
		return nil, err
	}
	fact := &selfservice.IncidentFact{}
	for _, i := range all {
		if p != nil && p.Rail != "" && i.Touches(p.Rail, s.now()) {
			base, _, _ := strings.Cut(lang, "-")
			fact = &selfservice.IncidentFact{There: true, Planned: i.Planned, EndsAt: i.EndsAt, Message: firstOf(i.Message[lang], i.Message[base], i.Message["en"])}
			break
		}
	}
	return &selfservice.Value{Type: selfservice.Incident, Incident: fact}, nil
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// refundOf is the latest refund of a payment.
func (s *Service) refundOf(ctx context.Context, a asker, ref string) (*selfservice.Value, error) {
	return s.findRefund(ctx, a, ref, func(wallet.Refund) bool { return true })
}

func (s *Service) refund(ctx context.Context, a asker, ref string) (*selfservice.Value, error) {
	return s.findRefund(ctx, a, "", func(r wallet.Refund) bool { return r.ID == ref })
}

func (s *Service) findRefund(ctx context.Context, a asker, tx string, fits func(wallet.Refund) bool) (*selfservice.Value, error) {
	all, err := s.refunds(ctx, a, tx)
	if err != nil {
		return nil, err
	}
	var latest *wallet.Refund
	for i := range all {
		if fits(all[i]) && (latest == nil || all[i].RequestedAt > latest.RequestedAt) {
			latest = &all[i]
		}
	}
	if latest == nil {
		return nil, fault.New(fault.NotFound, "selfservice.refund", "there is no refund")
	}
	v := refundValue(*latest, s.now())
	return &v, nil
}

func (s *Service) dispute(ctx context.Context, a asker, ref string) (*selfservice.Value, error) {
	return s.disputeOf(ctx, a, func(d wallet.Dispute) bool { return d.ID == ref })
}

func (s *Service) instrumentOf(ctx context.Context, a asker, ref string) (*selfservice.Value, error) {
	t, err := s.transaction(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	by, id, err := s.in(ctx, a)
	if err != nil {
		return nil, err
	}
	all, err := s.Wallet.Instruments(ctx, by, id)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if i.ID == t.InstrumentID {
			v := instrumentValue(i)
			return &v, nil
		}
	}
	return nil, fault.New(fault.NotFound, "selfservice.instrumentOf", "it was paid with nothing that is known")
}

func (s *Service) limits(ctx context.Context, a asker) (*selfservice.Value, error) {
	all, err := asked(ctx, s, a, wallet.ReadLimits, Limiting.Limits)
	if err != nil {
		return nil, err
	}
	fact := &selfservice.LimitsFact{There: len(all) > 0}
	for _, l := range all[:min(len(all), selfservice.Offers)] {
		fact.Items = append(fact.Items, selfservice.LimitLine{Rail: l.Rail, Period: l.Period, Max: l.Max, Used: l.Used, ResetsAt: l.ResetsAt, Raise: l.Raise})
	}
	return &selfservice.Value{Type: selfservice.Limits, Limits: fact}, nil
}
