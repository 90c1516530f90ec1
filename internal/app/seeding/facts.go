package seeding

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"kefu/internal/app"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wrapup"
	"kefu/internal/flow/clocks"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// What seeded conversations are told apart by. Most have none of these tags; one in
// a hundred has vip, which is not among them.

func seedTags() []string {
	return strings.Fields("refund transfer card login limit fee fraud address top-up exchange payout invoice")
}

func seedTopics() []string {
	return []string{"Payments", "Cards", "Account", "Limits", "Fees", "Something else"}
}

func seedTeams() []string { return seedIDs("team", 6) }

func seedCodes() []string { return seedIDs("code", 12) }

func seedIDs(kind string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, id.From("bench "+kind+" "+strconv.Itoa(i)))
	}
	return ids
}

func some(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

// channel is chat for nine of ten.
func (g *generator) channel() string {
	if g.random.IntN(10) == 0 {
		return "email"
	}
	return "chat"
}

func (g *generator) names() map[string][]string {
	names := map[string][]string{
		"team": seedTeams(), "topic": seedTopics(), "tag": append(seedTags(), "vip"), "code": seedCodes(), "channel": {"chat", "email"},
	}
	for _, a := range g.agents {
		names["agent"] = append(names["agent"], a.ID)
	}
	return names
}

// seedAims are what was promised of every seeded conversation.
func seedAims() sla.Aims {
	return sla.Aims{{ID: id.From("bench target"), Revision: 1, Target: sla.Target{Name: "Everybody", FirstResponse: 10, NextResponse: 30, Resolution: 480}, Hours: &sla.Hours{}}}
}

// saveFacts stores what the keeper of clocks would fold from the logs, had they
// what else happens in a conversation: that it was assigned, answered, resolved and
// rated.
func (g *generator) saveFacts(ctx context.Context, store *storage.Store, batch []storage.Imported) error {
	all := make([]report.Followed, 0, len(batch))
	var moves []report.BacklogMove
	aims, now := seedAims(), time.Now().UnixMicro()
	for i := range batch {
		st := &batch[i].State
		fact := report.NewFact(sla.Subject{Channel: st.Channel, Priority: st.Priority, Language: st.Language, Tags: st.Tags, Team: st.TeamID})
		fact.Topic = some(g.random, seedTopics())
		for _, e := range g.happened(&batch[i]) {
			for _, m := range fact.Apply(&e, aims) {
				moves = append(moves, report.BacklogMove{Quarter: m.At / report.QuarterMicros, Channel: st.Channel, Delta: m.Delta})
			}
		}
		fact.Track.Seq = st.LastSeq // what the log does not have takes no number of it
		f := report.Followed{ID: st.ID, CustomerID: st.CustomerID, Fact: fact, Alerts: map[sla.ClockKind]sla.Alert{}}
		for _, a := range sla.AlertsOf(st.ID, st.AssigneeID, &fact.Track, aims, nil, now) {
			a.Next = sla.Ring{} // a server that starts would tell of all that were ever due
			f.Alerts[a.Kind] = a
		}
		all = append(all, f)
	}
	return store.SaveFollowed(ctx, event.Step{}, all, moves)
}

// happened is what a conversation's log says, and what else a fact is made of.
func (g *generator) happened(one *storage.Imported) []conversation.Entry {
	st, all := &one.State, append([]conversation.Entry{}, one.Entries...)
	at, seq := one.Entries[len(one.Entries)-1].At, st.LastSeq
	agent := conversation.Author{Kind: conversation.ByAgent, ID: st.AssigneeID}
	if agent.ID == "" {
		agent = g.agents[g.random.IntN(len(g.agents))]
	}
	add := func(kind conversation.EntryKind, by conversation.Author, c conversation.Content) {
		seq++
		at += 1_000_000 + g.random.Int64N(900_000_000)
		all = append(all, conversation.Entry{ConversationID: st.ID, Seq: seq, Kind: kind, Author: by, At: at, Content: c})
	}
	if st.AssigneeID != "" || st.Status == conversation.Resolved {
		add(conversation.KindAssigned, agent, conversation.Content{Staff: &conversation.StaffRef{ID: agent.ID}})
	}
	if st.Status != conversation.Open {
		add(conversation.KindMessage, agent, conversation.Content{})
	}
	if st.Status == conversation.Resolved {
		add(conversation.KindStatus, agent, conversation.Content{Status: st.Status, Was: conversation.Waiting, Code: &wrapup.Ref{ID: st.WrapUp}})
		if g.random.IntN(4) == 0 {
			add(conversation.KindRated, conversation.Author{Kind: conversation.ByCustomer, ID: st.CustomerID}, conversation.Content{Score: 1 + g.random.Int64N(5)})
		}
	}
	return all
}

// followed packs what reports read, as a server does beside its work, and lets the
// keeper of clocks begin behind all that is seeded. What live clocks were reckoned by
// stays as it is: no target of the settings says it.
func followed(ctx context.Context, store *storage.Store) error {
	for more := true; more; {
		var err error
		if more, err = store.PackFacts(ctx, time.Now().UnixMicro()/report.HourMicros-app.LooseHours); err != nil {
			return err
		}
	}
	end, err := store.LastPosition(ctx)
	if err != nil {
		return err
	}
	for name, to := range map[string]int64{clocks.Name: end, clocks.Reckoned: 1 << 62} {
		at, err := store.FollowerAt(ctx, name, false)
		if err != nil {
			return err
		}
		if err := store.MoveFollower(ctx, event.Step{Follower: name, From: at, To: to}); err != nil {
			return err
		}
	}
	return nil
}
