package demolife_test

import (
	"encoding/json"
	"slices"
	"testing"

	"kefu/internal/app/demolife"
	"kefu/internal/connector/demowallet/fees"
	"kefu/internal/domain/product"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/configuring"
)

func TestTheHouseIsSetUpAsItCould(t *testing.T) {
	kinds, err := configuring.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	all, err := demolife.Settings()
	if err != nil || len(all) < 5 {
		t.Fatal(len(all), err)
	}
	plans, err := demolife.Plans()
	if err != nil || len(plans) < 3 {
		t.Fatal(len(plans), err)
	}
	all = append(all, plans...)
	for _, c := range all {
		d, err := kinds.Find(c.Kind)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Decode(c.Body); err != nil || !d.ValidID(c.ID) {
			t.Errorf("%s %s: %v", c.Kind, c.Body, err)
		}
	}
}

// What the demo's plans cost stands in its wallet's schedule: a line that is not there would
// be told as not known.
func TestPlansNameLinesThatThereAre(t *testing.T) {
	schedule, err := fees.Board{}.Fees(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plans, err := demolife.Plans()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plans {
		var p product.Plan
		if err := json.Unmarshal(c.Body, &p); err != nil {
			t.Fatal(err)
		}
		for _, id := range p.Fees {
			if !slices.ContainsFunc(schedule.Lines, func(l tariff.Line) bool { return l.ID == id }) {
				t.Errorf("%s names %s, which the schedule does not have", p.Name["en"], id)
			}
		}
	}
}
