// Package apikeys keeps the API keys of the operator's programs: made by those who
// run the house, under four eyes, and found by a keyed digest of their secret.
package apikeys

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/netip"
	"strings"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Keys is the part of the store that this package is.
type Keys struct {
	core *core.Core
	gate approvals.Gate
}

// New makes it. Keys wait at the gate for a second person.
func New(c *core.Core, gate approvals.Gate) *Keys {
	k := &Keys{core: c, gate: gate}
	gate.Executes(approval.MakeKey, executor{k})
	return k
}

// touchEvery is how often the use of a key is noted, in microseconds.
const touchEvery = 60_000_000

func allow(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.ManageKeys, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s %s may not manage keys", p.Kind, p.Role)
	}
	return nil
}

// AddKey makes a key. Errors: Forbidden; Invalid, with the field; Conflict when there
// are as many as there may be; an *approval.PendingError when a second person has to
// agree, until when the key opens nothing.
func (k *Keys) AddKey(ctx context.Context, p identity.Principal, n apikey.New) error {
	const op = "apikeys.AddKey"
	if err := allow(op, p); err != nil {
		return err
	}
	if n.Digest == "" || !engine.ValidKey(n.ID) {
		return fault.New(fault.Internal, op, "a key without an id or a digest")
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(op, err)
	}
	var pending *approval.PendingError
	err = k.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := check(ctx, t, n); err != nil {
			return err
		}
		var under string
		var err error
		under, pending, err = k.gate.Ask(ctx, t, p, approval.New{
			Kind: approval.MakeKey, Subject: "key/" + n.ID, Summary: n.Name, Payload: payload,
			May: func(p identity.Principal) bool { return allow(op, p) == nil },
		})
		if err != nil || pending != nil {
			return err
		}
		return add(ctx, t, p, n, under)
	})
	if err == nil && pending != nil {
		return pending
	}
	return err
}

// check refuses a key that may not be, or for which there is no room.
func check(ctx context.Context, t *core.Tx, n apikey.New) error {
	const op = "apikeys.check"
	if err := n.Check(t.Now); err != nil {
		return err
	}
	var inUse, named int
	err := t.SQL.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN name = $1 THEN 1 ELSE 0 END), 0) FROM api_key
		WHERE revoked_at = 0 AND (expires_at = 0 OR expires_at > $2)`, n.Name, t.Now).Scan(&inUse, &named)
	switch {
	case err != nil:
		return engine.MapError(op, err)
	case named > 0: // what either writes could not be told apart
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "name", Reason: "taken", Message: "a key of this name is in use"}
	case inUse >= apikey.MaxKeys:
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "key", Reason: "too_many", Message: "there are as many keys as there may be"}
	}
	return nil
}

func add(ctx context.Context, t *core.Tx, p identity.Principal, n apikey.New, under string) error {
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO api_key (id, digest, name, scopes, networks, created_by, created_at, expires_at, used_at, refused_at, revoked_at, revoked_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, '')`,
		n.ID, n.Digest, n.Name, joined(n.Scopes), strings.Join(n.Networks, " "), p.ID, t.Now, n.ExpiresAt)
	t.RecordUnder(p, under, "key.make", "key", n.ID, "")
	return engine.MapError("apikeys.add", err)
}

func joined(scopes []identity.Scope) string {
	var b strings.Builder
	for i, s := range identity.ScopesOf(scopes...).List() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}

// executor carries out requests.
type executor struct{ keys *Keys }

// MayExecute implements approvals.Executor.
func (executor) MayExecute(p identity.Principal, _ []byte) bool {
	return allow("apikeys.MayExecute", p) == nil
}

// Execute implements approvals.Executor.
func (executor) Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error {
	var n apikey.New
	if err := strictjson.Decode(payload, &n); err != nil {
		return err
	}
	if err := check(ctx, t, n); err != nil {
		return err
	}
	return add(ctx, t, maker, n, under)
}

const columns = `k.id, k.name, k.scopes, k.networks, k.created_by, COALESCE(m.name, ''), COALESCE(m.role, ''), COALESCE(m.disabled_at, 1) + (SELECT COUNT(*) FROM staff_restraint x WHERE x.staff_id = k.created_by AND x.lifted_at = 0), k.created_at, k.expires_at, k.used_at, k.refused_at,
	k.revoked_at, k.revoked_by, COALESCE(r.name, ''), (SELECT COALESCE(MAX(y.step), 0) FROM staff_restraint y WHERE y.staff_id = k.id AND y.lifted_at = 0)
	FROM api_key k LEFT JOIN staff m ON m.id = k.created_by LEFT JOIN staff r ON r.id = k.revoked_by`

func scan(scan func(...any) error) (apikey.Key, error) {
	var k apikey.Key
	var scopes, networks, role string
	var disabledAt, taken int64
	err := scan(&k.ID, &k.Name, &scopes, &networks, &k.CreatedBy, &k.CreatedByName, &role, &disabledAt, &k.CreatedAt, &k.ExpiresAt, &k.UsedAt, &k.RefusedAt,
		&k.RevokedAt, &k.RevokedBy, &k.RevokedByName, &taken)
	if err != nil {
		return k, err
	}
	k.Orphaned = disabledAt != 0 || !makes(k.CreatedBy, identity.Role(role))
	k.Restrained, k.Kept = insider.Step(taken) == insider.Throttle, insider.Step(taken) == insider.Suspend
	for s := range strings.FieldsSeq(scopes) {
		k.Scopes |= identity.ScopesOf(identity.Scope(s))
	}
	for s := range strings.FieldsSeq(networks) {
		n, err := apikey.ParseNetworks([]string{s})
		if err != nil { // to leave it out would open the key to everywhere
			return k, err
		}
		k.Networks = append(k.Networks, n...)
	}
	return k, nil
}

// ListKeys gives keys, the newest first, at most limit (1 to apikey.MaxPage) of them
// behind the one whose id is after: those that were not revoked, or those that were.
// Errors: Forbidden.
func (k *Keys) ListKeys(ctx context.Context, p identity.Principal, revoked bool, after string, limit int) ([]apikey.Key, error) {
	const op = "apikeys.ListKeys"
	if err := allow(op, p); err != nil {
		return nil, err
	}
	rows, err := k.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+` WHERE (k.revoked_at > 0) = $1
		AND ($2 = '' OR (k.created_at, k.id) < (SELECT created_at, id FROM api_key WHERE id = $2)) ORDER BY k.created_at DESC, k.id DESC LIMIT $3`,
		revoked, after, min(max(limit, 1), apikey.MaxPage))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []apikey.Key{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		found, err := scan(r.Scan)
		all = append(all, found)
		return err
	})
	return all, engine.MapError(op, err)
}

// OwnKey is the key that p acts with. Errors: Forbidden for who has none.
func (k *Keys) OwnKey(ctx context.Context, p identity.Principal) (apikey.Key, error) {
	const op = "apikeys.OwnKey"
	if !policy.Allow(p, policy.ReadOwnKey, policy.Object{}) {
		return apikey.Key{}, fault.New(fault.Forbidden, op, "%s acts with no key", p.Kind)
	}
	found, err := scan(k.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE k.id = $1", p.ID).Scan)
	return found, engine.MapError(op, err)
}

// KeyBy finds a key by the keyed digest of its secret, and notes its use or that it
// came from elsewhere, at most once a minute and without anybody waiting. Errors:
// Unauthenticated, with the field key and the reason unknown, expired, suspended or
// revoked; Forbidden with the field address.
func (k *Keys) KeyBy(ctx context.Context, digest string, from netip.Addr) (apikey.Key, error) {
	const op = "apikeys.KeyBy"
	found, err := scan(k.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE k.digest = $1", digest).Scan)
	if err = engine.MapError(op, err); err != nil {
		if fault.Is(err, fault.NotFound) {
			return apikey.Key{}, refused(op, "unknown")
		}
		return apikey.Key{}, err
	}
	now := clock.Micros(k.core.Now())
	switch state := found.At(now); {
	case state != apikey.Active:
		return apikey.Key{}, refused(op, string(state))
	case !found.From(from):
		if now-found.RefusedAt >= touchEvery {
			k.touch(found, "refused_at")
		}
		return apikey.Key{}, &fault.Error{Code: fault.Forbidden, Op: op, Field: "address", Reason: "not_allowed", Message: "the key is not for this address"}
	}
	if now-found.UsedAt >= touchEvery {
		k.touch(found, "used_at")
	}
	return found, nil
}

func refused(op, reason string) error {
	return &fault.Error{Code: fault.Unauthenticated, Op: op, Field: "key", Reason: reason, Message: "the key opens nothing"}
}

// touch notes when a key was last used, or refused; the second is also told in the
// audit chain, for it means that somebody else has it.
func (k *Keys) touch(key apikey.Key, column string) {
	k.core.Touch(func(ctx context.Context, t *core.Tx) error {
		if _, err := t.SQL.ExecContext(ctx, "UPDATE api_key SET "+column+" = $1 WHERE id = $2 AND "+column+" < $1", t.Now, key.ID); err != nil {
			return engine.MapError("apikeys.touch", err)
		}
		if column == "refused_at" {
			t.Record(key.Principal(), "key.refuse", "key", key.ID, "")
		}
		return nil
	})
}

// RevokeKey ends a key, and every link to a file that was made with it. Nobody has to
// agree: to close a door may not wait. Errors: Forbidden, NotFound for one that there
// is not or that was revoked.
func (k *Keys) RevokeKey(ctx context.Context, p identity.Principal, id string) error {
	const op = "apikeys.RevokeKey"
	if err := allow(op, p); err != nil {
		return err
	}
	return k.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "UPDATE api_key SET revoked_at = $1, revoked_by = $2 WHERE id = $3 AND revoked_at = 0", t.Now, p.ID, id)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return &fault.Error{Code: fault.NotFound, Op: op, Message: "there is no such key, or it was revoked", Err: err}
		}
		t.Record(p, "key.revoke", "key", id, "")
		return t.Revoke(ctx, event.RevokedSession, id)
	})
}

// makes tells whether somebody may make keys in a role; "" is that of who has left.
func makes(staffID string, role identity.Role) bool {
	return policy.Allow(identity.Principal{Kind: identity.Staff, ID: staffID, Role: role}, policy.ManageKeys, policy.Object{})
}

// MakerChanged records, inside the transaction in which p gives somebody another role
// or none (""), that the keys that they made open nothing from now on, or open again,
// and ends every link to a file that was made with one.
func MakerChanged(ctx context.Context, t *core.Tx, p identity.Principal, under, staffID string, before, after identity.Role) error {
	const op = "apikeys.MakerChanged"
	if makes(staffID, before) == makes(staffID, after) {
		return nil
	}
	rows, err := t.SQL.QueryContext(ctx, "SELECT id FROM api_key WHERE created_by = $1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2) ORDER BY id", staffID, t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	var keys []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		keys = append(keys, "")
		return r.Scan(&keys[len(keys)-1])
	})
	if err != nil {
		return engine.MapError(op, err)
	}
	for _, id := range keys {
		if makes(staffID, after) {
			t.RecordUnder(p, under, "key.resume", "key", id, "")
			continue
		}
		t.RecordUnder(p, under, "key.suspend", "key", id, "")
		if err := t.Revoke(ctx, event.RevokedSession, id); err != nil {
			return err
		}
	}
	return nil
}
