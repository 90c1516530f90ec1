package api

import (
	"context"
	"encoding/json"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/platform/fault"
)

// Team finds a team in use. Errors: Invalid when there is none.
func (a *API) Team(ctx context.Context, p identity.Principal, id string) (*conversation.TeamRef, error) {
	const op = "api.Team"
	it, err := a.Settings.Get(ctx, p, "team", id)
	if fault.Is(err, fault.NotFound) || (err == nil && it.Archived) {
		return nil, fault.InvalidFor(op, "team_id", "unknown", "names no team")
	}
	if err != nil {
		return nil, err
	}
	var t routing.Team
	if err := json.Unmarshal(it.Body, &t); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return &conversation.TeamRef{ID: it.ID, Name: t.Name}, nil
}

// Duties is what somebody is to be routed by, with skills as they are compared and
// without secrets in them. Errors: Invalid for a team that is none, or no skill.
func (a *API) Duties(ctx context.Context, p identity.Principal, d routing.Duties) (routing.Duties, error) {
	const op = "api.Duties"
	skills := make([]string, len(d.Skills))
	for i, s := range d.Skills { // people write them
		skills[i] = a.Intake.Name(s)
	}
	var err error
	if d.Skills, err = conversation.CleanSkills("skills", skills); err != nil {
		return d, err
	}
	for _, team := range d.Teams {
		if _, err := a.Team(ctx, p, team); fault.Is(err, fault.Invalid) {
			return d, fault.InvalidFor(op, "teams", "unknown", "name one that is none")
		} else if err != nil {
			return d, err
		}
	}
	return d, nil
}
