package settings

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// SaveSetting makes an item what a change says, if it still is at the revision
// that the change was made from: makes one, changes it, archives it or takes it
// back into use. Errors: Forbidden; NotFound; Invalid, with the field's path;
// Conflict with the field revision when somebody else was faster, and with kind
// when there are as many items as the kind may have; an *approval.PendingError when
// the change waits for a second person now.
func (s *Settings) SaveSetting(ctx context.Context, p identity.Principal, c settings.Change) (settings.Item, error) {
	const op = "settings.SaveSetting"
	d, err := s.kinds.Find(c.Kind)
	if err != nil {
		return settings.Item{}, err
	}
	if !d.MayChange(p, "") && (d.Scope == settings.House || !d.MayChange(p, p.ID)) {
		return settings.Item{}, fault.New(fault.Forbidden, op, "%s %s may not change settings of this kind", p.Kind, p.Role)
	}
	var saved settings.Item
	var pending *approval.PendingError
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		next, was, err := s.prepare(ctx, t, p, d, c)
		if err != nil {
			return err
		}
		under := ""
		if next.needsTwo {
			if under, pending, err = s.ask(ctx, t, p, d, next.Item); err != nil || pending != nil {
				return err
			}
		}
		saved, err = s.write(ctx, t, p, next.Item, was, under)
		return err
	})
	switch {
	case err != nil:
		return settings.Item{}, err
	case pending != nil:
		return settings.Item{}, pending
	default:
		return saved, nil
	}
}

// ask asks for a second person, who approves exactly what the item is to be.
func (s *Settings) ask(ctx context.Context, t *core.Tx, p identity.Principal, d settings.Definition, next settings.Item) (string, *approval.PendingError, error) {
	payload, err := json.Marshal(asked{
		Kind: next.Kind, ID: next.ID, Revision: next.Revision - 1, Value: next.Body, Archived: next.Archived,
	})
	if err != nil {
		return "", nil, fault.Wrap("settings.ask", err)
	}
	return s.gate.Ask(ctx, t, p, approval.New{
		Kind: approval.SaveSetting, Subject: "setting/" + next.Kind + "/" + next.ID, Summary: d.Label(next.Body), Payload: payload,
		May: func(p identity.Principal) bool {
			// Some may change it and decide about nothing: they are no second person.
			return d.MayChange(p, "") && policy.Allow(p, policy.DecideApproval, policy.Object{StaffID: "somebody else"})
		},
	})
}

// asked is the payload of a request.
type asked struct {
	Kind     string          `json:"kind"`
	ID       string          `json:"id"`
	Revision int64           `json:"revision"` // that it was made from
	Value    json.RawMessage `json:"value"`
	Archived bool            `json:"archived,omitempty"`
}

// executor carries out requests.
type executor struct{ settings *Settings }

// MayExecute implements approvals.Executor.
func (e executor) MayExecute(p identity.Principal, payload []byte) bool {
	var a asked
	if err := strictjson.Decode(payload, &a); err != nil {
		return false
	}
	d, err := e.settings.kinds.Find(a.Kind)
	return err == nil && d.MayChange(p, "")
}

// Execute implements approvals.Executor.
func (e executor) Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error {
	var a asked
	if err := strictjson.Decode(payload, &a); err != nil {
		return err
	}
	d, err := e.settings.kinds.Find(a.Kind)
	if err != nil {
		return err
	}
	next, was, err := e.settings.prepare(ctx, t, maker, d, settings.Change{Kind: a.Kind, ID: a.ID, Revision: a.Revision, Body: a.Value, Archived: a.Archived})
	if err == nil {
		_, err = e.settings.write(ctx, t, maker, next.Item, was, under)
	}
	return err
}

// write stores what prepare has checked.
func (s *Settings) write(ctx context.Context, t *core.Tx, p identity.Principal, next, was settings.Item, under string) (settings.Item, error) {
	const op = "settings.write"
	if _, err := t.SQL.ExecContext(ctx, `INSERT INTO setting (kind, id, owner, revision, body, archived, changed_by, changed_at, pos)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (kind, id) DO UPDATE SET revision = $4, body = $5, archived = $6, changed_by = $7, changed_at = $8, pos = $9`,
		next.Kind, next.ID, next.Owner, next.Revision, string(next.Body), next.Archived, p.ID, t.Now, t.NextPos()); err != nil {
		return settings.Item{}, engine.MapError(op, err)
	}
	if _, err := t.SQL.ExecContext(ctx, `INSERT INTO setting_revision (kind, id, revision, body, archived, changed_by, changed_at, approval)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		next.Kind, next.ID, next.Revision, string(next.Body), next.Archived, p.ID, t.Now, under); err != nil {
		return settings.Item{}, engine.MapError(op, err)
	}
	t.RecordUnder(p, under, actionOf(was, next), "setting", next.Kind+"/"+next.ID, "")
	t.Commit.Settings = append(t.Commit.Settings, next.Kind)
	next.ChangedBy, next.ChangedAt = p.ID, t.Now
	if err := t.SQL.QueryRowContext(ctx, "SELECT COALESCE(MAX(name), '') FROM staff WHERE id = $1", p.ID).Scan(&next.ChangedByName); err != nil {
		return settings.Item{}, engine.MapError(op, err)
	}
	return next, nil
}

func actionOf(was, next settings.Item) string {
	switch {
	case next.Archived && !was.Archived:
		return "setting.archive"
	case was.Archived && !next.Archived:
		return "setting.unarchive"
	default:
		return "setting.save"
	}
}

// prepared is an item as it is to be.
type prepared struct {
	settings.Item
	needsTwo bool // a second person has to agree
}

// prepare checks a change against what the transaction finds, and gives the item
// as it is to be and as it was.
func (s *Settings) prepare(ctx context.Context, t *core.Tx, p identity.Principal, d settings.Definition, c settings.Change) (next prepared, was settings.Item, err error) {
	const op = "settings.prepare"
	was, err = find(ctx, t.SQL, d, c.ID)
	missing := fault.Is(err, fault.NotFound) && c.Revision == 0 && d.ValidID(c.ID)
	if err != nil && !missing {
		return next, was, err
	}
	next.Item = was
	if missing {
		next.Item = settings.Item{Kind: d.Name, ID: c.ID, Owner: c.Owner}
	}
	switch {
	case !missing && was.Owner != "" && !d.MayRead(p, was.Owner):
		return next, was, fault.New(fault.NotFound, op, "it is somebody else's")
	case !d.MayChange(p, next.Owner):
		return next, was, fault.New(fault.Forbidden, op, "%s %s may not change this", p.Kind, p.Role)
	case !d.Scope.Allows(next.Owner):
		return next, was, fault.InvalidFor(op, "own", settings.Unknown, "this kind has no such items")
	case was.Revision != c.Revision:
		return next, was, &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Message: "somebody else changed it meanwhile"}
	case c.Archived && (missing || d.Singleton):
		return next, was, fault.InvalidFor(op, "archived", settings.Unknown, "there is nothing to archive")
	}
	next.Revision, next.Archived = was.Revision+1, c.Archived
	if err = s.judge(ctx, t, p, d, &next, c); err != nil {
		return next, was, err
	}
	if next.Archived || (!missing && !was.Archived) {
		return next, was, nil
	}
	return next, was, s.room(ctx, t, d, next.Owner)
}

// judge lets the kind look at what the item is to be, beside all others of the
// house.
func (s *Settings) judge(ctx context.Context, t *core.Tx, p identity.Principal, d settings.Definition, next *prepared, c settings.Change) error {
	const op = "settings.judge"
	items, err := houseItems(ctx, t.SQL)
	if err != nil {
		return err
	}
	all, problems := settings.NewSnapshot(s.kinds, t.Pos, items)
	if err := errors.Join(problems...); err != nil {
		s.core.Log.Warn("a setting cannot be read", "error", err, slog.String("while saving", d.Name))
	}
	next.needsTwo = next.Owner == "" && s.kinds.FourEyes(d, all, next.ID)
	if d.Bound(p, all, next.ID) {
		return fault.New(fault.Forbidden, op, "%s %s may not change it: what they may do themselves follows from it", p.Kind, p.Role)
	}
	if c.Body != nil {
		next.Body = c.Body
	}
	if next.Archived && c.Body == nil { // what was valid once may be put away
		return d.Unused(all, next.ID)
	}
	stored, value, err := d.Decode(next.Body)
	if err != nil {
		return err
	}
	next.Body = stored
	if next.Archived {
		return d.Unused(all, next.ID)
	}
	if !d.May(p, value) {
		return fault.New(fault.Forbidden, op, "%s %s may not make it this", p.Kind, p.Role)
	}
	if next.Body, value, err = d.Complete(all, stored, value); err != nil {
		return err
	}
	return d.Check(all, next.ID, value)
}

// room refuses one more item than the kind may have.
func (s *Settings) room(ctx context.Context, t *core.Tx, d settings.Definition, owner string) error {
	const op = "settings.room"
	var n int
	err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM setting WHERE kind = $1 AND owner = $2 AND archived = $3", d.Name, owner, false).Scan(&n)
	if err != nil {
		return engine.MapError(op, err)
	}
	if n >= d.Max {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "kind", Reason: settings.TooMany, Message: "there are as many as there may be"}
	}
	return nil
}
