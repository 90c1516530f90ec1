package proof

import (
	"context"
	"slices"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/alerts"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/passkey"
)

// MaxPasskeys is how many passkeys a customer may have, and maxName how long the name of
// one may be, in bytes.
const (
	MaxPasskeys = 10
	maxName     = 64
)

// ceremony is what a browser was asked to sign. It is good for one answer.
type ceremony struct {
	Asked passkey.Ceremony `json:"asked"`
	Until wallet.Time      `json:"until"`
}

func began(c passkey.Ceremony, at wallet.Time) *ceremony {
	return &ceremony{Asked: c, Until: at + wallet.Time(passkey.Life.Microseconds())}
}

// Passkey is a passkey of a customer's.
type Passkey struct {
	ID        string      `json:"id"` // of the factor, too, that it is in the wallet's contract
	Name      string      `json:"name"`
	Key       passkey.Key `json:"key"`
	AddedAt   wallet.Time `json:"added_at"`
	UsedAt    wallet.Time `json:"used_at,omitempty"`
	Removed   bool        `json:"removed,omitempty"`
	RemovedAt wallet.Time `json:"removed_at,omitempty"`
}

// Home is where passkeys can be made and used; "" is nowhere.
func (p *Proofs) Home() string { return p.named }

// Passkeys lists the passkeys of a customer, the latest first. Errors: NotFound,
// Unavailable.
func (p *Proofs) Passkeys(ctx context.Context, customer string) ([]Passkey, error) {
	list, err := keep.Listed[Passkey](ctx, p.books, keep.KindPasskey, customer, most)
	return slices.DeleteFunc(list, func(k Passkey) bool { return k.Removed }), err
}

// keysFor are the passkeys that may prove what is asked: none where something else is
// wanted, and none that is young but for what harms nobody.
func (p *Proofs) keysFor(ctx context.Context, a wallet.Ask) ([]Passkey, error) {
	if p.party == nil || (len(a.Methods) > 0 && !slices.Contains(a.Methods, "passkey")) {
		return nil, nil
	}
	list, err := p.Passkeys(ctx, a.CustomerID)
	young := p.books.Clock().Add(-assurance.CoolDown)
	return slices.DeleteFunc(list, func(k Passkey) bool { return !mayBeYoung(a) && k.AddedAt.Std().After(young) }), err
}

// owner is a customer as whose passkeys are.
func owner(c wallet.Customer, list []Passkey) passkey.Owner {
	o := passkey.Owner{Handle: keep.KeyID(c.ID, "passkeys")[:32], Account: c.Name, Name: c.Name}
	for _, k := range list {
		o.Keys = append(o.Keys, k.Key)
	}
	return o
}

func (p *Proofs) holderOf(ctx context.Context, customer string) (wallet.Customer, []Passkey, error) {
	if p.party == nil {
		return wallet.Customer{}, nil, fault.New(fault.NotFound, "proof.holderOf", "there are no passkeys here")
	}
	c, err := keep.Read[wallet.Customer](ctx, p.books, keep.KindCustomer, "", customer)
	if err != nil {
		return c, nil, err
	}
	list, err := p.Passkeys(ctx, customer)
	return c, list, err
}

// AskNewPasskey asks a customer's browser to make a passkey, after the customer agreed to
// one of that name by a step-up of AskChange; what was asked before is over. Errors:
// NotFound; Forbidden when they did not agree; Conflict when there is no place for
// another; Unavailable.
func (p *Proofs) AskNewPasskey(ctx context.Context, customer, name, agreed string) (passkey.Question, error) {
	c, list, err := p.holderOf(ctx, customer)
	if err != nil {
		return passkey.Question{}, err
	}
	agree, err := p.agreement(ctx, customer, agreed, Change{Name: strings.TrimSpace(name)})
	if err != nil {
		return passkey.Question{}, err
	}
	if len(list) >= MaxPasskeys {
		return passkey.Question{}, fault.New(fault.Conflict, "proof.AskNewPasskey", "there are %d passkeys already", MaxPasskeys)
	}
	q, asked, err := p.party.AskForNew(owner(c, list))
	if err != nil {
		return q, err
	}
	return q, p.books.Commit(ctx, func(d *keep.Desk) error {
		if _, err := agree(d); err != nil { // it is used up by the passkey, not by the question
			return err
		}
		return keep.Put(d, keep.KindCeremony, customer, customer, d.At, began(asked, d.At))
	})
}

// AddPasskey gives a customer the passkey that their browser made, and uses up their
// agreement to it. It is a new factor, and young: for three days it counts for less.
// Errors: NotFound; Invalid; Forbidden when they did not agree; Conflict when nothing was
// asked, or too long ago; Unavailable.
func (p *Proofs) AddPasskey(ctx context.Context, customer, name, agreed string, a passkey.Answer) (Passkey, error) {
	const op = "proof.AddPasskey"
	c, list, err := p.holderOf(ctx, customer)
	if err != nil {
		return Passkey{}, err
	}
	if name, err = named(op, name); err != nil {
		return Passkey{}, err
	}
	agree, err := p.agreement(ctx, customer, agreed, Change{Name: name})
	if err != nil {
		return Passkey{}, err
	}
	made := Passkey{ID: customer + ":passkey-" + id.New(), Name: name}
	var refused error
	err = p.books.Commit(ctx, func(d *keep.Desk) error {
		refused = nil
		yes, err := agree(d)
		if err != nil {
			return err
		}
		asked, err := keep.Owned[ceremony](d, keep.KindCeremony, customer, customer)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err != nil || asked.Until <= d.At {
			return fault.New(fault.Conflict, op, "nothing was asked, or too long ago")
		}
		if err := keep.Put(d, keep.KindCeremony, customer, customer, d.At, ceremony{}); err != nil { // answered
			return err
		}
		if made.Key, refused = p.party.TakeNew(owner(c, list), asked.Asked, a); refused != nil {
			return nil // so that the question stays answered
		}
		if slices.ContainsFunc(list, func(k Passkey) bool { return k.Key.ID == made.Key.ID }) {
			refused = fault.New(fault.Conflict, op, "the passkey is known already")
			return nil
		}
		if err := spent(d, yes); err != nil {
			return err
		}
		made.AddedAt = d.At
		if err := keep.Put(d, keep.KindPasskey, made.ID, customer, d.At, made); err != nil {
			return err
		}
		return p.changed(d, customer, wallet.Factor{ID: made.ID, Type: "passkey", State: "active", CreatedAt: d.At, ChangedAt: d.At})
	})
	if err == nil {
		err = refused
	}
	return made, err
}

// changed keeps a factor and tells of it.
func (p *Proofs) changed(d *keep.Desk, customer string, f wallet.Factor) error {
	if err := keep.Put(d, keep.KindFactor, f.ID, customer, -f.CreatedAt, f); err != nil {
		return err
	}
	if err := d.Tell(wallet.FactorChanged, customer, f.ID); err != nil || f.State != "active" {
		return err
	}
	return alerts.Raise(d, customer, wallet.AlertFactor, f.ID, "medium")
}

// RemovePasskey takes a passkey from a customer who agreed to that: it signs nothing any
// more, also not what it was asked for before. Errors: NotFound; Forbidden when they did
// not agree; Unavailable.
func (p *Proofs) RemovePasskey(ctx context.Context, customer, key, agreed string) error {
	const op = "proof.RemovePasskey"
	if _, _, err := p.holderOf(ctx, customer); err != nil {
		return err
	}
	agree, err := p.agreement(ctx, customer, agreed, Change{Remove: key})
	if err != nil {
		return err
	}
	return p.books.Commit(ctx, func(d *keep.Desk) error {
		k, err := keep.Owned[Passkey](d, keep.KindPasskey, customer, key)
		if err != nil {
			return err
		}
		if k.Removed {
			return fault.New(fault.NotFound, op, "the passkey was removed before")
		}
		yes, err := agree(d)
		if err != nil {
			return err
		}
		if err := spent(d, yes); err != nil {
			return err
		}
		k.Removed, k.RemovedAt = true, d.At
		if err := keep.Put(d, keep.KindPasskey, k.ID, customer, k.AddedAt, k); err != nil {
			return err
		}
		f, err := keep.Owned[wallet.Factor](d, keep.KindFactor, customer, k.ID)
		if err != nil {
			return err
		}
		f.State, f.ChangedAt = "removed", d.At
		return p.changed(d, customer, f)
	})
}

// AskPasskey asks a customer's browser to sign, with one of their passkeys, exactly what
// a step-up is about: the question stands with it and is good for one answer. What was
// asked before is over. Errors: NotFound, also without a passkey that would do; Conflict
// when nothing waits; Unavailable.
func (p *Proofs) AskPasskey(ctx context.Context, customer, ask string) (passkey.Question, error) {
	c, _, err := p.holderOf(ctx, customer)
	if err != nil {
		return passkey.Question{}, err
	}
	x, err := keep.Read[asking](ctx, p.books, keep.KindAsk, customer, ask)
	if err != nil {
		return passkey.Question{}, err
	}
	keys, err := p.keysFor(ctx, x.Ask)
	if err != nil {
		return passkey.Question{}, err
	}
	q, asked, err := p.party.AskOf(owner(c, keys))
	if err != nil {
		return q, err
	}
	_, err = p.settle(ctx, customer, ask, func(d *keep.Desk, x *asking, _ *tries) error {
		x.Passkey = began(asked, d.At)
		return nil
	})
	return q, err
}

// AnswerByPasskey is a customer's yes by a passkey. What is no good answer counts as a
// wrong code does, and is told by what is given back. Errors: NotFound; Conflict when
// nothing waits, or when no passkey was asked for it, or too long ago; Unavailable.
func (p *Proofs) AnswerByPasskey(ctx context.Context, customer, ask string, a passkey.Answer) (wallet.Asked, error) {
	const op = "proof.AnswerByPasskey"
	c, list, err := p.holderOf(ctx, customer)
	if err != nil {
		return wallet.Asked{}, err
	}
	return p.settle(ctx, customer, ask, func(d *keep.Desk, x *asking, t *tries) error {
		asked := x.Passkey
		if asked == nil || asked.Until <= d.At {
			return fault.New(fault.Conflict, op, "no passkey was asked for this, or too long ago")
		}
		x.Passkey = nil
		var present []Passkey // as they are in this commit
		for _, known := range list {
			k, err := keep.Owned[Passkey](d, keep.KindPasskey, customer, known.ID)
			if err != nil {
				return err
			}
			if !k.Removed {
				present = append(present, k)
			}
		}
		key, err := p.party.TakeOf(owner(c, present), asked.Asked, a)
		if fault.Is(err, fault.Unauthenticated) {
			return p.failed(d, x, t)
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(present, func(k Passkey) bool { return k.Key.ID == key.ID })
		used := present[i]
		used.Key, used.UsedAt = key, d.At
		if err := keep.Put(d, keep.KindPasskey, used.ID, customer, used.AddedAt, used); err != nil {
			return err
		}
		return p.proven(d, x, t, shown{method: "passkey", age: time.Duration(d.At-used.AddedAt) * time.Microsecond, best: true})
	})
}
