package selfservice_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/selfservice"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

const asksFiles = `id: FL1
version: 1
title: {en: Papers, zh: 材料}
about: {en: Give papers, zh: 提供材料}
needs: {level: 1}
begin: ask
person: person
slots:
  papers: {type: files}
steps:
  ask:
    files:
      into: papers
      optional: true
      most: 3
      wants:
        - {id: receipt, label: {en: Receipt, zh: 收据}, most: 2}
        - {id: report, label: {en: Report, zh: 报告}, takes: [image, pdf]}
    say: {en: Add it here, zh: 请在这里添加}
    next: person
    on: {skipped: gone}
  gone:
    end: {outcome: given_up}
    say: {en: Nothing was added, zh: 没有添加}
  person:
    hand_over: {reason: papers, topic: {en: Papers, zh: 材料}}
    say: {en: A person has it, zh: 已转给客服}
`

// papers are files that the store has, with digests that a test chooses.
type papers struct {
	h       *house
	digests map[string]string
}

func (p papers) Given(ctx context.Context, who identity.Principal, id string) (attaching.Given, error) {
	a, err := p.h.Attachment(ctx, who, id)
	return attaching.Given{Attachment: a.Attachment, Digest: p.digests[id]}, err
}

func (p papers) upload(who identity.Principal, name, kind string) string {
	p.h.Helper()
	return p.sized(who, name, kind, 9)
}

func (p papers) sized(who identity.Principal, name, kind string, size int64) string {
	p.h.Helper()
	ref, _, err := p.h.Ring.Next()
	p.h.must(err)
	a := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: name, Type: kind, Size: size}, BlobRef: int64(ref)}
	p.h.must(p.h.AddAttachment(context.Background(), who, a))
	p.digests[a.ID] = fmt.Sprintf("%064x", len(name))
	return a.ID
}

// What is given is there on another device, counts once, and comes to the person.
func TestFilesAreGivenInARun(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		var err error
		h.deps.Flows, err = domain.Load(fstest.MapFS{"FL1.yaml": {Data: []byte(asksFiles)}}, h.deps.Reads.Declared())
		h.must(err)
		desk := papers{h, map[string]string{}}
		h.deps.Files, h.deps.Rules = desk, nil
		h.flow = h.process(false)
		h.must(h.flow.KeepFlows(ctx))
		seen := h.begin("FL1")
		give := func(op, want, file string) selfservice.Seen {
			t.Helper()
			next, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, op, "ask", domain.Input{Do: domain.Give, Text: want, File: &domain.FileFact{ID: file}})
			h.must(err)
			return next
		}
		problem := func(s selfservice.Seen, want string, files int) {
			t.Helper()
			v := s.Views[len(s.Views)-1]
			if len(s.Views) != 1 || v.Problem != want || len(v.Files.Given) != files {
				t.Errorf("problem %q with %d files in %d views, want %q with %d", v.Problem, len(v.Files.Given), len(s.Views), want, files)
			}
		}
		problem(h.answer(seen, domain.GoOn, ""), "too_few", 0)
		one := desk.upload(h.anna, "one.png", "image/png")
		problem(give("op-1", "receipt", one), "", 1)
		problem(give("op-1", "receipt", one), "", 1) // the same press again
		problem(give("op-2", "receipt", desk.upload(h.anna, "eno.png", "image/png")), "same_file", 1)
		problem(give("op-3", "report", desk.upload(h.anna, "words of it.txt", "text/plain")), "wrong_type", 1)
		problem(give("op-4", "nothing", desk.upload(h.anna, "x.png", "image/png")), "no_option", 1)
		h.flow = h.process(false) // the server was restarted, and it goes on elsewhere
		other, err := h.flow.Get(ctx, h.anna, seen.Run.ID)
		h.must(err)
		problem(other, "no_option", 1)
		second := desk.upload(h.anna, "second.png", "image/png")
		problem(give("op-5", "receipt", second), "", 2)
		problem(give("op-6", "receipt", desk.upload(h.anna, "and a third.png", "image/png")), "too_many", 2)
		problem(h.answer(other, domain.Remove, second), "", 1)
		problem(give("op-7", "receipt", desk.sized(h.anna, "as large as it gets.png", "image/png", gather.MaxHeld)), "too_much", 1)
		bo := h.SignIn("cust-2")
		for name, file := range map[string]string{"another's": desk.upload(bo, "bo.png", "image/png"), "none": id.New()} {
			_, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, id.New(), "ask", domain.Input{Do: domain.Give, Text: "receipt", File: &domain.FileFact{ID: file}})
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: err = %v", name, err)
			}
		}
		if _, err := h.flow.Answer(ctx, bo, seen.Run.ID, id.New(), "ask", domain.Input{Do: domain.Remove, Text: one}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another customer answers: err = %v", err)
		}
		end := h.answer(other, domain.GoOn, "")
		if end.Run.State != domain.Handed {
			t.Fatalf("it is %s at %s", end.Run.State, end.Run.Step)
		}
		file, err := h.Attachment(ctx, h.anna, one)
		if err != nil || file.ConversationID != end.Run.ConversationID {
			t.Errorf("the file is in %q, err = %v", file.ConversationID, err)
		}
		agent := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent, Session: id.New()}
		if _, err := h.Attachment(ctx, agent, one); err != nil {
			t.Errorf("the person does not see it: %v", err)
		}
	})
}

// One file that is gone when a person is put in front of the run takes none of the others
// with it, and the story says which it is.
func TestAFileThatIsGoneTakesNoOtherWithIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		var err error
		h.deps.Flows, err = domain.Load(fstest.MapFS{"FL1.yaml": {Data: []byte(asksFiles)}}, h.deps.Reads.Declared())
		h.must(err)
		desk := papers{h, map[string]string{}}
		h.deps.Files, h.deps.Rules = desk, nil
		h.flow = h.process(false)
		h.must(h.flow.KeepFlows(ctx))
		seen := h.begin("FL1")
		var ids []string
		for i, name := range []string{"first.png", "sent elsewhere.png", "the third of it.png"} {
			ids = append(ids, desk.upload(h.anna, name, "image/png"))
			want := "receipt"
			if i == 2 {
				want = "report"
			}
			seen, err = h.flow.Answer(ctx, h.anna, seen.Run.ID, id.New(), "ask", domain.Input{Do: domain.Give, Text: want, File: &domain.FileFact{ID: ids[i]}})
			h.must(err)
		}
		other, err := h.intake.Start(ctx, h.anna, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "en"})
		h.must(err)
		h.must(h.say(other.ID, ids[1]))
		end := h.answer(seen, domain.GoOn, "")
		if end.Run.State != domain.Handed {
			t.Fatalf("it is %s at %s", end.Run.State, end.Run.Step)
		}
		for i, in := range []string{end.Run.ConversationID, other.ID, end.Run.ConversationID} {
			if file, err := h.Attachment(ctx, h.anna, ids[i]); err != nil || file.ConversationID != in {
				t.Errorf("file %d is in %q, err = %v", i, file.ConversationID, err)
			}
		}
		told := h.story(end.Run.ConversationID)
		for _, want := range []string{"first.png, sent elsewhere.png (no longer there)", "Report\nthe third of it.png"} {
			if !strings.Contains(told.Text, want) {
				t.Errorf("%q is not in %q", want, told.Text)
			}
		}
		brings := (intake.Story{Filled: *told.Form}).Files()
		if len(told.Attachments) != 2 || !slices.Equal(brings, []string{ids[0], ids[2]}) {
			t.Errorf("the message has %d files, its answers %v of %v", len(told.Attachments), brings, ids)
		}
	})
}

// say sends files as the customer, and waits until they are stored.
func (h *house) say(conv string, files ...string) error {
	h.Helper()
	answer := make(chan error, 1)
	err := h.intake.Send(context.Background(), h.anna, intake.Message{ConversationID: conv, ClientID: id.New(), Text: "here", AttachmentIDs: files}, func(s intake.Said) { answer <- s.Err })
	if err != nil {
		return err
	}
	return <-answer
}

// story is the message that put a person in front of a run.
func (h *house) story(conv string) conversation.Content {
	h.Helper()
	entries, _, err := h.Entries(context.Background(), h.anna, conv, conversation.EntryRange{Limit: 50})
	h.must(err)
	for _, e := range entries {
		if e.Content.Form != nil {
			return e.Content
		}
	}
	h.Fatal("there is no story")
	return conversation.Content{}
}
