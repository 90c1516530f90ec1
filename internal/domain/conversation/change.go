package conversation

import "kefu/internal/domain/identity"

// Change is one command to one conversation, as it waits for its commit.
type Change struct {
	Principal      identity.Principal
	ConversationID string
	Command        Command
	// Retract rewrites earlier messages in which this one completes a secret.
	Retract []Retraction
	// Origin is the connection it came by, handed back with the entries it made.
	Origin any
	// Done is called once, after the commit or the failure, in the order of
	// commits. It must not block.
	Done func(Result)

	// Seq is set by the store: the number of its message, once it is processed.
	Seq int64
	// Result is set by the store before Done is called.
	Result Result
}

// Retraction says what remains of an earlier message, or of the topic. Earlier is
// the change that stored it in this process, or nil when Seq names it.
type Retraction struct {
	Earlier *Change
	Seq     int64
	Topic   bool // the conversation's, and no message
	// ConversationID is one that was joined with the change's own; "" is that.
	ConversationID string
	Text           string
	Classes        []string
}

// Result is the answer to a Change.
type Result struct {
	Err       error
	Seq       int64 // of the message, or of the first entry made; 0: nothing changed
	At        int64
	Duplicate bool     // the client's message id was stored before; Seq and At are the first ones
	Content   *Content // what was stored in its place, when that is not what was sent
	State     State
}
