// Package workset works out in memory what a batch of commands does to the
// conversations it names: which entries are added, which are rewritten, what is
// kept of them and how each conversation stands afterwards. It asks
// conversation.State.Decide, and with it the policy, about every command.
// Reading what a batch needs and writing what it did is package storage's.
package workset

import (
	"cmp"
	"log/slog"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
)

// inboxStep is how far the order of the inbox may lag behind the last activity,
// in microseconds. Within it a busy conversation keeps its place, which spares
// two index updates a message.
const inboxStep = 1_000_000

// Env is what a Set needs of the transaction it belongs to.
type Env struct {
	Now     int64        // microseconds, the time of the whole commit
	NextPos func() int64 // gives a position in the log
	// Record notes in the audit chain what a principal did.
	Record func(p identity.Principal, action, objectType, objectID, subject string)
	// Waits tells whether a change is of this very batch, so that it has not been
	// answered yet.
	Waits func(*conversation.Change) bool
	Log   *slog.Logger
}

// EntryKey names an entry.
type EntryKey struct {
	Conversation string
	Seq          int64
}

// ClientKey names a message by its client's id.
type ClientKey struct{ Conversation, Client string }

// Working is a conversation while a transaction changes it.
type Working struct {
	Before        conversation.State
	State         conversation.State
	InboxActivity int64 // the conversation's place in the inbox before
	Changed       bool
	Report        event.ConversationChange
}

// Entry is an entry that is to be written, with its sealed content.
type Entry struct {
	conversation.Entry
	Sealed  []byte
	Ref     int64
	Written Written
}

// Written says what has happened to a stored entry.
type Written int64

// The states of a stored entry.
const (
	AsWritten Written = iota
	Edited
	Redacted
)

// Target is an entry that exists already and is edited or redacted.
type Target struct {
	conversation.Target
	Entry conversation.Entry // with its content before
	Ref   int64
	index int // in Set.Entries when made in this very transaction, else -1
}

// Rewrite is a new content of an existing entry.
type Rewrite struct {
	EntryKey
	Entry      conversation.Entry
	Content    conversation.Content
	ReplacedBy int64
	Redact     bool
	OldRef     int64
	Sealed     []byte
	Ref        int64
}

// Version is a content that an edit of this transaction replaced before it
// reached the database.
type Version struct {
	EntryKey
	ReplacedBy int64
	Content    conversation.Content
}

// Set holds the conversations that a transaction works on, and what is to be
// written of them.
type Set struct {
	Order     []*Working // as they were loaded
	Entries   []Entry
	Rewrites  []Rewrite
	Versions  []Version
	LostFiles []string // attachments of messages redacted whole

	env     Env
	states  map[string]*Working
	first   map[ClientKey]conversation.Result // first stored result of a client's message id
	authors map[ClientKey]conversation.Author
	targets map[EntryKey]*Target
	unseen  map[EntryKey]conversation.Unseen // what customers wrote after an entry
	decoys  []string                         // conversations that stay as they are
	still   []string                         // customers for whom programs may do nothing now
}

// New makes an empty Set.
func New(env Env) *Set {
	return &Set{
		env: env, states: map[string]*Working{}, first: map[ClientKey]conversation.Result{},
		authors: map[ClientKey]conversation.Author{}, targets: map[EntryKey]*Target{}, unseen: map[EntryKey]conversation.Unseen{},
	}
}

// Needs are the things to be loaded before changes are applied: conversations
// by id, messages by their clients' ids, and entries that are edited or redacted.
func Needs(changes []*conversation.Change) (ids []string, clients []ClientKey, entries []EntryKey) {
	seen := make(map[string]bool, len(changes))
	need := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, c := range changes {
		need(c.ConversationID)
		if conversation.ValidClientID(c.Command.ClientID) {
			clients = append(clients, ClientKey{c.ConversationID, c.Command.ClientID})
		}
		if c.Command.Content.Of != 0 {
			entries = append(entries, EntryKey{c.ConversationID, c.Command.Content.Of})
		}
		for _, wd := range c.Retract {
			of := cmp.Or(wd.ConversationID, c.ConversationID)
			need(of)
			switch {
			case wd.Topic:
			case wd.Earlier == nil:
				entries = append(entries, EntryKey{of, wd.Seq})
			case wd.Earlier.Seq != 0:
				entries = append(entries, EntryKey{of, wd.Earlier.Seq})
			}
		}
	}
	return ids, clients, entries
}

// LoadState adds a conversation, with its place in the inbox.
func (w *Set) LoadState(state conversation.State, inboxActivity int64) {
	work := &Working{Before: state, State: state, InboxActivity: inboxActivity}
	w.states[state.ID] = work
	w.Order = append(w.Order, work)
}

// LoadClient adds what was answered when a client's message id was first stored.
func (w *Set) LoadClient(k ClientKey, first conversation.Result, author conversation.Author) {
	w.first[k], w.authors[k] = first, author
}

// LoadTarget adds a stored entry, with its content, to be edited or redacted.
func (w *Set) LoadTarget(e conversation.Entry, ref int64, redacted bool) {
	found := &Target{Entry: e, Ref: ref, index: -1}
	found.Kind, found.AuthorKind, found.AuthorID, found.Redacted = e.Kind, kindOfAuthor(e.Author.Kind), e.Author.ID, redacted
	w.targets[EntryKey{e.ConversationID, e.Seq}] = found
}
