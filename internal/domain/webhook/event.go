package webhook

import (
	"encoding/json"
	"strconv"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
)

// Event is something that happened, as other systems are told of it.
type Event struct {
	Type Type
	Pos  int64 // of the entry that it follows from
	At   int64 // microseconds
	Data Data
}

// Data is what an event is about. It holds no words of people.
type Data struct {
	Conversation string    `json:"conversation,omitempty"`
	Seq          int64     `json:"seq,omitempty"`
	Channel      string    `json:"channel,omitempty"`
	Language     string    `json:"language,omitempty"`
	Status       string    `json:"status,omitempty"`
	Agent        string    `json:"agent,omitempty"` // id of the member of staff
	Customer     *Customer `json:"customer,omitempty"`
	Unread       int       `json:"unread,omitempty"`
}

// Customer names a customer as the wallet knows them. A visitor has an ID alone.
type Customer struct {
	ID      string `json:"id"`
	Issuer  string `json:"issuer,omitempty"`
	Subject string `json:"subject,omitempty"` // the wallet's own id
}

// ID is the same whenever the event is derived again, and for every endpoint: a
// receiver recognises a repetition by it.
func (e Event) ID() string { return "evt_" + strconv.FormatInt(e.Pos, 36) + "_" + string(e.Type) }

// Body is the JSON text that is sent.
func (e Event) Body() ([]byte, error) {
	body, err := json.Marshal(struct {
		Type      Type   `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      Data   `json:"data"`
	}{e.Type, time.UnixMicro(e.At).UTC().Format(time.RFC3339Nano), e.Data})
	return body, fault.Wrap("webhook.Body", err)
}

// Of is what an entry of the log is to be told as, and the state its conversation
// has now.
func Of(e conversation.Entry, s conversation.State) []Event {
	var types []Type
	if e.Seq == 1 {
		types = append(types, ConversationStarted)
	}
	switch e.Kind {
	case conversation.KindMessage:
		types = append(types, ofMessage(e)...)
	case conversation.KindAct:
		types = append(types, ofAct(e)...)
	case conversation.KindHuman:
		types = append(types, PersonAskedFor)
	case conversation.KindAssigned:
		types = append(types, ConversationAssigned)
	case conversation.KindStatus:
		types = append(types, ofStatus(e)...)
	}
	events := make([]Event, len(types))
	for i, t := range types {
		d := Data{Conversation: e.ConversationID, Seq: e.Seq, Channel: s.Channel, Language: s.Language, Customer: &Customer{ID: s.CustomerID}}
		switch {
		case t == ConversationAssigned && e.Content.Staff != nil:
			d.Agent = e.Content.Staff.ID
		case t == MessageSent:
			d.Agent = e.Author.ID
		case e.Kind == conversation.KindStatus:
			d.Status = string(e.Content.Status)
		}
		events[i] = Event{Type: t, Pos: e.Pos, At: e.At, Data: d}
	}
	return events
}

func ofMessage(e conversation.Entry) []Type {
	switch e.Author.Kind {
	case conversation.ByCustomer:
		return []Type{MessageReceived}
	case conversation.ByAgent, conversation.ByAssistant:
		return []Type{MessageSent, CustomerUnreached}
	case conversation.ByProgram: // a program that answers events must not hear itself
		if e.Content.Quiet {
			return nil
		}
		return []Type{CustomerUnreached}
	default:
		return nil
	}
}

// ofAct tells a customer whose window is closed that they are asked for something: their
// yes, or, when a second person has agreed, their proof once more.
func ofAct(e conversation.Entry) []Type {
	if a := e.Content.Act; a != nil && (a.State == "proposed" || a.State == "approved") {
		return []Type{CustomerUnreached}
	}
	return nil
}

func ofStatus(e conversation.Entry) []Type {
	switch {
	case e.Content.Status == conversation.Resolved:
		return []Type{ConversationResolved}
	case e.Content.Was == conversation.Resolved:
		return []Type{ConversationReopened}
	default:
		return nil
	}
}
