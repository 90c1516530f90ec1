package main

import (
	"testing"
	"time"

	"kefu/internal/domain/privacy"
)

func TestWhatIsSaidOfAnErasure(t *testing.T) {
	until := time.Date(2033, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro()
	for want, plan := range map[string]privacy.Plan{
		"nothing of theirs is kept\n": {{Category: privacy.Profile}},
		"messages    12 erased\n" +
			"messages    3 kept: a case of theirs goes on; somebody put a case on hold\n" +
			"acts        2 kept: evidence of what was done with money, for 800 days after it is over\n" +
			"cases       1 kept: the law of a case has it kept, until 2033-05-01 at the latest\n": {
			{Category: privacy.Messages, Erase: 12, Keep: 3, Why: []privacy.Reason{privacy.OpenCase, privacy.Hold}},
			{Category: privacy.Acts, Keep: 2, Why: []privacy.Reason{privacy.Money}},
			{Category: privacy.Cases, Keep: 1, Why: []privacy.Reason{privacy.CaseLaw}, Until: until},
		},
	} {
		if got := told(plan, "erased"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
