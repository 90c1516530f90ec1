package runs_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage/storagetest"
)

// uploaded is a file that somebody uploaded and has sent nowhere.
func (h *house) uploaded(p identity.Principal, name string) string {
	h.Helper()
	return h.sized(p, name, 9)
}

// sized is one of a size in bytes.
func (h *house) sized(p identity.Principal, name string, size int64) string {
	h.Helper()
	ref, _, err := h.Ring.Next()
	h.must(err)
	a := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: name, Type: "image/png", Size: size}, BlobRef: int64(ref)}
	h.must(h.AddAttachment(context.Background(), p, a))
	return a.ID
}

// with is a run that has files.
func with(n selfservice.Record, ids ...string) selfservice.Record {
	var all []selfservice.FileFact
	for _, id := range ids {
		all = append(all, selfservice.FileFact{ID: id, Want: "receipt", Name: "r.png", Type: "image/png", Size: 9})
	}
	n.Slots = map[string]selfservice.Value{"evidence": {Type: selfservice.Files, Files: all}}
	return n
}

func (h *house) orphans() map[string]bool {
	h.Helper()
	all, err := h.OrphanAttachments(context.Background(), h.d.Clock.Micros(), 100)
	h.must(err)
	found := map[string]bool{}
	for _, a := range all {
		found[a.ID] = true
	}
	return found
}

// The files of a run stay as long as it does, on whichever device it goes on, and go with
// it, keys first. Nobody gives what is not theirs, and nothing is given twice.
func TestFilesLiveWithTheirRun(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		bo := h.SignIn("cust-bo")
		kept, taken := h.uploaded(h.anna, "kept.png"), h.uploaded(h.anna, "taken.png")
		n := h.full(h.anna.ID)
		h.must(h.AddFlowRun(ctx, h.anna, n))
		n.Revision = 1
		for name, ids := range map[string][]string{"another's": {h.uploaded(bo, "bo.png")}, "none": {id.New()}, "no id": {"../x"}} {
			if err := h.SaveFlowRun(ctx, h.anna, with(n, ids...)); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: err = %v", name, err)
			}
		}
		h.must(h.SaveFlowRun(ctx, h.anna, with(n, kept, taken)))
		n.Revision++
		other := h.full(h.anna.ID)
		if err := h.AddFlowRun(ctx, h.anna, with(other, kept)); !fault.Is(err, fault.NotFound) {
			t.Errorf("given to two runs: err = %v", err)
		}
		d.Clock.Move(6 * 24 * time.Hour) // far beyond what a message may take
		if h.orphans()[kept] {
			t.Error("what a run holds counts as left behind")
		}
		file, err := h.Attachment(ctx, h.anna, taken)
		h.must(err)
		h.must(h.SaveFlowRun(ctx, h.anna, with(n, kept))) // one is taken away again
		n.Revision++
		if _, err := h.Attachment(ctx, h.anna, taken); !fault.Is(err, fault.NotFound) {
			t.Errorf("what was taken away can be read: err = %v", err)
		}
		h.destroy()
		if _, err := h.Ring.Key(keyring.Ref(file.BlobRef)); err == nil {
			t.Error("its key is there")
		}
		n.State, n.DueAt, n.Effect = selfservice.Lapsed, time.Time{}, nil
		h.must(h.SaveFlowRun(ctx, h.anna, with(n, kept)))
		d.Clock.Move(time.Second)
		if there := h.orphans(); !there[kept] || !there[taken] {
			t.Errorf("after its end: %v", there)
		}
		if _, err := h.Attachment(ctx, h.anna, kept); !fault.Is(err, fault.NotFound) {
			t.Errorf("after its end it can be read: err = %v", err)
		}
	})
}

// All runs of one customer together hold so much and no more; nobody else has less room
// for it, and what is taken away makes some.
func TestWhatTheRunsOfACustomerHoldIsBounded(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		bo := h.SignIn("cust-bo")
		first, second := h.full(h.anna.ID), h.full(h.anna.ID)
		large, fits, over := h.sized(h.anna, "a.png", gather.MaxHeld-9), h.uploaded(h.anna, "b.png"), h.uploaded(h.anna, "c.png")
		h.must(h.AddFlowRun(ctx, h.anna, with(first, large)))
		h.must(h.AddFlowRun(ctx, h.anna, with(second, fits)))
		first.Revision, second.Revision = 1, 1
		if err := h.SaveFlowRun(ctx, h.anna, with(second, fits, over)); !fault.Is(err, fault.TooMany) || fault.FieldOf(err) != "file" {
			t.Errorf("one too many: err = %v", err)
		}
		if a, err := h.Attachment(ctx, h.anna, over); err != nil || a.ConversationID != "" {
			t.Errorf("what was not taken is gone: %v", err)
		}
		h.must(h.AddFlowRun(ctx, bo, with(h.full(bo.ID), h.uploaded(bo, "bo.png"))))
		h.must(h.SaveFlowRun(ctx, h.anna, with(first)))
		h.must(h.SaveFlowRun(ctx, h.anna, with(second, fits, over)))
	})
}

// What was to be handed over and was not taken by the message is not destroyed: it can be
// read as long as the run is there, and no longer.
func TestWhatAHandOverDidNotTakeStays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		left, removed := h.uploaded(h.anna, "left.png"), h.uploaded(h.anna, "removed.png")
		n := h.full(h.anna.ID)
		h.must(h.AddFlowRun(ctx, h.anna, with(n, left, removed)))
		n.Revision = 1
		n.State, n.DueAt, n.Effect = selfservice.Handed, time.Time{}, nil
		h.must(h.SaveFlowRun(ctx, h.anna, with(n, left)))
		h.destroy()
		d.Clock.Move(7 * 24 * time.Hour)
		file, err := h.Attachment(ctx, h.anna, left)
		h.must(err)
		if _, err := h.Ring.Key(keyring.Ref(file.BlobRef)); err != nil || h.orphans()[left] {
			t.Errorf("it is gone: %v", err)
		}
		supervisor := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor, Session: id.New()}
		if _, err := h.Attachment(ctx, supervisor, left); err != nil {
			t.Errorf("who sees the run does not see it: %v", err)
		}
		if _, err := h.Attachment(ctx, h.anna, removed); !fault.Is(err, fault.NotFound) {
			t.Errorf("what was taken away before: err = %v", err)
		}
		d.Clock.Move(9 * 24 * time.Hour)
		if !h.orphans()[left] {
			t.Error("it stays for ever")
		}
	})
}

// destroy does what the worker of jobs does.
func (h *house) destroy() {
	h.Helper()
	jobs, err := h.ClaimJobs(context.Background(), 100, 1_000_000)
	h.must(err)
	for _, j := range jobs {
		for _, ref := range job.DecodeRefs(j.Payload) {
			h.must(h.Ring.Destroy(keyring.Ref(ref)))
		}
		h.must(h.FinishJob(context.Background(), j))
	}
}

// A file that was given is the customer's and is seen by who may see the run, and by
// nobody else, until a message sends it.
func TestWhoSeesTheFilesOfARun(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		role := func(r identity.Role) identity.Principal {
			return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: r, Session: id.New()}
		}
		given := h.uploaded(h.anna, "a.png")
		h.must(h.AddFlowRun(ctx, h.anna, with(h.full(h.anna.ID), given)))
		for name, c := range map[string]struct {
			who  identity.Principal
			want fault.Code
		}{
			"its customer": {h.anna, ""}, "another customer": {h.SignIn("cust-bo"), fault.NotFound}, "a supervisor": {role(identity.Supervisor), ""},
			"an agent of another conversation": {role(identity.Agent), fault.NotFound}, "a partner's agent": {role(identity.OutsideAgent), fault.NotFound},
			"an admin": {role(identity.Admin), fault.NotFound}, "an auditor": {role(identity.Auditor), fault.NotFound},
			"a program": {identity.Principal{Kind: identity.Program, ID: id.New(), Scopes: identity.ScopesOf(identity.ReadConversations)}, fault.NotFound},
			"a part":    {identity.SystemPart("flows"), fault.NotFound}, "nobody": {identity.Principal{}, fault.NotFound},
		} {
			if _, err := h.Attachment(ctx, c.who, given); fault.CodeOf(err) != c.want {
				t.Errorf("%s: err = %v", name, err)
			}
		}
	})
}
