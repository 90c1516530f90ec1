package api_test

import (
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// FuzzCursor: what is read as a cursor is one that we would write ourselves.
func FuzzCursor(f *testing.F) {
	f.Add(api.CursorOf(conversation.InboxKey{Activity: 1795696930398643, ConversationID: id.New()}))
	f.Add("+1.00000000000000000000000000")
	f.Add("ZZ.00000000000000000000000000")
	f.Add("00.00000000000000000000000000")
	f.Fuzz(func(t *testing.T, cursor string) {
		key, err := api.ParseCursor(cursor)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", cursor, err)
			}
			return
		}
		if cursor != "" && api.CursorOf(key) != cursor {
			t.Errorf("%q is read as %+v", cursor, key)
		}
	})
}

// FuzzField: no text of a client gets into an answer as the name of a field.
func FuzzField(f *testing.F) {
	for _, seed := range []string{"body.tags[3]", "body", "query.view", "body.a b", "body.<b>", "body." + id.New(), "body..", "body.x.y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		for _, r := range api.FieldOf(location) {
			if r != '_' && (r < 'a' || r > 'z') {
				t.Errorf("%q becomes %q", location, api.FieldOf(location))
			}
		}
	})
}
