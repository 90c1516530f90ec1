// Package clocks keeps what follows from the log of each conversation: its clocks,
// and the fact that reports read. The follower that writes them is flow/clocks.
package clocks

import (
	"context"
	"database/sql"
	"encoding/json"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/followers"
	"kefu/internal/storage/reading"
)

// Clocks is the part of the store that this package is.
type Clocks struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Clocks { return &Clocks{core: c} }

// Followed is a conversation as the follower left it.
type Followed = report.Followed

// FollowedOf reads some conversations as the follower left them, those that it
// has not seen yet as they begin. What is not there is left out.
func (s *Clocks) FollowedOf(ctx context.Context, ids []string) ([]Followed, error) {
	const op = "clocks.FollowedOf"
	if len(ids) == 0 {
		return nil, nil
	}
	l := s.core.DB.Kind.Layout("id")
	rowset := l.Rowset()
	for _, id := range ids {
		rowset.Text(id).EndRow()
	}
	return s.followed(ctx, op, "SELECT "+reading.StateColumns+", f.body FROM "+l.From()+" CROSS JOIN conversation c LEFT JOIN fact f ON f.conversation_id = c.id WHERE c.id = v.id", rowset.Args()...)
}

// LiveFollowed reads conversations that are not resolved, behind one of them.
func (s *Clocks) LiveFollowed(ctx context.Context, after string, limit int) ([]Followed, error) {
	return s.followed(ctx, "clocks.LiveFollowed", "SELECT "+reading.StateColumns+`, f.body FROM (SELECT conversation_id, body FROM fact WHERE live = 1 AND conversation_id > $1 ORDER BY conversation_id LIMIT $2) f
		CROSS JOIN conversation c WHERE c.id = f.conversation_id ORDER BY c.id`, after, limit)
}

func (s *Clocks) followed(ctx context.Context, op, text string, args ...any) ([]Followed, error) {
	rows, err := s.core.DB.Reader.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []Followed
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var body sql.NullString
		state, _, err := reading.ScanState(s.core, r, &body)
		if err != nil {
			return err
		}
		f := Followed{ID: state.ID, CustomerID: state.CustomerID}
		if !body.Valid {
			f.Fact = report.NewFact(sla.Subject{Channel: state.Channel, Priority: conversation.Normal, Language: state.Language})
		} else if err := json.Unmarshal([]byte(body.String), &f.Fact); err != nil {
			return fault.Wrap(op, err)
		}
		f.Fact.Track.Subject.Topic = state.Topic
		all = append(all, f)
		return nil
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return all, s.addAlerts(ctx, all)
}

func (s *Clocks) addAlerts(ctx context.Context, all []Followed) error {
	ids := make([]string, len(all))
	at := make(map[string]int, len(all))
	for i := range all {
		ids[i], at[all[i].ID] = all[i].ID, i
		all[i].Alerts = map[sla.ClockKind]sla.Alert{}
	}
	return s.clocksOf(ctx, ids, func(a sla.Alert) {
		f := &all[at[a.ConversationID]]
		f.Alerts[a.Kind] = a
		f.Had++
	})
}

const alertColumns = "k.conversation_id, k.kind, k.seq, k.target_id, k.target_revision, k.started_at, k.due_at, k.ended_at, k.state, k.level, k.next_at, k.next_level, k.assignee_id"

func scanAlert(r *sql.Rows) (sla.Alert, error) {
	var a sla.Alert
	var kind, state string
	err := r.Scan(&a.ConversationID, &kind, &a.Seq, &a.Target, &a.Revision, &a.Start, &a.Due, &a.Ended, &state, &a.Level, &a.Next.At, &a.Next.Level, &a.Assignee)
	a.Kind, a.State = sla.ClockKind(kind), sla.ClockState(state)
	return a, err
}

func (s *Clocks) clocksOf(ctx context.Context, ids []string, do func(sla.Alert)) error {
	if len(ids) == 0 {
		return nil
	}
	l := s.core.DB.Kind.Layout("id")
	rowset := l.Rowset()
	for _, id := range ids {
		rowset.Text(id).EndRow()
	}
	return s.alerts(ctx, "SELECT "+alertColumns+" FROM "+l.From()+" CROSS JOIN clock k WHERE k.conversation_id = v.id", rowset.Args(), do)
}

func (s *Clocks) alerts(ctx context.Context, text string, args []any, do func(sla.Alert)) error {
	const op = "clocks.alerts"
	rows, err := s.core.DB.Reader.QueryContext(ctx, text, args...)
	if err != nil {
		return engine.MapError(op, err)
	}
	return engine.MapError(op, engine.EachRow(rows, func(r *sql.Rows) error {
		a, err := scanAlert(r)
		if err == nil {
			do(a)
		}
		return err
	}))
}

// SaveFollowed writes what follows from a step and moves the follower's cursor; a
// step without a follower moves none. Errors: Conflict when the cursor was
// elsewhere.
func (s *Clocks) SaveFollowed(ctx context.Context, step event.Step, all []Followed, moves []report.BacklogMove) error {
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if step.Follower != "" {
			if err := followers.Advance(ctx, t, step); err != nil {
				return err
			}
		}
		if err := s.saveFacts(ctx, t, all); err != nil {
			return err
		}
		if err := s.saveBacklog(ctx, t, moves); err != nil {
			return err
		}
		return s.saveClocks(ctx, t, all)
	})
}

// ForgetClocks removes the clocks of conversations that are no more.
func (s *Clocks) ForgetClocks(ctx context.Context, conversations []string) error {
	if len(conversations) == 0 {
		return nil
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		l := s.core.DB.Kind.Layout("id")
		rows := l.Rowset()
		for _, id := range conversations {
			rows.Text(id).EndRow()
		}
		_, err := t.SQL.ExecContext(ctx, "DELETE FROM clock WHERE conversation_id IN (SELECT v.id FROM "+l.From()+`)
			AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = clock.conversation_id)`, rows.Args()...)
		return engine.MapError("clocks.ForgetClocks", err)
	})
}

func (s *Clocks) saveFacts(ctx context.Context, t *core.Tx, all []Followed) error {
	const op = "clocks.saveFacts"
	l := s.core.DB.Kind.Layout("id began:int channel language team topic code tags assignee_id answered_by first_wall:int first_work:int first_state solved_at:int solved_wall:int solved_work:int solved_state reopened:int customer_messages:int agent_messages:int hand_overs:int score:int rated_at:int live:int body")
	rows := l.Rowset()
	for i := range all {
		f := &all[i].Fact
		body, err := json.Marshal(f)
		if err != nil {
			return fault.Wrap(op, err)
		}
		tags, err := json.Marshal(append([]string{}, f.Track.Subject.Tags...))
		if err != nil {
			return fault.Wrap(op, err)
		}
		live := int64(0)
		if f.InBacklog {
			live = 1
		}
		began, solved := f.Counted()
		rows.Text(all[i].ID).Int(began).Text(f.Track.Subject.Channel).Text(f.Track.Subject.Language).Text(f.Track.Subject.Team).Text(f.Topic).Text(f.Code).Text(string(tags)).Text(f.Assignee).Text(f.AnsweredBy).
			Int(f.FirstWall).Int(f.FirstWorked).Text(string(f.First)).Int(solved).Int(f.SolvedWall).Int(f.SolvedWork).Text(string(f.Solved)).
			Int(f.Reopened).Int(f.Customer).Int(f.Agents).Int(f.HandOvers).Int(f.Score).Int(f.RatedAt).Int(live).Text(string(body)).EndRow()
	}
	if rows.Len() == 0 {
		return nil
	}
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO fact (conversation_id, began, channel, language, team, topic, code, tags, assignee_id, answered_by, first_wall, first_work, first_state, solved_at, solved_wall, solved_work, solved_state,
			reopened, customer_messages, agent_messages, hand_overs, score, rated_at, live, body)
		SELECT v.id, v.began, v.channel, v.language, v.team, v.topic, v.code, v.tags, v.assignee_id, v.answered_by, v.first_wall, v.first_work, v.first_state, v.solved_at, v.solved_wall, v.solved_work, v.solved_state,
			v.reopened, v.customer_messages, v.agent_messages, v.hand_overs, v.score, v.rated_at, v.live, v.body FROM `+l.From()+` WHERE true
		ON CONFLICT (conversation_id) DO UPDATE SET began = excluded.began, channel = excluded.channel, language = excluded.language, team = excluded.team, topic = excluded.topic, code = excluded.code, tags = excluded.tags, assignee_id = excluded.assignee_id, answered_by = excluded.answered_by,
			first_wall = excluded.first_wall, first_work = excluded.first_work, first_state = excluded.first_state, solved_at = excluded.solved_at, solved_wall = excluded.solved_wall, solved_work = excluded.solved_work,
			solved_state = excluded.solved_state, reopened = excluded.reopened, customer_messages = excluded.customer_messages, agent_messages = excluded.agent_messages, hand_overs = excluded.hand_overs,
			score = excluded.score, rated_at = excluded.rated_at, live = excluded.live, body = excluded.body`, rows.Args()...)
	return engine.MapError(op, err)
}

func (s *Clocks) saveBacklog(ctx context.Context, t *core.Tx, moves []report.BacklogMove) error {
	sums := map[report.BacklogMove]int64{} // by quarter and channel
	for _, m := range moves {
		sums[report.BacklogMove{Quarter: m.Quarter, Channel: m.Channel}] += m.Delta
	}
	l := s.core.DB.Kind.Layout("quarter:int channel delta:int")
	rows := l.Rowset()
	for at, delta := range sums {
		if delta != 0 {
			rows.Int(at.Quarter).Text(at.Channel).Int(delta).EndRow()
		}
	}
	if rows.Len() == 0 {
		return nil
	}
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO backlog (quarter, channel, delta) SELECT v.quarter, v.channel, v.delta FROM "+l.From()+` WHERE true
		ON CONFLICT (quarter, channel) DO UPDATE SET delta = backlog.delta + excluded.delta`, rows.Args()...)
	return engine.MapError("clocks.saveBacklog", err)
}

// saveClocks replaces the clocks of conversations.
func (s *Clocks) saveClocks(ctx context.Context, t *core.Tx, all []Followed) error {
	const op = "clocks.saveClocks"
	ids := s.core.DB.Kind.Layout("id")
	gone := ids.Rowset()
	l := s.core.DB.Kind.Layout("conversation_id kind seq:int target_id target_revision:int started_at:int due_at:int ended_at:int state level:int next_at:int next_level:int assignee_id soonest:int")
	rows := l.Rowset()
	for i := range all {
		kept, first := 0, sla.Soonest(all[i].Alerts)
		for _, a := range all[i].Alerts {
			kept++
			addAlert(rows, a, a.Kind == first)
		}
		if all[i].Had > kept { // a kind went away
			gone.Text(all[i].ID).EndRow()
		}
	}
	if gone.Len() > 0 {
		if _, err := t.SQL.ExecContext(ctx, "DELETE FROM clock WHERE conversation_id IN (SELECT v.id FROM "+ids.From()+")", gone.Args()...); err != nil {
			return engine.MapError(op, err)
		}
	}
	if rows.Len() == 0 {
		return nil
	}
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO clock (conversation_id, kind, seq, target_id, target_revision, started_at, due_at, ended_at, state, level, next_at, next_level, assignee_id, soonest)
		SELECT v.conversation_id, v.kind, v.seq, v.target_id, v.target_revision, v.started_at, v.due_at, v.ended_at, v.state, v.level, v.next_at, v.next_level, v.assignee_id, v.soonest FROM `+l.From()+` WHERE true
		ON CONFLICT (conversation_id, kind) DO UPDATE SET seq = excluded.seq, target_id = excluded.target_id, target_revision = excluded.target_revision, started_at = excluded.started_at, due_at = excluded.due_at,
			ended_at = excluded.ended_at, state = excluded.state, level = excluded.level, next_at = excluded.next_at, next_level = excluded.next_level, assignee_id = excluded.assignee_id, soonest = excluded.soonest`, rows.Args()...)
	return engine.MapError(op, err)
}

func addAlert(rows *engine.Rowset, a sla.Alert, soonest bool) {
	first := int64(0)
	if soonest {
		first = 1
	}
	rows.Text(a.ConversationID).Text(string(a.Kind)).Int(a.Seq).Text(a.Target).Int(a.Revision).Int(a.Start).Int(a.Due).Int(a.Ended).Text(string(a.State)).
		Int(a.Level).Int(a.Next.At).Int(a.Next.Level).Text(a.Assignee).Int(first).EndRow()
}

// Ringing lists the clocks that have to be told of, in the order in which they
// came due.
func (s *Clocks) Ringing(ctx context.Context, now int64, limit int) (all []sla.Alert, err error) {
	err = s.alerts(ctx, "SELECT "+alertColumns+" FROM clock k WHERE k.next_at > 0 AND k.next_at <= $1 ORDER BY k.next_at, k.conversation_id, k.kind LIMIT $2", []any{now, limit}, func(a sla.Alert) { all = append(all, a) })
	return all, err
}

// NextRing is when the next clock has to be told of; 0: none.
func (s *Clocks) NextRing(ctx context.Context) (int64, error) {
	var at sql.NullInt64
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT MIN(next_at) FROM clock WHERE next_at > 0").Scan(&at)
	return at.Int64, engine.MapError("clocks.NextRing", err)
}
