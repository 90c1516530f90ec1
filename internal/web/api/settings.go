package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Settings is what the operator chooses on screen.
type Settings interface {
	List(ctx context.Context, p identity.Principal, kind string, q settings.Query) ([]settings.Item, error)
	Get(ctx context.Context, p identity.Principal, kind, id string) (settings.Item, error)
	History(ctx context.Context, p identity.Principal, kind, id string, before int64, limit int) ([]settings.Revision, error)
	Save(ctx context.Context, p identity.Principal, c settings.Change) (settings.Item, error)
	Archive(ctx context.Context, p identity.Principal, kind, id string, revision int64, archived bool) (settings.Item, error)
	Restore(ctx context.Context, p identity.Principal, kind, id string, revision, from int64) (settings.Item, error)
}

// Changer is who changed something.
type Changer struct {
	ID   string `json:"id" doc:"a staff id, or the name of a part of Kefu"`
	Name string `json:"name,omitempty"`
}

// Setting is an item of any kind. The document has a schema of its own for each
// kind, in which value has the kind's type.
type Setting struct {
	ID        string          `json:"id"`
	Revision  int64           `json:"revision" doc:"0 for what nobody has saved yet"`
	Own       bool            `json:"own,omitempty" doc:"the caller's, and nobody else's"`
	Archived  bool            `json:"archived,omitempty"`
	ChangedBy *Changer        `json:"changed_by,omitempty"`
	ChangedAt int64           `json:"changed_at,omitempty"`
	Approval  string          `json:"approval,omitempty" doc:"the request under which the change waits for a second person; the item is as it was"`
	Value     json.RawMessage `json:"value"`
}

// SettingList is a page of items, by id.
type SettingList struct {
	Items []Setting `json:"items" nullable:"false"`
	Next  string    `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

// SettingRevision is what an item was.
type SettingRevision struct {
	Setting
	Under string `json:"under,omitempty" doc:"the approval that the change was made under; alone: nobody else could have given one"`
}

// SettingHistory is a page of revisions, the newest first.
type SettingHistory struct {
	Items []SettingRevision `json:"items" nullable:"false"`
	Next  int64             `json:"next,omitempty" doc:"before of the next page, when there is one"`
}

// SaveSetting is what an item is to be.
type SaveSetting struct {
	Revision int64           `json:"revision" minimum:"0" doc:"the one that was changed; 0 to make an item"`
	Own      bool            `json:"own,omitempty" doc:"of a new item: for the caller alone"`
	Value    json.RawMessage `json:"value"`
}

type settingsInput struct {
	Caller
	Archived bool   `query:"archived" doc:"those out of use, instead of those in use"`
	Cursor   string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"499" default:"200"`
}

type settingsOutput struct{ Body SettingList }

type settingInput struct {
	Caller
	ID string `path:"id" doc:"of the item"`
}

type singletonInput struct{ Caller }

type settingOutput struct {
	Status int
	Body   Setting
}

type saveSettingInput struct {
	Caller
	ID   string `path:"id" doc:"of the item: for a new one, 26 random characters of 0-9 and a-z without i, l, o and u"`
	Body SaveSetting
}

type saveSingletonInput struct {
	Caller
	Body SaveSetting
}

// InSetting is what is asked of an item of any kind.
type InSetting struct {
	Caller
	Kind string `path:"kind" maxLength:"32" doc:"of the item"`
	ID   string `path:"id" doc:"of the item"`
}

type historyInput struct {
	InSetting
	Before int64 `query:"before" minimum:"0" doc:"next of the page before"`
	Limit  int   `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type historyOutput struct{ Body SettingHistory }

type archiveInput struct {
	InSetting
	Body struct {
		Revision int64 `json:"revision" minimum:"1" doc:"the newest one"`
		Archived *bool `json:"archived,omitempty" nullable:"false" doc:"false takes it back into use"`
	}
}

type restoreInput struct {
	InSetting
	Body struct {
		Revision int64 `json:"revision" minimum:"1" doc:"the newest one"`
		From     int64 `json:"from" minimum:"1" doc:"the one whose value counts again"`
	}
}

// addSettings registers the operations of every kind there is.
func (a *API) addSettings() {
	for _, d := range a.Kinds.All() {
		a.addKind(d)
	}
	tags := []string{"settings"}
	const item = "/v1/settings/{kind}/{id}"
	add(a, huma.Operation{OperationID: "setting-history", Method: http.MethodGet, Path: item + "/history", Summary: "Read what an item was", Tags: tags}, a.settingHistory)
	add(a, huma.Operation{OperationID: "archive-setting", Method: http.MethodPost, Path: item + "/archive", Summary: "Take an item out of use, or back", Tags: tags}, a.archiveSetting)
	add(a, huma.Operation{OperationID: "restore-setting", Method: http.MethodPost, Path: item + "/restore", Summary: "Make an item what it was", Tags: tags}, a.restoreSetting)
}

// addKind registers the operations of one kind. Values are read by the kind, which
// says better what is wrong with them than a schema could; the document has the
// schema for those who write programs.
func (a *API) addKind(d settings.Definition) {
	tags, path := []string{"settings"}, "/v1/settings/"+d.Name
	get := huma.Operation{OperationID: "setting-" + d.Name, Method: http.MethodGet, Path: path + "/{id}", Summary: "Read one " + d.Name, Tags: tags}
	put := huma.Operation{OperationID: "save-setting-" + d.Name, Method: http.MethodPut, Path: path + "/{id}", Summary: "Make or change one " + d.Name, Tags: tags}
	if d.Singleton {
		get.Path, put.Path = path, path
		get.Summary, put.Summary = "Read the "+d.Name, "Change the "+d.Name
		one := settings.SingletonID(d.Name)
		add(a, get, func(ctx context.Context, in *singletonInput) (*settingOutput, error) {
			return a.setting(ctx, in.Caller, d.Name, one)
		})
		add(a, put, func(ctx context.Context, in *saveSingletonInput) (*settingOutput, error) {
			return a.saveSetting(ctx, in.Caller, d.Name, one, in.Body)
		})
	} else {
		add(a, huma.Operation{OperationID: "settings-" + d.Name, Method: http.MethodGet, Path: path, Summary: "List every " + d.Name, Tags: tags},
			func(ctx context.Context, in *settingsInput) (*settingsOutput, error) {
				return a.settings(ctx, in, d.Name)
			})
		add(a, get, func(ctx context.Context, in *settingInput) (*settingOutput, error) {
			return a.setting(ctx, in.Caller, d.Name, in.ID)
		})
		add(a, put, func(ctx context.Context, in *saveSettingInput) (*settingOutput, error) {
			return a.saveSetting(ctx, in.Caller, d.Name, in.ID, in.Body)
		})
	}
	a.describeKind(d, path, get.Path)
}

// describeKind gives a kind's operations schemas of their own in the document.
func (a *API) describeKind(d settings.Definition, list, one string) {
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas
	value := schemas.Schema(d.Type, true, d.Type.Name())
	of := func(name string, generic *huma.Schema, member string, is *huma.Schema) *huma.Schema {
		typed := *generic
		typed.Properties = make(map[string]*huma.Schema, len(generic.Properties))
		for key, property := range generic.Properties {
			typed.Properties[key] = property
		}
		typed.Properties[member] = is
		schemas.Map()[name] = &typed
		return &huma.Schema{Ref: "#/components/schemas/" + name}
	}
	name := d.Type.Name()
	item := of(name+"Setting", schemas.Map()["Setting"], "value", value)
	answer := func(op *huma.Operation, schema *huma.Schema) {
		op.Responses["200"].Content["application/json"].Schema = schema
	}
	answer(doc.Paths[one].Get, item)
	answer(doc.Paths[one].Put, item)
	doc.Paths[one].Put.RequestBody.Content["application/json"].Schema = of("Save"+name, schemas.Map()["SaveSetting"], "value", value)
	if !d.Singleton {
		answer(doc.Paths[list].Get, of(name+"List", schemas.Map()["SettingList"], "items", &huma.Schema{Type: huma.TypeArray, Items: item}))
	}
}

func settingOf(it settings.Item) Setting {
	s := Setting{ID: it.ID, Revision: it.Revision, Own: it.Owner != "", Archived: it.Archived, ChangedAt: it.ChangedAt, Value: it.Body}
	if it.Revision > 0 {
		s.ChangedBy = &Changer{ID: it.ChangedBy, Name: it.ChangedByName}
	}
	return s
}

func (a *API) settings(ctx context.Context, in *settingsInput, kind string) (*settingsOutput, error) {
	if in.Cursor != "" && !id.Valid(in.Cursor) {
		return nil, fault.InvalidField("api.settings", "cursor", "was not given out by us")
	}
	items, err := a.Settings.List(ctx, in.who(), kind, settings.Query{Archived: in.Archived, After: in.Cursor, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	next := ""
	if len(items) > in.Limit {
		items = items[:in.Limit]
		next = items[in.Limit-1].ID
	}
	out := &settingsOutput{Body: SettingList{Items: make([]Setting, len(items)), Next: next}}
	for i, it := range items {
		out.Body.Items[i] = settingOf(it)
	}
	return out, nil
}

func (a *API) setting(ctx context.Context, by Caller, kind, id string) (*settingOutput, error) {
	it, err := a.Settings.Get(ctx, by.who(), kind, id)
	return &settingOutput{Status: http.StatusOK, Body: settingOf(it)}, err
}

func (a *API) saveSetting(ctx context.Context, by Caller, kind, id string, b SaveSetting) (*settingOutput, error) {
	c := settings.Change{Kind: kind, ID: id, Revision: b.Revision, Body: b.Value}
	if b.Own {
		c.Owner = by.who().ID
	}
	it, err := a.Settings.Save(ctx, by.who(), c)
	return a.changed(ctx, by, kind, id, it, err)
}

// changed answers with the item after a change, or as it still is while the change
// waits for a second person.
func (a *API) changed(ctx context.Context, by Caller, kind, id string, it settings.Item, err error) (*settingOutput, error) {
	request, waits := pendingOf(err)
	if !waits {
		return &settingOutput{Status: http.StatusOK, Body: settingOf(it)}, err
	}
	it, err = a.Settings.Get(ctx, by.who(), kind, id)
	if fault.Is(err, fault.NotFound) { // it is not there yet
		it, err = settings.Item{Kind: kind, ID: id, Body: json.RawMessage("null")}, nil
	}
	out := &settingOutput{Status: http.StatusAccepted, Body: settingOf(it)}
	out.Body.Approval = request
	return out, err
}

func (a *API) settingHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	revisions, err := a.Settings.History(ctx, in.who(), in.Kind, in.ID, in.Before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &historyOutput{}
	if len(revisions) > in.Limit {
		revisions = revisions[:in.Limit]
		out.Body.Next = revisions[in.Limit-1].Revision
	}
	out.Body.Items = make([]SettingRevision, len(revisions))
	for i, r := range revisions {
		out.Body.Items[i] = SettingRevision{Setting: settingOf(r.Item), Under: r.Approval}
	}
	return out, nil
}

func (a *API) archiveSetting(ctx context.Context, in *archiveInput) (*settingOutput, error) {
	archived := in.Body.Archived == nil || *in.Body.Archived
	it, err := a.Settings.Archive(ctx, in.who(), in.Kind, in.ID, in.Body.Revision, archived)
	return a.changed(ctx, in.Caller, in.Kind, in.ID, it, err)
}

func (a *API) restoreSetting(ctx context.Context, in *restoreInput) (*settingOutput, error) {
	it, err := a.Settings.Restore(ctx, in.who(), in.Kind, in.ID, in.Body.Revision, in.Body.From)
	return a.changed(ctx, in.Caller, in.Kind, in.ID, it, err)
}
