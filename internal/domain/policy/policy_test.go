package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
)

// principals are the columns of the tables, by their heading.
func principals() map[string]identity.Principal {
	as := func(kind identity.Kind, id string, role identity.Role) identity.Principal {
		return identity.Principal{Kind: kind, ID: id, Role: role}
	}
	return map[string]identity.Principal{
		"nobody":     {},
		"noKind":     as(identity.Nobody, "c1", identity.Owner),
		"noID":       as(identity.Customer, "", ""),
		"visitor":    as(identity.Visitor, "c1", ""),
		"visitor2":   as(identity.Visitor, "c2", ""),
		"customer":   as(identity.Customer, "c1", ""),
		"customer2":  as(identity.Customer, "c2", ""),
		"owner":      as(identity.Staff, "s1", identity.Owner),
		"admin":      as(identity.Staff, "s1", identity.Admin),
		"supervisor": as(identity.Staff, "s1", identity.Supervisor),
		"agent":      as(identity.Staff, "s1", identity.Agent),
		"auditor":    as(identity.Staff, "s1", identity.Auditor),
		"outside":    as(identity.Staff, "s1", identity.OutsideAgent),
		"second":     as(identity.Staff, "s1", identity.SecondLine),
		"fraud":      as(identity.Staff, "s1", identity.Fraud),
		"disputes":   as(identity.Staff, "s1", identity.Disputes),
		"quality":    as(identity.Staff, "s1", identity.Quality),
		"planner":    as(identity.Staff, "s1", identity.Planner),
		"privacy":    as(identity.Staff, "s1", identity.Privacy),
		"compliance": as(identity.Staff, "s1", identity.Compliance),
		"editor":     as(identity.Staff, "s1", identity.Editor),
		"noRole":     as(identity.Staff, "s1", ""),
		"badRole":    as(identity.Staff, "s1", "Owner"),
		"staffNoID":  as(identity.Staff, "", identity.Owner),
		"system":     identity.SystemPart("guard"),
		"systemNoID": identity.SystemPart(""),
		"unknown":    as(identity.Kind(99), "c1", identity.Owner),
	}
}

// cases reads a table: the first line names the principals, every other begins
// with an action (or an object's name) and has one + or - for each.
func cases(t *testing.T, table string, check func(row string, p identity.Principal, column string, want bool)) []string {
	t.Helper()
	var heading, rows []string
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case heading == nil:
			heading = fields
		case len(fields) != len(heading)+1:
			t.Fatalf("row %q has %d answers for %d principals", fields[0], len(fields)-1, len(heading))
		default:
			rows = append(rows, fields[0])
			for i, column := range heading {
				p, known := principals()[column]
				if answer := fields[i+1]; !known || (answer != "+" && answer != "-") {
					t.Fatalf("row %q, column %q: %q", fields[0], column, answer)
				}
				check(fields[0], p, column, fields[i+1] == "+")
			}
		}
	}
	if len(heading) == 0 || len(rows) == 0 {
		t.Fatal("the table is empty")
	}
	return rows
}

// allowed is who may do what to something of the customer c1 that nobody in
// particular wrote. The refused principals of the second table may do nothing.
const allowed = `
                             visitor visitor2 customer customer2 owner admin supervisor agent auditor system
conversation.start             +       +        +        +         -     -       -        -      -      -
conversation.read              +       -        +        -         +     -       +        +      -      +
conversation.read_internal     -       -        -        -         +     -       +        +      -      +
conversation.send              +       -        +        -         +     -       +        +      -      -
conversation.note              -       -        -        -         +     -       +        +      -      +
conversation.human             +       -        +        -         -     -       -        -      -      -
conversation.rate              +       -        +        -         -     -       -        -      -      -
customer.leave_window          +       -        +        -         -     -       -        -      -      -
conversation.mark_seen         +       -        +        -         +     -       +        +      -      -
conversation.edit              -       -        -        -         -     -       -        -      -      -
conversation.redact            -       -        -        -         +     -       +        -      -      +
conversation.read_versions     -       -        -        -         +     -       +        +      -      -
conversation.work              -       -        -        -         +     -       +        +      -      +
conversation.merge             -       -        -        -         +     -       +        +      -      -
conversation.read_offer        -       -        -        -         -     -       -        -      -      -
inbox.list                     -       -        -        -         +     -       +        +      -      -
search.messages                -       -        -        -         +     -       +        +      -      -
customer.read                  -       -        -        -         +     -       +        +      -      -
customer.note_handle           -       -        -        -         +     -       +        +      -      +
wallet.read                    -       -        -        -         +     -       +        +      -      -
wallet.reveal                  -       -        -        -         +     -       +        -      -      -
wallet.read_untold             -       -        -        -         +     -       +        -      -      -
customer.end_windows           -       -        -        -         +     +       -        -      -      +
draft.use                      -       -        -        -         +     -       +        +      -      -
attachment.upload              +       +        +        +         +     -       +        +      -      -
attachment.read                +       -        +        -         +     -       +        +      -      -
staff.list                     -       -        -        -         +     +       +        +      +      +
staff.manage                   -       -        -        -         +     +       -        -      -      +
staff.name_owner               -       -        -        -         +     -       -        -      -      +
audit.read                     -       -        -        -         +     -       -        -      +      +
customer.identify              -       -        -        -         -     -       -        -      -      +
routing.use_presence           -       -        -        -         +     -       +        -      -      +
routing.read_queue             -       -        -        -         +     -       +        +      -      +
routing.read_board             -       -        -        -         +     -       +        -      -      +
routing.read_duties            -       -        -        -         +     +       +        +      +      +
routing.set_duties             -       -        -        -         +     +       +        -      -      +
routing.run                    -       -        -        -         -     -       -        -      -      +
settings.read_setup            -       -        -        -         +     +       +        -      -      +
settings.change_setup          -       -        -        -         +     +       -        -      -      +
settings.read_work             -       -        -        -         +     +       +        +      -      +
settings.change_work           -       -        -        -         +     +       +        -      -      +
settings.use_own               -       -        -        -         -     -       -        -      -      -
log.follow                     -       -        -        -         -     -       -        -      -      +
wallet.notices                 -       -        -        -         -     -       -        -      -      +
key.manage                     -       -        -        -         +     +       -        -      -      -
key.read_own                   -       -        -        -         -     -       -        -      -      -
decision.read                  -       -        -        -         +     +       +        -      +      -
decision.keep                  -       -        -        -         -     -       -        -      -      +
approval.read                  -       -        -        -         +     +       -        -      -      -
approval.decide                -       -        -        -         -     -       -        -      -      -
approval.withdraw              -       -        -        -         -     -       -        -      -      -
act.read                       -       -        -        -         +     -       +        -      -      +
act.propose                    -       -        -        -         +     -       +        -      -      -
act.approve                    -       -        -        -         -     -       -        -      -      -
act.oversee                    -       -        -        -         +     -       +        -      -      -
act.run                        -       -        -        -         -     -       -        -      -      +
goodwill.give                  -       -        -        -         +     -       +        -      -      -
goodwill.read                  -       -        -        -         +     -       +        -      -      -
case.read                      -       -        -        -         +     -       +        +      -      +
case.open                      -       -        -        -         +     -       +        +      -      +
case.answer                    -       -        -        -         -     -       -        -      -      -
case.work                      -       -        -        -         +     -       +        +      -      +
case.oversee                   -       -        -        -         +     -       +        -      -      -
case.figures                   -       -        -        -         +     -       +        -      -      -
case.run                       -       -        -        -         -     -       -        -      -      +
contact.vouch                  -       -        -        -         -     -       -        -      -      -
contact.read                   -       -        -        -         +     -       +        +      -      -
contact.read_phrase            -       -        -        -         -     -       -        -      -      -
contact.own                    -       -        -        -         -     -       -        -      -      -
contact.figures                -       -        -        -         +     -       +        -      -      -
contact.run                    -       -        -        -         -     -       -        -      -      +
privacy.run                    -       -        -        -         -     -       -        -      -      +
privacy.lead                   -       -        -        -         +     -       +        -      -      -
privacy.own                    -       -        -        -         -     -       -        -      -      -
finding.read                   -       -        -        -         -     -       -        -      -      -
finding.decide                 -       -        -        -         -     -       -        -      -      -
finding.run                    -       -        -        -         -     -       -        -      -      +
decoy.manage                   -       -        -        -         +     +       -        -      -      -
look.read_own                  -       -        -        -         -     -       -        -      -      -
run.read                       +       -        -        -         +     -       +        -      -      +
run.walk                       +       -        -        -         +     -       +        -      -      -
run.run                        -       -        -        -         -     -       -        -      -      +
report.read                    -       -       -       -       +       -       +       -       -       -
emergency.read                 -       -        -        -         +     +       +        +      +      -
emergency.open                 -       -        -        -         -     -       -        -      -      -
emergency.close                -       -        -        -         +     +       -        -      -      +
emergency.run                  -       -        -        -         -     -       -        -      -      +
`

func TestWhoMayDoWhat(t *testing.T) {
	object := policy.Object{CustomerID: "c1"}
	rows := cases(t, allowed, func(row string, p identity.Principal, column string, want bool) {
		if got := policy.Allow(p, policy.Action(row), object); got != want {
			t.Errorf("%s: %s = %v, want %v", column, row, got, want)
		}
	})
	declared := actions(t)
	for action := range declared {
		if strings.Count("\n"+strings.Join(rows, "\n")+"\n", "\n"+action+"\n") != 1 {
			t.Errorf("the table has not exactly one row for %s", action)
		}
	}
	if len(rows) != len(declared) {
		t.Errorf("the table has %d rows for %d actions", len(rows), len(declared))
	}
}

// allowedToGuests is all that the roles with the fewest rights may do. An action
// that has no row here is refused to them, a new one as well. What is mine is
// assigned to s1, what is offered is nobody's yet; free is nobody's, and theirs is
// assigned to a colleague.
const allowedToGuests = `
                             outside outside outside outside editor
conversation.read              +       +       -       -       -
conversation.read_internal     +       +       -       -       -
conversation.send              +       +       -       -       -
conversation.note              +       +       -       -       -
conversation.mark_seen         +       +       -       -       -
conversation.redact            +       +       -       -       -
conversation.work              +       +       -       -       -
inbox.list                     +       +       -       -       -
search.messages                +       +       -       -       -
conversation.read_offer        -       +       -       -       -
draft.use                      +       +       -       -       -
contact.read                   +       +       -       -       -
contact.vouch                  +       -       -       -       -
attachment.upload              +       +       +       +       -
attachment.read                +       +       -       -       -
staff.list                     -       -       -       -       +
routing.read_duties            -       -       -       -       +
settings.read_work             +       +       +       +       -
emergency.read                 -       -       -       -       +
`

// allowedToPrograms is all that an API key may open, by the one scope that it has. A
// key without a scope opens nothing but what it is itself.
func allowedToPrograms() map[identity.Scope][]policy.Action {
	return map[identity.Scope][]policy.Action{
		"":                           {},
		identity.ReadConversations:   {policy.ReadConversation, policy.ReadInternal, policy.ListInbox, policy.SearchMessages, policy.ReadAttachment},
		identity.ChangeConversations: {policy.WorkConversation, policy.ListStaff},
		identity.SendMessages:        {policy.SendMessage},
		identity.WriteNotes:          {policy.WriteNote},
		identity.ReadCustomers:       {policy.ReadCustomer},
		identity.ReadQueue:           {policy.ReadQueue, policy.ReadBoard},
		identity.ReadReports:         {policy.ReadReports},
		identity.ReadAudit:           {policy.ReadAudit},
	}
}

func TestProgramsMayDoWhatTheirScopesSay(t *testing.T) {
	table, all := allowedToPrograms(), identity.ScopesOf(identity.AllScopes()...)
	if len(table) != len(identity.AllScopes())+1 {
		t.Errorf("the table has %d rows for %d scopes", len(table), len(identity.AllScopes()))
	}
	// Whose a thing is, or who wrote it, opens nothing to a program.
	objects := []policy.Object{
		{}, {CustomerID: "k1"}, {AssigneeID: "k1"}, {OfferedTo: "k1"}, {StaffID: "k1"}, {StaffID: "s1"},
		{CustomerID: "c1", AuthorKind: identity.Program, AuthorID: "k1"}, {CustomerID: "c1", Internal: true},
	}
	opened := map[policy.Action]bool{policy.ReadOwnKey: true}
	for scope, may := range table {
		for _, a := range may {
			opened[a] = true
		}
		for action := range actions(t) {
			want := slices.Contains(may, policy.Action(action)) || policy.Action(action) == policy.ReadOwnKey
			for _, o := range objects {
				p := identity.Principal{Kind: identity.Program, ID: "k1", Scopes: identity.ScopesOf(scope)}
				if got := policy.Allow(p, policy.Action(action), o); got != want {
					t.Errorf("with %q, %s to %+v = %v", scope, action, o, got)
				}
			}
		}
	}
	for action := range actions(t) {
		p := identity.Principal{Kind: identity.Program, ID: "k1", Role: identity.Owner, Scopes: all}
		if got := policy.Allow(p, policy.Action(action), policy.Object{}); got != opened[policy.Action(action)] {
			t.Errorf("with all scopes, %s = %v", action, got)
		}
		if p.ID = ""; policy.Allow(p, policy.Action(action), policy.Object{}) {
			t.Errorf("a program without an id may %s", action)
		}
		if who := (identity.Principal{Kind: identity.Staff, ID: "s1", Scopes: all}); policy.Allow(who, policy.Action(action), policy.Object{}) {
			t.Errorf("staff may %s by scopes", action)
		}
	}
}

func TestGuestsMayDoLittle(t *testing.T) {
	mine, offered, free, theirs := policy.Whosever("s1"), policy.Object{OfferedTo: "s1"}, policy.Object{}, policy.Whosever("s2")
	objects := []policy.Object{mine, offered, free, theirs, mine}
	for i := range objects {
		objects[i].CustomerID, objects[i].AuthorKind, objects[i].AuthorID = "c1", identity.Customer, "c1"
	}
	left := actions(t)
	column := 0
	for _, row := range cases(t, allowedToGuests, func(row string, p identity.Principal, _ string, want bool) {
		if got := policy.Allow(p, policy.Action(row), objects[column%len(objects)]); got != want {
			t.Errorf("%s: %s to %+v = %v, want %v", p.Role, row, objects[column%len(objects)], got, want)
		}
		column++
	}) {
		if !left[row] {
			t.Errorf("there is no action %s, or it has two rows", row)
		}
		delete(left, row)
	}
	for action := range left {
		for _, o := range objects {
			for _, who := range []string{"outside", "editor"} {
				if policy.Allow(principals()[who], policy.Action(action), o) {
					t.Errorf("%s may %s to %+v, and the table does not say so", who, action, o)
				}
			}
		}
	}
}

// What a partner's agent wrote is theirs to mend only as long as the conversation
// is theirs, and a file that they have uploaded is theirs to see.
func TestAnOutsideAgentsOwnWords(t *testing.T) {
	p := principals()["outside"]
	own := policy.Object{CustomerID: "c1", AssigneeID: "s1", AuthorKind: identity.Staff, AuthorID: "s1"}
	handedOn := own
	handedOn.AssigneeID = "s2"
	for action, want := range map[policy.Action][2]bool{
		policy.EditMessage: {true, false}, policy.RedactMessage: {true, false}, policy.ReadAttachment: {true, true},
	} {
		if got := [2]bool{policy.Allow(p, action, own), policy.Allow(p, action, handedOn)}; got != want {
			t.Errorf("%s: %v, want %v", action, got, want)
		}
	}
}

// actions are the values of all constants of type Action in the package's source.
func actions(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "policy.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Action" {
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil || found[text] {
					t.Errorf("the action %s is there twice, or is no text: %v", text, err)
				}
				found[text] = true
			}
		}
		return true
	})
	if len(found) < 20 {
		t.Fatalf("only %d actions were found in the source", len(found))
	}
	return found
}

// Nobody, and whoever cannot be told, may do nothing at all, whatever it is done
// to. An object without an owner is not the one of a principal without an id.
func TestWhoCannotBeToldMayDoNothing(t *testing.T) {
	objects := []policy.Object{
		{}, {CustomerID: "c1"}, {CustomerID: "c1", AuthorKind: identity.Customer, AuthorID: "c1"},
		{CustomerID: "c1", AuthorKind: identity.Staff, AuthorID: "s1"}, {AuthorKind: identity.Staff},
		{CustomerID: "c1", AuthorKind: identity.Customer},
	}
	for _, column := range []string{"nobody", "noKind", "noID", "noRole", "badRole", "staffNoID", "systemNoID", "unknown"} {
		for action := range actions(t) {
			for _, o := range objects {
				if policy.Allow(principals()[column], policy.Action(action), o) {
					t.Errorf("%s may %s %+v", column, action, o)
				}
			}
		}
	}
}

func TestAnUnknownActionIsRefused(t *testing.T) {
	for column, p := range principals() {
		for _, action := range []policy.Action{"", "conversation", "conversation.Read", "conversation.read ", "everything", "*"} {
			for _, o := range []policy.Object{{}, {CustomerID: p.ID}, {CustomerID: p.ID, AuthorKind: p.Kind, AuthorID: p.ID}} {
				if policy.Allow(p, action, o) {
					t.Errorf("%s may %q", column, action)
				}
			}
		}
	}
}

// The tables of messages: whose they are and who wrote them.
const (
	edits = `
                visitor visitor2 customer customer2 owner admin supervisor agent auditor system
byVisitor          +       -        +        -         -     -       -        -      -      -
byCustomer         +       -        +        -         -     -       -        -      -      -
byOtherCustomer    -       -        -        -         -     -       -        -      -      -
bySelf             -       -        -        -         +     -       +        +      -      -
byColleague        -       -        -        -         -     -       -        -      -      -
bySystem           -       -        -        -         -     -       -        -      -      -
asNote             -       -        -        -         -     -       -        -      -      -
byNamesake         -       -        -        -         -     -       -        -      -      -
`
	redactions = `
                visitor visitor2 customer customer2 owner admin supervisor agent auditor system
byVisitor          +       -        +        -         +     -       +        +      -      +
byCustomer         +       -        +        -         +     -       +        +      -      +
byOtherCustomer    -       -        -        -         +     -       +        +      -      +
bySelf             -       -        -        -         +     -       +        +      -      +
byColleague        -       -        -        -         +     -       +        -      -      +
bySystem           -       -        -        -         +     -       +        -      -      +
asNote             -       -        -        -         +     -       +        +      -      +
byNamesake         -       -        -        -         +     -       +        -      -      +
`
	files = `
                visitor visitor2 customer customer2 owner admin supervisor agent auditor system
byCustomer         +       -        +        -         +     -       +        +      -      -
byColleague        +       -        +        -         +     -       +        +      -      -
ofNote             -       -        -        -         +     -       +        +      -      -
ofNobody           -       -        -        -         +     -       +        +      -      -
`
)

// messages are the objects of those tables. A namesake is a principal of another
// kind who happens to have the same id.
func messages() map[string]policy.Object {
	return map[string]policy.Object{
		"byVisitor":       {CustomerID: "c1", AuthorKind: identity.Visitor, AuthorID: "c1"},
		"byCustomer":      {CustomerID: "c1", AuthorKind: identity.Customer, AuthorID: "c1"},
		"byOtherCustomer": {CustomerID: "c1", AuthorKind: identity.Customer, AuthorID: "c3"},
		"bySelf":          {CustomerID: "c1", AuthorKind: identity.Staff, AuthorID: "s1"},
		"byColleague":     {CustomerID: "c1", AuthorKind: identity.Staff, AuthorID: "s2"},
		"bySystem":        {CustomerID: "c1", AuthorKind: identity.System, AuthorID: "guard"},
		"byNamesake":      {CustomerID: "c1", AuthorKind: identity.System, AuthorID: "s1"},
		"asNote":          {CustomerID: "c1", AuthorKind: identity.Customer, AuthorID: "c1", Internal: true},
		"ofNote":          {CustomerID: "c1", AuthorKind: identity.Staff, AuthorID: "s1", Internal: true},
		"ofNobody":        {AuthorKind: identity.Customer, AuthorID: "c1"},
	}
}

func TestWhoMayChangeAndSeeWhoseWords(t *testing.T) {
	for action, table := range map[policy.Action]string{
		policy.EditMessage: edits, policy.RedactMessage: redactions, policy.ReadAttachment: files,
	} {
		cases(t, table, func(row string, p identity.Principal, column string, want bool) {
			object, known := messages()[row]
			if !known {
				t.Fatalf("there is no object %q", row)
			}
			if got := policy.Allow(p, action, object); got != want {
				t.Errorf("%s: %s %s = %v, want %v", column, action, row, got, want)
			}
		})
	}
}

// What a member of staff keeps for themselves is nobody else's, not the owner's
// either.
func TestOwnSettingsAreOnesOwn(t *testing.T) {
	for column, p := range principals() {
		for _, staffID := range []string{"s1", "s2", "c1", ""} {
			want := staffID == "s1" && strings.Contains(" owner admin supervisor agent outside second fraud disputes ", " "+column+" ")
			if got := policy.Allow(p, policy.UseOwnSetting, policy.Object{StaffID: staffID}); got != want {
				t.Errorf("%s may use the settings of %q: %v, want %v", column, staffID, got, want)
			}
		}
	}
}

// By what they are routed everybody who works here may read of themselves, and where
// names of colleagues are read, of them.
func TestWhoReadsWhoseDuties(t *testing.T) {
	for column, p := range principals() {
		for _, staffID := range []string{"s1", "s2", ""} {
			colleagues := strings.Contains(" owner admin supervisor agent auditor editor system systemNoID second fraud disputes quality planner privacy compliance ", " "+column+" ") && p.ID != ""
			want := colleagues || (column == "outside" && staffID == "s1")
			if got := policy.Allow(p, policy.ReadDuties, policy.Object{StaffID: staffID}); got != want {
				t.Errorf("%s may read the duties of %q: %v, want %v", column, staffID, got, want)
			}
		}
	}
}

// Who asked for a change takes it back, and never decides it; everybody else the
// other way round.
func TestNobodyApprovesTheirOwn(t *testing.T) {
	for column, p := range principals() {
		for _, maker := range []string{"s1", "s2", "c1", ""} {
			runs := column == "owner" || column == "admin"
			asks := runs || column == "supervisor" || column == "second" || column == "fraud" || column == "privacy" // for emergency access, and for erasures
			if got, want := policy.Allow(p, policy.DecideApproval, policy.Object{StaffID: maker}), runs && maker != "s1" && maker != ""; got != want {
				t.Errorf("%s may decide what %q asked for: %v, want %v", column, maker, got, want)
			}
			if got, want := policy.Allow(p, policy.WithdrawApproval, policy.Object{StaffID: maker}), asks && maker == "s1"; got != want {
				t.Errorf("%s may withdraw what %q asked for: %v, want %v", column, maker, got, want)
			}
		}
	}
}

// What the author fields say must not open what the owner closes.
func TestAnAuthorOfSomebodyElsesConversationGainsNothing(t *testing.T) {
	object := policy.Object{CustomerID: "c2", AuthorKind: identity.Customer, AuthorID: "c1"}
	for action := range actions(t) {
		got := policy.Allow(principals()["customer"], policy.Action(action), object)
		want := action == string(policy.StartConversation) || action == string(policy.UploadAttachment)
		if got != want {
			t.Errorf("the author may %s: %v, want %v", action, got, want)
		}
	}
}

func TestWhoLooksIntoTheWallet(t *testing.T) {
	as := principals()
	signed := as["customer"]
	signed.Level = identity.AL1
	for name, c := range map[string]struct {
		p    identity.Principal
		a    policy.Action
		o    policy.Object
		want bool
	}{
		"a customer into their own":           {signed, policy.ReadWallet, policy.Object{CustomerID: "c1"}, true},
		"a customer into another's":           {signed, policy.ReadWallet, policy.Object{CustomerID: "c2"}, false},
		"a visitor of some level":             {identity.Principal{Kind: identity.Visitor, ID: "c1", Level: identity.AL3}, policy.ReadWallet, policy.Object{CustomerID: "c1"}, false},
		"a customer reveals":                  {signed, policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "c1"}, false},
		"an agent reveals for their own":      {as["agent"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, true},
		"an agent reveals for a colleague's":  {as["agent"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, false},
		"a supervisor reveals for an agent's": {as["supervisor"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, true},
		"an agent hears it for their own":     {as["agent"], policy.ReadUntold, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, true},
		"an agent hears it for a colleague's": {as["agent"], policy.ReadUntold, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, false},
		"a customer hears of their own":       {signed, policy.ReadUntold, policy.Object{CustomerID: "c1", AssigneeID: "c1"}, false},
		"an outside agent hears it":           {as["outside"], policy.ReadUntold, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, false},
		"an outside agent looks":              {as["outside"], policy.ReadWallet, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, false},
		"an outside agent reveals":            {as["outside"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, false},
		"the second line, of a colleague's":   {as["second"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, false},
		"fraud hears it for a colleague's":    {as["fraud"], policy.ReadUntold, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, true},
		"fraud reveals for a colleague's":     {as["fraud"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, false},
		"disputes hears it for a colleague's": {as["disputes"], policy.ReadUntold, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, false},
		"who judges the work looks":           {as["quality"], policy.ReadWallet, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, false},
		"who leads requests reveals":          {as["privacy"], policy.RevealWallet, policy.Object{CustomerID: "c1", AssigneeID: "s1"}, false},
		"a part of Kefu looks":                {as["system"], policy.ReadWallet, policy.Object{CustomerID: "c1"}, false},
	} {
		if got := policy.Allow(c.p, c.a, c.o); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhoWorksOnACase(t *testing.T) {
	as := principals()
	signed := as["customer"]
	signed.Level = identity.AL1
	own, others, nobodys := policy.Object{CustomerID: "c1", AssigneeID: "s1"}, policy.Object{CustomerID: "c1", AssigneeID: "s2"}, policy.Object{CustomerID: "c1"}
	for name, c := range map[string]struct {
		p    identity.Principal
		a    policy.Action
		o    policy.Object
		want bool
	}{
		"a customer reads their own":          {signed, policy.ReadCases, own, true},
		"a customer reads another's":          {signed, policy.ReadCases, policy.Object{CustomerID: "c2"}, false},
		"a customer opens one":                {signed, policy.OpenCase, own, true},
		"a customer opens one for another":    {signed, policy.OpenCase, policy.Object{CustomerID: "c2"}, false},
		"a customer answers in their own":     {signed, policy.AnswerCase, own, true},
		"a customer answers in another's":     {signed, policy.AnswerCase, policy.Object{CustomerID: "c2"}, false},
		"a customer works on their own":       {signed, policy.WorkCase, policy.Object{CustomerID: "c1", AssigneeID: "c1"}, false},
		"a customer nobody vouched for":       {as["customer"], policy.ReadCases, own, false},
		"a visitor":                           {identity.Principal{Kind: identity.Visitor, ID: "c1", Level: identity.AL3}, policy.OpenCase, own, false},
		"an agent works on their own":         {as["agent"], policy.WorkCase, own, true},
		"an agent works on nobody's":          {as["agent"], policy.WorkCase, nobodys, true},
		"an agent works on a colleague's":     {as["agent"], policy.WorkCase, others, false},
		"an agent vouches for a credit":       {as["agent"], policy.OverseeCase, own, false},
		"a supervisor vouches for a credit":   {as["supervisor"], policy.OverseeCase, others, true},
		"a part of ours vouches for a credit": {identity.SystemPart("cases"), policy.OverseeCase, nobodys, false},
		"a supervisor works on a colleague's": {as["supervisor"], policy.WorkCase, others, true},
		"an agent reads a colleague's":        {as["agent"], policy.ReadCases, others, true},
		"an agent answers for the customer":   {as["agent"], policy.AnswerCase, own, false},
		"an outside agent reads":              {as["outside"], policy.ReadCases, own, false},
		"an outside agent works":              {as["outside"], policy.WorkCase, own, false},
		"an outside agent opens":              {as["outside"], policy.OpenCase, own, false},
		"an admin reads":                      {as["admin"], policy.ReadCases, own, false},
		"an auditor reads the figures":        {as["auditor"], policy.ReadCaseFigures, policy.Object{}, false},
	} {
		if got := policy.Allow(c.p, c.a, c.o); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhoHasSomethingDoneInTheWallet(t *testing.T) {
	as := principals()
	signed := as["customer"]
	signed.Level = identity.AL1
	own, others := policy.Object{CustomerID: "c1", AssigneeID: "s1", Open: true}, policy.Object{CustomerID: "c1", AssigneeID: "s2", Open: true}
	closed, none := policy.Object{CustomerID: "c1", AssigneeID: "s1"}, policy.Object{CustomerID: "c1"}
	for name, c := range map[string]struct {
		p    identity.Principal
		a    policy.Action
		o    policy.Object
		want bool
	}{
		"a customer, for themselves":        {signed, policy.ProposeAct, own, true},
		"a customer, for another":           {signed, policy.ProposeAct, policy.Object{CustomerID: "c2"}, false},
		"a customer nobody vouched for":     {as["customer"], policy.ProposeAct, own, false},
		"a visitor":                         {identity.Principal{Kind: identity.Visitor, ID: "c1", Level: identity.AL3}, policy.ProposeAct, own, false},
		"a customer reads another's":        {signed, policy.ReadActs, policy.Object{CustomerID: "c2"}, false},
		"an agent, in their own":            {as["agent"], policy.ProposeAct, own, true},
		"an agent, in a colleague's":        {as["agent"], policy.ProposeAct, others, false},
		"a supervisor, in any":              {as["supervisor"], policy.ProposeAct, others, true},
		"an outside agent, in their own":    {as["outside"], policy.ProposeAct, own, false},
		"an outside agent reads":            {as["outside"], policy.ReadActs, own, false},
		"a part of Kefu, of its own accord": {as["system"], policy.ProposeAct, own, false},
		"a visitor walks their own run":     {identity.Principal{Kind: identity.Visitor, ID: "v1"}, policy.WalkRun, policy.Object{CustomerID: "v1"}, true},
		"a visitor walks another's":         {identity.Principal{Kind: identity.Visitor, ID: "v1"}, policy.WalkRun, own, false},
		"a visitor sees another's":          {identity.Principal{Kind: identity.Visitor, ID: "v1"}, policy.ReadRuns, own, false},
		"a customer walks their own run":    {signed, policy.WalkRun, own, true},
		"a customer walks another's":        {signed, policy.WalkRun, policy.Object{CustomerID: "c2"}, false},
		"a customer sees another's run":     {signed, policy.ReadRuns, policy.Object{CustomerID: "c2"}, false},
		"an agent walks in their own":       {as["agent"], policy.WalkRun, own, true},
		"an agent walks in a colleague's":   {as["agent"], policy.WalkRun, others, false},
		"an outside agent walks":            {as["outside"], policy.WalkRun, own, false},
		"an outside agent sees a run":       {as["outside"], policy.ReadRuns, own, false},
		"a part of Kefu walks":              {as["system"], policy.WalkRun, own, false},
		"a customer, in what is finished":   {signed, policy.WalkRun, closed, true},
		"an agent reads a colleague's acts": {as["agent"], policy.ReadActs, others, true},
		"an agent sees a colleague's run":   {as["agent"], policy.ReadRuns, others, true},
		"an agent, in what is finished":     {as["agent"], policy.ProposeAct, closed, false},
		"an agent walks in the finished":    {as["agent"], policy.WalkRun, closed, false},
		"an agent reads acts of the old":    {as["agent"], policy.ReadActs, closed, false},
		"an agent sees a run of the old":    {as["agent"], policy.ReadRuns, closed, false},
		"an agent reads a customer's acts":  {as["agent"], policy.ReadActs, none, false},
		"an agent sees a customer's runs":   {as["agent"], policy.ReadRuns, none, false},
		"a supervisor reads a customer's":   {as["supervisor"], policy.ReadActs, none, true},
		"a supervisor sees old runs":        {as["supervisor"], policy.ReadRuns, closed, true},
		"the second person":                 {as["supervisor"], policy.ApproveAct, policy.Object{StaffID: "s2"}, true},
		"for a customer":                    {as["supervisor"], policy.ApproveAct, policy.Object{StaffID: "c1"}, true},
		"the first person":                  {as["supervisor"], policy.ApproveAct, policy.Object{StaffID: "s1"}, false},
		"the owner, as the first":           {as["owner"], policy.ApproveAct, policy.Object{StaffID: "s1"}, false},
		"for nobody":                        {as["owner"], policy.ApproveAct, policy.Object{}, false},
		"an agent, as the second person":    {as["agent"], policy.ApproveAct, policy.Object{StaffID: "s2"}, false},
		"an admin, as the second person":    {as["admin"], policy.ApproveAct, policy.Object{StaffID: "s2"}, false},
		"a customer, as the second person":  {signed, policy.ApproveAct, policy.Object{StaffID: "s2"}, false},
		"an agent finds out what came of":   {as["agent"], policy.RunActs, own, false},
	} {
		if got := policy.Allow(c.p, c.a, c.o); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Nobody sees or judges what was found about themselves.
func TestNobodyJudgesThemselves(t *testing.T) {
	for column, p := range principals() {
		for _, staffID := range []string{"s1", "s2", ""} {
			reads := staffID == "s2" && slices.Contains([]string{"owner", "supervisor", "auditor", "compliance"}, column)
			if got := policy.Allow(p, policy.ReadFindings, policy.Object{StaffID: staffID}); got != reads {
				t.Errorf("%s may see what was found about %q: %v", column, staffID, got)
			}
			decides := staffID == "s2" && slices.Contains([]string{"owner", "supervisor"}, column)
			if got := policy.Allow(p, policy.DecideFinding, policy.Object{StaffID: staffID}); got != decides {
				t.Errorf("%s may judge what was found about %q: %v", column, staffID, got)
			}
		}
	}
}

// Whose rights were taken goes on with what they were given, and does nothing else.
func TestWhatIsLeftToSomebodyRestrained(t *testing.T) {
	given := policy.Object{CustomerID: "c1", AssigneeID: "s1", Open: true, StaffID: "s1"}
	others := policy.Object{CustomerID: "c1", AssigneeID: "s2", Open: true, StaffID: "s2"}
	left := []policy.Action{
		policy.ReadConversation, policy.ReadInternal, policy.SendMessage, policy.WriteNote, policy.MarkSeen, policy.WorkConversation, policy.ListInbox, policy.UseDraft,
		policy.ReadContact, policy.VouchContact, policy.ReadAttachment, policy.UploadAttachment, policy.ReadWorkSettings, policy.UseOwnSetting, policy.UsePresence,
		policy.ReadCustomer, policy.ReadWallet, policy.ReadCases, policy.ListStaff,
	}
	anywhere := []policy.Action{policy.UploadAttachment, policy.ReadWorkSettings, policy.ListStaff}
	for _, column := range append(further(), "owner", "supervisor", "agent", "admin", "outside", "auditor", "editor") {
		p := principals()[column]
		free := p
		p.Restrained = true
		for name := range actions(t) {
			a := policy.Action(name)
			if a == policy.ReadDuties { // their own, and whose names they see
				continue
			}
			for where, o := range map[string]policy.Object{"what is theirs": given, "what is a colleague's": others, "nothing": {}} {
				got := policy.Allow(p, a, o)
				may := slices.Contains(left, a) && (where == "what is theirs" || slices.Contains(anywhere, a))
				if got && !may {
					t.Errorf("a restrained %s may %s, of %s", column, a, where)
				}
				if !got && may && policy.Allow(free, a, o) && a != policy.EditMessage {
					t.Errorf("a restrained %s may not %s, of %s", column, a, where)
				}
			}
		}
	}
}
