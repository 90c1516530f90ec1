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
		GiveGoodwill,
		ReadGoodwill,
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
		ReadEmergencies,
		OpenEmergency,
		CloseEmergency,
		RunEmergencies,
	}
}

func delivered(a Action) rights {
	switch a {
	case StartConversation:
		return rights{Visitor: Any, Customer: Any}
	case ReadConversation:
		return rights{Visitor: Own, Customer: Own, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any, System: Any}
	case ReadInternal:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any, System: Any}
	case SendMessage:
		return rights{Visitor: Own, Customer: Own, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any}
	case WriteNote:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any, System: Any}
	case AskForPerson:
		return rights{Visitor: Own, Customer: Own}
	case MarkSeen:
		return rights{Visitor: Own, Customer: Own, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any}
	case EditMessage:
		return rights{Visitor: Written, Customer: Written, Owner: Author, Supervisor: Author, SecondLine: Author, Agent: Author, FraudAnalyst: Author, DisputesAgent: Author, OutsideAgent: GivenAuthor, BreakGlass: Author}
	case RedactMessage:
		return rights{Visitor: Written, Customer: Written, Owner: Any, Supervisor: Any, SecondLine: Said, Agent: Said, FraudAnalyst: Said, DisputesAgent: Said, OutsideAgent: GivenSaid, System: Any}
	case ReadVersions:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any}
	case WorkConversation:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any, System: Any}
	case MergeConversation:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any}
	case ListInbox:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any}
	case ReadOffer:
		return rights{Owner: Offered, Supervisor: Offered, SecondLine: Offered, Agent: Offered, FraudAnalyst: Offered, DisputesAgent: Offered, OutsideAgent: Offered}
	case SearchMessages:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any}
	case ReadCustomer:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, PrivacyOfficer: Any, BreakGlass: Any}
	case NoteHandle:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, System: Any}
	case ReadWallet:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, BreakGlass: Any}
	case RevealWallet:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Mine, Agent: Mine, FraudAnalyst: Mine, DisputesAgent: Mine, BreakGlass: Mine}
	case ReadUntold:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Mine, Agent: Mine, FraudAnalyst: Any, DisputesAgent: Mine, BreakGlass: Mine}
	case EndWindows:
		return rights{Owner: Any, Admin: Any, FraudAnalyst: Any, BreakGlass: Any, System: Any}
	case LeaveWindow:
		return rights{Visitor: Own, Customer: Own}
	case UseDraft:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any}
	case UploadAttachment:
		return rights{Visitor: Any, Customer: Any, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Any, PrivacyOfficer: Any, BreakGlass: Any}
	case ReadAttachment:
		return rights{Visitor: Shown, Customer: Shown, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: GivenOrAuthor, BreakGlass: Any}
	case ListStaff:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, QualityReviewer: Any, Planner: Any, Editor: Any, PrivacyOfficer: Any, ComplianceOfficer: Any, Auditor: Any, BreakGlass: Any, System: Any}
	case ManageStaff:
		return rights{Owner: Any, Admin: Any, System: Any}
	case NameOwner:
		return rights{Owner: Any, System: Any}
	case ReadAudit:
		return rights{Owner: Any, ComplianceOfficer: Any, Auditor: Any, System: Any}
	case ReadReports:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Self, Agent: Self, FraudAnalyst: Self, DisputesAgent: Self, OutsideAgent: Self, QualityReviewer: Any, Planner: Any, ComplianceOfficer: Any}
	case RateConversation:
		return rights{Visitor: Own, Customer: Own}
	case IdentifyCustomer:
		return rights{System: Any}
	case UsePresence:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Self, Agent: Self, FraudAnalyst: Self, DisputesAgent: Self, OutsideAgent: Self, System: Any}
	case ReadQueue:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, Planner: Any, BreakGlass: Any, System: Any}
	case ReadBoard:
		return rights{Owner: Any, Supervisor: Any, Planner: Any, BreakGlass: Any, System: Any}
	case ReadDuties:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Self, QualityReviewer: Any, Planner: Any, Editor: Any, PrivacyOfficer: Any, ComplianceOfficer: Any, Auditor: Any, BreakGlass: Any, System: Any}
	case SetDuties:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, Planner: Any, BreakGlass: Any, System: Any}
	case RunRouting:
		return rights{System: Any}
	case ReadSetup:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, BreakGlass: Any, System: Any}
	case ChangeSetup:
		return rights{Owner: Any, Admin: Any, BreakGlass: Any, System: Any}
	case ReadWorkSettings:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Any, QualityReviewer: Any, Planner: Any, PrivacyOfficer: Any, ComplianceOfficer: Any, BreakGlass: Any, System: Any}
	case ChangeWorkSettings:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, BreakGlass: Any, System: Any}
	case UseOwnSetting:
		return rights{Owner: Self, Admin: Self, Supervisor: Self, SecondLine: Self, Agent: Self, FraudAnalyst: Self, DisputesAgent: Self, OutsideAgent: Self}
	case FollowLog:
		return rights{System: Any}
	case TakeNotices:
		return rights{System: Any}
	case ManageKeys:
		return rights{Owner: Any, Admin: Any}
	case ReadActs:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Going, FraudAnalyst: Any, DisputesAgent: Any, BreakGlass: Any, System: Any}
	case ProposeAct:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Working, Agent: Working, FraudAnalyst: Working, DisputesAgent: Working, BreakGlass: Working}
	case ApproveAct:
		return rights{Owner: Second, Supervisor: Second}
	case OverseeActs:
		return rights{Owner: Any, Supervisor: Any}
	case RunActs:
		return rights{System: Any}
	case GiveGoodwill:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Working, DisputesAgent: Working}
	case ReadGoodwill:
		return rights{Owner: Any, Supervisor: Any}
	case ReadCases:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, PrivacyOfficer: Data, BreakGlass: Any, System: Any}
	case OpenCase:
		return rights{Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, PrivacyOfficer: Data, BreakGlass: Any, System: Any}
	case AnswerCase:
		return rights{Customer: Signed}
	case WorkCase:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Free, FraudAnalyst: Free, DisputesAgent: Any, PrivacyOfficer: Data, BreakGlass: Any, System: Any}
	case OverseeCase:
		return rights{Owner: Any, Supervisor: Any}
	case ReadCaseFigures:
		return rights{Owner: Any, Supervisor: Any, DisputesAgent: Any, ComplianceOfficer: Any}
	case RunCases:
		return rights{System: Any}
	case ReadRuns:
		return rights{Visitor: Own, Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Going, FraudAnalyst: Any, DisputesAgent: Any, BreakGlass: Any, System: Any}
	case WalkRun:
		return rights{Visitor: Own, Customer: Signed, Owner: Any, Supervisor: Any, SecondLine: Working, Agent: Working, FraudAnalyst: Working, DisputesAgent: Working, BreakGlass: Working}
	case RunFlows:
		return rights{System: Any}
	case RunPrivacy:
		return rights{System: Any}
	case LeadPrivacy:
		return rights{Owner: Any, Supervisor: Any, PrivacyOfficer: Any}
	case OwnPrivacy:
		return rights{Customer: Signed}
	case VouchContact:
		return rights{Owner: Working, Supervisor: Working, SecondLine: Working, Agent: Working, FraudAnalyst: Working, DisputesAgent: Working, OutsideAgent: Working, BreakGlass: Working}
	case ReadContact:
		return rights{Owner: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, OutsideAgent: Given, BreakGlass: Any}
	case ReadPhrase:
		return rights{Owner: Working, Supervisor: Working, SecondLine: Working, Agent: Working, FraudAnalyst: Working, DisputesAgent: Working, BreakGlass: Working}
	case OwnContact:
		return rights{Customer: Signed}
	case ReadContactFigures:
		return rights{Owner: Any, Supervisor: Any, ComplianceOfficer: Any}
	case RunContacts:
		return rights{System: Any}
	case ReadFindings:
		return rights{Owner: Second, Supervisor: Second, ComplianceOfficer: Second, Auditor: Second}
	case DecideFinding:
		return rights{Owner: Second, Supervisor: Second}
	case RunInsiders:
		return rights{System: Any}
	case ManageDecoys:
		return rights{Owner: Any, Admin: Any}
	case ReadOwnLooks:
		return rights{Customer: Signed}
	case ReadDecisions:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, SecondLine: Self, Agent: Self, FraudAnalyst: Self, DisputesAgent: Self, QualityReviewer: Self, Planner: Self, Editor: Self, PrivacyOfficer: Self, ComplianceOfficer: Any, Auditor: Any, BreakGlass: Self}
	case KeepDecisions:
		return rights{System: Any}
	case ReadApprovals:
		return rights{Owner: Any, Admin: Any, Supervisor: Self, SecondLine: Self, FraudAnalyst: Self, PrivacyOfficer: Self}
	case DecideApproval:
		return rights{Owner: Second, Admin: Second}
	case WithdrawApproval:
		return rights{Owner: Self, Admin: Self, Supervisor: Self, SecondLine: Self, FraudAnalyst: Self, PrivacyOfficer: Self}
	case ReadEmergencies:
		return rights{Owner: Any, Admin: Any, Supervisor: Any, SecondLine: Any, Agent: Any, FraudAnalyst: Any, DisputesAgent: Any, QualityReviewer: Any, Planner: Any, Editor: Any, PrivacyOfficer: Any, ComplianceOfficer: Any, Auditor: Any, BreakGlass: Any}
	case OpenEmergency:
		return rights{Owner: Second, Admin: Self, Supervisor: Self, SecondLine: Self, FraudAnalyst: Self}
	case CloseEmergency:
		return rights{Owner: Any, Admin: Any, Supervisor: Self, SecondLine: Self, FraudAnalyst: Self, BreakGlass: Self, System: Any}
	case RunEmergencies:
		return rights{System: Any}
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
