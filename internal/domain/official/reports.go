package official

import (
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// ReportTag is the tag of conversations in which somebody reports an impostor: the
// queue of what has to be taken down.
const ReportTag = "impostor"

// Reports says who is to have impostors taken down.
type Reports struct {
	Team string `json:"team,omitempty" maxLength:"26" doc:"id of the team that reports of impostors go to; none: whoever is free"`
}

// ReportsKind is its definition.
func ReportsKind() settings.Definition {
	return settings.Define(settings.Kind[Reports]{
		Name: "impostor_reports", Singleton: true, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Check: teamExists,
	})
}

// Validate implements settings.Value.
func (Reports) Validate() error { return nil }

func teamExists(all *settings.Snapshot, _ string, r Reports) error {
	if it, ok := settings.Find[routing.Team](all, r.Team); r.Team != "" && (!ok || it.Archived) {
		return fault.InvalidFor("official.teamExists", "team", settings.Unknown, "there is no such team")
	}
	return nil
}
