package articles

import (
	"context"
	"errors"
	"testing"
	"time"

	"kefu/internal/domain/wallet/tariff"
)

type till struct {
	asked int
	err   error
}

func (w *till) Fees(ctx context.Context) (tariff.Schedule, error) {
	w.asked++
	return tariff.Schedule{Version: "1"}, errors.Join(w.err, ctx.Err())
}

func TestFeesAreKeptForEveryReader(t *testing.T) {
	var k kept
	w, now := &till{}, time.Date(2026, time.November, 28, 9, 0, 0, 0, time.UTC)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		after time.Duration
		fails error
		asked int
		ok    bool
	}{{0, nil, 1, true}, {time.Minute, nil, 1, true}, {fresh, errors.New("away"), 2, false}, {fresh + time.Second, nil, 2, false}, {fresh + again, nil, 3, true}} {
		w.err = c.fails
		if _, err := k.get(gone, w, now.Add(c.after)); (err == nil) != c.ok || w.asked != c.asked {
			t.Errorf("after %s: asked %d times, %v", c.after, w.asked, err)
		}
	}
}

func TestWhatTheProgramBringsAlongIsRead(t *testing.T) {
	s, err := ship()
	if err != nil || len(s.Articles) == 0 || len(s.Topics) == 0 {
		t.Fatalf("%v", err)
	}
}
