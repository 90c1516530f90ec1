package waits_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/routing/queue"
	"kefu/internal/domain/routing/waits"
)

func simulator(handled float64) *waits.Simulator {
	h := waits.NewHandling(handled)
	for range 2000 {
		h.Learn("chat", handled)
	}
	return waits.NewSimulator(h, waits.NewPatience(1e9), rand.New(rand.NewPCG(7, 7)))
}

func line(n int, who ...int) []queue.Turn {
	turns := make([]queue.Turn, n)
	for i := range turns {
		turns[i] = queue.Turn{Channel: "chat", For: who}
	}
	return turns
}

func worker(jobs int) queue.Worker {
	w := queue.Worker{Free: 0, Takes: map[string]int64{"chat": queue.Whole / 2}}
	for range jobs {
		w.Jobs = append(w.Jobs, queue.Job{Channel: "chat", Weight: queue.Whole / 2})
	}
	return w
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > want*0.02+1 {
		t.Errorf("%s: %.1f s, want about %.0f s", what, got, want)
	}
}

func TestForecastFollowsTheAgentsThereAre(t *testing.T) {
	scene := queue.Scene{Crew: []queue.Worker{worker(2)}, Line: line(4, 0)}
	got := simulator(100).All(scene, 0)
	for i, want := range []float64{100, 100, 200, 200} {
		near(t, "place", got[i].P50, want)
		near(t, "place", got[i].P80, want)
	}
	half := scene
	half.Crew = []queue.Worker{worker(2)}
	half.Crew[0].Jobs[0].Since, half.Crew[0].Jobs[1].Since = -60e6, -60e6
	near(t, "with what is half done", simulator(100).All(half, 0)[0].P50, 40)
	two := queue.Scene{Crew: []queue.Worker{worker(2), worker(2)}, Line: line(4, 0, 1)}
	near(t, "with twice as many", simulator(100).Last(two, 0).P50, 100)
}

func TestForecastWithNobodyThereIsEndless(t *testing.T) {
	scene := queue.Scene{Crew: []queue.Worker{worker(2)}, Line: append(line(1, 0), line(1)...)}
	got := simulator(100).All(scene, 0)
	if !math.IsInf(got[1].P50, 1) || math.IsInf(got[0].P80, 1) {
		t.Errorf("ranges %+v", got)
	}
	var c waits.Calibration
	c.Learn(got[1], 10)
	if c != (waits.Calibration{}) {
		t.Error("a promise that was none was learned from")
	}
}

func TestWhoGivesUpMakesRoom(t *testing.T) {
	h := waits.NewHandling(100)
	played := func(p *waits.Patience) *waits.Simulator {
		return waits.NewSimulator(h, p, rand.New(rand.NewPCG(7, 7)))
	}
	scene := queue.Scene{Crew: []queue.Worker{worker(2)}, Line: line(30, 0)}
	patient := played(waits.NewPatience(1e9)).Last(scene, 0).P50
	hasty := waits.NewPatience(1000)
	for range 5000 {
		hasty.Learn(60, true)
	}
	if mean := hasty.Mean(); mean > 70 {
		t.Errorf("patience %.0f s after 5000 of 60 s", mean)
	}
	if got := played(hasty).Last(scene, 0).P50; got > patient/2 {
		t.Errorf("%.0f s where everybody gives up soon, %.0f s where nobody does", got, patient)
	}
}

func TestLongHandlingIsLearned(t *testing.T) {
	h := waits.NewHandling(60)
	for range 800 {
		h.Learn("chat", 600)
	}
	if got := h.Mean("chat"); got < 500 {
		t.Errorf("mean %.0f s after 800 of 600 s", got)
	}
	h.Learn("chat", math.NaN())
	h.Learn("chat", -5)
	if got := h.Mean("chat"); math.IsNaN(got) || got < 500 {
		t.Errorf("mean %.0f s after nonsense", got)
	}
}

func TestCorrectionsStayInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c waits.Calibration
		for range rapid.IntRange(0, 2000).Draw(t, "outcomes") {
			shown := c.Shown(waits.Range{P50: rapid.Float64Range(0, 1e5).Draw(t, "p50"), P80: rapid.Float64Range(0, 1e5).Draw(t, "p80")})
			if shown.P50 <= 0 || shown.P80 < shown.P50 || math.IsInf(shown.P80, 0) {
				t.Fatalf("shown %+v", shown)
			}
			c.Learn(shown, rapid.Float64Range(0, 1e6).Draw(t, "waited"))
		}
	})
}
