package walletserver_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/platform/httpsig"
)

// watched is a body that tells how much of it was read, and waits where it is told to.
type watched struct {
	io.Reader
	read atomic.Int64
	wait chan struct{}
}

func (w *watched) Read(into []byte) (int, error) {
	if w.wait != nil {
		<-w.wait
	}
	n, err := w.Reader.Read(into)
	w.read.Add(int64(n))
	return n, err
}

// giving is a request that gives a file of Anna's, signed by a key at a time.
func giving(content string, by httpsig.Key, at time.Time) (*http.Request, *watched) {
	sum := sha256.Sum256([]byte(content))
	digest := hex.EncodeToString(sum[:])
	body := &watched{Reader: strings.NewReader(content)}
	r := httptest.NewRequest(http.MethodPost, "/v1/customers/"+memory.Anna+"/files?sha256="+digest+"&type=text%2Fplain&size="+strconv.Itoa(len(content)), body)
	r.ContentLength = int64(len(content))
	r.Header.Set("Content-Type", "text/plain")
	r.Header.Set("Kefu-Actor", actor)
	r.Header.Set("Idempotency-Key", digest)
	signed := httpsig.Sign(httpsig.Request{
		Method: r.Method, Authority: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: []byte(content),
		Headers: []httpsig.Header{{Name: "kefu-actor", Value: actor}, {Name: "idempotency-key", Value: digest}},
	}, by, at)
	r.Header.Set("Content-Digest", signed.ContentDigest)
	r.Header.Set("Signature-Input", signed.SignatureInput)
	r.Header.Set("Signature", signed.Signature)
	return r, body
}

func handler() http.Handler {
	return walletserver.New(walletserver.Options{Wallet: memory.New(memory.Options{}), Verifier: httpsig.NewVerifier(100, key())}).Handler()
}

// Nobody who has not signed has a file read, nor anybody one that is not as long as its
// address says.
func TestNoFileIsReadOfWhoHasNotSigned(t *testing.T) {
	content := strings.Repeat("words ", 50_000)
	other := httpsig.Key{ID: key().ID, Secret: bytes.Repeat([]byte("x"), 32)}
	for name, x := range map[string]struct {
		by     httpsig.Key
		at     time.Time
		spoil  func(*http.Request)
		status int
	}{
		"no signature":                 {key(), time.Now(), func(r *http.Request) { r.Header.Del("Signature") }, http.StatusUnauthorized},
		"no digest":                    {key(), time.Now(), func(r *http.Request) { r.Header.Del("Content-Digest") }, http.StatusUnauthorized},
		"a digest that was not signed": {key(), time.Now(), func(r *http.Request) { r.Header.Set("Content-Digest", httpsig.Digest(nil)) }, http.StatusUnauthorized},
		"an unknown key":               {httpsig.Key{ID: "kefu-9", Secret: other.Secret}, time.Now(), func(*http.Request) {}, http.StatusUnauthorized},
		"another secret":               {other, time.Now(), func(*http.Request) {}, http.StatusUnauthorized},
		"another time":                 {key(), time.Now().Add(-time.Hour), func(*http.Request) {}, http.StatusUnauthorized},
		"longer than it says":          {key(), time.Now(), func(r *http.Request) { r.ContentLength++ }, http.StatusBadRequest},
		"too large, by a stranger":     {other, time.Now(), func(r *http.Request) { r.ContentLength = 5<<20 + 1 }, http.StatusUnauthorized},
	} {
		r, body := giving(content, x.by, x.at)
		x.spoil(r)
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, r)
		if w.Code != x.status || body.read.Load() > 0 {
			t.Errorf("%s: %d, and %d bytes were read", name, w.Code, body.read.Load())
		}
	}
	r, body := giving(content, key(), time.Now())
	w := httptest.NewRecorder()
	if handler().ServeHTTP(w, r); w.Code != http.StatusOK || body.read.Load() != int64(len(content)) {
		t.Errorf("a good one: %d %s", w.Code, w.Body)
	}
}

// Who has signed and sends too much hears so: what they send is let run out, but not for
// ever, and none of it is kept.
func TestWhoSendsTooMuchHearsItOnceTheyHaveSent(t *testing.T) {
	const most = 5 << 20
	for name, x := range map[string]struct{ sent, read int64 }{
		"a little too large": {most + 1, most + 1},
		"far too large":      {4 * most, 2 * most},
	} {
		r, body := giving("words", key(), time.Now())
		body.Reader = io.LimitReader(strings.NewReader(strings.Repeat("w", 4*most)), x.sent)
		r.ContentLength = x.sent
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || body.read.Load() < x.read || body.read.Load() > x.read+64<<10 {
			t.Errorf("%s: %d, and %d bytes were read of %d", name, w.Code, body.read.Load(), x.sent)
		}
	}
}

// However many files come at once, few are in memory; the others are told to come later.
func TestFewFilesAreReadAtOnce(t *testing.T) {
	const many = 12
	h, wait := handler(), make(chan struct{})
	codes := make(chan int, many)
	for n := range many {
		r, body := giving(fmt.Sprintf("file %d", n), key(), time.Now())
		body.wait = wait
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			codes <- w.Code
		}()
	}
	later := 0
	for timeout := time.After(10 * time.Second); later < many-4; later++ {
		select {
		case code := <-codes:
			if code != http.StatusTooManyRequests {
				t.Fatalf("one of too many: %d", code)
			}
		case <-timeout:
			t.Fatalf("%d of %d are told to come later", later, many)
		}
	}
	close(wait)
	for range many - later {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("one of few: %d", code)
		}
	}
	r, _ := giving("file later", key(), time.Now())
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("later: %d", w.Code)
	}
}
