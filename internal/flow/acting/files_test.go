package acting_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// drawer has files by their ids, and counts how often each was read.
type drawer struct {
	mu     sync.Mutex
	of     map[string][]byte
	reads  map[string]int
	opened func()
}

func (d *drawer) Content(_ context.Context, p identity.Principal, id string, _ int64) ([]byte, error) {
	if d.opened != nil {
		d.opened()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads[id]++
	content, there := d.of[id]
	if !there || p.Kind != identity.Customer {
		return nil, fault.New(fault.NotFound, "test", "no such file")
	}
	return content, nil
}

// filed lays a file into the drawer.
func (d *drawer) filed(n int) selfservice.FileFact {
	content := []byte(fmt.Sprintf("receipt %d", n))
	sum := sha256.Sum256(content)
	f := selfservice.FileFact{ID: fmt.Sprintf("file-%d", n), Want: "receipt", Digest: hex.EncodeToString(sum[:]), Type: "text/plain", Size: int64(len(content))}
	d.of[f.ID] = content
	return f
}

// evidence is an act that names files, and has its yes.
func (h *house) evidence(step string, files ...selfservice.FileFact) selfservice.ActFact {
	h.Helper()
	a, outcome, err := h.flow.Propose(context.Background(), h.anna, h.conv, "run-1", step, selfservice.Proposal{
		Act: wallet.AddEvidence, Target: "di-" + step, Expect: "open", Reason: "customer_evidence", Files: files,
	})
	if err != nil || outcome != "" {
		h.Fatalf("propose: %+v %q %v", a, outcome, err)
	}
	return h.confirm(a)
}

func filing(t *testing.T) (*house, *drawer) {
	h, d := open(t, engine.SQLite), &drawer{of: map[string][]byte{}, reads: map[string]int{}}
	h.files = d
	h.restart()
	return h, d
}

// However many acts have files at once, few of these are read before the wallet took the
// ones before.
func TestFewFilesAreInMemory(t *testing.T) {
	h, d := filing(t)
	var at, most atomic.Int64
	d.opened = func() {
		for n, m := at.Add(1), most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
	}
	h.wallet.taking = func() {
		time.Sleep(20 * time.Millisecond)
		at.Add(-1)
	}
	var acts []selfservice.ActFact
	for n := range 6 {
		acts = append(acts, h.evidence(fmt.Sprintf("ask-%d", n), d.filed(n)))
	}
	var under sync.WaitGroup
	for _, a := range acts {
		under.Go(func() {
			if a, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || a.State != "succeeded" {
				t.Errorf("%+v %q %v", a, outcome, err)
			}
		})
	}
	under.Wait()
	if most.Load() > 2 || len(h.wallet.files) != 6 {
		t.Errorf("%d were in memory at once, and %d came", most.Load(), len(h.wallet.files))
	}
}

// handed is how often each file came to the wallet, by its bytes.
func (h *house) handed() map[string]int {
	h.wallet.mu.Lock()
	defer h.wallet.mu.Unlock()
	return maps.Clone(h.wallet.came)
}

// has waits until so many files of an act are noted.
func (h *house) has(id string, n int) {
	h.Helper()
	for range 2000 {
		k, err := h.Store.Act(context.Background(), h.anna, id)
		h.must(err)
		if k.Given >= n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	h.Fatalf("the wallet does not get %d files", n)
}

// What takes the wallet long is no doubt: nothing has left, whoever asks is told so, and the
// files go on without them, each once.
func TestFilesTakeAsLongAsTheyTake(t *testing.T) {
	h, d := filing(t)
	a := h.evidence("ask", d.filed(1), d.filed(2), d.filed(3))
	slow, seen := make(chan struct{}), 0
	h.wallet.taking = func() {
		if seen++; seen == 2 {
			<-slow
		}
	}
	hurried, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	for range 3 { // it is asked for once more meanwhile
		f, outcome, err := h.flow.Execute(hurried, h.anna, a.ID)
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
		if err == nil && (outcome != "handing" || f.State != "confirmed" || f.Papers != 3) {
			t.Fatalf("%q %+v", outcome, f)
		}
	}
	h.has(a.ID, 1)
	if f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || outcome != "handing" || f.Given != 1 || len(h.wallet.done()) != 0 {
		t.Fatalf("%q %+v %v, and %d commands left", outcome, f, err, len(h.wallet.done()))
	}
	close(slow)
	h.has(a.ID, 3)
	for range 200 { // until the last of them is noted to be the last
		f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID)
		h.must(err)
		if outcome == "" && f.State == "succeeded" {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if done := h.wallet.done(); len(done) != 1 || len(done[0].command.Files) != 3 {
		t.Fatalf("%d commands left", len(done))
	}
	for f, times := range h.handed() {
		if times != 1 {
			t.Errorf("%s was handed over %d times", f, times)
		}
	}
}

// Another process goes on with the file at which the one before it ended, and so does what is
// wanted once more when the time for it was over.
func TestFilesAreNotHandedOverAnew(t *testing.T) {
	h, d := filing(t)
	files := []selfservice.FileFact{d.filed(1), d.filed(2), d.filed(3)}
	a := h.evidence("ask", files...)
	h.wallet.takesOnly = 1
	if f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || outcome != "handing" || f.State != "confirmed" || f.Given != 1 {
		t.Fatalf("%q %+v %v", outcome, f, err)
	}
	h.restart()
	h.wallet.takesOnly = 2
	if f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || outcome != "handing" || f.Given != 2 {
		t.Fatalf("%q %+v %v", outcome, f, err)
	}
	h.clock.Move(action.StartLife)
	if f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || outcome != "failed" || f.State != "expired" {
		t.Fatalf("%q %+v %v", outcome, f, err)
	}
	h.wallet.takesOnly = 0
	again := h.evidence("ask", files...)
	if again.ID == a.ID {
		t.Fatal("it is the act that expired")
	}
	if f, outcome, err := h.flow.Execute(context.Background(), h.anna, again.ID); err != nil || outcome != "" || f.State != "succeeded" {
		t.Fatalf("%q %+v %v", outcome, f, err)
	}
	for f, times := range h.handed() {
		if times != 1 {
			t.Errorf("%s was handed over %d times", f, times)
		}
	}
	if d.reads["file-1"] != 1 {
		t.Errorf("the first was read %d times", d.reads["file-1"])
	}
}

// What was not agreed to byte for byte, is not there or not taken ends the act, and nothing of
// it leaves.
func TestFilesThatAreNotGiven(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *house, d *drawer)
		why   wallet.Refusal
	}{
		"other bytes":     {func(_ *house, d *drawer) { d.of["file-2"] = []byte("receipt 9") }, wallet.FileMissing},
		"more bytes":      {func(_ *house, d *drawer) { d.of["file-2"] = []byte("receipt 2 and more") }, wallet.FileMissing},
		"not there":       {func(_ *house, d *drawer) { delete(d.of, "file-2") }, wallet.FileMissing},
		"not taken":       {func(h *house, _ *drawer) { h.wallet.takesNone = fault.New(fault.Invalid, "test", "virus") }, wallet.FileRefused},
		"of a stranger's": {func(h *house, _ *drawer) { h.wallet.takesNone = fault.New(fault.NotFound, "test", "who?") }, wallet.NotEligible},
	} {
		t.Run(name, func(t *testing.T) {
			h, d := filing(t)
			a := h.evidence("ask", d.filed(1), d.filed(2))
			c.spoil(h, d)
			f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID)
			if err != nil || outcome != "failed" || f.Refusal != string(c.why) || len(h.wallet.done()) != 0 {
				t.Errorf("%q %+v %v, and %d commands left", outcome, f, err, len(h.wallet.done()))
			}
		})
	}
}

// Whoever takes it back while files are on their way keeps the rest of them.
func TestFilesOfWhatIsTakenBack(t *testing.T) {
	h, d := filing(t)
	a := h.evidence("ask", d.filed(1), d.filed(2))
	h.wallet.taking = func() {
		if _, err := h.flow.Cancel(context.Background(), h.anna, a.ID); err != nil {
			t.Error(err)
		}
	}
	f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID)
	if err != nil || outcome != "failed" || f.State != "cancelled" || len(h.handed()) != 1 || len(h.wallet.done()) != 0 {
		t.Errorf("%q %+v %v: %v", outcome, f, err, h.handed())
	}
}

// However often the same is wanted, what the wallet was given so long ago that it may have
// deleted it is given anew.
func TestFilesOfLongAgoAreHandedOverAnew(t *testing.T) {
	h, d := filing(t)
	files := []selfservice.FileFact{d.filed(1), d.filed(2), d.filed(3)}
	h.wallet.takesOnly = 1
	for n := range 2 {
		a := h.evidence("ask", files...)
		if f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || outcome != "handing" || f.Given != int64(n+1) {
			t.Fatalf("%q %+v %v", outcome, f, err)
		}
		h.wallet.takesOnly++
		h.clock.Move(action.FilesFor/2 + time.Hour)
	}
	h.wallet.takesOnly = 0
	a := h.evidence("ask", files...)
	if f, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil || outcome != "" || f.State != "succeeded" {
		t.Fatalf("%q %+v %v", outcome, f, err)
	}
	if d.reads["file-1"] != 2 {
		t.Errorf("the first was read %d times", d.reads["file-1"])
	}
}
