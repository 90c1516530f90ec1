package listing

import (
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

// SourceOf is the text by which a list is read, for the database to explain.
func SourceOf(p identity.Principal, q *conversation.InboxQuery) (text string, args []any) {
	const order = " ORDER BY i.activity DESC, i.conversation_id DESC"
	text, args = sourceOf(p, q, q.After, order, q.Limit)
	return "SELECT i.activity, i.conversation_id FROM " + text + order, args
}
