package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kefu/client/clienttest"
	"kefu/internal/bench"
	"kefu/internal/bench/floor"
	"kefu/internal/target"
)

// TestMain lets the test binary stand for the floor's process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "floor-process" {
		if err := floor.Main(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func TestFloorLosesNothing(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { floorLosesNothing(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) {
		database := os.Getenv("KEFU_DATABASE")
		if database == "" {
			t.Skip("KEFU_DATABASE names no PostgreSQL")
		}
		floorLosesNothing(t, database)
	})
}

func floorLosesNothing(t *testing.T, database string) {
	var out, prose bytes.Buffer
	env := bench.Env{Stdout: &out, Stderr: &prose, Floor: []string{os.Args[0], "floor-process"}, Database: database}
	args := []string{"-only", "floor", "-rounds", "1", "-visitors", "20", "-agents", "3", "-duration", "300ms", "-warm", "100ms"}
	if code := bench.Chat(args, env); code != 0 {
		t.Fatalf("exit %d: %s", code, &prose)
	}
	var result map[string]float64
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	if result["floor_per_s"] <= 0 || result["lost"] != 0 || result["duplicated"] != 0 {
		t.Errorf("%v\n%s", result, &prose)
	}
	for _, key := range strings.Fields("messages_per_s floor_per_s floor_cpu_us_per_message ratio ack_p50_ms ack_p99_ms deliver_p50_ms deliver_p99_ms floor_deliver_p99_ms lost duplicated index_lag_s index_behind_s cpu_us_per_message") {
		if _, ok := result[key]; !ok {
			t.Errorf("the result lacks %q", key)
		}
	}
}

func TestLoadCountsLossesAndDuplicates(t *testing.T) {
	third := func() func(string) bool {
		n := 0
		return func(string) bool { n++; return n%3 == 0 }
	}
	for _, test := range []struct {
		name             string
		faults           clienttest.Faults
		rate             float64
		lost, duplicated bool
	}{
		{"clean", clienttest.Faults{}, 0, false, false},
		{"clean at a rate", clienttest.Faults{}, 500, false, false},
		{"events repeated and dropped but fetched", clienttest.Faults{
			RepeatEvent: func(string, int64) bool { return true },
			DropEvent:   func(_ string, seq int64) bool { return seq == 2 },
		}, 0, false, false},
		{"acknowledged and not stored", clienttest.Faults{Forget: third()}, 0, true, false},
		{"never delivered", clienttest.Faults{DropEvent: func(string, int64) bool { return true }}, 0, true, false},
		{"stored twice", clienttest.Faults{StoreTwice: third()}, 0, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := clienttest.New()
			defer server.Close()
			server.Misbehave(test.faults)
			found, err := bench.SmallLoad(context.Background(), server.URL, test.rate)
			if err != nil {
				t.Fatal(err)
			}
			if found.Messages == 0 || (found.Lost > 0) != test.lost || (found.Duplicated > 0) != test.duplicated {
				t.Errorf("%+v", found)
			}
		})
	}
}

func TestLoadFailsWhenTheServerRefuses(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	server.Misbehave(clienttest.Faults{Refuse: func(string) (string, int64) { return "rate_limited", 50 }})
	if found, err := bench.SmallLoad(context.Background(), server.URL, 0); err == nil {
		t.Errorf("%+v and no error", found)
	}
}

func TestHistogramQuantiles(t *testing.T) {
	h := bench.NewHistogram()
	for us := 1; us <= 100_000; us++ {
		h.Add(time.Duration(us) * time.Microsecond)
	}
	for _, q := range []float64{0.01, 0.5, 0.99, 0.999} {
		if got, want := h.Quantile(q), q*100; math.Abs(got-want) > want*0.02 {
			t.Errorf("quantile %v = %v ms, want %v", q, got, want)
		}
	}
	if got := bench.NewHistogram().Quantile(0.5); got != 0 {
		t.Errorf("an empty histogram has a median of %v", got)
	}
}

func TestBodiesAreOfOneLengthAndWordsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for visitor := range 50 {
		for number := range uint32(50) {
			w := bench.Word(visitor, number)
			if seen[w] {
				t.Fatalf("word %q twice", w)
			}
			seen[w] = true
		}
	}
	var frame struct {
		Body struct {
			Text string `json:"text"`
		} `json:"body"`
	}
	if err := json.Unmarshal(bench.Body(bench.Word(999, 7)), &frame); err != nil || len(frame.Body.Text) != 112 {
		t.Errorf("%v, %d bytes: %q", err, len(frame.Body.Text), frame.Body.Text)
	}
}

func TestQueryDriversRefuseEmptyAnswers(t *testing.T) {
	items := "[]"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"staff":{"id":"me"},"items":%s}`, items)
	}))
	defer server.Close()
	api := target.NewAPI(server.URL)
	defer api.Close()
	api.Token = "secret"
	queries := map[string][]string{"rare": {"zephyr"}, "zh2": {"退款"}}
	if _, err := bench.MeasureInbox(context.Background(), api, 60); err == nil {
		t.Error("an empty inbox was measured")
	}
	if _, err := bench.MeasureSearch(context.Background(), api, queries, 10); err == nil {
		t.Error("a search that finds nothing was measured")
	}
	items = "[" + strings.Repeat("{},", 49) + "{}]"
	if p99, err := bench.MeasureInbox(context.Background(), api, 60); err != nil || p99 <= 0 {
		t.Errorf("inbox: %v, %v", p99, err)
	}
	if n, err := bench.MeasureSearch(context.Background(), api, queries, 10); err != nil || n != 2 {
		t.Errorf("search: %d classes, %v", n, err)
	}
	api.Token = "wrong"
	if _, err := bench.MeasureInbox(context.Background(), api, 60); err == nil {
		t.Error("a refused request was measured")
	}
}

func TestDriversOfListsAndReportsRefuseEmptyAnswers(t *testing.T) {
	answers := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, answers[r.URL.Path]) }))
	defer server.Close()
	api := target.NewAPI(server.URL)
	defer api.Close()
	ctx, names := context.Background(), map[string][]string{"team": {"cards"}, "tag": {"vip"}, "agent": {"mei", "ben"}}
	answers["/v1/conversations/find"], answers["/v1/clocks"], answers["/v1/reports"] = `{"items":[]}`, `{"items":[{}]}`, `{"total":{"volume":0}}`
	if _, err := bench.MeasureLists(ctx, api, names, 3); err == nil {
		t.Error("lists that hold nothing were measured")
	}
	if _, err := bench.MeasureReports(ctx, api, names, 3); err == nil {
		t.Error("reports of nothing were measured")
	}
	answers["/v1/conversations/find"], answers["/v1/reports"] = `{"items":[{}]}`, `{"total":{"volume":5}}`
	if _, err := bench.MeasureLists(ctx, api, names, 3); err == nil {
		t.Error("lists that were not counted were measured")
	}
	answers["/v1/conversations/counts"] = `{"items":[` + strings.Repeat("{},", 9) + `{}]}`
	if n, err := bench.MeasureLists(ctx, api, names, 3); err != nil || n != 14 {
		t.Errorf("%d lists, %v", n, err)
	}
	if n, err := bench.MeasureReports(ctx, api, names, 3); err != nil || n != 6 {
		t.Errorf("%d reports, %v", n, err)
	}
}

func TestAStoreIsBuiltOnceAndKept(t *testing.T) {
	built := 0
	var fails error
	env := bench.Env{Stderr: io.Discard, Seed: func(_ context.Context, dir, _ string, _ bench.Plan) (bench.Seeded, error) {
		built++
		return bench.Seeded{Queries: map[string][]string{"rare": {"quokka"}}}, errors.Join(fails, os.WriteFile(filepath.Join(dir, "kefu.db"), []byte("rows"), 0o600))
	}}
	ctx, plan, dir := context.Background(), bench.Plan{Conversations: 10, Messages: 20}, filepath.Join(t.TempDir(), "kept")
	for range 2 {
		if queries, err := env.Keep(ctx, dir, plan); err != nil || len(queries["rare"]) != 1 {
			t.Fatalf("%v, %v", queries, err)
		}
	}
	if built != 1 {
		t.Errorf("it was built %d times", built)
	}
	if _, err := env.Keep(ctx, dir, bench.Plan{Conversations: 11, Messages: 20}); err == nil {
		t.Error("another store was taken for the one that was asked for")
	}
	env.Database = "postgres://127.0.0.1/postgres"
	if _, err := env.Keep(ctx, dir, plan); err == nil {
		t.Error("a store of SQLite was taken for one of PostgreSQL")
	}
	env.Database, fails = "", errors.New("the disk is full")
	half := filepath.Join(t.TempDir(), "half")
	for range 2 {
		if _, err := env.Keep(ctx, half, plan); err == nil {
			t.Error("a store that was not built to the end was used")
		}
	}
	if built != 2 {
		t.Errorf("a folder that holds something was filled: %d", built)
	}
}
