package flawed

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
)

// recovering are faults in how somebody is let in again.
func recovering() []Fault {
	var all []Fault
	for _, f := range [][3]string{
		{"tells-nobody", "says that an address is nobody's", "recovery.nobody"},
		{"changing-nobody", "offers other ways for nobody's address each time", "recovery.steady"},
		{"slow-known", "takes longer for an address that somebody has", "recovery.time"},
		{"bare-hint", "shows an address as it is", "recovery.contract"},
		{"named-ways", "names the customer in what it offers", "recovery.quiet"},
		{"young-ways", "offers what was changed an hour ago", "recovery.young"},
		{"many-requests", "makes another request under the same key", "recovery.again"},
		{"any-way", "goes a way that was never offered", "recovery.way"},
		{"old-links", "lets the link before count beside the new one", "recovery.replaced"},
		{"endless-codes", "sends codes without end", "recovery.locked"},
		{"known-longer", "lets a customer's link count longer than nobody's", "recovery.begin.alike"},
		{"hidden-recovery", "does not tell a customer who comes in as them", "recovery.told"},
		{"shared-recovery", "tells everybody who comes in as somebody", "recovery.told"},
		{"undying-recovery", "says that it stopped a recovery, and does not", "recovery.stopped"},
		{"telling-stop", "tells whoever wanted in that the customer stopped it", "recovery.stopped"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return all
}

// there tells whether a handle is a customer's of this wallet.
func there(handle string) bool {
	return strings.HasSuffix(handle, "@example.com") || strings.HasPrefix(handle, "+")
}

// Ways tells by which ways whoever has a handle can come back in.
func (f *faulty) Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error) {
	known := there(a.Handle)
	switch {
	case f.on == "tells-nobody" && !known:
		return recovery.Offer{}, fault.New(fault.NotFound, "flawed.Ways", "there is no such customer")
	case f.on == "slow-known" && known:
		time.Sleep(60 * time.Millisecond)
	case f.on == "many-requests":
		a.Key = fmt.Sprintf("again-%d", f.count.Add(1))
	}
	o, err := f.Full.Ways(ctx, by, a)
	if err != nil {
		return o, err
	}
	switch {
	case f.on == "changing-nobody" && !known:
		o.Ways[0].Kind, o.Ways[0].Hint = recovery.SMS, fmt.Sprintf("•••• %d", 10+f.count.Add(1))
	case f.on == "bare-hint" && known:
		o.Ways[0].Hint = a.Handle
	case f.on == "named-ways" && known:
		o.ID += ":" + by.ID + ":c-anna"
	case f.on == "young-ways" && known:
		o.Ways = append(o.Ways, recovery.Way{ID: "w-young", Kind: recovery.SMS, Hint: "•••• 11"})
	}
	return o, nil
}

// Begin goes one of them.
func (f *faulty) Begin(ctx context.Context, by wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error) {
	r, err := f.Full.Begin(ctx, by, id, b)
	switch {
	case f.on == "any-way" && fault.Is(err, fault.Invalid):
		return recovery.Recovery{ID: id, Kind: recovery.Email, State: recovery.Sent, ExpiresAt: wallet.At(f.now().Add(time.Hour))}, nil
	case f.on == "endless-codes" && r.State == recovery.Locked:
		r.State, r.Until = recovery.Sent, 0
	}
	return r, err
}

// Recovery tells how far one has got.
func (f *faulty) Recovery(ctx context.Context, by wallet.Actor, id string) (recovery.Recovery, error) {
	r, err := f.Full.Recovery(ctx, by, id)
	switch {
	case f.on == "old-links" && r.State == recovery.Expired:
		r.State = recovery.Sent
	case f.on == "known-longer" && f.count.Add(1)%2 == 1: // that of the customer is looked at first
		r.ExpiresAt += wallet.Time((10 * time.Minute).Microseconds())
	case f.on == "telling-stop" && f.stopped.Load():
		r.State = recovery.Stopped
	}
	return r, err
}

// Recoveries tells who tries to come in as a customer.
func (f *faulty) Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error) {
	switch f.on {
	case "hidden-recovery":
		return []recovery.Standing{}, nil
	case "shared-recovery":
		customer = "c-anna"
	}
	return f.Full.Recoveries(ctx, by, customer)
}
