// Package webhook says what other systems are told of, and how: the events, the
// addresses they are sent to, their signatures and when a delivery is tried again.
// It follows the Standard Webhooks specification (version 1). Events are thin: they
// name what happened and hold no words of people, which whoever may read them
// fetches over the API. Sending is not its matter.
package webhook

import (
	"net/netip"
	"net/url"
	"slices"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
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
	URL    string `json:"url" minLength:"9" maxLength:"2000" guard:"-" doc:"an https address"`
	Events []Type `json:"events" nullable:"false" minItems:"1" maxItems:"20" guard:"-" doc:"what to tell"`
	Paused bool   `json:"paused,omitempty" doc:"nothing is sent; what happens meanwhile is not sent later"`
}

// EndpointKind is its definition, on a machine whose own addresses may be told or
// not.
func EndpointKind(loopback bool) settings.Definition {
	return settings.Define(settings.Kind[Endpoint]{
		// Customers' events go where it says.
		Name: "webhook", FourEyes: true, Read: policy.ReadSetup, Change: policy.ChangeSetup,
		Check: func(_ *settings.Snapshot, _ string, e Endpoint) error { return e.CheckWay(loopback) },
	})
}

// CheckWay refuses an address on the way to which somebody could listen: all but
// https, and where loopback is true http on this machine. What was saved before
// stays readable, and is refused when it is sent to. Errors: Invalid.
func (e Endpoint) CheckWay(loopback bool) error {
	const op = "webhook.CheckWay"
	u, err := url.Parse(e.URL)
	if err != nil {
		return fault.InvalidFor(op, "url", settings.Malformed, "is no address that can be told")
	}
	address, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || (err == nil && address.Unmap().IsLoopback())
	if u.Scheme == "https" || (loopback && here) {
		return nil
	}
	return fault.InvalidFor(op, "url", settings.Malformed, "must begin with https")
}

// Validate implements settings.Value. Whether the address may be asked at all is
// found out when it is: names resolve differently every day.
func (e Endpoint) Validate() error {
	const op = "webhook.Validate"
	if err := settings.CheckLine("name", e.Name, maxNameChars); err != nil {
		return err
	}
	if err := checkURL(e.URL); err != nil {
		return err
	}
	if len(e.Events) == 0 {
		return fault.InvalidFor(op, "events", settings.Missing, "names none")
	}
	known := Types()
	for i, t := range e.Events {
		if !slices.Contains(known, t) {
			return fault.InvalidFor(op, "events", settings.Unknown, "names an event that does not exist")
		}
		if slices.Contains(e.Events[:i], t) {
			return fault.InvalidFor(op, "events", settings.Taken, "names an event twice")
		}
	}
	return nil
}

func checkURL(address string) error {
	const op = "webhook.checkURL"
	if address == "" {
		return fault.InvalidFor(op, "url", settings.Missing, "is missing")
	}
	if len(address) > maxURLBytes {
		return fault.InvalidFor(op, "url", settings.TooLong, "has more than %d bytes", maxURLBytes)
	}
	u, err := url.Parse(address)
	// A user and a password have no place in it: deliveries are signed.
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return fault.InvalidFor(op, "url", settings.Malformed, "is no address that can be told")
	}
	return nil
}

// Wants tells whether the endpoint is to be told of an event.
func (e Endpoint) Wants(t Type) bool {
	return !e.Paused && (t == Ping || slices.Contains(e.Events, t))
}
