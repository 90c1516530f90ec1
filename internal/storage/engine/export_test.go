package engine

// Durable is what Probe says to settings of PostgreSQL.
func Durable(version, fsync, pages string) error { return durable(version, fsync, pages) }
