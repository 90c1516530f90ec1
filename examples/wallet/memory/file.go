package memory

import (
	"context"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// maxKept bounds the files of one customer that are in memory.
const maxKept = 100

// given is a file that the wallet has.
type given struct {
	wallet.Stored
	content []byte
}

// limits are which files are taken.
func limits() *wallet.FileLimits {
	return &wallet.FileLimits{MaxBytes: 5 << 20, Types: []string{"image/jpeg", "image/png", "application/pdf", "text/plain"}}
}

// GiveFile takes a file of a customer's. One that is there stays as it is.
func (w *Wallet) GiveFile(_ context.Context, _ wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	const op = "memory.GiveFile"
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return wallet.Stored{}, err
	}
	if has, ok := p.files[f.Digest]; ok {
		return has.Stored, nil
	}
	switch {
	case !limits().Takes(f):
		return wallet.Stored{}, &fault.Error{Code: fault.Invalid, Op: op, Reason: "not_taken", Message: "it is none that is taken"}
	case len(p.files) >= maxKept:
		return wallet.Stored{}, &fault.Error{Code: fault.Invalid, Op: op, Reason: "not_taken", Message: "the customer has given as many as are kept"}
	}
	kept := given{wallet.Stored{CustomerID: customer, File: f, At: w.now()}, slices.Clone(content)}
	p.files[f.Digest] = kept
	return kept.Stored, nil
}

// Content is what a customer gave under a digest; nil for nothing.
func (w *Wallet) Content(customer, digest string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.people[customer]; p != nil {
		return slices.Clone(p.files[digest].content)
	}
	return nil
}

// lacks tells whether c names a file that the customer has not given. Before they have
// agreed it need not be there.
func (p *person) lacks(c wallet.Command) bool {
	return !c.DryRun && slices.ContainsFunc(c.Files, func(e wallet.Evidence) bool {
		kept, there := p.files[e.Digest]
		return !there || kept.File != e.File
	})
}

// planEvidence adds what speaks for a customer to their dispute, by what time there is.
func (w *Wallet) planEvidence(p *person, d wallet.Dispute, c wallet.Command, change func(func(*wallet.Dispute))) plan {
	if until := d.Deadline("evidence"); until != 0 && w.now() > until {
		return plan{refusal: wallet.NotEligible}
	}
	kinds := []string{c.Reason}
	for i, e := range c.Files {
		if has := slices.Contains(d.Files, e); has || len(d.Files)+len(c.Files) > wallet.MaxList {
			return plan{refusal: map[bool]wallet.Refusal{true: wallet.AlreadyDone, false: wallet.LimitReached}[has]}
		}
		if kept, there := p.files[e.Digest]; (!there || kept.File != e.File) && !c.DryRun {
			return plan{refusal: wallet.FileMissing}
		}
		if i == 0 {
			kinds = nil
		}
		kinds = append(kinds, e.Kind)
	}
	return plan{summary: wallet.Summary{Effects: []string{"evidence_sent"}, State: string(d.State)}, carry: func() []wallet.Made {
		change(func(d *wallet.Dispute) {
			d.Files = append(slices.Clone(d.Files), c.Files...)
			for _, kind := range kinds {
				if !slices.Contains(d.Evidence, kind) && len(d.Evidence) < wallet.MaxList {
					d.Evidence = append(slices.Clone(d.Evidence), kind)
				}
			}
			d.Needs, d.State = nil, wallet.DisputeReview
		})
		return []wallet.Made{{Kind: "dispute", ID: d.ID}}
	}}
}
