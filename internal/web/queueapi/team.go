package queueapi

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/web/api"
)

type (
	teamInput struct {
		api.InConversation
		Body struct {
			TeamID *string `json:"team_id" nullable:"true" maxLength:"26" doc:"null: everybody's"`
		}
	}
	skillsInput struct {
		api.InConversation
		Body struct {
			Skills []string `json:"skills" nullable:"false" maxItems:"20"`
		}
	}
	handOverInput struct {
		api.InConversation
		Body struct {
			TeamID  *string `json:"team_id,omitempty" nullable:"false" maxLength:"26"`
			StaffID *string `json:"staff_id,omitempty" nullable:"false" maxLength:"26" doc:"none: whoever of the team is free"`
			Note    string  `json:"note,omitempty" maxLength:"8000" doc:"what the next one must know; customers do not see it"`
		}
	}
)

func (r *routes) setTeam(ctx context.Context, in *teamInput) (*api.Nothing, error) {
	content := conversation.Content{}
	if in.Body.TeamID != nil {
		team, err := r.api.Team(ctx, in.Who(), *in.Body.TeamID)
		if err != nil {
			return nil, err
		}
		content.Team = team
	}
	return r.api.Do(ctx, in.InConversation, conversation.SetTeam, content)
}

func (r *routes) setSkills(ctx context.Context, in *skillsInput) (*api.Nothing, error) {
	return r.api.Do(ctx, in.InConversation, conversation.SetSkills, conversation.Content{Skills: in.Body.Skills})
}

func (r *routes) handOver(ctx context.Context, in *handOverInput) (*api.Nothing, error) {
	content := conversation.Content{Text: in.Body.Note}
	if in.Body.TeamID != nil {
		team, err := r.api.Team(ctx, in.Who(), *in.Body.TeamID)
		if err != nil {
			return nil, err
		}
		content.Team = team
	}
	if in.Body.StaffID != nil {
		member, err := r.api.Assignable(ctx, in.Who(), *in.Body.StaffID)
		if err != nil {
			return nil, err
		}
		content.Staff = member
	}
	return r.api.Do(ctx, in.InConversation, conversation.HandOver, content)
}
