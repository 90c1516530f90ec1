package ratelimit_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/platform/ratelimit"
)

func start() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestBurstThenEvenRefill(t *testing.T) {
	l := ratelimit.New(ratelimit.Limit{Burst: 3, Per: 3 * time.Second}, 1000)
	now := start()
	for i := range 3 {
		if wait := l.Allow("a", 1, now); wait != 0 {
			t.Fatalf("attempt %d of the burst has to wait %s", i+1, wait)
		}
	}
	if wait := l.Allow("a", 1, now); wait != time.Second {
		t.Errorf("after the burst the wait is %s, want 1s", wait)
	}
	if wait := l.Allow("b", 1, now); wait != 0 {
		t.Errorf("another sender waits %s", wait)
	}
	if wait := l.Allow("a", 2, now.Add(time.Second)); wait != time.Second {
		t.Errorf("two tokens after 1s: wait %s, want 1s", wait)
	}
	if wait := l.Allow("a", 1, now.Add(time.Second)); wait != 0 {
		t.Errorf("a refused attempt took a token: wait %s", wait)
	}
	if wait := l.Allow("a", 3, now.Add(time.Hour)); wait != 0 {
		t.Errorf("after an hour the bucket is not full: wait %s", wait)
	}
	if wait := l.Allow("a", 1, now.Add(time.Hour)); wait != time.Second {
		t.Errorf("an hour filled more than the burst: wait %s", wait)
	}
}

func TestOddInput(t *testing.T) {
	l := ratelimit.New(ratelimit.Limit{}, 0)
	now := start()
	if wait := l.Allow("", 2, now); wait != ratelimit.Never {
		t.Errorf("a cost above the burst waits %s", wait)
	}
	if wait := l.Allow("", -5, now); wait != 0 {
		t.Errorf("a cost below one is refused: %s", wait)
	}
	if wait := l.Allow("", 0, now); wait == 0 {
		t.Error("a cost of zero is free")
	}
	l = ratelimit.New(ratelimit.Limit{Burst: 1, Per: time.Second}, 10)
	l.Allow("a", 1, now)
	if wait := l.Allow("a", 1, now.Add(-time.Hour)); wait == 0 {
		t.Error("a clock that runs backwards frees the bucket")
	}
}

func TestParallelAttemptsAcceptExactlyTheLimit(t *testing.T) {
	const attempts, burst = 10_000, 137
	l := ratelimit.New(ratelimit.Limit{Burst: burst, Per: time.Hour}, 100)
	var accepted atomic.Int64
	var workers sync.WaitGroup
	for range 20 {
		workers.Go(func() {
			for range attempts / 20 {
				if l.Allow("one sender", 1, start()) == 0 {
					accepted.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if accepted.Load() != burst {
		t.Errorf("%d of %d parallel attempts were accepted, want exactly %d", accepted.Load(), attempts, burst)
	}
}

func TestKeysAreBoundedAndTheLeastRecentGoesFirst(t *testing.T) {
	const keys = 1600
	l := ratelimit.New(ratelimit.Limit{Burst: 1, Per: time.Hour}, keys)
	for i := range 20 * keys {
		l.Allow("kept", 1, start())
		l.Allow(strconv.Itoa(i), 1, start())
	}
	if n := l.Keys(); n > keys || n < keys*9/10 {
		t.Errorf("%d senders are remembered, want about and at most %d", n, keys)
	}
	if l.Allow("kept", 1, start()) == 0 {
		t.Error("the sender in constant use was forgotten")
	}
	if l.Allow("0", 1, start()) != 0 {
		t.Error("the least recent sender was not forgotten")
	}
}

// TestAgainstABucketThatIsCounted compares with the plain definition: a number
// of tokens that grows with time up to the burst.
func TestAgainstABucketThatIsCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst := rapid.IntRange(1, 20).Draw(t, "burst")
		limit := ratelimit.Limit{Burst: burst, Per: time.Duration(burst) * time.Second}
		l := ratelimit.New(limit, 1)
		tokens, now := time.Duration(burst)*time.Second, start()
		for i := range 50 {
			passed := time.Duration(rapid.IntRange(0, 5000).Draw(t, fmt.Sprint("ms", i))) * time.Millisecond
			cost := rapid.IntRange(1, burst).Draw(t, fmt.Sprint("cost", i))
			now, tokens = now.Add(passed), min(tokens+passed, limit.Per)
			missing := max(time.Duration(cost)*time.Second-tokens, 0)
			if wait := l.Allow("a", cost, now); wait != missing {
				t.Fatalf("wait %s, want %s", wait, missing)
			}
			if missing == 0 {
				tokens -= time.Duration(cost) * time.Second
			}
		}
	})
}

func BenchmarkAllow(b *testing.B) {
	names := make([]string, 200_000) // twice what the limiter remembers
	for i := range names {
		names[i] = fmt.Sprintf("visitor-%026d", i)
	}
	for _, keys := range []int{1, 50_000, len(names)} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			l := ratelimit.New(ratelimit.Limit{Burst: 20, Per: 10 * time.Second}, 100_000)
			now := start()
			for _, name := range names[:keys] {
				l.Allow(name, 1, now)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				l.Allow(names[i%keys], 1, now.Add(time.Duration(i)))
			}
		})
	}
}

func TestWhatIsReturnedCanBeTakenAgain(t *testing.T) {
	l := ratelimit.New(ratelimit.Limit{Burst: 2, Per: 2 * time.Second}, 10)
	now := start()
	l.Return("never seen", 1)
	if keys := l.Keys(); keys != 0 {
		t.Errorf("%d keys are remembered for what nobody took", keys)
	}
	l.Allow("a", 2, now)
	l.Return("a", 1)
	if wait := l.Allow("a", 1, now); wait != 0 {
		t.Errorf("waits %s for what was returned", wait)
	}
	if wait := l.Allow("a", 1, now); wait != time.Second {
		t.Errorf("waits %s, want 1s", wait)
	}
	// No bucket holds more than its burst.
	for range 10 {
		l.Return("a", 2)
	}
	l.Allow("a", 2, now)
	if wait := l.Allow("a", 1, now); wait != time.Second {
		t.Errorf("after many returns: waits %s, want 1s", wait)
	}
}
