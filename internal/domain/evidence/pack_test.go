package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"strings"
	"testing"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/evidence"
)

func signer(t testing.TB, seed byte) audit.Signer {
	t.Helper()
	s, err := audit.NewSigner(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pack(t testing.TB, s audit.Signer) []byte {
	t.Helper()
	var out bytes.Buffer
	w := evidence.NewWriter(&out, evidence.Manifest{Case: "c1", Reference: "K-1", MadeAt: "2026-11-27T10:00:00Z", MadeBy: "ada"}, s)
	// In one order always: processes of one fuzzing run compare what each has packed.
	for _, file := range []struct{ name, text string }{
		{"case.json", `{"id":"c1"}`},
		{"files/1 photo.png", strings.Repeat("\x89PNG", 50)},
	} {
		if err := w.Add(file.name, strings.NewReader(file.text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"", "/etc/passwd", "../x", "a/../b", "a//b", `a\b`, "c:x", "manifest.json", "CASE.json", strings.Repeat("x", 201)} {
		if err := w.Add(name, strings.NewReader("x")); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verify(raw []byte, keys ...ed25519.PublicKey) (evidence.Report, error) {
	return evidence.Verify(bytes.NewReader(raw), int64(len(raw)), keys)
}

// Whichever byte is another one, it is found.
func TestEveryByteIsProven(t *testing.T) {
	ours, other := signer(t, 1), signer(t, 2)
	raw := pack(t, ours)
	r, err := verify(raw, ours.Public())
	if err != nil || r.Manifest.Reference != "K-1" || len(r.Manifest.Files) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := verify(raw); err != nil {
		t.Errorf("by whichever key: %v", err)
	}
	if _, err := verify(raw, other.Public()); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("by another key: %v", err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(raw)
			bad[i] ^= bit
			if _, err := verify(bad, ours.Public()); err == nil {
				t.Fatalf("byte %d of %d was changed, and nobody found it", i, len(raw))
			}
		}
	}
	for name, bad := range map[string][]byte{"nothing": nil, "cut off": raw[:len(raw)-1], "longer": append(bytes.Clone(raw), 0), "something before": append([]byte("x"), raw...), "half": raw[len(raw)/2:]} {
		if _, err := verify(bad); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	at := bytes.Index(raw, []byte("PNG"))
	bad := bytes.Clone(raw)
	bad[at] ^= 1
	if _, err := verify(bad); err == nil || !strings.Contains(err.Error(), "files/1 photo.png") {
		t.Errorf("which file it is: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	s := signer(f, 1)
	raw := pack(f, s)
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := verify(data, s.Public()); err == nil && !bytes.Equal(data, raw) {
			t.Error("something that we never made is proven")
		}
	})
}

func TestAPackHasABound(t *testing.T) {
	w := evidence.NewWriter(io.Discard, evidence.Manifest{}, signer(t, 1))
	for i := range evidence.MaxFiles {
		if err := w.Add("f/"+strings.Repeat("x", i%150+1)+string(rune('a'+i/150)), strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Add("one more", strings.NewReader("")); err == nil {
		t.Error("one more than there may be")
	}
}
