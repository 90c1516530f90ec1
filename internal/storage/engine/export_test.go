package engine

// Durable is what Probe says to settings of PostgreSQL.
func Durable(version, fsync, pages string) error { return durable(version, fsync, pages) }

// MoveLogAt sets from which sizes in bytes SQLite's log is moved and begun anew.
func (d *DB) MoveLogAt(move, restart int64) { d.wal.move, d.wal.restart = move, restart }

// MaxPrepared bounds them.
const MaxPrepared = maxPrepared

// Prepared is how many statements a pool keeps.
func (p *Pool) Prepared() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.prepared)
}
