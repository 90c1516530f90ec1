package ruling

import (
	"context"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/rule"
	"kefu/internal/platform/fault"
)

// Trial is what a rule would have done.
type Trial struct {
	Looked    int      // conversations that were looked at
	Complete  bool     // false: the time was over before all of them were
	Occasions int      // how often the rule was asked
	Held      int      // and how often its condition held
	Failed    int      // how often it could not be worked out
	Samples   []Sample // the newest conversations for which it held
}

// Sample is a conversation for which a rule would have held.
type Sample struct {
	ConversationID string
	Seq            int64
	At             int64 // microseconds
	On             rule.Occasion
}

// TrialStore is what a dry run needs of the store.
type TrialStore interface {
	Store
	ConversationsBegun(ctx context.Context, p identity.Principal, limit int) ([]string, error)
	RuleTried(ctx context.Context, p identity.Principal, conversations []string) error
}

const (
	maxTrial   = 1000 // conversations of one dry run
	maxSamples = 20
	trialTime  = 10 * time.Second
)

// Trials lets rules be tried.
type Trials struct{ store TrialStore }

// NewTrials makes it.
func NewTrials(store TrialStore) *Trials { return &Trials{store: store} }

// Try tells what a rule would have done by itself with the newest conversations,
// as they were at the time. Nothing is changed, and the audit chain tells who tried
// on which. Errors: Invalid for a rule that is none; Forbidden for who may not change
// rules, and for who may not read conversations: how often a condition holds tells,
// asked often enough, every word that customers wrote.
func (t *Trials) Try(ctx context.Context, p identity.Principal, r rule.Rule, conversations int) (Trial, error) {
	const op = "ruling.Try"
	if !policy.Allow(p, policy.ChangeWorkSettings, policy.Object{}) {
		return Trial{}, fault.New(fault.Forbidden, op, "%s may not manage rules", p.Kind)
	}
	r.Paused = false
	if err := r.Validate(); err != nil {
		return Trial{}, err
	}
	set, problems := rule.NewSet([]rule.Numbered{{ID: "trial", Rule: r}})
	if len(problems) > 0 {
		return Trial{}, problems[0].Err
	}
	if !policy.Allow(p, policy.ReadConversation, policy.Object{}) {
		return Trial{}, fault.New(fault.Forbidden, op, "%s may not read conversations", p.Role)
	}
	who := identity.SystemPart("dry run")
	recent, err := t.store.ConversationsBegun(ctx, who, min(max(conversations, 1), maxTrial))
	if err != nil {
		return Trial{}, err
	}
	if err := t.store.RuleTried(ctx, p, recent); err != nil {
		return Trial{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	trial := Trial{Complete: true}
	for _, id := range recent {
		if err := trial.look(ctx, t.store, who, set, id); err != nil {
			if ctx.Err() == nil {
				return Trial{}, err
			}
			trial.Complete = false
			break
		}
	}
	return trial, nil
}

func (t *Trial) look(ctx context.Context, store TrialStore, who identity.Principal, set *rule.Set, id string) error {
	state, err := store.Conversation(ctx, who, id)
	if err != nil {
		return err
	}
	entries, signedIn, err := readLog(ctx, store, who, id, state.LastSeq+1)
	if err != nil {
		return err
	}
	t.Looked++
	past := rule.Begin(state, signedIn, entries)
	sampled := false
	for _, e := range entries {
		for _, m := range past.Next(e) {
			if set.Empty(m.On) {
				continue
			}
			t.Occasions++
			v := set.Decide(ctx, m.On, m.Facts)
			if len(v.Problems) > 0 {
				t.Failed++
			}
			if len(v.Fired) == 0 {
				continue
			}
			t.Held++
			if !sampled && len(t.Samples) < maxSamples {
				sampled = true
				t.Samples = append(t.Samples, Sample{ConversationID: state.ID, Seq: m.Seq, At: e.At, On: m.On})
			}
		}
	}
	return ctx.Err()
}
