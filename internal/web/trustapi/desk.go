// Package trustapi is where customers and those who contact them know one another: the
// part of the desk's API by which staff are given a code and shown the customer's phrase,
// and the addresses by which the window shows who contacts the customer and checks codes.
// It decides nothing. Codes and phrases stand in the bodies of answers alone.
package trustapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/vouch"
	"kefu/internal/flow/vouching"
	"kefu/internal/web/api"
)

// Contact is that one of us contacts the customer of a conversation.
type Contact struct {
	ID        string `json:"id"`
	StaffID   string `json:"staff_id"`
	Staff     string `json:"staff" doc:"as the customer knows them"`
	Channel   string `json:"channel" enum:"chat,phone,mail"`
	Purpose   string `json:"purpose" enum:"question,case,payment,safety,callback"`
	Code      string `json:"code,omitempty" doc:"for whoever contacts the customer, as long as it counts and the conversation is theirs; never to be written into the conversation"`
	Live      bool   `json:"live" doc:"it counts"`
	CreatedAt int64  `json:"created_at"`
	ExpiresAt int64  `json:"expires_at"`
	EndedAt   int64  `json:"ended_at,omitempty" doc:"before its time"`
	EndReason string `json:"end_reason,omitempty" enum:"withdrawn,replaced,tries,erased"`
	SeenAt    int64  `json:"seen_at,omitempty" doc:"the customer has seen it in their wallet"`
	CheckedAt int64  `json:"checked_at,omitempty" doc:"the customer has typed it, and it was right"`
	PhraseAt  int64  `json:"phrase_at,omitempty" doc:"the customer's phrase was shown"`
	False     int    `json:"false" doc:"false codes that the customer typed meanwhile"`
}

func contactOf(c vouch.Contact, now int64) *Contact {
	return &Contact{
		ID: c.ID, StaffID: c.StaffID, Staff: c.StaffName, Channel: string(c.Channel), Purpose: string(c.Purpose), Code: c.Code, Live: c.Live(now),
		CreatedAt: c.CreatedAt, ExpiresAt: c.ExpiresAt, EndedAt: c.EndedAt, EndReason: c.EndReason, SeenAt: c.SeenAt, CheckedAt: c.CheckedAt, PhraseAt: c.PhraseAt, False: c.Attempts,
	}
}

type contactInput struct{ api.InConversation }

type contactOutput struct {
	Body struct {
		Contact *Contact `json:"contact,omitempty" doc:"the newest; none: nobody has contacted the customer about it"`
		Now     int64    `json:"now"`
	}
}

type vouchInput struct {
	api.InConversation
	Body struct {
		Channel string `json:"channel" enum:"chat,phone,mail" doc:"by which way the customer is contacted"`
		Purpose string `json:"purpose" enum:"question,case,payment,safety,callback" doc:"what for, as the customer is told"`
	}
}

type phraseOutput struct {
	Body struct {
		Phrase string `json:"phrase,omitempty" doc:"the customer's own; none: they have none"`
	}
}

type figuresInput struct {
	api.Caller
	From int64 `query:"from" minimum:"0" required:"true"`
	To   int64 `query:"to" minimum:"1" required:"true"`
}

// ContactFigures are how contacts went.
type ContactFigures struct {
	Contacts int `json:"contacts" doc:"codes that were given"`
	Seen     int `json:"seen" doc:"of them those that the customer has seen"`
	Checked  int `json:"checked" doc:"and typed"`
	Tries    int `json:"tries" doc:"that ended because of false codes"`
	False    int `json:"false" doc:"false codes that customers typed"`
	Phrases  int `json:"phrases" doc:"phrases that were shown"`
	Reports  int `json:"reports" doc:"impostors that were reported"`
	Open     int `json:"open" doc:"reports that wait, of whatever time"`
}

type figuresOutput struct{ Body ContactFigures }

type routes struct {
	all *vouching.Service
	now func() int64
}

// Routes gives the operations, for api.Deps.More. now is in microseconds.
func Routes(all *vouching.Service, now func() int64) func(*api.API) {
	return func(a *api.API) {
		r := &routes{all, now}
		tags := []string{"contacts"}
		const one = "/v1/conversations/{id}/contact"
		api.Add(a, huma.Operation{OperationID: "contact", Method: http.MethodGet, Path: one, Summary: "See whether one of us contacts the customer, and how far that is", Tags: tags}, r.contact)
		api.Add(a, huma.Operation{OperationID: "vouch", Method: http.MethodPost, Path: one, Summary: "Contact the customer: get the code that they see in their wallet", Tags: tags, DefaultStatus: http.StatusCreated}, r.vouch)
		api.Add(a, huma.Operation{OperationID: "end-contact", Method: http.MethodDelete, Path: one, Summary: "End the contact: its code counts no more", Tags: tags, DefaultStatus: http.StatusNoContent}, r.end)
		api.Add(a, huma.Operation{OperationID: "reveal-phrase", Method: http.MethodPost, Path: one + "/phrase", Summary: "See the customer's own phrase while contacting them; they are told", Tags: tags}, r.phrase)
		api.Add(a, huma.Operation{OperationID: "contact-figures", Method: http.MethodGet, Path: "/v1/contact-figures", Summary: "Read how contacts went, and how many impostors were reported", Tags: tags}, r.figures)
	}
}

func (r *routes) contact(ctx context.Context, in *contactInput) (*contactOutput, error) {
	c, ok, err := r.all.ContactOf(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	out := &contactOutput{}
	if out.Body.Now = r.now(); ok {
		out.Body.Contact = contactOf(c, out.Body.Now)
	}
	return out, nil
}

func (r *routes) vouch(ctx context.Context, in *vouchInput) (*contactOutput, error) {
	c, err := r.all.Vouch(ctx, in.Who(), in.ID, vouch.Channel(in.Body.Channel), vouch.Purpose(in.Body.Purpose))
	if err != nil {
		return nil, err
	}
	out := &contactOutput{}
	out.Body.Now = r.now()
	out.Body.Contact = contactOf(c, out.Body.Now)
	return out, nil
}

func (r *routes) end(ctx context.Context, in *contactInput) (*struct{}, error) {
	return nil, r.all.EndContact(ctx, in.Who(), in.ID)
}

func (r *routes) phrase(ctx context.Context, in *contactInput) (*phraseOutput, error) {
	found, err := r.all.RevealPhrase(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	out := &phraseOutput{}
	out.Body.Phrase = found.Text
	return out, nil
}

func (r *routes) figures(ctx context.Context, in *figuresInput) (*figuresOutput, error) {
	f, err := r.all.ContactFigures(ctx, in.Who(), in.From, in.To)
	return &figuresOutput{Body: ContactFigures(f)}, err
}
