package demowallet

import (
	"context"
	"slices"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// What a fate can be set for.
const (
	NextPayment = "payment"
	NextRefund  = "refund"
	NextRecall  = "recall"
	NextDispute = "dispute"
)

// What becomes of a recall or dispute, where it is not the good thing.
const (
	RecallRefused = "recall_refused"
	DisputeLost   = "dispute_lost"
)

// fated is a fate that was set; none once it has come.
type fated struct {
	Fate rails.Fate `json:"fate"`
}

// SetFate says what is to become of a customer's next payment, refund, recall or
// dispute. Errors: NotFound, Invalid.
func (w *Wallet) SetFate(ctx context.Context, customer, what string, fate rails.Fate) error {
	const op = "demowallet.SetFate"
	known := map[string][]string{
		NextRefund: {RefundFine, RefundFails, RefundAbnormal}, NextRecall: {rails.Fine, RecallRefused}, NextDispute: {rails.Fine, DisputeLost},
	}
	if what == NextPayment {
		if err := fate.Validate(); err != nil {
			return err
		}
	} else if !slices.Contains(known[what], fate.Kind) {
		return fault.InvalidField(op, "kind", "is nothing that can become of that")
	}
	if _, err := w.Customer(ctx, wallet.Actor{}, customer); err != nil {
		return err
	}
	return w.do(ctx, func(d *desk) error { return put(d, keep.KindFate, customer+"~"+what, customer, 0, fated{fate}) })
}

// fated takes the fate that was set for a customer's next payment, refund, recall or
// dispute; without one all is well.
func (d *desk) fated(customer, what string) (rails.Fate, error) {
	key := customer + "~" + what
	set, err := get[fated](d, keep.KindFate, key)
	if fault.Is(err, fault.NotFound) || (err == nil && set.Fate.Kind == "") {
		return rails.Fate{Kind: rails.Fine}, nil
	}
	if err != nil {
		return set.Fate, err
	}
	return set.Fate, put(d, keep.KindFate, key, customer, 0, fated{})
}

// Codes lists the raw codes of a rail with what each stands for. Errors: Invalid.
func (w *Wallet) Codes(rail string) (map[string]wallet.FailureCode, error) {
	r, err := rails.Of(rail)
	return w.table.Raw(r.Codes), err
}

// Announce tells of something that does not work, changes what is told of it, or ends it.
// Errors: Invalid.
func (w *Wallet) Announce(ctx context.Context, i wallet.Incident) error {
	return w.do(ctx, func(d *desk) error {
		what := wallet.IncidentUpdated
		switch before, err := get[wallet.Incident](d, keep.KindIncident, i.ID); {
		case fault.Is(err, fault.NotFound):
			what = wallet.IncidentOpened
		case err != nil:
			return err
		case before.EndsAt == 0 && i.EndsAt != 0 && i.EndsAt <= d.At:
			what = wallet.IncidentClosed
		}
		i.UpdatedAt = d.At
		if err := put(d, keep.KindIncident, i.ID, "", i.BeginsAt, i); err != nil {
			return err
		}
		return d.Tell(what, "", i.ID)
	})
}
