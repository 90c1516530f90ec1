// Package conversation is the heart of Kefu: what a conversation is, which
// commands change it, and which entries each command adds to its log. It is pure:
// a State and a Command give an Outcome. Keeping the log, its sequence and its
// secrets is the store's work; finding secrets is package guard's.
package conversation

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// Status says whose turn it is.
type Status string

// The statuses of a conversation.
const (
	Open     Status = "open"     // needs an agent
	Waiting  Status = "waiting"  // for the customer's answer
	Snoozed  Status = "snoozed"  // until a time, or the customer's next message
	Resolved Status = "resolved" // until the customer's next message
	Merged   Status = "merged"   // goes on in another conversation
)

// Priority says how urgent a conversation is. It is shown, and
// changes no order: the inbox is in that of the last activity.
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

// The limits of a conversation's fields.
const (
	MaxTextChars    = 8000
	MaxAttachments  = 10
	MaxMentions     = 10
	MaxTags         = 20
	MaxTagChars     = 40
	MaxTopicChars   = 120
	MaxClientID     = 64
	MaxWrapUpChars  = 2000
	MaxCommentChars = 1000
	maxLanguageLen  = 35 // RFC 5646 section 4.4.1
)

// State is a conversation without its log. The store keeps one for each.
type State struct {
	ID           string
	CustomerID   string
	Channel      string // "chat"; later mail, phone …
	Status       Status
	AssigneeID   string // "" when nobody has it
	AssigneeName string // the assignee's alias
	Priority     Priority
	Topic        string
	Language     string // BCP 47, or ""
	Tags         []string
	TeamID       string   // the team it is for, or "" for everybody
	Skills       []string // what an agent must be able to do to be offered it

	LastSeq      int64
	PreviewSeq   int64 // the newest message or note, shown in lists
	CreatedAt    int64 // microseconds, as every time here
	LastActivity int64
	WaitingSince int64 // of the oldest customer message without an answer; 0: none
	SnoozedUntil int64
	ResolvedAt   int64
	Reopened     int    // times it was opened again after it was resolved
	WrapUp       string // the id of the code of the newest resolution, or ""
	RatedAt      int64  // when the customer first said how it went, since it was resolved; 0: not yet
	Score        int64  // what they said
	MergedInto   string // the conversation it goes on in
	StatusBefore Status // what an unmerge returns to, here or in the one that was merged into this

	Unread            int   // customer messages no agent has read
	CustomerDelivered int64 // up to here the customer's side has it
	CustomerRead      int64
	AgentRead         int64
}

// Object is the conversation as policy sees it.
func (s *State) Object() policy.Object {
	return policy.Object{CustomerID: s.CustomerID, AssigneeID: s.AssigneeID}
}

// New is a conversation that begins.
func New(id, customerID, channel, topic, language string, now int64) State {
	return State{
		ID: id, CustomerID: customerID, Channel: channel, Status: Open, Priority: Normal,
		Topic: topic, Language: language, CreatedAt: now, LastActivity: now,
	}
}

// ValidPriority tells whether p is a priority.
func ValidPriority(p Priority) bool {
	return p == Low || p == Normal || p == High || p == Urgent
}

// CheckLine refuses a one-line text, such as a topic, that is not UTF-8, too long
// or holds control characters or line ends. PostgreSQL refuses U+0000 in any text.
func CheckLine(field, text string, maxChars int) error {
	if len(text) <= maxChars && printable(text) { // as most are, and every message id
		return nil
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }) {
		return fault.InvalidField("conversation.CheckLine", field, "holds control characters")
	}
	return CheckText(field, text, maxChars)
}

// ValidClientID tells whether a message id has the form that Decide accepts.
func ValidClientID(s string) bool {
	return s != "" && len(s) <= MaxClientID && CheckLine("client_msg_id", s, MaxClientID) == nil
}

// CheckLanguage refuses what is neither empty nor a language tag (BCP 47). A tag
// is stored in the clear and its extensions could hold anything, so none is taken.
func CheckLanguage(field, tag string) error {
	if tag == "" {
		return nil
	}
	if len(tag) <= maxLanguageLen { // reading a long one is work
		parsed, err := language.Parse(tag)
		if err == nil && !parsed.IsRoot() && len(parsed.Extensions()) == 0 {
			return nil
		}
	}
	return fault.InvalidField("conversation.CheckLanguage", field, "is no language tag")
}

// printable tells text of ASCII without control characters.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// CheckText refuses text that is not UTF-8 or too long.
func CheckText(field, text string, maxChars int) error {
	const op = "conversation.CheckText"
	if !utf8.ValidString(text) {
		return fault.InvalidField(op, field, "is not valid UTF-8")
	}
	if utf8.RuneCountInString(text) > maxChars {
		return fault.InvalidField(op, field, "is longer than %d characters", maxChars)
	}
	return nil
}
