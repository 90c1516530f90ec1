package coming

import (
	"context"
	"encoding/json"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/platform/fault"
)

// side is the wallet as Kefu has it.
type side struct {
	*demowallet.Wallet
	room *Room
}

// Keys implements verification.Wallet.
func (s side) Keys(ctx context.Context) (identity.KeySet, error) {
	text, err := s.Wallet.Keys(ctx)
	if err != nil {
		return identity.KeySet{}, err
	}
	return identity.ParseKeySet(text)
}

// Factors implements acting.Wallet: without the cool-down nothing was ever changed.
func (s side) Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error) {
	all, err := s.Wallet.Factors(ctx, by, customer)
	for i := range all {
		if s.room.off == CoolDown {
			all[i].CreatedAt, all[i].ChangedAt = wallet.At(epoch().AddDate(-1, 0, 0)), wallet.At(epoch().AddDate(-1, 0, 0))
		}
	}
	return all, err
}

// Do implements acting.Wallet: without what takes a closure back, that is told and not
// done; without its days, they are over at once.
func (s side) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	if s.room.off == TakenBack && c.Act == wallet.KeepOpen && !c.DryRun {
		now := wallet.At(s.room.now)
		return wallet.Operation{ID: "op-kept", Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, State: wallet.OpSucceeded, CreatedAt: now, DoneAt: now}, nil
	}
	o, err := s.Wallet.Do(ctx, by, c)
	if err == nil && s.room.off == DaysOfGrace && c.Act == wallet.Close && o.State == wallet.OpSucceeded {
		err = s.Hasten(ctx, c.CustomerID)
	}
	return o, err
}

// links implements acting.Links, by the contract of storage/walletlink.
type links struct{ room *Room }

// WalletCase implements acting.Links: staff have nothing done here.
func (links) WalletCase(context.Context, identity.Principal, string, string, string) (wallet.Link, error) {
	return wallet.Link{}, fault.New(fault.Forbidden, "coming.WalletCase", "the conversation is nobody's of the house")
}

// OwnWalletLink implements acting.Links.
func (l links) OwnWalletLink(_ context.Context, p identity.Principal, _ string) (wallet.Link, error) {
	const op = "coming.OwnWalletLink"
	if p.Kind != identity.Customer || !policy.Allow(p, policy.ReadWallet, policy.Object{CustomerID: p.ID}) {
		return wallet.Link{}, fault.New(fault.Forbidden, op, "has no side of the wallet")
	}
	for _, m := range l.room.world.members {
		if m.ID == p.ID {
			return wallet.Link{CustomerID: p.ID, WalletID: m.id}, nil
		}
	}
	return wallet.Link{}, fault.New(fault.NotFound, op, "the customer is none of the wallet's")
}

// disable switches the world's check off: something is put between the wallet and its
// books, which know nothing of it.
func (w *world) disable() {
	v := w.books
	switch w.room.off {
	case SecondFactor:
		v.Reads = changed(keep.KindFactor, func(f *wallet.Factor) {
			if f.Type == "totp" {
				f.State = "removed"
			}
		})
	case Guarded:
		v.Reads = changed(keep.KindCustomer, func(c *wallet.Customer) {
			for i := range c.Handles {
				c.Handles[i].ChangedAt = wallet.At(epoch().AddDate(-1, 0, 0))
			}
		})
	case Browser:
		v.Reads = changed(kindRequest, func(q *map[string]any) { delete(*q, "browser") })
	case Stopping:
		v.Drops = func(r ledger.Record) bool {
			q, is := requestOf(r)
			return is && (q.Stage == "stopped" || q.LeftAs == "stopped")
		}
	case OwnTarget:
		v.Shares = keep.KindInstrument
	case PaidOnce:
		v.Forgets, v.Floorless = true, true
		v.Reads = changed(keep.KindClosure, func(k *closureKept) {
			for i := range k.Late {
				k.Late[i].PaidAt, k.Late[i].PaidTo = 0, ""
			}
		})
	case ClosedAccount:
		v.Unstopped = true
	}
}

// changed changes what is read of a kind.
func changed[T any](kind string, change func(*T)) func(ledger.Record) ledger.Record {
	return func(r ledger.Record) ledger.Record {
		var v T
		if r.Kind != kind || json.Unmarshal([]byte(r.Body), &v) != nil {
			return r
		}
		change(&v)
		if text, err := json.Marshal(v); err == nil {
			r.Body = string(text)
		}
		return r
	}
}

// closureKept is what the wallet keeps of a closure.
type closureKept struct {
	State       closing.Stage  `json:"state"`
	RequestedAt wallet.Time    `json:"requested_at,omitempty"`
	ClosesAt    wallet.Time    `json:"closes_at,omitempty"`
	ClosedAt    wallet.Time    `json:"closed_at,omitempty"`
	EndedAt     wallet.Time    `json:"ended_at,omitempty"`
	EndedBy     string         `json:"ended_by,omitempty"`
	Late        []closing.Late `json:"late,omitempty"`
}

const (
	kindRequest = "recovery"
	kindToken   = "recovery_token"
	kindSecret  = "recovery_secret"
	kindLimited = "limited"
	kindLetter  = "letter"
)

// request is what the wallet keeps of somebody who asked to come in, as far as it matters.
type request struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Stage  string `json:"stage"`
	LeftAs string `json:"left_as"`
}

func requestOf(r ledger.Record) (q request, is bool) {
	return q, r.Kind == kindRequest && json.Unmarshal([]byte(r.Body), &q) == nil
}
