package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"kefu/internal/target"
)

const (
	reportsEach = 20 // requests measured of each kind: one may take seconds
	warmReports = 2
	reportDays  = 30
	reportLimit = 1000 // milliseconds
)

// Reports is `kefu bench reports`: reports over 30 days, of everything and of a
// part by each of the things that they can be narrowed to.
func Reports(args []string, env Env) int {
	at, size, requests, ok := queryFlags("reports", "conversations", reportsEach, args, env)
	if !ok {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, seeded, err := env.open(ctx, at, Plan{Conversations: size, Messages: size})
	if err != nil {
		return env.fail(err)
	}
	defer p.close()
	if seeded.Begin == 0 { // a server of somebody else's
		seeded.Begin = time.Now().Add(-reportDays * 24 * time.Hour).UnixMicro()
	}
	reports, err := measureReports(ctx, p.api, seeded, requests)
	if err != nil {
		return env.fail(err)
	}
	return env.report(struct {
		Reports []reportTimes `json:"reports"`
	}{reports})
}

// reportTimes are those of one kind of report. Volume is how many conversations it
// told of in the mean.
type reportTimes struct {
	Report string `json:"report"`
	limited
	Volume float64 `json:"volume"`
}

func measureReports(ctx context.Context, api *target.API, seeded Seeded, requests int) ([]reportTimes, error) {
	pick := rand.New(rand.NewPCG(querySetSeed, 3))
	window := url.Values{"from": {strconv.FormatInt(seeded.Begin, 10)}, "to": {strconv.FormatInt(seeded.Begin+reportDays*24*3600*1_000_000, 10)}}
	names := map[string][]string{"all": {""}, "wall": {"wall"}, "language": {"en"}}
	for key, values := range seeded.Names {
		names[key] = values
	}
	var found []reportTimes
	for _, key := range []string{"all", "wall", "team", "topic", "tag", "code", "channel", "language", "agent"} {
		if len(names[key]) == 0 {
			continue
		}
		one, err := measureReport(ctx, api, key, window, names[key], requests, pick)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// measureReport refuses a report of nothing, which is quick.
func measureReport(ctx context.Context, api *target.API, key string, window url.Values, values []string, requests int, pick *rand.Rand) (reportTimes, error) {
	all := make([]time.Duration, 0, requests)
	volume := 0
	for i := range requests + warmReports {
		query := url.Values{"from": window["from"], "to": window["to"]}
		switch value := values[pick.IntN(len(values))]; key {
		case "all":
		case "wall":
			query.Set("time", value)
		default:
			query.Set(key, value)
		}
		var answer struct {
			Total struct {
				Volume int `json:"volume"`
			} `json:"total"`
		}
		began := time.Now()
		if err := api.Get(ctx, "/v1/reports?"+query.Encode(), &answer); err != nil {
			return reportTimes{}, fmt.Errorf("bench: report %s: %w", key, err)
		}
		if i >= warmReports {
			all, volume = append(all, time.Since(began)), volume+answer.Total.Volume
		}
	}
	if volume == 0 {
		return reportTimes{}, fmt.Errorf("bench: the report %s tells of nothing", key)
	}
	return reportTimes{key, limited{timesOf(all), reportLimit}, float64(volume) / float64(requests)}, nil
}
