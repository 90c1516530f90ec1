package demowallet_test

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/storagetest"
)

func coin(t fatal, text, currency string, scale int) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, currency, scale)
	must(t, err)
	return m
}

// coined is a wallet on an engine, with Anna, who has an account on a chain.
func coined(t *testing.T, d *storagetest.Deployment, change ...func(*demowallet.Options)) *lively {
	l := &lively{on(t, d.Books(t), d.Clock.Now, change...), d.Clock}
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt"}, {ID: "cust-sara", Name: "Sara Haddad"}}))
	return l
}

func (l *lively) transfer(t *testing.T, id string) onchain.Transfer {
	t.Helper()
	got, err := l.Transfer(context.Background(), wallet.Actor{}, "cust-anna", id)
	must(t, err)
	must(t, got.Validate())
	return got
}

// How far a transfer has got follows from the payment and the clock, on both engines.
func TestATransferIsConfirmedBlockByBlock(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := coined(t, d), context.Background()
		send := func(ref, sum, fate string, way wallet.Direction) string {
			paid, err := h.Pay(ctx, demowallet.Order{
				Ref: ref, CustomerID: "cust-anna", AccountID: "cust-anna:crypto", Kind: wallet.KindCrypto, Direction: way, Amount: coin(t, sum, "ETH", 18), Rail: rails.Chain,
				Fate: rails.Fate{Kind: fate}, Counterparty: &wallet.Counterparty{Account: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"},
			})
			must(t, err)
			return "ch-" + paid.Transaction.ID
		}
		in := send("in", "2", rails.Fine, wallet.In)
		h.pass(t, time.Minute)
		if got := h.transfer(t, in); got.State != onchain.Pending || got.Confirmations != 5 || got.Needed != 65 || got.TxID != chain.TxID(got.TransactionID, "ETH") {
			t.Errorf("after a minute of blocks of 12 s: %+v", got)
		}
		h.pass(t, 2*time.Hour)
		if got := h.transfer(t, in); got.State != onchain.Arrived || got.Confirmations < 65 {
			t.Errorf("%+v", got)
		}
		want := map[string]onchain.Progress{rails.Stuck: onchain.Pending, rails.Dropped: onchain.Dropped, rails.Replaced: onchain.Replaced, rails.Reverted: onchain.Failed, rails.Held: onchain.Held, rails.Fine: onchain.Arrived}
		ids := map[string]string{}
		for fate := range want {
			ids[fate] = send(fate, "0.1", fate, wallet.Out)
		}
		h.pass(t, 30*time.Hour)
		for fate, state := range want {
			got := h.transfer(t, ids[fate])
			if got.State != state || (got.TxID == "") != (fate == rails.Held) || (state == onchain.Pending && got.Confirmations != 0) {
				t.Errorf("%s: %+v", fate, got)
			}
		}
		all, err := h.Transfers(ctx, wallet.Actor{}, "cust-anna", "")
		must(t, err)
		if !slices.IsSortedFunc(all, func(a, b onchain.Transfer) int { return int(b.SeenAt - a.SeenAt) }) {
			t.Error("they are not in order")
		}
		for _, of := range []string{ids[rails.Fine], "ch-none", "none"} {
			if _, err := h.Transfer(ctx, wallet.Actor{}, "cust-sara", of); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of somebody else: %v", of, err)
			}
		}
	})
}

// What came without its memo is brought back once: the figures are exact, and make the
// whole. What was never asked for stays.
func TestALostDepositIsBroughtBackOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := coined(t, d), context.Background()
		lost := chain.Deposit{ID: "dp-1", CustomerID: "cust-anna", Amount: coin(t, "33.333333", "XRP", 6), Problem: onchain.MissingMemo, Address: "rSender"}
		must(t, h.Arrive(ctx, lost))
		if err := h.Arrive(ctx, lost); !fault.Is(err, fault.Conflict) {
			t.Errorf("it arrived twice: %v", err)
		}
		if err := h.Arrive(ctx, chain.Deposit{ID: "dp-2", CustomerID: "cust-anna", Amount: lost.Amount}); !fault.Is(err, fault.Invalid) {
			t.Errorf("with nothing wrong: %v", err)
		}
		if list, err := h.Transfers(ctx, wallet.Actor{}, "cust-anna", ""); err != nil || slices.ContainsFunc(list, func(x onchain.Transfer) bool { return x.ID == "dp-1" }) {
			t.Errorf("whose it is was told before anybody named it: %v", err)
		}
		if list, err := h.Transfers(ctx, wallet.Actor{}, "cust-anna", lost.TxID()); err != nil || len(list) != 1 || list[0].Retrieval.Chance != onchain.Unsure {
			t.Errorf("%+v %v", list, err)
		}
		h.pass(t, time.Hour)
		told := h.transfer(t, "dp-1")
		if r := told.Retrieval; told.State != onchain.Confirmed || r.Chance != onchain.Possible || r.Fee.Amount() != "1.666666" || r.Left.Amount() != "31.666667" {
			t.Fatalf("%+v %+v", told, told.Retrieval)
		}
		ask := func(expected onchain.Progress) wallet.Command {
			return h.proven(t, command(wallet.RequestRetrieval, "dp-1", expect(string(expected))), 2)
		}
		h.refuses(t, command(wallet.RequestRetrieval, "dp-1", expect(string(onchain.Confirmed))), wallet.StepUpRequired)
		h.refuses(t, ask(onchain.Pending), wallet.StateChanged)
		others := ask(onchain.Confirmed)
		others.CustomerID = "cust-sara"
		if o, err := h.Do(ctx, agent(), others); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %+v %v", o, err)
		}
		first := ask(onchain.Confirmed)
		if o := h.do(t, first); o.State != wallet.OpPending {
			t.Fatalf("%+v", o)
		}
		if again := h.do(t, first); again.State != wallet.OpPending || again.Key != first.Key {
			t.Errorf("the same once more: %+v", again)
		}
		h.refuses(t, ask(onchain.Confirmed), wallet.AlreadyDone)
		h.pass(t, 73*time.Hour)
		if got := h.transfer(t, "dp-1"); got.State != onchain.Arrived || got.Retrieval.Chance != onchain.Recovered {
			t.Errorf("%+v", got)
		}
		balances, err := h.Balances(ctx, wallet.Actor{}, "cust-anna")
		must(t, err)
		if !slices.ContainsFunc(balances, func(b wallet.Balance) bool {
			return b.AccountID == "cust-anna:xrp" && b.Available.Amount() == "31.666667"
		}) {
			t.Errorf("%+v", balances)
		}
	})
}

// A deposit that the law asks about waits for its customer's statement, and for no yes.
func TestADepositWaitsForItsStatement(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := coined(t, d), context.Background()
		paid, err := h.Pay(ctx, demowallet.Order{
			Ref: "asked", CustomerID: "cust-anna", AccountID: "cust-anna:crypto", Kind: wallet.KindCrypto, Direction: wallet.In, Amount: coin(t, "0.6", "ETH", 18), Rail: rails.Chain,
			Fate: rails.Fate{Kind: rails.Waits}, Counterparty: &wallet.Counterparty{Account: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"},
		})
		must(t, err)
		id := paid.Transaction.ID
		h.pass(t, time.Hour)
		if got := h.transfer(t, "ch-"+id); got.Asking == nil || got.Asking.State != onchain.Open {
			t.Fatalf("%+v", got)
		}
		if list, err := h.Asking(ctx, "cust-anna"); err != nil || len(list) != 1 || list[0].TransactionID != id {
			t.Errorf("%+v %v", list, err)
		}
		if _, err := h.Confirm(ctx, "cust-anna", id, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("a yes is no statement: %v", err)
		}
		for _, sender := range []string{"", "  ", "12345", "Ada\x00", string(make([]rune, 141))} {
			if err := h.Declare(ctx, "cust-anna", id, chain.Statement{Sender: sender}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", sender, err)
			}
		}
		if err := h.Declare(ctx, "cust-sara", id, chain.Statement{Sender: "Eve"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		must(t, h.Declare(ctx, "cust-anna", id, chain.Statement{Sender: "Anna Schmidt", Own: true}))
		h.pass(t, 2*time.Hour)
		if got := h.transfer(t, "ch-"+id); got.State != onchain.Arrived || got.Asking.State != onchain.Answered {
			t.Errorf("%+v %+v", got, got.Asking)
		}
		if err := h.Declare(ctx, "cust-anna", id, chain.Statement{Sender: "Anna Schmidt", Own: true}); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
	})
}

// A transaction is named as its network's explorers write it.
func TestTransactionsAreNamedAsTheirNetworkDoes(t *testing.T) {
	for currency, form := range map[string]string{"ETH": `^0x[0-9a-f]{64}$`, "POL": `^0x[0-9a-f]{64}$`, "XRP": `^[0-9A-F]{64}$`, "TRX": `^[0-9a-f]{64}$`} {
		if id := chain.TxID("tx-1", currency); !regexp.MustCompile(form).MatchString(id) {
			t.Errorf("%s: %s", currency, id)
		}
	}
	over := chain.Deposit{ID: "dp-1", Amount: coin(t, "1", "XRP", 6), Problem: onchain.WrongNetwork, SentOn: "Ethereum"}
	if id := over.TxID(); id != chain.TxID("dp-1", "ETH") {
		t.Errorf("over another network: %s", id)
	}
}

// What is said beforehand of how long bringing something back takes, and by when it is
// there, go together, however fast the demonstration runs.
func TestHowLongBringingBackTakesKeepsToThePace(t *testing.T) {
	for _, pace := range []float64{1, 1500} {
		storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
			h := coined(t, d, func(o *demowallet.Options) { o.Pace = pace })
			must(t, h.Arrive(context.Background(), chain.Deposit{ID: "dp-1", CustomerID: "cust-anna", Amount: coin(t, "120", "XRP", 6), Problem: onchain.MissingMemo, Address: "rSender"}))
			h.pass(t, time.Hour)
			hours := h.transfer(t, "dp-1").Retrieval.Hours
			asked := d.Clock.Now()
			o := h.do(t, h.proven(t, command(wallet.RequestRetrieval, "dp-1", expect(string(onchain.Confirmed))), 2))
			takes := o.ExpectedBy.Std().Sub(asked).Hours()
			if takes < float64(hours[0]) || takes > float64(hours[1]) {
				t.Errorf("at a pace of %v it takes %v hours, and %v were told", pace, takes, hours)
			}
		})
	}
}
