// Package blobtest is the suite that every implementation of blob.Store passes.
// It knows nothing of how one keeps its bytes: that they are encrypted there is
// for the implementation's own tests to show.
package blobtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"kefu/internal/connector/blob"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
)

// limit is large enough for every content of the suite.
const limit = 1 << 20

// Run runs the suite; open gives a new, empty store that outlives the test.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"round trip":           roundTrip,
		"seek":                 seek,
		"key and id":           keyAndID,
		"limit":                limits,
		"failed put":           failedPut,
		"one winner":           oneWinner,
		"unseen while written": unseenWhileWritten,
		"delete":               deletes,
		"list":                 list,
		"ended context":        endedContext,
		"bad ids":              badIDs,
		"sweep":                sweep,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// NewKey makes a key, as the key ring would.
func NewKey() keyring.Key {
	var key keyring.Key
	rand.Read(key[:])
	return key
}

// Bytes makes content that no compression or repetition could hide mistakes in.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func put(t *testing.T, s blob.Store, blobID string, key keyring.Key, content []byte) {
	t.Helper()
	n, err := s.Put(t.Context(), blobID, key, bytes.NewReader(content), limit)
	if err != nil || n != int64(len(content)) {
		t.Fatalf("Put of %d bytes = %d, %v", len(content), n, err)
	}
}

func read(s blob.Store, blobID string, key keyring.Key) ([]byte, error) {
	c, err := s.Open(context.Background(), blobID, key)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(c)
	return got, errors.Join(err, c.Close())
}

func absent(t *testing.T, s blob.Store, blobID string, key keyring.Key) {
	t.Helper()
	if _, err := read(s, blobID, key); !fault.Is(err, fault.NotFound) {
		t.Errorf("Open of what must not be there: %v", err)
	}
	if page, err := s.List(t.Context(), "", blob.MaxPage); err != nil || slices.ContainsFunc(page, func(e blob.Entry) bool { return e.ID == blobID }) {
		t.Errorf("List has what must not be there: %v, %v", page, err)
	}
}

func roundTrip(t *testing.T, s blob.Store) {
	const chunk = 64 << 10
	for _, size := range []int{0, 1, 100, chunk - 1, chunk, chunk + 1, 2 * chunk, 3*chunk + 7} {
		blobID, key, want := id.New(), NewKey(), Bytes(size)
		n, err := s.Put(t.Context(), blobID, key, iotest.HalfReader(iotest.DataErrReader(bytes.NewReader(want))), limit)
		if err != nil || n != int64(size) {
			t.Fatalf("%d bytes: Put = %d, %v", size, n, err)
		}
		c, err := s.Open(t.Context(), blobID, key)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if c.Size() != int64(size) {
			t.Errorf("%d bytes: Size = %d", size, c.Size())
		}
		if err := iotest.TestReader(c, want); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func seek(t *testing.T, s blob.Store) {
	blobID, key, want := id.New(), NewKey(), Bytes(200_000)
	put(t, s, blobID, key, want)
	c, err := s.Open(t.Context(), blobID, key)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, from := range []int64{199_999, 0, 65_535, 65_536, 131_072, 200_000, 250_000} {
		if at, err := c.Seek(from, io.SeekStart); err != nil || at != from {
			t.Fatalf("Seek(%d) = %d, %v", from, at, err)
		}
		got, err := io.ReadAll(io.LimitReader(c, 70_000))
		rest := want[min(from, 200_000):]
		if err != nil || !bytes.Equal(got, rest[:min(len(rest), 70_000)]) {
			t.Errorf("from %d: %d bytes, %v", from, len(got), err)
		}
	}
	if _, err := c.Seek(-1, io.SeekStart); err == nil {
		t.Error("a position before the start is taken")
	}
}

func keyAndID(t *testing.T, s blob.Store) {
	blobID, key, want := id.New(), NewKey(), Bytes(1000)
	put(t, s, blobID, key, want)
	if got, err := read(s, blobID, NewKey()); !fault.Is(err, fault.Internal) || len(got) > 0 {
		t.Errorf("another key: %d bytes, %v", len(got), err)
	}
	if got, err := read(s, blobID, keyring.Key{}); err == nil {
		t.Errorf("a destroyed key: %d bytes", len(got))
	}
	absent(t, s, id.New(), key)
	if got, err := read(s, blobID, key); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the right one afterwards: %v", err)
	}
}

func limits(t *testing.T, s blob.Store) {
	for _, c := range []struct {
		size  int
		limit int64
		ok    bool
	}{
		{0, 0, true}, {1, 0, false}, {10, 10, true}, {11, 10, false}, {65_536, 65_536, true},
		{65_537, 65_536, false}, {65_536, 65_535, false}, {70_000, 70_000, true}, {300_000, 70_000, false}, {5, -1, false},
	} {
		blobID, key := id.New(), NewKey()
		_, err := s.Put(t.Context(), blobID, key, bytes.NewReader(make([]byte, c.size)), c.limit)
		if c.ok && err != nil || !c.ok && !fault.Is(err, fault.TooMany) {
			t.Errorf("%d bytes, limit %d: %v", c.size, c.limit, err)
		}
		if !c.ok {
			absent(t, s, blobID, key)
		}
	}
	var endless counter
	if _, err := s.Put(t.Context(), id.New(), NewKey(), &endless, 100_000); !fault.Is(err, fault.TooMany) || endless > 300_000 {
		t.Errorf("an endless source: %v after %d bytes", err, endless)
	}
}

// counter never ends and counts what was taken.
type counter int64

func (c *counter) Read(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// stuck gives neither bytes nor an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func failedPut(t *testing.T, s blob.Store) {
	broken := errors.New("the line is dead")
	for name, r := range map[string]io.Reader{
		"at once":                    iotest.ErrReader(broken),
		"in the first chunk":         io.MultiReader(bytes.NewReader(Bytes(1000)), iotest.ErrReader(broken)),
		"after the first":            io.MultiReader(bytes.NewReader(Bytes(65_536)), iotest.ErrReader(broken)),
		"in the third":               io.MultiReader(bytes.NewReader(Bytes(150_000)), iotest.ErrReader(broken)),
		"cut off by its peer":        io.MultiReader(bytes.NewReader(Bytes(70_000)), iotest.ErrReader(io.ErrUnexpectedEOF)),
		"neither bytes nor an error": stuck{},
	} {
		blobID, key := id.New(), NewKey()
		if _, err := s.Put(t.Context(), blobID, key, r, limit); err == nil {
			t.Errorf("%s: no error", name)
		}
		absent(t, s, blobID, key)
		put(t, s, blobID, key, []byte("again"))
	}
}

func oneWinner(t *testing.T, s blob.Store) {
	blobID := id.New()
	var wg sync.WaitGroup
	var won, lost atomic.Int32
	keys, contents := make([]keyring.Key, 8), make([][]byte, 8)
	var winner atomic.Int32
	for i := range keys {
		keys[i], contents[i] = NewKey(), Bytes(70_000)
		wg.Go(func() {
			_, err := s.Put(context.Background(), blobID, keys[i], bytes.NewReader(contents[i]), limit)
			switch {
			case err == nil:
				won.Add(1)
				winner.Store(int32(i))
			case fault.Is(err, fault.Conflict):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 7 {
		t.Fatalf("%d won, %d lost", won.Load(), lost.Load())
	}
	i := winner.Load()
	if got, err := read(s, blobID, keys[i]); err != nil || !bytes.Equal(got, contents[i]) {
		t.Errorf("the winner's content: %v", err)
	}
	if _, err := s.Put(t.Context(), blobID, keys[i], bytes.NewReader(nil), limit); !fault.Is(err, fault.Conflict) {
		t.Errorf("a later Put: %v", err)
	}
}

func unseenWhileWritten(t *testing.T, s blob.Store) {
	blobID, key, want := id.New(), NewKey(), Bytes(150_000)
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := s.Put(context.Background(), blobID, key, r, limit)
		done <- err
	}()
	for part := range slices.Chunk(want, 50_000) {
		absent(t, s, blobID, key)
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	absent(t, s, blobID, key)
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := read(s, blobID, key); err != nil || !bytes.Equal(got, want) {
		t.Errorf("afterwards: %v", err)
	}
}

func deletes(t *testing.T, s blob.Store) {
	blobID, key := id.New(), NewKey()
	if err := s.Delete(t.Context(), blobID); err != nil {
		t.Errorf("of what never was: %v", err)
	}
	put(t, s, blobID, key, Bytes(100))
	neighbour := blobID[:25] + map[bool]string{true: "1", false: "0"}[blobID[25] == '0']
	put(t, s, neighbour, key, Bytes(100))
	for range 2 {
		if err := s.Delete(t.Context(), blobID); err != nil {
			t.Error(err)
		}
		absent(t, s, blobID, key)
	}
	if _, err := read(s, neighbour, key); err != nil {
		t.Errorf("the neighbour: %v", err)
	}
}

func list(t *testing.T, s blob.Store) {
	if page, err := s.List(t.Context(), "", 10); err != nil || len(page) > 0 {
		t.Errorf("of an empty store: %v, %v", page, err)
	}
	var want []string
	for i := range 25 {
		blobID := id.New()
		if i%3 > 0 { // some of them near to each other
			blobID = want[i-1][:2+i%3] + blobID[2+i%3:]
		}
		put(t, s, blobID, NewKey(), nil)
		want = append(want, blobID)
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 25, 100} {
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			page, err := s.List(t.Context(), after, limit)
			if err != nil || len(page) > limit {
				t.Fatalf("%d entries, %v", len(page), err)
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				got = append(got, e.ID)
				if age := time.Since(e.Stored); age < -time.Hour || age > time.Hour {
					t.Errorf("stored %s ago", age)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d:\n got %v\nwant %v", limit, got, want)
		}
	}
}

func endedContext(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	blobID, key := id.New(), NewKey()
	_, err := s.Put(ctx, blobID, key, io.MultiReader(bytes.NewReader(Bytes(100_000)), readerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	})), limit)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("Put = %v", err)
	}
	absent(t, s, blobID, key)
	put(t, s, blobID, key, nil)
	_, errOpen := s.Open(ctx, blobID, key)
	_, errList := s.List(ctx, "", 1)
	for _, err := range []error{errOpen, errList, s.Delete(ctx, blobID)} {
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v", err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func badIDs(t *testing.T, s blob.Store) {
	for _, bad := range []string{
		"", "a", "../../../../../../etc/pass", "0123456789ABCDEFGHJKMNPQRS", "tmp/0123456789abcdefghjkmn",
		"0123456789abcdefghjkmnpqr\x00", "..aaaaaaaaaaaaaaaaaaaaaaaa", "0123456789abcdefghjkmnpqrs0",
	} {
		_, errPut := s.Put(t.Context(), bad, NewKey(), bytes.NewReader(nil), limit)
		_, errOpen := s.Open(t.Context(), bad, NewKey())
		for _, err := range []error{errPut, errOpen, s.Delete(t.Context(), bad)} {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

func sweep(t *testing.T, s blob.Store) {
	known := map[string]bool{}
	for i := range 6 {
		blobID := id.New()
		put(t, s, blobID, NewKey(), nil)
		if i%2 == 0 {
			known[blobID] = true
		}
	}
	unknown := func(_ context.Context, ids []string) ([]string, error) {
		return slices.DeleteFunc(slices.Clone(ids), func(i string) bool { return known[i] }), nil
	}
	if n, err := blob.Sweep(t.Context(), s, time.Now().Add(-time.Hour), unknown); n != 0 || err != nil {
		t.Errorf("uploads under way: %d, %v", n, err)
	}
	broken := fmt.Errorf("no database")
	if n, err := blob.Sweep(t.Context(), s, time.Now().Add(time.Hour), func(context.Context, []string) ([]string, error) { return nil, broken }); n != 0 || !errors.Is(err, broken) {
		t.Errorf("without a database: %d, %v", n, err)
	}
	if n, err := blob.Sweep(t.Context(), s, time.Now().Add(time.Hour), unknown); n != 3 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	page, err := s.List(t.Context(), "", 100)
	if err != nil || len(page) != 3 {
		t.Fatalf("%d left, %v", len(page), err)
	}
	for _, e := range page {
		if !known[e.ID] {
			t.Errorf("%s is left", e.ID)
		}
	}
}
