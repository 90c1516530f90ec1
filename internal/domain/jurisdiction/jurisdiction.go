// Package jurisdiction is the law's side of a case: packs of duties with their
// deadlines, as data that says where each number comes from and how far it was
// checked, and the clocks that follow from what happened in a case. It is pure; it
// knows no case but what Reckon is handed of one.
//
// No pack is legal advice. Each number is to be signed off by the operator's counsel.
package jurisdiction

import (
	"kefu/internal/domain/form"
	"kefu/internal/domain/sla"
)

// Checked says how far a number was checked.
type Checked string

// The marks. A number that is not verified or read in a secondary source is never put
// into what a customer is promised.
const (
	Verified   Checked = "verified"   // read in the primary source
	Secondary  Checked = "secondary"  // read in what somebody wrote about it
	Unverified Checked = "unverified" // generally known, and read nowhere
	House      Checked = "house"      // no law: what the house asks of itself
)

// Promisable tells whether a customer may be told a number of this mark.
func (c Checked) Promisable() bool { return c == Verified || c == Secondary || c == House }

// Type is what a case is about.
type Type string

// The types of cases.
const (
	Unauthorised Type = "unauthorised" // somebody else paid with the customer's money
	Scam         Type = "scam"         // the customer paid, and was tricked into it
	Merchant     Type = "merchant"     // the shop did not keep its word
	Mistake      Type = "error"        // wrong sum, twice, not booked
	Complaint    Type = "complaint"    // about the house itself
	DataRequest  Type = "data_request" // about what is kept of somebody
)

// Types are all of them, in the order in which they are shown.
func Types() []Type {
	return []Type{Unauthorised, Scam, Merchant, Mistake, Complaint, DataRequest}
}

// Mark is something in a case by which clocks start and end.
type Mark string

// The marks of a case.
const (
	Noticed      Mark = "noticed"      // the customer told us, in any channel
	Acknowledged Mark = "acknowledged" // the customer was told that we have it
	Informed     Mark = "informed"     // was told how it stands, or anything of what follows here
	Held         Mark = "held"         // was sent a holding reply that says why it takes longer
	Extended     Mark = "extended"     // the longer term was taken, and the customer told why
	Credited     Mark = "credited"     // money was given back for the time being, or for good
	CreditTold   Mark = "credit_told"  // the customer was told of that
	Decided      Mark = "decided"
	Upheld       Mark = "upheld" // decided for the customer, at least in part
	Corrected    Mark = "corrected"
	Answered     Mark = "answered"   // the customer was told the decision
	CreditDue    Mark = "credit_due" // a person was asked to propose a credit
)

// Marks are all of them.
func Marks() []Mark {
	return []Mark{Noticed, Acknowledged, Informed, Held, Extended, Credited, CreditTold, Decided, Upheld, Corrected, Answered, CreditDue}
}

// Fact is a circumstance of a case on which a duty depends.
type Fact string

// The facts.
const (
	NewAccount     Fact = "new_account"       // at most 30 days after the first deposit
	PointOfSale    Fact = "pos_or_foreign"    // a card at a shop's till, or abroad
	AuthorityTold  Fact = "authority_told"    // fraud is suspected, and the authority was told in writing
	PayeeInitiated Fact = "payee_initiated"   // the payee began the payment, as with a direct debit
	PaymentService Fact = "payment_service"   // a complaint about payments
	Complex        Fact = "complex"           // the longer term was taken, with a notice
	Vulnerable     Fact = "vulnerable"        // the customer is, for this case
	Negligent      Fact = "grossly_negligent" // of the customer, as assessed
	PoliceReport   Fact = "police_report"     // there is one
	Impersonation  Fact = "impersonated_us"   // somebody said they were us
	StrongAuth     Fact = "strong_auth"       // the wallet asked for two factors
)

// Facts are all of them.
func Facts() []Fact {
	return []Fact{NewAccount, PointOfSale, AuthorityTold, PayeeInitiated, PaymentService, Complex, Vulnerable, Negligent, PoliceReport, Impersonation, StrongAuth}
}

// Unit is what a period is counted in.
type Unit string

// The units. Days are counted from the day after the one on which a clock starts, and
// the period is over with the last of them.
const (
	BusinessDays Unit = "business_days"
	CalendarDays Unit = "calendar_days"
	Hours        Unit = "hours"
	Months       Unit = "months"
)

// Period is a time that a duty gives.
type Period struct {
	Amount int  `yaml:"amount" json:"amount"`
	Unit   Unit `yaml:"unit" json:"unit"`
}

// Cited is where a number comes from, and how far that was checked.
type Cited struct {
	Source  string  `yaml:"source" json:"source"`
	Checked Checked `yaml:"checked" json:"checked"`
}

// Instead is the period of a clock where a fact holds.
type Instead struct {
	If     Fact `yaml:"if" json:"if"`
	Period `yaml:",inline"`
	Cited  `yaml:",inline"`
}

// Clock is a duty with a time in which it has to be done.
type Clock struct {
	ID      string     `yaml:"id" json:"id"`
	Title   form.Texts `yaml:"title" json:"title"`     // for staff: what has to be done
	Promise form.Texts `yaml:"promise" json:"promise"` // what a customer hears by then; none: it is nothing to them
	Starts  Mark       `yaml:"starts" json:"starts"`
	Meets   []Mark     `yaml:"meets" json:"meets"` // the first of them ends it
	Again   bool       `yaml:"again" json:"again"` // it starts anew when it is met, until the case is over
	If      []Fact     `yaml:"if" json:"if"`       // all hold, else there is no such duty
	Unless  []Fact     `yaml:"unless" json:"unless"`
	After   Mark       `yaml:"after" json:"after"` // it counts only once this was there, from its start all the same
	Pauses  []string   `yaml:"pauses" json:"pauses"`
	Period  `yaml:",inline"`
	Cited   `yaml:",inline"`
	Instead []Instead `yaml:"instead" json:"instead"` // the first that holds
	Does    string    `yaml:"does" json:"does"`       // what Kefu does by itself on the last day: no duty, and never broken
}

// Limit is until when a customer can claim, from some day of the payment on.
type Limit struct {
	From   string `yaml:"from" json:"from"` // payment, statement, last_payment
	Period `yaml:",inline"`
	Cited  `yaml:",inline"`
}

// Item is something that a case needs to be decided.
type Item struct {
	ID       string     `yaml:"id" json:"id"`
	Title    form.Texts `yaml:"title" json:"title"`
	Customer bool       `yaml:"customer" json:"customer"` // who brings it: else the house
	Required bool       `yaml:"required" json:"required"` // there is no refusal before it is there, or known not to come
}

// Figure is a number of the law that is no time.
type Figure struct {
	Title    form.Texts `yaml:"title" json:"title"`
	Amount   string     `yaml:"amount" json:"amount"`
	Currency string     `yaml:"currency" json:"currency"`
	Cited    `yaml:",inline"`
}

// Rules are what a pack says of one type of case.
type Rules struct {
	Clocks   []Clock           `yaml:"clocks"`
	Limits   []Limit           `yaml:"limits"`
	Evidence []Item            `yaml:"evidence"`
	Figures  map[string]Figure `yaml:"figures"`
	// Liability is what the customer bears of the loss themselves.
	Liability []Tier `yaml:"liability"`
	// Assess are facts that somebody has to have said yes or no to before the customer
	// is refused.
	Assess []Fact `yaml:"assess"`
	// Appeal is who can be asked about this type, where it is another than the pack's.
	Appeal *Appeal `yaml:"appeal"`
}

// ProposeCredit has a person asked to propose a credit: no money moves by itself.
const ProposeCredit = "propose_credit"

// Tier is how much of a loss the customer bears, at most, where its conditions are met. The
// tiers of a type stand in their order: the first that applies counts.
type Tier struct {
	Title     form.Texts `yaml:"title"`
	Most      string     `yaml:"most"` // "": no limit
	Currency  string     `yaml:"currency"`
	Learned   *Period    `yaml:"learned"`   // they told us within so long of learning of it
	Statement *Period    `yaml:"statement"` // they told us within so long of the statement
	If        []Fact     `yaml:"if"`
	Unless    []Fact     `yaml:"unless"`
	Cited     `yaml:",inline"`
}

// Appeal is who can be asked when a customer does not accept a decision.
type Appeal struct {
	Body   form.Texts `yaml:"body"`
	Period Period     `yaml:"period"` // none: no time is known
	Cited  `yaml:",inline"`
}

// AppealOf is who can be asked about a type of case.
func (p *Pack) AppealOf(t Type) Appeal {
	if of := p.Types[t].Appeal; of != nil {
		return *of
	}
	return p.Appeal
}

// Record is what has to be kept of a customer who is gone.
type Record struct {
	ID     string     `yaml:"id"`
	Title  form.Texts `yaml:"title"`
	Period `yaml:",inline"`
	Cited  `yaml:",inline"`
}

// Pack is what a jurisdiction asks, from some day on.
type Pack struct {
	ID       string     `yaml:"id"`
	Version  int        `yaml:"version"`
	Title    form.Texts `yaml:"title"`
	From     string     `yaml:"from"`     // the first day on which a notice falls under it
	Reviewer string     `yaml:"reviewer"` // the counsel who signed it off; "": nobody did
	Reviewed string     `yaml:"reviewed"` // the day of that
	Calendar string     `yaml:"calendar"`
	Keep     Period     `yaml:"keep"` // how long a case is kept after its end, in months
	Kept     Cited      `yaml:"kept"`
	// Records are what a wallet has to keep of a customer who is gone, and how long.
	Records []Record `yaml:"records"`
	// Pauses are the reasons for which clocks may stand still, as they are shown.
	Pauses map[string]form.Texts `yaml:"pauses"`
	Types  map[Type]Rules        `yaml:"types"`
	Appeal Appeal                `yaml:"appeal"`

	days *Calendar
	from sla.Day
}

// Days is the calendar that business days are counted by.
func (p *Pack) Days() *Calendar { return p.days }

// Calendar is a list of the days on which no business is done.
type Calendar struct {
	ID       string
	Version  int
	Source   string
	Checked  Checked
	Through  sla.Day // the last day that the list covers
	Since    sla.Day // the first one
	reckoner *sla.Hours
}

// Covers tells whether the list says of a day whether business is done.
func (c *Calendar) Covers(d sla.Day) bool { return !d.Before(c.Since) && !c.Through.Before(d) }

// Hours are the calendar as it reckons.
func (c *Calendar) Hours() *sla.Hours { return c.reckoner }
