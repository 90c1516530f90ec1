package pace

import (
	"sync/atomic"
	"time"
)

// Frames counts what a client sends, in spans of ten seconds of the server's clock.
type Frames struct {
	span, sent atomic.Int64
}

// Hear counts one more frame and tells how long its sender must wait if there were
// more than limit in this span.
func (f *Frames) Hear(now time.Time, limit int64) time.Duration {
	span := now.Unix() / 10
	if f.span.Swap(span) != span {
		f.sent.Store(0)
	}
	if f.sent.Add(1) <= limit {
		return 0
	}
	return nextSpan(now)
}

// Charge counts a frame that was heard as some more of them, for the work that it
// makes, or tells how long its sender must wait, and counts nothing.
func (f *Frames) Charge(now time.Time, frames, limit int64) time.Duration {
	if f.sent.Load()+frames > limit {
		return nextSpan(now)
	}
	f.sent.Add(frames)
	return 0
}

func nextSpan(now time.Time) time.Duration { return time.Duration(10-now.Unix()%10) * time.Second }
