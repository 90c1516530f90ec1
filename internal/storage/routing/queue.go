package routing

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

const waitingColumns = `c.id, c.customer_id, c.channel, c.language, c.team, c.skills, c.priority, c.assignee_id, c.status, c.waiting_since, c.last_activity, i.activity`

// MaxWaitingPage is the most conversations that one reading for the queue looks at.
const MaxWaitingPage = 2000

// WaitingPage looks at open conversations that nobody has, a page at a time, those
// with the oldest activity first, behind the one of after, and gives those whose
// customer waits, since before a time (microseconds) where one is named: the others
// need not be read. It answers with where the next page begins, the zero value when
// there is none. Errors: Forbidden.
func (s *Routing) WaitingPage(ctx context.Context, p identity.Principal, after conversation.InboxKey, since int64, limit int) ([]routing.Waiting, conversation.InboxKey, error) {
	const op = "routing.WaitingPage"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return nil, conversation.InboxKey{}, err
	}
	limit = min(max(limit, 1), MaxWaitingPage)
	const lines = `FROM inbox i WHERE i.status = 'open' AND i.assignee_id = '' AND (i.activity, i.conversation_id) > (CAST($1 AS BIGINT), $2)`
	const inOrder = ` ORDER BY i.activity, i.conversation_id `
	// Where the page ends is found by the index alone, however few of it are given.
	end := conversation.InboxKey{}
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT i.activity, i.conversation_id "+lines+inOrder+"LIMIT 1 OFFSET $3", after.Activity, after.ConversationID, limit-1).Scan(&end.Activity, &end.ConversationID)
	last := errors.Is(err, sql.ErrNoRows)
	if err != nil && !last {
		return nil, end, engine.MapError(op, err)
	}
	if since == 0 {
		since = 1 << 62
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+waitingColumns+" FROM (SELECT i.activity, i.conversation_id "+lines+inOrder+`LIMIT $3) i
		CROSS JOIN conversation c WHERE c.id = i.conversation_id AND c.waiting_since > 0 AND c.waiting_since < $4
		AND NOT EXISTS (SELECT 1 FROM decoy d WHERE d.conversation_id = c.id)`, after.Activity, after.ConversationID, limit, since)
	page, _, err := s.gather(op, rows, err)
	return page, end, err
}

// HeldBy gives the conversations that somebody has: the open ones, and those that
// wait for the customer and were active since a time; at most limit. Errors:
// Forbidden.
func (s *Routing) HeldBy(ctx context.Context, p identity.Principal, staffID string, since int64, limit int) ([]routing.Waiting, error) {
	const op = "routing.HeldBy"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+waitingColumns+` FROM inbox i JOIN conversation c ON c.id = i.conversation_id
		WHERE i.assignee_id = $1 AND (i.status = $2 OR (i.status = $3 AND i.activity > $4))
		ORDER BY i.activity DESC, i.conversation_id DESC LIMIT $5`,
		staffID, string(conversation.Open), string(conversation.Waiting), since, min(max(limit, 1), MaxWaitingPage))
	page, _, err := s.gather(op, rows, err)
	return page, err
}

// WaitingOf gives conversations by their ids, at most MaxWaitingPage; those that are
// no more are left out. Errors: Forbidden, Invalid for more.
func (s *Routing) WaitingOf(ctx context.Context, p identity.Principal, ids []string) ([]routing.Waiting, error) {
	const op = "routing.WaitingOf"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return nil, err
	}
	if len(ids) > MaxWaitingPage {
		return nil, fault.New(fault.Invalid, op, "more than %d conversations", MaxWaitingPage)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	l := s.core.DB.Kind.Layout("id")
	rowset := l.Rowset()
	for _, id := range ids {
		rowset.Text(id).EndRow()
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+waitingColumns+" FROM "+l.From()+" CROSS JOIN conversation c JOIN inbox i ON i.conversation_id = c.id WHERE c.id = v.id AND NOT EXISTS (SELECT 1 FROM decoy d WHERE d.conversation_id = c.id)", rowset.Args()...)
	found, _, err := s.gather(op, rows, err)
	return found, err
}

func (s *Routing) gather(op string, rows *sql.Rows, err error) ([]routing.Waiting, conversation.InboxKey, error) {
	var last conversation.InboxKey
	if err != nil {
		return nil, last, engine.MapError(op, err)
	}
	page := []routing.Waiting{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var w routing.Waiting
		var skills string
		err := r.Scan(&w.ConversationID, &w.CustomerID, &w.Channel, &w.Language, &w.Team, &skills, &w.Priority, &w.AssigneeID, &w.Status, &w.Since, &w.LastActivity, &last.Activity)
		if err == nil && skills != "[]" {
			err = json.Unmarshal([]byte(skills), &w.Skills)
		}
		last.ConversationID = w.ConversationID
		page = append(page, w)
		return err
	})
	return page, last, engine.MapError(op, err)
}

// LastAgent tells who had the newest conversation of a customer, other than the one
// named, that was active since a time; "" for nobody. Errors: Forbidden.
func (s *Routing) LastAgent(ctx context.Context, p identity.Principal, customerID, notIn string, since int64) (string, error) {
	const op = "routing.LastAgent"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return "", err
	}
	var agent string
	err := s.core.DB.Reader.QueryRowContext(ctx, `SELECT assignee_id FROM conversation WHERE customer_id = $1 AND assignee_id <> '' AND id <> $2
		AND last_activity > $3 ORDER BY last_activity DESC, id DESC LIMIT 1`, customerID, notIn, since).Scan(&agent)
	if mapped := engine.MapError(op, err); mapped != nil && !fault.Is(mapped, fault.NotFound) {
		return "", mapped
	}
	return agent, nil
}

// KeepPromises writes down what was promised, and how promises ended: those of
// which EndedAt is set. Writing one twice changes nothing. Errors: Forbidden.
func (s *Routing) KeepPromises(ctx context.Context, p identity.Principal, all []routing.Promise) error {
	const op = "routing.KeepPromises"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return err
	}
	if len(all) == 0 {
		return nil
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		for _, pr := range all {
			_, err := t.SQL.ExecContext(ctx, `INSERT INTO wait_promise (conversation_id, made_at, channel, team, place, p50, p80, ended_at, outcome)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT (conversation_id, made_at) DO UPDATE SET ended_at = excluded.ended_at, outcome = excluded.outcome
				WHERE wait_promise.ended_at = 0`,
				pr.ConversationID, pr.MadeAt, pr.Channel, pr.Team, int64(pr.Place), pr.P50, pr.P80, pr.EndedAt, pr.Outcome)
			if err != nil {
				return engine.MapError(op, err)
			}
		}
		t.Record(p, "routing.promises", "promise", "", "")
		return nil
	})
}

// OpenPromises gives promises without an end, the newest first, at most limit. The
// queue goes on with them after a restart. Errors: Forbidden.
func (s *Routing) OpenPromises(ctx context.Context, p identity.Principal, limit int) ([]routing.Promise, error) {
	const op = "routing.OpenPromises"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT conversation_id, made_at, channel, team, place, p50, p80 FROM wait_promise
		WHERE ended_at = 0 ORDER BY made_at DESC LIMIT $1`, min(max(limit, 1), 20_000))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []routing.Promise
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var pr routing.Promise
		err := r.Scan(&pr.ConversationID, &pr.MadeAt, &pr.Channel, &pr.Team, &pr.Place, &pr.P50, &pr.P80)
		all = append(all, pr)
		return err
	})
	return all, engine.MapError(op, err)
}

// PromisesKept tells for each of some days, at most routing.MaxDays, how the promises
// that ended on it were kept; days on which none did are left out. Errors: Forbidden,
// Invalid for more days.
func (s *Routing) PromisesKept(ctx context.Context, p identity.Principal, days []routing.Day) ([]routing.Kept, error) {
	const op = "routing.PromisesKept"
	if err := refuse(op, p, policy.ReadBoard, policy.Object{}); err != nil {
		return nil, err
	}
	if len(days) > routing.MaxDays {
		return nil, fault.InvalidField(op, "days", "are more than %d", routing.MaxDays)
	}
	kept := []routing.Kept{}
	if len(days) == 0 {
		return kept, nil
	}
	l := s.core.DB.Kind.Layout("began:int ended:int")
	rowset := l.Rowset()
	for _, d := range days {
		rowset.Int(d.From).Int(d.To).EndRow()
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT v.began,
		SUM(CASE WHEN outcome = 'served' THEN 1 ELSE 0 END),
		SUM(CASE WHEN outcome = 'served' AND ended_at - made_at <= p50 THEN 1 ELSE 0 END),
		SUM(CASE WHEN outcome = 'served' AND ended_at - made_at <= p80 THEN 1 ELSE 0 END),
		SUM(CASE WHEN outcome = 'left' THEN 1 ELSE 0 END),
		CAST(SUM(CASE WHEN outcome = 'served' THEN ended_at - made_at ELSE 0 END) AS BIGINT)
		FROM `+l.From()+` CROSS JOIN wait_promise w WHERE w.ended_at >= v.began AND w.ended_at < v.ended AND w.ended_at > 0 GROUP BY v.began ORDER BY v.began`, rowset.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var k routing.Kept
		err := r.Scan(&k.Day, &k.Promised, &k.WithinP50, &k.WithinP80, &k.Left, &k.Waited)
		kept = append(kept, k)
		return err
	})
	return kept, engine.MapError(op, err)
}

// Learned gives what SaveLearned kept, nothing when there is none. Errors: Forbidden.
func (s *Routing) Learned(ctx context.Context, p identity.Principal) ([]byte, error) {
	const op = "routing.Learned"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return nil, err
	}
	var body string
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT body FROM routing_learned WHERE id = 'waits'").Scan(&body)
	if mapped := engine.MapError(op, err); mapped != nil && !fault.Is(mapped, fault.NotFound) {
		return nil, mapped
	}
	return []byte(body), nil
}

// SaveLearned keeps what the forecast has learned: figures, and nothing of anybody.
// Errors: Forbidden.
func (s *Routing) SaveLearned(ctx context.Context, p identity.Principal, body []byte) error {
	const op = "routing.SaveLearned"
	if err := refuse(op, p, policy.RunRouting, policy.Object{}); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, `INSERT INTO routing_learned (id, body, at) VALUES ('waits', $1, $2)
			ON CONFLICT (id) DO UPDATE SET body = excluded.body, at = excluded.at`, string(body), t.Now)
		if err == nil {
			t.Record(p, "routing.learned", "routing", "", "")
		}
		return engine.MapError(op, err)
	})
}
