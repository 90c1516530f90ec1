// Code generated from rights.txt by "make generate". DO NOT EDIT.

package policy

import "kefu/internal/domain/identity"

// Actions are all of them, in the order of the table.
func Actions() []Action {
	return []Action{
		StartConversation,
		ReadConversation,
		ReadInternal,
		SendMessage,
		WriteNote,
		AskForPerson,
		MarkSeen,
		EditMessage,
		RedactMessage,
		ReadVersions,
		WorkConversation,
		MergeConversation,
		ListInbox,
		ReadOffer,
		SearchMessages,
		ReadCustomer,
		NoteHandle,
		ReadWallet,
		RevealWallet,
		ReadUntold,
		EndWindows,
		LeaveWindow,
		UseDraft,
		UploadAttachment,
		ReadAttachment,
		ListStaff,
		ManageStaff,
		NameOwner,
		ReadAudit,
		ReadReports,
		RateConversation,
		IdentifyCustomer,
		UsePresence,
		ReadQueue,
		ReadBoard,
		ReadDuties,
		SetDuties,
		RunRouting,
		ReadSetup,
		ChangeSetup,
		ReadWorkSettings,
		ChangeWorkSettings,
		UseOwnSetting,
		FollowLog,
		TakeNotices,
		ManageKeys,
		ReadOwnKey,
		ReadActs,
		ProposeAct,
		ApproveAct,
		OverseeActs,
		RunActs,
		ReadCases,
		OpenCase,
		AnswerCase,
		WorkCase,
		OverseeCase,
		ReadCaseFigures,
		RunCases,
		ReadRuns,
		WalkRun,
		RunFlows,
		RunPrivacy,
		LeadPrivacy,
		OwnPrivacy,
		VouchContact,
		ReadContact,
		ReadPhrase,
		OwnContact,
		ReadContactFigures,
		RunContacts,
		ReadFindings,
		DecideFinding,
		RunInsiders,
		ManageDecoys,
		ReadOwnLooks,
		ReadDecisions,
		KeepDecisions,
		ReadApprovals,
		DecideApproval,
		WithdrawApproval,
	}
}

func delivered(a Action) rights {
	switch a {
	case StartConversation:
		return rights{Visitor: Any, Customer: Any}
	case ReadConversation:
		return rights{Visitor: Own, Customer: Own, Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given, System: Any}
	case ReadInternal:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given, System: Any}
	case SendMessage:
		return rights{Visitor: Own, Customer: Own, Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given}
	case WriteNote:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given, System: Any}
	case AskForPerson:
		return rights{Visitor: Own, Customer: Own}
	case MarkSeen:
		return rights{Visitor: Own, Customer: Own, Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given}
	case EditMessage:
		return rights{Visitor: Written, Customer: Written, Owner: Author, Supervisor: Author, Agent: Author, OutsideAgent: GivenAuthor}
	case RedactMessage:
		return rights{Visitor: Written, Customer: Written, Owner: Any, Supervisor: Any, Agent: Said, OutsideAgent: GivenSaid, System: Any}
	case ReadVersions:
		return rights{Owner: Any, Supervisor: Any, Agent: Any}
	case WorkConversation:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given, System: Any}
	case MergeConversation:
		return rights{Owner: Any, Supervisor: Any, Agent: Any}
	case ListInbox:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given}
	case ReadOffer:
		return rights{Owner: Offered, Supervisor: Offered, Agent: Offered, OutsideAgent: Offered}
	case SearchMessages:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given}
	case ReadCustomer:
		return rights{Owner: Any, Supervisor: Any, Agent: Any}
	case NoteHandle:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, System: Any}
	case ReadWallet:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, Agent: Any}
	case RevealWallet:
		return rights{Owner: Any, Supervisor: Any, Agent: Mine}
	case ReadUntold:
		return rights{Owner: Any, Supervisor: Any, Agent: Mine}
	case EndWindows:
		return rights{Owner: Any, Admin: Any, System: Any}
	case LeaveWindow:
		return rights{Visitor: Own, Customer: Own}
	case UseDraft:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given}
	case UploadAttachment:
		return rights{Visitor: Any, Customer: Any, Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Any}
	case ReadAttachment:
		return rights{Visitor: Shown, Customer: Shown, Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: GivenOrAuthor}
	case ListStaff:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, Agent: Any, Editor: Any, Auditor: Any, System: Any}
	case ManageStaff:
		return rights{Owner: Any, Admin: Any, System: Any}
	case NameOwner:
		return rights{Owner: Any, System: Any}
	case ReadAudit:
		return rights{Owner: Any, Auditor: Any, System: Any}
	case ReadReports:
		return rights{Owner: Any, Supervisor: Any, Agent: Self, OutsideAgent: Self}
	case RateConversation:
		return rights{Visitor: Own, Customer: Own}
	case IdentifyCustomer:
		return rights{System: Any}
	case UsePresence:
		return rights{Owner: Any, Supervisor: Any, Agent: Self, OutsideAgent: Self, System: Any}
	case ReadQueue:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, System: Any}
	case ReadBoard:
		return rights{Owner: Any, Supervisor: Any, System: Any}
	case ReadDuties:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, Agent: Any, OutsideAgent: Self, Editor: Any, Auditor: Any, System: Any}
	case SetDuties:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, System: Any}
	case RunRouting:
		return rights{System: Any}
	case ReadSetup:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, System: Any}
	case ChangeSetup:
		return rights{Owner: Any, Admin: Any, System: Any}
	case ReadWorkSettings:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, Agent: Any, OutsideAgent: Any, System: Any}
	case ChangeWorkSettings:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, System: Any}
	case UseOwnSetting:
		return rights{Owner: Self, Admin: Self, Supervisor: Self, Agent: Self, OutsideAgent: Self}
	case FollowLog:
		return rights{System: Any}
	case TakeNotices:
		return rights{System: Any}
	case ManageKeys:
		return rights{Owner: Any, Admin: Any}
	case ReadActs:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, Agent: Going, System: Any}
	case ProposeAct:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, Agent: Working}
	case ApproveAct:
		return rights{Owner: Second, Supervisor: Second}
	case OverseeActs:
		return rights{Owner: Any, Supervisor: Any}
	case RunActs:
		return rights{System: Any}
	case ReadCases:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, Agent: Any, System: Any}
	case OpenCase:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, Agent: Any, System: Any}
	case AnswerCase:
		return rights{Customer: Signed}
	case WorkCase:
		return rights{Owner: Any, Supervisor: Any, Agent: Free, System: Any}
	case OverseeCase:
		return rights{Owner: Any, Supervisor: Any}
	case ReadCaseFigures:
		return rights{Owner: Any, Supervisor: Any}
	case RunCases:
		return rights{System: Any}
	case ReadRuns:
		return rights{Visitor: Own, Customer: Signed, Owner: Any, Supervisor: Any, Agent: Going, System: Any}
	case WalkRun:
		return rights{Visitor: Own, Customer: Signed, Owner: Any, Supervisor: Any, Agent: Working}
	case RunFlows:
		return rights{System: Any}
	case RunPrivacy:
		return rights{System: Any}
	case LeadPrivacy:
		return rights{Owner: Any, Supervisor: Any}
	case OwnPrivacy:
		return rights{Customer: Signed}
	case VouchContact:
		return rights{Owner: Working, Supervisor: Working, Agent: Working, OutsideAgent: Working}
	case ReadContact:
		return rights{Owner: Any, Supervisor: Any, Agent: Any, OutsideAgent: Given}
	case ReadPhrase:
		return rights{Owner: Working, Supervisor: Working, Agent: Working}
	case OwnContact:
		return rights{Customer: Signed}
	case ReadContactFigures:
		return rights{Owner: Any, Supervisor: Any}
	case RunContacts:
		return rights{System: Any}
	case ReadFindings:
		return rights{Owner: Second, Supervisor: Second, Auditor: Second}
	case DecideFinding:
		return rights{Owner: Second, Supervisor: Second}
	case RunInsiders:
		return rights{System: Any}
	case ManageDecoys:
		return rights{Owner: Any, Admin: Any}
	case ReadOwnLooks:
		return rights{Customer: Signed}
	case ReadDecisions:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, Agent: Self, Editor: Self, Auditor: Any}
	case KeepDecisions:
		return rights{System: Any}
	case ReadApprovals:
		return rights{Owner: Any, Admin: Any}
	case DecideApproval:
		return rights{Owner: Second, Admin: Second}
	case WithdrawApproval:
		return rights{Owner: Self, Admin: Self}
	default:
		return rights{}
	}
}

// needed is the scope of a key that opens a to a program; "" where none does.
func needed(a Action) identity.Scope {
	switch a {
	case ReadConversation:
		return "conversations.read"
	case ReadInternal:
		return "conversations.read"
	case SendMessage:
		return "messages.send"
	case WriteNote:
		return "notes.write"
	case WorkConversation:
		return "conversations.change"
	case ListInbox:
		return "conversations.read"
	case SearchMessages:
		return "conversations.read"
	case ReadCustomer:
		return "customers.read"
	case ReadAttachment:
		return "conversations.read"
	case ListStaff:
		return "conversations.change"
	case ReadAudit:
		return "audit.read"
	case ReadReports:
		return "reports.read"
	case ReadQueue:
		return "queue.read"
	case ReadBoard:
		return "queue.read"
	case ReadOwnKey:
		return "any"
	default:
		return ""
	}
}
