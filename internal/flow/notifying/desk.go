package notifying

import (
	"context"
	"crypto/rand"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// DeskStore is what the desk needs of the store.
type DeskStore interface {
	Deliveries(ctx context.Context, p identity.Principal, q webhook.DeliveryQuery) ([]webhook.Delivery, error)
	RetryDelivery(ctx context.Context, p identity.Principal, endpoint, delivery string) error
	AddDelivery(ctx context.Context, p identity.Principal, d webhook.Delivery) error
	ReplaceWebhookSecret(ctx context.Context, p identity.Principal, endpoint string, s webhook.Secret) error
}

// Desk is what those who run the house do with webhooks, beside setting them up.
type Desk struct {
	store     DeskStore
	endpoints func() []Endpoint
	wake      func()
	now       clock.Clock
}

// NewDesk makes a Desk. wake lets the sender look for deliveries.
func NewDesk(store DeskStore, endpoints func() []Endpoint, wake func(), now clock.Clock) *Desk {
	return &Desk{store: store, endpoints: endpoints, wake: wake, now: now}
}

// Deliveries lists what was and is to be sent to an endpoint. Errors: Forbidden,
// NotFound.
func (d *Desk) Deliveries(ctx context.Context, p identity.Principal, q webhook.DeliveryQuery) ([]webhook.Delivery, error) {
	found, err := d.store.Deliveries(ctx, p, q)
	if err == nil && len(found) == 0 && !d.exists(q.Endpoint) {
		return nil, fault.New(fault.NotFound, "notifying.Deliveries", "there is no such endpoint")
	}
	return found, err
}

// Retry lets a delivery be tried at once. Errors: Forbidden, NotFound.
func (d *Desk) Retry(ctx context.Context, p identity.Principal, endpoint, delivery string) error {
	err := d.store.RetryDelivery(ctx, p, endpoint, delivery)
	if err == nil {
		d.wake()
	}
	return err
}

// secretBytes are as many as the hash of the signature has.
const secretBytes = 32

// Secret gives an endpoint a new secret, which is shown this once. The one before
// it signs for another day. Errors: Forbidden, NotFound.
func (d *Desk) Secret(ctx context.Context, p identity.Principal, endpoint string) (webhook.Secret, error) {
	const op = "notifying.Secret"
	s := make(webhook.Secret, secretBytes)
	if _, err := rand.Read(s); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if !d.exists(endpoint) {
		endpoint = "" // refused for who may not know as for who may
	}
	if err := d.store.ReplaceWebhookSecret(ctx, p, endpoint, s); err != nil {
		return nil, err
	}
	d.wake()
	return s, nil
}

func (d *Desk) exists(endpoint string) bool {
	for _, e := range d.endpoints() {
		if e.ID == endpoint {
			return true
		}
	}
	return false
}

// Ping sends an endpoint an event that means nothing, to try it. Errors: Forbidden,
// NotFound when the endpoint is none or has no secret.
func (d *Desk) Ping(ctx context.Context, p identity.Principal, endpoint string) error {
	if !d.exists(endpoint) {
		endpoint = ""
	}
	now := d.now().UnixMicro()
	err := d.store.AddDelivery(ctx, p, webhook.Delivery{EndpointID: endpoint, Event: webhook.Event{Type: webhook.Ping, Pos: now, At: now}})
	if err == nil {
		d.wake()
	}
	return err
}
