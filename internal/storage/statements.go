package storage

import (
	"context"
	"database/sql"
	"strings"

	"kefu/internal/platform/fault"
)

// setStatement is a statement that handles many rows at once; {rows} in its text
// stands for the row source, whose alias is v.
type setStatement struct {
	layout   layout
	text     string
	prepared *sql.Stmt
}

// statements are the set statements of the committer.
type statements struct {
	insertEntry, updateEntry                      setStatement
	keepVersion, insertVersion, dropVersions      setStatement
	findClients, findTargets, loadStates          setStatement
	updateHot, updateCold, leaveInbox, enterInbox setStatement
	importState, importCustomer                   setStatement
	insertAudit                                   setStatement
}

func texts(names ...string) []column {
	columns := make([]column, len(names))
	for i, name := range names {
		columns[i] = column{name, textColumn}
	}
	return columns
}

// columnsOf reads a compact description such as "id seq:int body:bytes".
func columnsOf(spec string) []column {
	columns := texts(strings.Fields(spec)...)
	for i := range columns {
		name, typ, _ := strings.Cut(columns[i].name, ":")
		columns[i].name = name
		switch typ {
		case "int":
			columns[i].typ = intColumn
		case "bytes":
			columns[i].typ = bytesColumn
		}
	}
	return columns
}

func (e Engine) set(columns, text string) setStatement {
	l := layout{engine: e, columns: columnsOf(columns)}
	if e == SQLite {
		// A statement that fails is always undone by its caller. OR FAIL says so,
		// which spares SQLite a copy of every page that a statement changes.
		for _, verb := range []string{"INSERT ", "UPDATE "} {
			if rest, ok := strings.CutPrefix(text, verb); ok {
				text = verb + "OR FAIL " + rest
			}
		}
	}
	return setStatement{layout: l, text: strings.ReplaceAll(text, "{rows}", l.from())}
}

func buildStatements(e Engine) statements {
	return statements{
		insertEntry: e.set("pos:int conversation_id seq:int kind author_kind author_id author_name client_id at:int content:bytes content_ref:int of_seq:int state:int",
			`INSERT INTO entry (pos, conversation_id, seq, kind, author_kind, author_id, author_name, client_id, at, content, content_ref, of_seq, state)
			SELECT v.pos, v.conversation_id, v.seq, v.kind, v.author_kind, v.author_id, v.author_name, NULLIF(v.client_id, ''), v.at, v.content, v.content_ref, v.of_seq, v.state FROM {rows}`),
		updateEntry: e.set("conversation_id seq:int content:bytes content_ref:int state:int",
			`UPDATE entry SET content = v.content, content_ref = v.content_ref, state = v.state
			FROM {rows} WHERE entry.conversation_id = v.conversation_id AND entry.seq = v.seq`),
		keepVersion: e.set("conversation_id seq:int replaced_by:int",
			`INSERT INTO entry_version (conversation_id, seq, replaced_by, content, content_ref)
			SELECT e.conversation_id, e.seq, v.replaced_by, e.content, e.content_ref
			FROM {rows} JOIN entry e ON e.conversation_id = v.conversation_id AND e.seq = v.seq`),
		insertVersion: e.set("conversation_id seq:int replaced_by:int content:bytes content_ref:int",
			`INSERT INTO entry_version (conversation_id, seq, replaced_by, content, content_ref)
			SELECT v.conversation_id, v.seq, v.replaced_by, v.content, v.content_ref FROM {rows}`),
		dropVersions: e.set("conversation_id seq:int",
			`DELETE FROM entry_version WHERE (conversation_id, seq) IN (SELECT v.conversation_id, v.seq FROM {rows}) RETURNING content_ref`),
		findClients: e.set("conversation_id client_id",
			`SELECT e.conversation_id, e.client_id, e.seq, e.at, e.author_kind, e.author_id, e.content, e.content_ref, e.state
			FROM {rows} CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.client_id = v.client_id AND e.client_id IS NOT NULL`),
		findTargets: e.set("conversation_id seq:int",
			`SELECT `+entryColumns+` FROM {rows} CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.seq = v.seq`),
		loadStates: e.set("id", `SELECT `+stateColumns+` FROM {rows} CROSS JOIN conversation c WHERE c.id = v.id`),
		updateHot: e.set("id status last_seq:int preview_seq:int last_activity:int inbox_activity:int waiting_since:int snoozed_until:int resolved_at:int reopened:int unread:int customer_delivered:int customer_read:int agent_read:int",
			`UPDATE conversation SET status = v.status, last_seq = v.last_seq, preview_seq = v.preview_seq, last_activity = v.last_activity,
			inbox_activity = v.inbox_activity, waiting_since = v.waiting_since, snoozed_until = v.snoozed_until, resolved_at = v.resolved_at,
			reopened = v.reopened, unread = v.unread, customer_delivered = v.customer_delivered, customer_read = v.customer_read, agent_read = v.agent_read
			FROM {rows} WHERE conversation.id = v.id`),
		updateCold: e.set("id customer_id status_before assignee_id assignee_name priority topic language tags merged_into",
			`UPDATE conversation SET customer_id = v.customer_id, status_before = v.status_before, assignee_id = v.assignee_id, assignee_name = v.assignee_name,
			priority = v.priority, topic = v.topic, language = v.language, tags = v.tags, merged_into = v.merged_into
			FROM {rows} WHERE conversation.id = v.id`),
		leaveInbox: e.set("status assignee_id activity:int conversation_id",
			`DELETE FROM inbox WHERE (status, assignee_id, activity, conversation_id) IN
			(SELECT v.status, v.assignee_id, v.activity, v.conversation_id FROM {rows})`),
		enterInbox: e.set("status assignee_id activity:int conversation_id",
			`INSERT INTO inbox (status, assignee_id, activity, conversation_id) SELECT v.status, v.assignee_id, v.activity, v.conversation_id FROM {rows}`),
		importState: e.set("id customer_id start_ref channel status assignee_id assignee_name priority topic language tags last_seq:int preview_seq:int created_at:int last_activity:int waiting_since:int unread:int",
			`INSERT INTO conversation (id, customer_id, start_ref, channel, status, status_before, assignee_id, assignee_name, priority, topic, language, tags, merged_into,
			last_seq, preview_seq, created_at, last_activity, inbox_activity, waiting_since, snoozed_until, resolved_at, reopened, unread, customer_delivered, customer_read, agent_read)
			SELECT v.id, v.customer_id, v.start_ref, v.channel, v.status, '', v.assignee_id, v.assignee_name, v.priority, v.topic, v.language, v.tags, '',
			v.last_seq, v.preview_seq, v.created_at, v.last_activity, v.last_activity, v.waiting_since, 0, 0, 0, v.unread, 0, 0, 0 FROM {rows}`),
		importCustomer: e.set("id issuer subject language created_at:int",
			`INSERT INTO customer (id, issuer, subject, language, evidence, created_at)
			SELECT v.id, v.issuer, v.subject, v.language, 'verified', v.created_at FROM {rows} WHERE true ON CONFLICT DO NOTHING`),
		insertAudit: e.set("seq:int record:bytes detail:bytes hash:bytes",
			`INSERT INTO audit (seq, record, detail, hash) SELECT v.seq, v.record, v.detail, v.hash FROM {rows}`),
	}
}

// prepareAll builds the statements and prepares each once, so that bad SQL fails
// at the start and a commit spends no time on parsing.
func prepareAll(ctx context.Context, s *Store) (statements, error) {
	all := buildStatements(s.engine)
	for _, st := range []*setStatement{&all.insertEntry, &all.updateEntry, &all.keepVersion, &all.insertVersion, &all.dropVersions, &all.findClients, &all.findTargets,
		&all.loadStates, &all.updateHot, &all.updateCold, &all.leaveInbox, &all.enterInbox, &all.insertAudit, &all.importState, &all.importCustomer} {
		prepared, err := s.writer.PrepareContext(ctx, st.text)
		if err != nil {
			return statements{}, fault.New(fault.Internal, "storage.prepareAll", "%v in %s", err, st.text)
		}
		st.prepared = prepared
	}
	return all, nil
}

func (t *Tx) execSet(ctx context.Context, st setStatement, rows *rowset) error {
	_, err := t.sql.StmtContext(ctx, st.prepared).ExecContext(ctx, rows.args()...)
	return mapError("storage.execSet", err)
}

func (t *Tx) querySet(ctx context.Context, st setStatement, rows *rowset, each func(*sql.Rows) error) error {
	const op = "storage.querySet"
	result, err := t.sql.StmtContext(ctx, st.prepared).QueryContext(ctx, rows.args()...)
	if err != nil {
		return mapError(op, err)
	}
	return mapError(op, eachRow(result, each))
}

func eachRow(rows *sql.Rows, each func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
