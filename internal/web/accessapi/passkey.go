package accessapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/platform/passkey"
	"kefu/internal/web/api"
)

// WaysIn is how staff may sign in here.
type WaysIn struct {
	Passkeys  bool   `json:"passkeys"`
	Passwords bool   `json:"passwords" doc:"with the code of an authenticator app"`
	Directory string `json:"directory,omitempty" doc:"what the operator's directory is called, where there is one"`
}

// PasskeyQuestion is what the browser is to sign (Web Authentication Level 3). What
// is binary is base64url. The person must be verified, and the key be discoverable.
type PasskeyQuestion struct {
	Challenge  string   `json:"challenge"`
	Domain     string   `json:"rp_id"`
	TimeoutMS  int64    `json:"timeout_ms"`
	UserHandle string   `json:"user_handle,omitempty" doc:"of a new passkey"`
	Algorithms []int64  `json:"algorithms,omitempty" doc:"of a new passkey: COSE algorithms, the best first"`
	Exclude    []string `json:"exclude,omitempty" doc:"of a new passkey: those that this person has"`
}

// PasskeyAsked is a question with the ticket that comes back with its answer.
type PasskeyAsked struct {
	Question PasskeyQuestion `json:"question"`
	Ticket   string          `json:"ticket" doc:"for one answer, within five minutes"`
}

// PasskeyUse is the answer to a question for a signature; what is binary is base64url.
type PasskeyUse struct {
	Ticket            string `json:"ticket" minLength:"1" maxLength:"8192"`
	ID                string `json:"id" minLength:"1" maxLength:"2048"`
	ClientData        string `json:"client_data" minLength:"1" maxLength:"16384"`
	AuthenticatorData string `json:"authenticator_data" minLength:"1" maxLength:"16384"`
	Signature         string `json:"signature" minLength:"1" maxLength:"16384"`
	UserHandle        string `json:"user_handle" minLength:"1" maxLength:"256"`
}

// NewPasskey is the answer to a question for a new passkey; what is binary is base64url.
type NewPasskey struct {
	ID          string   `json:"id" minLength:"1" maxLength:"2048"`
	ClientData  string   `json:"client_data" minLength:"1" maxLength:"16384"`
	Attestation string   `json:"attestation" minLength:"1" maxLength:"16384"`
	Transports  []string `json:"transports,omitempty" maxItems:"8" doc:"as the browser says"`
}

type waysOutput struct{ Body WaysIn }

type openInput struct{ api.Caller }

type passkeyAskedOutput struct{ Body PasskeyAsked }

type passkeySignInInput struct {
	api.Caller
	Body PasskeyUse
}

func (r *routes) addPasskeys() {
	tags, free := []string{"session"}, api.Free()
	api.Add(r.api, huma.Operation{
		OperationID: "ways-in", Method: http.MethodGet, Path: "/v1/session/ways", Summary: "Tell how staff may sign in", Tags: tags, Metadata: free,
	}, r.waysIn)
	api.Add(r.api, huma.Operation{
		OperationID: "ask-passkey", Method: http.MethodPost, Path: "/v1/session/passkey/question", Summary: "Ask for a signature of any passkey", Tags: tags, Metadata: free,
	}, r.askPasskey)
	api.Add(r.api, huma.Operation{
		OperationID: "sign-in-by-passkey", Method: http.MethodPost, Path: "/v1/session/passkey", Summary: "Sign in with a passkey", Tags: tags, Metadata: free,
	}, r.signInByPasskey)
}

func (r *routes) waysIn(context.Context, *openInput) (*waysOutput, error) {
	ways := r.Desk.WaysIn()
	return &waysOutput{Body: WaysIn{Passkeys: ways.Passkeys, Passwords: ways.Passwords, Directory: ways.Directory}}, nil
}

func (r *routes) askPasskey(ctx context.Context, in *openInput) (*passkeyAskedOutput, error) {
	q, ticket, err := r.Desk.AskPasskey(ctx, in.From(r.Carrier))
	if err != nil {
		return nil, err
	}
	return &passkeyAskedOutput{Body: PasskeyAsked{Question: questionOf(q), Ticket: ticket}}, nil
}

func questionOf(q passkey.Question) PasskeyQuestion {
	return PasskeyQuestion{
		Challenge: q.Challenge, Domain: q.Domain, TimeoutMS: q.TimeoutMS, UserHandle: q.Handle, Algorithms: q.Algorithms, Exclude: q.Exclude,
	}
}

func (u PasskeyUse) answer() passkey.Answer {
	return passkey.Answer{ID: u.ID, ClientData: u.ClientData, AuthenticatorData: u.AuthenticatorData, Signature: u.Signature, Handle: u.UserHandle}
}

func (n NewPasskey) answer() passkey.Answer {
	return passkey.Answer{ID: n.ID, ClientData: n.ClientData, Attestation: n.Attestation, Transports: n.Transports}
}

func (r *routes) signInByPasskey(ctx context.Context, in *passkeySignInInput) (*api.SessionOutput, error) {
	opened, err := r.Desk.SignInByPasskey(ctx, in.Body.Ticket, in.Body.answer(), in.From(r.Carrier))
	if err != nil {
		return nil, err
	}
	return r.api.Hand(ctx, &in.Caller, opened), nil
}
