package flowcheck_test

import (
	"io/fs"
	"slices"
	"testing"

	"kefu/content"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/rewarding"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/flow/selfservice/loyalty"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/flowcheck"
)

// brought is what Kefu brings along.
func brought(t testing.TB) (flowcheck.Content, map[string]golden.Conversation) {
	t.Helper()
	sub := func(of fs.FS, name string) fs.FS {
		found, err := fs.Sub(of, name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	texts, codes := sub(content.Flows, "flows"), sub(content.Failures, "failures")
	words, err := rewarding.Load(content.Points)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := subjects.All(subjects.Deps{Loyalty: loyalty.Deps{Words: words}})
	if err != nil {
		t.Fatal(err)
	}
	flows, table, err := selfservice.LoadFlows(texts, codes, asked.Declared())
	if err != nil {
		t.Fatal(err)
	}
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	all, err := golden.Load(sub(texts, "golden"))
	if err != nil {
		t.Fatal(err)
	}
	return flowcheck.Content{Flows: flows, Reads: asked, Failures: table, Guard: detector, Codes: codes}, all
}

// Every golden conversation goes over the demo's wallet as it is written down, in process
// and over HTTP alike, or it is said why the wallet cannot bring it about.
func TestTheGoldenConversationsOverAWallet(t *testing.T) {
	c, all := brought(t)
	got, err := flowcheck.Over(t.Context(), c, all, flowcheck.Options{Dir: t.TempDir(), Ways: flowcheck.Ways(), Half: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range got.Wrong {
		t.Error(w)
	}
	if want := len(all) - len(got.Beyond); got.Conversations != want {
		t.Errorf("%d conversations were walked, want %d", got.Conversations, want)
	}
	staged := flowcheck.Staged()
	for name := range all {
		id := name[:len(name)-len(".yaml")]
		if _, beyond := got.Beyond[id]; beyond == slices.Contains(staged, id) {
			t.Errorf("%s is either walked or beyond the wallet, not both or neither", id)
		}
	}
	t.Logf("%d conversations in %.1f s", got.Conversations, got.Seconds)
}

// What does not go as it is written down is found, in each way.
func TestWhatGoesAnotherWayIsFound(t *testing.T) {
	c, all := brought(t)
	spoilt := all["FL2-01.yaml"]
	spoilt.Turns = slices.Clone(spoilt.Turns)
	spoilt.Turns[1].See.At = "solved ended"
	all["FL2-01.yaml"] = spoilt
	got, err := flowcheck.Over(t.Context(), c, all, flowcheck.Options{Dir: t.TempDir(), Ways: flowcheck.Ways(), Only: []string{"FL2-01"}})
	if err != nil || len(got.Wrong) != 4 || got.Wrong[0].Turn != 1 {
		t.Errorf("%+v %v", got, err)
	}
}
