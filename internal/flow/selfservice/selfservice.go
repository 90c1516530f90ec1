// Package selfservice walks customers through flows: it keeps their runs, asks the
// wallet for what a step needs, has done what was agreed, waits, and puts a person in
// front of the whole story. Which step follows which is the engine's to say
// (domain/selfservice); what a run may have done is the room of acts'.
package selfservice

import (
	"context"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/selfservice/proposing"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// Store keeps runs, and says whose they are and who may see them.
type Store interface {
	AddFlowRun(ctx context.Context, p identity.Principal, n selfservice.Record) error
	SaveFlowRun(ctx context.Context, p identity.Principal, n selfservice.Record) error
	FlowRun(ctx context.Context, p identity.Principal, id string) (selfservice.Record, error)
	SeeFlowRun(ctx context.Context, p identity.Principal, id string) error
	OpenFlowRuns(ctx context.Context, p identity.Principal, customerID string) ([]selfservice.Record, error)
	AskedFlowRuns(ctx context.Context, p identity.Principal, customerID string) ([]selfservice.Record, error)
	FlowRunsOf(ctx context.Context, p identity.Principal, conversationID string) ([]selfservice.Record, error)
	FlowCustomer(ctx context.Context, p identity.Principal, conversationID string) (string, error)
	FlowSubject(ctx context.Context, p identity.Principal, conversationID, customerID, issuer string) (string, error)
	ClaimFlowRuns(ctx context.Context, p identity.Principal, limit int, lease time.Duration) ([]selfservice.Record, error)
	NextFlowRun(ctx context.Context) (int64, error)
	DelayFlowRun(ctx context.Context, p identity.Principal, n selfservice.Record, until time.Time) error
	WakeFlowRuns(ctx context.Context, p identity.Principal, issuer, subject string) error
	WakeFlowRun(ctx context.Context, p identity.Principal, id string) error
	PurgeFlowRuns(ctx context.Context, limit int) error
	KeepFlow(ctx context.Context, p identity.Principal, d *selfservice.Definition) error
	FlowText(ctx context.Context, digest string) ([]byte, error)
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Standstill(ctx context.Context, p identity.Principal, customer string) (int64, error)
}

// Intake takes in what a person is told.
type Intake interface {
	Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error
	Clean(ctx context.Context, text string) (string, error)
}

// Acts has things done in the wallet, in five steps. Each may be asked for again, and
// does what it does once.
type Acts interface {
	// Propose works out by a dry run what would happen. The outcome is "", refused or
	// unavailable.
	Propose(ctx context.Context, p identity.Principal, conversation, run, step string, what selfservice.Proposal) (fact selfservice.ActFact, outcome string, err error)
	// Confirm notes the yes to what has a hash. The outcome is "", or changed when that is
	// not so any more. Errors: Forbidden for who may not say it.
	Confirm(ctx context.Context, p identity.Principal, act, hash string) (fact selfservice.ActFact, outcome string, err error)
	// Prove begins the proof that an act needs, or looks at it.
	Prove(ctx context.Context, p identity.Principal, act string) (selfservice.ActFact, assurance.Standing, error)
	// Execute sends an act that may be sent, or puts it before a second person. The
	// outcome is "", waiting, unknown, failed, or handing while its files are on their way and
	// nothing else has left.
	Execute(ctx context.Context, p identity.Principal, act string) (fact selfservice.ActFact, outcome string, err error)
	// State is how an act stands.
	State(ctx context.Context, p identity.Principal, act string) (selfservice.ActFact, error)
}

// Deps are what a Service works with.
type Deps struct {
	Store    Store
	Intake   Intake
	Wallet   Wallet // nil: there is none
	Files    Files  // nil: none can be given
	Acts     Acts   // nil: nothing can be done in the wallet
	Failures *failure.Table
	Flows    *selfservice.Flows
	Reads    *reads.Registry  // what flows may ask for beside what is known here; nil: nothing
	Rules    *proposing.Rules // what is proposed before anything is typed; nil: nothing
	Clock    clock.Clock
	Log      *slog.Logger
	// Limited is told the name of a limit that refused; may be nil.
	Limited func(limit string)
}

// Options are the operator's choices.
type Options struct {
	Issuer string // whose customers the wallet knows
	// Suggest lets Kefu look at the recent payments of a signed-in customer to propose
	// help, also where the wallet does not say that the customer wants it.
	Suggest bool
	// Answers is how many answers one person may give [40 a minute].
	Answers ratelimit.Limit
}

// Service walks customers through flows. It is safe for concurrent use.
type Service struct {
	Deps
	options  Options
	answers  *ratelimit.Limiter
	looks    *ratelimit.Limiter
	wake     chan struct{}
	readings readings
	asking   Asker // may be nil

	mu    sync.Mutex
	older map[string]*selfservice.Definition // by digest
	woken map[string]bool                    // runs whose acts have changed
}

// How much one customer may do.
const (
	answersAtOnce = 40
	looksAtOnce   = 12
	limitPer      = time.Minute
	customers     = 50_000 // remembered at once
	maxOlder      = 200    // versions of flows that are remembered
)

// New makes a Service.
func New(d Deps, o Options) *Service {
	if d.Limited == nil {
		d.Limited = func(string) {}
	}
	if o.Answers.Burst == 0 {
		o.Answers = ratelimit.Limit{Burst: answersAtOnce, Per: limitPer}
	}
	return &Service{
		Deps: d, options: o, wake: make(chan struct{}, 1), older: map[string]*selfservice.Definition{}, woken: map[string]bool{},
		answers: ratelimit.New(o.Answers, customers),
		looks:   ratelimit.New(ratelimit.Limit{Burst: looksAtOnce, Per: limitPer}, customers),
	}
}

// UseActs has what is agreed done. Before anybody begins a run.
func (s *Service) UseActs(acts Acts) { s.Acts = acts }

// LoadFlows reads the flows, which may ask for the reads, and the failure codes. Errors:
// Invalid.
func LoadFlows(flows, failures fs.FS, reads selfservice.Reads) (*selfservice.Flows, *failure.Table, error) {
	all, err := selfservice.Load(flows, reads)
	if err != nil {
		return nil, nil, err
	}
	table, err := failure.Load(failures)
	return all, table, err
}

// Seen is a run as it is shown.
type Seen struct {
	Run   selfservice.Record
	Flow  *selfservice.Definition
	Views []selfservice.View
	// Begun tells whether the run's conversation is there.
	Begun bool
	// Taken tells whether an answer was taken: another device may have been faster.
	Taken bool
}

// Begin is how a run begins.
type Begin struct {
	Flow         string
	Conversation string                       // "" for none yet; for staff the one that they work on
	Given        map[string]string            // ids of what slots begin with
	Told         map[string]selfservice.Value // what others begin with, where Kefu itself begins a run; no edge sets it
	Language     string
	About        string // the id of what Kefu itself asks about; "" where somebody begins; no edge sets it
}

func (s *Service) limited(l *ratelimit.Limiter, name string, p identity.Principal) error {
	if wait := l.Allow(p.ID, 1, s.Clock()); wait > 0 {
		s.Limited(name)
		return &intake.LimitedError{RetryAfter: wait}
	}
	return nil
}

// customerOf is whose run p begins: their own, or that of the conversation's customer.
func (s *Service) customerOf(ctx context.Context, p identity.Principal, conversationID string) (string, error) {
	if p.Kind != identity.Staff {
		return p.ID, nil
	}
	return s.Store.FlowCustomer(ctx, p, conversationID)
}

// Start begins a run. One that the same customer began a moment ago and has not
// answered yet is given back instead of a second. Errors: NotFound when there is no
// such flow, conversation or payment; Forbidden when the customer is not sure enough
// to be who they are; TooMany.
func (s *Service) Start(ctx context.Context, p identity.Principal, b Begin) (Seen, error) {
	const op = "selfservice.Start"
	d, err := s.Flows.Get(b.Flow)
	if err != nil {
		return Seen{}, err
	}
	if p.Kind != identity.Staff && (!p.Kind.CustomerSide() || int(p.Level) < d.Needs.Level) {
		return Seen{}, &fault.Error{Code: fault.Forbidden, Op: op, Field: "level", Reason: "sign_in", Message: "the flow is for customers who are signed in"}
	}
	if err := s.limited(s.answers, "flow_answers", p); err != nil {
		return Seen{}, err
	}
	whose, err := s.customerOf(ctx, p, b.Conversation)
	if err != nil {
		return Seen{}, err
	}
	if again, ok, err := s.begunBefore(ctx, p, whose, d, b); err != nil || ok {
		return again, err
	}
	now := s.Clock()
	rec := selfservice.Record{Language: b.Language, Visitor: p.Kind == identity.Visitor, About: b.About, Run: selfservice.Run{ID: id.New(), ConversationID: b.Conversation, CustomerID: whose}}
	if b.Conversation == "" {
		rec.ConversationID = id.New()
	} else if rec.ConversationID, err = s.conversationOf(ctx, p, b.Conversation); err != nil {
		return Seen{}, err
	}
	given, err := s.given(ctx, p, rec, d, b.Given)
	if err != nil {
		return Seen{}, err
	}
	maps.Copy(given, b.Told)
	turn, err := selfservice.Start(d, rec.Run, given, now)
	if err != nil {
		return Seen{}, err
	}
	rec = rec.After(turn, true, "", now)
	rec, err = s.drive(ctx, p, d, rec, true)
	if err != nil {
		return Seen{}, err
	}
	return s.seen(ctx, p, d, rec, true)
}

// conversationOf is the conversation in which one goes on: itself, or the one that it
// was merged into. Errors: NotFound.
func (s *Service) conversationOf(ctx context.Context, p identity.Principal, conversationID string) (string, error) {
	state, err := s.Store.Conversation(ctx, p, conversationID)
	if err != nil {
		return "", err
	}
	if state.MergedInto != "" {
		return state.MergedInto, nil
	}
	return state.ID, nil
}

// again is how long after its beginning a run without an answer is given back.
const again = 10 * time.Minute

func (s *Service) begunBefore(ctx context.Context, p identity.Principal, whose string, d *selfservice.Definition, b Begin) (Seen, bool, error) {
	open, err := s.openRuns(ctx, p, whose, b.Conversation)
	if err != nil {
		return Seen{}, false, err
	}
	for _, rec := range open {
		fits := !rec.State.Over() && rec.Flow == d.ID && rec.Digest == d.Digest() && rec.Turns == 0 && s.Clock().Sub(rec.StartedAt) < again &&
			(b.Conversation == "" || b.Conversation == rec.ConversationID) && rec.ToldSo(b.Told)
		for slot, ref := range b.Given {
			fits = fits && rec.Slots[slot].Ref() == ref
		}
		if fits && (len(b.Given) > 0 || !slices.ContainsFunc(slices.Collect(maps.Values(rec.Slots)), func(v selfservice.Value) bool { return v.Ref() != "" })) {
			seen, err := s.seen(ctx, p, d, rec, true)
			return seen, true, err
		}
	}
	return Seen{}, false, nil
}

// openRuns are the runs in which one that is to begin may have begun: all of a
// customer's, and for staff those of the conversation that they are in.
func (s *Service) openRuns(ctx context.Context, p identity.Principal, whose, conversationID string) ([]selfservice.Record, error) {
	if p.Kind == identity.Staff {
		return s.Store.FlowRunsOf(ctx, p, conversationID)
	}
	return s.Store.OpenFlowRuns(ctx, p, whose)
}

// given asks the wallet for what a run begins with. Errors: Invalid, NotFound.
func (s *Service) given(ctx context.Context, p identity.Principal, rec selfservice.Record, d *selfservice.Definition, ids map[string]string) (map[string]selfservice.Value, error) {
	const op = "selfservice.given"
	values := map[string]selfservice.Value{}
	for slot, ref := range ids {
		if d.Slots[slot].Type != selfservice.Payment {
			return nil, fault.InvalidField(op, "given", "%s has no payment of that name", d.ID)
		}
		v, err := s.payment(ctx, s.asker(p, rec), ref)
		if err != nil {
			return nil, err
		}
		values[slot] = v
	}
	return values, nil
}

// Answer takes an answer to the present step. The same op twice is one answer, and an
// answer to another step than the one at which the run stands is not taken; Human is
// taken everywhere. Step "" is the present one.
//
// Errors: NotFound; Forbidden when only the customer may agree; Conflict when the run
// is over or nobody is asked; Invalid for an answer that the step has no use for.
func (s *Service) Answer(ctx context.Context, p identity.Principal, run, op, step string, in selfservice.Input) (Seen, error) {
	if err := checkAnswer(op, in); err != nil {
		return Seen{}, err
	}
	rec, d, err := s.load(ctx, p, run)
	if err != nil {
		return Seen{}, err
	}
	if rec.Took(op) {
		return s.seen(ctx, p, d, rec, true)
	}
	if step != "" && step != rec.Step && in.Do != selfservice.Human {
		return s.seen(ctx, p, d, rec, false)
	}
	if err := s.limited(s.answers, "flow_answers", p); err != nil {
		return Seen{}, err
	}
	if err := mayConfirm(p, rec, d, in); err != nil {
		return Seen{}, err
	}
	for n := 0; ; n++ {
		next, err := s.answer(ctx, p, d, rec, op, in)
		if err == nil {
			return s.seen(ctx, p, d, next, true)
		}
		if !fault.Is(err, fault.Conflict) || fault.FieldOf(err) != "revision" {
			return Seen{}, err
		}
		if rec, d, err = s.load(ctx, p, run); err != nil { // another device was faster
			return Seen{}, err
		}
		if again := in.Do == selfservice.Give && n < maxRaces && !rec.Took(op) && (step == "" || step == rec.Step); !again { // files of both are there
			return s.seen(ctx, p, d, rec, rec.Took(op))
		}
	}
}

// answer takes one answer to a run as it was seen.
func (s *Service) answer(ctx context.Context, p identity.Principal, d *selfservice.Definition, rec selfservice.Record, op string, in selfservice.Input) (selfservice.Record, error) {
	if in.Do != selfservice.Give {
		return s.turn(ctx, p, d, rec, op, in)
	}
	in, err := s.file(ctx, p, d, rec, in)
	if err != nil {
		return rec, err
	}
	next, err := s.turn(ctx, p, d, rec, op, in)
	if fault.Is(err, fault.TooMany) && fault.FieldOf(err) == "file" { // the customer's runs have no room for it
		in.Text = "too_much"
		return s.turn(ctx, p, d, rec, op, in)
	}
	return next, err
}

// turn takes one answer, with what there is to know of a file.
func (s *Service) turn(ctx context.Context, p identity.Principal, d *selfservice.Definition, rec selfservice.Record, op string, in selfservice.Input) (selfservice.Record, error) {
	now, fresh := s.Clock(), true
	if in.Do == selfservice.Give || in.Do == selfservice.Remove {
		fresh = false
	}
	if in.Do == selfservice.GoOn && s.refuses(ctx, d, rec) { // it did not when the step was shown
		next, err := s.notTaken(d, rec, op)
		if err != nil {
			return rec, err
		}
		return s.drive(ctx, p, d, next, true)
	}
	turn, err := selfservice.Answer(d, rec.Run, in, s.reading(ctx, rec), now)
	if err != nil {
		return rec, err
	}
	if !fresh {
		rec = still(rec)
	}
	return s.drive(ctx, p, d, rec.After(turn, fresh, op, now), true)
}

// checkAnswer refuses what is no answer at all.
func checkAnswer(op string, in selfservice.Input) error {
	const name = "selfservice.Answer"
	ok := op != "" && len(op) <= selfservice.MaxOpLen
	for _, c := range []byte(op) {
		ok = ok && (c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
	}
	if !ok {
		return fault.InvalidField(name, "op", "is no id of 1 to %d letters, digits and hyphens", selfservice.MaxOpLen)
	}
	if in.Do == selfservice.Give && (in.File == nil || in.File.ID == "") {
		return fault.InvalidField(name, "file", "is missing")
	}
	if len(in.Text) > 8*selfservice.MaxText || len(in.Hash) > 128 {
		return fault.InvalidField(name, "text", "is too long")
	}
	return nil
}

// mayConfirm refuses a member of staff's yes to what is the customer's to agree to.
func mayConfirm(p identity.Principal, rec selfservice.Record, d *selfservice.Definition, in selfservice.Input) error {
	of := d.Steps[rec.Step].Confirm
	if in.Do != selfservice.Confirm || of == nil || p.Kind.CustomerSide() {
		return nil
	}
	if act := rec.Slots[of.Of].Act; p.Kind == identity.Staff && act != nil && wallet.Act(act.Act).Cautious() {
		return nil
	}
	return &fault.Error{Code: fault.Forbidden, Op: "selfservice.mayConfirm", Field: "do", Reason: "customer_only", Message: "only the customer may agree to it"}
}

// load finds a run and the flow as it was when the run began.
func (s *Service) load(ctx context.Context, p identity.Principal, run string) (selfservice.Record, *selfservice.Definition, error) {
	rec, err := s.Store.FlowRun(ctx, p, run)
	if err != nil {
		return rec, nil, err
	}
	d, err := s.definition(ctx, rec.Flow, rec.Digest)
	return rec.At(s.Clock()), d, err
}

// definition is the flow that a run goes by. Errors: Internal when its text is gone.
func (s *Service) definition(ctx context.Context, flow, digest string) (*selfservice.Definition, error) {
	if d, err := s.Flows.Get(flow); err == nil && d.Digest() == digest {
		return d, nil
	}
	s.mu.Lock()
	d := s.older[digest]
	s.mu.Unlock()
	if d != nil {
		return d, nil
	}
	text, err := s.Store.FlowText(ctx, digest)
	if err != nil {
		return nil, &fault.Error{Code: fault.Internal, Op: "selfservice.definition", Message: "the text of a run's flow is not there", Err: err}
	}
	if d, err = selfservice.Parse(text, s.Reads.Declared()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.older) >= maxOlder {
		clear(s.older)
	}
	s.older[digest] = d
	return d, nil
}

// Get gives a run as it stands. A proof or an act that it waits for is looked at, when
// nobody did a moment ago. Errors: NotFound.
func (s *Service) Get(ctx context.Context, p identity.Principal, run string) (Seen, error) {
	rec, d, err := s.load(ctx, p, run)
	if err != nil {
		return Seen{}, err
	}
	if rec.State == selfservice.Waiting && rec.Effect != nil && p.Kind.CustomerSide() && s.looks.Allow(rec.ID, 1, s.Clock()) == 0 {
		if next, err := s.drive(ctx, p, d, rec, false); err == nil {
			rec = next
		} else if rec, d, err = s.load(ctx, p, run); err != nil {
			return Seen{}, err
		}
	}
	if rec.News && p.Kind.CustomerSide() {
		if err := s.Store.SeeFlowRun(ctx, p, run); err != nil && !fault.Is(err, fault.NotFound) {
			return Seen{}, err
		}
	}
	return s.seen(ctx, p, d, rec, true)
}

// seen is a run as p may see it.
func (s *Service) seen(ctx context.Context, p identity.Principal, d *selfservice.Definition, rec selfservice.Record, taken bool) (Seen, error) {
	now := s.Clock()
	rec = rec.At(now)
	if d.Digest() != rec.Digest { // it went on in another flow
		var err error
		if d, err = s.definition(ctx, rec.Flow, rec.Digest); err != nil {
			return Seen{}, err
		}
	}
	out := Seen{Run: rec, Flow: d, Views: s.bounded(ctx, d, rec, rec.Seen(d, now)), Taken: taken}
	_, err := s.Store.Conversation(ctx, p, rec.ConversationID)
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
		return out, err
	}
	out.Begun = err == nil
	return out, nil
}

// List gives the runs of a customer that are not over, and those that ended while
// nobody was there and were not looked at since, the newest first.
func (s *Service) List(ctx context.Context, p identity.Principal) ([]Seen, error) {
	all, err := s.Store.OpenFlowRuns(ctx, p, p.ID)
	if err != nil {
		return nil, err
	}
	return s.listed(ctx, p, all)
}

// Pending gives what waits of a customer's in which nobody is asked anything, the newest
// first. Errors: Forbidden for who may not see all of their runs.
func (s *Service) Pending(ctx context.Context, p identity.Principal, customer string) ([]selfservice.Pending, error) {
	all, err := s.Store.OpenFlowRuns(ctx, p, customer)
	if err != nil {
		return nil, err
	}
	seen, err := s.listed(ctx, p, all)
	var list []selfservice.Pending
	for _, one := range seen {
		if waits, ok := one.Run.Pending(one.Flow); ok {
			list = append(list, waits)
		}
	}
	return list, err
}

// ListOf gives, for staff, the runs of a conversation, and for who sees everything those
// of its customer that are not over. Errors: NotFound.
func (s *Service) ListOf(ctx context.Context, p identity.Principal, conversationID string) ([]Seen, error) {
	all, err := s.Store.FlowRunsOf(ctx, p, conversationID)
	if err != nil {
		return nil, err
	}
	return s.listed(ctx, p, all)
}

func (s *Service) listed(ctx context.Context, p identity.Principal, all []selfservice.Record) ([]Seen, error) {
	list := make([]Seen, 0, len(all))
	for _, rec := range all {
		d, err := s.definition(ctx, rec.Flow, rec.Digest)
		if err != nil {
			s.Log.Error("a run cannot go on", "run", rec.ID, "error", err)
			continue
		}
		one, err := s.seen(ctx, p, d, rec, true)
		if err != nil {
			return nil, err
		}
		if one.Run.State != selfservice.Lapsed {
			list = append(list, one)
		}
	}
	return list, nil
}

// Catalogue lists the flows that p may begin: those for which the wallet answers what
// they have to know. For a visitor there is none. Errors: Forbidden for staff who walk
// with nobody.
func (s *Service) Catalogue(ctx context.Context, p identity.Principal) ([]*selfservice.Definition, error) {
	var list []*selfservice.Definition
	switch may := policy.Allow(p, policy.WalkRun, policy.Object{CustomerID: p.ID, AssigneeID: p.ID, Open: true}); {
	case !may && p.IsCustomer():
		return nil, nil
	case !may:
		return nil, fault.New(fault.Forbidden, "selfservice.Catalogue", "%s walks no flow with anybody", p.Kind)
	}
	able := s.able(ctx)
	for _, d := range s.Flows.All() {
		known := p.Kind == identity.Staff || int(p.Level) >= d.Needs.Level
		if known && (d.Needs.Call == "" || able.Reads(wallet.Reading(d.Needs.Call))) {
			list = append(list, d)
		}
	}
	return list, nil
}
