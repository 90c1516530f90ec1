package doubting_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/doubting"
)

// shelf keeps doubts in memory, so that a test can break it.
type shelf struct {
	mu     sync.Mutex
	rows   map[string]failure.Noted
	broken bool
	writes int
}

func (s *shelf) NoteDoubts(_ context.Context, _ identity.Principal, met []failure.Noted) (fresh []failure.Noted, left int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes++; s.broken {
		return nil, 0, errors.New("the disk is full")
	}
	for _, n := range met {
		old, known := s.rows[n.Rail+" "+n.Code]
		if !known {
			fresh = append(fresh, n)
		}
		n.Times += old.Times
		s.rows[n.Rail+" "+n.Code] = n
	}
	return fresh, 0, nil
}

func (s *shelf) DoubtsNoted(context.Context, identity.Principal) (list []failure.Noted, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.rows {
		list = append(list, n)
	}
	return list, nil
}

func (s *shelf) times(code string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows["card "+code].Times
}

type figures struct {
	mu      sync.Mutex
	open    map[string]int
	counted map[string]int64
}

func (f *figures) FailureDoubts(open map[string]int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = open
}

func (f *figures) FailureDoubted(kind string, times int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counted[kind] += times
}

func (f *figures) of(kind string) (open int, counted int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open[kind], f.counted[kind]
}

// scene is a Service that runs in a bubble of its own time.
type scene struct {
	*doubting.Service
	shelf   *shelf
	figures *figures
	table   *failure.Table
	log     *bytes.Buffer
}

func begin(t *testing.T) *scene {
	t.Helper()
	table, err := failure.Load(os.DirFS("../../../content/failures"))
	if err != nil {
		t.Fatal(err)
	}
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	sc := &scene{shelf: &shelf{rows: map[string]failure.Noted{}}, figures: &figures{counted: map[string]int64{}}, table: table, log: &bytes.Buffer{}}
	sc.Service = doubting.New(doubting.Deps{
		Store: sc.shelf, Table: table, Figures: sc.figures, Clock: time.Now, Log: slog.New(slog.NewTextHandler(sc.log, nil)),
		Clean: func(ctx context.Context, text string) (string, error) {
			clean, _, err := detector.Redact(ctx, text)
			return clean, err
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sc.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return sc
}

func refused(id string, said wallet.FailureCode, raw string) wallet.Transaction {
	return wallet.Transaction{ID: id, CustomerID: "c-1", Rail: "card", State: wallet.Failed, Failure: &wallet.Failure{Code: said, RawCode: raw, Source: "issuer"}}
}

func TestAnUnknownCodeRaisesTheAlarmOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := begin(t)
		for range 20 { // a list, the payment, its story: one payment
			sc.Saw(refused("tx-1", wallet.DoNotHonor, "Z9"))
		}
		sc.Saw(refused("tx-2", wallet.DoNotHonor, "59"))
		sc.Saw(refused("tx-3", wallet.InsufficientFunds, "51"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if sc.shelf.times("Z9") != 1 || sc.shelf.times("59") != 1 || sc.shelf.times("51") != 0 {
			t.Errorf("%+v", sc.shelf.rows)
		}
		if open, counted := sc.figures.of("unknown"); open != 1 || counted != 1 {
			t.Errorf("%d open, %d counted", open, counted)
		}
		if open, _ := sc.figures.of("disagrees"); open != 1 {
			t.Errorf("%d disagree", open)
		}
		if n := strings.Count(sc.log.String(), "say in the settings what it stands for"); n != 2 {
			t.Errorf("%d warnings: %s", n, sc.log)
		}
		sc.Saw(refused("tx-4", wallet.DoNotHonor, "Z9"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := strings.Count(sc.log.String(), "say in the settings what it stands for"); n != 2 || sc.shelf.times("Z9") != 2 {
			t.Errorf("%d warnings, %d times", n, sc.shelf.times("Z9"))
		}
		// Somebody says what it stands for: that is the end of it.
		sc.table.Use([]failure.Own{{Rail: "card", Code: "Z9", Means: wallet.LimitExceeded}})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if open, _ := sc.figures.of("unknown"); open != 0 {
			t.Errorf("%d are open after it was said", open)
		}
		if list, _, err := sc.Open(t.Context(), identity.SystemPart("test")); err != nil || len(list) != 1 || list[0].Code != "59" {
			t.Errorf("%v %v", list, err)
		}
	})
}

// A wallet that invents a code for every payment fills neither memory nor disk.
func TestAWalletThatInventsCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := begin(t)
		for i := range 100_000 {
			sc.Saw(refused(fmt.Sprintf("tx-%d", i), wallet.DoNotHonor, fmt.Sprintf("X%d", i)))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(sc.shelf.rows); n > 512 || n < 256 {
			t.Errorf("%d are kept", n)
		}
		if !strings.Contains(sc.log.String(), "there is no room for more") {
			t.Error("nobody is told that there were more")
		}
	})
}

func TestWhatLooksLikeASecretIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := begin(t)
		sc.Saw(refused("tx-1", wallet.DoNotHonor, "4242 4242 4242 4242"))
		sc.Saw(refused("tx-2", wallet.DoNotHonor, strings.Repeat("Z", 100)))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		for key, n := range sc.shelf.rows {
			if strings.Contains(key, "4242 4242") || len([]rune(n.Code)) > 64 {
				t.Errorf("kept %q", n.Code)
			}
		}
		if strings.Contains(sc.log.String(), "4242 4242") {
			t.Error("it is in the log")
		}
	})
}

func TestWhatCannotBeKeptIsKeptLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := begin(t)
		sc.shelf.mu.Lock()
		sc.shelf.broken = true
		sc.shelf.mu.Unlock()
		sc.Saw(refused("tx-1", wallet.DoNotHonor, "Z9"))
		time.Sleep(time.Hour)
		sc.shelf.mu.Lock()
		if sc.shelf.writes < 3 || sc.shelf.writes > 40 {
			t.Errorf("tried %d times in an hour", sc.shelf.writes)
		}
		sc.shelf.broken = false
		sc.shelf.mu.Unlock()
		sc.Saw(refused("tx-2", wallet.DoNotHonor, "Z9"))
		time.Sleep(10 * time.Minute)
		if n := sc.shelf.times("Z9"); n != 2 {
			t.Errorf("%d payments", n)
		}
	})
}
