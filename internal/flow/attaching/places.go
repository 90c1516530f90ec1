package attaching

import (
	"context"
	"sync"
	"time"

	"kefu/internal/domain/identity"
)

// placeWait is how long an upload waits for a place before its sender is asked to
// come again.
const placeWait = 20 * time.Second

// places are the uploads that may be under way at once. Nobody keeps others from
// theirs by being slow: staff have their own, and a network has few.
type places struct {
	staff, others chan struct{}
	each          int

	mu       sync.Mutex
	networks map[string]*lane
}

// lane is the places of one network. It is forgotten when nobody uses it.
type lane struct {
	places chan struct{}
	users  int
}

func newPlaces(o Options) *places {
	return &places{
		staff: make(chan struct{}, max(o.StaffAtOnce, 1)), others: make(chan struct{}, max(o.AtOnce, 1)),
		each: max(o.NetworkAtOnce, 1), networks: map[string]*lane{},
	}
}

// enter waits for a place and gives the way out of it. The place of the network
// comes first: who waits for that one must not hold another.
func (p *places) enter(ctx context.Context, who identity.Principal, network string) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, placeWait)
	defer cancel()
	if who.Kind == identity.Staff {
		return occupy(ctx, p.staff)
	}
	if network == "" {
		return occupy(ctx, p.others)
	}
	l := p.join(network)
	first, err := occupy(ctx, l.places)
	if err != nil {
		p.part(network, l)
		return nil, err
	}
	second, err := occupy(ctx, p.others)
	if err != nil {
		first()
		p.part(network, l)
		return nil, err
	}
	return func() { second(); first(); p.part(network, l) }, nil
}

func occupy(ctx context.Context, places chan struct{}) (leave func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *places) join(network string) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.networks[network]
	if l == nil {
		l = &lane{places: make(chan struct{}, p.each)}
		p.networks[network] = l
	}
	l.users++
	return l
}

func (p *places) part(network string, l *lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(p.networks, network)
	}
}
