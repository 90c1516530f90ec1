// Package pace bounds how often one client is listened to.
package pace

import "slices"

// every is how often typing in a conversation is passed on, microseconds: a little
// less than the 3 s that clients keep to. most bounds the conversations in which one
// client types at a time.
const (
	every = 2_500_000
	most  = 8
)

// Typing is what one client typed of late. It is not safe for concurrent use.
type Typing struct{ of []typed }

// typed is when typing in a conversation was last passed on.
type typed struct {
	conv    string
	on, off int64
}

// Passes tells whether a typing frame is passed on, and takes note of it; now is
// microseconds since 1970 UTC. That somebody stopped is passed on at once, but once.
func (t *Typing) Passes(conv string, on bool, now int64) bool {
	t.of = slices.DeleteFunc(t.of, func(t typed) bool { return now-max(t.on, t.off) >= every })
	i := slices.IndexFunc(t.of, func(t typed) bool { return t.conv == conv })
	if i < 0 {
		if len(t.of) >= most {
			return false
		}
		i = len(t.of)
		t.of = append(t.of, typed{conv: conv, on: now - every, off: now - every})
	}
	last := &t.of[i]
	switch {
	case on && now-last.on >= every:
		last.on = now
	case !on && (last.on > last.off || now-last.off >= every):
		last.off = now
	default:
		return false
	}
	return true
}
