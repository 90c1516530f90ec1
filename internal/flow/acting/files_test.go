package acting_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
