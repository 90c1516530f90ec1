package runs_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// What a visitor has just begun goes on as the customer's whom they turn out to be, and
// says so, as long as nothing was typed in it and it is no older than what is taken along.
// Whatever may be another person's is shown to nobody: not to the customer, not to another
// one, and to the visitor's window no more once it is over.
func TestARunGoesOnAsTheirsWhoSignIn(t *testing.T) {
	for _, spoken := range []bool{false, true} { // whether the visitor wrote something as well
		storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
			h, ctx := open(t, d), context.Background()
			visitor := identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
			begun := func(conv string, slots map[string]selfservice.Value) string {
				now := d.Clock.Now()
				if conv == "" {
					conv = id.New()
				}
				n := selfservice.Record{Run: selfservice.Run{
					ID: id.New(), Flow: "FL1", Digest: "d", ConversationID: conv, CustomerID: visitor.ID, Step: "handle", State: selfservice.Asking, Slots: slots,
					StartedAt: now, ChangedAt: now, ExpiresAt: now.Add(selfservice.Life),
				}, Language: "zh", Visitor: true, Views: []selfservice.View{{Step: "handle", Kind: selfservice.KindAsk}}, Since: now}
				h.must(h.AddFlowRun(ctx, visitor, n))
				return n.ID
			}
			chosen := map[string]selfservice.Value{"what": {Type: selfservice.Choice, Text: "password"}}
			typed := map[string]selfservice.Value{"what": {Type: selfservice.Choice, Text: "password"}, "handle": {Type: selfservice.Text, Text: "somebody@example.org"}}
			old := begun("", chosen)
			d.Clock.Move(time.Hour)
			since := d.Clock.Micros()
			conv := ""
			if spoken {
				conv = h.Begin(visitor, "zh")
			}
			mine, theirs := begun(conv, chosen), begun("", typed)
			signed, err := h.SignInCustomer(ctx, customer.SignIn{
				Issuer: "wallet", Subject: "wang", TokenID: id.New(), TokenExpires: 1 << 60, Name: "王芳", NewID: id.New(),
				Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor.ID, VisitorSince: since,
			})
			h.must(err)
			me := identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL1}
			n, err := h.FlowRun(ctx, me, mine)
			h.must(err)
			if n.CustomerID != me.ID || n.Visitor || n.Revision != 2 || len(n.Views) != 2 || n.Views[0].Say["zh"] == "" || n.Views[1].Step != "handle" {
				t.Errorf("it goes on as %+v", n)
			}
			listed, err := h.OpenFlowRuns(ctx, me, me.ID)
			h.must(err)
			if len(listed) != 1 || listed[0].ID != mine {
				t.Errorf("the customer is shown %d runs", len(listed))
			}
			for name, look := range map[string]struct {
				p   identity.Principal
				run string
			}{
				"theirs, of which something was typed": {me, theirs}, "an old one": {me, old}, "by the visitor": {visitor, mine},
				"by another customer": {h.anna, mine}, "by the customer as somebody who is not signed in": {identity.Principal{Kind: identity.Visitor, ID: me.ID}, mine},
			} {
				if _, err := h.FlowRun(ctx, look.p, look.run); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
			n.State = selfservice.Ended
			h.must(h.SaveFlowRun(ctx, me, n))
		})
	}
}
