// Package hookapi is the part of the desk's API about what is sent to other systems:
// deliveries, secrets, and trying an address. Where events go is a setting. It stands
// on package api, which admits the callers.
package hookapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Webhooks is what is sent to other systems.
type Webhooks interface {
	Deliveries(ctx context.Context, p identity.Principal, q webhook.DeliveryQuery) ([]webhook.Delivery, error)
	Retry(ctx context.Context, p identity.Principal, endpoint, delivery string) error
	Secret(ctx context.Context, p identity.Principal, endpoint string) (webhook.Secret, error)
	Ping(ctx context.Context, p identity.Principal, endpoint string) error
}

// Delivery is one event on its way to a webhook.
type Delivery struct {
	ID           string        `json:"id"`
	Event        string        `json:"event" doc:"its id, the same at every try"`
	Type         webhook.Type  `json:"type"`
	Conversation string        `json:"conv,omitempty"`
	State        webhook.State `json:"state" enum:"pending,delivered,failed,skipped"`
	Attempts     int           `json:"attempts" doc:"so far"`
	CreatedAt    int64         `json:"created_at"`
	NextAt       int64         `json:"next_at,omitempty" doc:"of the next try, while it is pending"`
	DoneAt       int64         `json:"done_at,omitempty"`
	Status       int           `json:"status,omitempty" doc:"HTTP status of the last answer"`
	Reason       string        `json:"reason,omitempty" doc:"why the last try failed, in a word or two"`
	Took         int64         `json:"took,omitempty" doc:"microseconds of the last try"`
}

// DeliveryList is a page of deliveries, the newest first.
type DeliveryList struct {
	Items []Delivery `json:"items" nullable:"false"`
	Next  string     `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

// InWebhook is what is asked of one webhook.
type InWebhook struct {
	api.Caller
	ID string `path:"id" maxLength:"64" doc:"of the webhook"`
}

type deliveriesInput struct {
	InWebhook
	State  string `query:"state" enum:"pending,delivered,failed,skipped" doc:"only those"`
	Cursor string `query:"cursor" maxLength:"80" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"199" default:"50"`
}

type deliveriesOutput struct{ Body DeliveryList }

type deliveryInput struct {
	InWebhook
	Delivery string `path:"delivery" maxLength:"64" doc:"id of the delivery"`
}

// WebhookSecret is what the receiver checks signatures with.
type WebhookSecret struct {
	Secret string `json:"secret" doc:"it is shown this once; the one before it counts for another day"`
}

type webhookSecretOutput struct{ Body WebhookSecret }

type routes struct{ Webhooks }

// Routes gives the operations, for api.Deps.More.
func Routes(w Webhooks) func(*api.API) {
	return func(a *api.API) { (&routes{w}).add(a) }
}

func (r *routes) add(a *api.API) {
	tags, path := []string{"webhooks"}, "/v1/webhooks/{id}"
	api.Add(a, huma.Operation{OperationID: "deliveries", Method: http.MethodGet, Path: path + "/deliveries", Summary: "List what was and is to be sent", Tags: tags}, r.deliveries)
	api.Add(a, huma.Operation{OperationID: "retry-delivery", Method: http.MethodPost, Path: path + "/deliveries/{delivery}/retry", Summary: "Try a delivery again now", Tags: tags}, r.retryDelivery)
	api.Add(a, huma.Operation{OperationID: "webhook-secret", Method: http.MethodPost, Path: path + "/secret", Summary: "Give a webhook its secret, or a new one", Tags: tags}, r.webhookSecret)
	api.Add(a, huma.Operation{OperationID: "ping-webhook", Method: http.MethodPost, Path: path + "/ping", Summary: "Send a webhook an event to try it", Tags: tags}, r.pingWebhook)
}

func (r *routes) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	q := webhook.DeliveryQuery{Endpoint: in.ID, State: webhook.State(in.State), Limit: in.Limit + 1}
	if in.Cursor != "" {
		at, last, _ := strings.Cut(in.Cursor, "-")
		before, err := strconv.ParseInt(at, 10, 64)
		if err != nil || !id.Valid(last) {
			return nil, fault.InvalidField("hookapi.deliveries", "cursor", "was not given out by us")
		}
		q.Before, q.BeforeID = before, last
	}
	all, err := r.Webhooks.Deliveries(ctx, in.Who(), q)
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	if len(all) > in.Limit {
		all = all[:in.Limit]
		last := all[in.Limit-1]
		out.Body.Next = strconv.FormatInt(last.CreatedAt, 10) + "-" + last.ID
	}
	out.Body.Items = make([]Delivery, len(all))
	for i, d := range all {
		out.Body.Items[i] = deliveryOf(d)
	}
	return out, nil
}

func deliveryOf(d webhook.Delivery) Delivery {
	out := Delivery{
		ID: d.ID, Event: d.EventID, Type: d.Event.Type, Conversation: d.Event.Data.Conversation, State: d.State, Attempts: d.Attempts,
		CreatedAt: d.CreatedAt, DoneAt: d.DoneAt, Status: d.LastStatus, Reason: d.LastError, Took: d.LastTook,
	}
	if d.State == webhook.Pending {
		out.NextAt = d.NextAt
	}
	return out
}

func (r *routes) retryDelivery(ctx context.Context, in *deliveryInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Webhooks.Retry(ctx, in.Who(), in.ID, in.Delivery)
}

func (r *routes) webhookSecret(ctx context.Context, in *InWebhook) (*webhookSecretOutput, error) {
	s, err := r.Webhooks.Secret(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	return &webhookSecretOutput{Body: WebhookSecret{Secret: s.Text()}}, nil
}

func (r *routes) pingWebhook(ctx context.Context, in *InWebhook) (*api.Nothing, error) {
	return &api.Nothing{}, r.Webhooks.Ping(ctx, in.Who(), in.ID)
}
