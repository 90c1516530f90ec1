package conversation

import (
	"cmp"
	"slices"
	"strings"

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
	Ahead   bool // nobody looks at it yet, and perhaps nobody will
}

// Reading is what the audit chain calls a reading of the stretch by staff.
func (r EntryRange) Reading() string {
	if r.Ahead {
		return "conversation.read_ahead"
	}
	return "conversation.read"
}

// Assignee selects a part of the inbox by who has it.
type Assignee struct {
	Any bool
	ID  string // "" with Any false: nobody's
}

// InboxQuery is a page of the inbox: conversations of some statuses, the most
// recently active first. Of those who were named in notes it is their mentions,
// the newest first.
type InboxQuery struct {
	Statuses  []Status
	Assignee  Assignee
	Mentioned bool     // only where a note names whoever asks, whoever has it
	Teams     []string // of one of these teams; none: of any, or of none
	Codes     []string // ended with one of these wrap-up codes; none: however it ended, or not yet
	OwnTeams  bool     // of a team that whoever asks is in
	Due       bool     // those alone of which a promise is due, the next to break first; InboxKey.Activity is when
	Filter    Filter
	After     InboxKey // the last line of the page before; zero: the first page
	Before    InboxKey // the first line of the page after: the page that ends there
	Limit     int
}

// Filter chooses among the conversations of a list. What is empty chooses nothing
// out; of several values of one kind one must fit.
type Filter struct {
	Priorities []Priority
	Tags       []string
	Languages  []string // primary subtags, such as zh
	Channels   []string
	WaitsSince int64 // the customer has waited since this instant or longer; 0: unasked
	Unread     bool  // something of the customer has not been read
}

// Empty tells whether everything passes.
func (f *Filter) Empty() bool {
	return len(f.Priorities)+len(f.Tags)+len(f.Languages)+len(f.Channels) == 0 && f.WaitsSince == 0 && !f.Unread
}

// Passes tells whether a conversation is chosen. A conversation without a language
// of its own has that of its customer.
func (f *Filter) Passes(s *State, customerLanguage string) bool {
	if f.Unread && s.Unread == 0 {
		return false
	}
	if f.WaitsSince != 0 && (s.WaitingSince == 0 || s.WaitingSince > f.WaitsSince) {
		return false
	}
	primary, _, _ := strings.Cut(strings.ToLower(cmp.Or(s.Language, customerLanguage)), "-")
	return among(f.Priorities, s.Priority) && among(f.Channels, s.Channel) && among(f.Languages, primary) &&
		(len(f.Tags) == 0 || slices.ContainsFunc(f.Tags, func(tag string) bool { return slices.Contains(s.Tags, tag) }))
}

func among[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

// InboxPage is a part of the inbox. It may hold fewer lines than were asked for,
// or none, and still have more after it: a filter that lets few pass is not
// looked through to the end at once.
type InboxPage struct {
	Lines []InboxLine
	Next  InboxKey // where to go on; zero: there is no more
}

// Count is how many conversations a list has, as far as was counted.
type Count struct {
	N    int
	More bool // there are more, or may be
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

// Before is where a page of a customer's conversations begins: with those that were
// last active before it.
type Before struct {
	LastActivity int64 // microseconds since 1970
	ID           string
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
