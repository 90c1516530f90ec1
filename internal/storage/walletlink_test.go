package storage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// newest gives the records of an action, the newest last.
func recordsOf(s *site, action string) []audit.Record {
	var found []audit.Record
	for _, e := range audits(s) {
		if e.Record.Action == action {
			found = append(found, e.Record)
		}
	}
	return found
}

func TestStaffLookIntoTheWalletForAConversation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		own := asCustomer(s.signIn(signIn("c-81", "", 0)).CustomerID)
		me, colleague := agent(), agent()
		look := reveal.Look{What: "transaction", ID: "tx-1"}
		if _, err := s.WalletLink(ctx, me, own.ID, "wallet", look); !fault.Is(err, fault.NotFound) {
			t.Errorf("of a customer without a conversation: %v", err)
		}
		older := s.start(own).ID
		mine := s.start(own).ID
		s.say(own, mine, "hello")
		s.do(me, older, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: me.ID, Name: "Me"}}})
		link, err := s.WalletLink(ctx, me, own.ID, "wallet", look)
		if err != nil || link != (wallet.Link{CustomerID: own.ID, WalletID: "c-81", Case: older, Language: link.Language, Open: true, Untold: true}) {
			t.Errorf("%+v %v, want the agent's own conversation %s", link, err, older)
		}
		s.start(visitor()) // a commit that comes after the note of the reading
		records := recordsOf(s, "wallet.read_transaction")
		if len(records) != 1 || records[0].Actor.ID != me.ID || records[0].Object.ID != "tx-1" || records[0].Subject != own.ID || records[0].Purpose != "case "+older {
			t.Errorf("the chain tells %+v", records)
		}
		for _, issuer := range []string{"another wallet", ""} {
			if _, err := s.WalletLink(ctx, me, own.ID, issuer, look); !fault.Is(err, fault.NotFound) {
				t.Errorf("of another issuer's customer: %v", err)
			}
		}
		if link, err := s.WalletLink(ctx, colleague, own.ID, "wallet", look); err != nil || link.Untold {
			t.Errorf("a colleague's look: %+v %v", link, err)
		}
		if link, err := s.WalletLink(ctx, staffWith(identity.Supervisor), own.ID, "wallet", look); err != nil || !link.Untold {
			t.Errorf("a supervisor's look: %+v %v", link, err)
		}
		guest := visitor()
		s.start(guest)
		for _, nobody := range []string{guest.ID, id.New(), "", "x"} {
			if _, err := s.WalletLink(ctx, me, nobody, "wallet", look); !fault.Is(err, fault.NotFound) {
				t.Errorf("of %q: %v", nobody, err)
			}
		}
		reveals(t, s, own, me, colleague, older)
	})
}

func reveals(t *testing.T, s *site, own, me, colleague identity.Principal, conv string) {
	t.Helper()
	ctx := context.Background()
	why := reveal.Reason{Code: "contact_customer", Text: "the line broke off"}
	if _, err := s.WalletCase(ctx, colleague, own.ID, conv, "wallet"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a colleague reveals: %v", err)
	}
	stranger := s.start(visitor()).ID
	for _, other := range []string{stranger, id.New(), ""} { // "" would be any
		if link, err := s.WalletCase(ctx, me, own.ID, other, "wallet"); other != "" && err == nil {
			t.Errorf("for the conversation %q: %+v", other, link)
		}
	}
	link, err := s.WalletCase(ctx, me, own.ID, conv, "wallet")
	s.must(err)
	s.must(s.RecordReveal(ctx, me, link, field.PhoneNumber, "", why))
	if err := s.RecordReveal(ctx, colleague, link, field.PhoneNumber, "", why); err == nil {
		t.Error("a colleague's reveal was recorded")
	}
	if err := s.RecordReveal(ctx, staffWith(identity.Owner), link, field.Instrument, "", why); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a secret was revealed: %v", err)
	}
	records := recordsOf(s, "wallet.reveal")
	if len(records) != 1 || records[0].Object != (audit.Object{Type: "customer.phone", ID: own.ID}) ||
		!strings.HasPrefix(records[0].Purpose, "C3 customer.phone; case "+conv+"; contact_customer: the line") {
		t.Errorf("the chain tells %+v", records)
	}
}

func TestClosedConversationsLetNobodyLookForLong(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		own := asCustomer(s.signIn(signIn("c-82", "", 0)).CustomerID)
		me := agent()
		conv := s.start(own).ID
		s.do(me, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		_, err := s.WalletLink(ctx, me, own.ID, "wallet", reveal.Look{What: "customer"})
		s.must(err)
		s.Clock.Move(wallet.ActiveFor*time.Microsecond + time.Second)
		if _, err := s.WalletLink(ctx, me, own.ID, "wallet", reveal.Look{What: "customer"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a month after the end: %v", err)
		}
		again := s.start(own).ID
		link, err := s.WalletLink(ctx, me, own.ID, "wallet", reveal.Look{What: "customer"})
		if err != nil || link.Case != again {
			t.Errorf("with a new conversation: %+v %v", link, err)
		}
	})
}
