package golden

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
)

// shelf keeps the runs of one conversation in memory, as the store does.
type shelf struct {
	runs  map[string][]byte
	at    map[string]int64 // revisions
	due   map[string]time.Time
	begun map[string]bool // conversations
	now   func() time.Time
}

func (s *shelf) put(n selfservice.Record) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	s.runs[n.ID], s.due[n.ID] = text, n.DueAt
	s.at[n.ID]++
	return nil
}

// AddFlowRun implements selfservice.Store.
func (s *shelf) AddFlowRun(_ context.Context, _ identity.Principal, n selfservice.Record) error {
	return s.put(n)
}

// SaveFlowRun implements selfservice.Store.
func (s *shelf) SaveFlowRun(_ context.Context, _ identity.Principal, n selfservice.Record) error {
	if s.at[n.ID] != n.Revision {
		return &fault.Error{Code: fault.Conflict, Op: "golden", Field: "revision"}
	}
	return s.put(n)
}

// FlowRun implements selfservice.Store.
func (s *shelf) FlowRun(_ context.Context, _ identity.Principal, id string) (n selfservice.Record, err error) {
	text, ok := s.runs[id]
	if !ok {
		return n, fault.New(fault.NotFound, "golden", "there is no run %s", id)
	}
	if err := json.Unmarshal(text, &n); err != nil {
		return n, err
	}
	n.Revision, n.DueAt = s.at[id], s.due[id]
	return n, nil
}

// SeeFlowRun implements selfservice.Store.
func (s *shelf) SeeFlowRun(context.Context, identity.Principal, string) error { return nil }

// OpenFlowRuns implements selfservice.Store.
func (s *shelf) OpenFlowRuns(context.Context, identity.Principal, string) ([]selfservice.Record, error) {
	return nil, nil
}

// AskedFlowRuns implements selfservice.Store.
func (s *shelf) AskedFlowRuns(context.Context, identity.Principal, string) ([]selfservice.Record, error) {
	return nil, nil
}

// FlowRunsOf implements selfservice.Store.
func (s *shelf) FlowRunsOf(context.Context, identity.Principal, string) ([]selfservice.Record, error) {
	return nil, nil
}

// FlowCustomer implements selfservice.Store.
func (s *shelf) FlowCustomer(context.Context, identity.Principal, string) (string, error) {
	return customer, nil
}

// FlowSubject implements selfservice.Store.
func (s *shelf) FlowSubject(context.Context, identity.Principal, string, string, string) (string, error) {
	return customer, nil
}

// Standstill implements selfservice.Store.
func (s *shelf) Standstill(context.Context, identity.Principal, string) (int64, error) { return 0, nil }

// ClaimFlowRuns implements selfservice.Store.
func (s *shelf) ClaimFlowRuns(ctx context.Context, p identity.Principal, _ int, lease time.Duration) ([]selfservice.Record, error) {
	var due []selfservice.Record
	for id, at := range s.due {
		if at.IsZero() || at.After(s.now()) {
			continue
		}
		n, err := s.FlowRun(ctx, p, id)
		if err != nil {
			return nil, err
		}
		s.due[id] = s.now().Add(lease)
		due = append(due, n)
	}
	return due, nil
}

// NextFlowRun implements selfservice.Store.
func (s *shelf) NextFlowRun(context.Context) (int64, error) { return 0, nil }

// DelayFlowRun implements selfservice.Store.
func (s *shelf) DelayFlowRun(_ context.Context, _ identity.Principal, n selfservice.Record, until time.Time) error {
	s.due[n.ID] = until
	return nil
}

// WakeFlowRuns implements selfservice.Store.
func (s *shelf) WakeFlowRuns(context.Context, identity.Principal, string, string) error { return nil }

// WakeFlowRun implements selfservice.Store.
func (s *shelf) WakeFlowRun(context.Context, identity.Principal, string) error { return nil }

// PurgeFlowRuns implements selfservice.Store.
func (s *shelf) PurgeFlowRuns(context.Context, int) error { return nil }

// KeepFlow implements selfservice.Store.
func (s *shelf) KeepFlow(context.Context, identity.Principal, *selfservice.Definition) error {
	return nil
}

// FlowText implements selfservice.Store.
func (s *shelf) FlowText(context.Context, string) ([]byte, error) {
	return nil, fault.New(fault.NotFound, "golden", "one version alone")
}

// Conversation implements selfservice.Store.
func (s *shelf) Conversation(_ context.Context, _ identity.Principal, id string) (conversation.State, error) {
	if !s.begun[id] {
		return conversation.State{}, fault.New(fault.NotFound, "golden", "it has not begun")
	}
	return conversation.State{ID: id, CustomerID: customer}, nil
}

// door takes in what a person is told.
type door struct {
	shelf  *shelf
	guard  *guard.Detector
	story  *intake.Story
	others int // stories under another id than the first; one that is told while the run waits has its step behind it
	fresh  bool
	client string
}

// Start implements selfservice.Intake.
func (d *door) Start(_ context.Context, _ identity.Principal, start conversation.Start) (conversation.State, error) {
	d.shelf.begun[start.NewID] = true
	return conversation.State{ID: start.NewID, CustomerID: customer}, nil
}

// Send implements selfservice.Intake.
func (d *door) Send(_ context.Context, _ identity.Principal, m intake.Message, done func(intake.Said)) error {
	if d.client != "" && !strings.HasPrefix(d.client, m.ClientID) && !strings.HasPrefix(m.ClientID, d.client) {
		d.others++
	}
	d.client, d.story, d.fresh = m.ClientID, m.Story, true
	done(intake.Said{Seq: 1})
	return nil
}

// Clean implements selfservice.Intake.
func (d *door) Clean(ctx context.Context, text string) (string, error) {
	clean, _, err := d.guard.Redact(ctx, text)
	return clean, err
}

// Act says how something goes that is asked of the wallet.
type Act struct {
	Refuse  string `yaml:"refuse,omitempty"`  // when it is proposed
	Down    bool   `yaml:"down,omitempty"`    // the wallet does not answer then
	Free    bool   `yaml:"free,omitempty"`    // needs no proof
	Execute string `yaml:"execute,omitempty"` // how it stands after that: succeeded, sent, waiting, unknown, failed
	Made    string `yaml:"made,omitempty"`    // the id of what came of it
}

// done is one act of a conversation.
type done struct {
	fact   selfservice.ActFact
	script Act
	ran    int // how often it was executed
}

// hands has acts done as a conversation says.
type hands struct {
	scripts map[string]Act
	all     map[string]*done
	proof   assurance.Progress // of whatever is asked to be proven now
	stale   bool               // what was proposed is out of date
	last    *done
}

// Propose implements selfservice.Acts.
func (h *hands) Propose(_ context.Context, _ identity.Principal, _, run, step string, w selfservice.Proposal) (selfservice.ActFact, string, error) {
	script := h.scripts[string(w.Act)]
	fact := selfservice.ActFact{Act: string(w.Act), Amount: w.Amount, Refusal: script.Refuse}
	asked := wallet.Command{Key: "golden", Act: w.Act, CustomerID: "golden", Target: w.Target, Amount: w.Amount, Reason: w.Reason, Expect: or(w.Expect, "golden"), Details: w.Details}
	if err := asked.Validate(); err != nil { // no wallet takes it, so that no script may
		return fact, "", fault.Wrap("golden.Propose", err)
	}
	switch {
	case script.Down:
		return fact, "unavailable", nil
	case script.Refuse != "":
		return fact, "refused", nil
	}
	fact.ID = run + "/" + step + "/" + string(rune('a'+len(h.all)))
	fact.Hash, fact.State, fact.Proof = action.Hash(wallet.Command{Act: w.Act, Target: w.Target, Amount: w.Amount, Reason: w.Reason, Details: w.Details, Key: fact.ID}, wallet.Summary{State: fact.ID}), "proposed", 2
	fact.Destination, fact.ArrivesBy = "Visa •••• 1111", wallet.At(start().Add(48*time.Hour))
	h.last, h.proof = &done{fact: fact, script: script}, assurance.Pending // each is proven for itself
	h.all[fact.ID] = h.last
	return fact, "", nil
}

func (h *hands) find(id string) (*done, error) {
	if d, ok := h.all[id]; ok {
		return d, nil
	}
	return nil, fault.New(fault.NotFound, "golden", "there is no act %s", id)
}

// Confirm implements selfservice.Acts.
func (h *hands) Confirm(_ context.Context, _ identity.Principal, id, hash string) (selfservice.ActFact, string, error) {
	d, err := h.find(id)
	if err != nil {
		return selfservice.ActFact{}, "", err
	}
	if h.stale || d.fact.Hash != hash {
		h.stale = false
		return d.fact, "changed", nil
	}
	d.fact.State = "confirmed"
	return d.fact, "", nil
}

// Prove implements selfservice.Acts.
func (h *hands) Prove(_ context.Context, _ identity.Principal, id string) (selfservice.ActFact, assurance.Standing, error) {
	d, err := h.find(id)
	if err != nil {
		return selfservice.ActFact{}, assurance.Standing{}, err
	}
	state := h.proof
	if d.script.Free {
		state = assurance.NotNeeded
	}
	return d.fact, assurance.Standing{State: state}, nil
}

// Execute implements selfservice.Acts.
func (h *hands) Execute(_ context.Context, _ identity.Principal, id string) (selfservice.ActFact, string, error) {
	d, err := h.find(id)
	if err != nil {
		return selfservice.ActFact{}, "", err
	}
	if h.proof = assurance.Pending; d.fact.State == "confirmed" {
		d.ran++
		d.fact.State, d.fact.Made = or(d.script.Execute, "succeeded"), d.script.Made
	}
	outcome := map[string]string{"waiting": "waiting", "unknown": "unknown", "failed": "failed"}[d.fact.State]
	return d.fact, outcome, nil
}

// State implements selfservice.Acts.
func (h *hands) State(_ context.Context, _ identity.Principal, id string) (selfservice.ActFact, error) {
	d, err := h.find(id)
	if err != nil {
		return selfservice.ActFact{}, err
	}
	return d.fact, nil
}
