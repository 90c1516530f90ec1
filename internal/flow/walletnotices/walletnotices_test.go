package walletnotices_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/flow/walletnotices"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/storagetest"
)

func notice(position int64, object string, sequence int64, at time.Time) wallet.Notice {
	return wallet.Notice{ID: fmt.Sprintf("e-%d", position), Type: wallet.RefundUpdated, CustomerID: "c-1", Object: object, Sequence: sequence, Position: position, At: wallet.At(at)}
}

// source is a wallet that remembers some notices, and may be down.
type source struct {
	mu    sync.Mutex
	all   []wallet.Notice
	err   error
	asked int
}

func (s *source) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Readings: wallet.Readings()}, nil
}

func (s *source) Notices(_ context.Context, after int64, limit int) (wallet.Notices, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked++; s.err != nil {
		return wallet.Notices{}, s.err
	}
	page := wallet.Notices{Items: []wallet.Notice{}}
	for _, n := range s.all {
		if n.Position <= after {
			continue
		}
		if len(page.Items) == limit {
			page.More = true
			break
		}
		page.Items = append(page.Items, n)
	}
	return page, nil
}

// ear hears, and fails as often as it is told to.
type ear struct {
	mu    sync.Mutex
	heard []string
	fails int
	panic bool
}

func (e *ear) Took(_ context.Context, n wallet.Notice) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, n.ID)
	if e.fails > 0 {
		if e.fails--; e.panic {
			panic("oh")
		}
		return errors.New("not now")
	}
	return nil
}

func (e *ear) all() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.heard, " ")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("never: %s", what)
}

func run(t *testing.T, store walletnotices.Store, from *source, o walletnotices.Options, ears ...*ear) *walletnotices.Service {
	s := walletnotices.New(store, from, o)
	for _, e := range ears {
		s.Follow(e)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestDeliveredAgainAndOutOfOrderIsToldOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		now := time.Now()
		from, one, two := &source{}, &ear{}, &ear{}
		for p := range int64(4) {
			from.all = append(from.all, notice(p+1, fmt.Sprintf("r-%d", p), 1, now))
		}
		s := run(t, d.Open(t), from, walletnotices.Options{Every: time.Hour}, one, two)
		eventually(t, "what was there is told", func() bool { return one.all() == "e-1 e-2 e-3 e-4" && two.all() == one.all() })
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := s.Take(context.Background(), notice(5, "r-5", 1, now)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		eventually(t, "the fifth", func() bool { return one.all() == "e-1 e-2 e-3 e-4 e-5" })
		from.mu.Lock()
		asked := from.asked
		from.all = append(from.all, notice(5, "r-5", 1, now), notice(6, "r-6", 1, now), notice(7, "r-7", 1, now), notice(8, "r-5", 2, now))
		from.mu.Unlock()
		if err := s.Take(context.Background(), notice(8, "r-5", 2, now)); err != nil { // six and seven are missing
			t.Fatal(err)
		}
		eventually(t, "what was missing", func() bool {
			return strings.Contains(two.all(), "e-6") && strings.Contains(two.all(), "e-7") && strings.Contains(two.all(), "e-8")
		})
		from.mu.Lock()
		defer from.mu.Unlock()
		if from.asked <= asked || len(strings.Fields(one.all())) != 8 {
			t.Errorf("asked %d times, heard %s", from.asked, one.all())
		}
	})
}

func TestWhoFailsHearsAgain(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		from, bad, worse, good := &source{}, &ear{fails: 1}, &ear{fails: 1, panic: true}, &ear{}
		s := run(t, d.Open(t), from, walletnotices.Options{Every: time.Hour, Clock: d.Clock.Now}, bad, worse, good)
		if err := s.Take(context.Background(), notice(1, "r-1", 1, d.Clock.Now())); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the first time", func() bool { return good.all() == "e-1" })
		if err := s.Take(context.Background(), notice(2, "r-2", 1, d.Clock.Now())); err != nil { // which wakes it before the first is due again
			t.Fatal(err)
		}
		eventually(t, "again", func() bool {
			d.Clock.Move(time.Second)
			return strings.Count(bad.all(), "e-1") == 2 && strings.Count(worse.all(), "e-1") == 2
		})
		var waiting int
		eventually(t, "none waits", func() bool {
			d.Scan(t, "SELECT COUNT(*) FROM wallet_notice WHERE told_at = 0", &waiting)
			return waiting == 0
		})
	})
}

func TestAWalletThatDeliversNothingIsAsked(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		now := time.Now()
		from, one := &source{err: errors.New("down")}, &ear{}
		from.all = []wallet.Notice{notice(3, "old", 1, now.Add(-48*time.Hour)), notice(10, "r-1", 1, now)}
		run(t, d.Open(t), from, walletnotices.Options{Every: 50 * time.Millisecond}, one)
		eventually(t, "asked", func() bool { from.mu.Lock(); defer from.mu.Unlock(); return from.asked > 0 })
		from.mu.Lock()
		from.err = nil
		from.mu.Unlock()
		eventually(t, "told of", func() bool { return one.all() == "e-10" })
		from.mu.Lock()
		from.all = append(from.all, notice(11, "r-2", 1, now))
		from.mu.Unlock()
		eventually(t, "told of the next", func() bool { return one.all() == "e-10 e-11" })
	})
}

func TestWhatIsNoNotice(t *testing.T) {
	s := walletnotices.New(nil, nil, walletnotices.Options{})
	for name, spoil := range map[string]func(*wallet.Notice){
		"no type": func(n *wallet.Notice) { n.Type = "x" }, "no id": func(n *wallet.Notice) { n.ID = "" }, "no sequence": func(n *wallet.Notice) { n.Sequence = 0 },
		"no position": func(n *wallet.Notice) { n.Position = -1 }, "a bad customer": func(n *wallet.Notice) { n.CustomerID = "a b" },
	} {
		n := notice(1, "r", 1, time.Now())
		spoil(&n)
		if err := s.Take(context.Background(), n); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
