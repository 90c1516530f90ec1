package acting_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
)

// freeze has an agent freeze a customer's wallet in a conversation.
func (h *house) freeze(by identity.Principal, conv string) acting.Seen {
	h.Helper()
	ctx := context.Background()
	seen, err := h.flow.AtDesk(ctx, by, acting.Wish{Conversation: conv, Proposal: selfservice.Proposal{Act: wallet.Freeze, Reason: "customer_asked"}})
	h.must(err)
	_, outcome, err := h.flow.Confirm(ctx, by, seen.ID, seen.Hash)
	if err != nil || outcome != "" {
		h.Fatalf("%q %v", outcome, err)
	}
	_, _, err = h.flow.Execute(ctx, by, seen.ID)
	h.must(err)
	seen, _, err = h.flow.Get(ctx, by, seen.ID)
	h.must(err)
	return seen
}

func TestWhomStaffFrozeIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		seen := h.freeze(h.agent, h.conv)
		if seen.State != action.Succeeded || !seen.Untold {
			t.Fatalf("%+v", seen.Action)
		}
		h.telling = fault.New(fault.Unavailable, "test", "the store is busy")
		h.later(0)
		if len(h.told) != 1 {
			t.Fatalf("told %d times", len(h.told))
		}
		h.telling = nil
		h.later(time.Minute)
		h.later(time.Hour)
		if len(h.told) != 2 || h.told[1] != seen.ID {
			t.Errorf("tried %d times", len(h.told))
		}
		now, _, err := h.flow.Get(context.Background(), h.agent, seen.ID)
		h.must(err)
		if now.Untold {
			t.Error("it is still to be told")
		}
		if n, err := h.CountUnsettledActs(context.Background()); err != nil || n != (action.Unsettled{}) {
			t.Errorf("%+v %v", n, err)
		}
	})
}

func TestWhoCannotBeToldIsNotTriedForEver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.telling = fault.New(fault.Unavailable, "test", "away")
		h.freeze(h.agent, h.conv)
		for range 200 {
			h.later(15 * time.Minute)
		}
		tried := len(h.told)
		h.later(24 * time.Hour)
		if tried == 0 || len(h.told) != tried {
			t.Errorf("tried %d and then %d times", tried, len(h.told))
		}
	})
}

func TestWhoSaidYesThemselvesIsNotTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a, _, err := h.flow.Propose(ctx, h.anna, h.conv, "run", "freeze", selfservice.Proposal{Act: wallet.Freeze, Reason: "lost_device"})
		h.must(err)
		h.confirm(a)
		h.execute(a, "")
		h.later(time.Minute)
		if len(h.told) != 0 {
			t.Errorf("told of what they asked for: %v", h.told)
		}
	})
}

func TestOneOfUsFreezesNoMoreThanTheHouseAllows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.policy, h.version = action.Policy{Rules: []action.PolicyRule{
			{ID: "too much", Acts: []wallet.Act{wallet.Freeze}, If: "facts.staff_hour >= 3", Code: "too_many_by_staff"},
			{ID: "much", Acts: []wallet.Act{wallet.Freeze}, If: "facts.staff_hour >= 2", Allow: true, Level: 1, FourEyes: true},
			{ID: "yes", Acts: []wallet.Act{wallet.Freeze}, Allow: true, Level: 1},
		}}, 2
		ctx := context.Background()
		var convs []string
		for _, who := range []string{"one", "two", "three", "four"} {
			convs = append(convs, h.begin(h.SignIn(who)))
		}
		for i, want := range []action.State{action.Succeeded, action.Succeeded, action.Waiting} {
			if got := h.freeze(h.agent, convs[i]); got.State != want {
				t.Errorf("number %d is %s", i+1, got.State)
			}
		}
		_, err := h.flow.AtDesk(ctx, h.agent, acting.Wish{Conversation: convs[3], Proposal: selfservice.Proposal{Act: wallet.Freeze, Reason: "customer_asked"}})
		if fault.ReasonOf(err) != "too_many_by_staff" {
			t.Errorf("the fourth: %v", err)
		}
		if got := h.freeze(h.supervisor, convs[3]); got.State != action.Succeeded {
			t.Errorf("by another: %s", got.State)
		}
		h.clock.Move(time.Hour)
		if got := h.freeze(h.agent, h.conv); got.State != action.Succeeded {
			t.Errorf("an hour later: %s", got.State)
		}
	})
}

// A wallet that does not tell what the house asks about gets nothing allowed by that.
func TestAWalletThatDoesNotTellGetsNothingAllowed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.policy, h.version = action.Policy{Rules: []action.PolicyRule{
			{ID: "yes", Acts: []wallet.Act{wallet.RequestRefund}, If: "!facts.vulnerable && !facts.restricted && !facts.new_device", Allow: true, Level: 2},
			{ID: "two", Acts: []wallet.Act{wallet.RequestRefund}, Allow: true, Level: 2, FourEyes: true},
		}}, 2
		for _, lacks := range []wallet.Reading{wallet.ReadCustomer, wallet.ReadRestrictions, wallet.ReadDevices} {
			h.wallet.reads = nil
			for _, r := range wallet.Readings() {
				if r != lacks {
					h.wallet.reads = append(h.wallet.reads, r)
				}
			}
			h.restart()
			a, outcome, err := h.flow.Propose(context.Background(), h.anna, h.conv, "run-"+string(lacks), "ask", h.refund("12.50"))
			if err != nil || outcome != "" || !a.FourEyes {
				t.Errorf("without %s: %+v %q %v", lacks, a, outcome, err)
			}
		}
	})
}

func TestWhatCustomersAreToldIsInTheirLanguage(t *testing.T) {
	for _, a := range wallet.Acts() {
		k := action.Kept{Action: action.Action{Command: wallet.Command{Act: a}}, Destination: "Visa ••••4242"}
		en, zh := acting.Told(k, "en-GB"), acting.Told(k, "zh-Hans")
		if (en != "") != a.Cautious() || (zh != "") != a.Cautious() {
			t.Errorf("%s: %q %q", a, en, zh)
		}
		if strings.Contains(en+zh, "{") || (en != "" && (en == zh || acting.Told(k, "fr") != en)) {
			t.Errorf("%s: %q %q", a, en, zh)
		}
	}
	if got := acting.Told(action.Kept{Action: action.Action{Command: wallet.Command{Act: wallet.BlockInstrument}}, Destination: "Visa ••••4242"}, "zh"); !strings.Contains(got, "Visa ••••4242") {
		t.Error(got)
	}
}
