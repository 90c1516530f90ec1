package conversation_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

func edit(of int64, text string, target *conversation.Target) conversation.Command {
	return conversation.Command{Kind: conversation.Edit, Target: target, Content: conversation.Content{Of: of, Text: text}}
}

func redact(of int64, text string, target *conversation.Target) conversation.Command {
	return conversation.Command{Kind: conversation.Redact, Target: target, Content: conversation.Content{Of: of, Text: text}}
}

func customers(id string) *conversation.Target {
	return &conversation.Target{Kind: conversation.KindMessage, AuthorKind: identity.Customer, AuthorID: id}
}

func agents(id string) *conversation.Target {
	return &conversation.Target{Kind: conversation.KindMessage, AuthorKind: identity.Staff, AuthorID: id}
}

func TestEditsAndRedactions(t *testing.T) {
	note := &conversation.Target{Kind: conversation.KindNote, AuthorKind: identity.Staff, AuthorID: "mei"}
	gone := &conversation.Target{Kind: conversation.KindMessage, AuthorKind: identity.Customer, AuthorID: "anna", Redacted: true}
	state := &conversation.Target{Kind: conversation.KindStatus, AuthorKind: identity.Staff, AuthorID: "mei"}
	play(t, fresh(), []step{
		{who: anna(), command: edit(1, "new", customers("anna")), kinds: "edited"},
		{who: visitor(), command: edit(1, "new", customers("anna")), kinds: "edited"},
		{who: anna(), command: edit(1, "new", agents("mei")), err: fault.Forbidden},
		{who: bob(), command: edit(1, "new", customers("anna")), err: fault.NotFound},
		{who: mei(), command: edit(1, "new", customers("anna")), err: fault.Forbidden},
		{who: mei(), command: edit(1, "new", agents("mei")), kinds: "edited"},
		{who: ben(), command: edit(1, "new", agents("mei")), err: fault.Forbidden},
		{who: sofia(), command: edit(1, "new", agents("mei")), err: fault.Forbidden},
		{who: mei(), command: edit(1, "new", note), kinds: "edited"},
		{who: ben(), command: edit(1, "new", note), err: fault.Forbidden},
		{who: anna(), command: edit(1, "new", note), err: fault.Forbidden},
		{who: anna(), command: edit(1, "new", gone), err: fault.Conflict},
		{who: anna(), command: edit(1, "", customers("anna")), err: fault.Invalid},
		{who: anna(), command: edit(1, strings.Repeat("字", conversation.MaxTextChars+1), customers("anna")), err: fault.Invalid},
		{who: mei(), command: edit(1, "new", state), err: fault.NotFound},
		{who: anna(), command: edit(1, "new", nil), err: fault.Forbidden},
		{who: timer(), command: edit(1, "new", customers("anna")), err: fault.Forbidden},

		{who: anna(), command: redact(1, "", customers("anna")), kinds: "redacted"},
		{who: anna(), command: redact(1, "", agents("mei")), err: fault.Forbidden},
		{who: mei(), command: redact(1, "", customers("anna")), kinds: "redacted"},
		{who: mei(), command: redact(1, "", gone), kinds: "redacted"},
		{who: ben(), command: redact(1, "", agents("mei")), err: fault.Forbidden},
		{who: sofia(), command: redact(1, "", agents("mei")), kinds: "redacted"},
		{who: sofia(), command: redact(1, "", note), kinds: "redacted"},
		{who: sofia(), command: redact(1, "", nil), err: fault.NotFound},
		{who: sofia(), command: redact(1, "", state), err: fault.NotFound},
		// Nobody puts words into another's mouth, or into their own after the fact.
		{who: mei(), command: redact(1, "I agree", customers("anna")), err: fault.Invalid},
		{who: anna(), command: redact(1, "I agree", customers("anna")), err: fault.Invalid},
		{who: identity.SystemPart("guard"), command: redact(1, "my card is [card number removed]", customers("anna")), kinds: "redacted"},
	})
}

// An edited or redacted note stays staff's, and what is told of it says so.
func TestWhatIsSaidOfANoteIsInternal(t *testing.T) {
	note := &conversation.Target{Kind: conversation.KindNote, AuthorKind: identity.Staff, AuthorID: "mei"}
	for _, c := range []conversation.Command{edit(1, "secret opinion", note), redact(1, "", note)} {
		o, err := fresh().Decide(mei(), c, begin)
		if err != nil || len(o.Entries) != 1 || !o.Entries[0].Internal() {
			t.Fatalf("%s: entries %+v, err = %v", c.Kind, o.Entries, err)
		}
		if shown := o.Entries[0].ForCustomer(); shown.Kind != conversation.KindHidden || !reflect.DeepEqual(shown.Content, conversation.Content{}) {
			t.Errorf("%s: the customer sees %+v", c.Kind, shown)
		}
	}
}

func TestWhatMayBeSaid(t *testing.T) {
	send := func(change func(*conversation.Command)) conversation.Command {
		c := say("hello")
		change(&c)
		return c
	}
	files := make([]conversation.Attachment, conversation.MaxAttachments+1)
	cases := []struct {
		name    string
		command conversation.Command
		field   string // "": it is taken
	}{
		{"text", say("hello"), ""},
		{"the longest text", say(strings.Repeat("好", conversation.MaxTextChars)), ""},
		{"one character more", say(strings.Repeat("好", conversation.MaxTextChars+1)), "text"},
		{"nothing", say(""), "text"},
		{"not UTF-8", say("a\xff"), "text"},
		{"a surrogate", say("a\xed\xa0\x80"), "text"},
		{"lines and U+0000, which are sealed", say("a\n\x00b"), ""},
		{"a file without words", send(func(c *conversation.Command) { c.Content.Text, c.Content.Attachments = "", files[:1] }), ""},
		{"as many files as allowed", send(func(c *conversation.Command) { c.Content.Attachments = files[:conversation.MaxAttachments] }), ""},
		{"too many files", send(func(c *conversation.Command) { c.Content.Attachments = files }), "attachment_ids"},
		{"no id", send(func(c *conversation.Command) { c.ClientID = "" }), "client_msg_id"},
		{"a long id", send(func(c *conversation.Command) { c.ClientID = strings.Repeat("x", conversation.MaxClientID) }), ""},
		{"too long an id", send(func(c *conversation.Command) { c.ClientID = strings.Repeat("x", conversation.MaxClientID+1) }), "client_msg_id"},
		{"U+0000 in the id", send(func(c *conversation.Command) { c.ClientID = "a\x00" }), "client_msg_id"},
		{"a line end in the id", send(func(c *conversation.Command) { c.ClientID = "a\u2029" }), "client_msg_id"},
		{"broken UTF-8 in the id", send(func(c *conversation.Command) { c.ClientID = "a\xc3" }), "client_msg_id"},
		{"an answer to nothing", send(func(c *conversation.Command) { c.Content.ReplyTo = 1 }), "reply_to"},
		{"an answer to less than nothing", send(func(c *conversation.Command) { c.Content.ReplyTo = -1 }), "reply_to"},
	}
	for _, c := range cases {
		for _, kind := range []conversation.CommandKind{conversation.Send, conversation.Note} {
			c.command.Kind = kind
			_, err := fresh().Decide(mei(), c.command, begin)
			if fault.FieldOf(err) != c.field || (err != nil) != (c.field != "") {
				t.Errorf("%s as %s: err = %v, want field %q", c.name, kind, err, c.field)
			}
		}
	}
}

// A message carries what a message has, whatever else its command held.
func TestAMessageCarriesNothingElse(t *testing.T) {
	full := filled(t)
	full.Text, full.ReplyTo = "hello", 0
	o, err := fresh().Decide(anna(), conversation.Command{Kind: conversation.Send, ClientID: "m", Content: full}, begin)
	if err != nil {
		t.Fatal(err)
	}
	want := conversation.Content{Text: "hello", Attachments: full.Attachments, Classes: full.Classes, Form: full.Form}
	if got := o.Entries[0].Content; !reflect.DeepEqual(got, want) {
		t.Errorf("the message carries %+v", got)
	}
	o, err = fresh().Decide(mei(), conversation.Command{Kind: conversation.Send, ClientID: "m", Content: full}, begin)
	if err != nil || o.Entries[0].Content.Form != nil {
		t.Errorf("staff fill in a form: %+v, %v", o.Entries, err)
	}
}

// filled is a content with every field set.
func filled(t *testing.T) conversation.Content {
	t.Helper()
	var c conversation.Content
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		setField(t, v, i)
	}
	return c
}

func setField(t *testing.T, v reflect.Value, i int) {
	t.Helper()
	switch f := v.Field(i); f.Kind() {
	case reflect.String:
		f.SetString("x")
	case reflect.Int64:
		f.SetInt(7)
	case reflect.Bool:
		f.SetBool(true)
	case reflect.Slice:
		f.Set(reflect.MakeSlice(f.Type(), 1, 1))
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
	default:
		t.Fatalf("the field %s has a kind this test does not know", v.Type().Field(i).Name)
	}
}

// PlainText lets the store write a content without its other fields: whoever adds
// a field and forgets it there loses it.
func TestPlainTextForgetsNoField(t *testing.T) {
	v := reflect.ValueOf(&conversation.Content{}).Elem()
	for i := range v.NumField() {
		c := conversation.Content{Text: "hello"}
		setField(t, reflect.ValueOf(&c).Elem(), i)
		if name := v.Type().Field(i).Name; c.PlainText() != (name == "Text") {
			t.Errorf("with %s set, PlainText = %v", name, c.PlainText())
		}
	}
}

func TestWhatTheCustomerSees(t *testing.T) {
	staffOnly := []conversation.EntryKind{
		conversation.KindNote, conversation.KindPriority, conversation.KindTags, conversation.KindTopic,
		conversation.KindLanguage, conversation.KindIdentified, "a kind of the future",
	}
	both := []conversation.EntryKind{
		conversation.KindMessage, conversation.KindStatus, conversation.KindAssigned, conversation.KindHuman,
		conversation.KindMerged, conversation.KindUnmerged, conversation.KindRated, conversation.KindEdited, conversation.KindRedacted, conversation.KindHidden,
	}
	entry := func(kind conversation.EntryKind, internal bool) conversation.Entry {
		content := filled(t)
		content.Internal = internal
		content.Staff = &conversation.StaffRef{ID: "account", Name: "Mei"}
		return conversation.Entry{ConversationID: "c", Seq: 3, Pos: 9, At: 5, Kind: kind, ClientID: "m", Content: content,
			Author: conversation.Author{Kind: conversation.ByAgent, ID: "account", Name: "Mei"}}
	}
	for _, kind := range staffOnly {
		for _, internal := range []bool{true, false} {
			want := conversation.Entry{ConversationID: "c", Seq: 3, Pos: 9, Kind: conversation.KindHidden}
			if got := entry(kind, internal).ForCustomer(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: the customer sees %+v", kind, got)
			}
		}
	}
	for _, kind := range both {
		given := entry(kind, false)
		got := given.ForCustomer()
		if got.Kind != kind || got.Author != (conversation.Author{Kind: conversation.ByAgent, Name: "Mei"}) || got.Content.WrapUp != "" ||
			got.Content.Staff.ID != "" || got.Content.Staff.Name != "Mei" || got.Content.Text != "x" {
			t.Errorf("%s: the customer sees %+v", kind, got)
		}
		if given.Content.Staff.ID != "account" || given.Author.ID != "account" || given.Content.WrapUp != "x" {
			t.Errorf("%s: showing it to a customer changed what staff see", kind)
		}
		if twice := got.ForCustomer(); !reflect.DeepEqual(twice, got) {
			t.Errorf("%s: seen twice it is %+v", kind, twice)
		}
	}
	for _, kind := range []conversation.EntryKind{conversation.KindEdited, conversation.KindRedacted} {
		if got := entry(kind, true).ForCustomer(); got.Kind != conversation.KindHidden {
			t.Errorf("internal %s: the customer sees %+v", kind, got)
		}
	}
	mine := conversation.Entry{Kind: conversation.KindMessage, Author: conversation.Author{Kind: conversation.ByCustomer, ID: "anna"}}
	if got := mine.ForCustomer(); got.Author.ID != "anna" {
		t.Errorf("the customer's own id became %q", got.Author.ID)
	}
}

func TestReceipts(t *testing.T) {
	s := play(t, fresh(), []step{
		{who: anna(), command: say("one"), kinds: "message"},
		{who: anna(), command: say("two"), kinds: "message"},
		{who: mei(), command: say("three"), kinds: "message"},
	})
	cases := []struct {
		name                   string
		who                    identity.Principal
		kind                   conversation.CommandKind
		seq                    int64
		moved                  bool
		delivered, read, agent int64
	}{
		{"delivered", anna(), conversation.Delivered, 3, true, 3, 0, 2},
		{"delivered beyond the end", anna(), conversation.Delivered, 99, true, 3, 0, 2},
		{"read is delivered too", anna(), conversation.Read, 2, true, 2, 2, 2},
		{"nothing", anna(), conversation.Read, 0, false, 0, 0, 2},
		{"less than nothing", anna(), conversation.Delivered, -5, false, 0, 0, 2},
		{"an agent's read", mei(), conversation.Read, 3, true, 0, 0, 3},
		{"an agent's read goes not back", mei(), conversation.Read, 1, false, 0, 0, 2},
		{"to an agent nothing is delivered", mei(), conversation.Delivered, 3, false, 0, 0, 2},
	}
	for _, c := range cases {
		o, err := s.Decide(c.who, mark(c.kind, c.seq), begin)
		if err != nil || len(o.Entries) != 0 {
			t.Fatalf("%s: entries %v, err = %v", c.name, o.Entries, err)
		}
		if got := o.State; o.Receipt != c.moved || got.CustomerDelivered != c.delivered || got.CustomerRead != c.read || got.AgentRead != c.agent {
			t.Errorf("%s: receipt %v, delivered %d, read %d, by agent %d", c.name, o.Receipt, got.CustomerDelivered, got.CustomerRead, got.AgentRead)
		}
	}
}

// An answer that does not say what its author has seen has seen everything, and the
// customer is told.
func TestAnAnswerIsAReceipt(t *testing.T) {
	written := play(t, fresh(), []step{{who: anna(), command: say("one"), kinds: "message"}})
	answered := play(t, fresh(), []step{
		{who: anna(), command: say("one"), kinds: "message"},
		{who: mei(), command: say("two"), kinds: "message"},
	})
	answered.AgentRead = answered.LastSeq
	for name, c := range map[string]struct {
		s     conversation.State
		moved bool
	}{"the first": {written, true}, "one that has nothing before it": {answered, false}} {
		o, err := c.s.Decide(mei(), say("three"), begin)
		if err != nil || o.Receipt != c.moved || o.State.AgentRead != c.s.LastSeq {
			t.Errorf("%s: receipt %v, read %d of %d, err = %v", name, o.Receipt, o.State.AgentRead, c.s.LastSeq, err)
		}
	}
}

func FuzzCheckLine(f *testing.F) {
	for _, seed := range []string{"", "topic", "a\x00", "a\u2028", "\xff", "转账", "a\u0085b", "e\u0301", strings.Repeat("x", 50)} {
		f.Add(seed, 40)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(0, most%1000)
		err := conversation.CheckLine("topic", text, most)
		bad := !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.ContainsAny(text, "\x00\n\r\t\x1b\x7f\u0085\u2028\u2029")
		if bad && err == nil {
			t.Errorf("%q passes with at most %d", text, most)
		}
		if err != nil && (fault.FieldOf(err) != "topic" || !fault.Is(err, fault.Invalid)) {
			t.Errorf("%q: %v", text, err)
		}
		if long := conversation.CheckText("topic", text, most); err == nil && long != nil {
			t.Errorf("%q is a line and no text: %v", text, long)
		}
	})
}
