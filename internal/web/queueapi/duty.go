package queueapi

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/rule"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/web/api"
)

// DutiesView is what a member of staff is routed by.
type DutiesView struct {
	Staff     string         `json:"staff"`
	Revision  int64          `json:"revision" doc:"grows with each change; 0: nobody has said anything yet"`
	Teams     []string       `json:"teams" nullable:"false"`
	Skills    []string       `json:"skills" nullable:"false"`
	Languages []string       `json:"languages" nullable:"false" doc:"BCP 47; none: every language"`
	Slots     map[string]int `json:"slots" nullable:"false" doc:"channel: how many conversations at once; missing: the house's number"`
}

// KnownSkill is a skill that somebody has, or that is asked for.
type KnownSkill struct {
	Skill  string `json:"skill"`
	People int    `json:"people" doc:"how many have it"`
	Asked  bool   `json:"asked,omitempty" doc:"a rule asks for it, or a conversation that waits"`
}

type (
	dutiesOutput struct {
		Body struct {
			Items []DutiesView `json:"items" nullable:"false"`
		}
	}
	oneDutiesOutput struct{ Body DutiesView }
	dutiesOfInput   struct {
		api.Caller
		ID string `path:"id" maxLength:"26" doc:"of the member of staff"`
	}
	dutiesInput struct {
		api.Caller
		ID   string `path:"id" maxLength:"26" doc:"of the member of staff"`
		Body struct {
			Revision  int64          `json:"revision" minimum:"0" doc:"the one that was changed: 409 when somebody else has changed it since"`
			Teams     []string       `json:"teams" nullable:"false" maxItems:"50"`
			Skills    []string       `json:"skills" nullable:"false" maxItems:"50"`
			Languages []string       `json:"languages" nullable:"false" maxItems:"20"`
			Slots     map[string]int `json:"slots,omitempty" nullable:"false"`
		}
	}
	skillsOutput struct {
		Body struct {
			Items []KnownSkill `json:"items" nullable:"false"`
		}
	}
)

func viewOf(d routing.Duties) DutiesView {
	slots := d.Slots
	if slots == nil {
		slots = map[string]int{}
	}
	return DutiesView{Staff: d.StaffID, Revision: d.Revision, Teams: orNone(d.Teams), Skills: orNone(d.Skills), Languages: orNone(d.Languages), Slots: slots}
}

func (r *routes) duties(ctx context.Context, in *api.Caller) (*dutiesOutput, error) {
	all, err := r.Store.AllDuties(ctx, in.Who())
	out := &dutiesOutput{}
	out.Body.Items = []DutiesView{}
	for _, d := range all {
		out.Body.Items = append(out.Body.Items, viewOf(d))
	}
	return out, err
}

func (r *routes) dutiesOf(ctx context.Context, in *dutiesOfInput) (*oneDutiesOutput, error) {
	d, err := r.Store.DutiesOf(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	return &oneDutiesOutput{Body: viewOf(d)}, nil
}

func (r *routes) setDuties(ctx context.Context, in *dutiesInput) (*oneDutiesOutput, error) {
	b := in.Body
	d, err := r.api.Duties(ctx, in.Who(), routing.Duties{StaffID: in.ID, Revision: b.Revision, Teams: b.Teams, Skills: b.Skills, Languages: b.Languages, Slots: b.Slots})
	if err != nil {
		return nil, err
	}
	if err := r.Queue.SetDuties(ctx, in.Who(), d); err != nil {
		return nil, err
	}
	d.Revision++
	return &oneDutiesOutput{Body: viewOf(d.Tidy())}, nil
}

// skills gathers them from people, from rules and from who waits, as far as the
// caller may read these.
func (r *routes) skills(ctx context.Context, in *api.Caller) (*skillsOutput, error) {
	all, err := r.Store.AllDuties(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	known := map[string]KnownSkill{}
	add := func(skill string, people int, asked bool) {
		skill = conversation.NormalSkill(skill)
		k := known[skill]
		known[skill] = KnownSkill{Skill: skill, People: k.People + people, Asked: k.Asked || asked}
	}
	for _, d := range all {
		for _, skill := range d.Skills {
			add(skill, 1, false)
		}
	}
	asked, err := r.asked(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	for _, skill := range asked {
		add(skill, 0, true)
	}
	out := &skillsOutput{}
	out.Body.Items = make([]KnownSkill, 0, len(known))
	for _, k := range known {
		out.Body.Items = append(out.Body.Items, k)
	}
	slices.SortFunc(out.Body.Items, func(a, b KnownSkill) int { return cmp.Compare(a.Skill, b.Skill) })
	return out, nil
}

// asked is the skills that rules and waiting conversations ask for.
func (r *routes) asked(ctx context.Context, who identity.Principal) ([]string, error) {
	var asked []string
	places, err := r.Queue.Queue(who)
	if err != nil && !fault.Is(err, fault.Forbidden) {
		return nil, err
	}
	for _, p := range places {
		asked = append(asked, p.Skills...)
	}
	rules, err := r.Settings.List(ctx, who, "rule", settings.Query{Limit: settings.MaxPage})
	if fault.Is(err, fault.Forbidden) {
		return asked, nil
	}
	for _, it := range rules {
		var body rule.Rule
		if json.Unmarshal(it.Body, &body) != nil { // an older program's: it counts for nothing here
			continue
		}
		for _, action := range body.Then {
			asked = append(asked, action.Skills...)
		}
	}
	return asked, err
}
