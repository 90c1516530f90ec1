// Package standstill tells of whom what is kept is kept and used for nothing else, because
// they asked for it and it was granted (GDPR Art. 18), and refuses what may not happen
// meanwhile. That it stands still follows from a case; how it ends is domain/cases' to say.
package standstill

import (
	"context"
	"database/sql"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Standstills is the part of the store that this package is.
type Standstills struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Standstills { return &Standstills{core: c} }

// Reason is why something is refused while what is kept of a customer stands still.
const Reason = "standstill"

type row interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// Since is since when what is kept of a customer stands still, in microseconds; 0: it does
// not.
func Since(ctx context.Context, from row, customer string) (since int64, err error) {
	err = from.QueryRowContext(ctx, "SELECT COALESCE(MIN(still_since), 0) FROM case_file WHERE customer_id = $1 AND still_since > 0", customer).Scan(&since)
	return since, engine.MapError("standstill.Since", err)
}

// Refuse refuses what may not happen while what is kept of a customer stands still.
// Errors: Conflict with Reason.
func Refuse(ctx context.Context, from row, op, customer string) error {
	since, err := Since(ctx, from, customer)
	if err != nil || since == 0 {
		return err
	}
	return Refusal(op)
}

// Refusal is the error of Refuse.
func Refusal(op string) error {
	return &fault.Error{Code: fault.Conflict, Op: op, Reason: Reason, Message: "what is kept of the customer is kept, and used for nothing else"}
}

// RefuseProgram refuses a program whatever it would do with, or for, a customer whose data
// stand still: what its owner does with what it reads is not seen here. Errors: Conflict with
// Reason.
func RefuseProgram(ctx context.Context, from row, op string, p identity.Principal, customer string) error {
	if p.Kind != identity.Program {
		return nil
	}
	return Refuse(ctx, from, op, customer)
}

// Among gives those of some customers whose data stand still.
func Among(ctx context.Context, from row, customers []string) (still []string, err error) {
	for _, one := range customers { // a few: programs seldom change much at once
		since, err := Since(ctx, from, one)
		if err != nil {
			return nil, err
		}
		if since > 0 {
			still = append(still, one)
		}
	}
	return still, nil
}

// Over is the condition that a conversation c is over and what is kept of its customer
// stands still: it is in no list then and found by no search, for it waits for nobody. Of a
// program it is that the data stand still.
func Over(p identity.Principal) string {
	still := "EXISTS (SELECT 1 FROM case_file k WHERE k.customer_id = c.customer_id AND k.still_since > 0)"
	if p.Kind == identity.Program {
		return still
	}
	return "(c.status IN ('resolved', 'merged') AND " + still + ")"
}

// RefuseLook refuses to read somebody whose data stand still to whoever has nothing to do for
// them at present: no conversation of theirs goes on, and no case. Those who lead such
// requests read them, for they end them; programs never do. Errors: Conflict with Reason.
func RefuseLook(ctx context.Context, from row, op string, p identity.Principal, customer string) error {
	if p.Kind != identity.Program && (p.Kind != identity.Staff || policy.Allow(p, policy.LeadPrivacy, policy.Object{})) {
		return nil
	}
	if p.Kind == identity.Staff {
		var goes int
		err := from.QueryRowContext(ctx, "SELECT CASE WHEN EXISTS (SELECT 1 FROM conversation c WHERE c.customer_id = $1 AND c.status NOT IN ('resolved', 'merged')) OR EXISTS (SELECT 1 FROM case_file k WHERE k.customer_id = $1 AND k.over_at = 0) THEN 1 ELSE 0 END", customer).Scan(&goes)
		if err != nil {
			return engine.MapError(op, err)
		}
		if goes == 1 {
			return nil
		}
	}
	return Refuse(ctx, from, op, customer)
}

// Standstill is since when what is kept of a customer stands still, in microseconds; 0: it
// does not. For parts that follow the log, and for the customer. Errors: Forbidden.
func (s *Standstills) Standstill(ctx context.Context, p identity.Principal, customer string) (int64, error) {
	const op = "standstill.Standstill"
	if !policy.Allow(p, policy.FollowLog, policy.Object{}) && !policy.Allow(p, policy.OwnPrivacy, policy.Object{CustomerID: customer}) {
		return 0, fault.New(fault.Forbidden, op, "%s may not know of it", p.Kind)
	}
	return Since(ctx, s.core.DB.Reader, customer)
}
