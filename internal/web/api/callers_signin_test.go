package api_test

import (
	"context"
	"fmt"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/id"
)

// signInScenarios are those of how staff sign in.
func signInScenarios() []scenario {
	return []scenario{
		{"audit", "", plain("GET", "/v1/audit", ""), [5]int{200, 403, 403, 403, 200}, forKeys(200)},
		{"audit-proof", "", plain("GET", "/v1/audit/proof", ""), [5]int{200, 403, 403, 403, 200}, forKeys(200)},
		{"account", "", plain("GET", "/v1/account", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"set-passkey-only", "without a key", plain("PATCH", "/v1/account", `{"passkey_only":true}`), [5]int{409, 409, 409, 409, 409}, noKeys()},
		{"prove", "wrongly", plain("POST", "/v1/account/proof", `{"password":"x","totp":"1"}`), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"prove-by-passkey", "wrongly", plain("POST", "/v1/account/proof/passkey", forgedUse), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"ask-new-passkey", "", plain("POST", "/v1/account/passkeys/question", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"add-passkey", "invented", plain("POST", "/v1/account/passkeys", `{"ticket":"x","name":"x","passkey":{"id":"AA","client_data":"AA","attestation":"AA"}}`), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"rename-passkey", "another's", plain("PATCH", "/v1/account/passkeys/"+id.New(), `{"name":"x"}`), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"remove-passkey", "another's", plain("DELETE", "/v1/account/passkeys/"+id.New(), ""), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"set-password", "", plain("PUT", "/v1/account/password", `{"password":"quartz-violin-9-meadow"}`), [5]int{204, 204, 204, 204, 204}, noKeys()},
		{"offer-code", "", plain("POST", "/v1/account/code/offer", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"set-code", "invented", plain("PUT", "/v1/account/code", `{"ticket":"x","totp":"123456"}`), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"end-session", "another's", plain("DELETE", "/v1/account/sessions/"+id.New(), ""), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"end-other-sessions", "", plain("DELETE", "/v1/account/sessions", ""), [5]int{204, 204, 204, 204, 204}, noKeys()},
		{"invitations", "", plain("GET", "/v1/invitations", ""), [5]int{200, 200, 403, 403, 403}, noKeys()},
		{"invite", "an agent", inviting(identity.Agent), [5]int{201, 201, 403, 403, 403}, noKeys()},
		{"invite", "an owner", inviting(identity.Owner), [5]int{201, 403, 403, 403, 403}, noKeys()},
		{"revoke-invitation", "", revoking, [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"reset-staff", "an agent", resetting(identity.Agent), [5]int{201, 201, 403, 403, 403}, noKeys()},
		{"reset-staff", "an owner", resetting(identity.Owner), [5]int{201, 403, 403, 403, 403}, noKeys()},
		{"preview-window", "", plain("POST", "/v1/window/preview", `{"language":"zh"}`), [5]int{200, 200, 200, 200, 403}, noKeys()},
		{"delivered-forms", "", plain("GET", "/v1/window/delivered-forms", ""), [5]int{200, 200, 200, 200, 403}, noKeys()},
	}
}

// signInWelcome is what outside agents and knowledge editors get of them.
func signInWelcome() map[string][2]int {
	return map[string][2]int{
		"account ": {200, 200}, "set-passkey-only without a key": {409, 409}, "prove wrongly": {422, 422}, "prove-by-passkey wrongly": {422, 422},
		"ask-new-passkey ": {200, 200}, "add-passkey invented": {422, 422}, "set-password ": {204, 204}, "offer-code ": {200, 200},
		"set-code invented": {422, 422}, "end-other-sessions ": {204, 204},
	}
}

// forgedUse is a signature that no passkey has made.
const forgedUse = `{"ticket":"x","id":"AA","client_data":"AA","authenticator_data":"AA","signature":"AA","user_handle":"AA"}`

func inviting(role identity.Role) func(*world, staff.Member) (call, string) {
	return func(*world, staff.Member) (call, string) {
		return call{method: "POST", path: "/v1/invitations", body: fmt.Sprintf(`{"email":"%s@example.org","role":%q}`, id.New(), role)}, ""
	}
}

func revoking(w *world, _ staff.Member) (call, string) {
	link, err := w.desk.Invite(context.Background(), identity.SystemPart("test"), staff.Invitation{Email: id.New() + "@example.org", Role: identity.Agent})
	check(w.t, err)
	return call{method: "DELETE", path: "/v1/invitations/" + link.ID}, ""
}

func resetting(role identity.Role) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		return call{method: "POST", path: "/v1/staff/" + w.member(role).ID + "/reset"}, ""
	}
}
