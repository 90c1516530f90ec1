package asking

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// thing is something that is kept of a customer.
type thing struct {
	id, talk string // talk: "" for what hangs on none
	of       privacy.Category
	at       int64
}

// store keeps it, by the contract of storage/erasure, storage/casework and
// storage/approvals.
type store struct {
	w        *world
	things   map[string][]thing // by customer
	cases    []*cases.Case
	erasures map[string]*privacy.Erasure
	requests []*approval.Request
}

func newStore(w *world) *store {
	return &store{w: w, things: map[string][]thing{}, erasures: map[string]*privacy.Erasure{}}
}

// join has a customer be there, with conversations, cases and what hangs on none.
func (s *store) join(who identity.Principal, n string) {
	at := epoch().UnixMicro() - 1
	for i := range 3 {
		for j := range 2 {
			s.things[who.ID] = append(s.things[who.ID], thing{fmt.Sprintf("m-%d-%d", i, j), talkOf(who.ID, i), privacy.Messages, at})
		}
	}
	for _, of := range []privacy.Category{privacy.Profile, privacy.Runs, privacy.Proofs, privacy.Contacts} {
		s.things[who.ID] = append(s.things[who.ID], thing{string(of), "", of, at})
	}
	for i, of := range []struct {
		kind jurisdiction.Type
		ask  cases.Request
	}{{jurisdiction.Complaint, ""}, {jurisdiction.DataRequest, cases.Erasing}, {jurisdiction.DataRequest, cases.CopyOfData}} {
		if c, err := opened("case-"+strconv.Itoa(i)+who.ID, who, talkOf(who.ID, 1+min(i, 1)), of.kind, of.ask, at); err == nil {
			s.cases = append(s.cases, c)
		}
	}
}

func talkOf(customer string, n int) string { return customer + "-talk-" + strconv.Itoa(n) }

func micros(w *world) int64 { return clock.Micros(w.now) }

// event adds an event to a case, by who may.
func (s *store) event(p identity.Principal, id string, e cases.Event) error {
	const op = "asking.event"
	if err := s.w.write(); err != nil {
		return err
	}
	c := s.find(id)
	if c == nil {
		return fault.New(fault.NotFound, op, "there is no such case")
	}
	o := c.Object()
	right := policy.WorkCase
	switch {
	case e.Overseen():
		right = policy.OverseeCase
	case p.Kind == identity.Customer:
		right = policy.AnswerCase
	}
	if !policy.Allow(p, right, o) {
		return fault.New(fault.NotFound, op, "the case is not theirs")
	}
	e.At, e.By = micros(s.w), cases.ByOf(p)
	if c.NeedsLead(e) && !s.lead(p) {
		return fault.New(fault.Forbidden, op, "they do not lead requests about data")
	}
	e.At = max(e.At, c.ChangedAt)
	if e.When == 0 {
		e.When = e.At
	}
	if e.Kind == cases.Withdrawn {
		if err := c.Check(s.w.room.book, e); err != nil {
			return err
		}
	}
	return c.Apply(e)
}

func (s *store) find(id string) *cases.Case {
	for _, c := range s.cases {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// asked is the payload of a request to erase somebody.
type asked struct {
	Customer string `json:"customer"`
	Case     string `json:"case"`
}

func (s *store) lead(p identity.Principal) bool {
	return s.w.room.off == Lead || policy.Allow(p, policy.LeadPrivacy, policy.Object{})
}

func (s *store) mayDecide(p identity.Principal) bool {
	return s.lead(p) && policy.Allow(p, policy.DecideApproval, policy.Object{StaffID: "another"})
}

// ready tells whether a request is decided for its customer and was not taken back.
func (s *store) ready(a asked) error {
	const op = "asking.ready"
	c := s.find(a.Case)
	if c == nil || c.CustomerID != a.Customer || c.Type != jurisdiction.DataRequest {
		return fault.New(fault.NotFound, op, "there is no such request")
	}
	back := c.Stage == cases.TakenBack && s.w.room.off != Withdrawal
	decided := (c.Decision != nil && (c.Decision.Outcome == cases.Upheld || c.Decision.Outcome == cases.PartlyUpheld)) || s.w.room.off == Decided
	if back || !decided {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: "not_decided", Message: "it is not decided for the customer, or was taken back"}
	}
	if x := s.erasures[a.Customer]; x != nil && x.CaseID == a.Case {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: "begun", Message: "it was begun already"}
	}
	return nil
}

// ask has somebody erased, when a second person has agreed.
func (s *store) ask(p identity.Principal, id string) (*approval.Request, error) {
	const op = "asking.ask"
	if err := s.w.write(); err != nil {
		return nil, err
	}
	if !s.lead(p) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not have a customer erased", p.Kind, p.Role)
	}
	c := s.find(id)
	if c == nil {
		return nil, fault.New(fault.NotFound, op, "there is no such case")
	}
	a := asked{c.CustomerID, c.ID}
	if err := s.ready(a); err != nil {
		return nil, err
	}
	payload, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	now := micros(s.w)
	r := &approval.Request{
		ID: "approval-" + strconv.Itoa(len(s.requests)), Kind: approval.EraseCustomer, Subject: "customer/" + a.Customer, Payload: payload, MakerID: p.ID, CreatedAt: now,
		ExpiresAt: now + approval.Life.Microseconds(), State: approval.Pending,
	}
	for _, o := range s.requests {
		if o.Subject == r.Subject && o.At(now).State == approval.Pending {
			return nil, &fault.Error{Code: fault.Conflict, Op: op, Field: "approval", Reason: "waiting", Message: "a change of the same thing waits already"}
		}
	}
	r.Hash = approval.HashOf(r.Kind, r.Subject, payload)
	s.requests = append(s.requests, r)
	if s.w.room.off == Second { // nobody is asked
		r.State = approval.Executed
		return r, s.begin(a, r, "")
	}
	return r, nil
}

// approve is the second person's yes.
func (s *store) approve(p identity.Principal, r *approval.Request, hash string) error {
	const op = "asking.approve"
	if err := s.w.write(); err != nil {
		return err
	}
	as := p
	if s.w.room.off == NotAsker {
		as.ID += "-again"
	}
	if err := r.CheckApprove(as, micros(s.w), hash, s.mayDecide); err != nil {
		return err
	}
	var a asked
	if err := json.Unmarshal(r.Payload, &a); err != nil {
		return err
	}
	if err := s.ready(a); err != nil {
		r.State, r.Reason = approval.Expired, approval.Moved
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "moved", Reason: approval.Moved, Message: "what it is about has changed", Err: err}
	}
	r.State, r.DeciderID = approval.Executed, p.ID
	return s.begin(a, r, p.ID)
}

func (s *store) begin(a asked, r *approval.Request, second string) error {
	x := privacy.Erasure{CustomerID: a.Customer, CaseID: a.Case, Approval: r.ID, State: privacy.Running, BegunAt: micros(s.w), ChangedAt: micros(s.w), NextAt: micros(s.w)}
	s.w.oracle.begun(a, r, second)
	s.erasures[a.Customer] = &x
	return nil
}

// reject and withdraw end a request.
func (s *store) reject(p identity.Principal, r *approval.Request) error {
	if err := r.CheckReject(p, micros(s.w), "no", s.mayDecide); err != nil {
		return err
	}
	r.State = approval.Rejected
	return nil
}

func (s *store) withdraw(p identity.Principal, r *approval.Request) error {
	if err := r.CheckWithdraw(p, micros(s.w)); err != nil {
		return err
	}
	r.State = approval.Withdrawn
	return nil
}

func runs(p identity.Principal) error {
	if !policy.Allow(p, policy.RunPrivacy, policy.Object{}) {
		return fault.New(fault.Forbidden, "asking.runs", "%s erases nothing", p.Kind)
	}
	return nil
}

// BeginErasure implements privacy.Store, and so do those below.
func (s *store) BeginErasure(context.Context, identity.Principal, privacy.Erasure) (privacy.Erasure, error) {
	return privacy.Erasure{}, fault.New(fault.Forbidden, "asking.BeginErasure", "nobody at the machine asks here")
}

func (s *store) Erasure(_ context.Context, p identity.Principal, customer string) (privacy.Erasure, error) {
	x := s.erasures[customer]
	if x == nil {
		return privacy.Erasure{}, fault.New(fault.NotFound, "asking.Erasure", "none was begun")
	}
	return *x, runs(p)
}

func (s *store) DueErasures(_ context.Context, p identity.Principal, limit int) ([]privacy.Erasure, error) {
	var due []privacy.Erasure
	for _, c := range s.w.customers {
		if x := s.erasures[c.ID]; x != nil && x.NextAt > 0 && x.NextAt <= micros(s.w) && len(due) < limit {
			s.w.oracle.passes(c.ID)
			due = append(due, *x)
		}
	}
	return due, runs(p)
}

func (s *store) KeepErasure(_ context.Context, p identity.Principal, x privacy.Erasure, stays privacy.Plan) error {
	if err := s.w.write(); err != nil {
		return err
	}
	now := s.erasures[x.CustomerID]
	if now == nil || now.BegunAt != x.BegunAt || now.ChangedAt != x.ChangedAt || now.Pass.Proof() != x.Pass.Proof() {
		return fault.New(fault.Conflict, "asking.KeepErasure", "somebody else goes on with it")
	}
	did := x.Did.And(x.Pass).Staying(stays)
	x.Did, x.Pass, x.ChangedAt, x.Failures = did, nil, max(micros(s.w), now.ChangedAt+1), 0
	*now = x
	s.w.oracle.done(x)
	return runs(p)
}

func (s *store) DelayErasure(_ context.Context, p identity.Principal, x privacy.Erasure, next int64, _ privacy.Plan) error {
	if now := s.erasures[x.CustomerID]; now != nil && now.ChangedAt == x.ChangedAt {
		now.NextAt, now.Failures = next, now.Failures+1
	}
	return runs(p)
}

func (s *store) HeldOf(_ context.Context, p identity.Principal, customer string, of privacy.Category, before int64, kept map[string]bool) (privacy.Holding, error) {
	h := privacy.Holding{Category: of}
	for _, x := range s.things[customer] {
		switch {
		case x.of != of || x.at > before:
		case x.talk != "" && kept[x.talk]:
			h.Keep++
		case s.w.room.off != All:
			h.Erase++
		}
	}
	if of == privacy.Cases {
		for _, c := range s.cases {
			if c.CustomerID == customer {
				h.Erase++
			}
		}
	}
	return h, runs(p)
}

func (s *store) TalkOf(_ context.Context, p identity.Principal, customer string, before int64, after string, limit int) ([]privacy.Talk, error) {
	var ids []string
	for _, x := range s.things[customer] {
		if x.talk > after && x.at <= before && !slices.Contains(ids, x.talk) {
			ids = append(ids, x.talk)
		}
	}
	slices.Sort(ids)
	var all []privacy.Talk
	for _, id := range ids[:min(len(ids), limit)] {
		all = append(all, privacy.Talk{ID: id})
	}
	return all, runs(p)
}

// erase takes what some things are, and notes it.
func (s *store) erase(p identity.Principal, customer string, before int64, of *privacy.CaseMark, is func(thing) bool) error {
	if err := runs(p); err != nil {
		return err
	}
	if err := s.w.write(); err != nil {
		return err
	}
	if of != nil && s.w.room.off != AsOf && *of != s.mark(customer) {
		return &fault.Error{Code: fault.Conflict, Op: "asking.erase", Reason: privacy.Moved, Message: "a case of theirs has changed"}
	}
	if s.w.room.off == Since {
		before = 1 << 62
	}
	x := s.erasures[customer]
	var left []thing
	for _, one := range s.things[customer] {
		if one.at > before || !is(one) {
			left = append(left, one)
			continue
		}
		s.w.oracle.erased(customer, one)
		x.Pass = x.Pass.Took(one.of, []string{one.id})
	}
	s.things[customer] = left
	return nil
}

// mark tells a customer's cases from what they were.
func (s *store) mark(customer string) (now privacy.CaseMark) {
	for _, c := range s.cases {
		if c.CustomerID == customer {
			now.Cases, now.Events = now.Cases+1, now.Events+int64(len(c.Events))
		}
	}
	return now
}

func (s *store) EraseTalk(_ context.Context, p identity.Principal, customer, talk string, before int64, of privacy.CaseMark) (bool, error) {
	return false, s.erase(p, customer, before, &of, func(x thing) bool { return x.talk == talk && !(s.w.room.off == All && strings.HasSuffix(x.id, "1")) })
}

func (s *store) EraseProfile(_ context.Context, p identity.Principal, customer string, before int64, _, all bool, of privacy.CaseMark) error {
	return s.erase(p, customer, before, &of, func(x thing) bool { return all && x.of == privacy.Profile })
}

func (s *store) of(p identity.Principal, customer string, before int64, c privacy.Category) error {
	return s.erase(p, customer, before, nil, func(x thing) bool { return x.of == c })
}

func (s *store) EraseFlowRuns(_ context.Context, p identity.Principal, customer string, before int64) error {
	return s.of(p, customer, before, privacy.Runs)
}

func (s *store) EraseProofs(_ context.Context, p identity.Principal, customer string, before int64) error {
	return s.of(p, customer, before, privacy.Proofs)
}

func (s *store) EraseContacts(_ context.Context, p identity.Principal, customer string, before int64) error {
	return s.of(p, customer, before, privacy.Contacts)
}

func (s *store) EraseActs(_ context.Context, p identity.Principal, customer string, before int64) (int64, int64, error) {
	return 0, 0, s.of(p, customer, before, privacy.Acts)
}

func (s *store) ListCases(_ context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error) {
	if !policy.Allow(p, policy.ReadCases, policy.Object{CustomerID: q.CustomerID, DataRequest: true}) {
		return nil, fault.New(fault.Forbidden, "asking.ListCases", "may not see cases")
	}
	var rows []cases.Row
	for _, c := range s.cases {
		if c.CustomerID == q.CustomerID {
			rows = append(rows, cases.Row{Head: c.Head, Type: c.Type, Stage: c.Stage, OverAt: c.OverAt})
		}
	}
	return rows, nil
}

func (s *store) Case(_ context.Context, p identity.Principal, id string) (*cases.Case, error) {
	c := s.find(id)
	if c == nil || !policy.Allow(p, policy.ReadCases, c.Object()) {
		return nil, fault.New(fault.NotFound, "asking.Case", "there is no such case")
	}
	one := *c
	return &one, nil
}

func (s *store) ChangeCase(_ context.Context, p identity.Principal, id string, _ int64, _ *jurisdiction.Book, do func(*cases.Case, int64) ([]cases.Event, error)) (*cases.Case, error) {
	if err := s.w.write(); err != nil {
		return nil, err
	}
	c := s.find(id)
	if c == nil {
		return nil, fault.New(fault.NotFound, "asking.ChangeCase", "there is no such case")
	}
	events, err := do(c, micros(s.w))
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		e.At, e.By = max(micros(s.w), c.ChangedAt), cases.ByOf(p)
		e.When = e.At
		if err := c.Apply(e); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (s *store) Conversation(_ context.Context, _ identity.Principal, id string) (conversation.State, error) {
	return conversation.State{ID: id, Status: conversation.Resolved}, nil
}

func (s *store) Execute(context.Context, identity.Principal, string, conversation.Command) (conversation.Result, error) {
	return conversation.Result{}, nil
}

// unheld tells of no hold.
type unheld struct{ *store }

func (u unheld) Case(c context.Context, p identity.Principal, id string) (*cases.Case, error) {
	one, err := u.store.Case(c, p, id)
	if err == nil {
		one.OnHold = false
	}
	return one, err
}
