package clock_test

import (
	"testing"
	"time"

	"kefu/internal/platform/clock"
)

func TestMicrosThereAndBack(t *testing.T) {
	cases := []struct {
		name string
		at   time.Time
		want int64
	}{
		{"zero is zero, not 1 January of year 1", time.Time{}, 0},
		{"zero elsewhere", time.Time{}.In(time.FixedZone("x", 3600)), 0},
		{"one microsecond", time.Unix(0, 1000), 1},
		{"what is finer is cut off", time.Unix(0, 1999), 1},
		{"before 1970", time.Unix(-1, 0), -1_000_000},
		{"another zone", time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("x", 3600)), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()},
		{"the last second of the year 9999", time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), 253402300799_999_999},
	}
	for _, c := range cases {
		got := clock.Micros(c.at)
		if got != c.want {
			t.Errorf("%s: Micros = %d, want %d", c.name, got, c.want)
		}
		back := clock.FromMicros(got)
		if back.Location() != time.UTC || clock.Micros(back) != got || back.IsZero() != c.at.IsZero() {
			t.Errorf("%s: FromMicros(%d) = %v", c.name, got, back)
		}
		if !c.at.IsZero() && !back.Equal(c.at.Truncate(time.Microsecond)) {
			t.Errorf("%s: came back as %v", c.name, back)
		}
	}
}

func TestTheSystemClockIsInUTCAndGoesOn(t *testing.T) {
	before := time.Now()
	now := clock.System()
	if now.Location() != time.UTC {
		t.Errorf("location = %v", now.Location())
	}
	if now.Before(before) || now.After(time.Now()) {
		t.Errorf("%v is not now", now)
	}
}
