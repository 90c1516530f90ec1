// Package webhook says what other systems are told of, and how: the events, the
// addresses they are sent to, their signatures and when a delivery is tried again.
// It follows the Standard Webhooks specification (version 1). Events are thin: they
// name what happened and hold no words of people, which whoever may read them
// fetches over the API. Sending is not its matter.
package webhook

import (
	"net/url"
	"slices"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// Type is the type of an event.
type Type string

// The types of events.
const (
	ConversationStarted  Type = "conversation.started"
	ConversationAssigned Type = "conversation.assigned"
	ConversationResolved Type = "conversation.resolved"
	ConversationReopened Type = "conversation.reopened"
	MessageReceived      Type = "message.received" // the customer wrote
	MessageSent          Type = "message.sent"     // an agent answered
	PersonAskedFor       Type = "person.asked_for"
	// CustomerUnreached says that an answer waits for a customer whose window did not
	// take it within UnreachedAfter: the wallet may show a push notification.
	CustomerUnreached Type = "customer.unreached"
	// Ping is sent by hand, to try an endpoint. Nobody subscribes to it.
	Ping Type = "ping"
)

// Types lists what an endpoint may ask for.
func Types() []Type {
	return []Type{
		ConversationStarted, ConversationAssigned, ConversationResolved, ConversationReopened,
		MessageReceived, MessageSent, PersonAskedFor, CustomerUnreached,
	}
}

const (
	maxNameChars = 120
	maxURLBytes  = 2000
)

// Endpoint is an address that is told of events, as an operator sets it up. Its
// secrets are kept apart from it.
type Endpoint struct {
	Name   string `json:"name" minLength:"1" maxLength:"120"`
	URL    string `json:"url" minLength:"9" maxLength:"2000" doc:"an https address"`
	Events []Type `json:"events" nullable:"false" minItems:"1" maxItems:"20"`
	Paused bool   `json:"paused,omitempty" doc:"nothing is sent; what happens meanwhile is not sent later"`
}

// Validate refuses what cannot be sent to. Whether the address may be asked at all
// is found out when it is: names resolve differently every day. Errors: Invalid,
// with the field.
func (e Endpoint) Validate() error {
	const op = "webhook.Validate"
	if n := utf8.RuneCountInString(e.Name); n < 1 || n > maxNameChars {
		return fault.InvalidField(op, "name", "must have 1 to %d characters", maxNameChars)
	}
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || len(e.URL) > maxURLBytes:
		return fault.InvalidField(op, "url", "is no address")
	case u.Scheme != "https" && u.Scheme != "http":
		return fault.InvalidField(op, "url", "must begin with https://")
	case u.Hostname() == "" || u.Opaque != "":
		return fault.InvalidField(op, "url", "names no host")
	case u.User != nil:
		return fault.InvalidField(op, "url", "must not hold a user or a password: deliveries are signed")
	case u.Fragment != "":
		return fault.InvalidField(op, "url", "must not have a fragment")
	}
	if len(e.Events) == 0 {
		return fault.InvalidField(op, "events", "must name at least one event")
	}
	known := Types()
	for i, t := range e.Events {
		if !slices.Contains(known, t) {
			return fault.InvalidField(op, "events", "names an event that does not exist")
		}
		if slices.Contains(e.Events[:i], t) {
			return fault.InvalidField(op, "events", "names an event twice")
		}
	}
	return nil
}

// Wants tells whether the endpoint is to be told of an event.
func (e Endpoint) Wants(t Type) bool {
	return !e.Paused && (t == Ping || slices.Contains(e.Events, t))
}
