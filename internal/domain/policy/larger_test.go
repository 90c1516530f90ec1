package policy_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
)

// allowedToFurther is all that the roles of a larger house may do to something of the
// customer c1 that nobody in particular wrote, and that is nobody's to work on.
const allowedToFurther = `
                              second     fraud      disputes   quality    planner    privacy    compliance
conversation.read             +          +          +          -          -          -          -
conversation.read_internal    +          +          +          -          -          -          -
conversation.send             +          +          +          -          -          -          -
conversation.note             +          +          +          -          -          -          -
conversation.mark_seen        +          +          +          -          -          -          -
conversation.read_versions    +          +          +          -          -          -          -
conversation.work             +          +          +          -          -          -          -
conversation.merge            +          +          +          -          -          -          -
inbox.list                    +          +          +          -          -          -          -
search.messages               +          +          +          -          -          -          -
customer.read                 +          +          +          -          -          +          -
customer.note_handle          +          +          +          -          -          -          -
wallet.read                   +          +          +          -          -          -          -
wallet.read_untold            -          +          -          -          -          -          -
customer.end_windows          -          +          -          -          -          -          -
draft.use                     +          +          +          -          -          -          -
attachment.upload             +          +          +          -          -          +          -
attachment.read               +          +          +          -          -          -          -
staff.list                    +          +          +          +          +          +          +
audit.read                    -          -          -          -          -          -          +
report.read                   -          -          -          +          +          -          +
routing.read_queue            +          +          +          -          +          -          -
routing.read_board            -          -          -          -          +          -          -
routing.read_duties           +          +          +          +          +          +          +
routing.set_duties            -          -          -          -          +          -          -
settings.read_work            +          +          +          +          +          +          +
act.read                      +          +          +          -          -          -          -
case.read                     +          +          +          -          -          -          -
case.open                     +          +          +          -          -          -          -
case.work                     +          +          +          -          -          -          -
case.figures                  -          -          +          -          -          -          +
run.read                      +          +          +          -          -          -          -
privacy.lead                  -          -          -          -          -          +          -
contact.read                  +          +          +          -          -          -          -
contact.figures               -          -          -          -          -          -          +
decision.read                 -          -          -          -          -          -          +
emergency.read                +          +          +          +          +          +          +
`

// further are the headings of that table.
func further() []string {
	return []string{"second", "fraud", "disputes", "quality", "planner", "privacy", "compliance"}
}

func TestTheRolesOfALargerHouse(t *testing.T) {
	object := policy.Object{CustomerID: "c1"}
	left := actions(t)
	for _, row := range cases(t, allowedToFurther, func(row string, p identity.Principal, column string, want bool) {
		if got := policy.Allow(p, policy.Action(row), object); got != want {
			t.Errorf("%s: %s = %v, want %v", column, row, got, want)
		}
	}) {
		if !left[row] {
			t.Errorf("there is no action %s, or it has two rows", row)
		}
		delete(left, row)
	}
	for action := range left {
		for _, column := range further() {
			if policy.Allow(principals()[column], policy.Action(action), object) {
				t.Errorf("%s may %s, and the table does not say so", column, action)
			}
		}
	}
}

// What is theirs to work on opens to those who answer what it opens to an agent; and to
// those who plan, judge or account for the work it opens nothing of a customer.
func TestWhatIsTheirsInALargerHouse(t *testing.T) {
	mine := policy.Whosever("s1")
	mine.CustomerID, mine.OfferedTo, mine.StaffID, mine.AuthorKind, mine.AuthorID = "c1", "s1", "s1", identity.Staff, "s1"
	for action := range actions(t) {
		a := policy.Action(action)
		agent := policy.Allow(principals()["agent"], a, mine)
		for _, column := range []string{"second", "fraud", "disputes"} {
			more := (column != "disputes" && (a == policy.OpenEmergency || a == policy.CloseEmergency || a == policy.WithdrawApproval || a == policy.ReadApprovals)) || (column == "fraud" && a == policy.EndWindows) || (column == "disputes" && a == policy.ReadCaseFigures) || (column != "fraud" && a == policy.GiveGoodwill)
			if got := policy.Allow(principals()[column], a, mine); got != (agent || more) {
				t.Errorf("%s may %s in what is theirs: %v", column, a, got)
			}
		}
		for _, column := range []string{"quality", "planner", "compliance"} {
			if !policy.Allow(principals()[column], a, mine) {
				continue
			}
			switch a {
			case policy.ListStaff, policy.ReadDuties, policy.SetDuties, policy.ReadReports, policy.ReadBoard, policy.ReadQueue, policy.ReadWorkSettings,
				policy.ReadDecisions, policy.ReadAudit, policy.ReadCaseFigures, policy.ReadContactFigures, policy.ReadEmergencies:
			default:
				t.Errorf("%s, who sees no customer, may %s", column, a)
			}
		}
		switch a {
		case policy.ReadConversation, policy.SendMessage, policy.ReadWallet, policy.RevealWallet, policy.ProposeAct, policy.ApproveAct, policy.SearchMessages, policy.ListInbox:
			if policy.Allow(principals()["privacy"], a, mine) {
				t.Errorf("who leads requests about data may %s", a)
			}
		}
	}
}

// Behind the glass is what a colleague would do who is not there: nothing that decides for
// a second person, nothing that names owners, makes keys or lets anybody in, and nothing
// that opens the glass. It comes beside the rights of the role and takes none.
func TestWhatIsBehindTheGlass(t *testing.T) {
	never := []policy.Action{
		policy.ManageStaff, policy.NameOwner, policy.ManageKeys, policy.ApproveAct, policy.DecideApproval, policy.DecideFinding, policy.ReadFindings,
		policy.ReadAudit, policy.LeadPrivacy, policy.OverseeCase, policy.OverseeActs, policy.ManageDecoys, policy.OpenEmergency, policy.RunEmergencies, policy.MergeConversation, policy.RedactMessage,
	}
	objects := map[string]policy.Object{"nothing": {}, "a customer's": {CustomerID: "c1"}, "theirs": policy.Whosever("s1"), "a colleague's": policy.Whosever("s2"), "about themselves": {StaffID: "s1"}, "about another": {StaffID: "s2"}}
	for column, p := range principals() {
		open := p
		open.Emergency = "e1"
		staff := p.Kind == identity.Staff && p.ID != "" && identity.ValidRole(p.Role)
		for action := range actions(t) {
			a := policy.Action(action)
			for name, o := range objects {
				was, is := policy.Allow(p, a, o), policy.Allow(open, a, o)
				switch {
				case was && !is:
					t.Errorf("%s may not %s to %s any more", column, a, name)
				case is && !was && !staff:
					t.Errorf("%s, who is no staff with a role, may %s to %s", column, a, name)
				case is && !was && slices.Contains(never, a):
					t.Errorf("%s may %s to %s", column, a, name)
				}
			}
		}
	}
	admin := principals()["admin"]
	admin.Emergency = "e1"
	for a, o := range map[policy.Action]policy.Object{policy.ReadConversation: {CustomerID: "c1"}, policy.SendMessage: {CustomerID: "c1"}, policy.ReadWallet: {CustomerID: "c1"}, policy.ProposeAct: policy.Whosever("s1")} {
		if !policy.Allow(admin, a, o) {
			t.Errorf("an admin may not %s", a)
		}
	}
	for _, o := range objects {
		restrained := admin
		restrained.Restrained = true
		if policy.Allow(restrained, policy.ReadWallet, o) != (o.AssigneeID == "s1") || policy.Allow(restrained, policy.ProposeAct, o) {
			t.Errorf("whose rights were taken has them of %+v", o)
		}
	}
}

// The whole column, as ADR 49 has it: what a supervisor does for customers, and settings; of
// who decides for a second person, lets people in, reads the chain, erases or opens the glass,
// nothing. Who changes the table changes this too.
func TestTheColumnBehindTheGlass(t *testing.T) {
	want := map[policy.Action]policy.Scope{}
	list := func(s policy.Scope, all ...policy.Action) {
		for _, a := range all {
			want[a] = s
		}
	}
	list(policy.Any, policy.ReadConversation, policy.ReadInternal, policy.SendMessage, policy.WriteNote, policy.MarkSeen, policy.WorkConversation, policy.ListInbox, policy.SearchMessages,
		policy.ReadCustomer, policy.ReadWallet, policy.EndWindows, policy.UseDraft, policy.UploadAttachment, policy.ReadAttachment, policy.ListStaff, policy.ReadQueue, policy.ReadBoard, policy.ReadDuties, policy.SetDuties,
		policy.ReadActs, policy.ReadCases, policy.OpenCase, policy.WorkCase, policy.ReadRuns, policy.ReadContact, policy.ReadEmergencies)
	list(policy.Any, policy.ReadSetup, policy.ChangeSetup, policy.ReadWorkSettings, policy.ChangeWorkSettings)
	list(policy.Author, policy.EditMessage)
	list(policy.Mine, policy.RevealWallet, policy.ReadUntold)
	list(policy.Working, policy.ProposeAct, policy.WalkRun, policy.VouchContact, policy.ReadPhrase)
	list(policy.Self, policy.ReadDecisions, policy.CloseEmergency)
	for _, row := range policy.Table() {
		if row.Cells[policy.BreakGlass] != want[row.Action] {
			t.Errorf("%s is %v behind the glass, want %v", row.Action, row.Cells[policy.BreakGlass], want[row.Action])
		}
		delete(want, row.Action)
	}
	for a := range want {
		t.Errorf("%s has no row", a)
	}
}

// A program about which something was found reads nothing of anybody until that is judged,
// whatever its key is good for, and goes on to write.
func TestARestrainedProgramReadsNothing(t *testing.T) {
	p := identity.Principal{Kind: identity.Program, ID: "k", Scopes: identity.ScopesOf(identity.AllScopes()...)}
	restrained := p
	restrained.Restrained = true
	writes := []policy.Action{policy.SendMessage, policy.WriteNote, policy.WorkConversation, policy.ListStaff, policy.ReadQueue, policy.ReadBoard, policy.ReadOwnKey}
	for action := range actions(t) {
		a := policy.Action(action)
		if got, want := policy.Allow(restrained, a, policy.Object{CustomerID: "c1"}), slices.Contains(writes, a); got != want || (got && !policy.Allow(p, a, policy.Object{CustomerID: "c1"})) {
			t.Errorf("%s: %t, want %t", a, got, want)
		}
	}
}

// Who leads requests about data sees those cases, whoever has them, and no dispute or
// complaint; everybody else who sees cases sees them by what they may of all.
func TestWhoLeadsPrivacySeesRequestsAboutDataAlone(t *testing.T) {
	for column, p := range principals() {
		for _, a := range []policy.Action{policy.ReadCases, policy.OpenCase, policy.WorkCase} {
			for _, o := range []policy.Object{{CustomerID: "c1"}, {CustomerID: "c1", AssigneeID: "s2"}, {CustomerID: "c1", AssigneeID: "s1"}} {
				request := o
				request.DataRequest = true
				got, ofData := policy.Allow(p, a, o), policy.Allow(p, a, request)
				if column == "privacy" && (got || !ofData) || column != "privacy" && got != ofData {
					t.Errorf("%s may %s of %+v: %t, of a request about data %t", column, a, o, got, ofData)
				}
			}
		}
	}
}

// Nobody but an owner opens it for somebody else, and nobody for themselves without
// another: whoever asks is never whoever agrees.
func TestWhoOpensTheGlass(t *testing.T) {
	for column, p := range principals() {
		self := slices.Contains([]string{"admin", "supervisor", "second", "fraud"}, column)
		if got := policy.Allow(p, policy.OpenEmergency, policy.Object{StaffID: "s1"}); got != self {
			t.Errorf("%s for themselves: %v", column, got)
		}
		if got := policy.Allow(p, policy.OpenEmergency, policy.Object{StaffID: "s2"}); got != (column == "owner") {
			t.Errorf("%s for another: %v", column, got)
		}
	}
}
