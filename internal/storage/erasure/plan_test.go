package erasure_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
	"kefu/internal/storage/erasure"
	"kefu/internal/storage/storagetest"
)

// Messages wait while a step of an erasure runs: none may look through whole tables.
func TestAnErasureReadsNoWholeTable(t *testing.T) {
	texts := append(erasure.Texts(),
		"DELETE FROM mention WHERE conversation_id = $1",
		"DELETE FROM flow_run WHERE (customer_id IN "+erased.Whose+erased.OrTalk+") AND started_at <= $2",
		"DELETE FROM contact WHERE (customer_id IN "+erased.Whose+erased.OrTalk+") AND created_at <= $2",
		"DELETE FROM contact_try WHERE customer_id IN "+erased.Whose+" AND at <= $2",
		"DELETE FROM step_up WHERE customer_id IN "+erased.Whose+" AND asked_at <= $2",
		"DELETE FROM act WHERE customer_id IN "+erased.Whose+" AND created_at <= $2",
	)
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		d.Open(t)
		for _, text := range texts {
			args := []any{"a", int64(1), "b", 10}
			for n := len(args); n > 0 && !strings.Contains(text, fmt.Sprint("$", n)); n-- {
				args = args[:n-1]
			}
			if plan := planOf(t, d, text, args); strings.Contains(plan, "SCAN") || strings.Contains(plan, "Seq Scan on") {
				t.Errorf("%s\n%s", text, plan)
			}
		}
		if plan := planOf(t, d, "DELETE FROM mention WHERE seq = $1", []any{1}); !strings.Contains(plan, "SCAN") && !strings.Contains(plan, "Seq Scan on") {
			t.Errorf("a scan is not seen: %s", plan)
		}
	})
}

// planOf is how the database would run a statement if it had many rows.
func planOf(t *testing.T, d *storagetest.Deployment, text string, args []any) string {
	t.Helper()
	conn, err := d.SQL(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	explain := "EXPLAIN QUERY PLAN "
	if d.Kind == engine.Postgres {
		explain = "EXPLAIN "
		if _, err := conn.ExecContext(t.Context(), "SET enable_seqscan = off"); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.QueryContext(t.Context(), explain+text, args...)
	if err != nil {
		t.Fatal(text, err)
	}
	var lines []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
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
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
