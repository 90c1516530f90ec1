package files_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// house is a deployment on one of the engines, with a process that serves.
type house struct {
	*testing.T
	*storagetest.Process
	*storagetest.Deployment
}

func each(t *testing.T, run func(t *testing.T, s *house)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		run(t, &house{T: t, Process: d.Open(t), Deployment: d})
	})
}

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

func (s *house) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *house) want(code fault.Code, err error) {
	s.Helper()
	if !fault.Is(err, code) {
		s.Errorf("%v, want %s", err, code)
	}
}

func (s *house) signIn(subject, visitor string, since int64) string {
	s.Helper()
	out, err := s.SignInCustomer(context.Background(), customer.SignIn{
		Issuer: "wallet", Subject: subject, TokenID: id.New(), TokenExpires: 1 << 60, Name: "王芳", NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor, VisitorSince: since,
	})
	s.must(err)
	return out.CustomerID
}

func (s *house) upload(p identity.Principal) string {
	s.Helper()
	_, ref, err := s.Ring.Seal(nil, []byte("bytes"), nil)
	s.must(err)
	file := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: "收据.png", Type: "image/png", Size: 7}, BlobRef: int64(ref)}
	s.must(s.AddAttachment(context.Background(), p, file))
	return file.ID
}

func sending(text string) conversation.Command {
	return conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}}
}

func (s *house) do(p identity.Principal, conv string, c conversation.Command) conversation.Result {
	s.Helper()
	r, err := s.Execute(context.Background(), p, conv, c)
	s.must(err)
	return r
}

func (s *house) entries(p identity.Principal, conv string) []conversation.Entry {
	s.Helper()
	entries, _, err := s.Entries(context.Background(), p, conv, conversation.EntryRange{})
	s.must(err)
	return entries
}

func TestAttachments(t *testing.T) {
	each(t, func(t *testing.T, s *house) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		conv, second := s.Begin(p, "en"), s.Begin(p, "en")
		a, b, note := s.upload(p), s.upload(p), s.upload(mei)
		claim := func(by identity.Principal, conv string, internal bool, ids ...string) error {
			_, err := s.ClaimAttachments(ctx, by, conv, internal, ids)
			return err
		}
		got, err := s.ClaimAttachments(ctx, p, conv, false, []string{b, a})
		if err != nil || len(got) != 2 || got[0].ID != b || got[1].ID != a || got[0].Name != "收据.png" {
			t.Fatalf("claimed %+v, %v", got, err)
		}
		s.must(claim(p, conv, false, a, b)) // again
		s.want(fault.NotFound, claim(p, second, false, a))
		s.want(fault.NotFound, claim(mei, conv, false, a))
		s.want(fault.NotFound, claim(p, conv, false, "a\x00"))
		s.want(fault.Invalid, claim(p, conv, false, slices.Repeat([]string{a}, 11)...))
		s.must(claim(mei, conv, true, note))
		s.want(fault.Conflict, claim(mei, conv, false, note)) // a file of a note never becomes a customer's
		_, err = s.Attachment(ctx, p, note)
		s.want(fault.NotFound, err)
		_, err = s.Attachment(ctx, mei, note)
		s.must(err)

		message := sending("two files")
		message.Content.Attachments = got
		seq := s.do(p, conv, message).Seq
		if e := s.entries(mei, conv)[0]; len(e.Content.Attachments) != 2 || e.Content.Attachments[0] != got[0] {
			t.Errorf("stored %+v", e.Content)
		}
		s.do(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq}})
		for _, by := range []identity.Principal{p, mei} {
			if f, err := s.Attachment(ctx, by, a); err == nil && by.IsCustomer() {
				t.Errorf("%s still sees the redacted file %+v", by.Kind, f)
			}
		}
		noted := sending("a file for colleagues")
		noted.Kind = conversation.Note
		kept, err := s.ClaimAttachments(ctx, mei, conv, true, []string{note})
		s.must(err)
		noted.Content.Attachments = kept
		s.do(mei, conv, noted)
		lone, refused, again := s.upload(p), s.upload(p), s.upload(p)
		s.must(claim(p, conv, false, refused, again)) // and the message is refused
		s.Clock.Move(11 * time.Hour)
		before := s.Clock.Micros()
		orphans, err := s.OrphanAttachments(ctx, before, 10)
		s.must(err)
		var ids []string
		for _, o := range orphans {
			ids = append(ids, o.ID)
		}
		slices.Sort(ids)
		want := []string{a, b, lone, refused, again}
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("orphans %v, want the redacted two and those never sent: %v", ids, want)
		}
		s.must(claim(p, conv, false, again)) // the message comes once more
		for _, gone := range []string{lone, refused, a} {
			s.must(s.ForgetAttachment(ctx, gone, before))
			s.want(fault.NotFound, s.ForgetAttachment(ctx, gone, before))
		}
		s.want(fault.NotFound, s.ForgetAttachment(ctx, again, before))
		s.want(fault.NotFound, s.ForgetAttachment(ctx, note, before)) // was sent
		s.Clock.Move(2 * time.Hour)
		s.want(fault.NotFound, claim(p, conv, false, again)) // a message that is never stored keeps nothing for ever
		s.must(claim(mei, conv, true, note))
		s.must(s.ForgetAttachment(ctx, again, s.Clock.Micros()))
	})
}

// A visitor may upload first and sign in before saying anything.
func TestFilesOfAVisitorWhoHasSaidNothingYet(t *testing.T) {
	each(t, func(t *testing.T, s *house) {
		ctx := context.Background()
		p := visitor()
		file := s.upload(p)
		me := identity.Principal{Kind: identity.Customer, ID: s.signIn("wang", p.ID, 0), Level: identity.AL1}
		got, err := s.ClaimAttachments(ctx, me, s.Begin(me, "en"), false, []string{file})
		if err != nil || len(got) != 1 {
			t.Errorf("claimed %+v, %v", got, err)
		}
		unknown, err := s.UnknownAttachments(ctx, []string{file, "nobody", "else"})
		slices.Sort(unknown)
		if err != nil || !slices.Equal(unknown, []string{"else", "nobody"}) {
			t.Errorf("unknown %v, %v", unknown, err)
		}
	})
}
