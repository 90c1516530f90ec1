package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/audit"
	"kefu/internal/platform/fault"
)

func signer(t testing.TB, b byte) audit.Signer {
	t.Helper()
	s, err := audit.NewSigner(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// book is a stored stream with its heads.
type book struct {
	entries []audit.Entry
	heads   []audit.Head
	keys    []ed25519.PublicKey
}

// write makes n records with a head after each of the given ones.
func write(t testing.TB, n int, heads ...int) book {
	s := signer(t, 1)
	b := book{keys: []ed25519.PublicKey{s.Public()}}
	chain := audit.NewChain("main", audit.Link{})
	for i := 1; i <= n; i++ {
		detail := fmt.Appendf(nil, "sealed detail %d", i)
		r := sample()
		r.At, r.Object.ID, r.DetailHash = int64(i)*1_000_000, fmt.Sprint("c", i), audit.HashDetail(detail)
		hash := chain.Append(&r)
		b.entries = append(b.entries, audit.Entry{Record: r, Hash: hash, Detail: detail})
		if slices.Contains(heads, i) {
			b.heads = append(b.heads, s.Sign("main", r.At+1, chain.Last()))
		}
	}
	return b
}

func (b book) verify(t testing.TB) audit.Report {
	t.Helper()
	report, err := audit.Verify(context.Background(), audit.Input{
		Stream: "main", Entries: each(b.entries), Heads: each(b.heads), Keys: b.keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.OK != (report.Reason == "") || report.OK != (report.FirstBad == 0) {
		t.Fatalf("the report contradicts itself: %+v", report)
	}
	return report
}

// relink makes the chain whole again after a change, as an intruder with the
// database in hand would.
func (b book) relink() {
	var last audit.Link
	for i := range b.entries {
		e := &b.entries[i]
		e.Seq, e.Prev = last.Seq+1, last.Hash
		e.Hash = e.Record.Hash()
		last = audit.Link{Seq: e.Seq, Hash: e.Hash}
	}
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name               string
		change             func(b *book)
		firstBad, unproven int64
		reason             string
	}{
		{"untouched", func(*book) {}, 0, 8, ""},
		{"no heads at all", func(b *book) { b.heads = nil }, 0, 0, ""},
		{"newest head lost", func(b *book) { b.heads = b.heads[:1] }, 0, 4, ""},
		{"heads in another order", func(b *book) { slices.Reverse(b.heads) }, 0, 8, ""},
		{"same head twice", func(b *book) { b.heads = append(b.heads, b.heads...) }, 0, 8, ""},
		{"detail removed", func(b *book) { b.entries[2].Detail = nil }, 0, 8, ""},
		{"edited", func(b *book) { b.entries[5].Actor.ID = "someone else" }, 6, 4, "was changed"},
		{"edited with its hash", func(b *book) {
			e := &b.entries[5]
			e.Actor.ID = "someone else"
			e.Hash = e.Record.Hash()
		}, 6, 4, "6 or 7 was changed"},
		{"edited with its hash, proven before", func(b *book) {
			e := &b.entries[4]
			e.Prev = audit.Sum{1}
			e.Hash = e.Record.Hash()
		}, 5, 4, "does not follow"},
		{"edited and all hashes made anew", func(b *book) {
			b.entries[5].Actor.ID = "someone else"
			b.relink()
		}, 5, 4, "written anew"},
		{"detail changed", func(b *book) { b.entries[2].Detail = []byte("other") }, 3, 0, "detail of record 3"},
		{"row removed", func(b *book) { b.entries = slices.Delete(b.entries, 5, 7) }, 6, 4, "records 6 to 7 are missing"},
		{"row removed and numbered anew", func(b *book) {
			b.entries = slices.Delete(b.entries, 1, 2)
			b.relink()
		}, 1, 0, "written anew"},
		{"first rows removed", func(b *book) { b.entries = b.entries[2:] }, 1, 0, "records 1 to 2 are missing"},
		{"reordered", func(b *book) { b.entries[5], b.entries[6] = b.entries[6], b.entries[5] }, 6, 4, "missing"},
		{"reordered with numbers", func(b *book) {
			b.entries[5], b.entries[6] = b.entries[6], b.entries[5]
			b.entries[5].Seq, b.entries[6].Seq = 6, 7
		}, 6, 4, "was changed"},
		{"row twice", func(b *book) { b.entries = slices.Insert(b.entries, 3, b.entries[2]) }, 3, 0, "comes again"},
		{"row of another stream", func(b *book) { b.entries[3].Stream = "other" }, 4, 0, "stream"},
		{"unreadable row", func(b *book) { b.entries[3].Record = audit.Record{Seq: 4} }, 4, 0, "cannot be read"},
		{"tail cut", func(b *book) { b.entries = b.entries[:6] }, 7, 4, "records 7 to 8 are missing"},
		{"unproven tail cut", func(b *book) { b.entries = b.entries[:8] }, 0, 8, ""},
		{"all rows gone", func(b *book) { b.entries = nil }, 1, 0, "restored from an older copy"},
		{"older copy that went on", func(b *book) {
			b.entries = b.entries[:6]
			for i := range 6 {
				r := sample()
				r.Purpose = fmt.Sprint("after the restore ", i)
				b.entries = append(b.entries, audit.Entry{Record: r})
				b.entries[len(b.entries)-1].DetailHash = audit.Sum{}
			}
			b.relink()
		}, 5, 4, "written anew"},
		{"head with a changed hash", func(b *book) { b.heads[1].Hash[0] ^= 1 }, 8, 0, "forged"},
		{"head with a changed number", func(b *book) { b.heads[1].Seq = 6 }, 6, 0, "forged"},
		{"head with a changed time", func(b *book) { b.heads[0].At++ }, 4, 0, "forged"},
		{"head by another key", func(b *book) {
			b.heads[0] = signer(t, 2).Sign("main", b.heads[0].At, b.heads[0].Link)
		}, 4, 0, "forged"},
		{"head by another key under our id", func(b *book) {
			id := b.heads[0].KeyID
			b.heads[0] = signer(t, 2).Sign("main", b.heads[0].At, b.heads[0].Link)
			b.heads[0].KeyID = id
		}, 4, 0, "forged"},
		{"heads of another stream", func(b *book) {
			b.heads = append(b.heads, signer(t, 1).Sign("other", 1, audit.Link{Seq: 99}))
		}, 0, 8, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := write(t, 10, 4, 8)
			c.change(&b)
			got := b.verify(t)
			if got.FirstBad != c.firstBad || got.UnprovenAfter != c.unproven || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("first_bad %d, unproven_after %d, %q; want %d, %d, %q", got.FirstBad, got.UnprovenAfter, got.Reason, c.firstBad, c.unproven, c.reason)
			}
		})
	}
}

// Whatever an intruder does to proven rows is seen, even when all hashes are
// made to fit again.
func TestNoChangeOfProvenRecordsPasses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "records")
		b := write(t, n, n)
		at := rapid.IntRange(0, n-1).Draw(rt, "at")
		e := &b.entries[at]
		switch rapid.IntRange(0, 7).Draw(rt, "change") {
		case 0:
			e.Actor.ID += "x"
		case 1:
			e.At++
		case 2:
			e.Approvals = append(slices.Clone(e.Approvals), "z")
		case 3:
			e.Result = "refused"
		case 4:
			b.entries = slices.Delete(b.entries, at, at+1)
		case 5:
			if at == n-1 {
				return // a row added after the last head, and unproven
			}
			b.entries = slices.Insert(b.entries, at, b.entries[at])
		case 6:
			other := rapid.IntRange(0, n-1).Draw(rt, "other")
			if other == at {
				return
			}
			b.entries[at], b.entries[other] = b.entries[other], b.entries[at]
		case 7:
			b.entries = b.entries[:at]
		}
		if rapid.Bool().Draw(rt, "relink") {
			b.relink()
		}
		if r := b.verify(t); r.OK {
			rt.Fatalf("passes: %+v", r)
		}
	})
}

func TestVerifyContinuesFromAPlace(t *testing.T) {
	b := write(t, 10, 4, 8)
	in := audit.Input{
		Stream: "main", After: audit.Link{Seq: 4, Hash: b.entries[3].Hash},
		Entries: each(b.entries[4:]), Heads: each(b.heads), Keys: b.keys,
	}
	report, err := audit.Verify(context.Background(), in)
	if err != nil || !report.OK || report.Records != 6 || report.UnprovenAfter != 8 {
		t.Errorf("%+v, %v", report, err)
	}
	in.After.Hash[0] ^= 1
	if report, _ := audit.Verify(context.Background(), in); report.OK {
		t.Error("a wrong beginning passes")
	}
}

func TestTornHeadLinesAreCountedAndPassedOver(t *testing.T) {
	b := write(t, 10, 4, 8)
	var lines [][]byte
	for _, h := range b.heads {
		line, err := h.Line()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	lines = append(lines, lines[1][:40])
	report, err := audit.Verify(context.Background(), audit.Input{
		Stream: "main", Entries: each(b.entries), Heads: audit.ReadHeads(each(lines)), Keys: b.keys,
	})
	if err != nil || !report.OK || report.UnprovenAfter != 8 || report.UnreadableHeads != 1 || report.Heads != 2 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestVerifyPassesErrorsOn(t *testing.T) {
	b := write(t, 3)
	broken := errors.New("the disk")
	failing := func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, broken) }
	if _, err := audit.Verify(context.Background(), audit.Input{Stream: "main", Entries: failing, Heads: each(b.heads)}); !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := audit.Verify(ctx, audit.Input{Stream: "main", Entries: each(b.entries), Heads: each(b.heads)}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the end of its context: %v", err)
	}
}

func sumOf(body string) [audit.DigestLen]byte {
	sum := sha256.Sum256([]byte(body))
	return [audit.DigestLen]byte(sum[:audit.DigestLen])
}

func TestMessagesAreComparedWithTheirDigests(t *testing.T) {
	type key struct {
		conversation string
		seq          int64
	}
	digest := func(c string, seq int64, body string) audit.MessageDigest {
		d := audit.MessageDigest{Conversation: c, Seq: seq}
		if body != "" {
			d.Sum = sumOf(body)
		}
		return d
	}
	commits := [][]audit.MessageDigest{
		{digest("a", 1, "one"), digest("b", 1, "uno")},
		{digest("a", 2, "two")},
		{digest("a", 1, "one, redacted")},
		{digest("b", 1, "")}, // removed
	}
	for _, c := range []struct {
		name     string
		stored   map[key]string
		firstBad int64
	}{
		{"as written", map[key]string{{"a", 1}: "one, redacted", {"a", 2}: "two"}, 0},
		{"changed", map[key]string{{"a", 1}: "one, redacted", {"a", 2}: "TWO"}, 2},
		{"missing", map[key]string{{"a", 1}: "one, redacted"}, 2},
		{"redaction undone", map[key]string{{"a", 1}: "one", {"a", 2}: "two"}, 3},
		{"changed, and its list blanked", map[key]string{{"a", 1}: "one, redacted", {"a", 2}: "TWO"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			blanked, compared := strings.Contains(c.name, "blanked"), int64(4)
			chain := audit.NewChain("main", audit.Link{})
			var entries []audit.Entry
			for _, list := range commits {
				detail, err := audit.EncodeDigests(nil, list)
				if err != nil {
					t.Fatal(err)
				}
				r := audit.Record{Action: audit.ActionMessages, DetailHash: audit.HashDetail(detail)}
				hash := chain.Append(&r)
				entries = append(entries, audit.Entry{Record: r, Hash: hash, Detail: detail})
			}
			if blanked {
				entries[1].Detail, compared = []byte{}, 2
			}
			report, err := audit.Verify(context.Background(), audit.Input{
				Stream: "main", Entries: each(entries), Heads: each([]audit.Head(nil)),
				Messages: func(_ context.Context, list []audit.MessageDigest) (differ []int, err error) {
					for i, m := range list {
						if body, ok := c.stored[key{m.Conversation, m.Seq}]; !ok || sumOf(body) != m.Sum {
							differ = append(differ, i)
						}
					}
					return differ, nil
				},
			})
			if err != nil || report.FirstBad != c.firstBad || report.OK != (c.firstBad == 0) || report.Messages != compared {
				t.Errorf("%+v, %v, want first_bad %d", report, err, c.firstBad)
			}
		})
	}
}

func TestSignerRefusesShortSeeds(t *testing.T) {
	if _, err := audit.NewSigner(make([]byte, 16)); !fault.Is(err, fault.Invalid) {
		t.Errorf("err = %v", err)
	}
	if (audit.Head{}).SignedBy([]ed25519.PublicKey{nil, {}}) {
		t.Error("an empty head is signed by an empty key")
	}
}
