package walletapi_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"

	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

func signer(t *testing.T) identity.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Signer{Key: key}
}

// Whatever a wallet answers, it is either of the contract and about what was asked for,
// or no answer.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(goodCustomer))
	f.Add([]byte(goodOperation))
	f.Add([]byte(`{"items":[]}`))
	f.Add([]byte(`{"items":[{"event_id":"e","type":"risk.alert","sequence":1,"position":9,"at":"2026-01-01T00:00:00Z"}],"more":false}`))
	f.Add([]byte(`{"id":"s-1","state":"pending","expires_at":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"customer_id":"c-1","fields":["email"]}`))
	f.Add([]byte(`{"version":"1","name":"w","readings":["customer","transactions","match"],"acts":["freeze"],"step_up":["app_push"]}`))
	ctx, by := context.Background(), actor()
	amount, err := wallet.Parse("10.00", "EUR", 2)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := walletapi.New(walletapi.Options{URL: "https://wallet.example/v1", Key: httpsig.Key{ID: "k", Secret: []byte("0123456789abcdef0123456789abcdef")}})
		if err != nil {
			t.Fatal(err)
		}
		c.Answering(200, "application/json", body)
		judge := func(what string, valid func() error, err error) {
			if err != nil && !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v", what, err)
			}
			if err == nil && valid() != nil {
				t.Errorf("%s was believed: %v", what, valid())
			}
		}
		customer, err := c.Customer(ctx, by, "c-1")
		judge("a customer", customer.Validate, err)
		o, err := c.Do(ctx, by, wallet.Command{Key: "k-1", Act: wallet.RequestRefund, CustomerID: "c-1", Target: "tx-1", Amount: amount, Expect: "posted", Reason: "asked"})
		judge("an operation", o.Validate, err)
		if err == nil && (o.CustomerID != "c-1" || o.Key != "k-1" || o.Target != "tx-1") {
			t.Errorf("%+v", o)
		}
		asked, err := c.Asked(ctx, by, "c-1", "s-1")
		judge("a step-up", asked.Validate, err)
		matched, err := c.Match(ctx, by, wallet.Claimed{Email: "a@example.com"})
		judge("a match", matched.Validate, err)
		can, err := c.Capabilities(ctx)
		judge("capabilities", can.Validate, err)
		keys, err := c.Keys(ctx)
		if err == nil && len(keys.IDs()) == 0 {
			t.Error("no keys were taken for some")
		}
		notices, err := c.Notices(ctx, 3, 10)
		for _, n := range notices.Items {
			judge("a notice", n.Validate, err)
		}
		refunds, err := c.Refunds(ctx, by, "c-1", "")
		for _, r := range refunds {
			judge("a refund", r.Validate, err)
		}
		traces, err := c.Timeline(ctx, by, "c-1", "tx-1")
		for _, x := range traces {
			judge("a trace", x.Validate, err)
		}
	})
}
