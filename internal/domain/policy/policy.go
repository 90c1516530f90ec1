// Package policy is the one authorisation function. Everything that touches
// data asks it, whoever calls: HTTP, sockets, jobs, and later mail, phone and
// the assistant. What is not allowed here is refused.
package policy

import "kefu/internal/domain/identity"

// Action is what somebody wants to do.
type Action string

// The actions. Those on a conversation need an Object with its owner.
const (
	StartConversation Action = "conversation.start"
	ReadConversation  Action = "conversation.read"
	ReadInternal      Action = "conversation.read_internal" // notes and staff entries
	SendMessage       Action = "conversation.send"
	WriteNote         Action = "conversation.note"
	AskForPerson      Action = "conversation.human"
	MarkSeen          Action = "conversation.mark_seen"
	EditMessage       Action = "conversation.edit"
	RedactMessage     Action = "conversation.redact"
	ReadVersions      Action = "conversation.read_versions"
	WorkConversation  Action = "conversation.work"  // status, assignee, tags, priority, topic, language
	MergeConversation Action = "conversation.merge" // and unmerge
	ListInbox         Action = "inbox.list"
	ReadOffer         Action = "conversation.read_offer" // what is told of one before it is accepted
	SearchMessages    Action = "search.messages"
	ReadCustomer      Action = "customer.read"
	NoteHandle        Action = "customer.note_handle"
	ReadWallet        Action = "wallet.read"           // what the wallet says of a customer, masked
	RevealWallet      Action = "wallet.reveal"         // one masked field of it
	ReadUntold        Action = "wallet.read_untold"    // what it says of a payment that the customer must not hear
	EndWindows        Action = "customer.end_windows"  // all of a customer's, at once
	LeaveWindow       Action = "customer.leave_window" // the one in which somebody is
	UseDraft          Action = "draft.use"
	UploadAttachment  Action = "attachment.upload"
	ReadAttachment    Action = "attachment.read"
	ListStaff         Action = "staff.list"
	ManageStaff       Action = "staff.manage"
	NameOwner         Action = "staff.name_owner"
	ReadAudit         Action = "audit.read"
	ReadReports       Action = "report.read" // how the work went; of an object whose StaffID says of whom
	RateConversation  Action = "conversation.rate"
	IdentifyCustomer  Action = "customer.identify"

	UsePresence Action = "routing.use_presence" // say whether one takes offers
	ReadQueue   Action = "routing.read_queue"   // who waits, in which place, for how long
	ReadBoard   Action = "routing.read_board"   // what everybody has to do, and how promises were kept
	ReadDuties  Action = "routing.read_duties"  // teams, skills, languages and capacity of staff; of StaffID, or of everybody
	SetDuties   Action = "routing.set_duties"
	RunRouting  Action = "routing.run" // of the queue itself

	ReadSetup          Action = "settings.read_setup"   // what only those who run the house need to see
	ChangeSetup        Action = "settings.change_setup" // the house itself: its name, keys, pages, connections
	ReadWorkSettings   Action = "settings.read_work"    // what everybody works with: teams, hours, macros
	ChangeWorkSettings Action = "settings.change_work"
	UseOwnSetting      Action = "settings.use_own" // a member of staff's own views and macros
	FollowLog          Action = "log.follow"       // every entry, in the order of commits
	TakeNotices        Action = "wallet.notices"   // what the wallet tells by itself

	ManageKeys Action = "key.manage"   // see, make and revoke the API keys of programs
	ReadOwnKey Action = "key.read_own" // what a program's own key is good for

	ReadActs    Action = "act.read"    // what was done or is to be done in the wallet
	ProposeAct  Action = "act.propose" // propose it, say yes, cancel it, have it done
	ApproveAct  Action = "act.approve" // as the second person; of an object whose StaffID wanted it
	OverseeActs Action = "act.oversee" // those of everybody that wait
	RunActs     Action = "act.run"     // find out what became of them

	ReadCases       Action = "case.read"    // disputes, complaints and their clocks
	OpenCase        Action = "case.open"    // for an object of a customer's
	AnswerCase      Action = "case.answer"  // as the customer: bring what was asked for, appeal, take it back
	WorkCase        Action = "case.work"    // as staff: everything that happens to one
	OverseeCase     Action = "case.oversee" // say of one what nothing in the wallet shows
	ReadCaseFigures Action = "case.figures" // of a year, to be published
	RunCases        Action = "case.run"     // let clocks ring, reckon them anew

	ReadRuns Action = "run.read" // of flows: where somebody is in what they do for themselves
	WalkRun  Action = "run.walk" // begin one, and answer in it
	RunFlows Action = "run.run"  // carry out what they wait for

	VouchContact       Action = "contact.vouch"       // give the customer a code, and end it
	ReadContact        Action = "contact.read"        // whether there is one, and how far it is
	ReadPhrase         Action = "contact.read_phrase" // the customer's own
	OwnContact         Action = "contact.own"         // as the customer: see who contacts one, check a code, set a phrase
	ReadContactFigures Action = "contact.figures"
	RunContacts        Action = "contact.run"

	ReadApprovals    Action = "approval.read"
	DecideApproval   Action = "approval.decide" // beside the right that the change itself needs
	WithdrawApproval Action = "approval.withdraw"
)

// Object is what an action is done to, as far as a decision needs it. The zero
// value stands for no particular object.
type Object struct {
	CustomerID string // the customer it belongs to
	AssigneeID string // the agent who has the conversation that it is, or is part of
	OfferedTo  string // the agent to whom the queue offers that conversation now
	Open       bool   // that conversation is there and goes on: it is not resolved
	AuthorKind identity.Kind
	AuthorID   string // who wrote it, for messages and attachments
	Internal   bool   // notes, and attachments of notes
	StaffID    string // the member of staff it belongs to
}

// Whosever is an object of the agent id, in a conversation that goes on: what they may
// do to it they may do somewhere.
func Whosever(id string) Object { return Object{AssigneeID: id, Open: true} }

// Allow tells whether p may do a to o. Nobody may do nothing, and an action
// without a rule is refused.
func Allow(p identity.Principal, a Action, o Object) bool {
	if p.ID == "" {
		return false
	}
	switch p.Kind {
	case identity.Visitor, identity.Customer:
		return customerMay(p, a, o)
	case identity.Staff:
		return staffMay(p, a, o)
	case identity.System:
		return systemMay(a)
	case identity.Program:
		return programMay(p, a)
	default:
		return false
	}
}

func customerMay(p identity.Principal, a Action, o Object) bool {
	own := o.CustomerID == p.ID
	switch a {
	case StartConversation, UploadAttachment:
		return true
	case ReadConversation, SendMessage, AskForPerson, MarkSeen, RateConversation, LeaveWindow:
		return own
	case ReadWallet, ReadActs, ProposeAct, ReadRuns, WalkRun, ReadCases, OpenCase, AnswerCase, OwnContact: // a visitor has none, and neither has a session that nobody vouched for
		return own && p.Kind == identity.Customer && p.Level >= identity.AL1
	case ReadAttachment:
		return own && !o.Internal
	case EditMessage, RedactMessage:
		return own && !o.Internal && o.AuthorKind.CustomerSide() && o.AuthorID == p.ID
	default:
		return false
	}
}

func staffMay(p identity.Principal, a Action, o Object) bool {
	if a == ReadDuties { // one's own, or where everybody's names are read
		return identity.ValidRole(p.Role) && (o.StaffID == p.ID || staffMay(p, ListStaff, Object{}))
	}
	switch p.Role {
	case identity.Owner, identity.Supervisor:
		return supervisorMay(p, a, o) || (p.Role == identity.Owner && ownerMay(p, a, o))
	case identity.Agent:
		return agentMay(p, a, o)
	case identity.OutsideAgent:
		return outsideAgentMay(p, a, o)
	case identity.Admin:
		return a == ListStaff || a == ManageStaff || a == EndWindows || a == SetDuties || adminMay(p, a, o)
	case identity.Editor:
		return a == ListStaff
	case identity.Auditor:
		return a == ReadAudit || a == ListStaff
	default:
		return false
	}
}

// adminMay is what owners and admins may do with settings.
func adminMay(p identity.Principal, a Action, o Object) bool {
	switch a {
	case ReadSetup, ChangeSetup, ReadWorkSettings, ChangeWorkSettings, ReadApprovals, ManageKeys:
		return true
	case UseOwnSetting, WithdrawApproval:
		return o.StaffID == p.ID
	case DecideApproval: // never the one who asked for it
		return o.StaffID != "" && o.StaffID != p.ID
	default:
		return false
	}
}

func ownerMay(p identity.Principal, a Action, o Object) bool {
	return a == ManageStaff || a == NameOwner || a == ReadAudit || a == EndWindows || adminMay(p, a, o)
}

func supervisorMay(p identity.Principal, a Action, o Object) bool {
	switch a {
	case RedactMessage, ListStaff, ReadSetup, ChangeWorkSettings, RevealWallet, ReadUntold, UsePresence, ReadBoard, SetDuties, ReadReports, WorkCase, OverseeCase, ReadCaseFigures, ReadContactFigures,
		ReadActs, ProposeAct, OverseeActs, ReadRuns, WalkRun: // in whichever conversation, or in none
		return true
	case ApproveAct: // never who wanted it
		return o.StaffID != "" && o.StaffID != p.ID
	}
	return agentMay(p, a, o)
}

func agentMay(p identity.Principal, a Action, o Object) bool {
	switch a {
	case ReadConversation, ReadInternal, SendMessage, WriteNote, MarkSeen, ReadVersions,
		WorkConversation, MergeConversation, ListInbox, SearchMessages, ReadCustomer, NoteHandle, ReadWallet,
		UseDraft, UploadAttachment, ReadAttachment, ListStaff, ReadWorkSettings, ReadQueue, ReadCases, OpenCase, ReadContact:
		return true
	case WorkCase: // theirs, or nobody's
		return o.AssigneeID == p.ID || o.AssigneeID == ""
	case ReadActs, ReadRuns: // for a conversation that goes on, and not for the customer's others
		return o.Open
	case UseOwnSetting, UsePresence, ReadReports:
		return o.StaffID == p.ID
	case RevealWallet, ReadUntold: // only for a conversation that is theirs
		return o.AssigneeID == p.ID
	case ProposeAct, WalkRun, VouchContact, ReadPhrase: // and that goes on
		return o.Open && o.AssigneeID == p.ID
	case ReadOffer:
		return o.OfferedTo == p.ID
	case EditMessage:
		return o.AuthorKind == identity.Staff && o.AuthorID == p.ID
	case RedactMessage:
		return o.AuthorKind.CustomerSide() || (o.AuthorKind == identity.Staff && o.AuthorID == p.ID)
	default:
		return false
	}
}

// outsideAgentMay is for the agents of a partner firm. They work in what they were
// given, or are being offered, and nothing tells them of the rest: no customers, no
// earlier versions, no colleagues, and a search of what they have alone.
func outsideAgentMay(p identity.Principal, a Action, o Object) bool {
	given := o.AssigneeID == p.ID || o.OfferedTo == p.ID
	switch a {
	case ReadConversation, ReadInternal, SendMessage, WriteNote, MarkSeen, WorkConversation, ListInbox, SearchMessages, UseDraft,
		EditMessage, RedactMessage, ReadContact, VouchContact: // customers have to know them too; their phrase is not for them
		return given && agentMay(p, a, o)
	case ReadAttachment:
		return given || (o.AuthorKind == identity.Staff && o.AuthorID == p.ID)
	case UploadAttachment, ReadWorkSettings:
		return true
	case UseOwnSetting, UsePresence, ReadReports:
		return o.StaffID == p.ID
	case ReadOffer:
		return o.OfferedTo == p.ID
	default:
		return false
	}
}

// systemMay is for the parts that act on their own, and for the command line,
// which acts for whoever runs the machine: it manages staff, since somebody must
// name the first owner, and reads the audit chain to verify it.
func systemMay(a Action) bool {
	switch a {
	case ReadConversation, ReadInternal, WriteNote, WorkConversation, RedactMessage, IdentifyCustomer, NoteHandle, FollowLog, TakeNotices,
		ListStaff, ManageStaff, NameOwner, EndWindows, ReadAudit,
		UsePresence, ReadQueue, ReadBoard, ReadDuties, SetDuties, RunRouting, ReadActs, RunActs, ReadRuns, RunFlows, ReadCases, OpenCase, WorkCase, RunCases, RunContacts,
		ReadSetup, ChangeSetup, ReadWorkSettings, ChangeWorkSettings:
		return true
	default:
		return false
	}
}

// programMay is for programs of the operator. A scope opens what is listed here and
// nothing else; neither settings nor people nor the wallet stand behind any.
func programMay(p identity.Principal, a Action) bool {
	switch a {
	case ReadOwnKey:
		return true
	case ReadConversation, ReadInternal, ListInbox, SearchMessages, ReadAttachment:
		return p.Scopes.Has(identity.ReadConversations)
	case WorkConversation, ListStaff: // to whom it may be given
		return p.Scopes.Has(identity.ChangeConversations)
	case SendMessage:
		return p.Scopes.Has(identity.SendMessages)
	case WriteNote:
		return p.Scopes.Has(identity.WriteNotes)
	case ReadCustomer:
		return p.Scopes.Has(identity.ReadCustomers)
	case ReadQueue, ReadBoard:
		return p.Scopes.Has(identity.ReadQueue)
	case ReadReports:
		return p.Scopes.Has(identity.ReadReports)
	case ReadAudit:
		return p.Scopes.Has(identity.ReadAudit)
	default:
		return false
	}
}
