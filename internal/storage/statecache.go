package storage

import "kefu/internal/domain/conversation"

// maxCached bounds the conversations whose state the committer remembers.
const maxCached = 8192

// cachedState is a conversation's row as the last commit left it.
type cachedState struct {
	state         conversation.State
	inboxActivity int64
}

// stateCache spares the committer the reading of conversations that it has just
// written. It holds only while nobody else commits: pos is the position at which
// this process's last commit ended, and every commit of every process raises it.
// Only the committer uses it.
type stateCache struct {
	pos    int64
	states map[string]cachedState
}

// begin forgets everything when somebody else has committed since.
func (c *stateCache) begin(pos int64) {
	if c.states == nil || pos != c.pos || len(c.states) > maxCached {
		c.states = make(map[string]cachedState, 256)
	}
}

// end takes over what a transaction left behind, once it is committed.
func (c *stateCache) end(pos int64, left map[string]cachedState) {
	c.pos = pos
	for id, s := range left {
		c.states[id] = s
	}
}

// forget is for a transaction that failed, or whose outcome is unknown.
func (c *stateCache) forget() { c.states = nil }
