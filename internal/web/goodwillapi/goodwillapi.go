// Package goodwillapi is the part of the desk's API about what the house gives of its own:
// how far somebody may give in a conversation, before they propose it, and what was given of
// which budget. Giving itself is an act like others, of package actionapi.
package goodwillapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Acts tells how far somebody may give.
type Acts interface {
	Giving(ctx context.Context, p identity.Principal, conversation string) (acting.Giving, error)
}

// Store keeps what was given.
type Store interface {
	GoodwillBook(ctx context.Context, p identity.Principal, customer, before string, limit int) (goodwill.Book, error)
}

// GoodwillLeft is what may still be given in a currency, in whole units.
type GoodwillLeft struct {
	Currency string `json:"currency"`
	Most     string `json:"most" doc:"that this person could give now"`
	Alone    string `json:"alone" doc:"without a second person"`
	Customer string `json:"customer" doc:"left of what this customer is given in ninety days"`
	Person   string `json:"person" doc:"left of what this person gives in a day"`
	Budget   string `json:"budget" doc:"left of the month's, of their team and of the house"`
	Repeat   int    `json:"repeat" doc:"gifts by this person to this customer in ninety days"`
	Linked   int    `json:"linked" doc:"gifts in thirty days to others who used a device of this customer"`
}

// GoodwillReason is why something may be given.
type GoodwillReason struct {
	Code string             `json:"code"`
	Name goodwill.GiftWords `json:"name"`
}

// Giving is how far somebody may give in a conversation.
type Giving struct {
	Offered bool             `json:"offered" doc:"the wallet has it, and knows the customer"`
	Reasons []GoodwillReason `json:"reasons" nullable:"false"`
	Left    []GoodwillLeft   `json:"left" nullable:"false"`
}

type inConversation struct {
	api.Caller
	ID string `path:"id" doc:"of the conversation"`
}

type givingOutput struct{ Body Giving }

type bookInput struct {
	api.Caller
	Customer string `query:"customer" maxLength:"64"`
	Cursor   string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"99" default:"50"`
}

// GoodwillUsed is what was given of a budget this month, in whole units.
type GoodwillUsed struct {
	Currency string `json:"currency"`
	Team     string `json:"team,omitempty" doc:"an id; none: of those in no team"`
	Amount   string `json:"amount"`
	Gifts    int64  `json:"gifts"`
}

// GoodwillGift is one, the newest first.
type GoodwillGift struct {
	Act          string `json:"act"`
	Conversation string `json:"conv"`
	Customer     string `json:"customer"`
	Staff        string `json:"staff"`
	Approver     string `json:"approver,omitempty"`
	Team         string `json:"team,omitempty"`
	Amount       string `json:"amount"`
	Currency     string `json:"currency"`
	Reason       string `json:"reason"`
	At           int64  `json:"at"`
	Given        bool   `json:"given" doc:"the wallet said that it did; else it is about to be"`
}

// GoodwillBook is what was given.
type GoodwillBook struct {
	Since int64          `json:"since" doc:"when the month began"`
	Used  []GoodwillUsed `json:"used" nullable:"false"`
	Items []GoodwillGift `json:"items" nullable:"false"`
	Next  string         `json:"next,omitempty"`
}

type bookOutput struct{ Body GoodwillBook }

type routes struct {
	acts  Acts
	store Store
}

// Routes gives the operations, for api.Deps.More.
func Routes(acts Acts, store Store) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{acts, store}, []string{"acts"}
		api.Add(a, huma.Operation{OperationID: "giving", Method: http.MethodGet, Path: "/v1/conversations/{id}/giving", Summary: "Tell how much goodwill one may give here, and for what", Tags: tags}, r.giving)
		api.Add(a, huma.Operation{OperationID: "goodwill-book", Method: http.MethodGet, Path: "/v1/goodwill", Summary: "Tell what goodwill was given of which budget", Tags: tags}, r.book)
	}
}

func (r *routes) giving(ctx context.Context, in *inConversation) (*givingOutput, error) {
	g, err := r.acts.Giving(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	out := &givingOutput{Body: Giving{Offered: g.Offered, Reasons: []GoodwillReason{}, Left: []GoodwillLeft{}}}
	for _, one := range g.Reasons {
		out.Body.Reasons = append(out.Body.Reasons, GoodwillReason{one.Code, one.Name})
	}
	for _, s := range g.In {
		l := s.Left
		out.Body.Left = append(out.Body.Left, GoodwillLeft{
			Currency: s.Currency, Most: goodwill.Text(l.Most()), Alone: goodwill.Text(min(l.Alone, l.Most())), Customer: goodwill.Text(l.Customer), Person: goodwill.Text(l.Person),
			Budget: goodwill.Text(min(l.Team, l.House)), Repeat: s.Sums.Repeat, Linked: s.Sums.Linked,
		})
	}
	return out, nil
}

func (r *routes) book(ctx context.Context, in *bookInput) (*bookOutput, error) {
	for field, text := range map[string]string{"cursor": in.Cursor, "customer": in.Customer} {
		if text != "" && !id.Valid(text) {
			return nil, fault.InvalidField("goodwillapi.book", field, "was not given out by us")
		}
	}
	b, err := r.store.GoodwillBook(ctx, in.Who(), in.Customer, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &bookOutput{Body: GoodwillBook{Since: b.Since, Used: []GoodwillUsed{}, Items: []GoodwillGift{}}}
	for _, u := range b.Used {
		out.Body.Used = append(out.Body.Used, GoodwillUsed{u.Currency, u.Team, goodwill.Text(u.Units), u.Gifts})
	}
	if len(b.Gifts) > in.Limit {
		b.Gifts = b.Gifts[:in.Limit]
		out.Body.Next = b.Gifts[in.Limit-1].Act
	}
	for _, g := range b.Gifts {
		out.Body.Items = append(out.Body.Items, GoodwillGift{
			Act: g.Act, Conversation: g.Conversation, Customer: g.Customer, Staff: g.Staff, Approver: g.Approver, Team: g.Team,
			Amount: goodwill.Text(g.Units), Currency: g.Currency, Reason: g.Reason, At: g.At, Given: g.Given > 0,
		})
	}
	return out, nil
}
