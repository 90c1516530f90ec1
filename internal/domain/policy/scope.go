package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"

	"kefu/internal/domain/identity"
)

//go:embed rights.txt
var table string

// Version names the table that decisions are made by: the beginning of its SHA-256,
// 12 hexadecimal digits. It is reckoned anew each time; whoever needs it often keeps it.
func Version() string {
	sum := sha256.Sum256([]byte(table))
	return hex.EncodeToString(sum[:6])
}

// Column is a kind of principal that has rights of its own in the table.
type Column uint8

// The columns. Programs have none: what they may goes by the scopes of their key.
const (
	Visitor Column = iota
	Customer
	Owner
	Admin
	Supervisor
	SecondLine
	Agent
	FraudAnalyst
	DisputesAgent
	OutsideAgent
	QualityReviewer
	Planner
	Editor
	PrivacyOfficer
	ComplianceOfficer
	Auditor
	BreakGlass // beside their own, of somebody for whom the glass was broken; no role
	System
	columns
)

// rights are the cells of one action.
type rights [columns]Scope

// Scope says of which objects somebody has a right. The zero value is none of them.
type Scope uint8

// The scopes. rights.txt says what each means.
const (
	None Scope = iota
	Any
	Own
	Signed
	Shown
	Written
	Self
	Second
	Mine
	Working
	Going
	Free
	Data
	Offered
	Given
	Author
	Said
	GivenAuthor
	GivenSaid
	GivenOrAuthor
	scopes
)

// AnyKey stands where a key opens an action whatever it was made for.
const AnyKey identity.Scope = "any"

// String is the word for a scope in the table.
func (s Scope) String() string {
	words := [scopes]string{"-", "any", "own", "signed", "shown", "written", "self", "second", "mine", "working", "going", "free", "data",
		"offered", "given", "author", "said", "given_author", "given_said", "given_or_author"}
	if s >= scopes {
		return "-"
	}
	return words[s]
}

// String is the heading of a column in the table.
func (c Column) String() string {
	words := [columns]string{"visitor", "customer", "owner", "admin", "supervisor", "second_line", "agent", "fraud_analyst", "disputes_agent",
		"outside_agent", "quality_reviewer", "planner", "knowledge_editor", "privacy_officer", "compliance_officer", "auditor", "break_glass", "system"}
	if c >= columns {
		return ""
	}
	return words[c]
}

// covers tells whether an object is one of those for which p has the right.
func (s Scope) covers(p identity.Principal, o Object) bool {
	switch s {
	case Any:
		return true
	case Own:
		return o.CustomerID == p.ID
	case Signed: // a visitor has none, and neither has a session that nobody vouched for
		return o.CustomerID == p.ID && p.Kind == identity.Customer && p.Level >= identity.AL1
	case Shown:
		return o.CustomerID == p.ID && !o.Internal
	case Written:
		return o.CustomerID == p.ID && !o.Internal && o.AuthorKind.CustomerSide() && o.AuthorID == p.ID
	case Self:
		return o.StaffID == p.ID
	case Second: // of nobody's there is no second
		return o.StaffID != "" && o.StaffID != p.ID
	case Mine:
		return o.AssigneeID == p.ID
	case Working:
		return o.Open && o.AssigneeID == p.ID
	case Going:
		return o.Open
	case Free:
		return o.AssigneeID == p.ID || o.AssigneeID == ""
	case Data:
		return o.DataRequest
	case Offered:
		return o.OfferedTo == p.ID
	default:
		return s.coversWords(p, o)
	}
}

func (s Scope) coversWords(p identity.Principal, o Object) bool {
	given := o.AssigneeID == p.ID || o.OfferedTo == p.ID
	author := o.AuthorKind == identity.Staff && o.AuthorID == p.ID
	said := author || o.AuthorKind.CustomerSide()
	switch s {
	case Given:
		return given
	case Author:
		return author
	case Said:
		return said
	case GivenAuthor:
		return given && author
	case GivenSaid:
		return given && said
	case GivenOrAuthor:
		return given || author
	default:
		return false
	}
}

// Row is one line of the table, to be shown.
type Row struct {
	Action Action
	Cells  [columns]Scope // by Column
	Key    identity.Scope // that a program's key needs; AnyKey, or "" where none opens it
}

// Table is who may do what as Kefu is delivered, in the order of rights.txt.
func Table() []Row {
	rows := make([]Row, 0, len(Actions()))
	for _, a := range Actions() {
		rows = append(rows, Row{Action: a, Cells: delivered(a), Key: needed(a)})
	}
	return rows
}

// Columns are all of them, in the order of the table.
func Columns() []Column {
	all := make([]Column, columns)
	for i := range all {
		all[i] = Column(i)
	}
	return all
}
