package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// TestMemoryIsGivenBackInACalmMoment makes garbage that the collector would keep
// and looks at what remains.
func TestMemoryIsGivenBackInACalmMoment(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var trim trimmer
	if trim.trim() {
		t.Error("memory was given back before anything was counted")
	}
	before := rubbish(t, 128<<20)
	if trim.trim() {
		t.Error("memory was given back in the middle of a rush")
	}
	if !trim.trim() {
		t.Fatal("the rush is over and its memory was kept")
	}
	if after := held(); after > before-64<<20 {
		t.Errorf("%d MiB are held, before it was %d", after>>20, before>>20)
	}
	if trim.trim() {
		t.Error("there was nothing left to give back")
	}
}

// rubbish allocates size bytes that nobody keeps and tells what is then held.
func rubbish(t *testing.T, size int) uint64 {
	t.Helper()
	for made := 0; made < size; made += 1 << 20 {
		b := make([]byte, 1<<20)
		b[len(b)-1] = 1
		runtime.KeepAlive(b)
	}
	return held()
}

func held() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapSys - m.HeapReleased
}
