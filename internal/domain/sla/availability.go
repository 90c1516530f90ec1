package sla

import (
	"time"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Availability is by which calendar the window says whether somebody is there.
type Availability struct {
	Calendar string `json:"calendar,omitempty" doc:"a calendar's id; without it, always"`
}

// AvailabilityKind is its definition.
func AvailabilityKind() settings.Definition {
	return settings.Define(settings.Kind[Availability]{
		Name: "availability", Singleton: true, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings,
		Check: func(all *settings.Snapshot, _ string, a Availability) error {
			if found, ok := settings.Find[Calendar](all, a.Calendar); a.Calendar != "" && (!ok || found.Archived) {
				return fault.InvalidFor("sla.AvailabilityKind", "calendar", settings.Unknown, "is no calendar in use")
			}
			return nil
		},
	})
}

// Validate implements settings.Value.
func (a Availability) Validate() error {
	if a.Calendar != "" && !id.Valid(a.Calendar) {
		return fault.InvalidFor("sla.Availability.Validate", "calendar", settings.Malformed, "is no id")
	}
	return nil
}

// Service is what a customer may be told of when somebody is there.
type Service struct {
	Open     bool  `json:"open"`
	OpensAt  int64 `json:"opens_at,omitempty" doc:"when it is not open: when it is next"`
	ClosesAt int64 `json:"closes_at,omitempty" doc:"when it is open: until when"`
	AnswerBy int64 `json:"answer_by,omitempty" doc:"by when who writes now is answered, where the operator has it said"`
}

// ServiceAt is what a customer of some kind is told at a time.
func ServiceAt(all *settings.Snapshot, aims Aims, s Subject, now time.Time) Service {
	h := &Hours{}
	if c, ok := settings.Find[Calendar](all, settings.One[Availability](all).Calendar); ok && !c.Archived {
		if compiled, err := c.Value.Compile(); err == nil {
			h = compiled
		}
	}
	out := Service{Open: h.IsOpen(now)}
	if out.Open {
		if at, ok := h.NextClose(now); ok {
			out.ClosesAt = at.UnixMicro()
		}
	} else if at, ok := h.NextOpen(now); ok {
		out.OpensAt = at.UnixMicro()
	}
	if aim := aims.For(s); aim != nil && aim.Tell && aim.FirstResponse > 0 {
		if at, ok := aim.Hours.Add(now, aim.amount(FirstResponse)); ok {
			out.AnswerBy = at.UnixMicro()
		}
	}
	// Where the targets count while nobody is there, who is told that nobody is back
	// before Monday cannot believe in an answer by noon.
	if !out.Open && out.AnswerBy <= out.OpensAt {
		out.AnswerBy = 0
	}
	return out
}
