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

func TestScratch(t *testing.T) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for _, l := range guardtest.Corpus(1, 6000) {
		_ = enc.Encode(l)
	}
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	r, err := guardeval.Run(context.Background(), d, &buf)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Report(os.Stdout, 400)
	t.Logf("%+v %v %v %v %v", r.Recall, r.FalseAlarmRate, r.P50Micros, r.P99Micros, r.Secret)
}
