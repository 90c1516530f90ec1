package keyring_test

import (
	"bytes"
	"sync/atomic"
	"testing"

	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
)

func FuzzOpen(f *testing.F) {
	r := open(f, f.TempDir(), secret.GenerateMaster(), small())
	sealed, ref := seal(f, r, "the one text", "row")
	f.Add(sealed, int64(ref), []byte("row"))
	f.Add([]byte{}, int64(0), []byte{})
	f.Add([]byte{1}, int64(-1), []byte("row"))
	f.Fuzz(func(t *testing.T, value []byte, at int64, aad []byte) {
		got, err := r.Open(nil, value, keyring.Ref(at), aad)
		genuine := bytes.Equal(value, sealed) && keyring.Ref(at) == ref && string(aad) == "row"
		if (err == nil) != genuine {
			t.Errorf("Open(%x, %d, %q) = %q, %v", value, at, aad, got, err)
		}
	})
}

func FuzzParseTombstone(f *testing.F) {
	f.Add([]byte("0000000100000002 00000000"))
	f.Add(keyring.AppendTombstone(nil, 1<<32|7)[:25])
	f.Fuzz(func(t *testing.T, line []byte) {
		if ref, ok := keyring.ParseTombstone(line); ok && !bytes.Equal(keyring.AppendTombstone(nil, ref)[:len(line)], line) {
			t.Errorf("%q is read as %d", line, ref)
		}
	})
}

func bench(b *testing.B) *keyring.Ring {
	return open(b, b.TempDir(), secret.GenerateMaster(), keyring.Options{})
}

// BenchmarkNext takes keys that are there: what a caller waits for.
func BenchmarkNext(b *testing.B) {
	const ahead = 1 << 20
	opts := keyring.Options{FirstExtent: ahead, MaxExtent: ahead, PadSlots: 1 << 24}
	r := open(b, b.TempDir(), secret.GenerateMaster(), opts)
	left := ahead
	for b.Loop() {
		if left--; left == 0 {
			b.StopTimer()
			r.Close()
			r, left = open(b, b.TempDir(), secret.GenerateMaster(), opts), ahead
			b.StartTimer()
		}
		if _, _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMakeKeys takes keys faster than they are made: what a key costs in
// the background.
func BenchmarkMakeKeys(b *testing.B) {
	r := bench(b)
	for b.Loop() {
		if _, _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal100(b *testing.B) {
	r, text, dst := bench(b), make([]byte, 100), make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.Seal(dst, text, text[:20]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal100Parallel(b *testing.B) {
	r, text := bench(b), make([]byte, 100)
	b.RunParallel(func(pb *testing.PB) {
		dst := make([]byte, 0, 256)
		for pb.Next() {
			if _, _, err := r.Seal(dst, text, text[:20]); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkOpen100(b *testing.B) {
	r, text, dst := bench(b), make([]byte, 100), make([]byte, 0, 256)
	var rows [1024]struct {
		sealed []byte
		ref    keyring.Ref
	}
	for i := range rows {
		rows[i].sealed, rows[i].ref, _ = r.Seal(nil, text, nil)
	}
	var n atomic.Int64
	b.ReportAllocs()
	for b.Loop() {
		row := rows[n.Add(1)%1024]
		if _, err := r.Open(dst, row.sealed, row.ref, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDestroy100(b *testing.B) {
	r := bench(b)
	refs := make([]keyring.Ref, 100)
	for b.Loop() {
		for i := range refs {
			refs[i], _, _ = r.Next()
		}
		if err := r.Destroy(refs...); err != nil {
			b.Fatal(err)
		}
	}
}
