package conversation

import (
	"kefu/internal/domain/form"
	"kefu/internal/domain/wrapup"
)

// EntryKind is the kind of an entry of a conversation's log.
type EntryKind string

// The kinds of entries. What each carries is in docs/protocol.md, section 3.
const (
	KindMessage    EntryKind = "message"
	KindNote       EntryKind = "note"
	KindStatus     EntryKind = "status"
	KindAssigned   EntryKind = "assigned"
	KindHuman      EntryKind = "human"
	KindPriority   EntryKind = "priority"
	KindTags       EntryKind = "tags"
	KindTopic      EntryKind = "topic"
	KindLanguage   EntryKind = "language"
	KindTeam       EntryKind = "team"
	KindSkills     EntryKind = "skills"
	KindEdited     EntryKind = "edited"
	KindRedacted   EntryKind = "redacted"
	KindMerged     EntryKind = "merged"
	KindUnmerged   EntryKind = "unmerged"
	KindIdentified EntryKind = "identified"
	KindWrapUp     EntryKind = "wrap_up" // what it was about and how it ended, said anew
	KindRated      EntryKind = "rated"   // what the customer says of how it went
	KindAct        EntryKind = "act"     // what a member of staff proposed to do in the wallet, and what became of it
	KindOffer      EntryKind = "offer"   // help that Kefu offers because of what the customer just wrote
	KindHidden     EntryKind = "hidden"  // never stored: what a customer is shown of a staff entry
)

// AuthorKind says on which side an entry was made.
type AuthorKind string

// The kinds of authors.
const (
	ByCustomer  AuthorKind = "customer"
	ByAgent     AuthorKind = "agent"
	ByAssistant AuthorKind = "assistant"
	BySystem    AuthorKind = "system"
	ByProgram   AuthorKind = "program" // of the operator, by an API key
)

// Author is who made an entry. Name may be shown; ID is for staff only.
type Author struct {
	Kind AuthorKind
	ID   string
	Name string
}

// Attachment is a file that belongs to a message; its bytes are kept elsewhere.
type Attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// StaffRef names a member of staff in an entry.
type StaffRef struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Content is what an entry carries, in the very form of the protocol's payload.
// It is sealed as a whole before it is stored.
type Content struct {
	Text        string       `json:"text,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	ReplyTo     int64        `json:"reply_to,omitempty"`
	Mentions    []string     `json:"mentions,omitempty"` // ids of the members of staff whom a note names
	Classes     []string     `json:"classes,omitempty"`  // secret classes the guard removed
	Status      Status       `json:"status,omitempty"`
	Was         Status       `json:"was,omitempty"`
	Until       int64        `json:"until,omitempty"`   // microseconds, of a snooze
	WrapUp      string       `json:"wrap_up,omitempty"` // staff only
	Code        *wrapup.Ref  `json:"code,omitempty"`    // likewise
	Undo        bool         `json:"undo,omitempty"`    // of a status: the resolution was taken back at once, or the reopening by a merge
	Staff       *StaffRef    `json:"staff,omitempty"`
	Priority    Priority     `json:"priority,omitempty"`
	Tags        []string     `json:"tags,omitempty"`
	Topic       string       `json:"topic,omitempty"`
	Language    string       `json:"language,omitempty"`
	Team        *TeamRef     `json:"team,omitempty"`
	Skills      []string     `json:"skills,omitempty"`
	Of          int64        `json:"of,omitempty"` // the entry that was edited or redacted
	Into        string       `json:"into,omitempty"`
	From        string       `json:"from,omitempty"`
	Level       string       `json:"level,omitempty"`
	Internal    bool         `json:"internal,omitempty"` // edited or redacted entry is itself internal
	Score       int64        `json:"score,omitempty"`    // 1 to 5
	Reason      string       `json:"reason,omitempty"`   // why staff redacted it, or why the queue took it back; staff only
	Form        *form.Filled `json:"form,omitempty"`     // the answers that Text tells
	Owed        *Owed        `json:"owed,omitempty"`     // staff only
	Act         *ActRef      `json:"act,omitempty"`
	Offer       *OfferRef    `json:"offer,omitempty"`
	Quiet       bool         `json:"quiet,omitempty"` // no notification is shown for it; staff only
}

// Owed is what the customer goes on waiting for after an entry that does not tell it
// by its kind, such as an answer that crossed with words its author had not seen.
// Whoever follows the log follows it from there.
type Owed struct {
	Since int64 `json:"since,omitempty"` // microseconds
	Seq   int64 `json:"seq,omitempty"`   // of the entry since which, where that is known
}

// Entry is one line of a conversation's log.
type Entry struct {
	ConversationID string
	Seq            int64 // 1, 2, 3 … within the conversation
	Pos            int64 // grows over all conversations, with gaps, in the order of commits
	Kind           EntryKind
	Author         Author
	ClientID       string // the client's id of a message, unique within the conversation
	At             int64  // microseconds
	Content        Content
}

// Internal tells whether only staff may see the entry. A kind that is not known
// to be the customer's is staff's.
func (e Entry) Internal() bool {
	switch e.Kind {
	case KindMessage, KindStatus, KindAssigned, KindHuman, KindMerged, KindUnmerged, KindRated, KindAct, KindOffer, KindHidden:
		return false
	case KindEdited, KindRedacted:
		return e.Content.Internal
	default:
		return true
	}
}

// ForCustomer is the entry as the customer's side may see it: an internal one
// becomes an empty place-holder, so that the sequence shows no gap, and accounts
// of staff are left out.
func (e Entry) ForCustomer() Entry {
	if e.Internal() {
		return Entry{ConversationID: e.ConversationID, Seq: e.Seq, Pos: e.Pos, Kind: KindHidden}
	}
	e.Content.WrapUp, e.Content.Code, e.Content.Reason, e.Content.Owed = "", nil, "", nil
	e.Content.Quiet = false
	if e.Author.Kind != ByCustomer {
		e.Author.ID = ""
	}
	if e.Content.Staff != nil {
		e.Content.Staff = &StaffRef{Name: e.Content.Staff.Name}
	}
	return e
}

// PlainText tells whether the content is text and nothing else, which most are.
func (c Content) PlainText() bool {
	return c.Attachments == nil && c.ReplyTo == 0 && c.Mentions == nil && c.Classes == nil && c.Status == "" && c.Was == "" &&
		c.Until == 0 && c.WrapUp == "" && c.Code == nil && !c.Undo && c.Staff == nil && c.Priority == "" && c.Tags == nil && c.Topic == "" &&
		c.Language == "" && c.Team == nil && c.Skills == nil && c.Of == 0 && c.Into == "" && c.From == "" && c.Level == "" && !c.Internal && c.Score == 0 && c.Reason == "" && c.Form == nil && c.Owed == nil && c.Act == nil && c.Offer == nil && !c.Quiet
}
