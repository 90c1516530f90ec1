package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kefu/internal/platform/fault"
)

// serverClass is the first half of the number of the lock that a server holds on
// its database: the letters of "kefu".
const serverClass = 0x6b656675

// How long a server that starts waits for one that is just ending, and how often
// one that runs makes sure of its lock.
const (
	aloneWait  = 3 * time.Second
	alonePoll  = 100 * time.Millisecond
	aloneWatch = 2 * time.Second
)

// claim is the lock of the one server of a PostgreSQL database. It belongs to the
// session that writes and is taken before that session may: whoever has lost it
// can write nothing, however long it takes to notice.
type claim struct {
	lost chan struct{} // closed once another server has it

	mu    sync.Mutex
	held  holder // the session that had it last
	gone  bool   // lost is closed
	again bool   // taken anew, and nobody has asked
}

// holder is a session of PostgreSQL's; begun tells it from a later one of the
// same number.
type holder struct {
	pid   int32
	begun time.Time
	from  string
}

func newClaim() *claim { return &claim{lost: make(chan struct{})} }

// take takes the lock for a new session. A session of our own that the server has
// not missed yet, after the network broke, is ended. Errors: Conflict while another
// server has it at our start; Unavailable when one has taken it since.
func (c *claim) take(ctx context.Context, conn *pgx.Conn) error {
	const op = "engine.take"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return taken(op, fault.Unavailable, c.held)
	}
	// The server notices within half a minute that this machine is gone, and frees
	// the lock for the one that takes its place.
	if _, err := conn.Exec(ctx, "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"); err != nil {
		return err
	}
	first := c.held.pid == 0
	for deadline := time.Now().Add(aloneWait); ; {
		mine, other, err := try(ctx, conn)
		if err != nil {
			return err
		}
		if other == nil {
			c.held, c.again = mine, !first
			return nil
		}
		switch ours := other.pid == c.held.pid && other.begun.Equal(c.held.begun); {
		case ours:
			_, err = conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2", other.pid, other.begun)
			if err != nil {
				return err
			}
		case !first && other.pid != 0:
			c.held, c.gone = *other, true
			close(c.lost)
			return taken(op, fault.Unavailable, *other)
		}
		if time.Now().After(deadline) {
			if first {
				return taken(op, fault.Conflict, *other)
			}
			return taken(op, fault.Unavailable, *other)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(alonePoll):
		}
	}
}

// try takes the lock, or tells who has it; its pid is 0 for one who has just let
// go of it. The lock is the schema's, which to a store is the database.
func try(ctx context.Context, conn *pgx.Conn) (mine holder, other *holder, err error) {
	var got bool
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, n.oid::int8::bit(32)::int4), a.pid, a.backend_start
		FROM pg_namespace n, pg_stat_activity a WHERE n.nspname = current_schema() AND a.pid = pg_backend_pid()`, serverClass).Scan(&got, &mine.pid, &mine.begun)
	if err != nil || got {
		return mine, nil, err
	}
	other = &holder{}
	rows, err := conn.Query(ctx, `SELECT a.pid, a.backend_start, COALESCE(host(a.client_addr), 'this machine')
		FROM pg_locks l JOIN pg_database d ON d.oid = l.database JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database() AND l.objsubid = 2
		AND l.classid = $1::int8::oid AND l.objid = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`, serverClass)
	if err != nil {
		return mine, other, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&other.pid, &other.begun, &other.from); err != nil {
			return mine, other, err
		}
	}
	return mine, other, rows.Err()
}

func taken(op string, code fault.Code, by holder) error {
	who := ""
	if by.pid != 0 {
		who = fmt.Sprintf(" (connected from %s since %s)", by.from, by.begun.UTC().Format(time.RFC3339))
	}
	return fault.New(code, op, "another Kefu server uses the PostgreSQL database%s: stop it, or give this one a database of its own", who)
}

// regained tells, once, that the lock was lost and taken anew: another server may
// have had it in between.
func (c *claim) regained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.again
	c.again = false
	return again
}

// Regained tells, once each time, that this server was without its lock for a
// while, so that others may have written what it was not told of.
func (d *DB) Regained() bool { return d.claim != nil && d.claim.regained() }

// WatchAlone returns when ctx ends, or with a Conflict once another server has
// taken the database over. What is not alone on its database waits for ctx.
func (d *DB) WatchAlone(ctx context.Context) error {
	if d.claim == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	tick := time.NewTicker(aloneWatch)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.claim.lost:
			d.claim.mu.Lock()
			defer d.claim.mu.Unlock()
			return taken("engine.WatchAlone", fault.Conflict, d.claim.held)
		case <-tick.C:
			asking, cancel := context.WithTimeout(ctx, 10*time.Second)
			_ = d.Writer.PingContext(asking) // a session that has ended is replaced, or the claim is lost
			cancel()
		}
	}
}
