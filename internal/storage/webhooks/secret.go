package webhooks

import (
	"context"
	"database/sql"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// overlap is how long a replaced secret still signs, in microseconds, so that a
// receiver can be changed over without losing a delivery.
const overlap = int64(24 * 3600 * 1_000_000)

func secretAAD(id string) string { return "webhook/" + id }

// ReplaceWebhookSecret gives an endpoint a secret, its first or the next one. The one
// before it signs for another day. Errors: Forbidden.
func (w *Webhooks) ReplaceWebhookSecret(ctx context.Context, p identity.Principal, endpoint string, s webhook.Secret) error {
	const op = "webhooks.ReplaceWebhookSecret"
	if err := allow(op, p); err != nil {
		return err
	}
	if !id.Valid(endpoint) {
		return fault.New(fault.NotFound, op, "there is no such endpoint")
	}
	return w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		key := id.New()
		sealed, ref, err := t.Seal(s, secretAAD(key))
		if err != nil {
			return err
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE webhook_secret SET expires_at = $1 WHERE endpoint_id = $2 AND expires_at = 0", t.Now+overlap, endpoint); err != nil {
			return engine.MapError(op, err)
		}
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO webhook_secret (id, endpoint_id, secret, secret_ref, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, 0)`, key, endpoint, sealed, ref, t.Now)
		t.Record(p, "webhook.secret", "webhook", endpoint, "")
		return engine.MapError(op, err)
	})
}

// WebhookSecrets are those with which deliveries to an endpoint are signed now, the newest
// first. Errors: Forbidden for all but parts of Kefu.
func (w *Webhooks) WebhookSecrets(ctx context.Context, p identity.Principal, endpoint string) ([]webhook.Secret, error) {
	const op = "webhooks.WebhookSecrets"
	if !policy.Allow(p, policy.FollowLog, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s may not read secrets", p.Kind)
	}
	rows, err := w.core.DB.Reader.QueryContext(ctx, `SELECT id, secret, secret_ref FROM webhook_secret
		WHERE endpoint_id = $1 AND (expires_at = 0 OR expires_at > $2) ORDER BY created_at DESC, id DESC LIMIT 5`, endpoint, w.core.Now().UnixMicro())
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var secrets []webhook.Secret
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var key string
		var sealed []byte
		var ref int64
		if err := r.Scan(&key, &sealed, &ref); err != nil {
			return err
		}
		plain, err := w.core.Open(sealed, ref, secretAAD(key))
		if len(plain) > 0 {
			secrets = append(secrets, plain)
		}
		return err
	})
	return secrets, engine.MapError(op, err)
}

const (
	keepFor  = int64(30 * 24 * 3600 * 1_000_000) // settled deliveries
	purgeMax = 1000
)

// PurgeWebhooks removes what was settled a month ago, what was due three months ago
// and nobody sent, and the secrets that sign nothing any more, as those of endpoints
// that were archived a month ago; it tells how many of
// the settled it was.
func (w *Webhooks) PurgeWebhooks(ctx context.Context) (gone int64, err error) {
	const op = "webhooks.PurgeWebhooks"
	err = w.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE done_at > 0 AND done_at < $1 ORDER BY done_at LIMIT $2)", t.Now-keepFor, purgeMax)
		if err != nil {
			return engine.MapError(op, err)
		}
		if gone, err = res.RowsAffected(); err != nil {
			return engine.MapError(op, err)
		}
		// Of an endpoint that is paused or out of use nothing is claimed any more.
		if _, err := t.SQL.ExecContext(ctx, "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE state = 'pending' AND next_at < $1 LIMIT $2)", t.Now-3*keepFor, purgeMax); err != nil {
			return engine.MapError(op, err)
		}
		_, err = t.SQL.ExecContext(ctx, `UPDATE webhook_secret SET expires_at = $1 WHERE expires_at = 0
			AND endpoint_id IN (SELECT id FROM setting WHERE kind = 'webhook' AND archived AND changed_at < $2)`, t.Now-1, t.Now-keepFor)
		if err != nil {
			return engine.MapError(op, err)
		}
		return w.forgetSecrets(ctx, t)
	})
	return gone, err
}

func (w *Webhooks) forgetSecrets(ctx context.Context, t *core.Tx) error {
	const op = "webhooks.forgetSecrets"
	rows, err := t.SQL.QueryContext(ctx, "DELETE FROM webhook_secret WHERE expires_at > 0 AND expires_at < $1 RETURNING secret_ref", t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	var refs []int64
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var ref int64
		err := r.Scan(&ref)
		refs = append(refs, ref)
		return err
	})
	if err != nil {
		return engine.MapError(op, err)
	}
	return t.DestroyKeys(ctx, refs)
}
