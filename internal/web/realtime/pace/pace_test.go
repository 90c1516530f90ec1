package pace_test

import (
	"fmt"
	"testing"
	"time"

	"kefu/internal/web/realtime/pace"
)

const second = int64(time.Second / time.Microsecond)

func TestTypingIsPassedOnNowAndThenAndItsEndOnce(t *testing.T) {
	var typing pace.Typing
	now := int64(1_000) * second
	for i, c := range []struct {
		after  int64
		on     bool
		passes bool
	}{
		{0, true, true}, {second, true, false}, {second, true, false},
		{second, true, true}, // three seconds after the first
		{0, false, true}, {second, false, false},
		{4 * second, false, true}, // nobody knows of a beginning any more
	} {
		now += c.after
		if typing.Passes("c", c.on, now) != c.passes {
			t.Errorf("frame %d is passed on: %v", i, !c.passes)
		}
	}
}

func TestOneClientTypesInFewConversationsAtATime(t *testing.T) {
	var typing pace.Typing
	passed := 0
	for i := range 100 {
		if typing.Passes(fmt.Sprint(i), true, second) {
			passed++
		}
	}
	if passed != 8 {
		t.Errorf("it was passed on in %d conversations", passed)
	}
	if !typing.Passes("another", true, 10*second) {
		t.Error("nobody types in the first ones any more, and it was not passed on")
	}
}

func TestWhoSendsTooMuchIsToldUntilWhen(t *testing.T) {
	var frames pace.Frames
	now := time.Unix(1003, 0)
	for range 20 {
		if wait := frames.Hear(now, 20); wait != 0 {
			t.Fatalf("wait %v", wait)
		}
	}
	if wait := frames.Hear(now, 20); wait != 7*time.Second {
		t.Errorf("the next may come after %v", wait)
	}
	now = now.Add(7 * time.Second)
	if wait := frames.Hear(now, 20); wait != 0 {
		t.Errorf("in the next span it waits %v", wait)
	}
	if wait := frames.Charge(now, 20, 20); wait != 10*time.Second {
		t.Errorf("what costs more than is left waits %v", wait)
	}
	if frames.Charge(now, 19, 20) != 0 || frames.Hear(now, 20) == 0 {
		t.Error("what was charged did not count")
	}
}
