// Package action is something that is done in the wallet for a customer, in five
// steps: it is proposed, from a dry run, as exactly what will happen; confirmed, by
// the hash of that; approved by a second person, above limits; executed, under a key
// that makes it happen once; and reconciled, because an answer that did not come is
// unknown and never a failure. It decides what may follow what; it asks nobody and
// keeps nothing.
package action

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// State is how far an action has got.
type State string

// The states.
const (
	Proposed  State = "proposed"  // shown, and nothing agreed
	Confirmed State = "confirmed" // the customer wants exactly this
	Waiting   State = "waiting"   // for a second person
	Approved  State = "approved"
	Planned   State = "planned" // will be sent: written down before anything leaves
	Sent      State = "sent"    // the wallet has it
	Succeeded State = "succeeded"
	Failed    State = "failed"    // over, and nothing happened
	Unknown   State = "unknown"   // it may have happened: asked for, never sent anew
	Rejected  State = "rejected"  // by the second person
	Cancelled State = "cancelled" // by whoever wanted it
	Expired   State = "expired"
)

// next lists what may follow each state.
func next(s State) []State {
	switch s {
	case Proposed:
		return []State{Confirmed, Cancelled, Expired}
	case Confirmed:
		return []State{Waiting, Planned, Cancelled, Expired, Failed}
	case Waiting:
		return []State{Approved, Rejected, Cancelled, Expired, Failed}
	case Approved:
		return []State{Planned, Cancelled, Expired, Failed}
	case Planned:
		return []State{Sent, Succeeded, Failed, Unknown}
	case Sent:
		return []State{Succeeded, Failed, Unknown}
	case Unknown:
		return []State{Sent, Succeeded, Failed, Planned}
	default:
		return nil
	}
}

// States lists every state.
func States() []State {
	return []State{Proposed, Confirmed, Waiting, Approved, Planned, Sent, Succeeded, Failed, Unknown, Rejected, Cancelled, Expired}
}

// May tells whether to may follow s.
func (s State) May(to State) bool { return slices.Contains(next(s), to) }

// Over tells whether nothing may follow s.
func (s State) Over() bool { return len(next(s)) == 0 }

// Underway tells whether something may have left for the wallet that nobody knows
// the end of.
func (s State) Underway() bool { return s == Planned || s == Sent || s == Unknown }

// How long each step is good for. Nothing happens hours after somebody wanted it.
const (
	ProposalLife = 10 * time.Minute // from the dry run to the customer's yes
	ApprovalLife = 24 * time.Hour   // from that to the second person's
	StartLife    = 10 * time.Minute // from the last yes to the wallet
	SendLease    = time.Minute      // in which the wallet's answer to a command is awaited before it is asked by the key
	AlarmAfter   = 24 * time.Hour   // that nobody knows what became of it
	ArriveLife   = 10 * time.Minute // in which a command that left may still arrive: its signature is good for five, by a clock that may be five off
)

// Action is one thing to be done.
type Action struct {
	ID             string
	ConversationID string
	CustomerID     string // Kefu's
	Run, Step      string // of the flow that proposed it; "" at the desk
	Command        wallet.Command
	Papers         []string       // where the files of the command are kept here, in their order
	Summary        wallet.Summary // of the dry run: what will happen
	Verdict        Verdict        // of the policy, when it was proposed
	Hash           string         // of the command and the summary
	State          State
	Maker          By     // who proposed it
	Confirmer      By     // the customer; or staff, where an act is cautious
	ApprovalID     string // the request that waits for a second person
	StepUpID       string // the proof that was used
	OperationID    string // the wallet's
	Refusal        wallet.Refusal
	Made           []wallet.Made
	Tries          int       // how often the wallet was asked
	NextAt         time.Time // when it is to be asked again
	CreatedAt      time.Time
	ExpiresAt      time.Time // of a state that does not wait for the wallet
	ChangedAt      time.Time
	HandedAt       time.Time // when it was handed over last
	LeftAt         time.Time // when that was of the last command that may have left; zero: none can have
	Untold         bool      // it is done, and its customer, for whom somebody here said yes, was not told so yet
	Lost           bool      // it is there, and what it is cannot be read: its key is gone, or it is damaged
	AskSince       time.Time // since when the wallet has to be asked before anything else: an older database was put back; zero: it need not
}

// Kept is an action as it is kept.
type Kept struct {
	Action
	Revision    int64     // grows by one with each change: whoever changes it names the one they saw
	Sending     bool      // it was handed to the wallet, and whether it arrived is not noted yet
	Alarmed     bool      // somebody was told that nobody knows what became of it
	Given       int       // how many of the command's files, from the first, the wallet has already
	GivenAt     time.Time // when the first of them was given, for this act or for an attempt before; zero: none was, or nobody noted when
	Destination string    // where the money goes, in the customer's words, masked
	MakerName   string    // what the customer knows the member of staff by who proposed it; "" for others
	About       About     // what it acts on, in the customer's words
	Said        [2]string // of a gift: why, as the customer reads it, in English and Chinese
	Tied        []string  // of a gift: what its customer may have in common with others, as digests
}

// About is what an action acts on, as the customer knows it: the payment that is given
// back, called off or released. It is theirs alone: staff see the other side masked.
type About struct {
	Party  string       // on the other side; "" where nothing is known
	Amount wallet.Money // of that payment
	At     time.Time
}

// AsksCustomer tells whether a member of staff proposed it in a conversation, and only the
// customer can say yes.
func (a Action) AsksCustomer() bool {
	return a.Maker.Kind == identity.Staff && a.Run == "" && !a.Command.Act.Cautious() && !a.Command.Act.OfHouse()
}

// Query asks for actions, the newest first.
type Query struct {
	CustomerID     string // Kefu's; or
	ConversationID string // one of the two is needed, but for those that wait
	States         []State
	Before         string // the id of the last of the page before; "" for the first page
	Limit          int    // 1 to MaxPage
}

// MaxPage bounds a page of actions.
const MaxPage = 100

// Of says of whom it is summed up what was done, for Facts.
type Of struct {
	CustomerID string
	StaffID    string // who proposed; "" for nobody
	Act        wallet.Act
	Currency   string
	Except     string // the action that is judged: it does not count against itself
}

// Totals are such sums, of the last 24 hours where nothing else is said.
type Totals struct {
	DayCount   int64
	DayTotal   float64
	StaffTotal float64
	StaffHour  int64 // of acts that only make safe, of the last hour
	StaffDay   int64 // and of the day
	Unread     bool  // one of those that count cannot be read: the sums are unknown
}

// Counts tells whether an action counts against the bounds of a day: it happened, may
// have, or is about to.
func (s State) Counts() bool {
	return s == Confirmed || s == Waiting || s == Approved || s == Succeeded || s.Underway()
}

// By is who did something.
type By struct {
	Kind identity.Kind
	ID   string
}

// ByOf is p as an action remembers them.
func ByOf(p identity.Principal) By { return By{p.Kind, p.ID} }

// Hash is what a yes names: SHA-256 over everything that makes the action what it is,
// each part with its length, so that no two actions share one. The key, proofs and
// approvals are not part of it.
func Hash(c wallet.Command, s wallet.Summary) string {
	h := sha256.New()
	part := func(texts ...string) {
		for _, text := range texts {
			h.Write([]byte(strconv.Itoa(len(text)) + ":" + text + ","))
		}
	}
	sum := func(m wallet.Money) { part(m.Currency(), strconv.Itoa(m.Scale()), m.Amount()) }
	part("kefu action 1", string(c.Act), c.CustomerID, c.Target, c.Reason, c.Expect)
	part(strconv.Itoa(len(c.Also)))
	part(c.Also...)
	sum(c.Amount)
	part(strconv.Itoa(len(c.Details)))
	for _, name := range slices.Sorted(maps.Keys(c.Details)) {
		part(name, c.Details[name])
	}
	sum(s.Amount)
	part(strconv.Itoa(len(s.Fees)))
	for _, f := range s.Fees {
		part(f.Kind)
		sum(f.Amount)
	}
	part(s.Destination, strconv.FormatBool(s.Reversible), s.State, strconv.Itoa(len(s.Effects)))
	part(s.Effects...)
	for _, e := range c.Files { // behind all else, so that what was agreed to before there were files is the same
		part(e.Kind, e.Digest, e.Type, strconv.FormatInt(e.Size, 10))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Key is the idempotency key of a command: the same for the same step of the same run
// with the same arguments, whoever asks and however often. Attempt tells a second
// wish of the same from the first, once the first is over.
func Key(conversation, run, step string, c wallet.Command, attempt int) string {
	h := sha256.New()
	for _, text := range []string{conversation, run, step, strconv.Itoa(attempt), Hash(c, wallet.Summary{})} {
		h.Write([]byte(strconv.Itoa(len(text)) + ":" + text + ","))
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:20]))
}

// Propose makes an action of a dry run. Errors: Invalid for a command that is not
// whole; Forbidden, with the policy's code as its reason, where the policy says no.
func Propose(a Action, now time.Time) (Action, error) {
	const op = "action.Propose"
	if a.ID == "" || a.ConversationID == "" || a.CustomerID == "" || a.Maker.ID == "" {
		return Action{}, fault.New(fault.Invalid, op, "an action belongs to nobody")
	}
	if err := a.Command.Validate(); err != nil {
		return Action{}, err
	}
	if !a.Verdict.Allow {
		return Action{}, &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: a.Verdict.Code, Message: "the policy does not allow it"}
	}
	a.State, a.Hash = Proposed, Hash(a.Command, a.Summary)
	a.CreatedAt, a.ChangedAt, a.ExpiresAt = now, now, now.Add(ProposalLife)
	return a, nil
}

// At is a as it stands at a time: what nobody went on with expires by itself.
func (a Action) At(now time.Time) Action {
	if a.Doubtful() {
		return a
	}
	if !a.ExpiresAt.IsZero() && !now.Before(a.ExpiresAt) && a.State.May(Expired) {
		a.State, a.ChangedAt = Expired, a.ExpiresAt
	}
	return a
}

// to takes a to a state. Errors: Conflict.
func (a Action) to(op string, s State, now time.Time) (Action, error) {
	if a.Doubtful() {
		return a, inDoubt(op)
	}
	a = a.At(now)
	if !a.State.May(s) {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "it is not at that step"}
	}
	a.State, a.ChangedAt = s, now
	return a, nil
}

// Confirm is the yes to exactly what was shown. Customers say yes to what is theirs;
// staff only to what is cautious. A second yes to the same changes nothing.
//
// Errors: Forbidden; Conflict for another hash, or when it is not at that step.
func (a Action) Confirm(by identity.Principal, hash string, now time.Time) (Action, error) {
	const op = "action.Confirm"
	own := by.Kind == identity.Customer && by.ID == a.CustomerID
	if a.Command.Act.OfHouse() { // whoever gives it, and nobody else
		own = false
	}
	if !own && !(by.Kind == identity.Staff && (a.Command.Act.Cautious() || (a.Command.Act.OfHouse() && ByOf(by) == a.Maker))) {
		return a, fault.New(fault.Forbidden, op, "it is not theirs to say yes to")
	}
	if hash != a.Hash || Hash(a.Command, a.Summary) != a.Hash {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "hash", Message: "this is not what was shown"}
	}
	if a = a.At(now); a.State == Confirmed && a.Confirmer == ByOf(by) && !a.Doubtful() {
		return a, nil
	}
	a, err := a.to(op, Confirmed, now)
	if err != nil {
		return a, err
	}
	a.Confirmer, a.ExpiresAt = ByOf(by), now.Add(StartLife)
	return a, nil
}

// Await puts a before a second person. Errors: Conflict.
func (a Action) Await(approval string, now time.Time) (Action, error) {
	a, err := a.to("action.Await", Waiting, now)
	if err != nil {
		return a, err
	}
	a.ApprovalID, a.ExpiresAt = approval, now.Add(ApprovalLife)
	return a, nil
}

// Approve is the second person's yes, to the same hash. Errors: Forbidden for whoever
// proposed or confirmed it; Conflict.
func (a Action) Approve(by identity.Principal, hash string, now time.Time) (Action, error) {
	const op = "action.Approve"
	if by.Kind != identity.Staff || by.ID == "" || ByOf(by) == a.Maker || ByOf(by) == a.Confirmer {
		return a, fault.New(fault.Forbidden, op, "the second person is the first")
	}
	if hash != a.Hash || Hash(a.Command, a.Summary) != a.Hash {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "hash", Message: "this is not what was asked for"}
	}
	a, err := a.to(op, Approved, now)
	if err != nil {
		return a, err
	}
	a.Command.Approvals = append(slices.Clone(a.Command.Approvals), wallet.Approval{ID: by.ID, At: wallet.At(now)})
	a.ExpiresAt = now.Add(StartLife)
	return a, nil
}

// Reject is the second person's no. Errors: Forbidden, Conflict.
func (a Action) Reject(by identity.Principal, now time.Time) (Action, error) {
	const op = "action.Reject"
	if by.Kind != identity.Staff || ByOf(by) == a.Maker {
		return a, fault.New(fault.Forbidden, op, "it is not theirs to decide")
	}
	return a.to(op, Rejected, now)
}

// Cancel is given up by whoever wanted it, before anything has left. Errors:
// Forbidden, Conflict.
func (a Action) Cancel(by identity.Principal, now time.Time) (Action, error) {
	const op = "action.Cancel"
	own := by.Kind == identity.Customer && by.ID == a.CustomerID
	if !own && ByOf(by) != a.Maker {
		return a, fault.New(fault.Forbidden, op, "it is somebody else's")
	}
	a, err := a.to(op, Cancelled, now)
	if err == nil {
		a.Refusal = Withdrawn
		if own && ByOf(by) != a.Maker {
			a.Refusal = Declined
		}
	}
	return a, err
}

// Why an action ended that was given up. They are told where it is told that it was.
const (
	Withdrawn  wallet.Refusal = "withdrawn"  // by whoever proposed it
	Declined   wallet.Refusal = "declined"   // by the customer, whom somebody else had asked
	Superseded wallet.Refusal = "superseded" // another proposal for the same thing took its place
)

// Supersede ends what was proposed, or agreed to and not begun, because another proposal
// for the same thing takes its place. Errors: Conflict.
func (a Action) Supersede(now time.Time) (Action, error) {
	const op = "action.Supersede"
	if a.State != Proposed && a.State != Confirmed {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "it waits for somebody else, or has begun"}
	}
	a, err := a.to(op, Cancelled, now)
	if err == nil {
		a.Refusal = Superseded
	}
	return a, err
}

// FilesFor is for how long a wallet surely has a file that no command named yet; it may
// delete it after a day (docs/wallet-api.md, section 6).
const FilesFor = 12 * time.Hour

// Gave notes that the wallet has the first n of the files, which are handed over while the
// yes is good. Errors: Conflict when it is not at that step; Invalid for more than there are.
func (k Kept) Gave(n int, now time.Time) (Kept, error) {
	const op = "action.Gave"
	if n < 1 || n > len(k.Command.Files) {
		return k, fault.New(fault.Invalid, op, "%d files of %d", n, len(k.Command.Files))
	}
	if k.Doubtful() {
		return k, inDoubt(op)
	}
	if at := k.At(now).State; at != Confirmed && at != Approved {
		return k, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(at), Message: "it is not at that step"}
	}
	if k.GivenAt.IsZero() {
		k.GivenAt = now
	}
	k.Given = max(k.Given, n)
	return k, nil
}

// Fail ends what has not left, because it may not be done or is not any more what was
// agreed. Errors: Conflict.
func (a Action) Fail(why wallet.Refusal, now time.Time) (Action, error) {
	const op = "action.Fail"
	if a.State.Underway() {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "it may have left"}
	}
	a, err := a.to(op, Failed, now)
	if err != nil {
		return a, err
	}
	a.Refusal, a.ExpiresAt = why, time.Time{}
	return a, nil
}

// Ready is what has to be true, again, in the moment before an action leaves.
type Ready struct {
	Summary wallet.Summary // of a new dry run
	Verdict Verdict        // of the policy as it is now
	Level   identity.Level // that the proof in hand is worth; AL1 without one
	StepUp  string         // the proof; "" without one
	Signed  string         // as the wallet signed it
}

// Plan writes down that a will be sent. What was agreed must still be what would
// happen: otherwise it fails here, with a code that says why, and the customer is
// asked anew.
//
// Errors: Conflict when it is not at that step; Forbidden, with a reason, when it may
// no longer be done: state_changed, step_up_required, approval_required, or the
// policy's own.
func (a Action) Plan(r Ready, now time.Time) (Action, error) {
	const op = "action.Plan"
	if a.Doubtful() {
		return a, inDoubt(op)
	}
	a = a.At(now)
	if !a.State.May(Planned) || a.State == Unknown {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "it is not at that step"}
	}
	refuse := func(code string) (Action, error) {
		return a, &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: code, Message: "it may not be done now"}
	}
	switch {
	case !r.Verdict.Allow:
		return refuse(r.Verdict.Code)
	case Hash(a.Command, r.Summary) != a.Hash:
		return refuse(string(wallet.StateChanged))
	case r.Level < max(r.Verdict.Level, a.Verdict.Level):
		return refuse(string(wallet.StepUpRequired))
	case (r.Verdict.FourEyes || a.Verdict.FourEyes) && (a.State != Approved || len(a.Command.Approvals) == 0):
		return refuse(string(wallet.ApprovalRequired))
	}
	a.StepUpID, a.Command.Assertion = r.StepUp, r.Signed
	a.State, a.ChangedAt, a.NextAt, a.HandedAt, a.ExpiresAt = Planned, now, now, now, time.Time{}
	return a, nil
}

// OwnWord tells whether whoever made k may have: what a customer agrees to, or takes back, is
// for them alone to want.
func (k Kept) OwnWord() bool {
	return !k.Command.Act.ByCustomer() || (k.Maker.Kind == identity.Customer && k.Maker.ID == k.CustomerID)
}
