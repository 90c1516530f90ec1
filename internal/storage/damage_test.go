package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/core"
	"kefu/internal/storage/storagetest"
)

// One value that cannot be opened must not hide the page that it is on.
func TestWhatIsDamagedHidesNothingElse(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		var log bytes.Buffer
		logged := func(o *storage.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }
		s := &site{T: t, Deployment: d, Process: d.Open(t, logged)}
		ctx := context.Background()
		mei := agent()
		in := signIn("wang", "", 0)
		in.Name = "王芳"
		p := asCustomer(s.signIn(in).CustomerID)
		state, err := s.StartConversation(ctx, p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Topic: "my card"})
		s.must(err)
		conv := state.ID
		s.say(p, conv, "first")
		second := sending("second")
		s.do(p, conv, second)
		s.say(p, conv, "third")
		last := s.say(p, conv, "fourth").Seq
		s.Stop()
		for _, text := range []string{
			"UPDATE entry SET content = (SELECT content FROM entry WHERE seq = 1) WHERE seq IN (2, 4)",
			"UPDATE conversation SET topic = (SELECT content FROM entry WHERE seq = 1)",
			"UPDATE customer SET name = (SELECT content FROM entry WHERE seq = 1)",
		} {
			d.Exec(t, text)
		}
		s = &site{T: t, Deployment: d, Process: d.Open(t, logged)}
		if got, want := s.log(mei, conv), "message first; message \ufffd; message third; message \ufffd"; got != want {
			t.Errorf("log: %s, want %s", got, want)
		}
		page, err := s.Inbox(ctx, mei, conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Limit: 10, Assignee: conversation.Assignee{Any: true}})
		lines := page.Lines
		if err != nil || len(lines) != 1 || lines[0].Customer.Name != "\ufffd" || lines[0].State.Topic != "\ufffd" || lines[0].Preview.Content.Text != "\ufffd" {
			t.Errorf("inbox: %+v, %v", lines, err)
		}
		if r := s.do(p, conv, second); !r.Duplicate || r.Seq != 2 {
			t.Errorf("sent again: %+v", r)
		}
		s.do(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: last}})
		s.do(mei, conv, conversation.Command{Kind: conversation.SetTopic, Content: conversation.Content{Topic: "Card"}})
		in = signIn("wang", "", 0)
		in.Name = "王芳"
		s.signIn(in) // and the name is whole again
		c, _, err := s.CustomerOf(ctx, mei, p.ID)
		if err != nil || c.Name != "王芳" || s.state(conv).Topic != "Card" {
			t.Errorf("afterwards: %+v, topic %q, %v", c, s.state(conv).Topic, err)
		}
		if !strings.Contains(log.String(), conv+"/2") || strings.Contains(log.String(), "first") {
			t.Errorf("logged: %s", log.String())
		}
	})
}

func TestOnlyWhatStaysWrongIsDamaged(t *testing.T) {
	for err, want := range map[error]bool{
		fault.New(fault.Internal, "test", "damaged"):                                 true,
		fault.Wrap("test", fmt.Errorf("reading: %w", syscall.EMFILE)):                false,
		fault.New(fault.Unavailable, "test", "closed"):                               false,
		fault.Wrap("test", errors.Join(fault.New(fault.Internal, "a", "b"), io.EOF)): true,
	} {
		if core.IsDamaged(err) != want {
			t.Errorf("%v: damaged is %v", err, !want)
		}
	}
}
