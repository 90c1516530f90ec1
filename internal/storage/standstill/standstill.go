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
	return &fault.Error{Code: fault.Conflict, Op: op, Reason: Reason, Message: "what is kept of the customer is kept, and used for nothing else"}
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
