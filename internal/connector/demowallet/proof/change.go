package proof

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// What a customer proves to the wallet alone, to change how they prove themselves. It is
// no act of the contract: customer service can ask for neither, and is told of neither.
const (
	AddingPasskey   wallet.Act = "passkey_add"
	RemovingPasskey wallet.Act = "passkey_remove"
)

// maxChanges is how many changes of a customer's may wait for their yes at once.
const maxChanges = 5

// Change is what a customer wants changed: a passkey made under a name, or one removed.
type Change struct {
	Name   string `json:"name"`
	Remove string `json:"remove,omitempty"` // the id of a passkey; "" when one is to be made
}

func (c Change) act() wallet.Act {
	if c.Remove != "" {
		return RemovingPasskey
	}
	return AddingPasskey
}

// named sees to it that a passkey can be called so.
func named(op, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName {
		return "", fault.InvalidField(op, "name", "is missing or too long")
	}
	return name, nil
}

// own tells whether a step-up is between the customer and the wallet alone.
func (x asking) own() bool { return !x.Ask.Act.Known() }

// mayBeYoung tells whether a passkey that is not known for assurance.CoolDown may prove
// what is asked: nothing that moves money or takes something away, for whoever takes an
// account over gives it a passkey first. What is not named here waits.
func mayBeYoung(a wallet.Ask) bool {
	harmless := []wallet.Act{wallet.Freeze, wallet.AddEvidence, wallet.RequestInspection, wallet.NotifyCustomer}
	return a.Level < 3 && slices.Contains(harmless, a.Act)
}

// AskChange asks a customer to agree to a change of their passkeys, by what they proved
// themselves with before, and gives the step-up that they are to answer; "" when they
// have nothing of that kind. Errors: NotFound; Invalid; TooMany when others wait;
// Unavailable.
func (p *Proofs) AskChange(ctx context.Context, customer string, c Change) (string, error) {
	const op = "proof.AskChange"
	_, list, err := p.holderOf(ctx, customer)
	if err != nil {
		return "", err
	}
	if c.Remove != "" {
		i := slices.IndexFunc(list, func(k Passkey) bool { return k.ID == c.Remove })
		if i < 0 {
			return "", fault.New(fault.NotFound, op, "there is no such passkey")
		}
		c.Name = list[i].Name
	} else if c.Name, err = named(op, c.Name); err != nil {
		return "", err
	}
	a := wallet.Ask{CustomerID: customer, Act: c.act(), Target: c.Remove, Level: 2}
	method, err := p.agreesBy(ctx, a)
	if err != nil || method == "" {
		return "", err
	}
	kept, err := keep.Listed[asking](ctx, p.books, keep.KindAsk, customer, most)
	if err != nil {
		return "", err
	}
	now, wait := wallet.At(p.books.Clock()), 0
	for _, x := range kept {
		if x.own() && x.present(now).State == wallet.AskPending {
			wait++
		}
	}
	if wait >= maxChanges {
		return "", fault.New(fault.TooMany, op, "%d changes wait for an answer", wait)
	}
	key := "own-" + id.New()
	return key, p.books.Commit(ctx, func(d *keep.Desk) error {
		x := asking{Ask: a, At: d.At, Change: &c, Asked: wallet.Asked{
			ID: key, State: wallet.AskPending, Method: method, ExpiresAt: d.At + wallet.Time(assurance.Life.Microseconds()),
		}}
		t, err := triesOf(d, customer)
		if err != nil {
			return err
		}
		if until, locked := t.LockedAt(d.At.Std()); locked {
			return fault.New(fault.TooMany, op, "locked until %s", until)
		}
		return save(d, x)
	})
}

// agreesBy is by what a customer agrees to a change; "" is by nothing, for they have
// nothing yet that could prove it.
func (p *Proofs) agreesBy(ctx context.Context, a wallet.Ask) (string, error) {
	method, _, err := p.method(ctx, a)
	if fault.ReasonOf(err) == noFactor {
		return "", nil
	}
	return method, err
}

// agreement looks up that a customer agreed to a change, where they have something by
// which they can. It is good once, until the step-up would have been over. Errors:
// Forbidden when they did not; Unavailable.
type agreement func(*keep.Desk) (asking, error)

func (p *Proofs) agreement(ctx context.Context, customer, ask string, c Change) (agreement, error) {
	const op = "proof.agreement"
	method, err := p.agreesBy(ctx, wallet.Ask{CustomerID: customer, Act: c.act(), Target: c.Remove, Level: 2})
	if err != nil {
		return nil, err
	}
	return func(d *keep.Desk) (asking, error) {
		if method == "" {
			return asking{}, nil
		}
		x, err := keep.Owned[asking](d, keep.KindAsk, customer, ask)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return x, err
		}
		if err != nil || x.Change == nil || x.State != wallet.AskApproved || x.Used || x.ExpiresAt <= d.At ||
			x.Ask.Act != c.act() || x.Change.Remove != c.Remove || (c.Remove == "" && x.Change.Name != c.Name) {
			return x, fault.New(fault.Forbidden, op, "the customer did not agree to this")
		}
		return x, nil
	}, nil
}

// spent uses an agreement up.
func spent(d *keep.Desk, x asking) error {
	if x.ID == "" { // none was needed
		return nil
	}
	x.Used = true
	return keep.Put(d, keep.KindAsk, x.ID, x.Ask.CustomerID, x.At, x)
}

// Changed is a passkey that was added or removed.
type Changed struct {
	Name    string
	Removed bool
	At      wallet.Time
}

// maxShown is how many changes are shown.
const maxShown = 10

// PasskeyChanges lists which passkeys were added to a customer and removed, the latest
// first. Errors: NotFound, Unavailable.
func (p *Proofs) PasskeyChanges(ctx context.Context, customer string) ([]Changed, error) {
	kept, err := keep.Listed[Passkey](ctx, p.books, keep.KindPasskey, customer, most)
	list := []Changed{}
	for _, k := range kept {
		list = append(list, Changed{Name: k.Name, At: k.AddedAt})
		if k.RemovedAt != 0 {
			list = append(list, Changed{Name: k.Name, Removed: true, At: k.RemovedAt})
		}
	}
	slices.SortStableFunc(list, func(a, b Changed) int { return int(min(max(b.At-a.At, -1), 1)) })
	return list[:min(len(list), maxShown)], err
}
