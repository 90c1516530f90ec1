package committer_test

import (
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

	"kefu/internal/platform/fault"
	"kefu/internal/storage/committer"
)

// desk is what a Committer is given: it fails the batches that a test says, and
// notes what it is asked and told.
type desk struct {
	*committer.Committer[string]
	mu        sync.Mutex
	attempts  [][]string
	published []string
	answers   map[string]error
	fail      func(try int, batch []string) error
	gate      chan struct{} // nil, or what each attempt waits for
}

func newDesk(fail func(try int, batch []string) error) *desk { return deskWith(8, 16, fail) }

func deskWith(maxBatch, maxQueue int, fail func(try int, batch []string) error) *desk {
	d := &desk{fail: fail, answers: map[string]error{}}
	d.Committer = committer.New(committer.Options[string]{
		MaxBatch: maxBatch, MaxHeavy: 3, MaxQueue: maxQueue, MaxDelay: time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Heavy: func(r string) bool { return strings.HasPrefix(r, "heavy") },
		Attempt: func(_ context.Context, batch []string) error {
			if d.gate != nil {
				<-d.gate
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.attempts = append(d.attempts, slices.Clone(batch))
			if d.fail == nil {
				return nil
			}
			return d.fail(len(d.attempts), batch)
		},
		Failed: func(batch []string, err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			for _, r := range batch {
				d.answers[r] = err
			}
		},
		Publish: func(batch []string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.published = append(d.published, batch...)
		},
	})
	return d
}

// commits gives requests to a committer that has not begun, so that they are one
// batch, and lets it run until it has answered.
func (d *desk) commits(t *testing.T, requests ...string) {
	t.Helper()
	for _, r := range requests {
		if err := d.Enqueue(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		d.Run(ctx)
		close(done)
	}()
	synctest.Wait()
	time.Sleep(time.Second) // of the bubble: longer than any batch waits for company
	stop()
	<-done
}

func (d *desk) want(t *testing.T, attempts string, failed ...string) {
	t.Helper()
	if got := fmt.Sprint(d.attempts); got != attempts {
		t.Errorf("attempts %s, want %s", got, attempts)
	}
	for _, r := range d.published {
		if (d.answers[r] != nil) != slices.Contains(failed, r) {
			t.Errorf("%s was answered %v", r, d.answers[r])
		}
	}
}

var errDefect = errors.New("a defect")

func busy() error { return fault.New(fault.Unavailable, "test", "busy") }

func TestWhatWaitsIsOneBatchInItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		d.commits(t, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
		d.want(t, "[[a b c d e f g h] [i j]]")
		if got := fmt.Sprint(d.published); got != "[a b c d e f g h i j]" {
			t.Errorf("answered %s", got)
		}
	})
}

// failing fails every batch with one of some requests.
func failing(bad ...string) func(int, []string) error {
	return func(_ int, batch []string) error {
		for _, r := range batch {
			if slices.Contains(bad, r) {
				return errDefect
			}
		}
		return nil
	}
}

func TestABadRequestIsFoundByHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(failing("bad"))
		d.commits(t, "a", "bad", "c", "d")
		d.want(t, "[[a bad c d] [a bad] [a] [bad] [c d]]", "bad")
		if got := fmt.Sprint(d.published); got != "[a bad c d]" {
			t.Errorf("answered %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(failing("a", "b", "c"))
		d.commits(t, "a", "b", "c")
		d.want(t, "[[a b c] [a] [b c] [b] [c]]", "a", "b", "c")
	})
}

func TestFewAttemptsFindABadRequestAmongMany(t *testing.T) {
	for _, bad := range []string{"0", "200", "511"} {
		synctest.Test(t, func(t *testing.T) {
			d := deskWith(512, 512, failing(bad))
			var all []string
			for i := range 512 {
				all = append(all, fmt.Sprint(i))
			}
			d.commits(t, all...)
			if n := len(d.attempts); n > 1+2*9 { // 512 = 2^9
				t.Errorf("%s took %d attempts", bad, n)
			}
			if !slices.Equal(d.published, all) {
				t.Errorf("answered %v", d.published)
			}
			for _, r := range all {
				if (d.answers[r] != nil) != (r == bad) {
					t.Errorf("%s was answered %v", r, d.answers[r])
				}
			}
		})
	}
}

// A database that goes away while a bad request is looked for fails the part that
// it was given, and no other.
func TestABusyHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(_ int, batch []string) error {
			switch {
			case slices.Contains(batch, "bad"):
				return errDefect
			case slices.Contains(batch, "c"):
				return busy()
			}
			return nil
		})
		d.commits(t, "a", "bad", "c", "d")
		d.want(t, "[[a bad c d] [a bad] [a] [bad] [c d] [c d]]", "bad", "c", "d")
	})
}

func TestHeavyRequestsAreFewInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		d.commits(t, "a", "heavy1", "heavy2", "b", "heavy3", "c", "heavy4", "d", "heavy5", "heavy6", "heavy7")
		d.want(t, "[[a heavy1 heavy2 b heavy3 c] [heavy4 d heavy5 heavy6] [heavy7]]")
	})
	synctest.Test(t, func(t *testing.T) { // the one that was held is answered also when the end comes
		d := newDesk(nil)
		all := []string{"heavy1", "heavy2", "heavy3", "heavy4", "heavy5", "heavy6", "heavy7"}
		for _, r := range all {
			if err := d.Enqueue(context.Background(), r); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(context.Background())
		stop()
		d.Run(ctx)
		if !slices.Equal(d.published, all) {
			t.Errorf("answered %v", d.published)
		}
	})
}

func TestABusyDatabaseIsAskedOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(try int, _ []string) error {
			if try == 1 {
				return busy()
			}
			return nil
		})
		d.commits(t, "a", "b")
		d.want(t, "[[a b] [a b]]")
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(func(int, []string) error { return busy() })
		d.commits(t, "a", "b")
		d.want(t, "[[a b] [a b]]", "a", "b")
	})
}

func TestACommitOfUnknownOutcomeIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cause := range []error{errDefect, busy()} {
			d := newDesk(func(int, []string) error { return committer.Unknown(cause) })
			d.commits(t, "a", "b")
			d.want(t, "[[a b]]", "a", "b")
			if err := d.answers["a"]; !fault.Is(err, fault.Unavailable) || !committer.IsUnknown(err) || !errors.Is(err, cause) {
				t.Errorf("answered %v", err)
			}
		}
	})
}

func TestALoneRequestWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		ctx, stop := context.WithCancel(context.Background())
		go d.Run(ctx)
		before := time.Now()
		if err := d.Enqueue(ctx, "a"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if took := time.Since(before); took != 0 || len(d.published) != 1 {
			t.Errorf("it took %s; answered %v", took, d.published)
		}
		stop()
	})
}

func TestAFullQueueMakesCallersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		d.gate = make(chan struct{})
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			d.Run(ctx)
			close(ended)
		}()
		if err := d.Enqueue(ctx, "first"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the committer has it
		for i := range 16 {
			if err := d.Enqueue(ctx, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		if !d.Full() || d.Waiting() != 16 {
			t.Errorf("%d wait", d.Waiting())
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		before := time.Now()
		if err := d.Enqueue(short, "gives up"); !fault.Is(err, fault.Unavailable) || time.Since(before) != time.Second {
			t.Errorf("%v after %s", err, time.Since(before))
		}
		late := make(chan error, 1)
		go func() { late <- d.Enqueue(ctx, "waits") }()
		synctest.Wait()
		stop()
		close(d.gate)
		accepted := <-late == nil
		<-ended
		if accepted != slices.Contains(d.published, "waits") {
			t.Errorf("accepted: %v; answered %v", accepted, d.published)
		}
		if len(d.published) < 17 {
			t.Errorf("%d were answered", len(d.published))
		}
		if err := d.Enqueue(context.Background(), "after the end"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestAnOfferNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deskWith(8, 2, nil)
		if !d.Offer("a") || !d.Offer("b") || d.Offer("c") {
			t.Error("a queue of two takes one, or three")
		}
		d.commits(t)
		d.want(t, "[[a b]]")
		if d.Offer("d") {
			t.Error("one that is closed takes more")
		}
	})
}
