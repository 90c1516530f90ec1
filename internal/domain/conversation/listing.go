package conversation

import (
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
)

// MaxPage is the most entries or conversations that one read returns.
const MaxPage = 200

// EntryRange says which part of a log to read: after a sequence number,
// ascending, or the last ones before one (0: the end of the log).
type EntryRange struct {
	After   int64
	Before  int64
	Reverse bool // read the newest before Before, still answered ascending
	Limit   int
}

// Assignee selects a part of the inbox by who has it.
type Assignee struct {
	Any bool
	ID  string // "" with Any false: nobody's
}

// InboxQuery is a page of the inbox: conversations of one status, the most
// recently active first.
type InboxQuery struct {
	Status   Status
	Assignee Assignee
	After    InboxKey // the last line of the page before; zero: the first page
	Limit    int
}

// InboxKey is the place of a line in the inbox.
type InboxKey struct {
	Activity       int64
	ConversationID string
}

// InboxLine is a conversation as a list shows it.
type InboxLine struct {
	Key      InboxKey
	State    State
	Preview  *Entry // the newest message or note
	Customer CustomerLabel
}

// WindowLine is a conversation as its customer's list shows it.
type WindowLine struct {
	State  State
	Unread int // messages of the other side that the customer has not read
}

// CustomerLabel is what a list shows of a customer.
type CustomerLabel struct {
	Name     string
	Evidence string // verified, claimed, inferred, or "" for a visitor
	Language string
}

// Start is what a customer begins a conversation with.
type Start struct {
	Ref      string // made by the client: repeating it gives the same conversation
	NewID    string // the id it gets if it is new
	Channel  string
	Topic    string
	Language string
	Secret   *customer.WindowSecret // a visitor's, stored with the first conversation
}

// Written is where an entry that people can search stands, without its text.
type Written struct {
	Pos            int64
	ConversationID string
	AuthorID       string
	At             int64
}

// StoredAttachment is an attachment as the store knows it; its bytes are in the
// blob store, under the key BlobRef.
type StoredAttachment struct {
	Attachment
	CustomerID     string
	ConversationID string
	UploaderKind   identity.Kind
	UploaderID     string
	BlobRef        int64
	Internal       bool
	CreatedAt      int64
}

// Snooze is a snoozed conversation, and when it comes back (microseconds).
type Snooze struct {
	Until          int64
	ConversationID string
}
