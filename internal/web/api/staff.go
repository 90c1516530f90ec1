package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Member is a member of staff as colleagues see one.
type Member struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Alias    string        `json:"alias" doc:"the name that customers see"`
	Role     identity.Role `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
	Email    string        `json:"email,omitempty" doc:"shown to those who manage staff"`
	Disabled bool          `json:"disabled,omitempty"`
}

// MemberList is a page of everybody who works here, by name.
type MemberList struct {
	Items []Member `json:"items" nullable:"false"`
	Next  string   `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

type staffInput struct {
	Caller
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
}

type staffOutput struct{ Body MemberList }

type newStaffInput struct {
	Caller
	Body struct {
		Email    string        `json:"email" minLength:"3" maxLength:"254"`
		Name     string        `json:"name" minLength:"1" maxLength:"120"`
		Alias    string        `json:"alias" minLength:"1" maxLength:"120" doc:"the name that customers see"`
		Role     identity.Role `json:"role" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
		Password string        `json:"password" minLength:"1" maxLength:"1024"`
	}
}

// Enrolled is what a new member of staff is handed, once.
type Enrolled struct {
	ID         string `json:"id"`
	TOTPSecret string `json:"totp_secret" doc:"for the authenticator app; it is shown this once"`
	TOTPURL    string `json:"totp_url" doc:"the same as an otpauth address"`
}

type enrolledOutput struct{ Body Enrolled }

type changeStaffInput struct {
	Caller
	ID   string `path:"id" doc:"of the member of staff"`
	Body struct {
		Role     *identity.Role `json:"role,omitempty" nullable:"false" enum:"owner,admin,supervisor,second_line,agent,fraud_analyst,disputes_agent,outside_agent,quality_reviewer,planner,knowledge_editor,privacy_officer,compliance_officer,auditor"`
		Disabled *bool          `json:"disabled,omitempty" nullable:"false"`
	}
}

func (a *API) addStaff() {
	tags := []string{"staff"}
	add(a, huma.Operation{OperationID: "staff", Method: http.MethodGet, Path: "/v1/staff", Summary: "List everybody who works here", Tags: tags}, a.staff)
	add(a, huma.Operation{
		OperationID: "add-staff", Method: http.MethodPost, Path: "/v1/staff", Summary: "Add a member of staff",
		Tags: tags, DefaultStatus: http.StatusCreated,
	}, a.newStaff)
	add(a, huma.Operation{
		OperationID: "change-staff", Method: http.MethodPatch, Path: "/v1/staff/{id}",
		Summary: "Change somebody's role or disable them, which ends their sessions", Tags: tags,
	}, a.changeStaff)
}

func (a *API) staff(ctx context.Context, in *staffInput) (*staffOutput, error) {
	if in.Cursor != "" && !id.Valid(in.Cursor) {
		return nil, fault.InvalidField("api.staff", "cursor", "was not given out by us")
	}
	all, err := a.Store.ListStaff(ctx, in.who(), in.Cursor, in.Limit+1) // one more tells whether there is more
	if err != nil {
		return nil, err
	}
	next := ""
	if len(all) > in.Limit {
		all = all[:in.Limit]
		next = all[in.Limit-1].ID
	}
	manages := policy.Allow(in.who(), policy.ManageStaff, policy.Object{})
	out := &staffOutput{Body: MemberList{Items: make([]Member, len(all)), Next: next}}
	for i, m := range all {
		out.Body.Items[i] = Member{ID: m.ID, Name: m.Name, Alias: m.Alias, Role: m.Role, Disabled: m.DisabledAt != 0}
		if manages {
			out.Body.Items[i].Email = m.Email
		}
	}
	return out, nil
}

const maxNameChars = 120

func (a *API) newStaff(ctx context.Context, in *newStaffInput) (*enrolledOutput, error) {
	b := &in.Body
	for field, name := range map[string]*string{"name": &b.Name, "alias": &b.Alias} {
		if err := conversation.CheckLine(field, *name, maxNameChars); err != nil {
			return nil, err
		}
		*name = a.Intake.Name(*name)
	}
	enrolled, err := a.Desk.Enrol(ctx, in.who(), signin.NewMember{
		Email: b.Email, Name: b.Name, Alias: b.Alias, Password: b.Password, Role: b.Role,
	})
	if err != nil {
		return nil, err
	}
	return &enrolledOutput{Body: Enrolled{ID: enrolled.ID, TOTPSecret: enrolled.TOTP.Secret, TOTPURL: enrolled.TOTP.URL}}, nil
}

// changedStaff answers a change with 204, or with 202 and the address of the
// request under which it waits for a second person.
type changedStaff struct {
	Status   int
	Location string `header:"Location" doc:"of 202: the request under which the change waits for a second person"`
}

func (a *API) changeStaff(ctx context.Context, in *changeStaffInput) (*changedStaff, error) {
	if in.Body.Role == nil && in.Body.Disabled == nil {
		return nil, fault.New(fault.Invalid, "api.changeStaff", "there is nothing to change")
	}
	err := a.Store.ChangeStaff(ctx, in.who(), in.ID, staff.Change{Role: in.Body.Role, Disabled: in.Body.Disabled})
	if request, waits := pendingOf(err); waits {
		return &changedStaff{Status: http.StatusAccepted, Location: "/v1/approvals/" + request}, nil
	}
	return &changedStaff{Status: http.StatusNoContent}, err
}
