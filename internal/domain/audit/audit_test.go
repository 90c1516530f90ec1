package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/audit"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func sample() audit.Record {
	return audit.Record{
		Stream: "main", Seq: 7, At: 1_795_000_000_123_456,
		Actor:   audit.Actor{Type: "agent", ID: "a1", Session: "s1"},
		Subject: "p-9f", Action: "customer.reveal", Object: audit.Object{Type: "customer", ID: "c1"},
		Purpose: "退款", Assurance: 2, Approvals: []string{"x", "yz"}, Result: "ok",
		DetailHash: sha256.Sum256([]byte("detail")), Prev: sha256.Sum256([]byte("prev")),
	}
}

// The vectors were computed from the description of the form alone, by another
// program in another language.
func TestGoldenVectors(t *testing.T) {
	full := sample()
	for _, c := range []struct {
		name string
		r    audit.Record
		form string
		hash string
	}{
		{"empty", audit.Record{}, goldenEmptyForm, goldenEmptyHash},
		{"full", full, goldenFullForm, goldenFullHash},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := hex.EncodeToString(c.r.Encode(nil)); got != c.form {
				t.Errorf("Encode:\n got %s\nwant %s", got, c.form)
			}
			if got := c.r.Hash().String(); got != c.hash {
				t.Errorf("Hash = %s, want %s", got, c.hash)
			}
		})
	}
}

func records() *rapid.Generator[audit.Record] {
	text := rapid.OneOf(rapid.StringN(0, 6, 24), rapid.SampledFrom([]string{"", "a", "ab", "\x00", "\x01a", "|", "a|b"}))
	sum := rapid.Custom(func(t *rapid.T) audit.Sum {
		return sha256.Sum256([]byte{rapid.Byte().Draw(t, "sum")})
	})
	return rapid.Custom(func(t *rapid.T) audit.Record {
		return audit.Record{
			Stream: text.Draw(t, "stream"), Seq: rapid.Int64().Draw(t, "seq"), At: rapid.Int64().Draw(t, "at"),
			Actor:   audit.Actor{Type: text.Draw(t, "at"), ID: text.Draw(t, "ai"), Session: text.Draw(t, "as")},
			Subject: text.Draw(t, "subject"), Action: text.Draw(t, "action"),
			Object:  audit.Object{Type: text.Draw(t, "ot"), ID: text.Draw(t, "oi")},
			Purpose: text.Draw(t, "purpose"), Assurance: rapid.Byte().Draw(t, "assurance"),
			Approvals: rapid.SliceOfN(text, 0, 4).Draw(t, "approvals"), Result: text.Draw(t, "result"),
			DetailHash: sum.Draw(t, "detail"), Prev: sum.Draw(t, "prev"),
		}
	})
}

// A form that can be read back has no second record behind it.
func TestDifferentRecordsNeverEncodeAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := records().Draw(t, "a"), records().Draw(t, "b")
		back, err := audit.Decode(a.Encode(nil))
		if err != nil || !back.Equal(a) {
			t.Fatalf("%+v reads back as %+v, %v", a, back, err)
		}
		if same := bytes.Equal(a.Encode(nil), b.Encode(nil)); same != a.Equal(b) {
			t.Fatalf("%+v and %+v: same form %v", a, b, same)
		}
	})
}

func TestLongTextsStayReadable(t *testing.T) {
	r := sample()
	r.Purpose = strings.Repeat("long ", 1000)
	if back, err := audit.Decode(r.Encode(nil)); err != nil || !back.Equal(r) {
		t.Errorf("%v", err)
	}
}

func TestMovingTextBetweenFieldsChangesTheHash(t *testing.T) {
	base := sample()
	for name, move := range map[string]func(*audit.Record){
		"actor id to session":  func(r *audit.Record) { r.Actor.ID, r.Actor.Session = "a", "1s1" },
		"action to object":     func(r *audit.Record) { r.Action, r.Object.Type = "customer.revea", "lcustomer" },
		"between approvals":    func(r *audit.Record) { r.Approvals = []string{"xy", "z"} },
		"approvals joined":     func(r *audit.Record) { r.Approvals = []string{"xyz"} },
		"approval to result":   func(r *audit.Record) { r.Approvals, r.Result = []string{"x"}, "yzok" },
		"approvals in reverse": func(r *audit.Record) { r.Approvals = []string{"yz", "x"} },
		"sums exchanged":       func(r *audit.Record) { r.DetailHash, r.Prev = r.Prev, r.DetailHash },
		"seq and at exchanged": func(r *audit.Record) { r.Seq, r.At = r.At, r.Seq },
	} {
		r := sample()
		move(&r)
		if r.Hash() == base.Hash() {
			t.Errorf("%s: the hash stays the same", name)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	r := sample()
	good := r.Encode(nil)
	long := append([]byte{1, 0x84, 0x00}, good[2:]...) // "main" with a length in two bytes
	for name, b := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "more": append(bytes.Clone(good), 0),
		"other version": append([]byte{2}, good[1:]...), "longer form of a length": long,
	} {
		if _, err := audit.Decode(b); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	good := sample()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*audit.Record){
		"stream": func(r *audit.Record) { r.Stream = "" }, "actor_type": func(r *audit.Record) { r.Actor.Type = "" },
		"action": func(r *audit.Record) { r.Action = "" }, "result": func(r *audit.Record) { r.Result = "" },
		"purpose": func(r *audit.Record) { r.Purpose = strings.Repeat("x", 1025) }, "assurance": func(r *audit.Record) { r.Assurance = 4 },
		"approval_ids": func(r *audit.Record) { r.Approvals = make([]string, 17) },
	} {
		r := sample()
		spoil(&r)
		if err := r.Validate(); fault.FieldOf(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestChainLinksAndTakesBack(t *testing.T) {
	c := audit.NewChain("main", audit.Link{})
	first, second := sample(), sample()
	h1 := c.Append(&first)
	before := c
	c.Append(&second)
	if first.Seq != 1 || !first.Prev.Zero() || second.Seq != 2 || second.Prev != h1 || first.Hash() != h1 {
		t.Fatalf("links: %+v %+v", first, second)
	}
	c = before // the transaction failed
	again := sample()
	if c.Append(&again); again.Seq != 2 || again.Prev != h1 {
		t.Errorf("after taking back: seq %d", again.Seq)
	}
}

func TestDigestsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []audit.MessageDigest
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			conversation := rapid.OneOf(rapid.StringN(1, 30, 120), rapid.Just(id.New()),
				rapid.StringMatching(`[0-9a-z]{26}`)).Draw(t, "conversation")
			list = append(list, audit.MessageDigest{
				Conversation: conversation, Seq: rapid.Int64Min(0).Draw(t, "seq"),
				Sum: sumOf(rapid.StringN(1, 1, -1).Draw(t, "body")),
			})
		}
		enc, err := audit.EncodeDigests(nil, list)
		if err != nil {
			t.Fatal(err)
		}
		back, err := audit.DecodeDigests(enc)
		if err != nil || len(back) != len(list) {
			t.Fatalf("%d of %d, %v", len(back), len(list), err)
		}
		for i := range list {
			if back[i] != list[i] {
				t.Fatalf("%+v reads back as %+v", list[i], back[i])
			}
		}
	})
}

func TestDigestsAreCompactAndBounded(t *testing.T) {
	list := make([]audit.MessageDigest, 100)
	for i := range list {
		list[i] = audit.MessageDigest{Conversation: id.New(), Seq: int64(i)}
	}
	enc, err := audit.EncodeDigests(nil, list)
	if err != nil || len(enc) > 2+100*34 {
		t.Errorf("%d bytes for 100 messages, %v", len(enc), err)
	}
	for name, bad := range map[string][]audit.MessageDigest{
		"no conversation": {{Seq: 1}}, "negative": {{Conversation: "c", Seq: -1}}, "too many": make([]audit.MessageDigest, 65537),
	} {
		if _, err := audit.EncodeDigests(nil, bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	r := sample()
	f.Add(r.Encode(nil))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := audit.Decode(b); err == nil && !bytes.Equal(r.Encode(nil), b) {
			t.Errorf("%x is a second form of %+v", b, r)
		}
	})
}

func FuzzDecodeDigests(f *testing.F) {
	enc, err := audit.EncodeDigests(nil, []audit.MessageDigest{{Conversation: id.New(), Seq: 3}, {Conversation: "c", Seq: 400}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(enc)
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := audit.DecodeDigests(b)
		if err != nil {
			return
		}
		again, err := audit.EncodeDigests(nil, list)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is a second form of %+v: %x, %v", b, list, again, err)
		}
	})
}

func FuzzParseHead(f *testing.F) {
	signer, err := audit.NewSigner(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	line, err := signer.Sign("main", 5, audit.Link{Seq: 1}).Line()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := audit.ParseHead(b)
		if err != nil {
			return
		}
		again, err := h.Line()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := audit.ParseHead(again); err != nil || back.Link != h.Link || back.Stream != h.Stream {
			t.Errorf("%+v becomes %+v, %v", h, back, err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	c := audit.NewChain("main", audit.Link{})
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		c.Append(&r)
	}
}

func BenchmarkEncodeDigests100(b *testing.B) {
	list := make([]audit.MessageDigest, 100)
	for i := range list {
		list[i] = audit.MessageDigest{Conversation: id.New(), Seq: int64(i)}
	}
	buf := make([]byte, 0, 8192)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := audit.EncodeDigests(buf, list); err != nil {
			b.Fatal(err)
		}
	}
}
