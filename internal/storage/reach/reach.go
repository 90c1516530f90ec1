// Package reach says in whose reach something is that belongs to a conversation, such
// as a run of a flow or an act in the wallet: whose it is, who has the conversation now,
// and whether it still goes on. It decides nothing: domain/policy does, by what is found
// here. That staff were refused is noted in the audit chain from here too.
package reach

import (
	"context"
	"database/sql"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// From is a database or a transaction.
type From interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// mostMerges bounds how often a conversation was merged into another one that was
// merged itself.
const mostMerges = 8

// Of is what the policy judges by, of something that belongs to a conversation of a
// customer; customer "" is whoever the conversation belongs to. A merged conversation is
// where it goes on. One that has not begun, for its id is reserved, is in nobody's reach
// but its customer's and theirs who see everything. Errors: NotFound when it belongs to
// another customer.
func Of(ctx context.Context, from From, conversation, customer string) (policy.Object, error) {
	o, _, err := Way(ctx, from, conversation, customer)
	return o, err
}

// Way is Of, with the conversations beside which such a thing is shown: its own, and those
// in which that goes on; none when it has not begun.
func Way(ctx context.Context, from From, conversation, customer string) (o policy.Object, shown []string, err error) {
	const op = "reach.Way"
	o.CustomerID = customer
	for range mostMerges {
		var owner, assignee, status, into string
		err := from.QueryRowContext(ctx, "SELECT customer_id, assignee_id, status, merged_into FROM conversation WHERE id = $1", conversation).Scan(&owner, &assignee, &status, &into)
		switch mapped := engine.MapError(op, err); {
		case fault.Is(mapped, fault.NotFound):
			return o, shown, nil
		case mapped != nil:
			return o, nil, mapped
		case o.CustomerID == "":
			o.CustomerID = owner
		case owner != o.CustomerID:
			return policy.Object{}, nil, fault.New(fault.NotFound, op, "the conversation is another customer's")
		}
		shown = append(shown, conversation)
		if into == "" {
			o.AssigneeID, o.Open = assignee, status != "resolved"
			return o, shown, nil
		}
		conversation = into
	}
	return o, shown, nil
}

// Held is a customer as somebody may reach them whose rights were taken but for what
// they were given: theirs when they have a conversation of the customer's that goes on.
func Held(ctx context.Context, from From, p identity.Principal, customer string) (policy.Object, error) {
	o := policy.Object{CustomerID: customer}
	if !p.Restrained {
		return o, nil
	}
	var n int
	err := from.QueryRowContext(ctx, "SELECT COUNT(*) FROM conversation WHERE customer_id = $1 AND assignee_id = $2 AND status <> 'resolved'", customer, p.ID).Scan(&n)
	if n > 0 {
		o.AssigneeID = p.ID
	}
	return o, engine.MapError("reach.Held", err)
}

// Refused notes that somebody who works here was refused something, what is a verb of
// the audit chain such as act.refuse, and gives the refusal back. Errors: the refusal;
// Unavailable when it cannot be noted.
func Refused(ctx context.Context, c *core.Core, p identity.Principal, r core.Read, refusal error) error {
	if !p.Kind.Recorded() {
		return refusal
	}
	if err := c.RecordRead(ctx, p, r); err != nil {
		return err
	}
	return refusal
}
