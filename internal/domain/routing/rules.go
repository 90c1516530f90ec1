package routing

import (
	"time"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Rules are how a house offers conversations. Times are seconds.
type Rules struct {
	OfferSeconds     int `json:"offer_seconds" minimum:"5" maximum:"300" doc:"how long an offer stands"`
	PassSeconds      int `json:"pass_seconds" minimum:"0" maximum:"3600" doc:"how long who passed one is not offered it again while others are there"`
	Unanswered       int `json:"unanswered" minimum:"0" maximum:"20" doc:"offers in a row that go unanswered before an agent is set to away; 0: never"`
	LastAgentSeconds int `json:"last_agent_seconds" minimum:"0" maximum:"3600" doc:"how long a customer waits for the agent who helped them lately"`
	AgeingSeconds    int `json:"ageing_seconds" minimum:"1" maximum:"86400" doc:"the head start of one step of priority"`
	ChatSlots        int `json:"chat_slots" minimum:"1" maximum:"20" doc:"chats at once, of agents who have no number of their own"`
	ReturnSeconds    int `json:"return_seconds" minimum:"0" maximum:"86400" doc:"how long after an agent went offline what waits for them goes back to the queue; 0: never"`
	QuietSeconds     int `json:"quiet_seconds" minimum:"60" maximum:"86400" doc:"how long after an answer a silent conversation counts as load"`
}

// LastAgentWithin is how long ago an agent may have helped a customer to be waited
// for.
const LastAgentWithin = 72 * time.Hour

// RulesKind is their definition.
func RulesKind() settings.Definition {
	return settings.Define(settings.Kind[Rules]{
		Name: "routing", Singleton: true, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Default: DefaultRules(),
	})
}

// DefaultRules are those of a house that has chosen none.
func DefaultRules() Rules {
	return Rules{
		OfferSeconds: 20, PassSeconds: 120, Unanswered: 3, LastAgentSeconds: 60, AgeingSeconds: 300, ChatSlots: 4,
		ReturnSeconds: 300, QuietSeconds: 900,
	}
}

// Validate implements settings.Value.
func (r Rules) Validate() error {
	for _, f := range []struct {
		name        string
		is, lo, top int
	}{
		{"offer_seconds", r.OfferSeconds, 5, 300},
		{"pass_seconds", r.PassSeconds, 0, 3600},
		{"unanswered", r.Unanswered, 0, 20},
		{"last_agent_seconds", r.LastAgentSeconds, 0, 3600},
		{"ageing_seconds", r.AgeingSeconds, 1, 86400},
		{"chat_slots", r.ChatSlots, 1, MaxSlots},
		{"return_seconds", r.ReturnSeconds, 0, 86400},
		{"quiet_seconds", r.QuietSeconds, 60, 86400},
	} {
		if f.is < f.lo || f.is > f.top {
			return fault.InvalidFor("routing.Rules", f.name, settings.OutOfRange, "must be %d to %d", f.lo, f.top)
		}
	}
	return nil
}
