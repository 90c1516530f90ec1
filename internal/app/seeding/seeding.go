// Package seeding fills an empty store with invented conversations, the same ones
// every time, for measuring.
package seeding

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"time"

	"kefu/internal/app"
	"kefu/internal/app/seedwords"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/id"
	"kefu/internal/platform/secret"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/searchindex"
)

// Plan is how much a store for measuring holds. It is spread evenly.
type Plan struct {
	Conversations int
	Messages      int // over all conversations; at least one each
	Agents        int // each with a session
}

// Seeded is what a seeded store can be asked with.
type Seeded struct {
	Queries map[string][]string // search texts by class
	Tokens  []string            // of the agents' sessions
	Names   map[string][]string // what conversations can be chosen by: team, topic, tag, code, channel, agent
	Begin   int64               // when the first conversation began; microseconds
}

const (
	seedBatch    = 2000
	seedRandom   = 20261122
	seedPerOwner = 5 // conversations of one customer
	issuer       = "https://wallet.demo"
)

// Seed fills an empty store with invented conversations and their search index,
// the same ones every time, and gives queries to ask it by class. It is for
// measuring only.
func Seed(ctx context.Context, c config.Config, plan Plan) (Seeded, error) {
	ring, err := app.OpenRing(c, false)
	if err != nil {
		return Seeded{}, err
	}
	store, err := storage.Open(ctx, storage.Options{Migrate: true, Alone: true, Dir: c.Data, Database: c.Database.Reveal(), Ring: ring, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return Seeded{}, errors.Join(err, ring.Close())
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- store.Run(running) }()
	blind, err := search.NewBlinder(ring.Subkey("message search")[:search.KeySize])
	seeded := Seeded{Queries: seedwords.Queries()}
	if err == nil && plan.Conversations > 0 {
		err = fill(ctx, c, store, blind, plan, &seeded)
	}
	if err == nil {
		seeded.Tokens, err = seedAgents(ctx, store, plan.Agents)
	}
	stop()
	err = errors.Join(err, <-ended, store.Close(), ring.Close())
	return seeded, err
}

// seedAgents adds agents who are signed in, and gives their tokens.
func seedAgents(ctx context.Context, store *storage.Store, n int) ([]string, error) {
	var tokens []string
	for i := range n {
		m := staff.Member{ID: id.New(), Email: fmt.Sprintf("agent-%d@bench.example", i), Name: fmt.Sprintf("Agent %d", i), Alias: fmt.Sprintf("Agent %d", i), Role: identity.Agent}
		if err := store.AddStaff(ctx, identity.SystemPart("seed"), staff.New{Member: m}); err != nil {
			return nil, err
		}
		token := secret.Token()
		session := staff.Session{Digest: hex.EncodeToString(secret.HashToken(token)), ID: id.New(), StaffID: m.ID, ExpiresAt: time.Now().Add(signin.SessionLife).UnixMicro()}
		if err := store.OpenSession(ctx, session, 1); err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

func fill(ctx context.Context, c config.Config, store *storage.Store, blind *search.Blinder, plan Plan, seeded *Seeded) error {
	index, err := searchindex.Open(ctx, searchindex.Options{
		Engine: engine.Of(c.Database.Reveal()), Path: filepath.Join(c.Data, "search.db"),
		DSN: c.Database.Reveal(), Fingerprint: blind.Fingerprint(),
	})
	if err != nil {
		return err
	}
	g := newGenerator(plan)
	seeded.Names, seeded.Begin = g.names(), g.begin
	for g.made < plan.Conversations {
		batch, customers := g.batch(min(seedBatch, plan.Conversations-g.made))
		if err := store.ImportCustomers(ctx, issuer, "en", customers); err != nil {
			return errors.Join(err, index.Close())
		}
		if err := store.Import(ctx, batch); err != nil {
			return errors.Join(err, index.Close())
		}
		if err := indexBatch(ctx, index, blind, batch); err != nil {
			return errors.Join(err, index.Close())
		}
		if err := g.saveFacts(ctx, store, batch); err != nil {
			return errors.Join(err, index.Close())
		}
		if err := store.Checkpoint(ctx); err != nil { // a log that has become long is slow to read
			return errors.Join(err, index.Close())
		}
	}
	if err := followed(ctx, store); err != nil {
		return errors.Join(err, index.Close())
	}
	return errors.Join(store.Checkpoint(ctx), index.Close()) // the index stays as a server's is: written in batches, not yet merged
}

func indexBatch(ctx context.Context, index *searchindex.Index, blind *search.Blinder, batch []storage.Imported) error {
	var docs []searchindex.Doc
	for _, one := range batch {
		for i := range one.Entries {
			e := &one.Entries[i]
			docs = append(docs, searchindex.Doc{Pos: e.Pos, Tokens: blind.Message(e.Content.Text, search.TraitsOf(e), search.MaxTextTokens)})
		}
	}
	for len(docs) > 0 {
		n := min(len(docs), searchindex.MaxBatch)
		if err := index.Add(ctx, docs[:n], docs[n-1].Pos); err != nil {
			return err
		}
		docs = docs[n:]
	}
	return nil
}

// generator invents conversations.
type generator struct {
	random   *rand.Rand
	plan     Plan
	agents   []conversation.Author // a fifth of the conversations is theirs
	made     int
	messages int
	begin    int64
	customer string
}

func newGenerator(plan Plan) *generator {
	plan.Messages = max(plan.Messages, plan.Conversations)
	g := &generator{
		random: rand.New(rand.NewPCG(seedRandom, 1)), plan: plan,
		begin: time.Now().Add(-30 * 24 * time.Hour).UnixMicro(),
	}
	for range 20 {
		g.agents = append(g.agents, conversation.Author{Kind: conversation.ByAgent, ID: id.New(), Name: seedwords.Name(g.random)})
	}
	return g
}

func (g *generator) batch(n int) ([]storage.Imported, []storage.ImportedCustomer) {
	batch := make([]storage.Imported, 0, n)
	var customers []storage.ImportedCustomer
	for range n {
		if g.made%seedPerOwner == 0 {
			g.customer = id.New()
			customers = append(customers, storage.ImportedCustomer{
				ID: g.customer, Subject: fmt.Sprintf("seed-%07d", g.made/seedPerOwner), Name: seedwords.Name(g.random),
			})
		}
		batch = append(batch, g.conversation())
		g.made++
	}
	return batch, customers
}

func (g *generator) conversation() storage.Imported {
	left := g.plan.Conversations - g.made
	count := max(1, (g.plan.Messages-g.messages)/left)
	// A month of conversations, each a few minutes long.
	at := g.begin + int64(g.made)*(28*24*3600*1_000_000)/int64(g.plan.Conversations)
	st := conversation.New(id.New(), g.customer, g.channel(), "", "en", at)
	if g.random.IntN(5) == 0 {
		agent := g.agents[g.random.IntN(len(g.agents))]
		st.AssigneeID, st.AssigneeName = agent.ID, agent.Name
	}
	if g.made%100 == 0 {
		st.Tags = []string{"vip"}
	}
	if g.random.IntN(4) == 0 {
		st.Tags = append(st.Tags, some(g.random, seedTags()))
	}
	if g.random.IntN(2) == 0 {
		st.TeamID = some(g.random, seedTeams())
	}
	out := storage.Imported{StartRef: id.New()}
	for i := range count {
		at += 1_000_000 + g.random.Int64N(60_000_000)
		author := conversation.Author{Kind: conversation.ByCustomer, ID: g.customer}
		if i%3 == 2 && st.AssigneeID != "" {
			author = conversation.Author{Kind: conversation.ByAgent, ID: st.AssigneeID, Name: st.AssigneeName}
		}
		out.Entries = append(out.Entries, conversation.Entry{
			ConversationID: st.ID, Seq: int64(i + 1), Kind: conversation.KindMessage, Author: author,
			ClientID: id.New(), At: at, Content: conversation.Content{Text: seedwords.Sentence(g.random)},
		})
		g.messages++
	}
	st.LastSeq, st.PreviewSeq, st.LastActivity, st.WaitingSince, st.Unread = int64(count), int64(count), at, at, count
	switch g.random.IntN(10) {
	case 0, 1:
		st.Status = conversation.Open
	case 2, 3:
		st.Status, st.WaitingSince, st.Unread = conversation.Waiting, 0, 0
	default:
		st.Status, st.WaitingSince, st.Unread = conversation.Resolved, 0, 0
	}
	if st.Status == conversation.Resolved {
		st.WrapUp = some(g.random, seedCodes())
	}
	out.State = st
	return out
}
