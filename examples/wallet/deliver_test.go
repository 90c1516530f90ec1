package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/web/walletevents"
)

// kefu takes notices as Kefu does, but for the first time that each comes.
type kefu struct {
	mu    sync.Mutex
	tries map[string]int
	taken []string
}

func (k *kefu) Take(_ context.Context, n wallet.Notice) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := n.Validate(); err != nil {
		return err
	}
	if k.tries[n.ID]++; k.tries[n.ID] == 1 && len(k.taken) == 1 {
		return fault.New(fault.Unavailable, "kefu.Take", "down")
	}
	k.taken = append(k.taken, n.ID)
	return nil
}

func (k *kefu) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.taken)
}

// A notice is signed with the key of the moment, and one that was refused by the key of
// before comes again with the next.
func TestNoticesAreSignedWithTheKeyOfTheMoment(t *testing.T) {
	next := httpsig.Key{ID: "kefu-2", Secret: []byte("fedcba9876543210fedcba9876543210")}
	k := &kefu{tries: map[string]int{}}
	mux := http.NewServeMux()
	walletevents.New(k, httpsig.NewVerifier(100, next), time.Now, slog.New(slog.DiscardHandler)).Mount(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	signs := key()
	d := deliverer{url: server.URL + walletevents.Path, signer: func() httpsig.Key { return signs }, http: server.Client()}
	own := memory.New(memory.Options{})
	if err := own.Pay(memory.Anna, "1.00"); err != nil {
		t.Fatal(err)
	}
	told, err := own.Notices(context.Background(), 0, 1)
	if err != nil || len(told.Items) != 1 {
		t.Fatalf("%+v %v", told, err)
	}
	if err := d.post(context.Background(), told.Items[0]); err != refused("401 Unauthorized") {
		t.Errorf("with a key that Kefu has not: %v", err)
	}
	signs = next
	if err := d.post(context.Background(), told.Items[0]); err != nil || k.count() != 1 {
		t.Errorf("with the next one: %v", err)
	}
}

// What changes is delivered in its order, signed as Kefu verifies it, and again after a
// failure.
func TestNoticesAreDelivered(t *testing.T) {
	k := &kefu{tries: map[string]int{}}
	mux := http.NewServeMux()
	walletevents.New(k, httpsig.NewVerifier(100, key()), time.Now, slog.New(slog.DiscardHandler)).Mount(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	own := memory.New(memory.Options{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		deliverer{own: own, url: server.URL + walletevents.Path, signer: key, http: server.Client(), log: slog.New(slog.DiscardHandler)}.run(ctx)
	}()
	for range 3 {
		if err := own.Pay(memory.Anna, "1.00"); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		if k.count() == 3 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	<-done
	told, err := own.Notices(context.Background(), 0, 10)
	if err != nil || len(k.taken) != 3 {
		t.Fatalf("%v were taken of %+v: %v", k.taken, told.Items, err)
	}
	for i, n := range told.Items {
		if k.taken[i] != n.ID {
			t.Errorf("%v were taken of %+v", k.taken, told.Items)
		}
	}
	if k.tries[k.taken[1]] != 2 {
		t.Errorf("what was not taken came %d times", k.tries[k.taken[1]])
	}
}
