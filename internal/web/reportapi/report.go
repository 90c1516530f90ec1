// Package reportapi is how the desk is told how the work went, and which promises
// are counted: operations of the API beside those of package api.
package reportapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/report"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Reports is how the work went, and which promises are counted.
type Reports interface {
	Report(ctx context.Context, p identity.Principal, q report.Query) (report.Report, error)
	Exported(ctx context.Context, p identity.Principal, q report.Query) error
	DueClocks(ctx context.Context, p identity.Principal, of conversation.Assignee, overdue bool, limit int) ([]sla.Alert, error)
	ListSettings(ctx context.Context, p identity.Principal, kind string, q settings.Query) ([]settings.Item, error)
	ListStaff(ctx context.Context, p identity.Principal, after string, limit int) ([]staff.Member, error)
}

type routes struct{ store Reports }

// Routes adds the operations to an API.
func Routes(store Reports) func(*api.API) {
	return func(a *api.API) {
		r := &routes{store}
		r.add(a)
	}
}

// ReportQuery says what a report is about.
type ReportQuery struct {
	api.Caller
	From     int64  `query:"from" required:"true" minimum:"0" doc:"microseconds since 1970"`
	To       int64  `query:"to" required:"true" minimum:"0" doc:"at most 400 days later"`
	TimeZone string `query:"time_zone" maxLength:"64" default:"UTC" doc:"in which days begin"`
	By       string `query:"by" enum:"day,week" default:"day"`
	Channel  string `query:"channel" maxLength:"40"`
	Language string `query:"language" maxLength:"35"`
	Agent    string `query:"agent" maxLength:"64" doc:"a staff id; who is no supervisor sees but their own work"`
	Team     string `query:"team" maxLength:"64" doc:"a team's id"`
	Topic    string `query:"topic" maxLength:"120" doc:"one that a form gives"`
	Tag      string `query:"tag" maxLength:"40"`
	Code     string `query:"code" maxLength:"64" doc:"the id of a wrap-up code"`
	Time     string `query:"time" enum:"working,wall" default:"working" doc:"whether durations are of working hours or around the clock"`
}

func (in *ReportQuery) query() (report.Query, error) {
	const op = "api.ReportQuery"
	q := report.Query{From: in.From, To: in.To, Weekly: in.By == "week", Channel: in.Channel, Language: in.Language, Agent: in.Agent, Team: in.Team, Topic: in.Topic, Tag: in.Tag, Code: in.Code, Wall: in.Time == "wall"}
	if !organisation.IsTimeZone(in.TimeZone) {
		return q, fault.InvalidField(op, "time_zone", "is unknown")
	}
	if err := errors.Join(conversation.CheckLine("channel", in.Channel, 40), conversation.CheckLanguage("language", in.Language),
		conversation.CheckLine("topic", in.Topic, conversation.MaxTopicChars), conversation.CheckLine("tag", in.Tag, conversation.MaxTagChars)); err != nil {
		return q, err
	}
	for field, of := range map[string]string{"agent": in.Agent, "team": in.Team, "code": in.Code} {
		if of != "" && !id.Valid(of) {
			return q, fault.InvalidField(op, field, "is no id")
		}
	}
	zone, err := time.LoadLocation(in.TimeZone)
	q.Zone = zone
	return q, fault.Wrap(op, err)
}

type reportOutput struct{ Body report.Report }

func (a *routes) report(ctx context.Context, in *ReportQuery) (*reportOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	r, err := a.store.Report(ctx, in.Who(), q)
	return &reportOutput{Body: r}, err
}

type exportInput struct {
	ReportQuery
	BOM bool `query:"bom" doc:"begin with a byte order mark, for spreadsheets that else misread it"`
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *routes) exportReport(ctx context.Context, in *exportInput) (*exportOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	who := in.Who()
	r, err := a.store.Report(ctx, who, q)
	if err != nil {
		return nil, err
	}
	names, err := a.settingNames(ctx, who)
	if err != nil {
		return nil, err
	}
	for after, more := "", len(r.Agents) > 0; more; {
		page, err := a.store.ListStaff(ctx, who, after, 2000)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			names[m.ID], after = m.Name, m.ID
		}
		more = len(page) == 2000
	}
	sheet := report.Sheet{BOM: in.BOM, Names: func(_, id string) string {
		if name := names[id]; name != "" {
			return name
		}
		return id
	}}
	body, err := sheet.CSV(q, &r)
	if err != nil {
		return nil, err
	}
	if err := a.store.Exported(ctx, who, q); err != nil {
		return nil, err
	}
	day := func(at int64) string { return time.UnixMicro(at).In(q.Zone).Format(time.DateOnly) }
	return &exportOutput{
		ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="kefu-` + day(q.From) + "-" + day(q.To-1) + `.csv"`, Body: body,
	}, nil
}

// settingNames are the names of teams and codes, those out of use as well.
func (a *routes) settingNames(ctx context.Context, p identity.Principal) (map[string]string, error) {
	names := map[string]string{}
	for _, kind := range []string{"team", "wrap_up_code"} {
		for _, archived := range []bool{false, true} {
			items, err := a.store.ListSettings(ctx, p, kind, settings.Query{Archived: archived, Limit: maxNames})
			if fault.Is(err, fault.Forbidden) { // a program may read reports and no settings: it knows them by their ids
				return names, nil
			}
			if err != nil {
				return nil, err
			}
			for _, it := range items {
				var named struct{ Name string }
				if json.Unmarshal(it.Body, &named) == nil {
					names[it.ID] = named.Name
				}
			}
		}
	}
	return names, nil
}

// maxNames is as many as a kind of setting has.
const maxNames = 499

type clocksInput struct {
	api.Caller
	Assignee string `query:"assignee" maxLength:"64" doc:"me, none, or a staff id; without it everybody's"`
	Overdue  bool   `query:"overdue" doc:"only promises that are broken"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// DueClock is a conversation whose promise breaks next.
type DueClock struct {
	Conversation string `json:"conv"`
	api.Clock
	Assignee string `json:"assignee,omitempty" doc:"a staff id"`
	Team     string `json:"team,omitempty" doc:"a team's id"`
	Priority string `json:"priority" enum:"low,normal,high,urgent"`
	Channel  string `json:"channel"`
}

type clocksOutput struct {
	Body struct {
		Items []DueClock `json:"items" nullable:"false"`
	}
}

func (a *routes) clocks(ctx context.Context, in *clocksInput) (*clocksOutput, error) {
	who := in.Who()
	of := conversation.Assignee{Any: in.Assignee == "", ID: in.Assignee}
	switch in.Assignee {
	case "":
	case "me":
		of.ID = who.ID
	case "none":
		of.ID = ""
	default:
		if !id.Valid(in.Assignee) {
			return nil, fault.InvalidField("api.clocks", "assignee", "is neither me, none nor an id")
		}
	}
	alerts, err := a.store.DueClocks(ctx, who, of, in.Overdue, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &clocksOutput{}
	out.Body.Items = make([]DueClock, len(alerts))
	for i := range alerts {
		out.Body.Items[i] = DueClock{Conversation: alerts[i].ConversationID, Clock: api.ClockOf(&alerts[i]), Assignee: alerts[i].Assignee, Team: alerts[i].Team, Priority: string(alerts[i].Priority), Channel: alerts[i].Channel}
	}
	return out, nil
}

func (r *routes) add(a *api.API) {
	tags := []string{"reports"}
	api.Add(a, huma.Operation{OperationID: "report", Method: http.MethodGet, Path: "/v1/reports", Summary: "How the work went, by day or week", Tags: tags}, r.report)
	api.Add(a, huma.Operation{OperationID: "export-report", Method: http.MethodGet, Path: "/v1/reports/export", Summary: "The same as a table (CSV); noted in the audit chain", Tags: tags}, r.exportReport)
	api.Add(a, huma.Operation{OperationID: "clocks", Method: http.MethodGet, Path: "/v1/clocks", Summary: "Promises that are counted, the next to break first", Tags: tags}, r.clocks)
}
