// Package queueapi is the part of the desk's API about the queue: who waits, who is
// there and what they are routed by, how promises of waits were kept, teams and
// handing over. It stands on package api, which admits the callers.
package queueapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/routing/queue"
	flow "kefu/internal/flow/routing"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/web/api"
)

// Queue offers waiting conversations to agents.
type Queue interface {
	Queue(who identity.Principal) ([]flow.Place, error)
	Board(who identity.Principal) ([]flow.Place, []flow.Desk, error)
	StandingOf(who identity.Principal, staffID string) (flow.Standing, error)
	Choose(ctx context.Context, who identity.Principal, c routing.Presence) error
	SetDuties(ctx context.Context, who identity.Principal, d routing.Duties) error
	Brief(ctx context.Context, who identity.Principal) (routing.Brief, error)
}

// Store is what is read of the queue's history.
type Store interface {
	AllDuties(ctx context.Context, p identity.Principal) ([]routing.Duties, error)
	DutiesOf(ctx context.Context, p identity.Principal, staffID string) (routing.Duties, error)
	PromisesKept(ctx context.Context, p identity.Principal, days []routing.Day) ([]routing.Kept, error)
	PresenceBetween(ctx context.Context, p identity.Principal, from, to int64, after routing.Presence, limit int) ([]routing.Presence, error)
}

// Deps are what the operations work with.
type Deps struct {
	Queue    Queue
	Store    Store
	Settings api.Settings
	Clock    clock.Clock
}

type routes struct {
	Deps
	api *api.API
}

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r := &routes{Deps: d, api: a}
		r.addQueue()
	}
}

// QueuePlace is a conversation that waits, with what its customer was told.
type QueuePlace struct {
	Conversation string                `json:"conversation"`
	Position     int                   `json:"position" doc:"from 1, among those that the same agents could be offered"`
	Channel      string                `json:"channel"`
	Language     string                `json:"language,omitempty"`
	Team         string                `json:"team,omitempty"`
	Skills       []string              `json:"skills" nullable:"false"`
	Priority     conversation.Priority `json:"priority" enum:"low,normal,high,urgent"`
	Since        int64                 `json:"since" doc:"since when the customer waits"`
	P50          int                   `json:"p50,omitempty" doc:"seconds from now; missing while it is not known"`
	P80          int                   `json:"p80,omitempty"`
	PromisedAt   int64                 `json:"promised_at,omitempty" doc:"when the customer was first shown a range"`
	PromisedBy   int64                 `json:"promised_by,omitempty" doc:"the end of that range, which four of five should be served by"`
	OfferedTo    string                `json:"offered_to,omitempty"`
	OfferEnds    int64                 `json:"offer_ends,omitempty"`
	HeldFor      string                `json:"held_for,omitempty" doc:"the agent who helped this customer lately and is waited for"`
	Nobody       bool                  `json:"nobody,omitempty" doc:"nobody who is there could be offered it"`
	Unspoken     bool                  `json:"unspoken,omitempty" doc:"nobody who is there speaks its language"`
}

// BoardAgent is an agent as the board shows them.
type BoardAgent struct {
	ID        string                `json:"id"`
	Name      string                `json:"name"`
	Role      identity.Role         `json:"role"`
	State     routing.PresenceState `json:"state" enum:"available,break,away,offline"`
	Reason    string                `json:"reason,omitempty"`
	Since     int64                 `json:"since,omitempty"`
	Load      int                   `json:"load" doc:"percent of the capacity"`
	Holds     []string              `json:"holds" nullable:"false" doc:"conversations that count as load"`
	Offered   string                `json:"offered,omitempty"`
	Teams     []string              `json:"teams" nullable:"false"`
	Skills    []string              `json:"skills" nullable:"false"`
	Languages []string              `json:"languages" nullable:"false"`
	IdleSince int64                 `json:"idle_since,omitempty"`
}

// BoardTeam is the queue of a team.
type BoardTeam struct {
	Team      string `json:"team" doc:"empty: of what is nobody's in particular"`
	Waiting   int    `json:"waiting"`
	Oldest    int64  `json:"oldest,omitempty" doc:"since when the one waits who waits longest"`
	P80       int    `json:"p80,omitempty" doc:"seconds: what the last in it is told"`
	Late      int    `json:"late" doc:"who waits longer than the range that was shown"`
	Nobody    int    `json:"nobody" doc:"for whom nobody is there"`
	Available int    `json:"available" doc:"agents who take offers of it"`
}

// KeptDay is how the promises that ended on one day were kept.
type KeptDay struct {
	Day        int64   `json:"day" doc:"its beginning"`
	Served     int     `json:"served" doc:"promises that ended by somebody helping"`
	WithinP50  int     `json:"within_p50"`
	WithinP80  int     `json:"within_p80"`
	Left       int     `json:"left" doc:"that ended otherwise"`
	MeanWaited float64 `json:"mean_waited" doc:"seconds, of those served"`
}

// PresenceView is whether somebody takes offers.
type PresenceView struct {
	State  routing.PresenceState `json:"state" enum:"available,break,away,offline"`
	Reason string                `json:"reason,omitempty"`
	Since  int64                 `json:"since,omitempty"`
	Load   int                   `json:"load" doc:"percent of the capacity"`
	Holds  int                   `json:"holds"`
}

// PresenceSpan is how somebody stood from when until when.
type PresenceSpan struct {
	Staff  string                `json:"staff"`
	State  routing.PresenceState `json:"state"`
	Reason string                `json:"reason,omitempty"`
	From   int64                 `json:"from"`
	To     int64                 `json:"to,omitempty" doc:"missing: still so"`
}

type choosePresence struct {
	State  routing.PresenceState `json:"state" enum:"available,break,away"`
	Reason string                `json:"reason,omitempty" enum:"meal,rest,meeting,training" doc:"of a break"`
}

type (
	choiceInput struct {
		api.Caller
		Body choosePresence
	}
	choiceOfInput struct {
		api.Caller
		ID   string `path:"id" maxLength:"26" doc:"of the member of staff"`
		Body choosePresence
	}
	queueOutput struct {
		Body struct {
			Items []QueuePlace `json:"items" nullable:"false"`
		}
	}
	boardOutput struct {
		Body struct {
			Teams  []BoardTeam  `json:"teams" nullable:"false"`
			Queue  []QueuePlace `json:"queue" nullable:"false"`
			Agents []BoardAgent `json:"agents" nullable:"false"`
		}
	}
	keptInput struct {
		api.Caller
		From     int64  `query:"from" minimum:"0" required:"true"`
		To       int64  `query:"to" minimum:"0" required:"true"`
		TimeZone string `query:"time_zone" maxLength:"64" default:"UTC" doc:"in which days begin, as the tz database names it"`
	}
	keptOutput struct {
		Body struct {
			Items []KeptDay `json:"items" nullable:"false"`
		}
	}
	spansInput struct {
		api.Caller
		From       int64  `query:"from" minimum:"0" required:"true"`
		To         int64  `query:"to" minimum:"0" required:"true"`
		AfterFrom  int64  `query:"after_from" minimum:"0" doc:"of the last span of the page before"`
		AfterStaff string `query:"after_staff" maxLength:"26"`
		Limit      int    `query:"limit" minimum:"1" maximum:"1000" default:"500"`
	}
	spansOutput struct {
		Body struct {
			Items []PresenceSpan `json:"items" nullable:"false"`
		}
	}
	presenceOutput struct{ Body PresenceView }
)

func (r *routes) addQueue() {
	get := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"queue"}}
	}
	put := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodPut, Path: path, Summary: summary, Tags: []string{"queue"}}
	}
	api.Add(r.api, get("queue", "/v1/queue", "List who waits, in the order in which they are offered"), r.queue)
	api.Add(r.api, get("board", "/v1/board", "Read how the queues and the agents stand"), r.board)
	api.Add(r.api, get("offer", "/v1/offer", "Read what is told of the conversation that one is offered, before it is accepted"), r.offer)
	api.Add(r.api, get("promises", "/v1/promises", "Read how promises of waits were kept, by day"), r.promises)
	api.Add(r.api, get("presence", "/v1/presence", "Read whether one takes offers"), r.presence)
	api.Add(r.api, put("set-presence", "/v1/presence", "Say whether one takes offers"), r.setPresence)
	api.Add(r.api, put("set-presence-of", "/v1/staff/{id}/presence", "Say whether somebody takes offers"), r.setPresenceOf)
	api.Add(r.api, get("presence-spans", "/v1/presence/spans", "Read who took offers when"), r.presenceSpans)
	api.Add(r.api, get("duties", "/v1/duties", "Read what members of staff are routed by"), r.duties)
	api.Add(r.api, get("duties-of", "/v1/staff/{id}/duties", "Read what a member of staff is routed by"), r.dutiesOf)
	api.Add(r.api, put("set-duties", "/v1/staff/{id}/duties", "Set what a member of staff is routed by"), r.setDuties)
	api.Add(r.api, get("skills", "/v1/skills", "List the skills that somebody has or that are asked for"), r.skills)
	api.Add(r.api, api.Change(http.MethodPut, "team", "set-team", "Make the conversation a team's, or everybody's"), r.setTeam)
	api.Add(r.api, api.Change(http.MethodPut, "skills", "set-skills", "Set what an agent must be able to do to be offered it"), r.setSkills)
	api.Add(r.api, api.Change(http.MethodPost, "hand-over", "hand-over", "Hand the conversation to a team or a colleague, with a note"), r.handOver)
}

func placesOf(all []flow.Place) []QueuePlace {
	out := make([]QueuePlace, len(all))
	for i, p := range all {
		q := QueuePlace{
			Conversation: p.ID, Position: p.Position, Channel: p.Channel, Language: p.Language, Team: p.Team, Skills: orNone(p.Skills),
			Priority: p.Priority, Since: p.Since, P50: p.P50, P80: p.P80, OfferedTo: p.OfferedTo, OfferEnds: p.Until, HeldFor: p.HeldFor, Nobody: p.Nobody, Unspoken: p.Unspoken,
		}
		if p.Promise != nil {
			q.PromisedAt, q.PromisedBy = p.Promise.MadeAt, p.Promise.MadeAt+p.Promise.P80
		}
		out[i] = q
	}
	return out
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (r *routes) queue(_ context.Context, in *api.Caller) (*queueOutput, error) {
	all, err := r.Queue.Queue(in.Who())
	out := &queueOutput{}
	out.Body.Items = placesOf(all)
	return out, err
}

func (r *routes) board(_ context.Context, in *api.Caller) (*boardOutput, error) {
	places, desks, err := r.Queue.Board(in.Who())
	if err != nil {
		return nil, err
	}
	out := &boardOutput{}
	out.Body.Queue, out.Body.Agents = placesOf(places), []BoardAgent{}
	for _, d := range desks {
		out.Body.Agents = append(out.Body.Agents, BoardAgent{
			ID: d.ID, Name: d.Name, Role: d.Role, State: d.Standing.State, Reason: d.Standing.Reason, Since: d.Standing.Since, Load: d.Standing.Load,
			Holds: orNone(d.Holds), Offered: d.OfferedID, Teams: orNone(d.Teams), Skills: orNone(d.Skills), Languages: orNone(d.Languages), IdleSince: d.IdleSince,
		})
	}
	out.Body.Teams = teamsOf(out.Body.Queue, desks, r.Clock().UnixMicro())
	return out, nil
}

// teamsOf sums up the queue of each team that has one or has agents.
func teamsOf(line []QueuePlace, desks []flow.Desk, now int64) []BoardTeam {
	teams := map[string]*BoardTeam{}
	of := func(id string) *BoardTeam {
		if teams[id] == nil {
			teams[id] = &BoardTeam{Team: id}
		}
		return teams[id]
	}
	of("")
	for i := range line {
		p := &line[i]
		t := of(p.Team)
		t.Waiting++
		if t.Oldest == 0 || p.Since < t.Oldest {
			t.Oldest = p.Since
		}
		t.P80 = max(t.P80, p.P80)
		if p.PromisedBy > 0 && p.PromisedBy < now {
			t.Late++
		}
		if p.Nobody {
			t.Nobody++
		}
	}
	for _, d := range desks {
		for _, id := range append([]string{""}, d.Teams...) {
			if t := of(id); d.Available && d.Load < queue.Whole {
				t.Available++
			}
		}
	}
	out := make([]BoardTeam, 0, len(teams))
	for _, t := range teams {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b BoardTeam) int {
		if a.Team < b.Team {
			return -1
		}
		return 1
	})
	return out
}

func (r *routes) promises(ctx context.Context, in *keptInput) (*keptOutput, error) {
	if !organisation.IsTimeZone(in.TimeZone) {
		return nil, fault.InvalidField("queueapi.promises", "time_zone", "is unknown")
	}
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil {
		return nil, fault.Wrap("queueapi.promises", err)
	}
	kept, err := r.Store.PromisesKept(ctx, in.Who(), daysOf(in.From, in.To, zone))
	out := &keptOutput{}
	out.Body.Items = []KeptDay{}
	for _, k := range kept {
		d := KeptDay{Day: k.Day, Served: k.Promised, WithinP50: k.WithinP50, WithinP80: k.WithinP80, Left: k.Left}
		if k.Promised > 0 {
			d.MeanWaited = float64(k.Waited) / 1e6 / float64(k.Promised)
		}
		out.Body.Items = append(out.Body.Items, d)
	}
	return out, err
}

func (r *routes) presence(_ context.Context, in *api.Caller) (*presenceOutput, error) {
	is, err := r.Queue.StandingOf(in.Who(), in.Who().ID)
	return &presenceOutput{Body: PresenceView(is)}, err
}

func (r *routes) setPresence(ctx context.Context, in *choiceInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Queue.Choose(ctx, in.Who(), routing.Presence{StaffID: in.Who().ID, State: in.Body.State, Reason: in.Body.Reason})
}

func (r *routes) setPresenceOf(ctx context.Context, in *choiceOfInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Queue.Choose(ctx, in.Who(), routing.Presence{StaffID: in.ID, State: in.Body.State, Reason: in.Body.Reason})
}

func (r *routes) presenceSpans(ctx context.Context, in *spansInput) (*spansOutput, error) {
	after := routing.Presence{StaffID: in.AfterStaff, Since: in.AfterFrom}
	all, err := r.Store.PresenceBetween(ctx, in.Who(), in.From, in.To, after, in.Limit)
	out := &spansOutput{}
	out.Body.Items = []PresenceSpan{}
	for _, p := range all {
		out.Body.Items = append(out.Body.Items, PresenceSpan{Staff: p.StaffID, State: p.State, Reason: p.Reason, From: p.Since, To: p.Until})
	}
	return out, err
}
