package egress_test

import (
	"net/http"
	"testing"
	"time"

	"kefu/internal/platform/egress"
)

func TestHowLongAnAnswerMayBeKept(t *testing.T) {
	cases := []struct {
		control []string
		age     string
		want    time.Duration
	}{
		{nil, "", 0},
		{[]string{"max-age=300"}, "", 5 * time.Minute},
		{[]string{"public, Max-Age=300, must-revalidate"}, "100", 200 * time.Second},
		{[]string{`max-age="300"`}, "", 5 * time.Minute},
		{[]string{"public", "max-age=300"}, "", 5 * time.Minute},
		{[]string{"max-age=300"}, "400", 0},
		{[]string{"max-age=300, no-store"}, "", 0},
		{[]string{"no-cache", "max-age=300"}, "", 0},
		{[]string{"max-age=-1"}, "", 0},
		{[]string{"max-age=x"}, "", 0},
		{[]string{"max-age="}, "", 0},
		{[]string{"max-age=99999999999"}, "", 365 * 24 * time.Hour},
		{[]string{"max-age=9999999999999999999999"}, "", 0},
		{[]string{"s-maxage=300"}, "", 0},
		{[]string{"max-age=300"}, "soon", 5 * time.Minute},
	}
	for _, c := range cases {
		h := http.Header{"Cache-Control": c.control}
		if c.age != "" {
			h.Set("Age", c.age)
		}
		if got := egress.MaxAge(h); got != c.want {
			t.Errorf("%q, age %q: %v, want %v", c.control, c.age, got, c.want)
		}
	}
}
