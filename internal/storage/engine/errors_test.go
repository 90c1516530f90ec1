package engine_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// What PostgreSQL says when it is restarted, fails over or ends what stood still is
// to be asked again later; what is wrong with a statement is not.
func TestWhatPassesByIsUnavailable(t *testing.T) {
	for code, want := range map[string]fault.Code{
		"08006": fault.Unavailable, "40001": fault.Unavailable, "53300": fault.Unavailable, "57P01": fault.Unavailable,
		"25P03": fault.Unavailable, "25006": fault.Unavailable, "53100": fault.Unavailable,
		"25P02": fault.Internal, "42P01": fault.Internal, "23505": fault.Conflict, "22021": fault.Invalid,
	} {
		err := engine.MapError("test", fmt.Errorf("in a commit: %w", &pgconn.PgError{Code: code}))
		if !fault.Is(err, want) {
			t.Errorf("%s became %v, want %s", code, err, want)
		}
	}
}
