package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/client"
	"kefu/internal/platform/id"
	"kefu/internal/target"
)

const (
	deliveryPatience = time.Minute // for the agents, after the last customer is done
	deliveryPoll     = 20 * time.Millisecond
	reportEvery      = 10 * time.Second
	findingsShown    = 50
)

// run is one replay.
type run struct {
	env          Env
	window, desk string
	demo         *target.Demo
	transport    client.Transport
	agents       int
	dir          string // of the journals
	pace         *pace
	prefix       string // of this run's customers

	patience time.Duration // of a customer for an answer
	desks    []*agent
	convs    sync.Map // the replay's conversations
	saying   sync.Mutex

	sent, stored, delivered atomic.Int64
	owed                    atomic.Int64 // answers whose acknowledgement agents wait for
	cancel                  context.CancelCauseFunc
}

// fail ends the run: something happened that no replay may go on after.
func (r *run) fail(err error) { r.cancel(err) }

// say writes a line of prose.
func (r *run) say(format string, args ...any) {
	r.saying.Lock()
	defer r.saying.Unlock()
	_, _ = fmt.Fprintf(r.env.Stderr, format+"\n", args...)
}

// register makes a conversation known as one of the replay's: the demo has
// others, which its agents leave alone. Who the agents are is settled before
// the first customer comes.
func (r *run) register(conv string) {
	r.convs.Store(conv, true)
	for _, a := range r.desks {
		a.registered(conv)
	}
}

func (r *run) ours(conv string) bool {
	_, ok := r.convs.Load(conv)
	return ok
}

func (e Env) replay(ctx context.Context, o options) (Tally, error) {
	lines, err := readColumn(o.file, o.column)
	if err != nil {
		return Tally{}, err
	}
	if o.rows > 0 && o.rows < len(lines) {
		lines = lines[:o.rows]
	}
	ctx, stop := context.WithTimeout(ctx, o.limit)
	defer stop()
	s, err := e.serve(ctx, o)
	defer s.close()
	if err != nil {
		return Tally{}, err
	}
	dir, err := journalDir(o.keep)
	if err != nil {
		return Tally{}, err
	}
	if o.keep == "" {
		defer os.RemoveAll(dir)
	}
	r := &run{
		env: e, window: s.window, desk: s.desk, demo: s.demo, transport: client.Transport(o.transport),
		agents: o.agents, dir: dir, patience: o.patience, prefix: "replay-" + id.New()[:8],
	}
	r.pace = newPace(len(lines), o.kills, nil)
	if o.chaos {
		r.pace = newPace(len(lines), o.kills, s.chaos.kills.Load)
		_, _ = fmt.Fprintf(e.Stderr, "chaos seed %d\n", o.seed)
	}
	began := time.Now()
	playErr := r.play(ctx, o, s, lines)
	seconds := time.Since(began).Seconds()
	if playErr != nil {
		_, _ = fmt.Fprintln(e.Stderr, "kefu replay: the run ended early:", playErr)
	}
	tally, err := e.examine(dir, s, o)
	tally.Restarts, tally.Seconds = int(s.restarts()), seconds
	if missing := len(lines) - tally.Sent; err == nil && missing > 0 {
		tally.Lost += missing
		_, _ = fmt.Fprintf(e.Stderr, "%d rows were never sent\n", missing)
	}
	return tally, err
}

func journalDir(keep string) (string, error) {
	if keep == "" {
		return os.MkdirTemp("", "kefu-replay-")
	}
	if old, _ := filepath.Glob(filepath.Join(keep, "*.journal")); len(old) > 0 {
		return "", fmt.Errorf("replay: %s holds journals of an earlier run", keep)
	}
	return keep, os.MkdirAll(keep, 0o700)
}

// examine reads the journals and the database and compares them.
func (e Env) examine(dir string, s *served, o options) (Tally, error) {
	s.quiesce()
	ctx, cancel := context.WithTimeout(context.Background(), o.limit)
	defer cancel()
	customers, err := readJournals(dir, "customer-*.journal")
	if err != nil {
		return Tally{}, err
	}
	agents, err := readJournals(dir, "agent-*.journal")
	if err != nil {
		return Tally{}, err
	}
	findings := 0
	return check(customers, agents, e.Read(ctx, s.data, s.database), func(format string, args ...any) {
		if findings++; findings <= findingsShown {
			_, _ = fmt.Fprintf(e.Stderr, format+"\n", args...)
		}
	})
}

// play runs customers, agents and, where wanted, the killing, until every
// customer has been answered and every stored line has reached an agent.
func (r *run) play(ctx context.Context, o options, s *served, lines []string) error {
	ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	tokens, err := r.signIn(ctx)
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	background, inner := errgroup.WithContext(working)
	for i := range r.agents {
		a, err := r.newAgent(i, tokens[i%len(tokens)])
		if err != nil {
			return err
		}
		r.desks = append(r.desks, a)
	}
	for _, a := range r.desks {
		background.Go(func() error { return r.failing(a.work(inner)) })
	}
	if o.chaos {
		background.Go(func() error { return r.failing(s.chaos.run(working)) })
	}
	background.Go(func() error { r.report(inner, len(lines)); return nil })
	err = r.customers(ctx, o, lines)
	if err == nil {
		err = r.delivery(ctx, int64(len(lines)))
	}
	stop()
	return errors.Join(err, background.Wait())
}

func (r *run) failing(err error) error {
	if err != nil {
		r.fail(err)
	}
	return err
}

func (r *run) report(ctx context.Context, total int) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.say("%d of %d lines sent, %d stored, %d delivered",
				r.sent.Load(), total, r.stored.Load(), r.delivered.Load())
		}
	}
}

// signIn opens a session for each member of staff who answers customers.
func (r *run) signIn(ctx context.Context) ([]string, error) {
	api := target.NewAPI(r.desk)
	defer api.Close()
	var tokens []string
	for _, staff := range r.demo.Staff {
		if staff.Role != "agent" && staff.Role != "supervisor" {
			continue
		}
		token, err := r.demo.SignInAs(ctx, api, staff)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return nil, errors.New("replay: the demo has neither agents nor supervisors")
	}
	return tokens, nil
}

// customers lets as many write at a time as wanted; each place is a device with
// a journal of its own that one customer after the other uses.
func (r *run) customers(ctx context.Context, o options, lines []string) error {
	next := make(chan *customer)
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(next)
		for n := 0; n*o.linesEach < len(lines); n++ {
			share := lines[n*o.linesEach : min((n+1)*o.linesEach, len(lines))]
			select {
			case next <- &customer{name: fmt.Sprintf("%s-%05d", r.prefix, n), lines: share, run: r}:
			case <-inner.Done():
				return context.Cause(inner)
			}
		}
		return nil
	})
	for place := range o.customers {
		group.Go(func() error {
			journal, err := newJournal(r.dir, fmt.Sprintf("customer-%03d.journal", place))
			if err != nil {
				return err
			}
			defer journal.close()
			for c := range next {
				c.journal = journal
				if err := c.play(inner); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return cause
	}
	return err
}

// delivery waits until the agents have been handed every line, and know of every
// answer of theirs that it is stored: customers may see one before.
func (r *run) delivery(ctx context.Context, lines int64) error {
	for end := time.Now().Add(deliveryPatience); r.delivered.Load() < lines || r.owed.Load() > 0; {
		if time.Now().After(end) {
			return fmt.Errorf("replay: a minute after the last customer was done %d of %d lines had reached an agent, and %d answers were not acknowledged",
				r.delivered.Load(), lines, r.owed.Load())
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(deliveryPoll):
		}
	}
	return nil
}
