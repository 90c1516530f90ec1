// Package routing decides who is asked to help whom: teams, and what brings a
// conversation to one of their members.
package routing

import (
	"strings"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Bounds of a team, in characters.
const (
	MaxTeamName        = 60
	MaxTeamDescription = 500
)

// Team is people who take the same conversations.
type Team struct {
	Name        string `json:"name" maxLength:"60" doc:"as staff know it"`
	Description string `json:"description,omitempty" maxLength:"500" doc:"what it is there for"`
}

// TeamKind is its definition.
func TeamKind() settings.Definition {
	return settings.Define(settings.Kind[Team]{
		Name: "team", Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Max: 200, Check: uniqueTeam,
	})
}

// Validate implements settings.Value.
func (t Team) Validate() error {
	if err := settings.CheckLine("name", t.Name, MaxTeamName); err != nil {
		return err
	}
	return settings.CheckText("description", t.Description, MaxTeamDescription)
}

// uniqueTeam refuses the name of another team.
func uniqueTeam(all *settings.Snapshot, id string, t Team) error {
	for _, other := range settings.All[Team](all) {
		if other.ID != id && strings.EqualFold(other.Value.Name, t.Name) {
			return fault.InvalidFor("routing.uniqueTeam", "name", settings.Taken, "another team has this name")
		}
	}
	return nil
}
