package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/evidence"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/vouch"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

// Kept is what a copy is gathered from, as its customer may see it; who they are and what
// they went through is read by the part itself.
type Kept interface {
	CustomerOf(ctx context.Context, p identity.Principal, id string) (customer.Customer, []conversation.State, error)
	ConversationsBefore(ctx context.Context, p identity.Principal, before conversation.Before, limit int) ([]conversation.WindowLine, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	RunsOfCustomer(ctx context.Context, p identity.Principal, customer, after string, limit int) ([]selfservice.Record, error)
	ListActs(ctx context.Context, p identity.Principal, q action.Query) ([]action.Kept, error)
	OwnPhrase(ctx context.Context, p identity.Principal) (vouch.Phrase, error)
	Case(ctx context.Context, p identity.Principal, id string) (*cases.Case, error)
	ChangeCase(ctx context.Context, p identity.Principal, id string, revision int64, b *jurisdiction.Book, do func(c *cases.Case, now int64) ([]cases.Event, error)) (*cases.Case, error)
}

// Cases leads cases, with the words that stand in conversations.
type Cases interface {
	List(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error)
	Get(ctx context.Context, p identity.Principal, id string) (casework.Seen, error)
}

// CopyDeps are what a Copier works with.
type CopyDeps struct {
	Kept   Kept
	Cases  Cases
	File   func(ctx context.Context, p identity.Principal, id string) (io.ReadCloser, error)
	Signer audit.Signer
	Book   *jurisdiction.Book
	Clock  clock.Clock
}

// Copier gathers a customer's copy of what is kept of them, and writes it as it gathers it:
// nothing is kept beside what there is, and nothing of it all at once in memory. It is
// fetched once under a token that its customer has right after they proved who they are.
type Copier struct {
	CopyDeps
	who identity.Principal

	mu      sync.Mutex
	tickets map[string]ticket // by the token
	busy    int
}

type ticket struct {
	who      identity.Principal
	caseID   string
	language string
	until    time.Time
}

// TicketLife is how long a copy may be fetched after its customer asked to.
const TicketLife = 2 * time.Minute

const (
	maxTickets = 1000
	maxBusy    = 2   // copies that are written at once
	maxCopied  = 900 // files in one copy
)

// NewCopier makes a Copier.
func NewCopier(d CopyDeps) *Copier {
	return &Copier{CopyDeps: d, who: identity.SystemPart(Name), tickets: map[string]ticket{}}
}

// ReasonProof is why a copy is refused: the customer has not proven who they are within
// the last minutes.
const ReasonProof = "proof"

// Ticket lets a customer fetch their copy once, within TicketLife, for a request of theirs.
// Errors: NotFound for a case that is no request of theirs for a copy; Forbidden with
// ReasonProof; TooMany.
func (c *Copier) Ticket(ctx context.Context, p identity.Principal, caseID, language string) (token string, until time.Time, err error) {
	const op = "privacy.Ticket"
	of, err := c.Kept.Case(ctx, p, caseID)
	if err != nil {
		return "", until, err
	}
	switch {
	case !policy.Allow(p, policy.OwnPrivacy, policy.Object{CustomerID: of.CustomerID}) || of.Request != cases.CopyOfData || of.Stage == cases.TakenBack:
		return "", until, fault.New(fault.NotFound, op, "it is no request of theirs for a copy")
	case p.Level < identity.AL2:
		return "", until, &fault.Error{Code: fault.Forbidden, Op: op, Reason: ReasonProof, Message: "the customer has not proven who they are just now"}
	}
	now := c.Clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, t := range c.tickets { // a new one takes the place of the customer's old one
		if !now.Before(t.until) || t.who.ID == p.ID {
			delete(c.tickets, key)
		}
	}
	if len(c.tickets) >= maxTickets {
		return "", until, fault.New(fault.TooMany, op, "%d copies wait to be fetched", maxTickets)
	}
	token, until = secret.Token(), now.Add(TicketLife)
	c.tickets[token] = ticket{p, caseID, language, until}
	return token, until, nil
}

// Fetch writes the copy that a token is for; a token is good once. begin is told before
// anything is written. Errors: NotFound for a token that is none, was used or is over;
// TooMany while others are written; those of the store and of what begin gives.
func (c *Copier) Fetch(ctx context.Context, token string, begin func() io.Writer) error {
	const op = "privacy.Fetch"
	c.mu.Lock()
	t, ok := c.tickets[token]
	ok = ok && c.Clock().Before(t.until)
	switch {
	case ok && c.busy >= maxBusy:
		c.mu.Unlock()
		return fault.New(fault.TooMany, op, "%d copies are being written", maxBusy)
	case ok:
		c.busy++
	}
	delete(c.tickets, token)
	c.mu.Unlock()
	if !ok {
		return fault.New(fault.NotFound, op, "nothing is to be fetched under that token")
	}
	defer func() {
		c.mu.Lock()
		c.busy--
		c.mu.Unlock()
	}()
	sum := sha256.New()
	if err := c.write(ctx, t, io.MultiWriter(begin(), sum)); err != nil {
		return err
	}
	_, err := c.Kept.ChangeCase(ctx, c.who, t.caseID, -1, c.Book, func(of *cases.Case, _ int64) ([]cases.Event, error) {
		events := []cases.Event{}
		if !of.Confirmed && of.Jurisdiction != "" && !of.Stage.Over() && of.Decision == nil {
			events = append(events, cases.Event{Kind: cases.Confirmed, Data: cases.Data{Type: of.Type, Request: of.Request, Jurisdiction: of.Jurisdiction, Version: of.Version}})
		}
		if of.PreparedAt == 0 && !of.Stage.Over() {
			events = append(events, cases.Event{Kind: cases.Prepared})
		}
		if of.PreparedAt != 0 || len(events) > 0 {
			events = append(events, cases.Event{Kind: cases.Fetched, Data: cases.Data{Reason: "sha256 " + hex.EncodeToString(sum.Sum(nil))}})
		}
		return events, nil
	})
	return err
}

// write gathers everything into a signed file. What is said of other people is what the
// customer was shown themselves; what our people noted for each other is not in it.
func (c *Copier) write(ctx context.Context, t ticket, into io.Writer) error {
	const op = "privacy.write"
	g := &gathering{Copier: c, ctx: ctx, t: t, w: wordsOf(t.language)}
	w := evidence.NewWriter(into, evidence.Manifest{Case: t.caseID, Reference: "copy of data", MadeAt: evidence.Stamp(c.Clock()), MadeBy: "Kefu"}, c.Signer)
	for _, part := range []struct {
		name  string
		write func(*sink)
	}{{"profile", g.profile}, {"conversations", g.talk}, {"cases", g.casesOf}, {"steps", g.runs}, {"acts", g.acts}} {
		for _, form := range []string{".json", ".html"} {
			from := g.stream(part.name, form, part.write)
			err := w.Add(part.name+form, from)
			_ = from.Close() // whoever writes to it ends; it never fails
			if err != nil {
				return err
			}
		}
	}
	for i, f := range g.files {
		content, err := c.File(ctx, t.who, f.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		err = w.Add(fmt.Sprintf("files/%03d-%s", i+1, plain(f.Name)), content)
		if closed := content.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	if err := w.Add("index.html", strings.NewReader(g.index())); err != nil {
		return err
	}
	return fault.Wrap(op, w.Close())
}

// gathering is one copy while it is written.
type gathering struct {
	*Copier
	ctx   context.Context
	t     ticket
	w     words
	files []conversation.Attachment
	more  int // files beyond those that one copy takes
}

// stream is a part of the copy that is written while it is read.
func (g *gathering) stream(name, form string, write func(*sink)) *io.PipeReader {
	from, to := io.Pipe()
	s := &sink{to: to, page: form == ".html", w: g.w}
	go func() {
		s.open(g.w.title[name])
		write(s)
		s.close()
		_ = to.CloseWithError(s.err) // it never fails
	}()
	return from
}

func (g *gathering) profile(s *sink) {
	u, _, err := g.Kept.CustomerOf(g.ctx, g.who, g.t.who.ID)
	if s.fail(err) {
		return
	}
	s.row(u.CreatedAt, "profile", "", u.Name, map[string]any{"id": u.ID, "name": u.Name, "language": u.Language, "known_since": stamp(u.CreatedAt)})
	for _, h := range u.Handles {
		s.row(0, h.Kind, "", h.Value, map[string]any{"handle": h.Kind, "value": h.Value, "evidence": h.Evidence})
	}
	phrase, err := g.Kept.OwnPhrase(g.ctx, g.t.who)
	if s.fail(err) {
		return
	}
	if phrase.SetAt != 0 { // the words themselves are nobody's but theirs
		s.row(phrase.SetAt, "phrase", "", g.w.phrase, map[string]any{"phrase": "set", "set_at": stamp(phrase.SetAt)})
	}
}

func (g *gathering) talk(s *sink) {
	before := conversation.Before{LastActivity: math.MaxInt64}
	for s.err == nil {
		lines, err := g.Kept.ConversationsBefore(g.ctx, g.t.who, before, conversation.MaxPage)
		if s.fail(err) || len(lines) == 0 {
			return
		}
		for _, line := range lines {
			g.conversation(s, line.State)
			before = conversation.Before{LastActivity: line.State.LastActivity, ID: line.State.ID}
		}
	}
}

func (g *gathering) conversation(s *sink, of conversation.State) {
	s.head(of.Topic, of.CreatedAt)
	after := int64(0)
	for s.err == nil {
		entries, more, err := g.Kept.Entries(g.ctx, g.t.who, of.ID, conversation.EntryRange{After: after, Limit: conversation.MaxPage})
		if s.fail(err) || len(entries) == 0 {
			return
		}
		for i := range entries {
			e := &entries[i]
			after = e.Seq
			if e.Kind == conversation.KindHidden || (e.Content.Text == "" && len(e.Content.Attachments) == 0) {
				continue
			}
			names := []string{}
			for _, a := range e.Content.Attachments {
				names = append(names, a.Name)
				if !s.page { // each once
					g.file(a)
				}
			}
			text := e.Content.Text
			by := e.Author.Name // the alias; of the customer none
			s.row(e.At, string(e.Author.Kind), by, strings.Join(append([]string{text}, names...), " · "), map[string]any{
				"conversation": of.ID, "channel": of.Channel, "seq": e.Seq, "at": stamp(e.At), "kind": e.Kind, "by": e.Author.Kind, "name": by, "text": text, "files": names,
			})
		}
		if !more {
			return
		}
	}
}

func (g *gathering) file(a conversation.Attachment) {
	if len(g.files) == maxCopied {
		g.more++
		return
	}
	g.files = append(g.files, a)
}

func (g *gathering) casesOf(s *sink) {
	q := cases.Query{List: cases.All, Limit: cases.MaxPage}
	for s.err == nil {
		rows, err := g.Cases.List(g.ctx, g.t.who, q)
		if s.fail(err) || len(rows) == 0 {
			return
		}
		for _, row := range rows {
			q.Before = row.ID
			c, err := g.Cases.Get(g.ctx, g.t.who, row.ID)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if s.fail(err) {
				return
			}
			s.head(c.Reference, c.OpenedAt)
			for _, e := range c.Events {
				g.event(s, &c, e)
			}
		}
		if len(rows) < cases.MaxPage {
			return
		}
	}
}

// event is what happened to a case as its customer may read it: nothing that was written
// for staff, and no decision before its letter.
func (g *gathering) event(s *sink, c *casework.Seen, e cases.Event) {
	own := e.By.Kind.CustomerSide()
	if e.Kind.Internal() || e.Kind.OfPrivacy() || (e.Kind == cases.Decided && c.AnsweredAt == 0) || (e.Kind == cases.Added && !own) {
		return
	}
	text := ""
	switch {
	case own || e.Kind == cases.Written || e.Kind == cases.Informed || e.Kind == cases.LiftTold:
		text = e.Text
	case e.Kind == cases.Promised || e.Kind == cases.Extended || e.Kind == cases.Decided:
		text = e.Reason
	}
	s.row(e.At, string(e.Kind), "", strings.TrimSpace(e.Title+"\n"+text), map[string]any{
		"case": c.Reference, "type": c.Type, "request": c.Request, "law": c.Jurisdiction, "at": stamp(e.At), "kind": e.Kind, "own": own, "title": e.Title, "text": text, "outcome": e.Outcome,
	})
}

func (g *gathering) runs(s *sink) {
	after := ""
	for s.err == nil {
		all, err := g.Kept.RunsOfCustomer(g.ctx, g.who, g.t.who.ID, after, page)
		if s.fail(err) || len(all) == 0 {
			return
		}
		for _, r := range all {
			after = r.ID
			answers := map[string]string{}
			for name, v := range r.Slots {
				if v.Text != "" {
					answers[name] = v.Text
				}
			}
			s.row(clock.Micros(r.StartedAt), r.Flow, "", string(r.State)+" "+r.Outcome, map[string]any{"flow": r.Flow, "began": stamp(clock.Micros(r.StartedAt)), "state": r.State, "outcome": r.Outcome, "answers": answers})
		}
	}
}

func (g *gathering) acts(s *sink) {
	q := action.Query{CustomerID: g.t.who.ID, Limit: action.MaxPage}
	for s.err == nil {
		all, err := g.Kept.ListActs(g.ctx, g.t.who, q)
		if s.fail(err) || len(all) == 0 {
			return
		}
		for _, k := range all {
			q.Before = k.ID
			sum := ""
			if !k.Command.Amount.None() {
				sum = k.Command.Amount.String()
			}
			s.row(clock.Micros(k.CreatedAt), string(k.Command.Act), "", strings.TrimSpace(string(k.Told())+" "+sum), map[string]any{
				"act": k.Command.Act, "at": stamp(clock.Micros(k.CreatedAt)), "state": k.Told(), "amount": sum, "destination": k.Destination,
			})
		}
		if len(all) < action.MaxPage {
			return
		}
	}
}

func stamp(us int64) string {
	if us == 0 {
		return ""
	}
	return clock.FromMicros(us).UTC().Format(time.RFC3339)
}

// plain is a name that every file system takes.
func plain(name string) string {
	out := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`\/:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if runes := []rune(out); len(runes) > 60 {
		out = string(runes[len(runes)-60:])
	}
	if strings.Trim(out, ".") == "" {
		return "file"
	}
	return out
}

func (g *gathering) index() string {
	var b strings.Builder
	b.WriteString(pageHead(g.w.language, g.w.title["index"]))
	b.WriteString("<p>" + html.EscapeString(g.w.lead) + "</p><ul>")
	for _, name := range []string{"profile", "conversations", "cases", "steps", "acts"} {
		fmt.Fprintf(&b, `<li><a href="%s.html">%s</a> (<a href="%s.json">JSON</a>)</li>`, name, html.EscapeString(g.w.title[name]), name)
	}
	fmt.Fprintf(&b, "<li>files/ (%d)</li></ul>", len(g.files))
	if g.more > 0 {
		b.WriteString("<p>" + html.EscapeString(fmt.Sprintf(g.w.more, g.more)) + "</p>")
	}
	b.WriteString("<p>" + html.EscapeString(g.w.without) + "</p><p>" + html.EscapeString(g.w.proof) + "</p></body></html>\n")
	return b.String()
}
