package api

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
)

// ManyChange is what is to be done to one conversation among many. What is left
// out stays as it is.
type ManyChange struct {
	ID           string                 `json:"id" minLength:"26" maxLength:"26" doc:"of the conversation"`
	Assignee     *string                `json:"assignee,omitempty" maxLength:"26" doc:"a member of staff, or nothing: nobody"`
	Team         *string                `json:"team,omitempty" maxLength:"26" doc:"a team, or nothing: everybody's"`
	HandOver     *ManyHandOver          `json:"hand_over,omitempty" nullable:"false" doc:"to a team or a colleague, with what they must know"`
	Priority     *conversation.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	AddTags      []string               `json:"add_tags,omitempty" nullable:"false" maxItems:"20"`
	RemoveTags   []string               `json:"remove_tags,omitempty" nullable:"false" maxItems:"20"`
	AddSkills    []string               `json:"add_skills,omitempty" nullable:"false" maxItems:"20"`
	RemoveSkills []string               `json:"remove_skills,omitempty" nullable:"false" maxItems:"20"`
	Status       *conversation.Status   `json:"status,omitempty" enum:"open,waiting,snoozed,resolved"`
	Until        int64                  `json:"until,omitempty" minimum:"0" doc:"of snoozed: when it comes back"`
	WrapUp       string                 `json:"wrap_up,omitempty" maxLength:"2000" doc:"of resolved: what was done; customers do not see it"`
	Code         string                 `json:"code,omitempty" maxLength:"26" doc:"of resolved: the id of a wrap-up code"`
	Undo         bool                   `json:"undo,omitempty" doc:"of one that was resolved within the last minute: that is taken back, and counts as no reopening"`
	Seen         int64                  `json:"seen,omitempty" minimum:"0" doc:"the newest entry that the caller has seen: conflict with the field seen when the customer has written after it, unless the status is open"`
}

// ManyHandOver is to whom a conversation among many is handed, in one step: nobody
// finds it in the queue without the note.
type ManyHandOver struct {
	TeamID  string `json:"team_id,omitempty" maxLength:"26"`
	StaffID string `json:"staff_id,omitempty" maxLength:"26" doc:"none: whoever of the team is free"`
	Note    string `json:"note,omitempty" maxLength:"8000" doc:"customers do not see it"`
}

type manyInput struct {
	Caller
	Body struct {
		Changes []ManyChange `json:"changes" nullable:"false" minItems:"1" maxItems:"200"`
	}
}

// ManyResult is the answer for one conversation among many.
type ManyResult struct {
	ID    string `json:"id"`
	Code  string `json:"code,omitempty" doc:"of the problem; without one it was done"`
	Field string `json:"field,omitempty" doc:"the member that is to blame"`
	Conv  string `json:"conv,omitempty" doc:"of merged: the conversation to use instead"`
}

// ManyResults are the answers in the order of the changes.
type ManyResults struct {
	Items []ManyResult `json:"items" nullable:"false"`
}

type manyOutput struct{ Body ManyResults }

// changeMany answers for each conversation by itself: what one refuses keeps no
// other from being changed.
func (a *API) changeMany(ctx context.Context, in *manyInput) (*manyOutput, error) {
	to := named{staff: map[string]*conversation.StaffRef{"": nil}, teams: map[string]*conversation.TeamRef{"": nil}}
	all := make([]intake.Work, len(in.Body.Changes))
	for i := range in.Body.Changes {
		c := &in.Body.Changes[i]
		if err := a.name(ctx, in.who(), c, to); err != nil {
			return nil, err
		}
		all[i] = c.work(to)
	}
	answers, err := a.Intake.DoEach(ctx, in.who(), all)
	if err != nil {
		return nil, err
	}
	out := &manyOutput{Body: ManyResults{Items: make([]ManyResult, len(answers))}}
	for i, err := range answers {
		r := &out.Body.Items[i]
		if r.ID = all[i].ConversationID; err != nil {
			p := a.problem("change-conversations", err)
			r.Code, r.Field, r.Conv = p.Code, p.Field, p.Conv
		}
	}
	return out, nil
}

// named is the staff and the teams that changes name, by id; "" is none.
type named struct {
	staff map[string]*conversation.StaffRef
	teams map[string]*conversation.TeamRef
}

// name looks up whom a change names. Errors: Invalid.
func (a *API) name(ctx context.Context, who identity.Principal, c *ManyChange, to named) error {
	staff, teams := []*string{c.Assignee}, []*string{c.Team}
	if c.HandOver != nil {
		staff, teams = append(staff, &c.HandOver.StaffID), append(teams, &c.HandOver.TeamID)
	}
	for _, id := range staff {
		if id == nil {
			continue
		}
		if _, known := to.staff[*id]; !known {
			member, err := a.Assignable(ctx, who, *id)
			if err != nil {
				return err
			}
			to.staff[*id] = member
		}
	}
	for _, id := range teams {
		if id == nil {
			continue
		}
		if _, known := to.teams[*id]; !known {
			team, err := a.Team(ctx, who, *id)
			if err != nil {
				return err
			}
			to.teams[*id] = team
		}
	}
	return nil
}

// work is a change as commands; the status comes last, so that whoever is told of
// a resolved conversation is told of it as it was left.
func (c *ManyChange) work(to named) intake.Work {
	w := intake.Work{ConversationID: c.ID}
	do := func(command conversation.Command) { w.Commands = append(w.Commands, command) }
	if h := c.HandOver; h != nil {
		do(conversation.Command{Kind: conversation.HandOver, Content: conversation.Content{Text: h.Note, Team: to.teams[h.TeamID], Staff: to.staff[h.StaffID]}})
	}
	if c.Team != nil {
		do(conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: to.teams[*c.Team]}})
	}
	if c.Assignee != nil {
		do(conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: to.staff[*c.Assignee]}})
	}
	if c.Priority != nil {
		do(conversation.Command{Kind: conversation.SetPriority, Content: conversation.Content{Priority: *c.Priority}})
	}
	if len(c.AddTags)+len(c.RemoveTags) > 0 {
		do(conversation.Command{Kind: conversation.SetTags, Adds: true, Drops: c.RemoveTags, Content: conversation.Content{Tags: c.AddTags}})
	}
	if len(c.AddSkills)+len(c.RemoveSkills) > 0 {
		do(conversation.Command{Kind: conversation.SetSkills, Adds: true, Drops: c.RemoveSkills, Content: conversation.Content{Skills: c.AddSkills}})
	}
	if c.Status != nil {
		do(conversation.Command{Kind: conversation.SetStatus, Seq: c.Seen, Content: conversation.Content{Status: *c.Status, Until: c.Until, WrapUp: c.WrapUp, Code: codeRef(c.Code), Undo: c.Undo}})
	}
	return w
}
