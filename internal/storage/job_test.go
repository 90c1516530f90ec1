package storage_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/storagetest"
)

const lease = time.Minute

// claim leases what is due and gives the jobs.
func (s *site) claim() []job.Job {
	s.Helper()
	jobs, err := s.ClaimJobs(context.Background(), 100, lease.Microseconds())
	s.must(err)
	return jobs
}

func (s *site) later(n job.New, by time.Duration) {
	s.Helper()
	n.DueAt = s.Clock.Micros() + by.Microseconds()
	s.Enqueue(s, n)
}

func TestAJobIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		s.later(job.New{Kind: "mail", Payload: []byte{0, 1, 0xff}}, time.Second)
		if jobs := s.claim(); len(jobs) != 0 {
			t.Fatalf("claimed before it was due: %+v", jobs)
		}
		if due, err := s.NextJobDue(ctx); err != nil || due != s.Clock.Micros()+1_000_000 {
			t.Errorf("next due %d, %v", due, err)
		}
		s.Clock.Move(time.Second)
		jobs := s.claim()
		if len(jobs) != 1 || jobs[0].Kind != "mail" || string(jobs[0].Payload) != "\x00\x01\xff" || jobs[0].Attempts != 1 {
			t.Fatalf("claimed %+v", jobs)
		}
		if again := s.claim(); len(again) != 0 {
			t.Fatal("claimed twice")
		}
		if due, _ := s.NextJobDue(ctx); due != s.Clock.Micros()+lease.Microseconds() {
			t.Errorf("while it is leased the next look is due at %d", due)
		}
		s.must(s.FinishJob(ctx, jobs[0]))
		s.want(fault.Conflict, s.FinishJob(ctx, jobs[0]))
		s.Clock.Move(time.Hour)
		if left := s.claim(); len(left) != 0 {
			t.Errorf("left over: %+v", left)
		}
		if due, err := s.NextJobDue(ctx); err != nil || due != 0 {
			t.Errorf("next due %d, %v", due, err)
		}
	})
}

// FT03: a worker that was stopped while it worked comes back after its lease.
func TestAZombieIsFencedOff(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		zombie := &site{T: t, Deployment: d, Process: d.Open(t)}
		heir := &site{T: t, Deployment: d, Process: d.Open(t)}
		zombie.later(job.New{Kind: "send"}, 0)
		old := zombie.claim()[0]
		d.Clock.Move(lease)
		now := heir.claim()
		if len(now) != 1 || now[0].ID != old.ID || now[0].Epoch <= old.Epoch || now[0].Attempts != 2 {
			t.Fatalf("the heir claimed %+v after %+v", now, old)
		}
		zombie.want(fault.Conflict, zombie.FinishJob(ctx, old))
		zombie.want(fault.Conflict, zombie.RetryJob(ctx, old, 0, "late"))
		heir.must(heir.FinishJob(ctx, now[0]))
	})
}

func TestRetriesEndWithTheJobSetAside(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		for kind, lose := range map[string]bool{"fails": false, "ends the process each time": true} {
			s.later(job.New{Kind: kind}, 0)
			tries := 0
			for {
				jobs := s.claim()
				if len(jobs) == 0 {
					break
				}
				tries++
				if lose {
					s.Clock.Move(lease)
					continue
				}
				at := s.Clock.Micros() + time.Second.Microseconds()
				s.must(s.RetryJob(ctx, jobs[0], at, "unavailable"))
				if early := s.claim(); len(early) != 0 {
					t.Fatal("claimed before its retry was due")
				}
				s.Clock.Move(time.Second)
			}
			if tries != job.MaxAttempts {
				t.Errorf("%s: tried %d times, want %d", kind, tries, job.MaxAttempts)
			}
		}
		var failed int
		s.Scan(t, "SELECT COUNT(*) FROM job WHERE failed_at > 0 AND last_error <> ''", &failed)
		if failed != 2 {
			t.Errorf("%d jobs are set aside, want 2", failed)
		}
		if due, err := s.NextJobDue(ctx); err != nil || due != 0 {
			t.Errorf("a job set aside is due at %d, %v", due, err)
		}
		if n, err := s.CountJobs(ctx); err != nil || n != (job.Counts{SetAside: 2}) {
			t.Errorf("%+v, %v; want 2 set aside", n, err)
		}
		s.later(job.New{Kind: "in an hour"}, time.Hour)
		armed, err := s.RearmJobs(ctx, identity.SystemPart("cli"))
		s.must(err)
		if jobs := s.claim(); armed != 2 || len(jobs) != 2 || jobs[0].Attempts != 1 || jobs[0].Kind == "in an hour" || jobs[1].Kind == "in an hour" {
			t.Errorf("%d are tried anew: %+v", armed, jobs)
		}
	})
}

// A persistent job is tried however often it failed or ended the process, and a
// wait after a failure can be cut short.
func TestAPersistentJobIsNeverSetAside(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		s.later(job.New{Kind: job.DestroyKeys}, 0)
		for range job.MaxAttempts + 5 {
			if len(s.claim()) != 1 {
				t.Fatal("given up")
			}
			s.Clock.Move(lease) // nobody gave it back
		}
		jobs := s.claim()
		s.must(s.RetryJob(ctx, jobs[0], s.Clock.Micros()+time.Hour.Microseconds(), "unavailable"))
		if n, err := s.CountJobs(ctx); err != nil || n != (job.Counts{Waiting: 1, Stuck: 1}) {
			t.Errorf("%+v, err = %v", n, err)
		}
		_, err := s.RearmJobs(ctx, agent())
		s.want(fault.Forbidden, err)
		if armed, err := s.RearmJobs(ctx, identity.SystemPart("cli")); err != nil || armed != 1 || len(s.claim()) != 1 {
			t.Errorf("%d armed, err = %v", armed, err)
		}
	})
}

func TestTimersFireInTheirOrderAfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, minutes := range []int{50, 10, 40, 20, 30, 90} {
			s.later(job.New{Kind: "timer", Payload: []byte(strconv.Itoa(minutes))}, time.Duration(minutes)*time.Minute)
		}
		s.Stop()
		s.Clock.Move(time.Hour)
		after := &site{T: t, Deployment: s.Deployment, Process: s.Open(t)}
		var order []string
		for {
			jobs, err := after.ClaimJobs(context.Background(), 2, lease.Microseconds())
			s.must(err)
			if len(jobs) == 0 {
				break
			}
			for _, j := range jobs {
				order = append(order, string(j.Payload))
			}
		}
		if !slices.Equal(order, []string{"10", "20", "30", "40", "50"}) {
			t.Errorf("order %v", order)
		}
	})
}

func TestManyWorkersShareTheJobs(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		const n = 40
		stores := processes(t, d, 2)
		for i := range n {
			d.Enqueue(t, job.New{Kind: "x", Payload: []byte(strconv.Itoa(i))})
		}
		var mu sync.Mutex
		done := map[string]int{}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for {
					jobs, err := stores[w%2].ClaimJobs(context.Background(), 3, lease.Microseconds())
					if err != nil {
						t.Error(err)
						return
					}
					if len(jobs) == 0 {
						return
					}
					for _, j := range jobs {
						mu.Lock()
						done[string(j.Payload)]++
						mu.Unlock()
						if err := stores[w%2].FinishJob(context.Background(), j); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		for name, times := range done {
			if times != 1 {
				t.Errorf("job %s was done %d times", name, times)
			}
		}
		if len(done) != n {
			t.Errorf("%d of %d were done", len(done), n)
		}
	})
}

func TestSnoozesEnd(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		snoozed := make([]string, 3)
		for i := range snoozed {
			snoozed[i] = s.start(p).ID
			s.say(p, snoozed[i], "hi")
			until := s.Clock.Micros() + int64(3-i)*time.Hour.Microseconds()
			s.do(mei, snoozed[i], conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Snoozed, Until: until}})
		}
		due := func(now int64, limit int) []string {
			t.Helper()
			found, err := s.SnoozedUntil(ctx, conversation.Snooze{}, now, limit)
			s.must(err)
			var ids []string
			for i, one := range found {
				ids = append(ids, one.ConversationID)
				rest, err := s.SnoozedUntil(ctx, one, now, limit)
				s.must(err)
				if len(found) < limit && !slices.Equal(rest, found[i+1:]) {
					t.Errorf("behind %v are %v of %v", one, rest, found)
				}
			}
			return ids
		}
		now := s.Clock.Micros()
		if got := due(now, 10); len(got) != 0 {
			t.Errorf("due at once: %v", got)
		}
		s.Clock.Move(2 * time.Hour)
		if got := due(s.Clock.Micros(), 10); !slices.Equal(got, []string{snoozed[2], snoozed[1]}) {
			t.Errorf("due after two hours: %v of %v", got, snoozed)
		}
		if got := due(s.Clock.Micros(), 1); !slices.Equal(got, []string{snoozed[2]}) {
			t.Errorf("the first: %v", got)
		}
		for _, conv := range due(s.Clock.Micros(), 10) {
			s.do(identity.SystemPart("snooze"), conv, setting(conversation.Open))
		}
		if got := due(s.Clock.Micros(), 10); len(got) != 0 {
			t.Errorf("still due: %v", got)
		}
		s.must(s.Merge(ctx, mei, snoozed[0], snoozed[1])) // one that is snoozed goes on in another
		s.Clock.Move(5 * time.Hour)
		if got := due(s.Clock.Micros(), 10); len(got) != 0 {
			t.Errorf("a merged conversation wakes: %v", got)
		}
		checkConsistent(t, s.Deployment)
	})
}
