package main

import (
	"testing"
	"time"

	"kefu/internal/domain/cases"
)

func TestWhatIsSaidOfCasesThatStay(t *testing.T) {
	until := time.Date(2033, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro()
	for want, all := range map[string][]cases.Held{
		"there is no case of theirs\n": nil,
		"no case is erased before the law lets it go:\n" +
			"  1 of which nobody has said whose law counts, 1 still going on: its time begins when it is over\n" +
			"  3 under the law of \"eu\", 2 over and kept until 2033-05-01 at the latest, 1 still going on: its time begins when it is over\n": {
			{Cases: 1, Open: 1}, {Jurisdiction: "eu", Cases: 3, Open: 1, Until: until},
		},
	} {
		if got := casesStay(all); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
