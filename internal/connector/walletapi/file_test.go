package walletapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

func receipt(text string) (wallet.File, []byte) {
	sum := sha256.Sum256([]byte(text))
	return wallet.File{Digest: hex.EncodeToString(sum[:]), Type: "text/plain", Size: int64(len(text))}, []byte(text)
}

func TestAFileReachesTheWalletOnce(t *testing.T) {
	w, c := known(t, time.Hour)
	f, content := receipt("paid 60.00 for shoes, sent back on the 3rd")
	first, err := c.GiveFile(context.Background(), actor(), memory.Anna, f, content)
	if err != nil || first.File != f || first.CustomerID != memory.Anna || !bytes.Equal(w.Content(memory.Anna, f.Digest), content) {
		t.Fatalf("%+v, %q, err = %v", first, w.Content(memory.Anna, f.Digest), err)
	}
	again, err := c.GiveFile(context.Background(), actor(), memory.Anna, f, content)
	if err != nil || again != first {
		t.Errorf("again: %+v, err = %v", again, err)
	}
	if w.Content(memory.Bo, f.Digest) != nil {
		t.Error("another customer has it too")
	}
	what := wallet.Command{Key: "k-1", Act: wallet.AddEvidence, CustomerID: memory.Anna, Target: memory.Anna + ":dispute", Reason: "asked", Files: []wallet.Evidence{{Kind: "receipt", File: f}}}
	o, err := c.Do(context.Background(), actor(), what)
	if err != nil || o.State != wallet.OpSucceeded {
		t.Fatalf("%+v, err = %v", o, err)
	}
	all, err := c.Disputes(context.Background(), actor(), memory.Anna)
	if err != nil || len(all) == 0 || len(all[0].Files) != 1 || all[0].Files[0] != what.Files[0] {
		t.Errorf("%+v, err = %v", all, err)
	}
	what.CustomerID, what.Target = memory.Bo, memory.Bo+":dispute"
	if o, err = c.Do(context.Background(), actor(), what); err != nil || o.Refusal != wallet.FileMissing {
		t.Errorf("another's file: %+v, err = %v", o, err)
	}
}

func TestFilesThatAWalletDoesNotTake(t *testing.T) {
	_, c := known(t, time.Hour)
	f, content := receipt("words")
	posing := f
	posing.Type = "image/png"
	other := f
	other.Digest = strings.Repeat("0", 64)
	large, bytes := receipt(strings.Repeat("x", 5<<20+1))
	for name, x := range map[string]struct {
		customer string
		f        wallet.File
		content  []byte
		code     fault.Code
		reason   string
	}{
		"posing as a picture": {memory.Anna, posing, content, fault.Invalid, walletapi.FileType}, "other bytes": {memory.Anna, other, content, fault.Invalid, ""},
		"too large": {memory.Anna, large, bytes, fault.Invalid, walletapi.FileTooLarge}, "of nobody": {"nobody", f, content, fault.NotFound, ""},
		"no id": {"../x", f, content, fault.NotFound, ""}, "no file": {memory.Anna, wallet.File{}, nil, fault.Invalid, ""},
	} {
		_, err := c.GiveFile(context.Background(), actor(), x.customer, x.f, x.content)
		if fault.CodeOf(err) != x.code || fault.ReasonOf(err) != x.reason {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestHostileAnswersToFiles(t *testing.T) {
	f, content := receipt("words")
	good := fmt.Sprintf(`{"customer_id":"c-1","sha256":%q,"type":"text/plain","size":5,"at":"2026-11-02T08:05:00Z"}`, f.Digest)
	for name, body := range map[string]string{
		"another customer": strings.Replace(good, "c-1", "c-2", 1), "another file": strings.Replace(good, f.Digest, strings.Repeat("0", 64), 1),
		"another size": strings.Replace(good, ":5,", ":6,", 1), "another type": strings.Replace(good, "text/plain", "image/png", 1), "no time": strings.Replace(good, `"2026-11-02T08:05:00Z"`, "null", 1),
		"another field": strings.Replace(good, "{", `{"url":"https://x.example",`, 1), "two": good + good, "nothing": "", "a list": "[" + good + "]",
	} {
		server := httptest.NewServer(replying(http.StatusOK, "application/json", body))
		_, err := client(t, server.URL, nil).GiveFile(context.Background(), actor(), "c-1", f, content)
		server.Close()
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	server := httptest.NewServer(replying(http.StatusOK, "application/json", good))
	defer server.Close()
	if _, err := client(t, server.URL, nil).GiveFile(context.Background(), actor(), "c-1", f, content); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

// However a wallet fails at files, it is asked and commanded all the same; and it is left
// alone with files only where it does not answer.
func TestFilesHoldUpNothingElse(t *testing.T) {
	f, content := receipt("words")
	stored := fmt.Sprintf(`{"customer_id":"c-1","sha256":%q,"type":"text/plain","size":5,"at":"2026-11-02T08:05:00Z"}`, f.Digest)
	problem := func(status int, code string) http.HandlerFunc {
		return replying(status, "application/problem+json", fmt.Sprintf(`{"status":%d,"code":%q}`, status, code))
	}
	for name, x := range map[string]struct {
		answer http.HandlerFunc
		code   fault.Code
		alone  bool // with files, after that
	}{
		"the same file is being taken": {problem(http.StatusConflict, "in_progress"), fault.Conflict, false},
		"too many":                     {problem(http.StatusTooManyRequests, "too_many"), fault.Unavailable, false},
		"whoever gives it has no time": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = r.Body.Read(make([]byte, 10))
			<-r.Context().Done()
		}, fault.Unavailable, false},
		"it is broken": {problem(http.StatusInternalServerError, "internal"), fault.Unavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			var well atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodGet:
					replying(http.StatusOK, "application/json", goodCustomer)(w, r)
				case well.Load():
					replying(http.StatusOK, "application/json", stored)(w, r)
				default:
					x.answer(w, r)
				}
			}))
			defer server.Close()
			c := client(t, server.URL, nil)
			for range 6 {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				_, err := c.GiveFile(ctx, actor(), "c-1", f, content)
				cancel()
				if !fault.Is(err, x.code) || (x.code == fault.Conflict && fault.ReasonOf(err) != walletapi.InProgress) {
					t.Fatalf("err = %v", err)
				}
			}
			if _, err := c.Customer(t.Context(), actor(), "c-1"); err != nil {
				t.Errorf("a question afterwards: %v", err)
			}
			well.Store(true)
			if _, err := c.GiveFile(t.Context(), actor(), "c-1", f, content); (err != nil) != x.alone {
				t.Errorf("a file afterwards: %v", err)
			}
		})
	}
}

// Files that a wallet is slow to take leave the turns of questions alone.
func TestFilesTakeNoTurnsOfQuestions(t *testing.T) {
	f, content := receipt("words")
	begun, release := make(chan struct{}, 2), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			begun <- struct{}{}
			<-release
		}
		replying(http.StatusOK, "application/json", goodCustomer)(w, r)
	}))
	defer server.Close()
	c := client(t, server.URL, func(o *walletapi.Options) { o.Concurrent = 1 })
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.GiveFile(t.Context(), actor(), "c-1", f, content) // what is answered is no file
	}()
	<-begun
	if _, err := c.Customer(t.Context(), actor(), "c-1"); err != nil {
		t.Errorf("beside a slow file: %v", err)
	}
	close(release)
	<-done
}

// One file more than a wallet keeps of a customer's is refused for good, and those that it
// has are told of all the same.
func TestMoreFilesThanAWalletKeeps(t *testing.T) {
	_, c := known(t, time.Hour)
	first, content := receipt("file 0")
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		f, content := receipt(fmt.Sprintf("file %d", n))
		_, err = c.GiveFile(t.Context(), actor(), memory.Anna, f, content)
	}
	if !fault.Is(err, fault.Invalid) || fault.ReasonOf(err) != walletapi.FileNotTaken {
		t.Errorf("err = %v", err)
	}
	if _, err := c.GiveFile(t.Context(), actor(), memory.Anna, first, content); err != nil {
		t.Errorf("one that it has: %v", err)
	}
}
