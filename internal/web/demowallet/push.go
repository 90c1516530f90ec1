package demowallet

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kefu/internal/domain/webhook"
	"kefu/internal/platform/clock"
)

// Pushes stands in for the push service of a phone: it takes Kefu's webhook as a
// wallet's server would, and shows what it says on the open pages of the customer.
type Pushes struct {
	secret webhook.Secret
	now    clock.Clock

	mu    sync.Mutex
	seen  map[string]bool // ids of events
	order []string        // of seen
	pages map[chan Push]string
}

// Push is what a page is told.
type Push struct {
	Conversation string `json:"conv"`
	Unread       int    `json:"unread"`
}

const (
	maxSeen  = 1000
	maxPages = 100
	maxHook  = 16 << 10         // bytes
	stream   = 50 * time.Second // the server gives up an answer after a minute; pages ask again
)

// NewPushes makes it for the secret that Kefu signs with.
func NewPushes(secret webhook.Secret, now clock.Clock) *Pushes {
	return &Pushes{secret: secret, now: now, seen: map[string]bool{}, pages: map[chan Push]string{}}
}

// take is the receiver of the webhook: it checks the signature, knows repetitions by
// the event's id, and answers before anything else happens.
func (p *Pushes) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	id := r.Header.Get(webhook.HeaderID)
	if err != nil || !webhook.Verify(p.secret, id, r.Header.Get(webhook.HeaderTimestamp), r.Header.Get(webhook.HeaderSignature), body, p.now()) {
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
		return
	}
	var event struct {
		Type webhook.Type `json:"type"`
		Data webhook.Data `json:"data"`
	}
	if json.Unmarshal(body, &event) != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	if event.Type == webhook.CustomerUnreached && event.Data.Customer != nil && p.first(id) {
		p.tell(event.Data.Customer.Subject, Push{Conversation: event.Data.Conversation, Unread: event.Data.Unread})
	}
}

func (p *Pushes) first(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[id] {
		return false
	}
	if len(p.order) >= maxSeen {
		delete(p.seen, p.order[0])
		p.order = p.order[1:]
	}
	p.seen[id], p.order = true, append(p.order, id)
	return true
}

func (p *Pushes) tell(customer string, what Push) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for page, of := range p.pages {
		if of != customer {
			continue
		}
		select {
		case page <- what:
		default: // the page has enough to show
		}
	}
}

// open lets a page listen as server-sent events (HTML Living Standard, 9.2).
func (p *Pushes) open(w http.ResponseWriter, r *http.Request) {
	page := make(chan Push, 4)
	p.mu.Lock()
	full := len(p.pages) >= maxPages
	if !full {
		p.pages[page] = r.URL.Query().Get("customer")
	}
	p.mu.Unlock()
	if full {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer func() {
		p.mu.Lock()
		delete(p.pages, page)
		p.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	_, _ = io.WriteString(w, "retry: 1000\n\n") // a page that has gone ends below
	_ = flush.Flush()
	end := time.NewTimer(stream)
	defer end.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-end.C:
			return
		case what := <-page:
			text, err := json.Marshal(what)
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || flush.Flush() != nil {
				return
			}
		}
	}
}
