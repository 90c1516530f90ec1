// Package reads is the closed set of what flows may ask for beside what the engine knows
// by itself: each read declares its name, what it is given, and the facts and figures of
// its answers, and gives a sheet or a list of entries. A flow is checked against what they
// declare when it is loaded, and every answer when it is given. Each subject has its reads
// in a package of its own below this one's folder (fees, waiting …).
package reads

import (
	"context"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Asked is one question of a run.
type Asked struct {
	Who          identity.Principal // who answers at present, or the part of the system that goes on
	Run          string
	Conversation string // the run's; it may not have begun yet
	Customer     string // whose run it is, by Kefu's id
	Language     string // BCP 47, of whoever began it
	Now          wallet.Time
	Args         map[string]selfservice.Value // of slots; one that is empty is not there
	Words        map[string]string
	Wallet       Wallet
}

// Wallet is the operator's wallet as far as a read may ask it: about the run's customer.
type Wallet interface {
	// Of is the wallet, of which it is found out by its methods what it can answer; nil
	// for none.
	Of() any
	// Reads tells whether it says that it answers such questions.
	Reads(ctx context.Context, r wallet.Reading) bool
	// In opens it: who asks, and its id of the customer. Errors: Unavailable where the
	// customer is none of its.
	In(ctx context.Context) (by wallet.Actor, customer string, err error)
}

// Part is the part of the wallet that answers a reading, for questions that are about no
// customer. Errors: Unavailable where there is none.
func Part[T any](ctx context.Context, w Wallet, r wallet.Reading) (T, error) {
	if w != nil {
		if from, has := w.Of().(T); has && w.Reads(ctx, r) {
			return from, nil
		}
	}
	var none T
	return none, fault.New(fault.Unavailable, "reads.Part", "the wallet does not tell %s", r)
}

// Ask asks the wallet one question about the run's customer. T is the interface that has
// it. Errors: Unavailable where the wallet does not tell it; those of the wallet.
func Ask[T, R any](ctx context.Context, a Asked, r wallet.Reading, ask func(T, context.Context, wallet.Actor, string) (R, error)) (R, error) {
	var none R
	from, err := Part[T](ctx, a.Wallet, r)
	if err != nil {
		return none, err
	}
	by, customer, err := a.Wallet.In(ctx)
	if err != nil {
		return none, err
	}
	return ask(from, ctx, by, customer)
}

// Read is a read with who answers it. Errors of both: NotFound and Unavailable, which are
// ways on in the flow; every other is tried again.
type Read struct {
	selfservice.Read
	Sheet   func(context.Context, Asked) (sheet.Sheet, error)   // of a call
	Entries func(context.Context, Asked) ([]sheet.Entry, error) // of a list
}

// Registry holds reads by their names. It never changes, and nil holds none.
type Registry struct {
	declared selfservice.Reads
	of       map[string]Read
}

// timeout bounds one answer, whatever it is that is asked.
const timeout = 10 * time.Second

// New keeps reads. Errors: Internal for one that is not whole, or there twice.
func New(all ...Read) (*Registry, error) {
	const op = "reads.New"
	r := &Registry{of: map[string]Read{}}
	declared := make([]selfservice.Read, len(all))
	for i, one := range all {
		if (one.Entries != nil) != one.List || (one.Sheet != nil) == one.List {
			return nil, fault.New(fault.Internal, op, "the read %s gives neither a sheet nor entries, or both", one.Name)
		}
		declared[i], r.of[one.Name] = one.Read, one
	}
	var err error
	r.declared, err = selfservice.NewReads(declared...)
	return r, fault.Wrap(op, err)
}

// Declared is what the reads say of themselves, by which flows are checked.
func (r *Registry) Declared() selfservice.Reads {
	if r == nil {
		return selfservice.Reads{}
	}
	return r.declared
}

// Has tells whether there is such a read.
func (r *Registry) Has(name string) bool {
	if r == nil {
		return false
	}
	_, ok := r.of[name]
	return ok
}

// Call gives the sheet of a read. Errors: those of the read; Internal for an answer that
// is not as it was declared.
func (r *Registry) Call(ctx context.Context, name string, a Asked) (*selfservice.Value, error) {
	const op = "reads.Call"
	one, err := r.find(op, name, false)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := one.Sheet(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := one.Has.Fits(found); err != nil {
		return nil, &fault.Error{Code: fault.Internal, Op: op, Message: name, Err: err}
	}
	return &selfservice.Value{Type: selfservice.Sheet, Sheet: &found}, nil
}

// List gives the entries of a read. Errors: as Call.
func (r *Registry) List(ctx context.Context, name string, a Asked) ([]selfservice.Value, error) {
	const op = "reads.List"
	one, err := r.find(op, name, true)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := one.Entries(ctx, a)
	if err != nil {
		return nil, err
	}
	list := make([]selfservice.Value, len(found))
	for i := range found {
		if err := one.Has.FitsEntry(found[i]); err != nil {
			return nil, &fault.Error{Code: fault.Internal, Op: op, Message: name, Err: err}
		}
		list[i] = selfservice.Value{Type: selfservice.Entry, Entry: &found[i]}
	}
	return list, nil
}

func (r *Registry) find(op, name string, list bool) (Read, error) {
	if r != nil {
		if one, ok := r.of[name]; ok && one.List == list {
			return one, nil
		}
	}
	return Read{}, fault.New(fault.Internal, op, "there is no read %s", name)
}

// With is r with other answers to some of its reads, for tests. Errors: Internal for one
// that r does not have.
func (r *Registry) With(answers ...Read) (*Registry, error) {
	other := &Registry{declared: r.Declared(), of: map[string]Read{}}
	if r != nil {
		for name, one := range r.of {
			other.of[name] = one
		}
	}
	for _, a := range answers {
		one, err := other.find("reads.With", a.Name, a.List)
		if err != nil {
			return nil, err
		}
		one.Sheet, one.Entries = a.Sheet, a.Entries
		other.of[a.Name] = one
	}
	return other, nil
}
