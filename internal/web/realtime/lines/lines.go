// Package lines notes what desks are told of at once: which lines of the inbox changed
// since they were told, and what changed beside conversations.
package lines

import (
	"sync"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
)

// Max is how many lines are told one by one; beyond, the list is read again.
const Max = 200

// Lines holds the conversations whose inbox line changed since desks were told.
type Lines struct {
	mu         sync.Mutex
	lines      map[string]Holders
	everything bool
}

// Holders are the agents who have a conversation, and had it before its line
// changed.
type Holders struct{ Now, Before string }

// Note notes what a commit did to a conversation.
func (d *Lines) Note(c *event.ConversationChange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lines == nil {
		d.lines = map[string]Holders{}
	}
	by, noted := d.lines[c.State.ID]
	if !noted && len(d.lines) > Max {
		return
	}
	if c.WasWith != "" && c.WasWith != by.Before {
		if by.Before != "" && by.Before != c.State.AssigneeID { // a third one: all look for themselves
			d.everything = true
		}
		by.Before = c.WasWith
	}
	by.Now = c.State.AssigneeID
	d.lines[c.State.ID] = by
}

// All notes that any line may have changed.
func (d *Lines) All() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.everything = true
}

// Take gives what was noted since, or tells that it is too much to name.
func (d *Lines) Take() (lines map[string]Holders, everything bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines, everything = d.lines, d.everything || len(d.lines) > Max
	d.lines, d.everything = nil, false
	return lines, everything
}

// Moved notes that a line changed without an entry, as when a clock was set or rang.
func (d *Lines) Moved(conv, assignee string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lines == nil {
		d.lines = map[string]Holders{}
	}
	if by, noted := d.lines[conv]; noted || len(d.lines) <= Max {
		by.Now = assignee
		d.lines[conv] = by
	}
}

// Frames names the lines that changed: all, or those that somebody who may not
// list them all has now, or has just had.
func Frames(lines map[string]Holders, of *identity.Principal) (frames []byte) {
	for conv, by := range lines {
		if of != nil && !policy.Allow(*of, policy.ListInbox, policy.Whosever(by.Now)) && !policy.Allow(*of, policy.ListInbox, policy.Whosever(by.Before)) {
			continue
		}
		if len(frames) > 0 {
			frames = append(frames, '\n')
		}
		frames = append(frames, `{"t":"inbox","conv":"`...)
		frames = append(frames, conv...)
		frames = append(frames, `"}`...)
	}
	return frames
}
