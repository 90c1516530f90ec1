// Package clock is how Kefu reads the time: through a function that tests and
// the simulation replace, and as microseconds since the Unix epoch in UTC, the
// form in which the store keeps every instant.
package clock

import "time"

// Clock tells the time.
type Clock func() time.Time

// System is the machine's clock in UTC.
func System() time.Time { return time.Now().UTC() }

// Micros is t as the store keeps it: microseconds since the Unix epoch; the
// zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the instant of a stored value; 0 is the zero time.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
