package flawed

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

// faulty is a wallet with one fault, by its name.
type faulty struct {
	walletserver.Full
	on      string
	now     clock.Clock
	count   atomic.Int64
	stopped atomic.Bool // a recovery was
	given   sync.Map    // files by customer and digest
}

// other is the customer who was not asked for.
func other(customer string) string {
	if customer == memory.Anna {
		return memory.Bo
	}
	return memory.Anna
}

// Capabilities are what the wallet says of itself.
func (f *faulty) Capabilities(ctx context.Context) (wallet.Capabilities, error) {
	can, err := f.Full.Capabilities(ctx)
	switch f.on {
	case "too-little":
		can.Acts = slices.DeleteFunc(can.Acts, func(a wallet.Act) bool { return a == wallet.Freeze })
	case "own-words":
		can.Acts = append(can.Acts, "pay_out")
	case "fickle":
		can.Name += strconv.FormatInt(f.count.Add(1), 10)
	}
	return can, err
}

// Customer tells of a customer.
func (f *faulty) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	if f.on == "other-customer" && (id == memory.Anna || id == memory.Bo) {
		id = other(id)
	}
	return f.Full.Customer(ctx, by, id)
}

// Devices tells of a customer's devices.
func (f *faulty) Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error) {
	if f.on == "shared-devices" && customer == memory.Bo {
		customer = memory.Anna
	}
	list, err := f.Full.Devices(ctx, by, customer)
	if f.on == "nobody-is-empty" {
		err = nil
	}
	return list, err
}

// Balances tells what accounts hold.
func (f *faulty) Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error) {
	list, err := f.Full.Balances(ctx, by, customer)
	if f.on == "wrong-sums" && len(list) > 0 {
		list[0].Available = list[0].Total
	}
	return list, err
}

// Restrictions tells what a customer may not do.
func (f *faulty) Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error) {
	list, err := f.Full.Restrictions(ctx, by, customer)
	if f.on == "hidden-freeze" && len(list) > 0 {
		list = nil
	}
	return list, err
}

// Disputes tells of a customer's disputes.
func (f *faulty) Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error) {
	list, err := f.Full.Disputes(ctx, by, customer)
	if f.on == "quiet-evidence" {
		for i := range list {
			list[i].Files = nil
		}
	}
	return list, err
}

// GiveFile takes a file.
func (f *faulty) GiveFile(ctx context.Context, by wallet.Actor, customer string, file wallet.File, content []byte) (wallet.Stored, error) {
	switch f.on {
	case "shared-files":
		if _, err := f.Full.GiveFile(ctx, by, other(customer), file, content); err != nil {
			return wallet.Stored{}, err
		}
	case "once-only-files":
		if _, again := f.given.LoadOrStore(customer+file.Digest, true); again {
			return wallet.Stored{}, fault.New(fault.Conflict, "wallet.GiveFile", "it is there")
		}
	}
	return f.Full.GiveFile(ctx, by, customer, file, content)
}

// Alerts tells what looked unlike a customer.
func (f *faulty) Alerts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Alert, error) {
	if f.on == "shared-alerts" && customer == memory.Bo {
		customer = memory.Anna
	}
	list, err := f.Full.Alerts(ctx, by, customer)
	if f.on == "endless-alerts" {
		for i := range list {
			list[i].State = "open"
		}
	}
	return list, err
}

// Transaction tells of one transaction.
func (f *faulty) Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	t, err := f.Full.Transaction(ctx, by, customer, id)
	if f.on == "foreign-transaction" && err != nil {
		return f.Full.Transaction(ctx, by, other(customer), id)
	}
	return t, err
}

// Timeline tells what happened to one transaction.
func (f *faulty) Timeline(ctx context.Context, by wallet.Actor, customer, id string) ([]wallet.Trace, error) {
	list, err := f.Full.Timeline(ctx, by, customer, id)
	if f.on == "foreign-timeline" && err != nil {
		list, err = f.Full.Timeline(ctx, by, other(customer), id)
	}
	if f.on == "backward-timeline" {
		slices.Reverse(list)
	}
	return list, err
}

// Refunds tells of refunds.
func (f *faulty) Refunds(ctx context.Context, by wallet.Actor, customer, id string) ([]wallet.Refund, error) {
	if f.on == "all-refunds" {
		id = ""
	}
	return f.Full.Refunds(ctx, by, customer, id)
}

// Terms tells whether a payment can be refunded.
func (f *faulty) Terms(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Terms, error) {
	t, err := f.Full.Terms(ctx, by, customer, id)
	switch f.on {
	case "generous-terms":
		if twice, wrong := t.Left.Add(t.Left); wrong == nil {
			t.Left = twice
		}
	case "eager-terms":
		t.Eligible = true
	}
	return t, err
}

// Transactions tells of a page of transactions.
func (f *faulty) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	switch f.on {
	case "no-states":
		q.States = nil
	case "no-sums":
		q.Min, q.Max = "", ""
	case "no-times":
		q.From, q.To = 0, 0
	case "no-limit":
		q.Limit = wallet.MaxPage
	case "no-instrument":
		q.Instrument = ""
	case "moving-pages":
		return f.moving(ctx, by, q)
	}
	page, err := f.Full.Transactions(ctx, by, q)
	if err != nil || len(page.Items) == 0 {
		return page, err
	}
	switch f.on {
	case "no-next":
		page.Next = ""
	case "unordered":
		slices.Reverse(page.Items)
	case "torn-history":
		page.Items[0].History = page.Items[0].History[:1]
		page.Items[0].State = wallet.Refunded
	case "foreign-in-list":
		theirs, wrong := f.Full.Transactions(ctx, by, wallet.Query{CustomerID: other(q.CustomerID), Limit: 1})
		if wrong == nil {
			page.Items[len(page.Items)-1] = theirs.Items[0]
		}
	}
	return page, err
}

// moving counts pages from the newest.
func (f *faulty) moving(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	from, wrong := 0, error(nil)
	if q.Cursor != "" {
		if from, wrong = strconv.Atoi(q.Cursor); wrong != nil {
			return wallet.Page{}, fault.InvalidField("wallet.moving", "cursor", "is none")
		}
	}
	all := q
	all.Limit, all.Cursor = wallet.MaxPage, ""
	page, err := f.Full.Transactions(ctx, by, all)
	from = min(from, len(page.Items))
	end := min(from+q.Limit, len(page.Items))
	out := wallet.Page{Items: page.Items[from:end]}
	if end < len(page.Items) {
		out.Next = strconv.Itoa(end)
	}
	return out, err
}

// Match compares what somebody says.
func (f *faulty) Match(ctx context.Context, by wallet.Actor, c wallet.Claimed) (wallet.Matched, error) {
	m, err := f.Full.Match(ctx, by, c)
	switch {
	case f.on == "name-oracle" && c.Name != "" && c.Email == "" && c.Phone == "":
		m.Fields = []string{"name"}
	case f.on == "chatty-match" && len(m.Fields) > 0:
		m.Fields = append(m.Fields, "last4")
	}
	return m, err
}

// Notices tells again of what changed.
func (f *faulty) Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error) {
	switch f.on {
	case "deaf-events":
		after = 0
	case "many-events":
		limit = 10_000
	}
	page, err := f.Full.Notices(ctx, after, limit)
	switch f.on {
	case "backward-events":
		slices.Reverse(page.Items)
	case "silent":
		page = wallet.Notices{}
	}
	return page, err
}

// done is an operation that nothing stands behind.
func (f *faulty) done(c wallet.Command) wallet.Operation {
	now := wallet.At(f.now())
	o := wallet.Operation{
		ID: "op-" + c.Key, Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpSucceeded, CreatedAt: now, DoneAt: now,
		Summary: &wallet.Summary{Amount: c.Amount},
	}
	if c.DryRun {
		o.State, o.DoneAt = wallet.OpProposed, 0
	}
	return o
}

// Do does something.
func (f *faulty) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	switch f.on {
	case "twice":
		return f.twice(ctx, by, c)
	case "first-wins":
		if before, err := f.Full.OperationByKey(ctx, by, c.CustomerID, c.Key); err == nil {
			return before, nil
		}
	case "telling-stop":
		f.stopped.Store(f.stopped.Load() || (c.Act == wallet.StopRecovery && !c.DryRun))
	case "freeze-nothing", "undying-mandate", "sticky-card", "undying-recovery", "idle-retrieval", "no-closure", "no-way-back":
		if c.Act == idle(f.on) && !c.DryRun {
			return f.done(c), nil
		}
	case "freeze-everybody":
		if c.Act == wallet.Freeze && !c.DryRun {
			too := c
			too.CustomerID = other(c.CustomerID)
			if _, err := f.Full.Do(ctx, by, too); err != nil {
				return wallet.Operation{}, err
			}
		}
	case "dry-run-acts", "dry-run-kept":
		if c.DryRun && (f.on == "dry-run-acts" || c.Act == wallet.NotifyCustomer) {
			return f.eager(ctx, by, c)
		}
	case "boasting":
		if c.Act == wallet.Freeze {
			return wallet.Operation{}, fault.New(fault.NotFound, "wallet.Do", "it is not there")
		}
	}
	if o, is, err := f.rewarded(ctx, by, c); is {
		return o, err
	}
	if o, is, err := f.gives(ctx, by, c); is {
		return o, err
	}
	if o, is, err := f.agreed(ctx, by, c); is {
		return o, err
	}
	o, err := f.Full.Do(ctx, by, c)
	if err != nil {
		return o, err
	}
	if o, is := f.grants(o, c); is {
		return o, nil
	}
	if o, is := f.unhindered(o, c); is {
		return o, nil
	}
	if o, is := f.let(o, c); is {
		return o, nil
	}
	return f.spoilt(f.dearer(o), c)
}

// spoilt is what becomes of an operation.
func (f *faulty) spoilt(o wallet.Operation, c wallet.Command) (wallet.Operation, error) {
	forgives := map[string]wallet.Refusal{
		"any-state": wallet.StateChanged, "over-refund": wallet.AmountTooHigh, "any-currency": wallet.AmountTooHigh, "free-unfreeze": wallet.StepUpRequired, "any-proof": wallet.StepUpRequired,
	}
	evidence := map[string]wallet.Refusal{"any-evidence": wallet.FileMissing, "piled-evidence": wallet.AlreadyDone, "late-evidence": wallet.NotEligible}
	switch {
	case c.Act == wallet.AddEvidence && o.Refusal != "" && o.Refusal == evidence[f.on]:
		return f.done(c), nil
	case f.on == "any-paper" && c.Act == wallet.RequestRefund && o.Refusal == wallet.FileMissing:
		return f.done(c), nil
	case f.on == "refusal-is-error" && o.State == wallet.OpFailed:
		return o, fault.New(fault.Forbidden, "wallet.Do", "it is refused")
	case o.Refusal != "" && o.Refusal == forgives[f.on] && (f.on != "any-proof" || c.Assertion != ""):
		return f.done(c), nil
	case f.on == "elsewhere" && o.Summary != nil && c.Act == wallet.RequestRefund:
		o.Summary.Destination = "somebody:else"
	case f.on == "unsteady-dry-run" && o.Summary != nil:
		o.Summary.Effects = []string{"effect-" + strconv.FormatInt(f.count.Add(1), 10)}
	}
	return o, nil
}

// twice does a command under another key each time.
func (f *faulty) twice(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	key := c.Key
	c.Key = fmt.Sprintf("k-%d", f.count.Add(1))
	o, err := f.Full.Do(ctx, by, c)
	o.Key = key
	return o, err
}

// eager does what was to be tried.
func (f *faulty) eager(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	real := c
	real.DryRun = false
	o, err := f.Full.Do(ctx, by, real)
	if o.State == wallet.OpSucceeded || o.State == wallet.OpPending {
		o.State, o.DoneAt, o.Made = wallet.OpProposed, 0, nil
	}
	return o, err
}

// OperationByKey tells what became of a command.
func (f *faulty) OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error) {
	if f.on == "lost-operations" {
		key = "none"
	}
	o, err := f.Full.OperationByKey(ctx, by, customer, key)
	if f.on == "foreign-operations" && err != nil {
		return f.Full.OperationByKey(ctx, by, other(customer), key)
	}
	return o, err
}

// Operation tells what became of an operation.
func (f *faulty) Operation(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Operation, error) {
	o, err := f.Full.Operation(ctx, by, customer, id)
	if f.on == "foreign-operations" && err != nil {
		return f.Full.Operation(ctx, by, other(customer), id)
	}
	return o, err
}

// Ask asks a customer for a proof.
func (f *faulty) Ask(ctx context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	switch f.on {
	case "many-step-ups":
		a.Key = fmt.Sprintf("k-%d", f.count.Add(1))
	case "proof-of-other-act":
		a.Act = wallet.NotifyCustomer
	case "proof-of-old-nonce":
		a.Nonce = "old"
	case "any-level":
		a.Level = 1
	}
	asked, err := f.Full.Ask(ctx, by, a)
	if f.on == "script-link" {
		asked.Link = "javascript:alert(1)"
	}
	return asked, err
}

// Asked tells how far a step-up has got.
func (f *faulty) Asked(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error) {
	asked, err := f.Full.Asked(ctx, by, customer, id)
	if f.on == "foreign-step-up" && err != nil {
		return f.Full.Asked(ctx, by, other(customer), id)
	}
	return asked, err
}

// Options are what a flawed wallet is made of.
type Options struct {
	Wallet walletserver.Full    // what it would be without a fault
	Keys   func() []httpsig.Key // by which Kefu signs; asked for each request
	Clock  clock.Clock
	Log    *slog.Logger
	// Requests may come so many in a minute; 0 for what walletserver takes.
	Requests int
}

// Handler serves a wallet with faults, by their names; none: one without. Errors: Invalid
// for a fault that there is not.
func Handler(o Options, names ...string) (http.Handler, error) {
	var on []Fault
	for _, name := range names {
		i := slices.IndexFunc(Faults(), func(f Fault) bool { return f.Name == name })
		if i < 0 {
			return nil, fault.New(fault.Invalid, "flawed.Handler", "there is no fault %q", name)
		}
		on = append(on, Faults()[i])
		o.Wallet = &faulty{Full: o.Wallet, on: name, now: o.Clock}
	}
	var handler http.Handler = walletserver.New(walletserver.Options{
		Wallet: o.Wallet, Verifier: httpsig.NewVerifierOf(100_000, o.Keys), Requests: o.Requests, Clock: o.Clock, Log: o.Log,
	}).Handler()
	for _, f := range on {
		if f.ask != nil {
			handler = f.ask(handler, o.Keys, o.Clock)
		}
		if f.say != nil {
			handler = rewriting(handler, f.say)
		}
	}
	return handler, nil
}
