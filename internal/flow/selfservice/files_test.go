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
	"kefu/internal/domain/wallet"
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

const filesForTheWallet = `id: FL1
version: 1
title: {en: Evidence, zh: 证据}
about: {en: Give evidence, zh: 提供证据}
needs: {level: 1}
begin: hello
person: person
slots:
  papers: {type: files}
  dispute: {type: dispute}
  act: {type: act}
steps:
  hello:
    show: {wait: true}
    say: {en: Have your receipt at hand, zh: 请准备好收据}
    next: ask
  ask:
    files:
      into: papers
      wants:
        - {id: receipt, label: {en: Receipt, zh: 收据}}
    say: {en: Add it here, zh: 请在这里添加}
    next: pick
    on: {}
  pick:
    choose: {from: disputes, into: dispute}
    say: {en: "Which one?", zh: "哪一笔？"}
    next: propose
    on: {none: over}
  propose:
    propose: {act: dispute_evidence, target: dispute, reason: receipt, files: papers, into: act}
    next: agree
    on: {refused: person}
  agree:
    confirm: {of: act}
    say: {en: "Send it?", zh: "确认提交？"}
    next: prove
    on: {no: over}
  prove:
    step_up: {of: act}
    say: {en: Confirm in the app, zh: 请在 App 内确认}
    next: do
  do:
    execute: {of: act}
    next: over
    on: {failed: person}
  over:
    end: {outcome: given_up}
    say: {en: That is all, zh: 流程结束}
  person:
    hand_over: {reason: papers, topic: {en: Evidence, zh: 证据}}
    say: {en: A person has it, zh: 已转给客服}
`

// taking is a wallet that says which files it takes, or does not answer that.
type taking struct {
	selfservice.Wallet
	files *wallet.FileLimits
	err   error
}

func (w *taking) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Version: "1", Readings: []wallet.Reading{wallet.ReadTransactions}, Files: w.files}, w.err
}

// Nobody uploads for a wallet what it does not take: that is known at the step, and the
// flow goes on as it says, or a person has the run and what was given.
func TestFilesThatTheWalletDoesNotTakeAreNotAskedFor(t *testing.T) {
	takes := &wallet.FileLimits{MaxBytes: 1 << 20, Types: wallet.FileTypes()}
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		desk := papers{h, map[string]string{}}
		h.deps.Files, h.deps.Rules = desk, nil
		purse := &taking{Wallet: h.deps.Wallet}
		h.deps.Wallet = purse
		flow := func(on string) {
			t.Helper()
			var err error
			text := strings.Replace(filesForTheWallet, "on: {}", on, 1)
			h.deps.Flows, err = domain.Load(fstest.MapFS{"FL1.yaml": {Data: []byte(text)}}, h.deps.Reads.Declared())
			h.must(err)
			h.flow = h.process(false)
			h.must(h.flow.KeepFlows(ctx))
		}
		give := func(seen selfservice.Seen, name string) (selfservice.Seen, string) {
			t.Helper()
			file := desk.upload(h.anna, name, "image/png")
			next, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, id.New(), "ask", domain.Input{Do: domain.Give, Text: "receipt", File: &domain.FileFact{ID: file}})
			h.must(err)
			return next, file
		}
		handed := func(name string, seen selfservice.Seen, files ...string) {
			t.Helper()
			if seen.Run.State != domain.Handed || seen.Run.Outcome != "not_taken" || len(seen.Views) == 0 || seen.Views[len(seen.Views)-1].Step != "person" {
				t.Fatalf("%s: %s for %q at %s, with %+v", name, seen.Run.State, seen.Run.Outcome, seen.Run.Step, seen.Views)
			}
			for _, v := range seen.Views {
				if v.Step == "ask" {
					t.Errorf("%s: the step is shown all the same", name)
				}
			}
			told := h.story(seen.Run.ConversationID)
			if len(told.Attachments) != len(files) || !strings.Contains(told.Text, "The wallet takes no files at present") {
				t.Errorf("%s: the person has %d files and reads %q", name, len(told.Attachments), told.Text)
			}
		}
		for name, err := range map[string]error{"takes none": nil, "does not answer": fault.New(fault.Unavailable, "test", "no answer")} {
			purse.files, purse.err = nil, err
			flow("")
			handed(name, h.answer(h.begin("FL1"), domain.GoOn, ""))
			flow("on: {not_taken: over}")
			if seen := h.answer(h.begin("FL1"), domain.GoOn, ""); seen.Run.State != domain.Ended || seen.Run.Step != "over" {
				t.Errorf("%s, and the flow goes on without: %s at %s", name, seen.Run.State, seen.Run.Step)
			}
		}
		purse.files, purse.err = takes, nil
		flow("")
		first, second := h.answer(h.begin("FL1"), domain.GoOn, ""), selfservice.Seen{}
		if first.Run.Step != "ask" || first.Run.State != domain.Asking {
			t.Fatalf("a wallet that takes files: %s at %s", first.Run.State, first.Run.Step)
		}
		if again, err := h.flow.Get(ctx, h.anna, first.Run.ID); err != nil || first.Views[len(first.Views)-1].Files.Bytes != takes.MaxBytes || again.Views[len(again.Views)-1].Files.Bytes != takes.MaxBytes {
			t.Errorf("%v: nobody is told how large a file may be", err)
		}
		first, one := give(first, "one.png")
		second = h.answer(h.begin("FL1"), domain.GoOn, "")
		second, two := give(second, "two of them.png")
		purse.files = nil
		h.flow = h.process(false) // the wallet was changed meanwhile
		handed("going on", h.answer(first, domain.GoOn, ""), one)
		last, three := give(second, "the last one of them.png")
		handed("giving one more", last, two, three)
	})
}
