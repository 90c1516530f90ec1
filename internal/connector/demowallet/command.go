package demowallet

import (
	"context"
	"slices"

	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/closing"
	"kefu/internal/connector/demowallet/consents"
	"kefu/internal/connector/demowallet/giving"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/loyalty"
	"kefu/internal/connector/demowallet/restrictions"
	"kefu/internal/connector/demowallet/signins"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// maxPlainRefund is the most, in whole units of a currency, that one member of staff
// alone may give back. The wallet has caps of its own, whatever Kefu allows.
const maxPlainRefund = 1000

// keyKept is which operation an idempotency key stands for.
type keyKept struct {
	Operation string `json:"operation"`
	Digest    string `json:"digest"` // of what was asked for
}

// having is what a command has to know of its customer before its commit.
type having struct {
	accounts, sessions, restrictions, factors, instruments []string
	uses                                                   instrument.Uses // of what is to be removed
	found                                                  closing.Found   // of a customer who leaves
}

// dropped ends a commit of which nothing is to be kept.
type dropped struct{}

func (dropped) Error() string { return "nothing is to be kept" }

// act does what one act asks for: it checks everything, authorises, and only then
// changes something.
type act func(d *desk, o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error)

func acts() map[wallet.Act]act {
	return map[wallet.Act]act{
		wallet.Freeze: ofRestrictions(restrictions.Asked.Freeze), wallet.Unfreeze: ofRestrictions(restrictions.Asked.Unfreeze), wallet.RequestRefund: (*desk).requestRefund, wallet.CancelRefund: (*desk).cancelRefund,
		wallet.OpenDispute: (*desk).openDispute, wallet.AddEvidence: (*desk).addEvidence, wallet.GrantCredit: (*desk).grantCredit, wallet.ReleaseHold: (*desk).releaseHold,
		wallet.Recall: (*desk).recall, wallet.BlockInstrument: ofRestrictions(restrictions.Asked.Block), wallet.RevokeSessions: ofSignins(signins.Asked.RevokeSessions),
		wallet.RevokeDevice: ofSignins(signins.Asked.RevokeDevice), wallet.NotifyCustomer: (*desk).notify, wallet.RequestInspection: (*desk).inspect,
		wallet.SetDefault: ofCards(cards.Asked.SetDefault), wallet.RemoveInstrument: ofCards(cards.Asked.Remove), wallet.CancelMandate: ofCards(cards.Asked.CancelMandate), wallet.StopRecovery: (*desk).stopRecovery,
		wallet.RequestRetrieval: (*desk).retrieve,
		wallet.Withdraw:         (*desk).withdraw, wallet.Close: ofClosings(closing.Asked.Close), wallet.KeepOpen: ofClosings(closing.Asked.Keep),
		wallet.ClaimPoints: ofPoints(loyalty.Asked.Claim), wallet.RedeemPoints: ofPoints(loyalty.Asked.Redeem),
		wallet.GiveGoodwill: (*desk).give,
		wallet.GiveConsent:  (*desk).setConsent, wallet.WithdrawConsent: (*desk).setConsent,
	}
}

// Do does something for a customer, or tells what it would do. What was done under a key
// is told again for the same key. A refusal is an operation that failed; one for want of
// a proof or of an approval is not remembered, for the same command may come again with
// it. Errors: NotFound, Invalid, Conflict with the reason keep.Mismatch,
// Unavailable.
func (w *Wallet) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	if err := c.Validate(); err != nil {
		return wallet.Operation{}, err
	}
	has, err := w.having(ctx, by, c)
	if err != nil {
		return wallet.Operation{}, err
	}
	var o wallet.Operation
	err = w.do(ctx, func(d *desk) error {
		d.dry, d.has = c.DryRun, has
		var err error
		if o, err = d.command(by, c); err != nil {
			return err
		}
		if c.DryRun || o.Refusal == wallet.StepUpRequired || o.Refusal == wallet.ApprovalRequired {
			return dropped{}
		}
		return nil
	})
	if _, nothing := err.(dropped); nothing { //nolint:errorlint // nobody wraps it
		err = nil
	}
	w.poke()
	return o, err
}

// having gathers what a command has to know of its customer.
func (w *Wallet) having(ctx context.Context, by wallet.Actor, c wallet.Command) (having, error) {
	var h having
	if _, err := w.Customer(ctx, by, c.CustomerID); err != nil {
		return h, err
	}
	for kind, into := range map[string]*[]string{keep.KindAccount: &h.accounts, keep.KindSession: &h.sessions, keep.KindRestriction: &h.restrictions, keep.KindFactor: &h.factors, keep.KindInstrument: &h.instruments} {
		records, err := w.books.Records(ctx, kind, c.CustomerID, ledger.Before{}, maxListed)
		if err != nil {
			return h, err
		}
		for _, r := range records {
			*into = append(*into, r.ID)
		}
	}
	slices.Sort(h.accounts)
	var err error
	switch c.Act {
	case wallet.RemoveInstrument:
		h.uses, err = w.Uses(ctx, by, c.CustomerID, c.Target)
	case wallet.Withdraw, wallet.Close, wallet.KeepOpen:
		h.found, err = w.Find(ctx, c.CustomerID)
	}
	return h, err
}

// command carries a command out inside its commit.
func (d *desk) command(by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	digest, err := keep.Digest(c)
	if err != nil {
		return wallet.Operation{}, err
	}
	key := keep.KeyID(c.CustomerID, c.Key)
	if before, err := get[keyKept](d, keep.KindKey, key); err == nil {
		if before.Digest != digest {
			return wallet.Operation{}, &fault.Error{Code: fault.Conflict, Op: "demowallet.Do", Reason: keep.Mismatch, Message: "the key was used for another command"}
		}
		return get[wallet.Operation](d, keep.KindOperation, before.Operation)
	} else if !fault.Is(err, fault.NotFound) {
		return wallet.Operation{}, err
	}
	o := wallet.Operation{
		ID: "op-" + id.New(), Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpSucceeded, CreatedAt: d.At, DoneAt: d.At,
	}
	refusal, err := acts()[c.Act](d, &o, by, c)
	if err != nil {
		return o, err
	}
	switch {
	case refusal != "":
		o.State, o.Refusal, o.Made, o.DoneAt, o.ExpectedBy = wallet.OpFailed, refusal, nil, d.At, 0
	case d.dry:
		o.State, o.Made, o.DoneAt, o.ExpectedBy = wallet.OpProposed, nil, 0, 0
	}
	if d.dry {
		return o, o.Validate()
	}
	if err := put(d, keep.KindKey, key, c.CustomerID, d.At, keyKept{Operation: o.ID, Digest: digest}); err != nil {
		return o, err
	}
	return o, d.saveOperation(o)
}

func (d *desk) saveOperation(o wallet.Operation) error {
	if err := put(d, keep.KindOperation, o.ID, o.CustomerID, o.CreatedAt, o); err != nil {
		return err
	}
	return d.Tell(wallet.OperationUpdated, o.CustomerID, o.ID)
}

// Operation reads what became of a command. Errors: NotFound, Unavailable.
func (w *Wallet) Operation(ctx context.Context, _ wallet.Actor, customer, operation string) (wallet.Operation, error) {
	return read[wallet.Operation](ctx, w, keep.KindOperation, customer, operation)
}

// OperationByKey reads what became of the command of a key. Errors: NotFound when there
// was none; Unavailable.
func (w *Wallet) OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error) {
	k, err := read[keyKept](ctx, w, keep.KindKey, customer, keep.KeyID(customer, key))
	if err != nil {
		return wallet.Operation{}, err
	}
	return w.Operation(ctx, by, customer, k.Operation)
}

// level is how sure the wallet has to be of a customer for an act, whatever Kefu thinks.
func level(c wallet.Command) identity.Level {
	a := c.Act
	switch {
	case a == wallet.Unfreeze || a == wallet.Close:
		return identity.AL3
	case a.OfHouse(): // the customer proves nothing for what they are given
		return identity.AL0
	case a.MovesMoney() || a == wallet.RemoveInstrument || loyalty.Proven(c):
		return identity.AL2
	default:
		return identity.AL0
	}
}

// authorise sees to it that a command comes with the proof and the approvals that the
// wallet itself wants of it. A proof is good once.
func (d *desk) authorise(by wallet.Actor, c wallet.Command, approvals int) (wallet.Refusal, error) {
	if d.dry {
		return "", nil
	}
	who := map[string]bool{by.ID: true}
	for _, a := range c.Approvals {
		if !who[a.ID] && a.At != 0 && a.At <= d.At+wallet.Time(assurance.MaxSkew.Microseconds()) {
			who[a.ID] = true
		}
	}
	if len(who)-1 < approvals {
		return wallet.ApprovalRequired, nil
	}
	if need := level(c); need > identity.AL0 {
		ok, err := d.w.Proven(d.Desk, by, c, need)
		if err != nil || !ok {
			return wallet.StepUpRequired, err
		}
	}
	return "", nil
}

// asked is a command as the parts of the wallet take it.
func (d *desk) asked(by wallet.Actor, c wallet.Command) keep.Asked {
	return keep.Asked{Desk: d.Desk, By: by, Allowed: func(approvals int) (wallet.Refusal, error) { return d.authorise(by, c, approvals) }}
}

// ofCards makes an act of what is done with cards.
func ofCards(do func(cards.Asked, *wallet.Operation, wallet.Command) (wallet.Refusal, error)) act {
	return func(d *desk, o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
		return do(cards.Asked{Asked: d.asked(by, c), Uses: d.has.uses, Rest: d.has.instruments}, o, c)
	}
}

// ofPoints makes an act of what is done with points.
func ofPoints(do func(loyalty.Asked, *wallet.Operation, wallet.Command) (wallet.Refusal, error)) act {
	return func(d *desk, o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
		return do(loyalty.Asked{Asked: d.asked(by, c), Dry: d.dry}, o, c)
	}
}

// give gives something of the wallet's own.
func (d *desk) give(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	return giving.Asked{Asked: d.asked(by, c), Accounts: d.has.accounts, Dry: d.dry}.Give(o, c)
}

// setConsent gives a consent or withdraws it.
func (d *desk) setConsent(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	return consents.Asked{Asked: d.asked(by, c), Dry: d.dry}.Set(o, c)
}

// retrieve brings back what came over a public network.
func (d *desk) retrieve(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	return chain.Asked{Asked: d.asked(by, c), Chain: d.w.Chain}.Retrieve(o, c)
}

// ofRestrictions makes an act of what is done about what a customer may do.
func ofRestrictions(do func(restrictions.Asked, *wallet.Operation, wallet.Command) (wallet.Refusal, error)) act {
	return func(d *desk, o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
		young := func() (bool, error) { return signins.Young(d.Desk, d.has.factors) }
		return do(restrictions.Asked{Asked: d.asked(by, c), Accounts: d.has.accounts, Restrictions: d.has.restrictions, Young: young}, o, c)
	}
}

// ofSignins makes an act of what is done about sessions and devices.
func ofSignins(do func(signins.Asked, *wallet.Operation, wallet.Command) (wallet.Refusal, error)) act {
	return func(d *desk, o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
		return do(signins.Asked{Asked: d.asked(by, c), Sessions: d.has.sessions}, o, c)
	}
}

// stopRecovery ends what somebody else began in the customer's name. It takes nothing away,
// and so needs little.
func (d *desk) stopRecovery(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	at, err := d.w.StopFor(d.Desk, c.CustomerID, c.Target, d.has.factors, true)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{State: string(at)} // what is stopped does not run again: it is begun anew
	if !at.Open() {
		return wallet.AlreadyDone, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	_, err = d.w.StopFor(d.Desk, c.CustomerID, c.Target, d.has.factors, d.dry)
	return "", err
}

// notify leaves a message in the wallet's app.
func (d *desk) notify(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	o.Summary = &wallet.Summary{Effects: []string{"message_shown"}}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	m := Message{ID: "msg-" + id.New(), Reason: c.Reason, Text: c.Details["text"], At: d.At}
	o.Made = []wallet.Made{{Kind: "notice", ID: m.ID}}
	return "", put(d, keep.KindMessage, m.ID, c.CustomerID, d.At, m)
}

// Message is something that the wallet's app shows to a customer.
type Message = keep.Message

// Messages lists what the app shows a customer, the latest first. Errors: NotFound,
// Unavailable.
func (w *Wallet) Messages(ctx context.Context, customer string) ([]Message, error) {
	return listed[Message](ctx, w, keep.KindMessage, customer, maxListed)
}
