package loyalty

import (
	"math/big"
	"slices"
	"strconv"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

func lotID(transaction string) string { return "pl-" + transaction }

// move carries points from one account to another, and writes down what that changed for
// their customer.
func (k *lot) move(d *keep.Desk, what, from, to string, n int64, at wallet.Time) error {
	k.Moves++
	id := k.ID + "/" + strconv.Itoa(k.Moves)
	if err := d.Transfer(ledger.Transfer{ID: id, Kind: ledger.Direct, Debit: from, Credit: to, Amount: big.NewInt(n), Ref: k.ID, At: int64(at)}); err != nil {
		return err
	}
	switch Account(k.CustomerID) {
	case from:
		n = -n
	case to:
	default:
		return nil
	}
	return d.Booked(k.CustomerID, id, keep.Booked{Account: Account(k.CustomerID), What: what, Ref: k.ID, Moved: keep.Moved{At: at, Amount: sum(n)}})
}

// announce sets what is left of a lot aside for its customer.
func (k *lot) announce(d *keep.Desk, at wallet.Time) error {
	k.Moves++
	k.Waiting = k.ID + "/" + strconv.Itoa(k.Moves)
	return d.Transfer(ledger.Transfer{ID: k.Waiting, Kind: ledger.Pending, Debit: issued, Credit: Account(k.CustomerID), Amount: big.NewInt(k.Left), Ref: k.ID, At: int64(at)})
}

// resolve ends what was announced: it comes, or does not.
func (k *lot) resolve(d *keep.Desk, kind ledger.Kind, at wallet.Time) error {
	k.Moves++
	id := k.ID + "/" + strconv.Itoa(k.Moves)
	waiting := k.Waiting
	k.Waiting = ""
	if err := d.Transfer(ledger.Transfer{ID: id, Kind: kind, Resolves: waiting, Ref: k.ID, At: int64(at)}); err != nil || kind != ledger.Post {
		return err
	}
	return d.Booked(k.CustomerID, id, keep.Booked{Account: Account(k.CustomerID), What: "points_ready", Ref: k.ID, Moved: keep.Moved{At: at, Amount: sum(k.Left)}})
}

// free tells whether points can leave the customer's account, and whether some can come.
func free(d *keep.Desk, customer string) (leave, come bool, err error) {
	a, _, err := d.Account(Account(customer))
	return !a.Frozen && !a.Closed, !a.Closed, err
}

// earn announces a new lot, and posts it at once where its days are over already.
func earn(d *keep.Desk, m *member, k lot) error {
	if _, come, err := free(d, m.CustomerID); err != nil || !come {
		return err
	}
	k.State, k.CustomerID, k.Left = points.Pending, m.CustomerID, k.Earned
	if err := k.announce(d, k.At); err != nil {
		return err
	}
	m.Open = append(m.Open, k.ID)
	if k.ReadyAt <= d.At {
		return mature(d, m, &k, k.ReadyAt)
	}
	return k.save(d)
}

// mature posts a lot whose days are over; what is owed takes its part first.
func mature(d *keep.Desk, m *member, k *lot, at wallet.Time) error {
	if err := k.resolve(d, ledger.Post, at); err != nil {
		return err
	}
	k.State = points.Ready
	if err := settle(d, m, k, at); err != nil {
		return err
	}
	return k.save(d)
}

// settle takes of a ready lot what its customer owes.
func settle(d *keep.Desk, m *member, k *lot, at wallet.Time) error {
	n := min(m.Owed, k.Left)
	leave, _, err := free(d, m.CustomerID)
	if err != nil || n <= 0 || !leave || k.State != points.Ready {
		return err
	}
	if err := k.move(d, "points_settled", Account(m.CustomerID), owed(m.CustomerID), n, at); err != nil {
		return err
	}
	k.Left, k.Settled, m.Owed = k.Left-n, k.Settled+n, m.Owed-n
	k.after(at)
	m.ended(*k)
	return nil
}

// Step lets happen to a lot what its time has come for.
func Step(d *keep.Desk, id string) error {
	k, err := keep.Get[lot](d, keep.KindLot, id)
	if err != nil {
		return err
	}
	m, err := of(d, k.CustomerID)
	if err != nil {
		return err
	}
	leave, come, err := free(d, m.CustomerID)
	switch {
	case err != nil:
		return err
	case k.State == points.Over:
		return k.save(d)
	case !come:
		err = k.void(d)
	case k.ToTake > 0 && leave:
		n := k.ToTake
		k.ToTake = 0
		err = takeBack(d, &m, &k, n, d.At)
	case k.State == points.Pending && d.At >= k.ReadyAt:
		err = mature(d, &m, &k, d.At)
	case k.State == points.Ready && k.ExpiresAt != 0 && d.At >= k.ExpiresAt && leave:
		if err = k.move(d, "points_expired", Account(m.CustomerID), expired, k.Left, d.At); err == nil {
			k.Left, k.Expired = 0, k.Expired+k.Left
			k.after(d.At)
		}
	default: // the account is frozen: look again
		return d.Wake(keep.KindLot, id, d.At+day)
	}
	if err != nil {
		return err
	}
	m.ended(k)
	if err := k.save(d); err != nil {
		return err
	}
	return save(d, m)
}

// void gives a lot up whose account is closed.
func (k *lot) void(d *keep.Desk) error {
	if k.Waiting != "" {
		if err := k.resolve(d, ledger.Void, d.At); err != nil {
			return err
		}
	}
	k.Left, k.Expired = 0, k.Expired+k.Left
	k.after(d.At)
	return nil
}

// Leave gives up what was to come to somebody who is gone; of somebody who collects no points
// there is nothing. Errors: Unavailable.
func Leave(d *keep.Desk, customer string) error {
	m, err := of(d, customer)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	open, err := m.lots(d)
	if err != nil {
		return err
	}
	for _, k := range open {
		if err := k.void(d); err != nil {
			return err
		}
		m.ended(k)
		if err := k.save(d); err != nil {
			return err
		}
	}
	return save(d, m)
}

// takeBack takes points of a lot back because its purchase was given back: of what is left
// of it first; what is gone is owed, and settled by what else there is.
func takeBack(d *keep.Desk, m *member, k *lot, n int64, at wallet.Time) error {
	leave, _, err := free(d, m.CustomerID)
	if err != nil {
		return err
	}
	if !leave && k.State == points.Ready {
		k.ToTake += n
		return nil
	}
	own := min(n, k.Left)
	switch {
	case own <= 0:
	case k.State == points.Pending:
		if err := k.resolve(d, ledger.Void, at); err != nil {
			return err
		}
		if k.Left -= own; k.Left > 0 {
			err = k.announce(d, at)
		}
		k.Taken += own
	default:
		err = k.move(d, "points_taken_back", Account(m.CustomerID), taken, own, at)
		k.Left, k.Taken = k.Left-own, k.Taken+own
	}
	if err != nil {
		return err
	}
	k.TakenAt = at
	if rest := min(n-own, k.Spent+k.Settled-k.Owing); rest > 0 {
		if err := k.move(d, "points_owed", owed(m.CustomerID), taken, rest, at); err != nil {
			return err
		}
		k.Owing, m.Owed = k.Owing+rest, m.Owed+rest
	}
	k.after(at)
	m.ended(*k)
	return others(d, m, k.ID, at)
}

// others settles what is owed with the other lots.
func others(d *keep.Desk, m *member, but string, at wallet.Time) error {
	if m.Owed == 0 {
		return nil
	}
	open, err := m.lots(d)
	if err != nil {
		return err
	}
	for _, k := range open {
		if k.ID == but || k.State != points.Ready || m.Owed == 0 {
			continue
		}
		if err := settle(d, m, &k, at); err != nil {
			return err
		}
		if err := k.save(d); err != nil {
			return err
		}
	}
	return nil
}

// Moved hears of a step of a payment, in its commit.
func Moved(d *keep.Desk, p *keep.Payment) error {
	t := p.Tx
	m, err := of(d, t.CustomerID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case t.AccountID == Account(t.CustomerID):
		err = byHand(d, &m, t)
	case collected(t.State) || givenBack(t.State):
		err = bought(d, &m, p)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return save(d, m)
}

// byHand keeps the lots beside points that came or went as a payment of the wallet's own:
// those that were there from before, and those that are given up when somebody leaves.
func byHand(d *keep.Desk, m *member, t wallet.Transaction) error {
	if t.State != wallet.Posted {
		return nil
	}
	if t.Direction == wallet.In {
		n := t.Amount.Smallest().Int64()
		k := lot{CustomerID: m.CustomerID, Lot: points.Lot{ID: lotID(t.ID), State: points.Ready, Name: Program, Earned: n, Left: n, At: t.CreatedAt, ReadyAt: t.PostedAt, ExpiresAt: t.CreatedAt + carried}}
		m.Open = append(m.Open, k.ID)
		return k.save(d)
	}
	open, err := m.lots(d)
	if err != nil {
		return err
	}
	for _, k := range open {
		if k.State != points.Ready {
			continue
		}
		k.Left, k.Expired = 0, k.Expired+k.Left
		k.after(d.At)
		m.ended(k)
		if err := k.save(d); err != nil {
			return err
		}
	}
	return nil
}

// bought gives the points of a purchase, or takes them back, and lets the offers see it.
func bought(d *keep.Desk, m *member, p *keep.Payment) error {
	t := p.Tx
	if t.State == wallet.Posted && times(t, wallet.Posted) == 1 {
		if err := seen(d, m, t); err != nil {
			return err
		}
		n, why := earns(m, t)
		if why != "" {
			return nil
		}
		if m.Deaf > 0 {
			m.Deaf--
			return nil
		}
		return earn(d, m, lotOf(t, n))
	}
	if !givenBack(t.State) {
		return nil
	}
	if err := unseen(d, m, t); err != nil {
		return err
	}
	return returned(d, m, *p)
}

// backOf is how many of n points of a purchase go with what was given back of it.
func backOf(p keep.Payment, n int64) int64 {
	switch {
	case !givenBack(p.Tx.State) && p.Back.Sign() <= 0:
		return 0
	case givenBack(p.Tx.State) && p.Tx.State != wallet.PartiallyRefunded:
		return n
	default:
		return new(big.Int).Quo(new(big.Int).Mul(big.NewInt(n), p.Back.Smallest()), p.Tx.Amount.Smallest()).Int64()
	}
}

// returned takes back of the lot of a purchase, where there is one, what goes with what was
// given back.
func returned(d *keep.Desk, m *member, p keep.Payment) error {
	t := p.Tx
	k, err := keep.Get[lot](d, keep.KindLot, lotID(t.ID))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	back := backOf(p, k.Earned)
	if back -= k.Back() + k.ToTake; back <= 0 {
		return nil
	}
	at := t.History[len(t.History)-1].At
	if err := takeBack(d, m, &k, back, at); err != nil {
		return err
	}
	return k.save(d)
}

// lotOf is what a purchase brings, from when it was collected.
func lotOf(t wallet.Transaction, n int64) lot {
	return lot{CustomerID: t.CustomerID, Lot: points.Lot{
		ID: lotID(t.ID), Name: t.Party(), Transaction: t.ID, Earned: n, At: t.PostedAt, ReadyAt: t.PostedAt + waits, ExpiresAt: t.PostedAt + lasts,
	}}
}

// times is how often a payment came to a state.
func times(t wallet.Transaction, s wallet.State) int {
	return len(slices.DeleteFunc(slices.Clone(t.History), func(x wallet.Step) bool { return x.State != s }))
}
