package demolife_test

import (
	"testing"

	"kefu/internal/app/demolife"
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
