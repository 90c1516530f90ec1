package demowallet_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"kefu/internal/connector/walletserver/deliver"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/walletnotices"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/walletevents"
)

const killKefu = "KEFU_TEST_KILL_KEFU"

func sharedKey() httpsig.Key {
	return httpsig.Key{ID: "kefu", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

// TestDeliveringChild is a wallet that is killed while it pays and tells Kefu of it.
func TestDeliveringChild(t *testing.T) {
	url := os.Getenv(killKefu)
	if url == "" {
		t.Skip("it is started by the test that kills it")
	}
	h, _ := restless(t, os.Getenv(killDir), os.Getenv(killDSN))
	d, err := deliver.New(h.Outbox(), deliver.Options{URL: url, Signer: sharedKey, Private: true})
	must(t, err)
	go func() { _ = h.Run(context.Background()) }()
	go func() { _ = d.Run(context.Background()) }()
	fmt.Println("ready")
	file, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	must(t, err)
	for {
		h.order(t, &journal{file: file}, demoPeople()[rand.IntN(3)].ID)
		time.Sleep(20 * time.Millisecond) // more would be more of the same
	}
}

// told counts how often followers in Kefu hear of a notice.
type told struct {
	mu    sync.Mutex
	heard map[string]int
}

func (c *told) Took(_ context.Context, n wallet.Notice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard[n.ID]++
	return nil
}

func (c *told) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard)
}

func (c *told) times() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.heard)
}

// nothing is a wallet that cannot be asked for notices: what comes comes by itself.
type nothing struct{}

func (nothing) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Version: "1", Name: "n"}, nil
}

func (nothing) Notices(context.Context, int64, int) (wallet.Notices, error) {
	return wallet.Notices{}, nil
}

// A wallet that is killed while it delivers, to a Kefu that takes some and says that it
// did not, loses no notice, and nobody in Kefu hears of one twice.
func TestNoNoticeIsLostOrDoubledByAKill(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		if d.DSN != "" {
			var schema string
			d.Scan(t, "SELECT current_schema()", &schema)
			t.Cleanup(func() { d.Exec(t, "DROP SCHEMA IF EXISTS "+schema+"_books CASCADE") })
		}
		store := d.Open(t)
		service, ears := walletnotices.New(store, nothing{}, walletnotices.Options{}), &told{heard: map[string]int{}}
		service.Follow(ears)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- service.Run(ctx) }()
		mux := http.NewServeMux()
		walletevents.New(service, httpsig.NewVerifier(100_000, sharedKey()), time.Now, slog.New(slog.DiscardHandler)).Mount(mux)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch rand.IntN(20) {
			case 0: // away
				http.Error(w, "", http.StatusServiceUnavailable)
			case 1: // takes it, and the answer is lost
				mux.ServeHTTP(httptest.NewRecorder(), r)
				http.Error(w, "", http.StatusBadGateway)
			default:
				mux.ServeHTTP(w, r)
			}
		}))
		defer server.Close()
		for range 3 {
			killDelivering(t, d, server.URL+walletevents.Path)
		}
		afterKills(t, d, server.URL+walletevents.Path, ears)
		stop()
		must(t, <-done)
	})
}

func killDelivering(t *testing.T, d *storagetest.Deployment, url string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestDeliveringChild$", "-test.timeout=10m")
	child.Env = append(os.Environ(), killDir+"="+d.Dir, killDSN+"="+d.DSN, killKefu+"="+url)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		t.Log(lines.Text())
	}
	time.Sleep(time.Duration(300+rand.IntN(1200)) * time.Millisecond)
	must(t, child.Process.Kill())
	_ = child.Wait() // it was killed
}

// afterKills delivers what is left, and compares what the wallet told with what was heard.
func afterKills(t *testing.T, d *storagetest.Deployment, url string, ears *told) {
	t.Helper()
	ctx := context.Background()
	h, closed := restless(t, d.Dir, d.DSN)
	defer closed()
	rest, err := deliver.New(h.Outbox(), deliver.Options{URL: url, Signer: sharedKey, Private: true})
	must(t, err)
	want := 0
	for after := int64(0); ; {
		page, err := h.Notices(ctx, after, wallet.MaxNotices)
		must(t, err)
		want += len(page.Items)
		if len(page.Items) == 0 {
			break
		}
		after = page.Items[len(page.Items)-1].Position
	}
	var at int64
	for end := time.Now().Add(3 * time.Minute); at != int64(want) && time.Now().Before(end); {
		_, _ = rest.Look(ctx) // some are refused, and tried again
		at, err = h.Outbox().Delivered(ctx)
		must(t, err)
	}
	var taken, waiting int
	d.Scan(t, "SELECT COUNT(*) FROM wallet_notice", &taken)
	if taken != want || want < 10 {
		t.Errorf("of %d notices %d were taken", want, taken)
	}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		d.Scan(t, "SELECT COUNT(*) FROM wallet_notice WHERE told_at = 0", &waiting)
		if waiting == 0 {
			break
		}
	}
	// What a later notice of the same thing overtook need not be heard of.
	if waiting > 0 || ears.count() == 0 {
		t.Errorf("%d notices wait to be heard of, and %d were", waiting, ears.count())
	}
	for event, n := range ears.times() {
		if n != 1 {
			t.Errorf("%s was heard of %d times", event, n)
		}
	}
	t.Logf("%s: %d notices", d.Kind, want)
}

// How far notices were delivered changes only from what whoever changes it saw.
func TestWhereTheDeliveryGotToIsNotOverwritten(t *testing.T) {
	out := helped(t).Outbox()
	must(t, out.SetDelivered(t.Context(), 0, 7))
	if err := out.SetDelivered(t.Context(), 0, 9); !fault.Is(err, fault.Conflict) {
		t.Errorf("from what it is no more: %v", err)
	}
	must(t, out.SetDelivered(t.Context(), 7, 3))
	if at, err := out.Delivered(t.Context()); at != 3 || err != nil {
		t.Errorf("it is at %d, err = %v", at, err)
	}
}
