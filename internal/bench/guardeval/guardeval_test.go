package guardeval_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"

	"kefu/internal/bench/guardeval"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/guard/guardtest"
)

func evaluate(t *testing.T, lines []guardtest.Line) guardeval.Result {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	r, err := guardeval.Run(context.Background(), d, &buf)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScratch(t *testing.T) {
	r := evaluate(t, guardtest.Corpus(1, 6000))
	_ = r.Report(os.Stdout, 400)
	t.Logf("%+v %v %v %v %v", r.Recall, r.FalseAlarmRate, r.P50Micros, r.P99Micros, r.Secret)
}

func TestHeldOut(t *testing.T)  { heldOut(t, "heldout.txt") }
func TestHeldOut2(t *testing.T) { heldOut(t, "heldout2.txt") }

func heldOut(t *testing.T, name string) {
	f, err := os.Open("../../domain/guard/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines, err := guardtest.ReadMarked(f)
	if err != nil {
		t.Fatal(err)
	}
	r := evaluate(t, lines)
	_ = r.Report(os.Stdout, 400)
	t.Logf("%+v %v %v %v %v %v", r.Recall, r.FalseAlarmRate, r.P50Micros, r.P99Micros, r.Secret, r.Plain)
}
