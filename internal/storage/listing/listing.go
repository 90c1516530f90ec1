// Package listing reads the lists of conversations: the inbox with its filters,
// how many stand in each, and the notes in which somebody is named.
package listing

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/standstill"
)

// Lists is the part of the store that this package is.
type Lists struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Lists { return &Lists{core: c} }

// A filter looks through so many conversations for one page, in steps that grow
// up to maxStep; a page that is short then has a place to go on from. Counting
// looks through as many.
const (
	maxScanned = 2000
	maxStep    = 1000
	maxCounted = 100
	maxCounts  = 40
	maxTeams   = 50
	maxCodes   = 10
)

// Inbox reads a page of the inbox. Who may list nothing but their own
// conversations is given those when they ask for everybody's. Errors: Forbidden, Invalid.
func (l *Lists) Inbox(ctx context.Context, p identity.Principal, q conversation.InboxQuery) (conversation.InboxPage, error) {
	const op = "listing.Inbox"
	var page conversation.InboxPage
	if err := allow(op, p, &q); err != nil {
		return page, err
	}
	if q.Limit <= 0 || q.Limit > conversation.MaxPage {
		return page, fault.InvalidField(op, "limit", "must lie between 1 and %d", conversation.MaxPage)
	}
	keys, next, err := l.keys(ctx, p, &q)
	if err != nil {
		return page, err
	}
	page.Next = next
	if page.Lines, err = l.lines(ctx, p, keys); err != nil {
		return page, err
	}
	if err := l.core.RecordRead(ctx, p, listed(&q, page.Lines)...); err != nil {
		return conversation.InboxPage{}, err
	}
	return page, nil
}

// allow judges a query, and narrows it to what p may see.
func allow(op string, p identity.Principal, q *conversation.InboxQuery) error {
	if q.Assignee.Any && !policy.Allow(p, policy.ListInbox, policy.Object{}) {
		q.Assignee = conversation.Assignee{ID: p.ID} // all that there is for them
	}
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(q.Assignee.ID)) {
		return fault.New(fault.Forbidden, op, "%s may not list the inbox", p.Kind)
	}
	known := []conversation.Status{conversation.Open, conversation.Waiting, conversation.Snoozed, conversation.Resolved, conversation.Merged}
	if len(q.Statuses) == 0 || len(q.Statuses) > len(known) {
		return fault.InvalidField(op, "status", "must name 1 to %d", len(known))
	}
	for _, status := range q.Statuses {
		if !slices.Contains(known, status) {
			return fault.InvalidField(op, "status", "is unknown")
		}
	}
	slices.Sort(q.Statuses)
	q.Statuses = slices.Compact(q.Statuses)
	if len(q.Teams) > maxTeams {
		return fault.InvalidField(op, "team", "are more than %d", maxTeams)
	}
	if len(q.Codes) > maxCodes {
		return fault.InvalidField(op, "code", "are more than %d", maxCodes)
	}
	if len(q.Codes) > 0 { // two arms of one code would give its lines twice
		q.Codes = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(q.Codes))), func(code string) bool { return code == "" })
	}
	if len(q.Teams) > 0 { // the caller's own list stays as it is
		q.Teams = slices.Compact(slices.Sorted(slices.Values(q.Teams)))
	}
	return nil
}

// keys finds the lines of a page in the list's order, and where the next page
// begins.
func (l *Lists) keys(ctx context.Context, p identity.Principal, q *conversation.InboxQuery) (keys []conversation.InboxKey, next conversation.InboxKey, err error) {
	if q.OwnTeams {
		if err := l.narrowToOwnTeams(ctx, p, q); err != nil || len(q.Teams) == 0 {
			return nil, next, err
		}
	}
	filtered := !q.Filter.Empty() || q.Mentioned || q.Due || (len(q.Teams) > 0 && !ofTeams(q)) || (len(q.Codes) > 0 && !ofCodes(q))
	backward := q.Before.ConversationID != ""
	at, step := q.After, q.Limit+1
	if backward {
		at = q.Before
	}
	for scanned := 0; ; step = min(step*2, maxStep) {
		if left := maxScanned - scanned; filtered {
			step = min(step, left)
		}
		found, err := l.scan(ctx, p, q, at, step, filtered)
		if err != nil {
			return nil, next, err
		}
		scanned += len(found)
		for _, c := range found {
			if len(keys) == q.Limit { // one more is there
				next = keys[len(keys)-1]
				break
			}
			at = c.key
			if c.passes {
				keys = append(keys, c.key)
			}
		}
		switch {
		case next.ConversationID != "" || len(found) < step: // full, or the end of the list
		case scanned >= maxScanned:
			next = at
		case filtered || len(keys) < q.Limit:
			continue
		}
		break
	}
	if backward {
		slices.Reverse(keys)
	}
	return keys, next, nil
}

// candidate is a line that a filter has looked at.
type candidate struct {
	key    conversation.InboxKey
	passes bool
}

// scan reads the next lines after a place, and whether each passes.
func (l *Lists) scan(ctx context.Context, p identity.Principal, q *conversation.InboxQuery, at conversation.InboxKey, limit int, filtered bool) ([]candidate, error) {
	const op = "listing.scan"
	order := " ORDER BY i.activity DESC, i.conversation_id DESC"
	if (q.Before.ConversationID != "") != q.Due { // what is due first stands first
		order = " ORDER BY i.activity, i.conversation_id"
	}
	source, args := sourceOf(p, q, at, order, limit)
	text := "SELECT i.activity, i.conversation_id FROM " + source + order
	if filtered {
		joined := joined(&q.Filter, func(v any) string {
			args = append(args, v)
			return "$" + strconv.Itoa(len(args))
		})
		text = "SELECT i.activity, i.conversation_id, c.status, c.assignee_id, c.priority, c.tags, c.language, c.channel, c.team, c.waiting_since, c.unread, c.wrap_up, " + reading.LanguageOfCustomer + " FROM " + source +
			" LEFT JOIN conversation c ON " + joined + order
	}
	rows, err := l.core.DB.Reader.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found := make([]candidate, 0, min(limit, maxStep))
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		c := candidate{passes: true}
		var err error
		if filtered {
			c, err = judged(r, p, q)
		} else {
			err = r.Scan(&c.key.Activity, &c.key.ConversationID)
		}
		found = append(found, c)
		return err
	})
	return found, engine.MapError(op, err)
}

// joined is the condition of a line's conversation c, with what a database can tell of
// what Filter.Passes asks: a line for which there is none does not pass, and little is
// read of it; of one without the tag not even the conversation is looked for.
func joined(f *conversation.Filter, arg reading.Arguments) string {
	all := "c.id = i.conversation_id"
	if tagged := reading.Tagged(f.Tags, "i.conversation_id", arg); tagged != "" {
		all = "c.id = CASE WHEN " + tagged + " THEN i.conversation_id END"
	}
	and := func(condition string) { all += " AND " + condition }
	if len(f.Priorities) > 0 {
		and(reading.OneOf("c.priority", f.Priorities, arg))
	}
	if len(f.Channels) > 0 {
		and(reading.OneOf("c.channel", f.Channels, arg))
	}
	if f.Unread {
		and("c.unread > 0")
	}
	if f.WaitsSince != 0 {
		and("c.waiting_since > 0 AND c.waiting_since <= " + arg(f.WaitsSince))
	}
	return all
}

// judged reads a line with its conversation, and whether it passes.
func judged(r *sql.Rows, p identity.Principal, q *conversation.InboxQuery) (candidate, error) {
	var c candidate
	var status, assignee, priority, tags, own, channel, team, code, language sql.NullString
	var waits, unread sql.NullInt64
	err := r.Scan(&c.key.Activity, &c.key.ConversationID, &status, &assignee, &priority, &tags, &own, &channel, &team, &waits, &unread, &code, &language)
	if err != nil || !status.Valid {
		return c, err
	}
	s := conversation.State{
		Status: conversation.Status(status.String), AssigneeID: assignee.String, Priority: conversation.Priority(priority.String), Language: own.String,
		Channel: channel.String, TeamID: team.String, WaitingSince: waits.Int64, Unread: int(unread.Int64), WrapUp: code.String,
	}
	if s.Tags, err = reading.Tags(tags.String); err != nil {
		return c, err
	}
	c.passes = q.Filter.Passes(&s, language.String) && (!(q.Mentioned || q.Due) || stands(p, q, &s)) &&
		(len(q.Teams) == 0 || slices.Contains(q.Teams, s.TeamID)) && (len(q.Codes) == 0 || slices.Contains(q.Codes, s.WrapUp))
	return c, nil
}

// stands judges a conversation in which p was named, or of which a promise is due:
// these lists are in orders of their own, know no statuses, and the clocks follow
// a moment later. One that p may no longer see is none of theirs.
func stands(p identity.Principal, q *conversation.InboxQuery, s *conversation.State) bool {
	return slices.Contains(q.Statuses, s.Status) && (q.Assignee.Any || q.Assignee.ID == s.AssigneeID) && policy.Allow(p, policy.ListInbox, s.Object())
}

// ofTeams tells whether a list is read from the index of teams. Of one agent's, and
// of those that nobody has, there are fewer than a team may have: these are read
// from their own index, and the team is looked for there.
func ofTeams(q *conversation.InboxQuery) bool {
	return len(q.Teams) > 0 && q.Assignee.Any && !q.Mentioned && !q.Due && !ofCodes(q)
}

// ofCodes tells whether a list is read from the index of wrap-up codes: fewer
// conversations end with a code than a team has ever had.
func ofCodes(q *conversation.InboxQuery) bool {
	return len(q.Codes) > 0 && q.Assignee.Any && !q.Mentioned && !q.Due
}

// narrowToOwnTeams makes the teams that p is in of OwnTeams; of several teams, those
// of them that p is in.
func (l *Lists) narrowToOwnTeams(ctx context.Context, p identity.Principal, q *conversation.InboxQuery) error {
	const op = "listing.narrowToOwnTeams"
	var text string
	err := l.core.DB.Reader.QueryRowContext(ctx, "SELECT teams FROM duty WHERE staff_id = $1", p.ID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		text, err = "[]", nil
	}
	if err != nil {
		return engine.MapError(op, err)
	}
	own, err := reading.Tags(text)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(q.Teams) == 0 {
		q.Teams = own
		return nil
	}
	q.Teams = slices.DeleteFunc(slices.Clone(q.Teams), func(id string) bool { return !slices.Contains(own, id) })
	return nil
}

// sourceOf is the part of the inbox, of p's mentions or of what is due, that comes after a place:
// i, with the columns activity and conversation_id. Of each status the index gives
// the lines in order, so that no more are read than may be needed.
func sourceOf(p identity.Principal, q *conversation.InboxQuery, at conversation.InboxKey, order string, limit int) (text string, args []any) {
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	after := func(activity string) string {
		switch {
		case at.ConversationID == "":
			return ""
		case (q.Before.ConversationID != "") != q.Due:
			return " AND (" + activity + ", i.conversation_id) > (" + arg(at.Activity) + ", " + arg(at.ConversationID) + ")"
		}
		return " AND (" + activity + ", i.conversation_id) < (" + arg(at.Activity) + ", " + arg(at.ConversationID) + ")"
	}
	if q.Mentioned {
		where := "i.staff_id = " + arg(p.ID) + after("i.at")
		return "(SELECT i.at AS activity, i.conversation_id FROM mention i WHERE " + where + strings.ReplaceAll(order, "i.activity", "i.at") + " LIMIT " + arg(limit) + ") i", args
	}
	if q.Due {
		where := "i.soonest = 1"
		if !q.Assignee.Any {
			where += " AND i.assignee_id = " + arg(q.Assignee.ID)
		}
		where += after("i.due_at")
		return "(SELECT i.due_at AS activity, i.conversation_id FROM clock i WHERE " + where + strings.ReplaceAll(order, "i.activity", "i.due_at") + " LIMIT " + arg(limit) + ") i", args
	}
	column, values := "", []string{""}
	switch {
	case ofCodes(q):
		column, values = "i.code", q.Codes
	case ofTeams(q):
		column, values = "i.team", q.Teams
	}
	var arms []string
	for _, status := range q.Statuses {
		for _, value := range values {
			where := "i.status = " + arg(string(status))
			switch {
			case !q.Assignee.Any:
				where += " AND i.assignee_id = " + arg(q.Assignee.ID)
			case column != "": // said twice, so that both engines see that the index has them
				where += " AND " + column + " <> '' AND " + column + " = " + arg(value)
			}
			where += after("i.activity")
			arms = append(arms, "SELECT i.activity, i.conversation_id FROM inbox i WHERE "+where+order+" LIMIT "+arg(limit))
		}
	}
	if len(arms) == 1 {
		return "(" + arms[0] + ") i", args
	}
	for n := range arms {
		arms[n] = "SELECT * FROM (" + arms[n] + ") a" + strconv.Itoa(n)
	}
	return "(SELECT i.activity, i.conversation_id FROM (" + strings.Join(arms, " UNION ALL ") + ") i" + order + " LIMIT " + arg(limit) + ") i", args
}

// Counts tells how many conversations each of some lists has, up to a hundred.
// No line is read out, and so no reading is recorded. Errors: Forbidden, Invalid.
func (l *Lists) Counts(ctx context.Context, p identity.Principal, queries []conversation.InboxQuery) ([]conversation.Count, error) {
	const op = "listing.Counts"
	if len(queries) > maxCounts {
		return nil, fault.InvalidField(op, "lists", "are more than %d", maxCounts)
	}
	counts := make([]conversation.Count, len(queries))
	for i := range queries {
		q := queries[i]
		if err := allow(op, p, &q); err != nil {
			return nil, err
		}
		q.Limit, q.After, q.Before = maxCounted-1, conversation.InboxKey{}, conversation.InboxKey{}
		keys, next, err := l.keys(ctx, p, &q)
		if err != nil {
			return nil, err
		}
		counts[i] = conversation.Count{N: len(keys), More: next.ConversationID != ""}
	}
	return counts, nil
}

// listed is the reading of a page of the inbox: it names every conversation.
func listed(q *conversation.InboxQuery, lines []conversation.InboxLine) []core.Read {
	if len(lines) == 0 {
		statuses := make([]string, len(q.Statuses))
		for i, s := range q.Statuses {
			statuses[i] = string(s)
		}
		return []core.Read{{Action: "inbox.list", ObjectType: "inbox", ObjectID: strings.Join(statuses, " ")}}
	}
	ids := make([]string, len(lines))
	for i := range lines {
		ids[i] = lines[i].State.ID
	}
	reads := core.ReadingsOf("inbox.list", ids)
	if q.After.ConversationID != "" || q.Before.ConversationID != "" {
		for i := range reads {
			reads[i].Purpose = insider.FurtherPage
		}
	}
	return reads
}

const lineColumns = `e.pos, e.seq, e.kind, e.author_kind, e.author_id, e.author_name, e.at, e.content, e.content_ref, u.name, u.name_ref, u.evidence, u.language`

const lineJoins = ` LEFT JOIN entry e ON e.conversation_id = c.id AND e.seq = c.preview_seq
	LEFT JOIN customer u ON u.id = c.customer_id`

// lines reads what a list shows of each conversation, in the order of the keys. What is over,
// and of somebody whose data stand still, is in none.
func (l *Lists) lines(ctx context.Context, p identity.Principal, keys []conversation.InboxKey) ([]conversation.InboxLine, error) {
	const op = "listing.lines"
	if len(keys) == 0 {
		return nil, nil
	}
	layout := l.core.DB.Kind.Layout("id n:int")
	wanted := layout.Rowset()
	for n, key := range keys {
		wanted.Text(key.ConversationID).Int(int64(n)).EndRow()
	}
	rows, err := l.core.DB.Reader.QueryContext(ctx, "SELECT "+reading.StateColumns+", v.n, "+lineColumns+" FROM "+layout.From()+" CROSS JOIN conversation c"+lineJoins+" WHERE c.id = v.id AND NOT "+standstill.Over(p), wanted.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	byPlace := make([]*conversation.InboxLine, len(keys))
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var n int
		line, err := l.scanLine(r, &n)
		if err == nil {
			line.Key = keys[n]
			byPlace[n] = &line
		}
		return err
	})
	lines := make([]conversation.InboxLine, 0, len(keys))
	for _, line := range byPlace {
		if line != nil {
			lines = append(lines, *line)
		}
	}
	return lines, engine.MapError(op, err)
}

func (l *Lists) scanLine(row reading.Scanner, first ...any) (conversation.InboxLine, error) {
	var line conversation.InboxLine
	var pos, seq, at, ref, nameRef sql.NullInt64
	var kind, authorKind, authorID, authorName, evidence, language sql.NullString
	var sealed, name []byte
	state, activity, err := reading.ScanState(l.core, row, append(first, &pos, &seq, &kind, &authorKind, &authorID, &authorName, &at, &sealed, &ref, &name, &nameRef, &evidence, &language)...)
	if err != nil {
		return line, err
	}
	line.State, line.Key = state, conversation.InboxKey{Activity: activity, ConversationID: state.ID}
	line.Customer.Evidence, line.Customer.Language = evidence.String, language.String
	if line.Customer.Name, err = l.core.Read(name, nameRef.Int64, reading.CustomerNameAAD(state.CustomerID)); err != nil {
		return line, err
	}
	if !seq.Valid {
		return line, nil
	}
	e := conversation.Entry{ConversationID: state.ID, Seq: seq.Int64, Pos: pos.Int64, Kind: conversation.EntryKind(kind.String), At: at.Int64,
		Author: conversation.Author{Kind: conversation.AuthorKind(authorKind.String), ID: authorID.String, Name: authorName.String}}
	if e.Content, err = reading.OpenContent(l.core, sealed, ref.Int64, reading.EntryAAD(state.ID, e.Seq)); err != nil {
		return line, err
	}
	line.Preview = &e
	return line, nil
}

// InboxLineOf reads the inbox line of one conversation. Errors: Forbidden for who
// has no inbox, NotFound.
func (l *Lists) InboxLineOf(ctx context.Context, p identity.Principal, id string) (conversation.InboxLine, error) {
	const op = "listing.InboxLineOf"
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(p.ID)) {
		return conversation.InboxLine{}, fault.New(fault.Forbidden, op, "%s may not list the inbox", p.Kind)
	}
	if !engine.ValidKey(id) {
		return conversation.InboxLine{}, fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	line, err := l.scanLine(l.core.DB.Reader.QueryRowContext(ctx, "SELECT "+reading.StateColumns+", "+lineColumns+" FROM conversation c"+lineJoins+" WHERE c.id = $1", id))
	if err != nil {
		return line, engine.MapError(op, err)
	}
	if !policy.Allow(p, policy.ListInbox, line.State.Object()) {
		return conversation.InboxLine{}, fault.New(fault.NotFound, op, "conversation %s is not %s's to see", id, p.Role)
	}
	if err := standstill.RefuseProgram(ctx, l.core.DB.Reader, op, p, line.State.CustomerID); err != nil {
		return conversation.InboxLine{}, err
	}
	if err := l.core.RecordRead(ctx, p, core.Read{Action: "conversation.read", ObjectType: "conversation", ObjectID: id, Subject: line.State.CustomerID}); err != nil {
		return conversation.InboxLine{}, err
	}
	return line, nil
}
