package search

import (
	"cmp"
	"slices"
	"strings"

	"kefu/internal/domain/conversation"
)

// Filter chooses among messages by what is known of them and of their
// conversations. What is empty chooses nothing out; of several values of one kind
// one must fit.
type Filter struct {
	Writers   []Writer // who wrote it: one of these sides, or one of these people
	Authors   []string
	Assignees []string // of the conversation; "" is nobody
	Statuses  []conversation.Status
	Teams     []string // ids; "" is none
	Channels  []string
	Tags      []string
	Languages []string // primary subtags, such as zh
	Kinds     []conversation.EntryKind
	File      bool // it brought files
	Customer  string
	From      int64 // microseconds: not before; 0 unasked
	Until     int64 // before; 0 unasked
}

// Traits are those that every message which passes has, for the index.
func (f *Filter) Traits() Traits {
	traits := Traits{File: f.File, Note: len(f.Kinds) == 1 && f.Kinds[0] == conversation.KindNote}
	switch {
	case len(f.Writers) == 1 && len(f.Authors) == 0:
		traits.Author = f.Writers[0]
	case len(f.Writers) == 0 && len(f.Authors) == 1:
		traits.AuthorID = f.Authors[0]
	}
	return traits
}

// Beyond tells whether it asks for something that an index does not know, so that
// more must be looked at than is found.
func (f *Filter) Beyond() bool {
	return len(f.Assignees)+len(f.Statuses)+len(f.Teams)+len(f.Channels)+len(f.Tags)+len(f.Languages) > 0 ||
		f.Customer != "" || len(f.Writers)+len(f.Authors) > 1 || (len(f.Kinds) == 1 && f.Kinds[0] != conversation.KindNote)
}

// Passes judges a message or note of a conversation. A conversation without a
// language of its own has that of its customer.
func (f *Filter) Passes(e *conversation.Entry, s *conversation.State, customerLanguage string) bool {
	return f.PassesState(s, customerLanguage) && f.passesEntry(e)
}

func (f *Filter) passesEntry(e *conversation.Entry) bool {
	if e.Kind != conversation.KindMessage && e.Kind != conversation.KindNote {
		return false
	}
	if e.At < f.From || (f.Until != 0 && e.At >= f.Until) || (f.File && len(e.Content.Attachments) == 0) {
		return false
	}
	written := len(f.Writers)+len(f.Authors) == 0 || slices.Contains(f.Writers, WriterOf(e.Author)) || slices.Contains(f.Authors, e.Author.ID)
	return written && among(f.Kinds, e.Kind)
}

// PassesState judges a conversation, before any of its messages is opened.
func (f *Filter) PassesState(s *conversation.State, customerLanguage string) bool {
	return (f.Customer == "" || f.Customer == s.CustomerID) && among(f.Assignees, s.AssigneeID) && among(f.Statuses, s.Status) &&
		among(f.Teams, s.TeamID) && among(f.Channels, s.Channel) && among(f.Languages, LanguageOf(s, customerLanguage)) &&
		(len(f.Tags) == 0 || slices.ContainsFunc(f.Tags, func(tag string) bool {
			return slices.ContainsFunc(s.Tags, func(has string) bool { return strings.EqualFold(has, tag) })
		}))
}

// LanguageOf is the primary subtag of a conversation's language, or "".
func LanguageOf(s *conversation.State, customerLanguage string) string {
	primary, _, _ := strings.Cut(strings.ToLower(cmp.Or(s.Language, customerLanguage)), "-")
	return primary
}

func among[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

// Few are conversations that are so few that all they hold can be looked at: those of
// one customer, or, where Customer is "", those that are named.
type Few struct {
	Customer      string
	Conversations []string
}

// Match is a message that a search has found, without a word of it: what a page is
// chosen from, and what is counted.
type Match struct {
	Pos        int64
	Score      int
	Author     Writer
	AuthorID   string // of a member of staff, or ""
	AuthorName string
	Status     conversation.Status
	AssigneeID string // "" when nobody has it
	Assignee   string
	TeamID     string
	Channel    string
	Language   string
	Tags       []string
	File       bool
}

// Found is a message as a search shows it.
type Found struct {
	Entry    conversation.Entry
	State    conversation.State
	Customer conversation.CustomerLabel
}
