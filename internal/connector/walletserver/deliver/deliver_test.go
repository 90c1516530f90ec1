package deliver_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver/deliver"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/web/walletevents"
)

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

// kefu takes notices as Kefu does, or refuses them.
type kefu struct {
	mu     sync.Mutex
	refuse func(n wallet.Notice, tries int) error
	tries  map[string]int
	taken  []wallet.Notice
}

func (k *kefu) Take(_ context.Context, n wallet.Notice) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := n.Validate(); err != nil {
		return err
	}
	k.tries[n.ID]++
	if k.refuse != nil {
		if err := k.refuse(n, k.tries[n.ID]); err != nil {
			return err
		}
	}
	k.taken = append(k.taken, n)
	return nil
}

func (k *kefu) has() []wallet.Notice {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.taken)
}

// house is a wallet whose notices are posted to a Kefu.
type house struct {
	*memory.Wallet
	*kefu
	d     *deliver.Deliverer
	log   *bytes.Buffer
	signs httpsig.Key
}

func build(t *testing.T, refuse func(wallet.Notice, int) error, keys ...httpsig.Key) *house {
	t.Helper()
	if len(keys) == 0 {
		keys = []httpsig.Key{key()}
	}
	h := &house{Wallet: memory.New(memory.Options{}), kefu: &kefu{refuse: refuse, tries: map[string]int{}}, log: &bytes.Buffer{}, signs: key()}
	mux := http.NewServeMux()
	walletevents.New(h.kefu, httpsig.NewVerifier(1000, keys...), time.Now, slog.New(slog.DiscardHandler)).Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var err error
	h.d, err = deliver.New(h.Wallet, deliver.Options{
		URL: server.URL + walletevents.Path, Signer: func() httpsig.Key { return h.signs }, Private: true, Every: 10 * time.Millisecond, Log: slog.New(slog.NewTextHandler(h.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) pay(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := h.Pay(memory.Anna, "1.00"); err != nil {
			t.Fatal(err)
		}
	}
}

// What changes is delivered in its order, signed as Kefu verifies it, and not again.
func TestNoticesAreDelivered(t *testing.T) {
	h := build(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.d.Run(ctx) }()
	h.pay(t, 250) // more than one look takes
	for range 1000 {
		if len(h.has()) == 250 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	got := h.has()
	for i, n := range got {
		if n.Position != int64(i+1) {
			t.Fatalf("position %d came as number %d", n.Position, i+1)
		}
	}
	if at, err := h.Delivered(t.Context()); len(got) != 250 || at != 250 || err != nil {
		t.Errorf("%d were taken, and it got to %d: %v", len(got), at, err)
	}
}

// What is not taken is delivered again, and holds back what comes after it; what was taken
// before it is not delivered twice.
func TestWhatIsNotTakenComesAgain(t *testing.T) {
	down := true
	h := build(t, func(n wallet.Notice, _ int) error {
		if n.Position == 3 && down {
			return fault.New(fault.Unavailable, "kefu.Take", "down")
		}
		return nil
	})
	h.pay(t, 5)
	for range 3 {
		if _, err := h.d.Look(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("while Kefu is down: %v", err)
		}
	}
	if got := h.has(); len(got) != 2 {
		t.Errorf("%d were taken of the two before", len(got))
	}
	down = false
	if _, err := h.d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.has(); len(got) != 5 || h.tries[got[0].ID] != 1 || h.tries[got[2].ID] != 4 {
		t.Errorf("%+v taken after %v", got, h.tries)
	}
}

// A notice that Kefu can make nothing of holds up no other, and is written down.
func TestWhatCannotBeUnderstoodIsPassedOver(t *testing.T) {
	h := build(t, func(n wallet.Notice, _ int) error {
		if n.Position == 2 {
			return fault.InvalidField("kefu.Take", "type", "is unknown")
		}
		return nil
	})
	h.pay(t, 3)
	if _, err := h.d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.has(); len(got) != 2 || !strings.Contains(h.log.String(), "can make nothing of") {
		t.Errorf("%+v\n%s", got, h.log)
	}
}

// A notice is signed with the key of the moment, and one that was refused by the key of
// before comes again with the next.
func TestNoticesAreSignedWithTheKeyOfTheMoment(t *testing.T) {
	next := httpsig.Key{ID: "kefu-2", Secret: []byte("fedcba9876543210fedcba9876543210")}
	h := build(t, nil, next)
	h.pay(t, 1)
	if _, err := h.d.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("with a key that Kefu has not: %v", err)
	}
	h.signs = next
	if _, err := h.d.Look(t.Context()); err != nil || len(h.has()) != 1 {
		t.Errorf("with the next one: %v", err)
	}
}

func TestWhatWasDeliveredCanBeDeliveredAgain(t *testing.T) {
	h := build(t, nil)
	h.pay(t, 4)
	if _, err := h.d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, after := range []int64{-1, 5} {
		if err := h.d.Replay(t.Context(), after); !fault.Is(err, fault.Invalid) {
			t.Errorf("after %d: %v", after, err)
		}
	}
	if err := h.d.Replay(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if _, err := h.d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := h.has()
	if len(got) != 6 || got[4].ID != got[2].ID || got[5].ID != got[3].ID {
		t.Errorf("%+v", got)
	}
}

// A replay that is asked for while notices are posted counts: the look that was under way
// does not put its own place over it.
func TestAReplayMeanwhileCounts(t *testing.T) {
	var h *house
	replayed := false
	h = build(t, func(n wallet.Notice, _ int) error {
		if n.Position == 5 && !replayed {
			replayed = true
			return h.d.Replay(t.Context(), 1)
		}
		return nil
	})
	h.pay(t, 4)
	if _, err := h.d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.pay(t, 2)
	if more, err := h.d.Look(t.Context()); err != nil || !more {
		t.Errorf("more %v, err = %v", more, err)
	}
	if at, err := h.Delivered(t.Context()); at != 1 || err != nil {
		t.Errorf("it is at %d, err = %v", at, err)
	}
	if _, err := h.d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.has(); len(got) != 11 || got[6].Position != 2 || got[10].Position != 6 {
		t.Errorf("%+v", got)
	}
}

// away is a wallet whose Kefu cannot be reached.
type away struct {
	deliver.Outbox
	mu    sync.Mutex
	looks []time.Time
}

func (a *away) Delivered(context.Context) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.looks = append(a.looks, time.Now())
	return 0, fault.New(fault.Unavailable, "test", "away")
}

func (a *away) Told() <-chan struct{} {
	c := make(chan struct{}, 1)
	c <- struct{}{} // something changes all the time
	return c
}

// Pauses grow to a minute, whatever changes meanwhile.
func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &away{}
		d, err := deliver.New(a, deliver.Options{URL: "http://localhost:1/v1/wallet/events", Signer: key, Private: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(10 * time.Minute)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(a.looks) < 10 || len(a.looks) > 20 {
			t.Fatalf("%d tries in ten minutes", len(a.looks))
		}
		for i := 1; i < len(a.looks); i++ {
			want := min(time.Second<<(i-1), time.Minute)
			if got := a.looks[i].Sub(a.looks[i-1]); got != want {
				t.Errorf("pause %d is %s, not %s", i, got, want)
			}
		}
	})
}

// What is older than a day is nobody's to post any more.
func TestOldNoticesArePassedOver(t *testing.T) {
	h := build(t, nil)
	h.pay(t, 1)
	d, err := deliver.New(h.Wallet, deliver.Options{URL: "http://localhost:1" + walletevents.Path, Signer: key, Private: true, Clock: func() time.Time { return time.Now().Add(25 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Look(t.Context()); err != nil {
		t.Errorf("an old one was posted: %v", err)
	}
	if at, err := h.Delivered(t.Context()); at != 1 || err != nil {
		t.Errorf("%d %v", at, err)
	}
	if _, err := deliver.New(h.Wallet, deliver.Options{URL: "events"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an address that is none: %v", err)
	}
}
