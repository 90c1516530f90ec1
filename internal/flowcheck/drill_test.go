package flowcheck_test

import (
	"testing"

	"kefu/internal/flowcheck"
	"kefu/internal/flowcheck/network"
)

// Whatever is wrong with the wallet, customers are told nothing untrue, nothing is done
// twice or hours later, and a person can be reached. `make flow-faults` tries more.
func TestFaultsOfTheWallet(t *testing.T) {
	c, _ := brought(t)
	of := flowcheck.Example()
	for name, p := range map[string]flowcheck.Plan{
		"each fault":      {Seed: 1, Walks: 1, Faults: of.Faults},
		"on the way":      {Seed: 2, Walks: 3, Faults: network.Names()},
		"several at once": {Seed: 3, Walks: 1, Random: 12},
	} {
		p.Dir = t.TempDir()
		got, err := flowcheck.Campaign(t.Context(), c, of, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, why := range got.Wrong {
			t.Errorf("%s: %s", name, why)
		}
		if got.Asked < 10*got.Faults || got.Effects == 0 {
			t.Errorf("%s: nothing was tried: %+v", name, got)
		}
		t.Logf("%s: %+v", name, got)
	}
	if len(of.Known()) < 110 {
		t.Errorf("there are only %d faults", len(of.Known()))
	}
}

func TestAFaultThatThereIsNot(t *testing.T) {
	c, _ := brought(t)
	if _, err := flowcheck.Campaign(t.Context(), c, flowcheck.Example(), flowcheck.Plan{Dir: t.TempDir(), Faults: []string{"bad-mood"}}); err == nil {
		t.Error("a fault was tried that there is not")
	}
}
