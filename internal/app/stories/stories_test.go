package stories_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"kefu/internal/app/stories"
	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/lookup"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/platform/fault"
)

type runs []flow.Seen

func (r runs) ListOf(context.Context, identity.Principal, string) ([]flow.Seen, error) { return r, nil }

type acts func(action.Query) ([]acting.Seen, error)

func (a acts) List(_ context.Context, _ identity.Principal, q action.Query) ([]acting.Seen, error) {
	return a(q)
}

func run(id, tx string, state selfservice.State, at time.Time) flow.Seen {
	return flow.Seen{Run: selfservice.Record{Run: selfservice.Run{
		ID: id, Flow: "FL2", State: state, StartedAt: at, ChangedAt: at.Add(time.Minute),
		Slots: map[string]selfservice.Value{"payment": {Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: tx}}, "why": {Type: selfservice.Text, Text: "tx-1"}},
	}}}
}

func said(events []lookup.Event) string {
	var all string
	for _, e := range events {
		all += e.Source + ":" + e.Event + ":" + e.Ref + ":" + e.By + " "
	}
	return all
}

func TestRunsAboutThePayment(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro(1_795_000_000_000_000)
	events, err := stories.OfRuns{Runs: runs{run("over", "tx-1", selfservice.Ended, at), run("open", "tx-1", selfservice.Asking, at), run("else", "tx-2", selfservice.Ended, at)}}.
		About(context.Background(), identity.Principal{}, "anna", "conv", "tx-1")
	if err != nil || said(events) != "run:FL2 begun:over: run:FL2 ended:over: run:FL2 begun:open: " {
		t.Errorf("%s %v", said(events), err)
	}
	if events[0].At != wallet.At(at) || events[1].At != wallet.At(at.Add(time.Minute)) || !events[0].Tellable {
		t.Errorf("%+v", events)
	}
}

func TestActsOnThePayment(t *testing.T) {
	t.Parallel()
	act := func(id string, a wallet.Act, target string, state action.State, also ...string) acting.Seen {
		return acting.Seen{Kept: action.Kept{Action: action.Action{
			ID: id, State: state, Maker: action.By{Kind: identity.Staff, ID: "mei"}, Command: wallet.Command{Act: a, Target: target, Also: also},
		}}}
	}
	list := acts(func(q action.Query) ([]acting.Seen, error) {
		if q.CustomerID != "anna" && q.ConversationID != "conv" {
			return nil, fault.New(fault.NotFound, "test", "nobody")
		}
		return []acting.Seen{
			act("refund", wallet.RequestRefund, "tx-1", action.Succeeded), act("dispute", wallet.OpenDispute, "tx-2", action.Proposed, "tx-1"), act("freeze", wallet.Freeze, "", action.Succeeded),
		}, nil
	})
	events, err := stories.OfActs{Acts: list}.About(context.Background(), identity.Principal{}, "anna", "conv", "tx-1")
	if err != nil || said(events) != "act:refund proposed:refund:staff act:refund succeeded:refund: act:dispute proposed:dispute:staff " {
		t.Errorf("%s %v", said(events), err)
	}
	if _, err := (stories.OfActs{Acts: list}).About(context.Background(), identity.Principal{}, "li", "another", "tx-1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	for role, want := range map[identity.Role]action.Query{ // an agent for the conversation, a supervisor for the customer
		identity.Agent: {ConversationID: "conv", Limit: action.MaxPage}, identity.Supervisor: {CustomerID: "anna", Limit: action.MaxPage},
	} {
		var got action.Query
		list := acts(func(q action.Query) ([]acting.Seen, error) { got = q; return nil, nil })
		_, err := stories.OfActs{Acts: list}.About(context.Background(), identity.Principal{Kind: identity.Staff, ID: "s", Role: role}, "anna", "conv", "tx-1")
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: asked for %+v, %v", role, got, err)
		}
	}
}
