package wallettest

import (
	"context"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Acts are what a wallet does for customer service, and the proofs that it wants for it.
type Acts interface {
	Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error)
	Operation(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Operation, error)
	OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error)
	Ask(ctx context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error)
	Asked(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error)
}

// acting judges one refund from the look at it to what it made, and a freeze.
func acting(t *testing.T, s Site) {
	if s.Acts == nil || s.Readings == nil {
		t.Skip("this side of the wallet does nothing")
	}
	ctx, who := context.Background(), s.Customers[0]
	c := refundable(t, s)
	look := c
	look.DryRun = true
	o, err := s.Acts.Do(ctx, actor(), look)
	if err != nil || o.State != wallet.OpProposed || o.Summary == nil || o.Summary.Amount.Cmp(c.Amount) != 0 {
		t.Fatalf("looked at: %+v %v", o, err)
	}
	if _, err := s.Acts.OperationByKey(ctx, actor(), who, c.Key); !fault.Is(err, fault.NotFound) {
		t.Errorf("a look was kept: %v", err)
	}
	if o, err = s.Acts.Do(ctx, actor(), c); err != nil || o.State != wallet.OpFailed || o.Refusal != wallet.StepUpRequired {
		t.Errorf("without a proof: %+v %v", o, err)
	}
	c.Key, c.Assertion = id.New(), prove(t, s, c)
	done, err := s.Acts.Do(ctx, actor(), c)
	if err != nil || done.Validate() != nil || done.Key != c.Key || !(done.State == wallet.OpSucceeded || done.State == wallet.OpPending) || len(done.Made) != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	once(t, s, c, done)
	list, err := s.Readings.Refunds(ctx, actor(), who, c.Target)
	if err != nil || len(list) != 1 || list[0].ID != done.Made[0].ID || list[0].Amount.Cmp(c.Amount) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	told := map[string]bool{}
	page, err := s.Readings.Notices(ctx, 0, wallet.MaxNotices)
	for _, n := range page.Items {
		told[string(n.Type)+" "+n.Object] = true
	}
	for _, want := range []string{"refund.updated " + done.Made[0].ID, "operation.updated " + done.ID, "transaction.updated " + c.Target} {
		if !told[want] {
			t.Errorf("nobody was told: %s (%v)", want, err)
		}
	}
	freezing(t, s)
}

// refundable is a command that gives a payment of the first customer back.
func refundable(t *testing.T, s Site) wallet.Command {
	t.Helper()
	for _, tx := range all(t, s, wallet.Query{CustomerID: s.Customers[0], Limit: wallet.MaxPage, States: []wallet.State{wallet.Posted}}) {
		terms, err := s.Readings.Terms(context.Background(), actor(), s.Customers[0], tx.ID)
		if err != nil {
			t.Fatal(err)
		}
		if terms.Eligible {
			return wallet.Command{Key: id.New(), Act: wallet.RequestRefund, CustomerID: s.Customers[0], Target: tx.ID, Amount: terms.Left, Reason: "returned", Expect: string(tx.State)}
		}
	}
	t.Fatal("nothing can be given back")
	return wallet.Command{}
}

// prove has the customer say yes to a command, in the wallet's own app.
func prove(t *testing.T, s Site, c wallet.Command) string {
	t.Helper()
	ctx := context.Background()
	ask := wallet.Ask{Key: id.New(), CustomerID: c.CustomerID, Case: actor().Case, Act: c.Act, Target: c.Target, Amount: c.Amount, Level: 2, Nonce: id.New()}
	asked, err := s.Acts.Ask(ctx, actor(), ask)
	if err != nil || asked.State != wallet.AskPending {
		t.Fatalf("%+v %v", asked, err)
	}
	if again, err := s.Acts.Ask(ctx, actor(), ask); err != nil || again.ID != asked.ID {
		t.Errorf("asked again under the same key: %+v %v", again, err)
	}
	if _, err := s.Acts.Asked(ctx, actor(), s.Customers[1], asked.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("told to somebody else: %v", err)
	}
	s.Answer(t, asked.ID)
	asked, err = s.Acts.Asked(ctx, actor(), c.CustomerID, asked.ID)
	if err != nil || asked.State != wallet.AskApproved || asked.Validate() != nil {
		t.Fatalf("%+v %v", asked, err)
	}
	return asked.Assertion
}

// once judges that a command that was done is not done again.
func once(t *testing.T, s Site, c wallet.Command, done wallet.Operation) {
	t.Helper()
	ctx := context.Background()
	for name, ask := range map[string]func() (wallet.Operation, error){
		"again":     func() (wallet.Operation, error) { return s.Acts.Do(ctx, actor(), c) },
		"by its id": func() (wallet.Operation, error) { return s.Acts.Operation(ctx, actor(), c.CustomerID, done.ID) },
		"by its key": func() (wallet.Operation, error) {
			return s.Acts.OperationByKey(ctx, actor(), c.CustomerID, c.Key)
		},
	} {
		if o, err := ask(); err != nil || o.ID != done.ID {
			t.Errorf("%s: %+v %v", name, o, err)
		}
	}
	other := c
	other.Reason = "twice"
	if o, err := s.Acts.Do(ctx, actor(), other); !fault.Is(err, fault.Conflict) {
		t.Errorf("another command under the key: %+v %v", o, err)
	}
	used := c
	used.Key = id.New()
	if o, err := s.Acts.Do(ctx, actor(), used); err != nil || o.State != wallet.OpFailed {
		t.Errorf("once more under another key: %+v %v", o, err)
	}
	if _, err := s.Acts.Operation(ctx, actor(), s.Customers[1], done.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("told to somebody else: %v", err)
	}
	stolen := c
	stolen.Key, stolen.CustomerID = id.New(), s.Customers[1]
	if o, err := s.Acts.Do(ctx, actor(), stolen); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's payment: %+v %v", o, err)
	}
}

// freezing judges that a freeze needs no proof, and that to lift it does.
func freezing(t *testing.T, s Site) {
	t.Helper()
	ctx, who := context.Background(), s.Customers[0]
	o, err := s.Acts.Do(ctx, actor(), wallet.Command{Key: id.New(), Act: wallet.Freeze, CustomerID: who, Reason: "phone_lost"})
	if err != nil || o.State != wallet.OpSucceeded || len(o.Made) != 1 {
		t.Fatalf("%+v %v", o, err)
	}
	list, err := s.Readings.Restrictions(ctx, actor(), who)
	if err != nil || len(list) != 1 || list[0].ID != o.Made[0].ID || list[0].Kind != "freeze" {
		t.Errorf("%+v %v", list, err)
	}
	thaw := wallet.Command{Key: id.New(), Act: wallet.Unfreeze, CustomerID: who, Target: o.Made[0].ID, Reason: "asked", Expect: "frozen", Approvals: []wallet.Approval{{ID: "supervisor-1", At: o.CreatedAt}}}
	if o, err = s.Acts.Do(ctx, actor(), thaw); err != nil || o.Refusal != wallet.StepUpRequired {
		t.Errorf("without a proof: %+v %v", o, err)
	}
}
