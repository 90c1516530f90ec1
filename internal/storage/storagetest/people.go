package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/following"
	"kefu/internal/platform/id"
)

// SignIn gives the customer whom the wallet knows by a subject; the same subject is
// the same customer.
func (p *Process) SignIn(subject string) identity.Principal {
	p.t.Helper()
	signed, err := p.SignInCustomer(context.Background(), customer.SignIn{
		Issuer: "wallet", Subject: subject, TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL1}
}

// Begin begins a conversation in a language, or in none that is known, and gives its id.
func (p *Process) Begin(who identity.Principal, language string) string {
	p.t.Helper()
	state, err := p.StartConversation(context.Background(), who, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: language})
	if err != nil {
		p.t.Fatal(err)
	}
	return state.ID
}

// RunFollower lets a follower of the process's log run until the test ends.
func (p *Process) RunFollower(to following.Consumer, o following.Options) *following.Follower {
	p.t.Helper()
	f := following.New(p.Store, to, o)
	p.Listen(f.Committed)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Error(err)
		}
	})
	return f
}

// Settle waits until a follower of the process has taken all that is committed.
func (p *Process) Settle(f *following.Follower) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := f.Settled(ctx); err != nil {
		p.t.Fatal(err)
	}
}

// StandStill has what is kept of a customer stand still, as a request for it that was granted
// does, until Lift.
func (d *Deployment) StandStill(t testing.TB, customer string) {
	t.Helper()
	request := id.New()
	d.Exec(t, fmt.Sprintf(`INSERT INTO case_file (id, reference, origin, customer_id, type, jurisdiction, stage, assignee_id, revision, noticed_at, opened_at, changed_at, due_at, breached, broken,
		outcome, answered_at, over_at, keep_until, reckoned_by, proven_at, still_since) VALUES ('%s', 'K-%s', '', '%s', 'data_request', 'eu', 'answered', '', 1, 1, 1, 1, 0, 0, FALSE, 'upheld', 1, 1, 0, '', 0, 1)`, request, request, customer))
}

// Lift ends it for everybody.
func (d *Deployment) Lift(t testing.TB) {
	t.Helper()
	d.Exec(t, "UPDATE case_file SET still_since = 0")
}
