package auditing_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"iter"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/auditing"
)

// chain is a chain in memory, with its heads.
type chain struct {
	entries []audit.Entry
	heads   []audit.Head
	signer  audit.Signer
	made    audit.Chain
	read    int
	now     time.Time
}

func newChain(t *testing.T) *chain {
	t.Helper()
	signer, err := audit.NewSigner(bytes.Repeat([]byte{5}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &chain{signer: signer, made: audit.NewChain("s", audit.Link{}), now: time.Unix(1_800_000_000, 0)}
}

func (c *chain) write(n int) {
	for range n {
		r := audit.Record{At: 1, Actor: audit.Actor{Type: "agent", ID: "a"}, Action: "a.b", Object: audit.Object{Type: "x", ID: "1"}, Result: "ok"}
		hash := c.made.Append(&r)
		c.entries = append(c.entries, audit.Entry{Record: r, Hash: hash})
	}
}

func (c *chain) sign() { c.heads = append(c.heads, c.signer.Sign("s", 7, c.made.Last())) }

func (c *chain) AuditSince(_ context.Context, _ identity.Principal, after int64) (func(func(audit.Entry, error) bool), error) {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range c.entries {
			if e.Seq > after {
				if c.read++; !yield(e, nil) {
					return
				}
			}
		}
	}, nil
}

func (c *chain) prover() *auditing.Prover {
	return auditing.New(auditing.Options{
		Chain: c, Stream: "s", Keys: []ed25519.PublicKey{c.signer.Public()}, Clock: func() time.Time { return c.now },
		Heads: func() iter.Seq2[audit.Head, error] {
			return func(yield func(audit.Head, error) bool) {
				for _, h := range c.heads {
					if !yield(h, nil) {
						return
					}
				}
			}
		},
	})
}

func prove(t *testing.T, c *chain, p *auditing.Prover) auditing.Proof {
	t.Helper()
	c.now = c.now.Add(auditing.Every)
	found, err := p.Prove(t.Context(), identity.SystemPart("test"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAProofGoesOnWhereTheLastOneEnded(t *testing.T) {
	c := newChain(t)
	p := c.prover()
	c.write(10)
	c.sign()
	c.write(3)
	if got := prove(t, c, p); !got.OK || got.Proven != 10 || got.Checked != 13 {
		t.Fatalf("%+v", got)
	}
	c.write(7)
	c.read = 0
	if got := prove(t, c, p); !got.OK || got.Proven != 10 || got.Checked != 20 {
		t.Errorf("without a new head: %+v", got)
	}
	if c.read != 10 {
		t.Errorf("it read %d records, and 10 were not proven", c.read)
	}
	c.sign()
	if got := prove(t, c, p); !got.OK || got.Proven != 20 {
		t.Errorf("with one: %+v", got)
	}
	c.read = 0
	if got, err := p.Prove(t.Context(), identity.SystemPart("test")); err != nil || got.Proven != 20 || c.read != 0 {
		t.Errorf("asked again at once: %+v, %d read", got, c.read)
	}
}

func TestWhatIsWrongIsFoundAndStays(t *testing.T) {
	for name, spoil := range map[string]func(*chain){
		"a changed record": func(c *chain) { c.entries[14].Actor.ID = "b" },
		"a removed record": func(c *chain) { c.entries = append(c.entries[:14], c.entries[15:]...) },
		"a cut tail":       func(c *chain) { c.entries = c.entries[:15] },
		"a chain written anew": func(c *chain) {
			c.entries, c.made = c.entries[:10], audit.NewChain("s", audit.Link{Seq: 10, Hash: c.entries[9].Hash})
			c.write(4)
			c.entries[12].Action = "x"
			c.entries[12].Hash = c.entries[12].Record.Hash()
		},
		"a head of another's making": func(c *chain) {
			other, _ := audit.NewSigner(bytes.Repeat([]byte{6}, 32))
			c.heads = append(c.heads, other.Sign("s", 7, c.made.Last()))
		},
	} {
		c := newChain(t)
		p := c.prover()
		c.write(10)
		c.sign()
		if got := prove(t, c, p); !got.OK {
			t.Fatalf("%s: before: %+v", name, got)
		}
		c.write(10)
		c.sign()
		spoil(c)
		if got := prove(t, c, p); got.OK || got.Reason == "" || got.FirstBad == 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if got := prove(t, c, p); got.OK {
			t.Errorf("%s: it is right again: %+v", name, got)
		}
	}
}
