package reports

import (
	"context"
	"database/sql"

	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

// packBatch is how many hours one call of PackFacts packs at most.
const packBatch = 100

// source is where the facts of a part are read from: the column of its time, and what
// else differs.
type source struct{ at, agent, work, wall, state, count, where string }

func sourceOf(part report.Part) source {
	switch part {
	case report.PartResolved:
		return source{"solved_at", "assignee_id", "solved_work", "solved_wall", "solved_state", "0", "solved_at > 0 AND "}
	case report.PartRated:
		return source{"rated_at", "assignee_id", "-1", "-1", "''", "score", "rated_at > 0 AND "}
	}
	return source{"began", "answered_by", "first_work", "first_wall", "first_state", "reopened", "began > 0 AND "}
}

// count takes in what there is of a part: from the packs, and what is loose from the
// facts. What is loose is asked first: what is packed meanwhile is read as it was.
func (s *Reports) count(ctx context.Context, q report.Query, c *report.Collector, part report.Part) error {
	first, last := q.From/report.HourMicros, (q.To-1)/report.HourMicros
	loose, err := s.loose(ctx, part, first, last)
	if err != nil {
		return err
	}
	if err := s.packed(ctx, c, part, first, last, loose); err != nil {
		return err
	}
	for i := 0; i < len(loose); {
		n := 1
		for i+n < len(loose) && loose[i+n] == loose[i]+int64(n) {
			n++
		}
		from, to := max(q.From, loose[i]*report.HourMicros), min(q.To, (loose[i]+int64(n))*report.HourMicros)
		if q.Tag == "" {
			if err := s.events(ctx, q.Wall, c, part, from, to, false); err != nil {
				return err
			}
		}
		if err := s.events(ctx, q.Wall, c, part, from, to, true); err != nil {
			return err
		}
		i += n
	}
	return nil
}

// loose are the hours of a part whose facts have changed since they were packed.
func (s *Reports) loose(ctx context.Context, part report.Part, first, last int64) (hours []int64, err error) {
	const op = "reports.loose"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT hour FROM fact_loose WHERE part = $1 AND hour >= $2 AND hour <= $3 ORDER BY hour", int64(part), first, last)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var hour int64
		err := r.Scan(&hour)
		hours = append(hours, hour)
		return err
	})
	return hours, engine.MapError(op, err)
}

func (s *Reports) packed(ctx context.Context, c *report.Collector, part report.Part, first, last int64, loose []int64) error {
	const op = "reports.packed"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT hour, body FROM fact_pack WHERE part = $1 AND hour >= $2 AND hour <= $3 ORDER BY hour", int64(part), first, last)
	if err != nil {
		return engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var hour int64
		var body sql.RawBytes
		if err := r.Scan(&hour, &body); err != nil {
			return err
		}
		for len(loose) > 0 && loose[0] < hour {
			loose = loose[1:]
		}
		if len(loose) > 0 && loose[0] == hour {
			return nil
		}
		return c.Add(part, hour, body)
	})
	return engine.MapError(op, err)
}

// events counts the facts of a time, from the indexes alone; or those that have tags,
// with them, from the rows.
func (s *Reports) events(ctx context.Context, wall bool, c *report.Collector, part report.Part, from, to int64, tagged bool) error {
	const op = "reports.events"
	of := sourceOf(part)
	seconds, tags, and := of.work, "'[]'", ""
	if wall {
		seconds = of.wall
	}
	if tagged {
		tags, and = "tags", " AND tags <> '[]'"
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+of.at+", channel, language, team, topic, code, "+tags+", "+of.agent+", "+seconds+", "+of.state+", "+of.count+
		" FROM fact WHERE "+of.where+of.at+" >= $1 AND "+of.at+" < $2"+and, from, to)
	if err != nil {
		return engine.MapError(op, err)
	}
	var e report.Event
	var state, list string
	err = engine.EachRow(rows, func(r *sql.Rows) (err error) {
		if err := r.Scan(&e.At, &e.Channel, &e.Language, &e.Team, &e.Topic, &e.Code, &list, &e.Agent, &e.Seconds, &state, &e.Count); err != nil {
			return err
		}
		e.State = sla.ClockState(state)
		if e.Tags, err = reading.Tags(list); err == nil {
			c.Count(part, e)
		}
		return err
	})
	return engine.MapError(op, err)
}

// looseHour is an hour that waits to be packed.
type looseHour struct{ part, hour, changes int64 }

// PackFacts packs hours before one whose facts have changed, and tells whether there
// may be more. It holds up nobody: an hour that changes while it is read stays loose.
func (s *Reports) PackFacts(ctx context.Context, before int64) (more bool, err error) {
	const op = "reports.PackFacts"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT part, hour, changes FROM fact_loose WHERE hour < $1 ORDER BY hour, part LIMIT $2", before, packBatch)
	if err != nil {
		return false, engine.MapError(op, err)
	}
	var hours []looseHour
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var h looseHour
		err := r.Scan(&h.part, &h.hour, &h.changes)
		hours = append(hours, h)
		return err
	})
	if err != nil {
		return false, engine.MapError(op, err)
	}
	bodies := make([][]byte, len(hours))
	for i, h := range hours {
		if bodies[i], err = s.pack(ctx, report.Part(h.part), h.hour); err != nil {
			return false, err
		}
	}
	if len(hours) == 0 {
		return false, nil
	}
	return len(hours) == packBatch, s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		for i, h := range hours {
			if err := tighten(ctx, t, h, bodies[i]); err != nil {
				return engine.MapError(op, err)
			}
		}
		return nil
	})
}

// pack reads the facts of an hour; nil when there are none.
func (s *Reports) pack(ctx context.Context, part report.Part, hour int64) ([]byte, error) {
	const op = "reports.pack"
	of := sourceOf(part)
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+of.at+", channel, language, team, topic, code, tags, "+of.agent+", "+of.work+", "+of.wall+", "+of.state+", "+of.count+
		" FROM fact WHERE "+of.where+of.at+" >= $1 AND "+of.at+" < $2", hour*report.HourMicros, (hour+1)*report.HourMicros)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var events []report.Recorded
	err = engine.EachRow(rows, func(r *sql.Rows) (err error) {
		var e report.Recorded
		var state, list string
		if err := r.Scan(&e.At, &e.Channel, &e.Language, &e.Team, &e.Topic, &e.Code, &list, &e.Agent, &e.Seconds, &e.Wall, &state, &e.Count); err != nil {
			return err
		}
		e.State = sla.ClockState(state)
		e.Tags, err = reading.Tags(list)
		events = append(events, e)
		return err
	})
	if err != nil || len(events) == 0 {
		return nil, engine.MapError(op, err)
	}
	return report.Pack(hour, events), nil
}

// tighten stores what an hour was packed into, unless it has changed since it was
// found loose.
func tighten(ctx context.Context, t *core.Tx, h looseHour, body []byte) error {
	done, err := t.SQL.ExecContext(ctx, "DELETE FROM fact_loose WHERE part = $1 AND hour = $2 AND changes = $3", h.part, h.hour, h.changes)
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	switch {
	case err != nil || n == 0:
		return err
	case body == nil:
		_, err = t.SQL.ExecContext(ctx, "DELETE FROM fact_pack WHERE part = $1 AND hour = $2", h.part, h.hour)
	default:
		_, err = t.SQL.ExecContext(ctx, "INSERT INTO fact_pack (part, hour, body) VALUES ($1, $2, $3) ON CONFLICT (part, hour) DO UPDATE SET body = excluded.body", h.part, h.hour, body)
	}
	return err
}
