// Package gate is the door of the realtime edge: how many connections there are, which
// of them have not said who they are, and how many more an address may open.
package gate

import (
	"maps"
	"slices"
	"sync"

	"kefu/internal/platform/ratelimit"
)

// Gate counts the connections of this process and limits the new ones of each network
// address, before any work is done for them. P is a connection. It is safe for
// concurrent use.
type Gate[P comparable] struct {
	Connections *ratelimit.Limiter // of each address; nil: no limit
	Known       *ratelimit.Limiter // likewise, of each who has shown who they are
	Visitors    *ratelimit.Limiter // new ones of each address; nil: no limit
	// Empty is closed when the gate is shut and everybody has left.
	Empty chan struct{}

	most int

	mu      sync.Mutex
	open    int
	waiting map[P]struct{} // connections that have not said hello
	shut    bool
	leaving int // connections when it was shut
}

// Limits are what a Gate holds to. A burst of nothing is no limit.
type Limits struct {
	Connections, Visitors ratelimit.Limit
	Addresses             int // that are remembered
	Most                  int // connections at once
}

// New makes a Gate.
func New[P comparable](l Limits) *Gate[P] {
	g := &Gate[P]{most: l.Most, waiting: map[P]struct{}{}, Empty: make(chan struct{})}
	if l.Connections.Burst > 0 {
		g.Connections = ratelimit.New(l.Connections, l.Addresses)
		g.Known = ratelimit.New(l.Connections, l.Addresses)
	}
	if l.Visitors.Burst > 0 {
		g.Visitors = ratelimit.New(l.Visitors, l.Addresses)
	}
	return g
}

// Enter lets a connection in, unless there are too many or the gate is shut.
func (g *Gate[P]) Enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut || g.open >= g.most {
		return false
	}
	g.open++
	return true
}

// Leave notes that one is gone.
func (g *Gate[P]) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open--; g.shut && g.open == 0 {
		close(g.Empty)
	}
}

// Crowd is how many connections there were when the gate was shut.
func (g *Gate[P]) Crowd() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leaving
}

// Await notes a connection that has been let in and has not said hello. It tells
// whether the server stops, and did so before it knew of the connection.
func (g *Gate[P]) Await(p P) (shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting[p] = struct{}{}
	return g.shut
}

// Heard notes that it has, or that it is gone, and tells whether the server
// stops.
func (g *Gate[P]) Heard(p P) (shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, p)
	return g.shut
}

// Close lets nobody in any more and gives those who have not said hello.
func (g *Gate[P]) Close() []P {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		if g.shut, g.leaving = true, g.open; g.open == 0 {
			close(g.Empty)
		}
	}
	return slices.Collect(maps.Keys(g.waiting))
}

// Open is how many connections there are.
func (g *Gate[P]) Open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}
