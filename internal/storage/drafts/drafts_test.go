package drafts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
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

func TestDraftsAreOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, s *house) {
		ctx := context.Background()
		p, mei, bo := visitor(), agent(), agent()
		conv := s.Begin(p, "en")
		save := func(by identity.Principal, d conversation.Draft) { t.Helper(); s.must(s.SaveDraft(ctx, by, conv, d)) }
		want := func(by identity.Principal, d conversation.Draft) {
			t.Helper()
			got, err := s.Draft(ctx, by, conv)
			s.must(err)
			if got != d {
				t.Errorf("the draft is %+v, want %+v", got, d)
			}
		}
		save(mei, conversation.Draft{Text: "Dear"})
		save(mei, conversation.Draft{Text: "She was rude", Note: true})
		save(bo, conversation.Draft{Text: "Hi"})
		want(mei, conversation.Draft{Text: "She was rude", Note: true})
		want(bo, conversation.Draft{Text: "Hi"})
		save(mei, conversation.Draft{Note: true})
		want(mei, conversation.Draft{})
		want(bo, conversation.Draft{Text: "Hi"})
		s.want(fault.Invalid, s.SaveDraft(ctx, mei, conv, conversation.Draft{Text: strings.Repeat("长", 8001)}))
		jobs, err := s.ClaimJobs(ctx, 100, time.Minute.Microseconds())
		s.must(err)
		if len(jobs) != 2 {
			t.Errorf("%d jobs destroy the keys of old drafts, want 2", len(jobs))
		}
	})
}
