package bench

import (
	"math/bits"
	"slices"
	"sync/atomic"
	"time"
)

const (
	subBits    = 6 // 64 steps for each power of two: 1.6 % at most off
	subSteps   = 1 << subBits
	maxPower   = 36 // 2³⁶ µs is beyond any run
	histShards = 16
)

// histogram counts durations in microseconds. Several goroutines may add to it
// at once; each names its shard to stay out of the others' way.
type histogram struct {
	counts [histShards][]atomic.Uint32
}

func newHistogram() *histogram {
	h := &histogram{}
	for i := range h.counts {
		h.counts[i] = make([]atomic.Uint32, maxPower*subSteps)
	}
	return h
}

func (h *histogram) add(shard int, d time.Duration) {
	h.counts[shard%histShards][bucket(uint64(max(d.Microseconds(), 0)))].Add(1)
}

// bucket is the index of a value: exact below 64, then 64 steps a power of two.
func bucket(us uint64) int {
	power := bits.Len64(us)
	if power <= subBits {
		return int(us)
	}
	shift := power - subBits - 1
	index := (shift+1)*subSteps + int(us>>shift) - subSteps
	return min(index, maxPower*subSteps-1)
}

// lowest is the smallest value of a bucket.
func lowest(index int) uint64 {
	if index < 2*subSteps {
		return uint64(index)
	}
	shift := index/subSteps - 1
	return uint64(index-shift*subSteps) << shift
}

func (h *histogram) total() uint64 {
	var n uint64
	for i := range h.counts {
		for j := range h.counts[i] {
			n += uint64(h.counts[i][j].Load())
		}
	}
	return n
}

// quantile is the value below which the share q of all lies, in milliseconds; 0
// when there is none.
func (h *histogram) quantile(q float64) float64 {
	total := h.total()
	if total == 0 {
		return 0
	}
	rank := uint64(q * float64(total-1))
	var seen uint64
	for index := range maxPower * subSteps {
		for shard := range h.counts {
			seen += uint64(h.counts[shard][index].Load())
		}
		if seen > rank {
			return float64(lowest(index)+lowest(index+1)) / 2 / 1000
		}
	}
	return 0
}

// quantileOf is the same of a plain list, which it sorts, in milliseconds.
func quantileOf(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return float64(times[int(q*float64(len(times)-1))].Microseconds()) / 1000
}

// median is the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
