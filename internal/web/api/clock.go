package api

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/sla"
)

// Clock is one promise of a conversation that is counted.
type Clock struct {
	Kind  sla.ClockKind  `json:"kind" enum:"first_response,next_response,resolution"`
	Due   int64          `json:"due,omitempty" doc:"when the promise breaks; none while it stands still"`
	State sla.ClockState `json:"state" enum:"running,paused,breached"`
	Level int64          `json:"level" doc:"percent of the promise that was warned of: 0, 50, 75, 90 or 100"`
}

// ClockOf is how a clock is shown.
func ClockOf(a *sla.Alert) Clock {
	return Clock{Kind: a.Kind, Due: a.Due, State: a.State, Level: a.Level}
}

// addClocks puts clocks to the lines of a list.
func (a *API) addClocks(ctx context.Context, who identity.Principal, lines []Conversation) error {
	ids := make([]string, len(lines))
	at := make(map[string]*Conversation, len(lines))
	for i := range lines {
		ids[i], at[lines[i].ID] = lines[i].ID, &lines[i]
	}
	alerts, err := a.Store.ClocksOf(ctx, who, ids)
	for i := range alerts {
		line := at[alerts[i].ConversationID]
		line.Clocks = append(line.Clocks, ClockOf(&alerts[i]))
	}
	return err
}
