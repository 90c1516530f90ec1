package notifying

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Store is what a Sender needs of the store.
type Store interface {
	ClaimDeliveries(ctx context.Context, endpoint string, limit int, lease int64) ([]webhook.Delivery, error)
	NextDelivery(ctx context.Context, endpoints []string) (int64, error)
	SettleDelivery(ctx context.Context, d webhook.Delivery) error
	WebhookSecrets(ctx context.Context, p identity.Principal, endpoint string) ([]webhook.Secret, error)
	CustomerReach(ctx context.Context, p identity.Principal, conversation string) (webhook.Reach, error)
}

// Answer is how a receiver answered.
type Answer struct {
	Status     int
	RetryAfter time.Duration // 0: it did not say
}

// Poster posts a body to an address and gives the answer. An error says that there
// was none.
type Poster interface {
	Post(ctx context.Context, address string, header map[string]string, body []byte) (Answer, error)
}

const (
	lease       = 90 * time.Second
	tryTime     = 30 * time.Second
	atOnce      = 4  // deliveries to one endpoint at a time
	inAll       = 32 // to all endpoints
	idle        = time.Minute
	troubled    = 2 * time.Second
	longestWait = 6 * time.Hour // that a receiver may ask for
)

// Sender sends deliveries. A slow endpoint holds up no other.
type Sender struct {
	store     Store
	endpoints func() []Endpoint
	post      Poster
	now       clock.Clock
	log       *slog.Logger
	who       identity.Principal
	wake      chan struct{}

	mu     sync.Mutex
	flying map[string]int // by endpoint
	total  int
}

// NewSender makes a Sender.
func NewSender(store Store, endpoints func() []Endpoint, post Poster, now clock.Clock, log *slog.Logger) *Sender {
	return &Sender{
		store: store, endpoints: endpoints, post: post, now: now, log: log, who: identity.SystemPart(Follower),
		wake: make(chan struct{}, 1), flying: map[string]int{},
	}
}

// Wake lets the sender look for deliveries at once. It does not block.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends, and waits for what is being sent then.
func (s *Sender) Run(ctx context.Context) error {
	var tries sync.WaitGroup
	defer tries.Wait()
	for ctx.Err() == nil {
		rest, err := s.round(ctx, &tries)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("deliveries could not be looked for", "error", err)
			rest = troubled
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// round begins what is due, as far as there is room, and tells how long nothing is.
func (s *Sender) round(ctx context.Context, tries *sync.WaitGroup) (time.Duration, error) {
	var free []string // endpoints that have room
	for _, e := range s.endpoints() {
		if e.Paused {
			continue
		}
		room := s.room(e.ID)
		if room == 0 {
			continue // the end of a try wakes us
		}
		claimed, err := s.store.ClaimDeliveries(ctx, e.ID, room, lease.Microseconds())
		if err != nil {
			return 0, err
		}
		for _, d := range claimed {
			s.fly(e.ID, 1)
			tries.Go(func() {
				defer s.Wake()
				defer s.fly(e.ID, -1)
				s.deliver(ctx, e, d)
			})
		}
		if len(claimed) < room {
			free = append(free, e.ID)
		}
	}
	next, err := s.store.NextDelivery(ctx, free)
	if err != nil || next == 0 {
		return idle, err
	}
	return min(idle, max(0, time.UnixMicro(next).Sub(s.now()))), nil
}

func (s *Sender) room(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, min(atOnce-s.flying[endpoint], inAll-s.total))
}

func (s *Sender) fly(endpoint string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total += n
	if s.flying[endpoint] += n; s.flying[endpoint] == 0 {
		delete(s.flying, endpoint)
	}
}

// deliver tries one delivery and notes the outcome. A try that is cut off by the end
// of the process is repeated when its lease is over: receivers know repetitions by
// the event's id.
func (s *Sender) deliver(ctx context.Context, e Endpoint, d webhook.Delivery) {
	began := s.now()
	trying, cancel := context.WithTimeout(ctx, tryTime)
	outcome := s.try(trying, e, d)
	cancel()
	if ctx.Err() != nil && outcome.state == webhook.Pending {
		return
	}
	d.State, d.LastStatus, d.LastError, d.LastTook = outcome.state, outcome.status, outcome.reason, s.now().Sub(began).Microseconds()
	if d.State == webhook.Pending {
		d.State, d.NextAt = s.again(d.Attempts, outcome.after)
	}
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.store.SettleDelivery(settling, d); err != nil && !fault.Is(err, fault.Conflict) {
		s.log.Warn("what became of a delivery was not noted", "delivery", d.ID, "error", err)
	}
}

// again tells when a delivery that failed is tried next, if at all.
func (s *Sender) again(attempts int, asked time.Duration) (webhook.State, int64) {
	pause, more := webhook.Next(attempts, rand.Float64())
	if !more {
		return webhook.Failed, 0
	}
	return webhook.Pending, s.now().Add(max(pause, min(asked, longestWait))).UnixMicro()
}

// outcome is what a try came to. Pending: it is to be tried again.
type outcome struct {
	state  webhook.State
	status int
	reason string // a word for whoever looks at the deliveries
	after  time.Duration
}

func (s *Sender) try(ctx context.Context, e Endpoint, d webhook.Delivery) outcome {
	what := d.Event
	if what.Data.Conversation != "" {
		reach, err := s.store.CustomerReach(ctx, s.who, what.Data.Conversation)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return outcome{state: webhook.Pending, reason: "not read"}
		}
		if reach.Still && what.Type != webhook.CustomerUnreached {
			return outcome{state: webhook.Skipped, reason: "standstill"} // queued before it began
		}
		if what.Type == webhook.CustomerUnreached && (reach.Delivered >= what.Data.Seq || reach.Customer.Subject == "") {
			return outcome{state: webhook.Skipped} // it has arrived, or there is no wallet account to tell
		}
		if reach.Customer.ID != "" {
			what.Data.Customer = &reach.Customer
		}
		if what.Type == webhook.CustomerUnreached {
			what.Data.Unread = reach.Unread
		}
	}
	body, err := what.Body()
	if err != nil {
		return outcome{state: webhook.Failed, reason: "not written"}
	}
	secrets, err := s.store.WebhookSecrets(ctx, s.who, e.ID)
	if err != nil || len(secrets) == 0 {
		return outcome{state: webhook.Pending, reason: "no secret"}
	}
	now := s.now()
	answer, err := s.post.Post(ctx, e.URL, map[string]string{
		"Content-Type":          "application/json",
		webhook.HeaderID:        d.EventID,
		webhook.HeaderTimestamp: strconv.FormatInt(now.Unix(), 10),
		webhook.HeaderSignature: webhook.Sign(secrets, d.EventID, now, body),
	}, body)
	switch {
	case err != nil:
		return outcome{state: webhook.Pending, reason: reasonOf(ctx, err)}
	case answer.Status >= 200 && answer.Status <= 299:
		return outcome{state: webhook.Delivered, status: answer.Status}
	case answer.Status == statusGone:
		return outcome{state: webhook.Failed, status: answer.Status, reason: "gone"}
	default:
		return outcome{state: webhook.Pending, status: answer.Status, reason: "refused", after: answer.RetryAfter}
	}
}

// statusGone says that the receiver wants nothing any more (RFC 9110, 15.5.11).
const statusGone = 410

func reasonOf(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return "no answer in time"
	case fault.Is(err, fault.Invalid):
		return "the address is not allowed"
	default:
		return "no answer"
	}
}
