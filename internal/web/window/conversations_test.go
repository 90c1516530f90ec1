package window_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/web/window"
)

// listed gives as many conversations as are asked for, up to a number.
type listed struct {
	there  int
	before conversation.Before
	by     string
}

func (l *listed) ConversationsBefore(_ context.Context, p identity.Principal, before conversation.Before, limit int) ([]conversation.WindowLine, error) {
	l.before, l.by = before, p.ID
	var lines []conversation.WindowLine
	for i := range min(l.there, limit) {
		lines = append(lines, conversation.WindowLine{State: conversation.State{ID: strconv.Itoa(i), Status: conversation.Open}})
	}
	return lines, nil
}

func TestOlderConversations(t *testing.T) {
	for _, c := range []struct {
		there, items int
		more         bool
	}{{0, 0, false}, {20, 20, false}, {21, 20, true}} {
		l := &listed{there: c.there}
		mux := http.NewServeMux()
		ask := func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
			found, err := answer(r.Context(), identity.Principal{Kind: identity.Visitor, ID: "v"})
			if fault.Is(err, fault.Invalid) {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			_ = json.NewEncoder(w).Encode(found) // into a recorder
		}
		window.Mount(mux, window.Deps{Conversations: l, Ask: ask})
		get := func(address string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
			return w
		}
		var page struct {
			Items []struct{ Conv, Status string }
			More  bool
		}
		if err := json.Unmarshal(get("/rt/conversations?before=12&conv=c").Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Items) != c.items || page.More != c.more || l.before != (conversation.Before{LastActivity: 12, ID: "c"}) || l.by != "v" {
			t.Errorf("of %d: %d, more %v, before %+v, by %s", c.there, len(page.Items), page.More, l.before, l.by)
		}
		for _, address := range []string{"/rt/conversations", "/rt/conversations?before=1", "/rt/conversations?before=x&conv=c", "/rt/conversations?before=-1&conv=c", "/rt/conversations?before=1&conv=c&conv=d", "/rt/conversations?before=1&conv=c&limit=9"} {
			if w := get(address); w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", address, w.Code)
			}
		}
	}
}
