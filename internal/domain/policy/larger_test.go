package policy_test

import (
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
case.read                     +          +          +          -          -          +          -
case.open                     +          +          +          -          -          +          -
case.work                     +          +          +          -          -          +          -
case.figures                  -          -          +          -          -          -          +
run.read                      +          +          +          -          -          -          -
privacy.lead                  -          -          -          -          -          +          -
contact.read                  +          +          +          -          -          -          -
contact.figures               -          -          -          -          -          -          +
decision.read                 -          -          -          -          -          -          +
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
			more := (column == "fraud" && a == policy.EndWindows) || (column == "disputes" && a == policy.ReadCaseFigures)
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
				policy.ReadDecisions, policy.ReadAudit, policy.ReadCaseFigures, policy.ReadContactFigures:
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
