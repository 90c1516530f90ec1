package storage

import (
	"context"
	"slices"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// inboxStep is how far the order of the inbox may lag behind the last activity,
// in microseconds. Within it a busy conversation keeps its place, which spares
// two index updates a message.
const inboxStep = 1_000_000

type entryKey struct {
	conversation string
	seq          int64
}

type clientKey struct{ conversation, client string }

// working is a conversation while a transaction changes it.
type working struct {
	before        conversation.State
	state         conversation.State
	inboxActivity int64
	changed       bool
	report        event.ConversationChange
}

// storedEntry is an entry with its sealed content.
type storedEntry struct {
	conversation.Entry
	sealed []byte
	ref    int64
	state  int64 // stateWritten …
}

// The states of a stored entry.
const (
	stateWritten int64 = iota
	stateEdited
	stateRedacted
)

// target is an entry that exists already and is edited or redacted.
type target struct {
	conversation.Target
	entry conversation.Entry // with its content before
	ref   int64
	index int // in workset.entries when made in this very transaction, else -1
}

// rewrite is a new content of an existing entry.
type rewrite struct {
	entryKey
	entry      conversation.Entry
	content    conversation.Content
	replacedBy int64
	redact     bool
	oldRef     int64
	sealed     []byte
	ref        int64
}

// version is a content that an edit of this transaction replaced before it
// reached the database.
type version struct {
	entryKey
	replacedBy int64
	content    conversation.Content
}

// workset holds the conversations that a transaction works on.
type workset struct {
	tx        *Tx
	states    map[string]*working
	order     []*working
	first     map[clientKey]conversation.Result // first stored result of a client's message id
	authors   map[clientKey]conversation.Author
	targets   map[entryKey]*target
	entries   []storedEntry
	rewrites  []rewrite
	versions  []version
	lostFiles []string // attachments of messages redacted whole
}

func newWorkset(t *Tx) *workset {
	return &workset{
		tx: t, states: map[string]*working{}, first: map[clientKey]conversation.Result{},
		authors: map[clientKey]conversation.Author{}, targets: map[entryKey]*target{},
	}
}

// apply decides one change. Its error is the change's own answer.
func (w *workset) apply(c *conversation.Change) {
	c.Result = w.decide(c)
	if c.Result.Err == nil {
		c.Seq = c.Result.Seq
		w.withdraw(c)
	}
}

func (w *workset) decide(c *conversation.Change) conversation.Result {
	const op = "storage.decide"
	work := w.states[c.ConversationID]
	if work == nil {
		return conversation.Result{Err: fault.New(fault.NotFound, op, "no conversation %s", c.ConversationID)}
	}
	if r, ok := w.repeated(c, work); ok {
		return r
	}
	command := c.Command
	if command.Kind == conversation.Edit || command.Kind == conversation.Redact {
		found := w.target(entryKey{c.ConversationID, command.Content.Of})
		if found == nil {
			if !policy.Allow(c.Principal, policy.ReadConversation, policy.Object{CustomerID: work.state.CustomerID}) {
				return conversation.Result{Err: fault.New(fault.NotFound, op, "no conversation %s", c.ConversationID)}
			}
			return conversation.Result{Err: fault.New(fault.NotFound, op, "no entry %d", command.Content.Of)}
		}
		command.Target = &found.Target
	}
	outcome, err := work.state.Decide(c.Principal, command, w.tx.now)
	if err != nil {
		return conversation.Result{Err: err}
	}
	w.take(c, work, outcome)
	w.auditChange(c, work, outcome)
	result := conversation.Result{At: w.tx.now, State: work.state}
	if len(outcome.Entries) > 0 {
		result.Seq = outcome.Entries[0].Seq
	}
	if command.ClientID != "" && (command.Kind == conversation.Send || command.Kind == conversation.Note) {
		key := clientKey{c.ConversationID, command.ClientID}
		w.first[key], w.authors[key] = result, outcome.Entries[0].Author
	}
	return result
}

// repeated answers a message id that was stored before. Whoever may not see the
// conversation learns nothing from it.
func (w *workset) repeated(c *conversation.Change, work *working) (conversation.Result, bool) {
	const op = "storage.repeated"
	if c.Command.ClientID == "" || (c.Command.Kind != conversation.Send && c.Command.Kind != conversation.Note) {
		return conversation.Result{}, false
	}
	key := clientKey{c.ConversationID, c.Command.ClientID}
	first, ok := w.first[key]
	if !ok {
		return conversation.Result{}, false
	}
	if !policy.Allow(c.Principal, policy.ReadConversation, policy.Object{CustomerID: work.state.CustomerID}) {
		return conversation.Result{Err: fault.New(fault.NotFound, op, "no conversation %s", c.ConversationID)}, true
	}
	if !sameAuthor(w.authors[key], c.Principal) {
		return conversation.Result{Err: fault.New(fault.Conflict, op, "the message id belongs to another author")}, true
	}
	if of := w.target(entryKey{c.ConversationID, first.Seq}); of != nil { // written or redacted in this very transaction
		content := of.entry.Content
		if of.index >= 0 {
			content = w.entries[of.index].Content
		}
		if of.Redacted || len(content.Classes) > 0 {
			first.Content = &content
		}
	}
	first.Duplicate, first.State = true, work.state
	return first, true
}

// sameAuthor tells whether p wrote what a signed. A conversation has one
// customer, who may have written as a visitor and repeats it signed in.
func sameAuthor(a conversation.Author, p identity.Principal) bool {
	by := conversation.AuthorOf(p)
	return a.Kind == by.Kind && (a.ID == by.ID || p.IsCustomer())
}

// take adds an outcome to what will be written.
func (w *workset) take(c *conversation.Change, work *working, outcome conversation.Outcome) {
	if work.state.CustomerID != outcome.State.CustomerID {
		work.report.WasFor = work.state.CustomerID
	}
	if work.state.AssigneeID != outcome.State.AssigneeID {
		work.report.WasWith = work.state.AssigneeID
	}
	work.changed = work.changed || len(outcome.Entries) > 0 || outcome.Receipt || work.state.Unread != outcome.State.Unread
	work.state = outcome.State
	work.report.Receipt = work.report.Receipt || outcome.Receipt
	for _, e := range outcome.Entries {
		e.Pos = w.tx.nextPos()
		w.add(e, c.Origin, work)
		if e.Kind == conversation.KindEdited || e.Kind == conversation.KindRedacted {
			w.rewrite(e, work)
		}
	}
}

func (w *workset) add(e conversation.Entry, origin any, work *working) {
	w.entries = append(w.entries, storedEntry{Entry: e})
	work.report.Entries = append(work.report.Entries, e)
	work.report.Origins = append(work.report.Origins, origin)
}

// target finds an entry to be edited or redacted: one that was loaded, or one
// made in this very transaction; nil when there is none.
func (w *workset) target(key entryKey) *target {
	if found := w.targets[key]; found != nil {
		return found
	}
	for i := range w.entries {
		if e := &w.entries[i].Entry; e.Seq == key.seq && e.ConversationID == key.conversation {
			found := &target{
				Target: conversation.Target{Kind: e.Kind, AuthorKind: kindOfAuthor(e.Author.Kind), AuthorID: e.Author.ID},
				entry:  *e, index: i,
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
	default:
		return identity.System
	}
}

// rewrite puts the new content in the place of the old one. The text of an
// 'edited' entry is not stored a second time: it is the text of its target.
func (w *workset) rewrite(e conversation.Entry, work *working) {
	key := entryKey{e.ConversationID, e.Content.Of}
	of := w.target(key)
	redact := e.Kind == conversation.KindRedacted
	of.Redacted = of.Redacted || redact
	if redact {
		w.forgetEarlier(e, work)
		w.loseFiles(of, e)
	}
	if of.index >= 0 {
		old := w.entries[of.index].Content
		w.keepVersion(key, e.Seq, old, redact)
		w.replaceUnwritten(of.index, remaining(e, old), redact, work)
		return
	}
	work.report.Rewritten = append(work.report.Rewritten, of.entry.Pos)
	old := of.entry.Content
	of.entry.Content = remaining(e, old)
	for i := range w.rewrites {
		if r := &w.rewrites[i]; r.entryKey == key {
			w.keepVersion(key, e.Seq, old, redact)
			r.content, r.redact = of.entry.Content, r.redact || redact
			return
		}
	}
	w.rewrites = append(w.rewrites, rewrite{
		entryKey: key, entry: of.entry, content: of.entry.Content,
		replacedBy: e.Seq, redact: redact, oldRef: of.ref,
	})
}

// loseFiles notes the files that a redaction takes away with the text.
func (w *workset) loseFiles(of *target, by conversation.Entry) {
	old := of.entry.Content
	if of.index >= 0 {
		old = w.entries[of.index].Content
	}
	if len(remaining(by, old).Attachments) > 0 {
		return
	}
	for _, a := range old.Attachments {
		w.lostFiles = append(w.lostFiles, a.ID)
	}
}

// keepVersion keeps what an edit replaces in this very transaction; a redaction
// keeps nothing.
func (w *workset) keepVersion(of entryKey, replacedBy int64, old conversation.Content, redact bool) {
	if !redact {
		w.versions = append(w.versions, version{entryKey: of, replacedBy: replacedBy, content: old})
	}
}

// forgetEarlier removes what this transaction would have kept or told of an
// entry that is now redacted: its versions, and the texts of its edits.
func (w *workset) forgetEarlier(by conversation.Entry, work *working) {
	key := entryKey{by.ConversationID, by.Content.Of}
	w.versions = slices.DeleteFunc(w.versions, func(v version) bool { return v.entryKey == key })
	for i := range work.report.Entries {
		e := &work.report.Entries[i]
		if textElsewhere(e.Kind) && e.Content.Of == by.Content.Of {
			e.Content.Text, e.Content.Classes = by.Content.Text, by.Content.Classes
		}
	}
}

// remaining is what an edited or redacted message still says. A redaction that
// leaves no text takes the attachments with it.
func remaining(by conversation.Entry, old conversation.Content) conversation.Content {
	content := conversation.Content{Text: by.Content.Text, Classes: by.Content.Classes, ReplyTo: old.ReplyTo}
	if by.Kind == conversation.KindEdited || by.Content.Text != "" {
		content.Attachments = old.Attachments
	}
	return content
}

// replaceUnwritten changes an entry of this very transaction before it is
// written: what it said first never reaches the disk, nor anybody.
func (w *workset) replaceUnwritten(index int, content conversation.Content, redact bool, work *working) {
	e := &w.entries[index]
	if redact {
		e.state = stateRedacted
	} else {
		e.state = stateEdited
	}
	e.Content = content
	for i := range work.report.Entries {
		if work.report.Entries[i].Seq == e.Seq {
			work.report.Entries[i].Content = content
		}
	}
}

// withdraw rewrites earlier messages of the sender in which the new one
// completes a secret.
func (w *workset) withdraw(c *conversation.Change) {
	if c.Result.Duplicate {
		return
	}
	guard := identity.SystemPart("guard")
	for _, wd := range c.Withdraw {
		seq := wd.Seq
		if wd.Earlier != nil {
			seq = wd.Earlier.Seq
		}
		if seq == 0 { // the earlier message was refused: there is nothing to withdraw
			continue
		}
		redaction := &conversation.Change{
			Principal: guard, ConversationID: c.ConversationID,
			Command: conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq, Text: wd.Text, Classes: wd.Classes}},
		}
		if r := w.decide(redaction); r.Err != nil {
			w.tx.store.log.Error("a secret could not be withdrawn", "error", r.Err, "conversation", c.ConversationID, "seq", seq)
			continue
		}
		if w.tx.waits(wd.Earlier) {
			wd.Earlier.Result.Content = &conversation.Content{Text: wd.Text, Classes: wd.Classes}
		}
	}
}

// load reads everything the changes need: conversations, message ids stored
// before, and entries to be edited or redacted.
func (w *workset) load(ctx context.Context, changes []*conversation.Change) error {
	ids := make([]string, 0, len(changes))
	var clients []clientKey
	var targets []entryKey
	seen := make(map[string]bool, len(changes))
	for _, c := range changes {
		if !seen[c.ConversationID] {
			seen[c.ConversationID] = true
			ids = append(ids, c.ConversationID)
		}
		if c.Command.ClientID != "" {
			clients = append(clients, clientKey{c.ConversationID, c.Command.ClientID})
		}
		if c.Command.Content.Of != 0 {
			targets = append(targets, entryKey{c.ConversationID, c.Command.Content.Of})
		}
		for _, wd := range c.Withdraw {
			switch {
			case wd.Earlier == nil:
				targets = append(targets, entryKey{c.ConversationID, wd.Seq})
			case wd.Earlier.Seq != 0:
				targets = append(targets, entryKey{c.ConversationID, wd.Earlier.Seq})
			}
		}
	}
	if err := w.loadStates(ctx, ids); err != nil {
		return err
	}
	if err := w.loadClients(ctx, clients); err != nil {
		return err
	}
	return w.loadTargets(ctx, targets)
}

// flush writes everything, one statement for each kind.
func (w *workset) flush(ctx context.Context) error {
	for i := range w.entries {
		if err := w.sealEntry(&w.entries[i]); err != nil {
			return err
		}
	}
	for i := range w.rewrites {
		if err := w.sealRewrite(&w.rewrites[i]); err != nil {
			return err
		}
	}
	steps := []func(context.Context) error{w.insertEntries, w.writeRewrites, w.insertVersions, w.dropFiles, w.updateStates, w.moveInbox}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	w.tx.entries = append(w.tx.entries, w.entries...)
	for _, r := range w.rewrites {
		w.tx.rewritten = append(w.tx.rewritten, audit.MessageDigest{Conversation: r.conversation, Seq: r.seq, Sum: entryDigest(r.entry, r.sealed)})
	}
	for _, work := range w.order {
		if work.changed {
			work.report.State = work.state
			w.tx.left[work.state.ID] = cachedState{work.state, work.newInboxActivity()}
			w.tx.commit.Changed = append(w.tx.commit.Changed, work.report)
		}
	}
	return nil
}
