// Package transfers measures the books of the demo's wallet against their floor, one
// after the other in turn, so that both meet the same moment of the machine.
package transfers

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	floor "kefu/internal/bench/floor/ledger"
	"kefu/internal/domain/ledger"
	"kefu/internal/storage/books"
	"kefu/internal/target"
)

// The limits that the figures are held against.
const (
	ratioLimit    = 0.5
	floorLimitUS  = 43.0 // processor time of one of the floor's transfers, in microseconds
	opening       = 1_000_000_000
	defaultRounds = 3
)

// Result is what is printed, as one JSON object.
type Result struct {
	TransfersPerS float64 `json:"transfers_per_s"`
	FloorPerS     float64 `json:"floor_per_s"`
	Ratio         float64 `json:"ratio"`
	RatioLimit    float64 `json:"ratio_limit"`
	CPU           float64 `json:"cpu_us_per_transfer"`
	FloorCPU      float64 `json:"floor_cpu_us_per_transfer"`
	FloorCPULimit float64 `json:"floor_cpu_us_limit"`
	WidePerS      float64 `json:"wide_floor_per_s"` // of a prototype with a hundred rows a statement
	Waiters       int     `json:"waiters"`
	Accounts      int     `json:"accounts"`
	Problems      int     `json:"problems"` // that a look through all of the books found
	Engine        string  `json:"engine"`
}

// Ledger is `kefu bench ledger`. database is a PostgreSQL DSN, or "" for SQLite.
func Ledger(args []string, database string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("kefu bench ledger", flag.ContinueOnError)
	flags.SetOutput(stderr)
	waiters := flags.Int("waiters", 1024, "who ask for transfers at once")
	accounts := flags.Int("accounts", 10_000, "accounts that they are between")
	duration := flags.Duration("duration", 4*time.Second, "of one round; each side has three")
	flags.Bool("json", true, "print the result as JSON on the last line (always so)")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *waiters < 1 || *accounts < 2 || *duration <= 0 {
		fmt.Fprintln(stderr, "waiters, accounts and duration must be positive")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := Result{RatioLimit: ratioLimit, FloorCPULimit: floorLimitUS, Waiters: *waiters, Accounts: *accounts, Engine: "sqlite"}
	if database != "" {
		fresh, _, drop, err := target.FreshDatabase(ctx, database)
		if err != nil {
			fmt.Fprintln(stderr, err)
			return 1
		}
		defer drop()
		r.Engine, database = "postgres", fresh
	}
	if err := r.measure(ctx, database, *duration, stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	text, err := json.Marshal(r)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintln(stdout, string(text))
	return 0
}

// side is one of the two that are measured.
type side struct {
	transfer func(ctx context.Context, n int64, debit, credit int) error
	rate     []float64
	cpu      []float64
}

func (r *Result) measure(ctx context.Context, database string, each time.Duration, progress io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "kefu-bench-ledger-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	running, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	prototype, err := r.floor(running, &work, dir, false)
	if err != nil {
		return err
	}
	wide, err := r.floor(running, &work, dir, true)
	if err != nil {
		return err
	}
	own, store, err := r.own(running, &work, dir, database)
	if err != nil {
		return err
	}
	for round := range defaultRounds {
		for name, s := range map[string]*side{"floor": prototype, "wide floor": wide, "books": own} {
			if err := r.round(ctx, s, round, each); err != nil {
				return err
			}
			fmt.Fprintf(progress, "%s: %.0f transfers a second, %.1f µs of processor each\n", name, s.rate[round], s.cpu[round])
		}
	}
	r.TransfersPerS, r.FloorPerS, r.CPU, r.FloorCPU = median(own.rate), median(prototype.rate), median(own.cpu), median(prototype.cpu)
	r.WidePerS = median(wide.rate)
	r.Ratio = r.TransfersPerS / r.FloorPerS
	proof, err := store.Verify(ctx)
	r.Problems = len(proof.Problems)
	return err
}

func (r *Result) floor(ctx context.Context, work *sync.WaitGroup, dir string, wide bool) (*side, error) {
	l, err := floor.Open(ctx, dir, r.Accounts, opening, wide)
	if err != nil {
		return nil, err
	}
	work.Go(func() { _ = l.Run(ctx) }) // a failed write is told to its callers
	return &side{transfer: func(_ context.Context, n int64, debit, credit int) error {
		t := &floor.Transfer{ID: "transfer-" + strconv.FormatInt(n, 10), Debit: debit, Credit: credit, Amount: 100, Done: make(chan error, 1)}
		l.Do(t)
		return <-t.Done
	}}, nil
}

func (r *Result) own(ctx context.Context, work *sync.WaitGroup, dir, database string) (*side, *books.Store, error) {
	s, err := books.Open(ctx, books.Options{DSN: database, Dir: books.Folder(dir)})
	if err != nil {
		return nil, nil, err
	}
	work.Go(func() {
		_ = s.Run(ctx)
		_ = s.Close() // nothing is kept of it
	})
	work.Go(func() {
		pulse := time.NewTicker(time.Second)
		defer pulse.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-pulse.C:
				_ = s.Checkpoint(ctx) // a log that is not moved only grows
			}
		}
	})
	for from := 0; from < r.Accounts; from += 1000 {
		if err := s.Do(ctx, books.Need{}, func(b *books.Book) error { return r.open(b, from) }); err != nil {
			return nil, nil, err
		}
	}
	amount := big.NewInt(100)
	return &side{transfer: func(ctx context.Context, n int64, debit, credit int) error {
		return s.Transfer(ctx, ledger.Transfer{ID: "transfer-" + strconv.FormatInt(n, 10), Kind: ledger.Direct, Debit: name(debit), Credit: name(credit), Amount: amount})
	}}, s, nil
}

func name(account int) string { return "account-" + strconv.Itoa(account) }

func (r *Result) open(b *books.Book, from int) error {
	if err := b.Open(books.AccountSpec{Account: ledger.Account{ID: "world", Currency: "EUR", Scale: 2}}); err != nil {
		return err
	}
	for i := from; i < min(from+1000, r.Accounts); i++ {
		if err := b.Open(books.AccountSpec{Account: ledger.Account{ID: name(i), Currency: "EUR", Scale: 2, Floor: true}, Owner: name(i)}); err != nil {
			return err
		}
		if err := b.Transfer(ledger.Transfer{ID: "opening-" + strconv.Itoa(i), Kind: ledger.Direct, Debit: "world", Credit: name(i), Amount: big.NewInt(opening)}); err != nil {
			return err
		}
	}
	return nil
}

// round lets all waiters ask one side for a while, each for one transfer after the other.
func (r *Result) round(ctx context.Context, s *side, round int, each time.Duration) error {
	var done, next atomic.Int64
	next.Store(int64(round) * 1_000_000_000)
	var failed atomic.Pointer[error]
	end := time.Now().Add(each)
	began, cpu := time.Now(), processor()
	var waiters sync.WaitGroup
	for range r.Waiters {
		waiters.Go(func() {
			for time.Now().Before(end) && failed.Load() == nil {
				debit := rand.IntN(r.Accounts)
				credit := (debit + 1 + rand.IntN(r.Accounts-1)) % r.Accounts
				if err := s.transfer(ctx, next.Add(1), debit, credit); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	waiters.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	took, n := time.Since(began), float64(done.Load())
	s.rate = append(s.rate, n/took.Seconds())
	s.cpu = append(s.cpu, float64((processor()-cpu).Microseconds())/n)
	return nil
}

// processor is what this process has used so far.
func processor() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func median(list []float64) float64 {
	for i := range list {
		for j := i; j > 0 && list[j] < list[j-1]; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list[len(list)/2]
}
