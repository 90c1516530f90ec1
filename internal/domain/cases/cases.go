// Package cases is about what a customer claims or complains of and somebody has to
// decide: a payment that was not theirs, a scam, a shop, an error, a complaint, a
// request for data. A case is a log of events that are only ever added; its stage, what
// its clocks follow from and what a customer is told next are worked out from them.
// Deadlines are jurisdiction's, money is moved by acts in the wallet, words to the
// customer are said in conversations: a case notes that they were.
package cases

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds of a case.
const (
	MaxEvents   = 2000
	MaxText     = 4000 // characters
	MaxReason   = 1000 // characters
	MaxPayments = 50
	MaxOpen     = 20 // of one customer at once
	MaxPage     = 100
)

// Kind is what an event is.
type Kind string

// The kinds of events.
const (
	Opened      Kind = "opened"
	Noticed     Kind = "noticed"   // an earlier or another notice of the same, in some channel
	Confirmed   Kind = "confirmed" // what it is about, and which law counts, as somebody says who looked
	Linked      Kind = "linked"    // a further conversation
	Concerns    Kind = "concerns"  // a further payment
	Found       Kind = "found"     // whether a fact holds
	Asked       Kind = "asked"     // for a piece of evidence
	Received    Kind = "received"
	Dropped     Kind = "dropped" // it is not needed, or cannot be had
	Paused      Kind = "paused"
	Resumed     Kind = "resumed"
	Informed    Kind = "informed" // the customer was told how it stands
	Promised    Kind = "promised" // by when the customer hears, said by a person
	Extended    Kind = "extended"
	Credited    Kind = "credited"
	CreditTaken Kind = "credit_taken" // it was taken back
	Decided     Kind = "decided"
	Corrected   Kind = "corrected"
	Written     Kind = "written" // a letter was sent
	Appealed    Kind = "appealed"
	Withdrawn   Kind = "withdrawn"
	Closed      Kind = "closed"
	Reopened    Kind = "reopened"
	Assigned    Kind = "assigned"
	Noted       Kind = "noted"  // for staff alone
	Added       Kind = "added"  // words or files that nobody had asked for
	Resent      Kind = "resent" // a letter that was sent already, once more
	PutOnHold   Kind = "held"   // it is kept whatever its law says, until somebody lets it go
	LetGo       Kind = "let_go"
	CreditDue   Kind = "credit_due" // somebody is to propose a credit: the law's time for it comes
	Erased      Kind = "erased"     // what is kept of the customer, as far as no law keeps it
	Prepared    Kind = "prepared"   // a copy of what is kept of them can be fetched
	Fetched     Kind = "fetched"    // and was
	Identified  Kind = "identified" // who asks has proven in the wallet who they are
	Vouched     Kind = "vouched"    // somebody of ours says by what they are sure who asks; two have to
	LiftTold    Kind = "lift_told"  // the customer was told that the standstill ends, and when
	Lifted      Kind = "lifted"     // what is kept of the customer may be used again
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{Opened, Noticed, Confirmed, Linked, Concerns, Found, Asked, Received, Dropped, Paused, Resumed, Informed, Promised, Extended, Credited, CreditTaken,
		Decided, Corrected, Written, Appealed, Withdrawn, Closed, Reopened, Assigned, Noted, Added, Resent, PutOnHold, LetGo, CreditDue, Erased, Prepared, Fetched, Identified, Vouched, LiftTold, Lifted}
}

// Internal tells whether customers do not hear of an event.
func (k Kind) Internal() bool {
	switch k {
	case Confirmed, Linked, Found, Dropped, Assigned, Noted, Corrected, Resent, PutOnHold, LetGo, CreditDue, Vouched:
		return true
	default:
		return false
	}
}

// OfPrivacy tells whether an event says what Kefu itself did of a request about data.
func (k Kind) OfPrivacy() bool { return k == Erased || k == Prepared || k == Fetched }

// ByCustomer tells whether the customer's side may add an event of the kind.
func (k Kind) ByCustomer() bool {
	return k == Received || k == Added || k == Appealed || k == Withdrawn || k == Identified || k == Lifted
}

// Stage is how far a case is.
type Stage string

// The stages.
const (
	Reported      Stage = "reported"      // nobody has confirmed yet what it is
	Investigating Stage = "investigating" // it is the house's turn
	Waiting       Stage = "waiting"       // for something that the customer was asked for
	WasDecided    Stage = "decided"       // and the customer is to be told
	Answered      Stage = "answered"
	Ended         Stage = "closed"
	TakenBack     Stage = "withdrawn"
)

// Stages are all of them.
func Stages() []Stage {
	return []Stage{Reported, Investigating, Waiting, WasDecided, Answered, Ended, TakenBack}
}

// Over tells whether nothing is to be done any more.
func (s Stage) Over() bool { return s == Ended || s == TakenBack }

// Outcome is what was decided.
type Outcome string

// The outcomes.
const (
	Upheld       Outcome = "upheld" // for the customer
	PartlyUpheld Outcome = "partly_upheld"
	Refused      Outcome = "refused"
)

// By is who added an event.
type By struct {
	Kind identity.Kind
	ID   string
}

// ByOf is p as an event remembers them.
func ByOf(p identity.Principal) By { return By{p.Kind, p.ID} }

// Event is something that happened to a case. It is never changed.
type Event struct {
	Seq  int64
	Kind Kind
	At   int64 // when it was noted, in microseconds
	When int64 // when it happened: At, unless it was earlier
	By   By
	Data
	// Files stand in the entry that the event names; they are read there, and not kept
	// with the event.
	Files []File
}

// File is a file that somebody brought.
type File struct {
	ID, Name, Type string
	Size           int64 // bytes
}

// Data is what an event carries. It is sealed as a whole.
type Data struct {
	Type         jurisdiction.Type   `json:"type,omitempty"`
	Request      Request             `json:"request,omitempty"` // of a request about data
	Jurisdiction string              `json:"jurisdiction,omitempty"`
	Version      int                 `json:"version,omitempty"`
	Channel      string              `json:"channel,omitempty"` // of a notice
	Conversation string              `json:"conv,omitempty"`
	Entry        int64               `json:"entry,omitempty"` // its sequence number there
	Payments     []wallet.Reference  `json:"payments,omitempty"`
	Fact         jurisdiction.Fact   `json:"fact,omitempty"`
	Holds        bool                `json:"holds,omitempty"`
	Items        []string            `json:"items,omitempty"` // of evidence
	Reason       string              `json:"reason,omitempty"`
	Text         string              `json:"text,omitempty"`
	Until        int64               `json:"until,omitempty"`
	Amount       *wallet.Money       `json:"amount,omitempty"`
	Act          string              `json:"act,omitempty"` // that moved it
	Outcome      Outcome             `json:"outcome,omitempty"`
	Letter       jurisdiction.Letter `json:"letter,omitempty"`
	Title        string              `json:"title,omitempty"`
	Language     string              `json:"lang,omitempty"`
	Staff        string              `json:"staff,omitempty"`
}

// Unproven tells whether an event says of money what no act in the wallet shows.
func (e Event) Unproven() bool { return e.ofMoney() && e.Act == "" }

// Overseen tells whether only who oversees cases may add an event, whatever it says.
func (e Event) Overseen() bool { return e.Kind == PutOnHold || e.Kind == LetGo }

// LeadsPrivacy tells whether only who leads requests about data may add an event.
func (e Event) LeadsPrivacy() bool {
	return e.Kind == Vouched || e.Kind == LiftTold || (e.Kind == Lifted && !e.By.Kind.CustomerSide())
}

// NeedsLead tells whether only who leads requests about data may add an event to a case: of
// such a request the decision, too.
func (c *Case) NeedsLead(e Event) bool {
	return e.LeadsPrivacy() || (e.Kind == Decided && c.Type == jurisdiction.DataRequest && e.By.Kind == identity.Staff)
}

// Object is a case as a decision about it needs it.
func (c *Case) Object() policy.Object {
	return policy.Object{CustomerID: c.CustomerID, AssigneeID: c.Assignee, DataRequest: c.Type == jurisdiction.DataRequest}
}

// Cites tells whether an event rests on an act in the wallet.
func (e Event) Cites() bool { return e.ofMoney() && e.Act != "" }

func (e Event) ofMoney() bool { return e.Kind == Credited || e.Kind == Corrected }

// Item is how a piece of evidence stands.
type Item struct {
	AskedAt, ReceivedAt, DroppedAt int64
}

// Settled tells whether nobody waits for it.
func (i Item) Settled() bool { return i.ReceivedAt != 0 || i.DroppedAt != 0 }

// Promise is by when a person said that the customer hears.
type Promise struct {
	Until, At int64
	Reason    string // why it is another time than before
}

// Decision is what was decided last.
type Decision struct {
	Outcome Outcome
	Reason  string
	Amount  *wallet.Money
	At      int64
	By      By
}

// Credit is money that was given for the time being.
type Credit struct {
	Amount      wallet.Money
	Act         string
	At, TakenAt int64
}

// Head is what a case is from its first moment on.
type Head struct {
	ID, Reference, CustomerID string
}

// Case is a case as its events make it.
type Case struct {
	Head
	Type          jurisdiction.Type
	Request       Request // of a request about data; "": nobody has said
	Jurisdiction  string  // "": nobody has said yet which law counts
	Version       int
	Confirmed     bool
	Stage         Stage
	NoticedAt     int64 // the first notice, in any channel
	OpenedAt      int64
	ChangedAt     int64
	Language      string
	Channel       string
	Conversations []string
	Payments      []wallet.Reference
	Facts         map[jurisdiction.Fact]bool // of those that somebody has said yes or no to
	Items         map[string]Item
	Pauses        []jurisdiction.Pause
	Promise       *Promise
	Credit        *Credit
	Decision      *Decision
	AnsweredAt    int64
	Appeals       int
	Assignee      string
	OverAt        int64
	Erased        bool  // what the customer asked to have erased was
	PreparedAt    int64 // since when a copy can be fetched; 0: none can
	Proven        Proof // how it is known who asks
	StillSince    int64 // since when what is kept of the customer is used for nothing else; 0: it is
	LiftAt        int64 // when that ends, as the customer was told; 0: they were told nothing
	OnHold        bool  // it is not forgotten, whatever its law says
	Events        []Event

	marks []jurisdiction.Marked
}

// customerInformation is the reason of a pause that ends by itself when the customer
// has brought what they were asked for.
const customerInformation = "customer_information"

// Fold makes a case of its events, which are in their order. Errors: Internal for
// events that could not have been added.
func Fold(h Head, events []Event) (*Case, error) {
	c := New(h)
	for _, e := range events {
		if err := c.Apply(e); err != nil {
			return nil, fault.New(fault.Internal, "cases.Fold", "event %d does not fit: %s", e.Seq, fault.CodeOf(err))
		}
	}
	return c, nil
}

// New is a case before its first event.
func New(h Head) *Case {
	return &Case{Head: h, Facts: map[jurisdiction.Fact]bool{}, Items: map[string]Item{}}
}

func refuse(field, format string, values ...any) error {
	return fault.InvalidField("cases.Apply", field, format, values...)
}

func conflict(reason, format string, values ...any) error {
	return &fault.Error{Code: fault.Conflict, Op: "cases.Apply", Reason: reason, Message: fmt.Sprintf(format, values...)}
}

// Apply adds an event. Errors: Invalid for one that says nothing; Conflict, with a
// reason, where it does not follow what there is.
func (c *Case) Apply(e Event) error {
	if err := c.may(e); err != nil {
		return err
	}
	c.take(e)
	e.Seq = int64(len(c.Events)) + 1
	c.Events = append(c.Events, e)
	c.ChangedAt = e.At
	c.settle()
	return nil
}

// may tells whether an event can follow.
func (c *Case) may(e Event) error {
	if (e.Kind == Opened) != (len(c.Events) == 0) {
		return conflict("opened", "a case begins once")
	}
	switch {
	case !slices.Contains(Kinds(), e.Kind):
		return refuse("kind", "is none")
	case len(c.Events) >= MaxEvents:
		return conflict("full", "a case has at most %d events", MaxEvents)
	case e.When <= 0 || e.When > e.At:
		return refuse("when", "is not before now")
	case e.By.ID == "":
		return refuse("by", "is nobody")
	case e.By.Kind.CustomerSide() && e.Kind != Opened && !e.Kind.ByCustomer():
		return conflict("staff", "is for staff")
	case utf8.RuneCountInString(e.Text) > MaxText || utf8.RuneCountInString(e.Reason) > MaxReason:
		return refuse("text", "is too long")
	case c.Stage.Over() && !slices.Contains([]Kind{Reopened, Appealed, Noted, Added, Written, Resent, PutOnHold, LetGo, Erased, Fetched, LiftTold, Lifted}, e.Kind):
		return conflict("over", "the case is over")
	}
	return c.follows(e)
}

// follows is what each kind asks for.
func (c *Case) follows(e Event) error {
	switch e.Kind {
	case Opened, Confirmed:
		return c.mayConfirm(e)
	case Noticed:
		if e.Channel == "" {
			return refuse("channel", "is missing")
		}
	case Linked:
		if e.Conversation == "" {
			return refuse("conv", "is missing")
		}
	case Concerns:
		if len(e.Payments) == 0 || len(c.Payments)+len(e.Payments) > MaxPayments {
			return refuse("payments", "are none, or too many")
		}
	case Found:
		if !slices.Contains(jurisdiction.Facts(), e.Fact) {
			return refuse("fact", "is none")
		}
	case Asked, Received, Dropped:
		return c.mayCollect(e)
	case Paused:
		if e.Reason == "" || c.waitsFor(e.Reason) {
			return conflict("paused", "it waits for that already, or for nothing")
		}
	case Resumed:
		if !c.waitsFor(e.Reason) {
			return conflict("not_paused", "it does not wait for that")
		}
	case Informed, Noted, Appealed, Reopened, Extended:
		return c.maySay(e)
	case Promised:
		return c.mayPromise(e)
	case CreditDue:
		if !c.CreditOpen() {
			return conflict("no_need", "it is credited or decided")
		}
	case PutOnHold, LetGo:
		if e.Reason == "" {
			return refuse("reason", "is missing")
		}
		if c.OnHold == (e.Kind == PutOnHold) {
			return conflict("hold", "it is so already")
		}
	case Resent:
		if e.Entry <= 0 || e.Title == "" || !slices.ContainsFunc(c.Events, func(x Event) bool { return x.Kind == Written && x.Letter == e.Letter }) {
			return refuse("letter", "was not sent before")
		}
	case Erased, Prepared, Fetched:
		return c.mayServe(e)
	case Identified, Vouched:
		return c.mayIdentify(e)
	case LiftTold, Lifted:
		return c.mayLift(e)
	case Added:
		if e.Entry <= 0 {
			return refuse("entry", "is missing: where it was said")
		}
	case Credited, CreditTaken:
		return c.mayCredit(e)
	case Decided, Corrected, Written, Closed:
		return c.mayEnd(e)
	}
	return nil
}

func (c *Case) mayConfirm(e Event) error {
	switch {
	case !slices.Contains(jurisdiction.Types(), e.Type):
		return refuse("type", "is none")
	case e.Request != "" && (!e.Request.Known() || e.Type != jurisdiction.DataRequest):
		return refuse("request", "is none, or not of this type of case")
	case e.Kind == Opened && (e.Channel == "" || len(e.Payments) > MaxPayments):
		return refuse("channel", "is missing, or there are too many payments")
	case e.Kind == Confirmed && (e.Jurisdiction == "" || e.Version == 0):
		return refuse("jurisdiction", "is missing")
	case e.Kind == Confirmed && c.Decision != nil:
		return conflict("decided", "what it is about is settled once it was decided")
	case e.Kind == Confirmed && c.Confirmed && e.Type != c.Type && e.Reason == "":
		return refuse("reason", "is needed to make it another type")
	}
	return nil
}

func (c *Case) mayCollect(e Event) error {
	if len(e.Items) == 0 || slices.Contains(e.Items, "") {
		return refuse("items", "are none")
	}
	for _, id := range e.Items {
		switch item := c.Items[id]; {
		case e.Kind == Asked && item.AskedAt != 0 && !item.Settled():
			return conflict("asked", "it was asked for already")
		case e.Kind == Dropped && e.Reason == "":
			return refuse("reason", "is needed to go without it")
		case e.Kind == Received && e.By.Kind.CustomerSide() && (item.AskedAt == 0 || item.Settled()):
			return conflict("not_asked", "it was not asked for")
		}
	}
	return nil
}

func (c *Case) maySay(e Event) error {
	switch {
	case (e.Kind == Informed || e.Kind == Noted || e.Kind == Appealed) && e.Text == "" && !(e.Kind == Appealed && e.By.Kind.CustomerSide() && e.Entry > 0):
		return refuse("text", "is missing")
	case e.Kind == Appealed && (c.Decision == nil || c.AnsweredAt == 0):
		return conflict("not_answered", "there is no answer yet")
	case e.Kind == Reopened && !c.Stage.Over():
		return conflict("not_over", "the case is not over")
	case (e.Kind == Reopened || e.Kind == Extended) && e.Reason == "":
		return refuse("reason", "is missing")
	}
	return nil
}

func (c *Case) mayPromise(e Event) error {
	switch {
	case e.Until <= e.At:
		return refuse("until", "is not later than now")
	case c.Promise != nil && e.Reason == "":
		return refuse("reason", "is needed for another time than was promised: the customer sees it")
	}
	return nil
}

// mayServe tells whether what was done of a request about data can follow.
func (c *Case) mayServe(e Event) error {
	switch {
	case c.Type != jurisdiction.DataRequest:
		return conflict("no_request", "it is no request about data")
	case e.Kind == Erased && c.Erased:
		return conflict("erased", "it was done already")
	case e.Kind == Fetched && c.PreparedAt == 0:
		return conflict("not_prepared", "nothing can be fetched yet")
	}
	return nil
}

func (c *Case) mayCredit(e Event) error {
	switch {
	case e.Amount == nil || e.Amount.None() || e.Amount.Sign() <= 0:
		return refuse("amount", "is missing")
	case e.Kind == CreditTaken && (c.Credit == nil || c.Credit.TakenAt != 0):
		return conflict("no_credit", "there is no credit to take back")
	case e.Kind == CreditTaken && (!c.Credit.Amount.Like(*e.Amount) || e.Amount.Cmp(c.Credit.Amount) > 0):
		return refuse("amount", "is more than was credited")
	case e.Kind == CreditTaken && (c.Decision == nil || c.Decision.Outcome == Upheld):
		return conflict("not_refused", "it was not refused")
	}
	return nil
}

func (c *Case) mayEnd(e Event) error {
	switch e.Kind {
	case Decided:
		switch {
		case !c.Confirmed:
			return conflict("not_confirmed", "nobody has confirmed what it is about")
		case c.Decision != nil:
			return conflict("decided", "it is decided")
		case !slices.Contains([]Outcome{Upheld, PartlyUpheld, Refused}, e.Outcome):
			return refuse("outcome", "is none")
		case e.Reason == "":
			return refuse("reason", "is missing")
		}
	case Corrected:
		if c.Decision == nil || c.Decision.Outcome == Refused {
			return conflict("not_upheld", "there is nothing to correct")
		}
	case Written:
		return c.mayWrite(e)
	case Closed:
		if c.AnsweredAt == 0 && c.Confirmed {
			return conflict("not_answered", "the customer was not told the decision")
		}
		if !c.Confirmed && e.Reason == "" {
			return refuse("reason", "is needed to close what is no case")
		}
	}
	return nil
}

func (c *Case) mayWrite(e Event) error {
	if e.Text == "" || e.Language == "" || !slices.Contains(jurisdiction.Letters(), e.Letter) {
		return refuse("letter", "is none")
	}
	want := map[jurisdiction.Letter]Outcome{jurisdiction.Approval: Upheld, jurisdiction.PartApproval: PartlyUpheld, jurisdiction.Refusal: Refused}[e.Letter]
	switch {
	case want != "" && (c.Decision == nil || c.Decision.Outcome != want):
		return conflict("not_decided", "that is not what was decided")
	case e.Letter == jurisdiction.CreditGiven && c.Credit == nil, e.Letter == jurisdiction.CreditTaken && (c.Credit == nil || c.Credit.TakenAt == 0):
		return conflict("no_credit", "there is no such credit")
	}
	return nil
}

// settle works out the stage.
func (c *Case) settle() {
	last := c.Events[len(c.Events)-1].Kind
	switch {
	case c.OverAt != 0 && (last == Withdrawn || c.Stage == TakenBack):
		c.Stage = TakenBack
	case c.OverAt != 0:
		c.Stage = Ended
	case !c.Confirmed:
		c.Stage = Reported
	case c.AnsweredAt != 0:
		c.Stage = Answered
	case c.Decision != nil:
		c.Stage = WasDecided
	case c.asking():
		c.Stage = Waiting
	default:
		c.Stage = Investigating
	}
}

// CreditOpen tells whether a credit can still be given for the time being.
func (c *Case) CreditOpen() bool { return c.Credit == nil && c.Decision == nil && c.OverAt == 0 }

// Proposal asks for a credit of what the payments come to; of no sum, where none is known
// or they are in several currencies.
func (c *Case) Proposal() Event {
	e := Event{Kind: CreditDue}
	for i, p := range c.Payments {
		if i == 0 {
			e.Amount = &p.Amount
			continue
		}
		sum, err := e.Amount.Add(p.Amount)
		if err != nil {
			e.Amount = nil
			break
		}
		e.Amount = &sum
	}
	return e
}

// History is what the clocks follow from.
func (c *Case) History() jurisdiction.History {
	return jurisdiction.History{Marks: c.marks, Facts: c.Facts, Pauses: c.Pauses, Over: c.OverAt}
}

// Clocks are the case's, as of now; none while nobody has said which law counts.
func (c *Case) Clocks(b *jurisdiction.Book, now int64) []jurisdiction.Reckoned {
	p, ok := b.Find(c.Jurisdiction, c.Version)
	if !ok {
		return nil
	}
	return jurisdiction.Reckon(p, c.Type, c.History(), now)
}
