package conversation

import (
	"slices"
	"strings"

	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// CommandKind is what somebody asks of a conversation.
type CommandKind string

// The commands.
const (
	Send        CommandKind = "send"
	Note        CommandKind = "note"
	AskPerson   CommandKind = "human"
	SetStatus   CommandKind = "status"
	Wake        CommandKind = "wake" // the snooze is over; nothing when somebody changed it meanwhile
	Assign      CommandKind = "assign"
	SetPriority CommandKind = "priority"
	SetTags     CommandKind = "tags"
	SetTopic    CommandKind = "topic"
	SetLanguage CommandKind = "language"
	SetTeam     CommandKind = "team"
	SetSkills   CommandKind = "skills"
	SetWrapUp   CommandKind = "wrap_up"   // of one that is resolved: Content.Code and WrapUp, said anew
	HandOver    CommandKind = "hand_over" // to a team or a colleague, with a note: Content.Team, Staff and Text
	Edit        CommandKind = "edit"
	Redact      CommandKind = "redact"
	Delivered   CommandKind = "delivered"
	Read        CommandKind = "read"
	MergeInto   CommandKind = "merge_into"
	TakeIn      CommandKind = "take_in" // the other half of MergeInto
	Unmerge     CommandKind = "unmerge"
	LetGo       CommandKind = "let_go" // the other half of Unmerge
	Rate        CommandKind = "rate"
	Identify    CommandKind = "identify"
	TellAct     CommandKind = "act" // of Content.Act: the part of Kefu that carries acts out says what became of it
)

// Command is one request to change a conversation.
type Command struct {
	Kind     CommandKind
	ClientID string  // of one that is Once: repeats of it store nothing
	Content  Content // the new text, status, assignee …
	Seq      int64   // of Delivered and Read; of SetStatus and an agent's Send: the newest entry its sender has seen, 0 unsaid
	// UnlessAnswered is of an agent's Send with a Seq: it is refused when a colleague
	// has answered after that.
	UnlessAnswered bool
	Unseen         *Unseen // of a command that MissesSomething: what the store finds after Seq, or nil
	Target         *Target // of Edit and Redact: what the store knows of entry Content.Of
	Customer       string  // of Identify: the customer it belongs to from now on
	Joined         *State  // of TakeIn: the conversation that goes on in this one, as MergeInto left it
	// OfferedTo is the agent to whom the queue offers the conversation, of Assign
	// where it is accepted. The queue sets it, and no edge.
	OfferedTo string
	TakenFrom string       // of Assign: from whom the queue takes it back, who may have given it to somebody by now; no edge sets it
	Adds      bool         // of SetTags and SetSkills: the content's come to those that are there
	Drops     []string     // of one with Adds: those that go
	WrapUps   *wrapup.Book // of SetStatus and SetWrapUp: the codes that are in use; nil: there are none
	Remains   *Remains     // of LetGo: what waits in this one without the one that leaves it, or nil
	// Offer is of a customer's Send, and of one of Kefu's own: the flow that is offered below
	// it. No edge sets it.
	Offer string
	Route *Route // of a customer's Send that fills in a form: what the form does to the conversation
}

// Route is what a form makes of a conversation that begins with it.
type Route struct {
	Topic    string   // where there is none yet
	Tags     []string // beside those that are there
	Skills   []string // likewise
	Priority Priority // where it is higher
	Person   bool     // a person is asked for
}

// Draft is what a member of staff is writing and has not sent. Whether it is a
// note is part of it: it must not come back as words to the customer.
type Draft struct {
	Text string
	Note bool
}

// Target is the entry that Edit and Redact are about.
type Target struct {
	Kind       EntryKind
	AuthorKind identity.Kind
	AuthorID   string
	Redacted   bool
}

// Outcome is what a command does: the state after it and the entries it adds.
// Entries have no Seq yet; Decide leaves that to Append.
type Outcome struct {
	State   State
	Entries []Entry
	Receipt bool // delivered or read marks moved
}

// Decide applies a command of a principal at a time. Errors: NotFound when the
// principal may not know of the conversation, Forbidden, Conflict (a
// *MergedError when it goes on elsewhere), Invalid.
func (s State) Decide(p identity.Principal, c Command, now int64) (Outcome, error) {
	if err := s.authorise(p, c); err != nil {
		return Outcome{}, err
	}
	if s.Status == Merged && !worksWhenMerged(p, c.Kind) {
		return Outcome{}, &MergedError{Into: s.MergedInto}
	}
	o := Outcome{State: s}
	if err := o.apply(p, c, now); err != nil {
		return Outcome{}, err
	}
	o.number(p, now)
	return o, nil
}

// Half tells whether a command is one side of something that concerns two
// conversations, or two customers. On its own it would leave the other side
// untouched; the store's Merge, Unmerge and SignInCustomer use it.
func (k CommandKind) Half() bool {
	switch k {
	case MergeInto, TakeIn, Unmerge, LetGo, Identify:
		return true
	default:
		return false
	}
}

func worksWhenMerged(p identity.Principal, k CommandKind) bool {
	switch k {
	case Unmerge, LetGo, Delivered, Read, Redact, Identify:
		return true
	case SetTopic: // it may begin a secret that is ended where the conversation goes on
		return p.Kind == identity.System
	default:
		return false
	}
}

func (s State) authorise(p identity.Principal, c Command) error {
	const op = "conversation.authorise"
	object := s.Object()
	object.OfferedTo = c.OfferedTo
	if !s.knownTo(p, c.Kind, object) {
		return fault.New(fault.NotFound, op, "conversation %s is not %s's to see", s.ID, p.Kind)
	}
	if c.Target != nil {
		object.AuthorKind, object.AuthorID = c.Target.AuthorKind, c.Target.AuthorID
		if object.AuthorKind.CustomerSide() { // also what they wrote before they signed in
			object.AuthorID = s.CustomerID
		}
		object.Internal = c.Target.Kind == KindNote
	}
	if !policy.Allow(p, actionOf(c.Kind), object) {
		return fault.New(fault.Forbidden, op, "%s may not %s", p.Kind, c.Kind)
	}
	if c.Kind == HandOver && c.Content.Text != "" && !policy.Allow(p, policy.WriteNote, object) {
		return fault.New(fault.Forbidden, op, "%s may not hand over with a note", p.Kind)
	}
	return nil
}

// KnownTo tells whether p may learn that the conversation exists, by asking for a
// command of kind k: who may see it, and a program that may do that to it and see
// nothing.
func (s State) KnownTo(p identity.Principal, k CommandKind) bool { return s.knownTo(p, k, s.Object()) }

func (s State) knownTo(p identity.Principal, k CommandKind, o policy.Object) bool {
	return policy.Allow(p, policy.ReadConversation, o) || (p.Kind == identity.Program && policy.Allow(p, actionOf(k), o))
}

func actionOf(k CommandKind) policy.Action {
	switch k {
	case Send:
		return policy.SendMessage
	case Note:
		return policy.WriteNote
	case AskPerson:
		return policy.AskForPerson
	case SetStatus, Wake, Assign, SetPriority, SetTags, SetTopic, SetLanguage, SetTeam, SetSkills, SetWrapUp, HandOver:
		return policy.WorkConversation
	case Rate:
		return policy.RateConversation
	case Edit:
		return policy.EditMessage
	case Redact:
		return policy.RedactMessage
	case Delivered, Read:
		return policy.MarkSeen
	case MergeInto, TakeIn, Unmerge, LetGo:
		return policy.MergeConversation
	case Identify:
		return policy.IdentifyCustomer
	case TellAct:
		return policy.RunActs
	default:
		return ""
	}
}

func (o *Outcome) apply(p identity.Principal, c Command, now int64) error {
	switch c.Kind {
	case Send, Note:
		return o.write(p, c, now)
	case AskPerson:
		return o.askPerson(now)
	case SetStatus:
		return o.setStatus(p, c, now)
	case Wake:
		if s := o.State; s.Status == Snoozed && s.SnoozedUntil <= now {
			return o.setStatus(p, Command{Content: Content{Status: Open}}, now)
		}
		return nil
	case Assign:
		return o.assignTo(c)
	case SetPriority, SetTags, SetTopic, SetLanguage:
		return o.setField(c)
	case SetTeam:
		return o.setTeam(c.Content.Team)
	case SetSkills:
		return o.setSkills(c.wanted(o.State.Skills, c.Content.Skills))
	case SetWrapUp:
		return o.setWrapUp(p, c)
	case HandOver:
		return o.handOver(c)
	case Edit, Redact:
		return o.rewrite(p, c)
	case Delivered, Read:
		o.mark(p, c)
		return nil
	case Identify:
		return o.identify(c)
	case Rate:
		return o.rate(c, now)
	case TellAct:
		return o.tellAct(p, c)
	default:
		return o.join(c, now)
	}
}

func (o *Outcome) write(p identity.Principal, c Command, now int64) error {
	const op = "conversation.write"
	if c.Seq < 0 {
		return fault.InvalidField(op, "seen", "must not be negative")
	}
	if !ValidClientID(c.ClientID) {
		return fault.InvalidField(op, "client_msg_id", "must have 1 to %d bytes of printable UTF-8", MaxClientID)
	}
	if c.Content.Text == "" && len(c.Content.Attachments) == 0 {
		return fault.InvalidField(op, "text", "is empty")
	}
	if len(c.Content.Attachments) > MaxAttachments {
		return fault.InvalidField(op, "attachment_ids", "are more than %d", MaxAttachments)
	}
	if err := CheckText("text", c.Content.Text, MaxTextChars); err != nil {
		return err
	}
	if err := checkMentions(c); err != nil {
		return err
	}
	if c.UnlessAnswered && o.State.answered(p, c) {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "unless_answered", Message: "a colleague answered after what the sender has seen"}
	}
	if c.Content.ReplyTo < 0 || c.Content.ReplyTo > o.State.LastSeq {
		return fault.InvalidField(op, "reply_to", "names no message of this conversation")
	}
	kind := KindMessage
	if c.Kind == Note {
		kind = KindNote
	}
	said := Content{Text: c.Content.Text, Attachments: c.Content.Attachments, ReplyTo: c.Content.ReplyTo, Classes: c.Content.Classes}
	if kind == KindNote {
		said.Mentions = c.Content.Mentions
	}
	said.Quiet = c.Content.Quiet && kind == KindMessage && p.Kind == identity.Program
	if kind == KindMessage && p.IsCustomer() {
		said.Form = c.Content.Form
	}
	o.Entries = append(o.Entries, Entry{Kind: kind, ClientID: c.ClientID, Content: said})
	o.State.PreviewSeq = o.State.LastSeq + 1
	switch {
	case kind == KindNote:
	case p.IsCustomer():
		o.offer(c.Offer)
		o.customerWrote(now)
		return o.route(c.Route, now)
	case p.Kind == identity.Program: // answers nobody: whoever waits for a person goes on waiting
		o.offer(c.Offer)
	default:
		o.agentWrote(c)
	}
	return nil
}

// checkMentions judges whom a note names. A message names nobody: who is named
// could not be told of it without the customer reading it.
func checkMentions(c Command) error {
	const op = "conversation.checkMentions"
	if c.Kind != Note {
		return nil
	}
	if len(c.Content.Mentions) > MaxMentions {
		return fault.InvalidField(op, "mentions", "are more than %d", MaxMentions)
	}
	for i, staff := range c.Content.Mentions {
		if !id.Valid(staff) || slices.Contains(c.Content.Mentions[:i], staff) {
			return fault.InvalidField(op, "mentions", "must be ids of members of staff, each once")
		}
	}
	return nil
}

// customerWrote puts the conversation back in front of an agent. Only a return
// from snoozed or resolved is an entry of its own: open and waiting follow from
// who wrote last.
func (o *Outcome) customerWrote(now int64) {
	s := &o.State
	s.Unread++
	if s.WaitingSince == 0 {
		s.WaitingSince = now
	}
	if was := o.reopen(); was == Resolved || was == Snoozed {
		o.add(KindStatus, Content{Status: Open, Was: was})
	}
}

// FormAuthor signs what a form did to a conversation.
const FormAuthor = "form"

// route does what the form that the customer filled in is set to do.
func (o *Outcome) route(r *Route, now int64) error {
	if r == nil {
		return nil
	}
	from := len(o.Entries)
	var changes []Command
	if o.State.Topic == "" && r.Topic != "" {
		changes = append(changes, Command{Kind: SetTopic, Content: Content{Topic: r.Topic}})
	}
	if all := union(o.State.Tags, r.Tags); len(r.Tags) > 0 && len(all) <= MaxTags {
		changes = append(changes, Command{Kind: SetTags, Content: Content{Tags: all}})
	}
	if all := union(o.State.Skills, r.Skills); len(r.Skills) > 0 && len(all) <= MaxTags {
		if err := o.setSkills(all); err != nil {
			return err
		}
	}
	if r.Priority.rank() > o.State.Priority.rank() {
		changes = append(changes, Command{Kind: SetPriority, Content: Content{Priority: r.Priority}})
	}
	for _, c := range changes {
		if err := o.setField(c); err != nil {
			return err
		}
	}
	for i := from; i < len(o.Entries); i++ {
		o.Entries[i].Author = Author{Kind: BySystem, ID: FormAuthor}
	}
	if r.Person {
		return o.askPerson(now)
	}
	return nil
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// rank orders priorities; what is none stands below all.
func (p Priority) rank() int { return slices.Index([]Priority{Low, Normal, High, Urgent}, p) }

// reopen makes the conversation open, whatever it was, and tells what it was.
func (o *Outcome) reopen() Status {
	s := &o.State
	was := s.Status
	s.Status, s.SnoozedUntil, s.StatusBefore = Open, 0, ""
	if was == Resolved {
		s.Reopened++
		s.ResolvedAt = 0
		s.unrate()
	}
	return was
}

// agentWrote takes what the agent has seen as answered, and nothing else: what
// the customer wrote meanwhile goes on waiting.
func (o *Outcome) agentWrote(c Command) {
	s := &o.State
	left := s.unseen(c)
	s.Unread, s.WaitingSince = left.Messages, left.Since
	if c.Seq > 0 {
		seen := min(c.Seq, s.LastSeq)
		o.Receipt = seen > s.AgentRead
		s.AgentRead = max(s.AgentRead, seen)
	} else {
		o.Receipt = s.LastSeq > s.AgentRead
		s.AgentRead = s.LastSeq
	}
	if left.Since != 0 {
		o.Entries[len(o.Entries)-1].Content.Owed = &Owed{Since: left.Since, Seq: left.Seq}
	} else if s.Status == Open {
		s.Status, s.StatusBefore = Waiting, ""
	}
}

func (o *Outcome) askPerson(now int64) error {
	s := &o.State
	o.add(KindHuman, Content{})
	if s.WaitingSince == 0 {
		s.WaitingSince = now
	}
	if was := o.reopen(); was != Open {
		o.add(KindStatus, Content{Status: Open, Was: was})
	}
	return nil
}

func (o *Outcome) setStatus(p identity.Principal, command Command, now int64) error {
	const op = "conversation.setStatus"
	s, c := &o.State, command.Content
	switch c.Status {
	case Open, Waiting, Resolved:
	case Snoozed:
		if c.Until <= now {
			return fault.InvalidField(op, "until", "must lie in the future")
		}
	default:
		return fault.InvalidField(op, "status", "must be open, waiting, snoozed or resolved")
	}
	if s.Status == c.Status && (c.Status != Snoozed || s.SnoozedUntil == c.Until) {
		return nil
	}
	if c.Status != Open && s.unseen(command).Since != 0 {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "seen", Message: "the customer wrote after what the sender has seen"}
	}
	code, err := o.wrapsUp(p, command)
	if err != nil {
		return err
	}
	undo := c.Undo && s.undoable(now)
	if s.Status == Resolved && !undo {
		s.Reopened++
	}
	if s.Status == Resolved {
		s.ResolvedAt = 0
		s.unrate()
	}
	was := s.Status
	s.Status, s.SnoozedUntil, s.StatusBefore = c.Status, 0, ""
	switch c.Status {
	case Snoozed:
		s.SnoozedUntil = c.Until
	case Resolved:
		s.ResolvedAt, s.WaitingSince, s.Unread = now, 0, 0
		s.WrapUp = idOf(code)
	}
	o.add(KindStatus, Content{Status: c.Status, Was: was, Until: s.SnoozedUntil, WrapUp: c.WrapUp, Code: code, Undo: undo})
	return nil
}

func (o *Outcome) assign(to *StaffRef) error {
	if to == nil || to.ID == "" {
		to = &StaffRef{}
	}
	if o.State.AssigneeID == to.ID {
		return nil
	}
	for _, text := range []string{to.ID, to.Name} {
		if err := CheckLine("staff", text, MaxTopicChars); err != nil {
			return err
		}
	}
	o.State.AssigneeID, o.State.AssigneeName = to.ID, to.Name
	content := Content{}
	if to.ID != "" {
		content.Staff = to
	}
	o.add(KindAssigned, content)
	return nil
}

func (o *Outcome) setField(c Command) error {
	const op = "conversation.setField"
	s := &o.State
	switch c.Kind {
	case SetPriority:
		if !ValidPriority(c.Content.Priority) {
			return fault.InvalidField(op, "priority", "must be low, normal, high or urgent")
		}
		if s.Priority != c.Content.Priority {
			s.Priority = c.Content.Priority
			o.add(KindPriority, Content{Priority: s.Priority})
		}
	case SetTags:
		tags, err := cleanTags("tags", c.wanted(s.Tags, c.Content.Tags))
		if err != nil {
			return err
		}
		if !slices.Equal(s.Tags, tags) {
			s.Tags = tags
			o.add(KindTags, Content{Tags: tags})
		}
	case SetTopic:
		if err := CheckLine("topic", c.Content.Topic, MaxTopicChars); err != nil {
			return err
		}
		if s.Topic != c.Content.Topic {
			s.Topic = c.Content.Topic
			o.add(KindTopic, Content{Topic: s.Topic})
		}
	case SetLanguage:
		if err := CheckLanguage("language", c.Content.Language); err != nil {
			return err
		}
		if s.Language != c.Content.Language {
			s.Language = c.Content.Language
			o.add(KindLanguage, Content{Language: s.Language})
		}
	}
	return nil
}

// wanted is what there is to be, where a command may name only what comes and goes.
func (c Command) wanted(has, named []string) []string {
	if !c.Adds {
		return named
	}
	kept := slices.DeleteFunc(slices.Clone(has), func(s string) bool { return slices.Contains(c.Drops, s) })
	return append(kept, named...)
}

func cleanTags(field string, tags []string) ([]string, error) {
	const op = "conversation.cleanTags"
	if len(tags) > 2*MaxTags { // sorting them is work
		return nil, fault.InvalidField(op, field, "are more than %d", MaxTags)
	}
	sorted := make([]string, 0, len(tags))
	for _, tag := range tags {
		if err := CheckLine(field, tag, MaxTagChars); err != nil {
			return nil, err
		}
		if tag = strings.TrimSpace(tag); tag == "" {
			return nil, fault.InvalidField(op, field, "must not be empty")
		}
		sorted = append(sorted, tag)
	}
	slices.Sort(sorted)
	if sorted = slices.Compact(sorted); len(sorted) > MaxTags {
		return nil, fault.InvalidField(op, field, "are more than %d", MaxTags)
	}
	return sorted, nil
}

// rewrite edits or redacts. What a redaction leaves of a text is the guard's to
// say: from a person it would be a way to put words into another's mouth.
func (o *Outcome) rewrite(p identity.Principal, c Command) error {
	const op = "conversation.rewrite"
	if c.Target == nil || (c.Target.Kind != KindMessage && c.Target.Kind != KindNote) {
		return fault.New(fault.NotFound, op, "entry %d is no message", c.Content.Of)
	}
	content := Content{Of: c.Content.Of, Text: c.Content.Text, Classes: c.Content.Classes, Internal: c.Target.Kind == KindNote}
	if c.Kind == Redact {
		if c.Content.Text != "" && p.Kind != identity.System {
			return fault.InvalidField(op, "text", "must be empty: a redaction leaves nothing")
		}
		if err := CheckLine("reason", c.Content.Reason, MaxTagChars); err != nil {
			return err
		}
		content.Reason = c.Content.Reason
		o.add(KindRedacted, content)
		return nil
	}
	if c.Target.Redacted {
		return fault.New(fault.Conflict, op, "entry %d was redacted", c.Content.Of)
	}
	if c.Content.Text == "" {
		return fault.InvalidField(op, "text", "is empty")
	}
	if err := CheckText("text", c.Content.Text, MaxTextChars); err != nil {
		return err
	}
	o.add(KindEdited, content)
	return nil
}

func (o *Outcome) identify(c Command) error {
	const op = "conversation.identify"
	if c.Customer == "" {
		return fault.InvalidField(op, "customer", "is missing")
	}
	switch c.Content.Level {
	case customer.Verified, customer.Claimed, customer.Inferred:
	default:
		return fault.InvalidField(op, "level", "must be verified, claimed or inferred")
	}
	o.State.CustomerID = c.Customer
	o.add(KindIdentified, Content{Level: c.Content.Level})
	return nil
}

func (o *Outcome) mark(p identity.Principal, c Command) {
	s := &o.State
	seq := min(c.Seq, s.LastSeq)
	switch {
	case !p.IsCustomer() && c.Kind == Read:
		o.Receipt = seq > s.AgentRead
		s.AgentRead = max(s.AgentRead, seq)
		if s.AgentRead == s.LastSeq {
			s.Unread = 0
		}
	case !p.IsCustomer():
	case c.Kind == Delivered:
		o.Receipt = seq > s.CustomerDelivered
		s.CustomerDelivered = max(s.CustomerDelivered, seq)
	default:
		o.Receipt = seq > s.CustomerRead
		s.CustomerRead = max(s.CustomerRead, seq)
		s.CustomerDelivered = max(s.CustomerDelivered, seq)
	}
}

func (o *Outcome) add(kind EntryKind, content Content) {
	o.Entries = append(o.Entries, Entry{Kind: kind, Content: content})
}

// number gives the entries their place at the end of the log.
func (o *Outcome) number(p identity.Principal, now int64) {
	for i := range o.Entries {
		o.State.LastSeq++
		e := &o.Entries[i]
		e.ConversationID, e.Seq, e.At = o.State.ID, o.State.LastSeq, now
		if e.Author.Kind == "" { // the form's own entries are not the customer's
			e.Author = AuthorOf(p)
		}
	}
	if len(o.Entries) > 0 {
		o.State.LastActivity = max(o.State.LastActivity, now) // a clock set back moves nothing down the inbox
	}
}

// AuthorOf is how a principal signs its entries.
func AuthorOf(p identity.Principal) Author {
	switch p.Kind {
	case identity.Visitor, identity.Customer:
		return Author{Kind: ByCustomer, ID: p.ID}
	case identity.Staff:
		return Author{Kind: ByAgent, ID: p.ID, Name: p.Name}
	case identity.Program:
		return Author{Kind: ByProgram, ID: p.ID, Name: p.Name}
	default:
		return Author{Kind: BySystem, ID: p.ID}
	}
}
