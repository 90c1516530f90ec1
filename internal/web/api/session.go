package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/web/session"
)

// Me is the member of staff who asks.
type Me struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"the alias that customers see"`
	// Emergency is set while they have more rights than their role.
	Emergency bool          `json:"emergency,omitempty" doc:"they have emergency access now"`
	Role      identity.Role `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor," doc:"empty until somebody who must use a passkey has added one"`
}

// SessionView is an open session.
type SessionView struct {
	Staff     Me     `json:"staff"`
	ExpiresAt int64  `json:"expires_at" doc:"when it ends at the latest"`
	Idle      int64  `json:"idle_seconds" doc:"after which a desk that nobody uses locks"`
	Token     string `json:"token,omitempty" doc:"the bearer token, given once, and only to programs: a browser gets a cookie that no script can read"`
}

type signInInput struct {
	Caller
	Body struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		TOTP     string `json:"totp" minLength:"1" maxLength:"16" doc:"the code of the authenticator app"`
	}
}

// SessionOutput is the answer that hands an open session to its client.
type SessionOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      SessionView
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (a *API) addSession() {
	const path = "/v1/session"
	add(a, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: path, Summary: "Sign in with password and code",
		Tags: []string{"session"}, Metadata: map[string]any{open: true},
	}, a.signIn)
	add(a, huma.Operation{
		OperationID: "session", Method: http.MethodGet, Path: path, Summary: "Tell who is signed in", Tags: []string{"session"},
	}, a.session)
	add(a, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: path, Summary: "End this session and its sockets", Tags: []string{"session"},
	}, a.signOut)
}

// signIn opens a session that nobody could have known before.
func (a *API) signIn(ctx context.Context, in *signInInput) (*SessionOutput, error) {
	opened, err := a.Desk.SignIn(ctx, signin.Entry{
		Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.TOTP, From: in.From(a.Carrier),
	})
	if err != nil {
		return nil, err
	}
	return a.Hand(ctx, &in.Caller, opened), nil
}

// Hand gives a session to whoever has just opened it. A browser, which names an
// origin with every POST and cannot be made by a page to leave it out, gets it in a
// cookie; a program gets the token.
func (a *API) Hand(ctx context.Context, in *Caller, opened signin.Session) *SessionOutput {
	out := &SessionOutput{Body: SessionView{Staff: meOf(opened.Principal), ExpiresAt: clock.Micros(opened.ExpiresAt), Idle: a.idle()}}
	if in.in.request.Header.Get("Origin") == "" {
		out.Body.Token = opened.Token
		return out
	}
	cookie := a.Carrier.Cookie(opened.Token, opened.ExpiresAt)
	out.SetCookie = cookie.String()
	if in.in.byCookie {
		a.endFormer(ctx, in.in.token)
	}
	return out
}

// endFormer ends the session that a browser had until now, which nothing could
// reach any more. It may be over, and then nothing is to be done.
func (a *API) endFormer(ctx context.Context, token string) {
	if former, _, err := a.Desk.Resolve(ctx, token); err == nil {
		if err := a.Desk.SignOut(ctx, former, token); err != nil {
			a.Log.Warn("a replaced session was not ended", "error", err)
		}
	}
}

// From is where a request comes from, for limits and for the list of sessions.
func (c *Caller) From(carrier *session.Carrier) signin.From {
	peer := carrier.Peer(c.in.request)
	return signin.From{
		Address: session.Network(peer),
		Place:   staff.Place{Device: session.Device(c.in.request), Network: session.Surroundings(peer)},
	}
}

func (a *API) idle() int64 { return int64(a.Desk.WaysIn().Idle / time.Second) }

func meOf(p identity.Principal) Me {
	return Me{ID: p.ID, Name: p.Name, Role: p.Role, Emergency: p.Emergency != ""}
}

func (a *API) session(_ context.Context, in *struct{ Caller }) (*SessionOutput, error) {
	return &SessionOutput{Body: SessionView{Staff: meOf(in.who()), ExpiresAt: clock.Micros(in.in.until), Idle: a.idle()}}, nil
}

func (a *API) signOut(ctx context.Context, in *struct{ Caller }) (*signOutOutput, error) {
	if err := a.Desk.SignOut(ctx, in.who(), in.in.token); err != nil {
		return nil, err
	}
	out := &signOutOutput{}
	if in.in.byCookie {
		gone := a.Carrier.NoCookie()
		out.SetCookie = gone.String()
	}
	return out, nil
}
