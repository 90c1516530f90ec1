package workset

import (
	"cmp"
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// Apply decides one change. Its error is the change's own answer.
func (w *Set) Apply(c *conversation.Change) {
	c.Result = w.decide(c)
	if c.Result.Err == nil {
		c.Seq = c.Result.Seq
		w.retract(c)
	}
}

func (w *Set) decide(c *conversation.Change) conversation.Result {
	const op = "storage.decide"
	work := w.states[c.ConversationID]
	if work == nil {
		return conversation.Result{Err: fault.New(fault.NotFound, op, "no conversation %s", c.ConversationID)}
	}
	if r, ok := w.repeated(c, work); ok {
		return r
	}
	if err := w.kept(c, work); err != nil {
		return conversation.Result{Err: err}
	}
	command := c.Command
	if command.Kind == conversation.Edit || command.Kind == conversation.Redact {
		found := w.target(EntryKey{c.ConversationID, command.Content.Of})
		if found == nil {
			if !policy.Allow(c.Principal, policy.ReadConversation, work.State.Object()) {
				return conversation.Result{Err: fault.New(fault.NotFound, op, "no conversation %s", c.ConversationID)}
			}
			return conversation.Result{Err: fault.New(fault.NotFound, op, "no entry %d", command.Content.Of)}
		}
		command.Target = &found.Target
	}
	if work.State.MissesSomething(c.Principal, command) {
		command.Unseen = w.missed(c, work)
	}
	outcome, err := work.State.Decide(c.Principal, command, w.env.Now)
	if err == nil {
		err = w.stands(c, work)
	}
	if err != nil {
		return conversation.Result{Err: err}
	}
	w.take(c, work, outcome)
	w.auditChange(c, work, outcome)
	result := conversation.Result{At: w.env.Now, State: work.State}
	if len(outcome.Entries) > 0 {
		result.Seq = outcome.Entries[0].Seq
	}
	if command.ClientID != "" && command.Kind.Once() {
		key := ClientKey{c.ConversationID, command.ClientID}
		w.first[key], w.authors[key] = result, outcome.Entries[0].Author
	}
	return result
}

// repeated answers a message id that was stored before. Whoever may not see the
// conversation learns nothing from it.
func (w *Set) repeated(c *conversation.Change, work *Working) (conversation.Result, bool) {
	const op = "storage.repeated"
	if c.Command.ClientID == "" || !c.Command.Kind.Once() {
		return conversation.Result{}, false
	}
	key := ClientKey{c.ConversationID, c.Command.ClientID}
	first, ok := w.first[key]
	if !ok {
		return conversation.Result{}, false
	}
	if !work.State.KnownTo(c.Principal, c.Command.Kind) {
		return conversation.Result{Err: fault.New(fault.NotFound, op, "no conversation %s", c.ConversationID)}, true
	}
	if !sameAuthor(w.authors[key], c.Principal) {
		return conversation.Result{Err: fault.New(fault.Conflict, op, "the message id belongs to another author")}, true
	}
	if of := w.target(EntryKey{c.ConversationID, first.Seq}); of != nil { // written or redacted in this very transaction
		content := of.Entry.Content
		if of.index >= 0 {
			content = w.Entries[of.index].Content
		}
		if of.Redacted || len(content.Classes) > 0 {
			first.Content = &content
		}
	}
	first.Duplicate, first.State = true, work.State
	return first, true
}

// sameAuthor tells whether p wrote what a signed. A conversation has one
// customer, who may have written as a visitor and repeats it signed in.
func sameAuthor(a conversation.Author, p identity.Principal) bool {
	by := conversation.AuthorOf(p)
	return a.Kind == by.Kind && (a.ID == by.ID || p.IsCustomer())
}

// take adds an outcome to what will be written.
func (w *Set) take(c *conversation.Change, work *Working, outcome conversation.Outcome) {
	if work.State.CustomerID != outcome.State.CustomerID {
		work.Report.WasFor = work.State.CustomerID
	}
	if work.State.AssigneeID != outcome.State.AssigneeID {
		work.Report.WasWith = work.State.AssigneeID
	}
	work.Changed = work.Changed || len(outcome.Entries) > 0 || outcome.Receipt || work.State.Unread != outcome.State.Unread
	work.State = outcome.State
	work.Report.Receipt = work.Report.Receipt || outcome.Receipt
	for _, e := range outcome.Entries {
		e.Pos = w.env.NextPos()
		w.add(e, c.Origin, work)
		if e.Kind == conversation.KindEdited || e.Kind == conversation.KindRedacted {
			w.rewrite(e, work)
		}
	}
}

func (w *Set) add(e conversation.Entry, origin any, work *Working) {
	w.Entries = append(w.Entries, Entry{Entry: e})
	work.Report.Entries = append(work.Report.Entries, e)
	work.Report.Origins = append(work.Report.Origins, origin)
}

// target finds an entry to be edited or redacted: one that was loaded, or one
// made in this very transaction; nil when there is none.
func (w *Set) target(key EntryKey) *Target {
	if found := w.targets[key]; found != nil {
		return found
	}
	for i := range w.Entries {
		if e := &w.Entries[i].Entry; e.Seq == key.Seq && e.ConversationID == key.Conversation {
			found := &Target{
				Target: conversation.Target{Kind: e.Kind, AuthorKind: kindOfAuthor(e.Author.Kind), AuthorID: e.Author.ID},
				Entry:  *e, index: i,
			}
			w.targets[key] = found
			return found
		}
	}
	return nil
}

func kindOfAuthor(k conversation.AuthorKind) identity.Kind {
	switch k {
	case conversation.ByCustomer:
		return identity.Customer
	case conversation.ByAgent:
		return identity.Staff
	case conversation.ByProgram:
		return identity.Program
	default:
		return identity.System
	}
}

// rewrite puts the new content in the place of the old one. The text of an
// 'edited' entry is not stored a second time: it is the text of its target.
func (w *Set) rewrite(e conversation.Entry, work *Working) {
	key := EntryKey{e.ConversationID, e.Content.Of}
	of := w.target(key)
	redact := e.Kind == conversation.KindRedacted
	of.Redacted = of.Redacted || redact
	if redact {
		w.forgetEarlier(e, work)
		w.loseFiles(of, e)
	}
	if of.index >= 0 {
		old := w.Entries[of.index].Content
		w.keepVersion(key, e.Seq, old, redact)
		w.replaceUnwritten(of.index, remaining(e, old), redact, work)
		return
	}
	work.Report.Rewritten = append(work.Report.Rewritten, of.Entry.Pos)
	old := of.Entry.Content
	of.Entry.Content = remaining(e, old)
	for i := range w.Rewrites {
		if r := &w.Rewrites[i]; r.EntryKey == key {
			w.keepVersion(key, e.Seq, old, redact)
			r.Content, r.Redact = of.Entry.Content, r.Redact || redact
			return
		}
	}
	w.Rewrites = append(w.Rewrites, Rewrite{
		EntryKey: key, Entry: of.Entry, Content: of.Entry.Content,
		ReplacedBy: e.Seq, Redact: redact, OldRef: of.Ref,
	})
}

// loseFiles notes the files that a redaction takes away with the text.
func (w *Set) loseFiles(of *Target, by conversation.Entry) {
	old := of.Entry.Content
	if of.index >= 0 {
		old = w.Entries[of.index].Content
	}
	if len(remaining(by, old).Attachments) > 0 {
		return
	}
	for _, a := range old.Attachments {
		w.LostFiles = append(w.LostFiles, a.ID)
	}
}

// keepVersion keeps what an edit replaces in this very transaction; a redaction
// keeps nothing.
func (w *Set) keepVersion(of EntryKey, replacedBy int64, old conversation.Content, redact bool) {
	if !redact {
		w.Versions = append(w.Versions, Version{EntryKey: of, ReplacedBy: replacedBy, Content: old})
	}
}

// forgetEarlier removes what this transaction would have kept or told of an
// entry that is now redacted: its versions, and the texts of its edits.
func (w *Set) forgetEarlier(by conversation.Entry, work *Working) {
	key := EntryKey{by.ConversationID, by.Content.Of}
	w.Versions = slices.DeleteFunc(w.Versions, func(v Version) bool { return v.EntryKey == key })
	for i := range work.Report.Entries {
		e := &work.Report.Entries[i]
		if TextElsewhere(e.Kind) && e.Content.Of == by.Content.Of {
			e.Content.Text, e.Content.Classes = by.Content.Text, by.Content.Classes
		}
	}
}

// remaining is what an edited or redacted message still says. A redaction that
// leaves no text takes the attachments with it.
func remaining(by conversation.Entry, old conversation.Content) conversation.Content {
	content := conversation.Content{Text: by.Content.Text, Classes: by.Content.Classes, ReplyTo: old.ReplyTo, Owed: old.Owed}
	if by.Kind == conversation.KindEdited || by.Content.Text != "" {
		content.Attachments = old.Attachments
	}
	return content
}

// replaceUnwritten changes an entry of this very transaction before it is
// written: what it said first never reaches the disk, nor anybody.
func (w *Set) replaceUnwritten(index int, content conversation.Content, redact bool, work *Working) {
	e := &w.Entries[index]
	if redact {
		e.Written = Redacted
	} else {
		e.Written = Edited
	}
	e.Content = content
	for i := range work.Report.Entries {
		if work.Report.Entries[i].Seq == e.Seq {
			work.Report.Entries[i].Content = content
		}
	}
}

// retract rewrites earlier messages of the sender, and the topic, in which the new
// message completes a secret.
func (w *Set) retract(c *conversation.Change) {
	if c.Result.Duplicate {
		return
	}
	guard := identity.SystemPart("guard")
	for _, wd := range c.Retract {
		seq := wd.Seq
		if wd.Earlier != nil {
			seq = wd.Earlier.Seq
		}
		if seq == 0 && !wd.Topic { // the earlier message was refused: there is nothing to retract
			continue
		}
		command := conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq, Text: wd.Text, Classes: wd.Classes}}
		if wd.Topic {
			command = conversation.Command{Kind: conversation.SetTopic, Content: conversation.Content{Topic: wd.Text}}
		}
		redaction := &conversation.Change{Principal: guard, ConversationID: cmp.Or(wd.ConversationID, c.ConversationID), Command: command}
		if r := w.decide(redaction); r.Err != nil {
			w.env.Log.Error("a secret could not be retracted", "error", r.Err, "conversation", redaction.ConversationID, "seq", seq)
			continue
		}
		if w.env.Waits(wd.Earlier) {
			wd.Earlier.Result.Content = &conversation.Content{Text: wd.Text, Classes: wd.Classes}
		}
	}
}

// auditChange notes what staff and system parts do to a conversation. Messages
// are covered by the digests of their commit, marks of reading are not kept.
func (w *Set) auditChange(c *conversation.Change, work *Working, outcome conversation.Outcome) {
	for _, e := range outcome.Entries {
		// Messages are in the log, with who wrote them; what a program says is told here too.
		if (e.Kind == conversation.KindMessage && c.Principal.Kind != identity.Program) || (e.Kind == conversation.KindStatus && c.Principal.IsCustomer()) {
			continue
		}
		w.env.Record(c.Principal, "conversation."+string(e.Kind), "conversation", work.State.ID, work.State.CustomerID)
	}
}

// TextElsewhere tells whether the text of an entry is that of the entry it is
// about, and is not stored a second time.
func TextElsewhere(k conversation.EntryKind) bool {
	return k == conversation.KindEdited || k == conversation.KindRedacted
}

// ColdChanged tells whether something changed that messages do not change, other
// than the topic.
func (k *Working) ColdChanged() bool {
	a, b := k.Before, k.State
	return a.CustomerID != b.CustomerID || a.StatusBefore != b.StatusBefore || a.AssigneeID != b.AssigneeID ||
		a.AssigneeName != b.AssigneeName || a.Priority != b.Priority ||
		a.Language != b.Language || !slices.Equal(a.Tags, b.Tags) || a.TeamID != b.TeamID || !slices.Equal(a.Skills, b.Skills) || a.MergedInto != b.MergedInto || a.RatedAt != b.RatedAt || a.Score != b.Score || a.WrapUp != b.WrapUp
}

// InboxMoves tells whether the conversation gets another place in the inbox.
func (k *Working) InboxMoves() bool {
	return k.Before.Status != k.State.Status || k.Before.AssigneeID != k.State.AssigneeID || k.Before.TeamID != k.State.TeamID ||
		k.Before.WrapUp != k.State.WrapUp || k.State.LastActivity-k.InboxActivity >= inboxStep
}

// NewInboxActivity is the activity by which the inbox orders it from now on.
func (k *Working) NewInboxActivity() int64 {
	if k.InboxMoves() {
		return k.State.LastActivity
	}
	return k.InboxActivity
}
