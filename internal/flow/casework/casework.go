// Package casework is what is done with cases: they are opened by customers, staff and
// flows, led from event to event, and their clocks ring before and when a duty breaks.
// What may follow what is domain/cases; what the law asks is domain/jurisdiction; what
// is written to customers goes out through the intake, like everything that is said.
package casework

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/selfservice/story"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Store is what casework needs of the store.
type Store interface {
	AddCase(ctx context.Context, p identity.Principal, h cases.Head, origin string, b *jurisdiction.Book, e cases.Event) (*cases.Case, error)
	Case(ctx context.Context, p identity.Principal, id string) (*cases.Case, error)
	ExportCase(ctx context.Context, p identity.Principal, id string) (*cases.Case, error)
	AuditPage(ctx context.Context, p identity.Principal, q audit.Query) (audit.Page, error)
	ChangeCase(ctx context.Context, p identity.Principal, id string, revision int64, b *jurisdiction.Book, do func(c *cases.Case, now int64) ([]cases.Event, error)) (*cases.Case, error)
	ListCases(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error)
	CountCases(ctx context.Context, p identity.Principal) (map[cases.List]int, error)
	CaseFigures(ctx context.Context, p identity.Principal, from, to int64) ([]cases.Counted, error)
	RingCases(ctx context.Context, p identity.Principal, b *jurisdiction.Book, limit int) ([]cases.Rang, error)
	NextCaseRing(ctx context.Context) (int64, error)
	ReckonCases(ctx context.Context, p identity.Principal, b *jurisdiction.Book, limit int) (int, error)
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	FlowRun(ctx context.Context, p identity.Principal, id string) (selfservice.Record, error)
	Act(ctx context.Context, p identity.Principal, id string) (action.Kept, error)
	ListActs(ctx context.Context, p identity.Principal, q action.Query) ([]action.Kept, error)
	MoveFollower(ctx context.Context, s event.Step) error
}

// Intake is the door for what is written.
type Intake interface {
	Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error
	Clean(ctx context.Context, text string) (string, error)
	Do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Deps are what a Service works with.
type Deps struct {
	Store  Store
	Intake Intake
	Book   *jurisdiction.Book
	// Law is the jurisdiction that counts where nobody has said another; "" for none.
	Law string
	// Chosen is what the house has chosen on screen in its place, "" for nothing; nil: it cannot.
	Chosen func() string
	Clock  clock.Clock
	Log    *slog.Logger
	Signer audit.Signer // of evidence packs
	// File opens a file that whoever asks may read; nil: there are no files.
	File func(ctx context.Context, p identity.Principal, id string) (io.ReadCloser, error)
	Rang func(cases.Rang) // is told of every clock that rings; may be nil, must not block
}

// Service does it.
type Service struct {
	Deps
	who  identity.Principal
	wake chan struct{}
}

// law is whose law counts where nobody has said another: what was chosen on screen, as long
// as there is such a pack.
func (s *Service) law() string {
	if s.Chosen != nil {
		if chosen := s.Chosen(); chosen != "" {
			if _, ok := s.Book.At(chosen, s.Clock().UnixMicro()); ok {
				return chosen
			}
		}
	}
	return s.Law
}

// Name is the part's, and its cursor's in the log.
const Name = "cases"

// New makes a Service. Errors: Invalid for a jurisdiction of which there is no pack.
func New(d Deps) (*Service, error) {
	if _, ok := d.Book.At(d.Law, 0); d.Law != "" && !ok {
		return nil, fault.InvalidField("casework.New", "cases.jurisdiction", "there is no pack of that name")
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, who: identity.SystemPart(Name), wake: make(chan struct{}, 1)}, nil
}

// Opening is what somebody wants a case of.
type Opening struct {
	Type         jurisdiction.Type
	Conversation string
	Entry        int64 // the entry by which the customer told us; 0: their first one
	Text         string
	Language     string
	Op           string // of a complaint, made by the client: repeating it opens no other case
}

// referenceLength is how many characters of an id a reference has: 40 random bits.
const referenceLength = 8

func head(customer string) cases.Head {
	return cases.Head{ID: id.New(), Reference: "K-" + strings.ToUpper(id.New()[:referenceLength]), CustomerID: customer}
}

// Open opens a case from a conversation: its clocks start with what the customer wrote
// there, never with when somebody got to it. Errors: NotFound, Forbidden, Invalid,
// TooMany.
func (s *Service) Open(ctx context.Context, p identity.Principal, o Opening) (Seen, error) {
	state, err := s.Store.Conversation(ctx, p, o.Conversation)
	if err != nil {
		return Seen{}, err
	}
	when, err := s.notice(ctx, p, o.Conversation, o.Entry)
	if err != nil {
		return Seen{}, err
	}
	text, err := s.clean(ctx, o.Text)
	if err != nil {
		return Seen{}, err
	}
	e := cases.Event{Kind: cases.Opened, When: when, Data: cases.Data{
		Type: o.Type, Channel: state.Channel, Conversation: state.ID, Entry: o.Entry, Text: text, Language: language(state.Language), Jurisdiction: s.law(),
	}}
	if p.Kind == identity.Staff {
		e.Staff = state.AssigneeID
	}
	return s.add(ctx, p, head(state.CustomerID), "", e)
}

func (s *Service) add(ctx context.Context, p identity.Principal, h cases.Head, origin string, e cases.Event) (Seen, error) {
	if e.Jurisdiction != "" {
		when := e.When
		if when == 0 {
			when = s.Clock().UnixMicro()
		}
		pack, _ := s.Book.At(e.Jurisdiction, when)
		e.Version = pack.Version
	}
	c, err := s.Store.AddCase(ctx, p, h, origin, s.Book, e)
	if err != nil {
		return Seen{}, err
	}
	s.Wake()
	return s.seen(c), nil
}

// language is a customer's as far as letters are written in it.
func language(tag string) string {
	if strings.HasPrefix(strings.ToLower(tag), "zh") {
		return "zh"
	}
	return "en"
}

// notice is when an entry of a customer's was written: of entry 0, their first one.
// Errors: Invalid for an entry that is not the customer's.
func (s *Service) notice(ctx context.Context, p identity.Principal, conv string, entry int64) (int64, error) {
	r := conversation.EntryRange{After: max(entry-1, 0), Limit: conversation.MaxPage}
	if entry > 0 {
		r.Limit = 1
	}
	entries, _, err := s.Store.Entries(ctx, p, conv, r)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if e.Author.Kind == conversation.ByCustomer && (e.Kind == conversation.KindMessage || e.Kind == conversation.KindHuman) && (entry == 0 || e.Seq == entry) {
			return e.At, nil
		}
	}
	return 0, fault.InvalidFor("casework.notice", "entry", "unknown", "is nothing that the customer wrote")
}

func (s *Service) clean(ctx context.Context, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return s.Intake.Clean(ctx, text)
}

// Wants implements following.Consumer: what a flow has handed over.
func (s *Service) Wants(e *conversation.Entry) bool {
	return e.Kind == conversation.KindMessage && e.Author.Kind == conversation.ByCustomer && strings.HasPrefix(e.ClientID, runPrefix)
}

// runPrefix begins the client's id of the message by which a run of a flow is handed to
// a person.
const runPrefix = "run:"

// disputes is the flow whose runs are cases.
const disputes = "FL19"

// handed are further ways out of flows that are cases: an appeal against a restriction,
// with the clock of a complaint, a sum that is wrong, a transfer over a public network that
// somebody looks into, with that of a mistake, and what is asked about data.
func handed(flow, outcome string) (jurisdiction.Type, cases.Request, bool) {
	switch flow + " " + outcome {
	case "FL15 appeal":
		return jurisdiction.Complaint, "", true
	case "FL9 wrong_amount", "FL17 retrieval_unsure", "FL17 not_brought_back", "FL17 late_payment":
		return jurisdiction.Mistake, "", true
	}
	asked, ok := strings.CutPrefix(outcome, "data_")
	if r := cases.Request(asked); flow == aboutData && ok && r.Known() {
		return jurisdiction.DataRequest, r, true
	}
	return "", "", false
}

// aboutData is the flow in which customers ask about what is kept of them; it hands over
// with the word data_ and what they ask.
const aboutData = "FL13"

// Take implements following.Consumer: opens a case for every run of a dispute that was
// handed over. Once more opens none: a run is the origin of one case. Where none can be
// opened, who waits for it is told.
func (s *Service) Take(ctx context.Context, entries []conversation.Entry, step event.Step) error {
	for i := range entries {
		e := &entries[i]
		if !s.Wants(e) {
			continue
		}
		err := s.follow(ctx, e)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil || fault.Is(err, fault.Unavailable): // a disk that is full too
			return err // it is tried again
		case fault.Is(err, fault.Internal): // it stays like this, and holds up nobody else's
			s.Log.Error("no case was opened for what a customer reported, for it cannot be read: open one beside the conversation", "conversation", e.ConversationID, "entry", e.Seq, "error", err)
		default:
			s.Log.Warn("no case was opened for what a customer reported", "conversation", e.ConversationID, "error", err)
		}
		if err := s.unopened(ctx, e, err); err != nil {
			return err
		}
	}
	return s.Store.MoveFollower(ctx, step)
}

func (s *Service) follow(ctx context.Context, e *conversation.Entry) error {
	run, err := s.Store.FlowRun(ctx, s.who, strings.TrimPrefix(e.ClientID, runPrefix))
	if fault.Is(err, fault.NotFound) {
		return nil // the run was erased, or the client made up the id
	}
	if err != nil {
		return err
	}
	about, asked, ok := aboutRun(run)
	state, err := s.Store.Conversation(ctx, s.who, e.ConversationID)
	if err != nil || !ok || run.CustomerID != state.CustomerID {
		return err
	}
	// They told us when they began to answer, not when they came to the end.
	when := e.At
	if began := clock.Micros(run.StartedAt); began > 0 {
		when = min(when, began)
	}
	opened, err := s.add(ctx, s.who, head(state.CustomerID), "run:"+run.ID, cases.Event{Kind: cases.Opened, When: when, Data: cases.Data{
		Type: about, Request: asked, Channel: state.Channel, Conversation: e.ConversationID, Entry: e.Seq, Language: language(run.Language), Jurisdiction: s.law(), Payments: paymentsOf(run),
	}})
	if err != nil {
		return err
	}
	return s.gave(ctx, opened, run, e)
}

// aboutRun is the type of case that a customer's answers point to, and of a request about
// data what is asked; somebody confirms it.
func aboutRun(run selfservice.Record) (jurisdiction.Type, cases.Request, bool) {
	slots, disputed := in(run, disputes)
	if !disputed {
		return handed(run.Flow, run.Outcome)
	}
	switch slots["happened"].Text {
	case "tricked":
		return jurisdiction.Scam, "", true
	case "shop":
		return jurisdiction.Merchant, "", true
	case "not_me":
		return jurisdiction.Unauthorised, "", true
	case "person", "evidence": // what is added belongs to a case that there is
		return "", "", false
	}
	// They do not know the payment, or went straight to a person with one before them.
	if p := slots["payment"].Payment; p != nil && p.There {
		return jurisdiction.Unauthorised, "", true
	}
	return "", "", false
}

// in is what a run found out in a flow: the one that it is in, or one that it went on from.
func in(run selfservice.Record, flow string) (map[string]selfservice.Value, bool) {
	if run.Flow == flow {
		return run.Slots, true
	}
	for _, leg := range slices.Backward(run.Legs) {
		if leg.Flow == flow {
			return leg.Slots, true
		}
	}
	return nil, false
}

func paymentsOf(run selfservice.Record) []wallet.Reference {
	slots, disputed := in(run, disputes)
	if !disputed {
		slots = run.Slots
	}
	p := slots["payment"].Payment
	if p == nil || !p.There {
		return nil
	}
	r := wallet.Reference{ID: p.ID, Amount: p.Amount, Direction: wallet.Direction(p.Direction), Kind: wallet.Kind(p.Kind), At: int64(p.Begun), Party: p.Party, State: wallet.State(p.State)}
	if story.Private(p) {
		r.Party = mask.Name(p.Party)
	}
	if r.Validate() != nil {
		return nil
	}
	return []wallet.Reference{r}
}

// Wake has the clocks looked at again. It does not block.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

const (
	ringLimit = 50 // cases in one transaction
	idle      = 10 * time.Minute
	troubled  = 5 * time.Second
)

// Run lets clocks ring until ctx ends, in the order in which their times came, those of
// a time when nothing ran first; and reckons anew what other packs or calendars made.
func (s *Service) Run(ctx context.Context) error {
	reckoned := false
	for ctx.Err() == nil {
		rest, err := s.step(ctx, &reckoned)
		if err != nil {
			if ctx.Err() == nil {
				s.Log.Warn("the clocks of cases were not kept", "error", err)
			}
			rest = troubled
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.wake:
		}
		timer.Stop()
	}
	return nil
}

func (s *Service) step(ctx context.Context, reckoned *bool) (time.Duration, error) {
	if !*reckoned { // the book is of this program: it does not change while it runs
		n, err := s.Store.ReckonCases(ctx, s.who, s.Book, ringLimit)
		if err != nil || n == ringLimit {
			return 0, err
		}
		*reckoned = true
	}
	n, err := s.Ring(ctx)
	if err != nil || n > 0 {
		return 0, err
	}
	at, err := s.Store.NextCaseRing(ctx)
	if err != nil || at == 0 {
		return idle, err
	}
	return max(time.Millisecond, min(idle, clock.FromMicros(at).Sub(s.Clock()))), nil
}

// Ring lets the clocks ring whose time has come, of a bounded number of cases, and tells
// how many rang.
func (s *Service) Ring(ctx context.Context) (int, error) {
	rang, err := s.Store.RingCases(ctx, s.who, s.Book, ringLimit)
	if err != nil {
		return 0, err
	}
	for _, r := range rang {
		if s.Rang != nil {
			s.Rang(r)
		}
		s.tell(ctx, r)
	}
	return len(rang), nil
}

// tell puts a note into the case's conversation when a duty is about to break or has
// broken, and calls whoever has the case. It is said once for each time at which it is
// due: the note's id follows from those. That it cannot be said loses nothing: the case stands in its list.
func (s *Service) tell(ctx context.Context, r cases.Rang) {
	if len(r.Case.Conversations) == 0 || (r.Step != jurisdiction.DayBefore && r.Step != jurisdiction.HoursBefore && r.Step != jurisdiction.Broken && r.Step != jurisdiction.Act) {
		return
	}
	text := s.Book.Alarm(r.Step, r.Case.Language, map[string]string{
		"reference": r.Case.Reference, "duty": r.Clock.Title.In(r.Case.Language), "by": s.Book.Day(r.Case.Jurisdiction, r.Case.Version, r.Clock.Due, r.Case.Language),
	})
	failed := func(err error) {
		s.Log.Warn("nobody could be told of a clock of a case", "case", r.Case.ID, "clock", r.Clock.Key(), "error", err)
	}
	conv, err := s.place(ctx, r.Case)
	if err != nil {
		failed(err)
		return
	}
	m := intake.Message{ConversationID: conv, ClientID: "case:" + id.From(fmt.Sprint(r.Case.ID, " ", r.Clock.Key(), " ", r.Step, " ", r.Clock.Due)), Text: text, Note: true}
	if r.Case.Assignee != "" {
		m.Mentions = []string{r.Case.Assignee}
	}
	if err := s.Intake.Send(ctx, s.who, m, func(said intake.Said) {
		if said.Err != nil {
			failed(said.Err)
		}
	}); err != nil {
		failed(err)
	}
}
