package selfservice_test

import (
	"os"
	"slices"
	"testing"

	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice/subjects"
)

func TestTheFlowsThatKefuComesWith(t *testing.T) {
	reads, err := subjects.Declared()
	if err != nil {
		t.Fatal(err)
	}
	flows, err := selfservice.Load(os.DirFS("../../../content/flows"), reads)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range flows.All() {
		ids = append(ids, d.ID)
	}
	if want := []string{"FL1", "FL2", "FL3", "FL4", "FL5", "FL6", "FL7", "FL8", "FL9", "FL10", "FL11", "FL12", "FL13", "FL14", "FL15", "FL16", "FL17", "FL18", "FL19", "FL20", "FL21", "FL22", "FL23", "FL24"}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
}
