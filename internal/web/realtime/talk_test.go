package realtime_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

func seqs(events []frame) []int64 {
	var all []int64
	for _, e := range events {
		all = append(all, e.number("seq"))
	}
	return all
}

func upTo(from, to int64) []int64 {
	var all []int64
	for ; from <= to; from++ {
		all = append(all, from)
	}
	return all
}

// events are the entries of a missed frame.
func (f frame) events() []frame {
	list, _ := f["events"].([]any)
	all := make([]frame, 0, len(list))
	for _, e := range list {
		all = append(all, frame(e.(map[string]any)))
	}
	return all
}

// kinds are the entries among frames, as "kind seq".
func kinds(frames []frame) []string {
	var all []string
	for _, f := range frames {
		if f.text("t") == "event" {
			all = append(all, fmt.Sprintf("%s %d", f.text("kind"), f.number("seq")))
		}
	}
	return all
}

func TestAConversation(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		window, welcome := h.window("ann")
		second := h.dial(nil)
		second.hello(frame{"role": "window", "visitor": welcome.text("visitor")})
		conv := window.start()
		agent := h.deskOf(h.colleague(identity.Agent))
		agent.say(frame{"t": "watch", "conv": conv})
		agent.rest()

		if seq := window.send(conv, "我的钱不见了"); seq != 1 {
			t.Fatalf("the first message is number %d", seq)
		}
		for name, other := range map[string]*wire{"the desk": agent, "the customer's other device": second} {
			got := other.next("event")
			if got.text("kind") != "message" || got.number("seq") != 1 || got["payload"].(map[string]any)["text"] != "我的钱不见了" {
				t.Errorf("%s got %v", name, got)
			}
		}
		agent.say(note(conv, "check the ledger"))
		agent.next("stored")
		agent.say(message(conv, "We look into it"))
		agent.next("stored")
		for name, other := range map[string]*wire{"the window": window, "the other device": second} {
			if got := kinds(other.rest()); !slices.Equal(got, []string{"hidden 2", "message 3"}) && !slices.Equal(got, []string{"message 1", "hidden 2", "message 3"}) {
				t.Errorf("%s got %v: staff's entries must be place-holders", name, got)
			}
		}
		window.say(frame{"t": "fetch", "conv": conv, "after_seq": 0})
		missed := window.next("missed")
		if got := seqs(missed.events()); !slices.Equal(got, upTo(1, 3)) || missed["more"] != false {
			t.Errorf("the log is %v", missed)
		}
		if text := fmt.Sprint(missed); strings.Contains(text, "ledger") || strings.Contains(text, agentID(missed)) {
			t.Errorf("the window was shown what is for staff: %v", missed)
		}
		window.say(frame{"t": "ack", "conv": conv, "up_to_seq": 3})
		if got := agent.next("receipt"); got.number("delivered") != 3 || got.text("by") != "customer" {
			t.Errorf("the desk was told %v", got)
		}
		agent.say(frame{"t": "read", "conv": conv, "seq": 3})
		if got := window.next("receipt"); got.text("by") != "agent" {
			t.Errorf("the window was told %v", got)
		}
	})
}

// agentID is the account of the agent if the window was shown it; accounts are
// 26 characters long.
func agentID(missed frame) string {
	for _, e := range missed.events() {
		if author, ok := e["author"].(map[string]any); ok && author["kind"] == "agent" {
			if id, ok := author["id"].(string); ok {
				return id
			}
		}
	}
	return "no agent's account"
}

func TestTheSameMessageByTwoSocketsIsStoredOnce(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		first, welcome := h.window("ann")
		second := h.dial(nil)
		second.hello(frame{"role": "window", "visitor": welcome.text("visitor")})
		conv := first.start()
		for range 10 {
			said := message(conv, "pay me")
			var both sync.WaitGroup
			for _, w := range []*wire{first, second} {
				both.Go(func() { w.say(said) })
			}
			both.Wait()
			a, b := first.next("stored"), second.next("stored")
			if a.number("seq") != b.number("seq") || a.number("at") != b.number("at") {
				t.Errorf("stored as %v and %v", a, b)
			}
		}
		first.say(frame{"t": "fetch", "conv": conv, "after_seq": 0})
		if got := seqs(first.next("missed").events()); !slices.Equal(got, upTo(1, 10)) {
			t.Errorf("the log has %v", got)
		}
	})
}

func TestStoredMeansCommitted(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	conv := window.start()
	reader := h.openStore() // as another process would see it
	defer reader.Close()
	for i := range int64(20) {
		seq := window.send(conv, "durable")
		entries, _, err := reader.Entries(context.Background(), identity.SystemPart("test"), conv, conversation.EntryRange{After: i})
		if err != nil || len(entries) != 1 || entries[0].Seq != seq {
			t.Fatalf("message %d was acknowledged and is not there: %v %v", seq, entries, err)
		}
	}
}

func TestASecretIsGoneBeforeAnybodySeesIt(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	conv := window.start()
	agent := h.deskOf(h.colleague(identity.Agent))
	agent.say(frame{"t": "watch", "conv": conv})
	agent.rest()
	window.say(message(conv, "my card is 4111 1111 1111 1111"))
	stored := window.next("stored")
	if stored["classes"] == nil || strings.Contains(stored.text("text"), "1111 1111") {
		t.Errorf("stored as %v", stored)
	}
	if got := fmt.Sprint(agent.next("event")); strings.Contains(got, "1111 1111") {
		t.Errorf("the desk was shown %s", got)
	}
}

func TestNoEchoSparesTheSenderItsOwnMessagesOnly(t *testing.T) {
	h := open(t, choices{})
	window := h.dial(nil)
	window.hello(frame{"role": "window", "token": h.walletToken("ann"), "caps": []string{"no_echo", "from_the_future"}})
	conv := window.start()
	agent := h.deskOf(h.colleague(identity.Agent))
	agent.say(frame{"t": "watch", "conv": conv})
	agent.rest()
	window.send(conv, "one")
	agent.next("event")
	agent.send(conv, "two")
	h.must(h.do(conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}}))
	window.say(message(conv, "three"))
	// Message 1 and 4 are its own; that 4 opened the conversation again is not.
	if got := kinds(window.before("stored")); !slices.Equal(got, []string{"message 2", "status 3", "status 5"}) {
		t.Errorf("the sender was told %v", got)
	}
	if got := kinds(agent.rest()); !slices.Equal(got, []string{"status 3", "message 4", "status 5"}) {
		t.Errorf("the desk was told %v", got)
	}
}

func (h *house) do(conv string, c conversation.Command) error {
	_, err := h.store.Execute(context.Background(), identity.Principal{Kind: identity.Staff, ID: "boss", Role: identity.Supervisor}, conv, c)
	return err
}

func TestResume(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	conv, quiet := window.start(), window.start()
	for i := range 12 {
		window.send(conv, fmt.Sprint(i))
	}
	stranger, _ := h.window("bob")
	foreign := stranger.start()
	stranger.send(foreign, "mine")
	window.cut()

	back := h.dial(nil)
	again := back.hello(frame{"role": "window", "visitor": welcome.text("visitor"), "resume": []frame{
		{"conv": conv, "last_seq": 4}, {"conv": quiet, "last_seq": 0}, {"conv": foreign, "last_seq": 0}, {"conv": "nonsense", "last_seq": 0},
	}})
	if lines, _ := again["conversations"].([]any); len(lines) != 2 {
		t.Errorf("welcome lists %v", again["conversations"])
	}
	got := back.rest()
	if len(got) != 1 || got[0].text("t") != "missed" || got[0].text("conv") != conv || !slices.Equal(seqs(got[0].events()), upTo(5, 12)) {
		t.Errorf("resumed with %v", got)
	}
	back.say(frame{"t": "fetch", "conv": conv, "after_seq": 0, "limit": 5})
	first := back.next("missed")
	if !slices.Equal(seqs(first.events()), upTo(1, 5)) || first["more"] != true || first.number("from") != 1 || first.number("to") != 5 {
		t.Errorf("the first page is %v", first)
	}
	back.say(frame{"t": "fetch", "conv": conv, "before_seq": 5, "limit": 3})
	if page := back.next("missed"); !slices.Equal(seqs(page.events()), upTo(2, 4)) || page["more"] != true {
		t.Errorf("read backwards: %v", page)
	}
	back.say(frame{"t": "fetch", "conv": conv, "after_seq": 12})
	if page := back.next("missed"); len(page.events()) != 0 || page["more"] != false || page.number("to") != 12 {
		t.Errorf("with nothing missing: %v", page)
	}
	for _, f := range []frame{{}, {"after_seq": 1, "before_seq": 9}} {
		f["t"], f["conv"] = "fetch", conv
		back.refused(f, "invalid")
	}
	back.say(frame{"t": "fetch", "conv": conv, "after_seq": -5, "limit": -1})
	if page := back.next("missed"); len(page.events()) != 12 {
		t.Errorf("negative numbers gave %v", page)
	}
}

// TestLongStretchesComeInPieces wants the whole of a log that is larger than what
// may wait for one client.
func TestLongStretchesComeInPieces(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	var convs []string
	for range 4 {
		convs = append(convs, window.start())
	}
	imported := h.fill(convs, 60, strings.Repeat("长", 7000))
	window.say(frame{"t": "fetch", "conv": convs[0], "after_seq": 0})
	var all []int64
	for pages := 1; ; pages++ {
		page := window.next("missed", "resync")
		all = append(all, seqs(page.events())...)
		if page["more"] != true {
			break
		}
		if pages > 20 {
			t.Fatal("it never ends")
		}
		window.say(frame{"t": "fetch", "conv": convs[0], "after_seq": page.number("to")})
	}
	if !slices.Equal(all, upTo(1, imported)) {
		t.Errorf("entries came as %v", all)
	}
	window.say(frame{"t": "fetch", "conv": convs[0], "before_seq": imported + 1})
	if page := window.next("missed"); page.number("to") != imported || page["more"] != true {
		t.Errorf("read backwards up to %d, more %v", page.number("to"), page["more"])
	}
	var resume []frame
	for _, conv := range convs {
		resume = append(resume, frame{"conv": conv, "last_seq": 0})
	}
	back := h.dial(nil)
	back.hello(frame{"role": "window", "token": h.walletToken("ann"), "resume": resume})
	told := map[string]string{}
	for _, f := range back.rest() {
		told[f.text("conv")] = f.text("t")
	}
	if told[convs[0]] != "missed" || told[convs[3]] != "resync" {
		t.Errorf("resumed with %v", told)
	}
}

// fill puts messages into conversations behind the server's back.
func (h *house) fill(convs []string, count int, text string) int64 {
	h.t.Helper()
	for _, conv := range convs {
		for range count {
			_, err := h.store.Execute(context.Background(), identity.Principal{Kind: identity.Staff, ID: "mei", Role: identity.Agent}, conv,
				conversation.Command{Kind: conversation.Send, ClientID: uuid.NewString(), Content: conversation.Content{Text: text}})
			h.must(err)
		}
	}
	return int64(count)
}

func TestTyping(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	conv, other := window.start(), window.start()
	mei := h.colleague(identity.Agent)
	agent, looker := h.deskOf(mei), h.deskOf(h.colleague(identity.Agent))
	for _, desk := range []*wire{agent, looker} {
		desk.say(frame{"t": "watch", "conv": conv})
		desk.rest()
	}
	typing := frame{"t": "typing", "conv": conv, "on": true}
	window.say(typing)
	window.say(typing) // sooner than the protocol allows
	if got := agent.next("typing"); got.text("by") != "customer" || got["on"] != true || got["name"] != nil {
		t.Errorf("the desk was told %v", got)
	}
	window.rest()
	for _, f := range agent.rest() {
		t.Errorf("and then %v", f)
	}
	h.later(3e9)
	window.say(typing)
	agent.next("typing")
	window.say(frame{"t": "typing", "conv": other, "on": true})
	window.say(frame{"t": "typing", "conv": conv, "on": false})
	if got := agent.next("typing"); got.text("conv") != conv || got["on"] != false {
		t.Errorf("the desk was told %v", got)
	}
	agent.say(typing)
	if got := window.next("typing"); got.text("by") != "agent" || got.text("name") != "Mei" || strings.Contains(fmt.Sprint(got), mei.ID) {
		t.Errorf("the window was told %v", got)
	}
	if got := looker.next("typing"); got.text("by") != "customer" {
		t.Errorf("the other desk was told %v", got)
	}
	agent.say(frame{"t": "fetch", "conv": conv, "after_seq": 0})
	if got := agent.next("missed").events(); len(got) != 0 {
		t.Errorf("typing was stored: %v", got)
	}
}

// Whoever says in turn that it types and that it stopped is passed on no more
// often than one who keeps typing, in however many conversations.
func TestTypingIsPassedOnNowAndThen(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	agent := h.deskOf(h.colleague(identity.Agent))
	var convs []string
	for range 10 {
		conv := window.start()
		convs = append(convs, conv)
		agent.say(frame{"t": "watch", "conv": conv})
	}
	agent.rest()
	alternate := func(convs ...string) (passed int) {
		t.Helper()
		for range 10 {
			for _, conv := range convs {
				window.say(frame{"t": "typing", "conv": conv, "on": true})
				window.say(frame{"t": "typing", "conv": conv, "on": false})
			}
		}
		window.rest()
		return len(agent.rest())
	}
	if n := alternate(convs[0]); n != 2 {
		t.Errorf("%d frames of one conversation were passed on", n)
	}
	h.later(3 * time.Second)
	if n := alternate(convs[:2]...); n != 4 {
		t.Errorf("%d frames of two conversations were passed on", n)
	}
	h.later(3 * time.Second)
	if n := alternate(convs...); n != 16 {
		t.Errorf("%d frames of ten conversations were passed on", n)
	}
}

func TestTheInboxIsToldOfChanges(t *testing.T) {
	h := open(t, choices{})
	agent := h.deskOf(h.colleague(identity.Agent))
	agent.say(frame{"t": "watch", "inbox": true})
	agent.rest()
	window, _ := h.window("ann")
	conv := window.start()
	window.send(conv, "hello")
	if got := agent.next("inbox"); got.text("conv") != conv {
		t.Errorf("the desk was told %v", got)
	}
	agent.say(frame{"t": "unwatch", "inbox": true})
	agent.rest()
	window.send(conv, "hello again")
	for _, f := range agent.rest() {
		t.Errorf("after unwatch the desk was told %v", f)
	}
}

func TestWhoeverHasAConversationIsToldOfItAndWhoeverHadItThatItIsGone(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	conv := window.start()
	mei, bo, root := h.colleague(identity.Agent), h.colleague(identity.Agent), h.colleague(identity.Admin)
	first, second, admin := h.deskOf(mei), h.deskOf(bo), h.deskOf(root)
	for _, to := range []colleague{mei, bo, root} {
		h.must(h.do(conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: to.ID, Name: "Mei"}}}))
	}
	window.send(conv, "hello")
	if got := kinds(first.rest()); !slices.Equal(got, []string{"assigned 1", "assigned 2"}) {
		t.Errorf("the first was told %v", got)
	}
	if got := kinds(second.rest()); !slices.Equal(got, []string{"assigned 2", "assigned 3"}) {
		t.Errorf("the second was told %v", got)
	}
	if got := admin.rest(); len(got) != 0 {
		t.Errorf("an admin, who may not read conversations, was told %v", got)
	}
}

func TestAMergedConversationNamesTheOneToUse(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	from, into := window.start(), window.start()
	h.must(h.store.Merge(context.Background(), identity.Principal{Kind: identity.Staff, ID: "mei", Role: identity.Agent}, from, into))
	said := message(from, "hello")
	if got := window.refused(said, "merged"); got.text("conv") != into || got.text("ref") != said.text("client_msg_id") {
		t.Errorf("refused with %v", got)
	}
	said["conv"] = into
	window.say(said)
	window.next("stored")
}

func TestLimitsTellHowLongToWait(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("")
	if welcome["anonymous"] != true || welcome.number("server_time") == 0 {
		t.Errorf("welcomed with %v", welcome)
	}
	conv := window.start()
	for range 20 {
		window.send(conv, "again")
	}
	said := message(conv, "again")
	if got := window.refused(said, "rate_limited"); got.number("retry_after_ms") < 1 || got.text("ref") != said.text("client_msg_id") {
		t.Errorf("refused with %v", got)
	}
	for range 4 {
		window.start()
	}
	if got := window.refused(frame{"t": "start", "ref": uuid.NewString()}, "rate_limited"); got.number("retry_after_ms") < 1 {
		t.Errorf("refused with %v", got)
	}
}

func TestTheSameRefStartsOneConversation(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("")
	f := frame{"t": "start", "ref": uuid.NewString(), "topic": "card", "lang": "en"}
	window.say(f)
	first := window.next("started")
	window.say(f)
	if second := window.next("started"); second.text("conv") != first.text("conv") {
		t.Errorf("started %v and %v", first, second)
	}
	for _, ref := range []string{"", strings.Repeat("x", 65), "a\u0000b"} {
		window.refused(frame{"t": "start", "ref": ref}, "invalid")
	}
}

func TestAConversationHasTheLanguageOfItsWindow(t *testing.T) {
	h := open(t, choices{})
	for said, want := range map[[2]string]string{{"zh-Hans", ""}: "zh-Hans", {"zh-Hans", "en"}: "en", {"4111111111111111", ""}: "", {"", ""}: ""} {
		w := h.dial(nil)
		w.hello(frame{"role": "window", "lang": said[0]})
		f := frame{"t": "start", "ref": uuid.NewString()}
		if said[1] != "" {
			f["lang"] = said[1]
		}
		w.say(f)
		state, err := h.store.Conversation(context.Background(), identity.SystemPart("test"), w.next("started").text("conv"))
		h.must(err)
		if state.Language != want {
			t.Errorf("%v made it %q, want %q", said, state.Language, want)
		}
	}
}

// TestBodies covers bodies right and wrong.
func TestBodies(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	conv := window.start()
	for name, test := range map[string]struct {
		body any
		code string
	}{
		"none":               {nil, "invalid"},
		"empty":              {frame{"type": "text", "text": ""}, "invalid"},
		"no type":            {frame{"text": "hello"}, "invalid"},
		"another type":       {frame{"type": "form", "text": "x"}, "invalid"},
		"text with files":    {frame{"type": "text", "text": "x", "attachment_ids": []string{"x"}}, "invalid"},
		"no files":           {frame{"type": "attachments", "attachment_ids": []string{}}, "invalid"},
		"too many files":     {frame{"type": "attachments", "attachment_ids": make([]string, 11)}, "invalid"},
		"too long":           {frame{"type": "text", "text": strings.Repeat("长", 8001)}, "invalid"},
		"just short enough":  {frame{"type": "text", "text": strings.Repeat("长", 8000)}, ""},
		"with a line end":    {frame{"type": "text", "text": "one\ntwo \"three\" \u2028"}, ""},
		"an unknown field":   {frame{"type": "text", "text": "x", "html": "x"}, "bad_frame"},
		"of the wrong shape": {[]string{"text"}, "bad_frame"},
	} {
		t.Run(name, func(t *testing.T) {
			window.rest()
			f := message(conv, "")
			if f["body"] = test.body; test.body == nil {
				delete(f, "body")
			}
			if test.code != "" {
				window.refused(f, test.code)
				return
			}
			window.say(f)
			want := test.body.(frame).text("text")
			if got := window.next("event", "error"); got["payload"] == nil || got["payload"].(map[string]any)["text"] != want {
				t.Errorf("came back as %v", got)
			}
		})
	}
	for name, f := range map[string]frame{
		"no message id": {"client_msg_id": ""}, "a long one": {"client_msg_id": strings.Repeat("x", 65)},
		"a reply to nothing": {"reply_to": 99}, "a reply to less than nothing": {"reply_to": -1},
	} {
		t.Run(name, func(t *testing.T) {
			said := message(conv, "hello")
			for k, v := range f {
				said[k] = v
			}
			window.refused(said, "invalid")
		})
	}
}
