package selfservice_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/assurance"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// An act of which nothing has left is not called unknown, however long it is tried, and is
// done when that can be.
func TestWhatHasNotLeftIsNotUnknown(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	h.acts.proof = assurance.IsProven
	h.acts.crash = func(where string) error {
		if where == "before execute" {
			return fault.New(fault.Unavailable, "test", "the wallet did not take a file")
		}
		return nil
	}
	seen, err := h.flow.Start(ctx, h.anna, selfservice.Begin{Flow: "FL19", Conversation: h.Begin(h.anna, "en"), Language: "en"})
	h.must(err)
	for i, text := range []string{"not_me", "stop"} {
		seen, err = h.flow.Answer(ctx, h.anna, seen.Run.ID, fmt.Sprint("op-", i), "", domain.Input{Do: domain.Set, Text: text})
		h.must(err)
	}
	act := seen.Views[len(seen.Views)-1].Value.Act.ID
	_, _ = h.flow.Answer(ctx, h.anna, seen.Run.ID, "yes", "", domain.Input{Do: domain.Confirm, Hash: hash(seen)})
	for range 8 {
		h.d.Clock.Move(time.Minute)
		h.work()
	}
	if f := h.acts.all[act]; f.State != "confirmed" || h.acts.ran[act] != 0 {
		t.Fatalf("%+v", f)
	}
	h.acts.crash = nil
	h.d.Clock.Move(5 * time.Minute)
	h.work()
	if h.acts.ran[act] != 1 {
		now, err := h.flow.Get(ctx, h.anna, seen.Run.ID)
		t.Errorf("it was done %d times: %s, err = %v", h.acts.ran[act], now.Run.Step, err)
	}
}

// A run whose files are on their way says how many are there, and that nothing was submitted;
// more of them are news, and nobody comes back to it when it is over.
func TestFilesOnTheirWayAreTold(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	h.acts.proof, h.acts.papers = assurance.IsProven, 3
	seen, err := h.flow.Start(ctx, h.anna, selfservice.Begin{Flow: "FL19", Conversation: h.Begin(h.anna, "en"), Language: "en"})
	h.must(err)
	for i, text := range []string{"not_me", "stop"} {
		seen, err = h.flow.Answer(ctx, h.anna, seen.Run.ID, fmt.Sprint("op-", i), "", domain.Input{Do: domain.Set, Text: text})
		h.must(err)
	}
	act := seen.Views[len(seen.Views)-1].Value.Act.ID
	seen, err = h.flow.Answer(ctx, h.anna, seen.Run.ID, "yes", "", domain.Input{Do: domain.Confirm, Hash: hash(seen)})
	h.must(err)
	told := func(given string) {
		t.Helper()
		v := seen.Views[len(seen.Views)-1]
		if seen.Run.State != domain.Waiting || v.Kind != domain.KindExecute || v.Figures["act.given"].Text != given || v.Figures["act.papers"].Text != "3" ||
			!strings.Contains(v.Say["en"], "Nothing has been submitted yet") || !strings.Contains(v.Say["zh"], "尚未提交") {
			t.Fatalf("%s %+v", seen.Run.State, v)
		}
	}
	told("0")
	before := seen.Run.Revision
	for range 12 { // minutes in which nothing changes
		h.d.Clock.Move(time.Minute)
		h.work()
	}
	seen, err = h.flow.Get(ctx, h.anna, seen.Run.ID)
	h.must(err)
	if told("0"); seen.Run.Revision != before {
		t.Errorf("it is told anew that nothing changed: %d after %d", seen.Run.Revision, before)
	}
	h.acts.all[act].Given = 2
	h.d.Clock.Move(15 * time.Minute)
	h.work()
	seen, err = h.flow.Get(ctx, h.anna, seen.Run.ID)
	h.must(err)
	if told("2"); seen.Run.Revision == before || len(seen.Views) != 1 {
		t.Errorf("more of them are no news: %+v", seen.Views)
	}
	h.acts.all[act].Given = 3
	h.d.Clock.Move(15 * time.Minute)
	h.work()
	seen, err = h.flow.Get(ctx, h.anna, seen.Run.ID)
	h.must(err)
	if h.acts.ran[act] != 1 || slices.ContainsFunc(seen.Run.Trail, func(v domain.Visit) bool { return v.Step == "do_freeze" && !v.Done }) {
		t.Errorf("it was done %d times, after %+v", h.acts.ran[act], seen.Run.Trail)
	}
}
