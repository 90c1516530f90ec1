package guardeval_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"kefu/internal/bench/guardeval"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/guard/guardtest"
	"kefu/internal/platform/fault"
)

func run(t *testing.T, r io.Reader) guardeval.Result {
	t.Helper()
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	result, err := guardeval.Run(context.Background(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func encode(t *testing.T, lines []guardtest.Line) io.Reader {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	return &buf
}

func report(t *testing.T, r guardeval.Result) {
	t.Helper()
	var out strings.Builder
	if err := r.Report(&out, 40); err != nil {
		t.Fatal(err)
	}
	t.Logf("recall %.4f of %d, false alarms %.4f of %d, p50 %.1f us, p99 %.1f us\n%s",
		r.Recall, r.Secret, r.FalseAlarmRate, r.Plain, r.P50Micros, r.P99Micros, out.String())
}

func TestGuardMeetsItsTargets(t *testing.T) {
	corpus, err := os.Open("../../domain/guard/testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = corpus.Close() }()
	for _, c := range []struct {
		name  string
		lines io.Reader
	}{
		{"the corpus", corpus},
		{"lines never tuned on", encode(t, guardtest.Corpus(20261122, 6000))},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.lines)
			report(t, r)
			// How fast it is `kefu eval guard` tells: a busy machine is no fault of the guard.
			if r.Recall < 0.995 || r.FalseAlarmRate > 0.002 {
				t.Error("the guard misses its targets: recall 0.995, false alarms 0.002")
			}
		})
	}
}

// The hand-written sets are small and hard; what they are held to keeps them
// from getting worse. The third and the fourth were first measured before the
// detector had been changed for any of their lines: recall 0.828 and then, with
// the third learnt from, 0.913; false alarms 0.023 and 0.021. That is how hard
// new phrasings fare. Since then all have been learnt from.
func TestGuardOnHandWrittenLines(t *testing.T) {
	for _, name := range []string{"heldout.txt", "heldout2.txt", "heldout3.txt", "heldout4.txt"} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open("../../domain/guard/testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			lines, err := guardtest.ReadMarked(f)
			if err != nil {
				t.Fatal(err)
			}
			r := run(t, encode(t, lines))
			report(t, r)
			if r.Recall < 0.98 || r.FalseAlarmRate > 0.01 {
				t.Error("recall must stay above 0.98 and false alarms below 0.01")
			}
		})
	}
}

func TestRunJudgesLines(t *testing.T) {
	r := run(t, strings.NewReader(`{"text":"cvv 123","lang":"en","spans":[{"start":4,"end":7,"class":"cvv"}]}
{"text":"cvv 123","lang":"en","spans":[{"start":0,"end":7,"class":"cvv"}]}
{"text":"cvv 123","lang":"en","spans":[]}
{"text":"你好","lang":"zh","spans":[]}
`))
	if r.Recall != 0.5 || r.FalseAlarmRate != 0.5 || len(r.Misses) != 1 || r.Misses[0].Exposed != 4 || len(r.Alarms) != 1 {
		t.Errorf("%+v", r)
	}
}

// Whatever a file holds, a run ends with rates between 0 and 1 or a fault.
func FuzzRun(f *testing.F) {
	f.Add(`{"text":"cvv 123 😀","lang":"en","spans":[{"start":4,"end":7,"class":"cvv"}]}`)
	f.Add("{\"text\":\"\\ud800 4242\"}\n\n{\"spans\":[{\"start\":-1,\"end\":9}]}")
	d, err := guard.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		r, err := guardeval.Run(context.Background(), d, strings.NewReader(lines))
		if err != nil {
			return
		}
		if r.Recall < 0 || r.Recall > 1 || r.FalseAlarmRate < 0 || r.FalseAlarmRate > 1 || len(r.Misses) > r.Secret || len(r.Alarms) > r.Plain {
			t.Fatalf("%q: %+v", lines, r)
		}
	})
}

func TestRunRefusesBadLines(t *testing.T) {
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"{", `{"text":"a","spans":[{"start":0,"end":2,"class":"pan"}]}`, `{"text":"a","spans":[{"start":1,"end":1,"class":"pan"}]}`} {
		if _, err := guardeval.Run(context.Background(), d, strings.NewReader(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := guardeval.Run(ended, d, strings.NewReader(`{"text":"a"}`)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a cancelled run: %v", err)
	}
}
