package upkeep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/flow/upkeep"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// watched is the real store, which tells what became of jobs and can be made to
// fail.
type watched struct {
	*storagetest.Process
	mu      sync.Mutex
	fails   error
	claims  int
	settled chan string
	refuse  func(conversation string) error // why one cannot be changed; may be nil
}

func (w *watched) ClaimJobs(ctx context.Context, limit int, lease int64) ([]job.Job, error) {
	w.mu.Lock()
	w.claims++
	err := w.fails
	w.mu.Unlock()
	if err != nil {
		w.settled <- "claim failed"
		return nil, err
	}
	return w.Process.ClaimJobs(ctx, limit, lease)
}

func (w *watched) FinishJob(ctx context.Context, j job.Job) error {
	err := w.Process.FinishJob(ctx, j)
	w.settled <- fmt.Sprintf("finished %s: %v", j.Kind, err)
	return err
}

func (w *watched) RetryJob(ctx context.Context, j job.Job, at int64, reason string) error {
	err := w.Process.RetryJob(ctx, j, at, reason)
	w.settled <- fmt.Sprintf("retry %s after %s for %s: %v", j.Kind, time.UnixMicro(at).Sub(time.UnixMicro(j.DueAt)), reason, err)
	return err
}

func (w *watched) Execute(ctx context.Context, p identity.Principal, conv string, c conversation.Command) (conversation.Result, error) {
	if w.refuse != nil {
		if err := w.refuse(conv); err != nil {
			return conversation.Result{}, err
		}
	}
	return w.Process.Execute(ctx, p, conv, c)
}

func open(t *testing.T) (*storagetest.Deployment, *watched) {
	t.Helper()
	d := storagetest.New(t, engine.SQLite)
	return d, &watched{Process: d.Open(t), settled: make(chan string, 1000)}
}

// work runs a worker until the returned function is called.
func work(t *testing.T, d *storagetest.Deployment, store upkeep.Store, handlers map[string]upkeep.Handler) (*upkeep.Worker, func()) {
	t.Helper()
	w := upkeep.NewWorker(store, handlers, d.Clock.Now, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	var once sync.Once
	end := func() {
		once.Do(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(end)
	return w, end
}

func enqueue(t *testing.T, d *storagetest.Deployment, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		d.Enqueue(t, job.New{Kind: kind, Payload: []byte(kind), DueAt: d.Clock.Micros()})
	}
}

func (w *watched) want(t *testing.T, want ...string) {
	t.Helper()
	got := make([]string, 0, len(want))
	for range want {
		got = append(got, <-w.settled)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("became\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatBecomesOfJobs(t *testing.T) {
	d, s := open(t)
	var mu sync.Mutex
	seen := map[string]int{}
	handler := func(err error) upkeep.Handler {
		return func(ctx context.Context, j job.Job) error {
			deadline, ok := ctx.Deadline()
			if left := time.Until(deadline); !ok || left > 30*time.Second || string(j.Payload) != j.Kind {
				t.Errorf("the job %+v has until %v", j, deadline)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[j.Kind]++
			return err
		}
	}
	handlers := map[string]upkeep.Handler{
		"good": handler(nil), "bad": handler(errors.New("boom")), "busy": handler(fault.New(fault.Unavailable, "x", "later")),
		"panics": func(context.Context, job.Job) error { panic("boom") },
	}
	enqueue(t, d, "good", "bad", "busy", "unheard of", "panics", "good")
	worker, _ := work(t, d, s, handlers)
	s.want(t, "finished good: <nil>", "finished good: <nil>", "retry bad after 2s for internal: <nil>", "retry busy after 2s for unavailable: <nil>",
		"retry unheard of after 2s for internal: <nil>", "retry panics after 2s for internal: <nil>")
	// Not before they are due again, and then after twice as long.
	enqueue(t, d, "good")
	worker.Wake()
	s.want(t, "finished good: <nil>")
	d.Clock.Move(2 * time.Second)
	worker.Wake()
	s.want(t, "retry bad after 4s for internal: <nil>", "retry busy after 4s for unavailable: <nil>",
		"retry unheard of after 4s for internal: <nil>", "retry panics after 4s for internal: <nil>")
	mu.Lock()
	defer mu.Unlock()
	if seen["good"] != 3 || seen["bad"] != 2 {
		t.Errorf("handled %v", seen)
	}
}

// What fails each time is set aside in the end, and is not tried for ever.
func TestAJobThatNeverSucceedsIsSetAside(t *testing.T) {
	d, s := open(t)
	enqueue(t, d, "bad")
	worker, end := work(t, d, s, map[string]upkeep.Handler{"bad": func(context.Context, job.Job) error { return errors.New("boom") }})
	for range job.MaxAttempts {
		got := <-s.settled
		if !strings.HasPrefix(got, "retry bad") {
			t.Fatal(got)
		}
		d.Clock.Move(2 * time.Hour)
		worker.Wake()
	}
	end()
	var failed int
	d.Scan(t, "SELECT COUNT(*) FROM job WHERE failed_at > 0 AND last_error = 'internal'", &failed)
	if due, err := s.NextJobDue(t.Context()); err != nil || due != 0 || failed != 1 {
		t.Errorf("%d jobs are set aside, the next is due at %d, err = %v", failed, due, err)
	}
}

// Words that wait to be erased are never given up, and are tried every hour.
func TestDestroyingKeysIsNeverGivenUp(t *testing.T) {
	d, s := open(t)
	d.Enqueue(t, job.New{Kind: job.DestroyKeys, DueAt: d.Clock.Micros()})
	failing := true
	worker, _ := work(t, d, s, map[string]upkeep.Handler{job.DestroyKeys: func(context.Context, job.Job) error {
		if failing {
			return errors.New("the disk of the pads is broken")
		}
		return nil
	}})
	for i := range 3 * job.MaxAttempts {
		if got := <-s.settled; !strings.HasPrefix(got, "retry") || (i >= job.MaxAttempts && !strings.Contains(got, "after 1h0m0s")) {
			t.Fatalf("after %d attempts: %s", i, got)
		}
		if n, err := s.CountJobs(t.Context()); err != nil || n.Waiting != 1 || n.SetAside != 0 || (n.Stuck == 1) != (i+1 >= job.StuckAfter) {
			t.Fatalf("after %d attempts: %+v, err = %v", i, n, err)
		}
		failing = i < 3*job.MaxAttempts-1
		d.Clock.Move(time.Hour)
		worker.Wake()
	}
	if got := <-s.settled; got != "finished keys.destroy: <nil>" {
		t.Error(got)
	}
}

// A slow job takes no other's time, and no more than are run are claimed.
func TestSlowJobsHoldUpNobody(t *testing.T) {
	d, s := open(t)
	kinds := make([]string, 40)
	for i := range kinds {
		kinds[i] = "wait"
	}
	enqueue(t, d, kinds...)
	var mu sync.Mutex
	running, most, total := 0, 0, 0
	gate := make(chan struct{})
	work(t, d, s, map[string]upkeep.Handler{"wait": func(context.Context, job.Job) error {
		mu.Lock()
		running++
		most, total = max(most, running), total+1
		if running == 16 {
			close(gate)
			gate = make(chan struct{})
		}
		wait, full := gate, running == 16 || total > 32
		mu.Unlock()
		if !full {
			<-wait // until all of its batch run at once
		}
		mu.Lock()
		running--
		mu.Unlock()
		return nil
	}})
	for range kinds {
		if got := <-s.settled; got != "finished wait: <nil>" {
			t.Fatal(got)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if most > 16 || total != len(kinds) {
		t.Errorf("at most %d ran at once, %d in all", most, total)
	}
}

// A job whose lease ran out under somebody's hands is another's: the first to
// come back must not settle it.
func TestALostLeaseSettlesNothing(t *testing.T) {
	d, s := open(t)
	enqueue(t, d, "slow")
	started, finish := make(chan struct{}), make(chan struct{})
	work(t, d, s, map[string]upkeep.Handler{"slow": func(context.Context, job.Job) error {
		close(started)
		<-finish
		return nil
	}})
	<-started
	d.Clock.Move(61 * time.Second)
	taken, err := s.Process.ClaimJobs(t.Context(), 10, 60_000_000)
	if err != nil || len(taken) != 1 || taken[0].Attempts != 2 {
		t.Fatalf("taken over %+v, err = %v", taken, err)
	}
	close(finish)
	if got := <-s.settled; !strings.Contains(got, "lease") {
		t.Errorf("became %q", got)
	}
	if err := s.Process.FinishJob(t.Context(), taken[0]); err != nil {
		t.Errorf("the one that holds it: %v", err)
	}
}

// A store that fails is asked again, and not without a pause.
func TestAFailingStoreIsAskedWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &broken{}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		w := upkeep.NewWorker(store, nil, time.Now, slog.New(slog.DiscardHandler))
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
		if store.asked < 50 || store.asked > 70 {
			t.Errorf("asked %d times in a minute", store.asked)
		}
	})
}

// broken is a store whose disk is full: due jobs are there and none can be had.
type broken struct {
	upkeep.Store
	asked int
}

func (b *broken) ClaimJobs(context.Context, int, int64) ([]job.Job, error) {
	b.asked++
	return nil, errors.New("disk full")
}

func (b *broken) NextJobDue(context.Context) (int64, error) { return 1, nil }

func TestSnoozedConversationsComeBack(t *testing.T) {
	d, s := open(t)
	ctx := t.Context()
	agent := identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent}
	customer := identity.Principal{Kind: identity.Customer, ID: id.New()}
	do := func(p identity.Principal, conv string, c conversation.Command) {
		t.Helper()
		if _, err := s.Process.Execute(ctx, p, conv, c); err != nil {
			t.Fatal(err)
		}
	}
	snooze := func(conv string, after time.Duration) {
		t.Helper()
		do(agent, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{
			Status: conversation.Snoozed, Until: d.Clock.Now().Add(after).UnixMicro(),
		}})
	}
	begin := func(after time.Duration) string {
		t.Helper()
		state, err := s.StartConversation(ctx, customer, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
		if err != nil {
			t.Fatal(err)
		}
		snooze(state.ID, after)
		return state.ID
	}
	is := func(conv string, want conversation.Status) {
		t.Helper()
		if state, err := s.Conversation(ctx, agent, conv); err != nil || state.Status != want {
			t.Errorf("the status is %s, want %s, err = %v", state.Status, want, err)
		}
	}
	soon, later, prolonged, resolved := begin(time.Minute), begin(time.Hour), begin(time.Minute), begin(time.Minute)
	stuck := begin(30 * time.Second) // the first in line
	s.refuse = func(conv string) error {
		if conv == stuck {
			return fault.New(fault.Internal, "test", "no")
		}
		return nil
	}
	wake := upkeep.WakeSnoozed(&meanwhile{s, func() {
		snooze(prolonged, time.Hour)
		do(agent, resolved, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
	}}, d.Clock.Now)
	if err := upkeep.WakeSnoozed(s, d.Clock.Now)(ctx); err != nil {
		t.Errorf("err = %v before anything is due", err)
	}
	is(soon, conversation.Snoozed)
	d.Clock.Move(time.Minute)
	if err := wake(ctx); err == nil {
		t.Error("what could not be opened is not told")
	}
	is(soon, conversation.Open)
	is(later, conversation.Snoozed)
	is(prolonged, conversation.Snoozed)
	is(resolved, conversation.Resolved)
	is(stuck, conversation.Snoozed)
	s.refuse = nil
	d.Clock.Move(time.Hour)
	if err := upkeep.WakeSnoozed(s, d.Clock.Now)(ctx); err != nil {
		t.Error(err)
	}
	for _, conv := range []string{later, prolonged, stuck} {
		is(conv, conversation.Open)
	}
	entries, _, err := s.Entries(ctx, customer, soon, conversation.EntryRange{})
	last := entries[len(entries)-1]
	if err != nil || last.Kind != conversation.KindStatus || last.Author.Kind != conversation.BySystem || last.Content.Was != conversation.Snoozed {
		t.Errorf("the log ends with %+v, err = %v", last, err)
	}
}

// meanwhile is the store; between the list and its use something happens.
type meanwhile struct {
	*watched
	happens func()
}

func (m *meanwhile) SnoozedUntil(ctx context.Context, after conversation.Snooze, now int64, limit int) ([]conversation.Snooze, error) {
	due, err := m.watched.SnoozedUntil(ctx, after, now, limit)
	m.happens()
	return due, err
}

// Hundreds that cannot be opened, and are the first in line each time, keep
// nobody else asleep.
func TestManyThatCannotBeOpenedKeepNobodyAsleep(t *testing.T) {
	d, s := open(t)
	agent := identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent}
	customer := identity.Principal{Kind: identity.Customer, ID: id.New()}
	const many = 450
	refuse := map[string]bool{}
	var last string
	for i := range many {
		state, err := s.StartConversation(t.Context(), customer, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
		if err != nil {
			t.Fatal(err)
		}
		if last = state.ID; i < many-1 {
			refuse[last] = true
		}
		_, err = s.Process.Execute(t.Context(), agent, last, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{
			Status: conversation.Snoozed, Until: d.Clock.Now().Add(time.Minute + time.Duration(i/100)*time.Second).UnixMicro(),
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.Clock.Move(time.Hour)
	// Where nothing can be opened, it may be because commits fail: no call tries more
	// than a page of them, and of those that the database does not answer one.
	tried := 0
	refused := fault.New(fault.Internal, "test", "no")
	s.refuse = func(conv string) error {
		if tried++; refuse[conv] {
			return refused
		}
		return nil
	}
	wake := upkeep.WakeSnoozed(s, d.Clock.Now)
	for i, want := range []string{"200 conversations", "200 conversations", "49 conversations", "200 conversations"} {
		if err := wake(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("call %d: err = %v", i, err)
		}
	}
	if tried != many+200 {
		t.Errorf("%d were tried", tried)
	}
	refused = fault.New(fault.Unavailable, "test", "busy")
	if err := wake(t.Context()); !fault.Is(err, fault.Unavailable) || tried != many+201 {
		t.Errorf("%d were tried, err = %v", tried, err)
	}
	if state, err := s.Conversation(t.Context(), agent, last); err != nil || state.Status != conversation.Open {
		t.Errorf("the last in line is %s, err = %v", state.Status, err)
	}
}

func TestEveryGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute+time.Second)
		defer stop()
		began, calls := time.Now(), 0
		err := upkeep.Every(ctx, time.Minute, slog.New(slog.NewTextHandler(&log, nil)), "sweeping", func(context.Context) error {
			if calls++; time.Since(began) != time.Duration(calls)*time.Minute {
				t.Errorf("call %d after %v", calls, time.Since(began))
			}
			if calls == 2 {
				return errors.New("boom")
			}
			return nil
		})
		if err != nil || calls != 5 {
			t.Errorf("%d calls, err = %v", calls, err)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "sweeping") || !strings.Contains(text, "boom") {
			t.Errorf("the log says %q", text)
		}
	})
}
