// Package policy is the one authorisation function. Everything that touches
// data asks it, whoever calls: HTTP, sockets, jobs, and later mail, phone and
// the assistant. What is not allowed here is refused.
//
// Who may do what stands in rights.txt, a table of one page, which "make generate"
// makes delivered.go of: so the table is the code, and no state of the process.
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

	GiveGoodwill Action = "goodwill.give" // of what is the house's, to a customer
	ReadGoodwill Action = "goodwill.read" // what was given, by whom, of which budget

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

	RunPrivacy  Action = "privacy.run"  // gather what is kept of a customer, and erase it
	LeadPrivacy Action = "privacy.lead" // as staff: ask for that, and see how far it is
	OwnPrivacy  Action = "privacy.own"  // as the customer: fetch what was gathered

	VouchContact       Action = "contact.vouch"       // give the customer a code, and end it
	ReadContact        Action = "contact.read"        // whether there is one, and how far it is
	ReadPhrase         Action = "contact.read_phrase" // the customer's own
	OwnContact         Action = "contact.own"         // as the customer: see who contacts one, check a code, set a phrase
	ReadContactFigures Action = "contact.figures"
	RunContacts        Action = "contact.run"

	ReadFindings  Action = "finding.read"   // about how staff looked at customers; of an object whose StaffID it is about: never oneself
	DecideFinding Action = "finding.decide" // what follows from one; as the second person, of an object whose StaffID asked for it
	ManageDecoys  Action = "decoy.manage"   // customers who do not exist
	RunInsiders   Action = "finding.run"    // judge, and let restraints act
	ReadOwnLooks  Action = "look.read_own"  // as the customer: who looked at one's data
	ReadDecisions Action = "decision.read"  // what was decided of the rights of StaffID, or of everybody
	KeepDecisions Action = "decision.keep"

	ReadApprovals    Action = "approval.read"
	DecideApproval   Action = "approval.decide" // beside the right that the change itself needs
	WithdrawApproval Action = "approval.withdraw"

	ReadEmergencies Action = "emergency.read" // who has more rights than their role, and why
	OpenEmergency   Action = "emergency.open" // give them; of an object whose StaffID gets them. Owners alone need no second person
	CloseEmergency  Action = "emergency.close"
	RunEmergencies  Action = "emergency.run" // end them when their time is over
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
	// DataRequest is of a case: it is a request about data, and no dispute or complaint.
	DataRequest bool
}

// Whosever is an object of the agent id, in a conversation that goes on: what they may
// do to it they may do somewhere.
func Whosever(id string) Object { return Object{AssigneeID: id, Open: true} }

// Allow tells whether p may do a to o. Nobody may do nothing, and an action
// without a rule is refused; of what the table allows the house may take more, by the
// bounds that p's session comes with. It allocates nothing: every event that reaches a socket
// asks it.
func Allow(p identity.Principal, a Action, o Object) bool {
	if p.ID == "" {
		return false
	}
	if p.Kind == identity.Program {
		needs := needed(a)
		return (needs == AnyKey || (needs != "" && p.Scopes.Has(needs))) && !(p.Restrained && reads(a))
	}
	column, known := columnOf(p)
	allowed := known && (delivered(a)[column].covers(p, o) || (behindGlass(p) && delivered(a)[BreakGlass].covers(p, o))) && (!p.Restrained || left(p, a, o))
	if p.Bounds == nil {
		return allowed
	}
	return p.Bounds.Judge(string(a), allowed) && allowed
}

// behindGlass tells whether p has what is given for an emergency. Nobody of a partner firm
// ever does, whatever they were given when they were somebody else.
func behindGlass(p identity.Principal) bool {
	return p.Kind == identity.Staff && p.Emergency != "" && p.Role != identity.OutsideAgent
}

// left is what remains to a member of staff whose rights were taken until a finding about
// them is judged: to go on with what they were given, as an outside agent does, without
// searches, reveals, exports, money, and whatever they may do to colleagues and settings.
func left(p identity.Principal, a Action, o Object) bool {
	switch a {
	case SearchMessages, ReadReports:
		return false
	case ReadCustomer, ReadWallet, ReadCases: // of whom they have a conversation
		return o.AssigneeID == p.ID
	case ListStaff: // names beside what they work on
		return true
	default:
		return delivered(a)[OutsideAgent].covers(p, o)
	}
}

// reads are what a program may not do until a finding about it is judged: it goes on to
// write, and to see how long the queue is.
func reads(a Action) bool {
	switch a {
	case ReadConversation, ReadInternal, ListInbox, SearchMessages, ReadCustomer, ReadAttachment, ReadAudit, ReadReports:
		return true
	default:
		return false
	}
}

// columnOf finds the column of the table that is p's. Whoever has none may do nothing.
func columnOf(p identity.Principal) (Column, bool) {
	switch p.Kind {
	case identity.Visitor:
		return Visitor, true
	case identity.Customer:
		return Customer, true
	case identity.System:
		return System, true
	case identity.Staff:
		return columnOfRole(p.Role)
	default:
		return 0, false
	}
}

func columnOfRole(r identity.Role) (Column, bool) {
	switch r {
	case identity.Owner:
		return Owner, true
	case identity.Admin:
		return Admin, true
	case identity.Supervisor:
		return Supervisor, true
	case identity.SecondLine:
		return SecondLine, true
	case identity.Agent:
		return Agent, true
	case identity.Fraud:
		return FraudAnalyst, true
	case identity.Disputes:
		return DisputesAgent, true
	case identity.OutsideAgent:
		return OutsideAgent, true
	case identity.Quality:
		return QualityReviewer, true
	case identity.Planner:
		return Planner, true
	case identity.Editor:
		return Editor, true
	case identity.Privacy:
		return PrivacyOfficer, true
	case identity.Compliance:
		return ComplianceOfficer, true
	case identity.Auditor:
		return Auditor, true
	default:
		return 0, false
	}
}
