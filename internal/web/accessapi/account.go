package accessapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/web/api"
)

// AccountView is what somebody sees of their own sign-in.
type AccountView struct {
	ID              string        `json:"id"`
	Email           string        `json:"email"`
	Name            string        `json:"name"`
	Alias           string        `json:"alias" doc:"the name that customers see"`
	Role            identity.Role `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
	HasPassword     bool          `json:"has_password"`
	PasskeyOnly     bool          `json:"passkey_only" doc:"by their own choice"`
	PasskeyRequired bool          `json:"passkey_required" doc:"by the house, for their role"`
	Directory       bool          `json:"directory" doc:"whether they can come by way of the operator's directory"`
	FreshUntil      int64         `json:"fresh_until" doc:"until then they may change how they sign in; after it they prove once more who they are"`
	Passkeys        []PasskeyView `json:"passkeys" nullable:"false"`
	Sessions        []SessionLine `json:"sessions" nullable:"false" doc:"open ones, the newest first"`
}

// PasskeyView is a passkey as its owner knows it.
type PasskeyView struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt int64  `json:"created_at"`
	UsedAt    int64  `json:"used_at,omitempty" doc:"when it last signed somebody in"`
	Synced    bool   `json:"synced" doc:"whether it is on several devices of its owner"`
}

// SessionLine is an open session as its holder knows it.
type SessionLine struct {
	ID        string       `json:"id"`
	Current   bool         `json:"current" doc:"the one that asks"`
	Method    staff.Method `json:"method" enum:"password,passkey,directory"`
	Device    string       `json:"device,omitempty" doc:"browser and system"`
	Network   string       `json:"network,omitempty" doc:"the surroundings of the address"`
	CreatedAt int64        `json:"created_at"`
	SeenAt    int64        `json:"seen_at"`
	ExpiresAt int64        `json:"expires_at"`
}

type accountOutput struct{ Body AccountView }

// InPasskey names the passkey that a request is about.
type InPasskey struct {
	api.Caller
	ID string `path:"id" doc:"of the passkey"`
}

type inSession struct {
	api.Caller
	ID string `path:"id" doc:"of the session"`
}

type addPasskeyInput struct {
	api.Caller
	Body struct {
		Ticket  string     `json:"ticket" minLength:"1" maxLength:"8192"`
		Name    string     `json:"name" minLength:"1" maxLength:"60"`
		Passkey NewPasskey `json:"passkey"`
	}
}

type renamePasskeyInput struct {
	InPasskey
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"60"`
	}
}

type passkeyOnlyInput struct {
	api.Caller
	Body struct {
		PasskeyOnly bool `json:"passkey_only"`
	}
}

type proveInput struct {
	api.Caller
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		TOTP     string `json:"totp" minLength:"1" maxLength:"16"`
	}
}

type newPasswordInput struct {
	api.Caller
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1024" doc:"the new one"`
	}
}

// CodeOffer is a new authenticator, shown once, that a code must prove.
type CodeOffer struct {
	TOTPSecret string   `json:"totp_secret"`
	TOTPURL    string   `json:"totp_url" doc:"the same as an otpauth address"`
	TOTPCode   []string `json:"totp_qr" nullable:"false" doc:"the address as a QR code: a line of 0 and 1 for each row"`
	Ticket     string   `json:"ticket"`
}

type codeOfferOutput struct{ Body CodeOffer }

type newCodeInput struct {
	api.Caller
	Body struct {
		Ticket string `json:"ticket" minLength:"1" maxLength:"8192"`
		TOTP   string `json:"totp" minLength:"1" maxLength:"16" doc:"a code of the new authenticator"`
	}
}

func (r *routes) addAccount() {
	tags := []string{"account"}
	api.Add(r.api, huma.Operation{OperationID: "account", Method: http.MethodGet, Path: "/v1/account", Summary: "Tell how I sign in, and where I am signed in", Tags: tags}, r.account)
	api.Add(r.api, huma.Operation{OperationID: "set-passkey-only", Method: http.MethodPatch, Path: "/v1/account", Summary: "Say whether I sign in with passkeys alone", Tags: tags}, r.setPasskeyOnly)
	api.Add(r.api, huma.Operation{OperationID: "prove", Method: http.MethodPost, Path: "/v1/account/proof", Summary: "Prove once more who I am, with password and code", Tags: tags}, r.prove)
	api.Add(r.api, huma.Operation{OperationID: "prove-by-passkey", Method: http.MethodPost, Path: "/v1/account/proof/passkey", Summary: "Prove once more who I am, with a passkey", Tags: tags}, r.proveByPasskey)
	api.Add(r.api, huma.Operation{OperationID: "ask-new-passkey", Method: http.MethodPost, Path: "/v1/account/passkeys/question", Summary: "Ask for a new passkey", Tags: tags}, r.askNewPasskey)
	api.Add(r.api, huma.Operation{OperationID: "add-passkey", Method: http.MethodPost, Path: "/v1/account/passkeys", Summary: "Add a passkey", Tags: tags}, r.addPasskey)
	api.Add(r.api, huma.Operation{OperationID: "rename-passkey", Method: http.MethodPatch, Path: "/v1/account/passkeys/{id}", Summary: "Name a passkey of mine anew", Tags: tags}, r.renamePasskey)
	api.Add(r.api, huma.Operation{OperationID: "remove-passkey", Method: http.MethodDelete, Path: "/v1/account/passkeys/{id}", Summary: "Remove a passkey, which ends my other sessions", Tags: tags}, r.removePasskey)
	api.Add(r.api, huma.Operation{OperationID: "set-password", Method: http.MethodPut, Path: "/v1/account/password", Summary: "Give me another password, which ends my other sessions", Tags: tags}, r.setPassword)
	api.Add(r.api, huma.Operation{OperationID: "offer-code", Method: http.MethodPost, Path: "/v1/account/code/offer", Summary: "Make a new authenticator for me", Tags: tags}, r.offerCode)
	api.Add(r.api, huma.Operation{OperationID: "set-code", Method: http.MethodPut, Path: "/v1/account/code", Summary: "Use the new authenticator, which ends my other sessions", Tags: tags}, r.setCode)
	api.Add(r.api, huma.Operation{OperationID: "end-session", Method: http.MethodDelete, Path: "/v1/account/sessions/{id}", Summary: "End a session of mine", Tags: tags}, r.endSession)
	api.Add(r.api, huma.Operation{OperationID: "end-other-sessions", Method: http.MethodDelete, Path: "/v1/account/sessions", Summary: "End every session of mine but this one", Tags: tags}, r.endOtherSessions)
}

func (r *routes) account(ctx context.Context, in *openInput) (*accountOutput, error) {
	found, err := r.Desk.Account(ctx, in.Who(), in.Token())
	if err != nil {
		return nil, err
	}
	view := AccountView{
		ID: found.ID, Email: found.Email, Name: found.Name, Alias: found.Alias, Role: found.Role, HasPassword: found.HasPassword,
		PasskeyOnly: found.PasskeyOnly, PasskeyRequired: found.PasskeyRequired, Directory: found.Linked, FreshUntil: found.FreshUntil,
		Passkeys: make([]PasskeyView, len(found.Passkeys)), Sessions: make([]SessionLine, len(found.Sessions)),
	}
	for i, k := range found.Passkeys {
		view.Passkeys[i] = PasskeyView{ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt, UsedAt: k.UsedAt, Synced: k.BackedUp}
	}
	for i, s := range found.Sessions {
		view.Sessions[i] = SessionLine{
			ID: s.ID, Current: s.ID == in.Who().Session, Method: s.Method, Device: s.Place.Device, Network: s.Place.Network,
			CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.ExpiresAt,
		}
	}
	return &accountOutput{Body: view}, nil
}

func (r *routes) setPasskeyOnly(ctx context.Context, in *passkeyOnlyInput) (*api.Nothing, error) {
	if err := r.Desk.Fresh(ctx, in.Token()); err != nil {
		return nil, err
	}
	return &api.Nothing{}, r.Store.SetPasskeyOnly(ctx, in.Who(), in.Body.PasskeyOnly)
}

func (r *routes) prove(ctx context.Context, in *proveInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Desk.Prove(ctx, in.Who(), in.Body.Password, in.Body.TOTP, in.From(r.Carrier))
}

func (r *routes) proveByPasskey(ctx context.Context, in *passkeySignInInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Desk.ProveByPasskey(ctx, in.Who(), in.Body.Ticket, in.Body.answer(), in.From(r.Carrier))
}

func (r *routes) askNewPasskey(ctx context.Context, in *openInput) (*passkeyAskedOutput, error) {
	q, ticket, err := r.Desk.AskNewPasskey(ctx, in.Who(), in.Token())
	if err != nil {
		return nil, err
	}
	return &passkeyAskedOutput{Body: PasskeyAsked{Question: questionOf(q), Ticket: ticket}}, nil
}

func (r *routes) addPasskey(ctx context.Context, in *addPasskeyInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Desk.AddPasskey(ctx, in.Who(), in.Body.Ticket, in.Body.Name, in.Body.Passkey.answer())
}

func (r *routes) renamePasskey(ctx context.Context, in *renamePasskeyInput) (*api.Nothing, error) {
	if err := conversation.CheckLine("name", in.Body.Name, staff.MaxPasskeyName); err != nil {
		return nil, err
	}
	return &api.Nothing{}, r.Store.RenamePasskey(ctx, in.Who(), in.ID, r.Clean(in.Body.Name))
}

func (r *routes) removePasskey(ctx context.Context, in *InPasskey) (*api.Nothing, error) {
	if err := r.Desk.Fresh(ctx, in.Token()); err != nil {
		return nil, err
	}
	return &api.Nothing{}, r.Store.RemovePasskey(ctx, in.Who(), in.ID)
}

func (r *routes) setPassword(ctx context.Context, in *newPasswordInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Desk.SetPassword(ctx, in.Who(), in.Token(), in.Body.Password)
}

func (r *routes) offerCode(ctx context.Context, in *openInput) (*codeOfferOutput, error) {
	totp, ticket, err := r.Desk.OfferCode(ctx, in.Who(), in.Token())
	if err != nil {
		return nil, err
	}
	picture, err := totp.Picture()
	if err != nil {
		return nil, err
	}
	return &codeOfferOutput{Body: CodeOffer{TOTPSecret: totp.Secret, TOTPURL: totp.URL, TOTPCode: picture, Ticket: ticket}}, nil
}

func (r *routes) setCode(ctx context.Context, in *newCodeInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Desk.TakeCode(ctx, in.Who(), in.Body.Ticket, in.Body.TOTP)
}

func (r *routes) endSession(ctx context.Context, in *inSession) (*api.Nothing, error) {
	if in.ID == in.Who().Session {
		return nil, fault.New(fault.Conflict, "accessapi.endSession", "this session is ended by signing out")
	}
	return &api.Nothing{}, r.Store.EndSession(ctx, in.Who(), in.ID)
}

func (r *routes) endOtherSessions(ctx context.Context, in *openInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Store.EndOtherSessions(ctx, in.Who())
}
