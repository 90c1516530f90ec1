package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/platform/fault"
)

// Seen is a case with all that is shown of it.
type Seen struct {
	*cases.Case
	Pack    *jurisdiction.Pack // nil: nobody has said which law counts
	Clocks  []jurisdiction.Reckoned
	Outlook cases.Outlook
	Lacks   []string // before the customer is refused
	Index   cases.Index
}

func (s *Service) seen(c *cases.Case) Seen {
	now := s.Clock().UnixMicro()
	out := Seen{Case: c, Clocks: c.Clocks(s.Book, now), Outlook: c.Outlook(s.Book, now), Index: c.IndexOf(s.Book, now, nil)}
	if p, ok := s.Book.Find(c.Jurisdiction, c.Version); ok {
		out.Pack, out.Lacks = p, c.Lacks(p)
	}
	return out
}

// Get reads a case. Errors: NotFound.
func (s *Service) Get(ctx context.Context, p identity.Principal, id string) (Seen, error) {
	c, err := s.Store.Case(ctx, p, id)
	if err != nil {
		return Seen{}, err
	}
	return s.words(ctx, s.seen(c))
}

// List lists cases. Errors: Forbidden, Invalid, NotFound.
func (s *Service) List(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error) {
	return s.Store.ListCases(ctx, p, q)
}

// Counts counts what stands in each list. Errors: Forbidden.
func (s *Service) Counts(ctx context.Context, p identity.Principal) (map[cases.List]int, error) {
	return s.Store.CountCases(ctx, p)
}

// Packs are the laws that a case can go by. Errors: Forbidden.
func (s *Service) Packs(_ context.Context) []*jurisdiction.Pack { return s.Book.Packs() }

// TypeTitles is what a type of case is called.
func (s *Service) TypeTitles(t jurisdiction.Type) form.Texts { return s.Book.TypeTitles(t) }

// Change is something that somebody adds to a case.
type Change struct {
	Kind     cases.Kind
	Revision int64 // how many events they saw
	When     int64 // that it happened earlier; 0: now
	cases.Data
	Files []string // ids of what was uploaded and not sent yet
}

// Lead adds an event to a case. Whatever is written passes the secret guard, and what a
// customer writes is said in their conversation like everything else of theirs; what a case
// says of the wallet or of a conversation is read there and not believed. Errors:
// NotFound, Forbidden, Invalid, Conflict.
func (s *Service) Lead(ctx context.Context, p identity.Principal, id string, c Change) (Seen, error) {
	const op = "casework.Lead"
	if c.Kind == cases.Opened || c.Kind == cases.Written || c.Kind == cases.Resent || c.Kind == cases.CreditDue || c.Kind.OfPrivacy() || !slices.Contains(cases.Kinds(), c.Kind) {
		if _, err := s.Store.Case(ctx, p, id); err != nil { // who may not know of the case is told nothing else
			return Seen{}, err
		}
		return Seen{}, fault.InvalidFor(op, "kind", "unknown", "cannot be added like this")
	}
	switch {
	case len(c.Files) > 0 && c.Kind != cases.Received && c.Kind != cases.Added:
		return Seen{}, fault.InvalidFor(op, "files", "unknown", "go with what is received or added")
	case p.IsCustomer() && (strings.TrimSpace(c.Text) != "" || len(c.Files) > 0 || c.Kind == cases.Added):
		return s.answer(ctx, p, id, c)
	case len(c.Files) > 0 || c.Kind == cases.Added:
		return s.file(ctx, p, id, c)
	case c.Kind == cases.Asked:
		return s.ask(ctx, p, id, c)
	case c.Kind == cases.LiftTold:
		return s.lift(ctx, p, id, c)
	}
	e := cases.Event{Kind: c.Kind, When: c.When, Data: c.Data}
	e.Conversation, e.Entry = c.words(p)
	var err error
	if e.Text, err = s.clean(ctx, e.Text); err != nil {
		return Seen{}, err
	}
	if e.Reason, err = s.clean(ctx, e.Reason); err != nil {
		return Seen{}, err
	}
	if err := s.complete(ctx, p, &e); err != nil {
		return Seen{}, err
	}
	var money given
	if e.Cites() {
		if money, err = s.given(ctx, e.Act); err != nil {
			return Seen{}, err
		}
		e.Amount = &money.sum
	}
	changed, err := s.Store.ChangeCase(ctx, p, id, c.Revision, s.Book, func(now *cases.Case, at int64) ([]cases.Event, error) {
		if e.Kind == cases.Confirmed {
			pack, ok := s.Book.At(e.Jurisdiction, now.NoticedAt)
			if !ok {
				return nil, fault.InvalidFor(op, "jurisdiction", "unknown", "there is no such pack")
			}
			e.Version = pack.Version
		}
		if e.Cites() {
			if err := money.fits(now); err != nil {
				return nil, err
			}
			e.When = min(money.at, at) // clocks of machines differ
		}
		return []cases.Event{e}, nil
	})
	if err != nil {
		return Seen{}, err
	}
	s.Wake()
	return s.seen(changed), nil
}

// words is where the words stand by which a change is made: nowhere for what is not made
// by any, whatever was asked for, since a case shows what stands where an event points.
func (c Change) words(p identity.Principal) (conv string, entry int64) {
	switch {
	case c.Conversation == "":
		return "", 0
	case c.Kind == cases.Linked:
		return c.Conversation, 0
	case c.Kind == cases.Noticed || (c.Kind == cases.Withdrawn && p.Kind == identity.Staff):
		return c.Conversation, c.Entry
	}
	return "", 0
}

// complete fills in what is known better than whoever asks knows it: when a message was
// written by which the customer told us.
func (s *Service) complete(ctx context.Context, p identity.Principal, e *cases.Event) error {
	switch {
	case e.Kind == cases.Noticed && e.Conversation != "":
		state, err := s.Store.Conversation(ctx, p, e.Conversation)
		if err != nil {
			return err
		}
		e.Channel = state.Channel
		e.When, err = s.notice(ctx, p, e.Conversation, e.Entry)
		return err
	case e.Kind == cases.Withdrawn && p.Kind == identity.Staff && e.Conversation != "" && e.Entry > 0:
		var err error
		e.When, err = s.notice(ctx, p, e.Conversation, e.Entry)
		return err
	case e.Unproven() && e.Reason == "":
		return fault.InvalidFor("casework.complete", "reason", "missing", "is needed for money that no act in the wallet gave")
	case e.Kind == cases.Assigned && e.Staff == "me":
		e.Staff = p.ID
	}
	return nil
}

// Bears works out what the customer bears of the loss themselves, by what the case says
// and by when they learned of it and the statement was sent, in microseconds; 0: not known.
// Nothing of it is kept. Errors: NotFound; Conflict while nobody has said which law counts.
func (s *Service) Bears(ctx context.Context, p identity.Principal, id string, learned, statement int64) ([]jurisdiction.Borne, error) {
	c, err := s.Store.Case(ctx, p, id)
	if err != nil {
		return nil, err
	}
	pack, ok := s.Book.Find(c.Jurisdiction, c.Version)
	if !ok {
		return nil, &fault.Error{Code: fault.Conflict, Op: "casework.Bears", Reason: "no_jurisdiction", Message: "nobody has said which law counts"}
	}
	return pack.Bears(c.Type, jurisdiction.Losing{Told: c.NoticedAt, Learned: learned, Statement: statement, Facts: c.Facts}), nil
}

// Draft is a letter that is not sent yet.
type Draft struct {
	Title, Text string
	Missing     []string // figures without which it cannot be written
}

// Draft writes a letter from what is known. Errors: NotFound; Conflict while nobody has
// said which law counts.
func (s *Service) Draft(ctx context.Context, p identity.Principal, id string, l jurisdiction.Letter, lang string) (Draft, error) {
	c, err := s.Get(ctx, p, id)
	if err != nil {
		return Draft{}, err
	}
	return s.draft(c, l, lang)
}

func (s *Service) draft(c Seen, l jurisdiction.Letter, lang string) (Draft, error) {
	const op = "casework.draft"
	if !slices.Contains(jurisdiction.Letters(), l) {
		return Draft{}, fault.InvalidFor(op, "letter", "unknown", "is none")
	}
	if c.Pack == nil {
		return Draft{}, &fault.Error{Code: fault.Conflict, Op: op, Reason: "no_jurisdiction", Message: "nobody has said which law counts"}
	}
	lang = language(lang)
	now := s.Clock().UnixMicro()
	figures := map[string]string{
		"reference": c.Reference, "type": s.Book.TypeTitle(c.Type, lang), "noticed": c.Pack.Date(c.NoticedAt, lang), "today": c.Pack.Date(now, lang),
		"appeal_body": c.Pack.AppealOf(c.Type).Body.In(lang),
	}
	if by := decisionBy(c.Clocks, now); by != 0 {
		figures["by"] = c.Pack.Date(by, lang)
	}
	if by := c.Pack.AppealBy(c.Type, now); by != 0 {
		figures["appeal_by"] = c.Pack.Date(by, lang)
	}
	var needs []string
	for _, item := range c.Outlook.Needs {
		needs = append(needs, item.Title.In(lang))
	}
	figures["needed"] = joined(needs, lang)
	switch {
	case (l == jurisdiction.CreditGiven || l == jurisdiction.CreditTaken) && c.Credit != nil:
		figures["amount"] = c.Credit.Amount.Written()
	case c.Decision != nil && c.Decision.Amount != nil:
		figures["amount"] = c.Decision.Amount.Written()
	}
	switch {
	case l == jurisdiction.HoldingReply || l == jurisdiction.CreditTaken:
		figures["reason"] = lastReason(c.Case, l)
	case c.Decision != nil:
		figures["reason"] = c.Decision.Reason
	}
	var out Draft
	out.Title, out.Text, out.Missing = s.Book.Write(l, lang, figures)
	return out, nil
}

// decisionBy is by when the customer hears a decision: of the duties that lead to one the
// first that may be promised and is not over.
func decisionBy(clocks []jurisdiction.Reckoned, now int64) int64 {
	for _, r := range clocks {
		if r.Promisable() && r.Due > now && r.Cite.Checked != jurisdiction.House {
			return r.Due
		}
	}
	return 0
}

// lastReason is what was said last of why it takes longer, or why a credit was taken
// back.
func lastReason(c *cases.Case, l jurisdiction.Letter) string {
	for _, e := range slices.Backward(c.Events) {
		switch {
		case l == jurisdiction.CreditTaken && e.Kind == cases.CreditTaken && e.Reason != "":
			return e.Reason
		case l == jurisdiction.HoldingReply && (e.Kind == cases.Extended || e.Kind == cases.Promised) && e.Reason != "":
			return e.Reason
		}
	}
	if c.Decision != nil && l == jurisdiction.CreditTaken {
		return c.Decision.Reason
	}
	return ""
}

func joined(parts []string, lang string) string {
	out := ""
	for i, part := range parts {
		if i > 0 && lang == "zh" {
			out += "、"
		} else if i > 0 {
			out += ", "
		}
		out += part
	}
	return out
}

// Year gives the figures of a year in a zone, and as a table. Errors: Forbidden, Invalid.
func (s *Service) Year(ctx context.Context, p identity.Principal, year int, zone *time.Location) ([]cases.Line, []byte, error) {
	if year < 2000 || year > 2200 {
		return nil, nil, fault.InvalidFor("casework.Year", "year", "out_of_range", "is none that there could be")
	}
	from, to := time.Date(year, 1, 1, 0, 0, 0, 0, zone), time.Date(year+1, 1, 1, 0, 0, 0, 0, zone)
	all, err := s.Store.CaseFigures(ctx, p, from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return nil, nil, err
	}
	lines := cases.Year(all)
	text, err := cases.CSV(year, lines)
	return lines, text, err
}
