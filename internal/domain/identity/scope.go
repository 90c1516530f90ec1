package identity

import "slices"

// Scope is one thing that an API key may be made for. The list is closed, and what
// each means is decided by package policy. None leads to settings, people, keys or
// what a wallet says of its customers.
type Scope string

// The scopes.
const (
	ReadConversations   Scope = "conversations.read"   // what is in them, notes and files included, and finding them
	ChangeConversations Scope = "conversations.change" // status, assignee, priority, tags, topic, language, team, skills
	SendMessages        Scope = "messages.send"        // to customers
	WriteNotes          Scope = "notes.write"          // for colleagues
	ReadCustomers       Scope = "customers.read"       // who a customer is, as far as it is known here
	ReadQueue           Scope = "queue.read"           // who waits, who answers, and how promises were kept
	ReadReports         Scope = "reports.read"
	ReadAudit           Scope = "audit.read"
)

// AllScopes lists them in the order in which they are shown.
func AllScopes() []Scope {
	return []Scope{ReadConversations, ChangeConversations, SendMessages, WriteNotes, ReadCustomers, ReadQueue, ReadReports, ReadAudit}
}

// Scopes is a set of scopes. It can be compared, and the zero value is empty.
type Scopes uint16

// ScopesOf is the set of those that are listed. What is no scope adds nothing.
func ScopesOf(list ...Scope) (set Scopes) {
	all := AllScopes()
	for _, s := range list {
		if i := slices.Index(all, s); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// Has tells whether s is in the set.
func (set Scopes) Has(s Scope) bool {
	i := slices.Index(AllScopes(), s)
	return i >= 0 && set&(1<<i) != 0
}

// List gives the set in the order of AllScopes.
func (set Scopes) List() []Scope {
	list := []Scope{}
	for _, s := range AllScopes() {
		if set.Has(s) {
			list = append(list, s)
		}
	}
	return list
}
