package rewarding_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/content"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

func TestEveryCodeHasWords(t *testing.T) {
	table, err := rewarding.Load(content.Points)
	if err != nil {
		t.Fatal(err)
	}
	for subject, codes := range map[rewarding.Subject][]points.Code{rewarding.Redemption: points.RedemptionCodes(), rewarding.Offer: points.OfferCodes(), rewarding.Earning: points.EarningCodes()} {
		for _, c := range codes {
			if w := table.Say(subject, c); w.Title["en"] == "" || w.Text["zh"] == "" || len(w.Next) == 0 {
				t.Errorf("%s %s: %+v", subject, c, w)
			}
		}
	}
	if table.Version() == "" || table.Say(rewarding.Redemption, "made_up").Title["en"] != table.Say(rewarding.Redemption, points.NotNow).Title["en"] {
		t.Error("what there is no word for is not said like what is not told")
	}
}

func TestMistakesInTheTableAreFound(t *testing.T) {
	whole, err := fs.ReadFile(content.Points, rewarding.Name)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"no version": {"version: ", "# "}, "another code": {"  sold_out:", "  sold:"}, "no Chinese": {", zh: 已兑完}", "}"}, "a step that there is not": {"next: [wait_ready, other_reward]", "next: [wait]"},
		"no step": {"next: [larger_basket]", "next: []"}, "an unknown field": {"  sold_out:", "  sold_out:\n    colour: red"}, "no YAML": {"steps:", "steps: ["},
	} {
		text := strings.Replace(string(whole), change[0], change[1], 1)
		if text == string(whole) {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := rewarding.Load(fstest.MapFS{rewarding.Name: {Data: []byte(text)}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := rewarding.Load(fstest.MapFS{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no table: %v", err)
	}
}
