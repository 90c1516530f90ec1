package story_test

import (
	"testing"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/story"
)

func TestADayHasNoHourAndAnInstantHasOne(t *testing.T) {
	for at, want := range map[wallet.Time]string{
		1_796_083_200_000_000: "2026-12-01",
		1_796_122_980_000_000: "2026-12-01 11:03 UTC",
	} {
		told := story.Answers(&selfservice.Definition{}, []selfservice.Carry{{Slot: "alert_at", Value: selfservice.Value{Type: selfservice.Date, At: at}}}, "en", nil, nil)
		if len(told) != 1 || told[0].Value != want {
			t.Errorf("told %v, want %s", told, want)
		}
	}
}
