package watching

import (
	"context"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Shelf keeps decoys.
type Shelf interface {
	AddDecoy(ctx context.Context, p identity.Principal, customer, conversation string, n insider.NewCanary) error
	AddDecoyTalk(ctx context.Context, p identity.Principal, state conversation.State, entries []conversation.Entry) error
	Decoys(ctx context.Context, p identity.Principal) ([]insider.Canary, error)
	RetireDecoy(ctx context.Context, p identity.Principal, customer string) error
}

// Decoys makes customers whom nobody has a reason to look at: they look like any other to
// staff, with a conversation that was resolved, and nothing follows from them.
type Decoys struct {
	Shelf Shelf
	Clean func(ctx context.Context, text string) (string, error) // takes secrets out of what somebody wrote
	// Index is told of the conversation, so that a search finds it; may be nil.
	Index func(event.Commit)
	Learn func(ctx context.Context) error // of what stands now; may be nil
	Clock clock.Clock
}

// between is how long it took, in microseconds, to answer in what a decoy says.
const between = int64(4 * 60 * 1_000_000)

// Add makes one, by whom the house is run. Errors: Forbidden; Invalid; Conflict.
func (d Decoys) Add(ctx context.Context, p identity.Principal, n insider.NewCanary) (customer string, err error) {
	const op = "watching.Add"
	if err := n.Validate(); err != nil {
		return "", err
	}
	for _, text := range append([]*string{&n.Name, &n.Topic}, pointers(n.Words)...) {
		if *text, err = d.Clean(ctx, *text); err != nil {
			return "", err
		}
	}
	customer, talk := id.New(), id.New()
	// The customer is a decoy before there is anything to open.
	if err := d.Shelf.AddDecoy(ctx, p, customer, talk, n); err != nil {
		return "", err
	}
	if d.Learn != nil {
		if err := d.Learn(ctx); err != nil {
			return "", fault.Wrap(op, err)
		}
	}
	state, entries := talkOf(talk, customer, n, clock.Micros(d.Clock()))
	if err := d.Shelf.AddDecoyTalk(ctx, p, state, entries); err != nil {
		return "", err
	}
	if d.Index != nil {
		d.Index(event.Commit{Changed: []event.ConversationChange{{State: state, Entries: entries}}})
	}
	return customer, nil
}

func pointers(words []string) (all []*string) {
	for i := range words {
		all = append(all, &words[i])
	}
	return all
}

// talkOf is the conversation of a decoy: the customer and the house by turns, resolved in
// the end.
func talkOf(talk, customer string, n insider.NewCanary, now int64) (conversation.State, []conversation.Entry) {
	end := now - n.Ago
	at := end - int64(len(n.Words))*between
	var entries []conversation.Entry
	add := func(e conversation.Entry) {
		e.ConversationID, e.Seq, e.At = talk, int64(len(entries)+1), at
		entries = append(entries, e)
		at += between
	}
	state := conversation.New(talk, customer, "chat", n.Topic, n.Language, at)
	for i, words := range n.Words {
		by := conversation.Author{Kind: conversation.ByCustomer, ID: customer}
		if i%2 == 1 {
			by = conversation.Author{Kind: conversation.ByAgent, ID: "former", Name: nameOf(n.Language)}
		}
		add(conversation.Entry{Kind: conversation.KindMessage, Author: by, Content: conversation.Content{Text: words}})
	}
	state.Status, state.LastSeq, state.PreviewSeq = conversation.Resolved, int64(len(entries)), int64(len(entries))
	state.LastActivity = entries[len(entries)-1].At
	return state, entries
}

// nameOf is under which name the house answers there.
func nameOf(language string) string {
	if strings.HasPrefix(language, "zh") {
		return "小林"
	}
	return "Lin"
}
