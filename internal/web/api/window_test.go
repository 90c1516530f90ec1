package api_test

import (
	"strings"
	"testing"

	questions "kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/web/windowapi"
)

// A supervisor sees the window with a draft, half written or not, and is told what
// of it is none.
func TestTheWindowIsSeenWithADraft(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.session(w.member(identity.Supervisor))
		ask := func(status int, body string) (seen windowapi.WindowPreview) {
			answer := w.must(status, call{method: "POST", path: "/v1/window/preview", bearer: bearer, body: body})
			if status == 200 {
				answer.json(t, &seen)
			}
			return seen
		}
		seen := ask(200, `{"language":"zh","look":{"accent":"#7a1fa2","corners":"round","theme":"dark","side":"start","greeting":{"zh":"您好"}},
			"form":{"id":"","title":{"zh":"账户"},"fields":[{"id":"q","kind":"choice","label":{}}]}}`)
		if seen.Frame != "https://widget.example.org/preview" || seen.Greeting != "您好" || len(seen.Forms) != 1 || seen.Forms[0].Title != "账户" ||
			!strings.Contains(seen.CSS, "--radius-l:20px") || !strings.Contains(string(seen.Button), `"side":"start"`) {
			t.Errorf("%+v", seen)
		}
		for _, body := range []string{
			`{}`, `{"language":"no language"}`, `{"language":"en","look":{"accent":"red","corners":"soft","theme":"system","side":"end"}}`,
			`{"language":"en","look":{"colour":"#000000"}}`, `{"language":"en","form":[]}`,
			`{"language":"en","form":{"id":"` + strings.Repeat("x", settings.MaxBody) + `"}}`,
		} {
			ask(422, body)
		}
		ask(400, `{"language":"en","form":{"id":"a","id":"b"}}`)
		var all windowapi.DeliveredForms
		w.must(200, call{method: "GET", path: "/v1/window/delivered-forms", bearer: bearer}).json(t, &all)
		if delivered, err := questions.Builtin(); err != nil || len(all.Items) != len(delivered) || all.Items[0].ID != delivered[0].ID {
			t.Errorf("%d forms, %v", len(all.Items), err)
		}
	})
}
