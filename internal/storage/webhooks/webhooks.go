// Package webhooks keeps what is on its way to other systems, and the secrets it is
// signed with. Deliveries are added in the transaction in which a follower of the
// log moves on; sending them is flow/notifying's.
package webhooks

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/followers"
)

// Webhooks is the part of the store that this package is.
type Webhooks struct {
	core    *core.Core
	waiting waiting
}

// New makes it.
func New(c *core.Core) *Webhooks {
	return &Webhooks{core: c, waiting: waiting{of: map[string]estimate{}}}
}

// MaxWaiting is how many deliveries to one endpoint may wait. What comes beyond is
// kept as failed, and can be sent again by hand.
const MaxWaiting = 100_000

const tooManyWait = "too many wait"

// FollowDeliveries adds what follows from a step of the log and moves the follower
// over it. An event that an endpoint was told of already is passed over. Errors:
// Conflict when the cursor is elsewhere.
func (w *Webhooks) FollowDeliveries(ctx context.Context, s event.Step, all []webhook.Delivery) error {
	return w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := followers.Advance(ctx, t, s); err != nil {
			return err
		}
		return w.add(ctx, t, all)
	})
}

// AddDelivery adds one delivery. Errors: Forbidden for all but who manages webhooks,
// NotFound when the endpoint has no secret.
func (w *Webhooks) AddDelivery(ctx context.Context, p identity.Principal, d webhook.Delivery) error {
	const op = "webhooks.AddDelivery"
	if err := allow(op, p); err != nil {
		return err
	}
	return w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var found int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM webhook_secret WHERE endpoint_id = $1", d.EndpointID).Scan(&found); err != nil {
			return engine.MapError(op, err)
		}
		if found == 0 {
			return fault.New(fault.NotFound, op, "there is no such endpoint")
		}
		t.Record(p, "webhook.try", "webhook", d.EndpointID, "")
		return w.add(ctx, t, []webhook.Delivery{d})
	})
}

// rowsAtOnce bounds one statement.
const rowsAtOnce = 1000

// add adds deliveries, but none of what an erased conversation held, nor of a customer whose
// data stand still, but for what their own wallet passes on to them; many in a statement: the
// log's head is locked meanwhile, and messages wait for it.
func (w *Webhooks) add(ctx context.Context, t *core.Tx, all []webhook.Delivery) error {
	const op = "webhooks.add"
	l := w.layout()
	for batch := range slices.Chunk(all, rowsAtOnce) {
		rows := l.Rowset()
		for _, d := range batch {
			room, err := w.waiting.room(ctx, t, d.EndpointID)
			if err != nil {
				return err
			}
			state, done, reason := webhook.Pending, int64(0), ""
			if !room {
				state, done, reason = webhook.Failed, t.Now, tooManyWait
			}
			data, err := json.Marshal(d.Event.Data)
			if err != nil {
				return fault.Wrap(op, err)
			}
			rows.Text(id.New()).Text(d.EndpointID).Text(d.Event.ID()).Text(string(d.Event.Type)).Text(d.Event.Data.Conversation).Int(d.Event.Data.Seq).Text(string(data)).
				Int(d.Event.At).Text(string(state)).Int(t.Now).Int(max(d.NextAt, t.Now)).Int(done).Text(reason).EndRow()
		}
		_, err := t.SQL.ExecContext(ctx, `INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, conversation_id, seq, data, at, state, attempts, created_at, next_at, done_at, last_status, last_error, last_took, leased_until)
			SELECT v.id, v.endpoint_id, v.event_id, v.type, v.conversation_id, v.seq, v.data, v.at, v.state, 0, v.created_at, v.next_at, v.done_at, 0, v.last_error, 0, 0 FROM `+l.From()+` WHERE NOT EXISTS (SELECT 1 FROM erased_conversation x WHERE x.conversation_id = v.conversation_id AND x.at >= v.at)
			AND (v.type = '`+string(webhook.CustomerUnreached)+`' OR NOT EXISTS (SELECT 1 FROM conversation c JOIN case_file k ON k.customer_id = c.customer_id WHERE c.id = v.conversation_id AND k.still_since > 0))
			ON CONFLICT (endpoint_id, event_id) DO NOTHING`, rows.Args()...)
		if err != nil {
			return engine.MapError(op, err)
		}
	}
	return nil
}

// layout is the columns of new deliveries.
func (w *Webhooks) layout() engine.Layout {
	return w.core.DB.Kind.Layout("id endpoint_id event_id type conversation_id seq:int data at:int state created_at:int next_at:int done_at:int last_error")
}

func allow(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.ChangeSetup, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not manage webhooks", p.Kind)
	}
	return nil
}

const columns = "id, endpoint_id, data, type, at, state, attempts, created_at, next_at, done_at, last_status, last_error, last_took, event_id, leased_until"

func scan(r *sql.Rows) (webhook.Delivery, error) {
	var d webhook.Delivery
	var data, kind, state string
	err := r.Scan(&d.ID, &d.EndpointID, &data, &kind, &d.Event.At, &state, &d.Attempts, &d.CreatedAt, &d.NextAt, &d.DoneAt, &d.LastStatus, &d.LastError, &d.LastTook, &d.EventID, &d.LeasedUntil)
	if err != nil {
		return d, err
	}
	d.Event.Type, d.State = webhook.Type(kind), webhook.State(state)
	return d, json.Unmarshal([]byte(data), &d.Event.Data)
}

// ClaimDeliveries takes what is due at one endpoint, the oldest first, for a lease
// of microseconds, during which nobody else gets it: whoever does not settle it in
// time loses it to the next claim.
func (w *Webhooks) ClaimDeliveries(ctx context.Context, endpoint string, limit int, lease int64) ([]webhook.Delivery, error) {
	const op = "webhooks.ClaimDeliveries"
	due, err := w.dueAt(ctx, endpoint)
	if err != nil || due == 0 || due > w.core.Now().UnixMicro() {
		return nil, err
	}
	var claimed []webhook.Delivery
	err = w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		claimed = nil
		rows, err := t.SQL.QueryContext(ctx, `UPDATE webhook_delivery SET next_at = $1, leased_until = $1, attempts = attempts + 1
			WHERE id IN (SELECT id FROM webhook_delivery WHERE endpoint_id = $2 AND state = 'pending' AND next_at <= $3 AND leased_until <= $3 ORDER BY next_at LIMIT $4)
			RETURNING `+columns, t.Now+lease, endpoint, t.Now, limit)
		if err != nil {
			return engine.MapError(op, err)
		}
		return engine.MapError(op, engine.EachRow(rows, func(r *sql.Rows) error {
			d, err := scan(r)
			claimed = append(claimed, d)
			return err
		}))
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// NextDelivery is when the next delivery to one of the endpoints is due, in
// microseconds; 0 when there is none.
func (w *Webhooks) NextDelivery(ctx context.Context, endpoints []string) (next int64, err error) {
	for _, e := range endpoints {
		due, err := w.dueAt(ctx, e)
		if err != nil {
			return 0, err
		}
		if due != 0 && (next == 0 || due < next) {
			next = due
		}
	}
	return next, nil
}

func (w *Webhooks) dueAt(ctx context.Context, endpoint string) (int64, error) {
	var due sql.NullInt64
	err := w.core.DB.Reader.QueryRowContext(ctx, "SELECT MIN(next_at) FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending'", endpoint).Scan(&due)
	return due.Int64, engine.MapError("webhooks.dueAt", err)
}

// SettleDelivery notes what became of a try. Errors: Conflict when the lease was
// lost to another try, whose outcome counts then.
func (w *Webhooks) SettleDelivery(ctx context.Context, d webhook.Delivery) error {
	const op = "webhooks.SettleDelivery"
	return w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		done := int64(0)
		if d.State != webhook.Pending {
			done = t.Now
		}
		res, err := t.SQL.ExecContext(ctx, `UPDATE webhook_delivery SET state = $1, next_at = $2, done_at = $3, last_status = $4, last_error = $5, last_took = $6, leased_until = 0
			WHERE id = $7 AND leased_until = $8 AND leased_until > 0 AND state = 'pending'`,
			string(d.State), d.NextAt, done, d.LastStatus, d.LastError, d.LastTook, d.ID, d.LeasedUntil)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return &fault.Error{Code: fault.Conflict, Op: op, Message: "the lease of a delivery was lost", Err: err}
		}
		return nil
	})
}

// Deliveries lists what was and is to be sent to an endpoint, the newest first, at
// most limit (1 to 200) of them, before a place in that order. Errors: Forbidden.
func (w *Webhooks) Deliveries(ctx context.Context, p identity.Principal, q webhook.DeliveryQuery) ([]webhook.Delivery, error) {
	const op = "webhooks.Deliveries"
	if err := allow(op, p); err != nil {
		return nil, err
	}
	text := strings.Builder{}
	text.WriteString("SELECT " + columns + " FROM webhook_delivery WHERE endpoint_id = $1 AND ($2 = '' OR state = $2)")
	args := []any{q.Endpoint, string(q.State), min(max(q.Limit, 1), 200)}
	if q.BeforeID != "" {
		text.WriteString(" AND (created_at, id) < ($4, $5)")
		args = append(args, q.Before, q.BeforeID)
	}
	text.WriteString(" ORDER BY created_at DESC, id DESC LIMIT $3")
	rows, err := w.core.DB.Reader.QueryContext(ctx, text.String(), args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var found []webhook.Delivery
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		d, err := scan(r)
		found = append(found, d)
		return err
	})
	return found, engine.MapError(op, err)
}

// RetryDelivery lets a delivery be tried at once, and as often as a new one. One that
// is being tried at the moment goes on with that. Errors: Forbidden, NotFound.
func (w *Webhooks) RetryDelivery(ctx context.Context, p identity.Principal, endpoint, delivery string) error {
	const op = "webhooks.RetryDelivery"
	if err := allow(op, p); err != nil {
		return err
	}
	return w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, `UPDATE webhook_delivery SET state = 'pending', done_at = 0,
				attempts = CASE WHEN leased_until > $1 THEN attempts ELSE 0 END, next_at = CASE WHEN leased_until > $1 THEN next_at ELSE $1 END
			WHERE id = $2 AND endpoint_id = $3`, t.Now, delivery, endpoint)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return &fault.Error{Code: fault.NotFound, Op: op, Message: "there is no such delivery", Err: err}
		}
		t.Record(p, "webhook.retry", "webhook", endpoint, "")
		return nil
	})
}

// CustomerReach is what a delivery to a customer's wallet needs to know at the time it is
// sent.
func (w *Webhooks) CustomerReach(ctx context.Context, p identity.Principal, conversation string) (r webhook.Reach, err error) {
	const op = "webhooks.CustomerReach"
	if !policy.Allow(p, policy.FollowLog, policy.Object{}) {
		return r, fault.New(fault.Forbidden, op, "%s may not follow the log", p.Kind)
	}
	var issuer, subject sql.NullString
	var still int
	err = w.core.DB.Reader.QueryRowContext(ctx, `SELECT c.customer_id, c.customer_delivered, c.customer_read, u.issuer, u.subject,
			(SELECT COUNT(*) FROM (SELECT e.seq FROM entry e WHERE e.conversation_id = c.id AND e.seq > c.customer_read AND e.kind = 'message' AND e.author_kind IN ('agent', 'assistant', 'program') LIMIT 100) n),
			CASE WHEN EXISTS (SELECT 1 FROM case_file k WHERE k.customer_id = c.customer_id AND k.still_since > 0) THEN 1 ELSE 0 END
		FROM conversation c JOIN customer u ON u.id = c.customer_id WHERE c.id = $1`, conversation).
		Scan(&r.Customer.ID, &r.Delivered, &r.Read, &issuer, &subject, &r.Unread, &still)
	r.Customer.Issuer, r.Customer.Subject, r.Still = issuer.String, subject.String, still == 1
	return r, engine.MapError(op, err)
}
