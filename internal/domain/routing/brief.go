package routing

import "kefu/internal/domain/form"

// Brief is what somebody who is offered a conversation may know of it before it is
// theirs: enough to choose, in words of the house alone. What anybody wrote, the topic
// that a person gave it and who the customer is are not in it.
type Brief struct {
	ConversationID string
	Channel        string
	Language       string
	Team           string // a setting's id
	Priority       string
	Since          int64  // since when the customer waits, microseconds
	Messages       int    // how many of theirs nobody has read
	Topic          string // as a form of the house gave it, or ""
	Form           string // the id of the form that it came by, or ""
	FormTitle      string // as the customer was shown it
	Flow           string // the id of the flow that it came by, or ""
	FlowTitle      form.Texts
	SignedIn       bool // the wallet vouches for who the customer is
	Returning      bool // they have asked before
}
