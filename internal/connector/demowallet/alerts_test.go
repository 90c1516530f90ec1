package demowallet_test

import (
	"context"
	"slices"
	"testing"

	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/wallet"
	"kefu/internal/storage/storagetest"
)

// raised are the open alerts of Anna's, and how many notices told of one.
func raised(t *testing.T, h *holder) (open []wallet.Alert, told int) {
	t.Helper()
	list, err := h.Alerts(context.Background(), wallet.Actor{}, "cust-anna")
	must(t, err)
	for _, a := range list {
		must(t, a.Validate())
		if a.State == "open" {
			open = append(open, a)
		}
	}
	notices, err := h.Notices(context.Background(), 0, 200)
	must(t, err)
	for _, n := range notices.Items {
		if n.Type == wallet.RiskAlert && n.CustomerID == "cust-anna" {
			if !slices.ContainsFunc(list, func(a wallet.Alert) bool { return a.ID == n.Object }) {
				t.Errorf("a notice tells of %s, which there is not", n.Object)
			}
			told++
		}
	}
	return open, told
}

func (h *holder) pay(t *testing.T, ref, sum, to string) demowallet.Paid {
	t.Helper()
	paid, err := h.Pay(context.Background(), demowallet.Order{Ref: ref, CustomerID: "cust-anna", Kind: wallet.KindPayment, Rail: "card", Amount: euro(t, sum), Merchant: &wallet.Merchant{Name: to, Category: "5311", Descriptor: to}})
	must(t, err)
	return paid
}

// Something unlike a customer raises one alert, and what becomes of it settles that, on
// both engines.
func TestAlertsAreRaisedAndSettled(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := holdingOn(t, d), context.Background()
		h.pay(t, "r-1", "8.00", "A shop nobody knows")
		if open, told := raised(t, h); len(open) != 0 || told != 0 {
			t.Fatalf("a small payment raises %+v", open)
		}
		paid := h.pay(t, "r-2", "400.00", "Another shop")
		again := h.pay(t, "r-2", "400.00", "Another shop")
		open, told := raised(t, h)
		if len(open) != 1 || told != 1 || open[0].About != paid.Transaction.ID || again.Transaction.ID != paid.Transaction.ID || open[0].Kind != wallet.AlertPayment {
			t.Fatalf("%+v, told %d times", open, told)
		}
		h.pay(t, "r-3", "410.00", "Another shop")
		if open, _ := raised(t, h); len(open) != 1 {
			t.Errorf("a shop that is known by now: %+v", open)
		}
		must(t, h.Stranger(ctx, "cust-anna"))
		key := h.register("cust-anna", "Laptop")
		open, told = raised(t, h)
		if len(open) != 3 || told != 3 {
			t.Fatalf("%+v, told %d times", open, told)
		}
		h.remove("cust-anna", key.id)
		device := slices.IndexFunc(open, func(a wallet.Alert) bool { return a.Kind == wallet.AlertDevice })
		o, err := h.Do(ctx, agent(), wallet.Command{Key: "k-1", CustomerID: "cust-anna", Act: wallet.RevokeDevice, Target: open[device].About, Reason: "customer_reports_fraud"})
		must(t, err)
		if o.State != wallet.OpSucceeded {
			t.Fatalf("%+v", o)
		}
		open, told = raised(t, h)
		if len(open) != 1 || open[0].Kind != wallet.AlertPayment || told != 3 {
			t.Errorf("what is settled is open: %+v, told %d times", open, told)
		}
		if err := h.Stranger(ctx, "cust-eve"); err == nil {
			t.Error("a stranger signed in as nobody")
		}
	})
}
