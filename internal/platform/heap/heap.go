// Package heap gives memory back to the operating system when a rush is over. A
// server that collects garbage seldom, to spend its processor on customers,
// would otherwise keep what thousands of handshakes left behind for as long as
// nothing happens.
package heap

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The bounds of calm: so little was allocated in Every that a collection is in
// nobody's way, and so much could be given back that it is worth one.
const (
	Every = 5 * time.Second
	calm  = 16 << 20 // bytes allocated in Every
	worth = 32 << 20 // bytes beyond what the last collection left alive
)

// Trim looks every so often whether memory should be given back, and does it,
// until ctx ends.
func Trim(ctx context.Context) error {
	var t trimmer
	t.trim() // only notes where counting begins
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			t.trim()
		}
	}
}

type trimmer struct{ allocated uint64 }

// trim collects garbage in a calm moment and tells whether it did.
func (t *trimmer) trim() bool {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	allocated, live, objects, free := samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()
	since := allocated - t.allocated
	t.allocated = allocated
	if since == allocated || since > calm || objects+free < live+worth {
		return false
	}
	debug.FreeOSMemory()
	return true
}
