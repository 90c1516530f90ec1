package lifecycle_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary writes down what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, " ")
}

// worker notes its start, its end and its stop.
func (d *diary) worker(name string) lifecycle.Worker {
	return lifecycle.Worker{
		Name:  name,
		Start: func(context.Context) error { d.write("+" + name); return nil },
		Run: func(ctx context.Context) error {
			<-ctx.Done()
			d.write("-" + name)
			return ctx.Err()
		},
		Stop: func(context.Context) error { d.write("x" + name); return nil },
	}
}

func TestWorkersStartInOrderAndStopInTheOpposite(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(context.Background())
	last := d.worker("web")
	last.Run = func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		d.write("-web")
		return nil
	}
	if err := lifecycle.Run(ctx, lifecycle.Options{}, d.worker("store"), d.worker("jobs"), last); err != nil {
		t.Fatal(err)
	}
	if got, want := d.String(), "+store +jobs +web -web xweb -jobs xjobs -store xstore"; got != want {
		t.Errorf("happened: %s\nwant:     %s", got, want)
	}
}

func TestAFailingWorkerStopsTheOthers(t *testing.T) {
	var d diary
	broken := lifecycle.Worker{Name: "bus", Run: func(context.Context) error {
		return fault.New(fault.Unavailable, "bus.Run", "connection lost")
	}}
	err := lifecycle.Run(context.Background(), lifecycle.Options{}, d.worker("store"), broken)
	if err == nil || !strings.Contains(err.Error(), "bus: bus.Run: connection lost") || !fault.Is(err, fault.Unavailable) {
		t.Errorf("error: %v", err)
	}
	if got := d.String(); got != "+store -store xstore" {
		t.Errorf("happened: %s", got)
	}
}

func TestAWorkerThatCannotStartStopsTheEarlierOnes(t *testing.T) {
	var d diary
	broken := d.worker("web")
	broken.Start = func(context.Context) error { return errors.New("port taken") }
	err := lifecycle.Run(context.Background(), lifecycle.Options{}, d.worker("store"), broken, d.worker("never"))
	if err == nil || !strings.Contains(err.Error(), "starting web: port taken") {
		t.Errorf("error: %v", err)
	}
	if got := d.String(); got != "+store -store xstore" {
		t.Errorf("happened: %s", got)
	}
}

func TestAWorkerMayEndEarlyWithoutError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	once := lifecycle.Worker{Name: "once", Run: func(context.Context) error { return nil }}
	bare := lifecycle.Worker{Name: "bare"}
	trigger := lifecycle.Worker{Name: "trigger", Run: func(ctx context.Context) error { cancel(); <-ctx.Done(); return nil }}
	if err := lifecycle.Run(ctx, lifecycle.Options{}, once, bare, trigger); err != nil {
		t.Error(err)
	}
}

func TestAnErrorWhileStoppingIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var d diary
	if err := lifecycle.Run(ctx, lifecycle.Options{}, d.worker("store")); err != nil || d.String() != "" {
		t.Errorf("a stop before the start: %v, happened: %s", err, d.String())
	}
	ctx, cancel = context.WithCancel(context.Background())
	late := lifecycle.Worker{
		Name: "store",
		Run:  func(ctx context.Context) error { cancel(); <-ctx.Done(); return errors.New("disk full") },
		Stop: func(context.Context) error { return errors.New("still locked") },
	}
	err := lifecycle.Run(ctx, lifecycle.Options{}, late)
	for _, want := range []string{"store: disk full", "stopping store: still locked"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

func TestTheDeadlineNamesWhoIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		var d diary
		release := make(chan struct{})
		stuck := lifecycle.Worker{Name: "stuck", Run: func(context.Context) error { cancel(); <-release; return nil }}
		began := time.Now()
		err := lifecycle.Run(ctx, lifecycle.Options{Grace: 3 * time.Second}, d.worker("store"), stuck)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("stopping took %s, want the grace of 3s", took)
		}
		if err == nil || !strings.Contains(err.Error(), "not stopped within 3s: stuck") {
			t.Errorf("error: %v", err)
		}
		close(release)
		synctest.Wait()
		if got := d.String(); !strings.HasPrefix(got, "+store -store") {
			t.Errorf("the worker below the late one was not stopped: %s", got)
		}
	})
}

// Why a server ended is told even when somebody does not end with it.
func TestTheReasonIsToldBesideWhoIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		late := lifecycle.Worker{Name: "late", Run: func(context.Context) error { <-release; return nil }}
		failing := lifecycle.Worker{Name: "store", Run: func(context.Context) error { return errors.New("the disk is gone") }}
		err := lifecycle.Run(t.Context(), lifecycle.Options{Grace: time.Second}, late, failing)
		for _, want := range []string{"store: the disk is gone", "not stopped within 1s: late"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q is missing in %v", want, err)
			}
		}
		close(release)
		synctest.Wait()
	})
}

func TestHealthFollowsStartChecksAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health := lifecycle.NewHealth(clock.System)
		var broken atomic.Bool
		health.Check("database", func(context.Context) error {
			if broken.Load() {
				return errors.New("password authentication failed for user kefu")
			}
			return nil
		})
		ask(t, health, 503, "not ready\n")
		ctx, cancel := context.WithCancel(context.Background())
		var finished error
		done := make(chan struct{})
		stopping := lifecycle.Worker{Name: "web", Run: func(ctx context.Context) error {
			<-ctx.Done()
			ask(t, health, 503, "not ready\n")
			return nil
		}}
		go func() {
			finished = lifecycle.Run(ctx, lifecycle.Options{Health: health}, stopping)
			close(done)
		}()
		synctest.Wait()
		ask(t, health, 200, "ready\n")
		broken.Store(true)
		ask(t, health, 200, "ready\n") // the answer of the last second
		time.Sleep(lifecycle.CheckEvery)
		ask(t, health, 503, "not ready\n")
		if got := health.Report(ctx); len(got) != 1 || got[0].Name != "database" || got[0].Err == nil {
			t.Errorf("report: %v", got)
		}
		broken.Store(false)
		time.Sleep(lifecycle.CheckEvery)
		ask(t, health, 200, "ready\n")
		cancel()
		<-done
		if finished != nil {
			t.Error(finished)
		}
		ask(t, health, 503, "not ready\n")
	})
}

func ask(t *testing.T, health *lifecycle.Health, status int, body string) {
	t.Helper()
	answer := httptest.NewRecorder()
	health.Readiness().ServeHTTP(answer, httptest.NewRequest("GET", "/healthz", nil))
	if answer.Code != status || answer.Body.String() != body {
		t.Errorf("/healthz answers %d %q, want %d %q", answer.Code, answer.Body, status, body)
	}
	alive := httptest.NewRecorder()
	health.Liveness().ServeHTTP(alive, httptest.NewRequest("GET", "/livez", nil))
	if alive.Code != 200 {
		t.Errorf("/livez answers %d", alive.Code)
	}
}

func TestACheckThatHangsIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health := lifecycle.NewHealth(clock.System)
		release := make(chan struct{})
		health.Check("database", func(context.Context) error { <-release; return nil })
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		began := time.Now()
		results := health.Report(gone)
		if took := time.Since(began); took != lifecycle.CheckTimeout {
			t.Errorf("asking took %s", took)
		}
		if results[0].Err == nil {
			t.Error("a check that never answered counts as well")
		}
		close(release)
	})
}
