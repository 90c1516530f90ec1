// Package settings keeps what the operator chose on screen: each item as it
// stands, and everything that it ever was. What an item means is its kind's
// business; who may read and change it, its revision and its record are seen to
// here.
package settings

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Settings is the part of the store that this package is.
type Settings struct {
	core  *core.Core
	kinds *settings.Registry
	gate  approvals.Gate
}

// New makes it for the kinds that there are.
func New(c *core.Core, kinds *settings.Registry, gate approvals.Gate) *Settings {
	s := &Settings{core: c, kinds: kinds, gate: gate}
	gate.Executes(approval.SaveSetting, executor{s})
	return s
}

const columns = "s.kind, s.id, s.owner, s.revision, s.body, s.archived, s.changed_by, COALESCE(f.name, ''), s.changed_at"

// scanItem reads columns.
func scanItem(scan func(...any) error, more ...any) (settings.Item, error) {
	var it settings.Item
	var body string
	err := scan(append([]any{&it.Kind, &it.ID, &it.Owner, &it.Revision, &body, &it.Archived, &it.ChangedBy, &it.ChangedByName, &it.ChangedAt}, more...)...)
	it.Body = json.RawMessage(body)
	return it, err
}

// ListSettings gives the items of a kind that p may see, by id: those of the
// house, and p's own. Errors: NotFound for an unknown kind, Forbidden.
func (s *Settings) ListSettings(ctx context.Context, p identity.Principal, kind string, q settings.Query) ([]settings.Item, error) {
	const op = "settings.ListSettings"
	d, err := s.kinds.Find(kind)
	if err != nil {
		return nil, err
	}
	house, own := d.Readable(p)
	if !house && !own {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not see settings of this kind", p.Kind, p.Role)
	}
	owner, none := p.ID, p.ID // the two owners whose items are wanted; they may be the same
	if house {
		none = ""
	}
	if !own {
		owner = none
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+` FROM setting s LEFT JOIN staff f ON f.id = s.changed_by
		WHERE s.kind = $1 AND s.owner IN ($2, $3) AND s.archived = $4 AND s.id > $5 ORDER BY s.id LIMIT $6`,
		kind, none, owner, q.Archived, q.After, min(max(q.Limit, 1), settings.MaxPage))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return gather(op, rows)
}

func gather(op string, rows *sql.Rows) ([]settings.Item, error) {
	items := []settings.Item{}
	err := engine.EachRow(rows, func(r *sql.Rows) error {
		it, err := scanItem(r.Scan)
		items = append(items, it)
		return err
	})
	return items, engine.MapError(op, err)
}

// Setting finds one item. A singleton that nobody saved is its kind's default,
// as revision 0. Errors: Forbidden, NotFound: also for what is somebody else's own.
func (s *Settings) Setting(ctx context.Context, p identity.Principal, kind, id string) (settings.Item, error) {
	const op = "settings.Setting"
	d, err := s.kinds.Find(kind)
	if err != nil {
		return settings.Item{}, err
	}
	if house, own := d.Readable(p); !house && !own {
		return settings.Item{}, fault.New(fault.Forbidden, op, "%s %s may not see settings of this kind", p.Kind, p.Role)
	}
	it, err := find(ctx, s.core.DB.Reader, d, id)
	if err == nil && !d.MayRead(p, it.Owner) {
		return settings.Item{}, fault.New(fault.NotFound, op, "it is somebody else's")
	}
	return it, err
}

// querier is a database or a transaction of it.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func find(ctx context.Context, db querier, d settings.Definition, id string) (settings.Item, error) {
	const op = "settings.find"
	if !d.ValidID(id) {
		return settings.Item{}, fault.New(fault.NotFound, op, "no item of this kind has an id of that form")
	}
	it, err := scanItem(db.QueryRowContext(ctx, "SELECT "+columns+` FROM setting s LEFT JOIN staff f ON f.id = s.changed_by
		WHERE s.kind = $1 AND s.id = $2`, d.Name, id).Scan)
	if errors.Is(err, sql.ErrNoRows) && d.Singleton {
		return d.Initial(), nil
	}
	return it, engine.MapError(op, err)
}

// SettingHistory gives what an item was, the newest first, at most limit (1 to
// settings.MaxPage) revisions before the one numbered before; 0 begins with the newest. Who
// may change it may see it. Errors: Forbidden, NotFound.
func (s *Settings) SettingHistory(ctx context.Context, p identity.Principal, kind, id string, before int64, limit int) ([]settings.Revision, error) {
	const op = "settings.SettingHistory"
	it, err := s.Setting(ctx, p, kind, id)
	if err != nil {
		return nil, err
	}
	if d, err := s.kinds.Find(kind); err != nil || !d.MayChange(p, it.Owner) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not see the history of this kind", p.Kind, p.Role)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT s.kind, s.id, $5, s.revision, s.body, s.archived, s.changed_by, COALESCE(f.name, ''), s.changed_at, s.approval
		FROM setting_revision s LEFT JOIN staff f ON f.id = s.changed_by
		WHERE s.kind = $1 AND s.id = $2 AND ($3 = 0 OR s.revision < $3) ORDER BY s.revision DESC LIMIT $4`,
		kind, id, before, min(max(limit, 1), settings.MaxPage), it.Owner)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	revisions := []settings.Revision{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var rev settings.Revision
		var err error
		rev.Item, err = scanItem(r.Scan, &rev.Approval)
		revisions = append(revisions, rev)
		return err
	})
	return revisions, engine.MapError(op, err)
}

// HouseSettings gives all items of the house of the kinds that p may read, with
// the version of all settings, for a snapshot.
func (s *Settings) HouseSettings(ctx context.Context, p identity.Principal) (items []settings.Item, version int64, err error) {
	const op = "settings.HouseSettings"
	if version, err = s.SettingsVersion(ctx); err != nil { // read first: what comes between is read again
		return nil, 0, err
	}
	all, err := houseItems(ctx, s.core.DB.Reader)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	readable := map[string]bool{}
	for _, d := range s.kinds.All() {
		readable[d.Name] = d.MayRead(p, "")
	}
	if len(readable) > 0 && !anyTrue(readable) {
		return nil, 0, fault.New(fault.Forbidden, op, "%s %s may not see settings", p.Kind, p.Role)
	}
	for _, it := range all {
		if readable[it.Kind] {
			items = append(items, it)
		}
	}
	return items, version, nil
}

func anyTrue(m map[string]bool) bool {
	for _, yes := range m {
		if yes {
			return true
		}
	}
	return false
}

func houseItems(ctx context.Context, db querier) ([]settings.Item, error) {
	const op = "settings.houseItems"
	rows, err := db.QueryContext(ctx, "SELECT "+columns+" FROM setting s LEFT JOIN staff f ON f.id = s.changed_by WHERE s.owner = '' ORDER BY s.kind, s.id")
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return gather(op, rows)
}

// SettingsVersion is the position of the newest change of any setting; 0 before
// the first.
func (s *Settings) SettingsVersion(ctx context.Context) (version int64, err error) {
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT COALESCE(MAX(pos), 0) FROM setting").Scan(&version)
	return version, engine.MapError("settings.SettingsVersion", err)
}
