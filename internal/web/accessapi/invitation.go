package accessapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/web/api"
)

// InvitationView is an open invitation. Its link was shown when it was made.
type InvitationView struct {
	ID        string               `json:"id"`
	Kind      staff.InvitationKind `json:"kind" enum:"member,reset,first_owner"`
	Email     string               `json:"email"`
	Role      identity.Role        `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
	Teams     []string             `json:"teams" nullable:"false" doc:"what they are routed by once they join"`
	Skills    []string             `json:"skills" nullable:"false"`
	Languages []string             `json:"languages" nullable:"false"`
	InvitedBy string               `json:"invited_by" doc:"the member of staff"`
	CreatedAt int64                `json:"created_at"`
	ExpiresAt int64                `json:"expires_at"`
}

// InvitationList is all open invitations, the newest first.
type InvitationList struct {
	Items []InvitationView `json:"items" nullable:"false"`
}

// InvitationLink is a link to hand to one person, over a way that reaches nobody else.
type InvitationLink struct {
	ID        string `json:"id"`
	URL       string `json:"url" doc:"shown this once; it works once"`
	ExpiresAt int64  `json:"expires_at"`
}

// InvitationWelcome is what the page of an invitation shows.
type InvitationWelcome struct {
	Kind       staff.InvitationKind `json:"kind" enum:"member,reset,first_owner"`
	Email      string               `json:"email" doc:"empty for a first owner, who says theirs"`
	Role       identity.Role        `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
	Name       string               `json:"name" doc:"of who comes back"`
	ExpiresAt  int64                `json:"expires_at"`
	Passwords  bool                 `json:"passwords" doc:"whether a password with a code will do"`
	TOTPSecret string               `json:"totp_secret" doc:"for the authenticator app, should they choose a password"`
	TOTPURL    string               `json:"totp_url"`
	TOTPCode   []string             `json:"totp_qr" nullable:"false" doc:"the address as a QR code: a line of 0 and 1 for each row"`
	Question   *PasskeyQuestion     `json:"question,omitempty" doc:"for a passkey, should they choose one"`
	Ticket     string               `json:"ticket"`
}

type invitationListOutput struct{ Body InvitationList }

type invitationLinkOutput struct{ Body InvitationLink }

type inviteInput struct {
	api.Caller
	Body struct {
		Email     string        `json:"email" minLength:"3" maxLength:"254"`
		Role      identity.Role `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
		Teams     []string      `json:"teams,omitempty" nullable:"false" maxItems:"50" doc:"of who will answer: what they are routed by once they join"`
		Skills    []string      `json:"skills,omitempty" nullable:"false" maxItems:"50"`
		Languages []string      `json:"languages,omitempty" nullable:"false" maxItems:"20"`
	}
}

type inInvitation struct {
	api.Caller
	ID string `path:"id" doc:"of the invitation"`
}

type inMember struct {
	api.Caller
	ID string `path:"id" doc:"of the member of staff"`
}

type welcomeInput struct {
	api.Caller
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"128" doc:"from the link"`
	}
}

type welcomeOutput struct{ Body InvitationWelcome }

type joinInput struct {
	api.Caller
	Body struct {
		Token       string      `json:"token" minLength:"1" maxLength:"128" doc:"from the link"`
		Ticket      string      `json:"ticket" minLength:"1" maxLength:"8192"`
		Email       string      `json:"email,omitempty" maxLength:"254" doc:"of a first owner"`
		Name        string      `json:"name,omitempty" maxLength:"120" doc:"of somebody new"`
		Alias       string      `json:"alias,omitempty" maxLength:"120" doc:"of somebody new: the name that customers see"`
		Password    string      `json:"password,omitempty" maxLength:"1024"`
		TOTP        string      `json:"totp,omitempty" maxLength:"16" doc:"a code of the authenticator, with a password"`
		PasskeyName string      `json:"passkey_name,omitempty" maxLength:"60"`
		Passkey     *NewPasskey `json:"passkey,omitempty" nullable:"false"`
	}
}

func (r *routes) addInvitations() {
	tags, free := []string{"staff"}, api.Free()
	api.Add(r.api, huma.Operation{OperationID: "invitations", Method: http.MethodGet, Path: "/v1/invitations", Summary: "List open invitations", Tags: tags}, r.invitations)
	api.Add(r.api, huma.Operation{OperationID: "invite", Method: http.MethodPost, Path: "/v1/invitations", Summary: "Invite somebody to work here", Tags: tags, DefaultStatus: http.StatusCreated}, r.invite)
	api.Add(r.api, huma.Operation{OperationID: "revoke-invitation", Method: http.MethodDelete, Path: "/v1/invitations/{id}", Summary: "End an open invitation", Tags: tags}, r.revokeInvitation)
	api.Add(r.api, huma.Operation{OperationID: "reset-staff", Method: http.MethodPost, Path: "/v1/staff/{id}/reset", Summary: "Make a link by which somebody replaces how they sign in", Tags: tags, DefaultStatus: http.StatusCreated}, r.resetStaff)
	// Both look with POST: what follows a link in a mail, such as a scanner, uses nothing up.
	api.Add(r.api, huma.Operation{OperationID: "welcome", Method: http.MethodPost, Path: "/v1/invitation", Summary: "Look at an invitation by its link", Tags: tags, Metadata: free}, r.welcome)
	api.Add(r.api, huma.Operation{OperationID: "join", Method: http.MethodPost, Path: "/v1/invitation/join", Summary: "Take an invitation up, and sign in", Tags: tags, Metadata: free}, r.join)
}

func (r *routes) invitations(ctx context.Context, in *openInput) (*invitationListOutput, error) {
	found, err := r.Store.Invitations(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	out := &invitationListOutput{Body: InvitationList{Items: make([]InvitationView, len(found))}}
	for i, f := range found {
		out.Body.Items[i] = InvitationView{
			ID: f.ID, Kind: f.Kind, Email: f.Email, Role: f.Role, Teams: orNone(f.Duties.Teams), Skills: orNone(f.Duties.Skills), Languages: orNone(f.Duties.Languages),
			InvitedBy: f.InvitedBy, CreatedAt: f.CreatedAt, ExpiresAt: f.ExpiresAt,
		}
	}
	return out, nil
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func handLink(link signin.Link, err error) (*invitationLinkOutput, error) {
	if err != nil {
		return nil, err
	}
	return &invitationLinkOutput{Body: InvitationLink(link)}, nil
}

func (r *routes) invite(ctx context.Context, in *inviteInput) (*invitationLinkOutput, error) {
	b := &in.Body
	duties, err := r.api.Duties(ctx, in.Who(), routing.Duties{Teams: b.Teams, Skills: b.Skills, Languages: b.Languages})
	if err != nil {
		return nil, err
	}
	return handLink(r.Desk.Invite(ctx, in.Who(), staff.Invitation{Email: b.Email, Role: b.Role, Duties: staff.Duties{Teams: duties.Teams, Skills: duties.Skills, Languages: duties.Languages}}))
}

func (r *routes) resetStaff(ctx context.Context, in *inMember) (*invitationLinkOutput, error) {
	return handLink(r.Desk.InviteBack(ctx, in.Who(), in.ID))
}

func (r *routes) revokeInvitation(ctx context.Context, in *inInvitation) (*api.Nothing, error) {
	return &api.Nothing{}, r.Store.RevokeInvitation(ctx, in.Who(), in.ID)
}

func (r *routes) welcome(ctx context.Context, in *welcomeInput) (*welcomeOutput, error) {
	w, err := r.Desk.Welcome(ctx, in.Body.Token, in.From(r.Carrier))
	if err != nil {
		return nil, err
	}
	view := InvitationWelcome{
		Kind: w.Kind, Email: w.Email, Role: w.Role, Name: w.Name, ExpiresAt: w.ExpiresAt, Passwords: w.Passwords,
		TOTPSecret: w.TOTP.Secret, TOTPURL: w.TOTP.URL, Ticket: w.Ticket,
	}
	if view.TOTPCode, err = w.TOTP.Picture(); err != nil {
		return nil, err
	}
	if w.Question != nil {
		q := questionOf(*w.Question)
		view.Question = &q
	}
	return &welcomeOutput{Body: view}, nil
}

func (r *routes) join(ctx context.Context, in *joinInput) (*api.SessionOutput, error) {
	b := &in.Body
	for field, name := range map[string]string{"name": b.Name, "alias": b.Alias} {
		if err := conversation.CheckLine(field, name, conversation.MaxTopicChars); err != nil {
			return nil, err
		}
	}
	j := signin.Join{
		Token: b.Token, Ticket: b.Ticket, Email: b.Email, Name: b.Name, Alias: b.Alias, Password: b.Password, Code: b.TOTP,
		PasskeyName: b.PasskeyName, From: in.From(r.Carrier),
	}
	if b.Passkey != nil {
		answer := b.Passkey.answer()
		j.Passkey = &answer
	}
	opened, err := r.Desk.Join(ctx, j)
	if err != nil {
		return nil, err
	}
	return r.api.Hand(ctx, &in.Caller, opened), nil
}
