package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"kefu/internal/storage"
	"kefu/internal/storage/engine"
)

// A backlog goes in many small commits, and not all of it at once.
func TestAPurgeGoesOnWhileThereIsMore(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		ids := "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80)"
		s.Deployment.Exec(t, ids+" INSERT INTO token_used (issuer, jti, expires_at) SELECT 'wallet', 'token ' || i, i FROM n")
		s.Deployment.Exec(t, ids+" INSERT INTO revocation (pos, kind, subject, at) SELECT i, 'session', 'x', i FROM n")
		if n, err := s.Purge(ctx, 1); err != nil || n != 2*storage.PurgeRounds {
			t.Errorf("purged %d, want %d, %v", n, 2*storage.PurgeRounds, err)
		}
		if n, err := s.Purge(ctx, 10); err != nil || n != 2*(80-storage.PurgeRounds) {
			t.Errorf("then purged %d, want the rest, %v", n, err)
		}
	})
}

// A purge runs inside the one transaction in which all messages wait: it must not
// look through whole tables.
func TestAPurgeReadsNoWholeTable(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, text := range storage.PurgeTexts() {
			if plan := s.plan(text, 1, 1000); strings.Contains(plan, "SCAN") || strings.Contains(plan, "Seq Scan on") {
				t.Errorf("%s\n%s", text, plan)
			}
		}
	})
}

// plan is how the database would run a statement if it had many rows.
func (s *site) plan(text string, args ...any) string {
	s.Helper()
	conn, err := s.Deployment.SQL(s.T).Conn(context.Background())
	s.must(err)
	defer conn.Close()
	explain := "EXPLAIN QUERY PLAN "
	if s.Deployment.Kind == engine.Postgres {
		explain = "EXPLAIN "
		_, err := conn.ExecContext(context.Background(), "SET enable_seqscan = off; SET enable_sort = off")
		s.must(err)
	}
	rows, err := conn.QueryContext(context.Background(), explain+text, args...)
	s.must(err)
	var lines []string
	s.must(engine.EachRow(rows, func(r *sql.Rows) error {
		names, err := r.Columns()
		if err != nil {
			return err
		}
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		err = r.Scan(values...)
		lines = append(lines, fmt.Sprint(*values[len(values)-1].(*any)))
		return err
	}))
	return strings.Join(lines, "\n")
}
