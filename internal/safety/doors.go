package safety

import (
	"context"
	"io/fs"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/safety/houses"
	"kefu/internal/safety/purse"
)

// workshop is what one worker keeps from run to run: the services, for making a judge of
// a policy takes longer than a run. They ask the world of the run that is on.
type workshop struct {
	off     Check
	wish    wallet.Act // "": anything
	signers purse.Signers
	flows   []*acting.Service // one for each policy
	sums    [][]wallet.Money  // by payment
	now     *world
	made    uint64
	codes   fs.FS
	rooms   map[string]room // by scene, of which there was a run
}

func newWorkshop(o Options) *workshop {
	off := o.Disable
	shop := &workshop{off: off, wish: o.Wish, codes: o.Codes, rooms: map[string]room{}}
	var err error
	if shop.signers, err = purse.NewSigners(); err != nil {
		panic(err) // a set of two good keys
	}
	euros := [][]string{{"5.00", "20.00", "60.00", "60.00"}, {"900.00", "1500.00", "600.00", "40.00"}, {"10.00", "40.00"}, {"90.00", "30.00"}}
	for n, texts := range euros {
		currency := "EUR"
		if n == 2 {
			currency = "SEK"
		}
		var sums []wallet.Money
		for _, text := range texts {
			m, err := wallet.Parse(text, currency, 2)
			if err != nil {
				panic(err)
			}
			sums = append(sums, m)
		}
		shop.sums = append(shop.sums, sums)
	}
	policies := houses.Policies()
	if off == PointsProof {
		policies = houses.Unproven()
	}
	for i, p := range policies {
		if off == Policy {
			p = houses.Anything()
		}
		shop.flows = append(shop.flows, acting.New(acting.Deps{
			Wallet: walletDoor{shop}, Files: fileDoor{shop}, Links: linkDoor{shop}, Store: storeDoor{shop}, Prover: proverDoor{shop}, Approver: secondDoor{shop},
			Policy: func() (action.Policy, int64) { return p, int64(i + 1) }, Zone: func() *time.Location { return time.UTC }, OnDuty: func() bool { return true },
			Clean: func(_ context.Context, text string) (string, error) { return text, nil },
			Clock: func() time.Time { return shop.now.now },
		}, purse.Issuer))
	}
	return shop
}

// storeDoor is the store as Kefu's flows have it: each write is a moment in which
// something else may happen.
type storeDoor struct{ shop *workshop }

func (d storeDoor) write() (acting.Store, error) { return d.shop.now.store, d.shop.now.write() }
func (d storeDoor) read() (acting.Store, error) {
	if d.shop.now.dead {
		return nil, purse.Gone()
	}
	return d.shop.now.store, nil
}

// written is a moment after a write, before anybody goes on with it.
func (d storeDoor) written(k action.Kept, err error) (action.Kept, error) {
	if err == nil {
		err = d.shop.now.write()
	}
	return k, err
}

func then[T any](s acting.Store, err error, do func(acting.Store) (T, error)) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return do(s)
}

func (d storeDoor) AddAct(c context.Context, p identity.Principal, k action.Kept) error {
	s, err := d.write()
	if err != nil {
		return err
	}
	return s.AddAct(c, p, k)
}

func (d storeDoor) Act(c context.Context, p identity.Principal, id string) (action.Kept, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.Act(c, p, id) })
}

func (d storeDoor) ActByKey(c context.Context, p identity.Principal, key string) (action.Kept, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.ActByKey(c, p, key) })
}

func (d storeDoor) ListActs(c context.Context, p identity.Principal, q action.Query) ([]action.Kept, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) ([]action.Kept, error) { return s.ListActs(c, p, q) })
}

func (d storeDoor) GoodwillFor(c context.Context, p identity.Principal, k action.Kept) (goodwill.HouseRules, goodwill.Sums, error) {
	s, err := d.read()
	if err != nil {
		return goodwill.HouseRules{}, goodwill.Sums{}, err
	}
	return s.GoodwillFor(c, p, k)
}

func (d storeDoor) ActTotals(c context.Context, p identity.Principal, of action.Of) (action.Totals, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) (action.Totals, error) { return s.ActTotals(c, p, of) })
}

func (d storeDoor) DueActs(c context.Context, p identity.Principal, limit int) ([]action.Kept, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) ([]action.Kept, error) { return s.DueActs(c, p, limit) })
}

func (d storeDoor) ConfirmAct(c context.Context, p identity.Principal, id, hash string) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.ConfirmAct(c, p, id, hash) })
}

func (d storeDoor) CancelAct(c context.Context, p identity.Principal, id string) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.CancelAct(c, p, id) })
}

func (d storeDoor) SupersedeAct(c context.Context, p identity.Principal, id string) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.SupersedeAct(c, p, id) })
}

func (d storeDoor) GaveAct(c context.Context, p identity.Principal, id string, n int) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.GaveAct(c, p, id, n) })
}

func (d storeDoor) AwaitAct(c context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.AwaitAct(c, p, id, revision) })
}

func (d storeDoor) PlanAct(c context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error) {
	s, err := d.write()
	return d.written(then(s, err, func(s acting.Store) (action.Kept, error) { return s.PlanAct(c, p, id, revision, r) }))
}

func (d storeDoor) ResendAct(c context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	s, err := d.write()
	return d.written(then(s, err, func(s acting.Store) (action.Kept, error) { return s.ResendAct(c, p, id, revision) }))
}

func (d storeDoor) SettleAct(c context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.SettleAct(c, p, id, revision, w) })
}

func (d storeDoor) LearnAct(c context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.LearnAct(c, p, id, revision, w) })
}

func (d storeDoor) ActSubject(c context.Context, p identity.Principal, customerID, issuer string) (string, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) (string, error) { return s.ActSubject(c, p, customerID, issuer) })
}

func (d storeDoor) FailAct(c context.Context, p identity.Principal, id string, revision int64, why wallet.Refusal) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.FailAct(c, p, id, revision, why) })
}

func (d storeDoor) LookAgain(c context.Context, p identity.Principal, id string, revision int64, at time.Time) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.LookAgain(c, p, id, revision, at) })
}

func (d storeDoor) HurryActs(c context.Context, p identity.Principal, issuer, subject string) error {
	s, err := d.write()
	if err != nil {
		return err
	}
	return s.HurryActs(c, p, issuer, subject)
}

func (d storeDoor) ToldAct(c context.Context, p identity.Principal, id string, revision int64, again time.Time) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.ToldAct(c, p, id, revision, again) })
}

func (d storeDoor) AlarmAct(c context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	s, err := d.write()
	return then(s, err, func(s acting.Store) (action.Kept, error) { return s.AlarmAct(c, p, id, revision) })
}

func (d storeDoor) ActRequest(c context.Context, p identity.Principal, id string) (approval.Request, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) (approval.Request, error) { return s.ActRequest(c, p, id) })
}

func (d storeDoor) MayDecide(p identity.Principal, r approval.Request) bool {
	return d.shop.now.store.MayDecide(p, r)
}

func (d storeDoor) Conversation(c context.Context, p identity.Principal, id string) (conversation.State, error) {
	s, err := d.read()
	return then(s, err, func(s acting.Store) (conversation.State, error) { return s.Conversation(c, p, id) })
}

// secondDoor is the way to the second person's word.
type secondDoor struct{ shop *workshop }

func (d secondDoor) Approve(c context.Context, p identity.Principal, id, hash string) error {
	if err := d.shop.now.write(); err != nil {
		return err
	}
	return d.shop.now.second.Approve(c, p, id, hash)
}

func (d secondDoor) Reject(c context.Context, p identity.Principal, id, reason string) error {
	if err := d.shop.now.write(); err != nil {
		return err
	}
	return d.shop.now.second.Reject(c, p, id, reason)
}

type linkDoor struct{ shop *workshop }

func (d linkDoor) WalletCase(c context.Context, p identity.Principal, customer, talk, issuer string) (wallet.Link, error) {
	return d.shop.now.WalletCase(c, p, customer, talk, issuer)
}

func (d linkDoor) OwnWalletLink(c context.Context, p identity.Principal, issuer string) (wallet.Link, error) {
	return d.shop.now.OwnWalletLink(c, p, issuer)
}

type proverDoor struct{ shop *workshop }

func (d proverDoor) Begin(c context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error) {
	return d.shop.now.prover.Begin(c, p, a)
}

func (d proverDoor) Look(c context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error) {
	return d.shop.now.prover.Look(c, p, a)
}

func (d proverDoor) Proof(c context.Context, p identity.Principal, a action.Kept) (assurance.Kept, error) {
	return d.shop.now.prover.Proof(c, p, a)
}

// proofDoor is the store of proofs.
type proofDoor struct{ w *world }

func (d proofDoor) AddStepUp(c context.Context, p identity.Principal, k assurance.Kept) error {
	if err := d.w.write(); err != nil {
		return err
	}
	return d.w.proofs.AddStepUp(c, p, k)
}

func (d proofDoor) StepUpOf(c context.Context, p identity.Principal, act string) (assurance.Kept, error) {
	if d.w.dead {
		return assurance.Kept{}, purse.Gone()
	}
	return d.w.proofs.StepUpOf(c, p, act)
}

func (d proofDoor) SaveStepUp(c context.Context, p identity.Principal, k assurance.Kept) error {
	if err := d.w.write(); err != nil {
		return err
	}
	return d.w.proofs.SaveStepUp(c, p, k)
}

func (d proofDoor) ForgetStepUp(c context.Context, p identity.Principal, k assurance.Kept) error {
	if err := d.w.write(); err != nil {
		return err
	}
	return d.w.proofs.ForgetStepUp(c, p, k)
}

func (d proofDoor) Tries(c context.Context, p identity.Principal, act string) (assurance.Tries, error) {
	if d.w.dead {
		return assurance.Tries{}, purse.Gone()
	}
	return d.w.proofs.Tries(c, p, act)
}

// askDoor is the wallet, as those see it who want proofs.
type askDoor struct{ w *world }

func (d askDoor) Ask(c context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	if err := d.w.write(); err != nil {
		return wallet.Asked{}, err
	}
	return d.w.wallet.Ask(c, by, a)
}

func (d askDoor) Asked(c context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error) {
	if d.w.dead {
		return wallet.Asked{}, purse.Gone()
	}
	return d.w.wallet.Asked(c, by, customer, id)
}

func (d askDoor) Keys(c context.Context) (identity.KeySet, error) { return d.w.wallet.Keys(c) }

// callTime is how long a call to the wallet lasts at most.
const callTime = 20 * time.Second

// walletDoor is the wallet, as those see it who have something done.
type walletDoor struct{ shop *workshop }

func (d walletDoor) Do(c context.Context, by wallet.Actor, cmd wallet.Command) (wallet.Operation, error) {
	w := d.shop.now
	began := w.now
	if err := w.write(); err != nil {
		return wallet.Operation{}, err
	}
	if w.now.Sub(began) >= callTime { // it is given up, as any call whose time is over
		return wallet.Operation{}, purse.Gone()
	}
	return w.wallet.Do(c, by, cmd)
}

func (d walletDoor) GiveFile(c context.Context, by wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	if err := d.shop.now.write(); err != nil {
		return wallet.Stored{}, err
	}
	return d.shop.now.wallet.GiveFile(c, by, customer, f, content)
}

// fileDoor is where files are kept, by the contract of flow/attaching.
type fileDoor struct{ shop *workshop }

func (d fileDoor) Content(_ context.Context, p identity.Principal, id string, _ int64) ([]byte, error) {
	w := d.shop.now
	f, there := w.papers[id]
	if !there || (w.off != Files && !policy.Allow(p, policy.ReadAttachment, policy.Object{CustomerID: f.owner})) {
		return nil, fault.New(fault.NotFound, "safety.Content", "there is no such file for %s", p.Kind)
	}
	return f.content, nil
}

func (d walletDoor) Capabilities(c context.Context) (wallet.Capabilities, error) {
	return d.shop.now.wallet.Capabilities(c)
}

func (d walletDoor) Operation(c context.Context, by wallet.Actor, customer, id string) (wallet.Operation, error) {
	return d.shop.now.wallet.Operation(c, by, customer, id)
}

func (d walletDoor) OperationByKey(c context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error) {
	return d.shop.now.wallet.OperationByKey(c, by, customer, key)
}

func (d walletDoor) Customer(c context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	return d.shop.now.wallet.Customer(c, by, id)
}

func (d walletDoor) Accounts(c context.Context, by wallet.Actor, id string) ([]wallet.Account, error) {
	return d.shop.now.wallet.Accounts(c, by, id)
}

func (d walletDoor) Instruments(c context.Context, by wallet.Actor, id string) ([]wallet.Instrument, error) {
	return d.shop.now.wallet.Instruments(c, by, id)
}

func (d walletDoor) Transaction(c context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	return d.shop.now.wallet.Transaction(c, by, customer, id)
}

func (d walletDoor) Transfer(c context.Context, by wallet.Actor, customer, id string) (onchain.Transfer, error) {
	return d.shop.now.purse.Onchain(c, by, customer, id)
}

func (d walletDoor) Points(c context.Context, by wallet.Actor, customer string) (points.Standing, error) {
	return d.shop.now.purse.Collected(c, by, customer)
}

func (d walletDoor) Consents(c context.Context, by wallet.Actor, customer string) (consent.Standing, error) {
	return d.shop.now.purse.Consents(c, by, customer)
}

func (d walletDoor) Earning(c context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error) {
	return d.shop.now.purse.Earning(c, by, customer, transaction)
}

func (d walletDoor) Refunds(c context.Context, by wallet.Actor, customer, tx string) ([]wallet.Refund, error) {
	return d.shop.now.wallet.Refunds(c, by, customer, tx)
}

func (d walletDoor) Disputes(c context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error) {
	return d.shop.now.wallet.Disputes(c, by, customer)
}

func (d walletDoor) Devices(c context.Context, by wallet.Actor, customer string) ([]wallet.Device, error) {
	return d.shop.now.wallet.Devices(c, by, customer)
}

func (d walletDoor) Factors(c context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error) {
	return d.shop.now.wallet.Factors(c, by, customer)
}

func (d walletDoor) Restrictions(c context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error) {
	return d.shop.now.wallet.Restrictions(c, by, customer)
}
