package window

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/web/wire"
)

// Conversations lists customers' own.
type Conversations interface {
	ConversationsBefore(ctx context.Context, p identity.Principal, before conversation.Before, limit int) ([]conversation.WindowLine, error)
}

const olderPage = 20 // conversations of one page

// conversations serves GET /rt/conversations: those before the ones that welcome lists.
func (d Deps) conversations(w http.ResponseWriter, r *http.Request) {
	d.Ask(w, r, func(ctx context.Context, p identity.Principal) (any, error) {
		before, err := readBefore(r.URL.Query())
		if err != nil {
			return nil, err
		}
		lines, err := d.Conversations.ConversationsBefore(ctx, p, before, olderPage+1)
		if err != nil {
			return nil, err
		}
		more := len(lines) > olderPage
		return struct {
			Items []wire.WindowLine `json:"items"`
			More  bool              `json:"more"`
		}{wire.WindowLines(lines[:min(len(lines), olderPage)]), more}, nil
	})
}

// readBefore reads where a page begins. Errors: Invalid.
func readBefore(query url.Values) (conversation.Before, error) {
	const op = "window.readBefore"
	if len(query) != 2 || len(query["before"]) != 1 || len(query["conv"]) != 1 {
		return conversation.Before{}, fault.InvalidField(op, "before", "is not given once, with conv")
	}
	at, err := strconv.ParseInt(query.Get("before"), 10, 64)
	if err != nil || at < 0 || len(query.Get("conv")) > identity.MaxIdentifierLen {
		return conversation.Before{}, fault.InvalidField(op, "before", "is no time, or conv is too long")
	}
	return conversation.Before{LastActivity: at, ID: query.Get("conv")}, nil
}
