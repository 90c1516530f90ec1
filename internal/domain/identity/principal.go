// Package identity says who is acting: the principal that every use of data
// names, and how sure Kefu is of it. Verifying tokens and sessions is here too;
// what a principal may do is decided by package policy.
package identity

import "slices"

// Kind is the kind of a principal. The zero value is nobody, who may do nothing.
type Kind uint8

// The kinds of principals.
const (
	Nobody   Kind = iota
	Visitor       // an anonymous customer, known by a bearer secret
	Customer      // a customer whose wallet vouched for them
	Staff         // somebody who works here
	System        // a part of Kefu acting on its own: a timer, the indexer
	Program       // a program of the operator, known by an API key
)

// Role is what a member of staff is there for.
type Role string

// The roles of staff.
const (
	Owner        Role = "owner"              // everything, and the only one who names owners
	Admin        Role = "admin"              // staff and settings, no customer data
	Supervisor   Role = "supervisor"         // every conversation, and the people who answer
	SecondLine   Role = "second_line"        // answers customers with what is hard: takes over cases, sees what was done
	Agent        Role = "agent"              // answers customers
	Fraud        Role = "fraud_analyst"      // answers customers who may have been defrauded, and sees what those must not hear
	Disputes     Role = "disputes_agent"     // answers customers, and works on everybody's cases
	OutsideAgent Role = "outside_agent"      // works for a partner firm: answers in what was given to them, and sees nothing else
	Quality      Role = "quality_reviewer"   // judges how the work went, without knowing for whom
	Planner      Role = "planner"            // says who works on what and sees how much there is, no customer data
	Editor       Role = "knowledge_editor"   // writes what is known, no customer data
	Privacy      Role = "privacy_officer"    // leads requests about data, and asks for erasures
	Compliance   Role = "compliance_officer" // reads the audit chain, findings and figures, no customer data
	Auditor      Role = "auditor"            // reads the audit chain, and who works here
)

// Roles are all of them, the one with the most rights first.
func Roles() []Role {
	return []Role{Owner, Admin, Supervisor, SecondLine, Agent, Fraud, Disputes, OutsideAgent, Quality, Planner, Editor, Privacy, Compliance, Auditor}
}

// ValidRole tells whether r is a role.
func ValidRole(r Role) bool { return slices.Contains(Roles(), r) }

// Level is how sure we are that a customer is who they say: an expiring
// assurance level, AL0 (anonymous) to AL3 (step-up, out of band, cool-down).
type Level uint8

// The assurance levels.
const (
	AL0 Level = iota
	AL1
	AL2
	AL3
)

// Principal is who acts. It is passed as a value, never kept in a context.
type Principal struct {
	Kind    Kind
	ID      string // customer id, staff id, key id, or the name of the part of Kefu
	Name    string // a name that may be shown: an agent's alias, never an account
	Role    Role   // of staff
	Scopes  Scopes // of programs
	Level   Level  // of customers
	Session string // the session it acts in, for the audit chain and revocation; of a program, its key
	// Restrained is somebody of the staff whose rights are fewer for now: what they were
	// given to work on, and nothing else.
	Restrained bool
	// Emergency is the id of what gives somebody of the staff more rights than their role,
	// for a short time and in the sight of everybody; "" for none. What is recorded of
	// them names it.
	Emergency string

	// Bounds are what the house's own restrictions leave of the rights of somebody who
	// works in a session; nil for everybody else. They come with the session.
	Bounds Bounds
}

// Bounds take from what a role may do, and are told what was decided.
type Bounds interface {
	// Judge is told an action and whether the delivered rights allow it to an object,
	// and says what is left of that. It never makes yes of no; policy sees to it. It
	// does not block, and allocates nothing where it takes nothing.
	Judge(action string, allowed bool) bool
}

// SystemPart is the principal of a part of Kefu that acts on its own.
func SystemPart(name string) Principal { return Principal{Kind: System, ID: name} }

// IsCustomer tells whether p is on the customer's side, signed in or not.
func (p Principal) IsCustomer() bool { return p.Kind.CustomerSide() }

// String names the kind for logs and the audit chain.
func (k Kind) String() string {
	switch k {
	case Visitor:
		return "visitor"
	case Customer:
		return "customer"
	case Staff:
		return "staff"
	case System:
		return "system"
	case Program:
		return "program"
	default:
		return "nobody"
	}
}

// CustomerSide tells whether k is a customer, signed in or not.
func (k Kind) CustomerSide() bool { return k == Visitor || k == Customer }

// Recorded tells whether what somebody of kind k reads is noted in the audit chain.
func (k Kind) Recorded() bool { return k == Staff || k == Program }
