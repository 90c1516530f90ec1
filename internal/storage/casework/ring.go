package casework

import (
	"context"
	"database/sql"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

func mayRun(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.RunCases, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not run the clocks of cases", p.Kind)
	}
	return nil
}

// NextCaseRing is when a clock rings next, in microseconds; 0: none.
func (s *Cases) NextCaseRing(ctx context.Context) (int64, error) {
	var at sql.NullInt64
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT MIN(ring_at) FROM case_clock WHERE ring_at > 0").Scan(&at)
	return at.Int64, engine.MapError("casework.NextCaseRing", err)
}

// RingCases lets the clocks of cases ring whose time has come, those that came first
// first, of at most limit cases, and gives what rang. Of a clock that missed several
// rings the last one counts. Errors: Forbidden.
func (s *Cases) RingCases(ctx context.Context, p identity.Principal, b *jurisdiction.Book, limit int) ([]cases.Rang, error) {
	const op = "casework.RingCases"
	if err := mayRun(op, p); err != nil {
		return nil, err
	}
	var rang []cases.Rang
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		rang = nil
		ids, err := s.ids(ctx, t, "SELECT case_id FROM case_clock WHERE ring_at > 0 AND ring_at <= $1 GROUP BY case_id ORDER BY MIN(ring_at), MIN(due_at), case_id LIMIT $2", t.Now, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c, err := s.load(ctx, t.SQL, id)
			if err != nil {
				if err = s.forget(ctx, t, id, err); err != nil {
					return err
				}
				continue
			}
			rung, err := rungOf(ctx, t.SQL, id)
			if err != nil {
				return err
			}
			for _, r := range c.Clocks(b, t.Now) {
				last := jurisdiction.Ring{}
				for next, ok := r.Next(max(rung[r.Key()], r.Start)); ok && next.At <= t.Now; next, ok = r.Next(next.At) {
					last = next
				}
				if last.At != 0 {
					rung[r.Key()] = last.At
					rang = append(rang, cases.Rang{Case: c, Clock: r, Step: last.Step, At: last.At})
					t.Record(p, "case.ring_"+string(last.Step), "case", c.ID, c.CustomerID)
				}
				// In the same transaction: what rang and what follows are there both, or neither.
				if last.Step == jurisdiction.Act && r.Does == jurisdiction.ProposeCredit && c.CreditOpen() {
					if err := s.add(ctx, t, p, c, b, []cases.Event{c.Proposal()}); err != nil {
						return err
					}
				}
			}
			if err := s.index(ctx, t, c, b, rung); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rang, nil
}

func (s *Cases) ids(ctx context.Context, t *core.Tx, text string, args ...any) (ids []string, err error) {
	rows, err := t.SQL.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError("casework.ids", err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		ids = append(ids, "")
		return r.Scan(&ids[len(ids)-1])
	})
	return ids, engine.MapError("casework.ids", err)
}

// forget lets a case that cannot be read ring no more, so that it holds up no other:
// what is erased has no clocks, and what is damaged is logged.
func (s *Cases) forget(ctx context.Context, t *core.Tx, id string, err error) error {
	if !fault.Is(err, fault.NotFound) && !core.IsDamaged(err) {
		return err
	}
	s.core.Log.Error("a case cannot be read, and its clocks ring no more", "case", id, "error", err)
	_, err = t.SQL.ExecContext(ctx, "UPDATE case_clock SET ring_at = 0 WHERE case_id = $1", id)
	return engine.MapError("casework.forget", err)
}

// ReckonCases reckons anew what was reckoned by other packs or calendars, of at most
// limit cases that go on, or by nothing, of those that are over too, and tells how many. Errors: Forbidden.
func (s *Cases) ReckonCases(ctx context.Context, p identity.Principal, b *jurisdiction.Book, limit int) (int, error) {
	const op = "casework.ReckonCases"
	if err := mayRun(op, p); err != nil {
		return 0, err
	}
	n := 0
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		ids, err := s.ids(ctx, t, "SELECT id FROM case_file WHERE over_at = 0 AND reckoned_by <> $1 UNION SELECT id FROM case_file WHERE reckoned_by = '' ORDER BY id LIMIT $2", b.Digest(), limit)
		n = len(ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c, err := s.load(ctx, t.SQL, id)
			if err != nil {
				if err = s.forget(ctx, t, id, err); err != nil {
					return err
				}
				if _, err := t.SQL.ExecContext(ctx, "UPDATE case_file SET reckoned_by = $1 WHERE id = $2", b.Digest(), id); err != nil {
					return engine.MapError(op, err)
				}
				continue
			}
			if err := s.index(ctx, t, c, b, nil); err != nil {
				return err
			}
			t.Record(p, "case.reckon", "case", c.ID, c.CustomerID)
		}
		return nil
	})
	return n, err
}

// CountLateCases counts the cases that go on with a broken duty, for figures.
func (s *Cases) CountLateCases(ctx context.Context) (open, late int64, err error) {
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN breached > 0 THEN 1 ELSE 0 END), 0) FROM case_file WHERE over_at = 0").Scan(&open, &late)
	return open, late, engine.MapError("casework.CountLateCases", err)
}

// PurgeCases forgets cases that were kept for as long as their law asks, at most limit of
// them, and destroys their keys. That each was there and is forgotten stays in the audit.
func (s *Cases) PurgeCases(ctx context.Context, limit int) error {
	const op = "casework.PurgeCases"
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		ids, err := s.ids(ctx, t, "SELECT id FROM case_file WHERE keep_until > 0 AND keep_until < $1 ORDER BY keep_until LIMIT $2", t.Now, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			rows, err := t.SQL.QueryContext(ctx, "DELETE FROM case_event WHERE case_id = $1 RETURNING body_ref", id)
			if err != nil {
				return engine.MapError(op, err)
			}
			var refs []int64
			err = engine.EachRow(rows, func(r *sql.Rows) error {
				refs = append(refs, 0)
				return r.Scan(&refs[len(refs)-1])
			})
			if err != nil {
				return engine.MapError(op, err)
			}
			var customer string
			if err := t.SQL.QueryRowContext(ctx, "SELECT customer_id FROM case_file WHERE id = $1", id).Scan(&customer); err != nil {
				return engine.MapError(op, err)
			}
			for _, text := range []string{"DELETE FROM case_clock WHERE case_id = $1", "DELETE FROM case_conversation WHERE case_id = $1", "DELETE FROM case_act WHERE case_id = $1", "DELETE FROM case_file WHERE id = $1"} {
				if _, err := t.SQL.ExecContext(ctx, text, id); err != nil {
					return engine.MapError(op, err)
				}
			}
			if err := t.DestroyKeys(ctx, refs); err != nil {
				return err
			}
			t.Record(identity.SystemPart("cases"), "case.forget", "case", id, customer)
		}
		return nil
	})
}
