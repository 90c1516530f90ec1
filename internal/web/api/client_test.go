package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/target"
	"kefu/internal/web/api"
)

// TestOurProgramsSignIn goes over a real connection, with the client that the
// measuring commands and the replay use.
func TestOurProgramsSignIn(t *testing.T) {
	w := newWorld(t)
	conv, _ := w.talk("hello")
	mei := w.account(identity.Agent)
	mux := http.NewServeMux()
	w.api.Mount(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	client := target.NewAPI(server.URL)
	defer client.Close()
	token, err := (&target.Demo{}).SignInAs(t.Context(), client, target.Staff{Email: mei.email, Password: secretWords, TOTPSecret: mei.totp})
	check(t, err)
	client.Token = token
	var page api.ConversationPage
	check(t, client.Get(t.Context(), "/v1/conversations?limit=50&view=unassigned&status=open", &page))
	if len(page.Items) != 1 || page.Items[0].ID != conv {
		t.Errorf("the inbox is %+v", page)
	}
	var stored api.Stored
	for range 3 { // the connection is kept
		check(t, client.Post(t.Context(), "/v1/conversations/"+conv+"/messages", map[string]string{"client_msg_id": "0192d1b2-7c3a-7def-8000-00000000006d", "text": "hi"}, &stored))
	}
	if stored.Seq != 2 {
		t.Errorf("stored %+v", stored)
	}
}
