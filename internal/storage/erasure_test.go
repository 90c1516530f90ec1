package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/job"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

const planted = "4929 1234 5678 9012"

// destroyKeys does the jobs that commits left, as the worker of flow/upkeep does.
func (s *site) destroyKeys() int {
	s.Helper()
	n := 0
	for _, j := range s.claim() {
		if j.Kind != job.DestroyKeys {
			s.Fatalf("an unexpected job: %+v", j)
		}
		var refs []keyring.Ref
		for _, r := range job.DecodeRefs(j.Payload) {
			refs = append(refs, keyring.Ref(r))
		}
		s.must(s.Ring.Destroy(refs...))
		s.must(s.FinishJob(context.Background(), j))
		n += len(refs)
	}
	return n
}

// readable is all that can be read of a conversation, in one text.
func readable(t *testing.T, d *storagetest.Deployment, conv string) string {
	t.Helper()
	s := &site{T: t, Deployment: d, Process: d.OpenIdle(t)}
	defer s.Stop()
	mei := agent()
	all := s.log(mei, conv)
	for _, e := range s.entries(mei, conv) {
		for _, a := range e.Content.Attachments {
			all += "; file " + a.Name
		}
		versions, err := s.Versions(context.Background(), mei, conv, e.Seq)
		s.must(err)
		for _, v := range versions {
			all += "; before " + v.Text
		}
	}
	return all
}

func TestWhatWasErasedStaysErasedInCopiesMadeBefore(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		ctx := context.Background()
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		file, err := s.ClaimAttachments(ctx, p, conv, false, []string{s.upload(p)})
		s.must(err)
		message := sending("my card is " + planted)
		message.Content.Attachments = file
		seq := s.do(p, conv, message).Seq
		s.do(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: "card: " + planted}})
		s.say(p, conv, "this stays")
		s.Stop()
		backup := d.Backup(t)
		oldKeys := filepath.Join(t.TempDir(), "keys")
		if err := os.CopyFS(oldKeys, os.DirFS(d.Keys())); err != nil {
			t.Fatal(err)
		}
		if before := readable(t, backup, conv); strings.Count(before, planted) != 3 || !strings.Contains(before, "收据") {
			t.Fatalf("the backup must be readable before: %s", before)
		}

		s = &site{T: t, Deployment: d, Process: d.Open(t)}
		s.do(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq}})
		if n := s.destroyKeys(); n != 4 { // the text, its version, the file's name and bytes
			t.Errorf("%d keys were destroyed, want 4", n)
		}
		verified(t, s, true)
		s.Stop()
		erased := func(what string, d *storagetest.Deployment) {
			t.Helper()
			if got := readable(t, d, conv); strings.Contains(got, planted) || strings.Contains(got, "收据") || !strings.Contains(got, "this stays") {
				t.Errorf("%s: %s", what, got)
			}
		}
		erased("the database", d)
		erased("the backup", backup)
		// The whole key folder comes back from a backup; the tombstones lie elsewhere.
		if err := os.RemoveAll(d.Keys()); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(d.Keys(), os.DirFS(oldKeys)); err != nil {
			t.Fatal(err)
		}
		erased("the backup, with the keys of its time", backup)
	})
}

// Until the job has run the promise is kept by the job, which is in the same
// transaction and survives the process.
func TestAnErasureSurvivesTheProcess(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		p := visitor()
		conv := s.start(p).ID
		seq := s.say(p, conv, planted).Seq
		s.do(p, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq}})
		s.Stop()
		s = &site{T: t, Deployment: d, Process: d.Open(t)}
		if n := s.destroyKeys(); n != 1 {
			t.Errorf("%d keys were destroyed after the restart, want 1", n)
		}
	})
}

func TestNoTextIsStoredInTheClear(t *testing.T) {
	d := storagetest.New(t, engine.SQLite)
	s := &site{T: t, Deployment: d, Process: d.Open(t)}
	p, mei := visitor(), agent()
	started, err := s.StartConversation(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Topic: planted})
	s.must(err)
	conv := started.ID
	seq := s.say(p, conv, planted).Seq
	s.do(mei, conv, conversation.Command{Kind: conversation.SetTopic, Content: conversation.Content{Topic: "another " + planted}})
	imported := conversation.New(id.New(), p.ID, "chat", "imported "+planted, "en", 1)
	s.must(s.Import(context.Background(), []storage.Imported{{State: imported, StartRef: "imported"}}))
	s.do(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: "now " + planted}})
	s.do(mei, conv, noting("note "+planted))
	s.must(s.SaveDraft(context.Background(), mei, conv, conversation.Draft{Text: "draft " + planted, Note: true}))
	s.do(mei, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved, WrapUp: planted}})
	in := signIn("wang", p.ID, 0)
	in.Name = planted
	s.signIn(in)
	err = filepath.WalkDir(d.Dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(planted)) {
			t.Errorf("%s holds a text in the clear", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A topic is read wherever a state is, and another one destroys its key.
func TestATopicIsSealed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		begin := func() conversation.State {
			state, err := s.StartConversation(ctx, p, conversation.Start{Ref: "one", NewID: id.New(), Channel: "chat", Topic: "银行卡 " + planted})
			s.must(err)
			return state
		}
		first := begin()
		conv := first.ID
		set := func(topic string) conversation.State {
			return s.do(mei, conv, conversation.Command{Kind: conversation.SetTopic, Content: conversation.Content{Topic: topic}}).State
		}
		read := func(want string) {
			t.Helper()
			again := &site{T: t, Deployment: s.Deployment, Process: s.Open(t)} // remembers nothing
			defer again.Stop()
			line, err := s.InboxLineOf(ctx, mei, conv)
			s.must(err)
			of, err := s.ConversationsOf(ctx, p, 1)
			s.must(err)
			marked := again.do(p, conv, conversation.Command{Kind: conversation.Read, Seq: 1 << 40}).State
			for i, topic := range []string{begin().Topic, s.state(conv).Topic, line.State.Topic, of[0].State.Topic, marked.Topic} {
				if topic != want {
					t.Errorf("%d: topic %q, want %q", i, topic, want)
				}
			}
		}
		read("银行卡 " + planted)
		var sealed []byte
		var ref int64
		s.Deployment.Scan(t, "SELECT topic, topic_ref FROM conversation", &sealed, &ref)
		if _, err := s.Ring.Open(nil, sealed, keyring.Ref(ref), []byte("conversation/"+conv+"/topic")); err != nil || ref == 0 {
			t.Fatalf("the topic is sealed under key %d: %v", ref, err)
		}
		s.say(p, conv, "a message leaves the topic as it is")
		set("Card")
		if n := s.destroyKeys(); n != 1 {
			t.Errorf("%d keys were destroyed, want 1", n)
		}
		if _, err := s.Ring.Open(nil, sealed, keyring.Ref(ref), []byte("conversation/"+conv+"/topic")); !keyring.IsDestroyed(err) {
			t.Errorf("the topic before: %v", err)
		}
		read("Card")
		set("")
		if n := s.destroyKeys(); n != 1 {
			t.Errorf("%d keys were destroyed, want 1", n)
		}
		read("")
		if s.Deployment.Scan(t, "SELECT topic, topic_ref FROM conversation", &sealed, &ref); ref != 0 || len(sealed) != 0 {
			t.Errorf("no topic has key %d and %d bytes", ref, len(sealed))
		}
	})
}

// What the guard removed can be told apart by the rules that found it, for
// staff's eyes in the database alone.
func TestTheVersionOfTheGuardIsStoredWithWhatItRemoved(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		p := visitor()
		conv := s.start(p).ID
		message := sending("my card is ‹pan ••••1111›")
		message.Content.Classes = []string{string(guard.PAN)}
		seq := s.do(p, conv, message).Seq
		s.say(p, conv, "nothing to remove")
		for at, want := range map[int64]string{
			seq:     `{"text":"my card is ‹pan ••••1111›","classes":["pan"],"guard":2}`,
			seq + 1: `{"text":"nothing to remove"}`,
		} {
			var sealed []byte
			var ref int64
			d.Scan(t, fmt.Sprintf("SELECT content, content_ref FROM entry WHERE seq = %d", at), &sealed, &ref)
			plain, err := s.Ring.Open(nil, sealed, keyring.Ref(ref), fmt.Appendf(nil, "%s/%d", conv, at))
			s.must(err)
			if string(plain) != want {
				t.Errorf("stored %s, want %s", plain, want)
			}
		}
	})
}
