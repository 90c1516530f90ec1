// Package ratelimit says how much one sender may do: a token bucket for each
// key, in memory, for a bounded number of keys. It knows nothing of what a key
// stands for, keeps nothing over a restart and counts for this process alone.
package ratelimit

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"kefu/internal/platform/config"
)

// Never is the wait for a cost that no full bucket could pay.
const Never = time.Duration(math.MaxInt64)

// shards divide the keys, so that senders seldom wait for one another.
const shards = 16

// Limit is a token bucket: at most Burst at once, refilled evenly over Per.
type Limit struct {
	Burst int
	Per   time.Duration
}

// Of is the limit that a setting says.
func Of(r config.Rate) Limit { return Limit{Burst: r.Burst, Per: r.Per} }

// Limiter holds the buckets of one limit. It is safe for concurrent use.
type Limiter struct {
	each     int64 // nanoseconds in which one token comes back
	capacity int64 // nanoseconds in which an empty bucket fills
	seed     maphash.Seed
	parts    [shards]shard
}

// New makes a limiter that remembers at most keys senders; a Burst, a Per or a
// number of keys below one counts as one.
func New(limit Limit, keys int) *Limiter {
	burst := int64(max(limit.Burst, 1))
	each := max(int64(limit.Per)/burst, 1)
	l := &Limiter{each: each, capacity: each * burst, seed: maphash.MakeSeed()}
	for i := range l.parts {
		l.parts[i].init(max((keys+shards-1)/shards, 1))
	}
	return l
}

// Allow takes cost tokens from the bucket of key, all or none. It returns 0
// when it took them, and otherwise how long to wait before it could: Never for
// a cost above the burst. A cost below one counts as one. A now that runs
// backwards grants nothing extra.
func (l *Limiter) Allow(key string, cost int, now time.Time) time.Duration {
	units := int64(max(cost, 1))
	if units > l.capacity/l.each {
		return Never
	}
	part := &l.parts[maphash.String(l.seed, key)%shards]
	return part.take(key, units*l.each, l.capacity, now.UnixNano())
}

// Return puts cost tokens, which Allow took, back into the bucket of key. A cost
// below one counts as one.
func (l *Limiter) Return(key string, cost int) {
	part := &l.parts[maphash.String(l.seed, key)%shards]
	part.put(key, int64(max(cost, 1))*l.each)
}

// Keys is how many senders are remembered at the moment.
func (l *Limiter) Keys() int {
	total := 0
	for i := range l.parts {
		part := &l.parts[i]
		part.mu.Lock()
		total += len(part.index)
		part.mu.Unlock()
	}
	return total
}

// bucket is a token bucket in the form of its generic cell rate algorithm
// (ITU-T I.371): the one instant at which it will be full again. Buckets form a
// ring in the order of their last use.
type bucket struct {
	key          string
	full         int64 // Unix nanoseconds
	older, newer int32
}

// shard holds some of the buckets. ring[0] is the ring's anchor: its newer
// neighbour is the least recently used bucket, its older the most recently used.
type shard struct {
	mu    sync.Mutex
	index map[string]int32
	ring  []bucket
	limit int
}

func (s *shard) init(limit int) {
	s.index = map[string]int32{}
	s.ring = make([]bucket, 1)
	s.limit = limit
}

func (s *shard) take(key string, price, capacity, now int64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, known := s.index[key]
	if !known {
		at = s.add(key)
	} else {
		s.unlink(at)
	}
	s.linkNewest(at)
	b := &s.ring[at]
	full := max(b.full, now) + price
	if wait := full - capacity - now; wait > 0 {
		return time.Duration(wait)
	}
	b.full = full
	return 0
}

func (s *shard) put(key string, price int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, known := s.index[key]; known {
		s.ring[at].full -= price
	}
}

// add makes room for a key, in the place of the least recently used one when
// all places are taken: that bucket has had the longest time to fill.
func (s *shard) add(key string) int32 {
	if len(s.ring) <= s.limit {
		s.ring = append(s.ring, bucket{key: key})
		at := int32(len(s.ring) - 1)
		s.index[key] = at
		return at
	}
	at := s.ring[0].newer
	s.unlink(at)
	delete(s.index, s.ring[at].key)
	s.ring[at] = bucket{key: key}
	s.index[key] = at
	return at
}

func (s *shard) unlink(at int32) {
	b := s.ring[at]
	s.ring[b.older].newer = b.newer
	s.ring[b.newer].older = b.older
}

func (s *shard) linkNewest(at int32) {
	newest := s.ring[0].older
	s.ring[at].older, s.ring[at].newer = newest, 0
	s.ring[newest].newer = at
	s.ring[0].older = at
}
