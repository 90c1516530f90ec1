// Package auditing proves the audit chain while the server runs: each proof goes on
// where the one before it ended.
package auditing

import (
	"context"
	"crypto/ed25519"
	"iter"
	"sync"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
)

// Chain reads the stored chain.
type Chain interface {
	AuditSince(ctx context.Context, p identity.Principal, after int64) (func(yield func(audit.Entry, error) bool), error)
}

// Options of a Prover.
type Options struct {
	Chain  Chain
	Stream string
	Heads  func() iter.Seq2[audit.Head, error] // as they lie outside the database
	Keys   []ed25519.PublicKey
	Clock  clock.Clock
}

// Every is how long a proof is taken as it was.
const Every = 10 * time.Second

// Proof is what was found.
type Proof struct {
	OK       bool
	FirstBad int64  // the first record that is wrong or missing
	Reason   string // what is wrong, in a sentence
	Proven   int64  // up to here by a signed head
	ProvenAt string // when that head was signed, RFC 3339
	Checked  int64  // up to here each record follows from the one before
	At       int64  // when it was looked, microseconds
}

// Prover proves the chain. It is safe for concurrent use.
type Prover struct {
	options Options
	mu      sync.Mutex
	last    Proof
	from    audit.Link // proven up to here
}

// New makes a Prover.
func New(o Options) *Prover { return &Prover{options: o} }

// Prove looks at what was written since the last proof, links and heads; what is
// wrong once stays wrong until the server starts anew. Messages are compared with
// their digests by the command line alone. Errors: Forbidden.
func (p *Prover) Prove(ctx context.Context, who identity.Principal) (Proof, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entries, err := p.options.Chain.AuditSince(ctx, who, p.from.Seq)
	if err != nil {
		return Proof{}, err
	}
	now := p.options.Clock()
	if p.last.At > 0 && (!p.last.OK || now.UnixMicro()-p.last.At < Every.Microseconds()) {
		return p.last, nil
	}
	newest := map[int64]audit.Link{}
	report, err := audit.Verify(ctx, audit.Input{
		Stream: p.options.Stream, After: p.from, Keys: p.options.Keys, Entries: entries, Heads: p.heads(newest),
	})
	if err != nil {
		return Proof{}, err
	}
	found := Proof{
		OK: report.OK, FirstBad: report.FirstBad, Reason: report.Reason, Proven: p.from.Seq, ProvenAt: p.last.ProvenAt,
		Checked: p.from.Seq + report.Records, At: now.UnixMicro(),
	}
	if report.UnprovenAfter > 0 {
		found.Proven, found.ProvenAt = report.UnprovenAfter, report.ProvenAt
	}
	if link, ok := newest[found.Proven]; ok && report.OK {
		p.from = link
	}
	p.last = found
	return found, nil
}

// heads leaves out those that were passed before, and remembers the places of the others.
func (p *Prover) heads(seen map[int64]audit.Link) iter.Seq2[audit.Head, error] {
	return func(yield func(audit.Head, error) bool) {
		for h, err := range p.options.Heads() {
			if err == nil && h.Seq < p.from.Seq {
				continue
			}
			if err == nil {
				seen[h.Seq] = h.Link
			}
			if !yield(h, err) {
				return
			}
		}
	}
}
