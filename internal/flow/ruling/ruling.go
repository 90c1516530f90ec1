// Package ruling carries out the operator's rules: it follows the log, asks the
// rules at every occasion, and gives the commands that follow from them, as a part
// of Kefu that acts on its own. It also tells what a rule would have done with
// conversations of the past.
package ruling

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/rule"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
)

// Follower is the name of the follower of the log that occasions come from.
const Follower = "rules"

// Store is what ruling needs of the store.
type Store interface {
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	MoveFollower(ctx context.Context, s event.Step) error
	StaffByID(ctx context.Context, p identity.Principal, id string) (staff.Member, error)
	CustomerReach(ctx context.Context, p identity.Principal, conversation string) (webhook.Reach, error)
}

const (
	maxRemembered = 8192 // conversations whose past is remembered
	maxRead       = 1000 // entries of a conversation that are read to find out its past; what is older is left out
)

// Worker asks the rules. It is a following.Consumer: Take is called by one at a time.
type Worker struct {
	store Store
	set   atomic.Pointer[rule.Set]
	teams func(id string) (name string, found bool)
	who   identity.Principal
	log   *slog.Logger
	pasts map[string]*past
	asked *rule.Set // with which pasts were remembered: under another one entries may have been passed over
}

// past is a conversation as far as its entries were looked at.
type past struct {
	rule.Past
	seq int64
}

// NewWorker makes a Worker without rules. teams tells what a team that is in use is
// called.
func NewWorker(store Store, teams func(id string) (name string, found bool), log *slog.Logger) *Worker {
	w := &Worker{store: store, teams: teams, who: identity.SystemPart(Follower), log: log, pasts: map[string]*past{}}
	w.Use(nil)
	return w
}

// Use replaces the rules. Those that cannot be used are logged and do nothing.
func (w *Worker) Use(rules []rule.Numbered) {
	set, problems := rule.NewSet(rules)
	for _, p := range problems {
		w.log.Warn("a rule cannot be used", "rule", p.ID, "error", p.Err)
	}
	w.set.Store(set)
}

// Wants implements following.Consumer. Without rules nothing matters.
func (w *Worker) Wants(e *conversation.Entry) bool {
	set := w.set.Load()
	if set.Len() == 0 {
		return false
	}
	switch e.Kind {
	case conversation.KindNote, conversation.KindEdited, conversation.KindRedacted, conversation.KindIdentified:
		return false
	default:
		return true
	}
}

// Take implements following.Consumer. What the commands did stays done when the
// cursor does not move: given again they change nothing.
func (w *Worker) Take(ctx context.Context, entries []conversation.Entry, s event.Step) error {
	set := w.set.Load()
	if set != w.asked {
		clear(w.pasts)
		w.asked = set
	}
	for _, e := range entries {
		moments, err := w.moments(ctx, e)
		if err != nil {
			return err
		}
		for _, m := range moments {
			if err := w.rule(ctx, set, e, m); err != nil {
				return err
			}
		}
	}
	return w.store.MoveFollower(ctx, s)
}

// moments are the occasions that an entry is.
func (w *Worker) moments(ctx context.Context, e conversation.Entry) ([]rule.Moment, error) {
	p := w.pasts[e.ConversationID]
	switch {
	case p != nil && e.Seq <= p.seq:
		// Handed over again after a failure: its past has to be found out anew.
		p = nil
	case p != nil && e.Seq > p.seq:
		p.seq = e.Seq
		return p.Next(e), nil
	}
	p, err := w.recall(ctx, e)
	if err != nil || p == nil {
		return nil, err
	}
	if len(w.pasts) >= maxRemembered {
		clear(w.pasts)
	}
	w.pasts[e.ConversationID] = p
	return p.Next(e), nil
}

// recall reads a conversation's log up to before an entry. It is nil for one that
// there is no more.
func (w *Worker) recall(ctx context.Context, e conversation.Entry) (*past, error) {
	state, err := w.store.Conversation(ctx, w.who, e.ConversationID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, signedIn, err := readLog(ctx, w.store, w.who, e.ConversationID, e.Seq)
	if err != nil {
		return nil, err
	}
	p := &past{Past: rule.Begin(state, signedIn, entries), seq: e.Seq}
	for _, earlier := range entries {
		p.Next(earlier)
	}
	return p, nil
}

// readLog reads the newest maxRead entries before a sequence number, in their order,
// and whether the wallet vouched for the customer.
func readLog(ctx context.Context, store Store, who identity.Principal, id string, before int64) ([]conversation.Entry, bool, error) {
	var all []conversation.Entry
	for more := true; more && len(all) < maxRead && before > 1; {
		page, further, err := store.Entries(ctx, who, id, conversation.EntryRange{Before: before, Reverse: true})
		if err != nil {
			return nil, false, err
		}
		all = append(page, all...)
		if more = further && len(page) > 0; more {
			before = page[0].Seq
		}
	}
	reach, err := store.CustomerReach(ctx, who, id)
	return all, reach.Customer.Subject != "", err
}

// rule asks the rules at one occasion and carries out what they say.
func (w *Worker) rule(ctx context.Context, set *rule.Set, e conversation.Entry, m rule.Moment) error {
	verdict := set.Decide(ctx, m.On, m.Facts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, p := range verdict.Problems {
		w.log.Warn("a rule's condition failed", "rule", p.ID, "error", p.Err)
	}
	if len(verdict.Fired) == 0 {
		return nil
	}
	commands, err := w.commands(ctx, e, m, verdict.Changes())
	if err != nil {
		return err
	}
	for _, c := range commands {
		_, err := w.store.Execute(ctx, w.who, e.ConversationID, c)
		switch {
		case err == nil:
		case ctx.Err() != nil || fault.Is(err, fault.Unavailable):
			return err // it is tried again
		default: // it goes on elsewhere, or what the rule names is gone: trying again does not help
			w.log.Warn("a rule's action was refused", "conversation", e.ConversationID, "action", string(c.Kind), "error", err)
		}
	}
	return nil
}

// commands are what changes come to for a conversation as it is now.
func (w *Worker) commands(ctx context.Context, e conversation.Entry, m rule.Moment, c rule.Changes) ([]conversation.Command, error) {
	state, err := w.store.Conversation(ctx, w.who, e.ConversationID)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
		return nil, err
	}
	var all []conversation.Command
	set := func(kind conversation.CommandKind, content conversation.Content) {
		all = append(all, conversation.Command{Kind: kind, Content: content})
	}
	if c.Priority != "" {
		set(conversation.SetPriority, conversation.Content{Priority: conversation.Priority(c.Priority)})
	}
	if c.Language != "" {
		set(conversation.SetLanguage, conversation.Content{Language: c.Language})
	}
	if tags := tagsAfter(state.Tags, c); !slices.Equal(tags, state.Tags) {
		set(conversation.SetTags, conversation.Content{Tags: tags})
	}
	if c.Team != nil {
		switch name, found := w.teams(*c.Team); {
		case *c.Team == "":
			set(conversation.SetTeam, conversation.Content{})
		case found:
			set(conversation.SetTeam, conversation.Content{Team: &conversation.TeamRef{ID: *c.Team, Name: name}})
		default:
			w.log.Warn("a rule names a team that is not in use", "team", *c.Team)
		}
	}
	if skills, err := conversation.CleanSkills("skills", slices.Concat(state.Skills, c.Skills)); err == nil && len(c.Skills) > 0 && !slices.Equal(skills, state.Skills) {
		set(conversation.SetSkills, conversation.Content{Skills: skills})
	}
	if c.Staff != "" && state.AssigneeID == "" {
		member, err := w.store.StaffByID(ctx, w.who, c.Staff)
		would := identity.Principal{Kind: identity.Staff, ID: member.ID, Role: member.Role}
		switch {
		case err != nil && !fault.Is(err, fault.NotFound):
			return nil, err
		case err == nil && member.DisabledAt == 0 && policy.Allow(would, policy.SendMessage, policy.Whosever(would.ID)):
			set(conversation.Assign, conversation.Content{Staff: &conversation.StaffRef{ID: member.ID, Name: member.Alias}})
		default: // gone, or answers no more: it stays with the queue
			w.log.Warn("a rule names somebody who cannot answer", "staff", c.Staff)
		}
	}
	for i, note := range c.Notes {
		all = append(all, conversation.Command{
			Kind: conversation.Note, Content: conversation.Content{Text: note},
			ClientID: "rule-" + strconv.FormatInt(m.Seq, 10) + "-" + string(m.On) + "-" + strconv.Itoa(i),
		})
	}
	return all, nil
}

// tagsAfter keeps as many of the added tags as a conversation may have.
func tagsAfter(tags []string, c rule.Changes) []string {
	after := slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return slices.Contains(c.RemoveTags, tag) })
	for _, tag := range c.AddTags {
		if !slices.Contains(after, tag) && len(after) < conversation.MaxTags {
			after = append(after, tag)
		}
	}
	slices.Sort(after)
	return after
}
