// Package finding reads what a search has to know of the messages that the index
// proposes: whether they are its reader's to see, whether they pass the filters, and
// at last their words. Where the filters name few conversations it proposes
// their messages itself.
package finding

import (
	"context"
	"database/sql"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/search"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/standstill"
)

// MaxPositions bounds one call.
const MaxPositions = 1000

// Finder is the part of the store that this package is.
type Finder struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Finder { return &Finder{core: c} }

// allow refuses whoever may not search at all, and tells who may search what they have
// alone. For those no statement reads anything else: neither a number nor a time of
// what others have is in an answer, nor is how many were looked through. Of everybody
// what is not theirs is left out where it is read.
func allow(op string, p identity.Principal) (own bool, err error) {
	switch {
	case policy.Allow(p, policy.SearchMessages, policy.Object{}):
		return false, nil
	case policy.Allow(p, policy.SearchMessages, policy.Whosever(p.ID)):
		return true, nil
	}
	return false, fault.New(fault.Forbidden, op, "%s may not search", p.Kind)
}

// MaxOwn is how many conversations of somebody who may search what they have alone are
// looked through: those with the newest activity.
const MaxOwn = 5000

// ownConversations are the conversations that the member of staff in an argument has, as a
// table of ids.
func ownConversations(arg string) string {
	return "(SELECT i.conversation_id AS id FROM inbox i WHERE i.status IN ('open', 'waiting', 'snoozed', 'resolved', 'merged') AND i.assignee_id = " + arg +
		" ORDER BY i.activity DESC LIMIT " + strconv.Itoa(MaxOwn) + ")"
}

// ownEntries are the messages and notes of those. Without the zero PostgreSQL would
// walk through all positions.
const ownEntries = " own CROSS JOIN entry e WHERE e.conversation_id = own.id AND e.kind IN ('message', 'note') AND e.pos + 0 "

// may tells whether a message or note of a conversation is p's to find.
func may(p identity.Principal, e *conversation.Entry, s *conversation.State) bool {
	o := s.Object()
	return policy.Allow(p, policy.SearchMessages, o) && policy.Allow(p, policy.ReadConversation, o) &&
		(e.Kind != conversation.KindNote || policy.Allow(p, policy.ReadInternal, o))
}

// WrittenBefore gives the positions of messages and notes below one, the newest
// first: what is looked through where nothing but the log is left. Errors: Forbidden.
func (f *Finder) WrittenBefore(ctx context.Context, p identity.Principal, before int64, limit int) ([]int64, error) {
	const op = "finding.WrittenBefore"
	own, err := allow(op, p)
	if err != nil {
		return nil, err
	}
	text, args := "SELECT e.pos FROM entry e WHERE e.pos < $1 AND e.kind IN ('message', 'note') ORDER BY e.pos DESC LIMIT $2", []any{before, min(limit, MaxPositions)}
	if own {
		text, args = "SELECT e.pos FROM "+ownConversations("$3")+ownEntries+"< $1 ORDER BY e.pos + 0 DESC LIMIT $2", append(args, p.ID)
	}
	positions, err := read[int64](ctx, f.core, text, args)
	return positions, engine.MapError(op, err)
}

// read gives the one column of a query.
func read[T any](ctx context.Context, c *core.Core, query string, args []any) (all []T, err error) {
	rows, err := c.DB.Reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var one T
		err := r.Scan(&one)
		all = append(all, one)
		return err
	})
	return all, err
}

// PositionAt gives the first position that was written at an instant (microseconds)
// or later, of what p may find; behind all of them where there is none. Positions are
// in the order of time, so that it is found by halving. Errors: Forbidden.
func (f *Finder) PositionAt(ctx context.Context, p identity.Principal, at int64) (int64, error) {
	const op = "finding.PositionAt"
	own, err := allow(op, p)
	if err != nil {
		return 0, err
	}
	var high int64
	if own { // they have few enough to be looked through
		row := f.core.DB.Reader.QueryRowContext(ctx, "SELECT coalesce(min(CASE WHEN e.at >= $2 THEN e.pos END), max(e.pos) + 1, 1) FROM "+ownConversations("$1")+ownEntries+"> 0", p.ID, at)
		err := row.Scan(&high)
		return high, engine.MapError(op, err)
	}
	if err := f.core.DB.Reader.QueryRowContext(ctx, "SELECT coalesce(max(pos), 0) + 1 FROM entry").Scan(&high); err != nil {
		return 0, engine.MapError(op, err)
	}
	low := int64(1)
	for low < high {
		middle := low + (high-low)/2
		var pos, when int64
		err := f.core.DB.Reader.QueryRowContext(ctx, "SELECT e.pos, e.at FROM entry e WHERE e.pos >= $1 ORDER BY e.pos LIMIT 1", middle).Scan(&pos, &when)
		switch {
		case err == sql.ErrNoRows || (err == nil && when >= at):
			high = middle
		case err != nil:
			return 0, engine.MapError(op, err)
		default:
			low = pos + 1
		}
	}
	return low, nil
}

// WrittenAt tells when the entry at a position was written, in microseconds; 0 where
// there is none, and where it is none of what p may find. Errors: Forbidden.
func (f *Finder) WrittenAt(ctx context.Context, p identity.Principal, pos int64) (int64, error) {
	const op = "finding.WrittenAt"
	own, err := allow(op, p)
	if err != nil {
		return 0, err
	}
	text, args := "SELECT e.at FROM entry e WHERE e.pos = $1", []any{pos}
	if own {
		text, args = text+" AND EXISTS (SELECT 1 FROM conversation c WHERE c.id = e.conversation_id AND c.assignee_id = $2)", append(args, p.ID)
	}
	var at int64
	err = f.core.DB.Reader.QueryRowContext(ctx, text, args...).Scan(&at)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	return at, engine.MapError(op, err)
}

const foundColumns = reading.StateColumns + `, e.pos, e.seq, e.kind, e.author_kind, e.author_id, e.author_name, e.at, e.content, e.content_ref, u.name, u.name_ref, u.evidence, u.language`

// each reads the messages at some positions, the newest first, as far as they are
// p's to find and are of nobody whose data stand still, unless their conversation goes on: those columns that scan takes, of those messages for which where is
// true, whose arguments come after those of the positions.
func (f *Finder) each(ctx context.Context, p identity.Principal, columns, joins string, scan func(*sql.Rows) (row, error), positions []int64, where func(arg reading.Arguments) string, do func(*row) error) error {
	layout := f.core.DB.Kind.Layout("pos:int")
	wanted := layout.Rowset()
	for _, pos := range positions {
		wanted.Int(pos).EndRow()
	}
	args := wanted.Args()
	and := where(func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	})
	rows, err := f.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" FROM "+layout.From()+
		" CROSS JOIN entry e JOIN conversation c ON c.id = e.conversation_id"+joins+" WHERE e.pos = v.pos AND NOT "+standstill.Over(p)+and+" ORDER BY e.pos DESC", args...)
	if err != nil {
		return err
	}
	return engine.EachRow(rows, func(r *sql.Rows) error {
		one, err := scan(r)
		if err != nil || !may(p, &one.entry, &one.state) {
			return err
		}
		return do(&one)
	})
}

// row is a message with its conversation; its words and its customer's name are
// still sealed.
type row struct {
	entry    conversation.Entry
	state    conversation.State
	language string
	evidence string
	sealed   []byte
	ref      int64
	name     []byte
	nameRef  int64
}

func (f *Finder) scan(r *sql.Rows) (row, error) {
	var one row
	var kind, author string
	var name []byte
	var nameRef sql.NullInt64
	var evidence, language sql.NullString
	e := &one.entry
	var err error
	one.state, _, err = reading.ScanState(f.core, r, &e.Pos, &e.Seq, &kind, &author, &e.Author.ID, &e.Author.Name, &e.At, &one.sealed, &one.ref, &name, &nameRef, &evidence, &language)
	e.ConversationID, e.Kind, e.Author.Kind = one.state.ID, conversation.EntryKind(kind), conversation.AuthorKind(author)
	one.language, one.evidence, one.name, one.nameRef = language.String, evidence.String, name, nameRef.Int64
	return one, err
}

// judgeColumns are what decides: of each message that is shown, many are judged.
const judgeColumns = `e.pos, e.seq, e.kind, e.author_kind, e.author_id, e.author_name, e.at, e.content, e.content_ref,
	c.id, c.customer_id, c.channel, c.status, c.assignee_id, c.assignee_name, c.language, c.tags, c.team, ` + reading.LanguageOfCustomer

func (f *Finder) scanJudged(r *sql.Rows) (row, error) {
	var one row
	var kind, author, status, tags string
	var language sql.NullString
	e, s := &one.entry, &one.state
	err := r.Scan(&e.Pos, &e.Seq, &kind, &author, &e.Author.ID, &e.Author.Name, &e.At, &one.sealed, &one.ref,
		&s.ID, &s.CustomerID, &s.Channel, &status, &s.AssigneeID, &s.AssigneeName, &s.Language, &tags, &s.TeamID, &language)
	if err != nil {
		return one, err
	}
	e.ConversationID, e.Kind, e.Author.Kind = s.ID, conversation.EntryKind(kind), conversation.AuthorKind(author)
	s.Status, one.language = conversation.Status(status), language.String
	s.Tags, err = reading.Tags(tags)
	return one, err
}

// JudgeMatches looks at the messages at some positions, and gives those that pass a filter
// and whose words score above 0, the newest first. No word of them and no name of a
// customer is handed out, and so no reading is recorded. Errors: Forbidden, Invalid
// for too many positions.
func (f *Finder) JudgeMatches(ctx context.Context, p identity.Principal, want *search.Filter, positions []int64, score func(text string) int) ([]search.Match, error) {
	const op = "finding.JudgeMatches"
	if err := checked(op, p, positions); err != nil || len(positions) == 0 {
		return nil, err
	}
	var matches []search.Match
	err := f.each(ctx, p, judgeColumns, "", f.scanJudged, positions, func(arg reading.Arguments) string { return and(conditions(want, "e.conversation_id", arg)) }, func(one *row) error {
		e := &one.entry
		if !want.PassesState(&one.state, one.language) {
			return nil // most of what a filter leaves out need not be opened
		}
		var err error
		if e.Content, err = reading.OpenContent(f.core, one.sealed, one.ref, reading.EntryAAD(e.ConversationID, e.Seq)); err != nil {
			return err
		}
		if !want.Passes(e, &one.state, one.language) {
			return nil
		}
		if n := score(e.Content.Text); n > 0 {
			matches = append(matches, matchOf(one, n))
		}
		return nil
	})
	return matches, engine.MapError(op, err)
}

func checked(op string, p identity.Principal, positions []int64) error {
	if _, err := allow(op, p); err != nil {
		return err
	}
	if len(positions) > MaxPositions {
		return fault.New(fault.Invalid, op, "%d positions are more than %d", len(positions), MaxPositions)
	}
	return nil
}

func matchOf(one *row, score int) search.Match {
	e, s := &one.entry, &one.state
	m := search.Match{
		Pos: e.Pos, Score: score, Author: search.WriterOf(e.Author), Status: s.Status, AssigneeID: s.AssigneeID, Assignee: s.AssigneeName,
		TeamID: s.TeamID, Channel: s.Channel, Language: search.LanguageOf(s, one.language), Tags: s.Tags, File: len(e.Content.Attachments) > 0,
	}
	if m.Author == search.Agent {
		m.AuthorID, m.AuthorName = e.Author.ID, e.Author.Name
	}
	return m
}

// ReadFound reads the messages at some positions with their conversations, for p to see
// them, the newest first, by masked names of customers. Whose they are goes into the audit chain. Errors:
// Forbidden, Invalid for too many positions.
func (f *Finder) ReadFound(ctx context.Context, p identity.Principal, positions []int64) ([]search.Found, error) {
	const op = "finding.ReadFound"
	if err := checked(op, p, positions); err != nil || len(positions) == 0 {
		return nil, err
	}
	var found []search.Found
	var ids []string
	seen := map[string]bool{}
	err := f.each(ctx, p, foundColumns, " LEFT JOIN customer u ON u.id = c.customer_id", f.scan, positions, func(reading.Arguments) string { return "" }, func(one *row) error {
		e := &one.entry
		var err error
		if e.Content, err = reading.OpenContent(f.core, one.sealed, one.ref, reading.EntryAAD(e.ConversationID, e.Seq)); err != nil {
			return err
		}
		label := conversation.CustomerLabel{Evidence: one.evidence, Language: one.language}
		if label.Name, err = f.core.Read(one.name, one.nameRef, reading.CustomerNameAAD(one.state.CustomerID)); err != nil {
			return err
		}
		label.Name = mask.Of(field.CustomerName, label.Name)
		found = append(found, search.Found{Entry: *e, State: one.state, Customer: label})
		if !seen[e.ConversationID] {
			seen[e.ConversationID] = true
			ids = append(ids, e.ConversationID)
		}
		return nil
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return found, f.core.RecordRead(ctx, p, core.ReadingsOf("search.messages", ids)...)
}
