package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
)

// kept is a record of the recoveries.
type kept struct {
	owner string
	sort  wallet.Time
	body  []byte
}

// maxRecords bounds the records; the oldest recoveries go first.
const maxRecords = 20_000

// rooms is the wallet as recovering keeps things in it. Its customers prove themselves by
// the letters, which it does not send: it keeps the last one.
type rooms struct{ w *Wallet }

// Commit implements recovering.Books.
func (r rooms) Commit(_ context.Context, fn func(recovering.Desk) error) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.advance()
	if len(r.w.kept) > maxRecords {
		clear(r.w.kept)
	}
	before := maps.Clone(r.w.kept)
	err := fn(shelf(r))
	if err != nil {
		r.w.kept = before
	}
	return err
}

// Standings implements recovering.Books.
func (r rooms) Standings(_ context.Context, customer string, limit int) ([]recovery.Standing, error) {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if _, err := r.w.of(customer); err != nil {
		return nil, err
	}
	list := []recovery.Standing{}
	for _, k := range r.w.kept {
		var s recovery.Standing
		if k.owner == customer && json.Unmarshal(k.body, &s) == nil {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b recovery.Standing) int {
		return cmp.Or(cmp.Compare(b.BegunAt, a.BegunAt), cmp.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), limit)], nil
}

// shelf implements recovering.Desk; w.mu is held.
type shelf struct{ w *Wallet }

// Now implements recovering.Desk.
func (s shelf) Now() wallet.Time { return s.w.now() }

// Get implements recovering.Desk.
func (s shelf) Get(kind, id string, into any) error {
	k, ok := s.w.kept[kind+" "+id]
	if !ok {
		return fault.New(fault.NotFound, "memory.Get", "there is no such record")
	}
	return json.Unmarshal(k.body, into)
}

// Put implements recovering.Desk.
func (s shelf) Put(kind, id, owner string, sort wallet.Time, v any) error {
	body, err := json.Marshal(v)
	s.w.kept[kind+" "+id] = kept{owner, sort, body}
	return err
}

// Whose implements recovering.Desk.
func (s shelf) Whose(handle string) (string, error) {
	found := ""
	for id, p := range s.w.people {
		for _, h := range p.Handles {
			if recovering.Plain(h.Value) == recovering.Plain(handle) {
				found = id
			}
		}
	}
	return found, nil
}

// Known implements recovering.Desk.
func (s shelf) Known(customer string) ([]recovering.Factor, error) {
	p, ok := s.w.people[customer]
	if !ok {
		return []recovering.Factor{{Kind: recovery.Email, Value: "x@x.com"}, {Kind: recovery.SMS, Value: "00"}}, nil
	}
	var list []recovering.Factor
	for _, h := range p.Handles {
		if kind := map[string]string{wallet.HandleEmail: recovery.Email, wallet.HandlePhone: recovery.SMS}[h.Kind]; kind != "" {
			list = append(list, recovering.Factor{Kind: kind, Value: h.Value, ChangedAt: h.ChangedAt})
		}
	}
	return list, nil
}

// Proves implements recovering.Desk: this wallet's customers kept no codes, and have no
// authenticator.
func (s shelf) Proves(_, _, _ string) (bool, error) { return false, nil }

// Send implements recovering.Desk.
func (s shelf) Send(l recovering.Letter) error {
	s.w.letter = l
	return nil
}

// Changed implements recovering.Desk.
func (s shelf) Changed(customer, standing string) error {
	if customer != "" {
		s.w.notify(wallet.RecoveryChanged, customer, standing)
	}
	return nil
}

// In implements recovering.Desk.
func (s shelf) In(customer string, _ wallet.Time) error {
	p := s.w.people[customer]
	p.sessions = slices.Clone(p.sessions)
	for i := range p.sessions {
		if p.sessions[i].Result == "open" {
			p.sessions[i].Result, p.sessions[i].EndedAt = "ended", s.w.now()
		}
	}
	return nil
}

// Later implements recovering.Desk: what comes by the time alone comes when it is asked
// about.
func (s shelf) Later(string, wallet.Time) error { return nil }

// Ways tells by which ways whoever has a handle can come back in.
func (w *Wallet) Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error) {
	return w.room.Ways(ctx, by, a)
}

// Begin goes one of them.
func (w *Wallet) Begin(ctx context.Context, by wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error) {
	return w.room.Begin(ctx, by, id, b)
}

// Recovery tells how far one has got.
func (w *Wallet) Recovery(ctx context.Context, by wallet.Actor, id string) (recovery.Recovery, error) {
	return w.room.Recovery(ctx, by, id)
}

// Recoveries tells who tries to come in as a customer.
func (w *Wallet) Recoveries(ctx context.Context, _ wallet.Actor, customer string) ([]recovery.Standing, error) {
	return w.room.Recoveries(ctx, customer)
}

// planStop ends a recovery; w.mu is held.
func (w *Wallet) planStop(p *person, c wallet.Command) (plan, error) {
	state, request, err := w.room.Find(shelf{w}, p.ID, c.Target)
	if err != nil {
		return plan{}, err
	}
	if !state.Open() {
		return plan{refusal: wallet.AlreadyDone}, nil
	}
	return plan{summary: wallet.Summary{State: string(state), Reversible: true}, carry: func() []wallet.Made {
		if _, err := w.room.End(shelf{w}, request); err != nil {
			panic(err) // it was there a moment ago, and the lock is held
		}
		return nil
	}}, nil
}

// reviewTime is how long this wallet looks at a document.
func reviewTime(delay time.Duration) time.Duration { return max(delay, time.Millisecond) }
