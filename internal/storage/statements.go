package storage

import (
	"context"
	"database/sql"

	"kefu/internal/storage/engine"
	"kefu/internal/storage/files"
)

// statements are what the committer runs in every commit: the set statements,
// and the two that lock and write the head of the log.
type statements struct {
	lockHead, saveHead                            *sql.Stmt
	insertEntry, updateEntry                      engine.Set
	keepVersion, insertVersion, dropVersions      engine.Set
	findClients, findTargets, loadStates          engine.Set
	updateHot, updateCold, leaveInbox, enterInbox engine.Set
	topicRefs, updateTopic, sendFiles             engine.Set
	importState, importCustomer                   engine.Set
	insertAudit                                   engine.Set
}

func buildStatements(e engine.Kind) statements {
	return statements{
		insertEntry: e.Set("pos:int conversation_id seq:int kind author_kind author_id author_name client_id at:int content:bytes content_ref:int of_seq:int state:int",
			`INSERT INTO entry (pos, conversation_id, seq, kind, author_kind, author_id, author_name, client_id, at, content, content_ref, of_seq, state)
			SELECT v.pos, v.conversation_id, v.seq, v.kind, v.author_kind, v.author_id, v.author_name, NULLIF(v.client_id, ''), v.at, v.content, v.content_ref, v.of_seq, v.state FROM {rows}`),
		updateEntry: e.Set("conversation_id seq:int content:bytes content_ref:int state:int",
			`UPDATE entry SET content = v.content, content_ref = v.content_ref, state = v.state
			FROM {rows} WHERE entry.conversation_id = v.conversation_id AND entry.seq = v.seq`),
		keepVersion: e.Set("conversation_id seq:int replaced_by:int",
			`INSERT INTO entry_version (conversation_id, seq, replaced_by, content, content_ref)
			SELECT e.conversation_id, e.seq, v.replaced_by, e.content, e.content_ref
			FROM {rows} JOIN entry e ON e.conversation_id = v.conversation_id AND e.seq = v.seq`),
		insertVersion: e.Set("conversation_id seq:int replaced_by:int content:bytes content_ref:int",
			`INSERT INTO entry_version (conversation_id, seq, replaced_by, content, content_ref)
			SELECT v.conversation_id, v.seq, v.replaced_by, v.content, v.content_ref FROM {rows}`),
		dropVersions: e.Set("conversation_id seq:int",
			`DELETE FROM entry_version WHERE (conversation_id, seq) IN (SELECT v.conversation_id, v.seq FROM {rows}) RETURNING content_ref`),
		findClients: e.Set("conversation_id client_id",
			`SELECT e.conversation_id, e.client_id, e.seq, e.at, e.author_kind, e.author_id, e.content, e.content_ref, e.state
			FROM {rows} CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.client_id = v.client_id AND e.client_id IS NOT NULL`),
		findTargets: e.Set("conversation_id seq:int",
			`SELECT `+entryColumns+` FROM {rows} CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.seq = v.seq`),
		loadStates: e.Set("id", `SELECT `+stateColumns+` FROM {rows} CROSS JOIN conversation c WHERE c.id = v.id`),
		updateHot: e.Set("id status last_seq:int preview_seq:int last_activity:int inbox_activity:int waiting_since:int snoozed_until:int resolved_at:int reopened:int unread:int customer_delivered:int customer_read:int agent_read:int",
			`UPDATE conversation SET status = v.status, last_seq = v.last_seq, preview_seq = v.preview_seq, last_activity = v.last_activity,
			inbox_activity = v.inbox_activity, waiting_since = v.waiting_since, snoozed_until = v.snoozed_until, resolved_at = v.resolved_at,
			reopened = v.reopened, unread = v.unread, customer_delivered = v.customer_delivered, customer_read = v.customer_read, agent_read = v.agent_read
			FROM {rows} WHERE conversation.id = v.id`),
		updateCold: e.Set("id customer_id status_before assignee_id assignee_name priority language tags team skills merged_into rated_at:int score:int wrap_up",
			`UPDATE conversation SET customer_id = v.customer_id, status_before = v.status_before, assignee_id = v.assignee_id, assignee_name = v.assignee_name,
			priority = v.priority, language = v.language, tags = v.tags, team = v.team, skills = v.skills, merged_into = v.merged_into, rated_at = v.rated_at, score = v.score, wrap_up = v.wrap_up
			FROM {rows} WHERE conversation.id = v.id`),
		topicRefs: e.Set("id", `SELECT c.topic_ref FROM {rows} CROSS JOIN conversation c WHERE c.id = v.id AND c.topic_ref <> 0`),
		sendFiles: e.Set("id", files.SentText),
		updateTopic: e.Set("id topic:bytes topic_ref:int",
			`UPDATE conversation SET topic = v.topic, topic_ref = v.topic_ref FROM {rows} WHERE conversation.id = v.id`),
		leaveInbox: e.Set("status assignee_id activity:int conversation_id",
			`DELETE FROM inbox WHERE (status, assignee_id, activity, conversation_id) IN
			(SELECT v.status, v.assignee_id, v.activity, v.conversation_id FROM {rows})`),
		enterInbox: e.Set("status assignee_id activity:int conversation_id team code",
			`INSERT INTO inbox (status, assignee_id, activity, conversation_id, team, code) SELECT v.status, v.assignee_id, v.activity, v.conversation_id, v.team, v.code FROM {rows}`),
		importState: e.Set("id customer_id start_ref channel status assignee_id assignee_name priority topic:bytes topic_ref:int language tags team last_seq:int preview_seq:int created_at:int last_activity:int waiting_since:int unread:int wrap_up",
			`INSERT INTO conversation (id, customer_id, start_ref, channel, status, status_before, assignee_id, assignee_name, priority, topic, topic_ref, language, tags, team, merged_into,
			last_seq, preview_seq, created_at, last_activity, inbox_activity, waiting_since, snoozed_until, resolved_at, reopened, unread, customer_delivered, customer_read, agent_read, wrap_up)
			SELECT v.id, v.customer_id, v.start_ref, v.channel, v.status, '', v.assignee_id, v.assignee_name, v.priority, v.topic, v.topic_ref, v.language, v.tags, v.team, '',
			v.last_seq, v.preview_seq, v.created_at, v.last_activity, v.last_activity, v.waiting_since, 0, 0, 0, v.unread, 0, 0, 0, v.wrap_up FROM {rows}`),
		importCustomer: e.Set("id issuer subject name:bytes name_ref:int language created_at:int",
			`INSERT INTO customer (id, issuer, subject, name, name_ref, language, evidence, created_at)
			SELECT v.id, v.issuer, v.subject, v.name, v.name_ref, v.language, 'verified', v.created_at FROM {rows} WHERE true ON CONFLICT DO NOTHING`),
		insertAudit: e.Set("seq:int record:bytes detail:bytes hash:bytes",
			`INSERT INTO audit (seq, record, detail, hash) SELECT v.seq, v.record, v.detail, v.hash FROM {rows}`),
	}
}

func prepareAll(ctx context.Context, db *engine.DB) (statements, error) {
	all := buildStatements(db.Kind)
	for _, set := range []*engine.Set{&all.insertEntry, &all.updateEntry, &all.keepVersion, &all.insertVersion, &all.dropVersions, &all.findClients, &all.findTargets,
		&all.loadStates, &all.updateHot, &all.updateCold, &all.topicRefs, &all.updateTopic, &all.sendFiles, &all.leaveInbox, &all.enterInbox, &all.insertAudit, &all.importState, &all.importCustomer} {
		if err := set.Prepare(ctx, db); err != nil {
			return statements{}, err
		}
	}
	var err error
	if all.lockHead, err = db.Writer.PrepareContext(ctx, "UPDATE log_head SET pos = pos WHERE id = 1 RETURNING pos, audit_seq, audit_hash"); err == nil {
		all.saveHead, err = db.Writer.PrepareContext(ctx, "UPDATE log_head SET pos = $1, audit_seq = $2, audit_hash = $3 WHERE id = 1")
	}
	return all, engine.MapError("storage.prepareAll", err)
}
